"""Groups of copies: what arrives later moves nothing, and nothing straddles."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.export.planning.groups import NOWHERE, Ints, firsts, roots, straddling

NONE = np.zeros(0, np.int64)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[int, Ints, Ints, Ints, Ints, Ints]:
    """Texts, pairs of copies, groups of copies, and the side that each text would have of itself."""
    n = draw(st.integers(2, 14))
    numbers = st.integers(0, n - 1)
    pairs = draw(st.lists(st.tuples(numbers, numbers), max_size=20))
    groups = draw(st.lists(st.sets(numbers, min_size=2, max_size=5), max_size=4))
    own = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    one, other = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    member = np.array([m for group in groups for m in sorted(group)], np.int64)
    number = np.array([g for g, group in enumerate(groups) for _ in group], np.int64)
    return n, one, other, member, number, np.array(own, np.int64)


def placed(n: int, one: Ints, other: Ints, member: Ints, number: Ints, own: Ints) -> Ints:
    """The side of each of the first ``n`` texts, from what is known of these alone."""
    known, within = (one < n) & (other < n), member < n
    sides = own[roots(n, one[known], other[known])]
    out = straddling(sides, one[known], other[known], member[within], number[within])
    return np.where(out, NOWHERE, sides)


@given(arrivals())
@settings(max_examples=200)
def test_no_two_copies_are_on_two_sides(drawn: tuple[int, Ints, Ints, Ints, Ints, Ints]) -> None:
    _, one, other, member, number, _ = drawn
    sides = placed(*drawn)
    for a, b in zip(one, other, strict=True):
        assert sides[a] == sides[b] or NOWHERE in (sides[a], sides[b])
    for group in set(number.tolist()):
        assert len(set(sides[member[number == group]].tolist()) - {NOWHERE}) <= 1


@given(arrivals())
@settings(max_examples=200)
def test_what_arrives_later_changes_nothing(drawn: tuple[int, Ints, Ints, Ints, Ints, Ints]) -> None:
    n, *known, own = drawn
    whole = placed(n, *known, own)
    for before in range(1, n):
        assert placed(before, *known, own[:before]).tolist() == whole[:before].tolist()


@given(arrivals(), st.data())
@settings(max_examples=100)
def test_copies_found_late_move_nothing_and_straddle_nowhere(
    drawn: tuple[int, Ints, Ints, Ints, Ints, Ints], data: st.DataObject
) -> None:
    n, one, other, member, number, own = drawn
    late = np.array(data.draw(st.lists(st.booleans(), min_size=one.size, max_size=one.size)), np.bool_)
    sides = own[roots(n, one[~late], other[~late])]
    before = np.where(straddling(sides, one[~late], other[~late], NONE, NONE), NOWHERE, sides)
    after = np.where(straddling(sides, one, other, member, number), NOWHERE, sides)
    stays = (before != NOWHERE) & (after != NOWHERE)
    assert before[stays].tolist() == after[stays].tolist()
    for a, b in zip(one, other, strict=True):
        assert after[a] == after[b] or NOWHERE in (after[a], after[b])


def test_a_bridge_is_left_out_and_what_it_joins_stays() -> None:
    sides = np.array([0, 1, 0, 1])
    out = straddling(sides, np.array([0, 1, 3]), np.array([2, 2, 1]), NONE, NONE)
    assert out.tolist() == [False, False, True, False]


def test_what_is_nowhere_keeps_nobody_out() -> None:
    assert not straddling(np.array([NOWHERE, 1]), np.array([0]), np.array([1]), NONE, NONE).any()
    assert not straddling(np.array([NOWHERE, 1]), NONE, NONE, np.array([0, 1]), np.array([0, 0])).any()


def test_chain_of_copies_follows_its_beginning() -> None:
    n = 5000
    one = np.arange(n - 1)
    assert not roots(n, one, one + 1).any()
    assert not firsts(n, np.concatenate([one, one + 1]), np.concatenate([one, one])).any()
