"""What holds for every way to write texts, and what each of them promises to its readers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import DamagedInput, InputError, UnknownName
from rightful.export.formats.text import COLUMNS, Row, find, names, packed, parquet, unpacked

every_way = pytest.mark.parametrize("name", names())

STRANGE = (
    '\0 \x07 \x1b[31m \x85 \u2028 \u2029 \v \f \x1c \ufeff \ufffe \x7f \r\n \\ " </script> \U0001f600 \u05e9\u0644'
)
"""What breaks lines, terminals and quotes."""

characters = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
rows = st.fixed_dictionaries(
    {
        "record_id": st.text("0123456789abcdef", min_size=1, max_size=8),
        "text": characters,
        "url": st.none() | characters,
        "license": st.none() | st.sampled_from(["MIT", "CC-BY-4.0 OR MIT"]),
        "attribution": characters,
    }
)


def row(text: str = "The tide turned.", record_id: str = "a", url: str | None = None) -> dict[str, Any]:
    return {"record_id": record_id, "text": text, "url": url, "license": "MIT", "attribution": "Note\\, by Ida"}


def test_ways_there_are_are_the_two_that_ship() -> None:
    assert names() == ["jsonl", "parquet"]
    assert [find(name).NAME for name in names()] == names()


@pytest.mark.parametrize("name", ["csv", "", "..formats", "text"])
def test_unknown_way_lists_those_there_are(name: str) -> None:
    with pytest.raises(UnknownName, match="unknown form of texts") as caught:
        find(name)
    assert caught.value.subject == "--text-as"
    assert "jsonl" in str(caught.value.hint)


@every_way
@given(these=st.lists(rows, max_size=6))
def test_written_rows_come_back_and_repeat_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, name: str, these: list[Row]
) -> None:
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    way = find(name)
    paths = way.write(one, "shard-00000", these)
    assert paths == [one / f"shard-00000{suffix}" for suffix in way.SUFFIXES]
    assert sorted(one.iterdir()) == paths
    back = list(way.read(one, "shard-00000"))
    assert back == these
    assert all(list(of) == [column.name for column in COLUMNS] for of in back)
    again = way.write(two, "other", (unpacked(packed(of)) for of in these))
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


@every_way
def test_strange_characters_and_no_text_at_all_come_back(tmp_path: Path, name: str) -> None:
    these = [row(STRANGE), row(""), row("x" * 3_000_000), row("after", url=STRANGE)]
    find(name).write(tmp_path, "s", these)
    assert list(find(name).read(tmp_path, "s")) == these


@every_way
def test_rows_that_fail_leave_what_was_there(tmp_path: Path, name: str) -> None:
    def failing() -> Iterator[Row]:
        yield row()
        raise DamagedInput("row 2 is torn")

    [path] = find(name).write(tmp_path, "s", [row("old")])
    before = path.read_bytes()
    for stem in ("s", "new"):
        with pytest.raises(DamagedInput, match="row 2 is torn"):
            find(name).write(tmp_path, stem, failing())
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before


@every_way
def test_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path, name: str, small_disk: None) -> None:
    mixed = "".join(map(chr, np.random.default_rng(7).integers(0x4E00, 0x9C00, 200_000)))  # nothing to compress
    with pytest.raises(InputError, match="cannot be written") as caught:
        find(name).write(tmp_path, "s", [row(mixed)])
    assert str(tmp_path) in str(caught.value.subject)
    assert list(tmp_path.iterdir()) == []


@every_way
def test_file_cut_anywhere_is_damaged_or_ends_with_a_whole_row(tmp_path: Path, name: str) -> None:
    """JSON Lines cut between two lines are JSON Lines: the manifest and the index know how many there were."""
    these = [row("one"), row("zwei \u2028 drei"), row("")]
    [path] = find(name).write(tmp_path, "s", these)
    whole = path.read_bytes()
    ends = {0, *(i + 1 for i, byte in enumerate(whole) if byte == 0x0A)} if name == "jsonl" else {len(whole)}
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        if size in ends:
            assert list(find(name).read(tmp_path, "s")) == these[: whole[:size].count(b"\n")]
            continue
        with pytest.raises(DamagedInput) as caught:
            list(find(name).read(tmp_path, "s"))
        assert str(caught.value.subject).startswith(str(path))


@every_way
def test_missing_file_is_damaged(tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedInput, match="is missing"):
        list(find(name).read(tmp_path, "s"))


def test_packed_row_is_the_same_for_any_order_of_its_keys() -> None:
    there = row("é\0")
    back = {key: there[key] for key in reversed(there)}
    assert packed(there) == packed(back)
    assert list(unpacked(packed(back))) == [column.name for column in COLUMNS]


def test_parquet_another_engine_reads_the_same(tmp_path: Path) -> None:
    these = [row(STRANGE, "a"), row("", "b", url="https://harbour.example/1")]
    parquet.write(tmp_path, "s", these)
    query = "SELECT record_id, text, url, license, attribution FROM read_parquet(?)"
    read = duckdb.connect().cursor().execute(query, [str(tmp_path / "s.parquet")]).fetchall()
    assert read == [tuple(of.values()) for of in these]


def test_parquet_columns_are_strings_and_the_text_is_in_no_statistics(tmp_path: Path) -> None:
    parquet.write(tmp_path, "s", [row("a text that is nowhere else")])
    assert {f.name: str(f.type) for f in pq.read_schema(tmp_path / "s.parquet")} == dict.fromkeys(
        ("record_id", "text", "url", "license", "attribution"), "string"
    )
    column = pq.read_metadata(tmp_path / "s.parquet").row_group(0).column(1)
    assert (column.path_in_schema, column.compression, column.is_stats_set) == ("text", "ZSTD", False)


def test_parquet_row_groups_are_bounded_and_a_longer_row_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1000)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 4)
    these = [row("x" * length) for length in (300, 300, 5000, 300, 300, 0, 0, 0, 0, 0, 0)]
    parquet.write(tmp_path, "s", these)
    metadata = pq.read_metadata(tmp_path / "s.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [2, 1, 4, 4]
    assert list(parquet.read(tmp_path, "s")) == these


def test_parquet_row_that_no_file_can_hold_names_the_record_and_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match=r"has a row of 1 018 bytes; a Parquet file holds at most 1000") as caught:
        parquet.write(tmp_path, "s", [row(), row("x" * 1000, "b7")])
    assert caught.value.subject == "record b7"
    assert "--text-as jsonl" in str(caught.value.hint)
    assert "record_id <> 'b7'" in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_parquet_flipped_bit_in_a_page_is_damaged(tmp_path: Path) -> None:
    [path] = parquet.write(tmp_path, "s", [row(f"text {n} of many") for n in range(100)])
    column = pq.read_metadata(path).row_group(0).column(1)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size - 10] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedInput, match=r"is not a whole Parquet file: .*CRC checksum"):
        list(parquet.read(tmp_path, "s"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (lambda t: t.drop_columns("url"), "expected the columns record_id: string, text: string, url"),
        (lambda t: t.append_column("more", pa.array(["x"])), "expected the columns"),
        (lambda t: t.set_column(1, "text", pa.array([7])), "got record_id: string, text: int64"),
        (lambda t: t.set_column(1, "text", pa.array([None], pa.string())), "has rows without text"),
        (lambda t: t.set_column(4, "attribution", pa.array([None], pa.string())), "has rows without attribution"),
    ],
)
def test_parquet_of_another_form_is_damaged(tmp_path: Path, changed: Any, reason: str) -> None:
    pq.write_table(changed(pa.Table.from_pylist([row()], parquet.SCHEMA)), tmp_path / "s.parquet")
    with pytest.raises(DamagedInput, match=reason):
        list(parquet.read(tmp_path, "s"))


def test_jsonl_is_one_object_a_line_for_whoever_splits_it_and_utf8_as_it_stands(tmp_path: Path) -> None:
    these = [row(STRANGE, "a"), row("Åse שלום", "b")]
    [path] = find("jsonl").write(tmp_path, "s", these)
    data = path.read_bytes()
    lines = data.decode().splitlines()
    assert [json.loads(line) for line in lines] == these
    assert data.endswith(b"}\n")
    assert "Åse שלום".encode() in data
    assert lines[1].startswith('{"record_id":"b","text":"Åse שלום","url":null,"license":"MIT","attribution":')


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\n", "is not JSON"),
        (b'{"record_id": \xff}\n', "is not JSON"),
        (b"[" * 200_000 + b"\n", "is not JSON"),
        (b"7\n", "is not an object of record_id, text, url, license, attribution"),
        (b'[["record_id", "a"]]\n', "is not an object of"),
        (b"{}\n", "is not an object of"),
        (b'{"text":"","record_id":"a","url":null,"license":null,"attribution":""}\n', "is not an object of"),
        (
            b'{"record_id":"a","text":"","text":"two","url":null,"license":null,"attribution":""}\n',
            "is not an object of",
        ),
        (b'{"record_id":"a","text":null,"url":null,"license":null,"attribution":""}\n', "has no text as its text"),
        (b'{"record_id":"a","text":"","url":7,"license":null,"attribution":""}\n', "has no text as its url"),
        (
            b'{"record_id":"a","text":"\\ud800","url":null,"license":null,"attribution":""}\n',
            "has no text as its text",
        ),
        (b'{"record_id":"a","text":"","url":null,"license":null,"attribution":""}', "is cut short"),
    ],
)
def test_jsonl_line_that_is_none_is_damaged_and_named(tmp_path: Path, line: bytes, reason: str) -> None:
    [path] = find("jsonl").write(tmp_path, "s", [row()])
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(DamagedInput, match=reason) as caught:
        list(find("jsonl").read(tmp_path, "s"))
    assert caught.value.subject == f"{path}:2"
