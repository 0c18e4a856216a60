"""Compiled loops behind decontamination: the n-grams of items, and those of texts that are among them. Floor 3; not a stage.

A text is the hashes of its words, 64 bits each, an n-gram the polynomial hash of some in a row. No loop makes an object.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rightful.stages.shared.scan import compiled, first_at, part

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]

_ROLL = np.uint64(0x9E6C63D0876A9A47)
_ONE = np.uint64(1)
_LENGTH_BITS = 7


@part
def _mixed(h: np.uint64) -> np.uint64:
    """The finalizer of MurmurHash3, 64 bits."""
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@part
def _polynomial(tokens: U64, start: int, stop: int) -> np.uint64:
    value = np.uint64(0)
    for i in range(start, stop):
        value = value * _ROLL + tokens[i]
    return value


@compiled
def whole(tokens: U64, bounds: Ints) -> U64:
    """The hash of each passage."""
    out = np.empty(bounds.size - 1, np.uint64)
    for p in range(out.size):
        out[p] = _mixed(_polynomial(tokens, bounds[p], bounds[p + 1]) + np.uint64(bounds[p + 1] - bounds[p]))
    return out


@compiled
def ngrams(
    tokens: U64, alone: Mask, bounds: Ints, chosen: Mask, ngram: int, characters: int, min_words: int
) -> tuple[U64, Ints, Ints]:
    """The n-grams of the chosen passages: hash, last word (counted through all passages) and number of words.

    One ends at each word that has enough before it. A passage without any is one n-gram of all it has, if it has
    ``min_words``, of which ``characters`` count as ``ngram``.
    """
    keys, ends, lengths = (
        np.empty(tokens.size, np.uint64),
        np.empty(tokens.size, np.int64),
        np.empty(tokens.size, np.int64),
    )
    n = 0
    for p in range(bounds.size - 1):
        start, stop = bounds[p], bounds[p + 1]
        if not chosen[p]:
            continue
        before, n_alone = n, 0
        for i in range(start, stop):
            n_alone += alone[i]
            need = characters if alone[i] else ngram
            if i + 1 - start >= need:
                keys[n], ends[n], lengths[n] = _mixed(_polynomial(tokens, i + 1 - need, i + 1)), i, need
                n += 1
        weight = (stop - start - n_alone) * characters + n_alone * ngram
        if n == before and weight >= min_words * characters:
            keys[n], ends[n], lengths[n] = _mixed(_polynomial(tokens, start, stop)), stop - 1, stop - start
            n += 1
    return keys[:n].copy(), ends[:n].copy(), lengths[:n].copy()


@compiled
def covers(ends: Ints, lengths: Ints, owner: Ints, n: int) -> Ints:
    """How many words of each passage its n-grams cover; they come in the order in which they end."""
    out = np.zeros(n, np.int64)
    low = np.int64(1) << np.int64(62)
    for i in range(ends.size - 1, -1, -1):
        start = ends[i] + 1 - lengths[i]
        if start < low:
            out[owner[i]] += min(ends[i] + 1, low) - start
            low = start
    return out


@part
def _power(exponent: int) -> np.uint64:
    value = _ONE
    for _ in range(exponent):
        value *= _ROLL
    return value


@part
def _ones(window: np.uint64) -> np.int64:
    count = np.int64(0)
    while window:
        count += np.int64(window & _ONE)
        window >>= _ONE
    return count


@compiled
def _put(values: Ints, n: int, value: int) -> Ints:
    """The array with ``value`` at ``n``; a longer one where it is full."""
    if n == values.size:
        more = np.empty(2 * n, np.int64)
        more[:n] = values
        values = more
    values[n] = value
    return values


@part
def _pattern(h: np.uint64) -> np.uint64:
    """Four of 64 bits; which number they are in, the upper half of ``h`` says."""
    value = np.uint64(0)
    for _ in range(4):
        value |= _ONE << (h & np.uint64(63))
        h >>= np.uint64(6)
    return value


@compiled
def bloom(tokens: U64, ends: Ints, least: int, size: int) -> U64:
    """The Bloom filter (``size`` numbers, a power of two) of the last ``least`` words of n-grams."""
    bits = np.zeros(size, np.uint64)
    for end in ends:
        h = _mixed(_polynomial(tokens, end + 1 - least, end + 1))
        bits[np.int64(h >> np.uint64(32)) & (size - 1)] |= _pattern(h)
    return bits


@part
def _place(keys: U64, key: np.uint64) -> int:
    """Where ``key`` is among the sorted keys; -1: nowhere."""
    low = first_at(keys, key, 0, keys.size)
    return low if low < keys.size and keys[low] == key else -1


@compiled
def search(
    tokens: U64, starts: Ints, least: int, used: Mask, bits: U64, keys: U64, lengths: Ints, seen: Ints, covered: Ints
) -> tuple[Ints, Ints]:
    """The different n-grams of each text that are looked for, and where those of each text begin; sets ``covered``.

    ``used`` says which lengths there are, and ``seen`` is as many zeros as there are keys. The covered words are
    counted as they leave a window of the last 64, one bit each.
    """
    hits, n = np.empty(64, np.int64), 0
    firsts = np.zeros(starts.size, np.int64)
    longest, drop = np.flatnonzero(used)[-1], _power(least)
    for text in range(starts.size - 1):
        start, stop = starts[text], starts[text + 1]
        last, window, count = np.uint64(0), np.uint64(0), np.int64(0)
        for i in range(start, stop):
            count += np.int64(window >> np.uint64(63))
            window <<= _ONE
            last = last * _ROLL + tokens[i]
            size = i + 1 - start
            if size < least:
                continue
            if size > least:
                last -= drop * tokens[i - least]
            h = _mixed(last)
            pattern = _pattern(h)
            if bits[np.int64(h >> np.uint64(32)) & (bits.size - 1)] & pattern != pattern:
                continue
            value, power = last, drop
            for length in range(least, min(longest, size) + 1):
                if length > least:
                    value += power * tokens[i + 1 - length]
                    power *= _ROLL
                if not used[length]:
                    continue
                place = _place(keys, _mixed(value))
                if place < 0 or lengths[place] != length:
                    continue
                window |= ~np.uint64(0) >> np.uint64(64 - length)
                if seen[place] != text + 1:
                    seen[place] = text + 1
                    hits = _put(hits, n, place)
                    n += 1
        covered[text] = count + _ones(window)
        firsts[text + 1] = n
    return hits[:n].copy(), firsts


@compiled
def score(
    hits: Ints,
    firsts: Ints,
    lengths: Ints,
    starts: Ints,
    ends: Ints,
    bounds: Ints,
    sets: Ints,
    wanted: Ints,
    threshold: np.float32,
    best: Ints,
    share: F32,
    reached: Mask,
) -> None:
    """Set for each text with hits the passage with the largest share (of several the first), and the sets reached."""
    for text in range(firsts.size - 1):
        first, stop = firsts[text], firsts[text + 1]
        if first == stop:
            continue
        n = 0
        for i in range(first, stop):
            n += starts[hits[i] + 1] - starts[hits[i]]
        there, n = np.empty(n, np.int64), 0
        for i in range(first, stop):
            for j in range(starts[hits[i]], starts[hits[i] + 1]):
                there[n] = ends[j] << _LENGTH_BITS | lengths[hits[i]]
                n += 1
        there.sort()
        passage, low, found = np.int64(-1), np.int64(0), np.int64(0)
        for i in range(n - 1, -2, -1):
            end = there[i] >> _LENGTH_BITS if i >= 0 else np.int64(-1)
            if passage >= 0 and end < bounds[passage]:
                part = np.float32(found / wanted[passage])
                if part >= share[text]:
                    best[text], share[text] = passage, part
                if part >= threshold:
                    reached[text, sets[passage]] = True
                passage = np.int64(-1)
            if passage < 0 and i >= 0:
                passage = np.searchsorted(bounds, end, side="right") - 1
                low, found = bounds[passage + 1], np.int64(0)
            begin = end + 1 - (there[i] & ((1 << _LENGTH_BITS) - 1)) if i >= 0 else low
            if begin < low:
                found += min(end + 1, low) - begin
                low = begin
