"""White space by the rule behind ``norm_sha256``, compiled: rules 4 and 5 on the bytes of a batch. Floor 3; not a stage.

Only :mod:`rightful.stages.normalize` imports this, and only when it runs: numba takes half a second to load. The rule in
plain Python, which says the same of every text, is :mod:`rightful.stages.shared.normal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rightful.stages.shared.bytes import COMPOSES, GONE, SPACE, Bytes, Ints, Texts, kinds
from rightful.stages.shared.scan import compiled, part

SAME, HAS_GONE, MAY_COMPOSE, INDENTED = 1, 2, 4, 8
"""What is true of a text: nothing changes; it has characters to remove; it may not be in NFC; lines of what comes out are
indented."""


def collapsed(texts: Texts) -> tuple[Bytes, Ints, Bytes]:
    """All texts with white space collapsed, one behind the other; where each begins and the last ends; what is true of each."""
    out = np.empty(texts.data.size, np.uint8)
    bounds = np.zeros(len(texts) + 1, np.int64)
    truths = np.zeros(len(texts), np.uint8)
    if texts.data.size:
        _collapse(texts.data, texts.bounds, *kinds(), out, bounds, truths)
    else:
        truths[:] = SAME
    return out, bounds, truths


def flatten(data: Bytes, bounds: Ints, truths: Bytes) -> Ints:
    """Write the indented ones of collapsed texts with a blank in the place of every indentation where all of them stood, and
    nothing of the others; the bounds of all."""
    which = (truths & INDENTED) != 0
    ends = np.zeros(bounds.size, np.int64)
    if which.any():
        _flatten(data, bounds, which, data, ends)  # what is written is never longer than what was read
    return ends


@part
def _white(data: Any, i: int, stop: int, pairs: Any, points: Any) -> tuple[int, int]:
    """How many bytes the character at ``i`` has where it is white space, else 0; and its kind, where it begins with
    0xC2 or more.
    """
    byte = data[i]
    if byte < 0x80:
        return (1 if byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31 else 0), 0
    if byte < 0xC2 or i + 1 >= stop:
        return 0, 0
    kind = pairs[np.int64(byte) << 8 | data[i + 1]]
    if kind == 0:
        return 0, 0
    if byte >= 0xF0:
        return 0, kind
    second = np.int64(data[i + 1] & 63)
    if byte < 0xE0:
        kind = points[np.int64(byte & 31) << 6 | second]
        return (2 if kind & SPACE else 0), kind
    if i + 2 >= stop:
        return 0, 0
    kind = points[np.int64(byte & 15) << 12 | second << 6 | np.int64(data[i + 2] & 63)]
    return (3 if kind & SPACE else 0), kind


@part
def _margin(data: Any, start: int, stop: int, pairs: Any, points: Any) -> int:
    """How many blanks and tabs all lines of a text that say something begin with."""
    margin, first = -1, 0
    i = start
    while i < stop:
        begin = i
        while i < stop and (data[i] == 32 or data[i] == 9):
            i += 1
        size = i - begin
        says = False
        while i < stop and not 10 <= data[i] <= 13:
            if not says:
                width, _ = _white(data, i, stop, pairs, points)
                if width > 0:
                    i += width
                    continue
                says = True
                if margin == 0 or size == 0:
                    return 0
            i += 1
        i += 1
        if not says:
            continue
        if margin < 0:
            margin, first = size, begin
            continue
        same = 0
        while same < margin and same < size and data[first + same] == data[begin + same]:
            same += 1
        margin = same
        if margin == 0:
            return 0
    return max(margin, 0)


@compiled
def _collapse(data: Any, bounds: Any, pairs: Any, points: Any, out: Any, ends: Any, truths: Any) -> None:
    o = np.int64(0)
    for text in range(bounds.size - 1):
        i, stop, start = bounds[text], bounds[text + 1], o
        truth, margin, same = np.int64(0), -1, True
        while i < stop:
            byte = data[i]
            while 32 < byte < 0x80:
                out[o] = byte
                o += 1
                i += 1
                if i == stop:
                    break
                byte = data[i]
            if i == stop:
                break
            if (byte == 32 or byte == 10) and o > start and i + 1 < stop and 32 < data[i + 1] < 0x80:  # most of it
                out[o] = 32
                o += 1
                i += 1
                same = same and byte == 32
                continue
            width, kind = _white(data, i, stop, pairs, points)
            if width == 0:
                truth |= (kind & GONE) | (kind & COMPOSES)
                out[o] = byte
                o += 1
                i += 1
                continue
            run, broken = i, np.int64(-1)
            while width > 0:
                if 10 <= data[i] <= 13:
                    broken = i
                i += width
                if i >= stop:
                    break
                byte = data[i]
                if 32 < byte < 0x80:
                    break
                if byte == 32:
                    width = 1
                else:
                    width, _ = _white(data, i, stop, pairs, points)
            if o == start or i >= stop:
                same = False
                continue
            indent = broken + 1
            if broken >= 0:
                while indent < i and (data[indent] == 32 or data[indent] == 9):
                    indent += 1
                indent -= broken + 1
            if indent > 0 and margin < 0:
                margin = _margin(data, bounds[text], stop, pairs, points)
            if indent > margin and indent > 0:
                same = same and data[run] == 10 and i - run == 1 + indent - margin
                out[o] = 10
                o += 1
                for at in range(broken + 1 + margin, broken + 1 + indent):
                    out[o] = data[at]
                    o += 1
                truth |= INDENTED
            else:
                same = same and data[run] == 32 and i - run == 1
                out[o] = 32
                o += 1
        truths[text] = truth | (SAME if same else 0)
        ends[text + 1] = o


@compiled
def _flatten(data: Any, bounds: Any, which: Any, out: Any, ends: Any) -> None:
    o = np.int64(0)
    for text in range(bounds.size - 1):
        if which[text]:
            i, stop = bounds[text], bounds[text + 1]
            while i < stop:
                byte = data[i]
                if byte == 10:
                    byte = np.uint8(32)
                    while i + 1 < stop and (data[i + 1] == 32 or data[i + 1] == 9):
                        i += 1
                out[o] = byte
                o += 1
                i += 1
        ends[text + 1] = o
