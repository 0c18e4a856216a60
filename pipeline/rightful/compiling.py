"""What was read and checked before, kept for the next process in the cache of the user. Floor 1.

The file is known by everything that it was made from: the bytes of every source, of the list of SPDX and of the code that
reads them, and the version of Python. Whatever differs has another name, so nothing has to be taken back. It begins with a
digest of the rest: a damaged one is read as none. It is of plain values and names of our own classes, in the notation of
``marshal``; as that trusts what it reads, so does this trust nothing that another user could have written: the file and
its folders up to the root have to be of this user or of the system, and not for others to write.
Whatever cannot be read or written is passed over in silence: the sources say the same, more slowly.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

Kept = TypeVar("Kept")
_MAGIC = b"rightful compiled 1\n"
_DIGEST = hashlib.sha256().digest_size
_PLAIN = frozenset({str, int, bool, float, bytes, type(None)})
_OURS = ("rightful.catalog", "rightful.rights", "rightful.notation")
_MOST = 8
"""So many files are kept of a kind, of several versions or checkouts; about a megabyte each, of licence texts thirteen."""

# How a value is written: what it is, and the places of its parts in the list of all values, each before what holds it.
_AS_IS, _OBJECT, _MEMBER, _DAY, _TUPLE, _LIST, _SET, _TABLE = range(8)


def user_cache(environment: Mapping[str, str], *below: str, platform: str = sys.platform) -> Path | None:
    """The folder of this user for what can be made anew, or one ``below`` it, by the convention of the platform; None where there
    is no home."""
    home = environment.get("HOME") or ""
    folder = environment.get("XDG_CACHE_HOME") or ""
    if not folder and platform == "win32":
        folder = environment.get("LOCALAPPDATA") or ""
    elif not folder and home:
        folder = f"{home}/Library/Caches" if platform == "darwin" else f"{home}/.cache"
    return Path(folder, "rightful", *below) if Path(folder).is_absolute() else None


def compiled(sources: Sequence[Path], make: Callable[[], Kept], folder: Path | None) -> Kept:
    """What ``make`` answers, or the same from ``folder`` where it was made of the same sources before.

    ``sources`` are all files that the answer depends on, with the code. ``folder`` is None where nothing is kept.
    """
    if folder is None or os.name != "posix":
        return make()
    try:
        key = _key(sources)
    except OSError:
        return make()
    file = folder / f"{key.hex()[:32]}.bin"
    content = _read(file, key)
    if content is not None:
        return _decoded(content)  # type: ignore[no-any-return]  # its digest says that it is what was made
    made = make()
    _keep(file, key, made)
    return made


def code_of(*packages: str) -> list[Path]:
    """The source files of packages of ours, for the sources of what they compile."""
    root = Path(__file__).parent
    return [path for package in packages for path in sorted((root / package).glob("*.py"))]


def _key(sources: Sequence[Path]) -> bytes:
    """SHA-256 of the sources by name and bytes, and of the Python that reads them."""
    digest = hashlib.sha256(f"{_MAGIC!r} {sys.version} {sys.implementation.cache_tag} {marshal.version}".encode())
    for path in sources:
        content = path.read_bytes()
        digest.update(f"\0{path.name}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.digest()


def _read(file: Path, key: bytes) -> bytes | None:
    """The values in a file that is whole, of this key, and of nobody else; None for any other."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as opened:
            if not (_alone(os.fstat(descriptor)) and _kept_to_us(file.parent)):
                return None
            content = opened.read()
    except OSError:
        return None
    start = len(_MAGIC) + _DIGEST
    body = content[start:]
    whole = content[:start] == _MAGIC + hashlib.sha256(body).digest() and body[:_DIGEST] == key
    return body[_DIGEST:] if whole else None


def _keep(file: Path, key: bytes, value: object) -> None:
    """Write the values down, whole or not at all. Where that cannot be done, or is not safe, the next process makes them anew."""
    temporary: str | None = None
    with contextlib.suppress(OSError, TypeError):
        body = key + marshal.dumps(_encoded(value))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _kept_to_us(file.parent):
            return
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "wb") as opened:
            opened.write(_MAGIC + hashlib.sha256(body).digest() + body)
        Path(temporary).replace(file)
        temporary = None
        older = sorted(file.parent.glob("*.bin"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in older[_MOST:]:
            path.unlink(missing_ok=True)
    if temporary is not None:
        with contextlib.suppress(OSError):
            Path(temporary).unlink(missing_ok=True)


def _alone(status: os.stat_result) -> bool:
    """Whether a file is this user's, and for nobody else to write."""
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _kept_to_us(folder: Path) -> bool:
    """Whether nobody else can put a file in place of one in ``folder``: it and all above it are this user's or the system's.

    Others may write into a folder above it where they cannot move what is not theirs (the sticky bit, as of ``/tmp``).
    Raises :class:`OSError` where that cannot be seen.
    """
    real = folder.resolve(strict=True)
    if not _alone(real.stat()):
        return False
    for above in real.parents:
        status = above.stat()
        if status.st_uid not in (0, os.geteuid()):
            return False
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not status.st_mode & stat.S_ISVTX:
            return False
    return True


class _Values:
    """The list of all values below one, each once."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []
        self.by_identity: dict[int, tuple[object, int]] = {}
        self.by_value: dict[bytes, int] = {}
        self.fixed: set[int] = set()
        """Places of what cannot change: one may stand for all that are equal to it."""

    def place(self, value: Any) -> int:
        """The place of a value in the list. Raises :class:`TypeError` for what is not of the catalogue."""
        known = self.by_identity.get(id(value))
        if known is None:
            known = self.by_identity[id(value)] = value, self._place(value)  # kept: nothing else takes its identity
        return known[1]

    def _place(self, value: Any) -> int:
        kind = type(value)
        if kind in _PLAIN or _is_plain(value):
            return self._put((_AS_IS, value), fixed=kind not in (dict, list))
        if isinstance(value, Enum):
            return self._put((_MEMBER, *_named(kind), value.name), fixed=True)
        if kind is date:
            return self._put((_DAY, value.toordinal()), fixed=True)
        if kind is dict:
            return self._put((_TABLE, self.place(tuple(value)), *map(self.place, value.values())), fixed=False)
        if kind in (tuple, list, frozenset):
            parts = tuple(map(self.place, value))
            sort = _TUPLE if kind is tuple else _LIST if kind is list else _SET
            return self._put((sort, *parts), fixed=kind is not list and self.fixed.issuperset(parts))
        if is_dataclass(value) and not isinstance(value, type):
            names = tuple(f.name for f in fields(value) if f.init and f.compare)
            parts = tuple(self.place(getattr(value, name)) for name in names)
            frozen = bool(kind.__dataclass_params__.frozen) and self.fixed.issuperset(parts)
            return self._put((_OBJECT, *_named(kind), names, *parts), fixed=frozen)
        raise TypeError(f"{kind.__name__} is not kept")

    def _put(self, entry: tuple[Any, ...], *, fixed: bool) -> int:
        place = len(self.entries)
        if fixed:
            place = self.by_value.setdefault(marshal.dumps(entry, 2), place)
        if place == len(self.entries):
            self.entries.append(entry)
            if fixed:
                self.fixed.add(place)
        return place


def _is_plain(value: Any) -> bool:
    """Whether ``marshal`` knows a value, and all that is in it."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind in (tuple, list, frozenset):
        return all(map(_is_plain, value))
    return kind is dict and all(map(_is_plain, value)) and all(map(_is_plain, value.values()))


def _named(kind: type) -> tuple[str, str]:
    if not kind.__module__.startswith(_OURS):
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not of the catalogue")
    return kind.__module__, kind.__qualname__


def _encoded(value: object) -> list[tuple[Any, ...]]:
    """The values below one in the notation of ``marshal``; the last is the value itself."""
    values = _Values()
    values.place(value)
    return values.entries


def _decoded(content: bytes) -> Any:
    """The value that was encoded; each part of it was there before what holds it."""
    made: list[Any] = []
    part = made.__getitem__
    kinds: dict[tuple[str, str], Any] = {}
    for entry in marshal.loads(content):
        made.append(_made(entry, part, kinds))
    return made[-1]


def _made(entry: tuple[Any, ...], part: Callable[[int], Any], kinds: dict[tuple[str, str], Any]) -> Any:
    sort = entry[0]
    if sort == _AS_IS:
        return entry[1]
    if sort == _OBJECT:
        kind = kinds.get(entry[1:3]) or kinds.setdefault(entry[1:3], _kind(*entry[1:3]))
        return kind(**dict(zip(entry[3], map(part, entry[4:]), strict=True)))
    if sort == _TABLE:
        return dict(zip(part(entry[1]), map(part, entry[2:]), strict=True))
    if sort == _DAY:
        return date.fromordinal(entry[1])
    if sort == _MEMBER:
        return _kind(*entry[1:3])[entry[3]]
    return {_TUPLE: tuple, _LIST: list, _SET: frozenset}[sort](map(part, entry[1:]))


def _kind(module: str, name: str) -> Any:
    return getattr(import_module(module), name)
