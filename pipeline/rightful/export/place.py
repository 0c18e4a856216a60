"""How an export comes to lie at OUT: built hidden beside it, named when it is whole, told to the ledger last. Floor 8.

What is not registered says so in a hidden file, and the lock of the run says where it lies: when the run was killed, the
next one removes it, wherever that one exports to. A withdrawal does not find what no ledger knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from glob import escape
from pathlib import Path

from rightful.errors import InputError, RightfulError
from rightful.export.manifest import MANIFEST, read_manifest
from rightful.export.swap import recover, repairs_left
from rightful.store.layout import Layout, private_folder, remove_tree, sync
from rightful.store.ledger import Ledger
from rightful.store.sweep import runs

UNREGISTERED = ".unregistered"
"""The file in an export that the ledger does not know yet."""
_LOCK = "export-"
_NOTE = b"The ledger does not know this export yet. Run it again.\n"


@contextlib.contextmanager
def reserved(layout: Layout, ledger: Ledger, out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out`` to build in; meanwhile no other export of this store may have it.

    Raises :class:`InputError` when OUT is taken. The hidden folder is gone afterwards.
    """
    at = out.resolve()
    name = hashlib.sha256(os.fsencode(at)).hexdigest()[:16]
    with layout.lock(_LOCK + name, passing=True) as handle:
        if at.exists() and not _is_free(ledger, at):
            raise InputError("exists already and is not empty", subject=str(out), hint="name a new folder")
        _remove_partial(at)
        building = at.parent / f".{at.name}.{os.getpid()}.partial"
        os.pwrite(handle, json.dumps([os.fsencode(p).hex() for p in (building, at)]).encode(), 0)
        try:
            private_folder(building)  # until it is whole nobody else looks at it
            (building / UNREGISTERED).write_bytes(_NOTE)
            (building / "data").mkdir()
            yield building
        finally:
            remove_tree(building)


def sweep_exports(layout: Layout, ledger: Ledger) -> list[Path]:
    """Remove what killed exports of this store were building, or had named and not registered; end killed repairs. Answers
    what is gone, or was mended."""
    gone = recover(layout, ledger)
    for file in sorted(layout.root.glob(f".{_LOCK}*.lock")):
        with layout.left_behind(file.name.removeprefix(".").removesuffix(".lock")) as left:
            for folder in [] if left is None else _left_at(left):
                with contextlib.suppress(OSError, RightfulError):  # somebody else's by now, or out of reach
                    if is_mark(folder / UNREGISTERED) and not _is_registered(ledger, folder):
                        remove_tree(folder)
                        gone.append(folder)
    return gone


def exports_left(layout: Layout) -> list[Path]:
    """The locks of exports and repairs, those that are being made among them."""
    return [*sorted(layout.root.glob(f".{_LOCK}*.lock")), *repairs_left(layout)]


def _left_at(handle: int) -> list[Path]:
    """The folders that the file of a lock names."""
    try:
        building, out = (Path(os.fsdecode(bytes.fromhex(n))) for n in json.loads(os.pread(handle, 1 << 16, 0)))
        number = int(building.name.rsplit(".", 2)[1])
    except (ValueError, TypeError, IndexError):
        return []
    # In the copy of a store nobody holds its locks, though the run that they are of may be at work.
    return [] if number != os.getpid() and runs(number) else [building, out]


def _is_registered(ledger: Ledger, folder: Path) -> bool:
    """True for an export that was killed right after its commit: only its mark is too much."""
    if not (folder / MANIFEST).exists():
        return False
    export = read_manifest(folder)["export"]
    known = any(e["export"] == export for e in ledger.exports())
    if known:
        (folder / UNREGISTERED).unlink()
    return known


def place(ledger: Ledger, building: Path, out: Path, register: Callable[[], None]) -> None:
    """Give a whole export its name and let ``register`` tell the ledger; if that fails, nothing lies at ``out``.

    Raises OSError when something has come to lie there meanwhile.
    """
    building.chmod(
        stat.S_IMODE((building / "data").stat().st_mode)
    )  # it leaves the store: who may read it is the owner's umask
    sync(building)
    if _is_left_over(ledger, out):
        remove_tree(out)
    building.rename(out)  # takes the place of an empty folder, and of nothing else
    try:
        sync(out.parent)
        register()
    except BaseException:
        out.rename(building)
        raise
    (out / UNREGISTERED).unlink()


def is_mark(path: Path) -> bool:
    """True for our file in an export that was not registered (yet): it stays when a run dies right after its commit."""
    return path.name == UNREGISTERED and path.is_file() and path.read_bytes() == _NOTE


def _is_free(ledger: Ledger, out: Path) -> bool:
    return out.is_dir() and (not any(out.iterdir()) or _is_left_over(ledger, out))


def _is_left_over(ledger: Ledger, out: Path) -> bool:
    """True for what a killed run of this store had named but not registered."""
    mark = out / UNREGISTERED
    if not is_mark(mark):
        return False
    manifest = read_manifest(out)
    if any(e["export"] == manifest["export"] for e in ledger.exports()):
        mark.unlink()
        return False
    return bool(manifest["store"] == ledger.meta("store_id"))


def _remove_partial(out: Path) -> None:
    """Remove what killed processes were building for ``out``. A number that is ours now was theirs in a container."""
    for left in out.parent.glob(f".{escape(out.name)}.*.partial"):
        pid = left.name.rsplit(".", 2)[1]
        if not pid.isdecimal() or int(pid) == os.getpid() or not runs(int(pid)):
            remove_tree(left)
