"""What is there and cannot be read: which values of a row these are, and how many rows of a file have one. Floor 2.

A value that cannot be read is null in the record. That a date is missing and that nobody can read it are two things, so
the second is counted, by field and column, and named in the summary. Null, NaN, blanks, NULL as it is written where there
is none (``licenses/_columns.toml``), and lists and objects that hold nothing else say nothing, and are not counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from rightful.notation.shown import counted
from rightful.readers import Talked, Unread
from rightful.readers.talks import TEMPLATE, Settled
from rightful.readers.values import as_json, authors, first_address
from rightful.rights.columns import Columns

SAMPLE_CHARS = 200
"""So much of a value is shown to whoever has to mend it."""
_DEEPEST = 8
_OPENING = frozenset("[{ ")
_NO_VALUE = ("none", "nan", "null", "n/a", "-")
"""No value in any case of letters; of a licence ``none`` says something, of a date it does not."""


class Tally:
    """Counts, over the files of an item, the records in which a field cannot be read."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[int, str]] = {}
        self._talks: dict[tuple[str, str, str], list[int]] = {}

    def add(self, file: str, field: str, column: str, value: object, rows: int = 1) -> None:
        """Count ``rows`` more, of which the first holds ``value``."""
        key = (file, field, column)
        counted, sample = self._found.get(key) or (0, sample_of(field, value))
        self._found[key] = (counted + rows, sample)

    def settled(self, file: str, row: Settled) -> None:
        """Count the conversation of a row, if there is one: a record, or one set aside for the text of its row."""
        for talk, aside in ((row.talk, False), (row.aside, True)):
            if talk is not None:
                counted = self._talks.setdefault((file, talk.form, ", ".join(talk.columns)), [0, 0])
                counted[aside] += 1

    def talks(self) -> tuple[Talked, ...]:
        """The conversations, in the order in which their forms were met."""
        return tuple(Talked(*key, TEMPLATE, *counted) for key, counted in self._talks.items())

    def found(self) -> tuple[Unread, ...]:
        """All that was counted, in the order in which it was met."""
        return tuple(Unread(*key, *counted) for key, counted in self._found.items())


def sample_of(field: str, value: object) -> str:
    """What a value is, for whoever has to mend it.

    >>> sample_of("date", {"$oid": 5.5}), sample_of("subject", ["Mira"])
    ('{"$oid":5.5}', 'a list')
    """
    if field == "subject":
        return _kind_of(value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    shown = as_json(value) if isinstance(value, Mapping | list | tuple | bool | int | float) else str(value)
    return shown if len(shown) <= SAMPLE_CHARS else shown[: SAMPLE_CHARS - 1] + "…"


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return f"a text of {counted(len(value), 'character')}"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"a value of type {type(value).__name__}"


def is_nothing(value: object, lists: Columns, depth: int = 0) -> bool:
    """True for what says nothing: null, NaN, a blank, NULL as it is written, and what holds nothing else.

    >>> [is_nothing(v, Columns()) for v in (None, " ", [], {"a": [None, ""]}, float("nan"), 0, False)]
    [True, True, True, True, True, False, False]
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _is_written_nothing(value, lists, depth)
    if isinstance(value, float):
        return value != value
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, Mapping | list | tuple) and depth < _DEEPEST:
        inner: Iterable[object] = value.values() if isinstance(value, Mapping) else value
        return all(is_nothing(v, lists, depth + 1) for v in inner)
    return value is None


def _is_written_nothing(text: str, lists: Columns, depth: int) -> bool:
    stripped = text.strip()
    if lists.says_nothing(stripped) or stripped.casefold() in _NO_VALUE:
        return True
    if stripped[0] + stripped[-1] not in ("[]", "{}"):
        return False
    try:
        return is_nothing(json.loads(stripped), lists, depth + 1)
    except (ValueError, RecursionError):
        return False


def _address_is_lost(value: object, lists: Columns, depth: int = 0) -> bool:
    """True where an address, or one of several, cannot be read."""
    if isinstance(value, str) and value[:1] in _OPENING and depth < _DEEPEST:
        try:
            return _address_is_lost(json.loads(value), lists, depth + 1)
        except (ValueError, RecursionError):
            return False  # an address as it stands
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return any(_address_is_lost(v, lists, depth + 1) for v in value)
    return first_address(value) is None and not is_nothing(value, lists)


def _author_is_lost(value: object, lists: Columns) -> bool:
    """True where an author, or one of several, cannot be read. A list within the list is not read."""
    if isinstance(value, list | tuple):
        return any(
            not is_nothing(v, lists) if isinstance(v, list | tuple) else _author_is_lost(v, lists) for v in value
        )
    return authors(value) is None and not is_nothing(value, lists)


def _part_of_addresses(raw: object, _value: object, lists: Columns) -> bool:
    if isinstance(raw, str) and raw[:1] not in _OPENING:
        return False
    return _address_is_lost(raw, lists)


def _part_of_authors(raw: object, value: Any, lists: Columns) -> bool:
    if isinstance(raw, str) or (isinstance(raw, list | tuple) and len(raw) == len(value)):
        return False  # of every item one name at most
    return _author_is_lost(raw, lists)


def _has_empty(_raw: object, value: Any, _lists: Columns) -> bool:
    return "" in value


Partly = Callable[[object, Any, Columns], bool]
"""Whether something of a value that was read is lost: from the value as it is in the row, and as it was read."""

WHOLLY: frozenset[str] = frozenset(
    {"source_record_id", "url", "language_stated", "title", "authors", "published_at", "fetched_at"}
)
"""The columns of ``RAW`` that are null where what is there cannot be read."""
PARTLY: Mapping[str, Partly] = {
    "url": _part_of_addresses,
    "authors": _part_of_authors,
    "subjects": _has_empty,
    "parents": _has_empty,
}
"""The columns of ``RAW`` of which a part may be lost; persons and parents that cannot be read are an empty string."""
