"""What the ledger knows of the files that a store was made from. Floor 4.

A file *stands* from the ingest that took it in until another takes its place (the same source and path), its path passes
to another source, or it is gone and pruned. Nothing else makes the records of a file count no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

TABLES = (
    """CREATE TABLE IF NOT EXISTS files (
    source_id TEXT NOT NULL, file TEXT NOT NULL, name TEXT NOT NULL, place TEXT NOT NULL, card TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL, reading TEXT NOT NULL, records INTEGER NOT NULL, whole INTEGER NOT NULL, held TEXT NOT NULL,
    snapshot INTEGER NOT NULL, ended INTEGER, PRIMARY KEY (source_id, file)
) STRICT""",
    """CREATE TABLE IF NOT EXISTS passed (
    source_id TEXT NOT NULL, file TEXT NOT NULL, former_source TEXT NOT NULL, former_file TEXT NOT NULL,
    snapshot INTEGER NOT NULL, PRIMARY KEY (source_id, file, former_source, former_file)
) STRICT""",
)
"""Made with the first file that is remembered: a ledger from before is read and written as it is."""

ALL_KNOWN = "files.known"
"""Remembered once the files that an earlier version took in are known in today's form."""

_COLUMNS = "source_id, file, name, place, card, size, mtime_ns, ctime_ns, inode, sha256, reading, records, whole, held, snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the file system says of a file: while none of it changes, nobody wrote to the file."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file as it was taken in.

    ``file`` is what its records call it, one name a file of the source: ``name``, the path below the folder of the card,
    unless another file that stands has that name. ``place`` is where it lies, an absolute path; ``card`` where its card
    does, empty where there is none. ``sha256`` is of the whole file, ``reading`` of all that its records depend on beside it.
    Only a file that is ``whole`` (nothing damaged in it, nothing refused) may be left unread. ``held`` names the part
    of kind ``holdings`` that lists what it holds of records whose row another file brought; empty where it holds none.
    """

    source_id: str
    file: str
    name: str
    place: str
    card: str = ""
    seen: Seen
    sha256: str = ""
    reading: str = ""
    records: int = 0
    whole: bool = True
    held: str = ""
    snapshot: int = 0


@dataclass(frozen=True, slots=True)
class Passed:
    """A file whose path went over to another source: what was recorded about it there holds for it here."""

    source_id: str
    file: str
    former_source: str
    former_file: str


class InputFiles:
    """The files of one ledger, read. ``reading`` gives a connection on which tables were held against the seal."""

    def __init__(self, reading: Callable[..., AbstractContextManager[sqlite3.Connection]]) -> None:
        self._reading = reading

    def below(self, folder: str) -> list[InputFile]:
        """The standing files below a folder, and the one that lies exactly there."""
        inside = folder.rstrip("/") + "/"
        return self._files("place = ? OR (place >= ? AND place < ?)", [folder, inside, inside[:-1] + "0"])

    def of(self, source_id: str) -> list[InputFile]:
        """The standing files of a source."""
        return self._files("source_id = ?", [source_id])

    def named(self, source_id: str, file: str) -> InputFile | None:
        """The standing file of a source that its records call so."""
        return next(iter(self._files("source_id = ? AND file = ?", [source_id, file])), None)

    def ended(self, source_id: str) -> list[str]:
        """The files of a source that stand no longer."""
        query = "SELECT file FROM files NOT INDEXED WHERE ended IS NOT NULL AND source_id = ?"
        return [str(r[0]) for r in self._rows("files", query, [source_id])]

    def lists(self) -> list[tuple[str, str, str]]:
        """(source id, file, part of kind ``holdings``) of the standing files whose list is not empty."""
        query = "SELECT source_id, file, held FROM files NOT INDEXED WHERE ended IS NULL AND held <> ''"
        return [(str(r[0]), str(r[1]), str(r[2])) for r in self._rows("files", query)]

    def passed(self) -> list[Passed]:
        """The files that went over from one source to another."""
        query = "SELECT source_id, file, former_source, former_file FROM passed NOT INDEXED ORDER BY 1, 2, 3, 4"
        return [Passed(*map(str, r)) for r in self._rows("passed", query)]

    def before(self) -> Mapping[str, str]:
        """Place -> source id, of files that an earlier version remembered, as long as they are not known in today's form."""
        with self._reading("meta", "inputs") as db:
            if db.execute("SELECT 1 FROM meta NOT INDEXED WHERE key = ?", [ALL_KNOWN]).fetchone():
                return {}
            rows = db.execute("SELECT name, root FROM inputs NOT INDEXED ORDER BY snapshot")
            return {str(place): str(source) for place, source in rows}

    def _files(self, condition: str, values: list[str]) -> list[InputFile]:
        query = (
            f"SELECT {_COLUMNS} FROM files NOT INDEXED WHERE ended IS NULL AND ({condition}) ORDER BY source_id, file"
        )
        return [_file(r) for r in self._rows("files", query, values)]

    def _rows(self, table: str, query: str, values: Iterable[str] = ()) -> list[sqlite3.Row]:
        with self._reading(table) as db:
            there = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [table]).fetchone()
            return db.execute(query, list(values)).fetchall() if there else []


def _file(r: sqlite3.Row) -> InputFile:
    return InputFile(
        source_id=r["source_id"],
        file=r["file"],
        name=r["name"],
        place=r["place"],
        card=r["card"],
        seen=Seen(size=r["size"], mtime_ns=r["mtime_ns"], ctime_ns=r["ctime_ns"], inode=r["inode"]),
        sha256=r["sha256"],
        reading=r["reading"],
        records=r["records"],
        whole=bool(r["whole"]),
        held=r["held"],
        snapshot=r["snapshot"],
    )


def make_tables(db: sqlite3.Connection) -> None:
    """Make what is not there yet. Whoever calls it puts in all files that are known."""
    for statement in TABLES:
        db.execute(statement)
    if db.execute("SELECT 1 FROM inputs LIMIT 1").fetchone():
        db.execute("INSERT OR IGNORE INTO meta VALUES (?, '1')", [ALL_KNOWN])


def put(db: sqlite3.Connection, files: Iterable[InputFile]) -> None:
    """Remember files as they were taken in."""
    db.executemany(
        f"INSERT OR REPLACE INTO files ({_COLUMNS}, ended) VALUES ({', '.join('?' * 15)}, NULL)",
        (
            (
                *(f.source_id, f.file, f.name, f.place, f.card),
                *(f.seen.size, f.seen.mtime_ns, f.seen.ctime_ns, f.seen.inode),
                *(f.sha256, f.reading, f.records, int(f.whole), f.held, f.snapshot),
            )
            for f in files
        ),
    )


def end(db: sqlite3.Connection, files: Iterable[tuple[str, str]], snapshot: int) -> None:
    """Files (source id, file) that stand no longer, from this snapshot on."""
    db.executemany(
        "UPDATE files NOT INDEXED SET ended = ? WHERE source_id = ? AND file = ? AND ended IS NULL",
        ((snapshot, source, file) for source, file in files),
    )


def put_passed(db: sqlite3.Connection, passed: Iterable[Passed], snapshot: int) -> None:
    """Remember whose file a file was before."""
    db.executemany(
        "INSERT OR IGNORE INTO passed VALUES (?, ?, ?, ?, ?)",
        ((p.source_id, p.file, p.former_source, p.former_file, snapshot) for p in passed),
    )
