"""A backup of a store that is in use: whole, as of one commit, and read again before it gets its name. Floor 4.

``cp`` of a live SQLite can copy half of a commit; the ledger goes through SQLite's own online backup
(https://www.sqlite.org/backup.html). Parts never change, so all but the newest are copied while others write; only for
what came meanwhile, and for the ledger, writers wait. The copy has what the ledger lists and what its owner wrote
(policy, uses, layouts, licences, tokenizers): no staging, no spill, no orphan.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from rightful.errors import InputError, RightfulError, StoreError
from rightful.store.chain import LINKS, REMEDY
from rightful.store.check import report
from rightful.store.conditions import unwritable
from rightful.store.layout import FOLDERS, OWN, Layout, must_be_new, private_file, private_folder, remove_tree, sync
from rightful.store.ledger import Ledger
from rightful.store.sweep import COMMIT, clear, runs
from rightful.store.witness import Witness, write_witness

_BLOCK = 1 << 22
_ROUNDS = 3
"""So often what came meanwhile is copied before writers have to wait for the rest."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, bytes done and bytes in all."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: the snapshot that the copy is of, its files and their bytes."""

    snapshot: int
    files: int
    size_bytes: int


def copy_store(layout: Layout, ledger: Ledger, to: Path, progress: Progress | None = None) -> Copied:
    """Copy a store to a new folder, and read all of the copy again. Writers wait for the last moment of it only.

    Raises :class:`InputError` where something is there or cannot be written, :class:`StoreError` for a store that is
    damaged; nothing is left at ``to`` then.
    """
    place = to.resolve()
    must_be_new(to)
    if place.is_relative_to(layout.root.resolve()):
        raise InputError("lies in the store that is copied", subject=str(to), hint="name a folder outside of it")
    _remove_left(place)
    building = place.parent / f".{place.name}.{os.getpid()}.copy"
    try:
        copied = _built(layout, ledger, Layout(building), progress or _silent)
        must_be_new(to)  # it may have come meanwhile, and a rename would take the place of an empty folder
        building.rename(place)
        sync(place.parent)
    except OSError as error:
        raise unwritable(error, to) from error
    finally:
        remove_tree(building)
    return copied


def _built(layout: Layout, ledger: Ledger, target: Layout, progress: Progress) -> Copied:
    remove_tree(target.root)  # of a killed process that had our number
    for folder in (target.root, *(target.root / name for name in FOLDERS)):
        private_folder(folder)
    there: dict[Path, str] = {}
    for _ in range(_ROUNDS):
        missing = {p: d for p, d in _listed(layout, ledger).items() if p not in there}
        if not missing:
            break
        there |= _copied_files(layout, target, missing, progress, passing=True)
    with _held(layout, ledger):
        wanted = _listed(layout, ledger)
        there |= _copied_files(layout, target, {p: d for p, d in wanted.items() if p not in there}, progress)
        copy_ledger(ledger, target)
        copy_own(layout, target)
    for path in there.keys() - wanted.keys():  # ended and erased while it was copied: no copy keeps it
        (target.root / path).unlink(missing_ok=True)
    _sync_all(target.root)
    return _verified(layout, target, progress)


def _listed(layout: Layout, ledger: Ledger) -> dict[Path, str]:
    """The files that the ledger lists, relative to the store, with their digests."""
    parts = {layout.part(kind, part): sha256 for kind, part, sha256 in ledger.part_files()}
    indices = {layout.exported(export): sha256 for export, sha256 in ledger.index_files()}
    return {path.relative_to(layout.root): sha256 for path, sha256 in (parts | indices).items()}


def _copied_files(
    layout: Layout, target: Layout, files: dict[Path, str], progress: Progress, *, passing: bool = False
) -> dict[Path, str]:
    """Copy files and hold each against its digest. ``passing``: one that is gone may have been erased meanwhile."""
    done, copied = 0, {}
    sizes = {path: _size(layout.root / path) for path in files}
    for path, sha256 in files.items():
        try:
            digest = _copy(layout.root / path, target.root / path)
        except FileNotFoundError as error:
            if passing:
                continue
            raise _damaged(layout.root / path, "is not there") from error
        if digest != sha256:
            raise _damaged(layout.root / path, "has other bytes than were committed")
        copied[path] = sha256
        done += sizes[path]
        progress("copying", done, sum(sizes.values()))
    return copied


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _copy(source: Path, target: Path) -> str:
    """Copy one file, for its owner alone, and answer the digest of what was read."""
    digest = hashlib.sha256()
    with source.open("rb") as reading:
        private_file(target)
        with target.open("wb") as writing:
            while block := reading.read(_BLOCK):
                digest.update(block)
                writing.write(block)
    return digest.hexdigest()


@contextlib.contextmanager
def _held(layout: Layout, ledger: Ledger) -> Iterator[None]:
    """Nobody publishes or commits meanwhile. On a read-only mount nobody can."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(layout.lock(COMMIT))
            clear(layout, ledger, orphans=False)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
        yield


def copy_ledger(ledger: Ledger, target: Layout) -> None:
    """The ledger through SQLite's backup, merged into one file, with how far it had come beside it.

    Raises :class:`StoreError` where it cannot be read or written.
    """
    private_file(target.ledger)
    copy = sqlite3.connect(target.ledger, isolation_level=None)
    try:
        with ledger.reading() as db:
            db.backup(copy)
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tables = {str(r[0]) for r in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if LINKS in tables:  # a ledger of an earlier version has no chain
            [link, digest] = copy.execute(f"SELECT link, digest FROM {LINKS} ORDER BY link DESC LIMIT 1").fetchone()
            write_witness(target.ledger, Witness(int(link), str(digest)))
    except sqlite3.Error as error:
        raise StoreError(f"the ledger cannot be copied: {error}", subject=str(ledger.path), hint=REMEDY) from error
    finally:
        copy.close()


def copy_own(layout: Layout, target: Layout) -> None:
    """What its owner put there: small files, which belong to no snapshot."""
    for name in OWN:
        source = layout.root / name
        if source.is_file():
            _copy(source, target.root / name)
        elif source.is_dir():
            for folder, _, files in os.walk(source):
                within = target.root / Path(folder).relative_to(layout.root)
                private_folder(within)
                for file in files:
                    _copy(Path(folder, file), within / file)  # what a link points to: the copy stands by itself


def _verified(layout: Layout, target: Layout, progress: Progress) -> Copied:
    """Read all of the copy as ``store check`` does. Raises :class:`StoreError` unless all of it is what was committed."""
    progress("verifying", 0, 1)
    copy = Ledger.open(target.ledger)
    try:
        answer = report(target, copy)
        snapshot = copy.snapshot()
    finally:
        copy.close()
    if not answer["ok"]:
        first = answer["damaged"][0]
        source = str(layout.root / Path(first["file"]).relative_to(target.root))
        raise StoreError(f"the copy is not what was committed: {first['what']}", subject=source, hint=REMEDY)
    files = [path for path in target.root.rglob("*") if path.is_file()]
    return Copied(snapshot, len(files), sum(path.stat().st_size for path in files))


def _sync_all(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))


def _remove_left(place: Path) -> None:
    """Remove what killed copies to this place left: it holds texts that nobody would look for there."""
    for left in place.parent.glob(f".{escape(place.name)}.*.copy"):
        number = left.name.rsplit(".", 2)[1]
        if number.isdecimal() and not runs(int(number)):
            with contextlib.suppress(OSError, RightfulError):
                remove_tree(left)


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError(f"cannot be copied: it {what}", subject=str(path), hint=REMEDY)


def _silent(step: str, done: int, total: int) -> None:
    """Show nothing."""
