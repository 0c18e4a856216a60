"""How the file of the ledger is opened: to write, or to read where nothing can be written. Floor 4.

SQLite in WAL keeps two files beside the ledger and makes them also for reading, which a read-only mount and a full disk
refuse. Commits that were not merged into the ledger lie in one of them: opened without it, the ledger would be an older
one, and silently so. That is an error here.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from rightful.errors import StoreError
from rightful.store.chain import Recorded

_NOT_WRITTEN = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}


def to_write(path: Path) -> Recorded:
    """The ledger as its one writer opens it. Raises sqlite3.Error."""
    db = _connected(str(path))
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
    except sqlite3.Error:
        db.close()
        raise
    return db


def to_read(path: Path) -> Recorded:
    """The ledger for reading, where it can be written as elsewhere. Raises sqlite3.Error, and :class:`StoreError` where
    its newest commits could not be seen."""
    try:
        db = to_write(path)
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return db
    except sqlite3.OperationalError as error:
        if (error.sqlite_errorcode or 0) & 0xFF not in _NOT_WRITTEN:
            raise
    place = f"file:{quote(str(path.absolute()))}"
    try:
        db = _connected(f"{place}?mode=ro")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return db
    except sqlite3.OperationalError:
        pass
    beside = path.with_name(f"{path.name}-wal")
    if beside.exists() and beside.stat().st_size:
        raise StoreError(
            "the newest commits are not merged into the ledger, and here they cannot be read",
            subject=str(beside),
            hint="run any command once where the store can be written, or copy the whole folder to such a place",
        )
    return _connected(f"{place}?immutable=1")


def _connected(place: str) -> Recorded:
    db = sqlite3.connect(place, timeout=60.0, isolation_level=None, factory=Recorded, uri=place.startswith("file:"))
    assert isinstance(db, Recorded)
    return db
