"""The members of a compressed file, one by one, so that one that is damaged takes no other with it. Floor 2: the readers.

A web archive is compressed record by record: a gzip member (RFC 1952, section 2.2) or a zstd frame (RFC 8878, section 3) for
each. A member is unpacked whole, and checked, before any of it is handed out, as long as it is not larger than
:data:`HOLD_BYTES`; what is larger flows. Behind damage the next member is looked for by its first bytes. A frame that can be
skipped at the start of a zstd file may hold the dictionary of all others
(https://iipc.github.io/warc-specifications/specifications/warc-zstd/).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from rightful.readers.limits import Limits
from rightful.readers.streams import StreamBroken, chunks, compression, open_stream, why

HOLD_BYTES = 32 << 20
"""A member of up to this size is checked before it is handed out."""
_FEED_BYTES = 32 << 10
_ZSTD_FEED_BYTES = 4 << 10  # each byte may become 32,000
_SEARCH_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20
_TRIAL_BYTES = 256
_MOST_TRIAL_BYTES = 1 << 20  # so much of what may be a member is unpacked to see whether it is one
_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_MOST_DICTIONARY = 16 << 20
_WINDOW_BYTES = 1 << 27


class Piece(NamedTuple):
    """Unpacked bytes. ``at`` is the byte of the file at which their member begins, ``first`` whether they begin it; where nothing
    is compressed (``is_packed`` is false) these bytes begin at ``at``. ``fault`` says that the checksum of the member is wrong."""

    data: bytes
    at: int
    first: bool
    is_packed: bool = True
    fault: str = ""


class Break(NamedTuple):
    """What cannot be read from a byte of the file on, and why. What follows is a member that can be, or nothing."""

    at: int
    reason: str


def pieces(path: Path, limits: Limits) -> Iterator[Piece | Break]:
    """The content of a file in order. Raises :class:`StreamBroken` where it cannot be opened; what breaks later is a :class:`Break`."""
    with open_stream(path) as file:
        codec = compression(file.peek(16)[:16])
        try:
            if codec is None:
                yield from _plain(file)
            elif codec == "gzip":
                yield from _members(file, _Gzip(), limits)
            elif codec == "zstd" and (frames := _frames_of(file)) is not None:
                yield from _members(file, frames, limits)
            else:
                yield from _flowing(path, limits)
        except OSError as error:
            yield Break(file.tell(), why(error))


def _plain(file: io.BufferedReader) -> Iterator[Piece]:
    at = 0
    while data := file.read(_PIECE_BYTES):
        yield Piece(data, at, True, is_packed=False)
        at += len(data)


def _flowing(path: Path, limits: Limits) -> Iterator[Piece | Break]:
    """A stream whose members nobody tells apart here: one."""
    first = True
    try:
        for data in chunks(path, limits):
            yield Piece(data, 0, first)
            first = False
    except StreamBroken as broken:
        yield Break(0, broken.reason)


class _Gzip:
    """Members of gzip."""

    name = "gzip"
    feed_bytes = _FEED_BYTES
    errors: tuple[type[Exception], ...] = (zlib.error,)

    def opens(self, head: bytes) -> bool:
        """True where a member begins with these bytes."""
        return head[:3] == _GZIP and len(head) > 3 and not head[3] & 0xE0

    def skipped(self, head: bytes) -> int:
        """How many bytes at the start hold nothing."""
        return 0

    def start(self) -> Any:
        """What unpacks one member."""
        return zlib.decompressobj(zlib.MAX_WBITS | 16)

    def unpack(self, stream: Any, data: bytes) -> Iterator[bytes]:
        """What comes of the next bytes of a member."""
        yield stream.decompress(data, _PIECE_BYTES)
        while stream.unconsumed_tail and not stream.eof:  # at its end zlib says that what is behind it is left as well
            yield stream.decompress(stream.unconsumed_tail, _PIECE_BYTES)

    def is_checksum(self, error: Exception) -> bool:
        """True where all was there and its sum is another."""
        return "incorrect" in str(error) and "check" in str(error) and "header" not in str(error)

    def positions(self, data: bytes) -> Iterator[int]:
        """Where in some bytes a member may begin."""
        at = data.find(_GZIP)
        while at >= 0:
            yield at
            at = data.find(_GZIP, at + 1)


class _Zstd:
    """Frames of zstd, as the `zstandard` package reads them."""

    name = "zstd"
    feed_bytes = _ZSTD_FEED_BYTES

    def __init__(self, module: Any, dictionary: bytes) -> None:
        self.errors: tuple[type[Exception], ...] = (module.ZstdError,)
        words = {"dict_data": module.ZstdCompressionDict(dictionary)} if dictionary else {}
        self._unpacker = module.ZstdDecompressor(max_window_size=_WINDOW_BYTES, **words)

    def opens(self, head: bytes) -> bool:
        """True where a frame begins with these bytes."""
        return head[:4] == _ZSTD

    def skipped(self, head: bytes) -> int:
        """The size of a frame that is to be skipped."""
        return 8 + int.from_bytes(head[4:8], "little") if _SKIPPABLE.match(head) and len(head) >= 8 else 0

    def start(self) -> Any:
        """What unpacks one frame."""
        return self._unpacker.decompressobj()

    def unpack(self, stream: Any, data: bytes) -> Iterator[bytes]:
        """What comes of the next bytes of a frame."""
        yield stream.decompress(data)

    def is_checksum(self, error: Exception) -> bool:
        """True where all was there and its sum is another."""
        return "checksum" in str(error)

    def positions(self, data: bytes) -> Iterator[int]:
        """Where in some bytes a frame may begin."""
        at = data.find(_ZSTD)
        while at >= 0:
            yield at
            at = data.find(_ZSTD, at + 1)


class NeedsExtra(StreamBroken):
    """A zstd dictionary and nothing to read it with."""


def _frames_of(file: io.BufferedReader) -> _Zstd | None:
    """The frames of a zstd file; None where the `zstandard` package is not there and Arrow will do."""
    head = file.peek(8)[:8]
    dictionary = b""
    try:
        module = import_module("zstandard")
    except ImportError:
        if head[:4] == _DICTIONARY:
            reason = (
                "zstd data with a dictionary of its own: install the extra (pip install 'rightful[zstd]'), or unpack it"
                " first"
            )
            raise NeedsExtra(reason, opened=False) from None
        return None
    if head[:4] == _DICTIONARY:
        size = int.from_bytes(head[4:8], "little")
        file.seek(8)
        dictionary = file.read(min(size, _MOST_DICTIONARY)) if size <= _MOST_DICTIONARY else b""
        if dictionary[:4] == _ZSTD:
            try:
                dictionary = module.ZstdDecompressor().decompressobj().decompress(dictionary)[:_MOST_DICTIONARY]
            except module.ZstdError:
                raise StreamBroken(
                    "the dictionary of the zstd data is damaged: fetch the file again", opened=False
                ) from None
    file.seek(0)
    return _Zstd(module, dictionary)


def _members(file: io.BufferedReader, codec: _Gzip | _Zstd, limits: Limits) -> Iterator[Piece | Break]:
    at = 0
    while True:
        file.seek(at)
        head = file.read(16)
        if not head:
            return
        if skipped := codec.skipped(head):
            at += skipped
            continue
        if not codec.opens(head):
            following = _next(file, at, codec)
            if following is not None or not _is_padding(file, at):
                yield Break(at, f"no {codec.name} data begins here{_passed_over(following, at)}")
            if following is None:
                return
            at = following
            continue
        end = yield from _member(file, at, codec, limits)
        following = end if end is not None else _next(file, at + 1, codec)
        if following is None:
            return
        at = following


def _passed_over(following: int | None, at: int) -> str:
    return f": {following - at} bytes are passed over" if following is not None else ", nor anywhere behind"


def _member(
    file: io.BufferedReader, at: int, codec: _Gzip | _Zstd, limits: Limits
) -> Generator[Piece | Break, None, int | None]:
    """The pieces of a member, and what is wrong with it; its value is where it ends, None where that cannot be said."""
    file.seek(at)
    stream, size, taken, flows = codec.start(), 0, 0, False
    held: list[bytes] = []
    fault: Break | None = None
    checksum = False
    try:
        while not stream.eof and fault is None:
            data = file.read(codec.feed_bytes)
            if not data:
                fault = Break(
                    at, f"the {codec.name} data that begins here ends too early (truncated): fetch the file again"
                )
                break
            taken += len(data)
            for out in codec.unpack(stream, data):
                held.append(out)
                size += len(out)
                if beyond := limits.beyond(size, taken):
                    fault = Break(at, f"the {codec.name} data that begins here is no data: {beyond}")
                    break
                if size > HOLD_BYTES:
                    yield Piece(b"".join(held), at, not flows)
                    held, flows = [], True
    except codec.errors as error:
        checksum = codec.is_checksum(error)
        fault = Break(at, f"the {codec.name} data that begins here is corrupt ({error}): fetch the file again")
    has_wrong_sum = checksum and not flows
    if held:
        yield Piece(b"".join(held), at, not flows, fault=fault.reason if fault is not None and has_wrong_sum else "")
    if fault is None:
        return at + taken - len(stream.unused_data)
    if not (has_wrong_sum and held):
        yield fault
    return None


def _next(file: io.BufferedReader, start: int, codec: _Gzip | _Zstd) -> int | None:
    """Where the next member that can be read begins, at or behind ``start``."""
    at = start
    while True:
        file.seek(at)
        data = file.read(_SEARCH_BYTES)
        if not data:
            return None
        for position in codec.positions(data):
            if _is_member(file, at + position, codec):
                return at + position
        if len(data) < _SEARCH_BYTES:
            return None
        at += len(data) - 3


def _is_member(file: io.BufferedReader, at: int, codec: _Gzip | _Zstd) -> bool:
    """True where a record, or a member that is whole, begins there."""
    file.seek(at)
    stream, first, size = codec.start(), b"", 0
    try:
        while not stream.eof:
            data = file.read(codec.feed_bytes)
            if not data:
                return False
            for out in codec.unpack(stream, data):
                first = (first + out)[:_TRIAL_BYTES] if len(first) < _TRIAL_BYTES else first
                size += len(out)
                if begins_record(first):
                    return True
                if size > _MOST_TRIAL_BYTES:
                    return False
    except codec.errors:
        return False
    return True


_RECORD = re.compile(
    rb"[\r\n]{0,8}(?:WARC/[01]\.|filedesc://|[a-z][a-z0-9+.-]{1,20}:\S+ \d[\d.]+ \d{14} )", re.IGNORECASE
)


def begins_record(data: bytes) -> bool:
    """True where a record of a WARC or ARC file begins with these bytes."""
    return _RECORD.match(data) is not None


def _is_padding(file: io.BufferedReader, at: int) -> bool:
    """True where nothing but NUL bytes follows."""
    file.seek(at)
    return not any(data.strip(b"\0") for data in iter(lambda: file.read(_SEARCH_BYTES), b""))
