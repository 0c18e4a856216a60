"""``store.find``: what the store holds of somebody or something that is not known by the id of a record. Floor 10: part of `api`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rightful.api import onward
from rightful.api.access import Access
from rightful.api.answer import Answer
from rightful.api.similar import text_of
from rightful.decisions.policy import UseOptions
from rightful.query import steps
from rightful.query.find import Criteria, Decide, Finding, decisions_of
from rightful.rights.decide import Decision
from rightful.rights.uses import ACT_FAMILIES


class Found(Answer):
    """Records in which a text or parts of it stand, or that are of somebody or from somewhere, with what holds them; never a text."""

    file: str | None
    snapshot: int
    text: dict[str, int] | None
    by: list[str]
    use: dict[str, Any] | None
    records: list[dict[str, Any]]
    more: int
    exports: list[str]
    assets: list[str]
    unreadable: list[str]
    report: dict[str, Any] | None
    searched: dict[str, Any]
    missing: list[dict[str, Any]]
    seconds: float
    next: list[dict[str, Any]]


def find(
    access: Access,
    text: str | bytes | Path | None,
    by: dict[str, str | None],
    scan: bool | None,
    limit: int,
    report: bool,
    options: UseOptions,
    stated: tuple[str, ...],
) -> Found:
    """What is found of a text, or of that of a file, and by what else is stated; ``stated`` is the use as options, for what
    is next."""
    criteria = Criteria(None if text is None else text_of(text), **by)
    use: dict[str, Any] | None = None

    def deciding(options: UseOptions) -> Decide:
        def decide(records: list[str]) -> dict[str, Decision]:
            with access.decided(options, None) as (decided, request, _):
                return decisions_of(decided, request, records)

        return decide

    has_use = bool(options.use or options.policy)
    every = options if has_use else replace(options, use=ACT_FAMILIES)
    with access.ledger() as ledger, access.connection("find") as con:
        now = ledger.not_before(access.clock())
        if has_use:
            use = access.request(ledger, access.policy(options.policy), options, now).as_json()
        finding = Finding(con, access.layout, ledger, now)
        answer = finding.answer(
            criteria,
            read_all=scan,
            limit=limit,
            decide=deciding(options) if has_use else None,
            every_use=deciding(every) if report else None,
        )
    following = onward.shown(steps.after_find(answer, access.typing, stated if has_use else ()))
    return Found(file=str(text) if isinstance(text, Path) else None, use=use, **answer, next=following)
