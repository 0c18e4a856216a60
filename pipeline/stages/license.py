"""The tags about rights: what a record's card and row state -> columns and a rights profile. Floor 2.

Unlike the other stages this one is bound to a source card. Rows with the same licence field share one profile, so
the law's words are read once per distinct field, not per row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.rights.consent import subject_key
from pipeline.rights.evidence import Evidence, Profile, rights_id
from pipeline.rights.expression import AllOf, Names, parse, render
from pipeline.signals.source_card import SourceCard, row_claim

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
    seen: dict[str | None, RowRights] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The rights columns of a batch that has ``license_raw, authors, subject``."""
        encoded = batch.column("license_raw").dictionary_encode(null_encoding="encode")
        found = [self.rights_of(raw) for raw in encoded.dictionary.to_pylist()]
        index = encoded.indices
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

    def rights_of(self, raw: str | None) -> RowRights:
        """What a licence field leads to; read once per distinct value."""
        known = self.seen.get(raw)
        if known is None:
            known = self.seen[raw] = self._read(raw)
        return known

    def _read(self, raw: str | None) -> RowRights:
        row = row_claim(raw, self.card, self.names) if raw is not None else None
        stated = [
            e for e in self.claims if e.kind == "grant" and e.statement in ("license", "unreadable") and not e.layer
        ]
        card = stated[0] if stated else None
        profile = frozenset([*self.claims, *([row] if row else [])])
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


def _subject_keys(subjects: pa.Array, key: bytes) -> pa.Array:
    if subjects.null_count == len(subjects):
        return pa.nulls(len(subjects), pa.binary(32))
    return pa.array([None if s is None else subject_key(s, key) for s in subjects.to_pylist()], pa.binary(32))
