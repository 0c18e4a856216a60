"""The results of what keeps a store: copies of it, sources that end. Floor 10: part of `api`."""

from __future__ import annotations

from rightful.api.access import Access
from rightful.api.answer import Answer, Rows
from rightful.store.deadlines import any_passed


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


class Copied(Answer):
    """A backup: where it lies, of which store and snapshot it is, and that all of it was read again."""

    path: str
    store: str
    snapshot: int
    files: int
    bytes: int
    ok: bool


def duties(access: Access, *, overdue: bool) -> Rows:
    """What is open. Where there is no store, or no deadline has passed, asking for what is overdue reads next to nothing."""
    if overdue and not access.layout.exists():
        return Rows([])
    with access.ledger() as ledger:
        now = ledger.not_before(access.clock())
        if overdue and not any_passed(ledger, now):
            return Rows([])
        from rightful.query import duties

        if overdue:
            listed = duties.overdue(access.layout, ledger, lambda: access.catalog, now)
        else:
            listed = duties.open_duties(access.layout, ledger, access.catalog, now)
        return Rows([duty.as_json(now) for duty in listed])


def log(access: Access, *, who: bool) -> Rows:
    """The snapshots, with who did what."""
    with access.ledger() as ledger:
        if not who:
            return Rows(ledger.snapshots())
        from rightful.query.who import history

        return Rows(history(access.layout, ledger, access.shipped.vocabulary))
