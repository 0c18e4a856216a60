"""Near copies at a landing: signatures of what is new beside all that is stored -> pairs, and the groups of all. Floor 7.

Verified pairs are kept; the groups are one part that takes the place of the one before. Other settings look at everything
again. What the search does and guarantees stands in :mod:`rightful.dedup`.

A store of some size has an index of the bands of what counts, in parts of the kind ``bands``, and what is new is looked up
there. It is used where it describes just what there is: the ledger remembers of which parts it was made. Where it does not (an
older store, after a compaction or another version of the tags, a damaged file) everything is searched, and it is made anew.
No snapshot before needs it: the files in whose place others come are removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.dedup.columns import hash_names
from rightful.dedup.grown import Before, grown
from rightful.dedup.index import Segment
from rightful.dedup.lookup import Named
from rightful.dedup.near import near
from rightful.dedup.settings import MARKS, Alarm, Near, Result
from rightful.errors import StoreError
from rightful.ingest.landing.pieces import Piece, unless_known
from rightful.store.check import check_files, check_parts
from rightful.store.digests import wrong
from rightful.store.duck import batches, literal, rows, scan, table
from rightful.store.layout import BANDS, Layout, move_into_place, private_folder, sha256_file
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import opened
from rightful.store.parts import part_writer, publish_table
from rightful.store.records import DUPLICATES, PAIRS, SIGNATURES, TEXTS, within
from rightful.store.relations import Relation, build, strings

SETTINGS = "near.settings"
"""What the ledger remembers: the settings that the stored pairs were found with."""
INDEXED = "near.index"
"""What the ledger remembers: a digest of the parts that the index describes."""
DESCRIBED = ("signatures", "hidden", "pairs", BANDS)
"""The kinds of these."""
INDEX_FROM = 1 << 14
"""So many records have an index: fewer are searched in no time."""
FRESH_SHARE = 8
"""Where more than one in so many is new everything is searched: to sort is faster than to look up."""


def described(parts: Iterable[Part], settings: Near) -> str:
    """A digest of the parts that an index describes, and of the settings."""
    given = [*parts]
    listed = {kind: sorted(p.part for p in given if p.kind == kind) for kind in DESCRIBED}
    return hashlib.sha256(json.dumps([listed, settings.digest], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """The parts of a search, those that they take the place of, and what is to be told. ``forgotten`` are those of the index
    that no snapshot needs any more."""

    parts: list[Part]
    ended: list[tuple[str, str]]
    copies: int
    alarms: tuple[Alarm, ...]
    forgotten: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Among:
    """What a search is about: names of relations on the connection.

    ``standing(record_id, part)``: the stored records that count. ``gone(part, record_id)``: rows that do not, the last of
    them those that did before.
    ``fresh(record_id)``: what arrives, and ``showing(part, record_id)``: rows that count again; None for none.
    """

    standing: str
    gone: tuple[str, ...]
    fresh: str | None = None
    showing: str | None = None


class NearSearch:
    """One search, before the new pieces have moved.

    ``anew``: among all texts, as with other settings; the digests by which they are told apart have changed.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        ledger: Ledger,
        before: int,
        settings: Near,
        spill: Path,
        among: Among,
        *,
        anew: bool = False,
    ) -> None:
        self.con = con
        self.layout = layout
        self.ledger = ledger
        self.before = before
        self.settings = settings
        self.among = among
        self.anew = anew
        self.spill = spill / "near"

    def run(self, pieces: list[Piece]) -> Found:
        """Search, and publish pairs and groups."""
        if not self.settings.search:
            ended = [(kind, part) for kind in ("pairs", "near") for part in self._parts(kind)]
            return Found([], ended, 0, (), [(BANDS, part) for part in self._parts(BANDS)])
        private_folder(self.spill)
        check_parts(self.layout, self.ledger, self.before, ("pairs",))
        same = not self.anew and self.ledger.remembered(SETTINGS) == self.settings.digest
        build(self.con, (gone(self.among.gone),))
        fresh = [*self._shown_again(), *((piece.part, piece.files["signatures"]) for piece in pieces)]
        before = self._before(pieces) if same and self.among.fresh is not None else None
        n_fresh = sum(piece.rows for piece in pieces)
        n_stored = sum(p.rows for p in self.ledger.parts("signatures", self.before))
        if before is not None and n_fresh * FRESH_SHARE <= n_stored:
            result = grown(fresh, before, self.spill / "work", self.settings)
        else:
            self._place(pieces)
            result = self._everything(fresh, same, n_fresh + n_stored)
        index, forgotten = self._index(result)
        pairs_part = publish_table(self.layout, "pairs", batches(self.con, _all_of(result.pairs, PAIRS)), PAIRS)
        marks = _all_of(result.groups, MARKS, "'near' AS kind, *")
        near_part = publish_table(self.layout, "near", batches(self.con, marks), DUPLICATES)
        parts = [p for part in (pairs_part, near_part, *index) for p in unless_known(part, self.ledger, self.before)]
        stay = {p.part for p in (pairs_part, near_part) if p is not None}
        over = ("near",) if same else ("near", "pairs")
        ended = [(kind, p) for kind in over for p in self._parts(kind) if p not in stay]
        return Found(parts, ended, self._new_copies(result.groups), result.alarms, forgotten)

    def _everything(self, fresh: list[tuple[str, Path]], same: bool, records: int) -> Result:
        """Search all that is stored; there is an index of it from :data:`INDEX_FROM` records on."""
        check_parts(self.layout, self.ledger, self.before, ("signatures",))
        stored = self._standing()
        files, new = [path for _, path in stored], [path for _, path in fresh]
        pairs = [self.layout.part("pairs", part) for part in self._parts("pairs")] if same else []
        indexed = self.among.fresh is not None and records >= INDEX_FROM
        return near(
            new if same else [*files, *new],
            files if same else [],
            pairs,
            self._texts,
            self.spill / "work",
            self.settings,
            parts=[part for part, _ in (*stored, *fresh)] if indexed else None,
        )

    def _before(self, pieces: list[Piece]) -> Before | None:
        """The index as the landing before left it; None where there is none of just these parts, or it is damaged."""
        parts = [p for kind in DESCRIBED for p in self.ledger.parts(kind, self.before)]
        bands = [p for p in parts if p.kind == BANDS]
        files = [self.layout.part(BANDS, p.part) for p in bands]
        if not bands or self.ledger.remembered(INDEXED) != described(parts, self.settings):
            return None
        if wrong((path, p.sha256) for path, p in zip(files, bands, strict=True)):
            return None
        try:
            states = [path for path in files if "unused" in Segment(path).arrays]
        except StoreError:  # of another version
            return None
        if len(states) != 1:
            return None
        *hidden, leaving = self.among.gone
        return Before(
            [path for path in files if path not in states],
            states[0],
            [self.layout.part("pairs", part) for part in self._parts("pairs")],
            [self.layout.part("near", part) for part in self._parts("near")],
            self._named(" UNION ".join(f"SELECT part, record_id FROM {name}" for name in hidden)),
            self._named(f"SELECT DISTINCT part, record_id FROM {leaving}"),
            self._fetch,
            lambda part, ids: self._texts_of(part, ids, pieces),
        )

    def _named(self, query: str) -> Named:
        listed = table(self.con, query)
        parts, ids = (listed.column(name).cast(pa.string()).combine_chunks() for name in ("part", "record_id"))
        return Named(parts, ids)

    def _fetch(self, part: str, hashes: npt.NDArray[np.uint64]) -> pa.Table:
        """The signatures of records of a part. Raises :class:`StoreError` where it is damaged."""
        path = self._whole("signatures", part)
        columns = [name for name in SIGNATURES.names if name != "source_id"]
        groups = []
        with opened(path) as file:
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, columns=["record_id"]).column("record_id").combine_chunks()
                there = np.isin(hash_names(ids), hashes)
                if there.any():
                    groups.append(file.read_row_group(group, columns=columns).filter(pa.array(there)))
        return pa.concat_tables(groups) if groups else within(SIGNATURES, columns).empty_table()

    def _index(self, result: Result) -> tuple[list[Part], list[tuple[str, str]]]:
        """The parts of the index that are new, and those that are not needed any more: all, where nothing is known of them."""
        parts = []
        for path in result.index:
            digest = sha256_file(path)
            part = Part(BANDS, digest[:24], Segment(path).rows, path.stat().st_size, digest)
            if part.part not in self._parts(BANDS):
                move_into_place(path, self.layout.part(BANDS, part.part))
            parts.append(part)
        stays = {p.part for p in parts} | {path.stem for path in result.stays}
        return parts, [(BANDS, part) for part in self._parts(BANDS) if part not in stays]

    def _whole(self, kind: str, part: str) -> Path:
        """The file of a stored part. Raises :class:`StoreError` where it is damaged."""
        path = self.layout.part(kind, part)
        check_files((path, p.sha256) for p in self.ledger.parts(kind, self.before) if p.part == part)
        return path

    def _parts(self, kind: str) -> list[str]:
        return [p.part for p in self.ledger.parts(kind, self.before)]

    def _standing(self) -> list[tuple[str, Path]]:
        """The stored signatures that count, with their parts: those of hidden rows are left out."""
        touched = {str(r[0]) for r in rows(self.con, "SELECT DISTINCT part FROM gone_rows")}
        paths = []
        for part in self._parts("signatures"):
            path = self.layout.part("signatures", part)
            if part in touched:
                path = self._without_hidden(path, part)
            paths.append((part, path))
        return paths

    def _shown_again(self) -> list[tuple[str, Path]]:
        """The signatures of rows that count again: what came while they were hidden was not compared with them."""
        showing = self.among.showing
        if showing is None:
            return []
        shown = [str(r[0]) for r in rows(self.con, f"SELECT DISTINCT part FROM {showing} ORDER BY part")]
        paths = []
        for part in shown:
            path = self._whole("signatures", part)
            out = self.spill / f"{part}.again.parquet"
            kept = batches(
                self.con,
                f"""SELECT s.* FROM {scan([path], SIGNATURES)} s
                SEMI JOIN (SELECT record_id FROM {showing} WHERE part = {literal(part)}) n ON n.record_id = s.record_id""",
            )
            paths.append((part, self._written(out, kept)))
        return paths

    def _written(self, out: Path, signatures: pa.RecordBatchReader) -> Path:
        with part_writer(out, SIGNATURES) as writer:
            for batch in signatures:
                writer.write_table(pa.Table.from_batches([batch]).cast(SIGNATURES))
        return out

    def _without_hidden(self, path: Path, part: str) -> Path:
        out = self.spill / f"{part}.signatures.parquet"
        kept = batches(
            self.con,
            f"""SELECT s.* FROM {scan([path], SIGNATURES)} s WHERE NOT EXISTS (
                SELECT 1 FROM gone_rows g WHERE g.part = {literal(part)} AND g.record_id = s.record_id)""",
        )
        return self._written(out, kept)

    def _place(self, pieces: list[Piece]) -> None:
        """Where the text of every record is that a search may ask for."""
        records = [piece.files["records"] for piece in pieces]
        given = strings(
            records=(str(file.absolute()) for file in records),
            texts=(str(piece.files["texts"].absolute()) for piece in pieces),
        )
        new = scan(records, pa.schema([SIGNATURES.field("record_id")]), placed=True)
        build(self.con, placed(self.among.standing, self.layout.root / "texts", new), {"new_files": given})

    def _texts(self, ids: list[str]) -> Iterable[pa.RecordBatch]:
        build(self.con, WANTED, {"wanted": strings(record_id=ids)})
        stored = {str(self.layout.part("texts", p.part)): p.sha256 for p in self.ledger.parts("texts", self.before)}
        for (file,) in rows(self.con, "SELECT DISTINCT file FROM wanted_files ORDER BY file"):
            check_files([(Path(file), stored[file])] if file in stored else [])
            yield from batches(
                self.con,
                f"""SELECT t.record_id, t.text FROM {scan([Path(file)], TEXTS)} t
                SEMI JOIN (SELECT record_id FROM wanted_files WHERE file = {literal(file)}) f ON f.record_id = t.record_id""",
                1024,
            )

    def _texts_of(self, part: str, ids: list[str], pieces: list[Piece]) -> Iterable[pa.RecordBatch]:
        """The texts of records of one part."""
        file = next((piece.files["texts"] for piece in pieces if piece.part == part), None) or self._whole(
            "texts", part
        )
        build(self.con, WANTED[:1], {"wanted": strings(record_id=ids)})
        yield from batches(
            self.con,
            f"""SELECT t.record_id, t.text FROM {scan([file], TEXTS)} t
            SEMI JOIN wanted w ON w.record_id = t.record_id""",
            1024,
        )

    def _new_copies(self, marks: Path) -> int:
        if self.among.fresh is None:
            return 0
        copies = _all_of(marks, MARKS, "record_id", "WHERE role = 'copy'")
        query = f"SELECT count(*) FROM ({copies}) n SEMI JOIN {self.among.fresh} f ON f.record_id = n.record_id"
        return int(rows(self.con, query)[0][0])


def _all_of(path: Path, schema: pa.Schema, columns: str = "*", which: str = "") -> str:
    """The rows of a file in their order, read as they are asked for."""
    return f"SELECT {columns} FROM {scan([path], schema)} {which}"


def gone(of: Iterable[str]) -> Relation:
    """``gone_rows``: the stored rows whose signatures do not count."""
    names = [*of]
    query = " UNION ".join(f"SELECT part, record_id FROM {name}" for name in names)
    return Relation("gone_rows", "part record_id", " ".join(names), query)


def placed(standing: str, folder: Path, new: str) -> tuple[Relation, ...]:
    """``placed``: the file that has the text of a record, of ``standing`` ones in the ``folder`` of texts; ``new`` is the SQL
    of the pieces' records, whose files are given."""
    return (
        Relation("new_files", "records texts"),
        Relation(
            "placed",
            "record_id file",
            f"{standing} new_files",
            f"""SELECT r.record_id, {literal(str(folder))} || '/' || r.part || '.parquet' AS file FROM {standing} r
            UNION ALL SELECT n.record_id, f.texts FROM {new} n JOIN new_files f ON f.records = n.filename""",
            view=True,
        ),
    )


WANTED = (
    Relation("wanted", "record_id"),
    Relation(
        "wanted_files",
        "record_id file",
        "placed wanted",
        """SELECT p.record_id, min(p.file) AS file
        FROM placed p SEMI JOIN wanted w ON w.record_id = p.record_id GROUP BY p.record_id""",
    ),
)
"""The files of the texts that a search asks for."""
