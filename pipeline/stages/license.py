"""The tags about rights: what a record's card and row state -> columns and a rights profile. Floor 2.

Unlike the other stages this one is bound to a source card. Rows with the same licence field share one profile, so
the law's words are read once per distinct field, not per row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.rights.claims import expression_of
from pipeline.rights.consent import subject_key
from pipeline.rights.evidence import Evidence, Profile, rights_id
from pipeline.rights.expression import AllOf, Names, dated, named, parse, parse_known, render
from pipeline.signals.card_claims import row_claim, row_reservations
from pipeline.signals.source_card import SourceCard

_DICT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class RowRights:
    """What one value of the licence field leads to, together with the card."""

    declared: str | None
    concluded: str | None
    conflict: bool
    rights_id: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class LicenseTags:
    """The rights columns of records under one card. ``claims`` are the card's, ancestors included."""

    name: ClassVar[str] = "license"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("license_declared", _DICT),
        pa.field("license_concluded", _DICT),
        pa.field("license_conflict", pa.bool_(), nullable=False),
        pa.field("rights_id", _DICT, nullable=False),
        pa.field("attribution", pa.string()),
        pa.field("subject_key", pa.binary(32)),
        pa.field("collected_for", pa.list_(pa.string())),
        pa.field("personal_data", _DICT, nullable=False),
        pa.field("legal_basis", _DICT),
    )

    card: SourceCard
    claims: tuple[Evidence, ...]
    names: Names
    key: bytes
    seen: dict[tuple[str | None, date | None], RowRights] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The rights columns of a batch that has ``license_raw, published_at, authors, subject``."""
        found, index = self._found(batch)
        n = batch.num_rows
        return {
            "license_declared": pa.array([f.declared for f in found], pa.string()).take(index).cast(_DICT),
            "license_concluded": pa.array([f.concluded for f in found], pa.string()).take(index).cast(_DICT),
            "license_conflict": pa.array([f.conflict for f in found], pa.bool_()).take(index),
            "rights_id": pa.array([f.rights_id for f in found], pa.string()).take(index).cast(_DICT),
            "attribution": self._attribution(batch),
            "subject_key": _subject_keys(batch.column("subject"), self.key),
            "collected_for": pa.array([list(self.card.collected_for)] * n, pa.list_(pa.string())),
            "personal_data": pa.array([self.card.personal_data] * n, pa.string()).cast(_DICT),
            "legal_basis": pa.array([self.card.legal_basis or None] * n, pa.string()).cast(_DICT),
        }

    def rights_of(self, raw: str | None, period: date | None = None) -> RowRights:
        """What a licence field leads to, read once per distinct value. ``period`` is the day from which the licence of
        its date holds, for names that mean another licence by date."""
        known = self.seen.get((raw, period))
        if known is None:
            known = self.seen[raw, period] = self._read(raw, period)
        return known

    def _found(self, batch: pa.RecordBatch) -> tuple[list[RowRights], pa.Array]:
        """The distinct rights of a batch, and which of them each row has."""
        encoded = batch.column("license_raw").dictionary_encode(null_encoding="encode")
        values = encoded.dictionary.to_pylist()
        if not any(_goes_by_date(e, self.names) for raw in values for e in self.rights_of(raw).profile):
            return [self.rights_of(raw) for raw in values], encoded.indices
        starts = sorted({since for family in self.names.families.values() for since, _ in family.periods})
        keys: dict[tuple[str | None, date | None], int] = {}
        index = []
        days = batch.column("published_at").cast(pa.timestamp("us", "UTC")).cast(pa.date32()).to_pylist()
        for n, day in zip(encoded.indices.to_pylist(), days, strict=True):
            since = None if day is None else max(starts[: bisect_right(starts, day)], default=date.min)
            index.append(keys.setdefault((values[n], since), len(keys)))
        return [self.rights_of(*key) for key in keys], pa.array(index, pa.int32())

    def _read(self, raw: str | None, period: date | None) -> RowRights:
        row = row_claim(raw, self.card, self.names) if raw is not None else None
        claims = [_on(e, period, self.names) for e in self.claims]
        row = _on(row, period, self.names) if row else None
        stated = [e for e in claims if e.kind == "grant" and e.statement in ("license", "unreadable") and not e.layer]
        card = stated[0] if stated else None
        reserved = row_reservations(raw, self.card, self.names) if raw is not None else []
        profile = frozenset([*claims, *([row] if row else []), *reserved])
        both = [e for e in (card, row) if e is not None]
        spoken = row or card
        declared = spoken.expression or None if spoken else None
        readable = all(e.statement == "license" for e in both)
        concluded = None
        if both and readable:
            trees = {e.expression: parse(e.expression, self.names) for e in both}
            concluded = render(AllOf(tuple(trees.values()))) if len(trees) > 1 else next(iter(trees))
        conflict = card is not None and row is not None and card.expression != row.expression
        return RowRights(declared, concluded, conflict, rights_id(profile), profile)

    def _attribution(self, batch: pa.RecordBatch) -> pa.Array:
        publisher = self.card.publisher or None
        authors = batch.column("authors")
        if authors.null_count == len(authors):
            return pa.array([publisher] * len(authors), pa.string())
        joined = pc.binary_join(authors, "; ")
        named = pc.if_else(pc.equal(joined, ""), None, joined)
        return named if publisher is None else pc.fill_null(named, publisher)


def _goes_by_date(evidence: Evidence, names: Names) -> bool:
    expression = expression_of(evidence, names)
    families = (names.families.get(name.id) for name in named(expression)) if expression is not None else ()
    return any(family is not None and family.periods for family in families)


def _on(evidence: Evidence, day: date | None, names: Names) -> Evidence:
    """The claim about a text of that day, where it names a licence that goes by date."""
    if day is None or not _goes_by_date(evidence, names):
        return evidence
    return replace(evidence, expression=render(dated(parse_known(evidence.expression, names), names, day)))


def _subject_keys(subjects: pa.Array, key: bytes) -> pa.Array:
    if subjects.null_count == len(subjects):
        return pa.nulls(len(subjects), pa.binary(32))
    return pa.array([None if s is None else subject_key(s, key) for s in subjects.to_pylist()], pa.binary(32))
