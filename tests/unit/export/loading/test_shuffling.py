"""The order of an epoch: every unit once, the same everywhere, and unmoved by what is left out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rightful.export.loading.shuffling import Epoch, Ints, Shuffle, Units

shuffles = st.builds(
    Shuffle,
    seed=st.integers(-(2**63), 2**63 - 1),
    block=st.integers(1, 9),
    bits=st.one_of(st.none(), st.integers(0, 5)),
)
ordinals = st.sets(st.integers(0, 200), min_size=1, max_size=80).map(lambda n: np.array(sorted(n), np.int64))


def through(epoch: Epoch) -> list[int]:
    """The ordinals in their order."""
    windows = [epoch.units.ordinals[epoch.window(at)] for at in range(len(epoch.windows))]
    return [int(n) for window in windows for n in window]


@given(ordinals, shuffles, st.integers(0, 3))
def test_an_epoch_has_every_unit_once(of: Ints, shuffle: Shuffle, number: int) -> None:
    epoch = Units(of, shuffle).epoch(number)
    order = through(epoch)
    assert sorted(order) == of.tolist()
    assert len(epoch) == len(order)
    assert [len(epoch.window(at)) for at in range(len(epoch.windows))] == np.diff(epoch.offsets).tolist()
    if shuffle.bits is None:
        assert order == of.tolist()


@given(ordinals, shuffles, st.data())
def test_what_is_left_keeps_its_order_and_a_place_holds_for_it(of: Ints, shuffle: Shuffle, data: st.DataObject) -> None:
    before = Units(of, shuffle).epoch(1)
    gone = data.draw(st.sets(st.sampled_from(of.tolist()), max_size=len(of) - 1))
    after = Units(np.array([n for n in of.tolist() if n not in gone], np.int64), shuffle).epoch(1)
    assert through(after) == [n for n in through(before) if n not in gone]
    position = data.draw(st.integers(1, len(of)))
    handed_out = through(before)[:position]
    left = after.through(before.place(position - 1))
    assert left == len([n for n in handed_out if n not in gone])
    assert before.through(before.place(position - 1)) == position


def test_orders_differ_by_seed_and_epoch() -> None:
    of = np.arange(500, dtype=np.int64)
    orders = {
        (seed, number): tuple(through(Units(of, Shuffle(seed, 16, 2)).epoch(number)))
        for seed in (0, 1)
        for number in (0, 1)
    }
    assert len(set(orders.values())) == 4


def test_a_window_has_whole_blocks_from_anywhere() -> None:
    epoch = Units(np.arange(64_000, dtype=np.int64), Shuffle(7, 100, 5)).epoch(0)
    sizes = []
    for at in range(len(epoch.windows)):
        members = np.sort(epoch.window(at))
        blocks, counts = np.unique(members // 100, return_counts=True)
        assert (counts == 100).all()
        sizes.append(len(blocks))
        assert blocks.max() - blocks.min() > 100
    assert (sum(sizes), min(sizes) >= 8, max(sizes) <= 40) == (640, True, True)


def test_units_of_a_window_come_as_if_drawn_by_chance() -> None:
    """Neighbours in the order are not neighbours in the export: as many as chance has, within five deviations."""
    n = 20_000
    order = np.array(through(Units(np.arange(n, dtype=np.int64), Shuffle(3, n, 0)).epoch(0)))
    assert int((np.abs(np.diff(order)) == 1).sum()) < 2 + 5 * 2**0.5
    first = int((order[: n // 2] < n // 2).sum())
    assert abs(first - n // 4) < 5 * (n / 16) ** 0.5


def test_order_is_pinned() -> None:
    """A run that is resumed after an upgrade goes on: this order never changes without a new version of the state."""
    assert through(Units(np.arange(12, dtype=np.int64), Shuffle(15, 2, 1)).epoch(3)) == PINNED


PINNED = [2, 1, 0, 3, 4, 5, 6, 9, 8, 11, 10, 7]
