"""JSON in which no key comes twice, and numbers keep their digits. Floor 2: the readers.

A parser keeps the last of two equal keys in silence: a licence before it would be gone. `orjson` is asked first; whether
a key can have come twice is told by counting, which costs little, and a strict parser settles what the count cannot.
"""

from __future__ import annotations

import ast
import json
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


def loads(line: bytes) -> Any:
    """The value. Raises :class:`orjson.JSONDecodeError` for what is no JSON, :class:`Repeated` for a key that comes twice,
    and :class:`RecursionError` for what is nested too deeply to be looked through.

    >>> loads(b'{"a": {"b": 1}}')
    {'a': {'b': 1}}
    """
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
