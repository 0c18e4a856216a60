"""Arrow arrays as strings and as Python values, whatever they hold. Floor 2: the readers."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

GARBLED = "\ufffd"
"""Stands for what was there and cannot be a value."""


class Unreadable:
    """What is there and is no value of Python: bytes that are no text, a time outside of the years 1 to 9999."""

    def __str__(self) -> str:
        return GARBLED


UNREADABLE = Unreadable()


def is_text(kind: pa.DataType) -> bool:
    """True for a type that :func:`strings` takes."""
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary_view)
    more = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_null)
    return any(test(kind) for test in (*tests, *more))


def strings(column: pa.Array) -> tuple[pa.LargeStringArray, list[int]]:
    """A column as strings, and the rows that are not UTF-8 (null in the strings).

    Arrow does not check the bytes of a string column that it reads: this does.
    """
    raw = column.cast(pa.large_binary())
    try:
        return raw.cast(pa.large_string()), []
    except pa.ArrowInvalid:
        values: list[str | None] = []
        bad = []
        for row, value in enumerate(raw.to_pylist()):
            try:
                values.append(None if value is None else value.decode())
            except UnicodeDecodeError:
                values.append(None)
                bad.append(row)
        return pa.array(values, pa.large_string()), bad


def blank(texts: pa.LargeStringArray) -> pa.BooleanArray:
    """As ``not string.strip()``; null where the string is."""
    return pc.or_(pc.utf8_is_space(texts), pc.equal(pc.binary_length(texts), 0))


def python(column: pa.Array, garbled: object = GARBLED) -> Iterator[object]:
    """The values; ``garbled`` stands for what cannot be a Python value."""
    for scalar in column:
        try:
            yield scalar.as_py()
        except (UnicodeDecodeError, ValueError, OverflowError):
            yield garbled


def listed(column: pa.Array, garbled: object) -> list[object]:
    """As :func:`python`, all at once, which is faster where every value is one."""
    try:
        return column.to_pylist()  # type: ignore[no-any-return]
    except (UnicodeDecodeError, ValueError, OverflowError):
        return list(python(column, garbled))
