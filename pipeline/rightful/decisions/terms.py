"""Which sources have ended, or will: retired ones, and those whose card says until when its records are kept. Floor 5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from rightful.rights.sources import NO_END, SourceTerm, Turn, retired_at
from rightful.signals.cards.source_card import SourceCard


@dataclass(frozen=True, slots=True)
class Terms:
    """How sources stand at an instant. ``distinct`` are the ways to stand, the first that of nearly all: nothing ends.
    ``table(source_id, term)`` has the others, by their index."""

    distinct: tuple[SourceTerm, ...]
    table: pa.Table


def terms_of(cards: Mapping[str, SourceCard], turns: Iterable[Turn], as_of: datetime) -> Terms:
    """From the newest cards, and from what was recorded of sources. A turn counts from when it was recorded."""
    retired = retired_at(turns, as_of)
    standing = {
        source: SourceTerm(source in retired, cards[source].retain_until if source in cards else None)
        for source in sorted({*cards, *retired})
    }
    distinct = (NO_END, *dict.fromkeys(term for term in standing.values() if term != NO_END))
    number = {term: n for n, term in enumerate(distinct)}
    listed = {source: number[term] for source, term in standing.items() if term != NO_END}
    columns = {"source_id": pa.array(listed.keys(), pa.string()), "term": pa.array(listed.values(), pa.int64())}
    return Terms(distinct, pa.table(columns))
