"""The bytes of a consumption log: frames with a checksum, document numbers as differences. Floor 8: pure.

A file is :data:`MAGIC`, then frames. A frame is the length of its body (varint), the CRC-32 of the body, begun with that of
the frame before (u32, little-endian: a frame that is missing or moved breaks the chain), and the body. A body begins with
a varint: 0 for an opening, whose rest is JSON; else the step plus 1, whose rest is document numbers, each as the difference
to the one before (the first to 0), zigzag, varint. Varints have seven bits a byte, the lowest first, the high bit set
on all but the last (Protocol Buffers, "Base 128 Varints"; "ZigZag" for signed ones).
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

FORMAT, VERSION = "rightful-consumption", 1
"""What the opening of a log says it is."""
MAGIC = b"RFCONS\x01\n"
OPENING = 0
"""What the body of an opening begins with."""
CHECKSUM = struct.Struct("<I")
MOST_BYTES = 10
"""A varint of 64 bits has at most so many."""

Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def varint(number: int) -> bytes:
    """A number that is not negative, as a varint.

    >>> varint(300).hex()
    'ac02'
    """
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def step_body(step: int, documents: Numbers) -> bytes:
    """The body of a frame that says which documents a step was given, in their order."""
    return varint(step + 1) + pack(np.diff(documents, prepend=0))


def frame(body: bytes, before: int) -> tuple[bytes, int]:
    """A frame, and its checksum, which the next one is begun with. ``before``: that of the frame before, 0 at first."""
    checksum = zlib.crc32(body, before)
    return varint(len(body)) + CHECKSUM.pack(checksum) + body, checksum


def pack(differences: Numbers) -> bytes:
    """Signed numbers as zigzag varints, one after the other. Shape ``(n,)``."""
    if len(differences) < 8:  # a call of numpy costs more than so few numbers
        return b"".join(varint(d << 1 if d >= 0 else (-d << 1) - 1) for d in differences.tolist())
    folded = ((differences << 1) ^ (differences >> 63)).astype(np.uint64)
    lengths = np.ones(len(folded), np.int64)
    for n in range(1, MOST_BYTES):
        lengths += folded >= np.uint64(1 << 7 * n)
    starts = np.cumsum(lengths) - lengths
    out = np.empty(int(lengths.sum()), np.uint8)
    for n in range(int(lengths.max())):
        here = lengths > n
        high = np.where(lengths[here] > n + 1, 128, 0).astype(np.uint8)
        out[starts[here] + n] = ((folded[here] >> np.uint64(7 * n)) & np.uint64(127)).astype(np.uint8) | high
    return out.tobytes()


def unpack(raw: Bytes) -> Numbers:
    """The signed numbers that :func:`pack` wrote. Raises :class:`ValueError` where the bytes end within a number."""
    if not len(raw):
        return np.empty(0, np.int64)
    ends = np.flatnonzero(raw < 128)
    if not len(ends) or ends[-1] != len(raw) - 1:
        raise ValueError("ends within a number")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    most = int(lengths.max())
    if most > MOST_BYTES:
        raise ValueError(f"has a number of {most} bytes")
    folded = np.zeros(len(ends), np.uint64)
    for n in range(most):
        here = np.flatnonzero(lengths > n)
        folded[here] |= (raw[starts[here] + n] & np.uint8(127)).astype(np.uint64) << np.uint64(7 * n)
    return (folded >> np.uint64(1)).astype(np.int64) ^ -(folded & np.uint64(1)).astype(np.int64)


def documents_of(region: Bytes, starts: Numbers, stops: Numbers) -> tuple[Numbers, Numbers]:
    """The documents of many frames at once, and how many each has.

    ``region``: bytes of a file; ``starts`` and ``stops``, shape ``(n,)``: where in it the numbers of each frame lie, ascending and
    apart. Raises :class:`ValueError` where a frame ends within a number.
    """
    edges = np.zeros(len(region) + 1, np.int32)
    np.add.at(edges, starts, 1)
    np.add.at(edges, stops, -1)
    within = np.cumsum(edges[:-1]) > 0
    raw = region[within]
    stop = np.cumsum(stops - starts)
    filled = stop[(stops > starts)]
    if len(filled) and bool((raw[filled - 1] >= 128).any()):
        raise ValueError("ends within a number")
    numbers_before = np.concatenate([[0], np.cumsum(raw < 128)])
    last = numbers_before[stop]
    counts = np.diff(last, prepend=0)
    running = np.concatenate([[0], np.cumsum(unpack(raw))])
    return running[1:] - np.repeat(running[last - counts], counts), counts


def number_at(raw: Any, at: int) -> tuple[int, int]:
    """The varint that begins at a byte, and where it ends. Raises :class:`IndexError` past the end, :class:`ValueError` for none."""
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("has a number of more than 64 bits")
