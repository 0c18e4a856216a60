"""What lies under some paths, as far as a few seconds reach. Floor 6.

A million files are not listed to the end: the walk goes through folders breadth first, and stops at a number of entries or
when its time is over; what was not listed is said, never guessed. Links are not followed; what is never read is passed over.
"""

from __future__ import annotations

import os
import stat
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rightful.errors import InputError
from rightful.readers.git.repositories import BARE, is_bare
from rightful.readers.never import never_read
from rightful.readers.streams import why
from rightful.readers.tree import EXPORT_FILES, STORE_FILES

MOST_ENTRIES = 50_000
MOST_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file: where it is, its folder and name below the root, and its size."""

    path: Path
    folder: str
    name: str
    size: int


@dataclass(slots=True)
class Walked:
    """What a walk met below one root. ``whole`` is False where it stopped before the end; ``reasons`` are why something was
    passed over, with how often."""

    root: Path
    files: list[Seen] = field(default_factory=list)
    folders: int = 0
    whole: bool = True
    reasons: Counter[str] = field(default_factory=Counter)


def walk(
    root: Path, clock: Callable[[], float], *, entries: int = MOST_ENTRIES, seconds: float = MOST_SECONDS
) -> Walked:
    """The files below ``root``, or the one that it is. Raises :class:`InputError` where there is no such path."""
    try:
        status = root.stat()
    except OSError as error:
        reason = "there is no such file or folder" if isinstance(error, FileNotFoundError) else why(error)
        raise InputError(reason, subject=str(root), hint="name the files or folders that hold the data") from None
    real = Path(os.path.realpath(root))
    if not stat.S_ISDIR(status.st_mode):
        if not stat.S_ISREG(status.st_mode):
            raise InputError("is not a file or folder", subject=str(root))
        return Walked(real.parent, [Seen(real, "", real.name, status.st_size)])
    walked, until = Walked(real), clock() + seconds
    waiting, met = deque([""]), 0
    while waiting:
        folder = waiting.popleft()
        walked.folders += 1
        try:
            with os.scandir(real / folder) as scanned:
                listed: list[os.DirEntry[str]] = []
                for entry in scanned:
                    listed.append(entry)
                    met += 1
                    if met >= entries or (met % 256 == 0 and clock() > until):
                        walked.whole = False
                        break
        except OSError as error:
            walked.reasons[f"the folder {why(error)}"] += 1
            continue
        names = {entry.name for entry in listed}
        if names >= STORE_FILES or names >= EXPORT_FILES:
            walked.reasons["a store or an export of rightful"] += 1
            continue
        if names >= BARE and is_bare(real / folder):
            walked.reasons["a git repository: what it holds is looked at when it is ingested"] += 1
            continue
        for entry in sorted(listed, key=lambda e: os.fsencode(e.name)):
            _enter(entry, folder, walked, waiting)
        if not walked.whole:
            break
    return walked


def _enter(entry: os.DirEntry[str], folder: str, walked: Walked, waiting: deque[str]) -> None:
    passed = never_read(entry.name)
    if passed is not None:
        walked.reasons[passed[1]] += 1
        return
    name = f"{folder}/{entry.name}" if folder else entry.name
    try:
        if entry.is_symlink():
            walked.reasons["a symbolic link"] += 1
        elif entry.is_dir(follow_symlinks=False):
            waiting.append(name)
        else:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                walked.files.append(Seen(Path(entry.path), folder, entry.name, status.st_size))
    except OSError as error:
        walked.reasons[why(error)] += 1
