"""Columns of rows that no field is read from, kept on request: one JSON object a row. Floor 2: the readers.

The object has one form, whatever the row was read from: names in order, no members that are null, texts for what JSON has
no form for (times as ISO 8601, numbers that no float holds, bytes as base64). A name with dots that leads into an object
is kept within that object. What names the person of a record is never kept, nor is the text; where all is kept, neither is
what is mapped.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from rightful.notation.contents import dumps
from rightful.readers.strict import exactly
from rightful.rights.columns import EVERY_COLUMN, LICENSE, Fields, Look

MOST_COLUMNS = 1_000
"""So many columns of one row are kept; a row that has more is damaged."""
DEEPEST = 100
"""Lists and objects in one another; what is nested more deeply is damaged."""
_EXACT = 2**53


class NotKept(ValueError):
    """Why the columns of a row cannot be kept."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept of rows with certain names: ``paths`` of columns, without what lies under ``never``."""

    paths: tuple[str, ...]
    never: tuple[str, ...]

    def columns(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the top-level columns that something is kept of, for a format that reads no others.

        >>> Keeping(("score", "meta.source", "gone"), ()).columns(["text", "score", "meta"])
        ('score', 'meta')
        """
        there = set(names)
        heads = (path if path in there else path.partition(".")[0] for path in self.paths)
        return tuple(dict.fromkeys(head for head in heads if head in there))

    def of(self, row: Mapping[str, Any], line: bytes = b"") -> str | None:
        """The object as JSON; None where nothing is there. ``line`` is the JSON that the row was read from, in which numbers
        have all their digits. Raises :class:`NotKept`."""
        kept = self._taken(row)
        if not kept:
            return None
        try:
            plain = _plain(kept, exact=bool(line))
        except _Digits:
            plain = _plain(self._taken(exactly(line)), exact=False)
        return dumps(plain, sort_keys=True) if plain else None

    def _taken(self, row: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for path in self.paths:
            steps = route(row, path)
            if steps is not None:
                _put(kept, steps, row)
        if len(kept) > MOST_COLUMNS:
            raise NotKept(too_many(len(kept)))
        for path in self.never:
            steps = route(kept, path)
            if steps is not None:
                kept = _without(kept, steps)
        return kept


def keeping(
    fields: Fields, look: Look, names: Sequence[str], places: Mapping[str, Sequence[str]], talks: Iterable[str] = ()
) -> Keeping | None:
    """What is kept of rows with these names; None for nothing. ``places`` are the paths under which the fields are looked for
    (:func:`rightful.readers.fields.plan`), ``talks`` the columns of conversations."""
    if not fields.keep:
        return None
    texts = tuple(places.get("text", ())[:1]) or tuple(talks)  # the text is one: it leaves as the text alone
    never = (*places.get("subject", ()), *texts)
    if fields.keep != (EVERY_COLUMN,):
        return Keeping(fields.keep, never)
    mapped = {paths[0] for paths in places.values() if paths} | set(talks)
    mapped |= {name for name in names if name in (fields.license, look.license) or look.kind(name) == LICENSE}
    kept = tuple(name for name in names if name not in mapped)
    return Keeping(kept, never)


def too_many(columns: int) -> str:
    """Why so many columns are not kept."""
    return f"{columns:,} columns to keep; at most {MOST_COLUMNS:,} are: name those to keep (--keep COLUMN)"


def route(row: object, path: str) -> tuple[str, ...] | None:
    """The names that lead to the value under a dotted path; a literal name goes first. None where nothing is there.

    >>> route({"meta": {"a.b": 1}}, "meta.a.b")
    ('meta', 'a.b')
    """
    if not isinstance(row, Mapping):
        return None
    if path in row:
        return (path,)
    head, dot, rest = path.partition(".")
    if not dot or head not in row:
        return None
    within = route(row[head], rest)
    return None if within is None else (head, *within)


def _put(kept: dict[str, Any], steps: tuple[str, ...], row: Mapping[str, Any]) -> None:
    """Put what lies under these names in the row into what is kept, unless what is around it is there already."""
    of: Any = row
    at = kept
    for step in steps[:-1]:
        of = of[step]
        if at.get(step) is of:
            return
        at = at.setdefault(step, {})
    at[steps[-1]] = of[steps[-1]]


def _without(kept: Mapping[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
    """A copy without the value under these names; the row that it came of stays as it is."""
    rest = dict(kept)
    if steps[1:]:
        rest[steps[0]] = _without(kept[steps[0]], steps[1:])
    else:
        rest.pop(steps[0], None)
    return rest


class _Digits(Exception):
    """A number that may have had more digits than a float has."""


def _plain(value: Any, *, exact: bool, depth: int = 0) -> Any:
    """A value as JSON has it, without members that are null. ``exact``: raise :class:`_Digits` for a float that is so large
    that it may have been a whole number of more digits."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if exact and abs(value) >= _EXACT:
            raise _Digits
        return value if math.isfinite(value) else None
    if depth > DEEPEST:
        raise NotKept(f"a column to keep is nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        members = ((str(name), _plain(inner, exact=exact, depth=depth + 1)) for name, inner in value.items())
        return {name: inner for name, inner in members if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner, exact=exact, depth=depth + 1) for inner in value]
    return _single(value)


def _single(value: Any) -> Any:
    """What JSON has no form for. A decimal that a float holds to the digit is one."""
    if isinstance(value, Decimal):
        near = float(value)
        return near if math.isfinite(near) and Decimal(repr(near)) == value else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return base64.b64encode(raw).decode()
    return str(value)
