"""Where things lie in a store, and how a file comes to lie there: temp, fsync, rename. Floor 1.

``STORE/ledger.sqlite``, one folder a kind of part, ``staging/`` for runs under way, ``tmp/`` for engines that spill.
A file that exists under its final name is whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError, StoreError

PART_KINDS = (
    "records",
    "texts",
    "evidence",
    "duplicates",
    "rejected",
    "hidden",
    "tombstones",
    "signatures",
    "pairs",
    "near",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one store."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The SQLite ledger."""
        return self.root / "ledger.sqlite"

    @property
    def policy(self) -> Path:
        """The standing undertakings of the operator."""
        return self.root / "policy.toml"

    @property
    def temporary(self) -> Path:
        """Where query engines may spill."""
        return self.root / "tmp"

    def spill(self, name: str) -> Path:
        """A folder of this process for an engine to spill into."""
        return self.temporary / f"{name}-{os.getpid()}"

    def part(self, kind: str, part: str) -> Path:
        """The file of one part."""
        return self.root / kind / f"{part}.parquet"

    def exported(self, export: str) -> Path:
        """The store's copy of the record index of an export."""
        return self.root / "exports" / f"{export}.parquet"

    def staging(self, plan: str) -> Path:
        """The folder of one run under way; a rerun of the same plan finds what is done."""
        return self.root / "staging" / plan

    def create(self) -> None:
        """Make the folders. Raises :class:`StoreError` when the place is taken by something else."""
        if self.root.exists() and not self.root.is_dir():
            raise StoreError("is a file, not a store", subject=str(self.root), hint="name a folder with --store")
        if self.root.is_dir() and not self.ledger.exists() and any(_foreign(self.root)):
            raise StoreError(
                "holds other files and no ledger",
                subject=str(self.root),
                hint="name an empty or a new folder with --store",
            )
        try:
            for kind in (*PART_KINDS, "exports", "staging", "tmp"):
                (self.root / kind).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot be created: {error.strerror}", subject=str(self.root)) from error

    def exists(self) -> bool:
        """True when there is a ledger."""
        return self.ledger.is_file()

    @contextlib.contextmanager
    def lock(self, name: str, *, passing: bool = False) -> Iterator[None]:
        """Hold one lock of the store; whoever comes second waits. Released when the process ends, however it ends.

        The file of a ``passing`` lock is removed when its holder is done.
        """
        path = self.root / f".{name}.lock"
        while True:
            with path.open("a") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if not _is_at(handle.fileno(), path):
                    continue  # its holder was done with it while we waited: the name is free, or another file's
                try:
                    yield
                finally:
                    if passing:
                        path.unlink(missing_ok=True)
                return


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _foreign(root: Path) -> Iterator[Path]:
    ours = {*PART_KINDS, "exports", "staging", "tmp", "policy.toml"}
    # The ledger as well: another process may be making it at this moment.
    return (p for p in root.iterdir() if p.name not in ours and not p.name.startswith((".", "ledger.sqlite")))


@contextlib.contextmanager
def publish(final: Path) -> Iterator[Path]:
    """A temporary path beside ``final``, which takes its place, synced to disk, when the block ends without error.

    Raises :class:`InputError` when the disk is full or the folder may not be written; nothing is left behind then.
    """
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync(temporary)
        temporary.replace(final)
        sync(final.parent)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", subject=str(final)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def must_be_new(folder: Path) -> None:
    """Raise :class:`InputError` when something is there, even an empty folder."""
    if folder.exists() or folder.is_symlink():
        raise InputError("exists already", subject=str(folder), hint="name a new folder; nothing is overwritten")


@contextlib.contextmanager
def publish_folder(final: Path) -> Iterator[Path]:
    """A new folder beside ``final``, which takes that name, synced to disk, when the block ends without error.

    Raises :class:`InputError` when something is there already, or it cannot be written; nothing is left behind then.
    """
    must_be_new(final)
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    remove_tree(temporary)  # of a killed process that had our number
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for file in temporary.iterdir():
            sync(file)
        sync(temporary)
        temporary.rename(final)
        sync(final.parent)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", subject=str(final)) from error
    finally:
        remove_tree(temporary)


def move_into_place(staged: Path, final: Path) -> None:
    """Publish a file that was written elsewhere in the same store."""
    final.parent.mkdir(parents=True, exist_ok=True)
    sync(staged)
    staged.replace(final)
    sync(final.parent)


def sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def remove_tree(path: Path) -> None:
    """Remove a folder of ours and all in it; one that is gone already is fine."""
    shutil.rmtree(path, ignore_errors=True)
