"""The index of passages: where hashes are is answered from a few row groups, and damage is met where it is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rightful.errors import StoreError
from rightful.stages.signature import Picked, Signature
from rightful.store import passages
from rightful.store.passages import Index, Writing, emptied, without

CHANCE = np.random.default_rng(11)


def picked(rows: int, each: int) -> Picked:
    hashes = CHANCE.integers(0, 1 << 63, rows * each, dtype=np.uint64) << np.uint64(1)
    return Picked(np.repeat(np.arange(rows), each), hashes)


def written(folder: Path, *batches: tuple[Picked, int]) -> Index:
    writing = Writing()
    for some, count in batches:
        writing.add(some, count)
    writing.write(folder / "index.parquet", Signature())
    return Index.of(folder / "index.parquet")


def hits(index: Index, hashes: np.ndarray) -> set[tuple[int, int]]:
    which, rows = index.find(hashes)
    return set(zip(which.tolist(), rows.tolist(), strict=True))


def test_every_hash_is_found_in_its_rows_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "ROW_GROUP_KEYS", 64)
    first, second = picked(100, 7), picked(50, 3)
    second.hashes[:5] = first.hashes[:5]  # in rows of both
    index = written(tmp_path, (first, 100), (second, 50))
    assert index.file.num_row_groups > 10
    asked = np.unique(np.concatenate([first.hashes[:40], second.hashes[:9], picked(1, 30).hashes]))
    rows = np.concatenate([first.rows, second.rows + 100])
    hashes = np.concatenate([first.hashes, second.hashes])
    wanted = {(int(np.flatnonzero(asked == h)[0]), int(r)) for h, r in zip(hashes, rows, strict=True) if h in asked}
    assert hits(index, asked) == wanted
    assert index.count == 150
    assert index.shingles == Signature()


def test_few_row_groups_are_read_for_few_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "ROW_GROUP_KEYS", 64)
    some = picked(1000, 10)
    index = written(tmp_path, (some, 1000))
    read: list[int] = []
    plain = Index._read
    monkeypatch.setattr(Index, "_read", lambda self, groups: (read.extend(groups), plain(self, groups))[1])
    assert {row for _, row in hits(index, np.sort(some.hashes[[4, 905]]))} == {0, 90}
    assert 1 <= len(read) <= 2


def test_rows_that_go_are_gone_and_the_others_close_up(tmp_path: Path) -> None:
    some = picked(20, 4)
    written(tmp_path, (some, 20))
    stays = np.ones(20, np.bool_)
    stays[[0, 3, 19]] = False
    keys = without(tmp_path / "index.parquet", tmp_path / "rest.parquet", stays)
    rest = Index.of(tmp_path / "rest.parquet")
    assert (keys, rest.count) == (17 * 4, 17)
    assert hits(rest, np.sort(some.hashes[some.rows == 3])) == set()
    assert {row for _, row in hits(rest, np.sort(some.hashes[some.rows == 18]))} == {16}
    again = written(tmp_path / "", (Picked(np.repeat(np.arange(17), 4), some.hashes[stays[some.rows]]), 17))
    assert again.path.read_bytes() == rest.path.read_bytes(), "as if the rows had never been there"


def test_rows_that_are_erased_are_gone_and_the_others_stay_where_they_are(tmp_path: Path) -> None:
    some = picked(20, 4)
    written(tmp_path, (some, 20))
    assert emptied(tmp_path / "index.parquet", tmp_path / "rest.parquet", np.array([3, 19])) == 18 * 4
    rest = Index.of(tmp_path / "rest.parquet")
    assert (rest.count, set(rest.rows(rest.all()).tolist())) == (20, {*range(20)} - {3, 19})
    assert {row for _, row in hits(rest, np.sort(some.hashes[some.rows == 18]))} == {18}


def test_one_hash_of_two_rows_is_kept_for_both_and_twice_in_one_row_once(tmp_path: Path) -> None:
    same = np.array([1 << 63, 1 << 63, 1 << 63], np.uint64)
    index = written(tmp_path, (Picked(np.array([0, 1, 1]), same), 2))
    assert index.all().size == 2
    assert hits(index, same[:1]) == {(0, 0), (0, 1)}


def test_index_of_texts_without_words_answers_nothing(tmp_path: Path) -> None:
    index = written(tmp_path, (Picked(np.empty(0, np.int64), np.empty(0, np.uint64)), 3))
    assert hits(index, np.array([5], np.uint64)) == set()
    assert index.count == 3


def test_flipped_bit_in_a_page_is_met_when_the_page_is_read(tmp_path: Path) -> None:
    some = picked(3000, 10)
    index = written(tmp_path, (some, 3000))
    raw = bytearray(index.path.read_bytes())
    raw[len(raw) // 2] ^= 1
    index.path.write_bytes(raw)
    with pytest.raises(StoreError, match="the part is damaged"):
        Index.of(index.path).find(np.unique(some.hashes))


def test_other_file_is_no_index(tmp_path: Path) -> None:
    index = written(tmp_path, (picked(2, 2), 2))
    pq.write_table(index.file.read().replace_schema_metadata(None), tmp_path / "other.parquet")
    with pytest.raises(StoreError, match="is no index of passages"):
        Index.of(tmp_path / "other.parquet")
