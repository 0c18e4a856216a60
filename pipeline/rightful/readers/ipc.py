"""What a message of an Arrow IPC stream would take in memory, told from its metadata before it is read. Floor 2: the readers.

A message is a length, a flatbuffer and a body; the buffers of a compressed body begin with the size that they unpack to, which
Arrow allocates before it knows better. Only what is asked here is parsed.

Sources: https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format, ``Message.fbs`` (the numbers of fields)
and https://flatbuffers.dev/internals/
"""

from __future__ import annotations

import io
import struct

_CONTINUES = 0xFFFFFFFF
_MOST_METADATA = 64 << 20
"""Longer than the schema of any table that anybody has."""
_DICTIONARY, _BATCH = 2, 3
_BUFFER = struct.Struct("<qq")


class Malformed(Exception):
    """What stands in a stream is no message."""


def coming(opened: io.BufferedReader, size: int) -> int | None:
    """How many bytes the buffers of the next batch have in memory, those of the dictionaries before it included; the file, of
    ``size`` bytes, is left where it stood. None at the end of the stream. Raises :class:`Malformed`.
    """
    start = opened.tell()
    try:
        unpacked = 0
        while True:
            metadata, body = _message(opened, size)
            if metadata is None:
                return None
            kind, more = _measured(opened, metadata, body)
            unpacked += more
            if kind != _DICTIONARY:
                return unpacked
            opened.seek(body + _long(metadata, _root(metadata), 3))
    except (struct.error, IndexError):
        raise Malformed("a message whose metadata is damaged") from None
    finally:
        opened.seek(start)


def _message(opened: io.BufferedReader, size: int) -> tuple[bytes | None, int]:
    """The metadata of the message that begins here, and where its body does; None at the end of the stream."""
    first = opened.read(4)
    if not first:
        return None, 0  # a stream may end without saying so
    if len(first) == 4 and int.from_bytes(first, "little") == _CONTINUES:
        first = opened.read(4)
    if len(first) < 4:
        raise Malformed("it ends in the midst of a message")
    length = int.from_bytes(first, "little")
    if not length:
        return None, 0
    if length > min(_MOST_METADATA, size):
        raise Malformed("what should be a message is none")
    metadata = opened.read(length)
    body = opened.tell()
    if len(metadata) < length or not 0 <= _long(metadata, _root(metadata), 3) <= size - body:
        raise Malformed("it ends in the midst of a message")
    return metadata, body


def _measured(opened: io.BufferedReader, metadata: bytes, body: int) -> tuple[int, int]:
    """The kind of a message, and how many bytes its buffers have in memory."""
    root = _root(metadata)
    at = _field(metadata, root, 1)
    kind = metadata[at] if at else 0
    if kind not in (_DICTIONARY, _BATCH):
        return kind, 0
    batch = _table(metadata, root, 2)
    if kind == _DICTIONARY:
        batch = _table(metadata, batch, 1)
    vector = _table(metadata, batch, 2)
    compressed = bool(_field(metadata, batch, 3))
    unpacked = 0
    for number in range(struct.unpack_from("<I", metadata, vector)[0]):
        offset, length = _BUFFER.unpack_from(metadata, vector + 4 + _BUFFER.size * number)
        if offset < 0 or length < 0:
            raise Malformed("a buffer of negative length")
        unpacked += max(length, _unpacked(opened, body + offset) if compressed and length >= 8 else 0)
    return kind, unpacked


def _unpacked(opened: io.BufferedReader, at: int) -> int:
    """What a compressed buffer unpacks to; -1 stands for one that is not."""
    opened.seek(at)
    return int.from_bytes(opened.read(8), "little", signed=True)


def _root(buffer: bytes) -> int:
    return int(struct.unpack_from("<I", buffer, 0)[0])


def _field(buffer: bytes, table: int, number: int) -> int:
    """Where a field of a table lies; 0 where it has its default."""
    vtable = table - struct.unpack_from("<i", buffer, table)[0]
    size = struct.unpack_from("<H", buffer, vtable)[0]
    entry = 4 + 2 * number
    offset = struct.unpack_from("<H", buffer, vtable + entry)[0] if entry < size else 0
    return table + offset if offset else 0


def _table(buffer: bytes, table: int, number: int) -> int:
    """Where the table or vector lies that a field refers to. Raises :class:`Malformed` where it refers to none."""
    at = _field(buffer, table, number)
    if not at:
        raise Malformed("a message without what it is about")
    return int(at + struct.unpack_from("<I", buffer, at)[0])


def _long(buffer: bytes, table: int, number: int) -> int:
    at = _field(buffer, table, number)
    return int(struct.unpack_from("<q", buffer, at)[0]) if at else 0
