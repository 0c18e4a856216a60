from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.notation.characters import is_blank
from rightful.readers import BATCH_ROWS, Fields, Item
from rightful.readers.limits import Limits, raised
from tests.unit.readers.reading import PACKERS, found, letters, read_file, read_items, write_lines


def test_csv_record_has_its_cells_and_the_exact_text(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.csv",
        [" id ,text,license,date,url", '7,"Say ""hi"",\r\n\nthen go ",CC-BY-4.0,2023-04-27,', "8,Zwei,,soon,u"],
    )
    first, second = read_file(path, "csv").rows
    assert first["text"] == 'Say "hi",\r\n\nthen go '
    assert (first["line"], first["source_record_id"], first["license_raw"], first["url"]) == (1, "7", "CC-BY-4.0", None)
    assert first["published_at"].isoformat() == "2023-04-27T00:00:00+00:00"
    assert (second["line"], second["license_raw"], second["published_at"], second["url"]) == (2, None, None, "u")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    header = ["id", "text", "a,b" if delimiter != "," else "a;b"]
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, ["1", "x,y;z\tu|v", "c"]])
    (row,) = read_file(path, "csv").rows
    assert (row["source_record_id"], row["text"]) == ("1", "x,y;z\tu|v")


def test_csv_of_one_column_and_tsv_with_commas_are_read(tmp_path: Path) -> None:
    assert read_file(write_lines(tmp_path / "a.csv", ["text", "a;b", "c"]), "csv").texts == ["a;b", "c"]
    assert read_file(write_lines(tmp_path / "a.tsv", ["id,x\ttext", "1\ta,b"]), "tsv").texts == ["a,b"]


def test_csv_byte_order_mark_and_crlf_are_no_part_of_the_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf\r\ntext,id\r\na,1\r\n")
    path.write_bytes(b"\xef\xbb\xbftext,id\r\na,1\r\n")
    reading = read_file(path, "csv")
    assert [(row["text"], row["source_record_id"]) for row in reading.rows] == [("a", "1")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1", "1 field, but the header has 2"),
        (b"1,a,b", "3 fields, but the header has 2"),
        (b"1,", "empty text"),
        (b'1," "', "empty text"),
        (b"1,caf\xe9", "not UTF-8: byte 0xe9 at byte 5 of its line"),
        (b'1,"a\nb\xff"', "not UTF-8: byte 0xff at byte 1 of its line"),
        (b"1,a\0b", "NUL character in the text (at character 1)"),
        (b'1,"a"b', "not a CSV row: ',' expected after '\"'"),
        (b"1,a\rb", "not a CSV row: a carriage return in a field without quotes"),
    ],
)
def test_csv_bad_row_is_one_damage_and_its_neighbours_are_read(tmp_path: Path, row: bytes, reason: str) -> None:
    path = write_lines(tmp_path / "a.csv", ["id,text", "0,before", "", row, "2,after"])
    reading = read_file(path, "csv")
    assert [(r["line"], r["text"]) for r in reading.rows] == [(1, "before"), (3, "after")]
    ((position, told),) = reading.faults
    assert position == "row 2"
    assert told.startswith(reason)
    assert reading.lines == 3


def test_csv_quote_that_never_ends_is_damage(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ["text", "a", '"b'])
    reading = read_file(path, "csv")
    assert reading.texts == ["a"]
    assert reading.faults == [("row 2", "not a CSV row: a quote that opens in it is never closed")]
    assert reading.lines == 2


@pytest.mark.parametrize("blank", [0, 3])
def test_csv_rows_that_an_unclosed_quote_swallows_are_counted(tmp_path: Path, blank: int) -> None:
    path = write_lines(tmp_path / "a.csv", ["id,text", "1,a", '2,"b', *[""] * blank, "3,c", "4,d"])
    reading = read_file(path, "csv")
    assert reading.texts == ["a"]
    [damage] = reading.damages
    assert damage.position == "row 2"
    assert damage.rows == 3
    assert damage.reason.endswith("never closed; it takes in the 2 lines that follow")
    assert reading.lines == 4


def test_csv_that_names_its_delimiter_in_the_first_line_is_read(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ["sep=;\r", "id;text, with a comma;text\r", "1;x;A day.\r"])
    assert read_file(path, "csv").texts == ["A day."]


def test_csv_whose_lines_end_in_carriage_returns_alone_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\r1,a\r2,b\r")
    [(position, reason)] = read_file(path, "csv").faults
    assert position is None
    assert reason.startswith("lines end in carriage returns alone")


def test_csv_header_with_a_quote_that_is_not_closed_says_so(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ['"id","text', 'body"', "1,a"])
    [(_, reason)] = read_file(path, "csv").faults
    assert "a quote in it is not closed" in reason


def test_csv_row_beyond_the_limit_is_damage_and_no_part_of_it_becomes_a_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.zst"
    line = letters(1 << 20) + b"\n"
    most = 16 << 20
    long = b'"' + line * (most // len(line) + 2)
    path.write_bytes(PACKERS[".zst"](b"text\na\n" + long + b'"\nb\n'))
    reading = read_file(path, "csv", limits=Limits(value_bytes=most))
    assert reading.texts == ["a"]
    ((position, reason),) = reading.faults
    assert position == "row 2"
    assert reason.endswith(f"at most {most} are read{raised('value_bytes')}; the rest of the file is not read")


def test_csv_field_larger_than_the_csv_module_likes_is_read(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ["text", "x" * 1_000_000])
    assert [len(text) for text in read_file(path, "csv").texts] == [1_000_000]


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        (b"id,message\n1,a\n", Fields(), "no text field (tried text, content, "),
        (b"id,message\n1,a\n", Fields(text="body"), "no field 'body'; found 'id', 'message'"),
        (b"text,license,license\na,MIT,GPL\n", Fields(), "two columns are named 'license'"),
        (b"\n\n", Fields(), "no text field"),
        (b"caf\xe9,text\na,b\n", Fields(), "the header is not UTF-8: byte 0xe9 at byte 3"),
        ("text\na\n".encode("utf-16"), Fields(), "UTF-16, not UTF-8"),
        (b'"text\na\n', Fields(), "the first line is no header"),
    ],
)
def test_csv_without_a_usable_header_is_damage_of_the_file(
    tmp_path: Path, content: bytes, fields: Fields, reason: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    reading = read_file(path, "csv", fields)
    assert reading.rows == []
    ((position, told),) = reading.faults
    assert position is None
    assert told.startswith(reason)
    assert reading.lines == 0


def test_csv_column_that_comes_twice_and_is_not_needed_is_no_matter(tmp_path: Path) -> None:
    assert read_file(write_lines(tmp_path / "a.csv", ["text,x,x", "a,1,2"]), "csv").texts == ["a"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_csv_compressed_and_truncated_gives_the_rows_before(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(PACKERS[suffix](b"text\na\nb\n") + PACKERS[suffix](b"c\nd\ne\n")[:-2])
    reading = read_file(path, "csv")
    assert reading.texts[:2] == ["a", "b"]
    ((position, reason),) = reading.faults
    assert position == f"row {len(reading.texts) + 1}"
    assert "truncated" in reason


def test_csv_file_that_vanished_is_damage_of_the_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ["text", "a"])
    item = Item("csv", (found(path, "csv"),))
    path.unlink()
    assert read_items([item]).faults == [(None, "cannot be read: it is gone (vanished after it was listed)")]


def test_csv_batches_are_bounded(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.csv", ["text", *["a"] * (BATCH_ROWS + 1)])
    assert [batch.num_rows for batch in read_file(path, "csv").batches] == [BATCH_ROWS, 1]


@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=20))
def test_csv_written_by_the_csv_module_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["n", "text"], *([str(n), text] for n, text in enumerate(texts, 1))])
    reading = read_file(path, "csv")
    numbered = list(enumerate(texts, 1))
    assert [(row["line"], row["text"]) for row in reading.rows] == [(n, t) for n, t in numbered if not is_blank(t)]
    assert [damage.number for damage in reading.damages] == [n for n, t in numbered if is_blank(t)]
