"""Near copies at a landing: signatures of what is new beside all that is stored -> pairs, and the groups of all. Floor 7.

Verified pairs are kept; the groups are one part that takes the place of the one before. Other settings look at everything
again. What the search does and guarantees stands in :mod:`rightful.dedup`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from rightful.dedup.near import near
from rightful.dedup.settings import MARKS, Alarm, Near
from rightful.ingest.landing.pieces import Piece, unless_known
from rightful.store.check import check_files, check_parts
from rightful.store.duck import batches, literal, rows, scan
from rightful.store.layout import Layout, private_folder
from rightful.store.ledger import Ledger, Part
from rightful.store.parts import part_writer, publish_table
from rightful.store.records import DUPLICATES, PAIRS, SIGNATURES, TEXTS
from rightful.store.relations import Relation, build, strings

SETTINGS = "near.settings"
"""What the ledger remembers: the settings that the stored pairs were found with."""


@dataclass(frozen=True, slots=True)
class Found:
    """The parts of a search, those that they take the place of, and what is to be told."""

    parts: list[Part]
    ended: list[tuple[str, str]]
    copies: int
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class Among:
    """What a search is about: names of relations on the connection.

    ``standing(record_id, part)``: the stored records that count. ``gone(part, record_id)``: rows that do not.
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
            return Found([], [(kind, part) for kind in ("pairs", "near") for part in self._parts(kind)], 0, ())
        private_folder(self.spill)
        check_parts(self.layout, self.ledger, self.before, ("signatures", "pairs"))
        same = not self.anew and self.ledger.remembered(SETTINGS) == self.settings.digest
        stored = self._standing()
        fresh = [*self._shown_again(), *(piece.files["signatures"] for piece in pieces)]
        pairs = [self.layout.part("pairs", part) for part in self._parts("pairs")] if same else []
        self._place(pieces)
        result = near(
            fresh if same else [*stored, *fresh],
            stored if same else [],
            pairs,
            self._texts,
            self.spill / "work",
            self.settings,
        )
        pairs_part = publish_table(self.layout, "pairs", batches(self.con, _all_of(result.pairs, PAIRS)), PAIRS)
        marks = _all_of(result.groups, MARKS, "'near' AS kind, *")
        near_part = publish_table(self.layout, "near", batches(self.con, marks), DUPLICATES)
        parts = [p for part in (pairs_part, near_part) for p in unless_known(part, self.ledger, self.before)]
        stay = {p.part for p in (pairs_part, near_part) if p is not None}
        over = ("near",) if same else ("near", "pairs")
        ended = [(kind, p) for kind in over for p in self._parts(kind) if p not in stay]
        return Found(parts, ended, self._new_copies(result.groups), result.alarms)

    def _parts(self, kind: str) -> list[str]:
        return [p.part for p in self.ledger.parts(kind, self.before)]

    def _standing(self) -> list[Path]:
        """The stored signatures that count: those of hidden rows are left out."""
        build(self.con, (gone(self.among.gone),))
        touched = {str(r[0]) for r in rows(self.con, "SELECT DISTINCT part FROM gone_rows")}
        paths = []
        for part in self._parts("signatures"):
            path = self.layout.part("signatures", part)
            if part in touched:
                path = self._without_hidden(path, part)
            paths.append(path)
        return paths

    def _shown_again(self) -> list[Path]:
        """The signatures of rows that count again: what came while they were hidden was not compared with them."""
        showing = self.among.showing
        if showing is None:
            return []
        shown = [str(r[0]) for r in rows(self.con, f"SELECT DISTINCT part FROM {showing} ORDER BY part")]
        paths = []
        for part in shown:
            out = self.spill / f"{part}.again.parquet"
            kept = batches(
                self.con,
                f"""SELECT s.* FROM {scan([self.layout.part("signatures", part)], SIGNATURES)} s
                SEMI JOIN (SELECT record_id FROM {showing} WHERE part = {literal(part)}) n ON n.record_id = s.record_id""",
            )
            paths.append(self._written(out, kept))
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
