"""What ``redact`` answers. Floor 10: part of `api`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightful.api.access import Access
from rightful.api.answer import Answer
from rightful.errors import InputError

if TYPE_CHECKING:
    from rightful.export.upkeep.redact import Demand
    from rightful.query.steps import Step

List = list[dict[str, Any]]


class Redacted(Answer):
    """What a repair took out of an export, and the version that it is now."""

    export: str
    former: str | None
    folder: str
    version: int
    level: str | None
    dry_run: bool
    records: int
    tokens: int | None
    records_removed: int
    shards_rewritten: int
    shards: list[str]
    reasons: dict[str, int]
    events: list[str]
    damaged: List
    linked_elsewhere: list[str]
    note: str
    next: List

    @property
    def is_incomplete(self) -> bool:
        """True where files of the export that did not have to be read are damaged."""
        return bool(self.damaged)


class EventRedacted(Answer):
    """The same of every export that holds what an event matched; ``skipped`` could not be repaired, with the reason."""

    event: str
    level: str
    dry_run: bool
    exports: List
    skipped: List
    shards_rewritten: int
    records_removed: int
    next: List

    @property
    def is_incomplete(self) -> bool:
        """True where an export could not be repaired, or has damage elsewhere."""
        return bool(self.skipped) or any(one["damaged"] for one in self.exports)


def redact(
    access: Access, export: str | Path | None, event: str | None, level: str, dry_run: bool, yes: bool
) -> Redacted | EventRedacted:
    """One export, or those that hold what an event matched."""
    from rightful.export.upkeep.redact import Demand, Repair

    if (export is None) == (event is None):
        raise InputError(
            "repairs one export, or those that an event touches", subject="redact", hint="name an export, or --event"
        )
    demand = Demand(level=level, event=event, dry_run=dry_run, yes=yes)
    with access.ledger() as ledger:
        repair = Repair(access.layout, ledger, access.catalog, ledger.not_before(access.clock()), demand)
        answer = repair.export(str(export)) if event is None else repair.event(event)
    if event is None:
        if Path(str(export)).is_dir():
            answer["folder"] = str(export)  # as it was named
        return Redacted(**answer, next=_after(access, [answer], demand))
    return EventRedacted(**answer, next=_after(access, answer["exports"], demand))


def _after(access: Access, answers: List, demand: Demand) -> List:
    """What follows: the repair itself after a dry run, else whether all holds now."""
    from rightful.api.onward import shown

    listed = [one for one in answers if one["records_removed"] or one["shards_rewritten"]]
    return shown([_step(access, listed, demand)] if listed else [])


def _step(access: Access, repaired: List, demand: Demand) -> Step:
    from rightful.query.steps import Step, to_verify
    from rightful.query.versions import MEMORY

    folder = str(repaired[0]["folder"])
    if folder.startswith(f"{MEMORY}:"):  # what was handed over in memory has a name alone
        folder = str(repaired[0]["export"])
    if demand.dry_run:
        of, event = ([], ["--event", demand.event]) if demand.event else ([folder], [])
        return Step("do it", access.typing("redact", *of, options=[*event, "--level", demand.level]))
    return to_verify(folder if len(repaired) == 1 else None, access.typing)
