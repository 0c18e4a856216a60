"""Bytes from files, plain or compressed, in chunks and lines, with memory that does not grow. Floor 2: the readers.

Compression is told by the first bytes, never by the name. All three codecs are Arrow's: they read concatenated members
and notice a truncated stream. What was readable before a break is always handed out first.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from pipeline.readers import MAX_RECORD_BYTES

CHUNK_BYTES = 1 << 20
SUFFIXES = {".gz": "gzip", ".gzip": "gzip", ".bz2": "bz2", ".zst": "zstd", ".zstd": "zstd"}
"""What names of compressed files say; the first bytes decide."""

_ARROW_READ_BYTES = 64 << 10  # what Arrow asks its input for at a time
_BZ2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # how a block, or the end of an empty stream, begins
_SKIPPABLE_ZSTD = tuple(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))


class StreamBroken(Exception):
    """A file cannot be read on from here. ``opened`` is false where nothing of it could be read."""

    def __init__(self, reason: str, *, opened: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.opened = opened


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line that was not kept because it is longer than allowed; ``size`` in bytes."""

    size: int


def why(error: OSError) -> str:
    """An operating system error in a user's words.

    >>> why(FileNotFoundError(2, "No such file or directory"))
    'cannot be read: it is gone (vanished after it was listed)'
    """
    if isinstance(error, FileNotFoundError):
        return "cannot be read: it is gone (vanished after it was listed)"
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied"
    return f"cannot be read: {error.strerror or error}"


def compression(head: bytes) -> str | None:
    """``gzip``, ``bz2`` or ``zstd`` if the first bytes are of such a stream, else None."""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if head[:3] == b"BZh" and head[3:4].isdigit() and any(m.startswith(head[4:10]) for m in _BZ2_BLOCKS):
        return "bz2"
    if head[:4] == b"\x28\xb5\x2f\xfd" or head[:4] in _SKIPPABLE_ZSTD:
        return "zstd"
    return None


def open_file(path: Path) -> io.BufferedReader:
    """Open a regular file for reading. Raises OSError, also where the path has become a link or a pipe since."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no longer a regular file")
    return os.fdopen(descriptor, "rb")


def chunks(path: Path) -> Iterator[bytes]:
    """The decompressed content in pieces of at most 1 MiB.

    Raises :class:`StreamBroken` after everything that can be read has been handed out.
    """
    try:
        file = open_file(path)
    except OSError as error:
        raise StreamBroken(why(error), opened=False) from None
    with file:
        codec = compression(file.peek(16)[:16])
        if codec:
            yield from _unpacked(file, codec)
        else:
            yield from _plain(file)


def unpacked_head(path: Path, size: int) -> bytes:
    """The first ``size`` decompressed bytes of a compressed file, or what there is of them. Raises nothing.

    Decompresses no more than it needs.
    """
    head = bytearray()
    try:
        with open_file(path) as file:
            codec = compression(file.peek(16)[:16])
            stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec) if codec else file
            while len(head) < size and (piece := stream.read(min(512, size - len(head)))):
                head += piece
    except OSError:
        pass  # whoever reads the file tells
    return bytes(head)


def lines(path: Path, start: int = 0, stop: int | None = None) -> Iterator[bytes | TooLong]:
    """The lines without their newline, in order. With a range, those that begin in ``start <= byte < stop``.

    A range is for files that are not compressed. The last line need not end in a newline. A line longer than
    ``MAX_RECORD_BYTES`` comes as :class:`TooLong` and is never held whole. Raises :class:`StreamBroken` after the last
    complete line before the break.
    """
    if not start and stop is None:
        yield from _cut(chunks(path), None)
        return
    try:
        file = open_file(path)
    except OSError as error:
        raise StreamBroken(why(error), opened=False) from None
    with file:
        begin = _next_line(file, start, stop)
        if begin is not None:
            file.seek(begin)
            yield from _cut(_plain(file), None if stop is None else stop - begin)


def _next_line(file: IO[bytes], start: int, stop: int | None) -> int | None:
    """Where the first line that begins in the range begins. Never reads beyond the range, however long a line is."""
    if not start:
        return None if stop == 0 else 0
    at = start - 1  # a line begins at ``start`` only if the byte before is a newline
    file.seek(at)
    for chunk in _plain(file):
        newline = chunk.find(b"\n")
        if newline >= 0:
            at += newline + 1
            return at if stop is None or at < stop else None
        at += len(chunk)
        if stop is not None and at >= stop:
            return None
    return None


def _cut(pieces: Iterator[bytes], room: int | None) -> Iterator[bytes | TooLong]:
    """The lines of ``pieces`` that begin in the first ``room`` bytes."""
    parts: list[bytes] = []  # of a line that goes on in the next piece
    size = at = 0
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            size += len(line)
            if size > MAX_RECORD_BYTES:
                yield TooLong(size)
            else:
                yield b"".join((*parts, line)) if parts else line
            parts.clear()
            at += size + 1
            size = 0
            if room is not None and at >= room:
                return
        size += len(rest)
        if size > MAX_RECORD_BYTES:
            parts.clear()
        elif rest:
            parts.append(rest)
    if size > MAX_RECORD_BYTES:
        yield TooLong(size)
    elif size:
        yield b"".join(parts)


def _plain(file: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            chunk = file.read(CHUNK_BYTES)
        except OSError as error:
            raise StreamBroken(why(error), opened=True) from None
        if not chunk:
            return
        yield chunk


def _unpacked(file: io.BufferedReader, codec: str) -> Iterator[bytes]:
    done = 0
    stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec)
    while True:
        try:
            chunk = stream.read(CHUNK_BYTES)
        except OSError as error:
            yield _salvage(file, codec, done)
            raise StreamBroken(_broken(codec, error), opened=True) from None
        if not chunk:
            return
        done += len(chunk)
        yield chunk


def _salvage(file: io.BufferedReader, codec: str, done: int) -> bytes:
    """What can be read beyond the first ``done`` bytes before the stream breaks; less than a chunk.

    A read that fails loses what it had, and a decompressor that fails loses what one call had made. So the file is
    read once more from the start: coarsely up to shortly before the break, then a byte at a time on both sides.
    """
    drip = _Drip(file, coarse_until=max(0, file.tell() - 2 * _ARROW_READ_BYTES))
    stream = pa.CompressedInputStream(pa.PythonFile(drip, mode="r"), codec)
    rest = bytearray()
    try:
        while done:
            done -= len(stream.read(min(done, CHUNK_BYTES)))
        while byte := stream.read(1):
            rest += byte
    except OSError:
        pass  # the break that the caller reports
    return bytes(rest)


def _broken(codec: str, error: OSError) -> str:
    if "Truncated" in str(error):
        return (
            f"the {codec} data ends too early (truncated {codec}); what came before it was read: fetch the file again"
        )
    return f"the {codec} data is corrupt ({error}); what came before it was read: fetch the file again"


class _Drip(io.RawIOBase):
    """A file that is handed out a byte at a time from ``coarse_until`` on."""

    def __init__(self, file: IO[bytes], coarse_until: int) -> None:
        super().__init__()
        file.seek(0)
        self._file = file
        self._coarse_until = coarse_until

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self._coarse_until - self._file.tell()
        return self._file.read(max(1, min(size, left)))
