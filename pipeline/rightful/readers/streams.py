"""Bytes from files, plain or compressed, in chunks and lines, with memory that does not grow. Floor 2: the readers.

Compression is told by the first bytes, never by the name. gzip, bz2 and zstd are Arrow's: they read concatenated members
and notice a truncated stream; xz is that of the standard library. What was readable before a break is always handed out
first. Arrow reads zstd with a window of up to 128 MiB; what was written with ``zstd --long`` is read by `zstandard`, an extra.
"""

from __future__ import annotations

import io
import lzma
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from rightful.readers.limits import DEFAULT, Limits, raised

CHUNK_BYTES = 1 << 20
SUFFIXES = {".gz": "gzip", ".gzip": "gzip", ".bz2": "bz2", ".zst": "zstd", ".zstd": "zstd", ".xz": "xz"}
"""What names of compressed files say; the first bytes decide."""

_ARROW_READ_BYTES = 64 << 10  # what Arrow asks its input for at a time
_BZ2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # how a block, or the end of an empty stream, begins
_SKIPPABLE_ZSTD = tuple(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))
_ARROW_WINDOW_BYTES = 1 << 27
_LONGEST_WINDOW_BYTES = 1 << 31  # of zstd --long=31, the longest that the tool writes
_LONG_READ_BYTES = 4 << 10
_XZ = b"\xfd7zXZ\x00"
XZ_MEMORY_BYTES = 256 << 20
"""What reading xz may hold in memory: ``xz -9`` takes 65 MiB."""


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
    """``gzip``, ``bz2``, ``zstd`` or ``xz`` if the first bytes are of such a stream, else None."""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if head[:3] == b"BZh" and head[3:4].isdigit() and any(m.startswith(head[4:10]) for m in _BZ2_BLOCKS):
        return "bz2"
    if head[:4] == b"\x28\xb5\x2f\xfd" or head[:4] in _SKIPPABLE_ZSTD:
        return "zstd"
    return "xz" if head[:6] == _XZ else None


def window_bytes(head: bytes) -> int:
    """How far back the first zstd frame may refer (RFC 8878, section 3.1.1.1), which is what reading it holds in memory.

    0 where ``head``, its first 18 bytes or more, is not the start of such a frame.

    >>> window_bytes(bytes.fromhex("28b52ffd04a8")) == 1 << 31
    True
    """
    if head[:4] != b"\x28\xb5\x2f\xfd" or len(head) < 6:
        return 0
    descriptor = head[4]
    if not descriptor & 0x20:
        base = 1 << (10 + (head[5] >> 3))
        return base + base // 8 * (head[5] & 7)
    at = 5 + (0, 1, 2, 4)[descriptor & 3]  # a single segment: the window is the content, whose size follows
    width = (1, 2, 4, 8)[descriptor >> 6]
    return int.from_bytes(head[at : at + width], "little") + (256 if width == 2 else 0)


def unreadable_window(head: bytes) -> str | None:
    """Why a zstd stream that begins so cannot be read here; None where it can."""
    window = window_bytes(head)
    if window <= _ARROW_WINDOW_BYTES or (window <= _LONGEST_WINDOW_BYTES and _long_reader() is not None):
        return None
    return _needs_window(_binary_size(window))


_LONG_WINDOW = "zstd data with a window"


def _needs_window(size: str) -> str:
    return (
        f"{_LONG_WINDOW} of {size}, more than 128 MiB: install the extra (pip install 'rightful[zstd]'),"
        " or unpack it first (zstd -d --long=31)"
    )


def _binary_size(size: int) -> str:
    return f"{size >> 30} GiB" if not size % (1 << 30) else f"{size >> 20} MiB"


def _long_reader() -> Any:
    """The module that reads long windows, or None."""
    try:
        return import_module("zstandard")
    except ImportError:
        return None


def _stream(file: io.BufferedReader, codec: str) -> Any:
    """What decompresses ``file`` from where it stands; it has ``read``. Raises :class:`OSError` where it cannot."""
    if codec == "xz":
        return _Xz(file)
    window = window_bytes(file.peek(18)[:18]) if codec == "zstd" else 0
    if window <= _ARROW_WINDOW_BYTES:
        return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec)
    module = _long_reader()
    if module is None or window > _LONGEST_WINDOW_BYTES:
        raise OSError(_needs_window(_binary_size(window)))
    return _LongWindow(module, file)


class _LongWindow:
    """A zstd stream as the `zstandard` package reads it, with the errors of the other streams."""

    def __init__(self, module: Any, file: IO[bytes]) -> None:
        self._module = module
        self._file = file
        self._ready = bytearray()
        self._frame: Any = None  # None between frames
        self._left = b""  # what was read beyond the end of a frame

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; nothing at the end. Raises :class:`OSError` where the stream breaks."""
        while len(self._ready) < size and self._more():
            pass
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def _more(self) -> bool:
        """Take the next bytes of the file; False at its end. A few at a time: each may become 32,000 times as many."""
        piece = self._left or self._file.read(_LONG_READ_BYTES)
        self._left = b""
        if not piece:
            if self._frame is not None and not self._ready:
                raise OSError("Truncated compressed stream")
            return False
        if self._frame is None:
            self._frame = self._module.ZstdDecompressor(max_window_size=_LONGEST_WINDOW_BYTES).decompressobj()
        try:
            self._ready += self._frame.decompress(piece)
        except self._module.ZstdError as error:
            raise OSError(str(error)) from None
        if self._frame.eof:
            self._left = self._frame.unused_data
            self._frame = None
        return True


class _Xz:
    """An xz file (The .xz File Format 1.1.0: streams, with padding behind each), with the errors of the other streams."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._stream: lzma.LZMADecompressor | None = None  # None between streams
        self._left = b""  # what was read beyond the end of a stream

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; nothing at the end. Raises :class:`OSError` where the stream breaks."""
        while True:
            if self._stream is None:
                if not self._next():
                    return b""
                self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)
            piece = b""
            if self._stream.needs_input:
                piece = self._left or self._file.read(_LONG_READ_BYTES)
                self._left = b""
                if not piece:
                    raise OSError("Truncated compressed stream")
            try:
                taken = self._stream.decompress(piece, size)
            except lzma.LZMAError as error:
                raise OSError(f"{error}") from None
            if self._stream.eof:
                self._left = self._stream.unused_data
                self._stream = None
            if taken:
                return taken

    def _next(self) -> bool:
        """Go to where the next stream begins; False at the end of the file. Padding is NULs, four at a time."""
        padding = 0
        while True:
            piece = self._left or self._file.read(_LONG_READ_BYTES)
            self._left = piece.lstrip(b"\0")
            padding += len(piece) - len(self._left)
            if self._left or not piece:
                if padding % 4:
                    raise OSError("the padding behind a stream is not of four bytes")
                return bool(piece)


def open_file(path: Path) -> io.BufferedReader:
    """Open a regular file for reading. Raises OSError, also where the path has become a link or a pipe since."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no longer a regular file")
    return os.fdopen(descriptor, "rb")


def open_stream(path: Path) -> io.BufferedReader:
    """As :func:`open_file`. Raises :class:`StreamBroken` where it cannot be opened."""
    try:
        return open_file(path)
    except OSError as error:
        raise StreamBroken(why(error), opened=False) from None


def chunks(path: Path, limits: Limits = DEFAULT) -> Iterator[bytes]:
    """The decompressed content in pieces of at most 1 MiB.

    Raises :class:`StreamBroken` after everything that can be read has been handed out.
    """
    with open_stream(path) as file:
        codec = compression(file.peek(16)[:16])
        if codec:
            yield from _unpacked(file, codec, limits)
        else:
            yield from _plain(file)


def content_of(path: Path, limits: Limits) -> bytearray:
    """All of the decompressed content, of a file that is one record. Raises :class:`StreamBroken`, also for what is longer
    than a value may be."""
    content = bytearray()
    for chunk in chunks(path, limits):
        content += chunk
        if len(content) > limits.value_bytes:
            much = f"more than {limits.value_bytes} bytes: too large for one record{raised('value_bytes')}"
            raise StreamBroken(much, opened=True)
    return content


def unpacked_head(path: Path, size: int) -> bytes:
    """The first ``size`` decompressed bytes of a compressed file, or what there is of them. Raises nothing.

    Decompresses no more than it needs.
    """
    head = bytearray()
    try:
        with open_file(path) as file:
            codec = compression(file.peek(16)[:16])
            stream = _stream(file, codec) if codec else file
            while len(head) < size and (piece := stream.read(min(512, size - len(head)))):
                head += piece
    except OSError:
        pass  # whoever reads the file tells
    return bytes(head)


def lines(path: Path, start: int = 0, stop: int | None = None, limits: Limits = DEFAULT) -> Iterator[bytes | TooLong]:
    """The lines without their newline, in order. With a range, those that begin in ``start <= byte < stop``.

    A range is for files that are not compressed. The last line need not end in a newline. A line longer than
    ``limits`` allow a value comes as :class:`TooLong` and is never held whole. Raises :class:`StreamBroken` after the last
    complete line before the break.
    """
    if not start and stop is None:
        yield from _cut(chunks(path, limits), None, limits.value_bytes)
        return
    try:
        file = open_file(path)
    except OSError as error:
        raise StreamBroken(why(error), opened=False) from None
    with file:
        begin = _next_line(file, start, stop)
        if begin is not None:
            file.seek(begin)
            yield from _cut(_plain(file), None if stop is None else stop - begin, limits.value_bytes)


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


def _cut(pieces: Iterator[bytes], room: int | None, most: int) -> Iterator[bytes | TooLong]:
    """The lines of ``pieces`` that begin in the first ``room`` bytes."""
    held = bytearray()  # of a line that goes on in the next piece; in one place, for pieces would stay in the heap
    size = at = 0
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            size += len(line)
            if size > most:
                yield TooLong(size)
            elif held:
                held += line
                made, held = [bytes(held)], bytearray()
                yield made.pop()  # and nothing here holds a long one
            else:
                yield line
            held.clear()
            at += size + 1
            size = 0
            if room is not None and at >= room:
                return
        size += len(rest)
        if size > most:
            held.clear()
        else:
            held += rest
    if size > most:
        yield TooLong(size)
    elif size:
        made, held = [bytes(held)], bytearray()
        yield made.pop()


def _plain(file: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            chunk = file.read(CHUNK_BYTES)
        except OSError as error:
            raise StreamBroken(why(error), opened=True) from None
        if not chunk:
            return
        yield chunk


def _unpacked(file: io.BufferedReader, codec: str, limits: Limits) -> Iterator[bytes]:
    done = 0
    stream: Any = None
    try:
        stream = _stream(file, codec)
        while chunk := stream.read(CHUNK_BYTES):
            done += len(chunk)
            if why_not := limits.beyond(done, file.tell()):
                raise StreamBroken(f"the {codec} data is no data: {why_not}", opened=True)
            yield chunk
    except OSError as error:
        if isinstance(stream, pa.NativeFile):
            yield _salvage(file, codec, done)
        raise StreamBroken(_broken(codec, error), opened=True) from None


def _salvage(file: io.BufferedReader, codec: str, done: int) -> bytes:
    """What can be read beyond the first ``done`` bytes before the stream breaks; less than a chunk.

    A read that fails loses what it had, and a decompressor that fails loses what one call had made. So the file is
    read once more from the start: coarsely up to shortly before the break, then a byte at a time on both sides.
    """
    drip = _Drip(file, coarse_until=max(0, file.tell() - 2 * _ARROW_READ_BYTES))
    stream = pa.CompressedInputStream(pa.PythonFile(drip, mode="r"), codec)
    rest = bytearray()
    try:
        while done and (known := stream.read(min(done, CHUNK_BYTES))):  # nothing, where the file was cut since
            done -= len(known)
        while byte := stream.read(1):
            rest += byte
    except OSError:
        pass  # the break that the caller reports
    return bytes(rest)


def _broken(codec: str, error: OSError) -> str:
    if str(error).startswith(_LONG_WINDOW):
        return str(error)
    if codec == "xz" and "Memory usage limit" in str(error):
        return f"the xz data needs more than {XZ_MEMORY_BYTES >> 20} MiB of memory: unpack it first (xz -d)"
    if "requires too much memory" in str(error):  # a later frame
        return f"{_LONG_WINDOW} of more than 128 MiB: unpack it first (zstd -d --long=31)"
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
