"""The texts of a batch as one run of bytes, and how often something is true in each. Floor 3; not a stage.

What the stages share so that each of them works on the bytes of a whole batch: blocks that stay in the processor's
cache, truth values packed to one bit a byte of text, and counts per text from them whose cost does not depend on
how often the thing occurs.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.later import later

pc = later("pyarrow.compute")

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

BLOCK_BYTES = 1 << 17
"""What is worked on at once; a multiple of 64, small enough for the masks of a block to stay in the cache."""

REMOVED = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Characters without a width that are no part of a word: soft hyphen, zero-width ones, word joiner, BOM."""

JOINERS = "\u200c\u200d"
"""Those of :data:`REMOVED` that some scripts need to be read as they are meant."""

SPACE, GONE, COMPOSES = 1, 2, 4
"""Kinds of characters: white space, one of :data:`REMOVED`, one that NFC may change or that joins the one before."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The UTF-8 bytes of all texts of a batch, not copied: text ``i`` is ``data[bounds[i]:bounds[i + 1]]``.

    ``bounds`` has one entry more than there are texts and begins with 0, also where the batch is a slice.
    """

    data: Bytes
    bounds: Ints

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> Texts:
        """The column ``text`` of a batch. A missing value counts as an empty text."""
        column = text_column(batch)
        if len(column) == 0:
            return cls(np.empty(0, np.uint8), np.zeros(1, np.int64))
        _, offsets, values = column.buffers()
        bounds = np.frombuffer(offsets, np.int64, len(column) + 1, 8 * column.offset)
        first, last = int(bounds[0]), int(bounds[-1])
        if first == last:
            return cls(np.empty(0, np.uint8), np.zeros(len(column) + 1, np.int64))
        return cls(np.frombuffer(values, np.uint8, last - first, first), bounds - first)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Start and stop of one block after the other; the starts are multiples of 64."""
        for start in range(0, self.data.size, BLOCK_BYTES):
            yield start, min(start + BLOCK_BYTES, self.data.size)

    def begins(self, start: int, stop: int) -> Ints:
        """Where texts begin in ``[start, stop)``, counted from ``start``."""
        low, high = np.searchsorted(self.bounds, [start, stop])
        return self.bounds[low:high] - start


def text_column(batch: pa.RecordBatch) -> pa.Array:
    """The column ``text`` as large_string without missing values."""
    column = batch.column("text")
    if column.type != pa.large_string():
        column = column.cast(pa.large_string())
    return pc.fill_null(column, "") if column.null_count else column


class Marks:
    """One truth value a byte, packed to bits, and its count in each text.

    A rank structure: whole words are counted by popcount and summed up once, the rest of a word is masked. Reading
    and writing go at memory speed whether the marks are rare or dense, unlike lists of positions.
    """

    __slots__ = ("_bits",)

    def __init__(self, size: int) -> None:
        self._bits = np.zeros(((size >> 6) + 1) * 8, np.uint8)

    def put(self, start: int, mask: Mask) -> None:
        """Set the values from ``start`` (a multiple of 8) on."""
        bits = np.packbits(mask, bitorder="little")
        self._bits[start >> 3 : (start >> 3) + bits.size] = bits

    def before(self, positions: Ints) -> Ints:
        """How many are true before each position."""
        words = self._bits.view(np.dtype("<u8"))
        sums = np.zeros(words.size + 1, np.int64)
        np.cumsum(np.bitwise_count(words), out=sums[1:])
        word = positions >> 6
        below = (np.uint64(1) << (positions & 63).astype(np.uint64)) - np.uint64(1)
        result: Ints = sums[word] + np.bitwise_count(words[word] & below)
        return result

    def count(self, bounds: Ints) -> Ints:
        """How many are true in each text."""
        return np.diff(self.before(bounds))


def white_space(data: Bytes, start: int, stop: int) -> Mask:
    """Which bytes of ``data[start:stop]`` belong to white space.

    White space is what ``str.split()`` splits at: the Unicode property White_Space and U+001C-U+001F. Characters
    that lie across ``start`` or ``stop`` are seen.
    """
    low = max(start - 2, 0)
    window = data[low : stop + 2]
    mask: Mask = ((window - 9) < 5) | ((window - 0x1C) < 5)
    spaces, _ = _unusual(window, SPACE)
    mask[spaces] = mask[spaces + 1] = True
    mask[spaces[window[spaces] >= 0xE0] + 2] = True
    return mask[start - low : stop - low]


def _unusual(window: Bytes, wanted: int) -> tuple[Ints, Bytes]:
    """Where characters of more than one byte begin that are of the wanted kinds, and the kind of each.

    First by the first two bytes, which rule out nearly all letters; then by the code point.
    """
    pairs, points = kinds()
    at = np.flatnonzero(window[:-1] >= 0xC2)
    pair = window[at].astype(np.uint16) << 8 | window[at + 1]
    at = at[(pairs[pair] & wanted) != 0]
    at = at[(at + 2 < window.size) | (window[at] < 0xE0)]  # one that the end of the window cuts begins behind stop
    lead = window[at].astype(np.int64)
    second = window[at + 1] & 63
    third = window[np.minimum(at + 2, window.size - 1)] & 63
    point = np.where(lead < 0xE0, (lead & 31) << 6 | second, (lead & 15) << 12 | second.astype(np.int64) << 6 | third)
    kind = np.where(lead < 0xF0, points[point], COMPOSES) & np.uint8(wanted)
    return at[kind != 0], kind[kind != 0]


@functools.cache
def kinds() -> tuple[Bytes, Bytes]:
    """The kinds that begin with each pair of bytes, and of each code point up to U+FFFF. Once per process, 15 ms.

    Of the code points above, emoji (U+1F000-U+1FFFF) and ideographs (U+20000-U+2EFFF) never compose; the others
    may. A text without COMPOSES is in NFC (Unicode Standard Annex 15, section 9: all NFC_QC=Yes, all of class 0).
    """
    points = np.zeros(0x10000, np.uint8)
    points[[*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]] = COMPOSES  # Hangul vowels and finals
    for code in range(0x80, 0x10000):
        char = chr(code)
        if char.isspace():
            points[code] = SPACE
        elif char in REMOVED:
            points[code] = GONE
        elif unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char):
            points[code] = COMPOSES
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            points[int(parts[1], 16)] |= COMPOSES
    pairs = np.zeros(0x10000, np.uint8)
    pairs[0xF000:0xF500] = COMPOSES
    pairs[[0xF09F, *range(0xF0A0, 0xF0AF)]] = 0
    for code in np.flatnonzero(points).tolist():
        first, second = chr(code).encode("utf-8", "surrogatepass")[:2]
        pairs[first << 8 | second] |= points[code]
    return pairs, points
