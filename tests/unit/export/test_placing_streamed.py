"""Shards that are planned as their documents come are those of the plan that knows all of them."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.export.order import Order
from rightful.export.placing import _PLACES_NOTHING, plan, streamed, streams
from rightful.export.planning import Candidates, Planned
from rightful.export.planning.mixture import Draws, without_repeats


def plain(planned: Planned) -> tuple[object, ...]:
    arrays = [getattr(planned.pieces, one.name).tolist() for one in fields(planned.pieces)]
    return planned.folder, planned.split, planned.stem, arrays, planned.row_lengths.tolist(), planned.first_row


@settings(max_examples=80)
@given(st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=8), st.integers(1, 20))
def test_streamed_shards_are_those_of_the_plan(batches: list[list[int]], most: int) -> None:
    order = Order(out=Path("out"), format="parquet", shard_tokens=most)
    lengths = [np.array(batch, np.int64) for batch in batches]
    every = np.concatenate(lengths)
    candidates = Candidates([f"r{n}" for n in range(len(every))], ["s"] * len(every), every)
    assert [plain(p) for p in streamed(order, iter(lengths))] == [plain(p) for p in plan(order, candidates)]


def test_streamed_a_shard_is_there_before_all_documents_are() -> None:
    order = Order(out=Path("out"), format="parquet", shard_tokens=4)
    taken = []

    def lengths():
        for batch in ([3], [2, 2], [4]):
            taken.append(batch)
            yield np.array(batch, np.int64)

    first = next(streamed(order, lengths()))
    assert (first.pieces.record.tolist(), taken) == ([0], [[3], [2, 2]])


def test_an_order_streams_only_without_anything_that_places_documents() -> None:
    order = Order(out=Path("out"), format="parquet")
    assert streams(order)
    assert not streams(replace(order, seed=1))
    assert not streams(replace(order, sample="0.5"))
    assert {one.name for one in fields(Order)} >= _PLACES_NOTHING


def test_what_is_drawn_again_is_on_the_side_that_is_trained_on_alone() -> None:
    order = Order(out=Path("out"), format="parquet", split="train=0.5,validation=0.5", epochs=2)
    sides, draws = np.array([0, 1, 0, 1]), Draws(np.tile(np.arange(4), 2), np.repeat(np.arange(2), 4).astype(np.int32))
    candidates = Candidates([f"r{n}" for n in range(4)], ["s"] * 4, np.ones(4, np.int64), sides=sides)
    draws, left_out = without_repeats(draws, sides == 1)
    assert left_out.tolist() == [1, 3]
    placed = {p.split: sorted(p.pieces.record.tolist()) for p in plan(order, candidates, draws)}
    assert placed == {"train": [0, 0, 2, 2], "validation": [1, 3]}
