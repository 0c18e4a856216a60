"""Compaction: what was withdrawn, erased or taken down goes physically, out of every part of every snapshot. Floor 7.

A part that has something of it gets a successor, which takes its place in all snapshots in one commit; then the forerunners
are removed, once whoever reads them has ended, and the ledger is written anew without its free pages. Killed before the
commit nothing has happened; killed after it, the next command that publishes anything removes what was left.

Gone are: texts, conversations and kept columns with their types; of ``records`` all but what decided (see
:mod:`rightful.ingest.erasing.husks`); signatures; marks and pairs of copies; what files hold; and whatever runs that are no more
staged and spilled; what was read as its rights, where no other record has that claim; and the names of files of which the
store has nothing else. Tombstones stay, keyed. No answer changes by it: what was refused is, by the tombstones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful.ingest.erasing.due import find
from rightful.ingest.erasing.rewriting import Rewriting
from rightful.rights.licenses import Catalog
from rightful.store.duck import rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.readers import wait_for_readers
from rightful.store.scratch import workspace
from rightful.store.sweep import COMMIT, clear, committing, compacting, sweep, under_way

WAIT_SECONDS = 60.0
"""How long whoever reads a forerunner is waited for, if nothing else is said."""


@dataclass(slots=True)
class Compacted:
    """What a compaction did. ``under_way`` are runs whose staged files stay, as they are at work on them."""

    snapshot: int
    records: int = 0
    rows: int = 0
    parts: int = 0
    freed_bytes: int = 0
    removed: list[Path] = field(default_factory=list)
    under_way: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        return {
            "snapshot": self.snapshot,
            "records": self.records,
            "rows": self.rows,
            "parts": self.parts,
            "freed_bytes": self.freed_bytes,
            "removed": len(self.removed),
            "under_way": self.under_way,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 3),
        }


def compact(
    layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime, *, wait_seconds: float = WAIT_SECONDS
) -> Compacted:
    """Erase what is due, and everything that is left of what was. Running it again finds nothing to do.

    Readers that began before are waited for, ``wait_seconds`` at most: after that the files go all the same, and a reader
    that comes back to one says that it is not there.
    """
    start = time.perf_counter()
    before = _bytes_in(layout)
    swept = sweep(layout)
    with compacting(layout):
        readers = ledger.compactions()
        with committing(layout, ledger):
            done = _erase(layout, ledger, catalog, now)
        done.interrupted = wait_for_readers(layout, readers, wait_seconds)
        with layout.lock(COMMIT):
            done.removed = [*swept, *clear(layout, ledger, orphans=True)]
        ledger.shrink()
    done.under_way = under_way(layout)
    done.freed_bytes = before - _bytes_in(layout)
    done.seconds = time.perf_counter() - start
    return done


def _erase(layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime) -> Compacted:
    """Write the successors and commit them."""
    clear(layout, ledger, orphans=True)
    done = Compacted(ledger.snapshot())
    with workspace(layout, "compact") as (con, spill):
        done.rows = find(con, layout, ledger, catalog, now)
        if not done.rows:
            return done
        assert spill is not None  # the store was swept a moment ago, so it can be written
        done.records = int(rows(con, "SELECT count(DISTINCT record_id) FROM due_rows")[0][0])
        rewriting = Rewriting(con, layout, ledger, spill)
        stones, hiding = rewriting.run()
        done.parts = len(rewriting.changes)
        done.snapshot = _commit(ledger, rewriting, stones, hiding, done, now)
    return done


def _commit(
    ledger: Ledger, rewriting: Rewriting, stones: list[Part], hiding: list[Part], done: Compacted, now: datetime
) -> int:
    with ledger.commit("compact", "", now) as commit:
        for change in rewriting.changes:
            commit.replace_part(change.kind, change.part, change.by)
        commit.forget_files(rewriting.nameless())
        commit.rename_texts(rewriting.keyed_texts())
        commit.add_parts(stones)
        for part in hiding:
            commit.hide_erased(part)
        commit.summary.update(records=done.records, rows=done.rows, parts=done.parts)
        return commit.snapshot


def _bytes_in(layout: Layout) -> int:
    """What the files of a store take."""
    sizes = 0
    for path in layout.root.rglob("*"):
        try:
            sizes += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # somebody else is at work
            continue
    return sizes
