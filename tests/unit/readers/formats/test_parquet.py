from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers import BATCH_BYTES, BATCH_ROWS, Fields, Item
from rightful.readers.formats.parquet import divide
from rightful.readers.split import items
from tests.unit.readers.reading import found, read_file, read_items, write_lines


def write(path: Path, columns: dict[str, Any] | pa.Table, **options: Any) -> Path:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, path, **options)
    return path


def unchecked(values: list[bytes | None]) -> pa.Array:
    """A string column whose bytes nobody has checked."""
    return pa.array(values, pa.binary()).view(pa.string())


ROWS: list[dict[str, Any]] = [
    {"id": 1, "text": "Eins  \n", "url": "https://example.org/1", "license": ["MIT", "CC0-1.0"], "date": "2023-04-27"},
    {"id": 2, "text": "Zwei", "metadata": {"url": "https://example.org/2", "author": ["A"]}, "date": "soon"},
    {"id": 3, "text": "\u3000Drei\u3000", "url": " ", "license": [], "metadata": {"url": "u", "license": "CC-BY-4.0"}},
    {"id": 4, "text": " "},
    {"id": 5, "text": None},
    {"id": 6, "text": "a\0b"},
    {"id": 7, "text": "Sieben", "license": None, "metadata": {"date": 1_682_553_600}},
]


def test_parquet_rows_read_as_the_same_rows_in_json_lines(tmp_path: Path) -> None:
    reading = read_file(write(tmp_path / "a", pa.Table.from_struct_array(pa.array(ROWS))), "parquet")
    lines = read_file(write_lines(tmp_path / "a.jsonl", [json.dumps(row) for row in ROWS]), "jsonl")
    ignored = {"file": "a"}
    assert [row | ignored for row in reading.rows] == [row | ignored for row in lines.rows]
    assert [d.number for d in reading.damages] == [d.number for d in lines.damages] == [4, 5, 6]
    assert [reason.partition(" (at")[0] for _, reason in lines.faults] == [reason for _, reason in reading.faults]


def test_parquet_bad_rows_are_each_a_damage(tmp_path: Path) -> None:
    text = unchecked([b"a", b"\xff", None, b"", b" \t\xe3\x80\x80", b"x\0y", b"\0", b"b"])
    reading = read_file(write(tmp_path / "a.parquet", {"text": text}), "parquet")
    assert [(row["line"], row["text"]) for row in reading.rows] == [(1, "a"), (8, "b")]
    assert reading.faults == [
        ("row 2", "the text is not UTF-8"),
        ("row 3", "the text is null (field 'text')"),
        ("row 4", "empty text"),
        ("row 5", "empty text"),
        ("row 6", "NUL character in the text"),
        ("row 7", "NUL character in the text"),
    ]
    assert reading.lines == 8


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b"], pa.string()),
        pa.array(["a", "b"], pa.large_string()),
        pa.array(["a", "b"], pa.string_view()),
        pa.array(["a", "b"]).dictionary_encode(),
        pa.array([b"a", b"b"], pa.binary()),
        pa.array([b"a", b"b"], pa.large_binary()),
        pa.array([b"a", b"b"], pa.binary(1)),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(["a", "b"])),
    ],
    ids=lambda column: str(column.type)[:20],
)
def test_parquet_text_of_every_string_type_is_read(tmp_path: Path, column: pa.Array) -> None:
    reading = read_file(write(tmp_path / "a.parquet", {"text": column, "license": column, "id": column}), "parquet")
    assert reading.texts == ["a", "b"]
    assert (
        [row["license_raw"] for row in reading.rows] == [row["source_record_id"] for row in reading.rows] == ["a", "b"]
    )


@pytest.mark.parametrize("column", [[1, 2], [["a"], ["b"]], [{"x": "a"}, {"x": "b"}], [True, False]], ids=str)
def test_parquet_text_of_another_type_is_one_damage_of_the_file(tmp_path: Path, column: list[object]) -> None:
    path = write(tmp_path / "a.parquet", {"text": column}, row_group_size=1)
    reading = read_items(items([found(path, "parquet")], 1))
    assert reading.rows == []
    ((position, reason),) = reading.faults
    assert position is None
    assert reason.startswith(f"the text is {str(pa.array(column).type)[:4]}")
    assert reason.endswith(", not a string (column 'text')")
    assert reading.lines == 2


def test_parquet_text_that_is_null_in_every_row_is_damage_in_every_row(tmp_path: Path) -> None:
    reading = read_file(write(tmp_path / "a.parquet", {"text": pa.nulls(3)}), "parquet")
    assert reading.faults == [(f"row {n}", "the text is null (field 'text')") for n in (1, 2, 3)]


def test_parquet_without_a_text_column_is_told_once_with_the_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"message": ["a", "b", "c"], "n": [1, 2, 3]}, row_group_size=1)
    reading = read_items(items([found(path, "parquet")], 1))
    ((position, reason),) = reading.faults
    assert position is None
    assert "no text field" in reason
    assert "found 'message', 'n'" in reason
    named = read_file(path, "parquet", Fields(text="body"))
    assert named.faults == [(None, "no field 'body'; found 'message', 'n'")]
    assert read_file(path, "parquet", Fields(text="message")).texts == ["a", "b", "c"]


def test_parquet_column_that_comes_twice_is_told_if_it_is_needed(tmp_path: Path) -> None:
    table = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array(["MIT"]), pa.array(["GPL"])], ["text", "license", "license"]
    )
    assert read_file(write(tmp_path / "a", table), "parquet").faults == [(None, "two columns are named 'license'")]
    unneeded = table.rename_columns(["text", "x", "x"])
    assert read_file(write(tmp_path / "b", unneeded), "parquet").texts == ["a"]


def test_parquet_literal_name_with_dots_goes_before_the_path(tmp_path: Path) -> None:
    columns = {"text": ["t"], "metadata": [{"url": "nested", "x": "deep"}], "metadata.url": ["literal"]}
    path = write(tmp_path / "a.parquet", columns)
    assert read_file(path, "parquet").rows[0]["url"] == "literal"
    assert read_file(path, "parquet", Fields(url="metadata.x")).rows[0]["url"] == "deep"
    assert read_file(path, "parquet", Fields(text="metadata.x")).texts == ["deep"]


def test_parquet_values_of_other_types_are_read_as_anywhere(tmp_path: Path) -> None:
    columns = {
        "text": ["a", "b"],
        "id": pa.array([1.0, 2.5]),
        "license": [{"id": "MIT", "name": "x"}, {"id": None, "name": "CC BY"}],
        "language": pa.array(["en", None]).dictionary_encode(),
        "title": [True, False],
        "authors": [["A", "B"], []],
        "date": pa.array([datetime(2023, 4, 27, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "fetched_at": [date(2023, 4, 27), date(1, 1, 1)],
        "url": pa.nulls(2),
    }
    first, second = read_file(write(tmp_path / "a.parquet", columns), "parquet").rows
    assert (first["source_record_id"], second["source_record_id"]) == ("1", "2.5")
    assert json.loads(first["license_raw"]) == {"license": {"id": "MIT", "name": "x"}}, "two names are two statements"
    assert second["license_raw"] == "CC BY"
    assert (first["language_stated"], second["language_stated"]) == ("en", None)
    assert (first["title"], second["title"]) == (None, None)
    assert (first["authors"], second["authors"]) == (["A", "B"], None)
    assert (first["published_at"], second["published_at"]) == (datetime(2023, 4, 27, tzinfo=UTC), None)
    assert (first["fetched_at"], second["fetched_at"]) == tuple(
        datetime(y, m, d, tzinfo=UTC) for y, m, d in ((2023, 4, 27), (1, 1, 1))
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_parquet_times_of_every_unit_are_utc_and_never_an_error(tmp_path: Path, unit: str, zone: str | None) -> None:
    day = 1_682_553_600 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    times = pa.array([day, None, 2**63 - 1, -(2**63) + 1], pa.int64()).cast(pa.timestamp(unit, zone))
    stored = times if unit != "s" else times.slice(0, 2)  # Parquet has no seconds: they are stored as milliseconds
    path = write(tmp_path / "a.parquet", {"text": ["a", "b", "c", "d"][: len(stored)], "date": stored})
    values = [row["published_at"] for row in read_file(path, "parquet").rows]
    assert values[:2] == [datetime(2023, 4, 27, tzinfo=UTC), None]
    if unit in ("ms", "us"):
        assert values[2:] == [None, None]


def test_parquet_license_that_is_not_utf_8_is_not_silence(tmp_path: Path) -> None:
    columns = {"text": ["a", "b"], "license": unchecked([b"\xff", b"MIT"]), "id": unchecked([b"\xfe", b"x"])}
    rows = read_file(write(tmp_path / "a.parquet", columns), "parquet").rows
    assert [row["license_raw"] for row in rows] == ["\ufffd", "MIT"]
    assert [row["source_record_id"] for row in rows] == ["fe", "x"]
    nested = {"text": ["a"], "license": pa.ListArray.from_arrays([0, 1], unchecked([b"\xff"]))}
    assert read_file(write(tmp_path / "b.parquet", nested), "parquet").rows[0]["license_raw"] == "\ufffd"


def test_parquet_decimal_id_is_null_and_no_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"], "id": pa.array([Decimal("1.50")])})
    assert read_file(path, "parquet").texts == ["a"]


def damaged(path: Path, content: bytes) -> tuple[list[str], list[tuple[str | None, str]]]:
    path.write_bytes(content)
    reading = read_file(path, "parquet")
    return reading.texts, reading.faults


def test_parquet_that_is_cut_off_or_no_parquet_is_damage_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"] * 100})
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:4], b"PAR1" + bytes(40) + b"PAR1", b"no Parquet at all", b"PAR1"):
        texts, ((position, reason),) = damaged(path, content)
        assert texts == []
        assert position is None
        assert reason.startswith("not readable as Parquet: ")


def test_parquet_with_a_column_name_that_is_not_utf_8_is_damage_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"], "zzzz": ["b"]}, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"zzzz", b"z\xb0zz"))
    (damage,) = read_items(items([found(path, "parquet")], 1)).damages
    assert damage.position is None
    assert damage.reason.startswith("not readable as Parquet: 'utf-8' codec can't decode byte 0xb0")


def test_parquet_that_vanished_is_damage_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": ["a"]})
    item = Item("parquet", (found(path, "parquet"),))
    path.unlink()
    assert read_items([item]).faults == [(None, "cannot be read: it is gone (vanished after it was listed)")]


@pytest.mark.parametrize("target", [1, 1 << 40])
def test_parquet_broken_page_costs_the_rest_of_its_row_group_only(tmp_path: Path, target: int) -> None:
    texts = [hashlib.shake_256(b"%d" % n).hexdigest(200) for n in range(3_000)]
    path = write(
        tmp_path / "a.parquet",
        {"text": texts},
        row_group_size=1_000,
        data_page_size=20_000,
        write_batch_size=10,
        use_dictionary=False,
        write_page_checksum=True,
        write_statistics=False,  # a minimum or maximum would be the first place where a text is found
        compression="none",
    )
    content = bytearray(path.read_bytes())
    content[content.index(texts[1_500].encode())] ^= 0xFF
    path.write_bytes(content)
    reading = read_items(items([found(path, "parquet")], target))
    ((position, reason),) = reading.faults
    lost = int(reason.split(", ")[1].split()[0])
    assert "row group 2 breaks off" in reason
    assert "CRC" in reason
    assert position == f"row {2_001 - lost}"
    assert 500 < lost < 700  # the page has about 50 rows, a step has 64
    assert reading.texts == texts[: 2_000 - lost] + texts[2_000:]
    assert reading.lines == 3_000


def test_parquet_batches_are_bounded_in_rows_and_bytes(tmp_path: Path) -> None:
    columns = {"text": [*["a"] * (BATCH_ROWS + 10), *["x" * (3 << 20)] * 7, *["b"] * 10]}
    reading = read_file(write(tmp_path / "a.parquet", columns), "parquet")
    assert reading.texts == columns["text"]
    for batch in reading.batches:
        assert batch.num_rows <= BATCH_ROWS
        assert batch.num_rows == 1 or sum(len(t) for t in batch.column("text").to_pylist()) <= BATCH_BYTES


@given(
    texts=st.lists(st.sampled_from(["a", "bb", "", None, "c\0", "é" * 30]), max_size=40),
    group=st.integers(1, 12),
    target=st.integers(1, 400),
)
def test_parquet_split_items_read_as_the_unsplit_file(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], group: int, target: int
) -> None:
    path = tmp_path_factory.mktemp("split") / "a.parquet"
    write(path, {"text": pa.array(texts, pa.string()), "id": range(len(texts))}, row_group_size=group)
    file = found(path, "parquet")
    whole, split = read_items([Item("parquet", (file,))]), read_items(items([file], target))
    assert split.rows == whole.rows
    assert split.damages == whole.damages
    assert split.lines == whole.lines == len(texts)
    assert len(whole.rows) + len(whole.damages) == len(texts)


def test_parquet_ranges_are_of_row_groups_and_a_broken_file_stays_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": [os.urandom(500).hex() for _ in range(40)]}, row_group_size=10)
    assert divide(found(path, "parquet"), 15_000) == ((0, 2), (2, None))
    assert divide(found(path, "parquet"), 1) == ((0, 1), (1, 2), (2, 3), (3, None))
    assert divide(found(path, "parquet"), 1 << 30) == ((0, None),)
    path.write_bytes(path.read_bytes()[:-50])
    assert divide(found(path, "parquet"), 1) == ((0, None),)
