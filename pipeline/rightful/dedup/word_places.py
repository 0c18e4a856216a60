"""The words of a text with where they stand, and runs of them that two texts share: compiled loops. Floor 5.

A word is what it is for signatures (:class:`rightful.stages.signature.Signature`), hashed here by its lower-case code
points, one at a time. Imported only where passages are looked for: numba takes half a second to load.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rightful.stages.shared.bytes import Bytes, Ints
from rightful.stages.shared.scan import compiled, first_at, part
from rightful.stages.shared.shingles import ALONE, COMPOSES, GONE, MARK, U32, U64, WORD

_POINT = np.uint64((1 << 21) - 1)
_START = np.uint64(0x9E3779B97F4A7C15)
_TIMES = np.uint64(0xC2B2AE3D27D4EB4F)


@part
def _mixed(h: np.uint64) -> np.uint64:
    """The finalizer of MurmurHash3, 64 bits."""
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@compiled
def words(
    data: Bytes,
    points: U32,
    hashes: U64,
    begins: Ints,
    ends: Ints,
    alone: npt.NDArray[np.bool_],
    odd: npt.NDArray[np.bool_],
) -> int:
    """Write hash, first code point and the one behind the last of each word, whether it is a character of a script without
    spaces, and whether it may not be in NFC. Answers how many words there are; the arrays have room for as many as bytes."""
    n, at, place = 0, 0, 0
    inside, single, composes = False, False, False
    h, begun, ended = _START, 0, 0
    while at <= data.size:
        entry, size = np.uint32(0), 1
        if at < data.size:
            c = np.uint32(data[at])
            if c >= 0xF0:
                size, c = 4, c & np.uint32(7)
            elif c >= 0xE0:
                size, c = 3, c & np.uint32(15)
            elif c >= 0xC0:
                size, c = 2, c & np.uint32(31)
            for i in range(1, size):
                if at + i < data.size:
                    c = c << np.uint32(6) | np.uint32(data[at + i] & 63)
            entry = points[c] if c < points.size else np.uint32(0)
        ends_here = not entry & (WORD | MARK | GONE) or bool(entry & ALONE) or (single and bool(entry & WORD))
        if inside and ends_here:
            hashes[n], begins[n], ends[n], alone[n], odd[n] = _mixed(h), begun, ended, single, composes
            n += 1
            inside = False
        if inside and entry & GONE:
            composes = True
        elif entry & WORD or (inside and entry & MARK):
            if not inside:
                inside, single, composes, h, begun = True, bool(entry & ALONE), False, _START, place
            composes |= bool(entry & COMPOSES)
            h = (h ^ (np.uint64(entry) & _POINT)) * _TIMES
            h ^= h >> np.uint64(29)
            ended = place + 1
        at += size
        place += 1
    return n


@compiled
def runs_of(tokens: U64, length: int, out: U64) -> int:
    """The hash of each run of ``length`` words (all of them where they are fewer); answers how many."""
    if tokens.size == 0:
        return 0
    length = min(length, tokens.size)
    n = tokens.size - length + 1
    for i in range(n):
        h = _START
        for j in range(i, i + length):
            h = (h ^ tokens[j]) * _TIMES
            h ^= h >> np.uint64(29)
        out[i] = _mixed(h)
    return n


@part
def _first(keys: U64, starts: Ints, shift: np.uint64, key: np.uint64) -> int:
    """Where ``key`` is first among the sorted keys; -1: nowhere. ``starts`` says where its upper bits begin."""
    low, high = starts[np.int64(key >> shift)], starts[np.int64(key >> shift) + 1]
    low = first_at(keys, key, low, high)
    return low if low < keys.size and keys[low] == key else -1


@compiled
def shared(
    wanted: U64,
    keys: U64,
    places: Ints,
    starts: Ints,
    shift: np.uint64,
    tokens: U64,
    runs: U64,
    n_runs: int,
    length: int,
    most: int,
    out: Ints,
) -> int:
    """The runs of words that ``tokens`` share with ``wanted``, as (first there, first here, words) from ``out`` on; how many.

    ``keys`` are the sorted hashes of the runs of ``length`` of ``wanted``, ``places`` where each begins; ``most`` places of one
    hash are tried. The longest is taken; of several the one that goes on where the one before ended.
    """
    n, i, expected = 0, 0, 0
    while i < n_runs and n < out.shape[0]:
        at = _first(keys, starts, shift, runs[i])
        if at < 0:
            i += 1
            continue
        best, where = 0, 0
        tried = 0
        while at < keys.size and keys[at] == runs[i] and tried < most:
            place = places[at]
            k = 0
            while place + k < wanted.size and i + k < tokens.size and wanted[place + k] == tokens[i + k]:
                k += 1
            nearer = abs(place - expected - i) < abs(where - expected - i)
            if k > best or (k == best and nearer):
                best, where = k, place
            at += 1
            tried += 1
        if best < length:
            i += 1
            continue
        out[n, 0], out[n, 1], out[n, 2] = where, i, best
        n += 1
        expected = where - i
        i += best
    return n


@compiled
def chains(runs: Ints, n: int, gap: int, out: Ints) -> int:
    """Runs that follow each other within ``gap`` words in both texts, as (first there, behind the last there, first here, behind
    the last here, words shared) in ``out``; how many there are."""
    count = 0
    for i in range(n):
        there, here, length = runs[i, 0], runs[i, 1], runs[i, 2]
        if count:
            last = out[count - 1]
            if 0 <= there - last[1] <= gap and 0 <= here - last[3] <= gap:
                last[1], last[3], last[4] = there + length, here + length, last[4] + length
                continue
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = there, there + length, here, here + length
        out[count, 4] = length
        count += 1
    return count
