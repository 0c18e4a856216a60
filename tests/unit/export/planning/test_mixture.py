"""The planner of mixtures: what it draws is whole, exact, within its caps, and the same wherever it runs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rightful.errors import InputError, Refused
from rightful.export.planning.drawing import ranks
from rightful.export.planning.mixing import plan_lines, read_mix
from rightful.export.planning.mixture import (
    Ints,
    Mixture,
    apportion,
    closest_subset,
    draw,
    fill,
    largest,
    parted,
    plan_mixture,
    shares_of,
)

LENGTHS = st.lists(st.integers(1, 400), min_size=1, max_size=60)
SHARES = st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any)


def plan(mix: Any, parts: Sequence[Ints], seed: int = 0, **options: Any) -> Mixture:
    """The plan of a mixture of documents of these lengths, a list for each part."""
    lengths = np.concatenate(parts)
    ends = np.cumsum([len(part) for part in parts])
    members = [np.arange(end - len(part), end) for part, end in zip(parts, ends, strict=True)]
    available = [{"records": len(part), "chars": int(part.sum())} for part in parts]
    rank = ranks([f"r{i}" for i in range(len(lengths))], seed)
    return plan_mixture(read_mix(mix, **options), members, available, lengths, lengths, rank, seed=seed)


def web_lengths(rng: np.random.Generator, tokens: int, mean: int) -> Ints:
    """Lengths as those of texts of the web are: log-normal, with a long tail."""
    lengths = rng.lognormal(np.log(mean), 1.1, size=2 * tokens // mean).astype(np.int64) + 1
    return lengths[: int(np.searchsorted(np.cumsum(lengths), tokens))]


def test_mixture_of_six_sources_at_ten_million_tokens_holds_its_shares() -> None:
    rng = np.random.default_rng(15)
    shares = {"a": 0.4, "b": 0.25, "c": 0.15, "d": 0.1, "e": 0.07, "f": 0.03}
    parts = [web_lengths(rng, 6_000_000, mean) for mean in (300, 900, 2500, 700, 5000, 40)]

    mixture = plan(shares, parts, tokens=10_000_000)

    assert mixture.total <= 10_000_000
    for part in mixture.as_json()["parts"]:
        assert abs(part["share_reached"] - part["share_wanted"]) < 1e-6, part
        assert part["short"] == part["repeated"] == 0
    assert mixture.total >= 10_000_000 - 6


@given(LENGTHS.filter(lambda own: len(own) <= 20), st.integers(0, 3000))
def test_filled_up_to_the_window_is_as_close_as_any_choice_of_documents(own: list[int], room: int) -> None:
    lengths = np.array(own[:12], np.int64)
    best = max(
        total
        for n in range(len(lengths) + 1)
        for total in map(sum, itertools.combinations(lengths.tolist(), n))
        if total <= room
    )
    assert int(lengths[fill(lengths, room)].sum()) == best


@given(LENGTHS, st.integers(0, 20_000))
def test_filled_is_whole_documents_once_never_beyond_the_room_and_nothing_more_fits(own: list[int], room: int) -> None:
    lengths = np.array(own, np.int64)
    taken = fill(lengths, room)
    total = int(lengths[taken].sum())
    assert len({*taken.tolist()}) == len(taken)
    assert taken.tolist() == sorted(taken.tolist())
    assert total <= room
    left = np.delete(lengths, taken)
    assert not len(left) or int(left.min()) > room - total


@given(st.lists(st.integers(0, 99), max_size=10), st.integers(0, 700))
def test_closest_subset_is_the_best_of_all(own: list[int], room: int) -> None:
    lengths = np.array(own, np.int64)
    sums = [
        sum(v for v, bit in zip(own, bits, strict=True) if bit) for bits in itertools.product((0, 1), repeat=len(own))
    ]
    assert int(lengths[closest_subset(lengths, room)].sum()) == max(s for s in sums if s <= room)


@given(st.integers(0, 10**12), SHARES)
def test_apportioned_adds_up_and_each_is_within_one_of_its_exact_amount(total: int, weights: list[int]) -> None:
    shares = [Fraction(w, sum(weights)) for w in weights]
    amounts = apportion(total, shares)
    assert sum(amounts) == total
    assert all(abs(a - total * s) < 1 for a, s in zip(amounts, shares, strict=True))


@given(SHARES, st.data())
def test_largest_total_fits_and_one_more_does_not(weights: list[int], data: st.DataObject) -> None:
    shares = [Fraction(w, sum(weights)) for w in weights]
    capacities = [data.draw(st.integers(0, 10**6)) for _ in weights]
    most = largest(shares, capacities)
    assert all(a <= c for a, c in zip(apportion(most, shares), capacities, strict=True))
    assert any((most + 1) * s > c for s, c in zip(shares, capacities, strict=True))


@given(LENGTHS, st.integers(0, 60_000))
def test_draws_full_epochs_first_and_no_document_twice_in_one(own: list[int], wanted: int) -> None:
    lengths = np.array(own, np.int64)
    record, epoch = draw(np.arange(len(lengths)), lengths, wanted)
    full = wanted // int(lengths.sum())
    assert int(lengths[record].sum()) <= wanted
    assert len({*zip(record.tolist(), epoch.tolist(), strict=True)}) == len(record)
    for n in range(full):
        assert record[epoch == n].tolist() == list(range(len(lengths)))
    assert not len(epoch) or int(epoch.max()) <= full


@settings(max_examples=40)
@given(st.lists(LENGTHS, min_size=2, max_size=4), st.data())
def test_plan_breaks_no_cap_and_adds_up_or_says_what_fits(parts: list[list[int]], data: st.DataObject) -> None:
    caps = [data.draw(st.sampled_from([1, 2, 0.5, 3])) for _ in parts]
    tokens = data.draw(st.integers(1, 20_000))
    share = 1 / len(parts)
    mix = {"part": [{"source": f"s{n}", "share": share, "epochs": cap} for n, cap in enumerate(caps)]}
    arrays = [np.array(p, np.int64) for p in parts]
    capacities = [int(Fraction(repr(cap)) * sum(p)) for cap, p in zip(caps, parts, strict=True)]
    most = largest([Fraction(1, len(parts))] * len(parts), capacities)
    if tokens > most:
        with pytest.raises(Refused, match="short by") as refused:
            plan(mix, arrays, tokens=tokens)
        assert not most or f"--limit-tokens {most};" in str(refused.value)
        return
    if tokens < min(map(min, parts)):
        with pytest.raises(Refused, match="no whole document fits"):
            plan(mix, arrays, tokens=tokens)
        return
    assume(tokens >= max(map(min, parts)) * len(parts))
    mixture = plan(mix, arrays, tokens=tokens)
    assert mixture.total <= tokens
    lengths = np.concatenate(arrays)
    assert int(lengths[mixture.draws.record].sum()) == mixture.total
    for part, capacity in zip(mixture.parts, capacities, strict=True):
        assert part.drawn <= min(part.wanted, capacity)
        assert part.repeated == part.drawn - int(lengths[np.unique(part.draws.record)].sum())


def test_plan_does_not_depend_on_the_order_of_the_records() -> None:
    rng = np.random.default_rng(1)
    ids = [f"record-{n}" for n in range(400)]
    lengths = rng.integers(1, 90, 400)
    mix = read_mix("a=0.6,b=0.4", tokens=5000)
    drawn = []
    for order in (np.arange(400), rng.permutation(400)):
        named = [ids[i] for i in order]
        members = [np.flatnonzero(order % 2 == side) for side in (0, 1)]
        mixture = plan_mixture(mix, members, [{}, {}], lengths[order], lengths[order], ranks(named, 3), seed=3)
        drawn.append({named[i] for i in mixture.draws.record})
    assert drawn[0] == drawn[1]


def test_records_that_are_added_leave_most_of_what_was_drawn() -> None:
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 500, 4400)
    ids = [f"record-{n}" for n in range(4400)]
    before, after = (
        {
            ids[i]
            for i in plan_mixture(
                read_mix("a=1", tokens=200_000),
                [np.arange(n)],
                [{}],
                lengths[:n],
                lengths[:n],
                ranks(ids[:n], 0),
                seed=0,
            ).draws.record
        }
        for n in (4000, 4400)
    )
    assert len(before & after) > 0.88 * len(before)


def test_epochs_repeat_what_a_part_has_and_say_so() -> None:
    mix = {"part": [{"source": "small", "share": 0.5, "epochs": 3}, {"source": "big", "share": 0.5}]}
    mixture = plan(mix, [np.full(10, 10), np.full(100, 10)], tokens=500)
    small, big = mixture.as_json()["parts"]
    assert (small["drawn"], small["repeated"], small["epochs"], small["records"]) == (250, 150, 2.5, 10)
    assert (big["drawn"], big["repeated"]) == (250, 0)
    epochs = mixture.draws.epoch[mixture.draws.record < 10]
    assert np.bincount(epochs).tolist() == [10, 10, 5]


def test_what_is_to_be_once_is_drawn_once_and_what_that_leaves_out_is_counted() -> None:
    lengths, once = np.array([10, 20, 30, 40, 100]), np.array([False, True, False, True, True])
    mix = read_mix({"part": [{"source": "a", "share": 0.75, "epochs": 3}, {"source": "b", "share": 0.25}]}, tokens=400)
    members, available = [np.arange(4), np.array([4])], [{"records": 4, "chars": 100}, {"records": 1, "chars": 100}]
    mixture = plan_mixture(mix, members, available, lengths, lengths, np.arange(5), seed=0, once=once)
    a, b = mixture.as_json()["parts"]
    assert (a["wanted"], a["drawn"], a["repeated"], a["short"], a["epochs"]) == (300, 180, 80, 0, 1.8)
    assert a["left_out"] == mixture.as_json()["left_out"] == {"documents": 4, "size": 120}
    assert b["left_out"] == {"documents": 0, "size": 0}
    assert (mixture.wanted, mixture.total, a["share_reached"]) == (400, 280, round(180 / 280, 9))
    assert int(lengths[mixture.draws.record].sum()) == mixture.total
    assert np.bincount(mixture.draws.record).tolist() == [3, 1, 3, 1, 1]
    lines = plan_lines(mixture.as_json())
    assert lines[0] == "mixture of 280 tokens (asked for: 400), seed 0"
    assert lines[4:] == ["  a: 4 documents, 120 tokens, are not drawn again: on a side that is not trained on"]


def test_target_beyond_a_cap_is_refused_with_the_plan_and_what_fits() -> None:
    with pytest.raises(Refused, match="b is short by 400 tokens") as refused:
        plan("a=0.5,b=0.5", [np.full(100, 10), np.full(10, 10)], tokens=1000)
    assert "--limit-tokens 200;" in str(refused.value)
    assert "short by" in refused.value.message.splitlines()[2]
    again = plan("a=0.5,b=0.5", [np.full(100, 10), np.full(10, 10)], tokens=200)
    assert again.total == 200


def test_without_a_target_as_much_as_the_caps_allow() -> None:
    mixture = plan("a=0.8,b=0.2", [np.full(100, 10), np.full(10, 10)])
    assert [part.drawn for part in mixture.parts] == [400, 100]


def test_part_of_which_nothing_is_permitted_is_refused() -> None:
    with pytest.raises(Refused, match="nothing of b is permitted"):
        plan("a=0.5,b=0.5", [np.full(10, 10), np.empty(0, np.int64)])


@pytest.mark.parametrize(
    ("temperature", "expected"), [(1, [0.9, 0.1]), (2, [0.75, 0.25]), (float("inf"), [0.5, 0.5]), (1e-9, [1.0, 0.0])]
)
def test_temperature_makes_shares_of_sizes(temperature: float, expected: list[float]) -> None:
    shares = shares_of(read_mix("a,b", temperature=temperature), [900, 100])
    assert [round(float(s), 12) for s in shares] == expected


def test_temperature_shares_nothing_to_what_is_empty() -> None:
    shares = shares_of(read_mix("a,b,c", temperature=float("inf")), [5, 0, 10**15])
    assert [float(s) for s in shares] == [0.5, 0.0, 0.5]


def test_tokens_of_parts_are_the_target() -> None:
    mix = {"part": [{"source": "a", "tokens": 300}, {"source": "b", "tokens": 100}]}
    mixture = plan(mix, [np.full(100, 10), np.full(100, 10)])
    assert [part["share_reached"] for part in mixture.as_json()["parts"]] == [0.75, 0.25]
    assert mixture.wanted == 400


def test_document_that_is_longer_than_its_part_is_passed_over() -> None:
    mixture = plan("a=0.5,b=0.5", [np.array([50_000_000, 7, 8]), np.array([10, 10])], tokens=20)
    assert [part.drawn for part in mixture.parts] == [8, 10]


def test_record_of_two_parts_is_an_error_that_names_it_or_of_the_first() -> None:
    holds = [np.array([True, True, False]), np.array([False, True, True])]
    table = {"part": [{"source": "a", "share": 0.5}, {"where": "true", "share": 0.5}]}
    with pytest.raises(InputError, match=r"part 2 .*1 of its records is in a part before it as well: r1 is in a"):
        parted(holds, read_mix(table), ["r0", "r1", "r2"])
    members = parted(holds, read_mix({**table, "overlap": "first"}), ["r0", "r1", "r2"])
    assert [m.tolist() for m in members] == [[0, 1], [2]]


def test_plan_is_shown_as_a_table_of_one_line_a_part() -> None:
    mixture = plan("a=0.7,b\x1b[31m=0.3", [np.full(100, 10), np.full(100, 10)], tokens=1000)
    lines = plan_lines(mixture.as_json())
    assert len(lines) == 4
    assert lines[0] == "mixture of 1 000 tokens (asked for: 1 000), seed 0"
    assert lines[2].split()[:2] == ["a", "700"]
    assert lines[2].endswith("70.000 %  70.000 %")
    assert "\x1b" not in lines[3]


def test_share_that_whole_documents_miss_is_said_to_be() -> None:
    mixture = plan("a=0.7,b=0.3", [np.full(100, 10), np.full(100, 99)], tokens=200)
    assert "b does not come closer to its share" in plan_lines(mixture.as_json())[-1]
