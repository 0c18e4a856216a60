"""Responses of HTTP as web archives keep them: status, header fields, the body without its codings. Floor 2: the readers.

RFC 9112 (messages, chunked transfer coding), RFC 9110 section 8.4 (content codings). Crawlers take codings off and leave the
field that announces them: what is not coded is then taken as it is, wherever it can be told.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rightful.readers.charsets import Undecodable
from rightful.readers.limits import FREE_BYTES, Limits, raised

MOST_HEAD_BYTES = 1 << 20
"""So long may the header fields of a response be."""
_STATUS = re.compile(rb"(?:HTTP/[0-9]+(?:\.[0-9]+)?|ICY)[ \t]+([0-9]{3})(?![0-9])", re.IGNORECASE)
_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]{0,8192})?\r?\n")
_FEED_BYTES = 1 << 10  # little enough that no coding but brotli makes more than some MiB of it
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """The status of a response, its header fields in order, and where its body begins."""

    status: int
    fields: tuple[tuple[str, str], ...]
    size: int

    def get(self, name: str) -> str:
        """All values of a field, joined by commas (RFC 9110, section 5.3); empty where there is none."""
        return ", ".join(value for key, value in self.fields if key.lower() == name)

    def first(self, name: str) -> str:
        """The first value of a field, empty where there is none."""
        return next((value for key, value in self.fields if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a body. ``is_partial``: less than the whole is there. ``forms`` are the bytes at each stage of decoding."""

    data: bytes
    is_partial: bool = False
    forms: tuple[bytes, ...] = ()


def head_of(block: bytes) -> Head | None:
    """The head of a response; None where a block does not begin with one."""
    status = _STATUS.match(block)
    if status is None:
        return None
    ends = [
        (at, width) for mark, width in ((b"\r\n\r\n", 4), (b"\n\n", 2), (b"\n\r\n", 3)) if (at := block.find(mark)) >= 0
    ]
    at, width = min(ends, default=(len(block), 0))
    return Head(int(status[1]), fields_of(block[: min(at, MOST_HEAD_BYTES)]), at + width)


def fields_of(head: bytes) -> tuple[tuple[str, str], ...]:
    """The fields below a first line: folded lines are joined (RFC 9112, section 5.2), what has no name is left out."""
    fields: list[tuple[str, list[str]]] = []
    for line in _text(head).split("\n")[1:]:
        line = line.rstrip("\r")
        if line[:1] in (" ", "\t") and fields:
            fields[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.append((name.strip(), [value.strip()]))
    return tuple((name, " ".join(filter(None, folded))) for name, folded in fields)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def body_of(block: bytes, head: Head, limits: Limits, *, is_cut: bool = False) -> Body:
    """The body without its codings. ``is_cut``: the archive says that it kept less than came.

    Raises :class:`Undecodable` with the reason.
    """
    stored = block[head.size :]
    forms = [stored]
    body, partial = stored, is_cut
    if "chunked" in head.get("transfer-encoding").lower():
        joined = _joined(stored, is_cut)
        if joined is not None:
            body, ends = joined
            partial = partial or not ends
            forms.append(body)
    else:
        announced = head.first("content-length").partition(",")[0].strip()
        partial = partial or (
            announced.isascii() and announced.isdigit() and len(announced) < 16 and int(announced) > len(body)
        )
    codings = [c.strip().lower() for c in head.get("content-encoding").split(",")]
    for coding in reversed([c for c in codings if c not in ("", "identity", "none", "utf-8")]):
        body, whole = _decoded(body, coding, limits, partial)
        partial = partial or not whole
        forms.append(body)
    return Body(body, partial, tuple(forms))


def _joined(data: bytes, is_cut: bool) -> tuple[bytes, bool] | None:
    """The chunks of a body, and whether the last of them is there; None where it is not chunked, whatever its header says."""
    parts: list[bytes] = []
    at = 0
    while (size := _CHUNK.match(data, at)) is not None:
        length = int(size[1], 16)
        if not length:
            return b"".join(parts), True
        part = data[size.end() : size.end() + length]
        end = size.end() + length
        if len(part) < length:
            if not parts and not is_cut:
                return None
            return b"".join((*parts, part)), False
        if data[end : end + 2] == b"\r\n":
            end += 2
        elif data[end : end + 1] == b"\n":
            end += 1
        elif end < len(data):
            if not parts:
                return None
            raise Undecodable(f"the chunked body is broken: a chunk of {length} bytes does not end at byte {end}")
        parts.append(part)
        at = end
    if not parts:
        return None
    if at < len(data):
        raise Undecodable(f"the chunked body is broken: no chunk begins at byte {at}")
    return b"".join(parts), False


def _decoded(data: bytes, coding: str, limits: Limits, is_partial: bool) -> tuple[bytes, bool]:
    if not data:
        return data, True
    if coding in ("gzip", "x-gzip"):
        return (
            _inflated(data, "gzip", zlib.MAX_WBITS | 16, limits, is_partial)
            if data[:2] == b"\x1f\x8b"
            else (data, True)
        )
    if coding == "deflate":
        wrapped = len(data) > 1 and data[0] & 0x0F == 8 and not (data[0] << 8 | data[1]) % 31
        if not wrapped and _is_text(data):
            return data, True
        return _inflated(data, "deflate", zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS, limits, is_partial)
    if coding == "br":
        return _unpacked(data, "br", "brotli", limits, is_partial)
    if coding == "zstd":
        return (
            _unpacked(data, "zstd", "zstandard", limits, is_partial)
            if data[:4] == b"\x28\xb5\x2f\xfd"
            else (data, True)
        )
    if _is_text(data):
        return data, True
    raise Undecodable(f"its content coding {coding[:40]!r} is none that is read here")


def _is_text(data: bytes) -> bool:
    """True for what begins as a page or a text does: its coding was taken off by whoever archived it."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:1] == b"<" or (bool(start) and not start.translate(None, bytes(range(0x20, 0x7F)) + b"\t\r\n"))


def _inflated(data: bytes, name: str, bits: int, limits: Limits, is_partial: bool) -> tuple[bytes, bool]:
    out: list[bytes] = []
    size = at = 0
    while at < len(data):
        stream = zlib.decompressobj(bits)
        try:
            while at < len(data) and not stream.eof:
                feed = data[at : at + _FEED_BYTES]
                out.append(stream.decompress(feed))
                at += len(feed) - len(stream.unused_data)
                size += len(out[-1])
                _check(size, len(data), name, limits)
        except zlib.error as error:
            if size and is_partial:
                return b"".join(out), False
            raise Undecodable(f"its content coding {name} is broken ({error})") from None
        if not stream.eof:
            return _ended(out, name, is_partial), False
        if bits < 0 or data[at : at + 2] != b"\x1f\x8b":
            break
    return b"".join(out), True


def _ended(out: list[bytes], name: str, is_partial: bool) -> bytes:
    if not is_partial:
        raise Undecodable(f"its content coding {name} ends too early (truncated)")
    return b"".join(out)


def _unpacked(data: bytes, name: str, package: str, limits: Limits, is_partial: bool) -> tuple[bytes, bool]:
    """What a package of somebody else unpacks, a little at a time."""
    try:
        module: Any = import_module(package)
    except ImportError:
        if _is_text(data):
            return data, True
        raise Undecodable(f"its content coding is {name}: pip install {package}, and ingest the file again") from None
    stream = module.Decompressor() if name == "br" else module.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    pieces = _of_brotli(stream, data) if name == "br" else map(stream.decompress, _feeds(data))
    errors: Any = module.error if name == "br" else module.ZstdError
    out: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            out.append(piece)
            size += len(piece)
            _check(size, len(data), name, limits)
            if stream.is_finished() if name == "br" else stream.eof:
                return b"".join(out), True
    except errors as error:
        if _is_text(data):
            return data, True
        if size and is_partial:
            return b"".join(out), False
        raise Undecodable(f"its content coding {name} is broken ({error})") from None
    if _is_text(data):
        return data, True
    return _ended(out, name, is_partial), False


def _feeds(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _FEED_BYTES] for at in range(0, len(data), _FEED_BYTES))


def _of_brotli(stream: Any, data: bytes) -> Iterator[bytes]:
    """What comes out, a piece at a time: some bytes of brotli may stand for 16 MiB."""
    for feed in _feeds(data):
        yield stream.process(feed, output_buffer_limit=_PIECE_BYTES)
        while not stream.can_accept_more_data():
            yield stream.process(b"", output_buffer_limit=_PIECE_BYTES)


def _check(size: int, packed: int, name: str, limits: Limits) -> None:
    if size > limits.value_bytes:
        raise Undecodable(
            f"its content coding {name} unpacks to more than {limits.value_bytes} bytes; at most that many are read"
            f"{raised('value_bytes')}"
        )
    if size > FREE_BYTES and size > limits.expansion * packed:
        raise Undecodable(f"its content coding {name} is no data: {limits.beyond(size, packed)}")
