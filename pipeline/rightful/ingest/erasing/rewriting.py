"""The parts that have something of what is due, written anew. Floor 7.

Each takes the place of its forerunner in every snapshot. Its name is its content, or a digest of that where the name is
taken; until the commit nobody knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rightful.dedup.erased import keyed_sketches
from rightful.ingest.erasing.beside import BESIDE, KINDS_BESIDE, rewritten
from rightful.ingest.erasing.due import NO_EVENT
from rightful.ingest.erasing.husks import Places, rewrite
from rightful.ingest.erasing.stones import ADDED, keyed_stones
from rightful.ingest.landing.pieces import part_name
from rightful.store.check import check_files
from rightful.store.duck import batches, literal, rows, scan
from rightful.store.keyed import keyed, tombstone_key, values
from rightful.store.layout import BANDS, Layout, move_into_place, sha256_file
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import read
from rightful.store.parts import publish_table
from rightful.store.passages import KIND as PASSAGES
from rightful.store.passages import emptied, name_of, part_of
from rightful.store.records import ALL_STONES, ERASED, HIDDEN, HOLDINGS, KINDS, SKETCHES
from rightful.store.relations import Relation, build, strings

IN_STEP = ("records", "texts", "signatures")
"""The kinds whose parts of one name have the same rows in the same order."""
_IDS: dict[str, tuple[str, ...]] = {
    "duplicates": ("record_id", "matched_id"),
    "near": ("record_id", "matched_id"),
    "pairs": ("record_id_a", "record_id_b"),
    "holdings": ("record_id",),
}
"""The kinds of which whole rows go, by the columns that name the records that they are about."""


@dataclass(frozen=True, slots=True)
class Change:
    """A part that another stands for from now on; None where nothing of it is left."""

    kind: str
    part: str
    by: Part | None


@dataclass(slots=True)
class Rewriting:
    """Writes parts anew from ``due_rows``, ``due``, ``due_events`` and ``carried_on`` on a connection."""

    con: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    spill: Path
    changes: list[Change] = field(default_factory=list)
    sketched: list[pa.Table] = field(default_factory=list)

    def run(self) -> tuple[list[Part], list[Part]]:
        """Write everything; answers the parts by which what is erased goes on to be known, and those that hide it."""
        renamed = self._in_step()
        if renamed:  # the index of bands has hashes of what goes; the next landing derives it anew
            self.changes += [Change(BANDS, part.part, None) for part in self.ledger.every_part(BANDS)]
        hiding = self._hidden(renamed)
        self._say_less()
        for kind, names in _IDS.items():
            self._without(kind, names)
        return [*self._tombstones(), *self._sketches()], hiding

    def _say_less(self) -> None:
        """What is said beside the records that go: evidence, rejections, observations, and the names of files."""
        held = scan([self.layout.part("holdings", p.part) for p in self.ledger.every_part("holdings")], HOLDINGS)
        held_files = Relation("held_files", " ".join(HOLDINGS.names), "", f"SELECT * FROM {held}", view=True)
        build(self.con, (held_files, *BESIDE), None, values(self.ledger.key))
        for kind in KINDS_BESIDE:
            for part in self.ledger.every_part(kind):
                placed = scan([self.layout.part(kind, part.part)], KINDS[kind], placed=True)
                condition, query = rewritten(kind, placed)
                if rows(self.con, f"SELECT 1 FROM {placed} p WHERE {condition} LIMIT 1"):
                    self._replace(part, query, KINDS[kind])

    def nameless(self) -> list[tuple[str, str, str]]:
        """(source, file, what takes the place of its name) of the files of which nothing is left."""
        return [(str(s), str(f), str(n)) for s, f, n in rows(self.con, "FROM files_gone ORDER BY ALL")]

    def keyed_texts(self) -> dict[str, str]:
        """The digests of texts that are gone as reviews name them, and their keyed hashes."""
        key = tombstone_key(self.ledger.key)
        query = "SELECT norm_sha256 FROM due_digests UNION SELECT norm1_sha256 FROM due_digests"
        return {d.hex(): keyed(d, key).hex() for (d,) in rows(self.con, query) if d is not None}

    def _in_step(self) -> dict[str, str]:
        """The three files of each part that has a row which is due; answers what each part is called now."""
        key = tombstone_key(self.ledger.key)
        indices = {p.part: p for p in self.ledger.every_part(PASSAGES)}
        taken = {p.part for kind in IN_STEP for p in self.ledger.every_part(kind)}
        listed = {kind: {p.part: p for p in self.ledger.every_part(kind)} for kind in IN_STEP}
        renamed: dict[str, str] = {}
        for part, places in self._places():
            there = {kind: parts[part] for kind, parts in listed.items() if part in parts}
            check_files((self.layout.part(kind, part), p.sha256) for kind, p in there.items())
            staged = {kind: self.spill / f"{part}.{kind}" for kind in there}
            if "signatures" in there:
                self._sketch(part, places)
            for kind, path in staged.items():
                rewrite(self.layout.part(kind, part), path, places, key)
            digests = {kind: sha256_file(path) for kind, path in staged.items()}
            name = part_name(digests, taken)
            for kind, path in staged.items():
                size_bytes = path.stat().st_size
                move_into_place(path, self.layout.part(kind, name))
                by = Part(kind, name, there[kind].rows, size_bytes, digests[kind])
                self.changes.append(Change(kind, part, by))
            renamed[part] = name
            index = indices.pop(name_of(there["texts"].sha256), None) if "texts" in there else None
            if index is not None:
                self._index(index, digests["texts"], places)
        return renamed

    def _sketch(self, part: str, places: Places) -> None:
        """Keep what near copies of the rows of a part are known by, of those that an event asks for."""
        due = rows(self.con, f"SELECT DISTINCT record_id FROM due WHERE sid <> {NO_EVENT}")
        signatures = read(self.layout.part("signatures", part), ["record_id", "n_shingles", "signature"])
        gone = signatures.take(pa.array(places))
        asked = pc.is_in(gone.column("record_id"), value_set=pa.array([r for (r,) in due], pa.string()))
        self.sketched.append(keyed_sketches(gone.filter(asked), tombstone_key(self.ledger.key)))

    def _sketches(self) -> list[Part]:
        """What was kept of sketches, each once."""
        if not self.sketched:
            return []
        every = pa.concat_tables(self.sketched)
        return self._published("sketches", every.group_by(SKETCHES.names).aggregate([]).sort_by("record_id"), SKETCHES)

    def _index(self, old: Part, texts_sha256: str, places: Places) -> None:
        """The index of passages of texts, which is called after them; parts of the same texts have one."""
        path = self.layout.part(PASSAGES, old.part)
        check_files([(path, old.sha256)])
        staged = self.spill / f"{old.part}.{PASSAGES}"
        keys = emptied(path, staged, places)
        by = part_of(staged, texts_sha256, keys, sha256_file(staged))
        move_into_place(staged, self.layout.part(PASSAGES, by.part))
        self.changes.append(Change(PASSAGES, old.part, by))

    def _places(self) -> Iterator[tuple[str, Places]]:
        query = "SELECT part, list(row ORDER BY row) FROM due_rows GROUP BY part ORDER BY part"
        for part, places in rows(self.con, query):
            yield str(part), np.array(places, np.int64)

    def _hidden(self, renamed: dict[str, str]) -> list[Part]:
        """What was hidden is, under the names of today; what is erased is hidden for that alone."""
        build(self.con, (Relation("renamed", "old new"),), {"renamed": strings(old=renamed, new=renamed.values())})
        for part in self.ledger.every_part("hidden"):
            old = scan([self.layout.part("hidden", part.part)], HIDDEN)
            if not rows(self.con, f"SELECT 1 FROM {old} h JOIN renamed r ON r.old = h.part LIMIT 1"):
                continue
            self._replace(
                part,
                f"""SELECT coalesce(r.new, h.part) AS part, h.record_id, h.reason FROM {old} h
                LEFT JOIN renamed r ON r.old = h.part
                ANTI JOIN due_rows d ON d.part = h.part AND d.record_id = h.record_id ORDER BY ALL""",
                HIDDEN,
            )
        erased = batches(
            self.con,
            f"""SELECT DISTINCT r.new AS part, d.record_id, {literal(ERASED)} AS reason
            FROM due_rows d JOIN renamed r ON r.old = d.part ORDER BY ALL""",
        )
        return self._published("hidden", erased, HIDDEN)

    def _without(self, kind: str, names: tuple[str, ...]) -> None:
        """The parts of a kind without the rows that are about a record which is due. What was matched with one that is gone
        is matched with the first that is left of its group."""
        schema = KINDS[kind]
        goes = " OR ".join(f"p.{name} IN (SELECT record_id FROM due)" for name in names)
        for part in self.ledger.every_part(kind):
            old = scan([self.layout.part(kind, part.part)], schema)
            if not rows(self.con, f"SELECT 1 FROM {old} p WHERE {goes} LIMIT 1"):
                continue
            if kind in ("duplicates", "near"):
                query = _regrouped(scan([self.layout.part(kind, part.part)], schema, placed=True))
            else:
                columns = ", ".join(schema.names)
                placed = scan([self.layout.part(kind, part.part)], schema, placed=True)
                query = f"SELECT {columns} FROM {placed} p WHERE NOT ({goes}) ORDER BY file_row_number"
            self._replace(part, query, schema)

    def _tombstones(self) -> list[Part]:
        """Keyed ones in the place of those of what is due; and new ones, of what had none."""
        key = values(self.ledger.key)
        build(self.con, ADDED, None, key)
        for part in self.ledger.every_part("tombstones"):
            old = scan([self.layout.part("tombstones", part.part)], ALL_STONES, placed=True)
            build(self.con, keyed_stones(old), None, key)
            if rows(self.con, "SELECT 1 FROM stones_now WHERE changed LIMIT 1"):
                columns = ", ".join(ALL_STONES.names)
                self._replace(part, f"SELECT {columns} FROM stones_now ORDER BY file_row_number", ALL_STONES)
        return self._published("tombstones", batches(self.con, "FROM stones_added ORDER BY ALL"), ALL_STONES)

    def _replace(self, part: Part, query: str, schema: pa.Schema) -> None:
        """Write what is left of a part, in the place of it."""
        check_files([(self.layout.part(part.kind, part.part), part.sha256)])
        left = self._published(part.kind, batches(self.con, query), schema)
        self.changes.append(Change(part.kind, part.part, left[0] if left else None))

    def _published(self, kind: str, content: pa.Table | pa.RecordBatchReader, schema: pa.Schema) -> list[Part]:
        """The rows as a part with a name that no other has; none where there are none."""
        taken = {p.part for p in self.ledger.every_part(kind)} | {
            c.by.part for c in self.changes if c.kind == kind and c.by is not None
        }
        part = publish_table(self.layout, kind, content, schema, taken=taken)
        return [] if part is None else [part]


def _regrouped(old: str) -> str:
    """The marks of groups without what is due: a group of one is none, and where the anchor is gone the first is one, and gives
    the group its name: the one before was a digest of a text."""
    return f"""WITH marks AS (
            SELECT *, matched_id IN (SELECT record_id FROM due) AS orphaned, count(*) OVER (PARTITION BY group_id) AS n,
                first_value(record_id) OVER (PARTITION BY group_id ORDER BY file_row_number) AS eldest
            FROM {old} m WHERE record_id NOT IN (SELECT record_id FROM due))
        SELECT record_id, CASE WHEN orphaned THEN kind || ':' || eldest ELSE group_id END AS group_id, kind,
            CASE WHEN anchors THEN 'anchor' ELSE role END AS role,
            CASE WHEN anchors THEN NULL WHEN orphaned THEN eldest ELSE matched_id END AS matched_id,
            CASE WHEN anchors THEN 1.0 ELSE similarity END AS similarity
        FROM (SELECT *, orphaned AND record_id = eldest AS anchors FROM marks WHERE n > 1) ORDER BY file_row_number"""
