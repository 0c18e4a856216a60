"""The shapes that JSON Schemas are made of. Floor 9: part of `schema`; pure.

Each takes a sentence for people first. What is read from users is closed (an unknown key is an error, as it is for the
code); what is answered is open, so that a key can be added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Shape = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
ZONE = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
DOTTED = r"[a-z0-9_]+(\.[a-z0-9_]+)*"


def document(name: str, version: str | int, title: str, shape: Shape) -> Shape:
    """A whole JSON Schema. Its ``$id`` is a name, not an address; it carries the version."""
    return {"$schema": DIALECT, "$id": f"urn:rightful:schema:{name}:{version}", "title": title, **shape}


def text(says: str, *, known: Iterable[str] = (), pattern: str = "", default: str | None = None) -> Shape:
    """A string; one of ``known`` where they are given, or of a form."""
    shape: Shape = {"description": says, "type": "string"}
    if names := list(known):
        shape["enum"] = names
    if pattern:
        shape["pattern"] = f"^({pattern})$"
    return shape if default is None else {**shape, "default": default}


def name_of(says: str) -> Shape:
    """A string that is not empty."""
    return {**text(says), "minLength": 1}


def digest(says: str) -> Shape:
    """A SHA-256 in hex."""
    return text(says, pattern="[0-9a-f]{64}")


def day(says: str) -> Shape:
    """A date. TOML has a type for it; in JSON it is a string."""
    return text(says, pattern=DAY)


def instant(says: str) -> Shape:
    """A time with its zone."""
    return text(says, pattern=f"{DAY}[T ]{TIME}{ZONE}")


def day_or_instant(says: str) -> Shape:
    """A date, or a time with its zone."""
    return text(says, pattern=f"{DAY}([T ]{TIME}{ZONE})?")


def whole(says: str, **more: Any) -> Shape:
    """A whole number from 0 on."""
    return {"description": says, "type": "integer", "minimum": 0, **more}


def number(says: str, **more: Any) -> Shape:
    """Any number."""
    return {"description": says, "type": "number", **more}


def truth(says: str) -> Shape:
    """True or false."""
    return {"description": says, "type": "boolean"}


def several(says: str, of: Shape) -> Shape:
    """A list."""
    return {"description": says, "type": "array", "items": of}


def one_or_several(says: str, of: Shape) -> Shape:
    """One value, or a list of them."""
    return {"description": says, "anyOf": [of, {"type": "array", "items": of}]}


def maybe(of: Shape) -> Shape:
    """The shape, or null."""
    return {"description": of["description"], "anyOf": [without_words(of), {"type": "null"}]}


def closed(says: str, keys: Mapping[str, Shape], required: Iterable[str] = ()) -> Shape:
    """A table whose keys are these and no others."""
    return {**_table(says, keys, required), "additionalProperties": False}


def answer(says: str, keys: Mapping[str, Shape], optional: Iterable[str] = ()) -> Shape:
    """An object that has at least these keys; only the ``optional`` ones may be missing."""
    left_out = set(optional)
    return _table(says, keys, [key for key in keys if key not in left_out])


def by_name(says: str, of: Shape, names: Shape | None = None) -> Shape:
    """An object whose keys are names of the same kind."""
    shape: Shape = {"description": says, "type": "object", "additionalProperties": of}
    return shape if names is None else {**shape, "propertyNames": without_words(names)}


def matching(says: str, names: Iterable[str], words: Mapping[str, Shape]) -> dict[str, Shape]:
    """The shapes of ``names``, in their order. Raises :class:`ValueError` where names and shapes are not the same."""
    ordered = list(names)
    if set(ordered) != set(words):
        raise ValueError(f"{says}: described but not there, or there and not described: {set(ordered) ^ set(words)}")
    return {name: words[name] for name in ordered}


def without_words(of: Shape) -> Shape:
    """The shape without its sentence: inside another that says it."""
    return {key: value for key, value in of.items() if key != "description"}


def _table(says: str, keys: Mapping[str, Shape], required: Iterable[str]) -> Shape:
    return {"description": says, "type": "object", "properties": dict(keys), "required": list(required)}
