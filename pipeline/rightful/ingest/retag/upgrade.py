"""Upgrade: rewrite what an earlier version wrote to today's schema, without changing any tag. Floor 7: part of ``retag``.

A part of records that lacks columns gets a successor, as a run of ``tag`` makes it; a ledger without a seal gets one.
Until the commit nothing of it counts, and a second run finds nothing to do.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from rightful.ingest.retag import FOLLOWING, Outcome, Run
from rightful.ingest.retag.parts import Change, Task
from rightful.store.check import check_files
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import lacking
from rightful.store.placed import is_current
from rightful.store.records import ABSENT_IS_NULL, KINDS, SCHEMA_VERSION
from rightful.store.sweep import sweep


def needs(layout: Layout, ledger: Ledger, snapshot: int) -> list[str]:
    """What an upgrade would add to a store, in words; empty where there is nothing to do."""
    seal = [] if ledger.is_sealed() else ["the seal of the ledger"]
    files = [layout.part("records", p.part) for p in ledger.parts("records", snapshot)]
    lacks = sorted({name for file in files for name in _lacking(file)})
    places = ["places by today's lists"] if "places" not in lacks and not all(map(is_current, files)) else []
    return [*seal, *(f"the column {name} of records" for name in lacks), *places]


def _lacking(part: Path) -> set[str]:
    """The columns that a part of records needs to be written anew for."""
    return {*lacking(part, KINDS["records"])} - ABSENT_IS_NULL


def upgrade(layout: Layout, ledger: Ledger, now: datetime, *, workers: int = 1) -> dict[str, Any]:
    """Bring a store to today's schema. Answers ``snapshot, added[], parts, records, seconds``. Raises :class:`StoreError`."""
    start = time.perf_counter()
    added = needs(layout, ledger, ledger.snapshot())
    ledger.seal()
    run = _Upgrade(layout, ledger, None, None, verb="upgrade")
    sweep(layout, keep=run.key)
    with layout.lock(f"run-{run.key}", passing=True):
        outcome = run.go(now, workers, None)
    return {
        "snapshot": ledger.snapshot(),
        "added": added,
        "parts": outcome.parts,
        "records": outcome.unchanged,
        "seconds": round(time.perf_counter() - start, 3),
    }


class _Upgrade(Run):
    def _plan(self, con: duckdb.DuckDBPyConnection) -> tuple[dict[str, Task], Outcome, dict[str, Change]]:
        texts = {p.part: p.sha256 for p in self.ledger.parts("texts", self.snapshot)}
        tasks: dict[str, Task] = {}
        rows = 0
        for part in self.parts:
            path = self.layout.part("records", part.part)
            if _lacking(path) or not is_current(path):
                words, sketches = (self.layout.part(kind, part.part) for kind in FOLLOWING)
                out = self.folder / f"{part.part}.records.parquet"
                tasks[part.part] = Task(path, words, sketches, out, {}, None)
                rows += part.rows
        check_files((task.texts, texts[name]) for name, task in tasks.items())
        return tasks, Outcome(self.snapshot, [], unchanged=rows, parts=len(tasks), recipe=SCHEMA_VERSION), {}
