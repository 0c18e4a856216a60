"""Index the passages of stored texts that have no index: of a store of an earlier version, or of a recipe without one. Floor 7.

Until the commit nothing of it counts; a run that is killed leaves nothing that a second does not write again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful import engine
from rightful.dedup.settings import Near
from rightful.ingest.retag import Outcome
from rightful.stages.signature import Signature
from rightful.store.check import check_files
from rightful.store.layout import Layout, move_into_place, private_folder, remove_tree, sha256_file
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import opened
from rightful.store.passages import KIND, Writing, indices, part_of
from rightful.store.sweep import committing, sweep

INDEXED = "passages"
"""What a run that indexed texts says that it did, beside the stages."""
BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Task:
    """One part of texts, and where its index goes."""

    texts: Path
    out: Path
    by: Signature


def process(task: Task) -> int:
    """Write the index of one part; answers how many keys it has."""
    writing = Writing()
    with opened(task.texts) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=["text"]):
            writing.add(task.by.with_picked(batch)[1], batch.num_rows)
    return writing.write(task.out, task.by)


def indexed(
    layout: Layout, ledger: Ledger, now: datetime, workers: int, progress: Callable[[int, int], None] | None
) -> dict[str, Any]:
    """Index all parts of texts of the newest snapshot that have no index; nothing to do changes nothing. Answers as a run of
    stages does: no record has other tags, and ``parts`` have an index now."""
    begin = time.perf_counter()
    snapshot = ledger.snapshot()
    every = ledger.parts("texts", snapshot)
    without = {part for part, there in indices(layout, ledger, snapshot).items() if there is None}
    parts = [part for part in every if part.part in without]
    if parts:
        ledger.moment(now)  # before the work: a clock that is wrong is wrong now
        check_files((layout.part("texts", part.part), part.sha256) for part in parts)
        key = hashlib.sha256(json.dumps([INDEXED, *sorted({p.sha256 for p in parts})]).encode()).hexdigest()[:16]
        sweep(layout, keep=key)
        with layout.lock(f"run-{key}", passing=True):
            snapshot = _run(layout, ledger, now, key, parts, workers, progress)
    outcome = Outcome(snapshot, [INDEXED] if parts else [], unchanged=sum(p.rows for p in every), parts=len(parts))
    outcome.seconds = time.perf_counter() - begin
    return outcome.as_json()


def _run(
    layout: Layout,
    ledger: Ledger,
    now: datetime,
    key: str,
    parts: list[Part],
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> int:
    folder = layout.staging(f"tag-{key}")
    private_folder(folder)
    try:
        by_texts = {part.sha256: part for part in parts}
        shingles = Near().shingles
        tasks = {
            Task(layout.part("texts", part.part), folder / f"{part.part}.parquet", shingles): part
            for part in by_texts.values()
        }
        written: list[tuple[Path, Part]] = []
        done, total = 0, sum(part.rows for part in tasks.values())
        for task, keys in engine.run(process, tasks, workers, lambda t: str(t.texts)):
            of = tasks[task]
            written.append((task.out, part_of(task.out, of.sha256, keys, sha256_file(task.out))))
            done += of.rows
            if progress is not None:
                progress(done, total)
        with committing(layout, ledger):
            there = {part.part for part in ledger.parts(KIND, ledger.snapshot())}
            fresh = [(path, part) for path, part in written if part.part not in there]
            for path, part in fresh:
                move_into_place(path, layout.part(KIND, part.part))
            with ledger.commit("tag", key, now) as commit:
                commit.add_parts([part for _, part in fresh])
                commit.summary.update(records=0, stages=INDEXED)
                return commit.snapshot
    finally:
        remove_tree(folder)
