"""Which code points of a run of UTF-8 are new to the running Python, or may be changed by NFC. Floor 8.

Worked out for blocks of 64 code points as they are met, so that a process begins at once: most texts are of some hundred
blocks, and all of Unicode takes most of a second.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt

UNASSIGNED, COMPOSES = 1, 2
"""A code point has no meaning yet; NFC may change it or what is before it. A text without the latter is in NFC (Unicode
Standard Annex 15, section 9)."""

_KNOWN = 4
_POINTS = np.zeros(0x110000, np.uint8)
_BLOCKS = np.zeros(0x110000 >> 6, np.uint8)
_WINDOW_BYTES = 1 << 20
_JOINING = frozenset((*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)))
"""Hangul vowels and finals."""


def unusual(data: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where in valid UTF-8 (bytes) a code point begins that is :data:`UNASSIGNED` or :data:`COMPOSES`, and which of them.

    >>> [found.tolist() for found in unusual(np.frombuffer("a\u0301 \u4e00".encode(), np.uint8))]
    [[1], [2]]
    """
    places, kinds = [np.empty(0, np.int64)], [np.empty(0, np.uint8)]
    for start in range(0, data.size, _WINDOW_BYTES):
        at, kind = _in_window(data[start : start + _WINDOW_BYTES + 3], min(_WINDOW_BYTES, data.size - start))
        places.append(at + start)
        kinds.append(kind)
    return np.concatenate(places), np.concatenate(kinds)


def _in_window(window: npt.NDArray[np.uint8], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Of code points that begin in the first ``size`` bytes; what follows these is there to read them to the end."""
    at = np.flatnonzero(window[:size] >= 0xC2)
    if not at.size:
        return at, np.empty(0, np.uint8)
    lead = window[at]
    second, third = (window[np.minimum(at + n, window.size - 1)].astype(np.int32) & 63 for n in (1, 2))
    lead32 = lead.astype(np.int32)
    block = np.where(lead < 0xE0, lead32 & 31, (lead32 & 15) << 6 | second)
    four = lead >= 0xF0
    if four.any():
        block = np.where(four, (lead32 & 7) << 12 | second << 6 | third, block)
    _learn(block)
    some = (_BLOCKS[block] & ~np.uint8(_KNOWN)) != 0
    at, block, lead = at[some], block[some], lead[some]
    width = 1 + (lead >= 0xE0).astype(np.int64) + (lead >= 0xF0)
    kind = _POINTS[block << 6 | window[np.minimum(at + width, window.size - 1)].astype(np.int32) & 63]
    return at[kind != 0], kind[kind != 0]


def _learn(blocks: npt.NDArray[np.int32]) -> None:
    """Look at all code points of the blocks that were not met before. Threads may do the same at once: it is the same."""
    met = np.zeros(len(_BLOCKS), np.bool_)
    met[blocks] = True
    for block in np.flatnonzero(met & (_BLOCKS == 0)).tolist():
        kinds = np.array([_kind(code) for code in range(block << 6, (block + 1) << 6)], np.uint8)
        _POINTS[block << 6 : (block + 1) << 6] = kinds
        _BLOCKS[block] = np.bitwise_or.reduce(kinds) | _KNOWN


def _kind(code: int) -> int:
    category = unicodedata.category(chr(code))
    if category == "Cn":
        return UNASSIGNED
    if category[0] == "M" or code in _JOINING or not unicodedata.is_normalized("NFC", chr(code)):
        return COMPOSES
    return 0
