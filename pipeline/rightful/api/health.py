"""``rightful store check``: the whole store against what was committed. Floor 10: part of `api`."""

from __future__ import annotations

from pathlib import Path

from rightful.api.access import Access
from rightful.api.answers import Health
from rightful.decisions.policy import damage_of
from rightful.errors import StoreError
from rightful.store.check import report, unreadable
from rightful.store.conditions import BUSY, NO_ROOM
from rightful.store.sweep import COMMIT, clear
from rightful.store.sweep import sweep as sweeping


def check(access: Access, *, sweep: bool) -> Health:
    """Everything is read. ``sweep`` removes what killed runs left, where nothing is damaged.

    Raises :class:`StoreError` for what is no damage: no room, a store that another process holds.
    """
    layout, catalog = access.layout, access.catalog
    swept: list[Path] = []
    policy = damage_of(layout.policy, catalog.vocabulary, catalog.names, access.clock())
    beside = [] if policy is None else [policy]
    try:
        with access.ledger() as ledger:
            answer = report(layout, ledger, beside)
            if sweep and answer["ok"]:
                swept = sweeping(layout)
                with layout.lock(COMMIT):
                    swept += clear(layout, ledger, orphans=True)
                answer = report(layout, ledger, beside)
    except StoreError as error:
        if error.subject != str(layout.ledger) or error.hint in (None, NO_ROOM, BUSY):  # no damage
            raise
        answer = unreadable(layout, error, beside)
    return Health(**answer, swept=[str(path) for path in swept] if sweep else None)
