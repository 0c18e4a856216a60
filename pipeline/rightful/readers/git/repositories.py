"""Git repositories as they lie: where they keep what, their references, where they came from. Floor 2: the readers.

Nothing here runs git. What a repository says of itself is read as data, from regular files of bounded size: its
configuration is never obeyed. gitrepository-layout(5), gitformat-pack(5).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from rightful.readers.streams import open_file

MOST_BYTES = 16 << 20
"""So much of a file that lists references, or of a configuration, is read."""
MOST_REFERENCES = 200_000
BARE = frozenset({"HEAD", "objects"})
"""What every repository folder has."""
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REFERENCE = re.compile(r"refs/[^\x00-\x20\x7f~^:?*\[\\]+")
_SYMBOLIC = re.compile(r"ref:[ \t]*(\S+)\s*")
_HEAD = re.compile(rb"(?:ref:[ \t]*refs/\S+|[0-9a-f]{40}|[0-9a-f]{64})\s*")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a repository has its HEAD, and where what all its working trees share."""

    folder: Path
    common: Path

    @property
    def objects(self) -> Path:
        """The folder of packs and loose objects."""
        return self.common / "objects"

    @property
    def is_shallow(self) -> bool:
        """Whether its history is cut."""
        return bool(small(self.common / "shallow"))

    @property
    def borrows(self) -> bool:
        """Whether some of its objects lie in another repository."""
        return bool(small(self.objects / "info" / "alternates").strip())


def is_bare(folder: Path) -> bool:
    """Whether a folder is a repository without a working tree, or the ``.git`` of one."""
    if _HEAD.fullmatch(small(folder / "HEAD", 4 << 10)) is None or not (folder / "objects").is_dir():
        return False
    return (folder / "refs").is_dir() or (folder / "packed-refs").is_file()


def located(path: Path) -> Places | None:
    """The repository that a folder is, or is the working tree of; None where it is neither."""
    if is_bare(path):
        return _with_common(path)
    inner = path / ".git"
    if inner.is_file():
        match = re.fullmatch(rb"gitdir: (.+?)\s*", small(inner, 4 << 10), re.DOTALL)
        inner = path / os.fsdecode(match[1]) if match else inner
    return _with_common(inner) if is_worktree(inner) or is_bare(inner) else None


def is_worktree(folder: Path) -> bool:
    """Whether a folder is what a repository keeps of one more working tree: a HEAD, and the way to what is shared."""
    return bool(small(folder / "commondir", 4 << 10)) and _HEAD.fullmatch(small(folder / "HEAD", 4 << 10)) is not None


def _with_common(folder: Path) -> Places:
    way = os.fsdecode(small(folder / "commondir", 4 << 10).strip())
    return Places(folder, folder / way if way else folder)


def size_of(places: Places) -> int:
    """The bytes of its packs and loose objects: what it is on disk."""
    return sum(entry.stat(follow_symlinks=False).st_size for _, entry in object_files(places.objects))


def object_files(objects: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The regular files that hold objects, each with its folder: packs with their indexes, and loose objects."""
    for folder in sorted(_entries(objects), key=lambda entry: entry.name):
        if not folder.is_dir(follow_symlinks=False):
            continue
        if folder.name == "pack":
            wanted = re.compile(r"pack-[0-9a-f]+\.(?:pack|idx)")
        elif re.fullmatch("[0-9a-f]{2}", folder.name):
            wanted = re.compile("[0-9a-f]{38}|[0-9a-f]{62}")
        else:
            continue
        for entry in _entries(Path(folder.path)):
            if wanted.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                yield folder.name, entry


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as scanned:
            return list(scanned)
    except OSError:
        return []


def references(places: Places) -> Mapping[str, str]:
    """Every branch, tag and remote branch by its whole name, with the id of the object that it names."""
    named: dict[str, str] = {}
    for line in _text(places.common / "packed-refs").splitlines():
        identity, _, name = line.partition(" ")
        if _ID.fullmatch(identity) and _REFERENCE.fullmatch(name):
            named[name] = identity
    symbolic: dict[str, str] = {}
    for name, path in _loose(places.common):
        content = _text(path, 4 << 10)
        if _ID.fullmatch(content.strip()):
            named[name] = content.strip()
        elif (of := _SYMBOLIC.fullmatch(content)) is not None:
            symbolic[name] = of[1]
    return {**named, **{name: named[of] for name, of in symbolic.items() if of in named}}


def _loose(common: Path) -> Iterator[tuple[str, Path]]:
    folders, met = ["refs"], 0
    while folders:
        folder = folders.pop()
        for entry in _entries(common / folder):
            name = f"{folder}/{entry.name}"
            met += 1
            if met > MOST_REFERENCES:
                return
            if entry.is_dir(follow_symlinks=False):
                folders.append(name)
            elif _REFERENCE.fullmatch(name) and not name.endswith(".lock") and entry.is_file(follow_symlinks=False):
                yield name, Path(entry.path)


def head_of(places: Places, named: Mapping[str, str]) -> tuple[str, str]:
    """What HEAD is at: the id of the commit (empty where there is none), and the name of the branch (empty where detached)."""
    content = _text(places.folder / "HEAD", 4 << 10).strip()
    of = _SYMBOLIC.fullmatch(content)
    return (named.get(of[1], ""), of[1]) if of is not None else (content, "")


def small(path: Path, most: int = MOST_BYTES) -> bytes:
    """The beginning of a regular file; nothing where there is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return b""
        with open_file(path) as opened:
            return opened.read(most)
    except (OSError, ValueError):
        return b""


def _text(path: Path, most: int = MOST_BYTES) -> str:
    return small(path, most).decode("utf-8", "replace")


FORGES: Mapping[str, str] = {
    "github.com": "https://github.com/{at}/blob/{commit}/{path}",
    "gitlab.com": "https://gitlab.com/{at}/-/blob/{commit}/{path}",
    "codeberg.org": "https://codeberg.org/{at}/src/commit/{commit}/{path}",
    "bitbucket.org": "https://bitbucket.org/{at}/src/{commit}/{path}",
    "git.sr.ht": "https://git.sr.ht/{at}/tree/{commit}/item/{path}",
}
"""The hosts whose addresses of a file at a commit are known."""
_SCP = re.compile(r"(?:[^/@:]+@)?([^/:]+):(?!//)(.+)")
_AT = re.compile(r"~?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+")


def forge_of(remote: str) -> tuple[str, str] | None:
    """The host and the path of a repository at a known forge, out of the address that it was cloned from; never who cloned it.

    >>> forge_of("https://me:secret@github.com/owner/name.git"), forge_of("git@gitlab.com:a/b/c"), forge_of("/srv/x.git")
    (('github.com', 'owner/name'), ('gitlab.com', 'a/b/c'), None)
    """
    scp = _SCP.fullmatch(remote)
    try:
        parts = urlsplit(remote)
        host, path = (scp[1], scp[2]) if scp else (parts.hostname or "", parts.path)
    except ValueError:
        return None
    host, path = host.lower().removeprefix("www."), path.strip("/").removesuffix(".git")
    fits = host in FORGES and _AT.fullmatch(path) and ".." not in path.split("/")
    return (host, path) if fits else None


def address_of(forge: tuple[str, str], commit: str, path: str) -> str:
    """The address of a file at a commit."""
    host, at = forge
    return FORGES[host].format(at=at, commit=commit, path=quote(path, safe="/~"))
