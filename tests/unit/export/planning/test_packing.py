"""Packing: nothing is lost, nothing overlaps, what fits is whole, and no fewer rows are possible by the same rule."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.export.planning.packing import BEST_FIT, CONCAT, MAX_SEQ_LEN, NONE, PACKS, Packed, check, pack

LENGTHS = st.lists(st.integers(0, 40), max_size=40)
SIZES = st.integers(1, 17)


@settings(max_examples=80, deadline=None)
@given(lengths=LENGTHS, size=SIZES, how=st.sampled_from(PACKS), truncate=st.booleans(), runs=st.integers(1, 4))
def test_every_token_stands_once_in_a_row(lengths, size, how, truncate, runs):
    groups = np.sort(np.arange(len(lengths)) % runs)
    packed = pack(lengths, size, how, truncate=truncate, groups=groups)
    kept = [min(n, size) if truncate else n for n in lengths]
    assert sum(lengths) == packed.length.sum() + packed.truncated
    assert packed.truncated_documents == sum(n > size for n in lengths) * truncate
    assert sorted(set(packed.document.tolist())) == list(range(len(lengths)))
    pieces = defaultdict(list)
    for document, start, length in zip(packed.document, packed.start, packed.length, strict=True):
        pieces[int(document)].append((int(start), int(length)))
    for document, parts in pieces.items():
        ends = [0, *itertools.accumulate(n for _, n in sorted(parts))]
        assert [s for s, _ in sorted(parts)] == ends[:-1], "pieces follow one another"
        assert ends[-1] == kept[document]
        assert all(n for _, n in parts) or parts == [(0, 0)]
    assert packed.split_documents == sum(len(parts) > 1 for parts in pieces.values())
    _check_rows(packed, size, how, groups)


def _check_rows(packed: Packed, size: int, how: str, groups) -> None:
    """Rows are full up to their padding, in order, and of one group each."""
    assert (np.diff(packed.row) >= 0).all()
    assert set(packed.row.tolist()) == set(range(packed.rows))
    filled = 0
    for row in range(packed.rows):
        here = packed.row == row
        offsets, lengths = packed.offset[here], packed.length[here]
        assert offsets.tolist() == [0, *itertools.accumulate(lengths.tolist())][:-1]
        assert lengths.sum() <= size
        assert packed.row_lengths[row] == (lengths.sum() if how == NONE else size)
        assert len(set(groups[packed.document[here]].tolist())) == 1
        keys = list(zip(packed.document[here].tolist(), packed.start[here].tolist(), strict=True))
        assert keys == sorted(keys), "documents in a row keep their order"
        filled += size
    assert packed.padding == (0 if how == NONE else filled - packed.length.sum())


@settings(max_examples=80, deadline=None)
@given(lengths=LENGTHS, size=SIZES, runs=st.integers(1, 3))
def test_best_fit_never_cuts_what_fits_and_cuts_the_rest_into_full_rows(lengths, size, runs):
    packed = pack(lengths, size, BEST_FIT, groups=np.sort(np.arange(len(lengths)) % runs))
    for document, n in enumerate(lengths):
        parts = sorted(packed.length[packed.document == document].tolist(), reverse=True)
        assert parts == ([size] * (n // size) + [n % size] * (n % size > 0) or [0])


@settings(max_examples=100, deadline=None)
@given(lengths=st.lists(st.integers(1, 60), max_size=60), size=st.integers(2, 33))
def test_best_fit_has_the_rows_of_the_algorithm_that_places_one_document_at_a_time(lengths, size):
    packed = pack(lengths, size, BEST_FIT)
    left = [size - int(packed.length[packed.row == row].sum()) for row in range(packed.rows)]
    assert sorted(left) == sorted(_one_by_one(lengths, size))


def _one_by_one(lengths: list[int], size: int) -> list[int]:
    """What best-fit decreasing leaves free in each row, in quadratic time."""
    parts = [part for n in lengths for part in [size] * (n // size) + [n % size] * (n % size > 0)]
    free: list[int] = []
    for part in sorted(parts, reverse=True):
        fitting = [(left, at) for at, left in enumerate(free) if left >= part]
        if fitting:
            free[min(fitting)[1]] -= part
        else:
            free.append(size - part)
    return free


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=7), size=st.integers(2, 12))
def test_best_fit_is_within_eleven_ninths_of_the_fewest_rows_possible(lengths, size):
    parts = [part for n in lengths for part in [size] * (n // size) + [n % size] * (n % size > 0)]
    assert pack(lengths, size, BEST_FIT).rows <= 11 / 9 * _fewest(tuple(sorted(parts)), size) + 2 / 3


def _fewest(parts: tuple[int, ...], size: int, free: tuple[int, ...] = ()) -> int:
    if not parts:
        return len(free)
    part, rest = parts[-1], parts[:-1]
    fitting = {left: at for at, left in enumerate(free) if left >= part}
    ways = [_fewest(rest, size, (*free[:at], left - part, *free[at + 1 :])) for left, at in fitting.items()]
    return min([*ways, _fewest(rest, size, (*free, size - part))])


@settings(max_examples=60, deadline=None)
@given(lengths=st.lists(st.integers(0, 40), max_size=30), size=SIZES)
def test_concat_is_the_stream_cut_at_every_row(lengths, size):
    packed = pack(lengths, size, CONCAT)
    at = packed.row * size + packed.offset
    assert packed.rows == (max(1, -(-sum(lengths) // size)) if lengths else 0)
    before = np.cumsum(lengths) - lengths if lengths else np.zeros(0)
    assert np.array_equal(at, before[packed.document] + packed.start)
    assert (np.diff(packed.document) >= 0).all()


def test_none_gives_every_document_rows_of_its_own_without_padding():
    packed = pack([3, 9, 4, 0], 4, NONE)
    assert packed.document.tolist() == [0, 1, 1, 1, 2, 3]
    assert packed.length.tolist() == [3, 4, 4, 1, 4, 0]
    assert (packed.rows, packed.padding, packed.split_documents) == (6, 0, 1)
    whole = pack([3, 9], None, NONE)
    assert whole.length.tolist() == [3, 9]
    assert pack([], None, NONE).rows == 0


@pytest.mark.parametrize("how", PACKS)
def test_rows_of_one_id(how):
    packed = pack([2, 1, 3], 1, how)
    assert packed.document.tolist() == [0, 0, 1, 2, 2, 2]
    assert (packed.rows, packed.padding) == (6, 0)


@pytest.mark.parametrize("how", PACKS)
def test_nothing_and_documents_of_nothing(how):
    assert pack([], 8, how).rows == 0
    packed = pack([0, 0], 8, how)
    assert packed.document.tolist() == [0, 1]
    assert packed.rows == (2 if how == NONE else 1)
    mixed = pack([4, 0, 4, 0], 4, how)
    assert mixed.rows == (4 if how == NONE else 2)


def test_a_document_of_fifty_million_tokens():
    packed = pack([7, 50_000_000, 7], 4096, BEST_FIT)
    assert packed.rows == 12_208
    assert packed.split_documents == 1
    assert packed.padding == 12_208 * 4096 - 50_000_014
    assert packed.length[packed.document == 1].tolist() == [4096] * 12_207 + [50_000_000 - 12_207 * 4096]


def test_documents_of_one_length_and_of_one_more_than_a_row():
    same = pack([3] * 1000, 10, BEST_FIT)
    assert (same.rows, same.padding) == (334, 340)
    over = pack([9] * 80, 8, BEST_FIT)
    assert (over.rows, over.padding) == (90, 0)
    cut = pack([9] * 80, 8, BEST_FIT, truncate=True)
    assert (cut.rows, cut.padding, cut.truncated, cut.truncated_documents) == (80, 0, 80, 80)
    assert cut.split_documents == 0


def test_lengths_of_real_texts_fill_nearly_every_id_and_stay_shuffled():
    rng = np.random.default_rng(7)
    lengths = np.maximum(1, rng.lognormal(6.3, 1.2, 200_000)).astype(np.int64)
    before = time.process_time()
    packed = pack(lengths, 2048, BEST_FIT)
    assert time.process_time() - before < 5
    assert packed.padding / (packed.rows * 2048) < 0.001
    first = packed.row < packed.rows // 2
    mean = [packed.length[half].mean() for half in (first, ~first)]
    assert mean[0] == pytest.approx(mean[1], rel=0.02), "rows of long documents stand among the others"
    shared = np.bincount(packed.row)
    assert shared[: packed.rows // 2].mean() == pytest.approx(shared[packed.rows // 2 :].mean(), rel=0.03)


def test_groups_share_no_row_and_small_ones_take_one_each():
    lengths = [3, 3, 3, 2, 2, 9, 1]
    packed = pack(lengths, 8, BEST_FIT, groups=[5, 5, 5, 1, 1, 7, 7])
    assert packed.row.tolist() == [0, 0, 1, 2, 2, 3, 4, 4]
    concat = pack(lengths, 8, CONCAT, groups=[5, 5, 5, 1, 1, 7, 7])
    assert concat.row.tolist() == [0, 0, 0, 1, 2, 2, 3, 4, 4]
    assert concat.padding == 5 * 8 - sum(lengths)


def test_packing_twice_is_the_same():
    lengths = np.random.default_rng(3).integers(0, 5000, 3000)
    one, other = (pack(lengths, 1024, BEST_FIT) for _ in range(2))
    for name in ("document", "start", "length", "row", "offset"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_options_that_do_not_go_together_are_named():
    with pytest.raises(UnknownName, match=r"best_fit.*\n.*best-fit"):
        check(8, "best_fit", truncate=False)
    with pytest.raises(InputError, match="--pack concat: needs a length of rows"):
        check(None, CONCAT, truncate=False)
    with pytest.raises(InputError, match="--truncate: needs a length of rows"):
        check(None, NONE, truncate=True)
    for size in (0, -3, MAX_SEQ_LEN + 1, 10**30):
        with pytest.raises(InputError, match="--seq-len"):
            pack([1], size, CONCAT)
