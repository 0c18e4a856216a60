"""The own form of conversations: what is taken out of a text is taken out of it, or it stays behind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.export.own_form import JSON, Shapes, own_form, plain, redacted, strings_of, unwritten, written
from rightful.export.redaction import Redaction
from rightful.readers import Fields
from rightful.readers.talks import Talk, again, placed, read

MAIL, PHONE = "ada@example.org", "+44 20 7946 0958"


def talk(**row: Any) -> Talk:
    return read(row, placed(Fields(), row))


def left(*talks: Talk, types: str = "all") -> list[dict[str, Any] | None]:
    redaction = Redaction.of([types])
    assert redaction is not None
    ids, texts = [str(n) for n in range(len(talks))], [of.text for of in talks]
    return redacted([of.stored for of in talks], texts, redaction(texts, ids), redaction, ids)


def turn(content: Any, role: str = "user", **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def test_what_is_taken_out_of_the_text_is_taken_out_of_every_string_of_the_conversation() -> None:
    arguments = json.dumps({"to": MAIL})
    (own,) = left(
        talk(
            messages=[
                turn(f"Write to {MAIL} or ring {PHONE}."),
                turn(None, "assistant", tool_calls=[{"name": "mail", "arguments": arguments}]),
                turn([{"type": "text", "text": MAIL}], "tool", name=MAIL),
            ]
        )
    )
    assert own == {
        "messages": [
            turn("Write to [email] or ring [phone]."),
            turn(None, "assistant", tool_calls=[{"name": "mail", "arguments": '{"to": "[email]"}'}]),
            turn([{"type": "text", "text": "[email]"}], "tool", name="[email]"),
        ]
    }


@pytest.mark.parametrize(
    "arguments",
    [
        '{"to": "ada\\u0040example.org"}',
        '[{"to": "{\\"cc\\": \\"ada\\\\u0040example.org\\"}"}]',
        ' {"n": 12345678901234567890, "to": "\\u0061da@example.org"}',
    ],
    ids=["escaped", "JSON in JSON", "beside a long number"],
)
def test_what_json_escapes_within_a_string_is_seen(arguments: str) -> None:
    assert MAIL == "ada@example.org"
    of = talk(messages=[turn("Write.", tool_calls=[{"name": "mail", "arguments": arguments}])])
    assert MAIL in of.text
    assert left(of) == [None]


def test_conversation_without_personal_data_leaves_as_it_came() -> None:
    of = talk(prompt="When?", completion="At nine.", system="Be kind.")
    assert left(of) == [{"system": "Be kind.", "prompt": "When?", "completion": "At nine."}]
    assert own_form(of.stored) == left(of)[0]
    assert own_form(None) is None


@pytest.mark.parametrize(
    "messages",
    [
        [turn("Ring me.", phone=442079460958), turn(f"{PHONE} it is")],
        [turn("At home I am 4111 1111"), turn("1111 1111", "")],
        [turn("x", seen={MAIL: 1, "[email]": 2})],
        [turn("x", note={"lines": "write to\nada@example.org"})],
    ],
    ids=["a number", "over two turns", "two members of one name", "behind an escape"],
)
def test_conversation_from_which_it_cannot_be_taken_out_exactly_stays_behind(messages: list[dict[str, Any]]) -> None:
    for one in messages:
        one["role"] = one["role"] or "user"
    (own,) = left(talk(messages=messages))
    found = "\n".join(strings_of(own))
    assert own is None or not any(data in found for data in (MAIL, PHONE, "442079460958"))


def test_number_that_is_found_in_the_text_keeps_the_conversation_behind() -> None:
    (own,) = left(talk(messages=[turn("My card", number=4111111111111111)]))
    assert own is None


CONTENTS = st.lists(
    st.sampled_from([MAIL, PHONE, "at", "\n", "\\", '"', " ", "ring phone", "4111 1111 1111 1111", "é", "😀", "a"]),
    min_size=1,
    max_size=6,
).map("".join)


@given(st.lists(CONTENTS, min_size=1, max_size=4), st.booleans())
def test_nothing_that_the_scan_finds_leaves_in_the_own_form(contents: list[str], nested: bool) -> None:
    messages = [turn(of, notes=[{"of": of}] if nested else None) for of in contents]
    try:
        of = talk(messages=messages)
    except ValueError:
        return
    (own,) = left(of)
    if own is not None:
        redaction = Redaction.of(["all"])
        assert redaction is not None
        assert not redaction(["\n".join(strings_of(own))], ["0"])[0].replaced
        texts = [of.text]
        assert again(json.dumps({**json.loads(of.stored), "columns": own})).text == redaction(texts, ["0"])[0].text


def test_types_are_those_of_all_values_and_json_where_there_is_none() -> None:
    shapes = Shapes()
    shapes.add({"messages": [turn("a", n=1, x=None, tags=["a"])], "tools": [{"f": {}}]})
    shapes.add({"messages": [turn(None, n=None, tags=[])], "prompt": "a"})
    assert shapes.types() == {
        "messages": [{"content": "string", "n": "int64", "role": "string", "tags": ["string"], "x": "string"}],
        "tools": JSON,
        "prompt": "string",
    }
    for value in ([turn("a", n=1.5)], [turn(["a"])], [turn("a", n=2**70)]):
        more = Shapes()
        more.add({"messages": [turn("a", n=1)]})
        more.add({"messages": value})
        assert more.types() == {"messages": JSON}


values = st.recursive(st.none() | st.text() | st.integers(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))


@given(
    st.text()
    | st.sampled_from(["null", "1", '"a"', "[1]", "{}", "NaN"])
    | st.lists(values)
    | st.dictionaries(st.text(), values)
)
def test_value_of_a_json_column_reads_back(value: Any) -> None:
    assert unwritten(written(value)) == value


def test_plain_form_leaves_out_nulls_and_order() -> None:
    assert plain({"b": [{"c": None, "a": 1}], "a": "x"}) == '{"a":"x","b":[{"a":1}]}'
    assert plain(None) is None


def test_member_without_a_name_is_json() -> None:
    shapes = Shapes()
    shapes.add({"messages": [{"role": "user", "": "a"}]})
    assert shapes.types() == {"messages": JSON}
