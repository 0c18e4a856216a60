"""Compiled loops of the near-duplicate search. Floor 5. Imported only where they run, as `stages/shared/shingles.py`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rightful.stages.shared.scan import compiled
from rightful.stages.shared.shingles import _avalanche, _stir

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_LOW = np.uint64(0xFFFFFFFF)


@compiled
def hash_names(data: Bytes, bounds: Ints, out: U64) -> None:
    """A hash of 64 bits of each string."""
    for i in range(out.size):
        h = np.uint64(bounds[i + 1] - bounds[i])
        for at in range(bounds[i], bounds[i + 1]):
            h = _stir(h, np.uint64(data[at]) + np.uint64(1))
        out[i] = _avalanche(h)


@compiled
def band_keys(signatures: U32, bands: int, rows: int, out: U64) -> None:
    """The keys (texts x bands) of the bands of each signature; keys of different bands differ."""
    for i in range(signatures.shape[0]):
        for band in range(bands):
            h = np.uint64(band)
            for k in range(band * rows, (band + 1) * rows):
                h = _stir(h, np.uint64(signatures[i, k]) + np.uint64(1))
            out[i, band] = _avalanche(h)


@compiled
def count_pairs(starts: Ints, limit: int, anchors: int) -> int:
    """How many pairs :func:`bucket_pairs` writes."""
    total = 0
    for i in range(starts.size - 1):
        n = starts[i + 1] - starts[i]
        if n <= limit:
            total += n * (n - 1) // 2
        else:
            total += anchors * (anchors - 1) // 2 + anchors * (n - anchors)
    return total


@compiled
def bucket_pairs(members: U32, starts: Ints, limit: int, anchors: int, out: U64) -> None:
    """The pairs ``first << 32 | second`` of buckets with distinct members in ascending order.

    All pairs up to ``limit`` members; above it each member with the first ``anchors`` of them.
    """
    at = 0
    for i in range(starts.size - 1):
        start, stop = starts[i], starts[i + 1]
        rounds = stop - start
        if rounds > limit:
            rounds = anchors
        for one in range(start, start + rounds):
            high = np.uint64(members[one]) << np.uint64(32)
            for other in range(one + 1, stop):
                out[at] = high | np.uint64(members[other])
                at += 1


@compiled
def agreements(signatures: U32, one: Ints, other: Ints, out: I32) -> None:
    """In how many places the signatures of each pair agree."""
    for i in range(one.size):
        first, second = signatures[one[i]], signatures[other[i]]
        same = 0
        for k in range(first.size):
            same += first[k] == second[k]
        out[i] = same


CROWDED = 64
"""Hashes are spread evenly; where so many of a text have the same high bits they are sorted another way."""


@compiled
def ascending(hashes: U64, starts: Ints, crowded: Mask) -> None:
    """Sort each part of ``hashes``, in place: by the high bits, about two with the same ones, and these by insertion.

    Parts where more than :data:`CROWDED` have the same ones stay as they are and are marked in ``crowded``.
    """
    most = 0
    for i in range(crowded.size):
        most = max(most, starts[i + 1] - starts[i])
    ends, spread = np.empty(2 * most + 2, np.int64), np.empty(most, np.uint64)
    for i in range(crowded.size):
        start, n = starts[i], starts[i + 1] - starts[i]
        crowded[i] = False
        if n < 2:
            continue
        shift, places = np.uint64(63), 2
        while 2 * places < n:
            places *= 2
            shift -= np.uint64(1)
        ends[: places + 1] = 0
        for at in range(start, start + n):
            ends[np.int64(hashes[at] >> shift) + 1] += 1
        for place in range(places):
            crowded[i] |= ends[place + 1] > CROWDED
            ends[place + 1] += ends[place]
        if crowded[i]:
            continue
        for at in range(start, start + n):
            slot = np.int64(hashes[at] >> shift)
            spread[ends[slot]] = hashes[at]
            ends[slot] += 1
        for k in range(n):
            h, at = spread[k], start + k
            while at > start and hashes[at - 1] > h:
                hashes[at] = hashes[at - 1]
                at -= 1
            hashes[at] = h


@compiled
def distinct(hashes: U64, starts: Ints, sizes: Ints) -> int:
    """Drop what repeats in each sorted part of ``hashes`` and close the gaps, in place; the new size of each part into
    ``sizes``. Returns their sum.
    """
    last = 0
    for i in range(sizes.size):
        begin = last
        for at in range(starts[i], starts[i + 1]):
            if last == begin or hashes[at] != hashes[last - 1]:
                hashes[last] = hashes[at]
                last += 1
        sizes[i] = last - begin
    return last


_STEPS = 32


@compiled
def shared(hashes: U64, begins: Ints, sizes: Ints, one: Ints, other: Ints, least: float, out: Ints) -> None:
    """How many hashes the sorted sets of each pair have in common: set ``i`` is ``hashes[begins[i]:begins[i] + sizes[i]]``.

    Where that can no longer be ``least`` of all that they have, what was counted so far.
    """
    for i in range(one.size):
        a, b = begins[one[i]], begins[other[i]]
        a_end, b_end = a + sizes[one[i]], b + sizes[other[i]]
        both = sizes[one[i]] + sizes[other[i]]
        same = 0
        while a < a_end and b < b_end:
            most = same + min(a_end - a, b_end - b)
            if most / (both - most) < least:
                break
            for _ in range(min(_STEPS, a_end - a, b_end - b)):
                x, y = hashes[a], hashes[b]
                same += x == y
                a += x <= y
                b += y <= x
        out[i] = same


@compiled
def unite(parents: I32, pairs: U64) -> None:
    """Join the two of each pair; the parent of a set's first member is itself."""
    for i in range(pairs.size):
        one, other = np.int64(pairs[i] >> np.uint64(32)), np.int64(pairs[i] & _LOW)
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        while parents[other] != other:
            parents[other] = parents[parents[other]]
            other = parents[other]
        if one < other:
            parents[other] = one
        else:
            parents[one] = other


@compiled
def roots(parents: I32) -> None:
    """Point every member at the first of its set. Parents come before their children, so once is enough."""
    for i in range(parents.size):
        parents[i] = parents[parents[i]]


@compiled
def cut(one: Ints, other: Ints, sizes: Ints, most: int, stamps: Ints, out: Ints) -> int:
    """Cut a list of pairs so that the members of each part have a size of ``most`` together, or it is one pair.

    The end of each part into ``out``; returns how many. ``stamps`` has an entry a member, all -1.
    """
    parts, held, start = 0, 0, 0
    for i in range(one.size):
        more = 0
        if stamps[one[i]] < start:
            more += sizes[one[i]]
        if stamps[other[i]] < start:
            more += sizes[other[i]]
        if held + more > most and i > start:
            out[parts] = i
            parts += 1
            start, held = i, 0
            more = sizes[one[i]] + sizes[other[i]]
        stamps[one[i]] = stamps[other[i]] = i
        held += more
    out[parts] = one.size
    return parts + 1


@compiled
def gather(
    starts: Ints, near: I32, similar: Floats, threshold: float, complete: bool, anchor: I32, best: Floats
) -> int:
    """Groups: the anchor of each node into ``anchor`` (its own number: it is one; -1: it is in no group).

    ``near[starts[i]:starts[i + 1]]`` are the neighbours of node ``i``, the most similar first, then by number; nodes
    become anchors in the order of their numbers. ``best`` is the similarity to the anchor. Returns how many
    neighbours were left out of a group because they are not near enough to another member.
    """
    admitted = np.empty(near.size, np.float64)
    left_out = 0
    for node in range(starts.size - 1):
        if anchor[node] >= 0:
            continue
        n = 0
        for at in range(starts[node], starts[node + 1]):
            other, s = near[at], similar[at]
            if anchor[other] >= 0:
                continue
            if complete and n:
                low, high = 0, n  # the members whose nearness to the anchor is not enough begin at `low`
                while low < high:
                    middle = (low + high) // 2
                    if admitted[middle] + s - 1.0 >= threshold:
                        low = middle + 1
                    else:
                        high = middle
                known = 0
                if low < n:
                    for edge in range(starts[other], starts[other + 1]):
                        third = near[edge]
                        known += third != node and anchor[third] == node and best[third] + s - 1.0 < threshold
                if known < n - low:
                    left_out += 1
                    continue
            anchor[other] = node
            best[other] = s
            admitted[n] = s
            n += 1
        if n:
            anchor[node] = node
            best[node] = 1.0
    return left_out
