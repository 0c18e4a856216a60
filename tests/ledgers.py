"""Ledgers as a test wants them: of an earlier version, or with other rows that are what was committed."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from rightful.store.ledger import Ledger
from rightful.store.witness import witness_file


def unseal(path: Path) -> None:
    """Make a ledger one of the version before there was a seal."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE sealed")
        db.execute("DROP TABLE chain")
        db.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
        db.execute("PRAGMA user_version = 0")
    witness_file(path).unlink(missing_ok=True)


def rewrite(ledger: Ledger, statement: str, parameters: Any = ()) -> None:
    """Change rows of a ledger as a commit would: what comes of it is sealed."""
    with ledger._immediate():
        ledger._db.execute(statement, parameters)


def tamper(path: Path, *statements: str) -> None:
    """Change a ledger behind the back of its seal, as damage does."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)
