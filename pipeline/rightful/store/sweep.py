"""What runs that are no more left behind is removed: it may be the text of somebody who withdrew meanwhile. Floor 4.

Nothing of a run under way is touched: each holds a lock for as long as it lives. One thing stays: what a run staged is
taken up again by a run of the same plan, if that is the next to write. Whatever else writes removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from rightful.errors import RightfulError
from rightful.store.layout import PART_KINDS, Layout, remove_tree, suffix_of
from rightful.store.ledger import Ledger
from rightful.store.scratch import lock_name

COMMIT = "commit"
"""The lock under which parts are published and the ledger is written."""
COMPACTION = "compaction"
"""The lock of a compaction, which it holds until the forerunners of the parts that it wrote are gone."""
_UNDER_WAY, _DONE = b"1", b"0"
_UNFINISHED = re.compile(r"\.new-[0-9]+\.parquet|\..+\.[0-9]+\.tmp")
_EARLIER = re.compile(r".*-([0-9]+)")
"""How an earlier version called its folders in ``tmp/``, without a lock: a name and the number of the process."""
_PASSING = ("run-", "tmp-")


def sweep(layout: Layout, *, keep: str | None = None) -> list[Path]:
    """Remove what runs that are no more staged and spilled, but what the run ``keep`` staged. Answers what is gone.

    Folders and files that others could read are made private on the way, as every write does.
    """
    layout.create()
    gone = []
    for folder in _entries(layout.root / "staging"):
        run = folder.name.removeprefix("tag-")
        if run != keep:
            with layout.left_behind(f"run-{run}") as left:
                gone += _removed(folder) if left is not None else []
    for folder in _entries(layout.temporary):
        with layout.left_behind(lock_name(folder.name)) as left:
            gone += _removed(folder) if left is not None and not _runs_of_earlier(folder) else []
    for file in _entries(layout.root):
        name = file.name.removeprefix(".").removesuffix(".lock")
        if layout.lock_file(name) == file and name.startswith(_PASSING) and name != f"run-{keep}":
            with layout.left_behind(name):
                pass
        elif (number := re.fullmatch(r"\.(?:policy\.toml|ledger\.sqlite-head)\.([0-9]+)\.tmp", file.name)) and not runs(
            int(number[1])
        ):
            gone += _removed(file)
    return gone


@contextlib.contextmanager
def committing(layout: Layout, ledger: Ledger) -> Iterator[None]:
    """Hold the store for publishing parts and committing them; whoever comes second waits.

    What a holder before published without committing it is removed first, and so is what this one does when it fails.
    """
    with layout.lock(COMMIT) as handle:
        clear(layout, ledger, orphans=_was_compacted(layout) or os.pread(handle, 1, 0) == _UNDER_WAY)
        _note(handle, _UNDER_WAY)
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError, RightfulError):  # then the next holder does
                clear(layout, ledger, orphans=True)
                _note(handle, _DONE)
            raise
        _note(handle, _DONE)


@contextlib.contextmanager
def compacting(layout: Layout) -> Iterator[None]:
    """Hold the store for a compaction; whoever comes second waits. Where its holder is killed before it has removed what it
    replaced, the next that commits anything does."""
    with layout.lock(COMPACTION, passing=True):
        yield


def _was_compacted(layout: Layout) -> bool:
    """True where a compaction was killed: the forerunners of parts may be there."""
    return layout.lock_file(COMPACTION).exists() and not layout.is_shared(COMPACTION)


def under_way(layout: Layout) -> list[str]:
    """The folders of runs that are at work: what they staged and spilled is there until they end."""
    names = [("staging", f.name, f"run-{f.name.removeprefix('tag-')}") for f in _entries(layout.root / "staging")]
    names += [("tmp", f.name, lock_name(f.name)) for f in _entries(layout.temporary)]
    return [f"{folder}/{name}" for folder, name, lock in names if layout.is_shared(lock)]


def clear(layout: Layout, ledger: Ledger, *, orphans: bool) -> list[Path]:
    """Remove unfinished files among the parts; with ``orphans`` also whole ones that no snapshot has. For the holder of
    the lock alone: whatever is unfinished then is nobody's any more. Answers what is gone."""
    known = ledger.known_files() if orphans else set()
    gone = []
    for kind in (*PART_KINDS, "exports"):
        for file in _entries(layout.root / kind):
            unfinished = _UNFINISHED.fullmatch(file.name) is not None
            if unfinished or (orphans and file.suffix == suffix_of(kind) and (kind, file.stem) not in known):
                gone += _removed(file)
    return gone


def runs(process: int) -> bool:
    """True when there is a process of that number."""
    if process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _runs_of_earlier(folder: Path) -> bool:
    """True for a folder of an earlier version, which held no lock, whose process runs."""
    number = _EARLIER.fullmatch(folder.name)
    return number is not None and runs(int(number[1]))


def _note(handle: int, what: bytes) -> None:
    """Write down whether parts are being published, before the first is: it takes no room on a full disk."""
    os.pwrite(handle, what, 0)
    os.fsync(handle)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _removed(path: Path) -> list[Path]:
    """The path, if it could be removed."""
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
    return [] if os.path.lexists(path) else [path]
