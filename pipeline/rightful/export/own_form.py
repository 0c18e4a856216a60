"""The own form of records that are conversations: their columns as they leave beside the text. Floor 8.

A conversation leaves as it came. Where personal data was taken out of its text, the same is taken out of its strings, by
value; whether that was all is not assumed: the template has to make the redacted text of what is left, and the scan
must find nothing in it. Where either fails, the conversation stays behind and its text leaves alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rightful.export.redaction import Redaction
from rightful.notation.contents import dumps, without_nulls
from rightful.readers.talks import NoTalk, again
from rightful.stages.pii.redact import Redacted, Span, redact

Own = Mapping[str, Any]
"""Columns of a conversation by name, in their order, as they leave."""


def own_form(stored: str | None) -> dict[str, Any] | None:
    """The columns of a conversation as it is stored; None for a record that is none."""
    return None if stored is None else dict(json.loads(stored)["columns"])


def left_by(spans: Sequence[Span], stored: str, text: str, replacement: str) -> dict[str, Any] | None:
    """The own form of a conversation that left without these spans of its text; None where it cannot have left."""
    return _without(stored, text, redact(text, spans, replacement))


def redacted(
    stored: Sequence[str | None],
    texts: Sequence[str],
    done: Sequence[Redacted],
    redaction: Redaction,
    ids: Sequence[str],
) -> list[dict[str, Any] | None]:
    """The own forms of some records without what was taken out of their ``texts``, which left ``done``.

    None for records that are no conversations, and for those of which this cannot be done exactly.
    """
    owns: list[dict[str, Any] | None] = [
        None if of is None else _without(of, text, one) for of, text, one in zip(stored, texts, done, strict=True)
    ]
    there = [i for i, own in enumerate(owns) if own is not None]
    strings = ["\n".join(strings_of(owns[i])) for i in there]
    for i, scanned in zip(there, redaction(strings, [ids[i] for i in there]), strict=True):
        if scanned.replaced:
            owns[i] = None
    return owns


def strings_of(value: Any) -> Iterator[str]:
    """Every string in a value, names of members among them; numbers as they are written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _without(stored: str, text: str, done: Redacted) -> dict[str, Any] | None:
    """The columns of a conversation without what was replaced in its text; None where the template does not make the text
    that left of them."""
    if not done.replaced:
        return own_form(stored)
    put = {text[r.start : r.stop]: done.text[r.new_start : r.new_stop] for r in done.replaced}
    found = re.compile("|".join(re.escape(value) for value in sorted(put, key=len, reverse=True)))
    columns = own_form(stored)
    try:
        left = _replaced(columns, found, put)
        whole = {**json.loads(stored), "columns": left}
        if again(json.dumps(whole)).text == done.text:
            return dict(left)
    except (NoTalk, _Lost, RecursionError):
        pass
    return None


class _Lost(ValueError):
    """Two members would have one name."""


def _replaced(value: Any, found: re.Pattern[str], put: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return found.sub(lambda hit: put[hit[0]], value)
    if isinstance(value, list):
        return [_replaced(inner, found, put) for inner in value]
    if not isinstance(value, dict):
        return value
    members = {_replaced(name, found, put): _replaced(inner, found, put) for name, inner in value.items()}
    if len(members) != len(value):
        raise _Lost
    return members


class Shapes:
    """What types the values of each column have, over all records that leave.

    >>> shapes = Shapes()
    >>> shapes.add({"messages": [{"role": "user", "content": None}], "tools": [1, "a"]})
    >>> shapes.add({"messages": [{"role": "user", "content": "a"}]})
    >>> shapes.types()
    {'messages': [{'content': 'string', 'role': 'string'}], 'tools': 'json'}
    """

    def __init__(self) -> None:
        self._columns: dict[str, Any] = {}

    def add(self, own: Own) -> None:
        """Take in one more record."""
        for name, value in own.items():
            self._columns[name] = _merged(self._columns.get(name), _shape(value))

    def types(self) -> dict[str, Any]:
        """Column -> its type: ``string``, ``int64``, ``double``, ``bool``, a list of one type, an object of types by name;
        ``json`` where no such type has all of its values."""
        return {name: JSON if not _is_whole(of) else _typed(of) for name, of in self._columns.items()}


JSON = "json"
MOST_MEMBERS = 200
"""An object with more members than this has names that are values."""


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        inner: Any = None
        for item in value:
            inner = _merged(inner, _shape(item))
        return [inner]
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if -(2**63) <= value < 2**63 else JSON
    if isinstance(value, float):
        return "double"
    return None if value is None else "string"


def _merged(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, dict) and isinstance(other, dict):
        members = {name: _merged(one.get(name), other.get(name)) for name in (*one, *other)}
        return members if len(members) <= MOST_MEMBERS else JSON
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    return one if one == other else JSON


def _is_whole(shape: Any) -> bool:
    if isinstance(shape, dict):
        return bool(shape) and all(shape) and all(map(_is_whole, shape.values()))  # a name that is empty is no column
    return _is_whole(shape[0]) if isinstance(shape, list) else shape != JSON


def _typed(shape: Any) -> Any:
    """A type for a shape; what is null everywhere may as well be strings."""
    if isinstance(shape, dict):
        return {name: _typed(shape[name]) for name in sorted(shape)}
    return [_typed(shape[0])] if isinstance(shape, list) else shape or "string"


def written(value: Any) -> str:
    """A value of a ``json`` column as a string: strings stand as they are where they cannot be taken for anything else.

    >>> [written(v) for v in ("a", ["a"], '["a"]', None)]
    ['a', '["a"]', '"[\\\\"a\\\\"]"', 'null']
    """
    if isinstance(value, str) and unwritten(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unwritten(text: str) -> Any:
    """The inverse of :func:`written`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, int | float) else value


def own_digest(own: Own | None) -> bytes | None:
    """The SHA-256 of what left beside a text, whatever it was written as; None where nothing did."""
    one = plain(own)
    return None if one is None else hashlib.sha256(one.encode()).digest()


def plain(own: Own | None) -> str | None:
    """The one form of what left beside a text, whatever it was written as; None where nothing did."""
    if own is None:
        return None
    return dumps(without_nulls(own), sort_keys=True)
