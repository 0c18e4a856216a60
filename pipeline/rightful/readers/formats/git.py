"""Git repositories: containers of the files of one revision. Floor 2: a reader.

A bare repository is read at its HEAD, any other at the revision that is named, out of packs and loose objects and without a
checkout. The files lie below the name of the repository; the commit is its identity. gitformat-pack(5), git-cat-file(1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges
from rightful.readers.git.command import Git, Objects
from rightful.readers.git.repositories import located
from rightful.readers.streams import StreamBroken
from rightful.readers.unpacking import DEEPEST_FOLDER, Unpacking

FORMATS = ("git",)
PACKS = False
UNPACKS = True

MOST_TREE_BYTES = 64 << 20
"""A folder of a million files takes about so much."""
_TREE, _LINK, _MODULE = 0o040000, 0o120000, 0o160000


def recognise(probe: Probe) -> Guess | None:
    """Never: a repository is a folder, which ``readers.tree`` knows."""
    return None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never."""
    return WHOLE


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: int
    name: bytes
    identity: str


def unpack(file: FoundFile, into: Unpacking) -> Iterator[Skipped | Damage]:
    """Lay down the files of the commit ``file.revision``, and tell what is not laid down."""
    places = located(file.path)
    if places is None:
        yield into.lost("cannot be read: the git repository is gone (vanished after it was listed)")
        return
    with Git(places) as git:
        objects = git.objects()
        try:
            commit = b"".join(objects.content(file.revision, "commit"))
            tree = commit.partition(b"\n")[0].removeprefix(b"tree ").decode("ascii", "replace")
        except StreamBroken as broken:
            yield into.lost(f"the commit {file.revision} cannot be read: {broken.reason}")
            return
        if places.is_shallow:
            yield Skipped(file.name, "the history before its revision is not there (a shallow clone)")
        yield from _folders(tree, objects, into)


def _folders(root: str, objects: Objects, into: Unpacking) -> Iterator[Skipped | Damage]:
    waiting: list[tuple[bytes, str]] = [(b"", root)]
    while waiting:
        folder, identity = waiting.pop()
        into.room.one_more()  # a folder in which the same folder lies ten times is a bomb without a single file
        try:
            entries = _entries(objects, identity)
        except StreamBroken as broken:
            into.is_whole = False  # nobody knows what it held
            yield (
                into.damage(folder, f"the folder cannot be read: {broken.reason}")
                if folder
                else into.lost(broken.reason)
            )
            continue
        objects.ahead(entry.identity for entry in entries if entry.mode not in (_TREE, _MODULE))
        for entry in entries:
            path = folder + b"/" + entry.name if folder else entry.name
            if entry.mode == _TREE and path.count(b"/") < DEEPEST_FOLDER:
                waiting.append((path, entry.identity))
            elif (outcome := _member(path, entry, objects, into)) is not None:
                yield outcome


def _member(path: bytes, entry: _Entry, objects: Objects, into: Unpacking) -> Skipped | Damage | None:
    """Lay down what is no folder."""
    if entry.mode == _MODULE:
        into.room.one_more()
        return Skipped(into.called(path), f"a submodule at {entry.identity}: ingest it by itself")
    if entry.mode == _LINK:
        into.symbolic(path, objects.content(entry.identity, "blob"))
        return Skipped(into.called(path), "symbolic link: not followed")
    if entry.mode == _TREE:
        into.is_whole = False
        return into.damage(path, f"more than {DEEPEST_FOLDER} folders deep")
    return into.member(path, objects.content(entry.identity, "blob"))


def _entries(objects: Objects, identity: str) -> list[_Entry]:
    """What a folder lists: ``mode SP name NUL id``, one behind the other. Raises :class:`StreamBroken`."""
    raw = bytearray()
    for piece in objects.content(identity, "tree"):
        raw += piece
        if len(raw) > MOST_TREE_BYTES:
            raise StreamBroken(f"it lists more than {MOST_TREE_BYTES >> 20} MiB of names", opened=True)
    listed: list[_Entry] = []
    at, width = 0, len(identity) // 2
    while at < len(raw):
        space = raw.find(b" ", at)
        end = raw.find(b"\0", space)
        mode = bytes(raw[at:space])
        if (
            space < 0
            or end < 0
            or end + 1 + width > len(raw)
            or not mode.isdigit()
            or len(mode) > 6
            or b"8" in mode
            or b"9" in mode
        ):
            raise StreamBroken(f"its object {identity} is damaged: it is no list of files", opened=True)
        listed.append(
            _Entry(int(mode, 8) & 0o170000, bytes(raw[space + 1 : end]), raw[end + 1 : end + 1 + width].hex())
        )
        at = end + 1 + width
    return listed
