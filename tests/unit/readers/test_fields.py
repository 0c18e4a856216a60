from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rightful.readers import RAW, Fields
from rightful.readers.fields import CELLS, KNOWN, Record, RowReader, plan, reach
from rightful.readers.values import authors, instant, license_statement, subject, subjects, words
from tests.unit.readers.reading import LOOK

WELL_KNOWN = Fields()


def micros(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type, misc]


def record(row: dict[str, object], fields: Fields = WELL_KNOWN) -> Record:
    found = RowReader(fields, LOOK)(row)
    assert isinstance(found, Record), found
    return found


def fault(row: dict[str, object], fields: Fields = WELL_KNOWN) -> str:
    found = RowReader(fields, LOOK)(row)
    assert isinstance(found, str), found
    return found


def test_record_cells_are_the_columns_of_raw_in_order() -> None:
    assert ["file", "line", *Record._fields[:-1], "media_type"] == RAW.names
    assert {cell for cell, _, _ in CELLS} | {
        "text",
        "license_raw",
        "statements",
        "conversation",
        "kept",
        "media",
        "media_sha256",
        "form",
    } == set(Record._fields)
    assert (
        {field for _, field, _ in CELLS} | {"text", "media", "media_sha256"}
        == set(KNOWN)
        == set(Fields.__dataclass_fields__) - {"license", "messages", "keep"}
    )


@pytest.mark.parametrize("name", KNOWN["text"])
def test_text_under_each_well_known_name_is_found(name: str) -> None:
    assert record({name: "A day."}).text == "A day."


@pytest.mark.parametrize(
    ("cell", "field", "value", "expected"),
    [
        ("source_record_id", "id", "a1", "a1"),
        ("url", "url", "https://example.org/a", "https://example.org/a"),
        ("language_stated", "language", "de", "de"),
        ("title", "title", "A day", "A day"),
        ("authors", "author", "A. B.", ["A. B."]),
        ("published_at", "date", "2023-04-27", micros(2023, 4, 27)),
        ("fetched_at", "fetched", "2023-04-27", micros(2023, 4, 27)),
    ],
)
def test_cell_under_each_well_known_name_is_found(cell: str, field: str, value: str, expected: object) -> None:
    for name in KNOWN[field]:
        row: dict[str, object] = {"text": "t", name: value}
        assert getattr(record(row), cell) == expected, name
        outer, dot, inner = name.partition(".")
        if dot:
            assert getattr(record({"text": "t", outer: {inner: value}}), cell) == expected, name


def test_text_of_several_names_is_the_first_present_even_if_null() -> None:
    assert record({"document": "a.warc.gz", "contents": "The text."}).text == "The text."
    assert fault({"text": None, "content": "x"}) == "the text is null (field 'text')"


def test_well_known_name_in_other_letters_is_found_but_exact_goes_first() -> None:
    assert record({"Text": "t", "LICENSE": "MIT", "Metadata": {"url": "u"}})[:5] == (None, "t", "u", None, "MIT")
    assert record({"TEXT": "other", "text": "t"}).text == "t"


def test_subject_without_an_option_is_never_guessed() -> None:
    row: dict[str, object] = {"text": "t", "subject": "Ann", "person": "Ann"}
    assert record(row).subject is None
    assert record(row, Fields(subject="person")).subject == "Ann"


def test_option_for_the_text_that_is_absent_is_a_fault_with_the_names_found() -> None:
    assert fault({"text": "t", "id": 1}, Fields(text="body")) == "no field 'body'; found 'text', 'id'"


def test_option_for_another_field_that_is_absent_is_null() -> None:
    assert record({"text": "t", "url": "u"}, Fields(url="where")).url is None


def test_option_is_taken_literally_then_as_a_path() -> None:
    row: dict[str, object] = {"text": "t", "a.b": "literal", "a": {"b": "nested", "c": {"d": "deep"}}}
    assert record(row, Fields(url="a.b")).url == "literal"
    assert record(row, Fields(url="a.c.d")).url == "deep"
    assert record(row, Fields(text="a.c.d")).text == "deep"
    assert record(row, Fields(url="A.B")).url is None


def test_no_text_field_names_what_was_tried_and_found() -> None:
    reason = fault({"message": "hi"})
    assert reason.startswith(
        "no text field (tried text, content, contents, raw_content, body, document); found 'message'"
    )
    assert "--text-field" in reason
    assert len(fault({"x" * 1_000_000 + str(n): 1 for n in range(100)})) < 1_500


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the text is null (field 'text')"),
        (3, "the text is a number, not a string (field 'text')"),
        (True, "the text is a boolean, not a string (field 'text')"),
        ({"a": 1}, "the text is an object, not a string (field 'text')"),
        (["a"], "the text is a list, not a string (field 'text')"),
        ("", "empty text"),
        (" \n\u3000\t", "empty text"),
        ("ab\0c", "NUL character in the text (at character 2)"),
    ],
)
def test_text_that_is_none_is_told_why(value: object, reason: str) -> None:
    assert fault({"text": value}) == reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MIT", "MIT"),
        ("  ", None),
        (None, None),
        ([], None),
        ({}, None),
        (["MIT"], '["MIT"]'),
        (["MIT", None, "Ünlicense"], '["MIT","Ünlicense"]'),
        ([{"spdx_id": "MIT"}, "CC0-1.0"], '["MIT","CC0-1.0"]'),
        ({"id": "cc-by-4.0", "name": "CC BY"}, "cc-by-4.0"),
        ({"id": 4, "name": "Attribution License"}, "Attribution License"),
        ({"key": "mit", "spdx_id": "MIT", "name": "MIT License"}, "MIT"),
        ({"url": "https://creativecommons.org/licenses/by/4.0/"}, "https://creativecommons.org/licenses/by/4.0/"),
        ({"terms": "ask"}, '{"terms":"ask"}'),
        ([["MIT"]], '["[\\"MIT\\"]"]'),
        (4, "4"),
        (2.5, "2.5"),
        (False, "false"),
        (float("nan"), None),
        (1e300, "1e+300"),
    ],
)
def test_license_statement_keeps_what_was_said(value: object, expected: str | None) -> None:
    assert license_statement(value) == expected


def test_license_nested_beyond_reason_is_still_said() -> None:
    deep: object = "MIT"
    for _ in range(5_000):
        deep = [deep]
    assert license_statement(deep) == '["nested too deeply"]'
    assert words(deep) is None
    assert authors(deep) is None
    assert license_statement({"x": deep}) == "nested too deeply"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, "7"),
        (2**70, str(2**70)),
        (7.0, "7"),
        (7.5, "7.5"),
        (float(2**53), None),
        (float("inf"), None),
        (True, None),
        ("", None),
        (["en"], "en"),
        (["en", "fr"], None),
        ({"a": 1}, None),
        (" a ", " a "),
    ],
)
def test_words_of_a_value_are_exact_or_null(value: object, expected: str | None) -> None:
    assert words(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("A, B", ["A, B"]),
        (["A", "", None, "B"], ["A", "B"]),
        ([{"name": "A", "email": "a@example.org"}, {"login": "b"}], ["A"]),
        ({"name": "A"}, ["A"]),
        ([], None),
        (None, None),
        (9, ["9"]),
    ],
)
def test_authors_are_listed_and_never_split(value: object, expected: list[str] | None) -> None:
    assert authors(value) == expected


def test_subject_of_several_people_is_the_first_and_all_are_listed() -> None:
    assert subject(["Ann", "Bob"]) == "Ann"
    assert subjects(["Ann", "Bob"]) == ["Ann", "Bob", None]
    assert subjects(["Ann", {"id": 1}]) == ["Ann", ""]
    assert subjects("Ann") is None
    assert subject(["Ann"]) == "Ann"


DAY = micros(2023, 4, 27)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-04-27", DAY),
        ("20230427", DAY),
        (20230427, DAY),
        ("2023-04-27T00:00:00", DAY),
        ("2023-04-27 02:00:00+02:00", DAY),
        ("2023-04-27 02:00:00 +0200", DAY),
        ("2023-04-27T00:00:00Z", DAY),
        ("2023-04-27t00:00:00z", DAY),
        ("2023-04-27 00:00:00 UTC", DAY),
        ("2023-04-27T00:00:00.000000123Z", DAY),
        (" 2023-04-27 ", DAY),
        ("2023-04", micros(2023, 4, 1)),
        ("2023", micros(2023, 1, 1)),
        (2023, micros(2023, 1, 1)),
        (DAY // 1_000_000, DAY),
        (str(DAY // 1_000_000), DAY),
        (DAY // 1_000_000 + 0.5, DAY + 500_000),
        (DAY // 1_000, DAY),
        (DAY, DAY),
        (DAY * 1_000, DAY),
        (-86_400, -86_400_000_000),
        (0, 0),
        (datetime(2023, 4, 27, tzinfo=UTC), DAY),
        (date(2023, 4, 27), DAY),
    ],
)
def test_instant_in_usual_forms_is_read(value: object, expected: int) -> None:
    assert instant(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "27.04.2023", "2023-13-01", "2023-02-30", "1234567", "9" * 60, "x" * 10_000, "0000-00-00"),
        *(None, True, [], {}, float("nan"), float("inf"), 1e300, -(2**80), 2**80, 20231399),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_instant_that_cannot_be_read_is_null_and_never_an_error(value: object) -> None:
    assert instant(value) is None


def test_reach_through_a_non_object_is_missing() -> None:
    assert record({"text": "t", "metadata": "title: T"}).title is None
    assert reach({"a": [1]}, "a.0") is reach({}, "a")


def test_plan_names_only_what_is_there() -> None:
    places = plan(Fields(), ["content", "meta", "licence"])
    assert places["text"] == ("content",)
    assert places["url"] == ("meta.url",)
    assert places["subject"] == ()


def test_row_reader_meeting_ever_new_names_forgets_the_old() -> None:
    reader = RowReader(Fields(), LOOK)
    for n in range(2_500):
        assert isinstance(reader({"text": "t", f"k{n}": 1}), Record)
    assert len(reader._known) <= 1_000
