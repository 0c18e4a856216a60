"""What was kept beside texts, as it leaves with them: columns of the row, without the personal data in them. Floor 8.

Where personal data is taken out of texts it is taken out of kept strings as well. Whether that was all is not assumed: the
scan must find nothing in what is left, read with the names that it stands under. A column in which it still finds
something stays behind; so does all that was kept of a record where that is not enough.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rightful.export.own_form import JSON
from rightful.export.redaction import Redaction
from rightful.notation.contents import dumps, without_nulls
from rightful.stages.pii.stage import in_words
from rightful.store.kept import KEPT as KEPT
from rightful.store.kept import Shape, as_struct

Kept = Mapping[str, Any]
"""Columns that were kept, by name."""


@dataclass(frozen=True, slots=True)
class Left:
    """What leaves of the kept columns of a record (None: nothing), the types of personal data that were in them, and whether
    some of it stays behind."""

    kept: Kept | None
    types: frozenset[str] = frozenset()
    is_less: bool = False


def leaving_kept(stored: Sequence[str | None], redaction: Redaction | None, ids: Sequence[str]) -> list[Left]:
    """What leaves of some records. Raises :class:`InputError` where something cannot be scanned."""
    kept: list[Kept | None] = [None if of is None else json.loads(of) for of in stored]
    there = [i for i, of in enumerate(kept) if of is not None]
    left = [Left(of) for of in kept]
    if redaction is None or not there:
        return left
    words = [in_words(kept[i] or {}) for i in there]
    for i, types in zip(there, redaction.found(words, [ids[i] for i in there]), strict=True):
        if types:
            left[i] = _without(kept[i] or {}, types, redaction, ids[i])
    return left


def _without(kept: Kept, types: frozenset[str], redaction: Redaction, record: str) -> Left:
    strings = list(dict.fromkeys(_strings(kept)))
    put = {string: done.text for string, done in zip(strings, redaction(strings, [record] * len(strings)), strict=True)}
    rest = {name: _put(value, put) for name, value in kept.items()}
    columns = list(rest)
    alone = redaction.found([in_words({name: rest[name]}) for name in columns], [record] * len(columns))
    clean = {name: rest[name] for name, still in zip(columns, alone, strict=True) if not still}
    if not clean or any(redaction.found([in_words(clean)], [record])):
        return Left(None, types, is_less=True)
    return Left(clean, types, is_less=clean != kept)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [string for one in inner for string in _strings(one)]


def _put(value: Any, put: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return put[value]
    if isinstance(value, Mapping):
        return {name: _put(inner, put) for name, inner in value.items()}
    return [_put(inner, put) for inner in value] if isinstance(value, list) else value


def type_of(columns: Mapping[str, Shape]) -> Any:
    """The type that a column has which holds these, as :meth:`rightful.export.own_form.Shapes.types` names types; in an object
    ``json`` is a string in which what is none stands as JSON."""
    return _typed(as_struct(columns))


def _typed(shape: Shape) -> Any:
    if isinstance(shape, dict):
        return {name: _typed(shape[name]) for name in sorted(shape)}
    if isinstance(shape, list):
        return [_typed(shape[0])]
    return {"int": "int64", None: "string"}.get(shape, shape)


def fitted(value: Any, of: Any) -> Any:
    """A value as one of this type, where it is written within an object."""
    if value is None:
        return None
    if isinstance(of, dict):
        return {name: fitted(inner, of[name]) for name, inner in value.items()}
    if isinstance(of, list):
        return [fitted(inner, of[0]) for inner in value]
    if of == JSON:
        return dumps(value) if isinstance(value, Mapping | list) else alike(value)
    return float(value) if of == "double" else value


def alike(value: Any) -> Any:
    """A value in the form in which it is digested: what is written with a wider type is read back as the same."""
    if isinstance(value, Mapping):
        return {name: alike(inner) for name, inner in without_nulls(dict(value)).items()}
    if isinstance(value, list | tuple):
        return [alike(inner) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return alike(json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value if value is None else str(value)
