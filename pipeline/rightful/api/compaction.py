"""What ``store compact`` answers, and how it is done. Floor 10: part of `api`."""

from __future__ import annotations

from rightful.api.access import Access
from rightful.api.answer import Answer
from rightful.errors import InputError


class Compacted(Answer):
    """What was erased: how many records, in how many rows and parts; what was removed, and what could not be yet."""

    snapshot: int
    records: int
    rows: int
    parts: int
    freed_bytes: int
    removed: int
    under_way: list[str]
    interrupted: bool
    seconds: float


def compact(access: Access, *, wait: float, yes: bool) -> Compacted:
    """Erase what is due. Raises :class:`InputError` for a time that is none."""
    from rightful.ingest import erasing

    if not wait >= 0:
        raise InputError(f"--wait {wait:g} is no time to wait", hint="a number of seconds, 0 or more")
    with access.ledger(yes=yes, alone=True) as ledger:
        now = ledger.not_before(access.clock())
        done = erasing.compact(access.layout, ledger, access.catalog, now, wait_seconds=wait)
        return Compacted(**done.as_json())
