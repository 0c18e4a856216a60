"""Compiled loops behind signatures: texts to shingle hashes to MinHash values. Floor 3; not a stage.

Imported only where a signature is computed: numba takes half a second to load and its code some more the first time.
The loops see the UTF-8 bytes of a whole batch and never make an object. What a word is stands in :data:`WORD` and its
neighbours, which hold one entry a code point.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.stages.shared.bytes import REMOVED, Bytes, Ints
from rightful.stages.shared.scan import (
    DIGITS,
    HIGH,
    LETTERS,
    WINDOW,
    below,
    compiled,
    high_zeros,
    low_zeros,
    part,
    window,
)

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]


WORD, ALONE, MARK, GONE, COMPOSES = (np.uint32(1 << bit) for bit in range(21, 26))
"""What a code point is, above the 21 bits of its lower case: part of a word; a word of its own (scripts that do not
separate words); a mark that belongs to what is before it; nothing (removed by ``norm_sha256`` too); and: a text with it
may not be in NFC."""

_POINT = np.uint32((1 << 21) - 1)
_END = 0x32400
"""No letters are assigned behind; a code point from here on separates words."""

_UNSEPARATED = (
    *((0x0E01, 0x0E5A), (0x0E81, 0x0EE0), (0x1000, 0x10A0), (0xA9E0, 0xAA00), (0xAA60, 0xAA80)),  # Thai, Lao, Burmese
    *((0x1780, 0x1800), (0x19E0, 0x1A00)),  # Khmer
    *((0x1950, 0x19E0), (0x1A20, 0x1AB0), (0xAA80, 0xAAE0), (0xA980, 0xA9E0), (0x1B00, 0x1B80)),  # Tai, Java, Bali
    *((0x2E80, 0x2FE0), (0x3005, 0x3008), (0x3021, 0x3030), (0x3031, 0x303D), (0x3041, 0x3100)),  # Han, Hiragana, ..
    *((0x3100, 0x3130), (0x31A0, 0x31C0), (0x31F0, 0x3200), (0xFF66, 0xFFA0), (0x1AFF0, 0x1B170)),  # .. Katakana
    *((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, _END)),  # Han
)
"""Scripts that are written without spaces between words, digits of theirs too."""


@functools.cache
def table() -> U32:
    """For each code point its lower case and what it is. Once per process, some 50 ms.

    Letters, digits and the rest are those of the running Python's Unicode; ``str.lower()`` where that is one code
    point, and final sigma as any other, so that it does not matter where in a word the letter stands.
    """
    points = np.arange(_END, dtype=np.uint32)
    for start, stop in ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0x20000, _END)):
        points[start:stop] |= WORD
    for code in (*range(0x3400), *range(0x4DC0, 0x4E00), *range(0xA000, 0xAC00), *range(0xD7A4, 0x20000)):
        points[code] = _entry(code)
    points[0xF900:0xFB00] |= COMPOSES
    points[0x2F800:0x2FA20] |= COMPOSES
    for start, stop in _UNSEPARATED:
        part = points[start:stop]
        part[(part & WORD) != 0] |= ALONE
    points.flags.writeable = False
    return points


def _entry(code: int) -> np.uint32:
    char = chr(code)
    if char in REMOVED:
        return np.uint32(code) | GONE
    category = unicodedata.category(char)
    entry = np.uint32(code)
    if category[0] == "M":
        return entry | MARK | COMPOSES
    if category[0] in "LN" or char == "_":
        lower = char.lower()
        entry = np.uint32(ord(lower if len(lower) == 1 else char)) | WORD
        if char in "\u03c2":
            entry = np.uint32(0x03C3) | WORD
    if 0x1161 <= code < 0x1176 or 0x11A8 <= code < 0x11C3 or not unicodedata.is_normalized("NFC", char):
        entry |= COMPOSES
    return entry


_ONE = np.uint64(1)
_ONES = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_FAR = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_ROLL = np.uint64(0xC2B2AE3D27D4EB4F)
_SEED = np.uint64(0x243F6A8885A308D3)

RING = 64
"""The most words of a shingle."""

AT, END, TOKENS, NARROW, WIDE, EMITTED, FLAGS = range(7)
"""Where in the state of a scan stand: the next byte, the end of the text, the words so far, the sums over the last
words and characters, the shingles so far, and the flags seen."""

STATE = 7


@part
def _load(data: Bytes, loads: U64, at: np.int64) -> np.uint64:
    """The eight bytes from ``at`` on, zeros behind the end of ``data``."""
    value = np.uint64(0)
    if at < loads.size:
        eight: np.uint64 = loads[at]
        return eight
    for i in range(data.size - at):
        value |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return value


@part
def _stir(h: np.uint64, value: np.uint64) -> np.uint64:
    h = (h ^ value) * _MIX
    return h ^ (h >> np.uint64(32))


@part
def _lower(eight: np.uint64) -> np.uint64:
    """Eight bytes of ASCII words in lower case: all but ``_`` have the bit already or get it."""
    lower = eight | (_ONES * np.uint64(0x20))
    return lower ^ (((lower & ~_HIGH) + _ONES) & ~eight & _HIGH) >> np.uint64(2)


@part
def _avalanche(h: np.uint64) -> np.uint64:
    """The finalizer of MurmurHash3, 64 bits."""
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@part
def _power(exponent: int) -> np.uint64:
    value = np.uint64(1)
    for _ in range(exponent):
        value *= _ROLL
    return value


@part
def begin(state: U64, ring: U64, start: int, end: int) -> None:
    """Point a scan at the text ``data[start:end]``."""
    state[:] = 0
    ring[:] = 0
    state[AT] = start
    state[END] = end


_look = window((*LETTERS, *DIGITS, (0x5F, 0x5F)), HIGH)
_WORDS = WINDOW // 2
"""At most so many words are in 64 bytes."""


@part
def scan(
    data: Bytes, loads: U64, points: U32, words: int, characters: int, state: U64, ring: U64, out: U64, room: int
) -> int:
    """Write the hashes of the next shingles, at most ``room`` (> 0), into ``out``; returns how many. 0: none are left.

    A shingle ends at each word that has enough before it: ``words`` words, or ``characters`` of them where it is a
    character of a script without spaces. A text that has none is one shingle of what words it has.
    """
    at, end = np.int64(state[AT]), np.int64(state[END])
    tokens, narrow, wide = np.int64(state[TOKENS]), state[NARROW], state[WIDE]
    flags = np.uint32(state[FLAGS])
    drop_narrow, drop_wide = _power(words), _power(characters)
    count = 0
    while at < end and count < room:
        # What is ASCII, words that are whole in 64 bytes: from word to word. A word that goes on behind them, or is
        # not ASCII, is left to the loops below; so is the last one there is room for.
        if data[at] < 0x80 and room - count >= _WORDS and at + WINDOW + 8 <= data.size:
            left, high = _look(data, at)
            n = min(np.int64(WINDOW), end - at)
            high &= below(n)
            if high:
                n = low_zeros(high)
            left &= below(n)
            if (high or at + n < end) and left >> np.uint64(n - 1) & _ONE:
                n = 64 - high_zeros(~left & below(n))
                left &= below(n)
            elif not high and left:
                n = 64 - high_zeros(left)
            elif not high:
                n = (n + 7) & ~7  # as the loops below: the window of what is picked depends on where a text was left
            while left:
                begins = low_zeros(left)
                size = low_zeros(~(left >> np.uint64(begins)))
                left &= left + (_ONE << np.uint64(begins))
                begins += at
                h = _SEED
                while size >= 8:
                    h = _stir(h, _lower(loads[begins]))
                    begins += 8
                    size -= 8
                kept = _lower(loads[begins]) & ((_ONE << np.uint64(8 * size)) - _ONE)
                token = _stir(_stir(h, kept), np.uint64(size) + _FAR)
                narrow = narrow * _ROLL + token - drop_narrow * ring[(tokens - words) & (RING - 1)]
                wide = wide * _ROLL + token - drop_wide * ring[(tokens - characters) & (RING - 1)]
                ring[tokens & (RING - 1)] = token
                tokens += 1
                out[count] = _avalanche(narrow)
                count += int(tokens >= words)
            if n:
                at += n
                continue
        h, kept, n_kept, found, single = _SEED, np.uint64(0), np.int64(0), False, False
        foreign = False
        while True:  # words of ASCII, eight bytes at a time
            eight = _load(data, loads, at)
            if end - at < 8:
                eight &= (np.uint64(1) << np.uint64(8 * (end - at))) - np.uint64(1)
            low = eight & ~_HIGH
            folded = low | (_ONES * np.uint64(0x20))
            letter = (folded + _ONES * np.uint64(0x80 - 0x61)) & ~(folded + _ONES * np.uint64(0x7F - 0x7A))
            digit = (low + _ONES * np.uint64(0x80 - 0x30)) & ~(low + _ONES * np.uint64(0x7F - 0x39))
            under = (low + _ONES * np.uint64(0x80 - 0x5F)) & ~(low + _ONES * np.uint64(0x7F - 0x5F))
            letter &= _HIGH & ~eight
            word = letter | ((digit | under) & _HIGH & ~eight)
            other = word ^ _HIGH
            lower = eight | (letter >> np.uint64(2))
            if other == 0:
                h = _stir(h, lower)
                found = True
                at += 8
                if at < end:
                    continue
                break
            first = other & (~other + np.uint64(1))
            inside = (first >> np.uint64(7)) - np.uint64(1)  # all bits of the bytes before the first other one
            before = np.int64(((inside & _ONES) * _ONES) >> np.uint64(56))
            if before == 0 and not found:
                if eight & np.uint64(0x80):
                    foreign = True
                    break
                gap = word | (eight & _HIGH)
                if gap == 0:
                    at += 8
                else:
                    first = gap & (~gap + np.uint64(1))
                    inside = (first >> np.uint64(7)) - np.uint64(1)
                    at += np.int64(((inside & _ONES) * _ONES) >> np.uint64(56))
                if at < end:
                    continue
                break
            kept, n_kept, found = lower & inside, before, True
            at += before
            foreign = bool(at < end and data[at] >= 0x80)
            break
        while foreign and at < end:  # one code point at a time, until the word ends
            c = np.uint32(data[at])
            size = 1
            if c >= 0x80:
                if c < 0xE0:
                    size, c = 2, c & np.uint32(31)
                elif c < 0xF0:
                    size, c = 3, c & np.uint32(15)
                else:
                    size, c = 4, c & np.uint32(7)
                if at + size > end:
                    size, c = 1, np.uint32(0x3FFFFF)
                for i in range(1, size):
                    c = c << np.uint32(6) | np.uint32(data[at + i] & 63)
            entry = points[c] if c < points.size else np.uint32(0)
            flags |= entry
            if entry & GONE:
                at += size
                continue
            if entry & ALONE:
                if found:
                    break
                single = True
            elif entry & MARK:
                if not found:
                    at += size
                    continue
            elif not entry & WORD or single:
                if not found:
                    at += size
                break
            at += size
            found = True
            c = entry & _POINT
            bits = 8
            value = np.uint64(c)
            if c >= 0x80:
                bits = 24
                value |= np.uint64(0x800000)
            kept |= value << np.uint64(8 * n_kept)
            n_kept += bits >> 3
            if n_kept >= 8:
                h = _stir(h, kept)
                n_kept -= 8
                kept = value >> np.uint64(bits - 8 * n_kept)
        if found:
            token = _stir(_stir(h, kept), np.uint64(n_kept) + _FAR)
            narrow = narrow * _ROLL + token - drop_narrow * ring[(tokens - words) & (RING - 1)]
            wide = wide * _ROLL + token - drop_wide * ring[(tokens - characters) & (RING - 1)]
            ring[tokens & (RING - 1)] = token
            tokens += 1
            if single:
                if tokens >= characters:
                    out[count] = _avalanche(wide)
                    count += 1
            elif tokens >= words:
                out[count] = _avalanche(narrow)
                count += 1
    if count == 0 and tokens > 0 and state[EMITTED] == 0:
        out[0] = _avalanche(wide if characters > words else narrow)
        count = 1
    state[AT], state[TOKENS], state[NARROW], state[WIDE] = at, tokens, narrow, wide
    state[EMITTED] += np.uint64(count)
    state[FLAGS] = flags
    return count


@compiled
def shingles(
    data: Bytes, loads: U64, bounds: Ints, points: U32, words: int, characters: int, starts: Ints, out: U64
) -> U32:
    """The hashes of the shingles of each text, as they come, from ``starts[i]`` on; ``starts[i + 1]`` is set.

    ``out`` must have room for all of them. Returns the flags of each text.
    """
    state, ring = np.zeros(STATE, np.uint64), np.zeros(RING, np.uint64)
    flags = np.zeros(bounds.size - 1, np.uint32)
    starts[0] = 0
    for i in range(bounds.size - 1):
        begin(state, ring, bounds[i], bounds[i + 1])
        n = starts[i]
        while n < out.size:
            came = scan(data, loads, points, words, characters, state, ring, out[n:], out.size - n)
            if came == 0:
                break
            n += came
        starts[i + 1] = n
        flags[i] = state[FLAGS]
    return flags


_BLOCK = 2048  # hashes that stay in the first-level cache while every permutation passes over them


WINDOW_BYTES = 112
"""So many bytes of text there are about for each shingle that is picked of a long text."""
WIDEST, WIDEST_ALONE = 44, 88
"""The widest window in shingles: of texts whose words have spaces between them, and of those with characters that stand alone.
Any run of as many shingles as the window has one that is picked."""

INDEX, WHERE, ANY = range(3)
"""Where in the state of a picking stand: the shingles so far, which of them is the least of the window, and whether one was
picked."""
RING_PICKED = 128
"""A power of two above the widest window."""


@part
def window_of(size: int, n: int, flags: np.uint32) -> int:
    """The window for a text of which the first ``size`` bytes have ``n`` shingles."""
    widest = WIDEST_ALONE if flags & ALONE else WIDEST
    return max(1, min(widest, 2 * WINDOW_BYTES * n // max(size, 1) - 1))


@part
def pick(hashes: U64, n: int, window: int, state: Ints, ring: U64, out: U64, at: int) -> int:
    """Winnow (Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", 2003): of every
    ``window`` hashes in a row write the least into ``out`` from ``at`` on; one that stays the least is written once.

    ``ring`` keeps the last hashes, :data:`RING_PICKED` of them. Returns where the next one goes.
    """
    for j in range(n):
        i = state[INDEX]
        state[INDEX] = i + 1
        h = hashes[j]
        ring[i & (RING_PICKED - 1)] = h
        least = ring[state[WHERE] & (RING_PICKED - 1)]
        if i == 0 or h < least:
            state[WHERE] = i
        elif state[WHERE] <= i - window:
            best = i - window + 1
            for k in range(best + 1, i + 1):
                if ring[k & (RING_PICKED - 1)] <= ring[best & (RING_PICKED - 1)]:
                    best = k
            state[WHERE] = best
        elif i != window - 1:
            continue
        if i >= window - 1 and at < out.size:
            out[at] = ring[state[WHERE] & (RING_PICKED - 1)]
            state[ANY] = 1
            at += 1
    return at


_BLOCK = 2048  # hashes that stay in the first-level cache while every permutation passes over them


@compiled
def signatures(
    data: Bytes,
    loads: U64,
    bounds: Ints,
    points: U32,
    words: int,
    characters: int,
    a: U32,
    b: U32,
    out: U32,
    n: Ints,
    picked: U64,
    firsts: Ints,
) -> U32:
    """The MinHash values of each text into ``out`` (texts x permutations) and how many shingles it has into ``n``.

    datasketch's scheme ``affine32``: the hash is mixed once by the finalizer of MurmurHash3 (32 bits), then
    ``a * h + b`` modulo 2**32, the least of each permutation. Returns the flags of each text.

    The shingles that are picked of text ``i`` come to stand in ``picked[firsts[i]:firsts[i + 1]]``, where that has room for
    any: at least one of each text that has shingles.
    """
    state, ring = np.zeros(STATE, np.uint64), np.zeros(RING, np.uint64)
    hashes, mixed = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint32)
    flags = np.zeros(bounds.size - 1, np.uint32)
    picking, recent = np.zeros(3, np.int64), np.zeros(RING_PICKED, np.uint64)
    at: Any = np.int64(0)
    for i in range(bounds.size - 1):
        begin(state, ring, bounds[i], bounds[i + 1])
        row = out[i]
        row[:] = np.uint32(0xFFFFFFFF)
        n[i] = 0
        picking[:] = 0
        window = 1
        while True:
            came = scan(data, loads, points, words, characters, state, ring, hashes, _BLOCK)
            if came == 0:
                break
            if picked.size:
                if n[i] == 0:
                    window = window_of(np.int64(state[AT]) - bounds[i], came, np.uint32(state[FLAGS]))
                at = pick(hashes, came, window, picking, recent, picked, at)
            n[i] += came
            for j in range(came):
                h = np.uint32(hashes[j] & np.uint64(0xFFFFFFFF))
                h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
                h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
                mixed[j] = h ^ (h >> np.uint32(16))
            for k in range(a.size):
                times, plus, least = a[k], b[k], row[k]
                for j in range(came):
                    value = np.uint32(times * mixed[j] + plus)
                    least = min(least, value)
                row[k] = least
        if picked.size and n[i] and not picking[ANY] and at < picked.size:
            picked[at] = recent[picking[WHERE] & (RING_PICKED - 1)]
            at += 1
        firsts[i + 1] = at
        flags[i] = state[FLAGS]
    return flags
