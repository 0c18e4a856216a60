"""Texts as JSON Lines: ``STEM.jsonl``, UTF-8, one object a line, each line ended by a line feed. Floor 8.

What another program could take for the end of a line (U+0085, U+2028, U+2029) is escaped beside the control characters
that JSON itself escapes; all else stands as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from rightful.errors import DamagedInput
from rightful.export.formats.text import COLUMNS, NO_OWN, Row, Types, emptied, own_columns, paired, with_own
from rightful.notation.contents import dumps
from rightful.store.layout import publish

NAME = "jsonl"
SUFFIXES = (".jsonl",)

_BUFFER_BYTES = 1 << 20
_LINE_ENDS = {"\x85": b"\\u0085", "\u2028": b"\\u2028", "\u2029": b"\\u2029"}


def write(folder: Path, stem: str, rows: Iterable[Row], own: Types = NO_OWN) -> list[Path]:
    """Write ``STEM.jsonl``; see :meth:`rightful.export.formats.text.TextFormat.write`."""
    final = folder / f"{stem}.jsonl"
    with publish(final) as temporary, temporary.open("wb", buffering=_BUFFER_BYTES) as file:
        for row in rows:
            line = orjson.dumps({column.name: row[column.name] for column in COLUMNS})
            if own:
                of_row = own_columns(row, own)
                line = line[:-1] + b"," + dumps({name: of_row.get(name) for name in own}).encode()[1:]
            for char, escaped in _LINE_ENDS.items():
                line = line.replace(char.encode(), escaped)
            file.write(line)
            file.write(b"\n")
    return [final]


# What follows reads the file as any reader of JSON would, and shares nothing with the writer above.


def read(folder: Path, stem: str) -> Iterator[Row]:
    """The rows; see :meth:`rightful.export.formats.text.TextFormat.read`."""
    path = folder / f"{stem}.jsonl"
    try:
        with path.open("rb", buffering=_BUFFER_BYTES) as file:
            for number, line in enumerate(file, 1):
                yield _row(line, f"{path}:{number}")
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    except OSError as error:
        raise DamagedInput(f"cannot be read: {error.strerror}", subject=str(path)) from error


def _row(line: bytes, where: str) -> Row:
    if not line.endswith(b"\n"):
        raise DamagedInput("is cut short: its last line does not end", subject=where)
    try:
        row = json.loads(line.decode(), object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise DamagedInput(f"is not JSON: {str(error)[:200]}", subject=where) from error
    expected = [column.name for column in COLUMNS]
    if not isinstance(row, _Object) or [name for name, _ in row[: len(expected)]] != expected:
        raise DamagedInput(f"is not an object of {', '.join(expected)}", subject=where)
    for column, (name, value) in zip(COLUMNS, row[: len(expected)], strict=True):
        if not (_is_text(value) or (value is None and column.nullable)):
            raise DamagedInput(f"has no text as its {name}", subject=where)
    try:
        own = _plain(_Object(row[len(expected) :]), where)
    except RecursionError:
        raise DamagedInput("is nested too deeply", subject=where) from None
    return with_own(dict(row[: len(expected)]), own)


def _plain(value: Any, where: str) -> Any:
    """A value of an own form with its objects as dictionaries."""
    if isinstance(value, _Object):
        members = {name: _plain(inner, where) for name, inner in value}
        if len(members) != len(value):
            raise DamagedInput("has a key that comes twice", subject=where)
        return members
    if isinstance(value, list):
        return [_plain(inner, where) for inner in value]
    if isinstance(value, str) and not _is_text(value):
        raise DamagedInput("has half a character", subject=where)
    return value


def _is_text(value: Any) -> bool:
    """A string of characters: JSON can spell half of one that lies outside the first plane."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


class _Object(list[tuple[str, Any]]):
    """The members of an object as they stand, one that stands twice among them."""


def rewrite(source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool]) -> list[Path]:
    """The shard without some lines; see :meth:`rightful.export.formats.text.TextFormat.rewrite`."""
    return _written(source / f"{stem}.jsonl", folder / f"{name}.jsonl", keep, leave_out=True)


def mask(source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool]) -> list[Path]:
    """The shard with some lines emptied; see :meth:`rightful.export.formats.text.TextFormat.mask`."""
    return _written(source / f"{stem}.jsonl", folder / f"{name}.jsonl", keep, leave_out=False)


def _written(path: Path, final: Path, keep: Sequence[bool], *, leave_out: bool) -> list[Path]:
    """Lines as they stand, but for those that are not kept."""
    with publish(final) as temporary, temporary.open("wb", buffering=_BUFFER_BYTES) as file:
        for line, stays in paired(_lines(path), keep, path):
            if stays:
                file.write(line)
            elif not leave_out:
                row = json.loads(line)
                file.write(orjson.dumps({**dict.fromkeys(row), **emptied(row["record_id"])}) + b"\n")
    return [final]


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a shard, each of them a row."""
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        for number, line in enumerate(file, 1):
            _row(line, f"{path}:{number}")
            yield line
