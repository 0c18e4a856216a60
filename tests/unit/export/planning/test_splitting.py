"""Splits as they are asked for: shares of digests, periods, sources; and what cannot be one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.export.planning.groups import NOWHERE
from rightful.export.planning.splitting import SOURCE, TIME, Split, split_of

THREE = "train=.98,validation=.01,test=.01"


def asked(words: str, by: str | None = None) -> Split:
    """The split; there is one."""
    split = split_of(words, by)
    assert split is not None
    return split


def test_shares_are_held_by_many_keys() -> None:
    sides = asked("train=.9,validation=.06,test=.04").sides_of_keys([f"key {n}" for n in range(20_000)])
    shares = np.bincount(sides) / sides.size
    assert np.allclose(shares, [0.9, 0.06, 0.04], atol=0.01)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=30), st.integers(0, 29))
@settings(max_examples=50)
def test_side_of_a_key_depends_on_nothing_else(keys: list[str], n: int) -> None:
    split = asked(THREE)
    key = keys[n % len(keys)]
    assert split.sides_of_keys(keys)[n % len(keys)] == split.side_of_key(key) == asked(THREE).side_of_key(key)


def test_larger_held_out_shares_take_from_train_alone() -> None:
    keys = [f"key {n}" for n in range(5000)]
    before, after = asked("train=.9,test=.1").sides_of_keys(keys), asked("train=.8,test=.2").sides_of_keys(keys)
    assert set(zip(before.tolist(), after.tolist(), strict=True)) == {(0, 0), (0, 1), (1, 1)}


def test_one_split_alone_has_everything() -> None:
    assert not asked("train=1").sides_of_keys([f"key {n}" for n in range(100)]).any()


@pytest.mark.parametrize(
    ("words", "by", "reason"),
    [
        ("train=.9,test=.2", None, "add up to 1.1, not 1"),
        ("train=.5", None, "add up to 0.5"),
        ("train=.9,train=.1", None, "named twice"),
        ("train=.9,Train=.1", None, "one folder"),
        ("../x=.9,test=.1", None, "name of a split"),
        ("a/b=.9,test=.1", None, "name of a split"),
        (r"a\b=.9,test=.1", None, "name of a split"),
        ("=.9,test=.1", None, "name of a split"),
        (".=.9,test=.1", None, "name of a split"),
        (".hidden=.9,test=.1", None, "name of a split"),
        ("test.=.9,a=.1", None, "name of a split"),
        ("tést=.9,a=.1", None, "name of a split"),
        ("x" * 65 + "=.9,a=.1", None, "name of a split"),
        ("CON=.9,test=.1", None, "means something else"),
        ("com1.a=.9,test=.1", None, "means something else"),
        ("all=.9,test=.1", None, "means something else"),
        ("train,test", None, "not NAME=SHARE"),
        ("", None, "not NAME=SHARE"),
        ("train=.9,test=.1,", None, "not NAME=SHARE"),
        ("train=1,test=0", None, "not a share"),
        ("train=1.5,test=-.5", None, "not a share"),
        ("train=nan,test=.1", None, "not a share"),
        ("train=1e-400,test=1", None, "add up|not a share"),
        ("train=most,test=.1", None, "no share"),
        ("train=..2024-06-30,test=2024-07-01..", None, "is a period"),
        ("train=.9,test=.1", "language", "way to split"),
        ("train=..2024-06-30,test=.5", TIME, "some splits are shares"),
        ("train=..2024-06-30,test=2024-06-30..", TIME, "overlap"),
        ("train=2024-06-30..2024-06-01", TIME, "ends before it begins"),
        ("train=..2024-13-01,test=2024-07-01..", TIME, "not a date"),
        ("train=..2024-06-30T10:00:00,test=2024-07-01..", TIME, "no time zone"),
        ("train=a+,test=b", SOURCE, "no share"),
        ("train=a,test=.5", SOURCE, "some splits are shares"),
    ],
)
def test_what_is_no_split_is_refused_with_the_reason(words: str, by: str | None, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as raised:
        split_of(words, by)
    assert raised.value.subject in ("--split", "--split-by")
    assert raised.value.exit_code == 2


def test_without_a_split_there_is_no_way_to_split_by() -> None:
    assert split_of(None, None) is None
    with pytest.raises(InputError, match="no effect"):
        split_of(None, SOURCE)


def test_periods_include_their_days_and_leave_gaps_out() -> None:
    split = asked("train=..2024-06-30,test=2024-07-02..", TIME)
    at = np.array(["2024-06-30T23:59:59", "2024-07-01T12:00:00", "2024-07-02T00:00:00", "1969-01-01"], "M8[us]")
    known = np.array([True, True, True, True])
    assert split.sides_of_instants(at.astype(np.int64), known).tolist() == [0, NOWHERE, 1, 0]
    assert split.sides_of_instants(at.astype(np.int64), ~known).tolist() == [NOWHERE] * 4


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 9)), min_size=2, max_size=60))
@settings(max_examples=100)
def test_shares_of_time_are_cut_between_instants(dated: list[tuple[int, int]]) -> None:
    at, weights = (np.array([d[i] for d in dated], np.int64) for i in (0, 1))
    split = asked("train=.7,test=.3", TIME)
    try:
        cut = split.cut(at, weights)
    except InputError:
        return  # a side would have nothing, see below
    sides = cut.sides_of_instants(at, np.ones(at.size, np.bool_))
    assert set(sides.tolist()) == {0, 1}
    assert at[sides == 0].max() < at[sides == 1].min()
    reached = int(weights[sides == 0].sum())
    ends = [int(weights[at < bound].sum()) for bound in np.unique(at)]
    assert abs(reached - 0.7 * weights.sum()) <= min(abs(end - 0.7 * weights.sum()) for end in ends) + 1e-9


def test_one_instant_cannot_be_cut() -> None:
    with pytest.raises(InputError, match=r"nothing is in split '(train|test)', of 3 permitted records"):
        asked("train=.5,test=.5", TIME).cut(np.array([7, 7, 7]), np.array([1, 1, 1]))


def test_sources_are_named_by_name_or_id_and_the_rest_goes_to_one() -> None:
    split = asked("train=*,test=songs+s2", SOURCE).named({"songs": "s1", "s1": "s1", "s2": "s2"})
    assert split.sides_of_sources({"s1", "s2", "s3"}) == {"s1": 1, "s2": 1, "s3": 0}
    split.check_sources({"s1", "s3"})
    alone = asked("train=a,test=b", SOURCE).named({"a": "a", "b": "b"})
    with pytest.raises(InputError, match="1 source is in no split: 'c'"):
        alone.check_sources({"a", "c"})


def test_source_that_there_is_not_or_that_is_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="sonks"):
        asked("train=*,test=sonks", SOURCE).named({"songs": "s1"})
    with pytest.raises(InputError, match="named twice"):
        asked("train=songs,test=s1", SOURCE).named({"songs": "s1", "s1": "s1"})
    with pytest.raises(InputError, match="named twice"):
        asked("train=*,test=*", SOURCE).named({})


def test_empty_side_is_named_with_how_many_records_there_are() -> None:
    with pytest.raises(InputError, match="nothing is in split 'test', of 12 permitted records"):
        asked("train=.98,test=.02").check_filled([12, 0])
