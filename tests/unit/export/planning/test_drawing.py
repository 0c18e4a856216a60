"""What is taken of the chosen records: named ids, samples, so many tokens at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.export.planning.drawing import (
    Sample,
    check_limit,
    limited,
    matched,
    ranks,
    read_ids,
    sample_of,
    sampled,
)
from rightful.export.planning.sharding import document_order

IDS = [f"record-{n}" for n in range(300)]


def test_ranks_are_a_permutation_that_the_seed_and_nothing_else_changes() -> None:
    rank = ranks(IDS, 0)
    assert sorted(rank.tolist()) == list(range(300))
    assert rank.tolist() == ranks(IDS, 0).tolist()
    assert rank.tolist() != ranks(IDS, 1).tolist()
    assert ranks(IDS[::-1], 0)[::-1].tolist() == rank.tolist()
    assert ranks([], 0).tolist() == []


def test_what_is_drawn_first_does_not_stand_first() -> None:
    place = np.empty(300)
    place[document_order(IDS, 0)] = np.arange(300)
    first = np.argsort(ranks(IDS, 0))[:60]
    assert 100 < place[first].mean() < 200


@given(st.integers(1, 120), st.integers(1, 120))
def test_smaller_sample_lies_inside_a_larger_one(a: int, b: int) -> None:
    positions, rank = np.arange(0, 300, 3), ranks(IDS, 5)
    small, large = ({*sampled(positions, rank, Sample(None, n)).tolist()} for n in sorted((a, b)))
    assert small <= large
    assert len(small) == min(a, b, 100)


@pytest.mark.parametrize(
    ("given_as", "size"),
    [("0.1", 30), (0.1, 30), ("30", 30), (30, 30), ("1.0", 300), ("1e-9", 1), ("5000", 300), ("1", 1)],
)
def test_sample_is_a_share_or_a_number(given_as: Any, size: int) -> None:
    assert sample_of(given_as).size(300) == size


@pytest.mark.parametrize("given_as", ["0", "-1", "1.5", "nan", "inf", "ten", "", "0.0", "10%", True, "1_000", "٣"])
def test_sample_of_nothing_or_too_much_is_an_error(given_as: Any) -> None:
    with pytest.raises(InputError, match="--sample"):
        sample_of(given_as)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=80), st.integers(90, 9000))
def test_limited_is_at_most_so_many_tokens_and_all_where_all_fit(own: list[int], most: int) -> None:
    lengths = np.array(own, np.int64)
    positions = np.arange(len(own))
    taken = limited(positions, lengths, ranks(IDS[: len(own)], 0), most)
    assert lengths[taken].sum() <= most
    if lengths.sum() <= most:
        assert taken.tolist() == positions.tolist()


def test_limit_below_every_document_is_an_error() -> None:
    with pytest.raises(InputError, match="--limit-tokens: 5 is less than the shortest document has, 8"):
        limited(np.arange(2), np.array([9, 8]), np.arange(2), 5)


@pytest.mark.parametrize("most", [0, -5, True, 1.5, 2**63, "5"])
def test_limit_that_is_no_number_of_tokens_is_an_error(most: object) -> None:
    with pytest.raises(InputError, match="is not a positive number of tokens"):
        check_limit(most)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ids.txt", "r1\nr2\n\nr1\n"),
        ("ids.txt", "\ufeffr1\r\nr2\r\nr1"),
        ("ids.csv", 'record_id,title\nr1,"a, b"\nr2,\nr1,x\n'),
        ("ids.csv", "record_id\nr1\nr2\nr1\n"),
        ("ids.jsonl", '{"record_id": "r1", "n": 1}\n{"record_id": "r2"}\n{"record_id": "r1"}\n'),
    ],
)
def test_ids_are_read_from_lines_csv_and_json_lines(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    named = read_ids(tmp_path / name)
    assert (named.ids, named.duplicates) == (("r1", "r2"), 1)


def test_ids_are_read_from_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2], "record_id": ["r1", "r2"]}), tmp_path / "ids.parquet")
    assert read_ids(tmp_path / "ids.parquet").ids == ("r1", "r2")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "has no record ids"),
        (b"\n\n", "has no record ids"),
        (b"record_id\n", "has no record ids"),
        (b"r1\n\xff\n", "is not UTF-8"),
        (b"id,url\nr1,x\n", "has no column record_id"),
        (b'{"record_id": "r1"}\n{"id": "r2"}\n', "line 2: has no record_id"),
        (b'{"record_id": "r1"}\nr2\n', "line 2: is not JSON"),
        (b'{"record_id": 5}\n', "line 1: 5 is not a record id"),
        (b"r1\nr\x002\n", "line 2: .* is not a record id"),
        (b"record_id,x\n,1\n", "line 2: '' is not a record id"),
        (b"PAR1 and nothing more", "cannot be read as Parquet"),
    ],
)
def test_file_without_ids_is_an_error_that_names_file_and_line(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "ids"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=message) as error:
        read_ids(path)
    assert str(path) in str(error.value.subject)


def test_parquet_without_the_column_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["r1"]}), tmp_path / "ids.parquet")
    with pytest.raises(InputError, match="has no column record_id"):
        read_ids(tmp_path / "ids.parquet")


def test_file_that_is_not_there_or_a_folder_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError, match="cannot be read"):
            read_ids(path)


def test_named_ids_that_do_not_leave_are_counted_and_named_for_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("b\nx\nd\nb\na\nw\nc\n")
    named = read_ids(tmp_path / "ids")
    found = matched(named, {"a", "b", "c", "d", "w"}, {"a": True, "b": True, "c": True, "d": False}, {"a", "b"})
    assert found.as_json(named) == {
        "named": 6,
        "duplicates": 1,
        "permitted": 2,
        "unknown": {"records": 1, "first": ["x"]},
        "outside": {"records": 1, "first": ["w"]},
        "not_permitted": {"records": 1, "first": ["d"]},
        "copies": {"records": 1, "first": ["c"]},
    }
