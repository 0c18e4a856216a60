"""Holders: their documents stand together, few shards are touched by one, and the map is true to the token."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import UnknownName
from rightful.export.planning.holders import check, holders_of, listed, ranges, shard_bounds, together
from rightful.export.planning.packing import BEST_FIT, pack

NAMES = st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(names=NAMES, seed=st.none() | st.integers(-5, 5))
def test_documents_of_a_holder_stand_together_in_the_order_they_had(names, seed):
    holders = holders_of("source", names)
    records = np.arange(len(names))[::-1]
    order = records[together(holders, records, seed)]
    assert sorted(order.tolist()) == list(range(len(names)))
    runs = [(name, [*at]) for name, at in itertools.groupby(order.tolist(), key=lambda i: names[i])]
    assert len(runs) == len(set(names))
    for _, at in runs:
        assert at == sorted(at, reverse=True), "the order that was given"
    if seed is None:
        assert [name for name, _ in runs] == list(dict.fromkeys(names[::-1]))


def test_a_seed_shuffles_holders_and_one_more_moves_none_of_the_others():
    names = [f"h{i}" for i in range(50)]
    at = [together(holders_of("source", names), np.arange(50), seed).tolist() for seed in (1, 2)]
    assert at[0] != at[1]
    assert at[0] != list(range(50))
    more = together(holders_of("source", [*names, "new"]), np.arange(51), 1).tolist()
    assert [i for i in more if i != 50] == at[0]


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), max_size=40),
    most=st.integers(1, 25),
)
def test_shards_touch_as_few_holders_as_said(rows, most):
    rows = sorted(rows)
    holders = np.array([h for h, _ in rows], np.int64)
    sizes = np.array([n for _, n in rows], np.int64)
    shards = list(shard_bounds(sizes, holders, most))
    assert [i for start, stop in shards for i in range(start, stop)] == list(range(len(rows)))
    for start, stop in shards:
        assert stop - start == 1 or sizes[start:stop].sum() <= most
    for holder in set(holders.tolist()):
        mine = [set(holders[a:b].tolist()) for a, b in shards if holder in holders[a:b]]
        size = sizes[holders == holder].sum()
        if size <= most:
            assert len(mine) == 1, "one shard holds all of a small holder"
        if size >= most / 2:
            assert mine == [{holder}] * len(mine), "a large one shares none"


def test_ten_thousand_small_holders_share_shards():
    holders = np.repeat(np.arange(10_000), 3)
    shards = list(shard_bounds(np.full(30_000, 10), holders, 3000))
    assert len(shards) == 100


def test_nothing_has_no_shards():
    none = np.zeros(0, np.int64)
    assert list(shard_bounds(none, none, 5)) == []
    assert len(ranges(none, none, none, none)) == 0
    assert together(holders_of("source", []), none, 1).tolist() == []


@settings(max_examples=60, deadline=None)
@given(
    documents=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20)), min_size=1, max_size=25),
    most=st.integers(8, 60),
)
def test_ranges_cover_every_token_of_a_holder_and_none_of_another(documents, most):
    holders = holders_of("domain", [name for name, _ in documents])
    order = together(holders, np.arange(len(documents)), None)
    lengths = np.array([n for _, n in documents], np.int64)[order]
    of = holders.part(order)
    packed = pack(lengths, 8, BEST_FIT, groups=of)
    row_holder = np.zeros(packed.rows, np.int64)
    row_holder[packed.row] = of[packed.document]
    shards = list(shard_bounds(packed.row_lengths, row_holder, most))
    starts = np.array([start for start, _ in shards])
    shard = np.searchsorted(starts, packed.row, "right") - 1
    first = (packed.row - starts[shard]) * 8 + packed.offset
    found = ranges(of[packed.document], shard, first, packed.length)
    owner = {}
    for h, s, start, length in zip(found.holder, found.shard, found.start, found.length, strict=True):
        for at in range(start, start + length):
            assert (s, at) not in owner
            owner[s, at] = h
    for i, document in enumerate(packed.document):
        for at in range(first[i], first[i] + packed.length[i]):
            assert owner[shard[i], at] == of[document]
    as_json = listed(found, holders.names, [f"shard-{n}" for n in range(len(shards))])
    assert [one["holder"] for one in as_json] == list(dict.fromkeys(name for name, _ in documents))
    assert sum(len(s["ranges"]) for one in as_json for s in one["shards"]) == len(found)


def test_a_kind_of_holder_that_there_is_not_is_named():
    check(None)
    with pytest.raises(UnknownName, match=r"--holders: unknown kind of rights holder 'sources'\n.*source"):
        check("sources")
