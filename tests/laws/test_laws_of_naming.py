"""Whom a row names: every person in every list, object and header is reached by each spelling; what cannot be read refuses."""

from __future__ import annotations

import json
from datetime import date, time

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.readers.cells import cells_of
from rightful.readers.fields import KNOWN
from rightful.readers.unread import Tally
from rightful.readers.values import subject, subjects
from rightful.rights.columns import Columns
from rightful.rights.named_persons import MOST, Persons, persons

_word = st.text("abcdefgkmnrst", min_size=2, max_size=8)
_mails = st.builds("{}@{}.example".format, _word, _word)
_part = _word.filter(lambda word: word not in ("and", "et", "en")).map(str.title)  # those may part two names
_names = st.builds("{} {}".format, _part, _part)
_people = st.lists(_mails, min_size=2, max_size=4, unique=True)
_WRITTEN = {
    "a list": lambda mails: mails,
    "a list in JSON": json.dumps,
    "a list of objects": lambda mails: [{"name": "Somebody", "email": mail} for mail in mails],
    "a list of lists": lambda mails: [[mail] for mail in mails],
    "commas": ", ".join,
    "semicolons": "; ".join,
    "lines": "\n".join,
    "slashes": "/".join,
    "bars": " | ".join,
    "full-width commas": "\uff0c".join,
    "full-width semicolons": "\uff1b".join,
    "a header": lambda mails: ", ".join(f"Some Body <{mail}>" for mail in mails),
    "a header with comments": lambda mails: ", ".join(f"{mail} (Some Body)" for mail in mails),
    "within an object": lambda mails: {"author": [{"email": mail} for mail in mails]},
}


@given(_people)
def test_every_person_that_a_value_names_is_named(mails: list[str]) -> None:
    for way, written in _WRITTEN.items():
        found = persons(written(mails))
        assert set(mails) <= set(found.spellings), way
        assert (found.count, found.readable) == (len(mails), True), way


@given(_names, _mails)
def test_a_person_is_named_by_each_spelling(name: str, mail: str) -> None:
    first, _, last = name.partition(" ")
    for written in (
        *(f"{name} <{mail}>", f'"{name}" <{mail}>', f"{mail} ({name})", f"{name} <mailto:{mail}>"),
        *({"name": name, "email": mail}, {"Name": name, "Mail": mail}, {"person": {"name": name, "email": mail}}),
        {"given": first, "family": last, "email": mail},
    ):
        found = persons(written)
        assert {name, mail} <= set(found.spellings), written
        assert (found.count, found.readable) == (1, True)
    assert f"{last}, {first}" in persons({"given": first, "family": last}).spellings


@given(st.lists(_names, min_size=2, max_size=2, unique=True))
def test_where_a_comma_or_a_word_may_part_names_both_readings_are_named(names: list[str]) -> None:
    one, other = names
    assert {one, other, f"{one}, {other}", f"{other} {one}"} <= set(persons(f"{one}, {other}").spellings)
    assert {one, other, f"{one} and {other}"} <= set(persons(f"{one} and {other}").spellings)
    assert persons(f"{one} and {other}").count == persons(f"{one}; {other}").count == 2
    assert {one, other} <= set(persons(f"{one}; {other}").spellings)
    assert f"{one}, {other}" in persons(f"{one}, {other} <a@b.example>").spellings


@given(
    st.lists(_names, min_size=2, max_size=4, unique=True),
    st.sampled_from(
        [
            "/",
            " / ",
            " | ",
            "\t",
            " \u00b7 ",
            "\u3001",
            "\uff0c",
            "\uff1b",
            "; ",
            "\n",
            " & ",
            " + ",
            " and\n",
            "\nund ",
        ]
    ),
)
def test_whatever_parts_names_each_is_named(names: list[str], parting: str) -> None:
    found = persons(parting.join(names))
    assert {*names, parting.join(names)} <= set(found.spellings)
    assert (found.count, found.readable) == (len(names), True)


def test_a_name_that_holds_a_word_like_and_is_named_whole_as_well() -> None:
    found = persons("Li En and Ortega y Gasset")
    assert {"Li En", "Ortega y Gasset", "Li En and Ortega y Gasset", "Ortega", "Gasset", "Li"} <= set(found.spellings)
    assert "Li En" in persons("Li En").spellings
    for one in ("u/mira", "https://people.example/mira/7", "A|B", "+49", "AC/DC"):
        assert (persons(one).count, one in persons(one).spellings) == (1, True)


def test_an_encoded_name_is_named_as_it_is_read() -> None:
    assert "Mir\u00e9 Moreno" in persons("=?utf-8?q?Mir=C3=A9_Moreno?= <m@a.example>").spellings
    assert "Mir\u00e9" in persons("=?utf-8?b?TWlyw6k=?= <m@a.example>").spellings


@example({"id": 7})
@example(True)
@example([["a@b.example"], {"id": 7}])
@example([f"n{n}@a.example" for n in range(MOST + 1)])
@example("; ".join(f"n{n}@a.example" for n in range(MOST + 1)))
@example("a@b.example " * 1_000)
@given(st.dictionaries(st.sampled_from(["id", "age", "role"]), st.integers(), min_size=1))
def test_a_value_that_cannot_be_read_as_persons_says_so(value: object) -> None:
    assert not persons(value).readable
    assert "" in (subjects(value) or [])


def test_a_column_in_which_persons_cannot_be_read_says_so() -> None:
    """Bytes that are no text, and times: whom they name is not known, and that is not nobody."""
    places = dict.fromkeys(KNOWN, ()) | {"subject": (("who",),)}
    for of in (pa.array([b"\xff", None]), pa.array([date(2026, 11, 21), None]), pa.array([time(1), None])):
        tally = Tally()
        cells = cells_of({("who",): of}, places, Columns(), tally, "a.parquet", ())
        assert cells["subjects"].to_pylist() == [[""], None]
        assert [(u.field, u.rows) for u in tally.found()] == [("subject", 1)]


def test_of_nobody_nothing_is_named() -> None:
    for value in (None, "", " ", "null", "N/A", "-", [], {}, float("nan"), [None, ""]):
        assert persons(value) == Persons()
        assert (subject(value), subjects(value)) == (None, None)


@given(_people)
def test_a_row_keeps_every_spelling_and_says_where_it_names_several(mails: list[str]) -> None:
    assert subject(mails) == mails[0]
    kept = subjects(mails)
    assert kept is not None
    assert kept[: len(mails)] == mails
    assert (None in kept, "" in kept) == (True, False), "a null says that they are several persons"
    one = subjects(f"Somebody <{mails[0]}>")
    assert one is not None
    assert (mails[0] in one, None in one) == (True, False)
    assert subjects(mails[0]) is None, "one spelling is said by the subject alone"
    broken = subjects([*mails, {"id": 7}])
    assert broken is not None
    assert (set(mails) <= {*broken}, "" in broken) == (True, True), "an empty string says that one cannot be read"
