"""How an export comes to lie at OUT: built hidden beside it, named when it is whole, told to the ledger last. Floor 4.

A run that is killed between the name and the ledger leaves a folder that says so in a hidden file; a rerun replaces it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from glob import escape
from pathlib import Path

from pipeline.errors import InputError
from pipeline.export.manifest import read_manifest
from pipeline.store.layout import Layout, remove_tree, sync
from pipeline.store.ledger import Ledger

UNREGISTERED = ".unregistered"
"""The file in an export that the ledger does not know yet."""
_NOTE = b"The ledger does not know this export yet. Run it again.\n"


@contextlib.contextmanager
def reserved(layout: Layout, ledger: Ledger, out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out`` to build in; meanwhile no other export of this store may have it.

    Raises :class:`InputError` when OUT is taken. The hidden folder is gone afterwards.
    """
    at = out.resolve()
    name = hashlib.sha256(os.fsencode(at)).hexdigest()[:16]
    with layout.lock(f"export-{name}", passing=True):
        if at.exists() and not _is_free(ledger, at):
            raise InputError("exists already and is not empty", subject=str(out), hint="name a new folder")
        _remove_partial(at)
        building = at.parent / f".{at.name}.{os.getpid()}.partial"
        try:
            (building / "data").mkdir(parents=True)
            yield building
        finally:
            remove_tree(building)


def place(ledger: Ledger, building: Path, out: Path, register: Callable[[], None]) -> None:
    """Give a whole export its name and let ``register`` tell the ledger; if that fails, nothing lies at ``out``.

    Raises OSError when something has come to lie there meanwhile.
    """
    (building / UNREGISTERED).write_bytes(_NOTE)
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
        if not pid.isdecimal() or int(pid) == os.getpid() or not _runs(int(pid)):
            remove_tree(left)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
