"""Starting workers before it is known what there is to do: while they load what they need, the driver plans. Floor 7.

It is a guess, and nothing but time depends on it. This module imports nothing that is slow.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rightful import engine
from rightful.engine.warm import Warm

MOST_FILES = 10_000
"""So many files are looked at, at most."""


def warm_workers(workers: int = 1, paths: Iterable[str | Path] = (), ledger: Path | None = None) -> Warm:
    """What workers of an ingest are forked from. It is started at once where more of the files are newer than the ledger
    than one process should read."""
    warm = Warm("rightful.ingest.warmed")
    if workers > 1 and engine.that_pay(workers, _newer_bytes(paths, ledger)) > 1:
        warm.start()
    return warm


def _newer_bytes(paths: Iterable[str | Path], ledger: Path | None) -> int:
    """The bytes of the files that changed since the ledger did, as far as that must be known."""
    since = _changed(ledger) if ledger is not None else 0.0
    waiting, size, looked = [Path(path) for path in paths], 0, 0
    while waiting and size < engine.PAYS_BYTES and looked < MOST_FILES:
        path = waiting.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    looked += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        size += _newer(entry.stat(follow_symlinks=False), since)
        except NotADirectoryError:
            looked += 1
            size += _newer(path.stat(), since)
        except OSError:
            continue  # whoever reads it says why it cannot be read
    return size


def _newer(status: os.stat_result, since: float) -> int:
    return status.st_size if max(status.st_mtime, status.st_ctime) >= since else 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
