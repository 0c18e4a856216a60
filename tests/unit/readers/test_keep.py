"""What is kept of a row: one object of one form, without the person of the record, within bounds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import InputError
from rightful.readers import Damage, FoundFile, Item, ReadOptions
from rightful.readers.fields import RowReader
from rightful.readers.formats.csvfile import read as read_csv
from rightful.readers.formats.parquet import read as read_parquet
from rightful.readers.keep import DEEPEST, MOST_COLUMNS, Keeping
from rightful.readers.limits import Limits
from rightful.rights.columns import Columns, Fields, Look

LOOK = Look(lists=Columns(license=frozenset({"license"})))


def kept(row: dict[str, Any], line: bytes = b"", **fields: Any) -> Any:
    record = RowReader(Fields(**{"keep": "all", **fields}), LOOK)(row, line)
    assert not isinstance(record, str), record
    return None if record.kept is None else json.loads(record.kept)


def test_all_is_what_nothing_is_read_from() -> None:
    row = {"text": "A", "content": "B", "id": 1, "url": "https://a.example", "license": "MIT", "Title": "T", "score": 1}
    assert kept(row) == {"content": "B", "score": 1}
    assert kept(row, keep=["url", "score"]) == {"score": 1, "url": "https://a.example"}
    assert kept({"text": "A", "title": "T"}) is None
    assert kept({"text": "A", "score": None}) is None


@pytest.mark.parametrize("order", [1, -1])
def test_object_has_one_form_whatever_the_order_of_its_members(order: int) -> None:
    row = {"text": "A", **dict(list({"b": {"d": 1, "c": None}, "a": [None, {"x": None}]}.items())[::order])}
    record = RowReader(Fields(keep="all"), LOOK)(row)
    assert not isinstance(record, str)
    assert record.kept == '{"a":[null,{}],"b":{"d":1}}'


def test_path_leads_into_objects_and_a_literal_name_goes_first() -> None:
    row = {"text": "A", "m": {"a": 1, "b.c": 2}, "m.a": 3}
    assert kept(row, keep=["m.a", "m.b.c"]) == {"m.a": 3, "m": {"b.c": 2}}
    assert kept(row, keep=["m", "m.b.c"])["m"] == {"a": 1, "b.c": 2}
    assert kept(row, keep=["gone", "m.gone", "m.a.b"]) is None


def test_subject_is_taken_out_wherever_it_lies_and_the_row_stays_as_it_is() -> None:
    row = {"text": "A", "by": {"who": {"name": "Ada"}, "n": 1}}
    assert kept(row, subject="by.who.name") == {"by": {"n": 1, "who": {}}}
    assert kept(row, subject="by.who", keep=["by.who.name", "by.n"]) == {"by": {"n": 1}}
    assert row["by"] == {"who": {"name": "Ada"}, "n": 1}
    with pytest.raises(InputError, match="names a person"):
        Fields(subject="by.who", keep=("by.who",))


def test_text_is_kept_as_the_text_alone() -> None:
    assert kept({"text": "A", "score": 1}, keep=["text", "score"]) == {"score": 1}
    assert kept({"doc": {"body": "A", "n": 1}}, text="doc.body") == {"doc": {"n": 1}}
    turns = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "At nine."}]
    assert kept({"messages": turns, "score": 1}, keep=["messages", "score"]) == {"score": 1}


def test_value_above_the_limit_is_damage_of_its_row(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{"text": "t", "note": "n" * 100}, {"text": "t", "note": "n"}])
    pq.write_table(table, tmp_path / "t.parquet")
    item = Item("parquet", (FoundFile(tmp_path / "t.parquet", "t.parquet", 1_000, 0, "parquet"),))
    for keep, rows in ((("note",), 1), (None, 2)):
        out = list(read_parquet(item, ReadOptions(Fields(keep=keep), LOOK, Limits(value_bytes=50))))
        assert sum(batch.num_rows for batch in out if isinstance(batch, pa.RecordBatch)) == rows
        reasons = [damage.reason for damage in out if isinstance(damage, Damage)]
        assert [reason.partition(";")[0] for reason in reasons] == ["a value of 'note' of 100 bytes"] * (2 - rows)


def test_numbers_keep_their_digits() -> None:
    line = b'{"text":"A","big":123456789012345678901234567890,"e":1e300,"f":0.1}'
    assert kept(json.loads(line.replace(b"123456789012345678901234567890", b"1.2345678901234568e29")), line) == {
        "big": 123456789012345678901234567890,
        "e": 1e300,
        "f": 0.1,
    }


def test_what_json_has_no_form_for_is_text() -> None:
    row = {
        "text": "A",
        "at": datetime(2024, 1, 2, tzinfo=UTC),
        "on": date(2024, 1, 2),
        "exact": Decimal("0.10"),
        "digits": Decimal("0.12345678901234567890123"),
        "raw": b"\xff",
        "utf": b"ok",
        "none": float("nan"),
    }
    assert kept(row) == {
        "at": "2024-01-02T00:00:00+00:00",
        "digits": "0.12345678901234567890123",
        "exact": 0.1,
        "on": "2024-01-02",
        "raw": "/w==",
        "utf": "ok",
    }


def test_too_many_columns_and_too_deep_ones_are_damage_of_the_row() -> None:
    reader = RowReader(Fields(keep="all"), LOOK)
    many = reader({"text": "A", **{f"c{n}": n for n in range(MOST_COLUMNS + 1)}})
    assert many == "1,001 columns to keep; at most 1,000 are: name those to keep (--keep COLUMN)"
    nested: Any = 1
    for _ in range(DEEPEST + 2):
        nested = [nested]
    assert reader({"text": "A", "d": nested}) == f"a column to keep is nested more than {DEEPEST} levels deep"
    assert not isinstance(reader({"text": "A", "d": nested[0][0]}), str)


def test_columns_of_a_table_are_those_of_which_something_is_kept() -> None:
    assert Keeping(("a.b", "c.d", "e"), ()).columns(["a.b", "c", "a"]) == ("a.b", "c")


def read_all(read: Any, path: Path, format: str, **fields: Any) -> tuple[list[Any], list[str]]:
    item = Item(format, (FoundFile(path, path.name, path.stat().st_size, 0, format),))
    out = list(read(item, ReadOptions(Fields(**{"keep": "all", **fields}), LOOK)))
    rows = [k and json.loads(k) for b in out if isinstance(b, pa.RecordBatch) for k in b.column("kept").to_pylist()]
    return rows, [d.reason for d in out if isinstance(d, Damage)]


def test_parquet_keeps_whole_columns_beside_paths_into_them(tmp_path: Path) -> None:
    rows = [
        {"text": f"t{n}", "meta": {"url": f"https://a.example/{n}", "who": "Ada", "n": n}, "a.b": n} for n in (1, 2)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    listed, wrong = read_all(read_parquet, tmp_path / "t.parquet", "parquet", subject="meta.who")
    assert wrong == []
    assert listed[1] == {"a.b": 2, "meta": {"url": "https://a.example/2", "n": 2}}
    listed, _ = read_all(read_parquet, tmp_path / "t.parquet", "parquet", keep=["meta.n", "gone"])
    assert listed == [{"meta": {"n": 1}}, {"meta": {"n": 2}}]


def test_parquet_with_two_columns_of_a_name_is_not_read_where_they_are_to_be_kept(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["t"]), pa.array([1]), pa.array([2])], names=["text", "n", "n"])
    pq.write_table(table, tmp_path / "t.parquet")
    assert read_all(read_parquet, tmp_path / "t.parquet", "parquet") == ([], ["two columns are named 'n'"])
    assert read_all(read_parquet, tmp_path / "t.parquet", "parquet", keep=None) == ([None], [])


def test_csv_keeps_strings_and_columns_without_a_name_by_their_number(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,score,,\nHello,007,,x\n", encoding="utf-8")
    assert read_all(read_csv, tmp_path / "t.csv", "csv") == ([{"column 3": "", "column 4": "x", "score": "007"}], [])
    (tmp_path / "t.csv").write_text("text,score,\nHello,007,x\n", encoding="utf-8")
    assert read_all(read_csv, tmp_path / "t.csv", "csv") == ([{"": "x", "score": "007"}], [])
    (tmp_path / "t.csv").write_text("text,n,n\nHello,1,2\n", encoding="utf-8")
    assert read_all(read_csv, tmp_path / "t.csv", "csv") == ([], ["two columns are named 'n'"])
