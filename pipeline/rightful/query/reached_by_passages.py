"""What else holds a passage that an event names: asked while the event is recorded, of the texts. Floor 7.

An event names a passage by the record that it is in, as ``find`` reports it. Whatever holds it as well, verbatim or with few
words changed, is reached like the record itself, and has a tombstone. What comes later is not held against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from rightful.errors import InputError
from rightful.notation.shown import counted
from rightful.rights.consent import ConsentEvent
from rightful.store.duck import fill, rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.texts import read_texts

SHARE = 0.8
"""A record of which so many of the passage's words are in passages of its text holds it."""


@dataclass(frozen=True, slots=True)
class Passages:
    """Asked while events are recorded, on a connection that has the views of the newest snapshot."""

    layout: Layout
    ledger: Ledger

    def __call__(self, con: Any, events: Sequence[ConsentEvent]) -> pa.Table:
        """``record_id, sid``: of each event by passage, by its position, the records that hold the passage.

        Raises :class:`InputError` for a passage that does not lie in the text of its record, or has no words.
        """
        hits = [(r, n) for n, e in enumerate(events) if e.selector == "passage" for r in self._holding(con, e.value)]
        return pa.table(
            {
                "record_id": pa.array([r for r, _ in hits], pa.string()),
                "sid": pa.array([n for _, n in hits], pa.int64()),
            }
        )

    def _holding(self, con: Any, value: str) -> list[str]:
        from rightful.query.passages import passages_of  # loads numba, which other events have no use for

        record, _, place = value.partition(":")
        start, length = map(int, place.split("+"))
        text = self._text(con, record)
        if text is None:
            return []
        if start + length > len(text):
            why = f"does not lie in its record, whose text has {counted(len(text), 'character')}"
            raise InputError(why, subject=f"--passage {value}", hint="take it from: rightful find")
        passage = text[start : start + length]
        outcome = passages_of(passage, self.layout, self.ledger, self.ledger.snapshot(), None)
        places = [place for place, match in outcome.matches.items() if match.share >= SHARE]
        parts, at = (
            pa.array([part for part, _ in places], pa.string()),
            pa.array([row for _, row in places], pa.int64()),
        )
        fill(con, "passage_places", pa.table({"part": parts, "row": at}))
        query = "SELECT DISTINCT a.record_id FROM all_records a SEMI JOIN passage_places p USING (part, row) ORDER BY 1"
        return [str(r) for (r,) in rows(con, query)]

    def _text(self, con: Any, record: str) -> str | None:
        """The text of a record; None where it is not here, or not any more."""
        from rightful.query.passages import check_digests

        of = rows(con, "SELECT part, row, content_sha256 FROM all_records WHERE record_id = ? LIMIT 1", [record])
        for part, row, digest in of:
            path = self.layout.part("texts", str(part))
            for _, text, _, _ in read_texts(path, np.array([int(row)], np.int64)):
                if isinstance(text, str) and text:
                    check_digests(path, {int(row): digest})
                    return text
        return None
