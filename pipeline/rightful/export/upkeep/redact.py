"""Repair of exports: what is permitted no more is taken out, masked or listed, as a new version. Floor 8.

The verb of the command line is ``redact``. A version is built whole beside the export and takes its place in one step
(:mod:`rightful.export.swap`); what it was made of stays untouched until then. The same repair again changes nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful.errors import InputError, StoreError
from rightful.export.manifest import digest
from rightful.export.swap import Swap, building, put, recover, repairing
from rightful.export.upkeep.denying import unasked
from rightful.export.upkeep.in_memory import repaired
from rightful.export.upkeep.plan import Plan, plan
from rightful.export.upkeep.remake import remake
from rightful.export.upkeep.verify import Again
from rightful.export.versions import named
from rightful.query.exported import INDEX
from rightful.query.holding import holdings
from rightful.query.tracing import traced
from rightful.query.versions import (
    EXCLUDE,
    LEVELS,
    MEMORY,
    REWRITE,
    Version,
    current,
    is_in_memory,
    level_of,
    newest,
    version_of,
)
from rightful.rights.licenses import Catalog
from rightful.store.check import check_parts
from rightful.store.conditions import unwritable
from rightful.store.layout import Layout, publish
from rightful.store.ledger import Ledger
from rightful.store.scratch import workspace
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of a repair. ``yes``: also where many records go only because the store does not have them."""

    level: str = REWRITE
    event: str | None = None
    dry_run: bool = False
    yes: bool = False

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise InputError(f"{self.level!r} is not one of {', '.join(LEVELS)}", subject="--level")


_ELSEWHERE = "where a copy of it was kept, repair that: rightful redact FOLDER"


@dataclass(frozen=True, slots=True)
class Repair:
    """The machine that repairs: a store, and the law as it is at this moment."""

    layout: Layout
    ledger: Ledger
    catalog: Catalog
    now: datetime
    demand: Demand

    def export(self, name: str) -> dict[str, Any]:
        """Repair one export, named by its id (of any version) or its folder: what was done.

        Raises :class:`InputError` where what lies there is not what was registered, :class:`StoreError` for an export
        that this ledger does not know. Nothing is changed then.
        """
        self._recover()  # first: what lies there may be of a repair that was killed
        if (held := newest(self.ledger.exports(), name)) is not None and is_in_memory(held.manifest):
            return self._in_memory(held, name)
        out = self._known(name)[1]
        try:
            check_parts(self.layout, self.ledger, self.ledger.snapshot())
            with repairing(self.layout, self.ledger, out) as swap:
                registered, folder, former = self._known(name)  # another repair may have ended meanwhile
                return self._repaired(swap, registered, folder, former)
        except OSError as error:
            raise unwritable(error, out) from error

    def event(self, event: str) -> dict[str, Any]:
        """Repair every current export that holds what ``trace --event`` says that an event reaches, one after the other.

        What cannot be repaired is named with the reason, and the others are.
        """
        self._recover()
        with workspace(self.layout, "redact-event") as (con, _):
            open_views(con, self.layout, self.ledger, self.ledger.snapshot())
            traced.of_event(con, self.ledger, self.now, traced.event_of(self.ledger, event))
            reached = "(SELECT DISTINCT record_id FROM traced)"
            held = holdings(con, self.layout, self.ledger, reached, current(self.ledger.exports()))
        places = zip(held.places.column("export").to_pylist(), held.places.column("path").to_pylist(), strict=True)
        answers: list[dict[str, Any]] = []
        skipped = [{"export": e, "path": "", "reason": "nothing says what it holds"} for e in held.unreadable]
        for export, path in dict.fromkeys(places):
            try:
                answers.append(self._held_at(export, path))
            except (InputError, StoreError) as error:
                skipped.append({"export": export, "path": path, "reason": str(error)})
        return {
            "event": event,
            "level": self.demand.level,
            "dry_run": self.demand.dry_run,
            "exports": answers,
            "skipped": skipped,
            "shards_rewritten": sum(answer["shards_rewritten"] for answer in answers),
            "records_removed": sum(answer["records_removed"] for answer in answers),
        }

    def _held_at(self, export: str, path: str) -> dict[str, Any]:
        """Repair an export where it lies. What took its folder since is another export, with a repair of its own."""
        if not Path(path).is_dir():
            return self.export(export)
        there = named(self.ledger, path).registered
        if there is not None and there["export"] != export:
            raise StoreError(
                f"its folder has {there['export']} now, so nothing of it was repaired", subject=path, hint=_ELSEWHERE
            )
        return self.export(path)

    def _recover(self) -> None:
        sweep(self.layout)
        recover(self.layout, self.ledger)

    def _known(self, name: str) -> tuple[dict[str, Any], Path, str | None]:
        of = named(self.ledger, name)
        if of.registered is None:
            raise StoreError(
                "this store has no record of such an export, so what was permitted of it is not known",
                subject=str(of.folder),
                hint="name the store that it was exported from: --store DIR",
            )
        return of.registered, of.folder.resolve(), of.former

    def _repaired(self, swap: Swap, registered: dict[str, Any], folder: Path, former: str | None) -> dict[str, Any]:
        demand = self.demand
        with workspace(self.layout, "redact") as (con, _):
            again = Again.of(con, self.layout, self.ledger, self.catalog, registered["manifest"], self.now)
            of = plan(self.layout, self.ledger, again, registered, folder, demand.level, demand.event, yes=demand.yes)
            if not of.gone or demand.dry_run:
                return self._answer(of, registered["manifest"], former)
            with building(self.ledger, swap) as place:
                manifest = remake(again, of, place, self.now)
                with committing(self.layout, self.ledger):
                    put(swap, self._register(of, manifest, folder))
        return self._answer(of, manifest, former or str(registered["export"]))

    def _in_memory(self, held: Version, name: str) -> dict[str, Any]:
        """The same of what was handed over in memory: what has to go, and what somebody states of it."""
        demand = self.demand
        check_parts(self.layout, self.ledger, self.ledger.snapshot())
        with workspace(self.layout, "redact") as (con, _):
            again = Again.of(con, self.layout, self.ledger, self.catalog, held.manifest, self.now)
            of, manifest = repaired(
                self.layout,
                self.ledger,
                again,
                held,
                demand.level,
                demand.event,
                self.now,
                yes=demand.yes,
                dry_run=demand.dry_run,
            )
        stated = manifest["export"] != held.export
        former = held.export if stated else name if name != held.export else None
        return {**self._answer(of, manifest, former), "shards_rewritten": 0, "shards": []}

    def _register(self, of: Plan, manifest: dict[str, Any], out: Path) -> Callable[[], None]:
        """Tell the ledger of the new version, and keep its index."""

        def register() -> None:
            export = str(manifest["export"])
            with publish(self.layout.exported(export), private=True) as temporary:
                shutil.copyfile(out / INDEX, temporary)
            with self.ledger.commit("redact", export, self.now) as commit:
                commit.add_export(export, str(out), digest(manifest), manifest)
                commit.summary.update(
                    export=export,
                    supersedes=str(of.manifest["export"]),
                    level=of.level,
                    events=of.events,
                    records=of.records,
                    shards=len(of.touched),
                )

        return register

    def _answer(self, of: Plan, manifest: dict[str, Any], former: str | None) -> dict[str, Any]:
        return {
            "export": str(manifest["export"]),
            "former": former,
            "folder": str(of.folder),
            "version": version_of(manifest),
            "level": level_of(manifest) if not of.gone else of.level,
            "dry_run": self.demand.dry_run,
            "records": int(manifest["records"]),
            "tokens": manifest["tokens"],
            "records_removed": of.records,
            "shards_rewritten": len(of.touched),
            "shards": list(of.touched),
            "reasons": of.reasons,
            "events": of.events,
            "damaged": of.damaged,
            "linked_elsewhere": of.linked_elsewhere,
            "note": self._note(of, manifest),
        }

    def _note(self, of: Plan, manifest: dict[str, Any]) -> str:
        """What has to be known of the new version, as its manifest says it; before it is there, whom a deny list reaches."""
        if manifest["export"] != of.manifest["export"]:
            return str(manifest["repairs"][-1]["note"])
        in_files = of.manifest["format"] != MEMORY
        return unasked(str(of.manifest["format"])) if of.gone and of.level == EXCLUDE and in_files else ""
