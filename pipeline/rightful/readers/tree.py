"""What there is to read under a path. Floor 2: the readers.

A file's format is told by its content and its name; each reader module is asked. Nothing is left out in silence: a file
that is not read is listed with the reason, and so is what cannot be looked into. Links are not followed, pipes and
devices are not opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rightful.errors import InputError, did_you_mean
from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.formats import Guess, Probe, suffix
from rightful.readers.git.repositories import BARE, is_bare
from rightful.readers.git.revisions import at_head, at_revision
from rightful.readers.never import never_read
from rightful.readers.read import containers, reader_of, readers
from rightful.readers.streams import (
    SUFFIXES,
    StreamBroken,
    chunks,
    compression,
    open_file,
    unpacked_head,
    unreadable_window,
    why,
)
from rightful.readers.wanted import EVERYTHING, NOT_INCLUDED, Wanted
from rightful.rights.sources import CARD_NAME

_HEAD_BYTES = 8 << 10
STORE_FILES = frozenset({"ledger.sqlite", "records", "texts"})  # its texts must not come back under another card
EXPORT_FILES = frozenset({"manifest.json", "index.parquet", "refusals.parquet"})
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found, each part in the order of the names' bytes. ``cards`` are the source cards."""

    files: tuple[FoundFile, ...]
    skipped: tuple[Skipped, ...]
    damages: tuple[Damage, ...]
    cards: tuple[Path, ...]


def discover(
    path: Path,
    *,
    format: str | None = None,
    wanted: Wanted = EVERYTHING,
    within: str = "",
    revision: str | None = None,
) -> Listing:
    """List the files under ``path`` (or the file that it is), with the format of each, in an order that is always the same.

    ``format`` forces a format on every file; an archive is still one, and what it holds has the format, unless it is the
    format's own kind of file. What the patterns of ``wanted`` leave out is listed as skipped, a folder once with all that is
    in it; cards are always listed. The patterns mean names below ``path``, or below what is called ``within`` from where they
    begin: ``sub/a.zip`` for the folder that this was unpacked to.

    A bare git repository is one file, at its HEAD. With a ``revision`` the path is a repository or the working tree of one,
    and that is the one file.

    Raises :class:`InputError` (exit code 2) where there is no such path or it
    cannot be listed, :class:`UnknownName` for an unknown format.
    """
    if format is not None:
        reader_of(format)
    if revision is not None:
        return Listing((at_revision(path, revision),), (), (), ())
    found: list[tuple[bytes, FoundFile | Skipped | Damage | Path]] = []
    prefix = f"{within}/" if within else ""
    for entry in _entries(path, wanted, prefix):
        outcome = _chosen(entry, format, wanted, prefix) if isinstance(entry, _Entry) else entry.outcome
        found.append((os.fsencode(entry.name), outcome))
    found.sort(key=lambda pair: pair[0])
    outcomes = [outcome for _, outcome in found]
    return Listing(
        files=tuple(o for o in outcomes if isinstance(o, FoundFile)),
        skipped=tuple(o for o in outcomes if isinstance(o, Skipped)),
        damages=tuple(o for o in outcomes if isinstance(o, Damage)),
        cards=tuple(o for o in outcomes if isinstance(o, Path)),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A regular file that is to be looked at. ``name`` as the operating system has it."""

    path: Path
    name: str
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class _Settled:
    """Something that needs no look."""

    name: str
    outcome: FoundFile | Skipped | Damage


def _entries(path: Path, wanted: Wanted, prefix: str) -> Iterator[_Entry | _Settled]:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path):
                pass
    except FileNotFoundError:
        raise InputError("there is no such file or folder", subject=str(path), hint=_near(path)) from None
    except OSError as error:
        raise InputError(why(error), subject=str(path), hint="check the path and its permissions") from None
    if stat.S_ISDIR(status.st_mode):
        if is_bare(path):
            real = Path(os.path.realpath(path))
            yield _Settled(real.name, at_head(real, shown_name(real.name)))
            return
        yield from _walk(Path(os.path.realpath(path)), wanted, prefix)
    elif stat.S_ISREG(status.st_mode):
        yield _Entry(Path(os.path.realpath(path)), path.name, status)
    else:
        raise InputError(f"is {_kind(status.st_mode)}, not a file or folder", subject=str(path))


def _walk(root: Path, wanted: Wanted, prefix: str) -> Iterator[_Entry | _Settled]:
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as scanned:
                entries = list(scanned)
        except OSError as error:
            yield _Settled(folder, Damage(shown_name(folder) + "/", f"the folder {why(error)}"))
            continue
        names = {entry.name for entry in entries}
        if names >= STORE_FILES:
            yield _Settled(folder, Skipped(f"{shown_name(folder) or '.'}/", "a store of rightful, not a source"))
            continue
        if names >= EXPORT_FILES:
            yield _Settled(folder, Skipped(f"{shown_name(folder) or '.'}/", "an export of rightful, not a source"))
            continue
        if names >= BARE and is_bare(root / folder):
            yield _Settled(folder, at_head(root / folder, shown_name(folder)))
            continue
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if (passed := never_read(entry.name)) is not None:
                pattern, reason = passed
                yield _Settled(name, Skipped(shown_name(name), reason, pattern))
            elif entry.is_symlink():
                yield _Settled(name, Skipped(shown_name(name), _link(entry.path, str(root))))
            elif entry.is_dir(follow_symlinks=False):
                left_out = wanted.excluded(prefix + shown_name(name), folder=True)
                if left_out is None:
                    folders.append(name)
                else:
                    yield _Settled(name, Skipped(shown_name(name) + "/", left_out))
            else:
                yield _file(entry, name)


def _file(entry: os.DirEntry[str], name: str) -> _Entry | _Settled:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return _Settled(name, Damage(shown_name(name), why(error)))
    if not stat.S_ISREG(status.st_mode):
        return _Settled(name, Skipped(shown_name(name), f"{_kind(status.st_mode)}, not a file"))
    return _Entry(Path(entry.path), name, status)


def _chosen(entry: _Entry, format: str | None, wanted: Wanted, prefix: str) -> FoundFile | Skipped | Damage | Path:
    """What a regular file is, if it is wanted. A container is, whatever is to be included: its members are asked."""
    name = shown_name(entry.name)
    left_out = wanted.leaves_out(prefix + name) if wanted and entry.path.name != CARD_NAME else None
    if left_out is None:
        return _look(entry, format)
    if left_out == NOT_INCLUDED:
        outcome = _look(entry, format)
        if isinstance(outcome, FoundFile) and outcome.format in containers():
            return outcome
    return Skipped(name, left_out)


def _look(entry: _Entry, format: str | None) -> FoundFile | Skipped | Damage | Path:
    """What a regular file is."""
    name = shown_name(entry.name)
    if entry.path.name == CARD_NAME:
        return entry.path
    if not entry.status.st_size:
        return Skipped(name, "empty file")
    try:
        with open_file(entry.path) as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError as error:
        return Damage(name, why(error))
    if head.startswith(_LFS_POINTER):
        return Damage(name, "a Git LFS pointer, not the file itself: fetch the content (git lfs pull)")
    outcome = _forced(entry.path, name, head, format) if format else _recognised(entry.path, name, head)
    if isinstance(outcome, str):
        of = entry.status
        return FoundFile(entry.path, name, of.st_size, of.st_mtime_ns, outcome, of.st_ctime_ns, of.st_ino)
    return outcome


def _forced(path: Path, name: str, head: bytes, format: str) -> str:
    """The format that is forced on a file, or that of the archive that it is."""
    own = _recognised(path, name, head)
    return own if isinstance(own, str) and own in containers() and format not in containers() else format


def _recognised(path: Path, name: str, head: bytes) -> str | Skipped | Damage:
    codec = compression(head)
    last = suffix(name)
    inner = name[: -len(last)] if last in SUFFIXES else name
    if codec:
        if (reason := unreadable_window(head)) is not None:
            return Damage(name, reason)
        head = unpacked_head(path, _HEAD_BYTES)
    elif last in SUFFIXES and b"\0" in head:
        return Damage(name, f"named {last}, but it is not {SUFFIXES[last]} data: fetch the file again")
    kind = suffix(inner) if inner != name else last
    probe = Probe(inner, kind, head, codec is not None, lambda size: _first_bytes(path, size))
    guess = max(filter(None, (reader.recognise(probe) for reader in readers())), key=_rank, default=None)
    if guess is None:
        kinds = kind + (last if inner != name else "")
        return Skipped(name, f"not a supported type ({kinds})" if kinds else "not a supported type")
    return Skipped(name, guess.reason) if guess.format is None else guess.format


def _rank(guess: Guess) -> int:
    return guess.rank


def _first_bytes(path: Path, size: int) -> bytes:
    """Up to about ``size`` decompressed bytes, as far as they can be read."""
    first = bytearray()
    try:
        for chunk in chunks(path):
            first += chunk
            if len(first) >= size:
                break
    except StreamBroken:
        pass  # the reader tells
    return bytes(first[:size])


_LIKE_AN_ESCAPE = re.compile(r"\\x[89a-f][0-9a-f]")


def shown_name(name: str) -> str:
    """A name as it can be stored: bytes that are not UTF-8 as ``\\xNN``; always with slashes.

    No two names are stored alike: where there is such a byte, or what looks as if it had been one, every backslash is
    doubled.
    """
    raw = os.fsencode(name)
    escaped = raw.decode("utf-8", "backslashreplace")
    if _LIKE_AN_ESCAPE.search(escaped):
        escaped = raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return escaped.replace(os.sep, "/")


def _link(path: str, top: str) -> str:
    target = os.path.realpath(path)
    if not Path(target).exists():
        return "symbolic link to nothing"
    inside = os.path.commonpath([top, target]) == top
    return f"symbolic link {'within the folder' if inside else 'that leaves the folder'}: not followed"


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISCHR, "a device"),
    )
    return next((kind for test, kind in kinds if test(mode)), "a special file")


def _near(path: Path) -> str:
    try:
        return did_you_mean(path.name, (sibling.name for sibling in path.parent.iterdir()))
    except OSError:
        return f"there is no folder {str(path.parent)!r} either"
