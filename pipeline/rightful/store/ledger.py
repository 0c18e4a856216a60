"""The ledger: one SQLite file that says which parts, sources, events and exports there are. Floor 4.

WAL, ``BEGIN IMMEDIATE``, ``synchronous = FULL``; only the driver writes, one commit an ingest or event, and each
commit is a snapshot. Rows are added, or ended by a later snapshot; nothing is overwritten, so every snapshot can be
read again. Clock times live here and nowhere else in a store. What is read was held against the seal before
(:mod:`rightful.store.chain`), and no answer rests on an index.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from rightful.errors import StoreError
from rightful.rights.consent import AS_SUBJECT, CAPACITIES, EVERY_SELECTOR, KINDS, ConsentEvent
from rightful.rights.review import VERDICTS, Review
from rightful.rights.sources import TURNS, Turn
from rightful.rights.uses import PURPOSES
from rightful.store.chain import LINKS, REMEDY, SEALED_VERSION, Seal, Total, tables
from rightful.store.clock import commit_time
from rightful.store.conditions import BUSY, NO_ROOM
from rightful.store.connecting import to_read, to_write
from rightful.store.files import InputFile, InputFiles, Passed, end, make_tables, put, put_passed
from rightful.store.layout import PART_KINDS, private_file
from rightful.store.witness import Witness, read_witness

LEDGER_VERSION = SEALED_VERSION

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (
    snapshot INTEGER PRIMARY KEY, kind TEXT NOT NULL, run TEXT NOT NULL, committed_at TEXT NOT NULL, summary TEXT NOT NULL
) STRICT;
CREATE TABLE parts (
    ordinal INTEGER PRIMARY KEY, kind TEXT NOT NULL, part TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, added INTEGER NOT NULL, removed INTEGER, UNIQUE (kind, part, added)
) STRICT;
CREATE TABLE inputs (
    root TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, reading TEXT NOT NULL,
    records INTEGER NOT NULL, snapshot INTEGER NOT NULL, PRIMARY KEY (root, name)
) STRICT;
CREATE TABLE sources (
    source_id TEXT NOT NULL, digest TEXT NOT NULL, card TEXT NOT NULL, place TEXT NOT NULL, added INTEGER NOT NULL,
    PRIMARY KEY (source_id, added, digest)
) STRICT;
CREATE TABLE consents (
    event TEXT PRIMARY KEY, kind TEXT NOT NULL, selector TEXT NOT NULL, value TEXT NOT NULL, shown TEXT NOT NULL,
    acts TEXT NOT NULL, purposes TEXT NOT NULL, applications TEXT NOT NULL, recorded TEXT NOT NULL,
    effective TEXT NOT NULL, valid_until TEXT, reason TEXT NOT NULL, party TEXT NOT NULL, snapshot INTEGER NOT NULL,
    given_by TEXT, perpetual INTEGER
) STRICT;
CREATE INDEX consents_by_selector ON consents (selector, value);
CREATE TABLE exports (
    export TEXT NOT NULL, path TEXT NOT NULL, manifest_sha256 TEXT NOT NULL, manifest TEXT NOT NULL,
    snapshot INTEGER NOT NULL, created_at TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (export, path)
) STRICT;
CREATE TABLE assets (
    asset TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, description TEXT NOT NULL,
    snapshot INTEGER NOT NULL, created_at TEXT NOT NULL
) STRICT;
"""
_REVIEWS = """
CREATE TABLE IF NOT EXISTS reviews (
    review TEXT PRIMARY KEY, verdict TEXT NOT NULL, text_a TEXT NOT NULL, text_b TEXT NOT NULL, record TEXT NOT NULL,
    other TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, recorded TEXT NOT NULL, snapshot INTEGER NOT NULL
) STRICT
"""
"""Made with the first review: a ledger from before there were any is read and written as it is."""

_TURNS = """
CREATE TABLE IF NOT EXISTS turns (
    source_id TEXT NOT NULL, turn TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, recorded TEXT NOT NULL,
    snapshot INTEGER NOT NULL
) STRICT
"""
"""Which sources were retired, and restored. Made with the first, as the reviews are."""

_CONSENTS = (
    *("event", "kind", "selector", "value", "shown", "acts", "purposes", "applications", "recorded", "effective"),
    *("valid_until", "reason", "party", "snapshot"),
)
_CAPACITY = {"given_by": "TEXT", "perpetual": "INTEGER"}
_DUTY = {"deadline": "TEXT", "proof": "TEXT"}
_LATER = (_CAPACITY, _DUTY)
"""Columns of ``consents`` that came later; each group is added with the first event that says something there. NULL: a
data subject; no deadline and no proof."""


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of the store. ``ordinal`` is its place in the order of the store (0 until committed)."""

    kind: str
    part: str
    rows: int
    size_bytes: int
    sha256: str
    ordinal: int = 0


Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def _reads(
    *tables: str,
) -> Callable[[Callable[Concatenate[Ledger, Parameters], Answer]], Callable[Concatenate[Ledger, Parameters], Answer]]:
    """A method that reads these tables: in one transaction with holding them against the seal."""

    def reading(
        method: Callable[Concatenate[Ledger, Parameters], Answer],
    ) -> Callable[Concatenate[Ledger, Parameters], Answer]:
        @wraps(method)
        def read(self: Ledger, /, *arguments: Parameters.args, **named: Parameters.kwargs) -> Answer:
            with self.reading(*tables):
                return method(self, *arguments, **named)

        return read

    return reading


class Ledger:
    """An open ledger. Use :meth:`create` or :meth:`open`.

    ``yes``: it may be written although the clock says that the newest snapshot is of long ago.
    """

    def __init__(self, path: Path, *, yes: bool = False, reading: bool = False) -> None:
        self.path = path
        self.yes = yes
        witness = read_witness(path)
        self._db = to_read(path) if reading else to_write(path)
        self._seal = Seal(self._db, path, witness)
        self._events: tuple[Total | None, list[tuple[int, ConsentEvent]]] | None = None
        """The events that were read, and what their table added up to then."""
        self._db.row_factory = sqlite3.Row

    @classmethod
    def create(cls, path: Path, now: datetime, *, yes: bool = False) -> Ledger:
        """Open the ledger at ``path``; a new one gets its tables and the store's own secret key. Raises :class:`StoreError`."""
        with _told(path, "opened"):
            if not path.exists():
                private_file(path)  # SQLite gives the files beside it the mode of this one
            ledger = cls(path, yes=yes)
            with ledger._closed_on_error(), ledger._transaction():
                if not ledger._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                    for statement in _TABLES.split(";\n"):
                        if statement.strip():
                            ledger._db.execute(statement)
                    facts = {
                        "version": "1",
                        "store_id": secrets.token_hex(8),
                        "key": secrets.token_hex(32),
                        "created_at": stamp(now),
                    }
                    ledger._db.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
                    ledger._seal.make()
            with ledger._closed_on_error():
                ledger._seal.committed()
                ledger._check_version()
        return ledger

    @classmethod
    def open(cls, path: Path, *, yes: bool = False, reading: bool = False) -> Ledger:
        """Open a ledger that is there; ``reading``: also where nothing can be written. Raises :class:`StoreError`."""
        if not path.is_file():
            raise StoreError(
                "there is no store here", subject=str(path.parent), hint="make one with: rightful ingest PATH"
            )
        with _told(path, "read"):
            ledger = cls(path, yes=yes, reading=reading)
            with ledger._closed_on_error():
                ledger._check_version()
        return ledger

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextlib.contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()  # and not when the collector of garbage comes by: it holds the file open
            raise

    @contextlib.contextmanager
    def reading(self, *tables: str) -> Iterator[sqlite3.Connection]:
        """One transaction in which these tables were held against the seal, for whoever reads them (``NOT INDEXED``).

        Raises :class:`StoreError` when they are not what was committed, or cannot be read.
        """
        one = contextlib.nullcontext() if self._db.in_transaction else self._transaction("BEGIN")
        with _told(self.path, "read", sqlite3.Error), _plain(self.path), one:
            self._seal.check(*tables)
            yield self._db

    def shrink(self) -> None:
        """Write the file of the ledger anew, without what was deleted in it, and empty the file of the commits that were not
        merged. Raises :class:`StoreError` where another process reads it for longer than the ledger waits."""
        with _told(self.path, "written", sqlite3.Error):
            self._db.execute("VACUUM")
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreError("another process is reading the ledger", subject=str(self.path), hint="run it again")

    def is_sealed(self) -> bool:
        """False for a ledger of an earlier version that was not written to since: nothing says what its rows were."""
        with _told(self.path, "read", sqlite3.Error):
            return self._seal.is_there()

    def newest_link(self) -> Witness | None:
        """The newest link of the chain, by which a later ledger is known as the same; None for a ledger without one.

        Raises :class:`StoreError` when it cannot be read.
        """
        if not self.is_sealed():
            return None
        with self.reading() as db:
            link, digest = db.execute(f"SELECT link, digest FROM {LINKS} ORDER BY link DESC LIMIT 1").fetchone()
        return Witness(int(link), str(digest))

    def seal(self) -> None:
        """Seal a ledger of an earlier version; one that is sealed stays as it is. Raises :class:`StoreError`."""
        if not self.is_sealed():
            with _told(self.path, "written", sqlite3.DatabaseError), self._immediate():
                pass

    def damages(self) -> list[str]:
        """All that is wrong with the ledger, a sentence each: its rows, its chain, its indexes."""
        with _told(self.path, "read", sqlite3.Error), self._transaction("BEGIN"):
            damages_seen = self._seal.damages() if self._seal.is_there() else []
            return damages_seen + [str(r[0]) for r in self._db.execute("PRAGMA integrity_check(20)") if r[0] != "ok"]

    @_reads("meta")
    def remembered(self, key: str) -> str | None:
        """One fact about the store, or None."""
        row = self._db.execute("SELECT value FROM meta NOT INDEXED WHERE key = ?", [key]).fetchone()
        return None if row is None else str(row["value"])

    def meta(self, key: str) -> str:
        """One fact about the store. Raises :class:`StoreError` when the ledger lacks it."""
        value = self.remembered(key)
        if value is None:
            raise StoreError(f"the ledger has no {key!r}", subject=str(self.path))
        return value

    @property
    def key(self) -> bytes:
        """The store's own key, under which persons are hashed."""
        with _plain(self.path):
            return bytes.fromhex(self.meta("key"))

    @_reads("snapshots")
    def snapshot(self) -> int:
        """The newest snapshot; 0 when nothing was committed yet."""
        return int(self._db.execute("SELECT coalesce(max(snapshot), 0) FROM snapshots").fetchone()[0])

    def not_before(self, now: datetime) -> datetime:
        """``now``, or the instant of the newest commit where the clock was set back: what is recorded has happened."""
        newest = self.newest_commit()
        return now if newest is None else max(now, newest)

    def moment(self, now: datetime) -> datetime:
        """The time of a commit that would be made at ``now``. Raises :class:`InputError`, see :mod:`rightful.store.clock`."""
        return commit_time(now, self.newest_commit(), yes=self.yes, place=str(self.path.parent))

    @_reads("snapshots")
    def newest_commit(self) -> datetime | None:
        """The latest time of a snapshot; None when there is none. Raises :class:`StoreError` for one that is no time."""
        # Without the zone a time sorts as its text does: it has a fraction of seconds only where there is one.
        newest = self._db.execute("SELECT max(rtrim(committed_at, 'Z')) FROM snapshots").fetchone()[0]
        try:
            return None if newest is None else datetime.fromisoformat(newest).replace(tzinfo=UTC)
        except ValueError as error:
            raise StoreError(
                f"a snapshot was committed at {newest!r}, which is not a time", subject=str(self.path)
            ) from error

    def check_snapshot(self, snapshot: int | None) -> int:
        """``snapshot`` if it exists, the newest for None. Raises :class:`StoreError`."""
        newest = self.snapshot()
        if snapshot is None:
            return newest
        if not 0 <= snapshot <= newest:
            raise StoreError(
                f"there is no snapshot {snapshot}", subject=str(self.path.parent), hint=f"the newest is {newest}"
            )
        return snapshot

    @_reads("snapshots")
    def snapshots(self) -> list[dict[str, Any]]:
        """The history, oldest first."""
        rows = self._db.execute("SELECT * FROM snapshots ORDER BY snapshot").fetchall()
        return [{**dict(r), "summary": json.loads(r["summary"])} for r in rows]

    @_reads("parts")
    def parts(self, kind: str, snapshot: int) -> list[Part]:
        """The parts of one kind in a snapshot, in the order of the store."""
        for (other,) in self._db.execute("SELECT DISTINCT kind FROM parts NOT INDEXED"):
            if other not in PART_KINDS:
                raise _unknown(self.path, "there are parts of the kind", other)
        rows = self._db.execute(
            """SELECT * FROM parts NOT INDEXED WHERE kind = ? AND added <= ? AND (removed IS NULL OR removed > ?)
            ORDER BY ordinal""",
            [kind, snapshot, snapshot],
        )
        return [Part(r["kind"], r["part"], r["rows"], r["bytes"], r["sha256"], r["ordinal"]) for r in rows]

    @_reads("parts")
    def every_part(self, kind: str) -> list[Part]:
        """The parts of one kind in any snapshot, each once, in the order in which they were added."""
        rows = self._db.execute("SELECT * FROM parts NOT INDEXED WHERE kind = ? ORDER BY ordinal", [kind])
        parts = [Part(r["kind"], r["part"], r["rows"], r["bytes"], r["sha256"], r["ordinal"]) for r in rows]
        return list({p.part: p for p in reversed(parts)}.values())[::-1]

    @_reads("snapshots")
    def compactions(self) -> int:
        """How many compactions erased something."""
        query = "SELECT count(*) FROM snapshots WHERE kind = 'compact'"
        return int(self._db.execute(query).fetchone()[0])

    @_reads("parts")
    def erased_in(self) -> dict[str, int]:
        """The parts of kind ``hidden`` that hide what was erased -> the snapshot that erased it."""
        if "erased" not in _columns(self._db, "parts"):
            return {}
        rows = self._db.execute(
            "SELECT part, erased FROM parts NOT INDEXED WHERE kind = 'hidden' AND erased IS NOT NULL"
        )
        return {str(part): int(snapshot) for part, snapshot in rows}

    @_reads("parts", "exports")
    def known_files(self) -> set[tuple[str, str]]:
        """The parts of every snapshot, and the record indices of exports, as (folder, name without suffix)."""
        parts = self._db.execute("SELECT DISTINCT kind, part FROM parts NOT INDEXED").fetchall()
        exports = self._db.execute("SELECT DISTINCT export FROM exports NOT INDEXED").fetchall()
        return {(r["kind"], r["part"]) for r in parts} | {("exports", r["export"]) for r in exports}

    def part_files(self) -> list[tuple[str, str, str]]:
        """(kind, part, SHA-256) of the parts of every snapshot, each once, also in a damaged ledger: for ``store check``."""
        with _told(self.path, "read", sqlite3.Error):
            listed = self._db.execute(
                "SELECT DISTINCT kind, part, sha256 FROM parts NOT INDEXED ORDER BY kind, part"
            ).fetchall()
        return [(str(r[0]), str(r[1]), str(r[2])) for r in listed]

    def index_files(self) -> list[tuple[str, str]]:
        """(export, SHA-256 of its record index) of the registered exports, each once, also in a damaged ledger."""
        with _told(self.path, "read", sqlite3.Error):
            listed = self._db.execute("SELECT export, manifest FROM exports NOT INDEXED ORDER BY export").fetchall()
        with _plain(self.path):
            return _indices(listed)

    @_reads("parts", "snapshots")
    def part_times(self, kind: str) -> dict[str, datetime]:
        """When each part of a kind was first committed."""
        rows = self._db.execute(
            """SELECT p.part, min(s.committed_at) FROM parts p NOT INDEXED JOIN snapshots s ON s.snapshot = p.added
            WHERE p.kind = ? GROUP BY p.part""",
            [kind],
        )
        return {str(part): datetime.fromisoformat(at) for part, at in rows}

    @_reads("parts", "snapshots")
    def taken_in(self, parts: Iterable[str]) -> str:
        """When the first of these parts of records was taken in; empty when no snapshot has them.

        A run of ``tag`` gives a part another name and leaves its texts as they are: they tell how long it has been there.
        """
        times = [
            self._db.execute(
                """SELECT max(q.added) FROM parts q NOT INDEXED JOIN snapshots s ON s.snapshot = q.added AND s.kind = 'ingest'
                WHERE q.kind = 'texts' AND q.sha256 = (SELECT sha256 FROM parts NOT INDEXED WHERE kind = 'texts' AND part = $part)
                    AND q.added <= (SELECT min(added) FROM parts NOT INDEXED WHERE kind = 'texts' AND part = $part)""",
                {"part": part},
            ).fetchone()[0]
            for part in parts
        ]
        first = min((snapshot for snapshot in times if snapshot is not None), default=None)
        row = self._db.execute("SELECT committed_at FROM snapshots WHERE snapshot = ?", [first]).fetchone()
        return str(row["committed_at"]) if row else ""

    @property
    def files(self) -> InputFiles:
        """The files that the store was made from."""
        return InputFiles(self.reading)

    def renew_files(self, renewed: Iterable[InputFile]) -> None:
        """What the file system says of files anew, their content being what it was: no snapshot is made for that."""
        with _told(self.path, "written", sqlite3.OperationalError), self._immediate():
            make_tables(self._db)
            put(self._db, renewed)

    @_reads("sources")
    def sources(self, snapshot: int) -> list[dict[str, Any]]:
        """The newest card of every source in a snapshot."""
        rows = self._db.execute(
            "SELECT source_id, digest, card, place, max(added) AS added FROM sources NOT INDEXED WHERE added <= ?"
            " GROUP BY source_id",
            [snapshot],
        )
        return [{**dict(r), "card": json.loads(r["card"])} for r in rows]

    @_reads("consents", "snapshots")
    def consents(self, snapshot: int | None = None) -> list[ConsentEvent]:
        """The events, in the order in which they were recorded; all of them, or those of a snapshot."""
        limit = snapshot if snapshot is not None else self.snapshot()
        now = self._seal.checked("consents")
        if now is None or self._events is None or self._events[0] != now:
            self._events = (now, self._read_consents())
        return [event for added, event in self._events[1] if added <= limit]

    def _read_consents(self) -> list[tuple[int, ConsentEvent]]:
        """Every event with its snapshot, read anew."""
        there = _columns(self._db, "consents")
        later = ", ".join(name if name in there else "NULL" for of in _LATER for name in of)
        cursor = self._db.cursor()
        cursor.row_factory = None
        rows = cursor.execute(
            f"""SELECT snapshot, event, kind, selector, value, recorded, effective, acts, purposes, applications, valid_until,
                reason, party, {later}
            FROM consents NOT INDEXED ORDER BY snapshot, rowid"""
        )
        return [(added, _event(self.path, *r)) for added, *r in rows]

    @_reads("consents")
    def consent_count(self) -> int:
        """How many events there are."""
        return int(self._db.execute("SELECT count(*) FROM consents NOT INDEXED").fetchone()[0])

    @_reads("consents")
    def consent_rows(self) -> list[dict[str, Any]]:
        """The events as they are shown: a person is named by the store's hash only."""
        listed = self._db.execute("SELECT * FROM consents NOT INDEXED ORDER BY snapshot, rowid")
        later = {name: None for of in _LATER for name in of}
        return [{**later, **dict(r)} for r in listed]

    @_reads("consents")
    def newest_consent(self) -> int:
        """The snapshot of the newest event; 0 when there is none."""
        return int(self._db.execute("SELECT coalesce(max(snapshot), 0) FROM consents NOT INDEXED").fetchone()[0])

    @_reads("reviews")
    def reviews(self) -> list[Review]:
        """The reviews of near copies, in the order in which they were recorded."""
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'reviews'").fetchone():
            return []
        rows = self._db.execute("SELECT * FROM reviews NOT INDEXED ORDER BY snapshot, rowid")
        return [_review(self.path, r) for r in rows]

    @_reads("turns")
    def turns(self) -> list[Turn]:
        """Which sources were retired and restored, in the order in which that was recorded."""
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'turns'").fetchone():
            return []
        rows = self._db.execute("SELECT * FROM turns NOT INDEXED ORDER BY snapshot, rowid")
        return [_turn(self.path, r) for r in rows]

    @_reads("exports")
    def exports(self) -> list[dict[str, Any]]:
        """The registered exports, oldest first, with their manifests."""
        rows = self._db.execute("SELECT * FROM exports NOT INDEXED ORDER BY snapshot, created_at")
        return [{**dict(r), "manifest": json.loads(r["manifest"])} for r in rows]

    @_reads("assets")
    def assets(self) -> list[dict[str, Any]]:
        """The registered assets, oldest first."""
        rows = self._db.execute("SELECT * FROM assets NOT INDEXED ORDER BY snapshot, created_at")
        return [{**dict(r), "description": json.loads(r["description"])} for r in rows]

    @contextlib.contextmanager
    def commit(self, kind: str, run: str, now: datetime) -> Iterator[Commit]:
        """One transaction that ends in a new snapshot, or in nothing. Raises :class:`StoreError` when the disk is full.

        Its time is ``now``, or right after the snapshot before where that is later; see :meth:`moment`.
        """
        with _told(self.path, "written", sqlite3.DatabaseError), self._immediate():
            commit = Commit(self._db, self.snapshot() + 1, self.moment(now))
            yield commit
            self._db.execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)",
                [commit.snapshot, kind, run, stamp(commit.now), json.dumps(commit.summary, sort_keys=True)],
            )

    @contextlib.contextmanager
    def _immediate(self) -> Iterator[None]:
        """A transaction that writes, and seals what it leaves."""
        with self._transaction():
            self._seal.begin()
            try:
                yield
                self._seal.end()
            finally:
                self._seal.done()
        self._seal.committed()

    @contextlib.contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        self._db.execute(begin)
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # a full disk ends it before us
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _check_version(self) -> None:
        row = self._db.execute("SELECT value FROM meta NOT INDEXED WHERE key = 'version'").fetchone()
        header = self._db.execute("PRAGMA user_version").fetchone()[0]
        text = str(row[0]) if row else ""
        version = int(text) if text.isdecimal() else 0
        if version > LEDGER_VERSION and version == header:
            raise StoreError(
                f"the store has schema version {version}, this program knows {LEDGER_VERSION}",
                subject=str(self.path.parent),
                hint="use a newer rightful; nothing was changed",
            )
        self._seal.is_there()


class Commit:
    """What one transaction adds. ``summary`` goes into the history of the store."""

    def __init__(self, db: sqlite3.Connection, snapshot: int, now: datetime) -> None:
        self._db = db
        self.snapshot = snapshot
        self.now = now
        self.summary: dict[str, Any] = {}

    def add_parts(self, parts: Iterable[Part]) -> None:
        """Register parts in order."""
        for p in parts:
            self._db.execute(
                "INSERT INTO parts (kind, part, rows, bytes, sha256, added) VALUES (?, ?, ?, ?, ?, ?)",
                [p.kind, p.part, p.rows, p.size_bytes, p.sha256, self.snapshot],
            )

    def end_part(self, kind: str, part: str) -> None:
        """A part that no longer counts from this snapshot on."""
        self._db.execute(
            "UPDATE parts NOT INDEXED SET removed = ? WHERE kind = ? AND part = ? AND removed IS NULL",
            [self.snapshot, kind, part],
        )

    def replace_part(self, kind: str, part: str, by: Part | None) -> None:
        """Another part stands for this one in every snapshot that had it, as some of its rows were erased; None: none does,
        for nothing of it is left. Where a snapshot has that one already, it has it once."""
        self._mark_erasures()
        if by is None:
            self._db.execute("DELETE FROM parts WHERE kind = ? AND part = ?", [kind, part])
            return
        self._db.execute(
            """UPDATE parts SET part = ?, rows = ?, bytes = ?, sha256 = ? WHERE kind = ? AND part = ?""",
            [by.part, by.rows, by.size_bytes, by.sha256, kind, part],
        )
        if kind == "holdings":
            self._db.execute("UPDATE files SET held = ? WHERE held = ?", [by.part, part])

    def forget_part(self, kind: str, part: str) -> None:
        """A part that is derived of others, and of which no snapshot has to be read again: none has it any more."""
        self._db.execute("DELETE FROM parts WHERE kind = ? AND part = ?", [kind, part])

    def hide_erased(self, part: Part) -> None:
        """A part of kind ``hidden`` that hides what is erased, in every snapshot."""
        self._mark_erasures()
        self._db.execute(
            "INSERT INTO parts (kind, part, rows, bytes, sha256, added, erased) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [part.kind, part.part, part.rows, part.size_bytes, part.sha256, 0, self.snapshot],
        )

    def forget_files(self, nameless: Iterable[tuple[str, str, str]]) -> None:
        """Files (source, file, what takes the place of its name) of which nothing is left: none of them stands, and where it lay
        is not known any more."""
        for source, file, name in nameless:
            place = self._place_of(source, file)
            if place is None:
                continue
            self._db.execute(
                "DELETE FROM files WHERE source_id = ? AND file = ?", [source, name]
            )  # of an erasure before
            self._db.execute(
                """UPDATE files SET file = $name, name = $name, place = '', card = '', sha256 = '', held = '',
                    ended = coalesce(ended, $snapshot) WHERE source_id = $source AND file = $file""",
                {"name": name, "snapshot": self.snapshot, "source": source, "file": file},
            )
            self._db.execute("DELETE FROM inputs WHERE name = ?", [place])

    def _place_of(self, source: str, file: str) -> str | None:
        if "files" not in tables(self._db):
            return None
        query = "SELECT place FROM files NOT INDEXED WHERE source_id = ? AND file = ?"
        row = self._db.execute(query, [source, file]).fetchone()
        return None if row is None else str(row[0])

    def rename_texts(self, keyed: Mapping[str, str]) -> None:
        """Texts that are gone, by digest, and what reviews call them from now on."""
        if "reviews" in tables(self._db):
            for column in ("text_a", "text_b"):
                rows = self._db.execute(f"SELECT DISTINCT {column} FROM reviews NOT INDEXED").fetchall()
                for digest in (str(r[0]) for r in rows if str(r[0]) in keyed):
                    query = f"UPDATE reviews NOT INDEXED SET {column} = ? WHERE {column} = ?"
                    self._db.execute(query, [keyed[digest], digest])

    def _mark_erasures(self) -> None:
        if "erased" not in _columns(self._db, "parts"):
            self._db.execute("ALTER TABLE parts ADD COLUMN erased INTEGER")

    def remember(self, key: str, value: str) -> None:
        """One fact about the store as a whole."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])

    def add_files(self, files: Iterable[InputFile], ended: Iterable[tuple[str, str]], passed: Iterable[Passed]) -> None:
        """Remember files as they were taken in now, those that stand no longer, and those that passed to other sources."""
        make_tables(self._db)
        end(self._db, ended, self.snapshot)
        put(self._db, (replace(f, snapshot=self.snapshot) for f in files))
        put_passed(self._db, passed, self.snapshot)

    def renew_files(self, renewed: Iterable[InputFile]) -> None:
        """What the file system says of files anew, their content being what it was."""
        make_tables(self._db)
        put(self._db, renewed)

    def lists_that_ended(self) -> list[str]:
        """The standing parts of kind ``holdings`` that no file has its list in any more."""
        rows = self._db.execute(
            """SELECT part FROM parts NOT INDEXED WHERE kind = 'holdings' AND removed IS NULL AND added < ?
            AND part NOT IN (SELECT held FROM files NOT INDEXED WHERE ended IS NULL) ORDER BY ordinal""",
            [self.snapshot],
        )
        return [str(r[0]) for r in rows]

    def add_source(self, source_id: str, digest: str, card: Mapping[str, Any], place: str) -> None:
        """Remember a card when it is new or says something else than the newest one of its source."""
        newest = self._db.execute(
            "SELECT digest FROM sources NOT INDEXED WHERE source_id = ? ORDER BY added DESC, rowid DESC LIMIT 1",
            [source_id],
        ).fetchone()
        if newest is None or newest["digest"] != digest:
            self._db.execute(
                "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)",
                [source_id, digest, json.dumps(card, sort_keys=True), place, self.snapshot],
            )

    def add_events(self, events: Iterable[tuple[ConsentEvent, str, str]]) -> None:
        """Record consent events: (event, its value as it may be shown (never a person), to whom a consent was given)."""
        listed = [(*one, _later(one[0])) for one in events]
        for columns in _LATER:
            if any(later[name] is not None for *_, later in listed for name in columns):
                there = _columns(self._db, "consents")
                for name in (name for name in columns if name not in there):
                    self._db.execute(f"ALTER TABLE consents ADD COLUMN {name} {columns[name]}")
        there = _columns(self._db, "consents")
        of_later = [name for columns in _LATER for name in columns if name in there]
        names = (*_CONSENTS, *of_later)
        self._db.executemany(
            f"INSERT INTO consents ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            (
                (
                    event.event_id,
                    event.kind,
                    event.selector,
                    event.value,
                    shown,
                    _listed(event.acts),
                    _listed(event.purposes),
                    _listed(event.applications),
                    stamp(event.recorded),
                    stamp(event.effective),
                    stamp(event.valid_until) if event.valid_until else None,
                    event.reason,
                    party,
                    self.snapshot,
                    *(later[name] for name in of_later),
                )
                for event, shown, party, later in listed
            ),
        )

    def add_review(self, review: Review) -> None:
        """Record the review of a pair of near copies."""
        self._db.execute(_REVIEWS)
        self._db.execute(
            "INSERT INTO reviews VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                review.review_id,
                review.verdict,
                *sorted(review.texts),
                review.record,
                review.other,
                review.by,
                review.reason,
                stamp(review.recorded),
                self.snapshot,
            ],
        )

    def add_turn(self, turn: Turn) -> None:
        """Record that a source was retired or restored."""
        self._db.execute(_TURNS)
        self._db.execute(
            "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)",
            [turn.source, turn.turn, turn.by, turn.reason, stamp(turn.recorded), self.snapshot],
        )

    def add_export(self, export: str, path: str, manifest_sha256: str, manifest: Mapping[str, Any]) -> None:
        """Register an export; the same one at the same moment is registered once."""
        self._db.execute(
            "INSERT OR REPLACE INTO exports VALUES (?, ?, ?, ?, ?, ?, 'current')",
            [export, path, manifest_sha256, json.dumps(manifest, sort_keys=True), self.snapshot, stamp(self.now)],
        )

    def add_asset(self, asset: str, kind: str, name: str, sha256: str, description: Mapping[str, Any]) -> None:
        """Register a derived asset."""
        self._db.execute(
            "INSERT OR REPLACE INTO assets VALUES (?, ?, ?, ?, ?, ?, ?)",
            [asset, kind, name, sha256, json.dumps(description, sort_keys=True), self.snapshot, stamp(self.now)],
        )

    def describe_asset(self, asset: str, description: Mapping[str, Any]) -> None:
        """What is declared of an asset that is there, which holds what it held and more; it stays the one of its commit."""
        self._db.execute(
            "UPDATE assets NOT INDEXED SET description = ? WHERE asset = ?",
            [json.dumps(description, sort_keys=True), asset],
        )


@lru_cache(maxsize=4096)
def _listed(names: frozenset[str]) -> str:
    return json.dumps(sorted(names))


@lru_cache(maxsize=4096)
def stamp(at: datetime) -> str:
    """An instant as it is written everywhere: ISO 8601, UTC, microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _indices(exports: Iterable[sqlite3.Row]) -> list[tuple[str, str]]:
    indices = {}
    for row in exports:
        files = {file["path"]: file["sha256"] for file in json.loads(row["manifest"]).get("files", ())}
        if "index.parquet" in files:
            indices[str(row["export"])] = str(files["index.parquet"])
    return sorted(indices.items())


@contextlib.contextmanager
def _told(path: Path, done: str, kind: type[sqlite3.Error] = sqlite3.DatabaseError) -> Iterator[None]:
    """What the database says, as an error that names the ledger."""
    try:
        yield
    except (kind, UnicodeDecodeError) as error:  # SQLite quotes what is damaged in its messages
        hint = NO_ROOM if "disk is full" in str(error) else BUSY if "is locked" in str(error) else REMEDY
        raise StoreError(f"the ledger cannot be {done}: {error}", subject=str(path), hint=hint) from error


@contextlib.contextmanager
def _plain(path: Path) -> Iterator[None]:
    """Values that cannot be what they should be, as an error that names the ledger."""
    try:
        yield
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise StoreError(f"the ledger holds an invalid value: {error}", subject=str(path), hint=REMEDY) from error


def _unknown(path: Path, what: str, name: object) -> StoreError:
    """The error for a word that this program does not know: what it means is not guessed."""
    hint = "use the version of rightful that wrote it; if this one did, " + REMEDY
    return StoreError(f"{what} {name!r}, which is not known here", subject=str(path), hint=hint)


def _event(
    path: Path,
    event: str,
    kind: str,
    selector: str,
    value: str,
    recorded: str,
    effective: str,
    acts: str,
    purposes: str,
    applications: str,
    valid_until: str | None,
    reason: str,
    party: str,
    given_by: str | None,
    perpetual: int | None,
    deadline: str | None,
    proof: str | None,
) -> ConsentEvent:
    if kind not in KINDS:
        raise _unknown(path, f"event {event} is of the kind", kind)
    if selector not in EVERY_SELECTOR:
        raise _unknown(path, f"event {event} has the selector", selector)
    if unknown := _names(purposes) - {*PURPOSES}:
        raise _unknown(path, f"event {event} names the purpose", min(unknown))
    given = AS_SUBJECT if given_by is None else _names(given_by)
    if unknown := given - {*CAPACITIES}:
        raise _unknown(path, f"event {event} was given as", min(unknown))
    return ConsentEvent(
        event_id=event,
        kind=kind,
        selector=selector,
        value=value,
        recorded=_instant(recorded),
        effective=_instant(effective),
        acts=_names(acts),
        purposes=_names(purposes),
        applications=_names(applications),
        valid_until=_instant(valid_until) if valid_until else None,
        reason=reason,
        given_by=given,
        party=party,
        perpetual=perpetual == 1,
        deadline=_instant(deadline) if deadline else None,
        proof=proof or "",
    )


def _later(event: ConsentEvent) -> dict[str, str | int | None]:
    """What an event says in the columns that came later; None where it says nothing there."""
    as_holder = event.given_by != AS_SUBJECT or event.perpetual
    return {
        "given_by": _listed(event.given_by) if as_holder else None,
        "perpetual": int(event.perpetual) if as_holder else None,
        "deadline": stamp(event.deadline) if event.deadline else None,
        "proof": event.proof or None,
    }


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    """The columns that a table has in this ledger: one of an earlier version has fewer."""
    return {str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")}


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime:
    """An import has one or few of them."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} is a time without its zone")
    return at


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str]:
    names = json.loads(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{text!r} is no list of names")
    return frozenset(names)


def _turn(path: Path, row: sqlite3.Row) -> Turn:
    if row["turn"] not in TURNS:
        raise _unknown(path, f"the source {row['source_id']!r} was", row["turn"])
    at = _instant(row["recorded"])
    return Turn(source=row["source_id"], turn=row["turn"], recorded=at, by=row["by"], reason=row["reason"])


def _review(path: Path, row: sqlite3.Row) -> Review:
    if row["verdict"] not in VERDICTS:
        raise _unknown(path, f"review {row['review']} has the verdict", row["verdict"])
    return Review(
        review_id=row["review"],
        texts=frozenset({row["text_a"], row["text_b"]}),
        verdict=row["verdict"],
        recorded=_instant(row["recorded"]),
        by=row["by"],
        reason=row["reason"],
        record=row["record"],
        other=row["other"],
    )
