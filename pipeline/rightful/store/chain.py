"""The seal of a ledger: what its rows add up to after each commit, so that none changes, comes or goes unnoticed. Floor 4.

``sealed`` has, for each table, the number of its rows and the sum of their SHA-256 modulo 2**256; the schema counts as
a table. A commit adds what it inserts and takes off what it removes, so it costs what it changes, and a row that was
damaged before stays one that does not add up. ``chain`` has a link for each transaction: a digest of that state and of the
link before. It guards against damage and slips; whoever can write the ledger can write the seal as well.

Whoever reads a table asks :meth:`Seal.check` first, in the same transaction, and reads it ``NOT INDEXED``: a damaged index
hides rows that are there.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.errors import StoreError
from rightful.notation.shown import counted
from rightful.store.witness import Witness, damage, write_witness

STATES, LINKS, SCHEMA = "sealed", "chain", "schema"
SEALED_VERSION = 2
"""Ledgers of this version or a later one have a seal; it also stands in the header of the file (``user_version``)."""
SMALL = 2_000
"""Tables of so many rows are held against the seal by every command, whatever it reads."""
REMEDY = (
    "put back what is damaged from a copy of the store (an older ledger has forgotten what was withdrawn since); all that is"
    " damaged is listed by: rightful store check"
)

_TABLES = (
    f"CREATE TABLE {STATES} (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, digest TEXT NOT NULL) STRICT, WITHOUT ROWID",
    f"""CREATE TABLE {LINKS} (
        link INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL, state TEXT NOT NULL, digest TEXT NOT NULL
    ) STRICT""",
)
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Total:
    """What the rows of a table add up to."""

    rows: int = 0
    digest: int = 0

    def plus(self, other: Total) -> Total:
        """With what came and without what went."""
        return Total(self.rows + other.rows, (self.digest + other.digest) % _MODULUS)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link, and what each table added up to then."""

    link: int
    snapshot: int
    digest: str
    states: Mapping[str, Total]


class Recorded(sqlite3.Connection):
    """A connection that counts what its statements add to the tables and take from them, while it is asked to."""

    def record(self) -> None:
        """Count from here on, also in tables that are made or get columns from now on."""
        self.changes: dict[str, Total] = {}
        super().execute("PRAGMA recursive_triggers = ON")  # what REPLACE removes is removed
        self.create_function("rightful_row", 3, self._count)
        self.recording = True
        self._watch()

    def stop(self) -> None:
        """Count no more."""
        self.recording = False

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """As the connection does it."""
        done = super().execute(statement, parameters)
        if getattr(self, "recording", False) and statement.lstrip()[:5].upper() in ("ALTER", "CREAT", "DROP "):
            self._watch()
        return done

    def _watch(self) -> None:
        for table in tables(self):
            for verb, rows in _TRIGGERS.items():
                counted = " ".join(
                    f"SELECT rightful_row({_text(table)}, {sign}, {_row(columns(self, table), of)});"
                    for sign, of in rows
                )
                name = _name(f"rightful {table} {verb}")
                super().execute(f"DROP TRIGGER IF EXISTS temp.{name}")
                super().execute(f"CREATE TEMP TRIGGER {name} AFTER {verb} ON main.{_name(table)} BEGIN {counted} END")

    def _count(self, table: str, sign: int, row: str) -> None:
        if self.recording:
            change = Total(sign, sign * row_digest(row) % _MODULUS)
            self.changes[table] = self.changes.get(table, Total()).plus(change)


_TRIGGERS = {"INSERT": [(1, "NEW.")], "DELETE": [(-1, "OLD.")], "UPDATE": [(-1, "OLD."), (1, "NEW.")]}


class Seal:
    """The seal of an open ledger. Its errors are :class:`StoreError`, and name the ledger."""

    def __init__(self, db: Recorded, path: Path, witness: Witness | None) -> None:
        self._db = db
        self._path = path
        self._walked: tuple[int, str] = (0, "")
        self._checked: dict[str, Total] = {}
        self._before: Head | None = None
        self._witness = witness
        self._made: Witness | None = None

    def is_there(self) -> bool:
        """True for a ledger that is sealed; one of an earlier version is not, until it is written to."""
        tables = {str(r[0]) for r in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        version = self._db.execute("SELECT value FROM meta NOT INDEXED WHERE key = 'version'").fetchone()
        header = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        stated = str(version[0]) if version else ""
        if stated == "1" and not header and not tables & {STATES, LINKS}:
            if self._witness is not None:
                raise damage(self._path, "the ledger is not the one that was here: that one was sealed")
            return False
        if not stated.isdecimal() or int(stated) < SEALED_VERSION or int(stated) != header:
            raise self._damage(f"it says that its version is {stated!r}, and its header says {header}")
        if missing := {STATES, LINKS} - tables:
            raise self._damage(f"the table {min(missing)} is missing")
        return True

    def head(self) -> Head:
        """The newest link, held against the links before it and against the states of the tables."""
        listed = self._db.execute(f"SELECT name, rows, digest FROM {STATES} ORDER BY name").fetchall()
        states = {str(name): Total(int(rows), int(digest, 16)) for name, rows, digest in listed}
        link, digest = self._walked
        links = self._db.execute(
            f"SELECT link, snapshot, state, digest FROM {LINKS} WHERE link >= ? ORDER BY link", [link]
        ).fetchall()
        if link:
            first = links.pop(0) if links else None
            if first is None or (first[0], first[3]) != self._walked:
                raise self._damage(f"its chain does not have link {link} any more")
            last = first
        for last in links:
            if last[0] != link + 1 or last[3] != _link_digest(digest, last[0], last[1], last[2]):
                raise self._damage(f"its chain is broken at link {link + 1}")
            link, digest = int(last[0]), str(last[3])
        if not link:
            raise self._damage("its chain is empty")
        if last[2] != _state_digest(states):
            raise self._damage(f"what its tables add up to is not what link {link} of its chain says")
        self._walked = link, digest
        self._hold_against_witness(link)
        return Head(link, int(last[1]), digest, states)

    def _hold_against_witness(self, newest: int) -> None:
        known = self._witness
        if known is None:
            return
        found = self._db.execute(f"SELECT digest FROM {LINKS} WHERE link = ?", [known.link]).fetchone()
        if found is None:
            what = f"the ledger has lost its last commits: its chain ends at link {newest} and had come to {known.link}"
            raise damage(self._path, what)
        if str(found[0]) != known.digest:
            raise damage(self._path, f"the ledger is not the one that was here: link {known.link} of its chain differs")
        self._witness = None

    def check(self, *names: str) -> None:
        """Hold tables against the newest link, in the transaction that is under way. An unsealed ledger is not checked."""
        if self._before is None and not self.is_there():
            return
        head = self._before or self.head()
        small = (name for name, known in head.states.items() if known.rows <= SMALL)
        for name in dict.fromkeys((SCHEMA, *names, *small)):
            known = head.states.get(name, Total())
            if self._before is not None:
                known = known.plus(self._db.changes.get(name, Total()))
            if self._checked.get(name) == known or (name == SCHEMA and self._before is not None):
                continue
            now = total(self._db, name)
            if now != known:
                raise self._damage(_difference(name, now, known))
            self._checked[name] = known

    def checked(self, name: str) -> Total | None:
        """What a table was last held against; None where it never was, or the ledger has no seal."""
        return self._checked.get(name)

    def damages(self) -> list[str]:
        """All that is wrong with a sealed ledger, a sentence each; empty when nothing is."""
        try:
            head = self.head()
        except StoreError as error:
            return [error.message]
        damages_seen = []
        for name in sorted({*head.states, *tables(self._db)}):
            try:
                now = total(self._db, name)
            except sqlite3.DatabaseError as error:
                damages_seen.append(f"the table {name} cannot be read: {error}")
                continue
            if now != head.states.get(name, Total()):
                damages_seen.append(_difference(name, now, head.states.get(name, Total())))
        return damages_seen

    def begin(self) -> None:
        """A transaction that writes begins: what it changes is counted. A ledger without a seal gets one."""
        self._made = None
        if not self.is_there():
            self.make()
        self._before = self.head()
        self._db.record()

    def end(self) -> None:
        """The transaction is about to be committed: seal what it leaves."""
        before, none = self._before, Total()
        if before is None:
            raise self._damage("a transaction ends that did not begin")
        self._db.stop()
        states = {
            name: before.states[name].plus(self._db.changes.get(name, none))
            if name in before.states
            else total(self._db, name)
            for name in tables(self._db)
        }
        states[SCHEMA] = total(self._db, SCHEMA)
        if states != before.states:
            self._link(states, before.link + 1, before.digest)

    def done(self) -> None:
        """The transaction is over, however it ended."""
        self._before = None
        self._db.stop()

    def committed(self) -> None:
        """The transaction that made a link was committed: write down how far the ledger has come."""
        made, self._made = self._made, None
        if made is not None:
            write_witness(self._path, made)

    def make(self) -> None:
        """Seal what is there. What cannot be read in full is not sealed."""
        wrong = [str(r[0]) for r in self._db.execute("PRAGMA integrity_check(3)") if r[0] != "ok"]
        if wrong:
            raise self._damage("it cannot be sealed as it is: " + "; ".join(wrong))
        for statement in _TABLES:
            self._db.execute(statement)
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'version'", [str(SEALED_VERSION)])
        self._db.execute(f"PRAGMA user_version = {SEALED_VERSION}")
        states = {name: total(self._db, name) for name in (*tables(self._db), SCHEMA)}
        self._link(states, 1, "")

    def _link(self, states: Mapping[str, Total], link: int, before: str) -> None:
        snapshot = self._db.execute("SELECT coalesce(max(snapshot), 0) FROM snapshots NOT INDEXED").fetchone()[0]
        self._db.execute(f"DELETE FROM {STATES}")
        self._db.executemany(
            f"INSERT INTO {STATES} VALUES (?, ?, ?)",
            [(name, known.rows, f"{known.digest:064x}") for name, known in sorted(states.items())],
        )
        state = _state_digest(states)
        digest = _link_digest(before, link, snapshot, state)
        self._made = Witness(link, digest)
        row = [link, snapshot, state, digest]
        self._db.execute(f"INSERT INTO {LINKS} VALUES (?, ?, ?, ?)", row)

    def _damage(self, what: str) -> StoreError:
        return StoreError(f"the ledger is damaged: {what}", subject=str(self._path), hint=REMEDY)


def tables(db: sqlite3.Connection) -> list[str]:
    """The tables that are sealed: all but the seal itself."""
    rows = db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return [str(r[0]) for r in rows if r[0] not in (STATES, LINKS) and not str(r[0]).startswith("sqlite_")]


def columns(db: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table in their order."""
    return [str(r[1]) for r in db.execute(f"PRAGMA main.table_info({_text(table)})")]


def total(db: sqlite3.Connection, table: str) -> Total:
    """What the rows of a table add up to, read one after the other as they lie in it. A missing table has none."""
    if table == SCHEMA:
        query = f"SELECT {_row(['type', 'name', 'tbl_name', 'sql'])} FROM main.sqlite_master"
    elif names := columns(db, table):
        query = f"SELECT {_row(names)} FROM main.{_name(table)} NOT INDEXED"
    else:
        return Total()
    rows = digest = 0
    cursor = db.cursor()
    cursor.row_factory = None
    for (row,) in cursor.execute(query):
        digest += row_digest(row)
        rows += 1
    return Total(rows, digest % _MODULUS)


def row_digest(row: str) -> int:
    """The digest of a row, given as the JSON array of its columns.

    Nulls at its end do not count: a column that is added later changes no row that has none there.
    """
    while row.endswith(",null]"):
        row = row[:-6] + "]"
    return int.from_bytes(hashlib.sha256(row.encode()).digest(), "big")


def _row(names: Iterable[str], of: str = "") -> str:
    """A row as SQLite writes it: strings and integers only, which have one form in every version of it."""
    return f"json_array({', '.join(of + _name(name) for name in names)})"


def _link_digest(before: str, link: int, snapshot: int, state: str) -> str:
    return hashlib.sha256(json.dumps([before, link, snapshot, state]).encode()).hexdigest()


def _state_digest(states: Mapping[str, Total]) -> str:
    listed = [[name, known.rows, f"{known.digest:064x}"] for name, known in sorted(states.items())]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def _difference(name: str, now: Total, known: Total) -> str:
    what = "its schema" if name == SCHEMA else f"the table {name}"
    if now.rows == known.rows:
        return f"{what} is not what was committed: something in its {counted(known.rows, 'row')} was changed"
    return f"{what} is not what was committed: it has {counted(now.rows, 'row')}, not {known.rows}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
