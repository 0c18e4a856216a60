"""Where things lie in a store, and how a file comes to lie there: temp, fsync, rename. Floor 4.

``STORE/ledger.sqlite``, one folder a kind of part, ``staging/`` for runs under way, ``tmp/`` for engines that spill.
A file that exists under its final name is whole. A store holds what people wrote and the key under which they are known:
its folders are its owner's alone (0700), and so are its files (0600), whatever the umask.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rightful.errors import InputError, StoreError
from rightful.store.conditions import remedy, unwritable

BANDS = "bands"
"""The kind of the parts of the index of bands: see :mod:`rightful.dedup.index`. No schema describes them."""
PART_KINDS = (
    "records",
    "texts",
    "evidence",
    "duplicates",
    "rejected",
    "hidden",
    "holdings",
    "tombstones",
    "signatures",
    "passages",
    "sketches",
    "pairs",
    "near",
    BANDS,
    "observations",
)


def suffix_of(kind: str) -> str:
    """What the files of a kind end with: all are Parquet but those of the index of bands."""
    return ".bands" if kind == BANDS else ".parquet"


FOLDERS = (*PART_KINDS, "exports", "staging", "tmp")
"""The folders of a store."""
LICENSES = "licenses"
"""The folder that its owner puts there: see ``Layout.licenses``."""
OWN = ("policy.toml", "uses", "layouts", "tokenizers", LICENSES)
"""What its owner puts into the folder of a store, or a command for them: it belongs to no snapshot."""
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


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
    def uses(self) -> Path:
        """The named uses of the operator, one file each; the folder may not be there."""
        return self.root / "uses"

    @property
    def layouts(self) -> Path:
        """The operator's own layouts of corpora, one file each; the folder may not be there."""
        return self.root / "layouts"

    @property
    def licenses(self) -> Path:
        """The operator's own readings of licences."""
        return self.root / LICENSES

    @property
    def temporary(self) -> Path:
        """Where query engines may spill."""
        return self.root / "tmp"

    def part(self, kind: str, part: str) -> Path:
        """The file of one part."""
        return self.root / kind / f"{part}{suffix_of(kind)}"

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
        if not self.exists() and any(any((self.root / kind).glob("*.parquet")) for kind in PART_KINDS):
            raise StoreError(
                "the ledger is missing or empty, and with it the list of the parts that are here",
                subject=str(self.ledger),
                hint="put back a copy of the ledger; without one, ingest the sources into a new store",
            )
        try:
            for folder in (self.root, *(self.root / name for name in FOLDERS)):
                private_folder(folder)
            self.tighten()
        except OSError as error:
            raise StoreError(
                f"cannot be created: {error.strerror}", subject=str(self.root), hint=remedy(error)
            ) from error

    def tighten(self) -> None:
        """Make folders and files private that are not: a store of an earlier version, or a copy under another umask.

        Looks at every file only where one of the folders, the ledger or the policy is open to others.
        """
        first = [self.root, *(self.root / name for name in FOLDERS), self.ledger, self.policy, self.uses, self.licenses]
        if all(_is_private(path) for path in first):
            return
        for folder, folders, files in os.walk(self.root):  # follows no link
            for name in (*folders, *files):
                _make_private(Path(folder, name))
        _make_private(self.root)

    def exists(self) -> bool:
        """True when there is a ledger, and something in it."""
        return self.ledger.is_file() and self.ledger.stat().st_size > 0

    def lock_file(self, name: str) -> Path:
        """The file of a lock."""
        return self.root / f".{name}.lock"

    @contextlib.contextmanager
    def lock(self, name: str, *, passing: bool = False) -> Iterator[int]:
        """Hold one lock of the store; whoever comes second waits. Released when the process ends, however it ends.

        The file of a ``passing`` lock is removed when its holder is done. Yields the file, open for reading and writing.
        """
        path = self.lock_file(name)
        while True:
            with _held(path, fcntl.LOCK_EX) as handle:
                if not _is_at(handle, path):
                    continue  # its holder was done with it while we waited: the name is free, or another file's
                try:
                    yield handle
                finally:
                    if passing:
                        path.unlink(missing_ok=True)
                return

    @contextlib.contextmanager
    def shared(self, name: str) -> Iterator[None]:
        """Hold one lock of the store together with others. The last of them removes its file. Raises OSError."""
        path = self.lock_file(name)
        while True:
            with _held(path, fcntl.LOCK_SH) as handle:
                if not _is_at(handle, path):
                    continue
                try:
                    yield
                finally:
                    with contextlib.suppress(BlockingIOError):  # somebody else holds it still
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        if _is_at(handle, path):
                            path.unlink(missing_ok=True)
                return

    def is_shared(self, name: str) -> bool:
        """True while somebody holds a lock as :meth:`shared` does. The file of one that nobody holds is removed."""
        if not self.lock_file(name).exists():
            return False
        with self.left_behind(name) as left:
            return left is None

    @contextlib.contextmanager
    def left_behind(self, name: str) -> Iterator[int | None]:
        """Hold a lock whose holder is no more, as :meth:`lock` does, and remove its file; None where it is held.

        Nobody waits here: what is held is at work.
        """
        path = self.lock_file(name)
        try:
            with _held(path, fcntl.LOCK_EX | fcntl.LOCK_NB) as handle:
                if not _is_at(handle, path):
                    yield None
                    return
                yield handle
                path.unlink(missing_ok=True)
        except BlockingIOError:
            yield None


@contextlib.contextmanager
def _held(path: Path, how: int) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(handle, how)
        yield handle
    finally:
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def private_folder(path: Path) -> None:
    """Make a folder for its owner alone, with the folders above it as the umask has them; an existing one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(PRIVATE_FOLDER)
        _make_private(path)  # an umask may take away what an owner needs


def private_file(path: Path) -> None:
    """Make an empty file for its owner alone, for somebody who is given its name and would go by the umask."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        os.fchmod(handle, PRIVATE_FILE)
    finally:
        os.close(handle)


def _is_private(path: Path) -> bool:
    try:
        return not path.stat().st_mode & 0o077
    except FileNotFoundError:
        return True


def _make_private(path: Path) -> None:
    """Let nobody but the owner in. What belongs to somebody else is left to them."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            wanted = PRIVATE_FOLDER if stat.S_ISDIR(mode) else PRIVATE_FILE
            if stat.S_IMODE(mode) != wanted:
                path.chmod(wanted)


def foreign(layout: Layout) -> list[Path]:
    """What lies in the folder of a store and is none of its files."""
    return sorted(_foreign(layout.root))


def _foreign(root: Path) -> Iterator[Path]:
    ours = {*FOLDERS, *OWN}
    # The ledger as well: another process may be making it at this moment.
    return (p for p in root.iterdir() if p.name not in ours and not p.name.startswith((".", "ledger.sqlite")))


@contextlib.contextmanager
def publish(final: Path, *, private: bool = False) -> Iterator[Path]:
    """A temporary path beside ``final``, which takes its place, synced to disk, when the block ends without error.

    ``private``: a file of a store, which is its owner's alone. Raises :class:`InputError` when the disk is full or the
    folder may not be written; nothing is left behind then.
    """
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    try:
        if private:
            private_file(temporary)
        else:
            final.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync(temporary)
        temporary.replace(final)
        sync(final.parent)
    except OSError as error:
        raise unwritable(error, final) from error
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
        raise unwritable(error, final) from error
    finally:
        remove_tree(temporary)


def move_into_place(staged: Path, final: Path) -> None:
    """Publish a file that was written elsewhere in the same store."""
    _make_private(staged)
    sync(staged)  # first: what was swept meanwhile makes no folder anew
    if not final.parent.is_dir():
        private_folder(final.parent)
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
