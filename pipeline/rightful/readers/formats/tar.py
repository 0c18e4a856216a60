"""tar archives, plain or compressed: containers of files. Floor 2: a reader.

POSIX ustar and pax (IEEE 1003.1, pax), GNU and V7 tar. Members are laid down in their order, as they stream by: the archive
is never held, and neither is a header beyond its bound. Links are not followed, and devices not made.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.limits import Limits
from rightful.readers.streams import CHUNK_BYTES, StreamBroken, chunks
from rightful.readers.unpacking import Unpacking, shown

FORMATS = ("tar",)
PACKS = False
UNPACKS = True

_SUFFIXES = (".tar", ".tgz", ".tbz", ".tbz2", ".tzst", ".txz")
_MAGIC_AT, _MAGIC = 257, b"ustar"
MOST_HEADER_BYTES = 1 << 20
"""What stands before the content of one member: names, pax records, the map of a sparse one."""
_LONG_NUMBER = re.compile(rb"[0-9]{100}")
"""What makes older versions of ``tarfile`` search for minutes (CVE-2024-6232)."""
_MOST_GLOBAL, _MOST_GLOBAL_CHARS = 64, 4_096
_FAULTS = (tarfile.TarError, ValueError, OverflowError, IndexError, KeyError, TypeError, RecursionError)
"""What the library raises where a header is none: not all of it is its own error."""
_KINDS = {
    tarfile.SYMTYPE: "symbolic link in an archive: not followed",
    tarfile.CHRTYPE: "a device, not a file",
    tarfile.BLKTYPE: "a device, not a file",
    tarfile.FIFOTYPE: "a pipe, not a file",
}


def recognise(probe: Probe) -> Guess | None:
    """By the magic of ustar, or by a header whose checksum is right."""
    block = probe.head[: tarfile.BLOCKSIZE]
    if block[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC or _is_header(block):
        return Guess(Rank.MAGIC, "tar")
    return Guess(Rank.NAMED, "tar") if probe.suffix in _SUFFIXES else None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: members are found one behind the other."""
    return WHOLE


def unpack(file: FoundFile, into: Unpacking) -> Iterator[Skipped | Damage]:
    """Lay down the regular members. Raises :class:`TooMuch`."""
    stream = _Forward(file.path, into.room.limits)
    try:
        tar = tarfile.TarFile(fileobj=stream, mode="r", encoding="utf-8", errors="surrogateescape")  # type: ignore[arg-type]
        first: tarfile.TarInfo | None = tar.firstmember  # type: ignore[attr-defined]
        info = tar.next() if first is not None else None  # the same once more
        while info is not None:
            yield from _member(info, tar, stream, into)
            tar.members = []  # type: ignore[attr-defined]
            tar.pax_headers = _bounded(tar.pax_headers)
            stream.allowed = MOST_HEADER_BYTES
            info = tar.next()
    except StreamBroken as broken:
        yield into.lost(broken.reason)
    except _FAULTS as error:
        yield into.lost(_lost(error, stream))
    else:
        if reason := stream.end():
            yield into.lost(reason)


def _member(
    info: tarfile.TarInfo, tar: tarfile.TarFile, stream: _Forward, into: Unpacking
) -> Iterator[Skipped | Damage]:
    name = os.fsencode(info.name)
    outcome: Skipped | Damage | None = None
    if info.isdir():
        into.room.one_more()
    elif info.islnk():
        outcome = into.linked(name, os.fsencode(info.linkname))
    elif info.isreg():
        outcome = into.member(name, _content(info, tar, stream))
    else:
        if info.issym():
            into.symbolic(name, [os.fsencode(info.linkname)])
        else:
            into.room.one_more()
        kind = _KINDS.get(info.type, f"an entry of type {shown(info.type)}, not a file")
        outcome = Skipped(into.called(name), kind)
    if outcome is not None:
        yield outcome
    if stream.broken is not None:  # the member has told of itself; nobody knows what came behind it
        raise StreamBroken(f"{stream.broken}; the rest of the archive is lost", opened=True)


def _content(info: tarfile.TarInfo, tar: tarfile.TarFile, stream: _Forward) -> Iterator[bytes]:
    """The content of a member in pieces. Raises :class:`StreamBroken`."""
    stream.allowed = None
    if info.sparse is not None:
        opened: Any = tar.extractfile(info)
        try:
            while piece := opened.read(CHUNK_BYTES):
                yield piece
        except _FAULTS as error:
            raise StreamBroken(f"a sparse member whose map cannot be read ({error})", opened=True) from None
        return
    stream.seek(info.offset_data)
    left = info.size
    while left:
        piece = stream.read(min(left, CHUNK_BYTES))
        if not piece:
            stream.broken = _CUT
            raise StreamBroken(f"the archive ends within it: {left} of {info.size} bytes are missing", opened=True)
        left -= len(piece)
        yield piece


_CUT = "the archive ends too early (truncated tar); what came before it was read: fetch the file again"


def _is_header(block: bytes) -> bool:
    """True for a header whose checksum is right: that of V7 has no magic."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except _FAULTS:
        return False
    return True


def _bounded(headers: Mapping[str, str]) -> dict[str, str]:
    """Global headers hold for all that follows: they are kept as long as they are few and short."""
    short = {key: value for key, value in headers.items() if len(value) <= _MOST_GLOBAL_CHARS}
    return short if len(short) <= _MOST_GLOBAL else {}


def _lost(error: Exception, stream: _Forward) -> str:
    if len(stream.last) < tarfile.BLOCKSIZE:
        return _CUT if stream.at else "no tar archive: it is empty"
    reason = str(error) or type(error).__name__
    return f"no header of tar before byte {stream.at} ({reason}): what follows cannot be read"


class _Forward:
    """The decompressed bytes of an archive, forward only, as ``tarfile`` asks for them.

    ``allowed`` is how many bytes of headers may still be read; None while content is. ``last`` is what was read last,
    ``broken`` why nothing more can be.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._pieces = chunks(path, limits)
        self._piece = memoryview(b"")
        self.at = 0
        self.last = b""
        self.allowed: int | None = MOST_HEADER_BYTES
        self.broken: str | None = None

    def tell(self) -> int:
        """Where it stands."""
        return self.at

    def seek(self, to: int) -> int:
        """Go forward. Raises :class:`tarfile.ReadError` where that is backward, :class:`StreamBroken`."""
        if to < self.at:
            raise tarfile.ReadError("a place before its own")
        left = to - self.at
        while left and (piece := self._some(left)):
            left -= len(piece)
        return self.at

    def read(self, size: int) -> bytes:
        """So many bytes, or as many as there are. Raises :class:`tarfile.ReadError` for a header without end,
        :class:`StreamBroken`."""
        if self.allowed is not None:
            self.allowed -= size
            if self.allowed < 0:
                raise tarfile.ReadError(f"one of more than {MOST_HEADER_BYTES >> 20} MiB")
        pieces: list[memoryview] = []
        while size and (piece := self._some(size)):
            pieces.append(piece)
            size -= len(piece)
        self.last = b"".join(pieces)
        if self.allowed is not None and len(self.last) > tarfile.BLOCKSIZE and _LONG_NUMBER.search(self.last):
            raise tarfile.ReadError("a number of more than 100 digits in it")
        return self.last

    def end(self) -> str | None:
        """What is wrong with the end of the archive, where no more members are found; None where it ends as it should."""
        self.allowed = None
        if not self.last:
            return f"{_CUT} (there is no mark of its end)" if self.at else "no tar archive: it is empty"
        if len(self.last) < tarfile.BLOCKSIZE:
            return _CUT
        if self.last.strip(b"\0"):
            return f"no header of tar at byte {self.at - len(self.last)}: what follows cannot be read"
        mark = self.at
        try:
            while piece := self._some(CHUNK_BYTES):
                if bytes(piece).strip(b"\0"):
                    return f"more bytes behind its end at byte {mark}, as of archives that were joined: unpack it first"
        except StreamBroken as broken:
            return broken.reason
        return None

    def _some(self, most: int) -> memoryview:
        if not self._piece:
            try:
                self._piece = memoryview(next(self._pieces, b""))
            except StreamBroken as broken:
                self.broken = broken.reason
                raise
        some = self._piece[:most]
        self._piece = self._piece[most:]
        self.at += len(some)
        return some
