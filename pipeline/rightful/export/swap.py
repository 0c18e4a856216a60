"""A folder that takes the place of another as a whole: a reader finds the old files or the new ones. Floor 8.

The new folder is built hidden beside OUT and changes names with it in one step of the file system (``renameat2`` with
RENAME_EXCHANGE on Linux, ``renamex_np`` with RENAME_SWAP on macOS); the ledger learns of it then, and the old folder is
removed last. Where a file system has no such step OUT is renamed away first, and for a moment nothing lies there. A run
that was killed is put right by the next command that writes: back to the old folder while the ledger does not know the new one, else
forward. Nothing of this is half done for longer than that, and never mixed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rightful.errors import InputError, RightfulError
from rightful.export.manifest import MANIFEST, read_manifest
from rightful.store.layout import Layout, private_folder, remove_tree, sync
from rightful.store.ledger import Ledger
from rightful.store.sweep import runs

MARK = ".superseding"
"""The file in a new version that is not settled yet: built, or in its place while the old one still lies beside it."""
LOCK = "repair-"
_NOTE = b"This version of the export is not settled yet. Run rightful redact again.\n"


@dataclass(frozen=True, slots=True)
class Swap:
    """Where the new folder is built, where the old one goes where names cannot be exchanged, and whose place it takes."""

    building: Path
    aside: Path
    out: Path

    @classmethod
    def of(cls, out: Path) -> Swap:
        """The names beside an export, of this process."""
        hidden = f".{out.name}.{os.getpid()}"
        return cls(out.parent / f"{hidden}.version", out.parent / f"{hidden}.before", out)


@contextlib.contextmanager
def repairing(layout: Layout, ledger: Ledger, out: Path) -> Iterator[Swap]:
    """Hold one export for repair; whoever comes second waits. What a killed repair left of it is put right first."""
    name = LOCK + hashlib.sha256(os.fsencode(out)).hexdigest()[:16]
    with layout.lock(name, passing=True) as handle:
        held = os.pread(handle, 1 << 16, 0)  # of a holder that was killed: its file stays
        for left in _left_at(held):
            settle(ledger, left)
        swap = Swap.of(out)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps([os.fsencode(p).hex() for p in (swap.building, swap.aside, swap.out)]).encode(), 0)
        os.fsync(handle)
        yield swap


@contextlib.contextmanager
def building(ledger: Ledger, swap: Swap) -> Iterator[Path]:
    """The hidden folder, empty but for its mark. It is gone afterwards, and whatever failed left OUT as it was."""
    try:
        private_folder(swap.building)
        (swap.building / MARK).write_bytes(_NOTE)
        yield swap.building
    finally:
        settle(ledger, swap)


def put(swap: Swap, register: Callable[[], None]) -> None:
    """Let the new folder take the place of the old one, and ``register`` tell the ledger of it."""
    swap.building.chmod(stat.S_IMODE(swap.out.stat().st_mode))
    sync(swap.building)
    _exchange(swap)
    sync(swap.out.parent)
    register()


def recover(layout: Layout, ledger: Ledger) -> list[Path]:
    """Put right what killed repairs of this store left. Answers which exports."""
    mended = []
    for file in repairs_left(layout):
        with layout.left_behind(file.name.removeprefix(".").removesuffix(".lock")) as left:
            for swap in [] if left is None else _left_at(os.pread(left, 1 << 16, 0)):
                with contextlib.suppress(OSError, RightfulError):  # out of reach by now: the next repair of it says so
                    mended += [swap.out] if settle(ledger, swap) else []
    return mended


def repairs_left(layout: Layout) -> list[Path]:
    """The locks of repairs, those that are under way among them."""
    return sorted(layout.root.glob(f".{LOCK}*.lock"))


def settle(ledger: Ledger, swap: Swap) -> bool:
    """End a swap, wherever it stopped: True where something of it was left.

    Each step leaves a state that this function ends as well.
    """
    building, aside, out = swap.building, swap.aside, swap.out
    if is_unsettled(out):
        if _is_registered(ledger, out):
            remove_tree(aside)
            remove_tree(building)
            _must_be_gone(aside, building)
            (out / MARK).unlink()
            return True
        if not aside.exists():  # names were exchanged
            _exchange(swap)
        else:
            out.rename(building)
    if not os.path.lexists(out) and aside.exists():
        aside.rename(out)
        sync(out.parent)
    if is_unsettled(building):
        for path in building.iterdir():  # the mark goes last: what has it is ours to remove
            if path.name != MARK:
                remove_tree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        remove_tree(building)
        _must_be_gone(building)
        return True
    with contextlib.suppress(OSError):
        building.rmdir()  # killed before its mark was written
    return False


def is_unsettled(folder: Path) -> bool:
    """True for a new version that is not settled."""
    return is_mark(folder / MARK)


def is_mark(path: Path) -> bool:
    """True for our file in a version that is not settled."""
    return path.name == MARK and path.is_file() and path.read_bytes() == _NOTE


def _must_be_gone(*folders: Path) -> None:
    for folder in folders:
        if os.path.lexists(folder):
            raise InputError(
                "cannot be removed, and holds what an export held before", subject=str(folder), hint="remove it by hand"
            )


def _is_registered(ledger: Ledger, folder: Path) -> bool:
    if not (folder / MANIFEST).exists():
        return False
    export, place = read_manifest(folder)["export"], str(folder)
    return any(row["export"] == export and row["path"] == place for row in ledger.exports())


def _left_at(content: bytes) -> list[Swap]:
    """The folders that the file of a lock names."""
    try:
        swap = Swap(*(Path(os.fsdecode(bytes.fromhex(n))) for n in json.loads(content)))
        number = int(swap.building.name.rsplit(".", 2)[1])
    except (ValueError, TypeError, IndexError):
        return []
    # In the copy of a store nobody holds its locks, though the run that they are of may be at work.
    return [] if number != os.getpid() and runs(number) else [swap]


def _exchange(swap: Swap) -> None:
    """Let the two folders change names."""
    if not _in_one_step(swap.building, swap.out):
        swap.out.rename(swap.aside)
        swap.building.rename(swap.out)


_AT_FDCWD, _EXCHANGE, _SWAP = -100, 2, 2
_NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EXDEV}


def _in_one_step(one: Path, other: Path) -> bool:
    """Exchange two names; False where the system or the file system has no such step."""
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        failed = library.renamex_np(first, second, _SWAP)
    elif hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _EXCHANGE)
    else:
        return False
    if failed and (number := ctypes.get_errno()) not in _NOT_HERE:
        raise OSError(number, os.strerror(number), str(other))
    return not failed
