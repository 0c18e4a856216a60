"""Groups of copies over which no boundary may run: whom a text follows, and who stands between two sides. Floor 8.

Pure: records are numbers in the order in which they arrived in the store, copies are pairs and groups of numbers. What is
computed of a number depends on earlier ones alone, so nothing that arrives later changes it:

* A text that had no copy when it arrived *begins* a group. Every other one follows the earliest text that it is a copy of,
  and what that one follows: :func:`roots`. The side of a text is that of the text which its group began with.
* A text may be a copy of two earlier texts that lie on different sides. One of the three has to go, and what was there
  before stays: the later text is left out, :func:`straddling`.

The same holds where copies are found late, of two texts that were both there: neither moves, the later one is left out.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NOWHERE = -1
"""The side of what is on none."""


def firsts(n: int, member: Ints, group: Ints) -> Ints:
    """Of ``n`` records the first of the group each is in, itself where it is in none; of several groups what they come to
    together. ``member[i]`` is in ``group[i]``; groups are numbered from 0.

    >>> firsts(4, np.array([3, 1, 1, 2]), np.array([0, 0, 1, 1])).tolist()
    [0, 1, 1, 1]
    """
    first = np.arange(n, dtype=np.int64)
    if not member.size:
        return first
    while True:
        before = first.copy()
        least = np.full(int(group.max()) + 1, n, np.int64)
        np.minimum.at(least, group, first[member])
        np.minimum.at(first, member, least[group])
        first = first[first]
        if np.array_equal(first, before):
            return first


def roots(n: int, one: Ints, other: Ints) -> Ints:
    """Of ``n`` texts, numbered as they arrived, the one that the group of each began with.

    ``one[i]`` and ``other[i]`` are copies. A text follows its earliest copy, if that is earlier than itself.

    >>> roots(5, np.array([2, 1, 4]), np.array([1, 0, 3])).tolist()
    [0, 0, 0, 3, 3]
    """
    follows = np.arange(n, dtype=np.int64)
    np.minimum.at(follows, np.maximum(one, other), np.minimum(one, other))
    while True:
        further = follows[follows]
        if np.array_equal(further, follows):
            return follows
        follows = further


def straddling(sides: Ints, one: Ints, other: Ints, member: Ints, group: Ints) -> Mask:
    """Which texts are left out, because an earlier copy that is not left out lies on another side.

    ``sides[t]`` is that of text ``t``, :data:`NOWHERE` for one that takes no room on any. ``one`` and ``other`` are pairs of
    copies; ``member[i]`` is in ``group[i]``, and all members of a group are copies of each other.

    >>> straddling(np.array([0, 1, 0]), np.array([0, 1]), np.array([2, 2]), np.array([]), np.array([])).tolist()
    [False, False, True]
    """
    out = np.zeros(sides.size, np.bool_)
    earlier = _earlier_elsewhere(sides, one, other)
    groups = _groups_of_several(sides, member, group)
    taken: dict[int, set[int]] = defaultdict(set)
    for text in sorted({*earlier, *groups}):
        side = int(sides[text])
        is_between = any(not out[before] for before in earlier.get(text, ()))
        is_between |= any(taken[of] - {side} for of in groups.get(text, ()))
        if is_between:
            out[text] = True
            continue
        for of in groups.get(text, ()):
            taken[of].add(side)
    return out


def _earlier_elsewhere(sides: Ints, one: Ints, other: Ints) -> dict[int, list[int]]:
    """Of the texts that have some: the earlier copies that lie on another side."""
    earlier: dict[int, list[int]] = defaultdict(list)
    apart = (sides[one] != sides[other]) & (sides[one] != NOWHERE) & (sides[other] != NOWHERE)
    first, second = np.minimum(one[apart], other[apart]), np.maximum(one[apart], other[apart])
    for before, text in zip(first.tolist(), second.tolist(), strict=True):
        earlier[text].append(before)
    return earlier


def _groups_of_several(sides: Ints, member: Ints, group: Ints) -> dict[int, list[int]]:
    """Of the texts that are in some: the groups whose members lie on several sides."""
    of: dict[int, list[int]] = defaultdict(list)
    there = sides[member.astype(np.int64)] != NOWHERE if member.size else np.zeros(0, np.bool_)
    member, group = member[there].astype(np.int64), group[there].astype(np.int64)
    if not member.size:
        return of
    low = np.full(int(group.max()) + 1, sides.max() + 1, np.int64)
    high = np.full(low.size, NOWHERE, np.int64)
    np.minimum.at(low, group, sides[member])
    np.maximum.at(high, group, sides[member])
    several = (low < high)[group]
    for text, number in zip(member[several].tolist(), group[several].tolist(), strict=True):
        of[text].append(number)
    return of
