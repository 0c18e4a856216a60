"""Results: read by attribute or by key, shown short, and never taken for markup."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields

import pytest

from rightful.api import answers
from rightful.api.answer import Answer, Rows
from rightful.api.answers import AllVerified, Permitted, Reviewed, StandingPolicy, Status
from rightful.schema import find

OF_REPAIRS = {"version", "level", "supersedes", "repairs"}
STATUS = Status("s-1", 3, "ab", 2, 120, 4000, 9000, 1, 0, 0, True, [], [])
KINDS = [
    kind
    for kind in vars(answers).values()
    if isinstance(kind, type) and issubclass(kind, Answer) and kind is not Answer
]


def test_answer_is_read_by_attribute_or_by_key_and_equals_its_json() -> None:
    assert (STATUS.rows, STATUS["rows"], STATUS.get("rows"), {**STATUS}["rows"]) == (120, 120, 120, 120)
    assert STATUS == STATUS.as_json() == json.loads(json.dumps(STATUS.as_json()))
    assert list(STATUS) == [field.name for field in fields(Status)]
    assert "reviews" not in STATUS
    with pytest.raises(KeyError):
        STATUS["reviews"]
    with pytest.raises(FrozenInstanceError):
        STATUS.rows = 1  # type: ignore[misc]


def test_answer_leaves_out_what_was_not_asked_for_and_says_null_for_what_is_unknown() -> None:
    by_name = {field.name: None for field in fields(Permitted)}
    assert set(Permitted(**by_name)) == set(by_name) - {"ids", "out"}  # type: ignore[arg-type]
    asked = Permitted(**{**by_name, "ids": []})  # type: ignore[arg-type]
    assert list(asked)[-2:] == ["next", "ids"]
    assert asked["valid_until"] is None


def test_policy_has_its_own_keys_beside_ours_and_names_exports_once_it_was_signed() -> None:
    policy = StandingPolicy("store/policy.toml", True, "ab", {"accept": ["notice"]})
    assert list(policy) == ["path", "in_force", "sha256", "accept"]
    signed = StandingPolicy("store/policy.toml", True, "ab", {"accept": ["notice"]}, ["x-1"], [])
    assert list(signed) == [*policy, "exports", "exports_unreadable"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_may_be_left_out_of_an_answer_is_a_field_of_it_with_that_default(kind: type[Answer]) -> None:
    by_name = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    assert kind.optional <= by_name.keys()
    assert all(by_name[name].default is None for name in kind.optional)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (answers.Ingested, "answer-ingest"),
        (answers.Tagged, "answer-tag"),
        (answers.Permitted, "answer-query"),
        (answers.Exported, "manifest"),
        (answers.Explained, "answer-explain"),
        (answers.Similar, "answer-similar"),
        (answers.Statistics, "answer-stats"),
        (answers.Waiting, "answer-review-list"),
        (answers.Verified, "answer-verify"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_fields_of_an_answer_are_the_keys_of_its_schema(kind: type[Answer], schema: str) -> None:
    document = find(schema)
    later = (
        OF_REPAIRS | {"handed_to"} if schema == "manifest" else set()
    )  # what was just exported is the first, in a folder
    assert {field.name for field in fields(kind)} | later == set(document["properties"])  # type: ignore[arg-type]
    left_out = set(document["properties"]) - set(document["required"])
    assert kind.optional == (left_out if schema != "manifest" else set()), "manifests of earlier versions lack some"


def test_answer_shows_numbers_whole_and_of_lists_how_long_they_are() -> None:
    assert repr(STATUS) == (
        "Status(store='s-1', snapshot=3, catalog='ab', parts=2, rows=120, records_bytes=4000, texts_bytes=9000,"
        " events=1, exports=0, assets=0, sealed=True)"
    )
    assert repr(AllVerified(False, [{"ok": False}, {"ok": True}])) == "AllVerified(ok=False, exports=[2])"
    long = repr(Reviewed("v-1", "same", "a", "b", "Ada", "x" * 400, "2026-11-21", 2, [], []))
    assert "reason='xxx" in long
    assert len(long) < 240


def test_rows_are_a_list_that_equals_one() -> None:
    rows = Rows([{"n": 1}, {"n": 2}])
    assert rows == [{"n": 1}, {"n": 2}] == rows.as_json() == list(rows)
    assert rows != [{"n": 1}]
    assert (rows[0], rows[-1:], len(rows), {"n": 2} in rows) == ({"n": 1}, [{"n": 2}], 2, True)
    assert (repr(rows), repr(Rows(rows[:1])), repr(Rows([]))) == ("Rows(2: {n: 1}, ...)", "Rows(1: {n: 1})", "Rows(0)")


def test_notebook_shows_tables_in_which_no_text_is_markup() -> None:
    rows = Rows([{"title": "<script>alert(1)</script>", "tags": ["a&b", "c"], "n": None}])
    assert rows._repr_html_() == (
        "<table><tr><th>title</th><th>tags</th><th>n</th></tr>"
        "<tr><td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td>a&amp;b, c</td><td></td></tr></table>"
    )
    assert "<tr><th>rows</th><td>120</td></tr>" in STATUS._repr_html_()
    many = Rows([{"n": n} for n in range(50)])._repr_html_()
    assert many.count("<td>") == 20
    assert many.endswith("<p>and 30 more</p>")
