"""The results of what keeps a store: copies of it, sources that end. Floor 10: part of `api`."""

from __future__ import annotations

from dataclasses import dataclass

from rightful.api.answer import Answer


@dataclass(frozen=True, eq=False, repr=False)
class Retired(Answer):
    """How a source stands since it was retired or restored, and the exports that hold what is permitted no more since."""

    source: str
    retired: bool
    recorded: bool
    at: str | None
    by: str
    reason: str
    records: int
    exports: list[str]
    exports_unreadable: list[str]


@dataclass(frozen=True, eq=False, repr=False)
class Copied(Answer):
    """A backup: where it lies, of which store and snapshot it is, and that all of it was read again."""

    path: str
    store: str
    snapshot: int
    files: int
    bytes: int
    ok: bool
