"""JSON in which no key comes twice: a count tells most lines, a strict parser the rest."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers import strict
from rightful.readers.strict import Crowded, Repeated, exactly, literal, loads

KEYS = st.text(st.sampled_from('ab"\\\n:é{'), max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.sampled_from('x"\\:,{}é\n'), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def spaced(value: Any, blanks: str, escapes: bool) -> bytes:
    """JSON with blanks around every separator; escapes: not ASCII alone."""
    return json.dumps(value, ensure_ascii=escapes, separators=(f"{blanks},{blanks}", f"{blanks}:{blanks}")).encode()


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from(["", " ", "\t "]), st.booleans())
def test_json_without_a_repeated_key_is_read(row: dict[str, Any], blanks: str, escapes: bool) -> None:
    assert loads(spaced(row, blanks, escapes)) == row


def _repeated(value: Any, at: list[int]) -> str:
    """JSON of a value in which an object (chosen by ``at``) says its first key once more, last."""
    if isinstance(value, dict):
        items = [f"{json.dumps(k)}:{_repeated(v, at)}" for k, v in value.items()]
        if value:
            at[0] -= 1
            items += [f"{json.dumps(next(iter(value)))}:7"] if at[0] == -1 else []
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_repeated(v, at) for v in value) + "]"
    return json.dumps(value)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.integers(0, 3))
def test_json_with_a_repeated_key_anywhere_is_told(row: dict[str, Any], which: int) -> None:
    at = [which]
    line = _repeated(row, at).encode()
    if at[0] >= 0:  # fewer objects than that
        assert loads(line) == row
        return
    with pytest.raises(Repeated):
        loads(line)


@pytest.mark.parametrize(
    "line",
    [
        '{"license":"NC","license":"MIT"}',
        '{"license":"NC","\\u006cicense":"MIT"}',
        '{"\\u006c\\u0069cense":"NC","license":"MIT"}',
        '{"license" : "NC" , "license"\t:"MIT"}',
        '{"m":[{"license":"NC","x":1,"license":"MIT"}]}',
        '{"a\\\\":1,"license":"NC","license":"MIT"}',
        '{"t":"\\u0022\\u0022","license":"NC","license":"MIT"}',
        '{"t":"he said \\": and \\"\\\\","license":"NC","license":"MIT"}',
    ],
)
def test_repeated_key_however_it_is_written_is_told_by_name(line: str) -> None:
    orjson.loads(line)
    with pytest.raises(Repeated, match="comes twice: a reader would keep one and lose the other"):
        loads(line.encode())


def test_keys_that_differ_in_case_are_two_keys() -> None:
    assert loads(b'{"License":"NC","license":"MIT"}') == {"License": "NC", "license": "MIT"}


def test_json_nested_as_deep_as_the_parser_goes_is_looked_through() -> None:
    deep = b'{"a":' * 500 + b"1" + b"}" * 500
    assert loads(deep) == orjson.loads(deep)
    with pytest.raises((Repeated, RecursionError)):
        loads(b'{"a":' * 1_000 + b'{"b":1,"b":2}' + b"}" * 1_000)


def test_exactly_keeps_every_digit() -> None:
    assert str(exactly(b'{"n":18446744073709551616}')["n"]) == "18446744073709551616"
    assert str(exactly(b'{"n":0.12345678901234567890}')["n"]) == "0.12345678901234567890"


def test_literal_of_python_is_read_and_nothing_runs() -> None:
    assert literal("{'license': 'MIT', 'n': None}") == {"license": "MIT", "n": None}
    with pytest.raises(Repeated):
        literal("{'license': 'NC', 'license': 'MIT'}")
    for text in ("__import__('os')", "{'a': f()}", "[", "'" * 3, "(" * 10_000):
        with pytest.raises(ValueError):  # noqa: PT011 - what the parser says differs by version
            literal(text)


@pytest.mark.parametrize("inner", ["{}", "[]", '"ab"', "0.1", '{"a": [1, {}]}'])
def test_more_values_than_can_be_held_are_refused_before_they_are_made(
    inner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three bytes of a line may stand for an object of a hundred."""
    monkeypatch.setattr(strict, "MOST_VALUES", 100)
    assert loads(f"[{','.join([inner] * 10)}]".encode())
    with pytest.raises(Crowded, match="values in one record; at most 100 are read"):
        loads(f"[{','.join([inner] * 200)}]".encode())


def test_marks_within_a_string_are_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict, "MOST_VALUES", 100)
    row = {"text": '{[,"\\' * 500, "b": ["x\\", "{,"]}
    assert loads(json.dumps(row).encode()) == row
