"""Where somebody looked for reservations, set-wise: which observations speak of which records. Floor 5. Law 10.7, 10.8.

A location is a host of a source. What was observed of it comes from the cards of today, dated; a record finds it by its
source and host, so that one case stands for all records of which the same was observed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from rightful.rights.evidence import Profile
from rightful.signals.cards.claims import looks_of
from rightful.signals.cards.observed import observations
from rightful.signals.cards.source_card import SourceCard
from rightful.store.duck import literal, rows
from rightful.store.relations import Relation

NOTHING: Profile = frozenset()
LOOKED = Relation("looked", "source_id host addressed looked")
"""What was observed where: given, by :func:`observe`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed of the location of a record, and whether it has one: an address on the web."""

    address: bool
    claims: Profile = NOTHING


@dataclass(frozen=True, slots=True)
class Observing:
    """The observations of a store. ``seen`` are their distinct sets; the index is the number in the column ``looked``.

    ``table`` is the relation :data:`LOOKED`. ``matters`` is False where no card states any and no basis asks for one: then
    all records have the number 0.
    """

    seen: tuple[Seen, ...]
    table: pa.Table
    matters: bool

    def column(self, addressed: str) -> str:
        """The SQL of the number of a record ``r`` that was joined by :meth:`join`."""
        return f"coalesce(k.looked, CASE WHEN {addressed} THEN 1 ELSE 0 END)" if self.matters else "0"

    def join(self, addressed: str) -> str:
        """The SQL that joins ``looked`` as ``k`` to records ``r``."""
        if not self.matters:
            return ""
        on = f"k.source_id = r.source_id AND k.host = coalesce(r.host, '') AND k.addressed = ({addressed})"
        return f"LEFT JOIN looked k ON {on}"


def observe(
    con: duckdb.DuckDBPyConnection, cards: Mapping[str, SourceCard], within_days: int, *, relied: bool
) -> Observing:
    """What was observed of which locations, and what its numbers mean. Reads ``records``.

    ``relied`` says that a statutory basis of the policy depends on somebody having looked.
    """
    numbers: dict[Seen, int] = {Seen(False): 0, Seen(True): 1}
    looking = {source: card for source, card in cards.items() if card.observed}
    locations = [
        (source, host, addressed, numbers.setdefault(Seen(addressed, claims), len(numbers)))
        for source, host, addressed in _locations(con, looking)
        for claims in [_claims_on(looking[source], host or None, within_days)]
    ]
    columns = {
        "source_id": pa.array([f[0] for f in locations], pa.string()),
        "host": pa.array([f[1] for f in locations], pa.string()),
        "addressed": pa.array([f[2] for f in locations], pa.bool_()),
        "looked": pa.array([f[3] for f in locations], pa.int64()),
    }
    return Observing(tuple(numbers), pa.table(columns), relied or bool(looking))


def _locations(con: duckdb.DuckDBPyConnection, sources: Iterable[str]) -> list[tuple[str, str, bool]]:
    listed = ", ".join(map(literal, sources))
    if not listed:
        return []
    query = f"""SELECT DISTINCT source_id, coalesce(host, ''), url IS NOT NULL FROM records
        WHERE source_id IN ({listed}) ORDER BY ALL"""
    return [(str(source), str(host), bool(addressed)) for source, host, addressed in rows(con, query)]


def _claims_on(card: SourceCard, host: str | None, within_days: int) -> Profile:
    looks = [look for look in looks_of(card) if look.is_about(host)]
    return frozenset(observations(looks, card.place, within_days))
