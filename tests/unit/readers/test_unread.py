"""What is there and cannot be read is counted, by field and column, in every format the same."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rightful.readers import Extent, Fields, Item, ReadOptions, Unread
from rightful.readers.fields import RowReader
from rightful.readers.limits import Limits
from rightful.readers.read import read
from rightful.readers.split import items
from rightful.readers.unread import Tally, sample_of
from tests.unit.readers.reading import LOOK, found, write_lines

FIELDS = Fields(subject="person")
LIMITS = Limits()
COLUMN = {"id": "id", "url": "url", "language": "language", "title": "title", "author": "author"} | {
    "subject": "person",
    "date": "date",
    "fetched": "fetched_at",
    "parents": "parents",
}
"""Field -> a column that is read as it."""


def unread(path: Path, format: str, fields: Fields = FIELDS) -> list[Unread]:
    """What a file's reader counts, over all ranges of the file."""
    counted: list[Unread] = []
    for part in read(Item(format, (found(path, format),)), ReadOptions(fields, LOOK, LIMITS)):
        counted += part.unread if isinstance(part, Extent) else ()
    return counted


def of_row(row: dict[str, Any], line: bytes = b"") -> list[tuple[str, str, int, str]]:
    tally = Tally()
    RowReader(FIELDS, LOOK, (), tally, "a")({"text": "A day.", **row}, line)
    return [tuple(u[1:]) for u in tally.found()]  # type: ignore[misc]


def of_column(tmp_path: Path, name: str, values: pa.Array) -> list[tuple[str, str, int, str]]:
    table = pa.table({"text": [f"Day {n}." for n in range(len(values))], name: values})
    pq.write_table(table, tmp_path / "a.parquet")
    return [tuple(u[1:]) for u in unread(tmp_path / "a.parquet", "parquet")]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value", "sample"),
    [
        ("id", True, "true"),
        ("id", float(2**53), "9007199254740992.0"),
        ("id", {"$oid": 5.5}, '{"$oid":5.5}'),
        ("id", ["a", "b"], '["a","b"]'),
        ("url", {"a": 1}, '{"a":1}'),
        ("url", '{"a": 1}', '{"a": 1}'),
        ("url", ["https://example.org", {"a": 1}], '["https://example.org",{"a":1}]'),
        ("url", '["https://example.org", true]', '["https://example.org", true]'),
        ("language", {"en": 0.5}, '{"en":0.5}'),
        ("title", False, "false"),
        ("author", {"first": "Ada"}, '{"first":"Ada"}'),
        ("author", ["Ada", {"first": "Ada"}], '["Ada",{"first":"Ada"}]'),
        ("author", ["Ada", ["Bea"]], '["Ada",["Bea"]]'),
        ("subject", {"id": 7}, "an object"),
        ("subject", ["Ada", True], "a list"),
        ("subject", "A" * 5_000, "a text of 5 000 characters"),
        ("date", "yesterday-ish", "yesterday-ish"),
        ("date", "0000-00-00", "0000-00-00"),
        ("date", True, "true"),
        ("date", 1e30, "1e+30"),
        ("date", {"$date": "soon"}, '{"$date":"soon"}'),
        ("date", ["2024-01-02"], '["2024-01-02"]'),
        ("fetched", "x" * 300, "x" * 199 + "…"),
        ("parents", {"row": 7}, '{"row":7}'),
        ("parents", [3, {"row": 7}], '[3,{"row":7}]'),
        ("parents", [["a", "b"]], '[["a","b"]]'),
    ],
)
def test_unread_value_that_is_there_is_counted_with_what_it_is(field: str, value: Any, sample: str) -> None:
    assert of_row({COLUMN[field]: value}) == [(field, COLUMN[field], 1, sample)]


NOTHING: list[Any] = [
    None,
    "",
    " \t",
    [],
    {},
    [None],
    {"a": None, "b": ""},
    [[], {}],
    "N/A",
    "null",
    "None",
    "none",
    "-",
    float("nan"),
]


@pytest.mark.parametrize("field", [*COLUMN])
def test_unread_says_nothing_of_values_that_say_nothing(field: str) -> None:
    for value in NOTHING:
        assert of_row({COLUMN[field]: value}) == [], value


def test_unread_takes_the_value_of_the_next_column_and_names_the_one_that_could_not_be_read() -> None:
    row = {"date": "soon", "timestamp": 1_682_553_600, "published": "later"}
    assert of_row(row) == [("date", "date", 1, "soon"), ("date", "published", 1, "later")]
    assert of_row({"url": True, "metadata": {"url": "https://example.org"}}) == [("url", "url", 1, "true")]
    assert of_row({"metadata": {"date": "soon"}}) == [("date", "metadata.date", 1, "soon")]


def test_unread_id_of_more_digits_than_a_float_has_is_read_from_its_line_and_other_fields_count_once() -> None:
    line = b'{"text": "A day.", "id": 9007199254740993.0, "date": "soon"}'
    tally = Tally()
    record = RowReader(FIELDS, LOOK, (), tally, "a")(json.loads(line), line)
    assert not isinstance(record, str)
    assert record.source_record_id == "9007199254740993"
    assert [u[1:] for u in tally.found()] == [("date", "date", 1, "soon")]


def test_unread_of_rows_that_are_rejected_is_not_counted(tmp_path: Path) -> None:
    rows = [
        {"text": "", "license": None, "date": "soon"},
        {"text": "a", "license": '{"id": "MIT", "id": "X"}', "date": "soon"},
    ]
    write_lines(tmp_path / "a.jsonl", [json.dumps(row) for row in rows])
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert unread(tmp_path / "a.jsonl", "jsonl") == unread(tmp_path / "a.parquet", "parquet") == []


@pytest.mark.parametrize(
    ("name", "values", "counted"),
    [
        ("id", pa.array([2.0**53, 1.0, float("inf"), float("nan"), None]), [("id", "id", 2, "9007199254740992.0")]),
        ("id", pa.array([True, None, False]), [("id", "id", 2, "true")]),
        ("id", pa.array([dt.date(2024, 1, 2), None]), [("id", "id", 1, "2024-01-02")]),
        ("id", pa.array([{"$oid": 5.5}, {"$oid": None}]), [("id", "id", 1, '{"$oid":5.5}')]),
        ("id", pa.array([b"\xff\x00", b""]), []),
        ("title", pa.array([dt.time(1, 2), None]), [("title", "title", 1, "01:02:00")]),
        ("date", pa.array([2**60, 0, None], pa.timestamp("ms")), [("date", "date", 1, f"{2**60} ms since 1970")]),
        ("date", pa.array([2**62, 0], pa.timestamp("us", "UTC")), [("date", "date", 1, f"{2**62} us since 1970")]),
        ("date", pa.array([2**30, 0, None], pa.date32()), [("date", "date", 1, f"{2**30} days since 1970")]),
        ("date", pa.array([2**61, 0], pa.timestamp("ns")), []),
        ("date", pa.array([b"\xff", b"2024-01-02", b""]), [("date", "date", 1, "\ufffd")]),
        ("date", pa.array([dt.time(1, 2), None]), [("date", "date", 1, "01:02:00")]),
        ("date", pa.array(["soon", "2024", "soon", "-", ""]).dictionary_encode(), [("date", "date", 2, "soon")]),
        ("date", pa.array([Decimal("1e25"), Decimal("10")]), [("date", "date", 1, "10000000000000000000000000")]),
        ("url", pa.array([b"\xff", b"https://example.org"]), [("url", "url", 1, "\ufffd")]),
        ("url", pa.array([{"a": 1}, None, {"a": None}]), [("url", "url", 1, '{"a":1}')]),
        ("author", pa.array([["Ada"], [None], []]), []),
        (
            "author",
            pa.array([[{"name": "Ada", "x": 1}], [{"name": None, "x": 2}]]),
            [("author", "author", 1, '[{"name":null,"x":2}]')],
        ),
        ("person", pa.array([dt.date(2024, 1, 2), None]), [("subject", "person", 1, "a value of type date")]),
        ("person", pa.array([b"\xff", b"Ada"]), [("subject", "person", 1, "a value of type bytes")]),
        ("parents", pa.array([[{"row": 1}], [{"row": None}], None]), [("parents", "parents", 1, '[{"row":1}]')]),
    ],
)
def test_unread_in_columns_of_each_type_is_counted(
    tmp_path: Path, name: str, values: pa.Array, counted: list[Any]
) -> None:
    assert of_column(tmp_path, name, values) == counted


def test_persons_in_a_column_of_times_or_of_bytes_refuse_until_they_can_be_read(tmp_path: Path) -> None:
    for values in (
        pa.array([dt.datetime(2024, 1, 2, tzinfo=dt.UTC)]),
        pa.array([dt.date(2024, 1, 2)]),
        pa.array([b"\xff"]),
    ):
        pq.write_table(pa.table({"text": ["Day."], "person": values}), tmp_path / "a.parquet")
        (batch, _) = read(
            Item("parquet", (found(tmp_path / "a.parquet", "parquet"),)), ReadOptions(FIELDS, LOOK, LIMITS)
        )
        assert isinstance(batch, pa.RecordBatch)
        assert batch.column("subjects").to_pylist() == [[""]]


def test_parents_that_cannot_be_read_are_the_id_of_no_row(tmp_path: Path) -> None:
    for rows, wanted in (([{"row": 1}], [""]), ([{"id": 3}, {"row": 1}], ["3", ""]), ([], None)):
        (tmp_path / "a.jsonl").write_text(json.dumps({"text": "Day.", "parents": rows}), encoding="utf-8")
        (batch, _) = read(Item("jsonl", (found(tmp_path / "a.jsonl", "jsonl"),)), ReadOptions(FIELDS, LOOK, LIMITS))
        assert isinstance(batch, pa.RecordBatch)
        assert batch.column("parents").to_pylist() == [wanted]


def test_unread_in_ranges_and_batches_of_a_file_adds_up(tmp_path: Path) -> None:
    rows = [{"text": f"Day {n}.", "date": "soon" if n % 3 else "2024-01-02"} for n in range(10_000)]
    path = write_lines(tmp_path / "a.jsonl", [json.dumps(row) for row in rows])
    whole = found(path, "jsonl")
    counted = 0
    ranges = items([whole], 50_000)
    for item in ranges:
        for part in read(item, ReadOptions(FIELDS, LOOK, LIMITS)):
            counted += sum(u.rows for u in part.unread) if isinstance(part, Extent) else 0
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=1_000)
    (in_parquet,) = unread(tmp_path / "a.parquet", "parquet")
    assert len(ranges) > 1
    assert counted == in_parquet.rows == sum(n % 3 > 0 for n in range(10_000))


TEXTS = st.sampled_from(
    ["", " ", "-", "N/A", "soon", "2024-01-02", "1700000000", "99999999999999999999", "[]", "{}", '{"a": 1}']
) | st.text('ab{}[]":,01 ', max_size=12)
ADDRESSES = st.sampled_from(["https://example.org/1", '["https://example.org", {"a": 1}]', '{"href": null}']) | TEXTS


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({"date": TEXTS, "fetched_at": TEXTS, "url": ADDRESSES, "person": ADDRESSES}),
        min_size=1,
        max_size=12,
    )
)
def test_unread_in_the_same_rows_is_the_same_in_json_lines_csv_and_parquet(rows: list[dict[str, str]]) -> None:
    full = [{"text": f"Day {n}.", **row} for n, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write_lines(path / "a.jsonl", [json.dumps(row) for row in full])
        pq.write_table(pa.Table.from_pylist(full), path / "a.parquet")
        with (path / "a.csv").open("w", newline="") as opened:
            writer = csv.DictWriter(opened, list(full[0]))
            writer.writeheader()
            writer.writerows(full)
        counted = [sorted(u[1:] for u in unread(path / f"a.{f}", f)) for f in ("jsonl", "csv", "parquet")]
    assert counted[0] == counted[1] == counted[2]


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "-", "soon", "2024-01-02", "https://example.org"])
)
SHAPES = st.sampled_from(["text", "number", "truth", "list", "object", "objects"])


def _value(shape: str, drawn: list[Any]) -> Any:
    texts = [d for d in drawn if d is None or isinstance(d, str)]
    numbers = [d for d in drawn if d is None or (isinstance(d, int) and not isinstance(d, bool))]
    first = texts[0] if texts else None
    return {
        "text": first,
        "number": numbers[0] if numbers else None,
        "truth": next((d for d in drawn if isinstance(d, bool)), None),
        "list": texts,
        "object": {"name": first, "id": first, "href": first, "other": numbers[0] if numbers else None},
        "objects": [{"name": t, "id": t, "href": t, "other": 7} for t in texts],
    }[shape]


@example("object", "subject", [["-"]])
@settings(max_examples=60, deadline=None)
@given(
    SHAPES,
    st.sampled_from([*COLUMN]),
    st.lists(st.lists(SCALARS, max_size=4), min_size=1, max_size=8),
)
def test_unread_in_nested_rows_is_the_same_in_json_lines_and_parquet(
    shape: str, field: str, drawn: list[list[Any]]
) -> None:
    rows = [{"text": f"Day {n}.", COLUMN[field]: _value(shape, d)} for n, d in enumerate(drawn)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write_lines(path / "a.jsonl", [json.dumps(row) for row in rows])
        pq.write_table(pa.Table.from_pylist(rows), path / "a.parquet")
        in_lines, in_columns = unread(path / "a.jsonl", "jsonl"), unread(path / "a.parquet", "parquet")
    assert [u[1:4] for u in in_lines] == [u[1:4] for u in in_columns]


def test_sample_of_a_person_shows_the_kind_of_value_alone() -> None:
    samples = [sample_of("subject", v) for v in ({"id": "Ada"}, ["Ada"], True, "Ada " * 2_000, b"\xff")]
    assert not any("Ada" in s for s in samples)
