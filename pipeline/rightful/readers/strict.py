"""JSON in which no key comes twice, and numbers keep their digits. Floor 2: the readers.

A parser keeps the last of two equal keys in silence: a licence before it would be gone. `orjson` is asked first; whether
a key can have come twice is told by counting, which costs little, and a strict parser settles what the count cannot.
"""

from __future__ import annotations

import ast
import json
import re
from decimal import Decimal
from typing import Any

import orjson

_NESTED = (dict, list)


class Repeated(ValueError):
    """An object with two keys of one name."""

    def __init__(self, key: str, place: str = "") -> None:
        shown = repr(key if len(key) <= 60 else key[:59] + "…") + (f" in {place!r}" if place else "")
        super().__init__(f"the key {shown} comes twice: a reader would keep one and lose the other")
        self.key = key


class Crowded(Repeated):
    """More values than can be held: two bytes of a line may stand for an object of a hundred."""

    def __init__(self, values: int) -> None:
        ValueError.__init__(self, f"{values:,} values in one record; at most {MOST_VALUES:,} are read: divide it")
        self.key = ""


MOST_VALUES = 4 << 20
"""So many objects, lists, strings and numbers may be in one JSON value: they are some hundred bytes each in memory."""


def loads(line: bytes) -> Any:
    """The value. Raises :class:`orjson.JSONDecodeError` for what is no JSON, :class:`Repeated` for a key that comes twice
    and, as :class:`Crowded`, for more values than can be held, and :class:`RecursionError` for what is nested too deeply
    to be looked through.

    >>> loads(b'{"a": {"b": 1}}')
    {'a': {'b': 1}}
    """
    if len(line) > MOST_VALUES and (values := _values(line)) > MOST_VALUES:
        raise Crowded(values)
    value = orjson.loads(line)
    if type(value) in _NESTED and _may_repeat(line, value):
        exactly(line)
    return value


def exactly(line: bytes) -> Any:
    """As :func:`loads`, with every digit: a number that no float holds is a whole number or a ``Decimal``. Slow."""
    return json.loads(line.decode(), object_pairs_hook=_once, parse_float=Decimal)


def literal(text: str) -> Any:
    """A dictionary or a list as Python writes it (``str(row)`` in a table). Raises :class:`ValueError` for anything else,
    :class:`Repeated` among it."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
                _once([(str(key), None) for key in keys])
        return ast.literal_eval(tree)
    except Repeated:
        raise
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from None


_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def _values(line: bytes) -> int:
    """About how many values JSON has, before it is read: what stands in strings counts only where it seems to be many."""
    marks = (b",", b"{", b"[")
    found = sum(map(line.count, marks))
    return sum(map(_STRING.sub(b"", line).count, marks)) if found > MOST_VALUES else found


def _may_repeat(line: bytes, value: Any) -> bool:
    """True unless the line has no more strings than the value, keys among them.

    A string has two quotes, and within one a quote is written ``\\"``. Where a backslash before a quote is one itself, as
    at the end of a string, the count tells nothing.
    """
    unescaped = 2 * _strings(value)
    quotes = line.count(b'"')
    if quotes == unescaped:  # every further string, and every quote within one, would be more
        return False
    return quotes - line.count(b'\\"') != unescaped or b'\\\\"' in line


def _strings(value: Any) -> int:
    """The number of strings in a value, keys among them, however deep."""
    counted = 0
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if type(at) is dict:
            counted += len(at)
            at = at.values()
        for item in at:
            kind = type(item)
            if kind is str:
                counted += 1
            elif kind is dict or kind is list:
                waiting.append(item)
    return counted


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Repeated(key)
            seen.add(key)
    return found
