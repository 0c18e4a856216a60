"""Hashes and keys are put in order by their high bits, also where somebody made these the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rightful.dedup import kernels
from rightful.dedup.candidates import by_key

HASHES = st.one_of(
    st.integers(0, (1 << 64) - 1), st.integers(0, 3), st.integers(0, 200).map(lambda h: (7 << 60) + h)
)  # spread, the same again and again, and with the same high bits


@given(st.lists(st.lists(HASHES, max_size=300), max_size=5))
def test_ascending_parts_are_sorted_or_marked_as_crowded(parts: list[list[int]]) -> None:
    hashes = np.array([h for part in parts for h in part], np.uint64)
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)]).astype(np.int64)
    crowded = np.ones(len(parts), np.bool_)
    kernels.ascending(hashes, starts, crowded)
    for i, part in enumerate(parts):
        left = hashes[starts[i] : starts[i + 1]].tolist()
        assert left == (part if crowded[i] else sorted(part))
        assert len(part) > kernels.CROWDED or not crowded[i]


def test_ascending_hashes_with_the_same_high_bits_are_not_sorted_by_insertion() -> None:
    hashes = np.arange(100_000, dtype=np.uint64)[::-1].copy()
    crowded = np.zeros(1, np.bool_)
    kernels.ascending(hashes, np.array([0, hashes.size], np.int64), crowded)
    assert crowded.all()


@given(st.lists(HASHES, max_size=300))
def test_by_key_is_an_order_in_which_equal_keys_stand_together(keys: list[int]) -> None:
    key = np.array(keys, np.uint64)
    order = by_key(key)
    assert sorted(order.tolist()) == list(range(key.size))
    runs = key[order]
    assert len(set(keys)) == int((runs[1:] != runs[:-1]).sum()) + (key.size > 0)
