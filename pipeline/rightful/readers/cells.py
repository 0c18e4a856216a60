"""The cells of a batch of Parquet: ids, addresses, dates, names, a column at a time. Floor 2: the readers.

Each distinct value is read once, and what is plain text or a time is never a Python value. What is there and cannot be
read is null, and counted as in formats that go row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rightful.notation.contents import EXTERNAL
from rightful.readers import RAW
from rightful.readers.arrow_values import UNREADABLE, blank, is_text, listed, python, strings
from rightful.readers.columnar import Path
from rightful.readers.elsewhere import digest_in, with_media
from rightful.readers.fields import CELLS
from rightful.readers.unread import PARTLY, WHOLLY, Tally, is_nothing
from rightful.readers.values import FIRST_INSTANT, LAST_INSTANT, Read, instant, words
from rightful.rights.columns import Columns


def cells_of(
    found: Mapping[Path, pa.Array],
    places: Mapping[str, Sequence[Path]],
    lists: Columns,
    tally: Tally,
    file: str,
    damaged: Sequence[int],
) -> dict[str, pa.Array]:
    """The columns of ``RAW`` that come from fields, from those that may have them: row by row the first that says
    something. What cannot be read is counted in ``tally``, rows that are ``damaged`` aside."""
    rows = len(next(iter(found.values())))
    cells: dict[str, pa.Array] = {}
    for field in dict.fromkeys(field for _, field, _ in CELLS):
        readings = [(cell, read) for cell, of, read in CELLS if of == field]
        several = [_read(found[path], readings, lists) for path in places[field]]
        for cell, _ in readings:
            cells[cell] = _first([column.cells[cell] for column in several], cell, rows)
        before = np.zeros(rows, bool)
        before[list(damaged)] = True
        for path, column in zip(places[field], several, strict=True):
            if column.unread is not None:
                at = np.flatnonzero(column.unread & ~before)
                if len(at):
                    tally.add(file, field, ".".join(path), _shown(found[path], int(at[0])), len(at))
            if column is not several[-1]:
                before |= column.cells[readings[0][0]].is_valid().to_numpy(zero_copy_only=False)
    return cells


class MediaPaths(NamedTuple):
    """As :class:`rightful.readers.fields.MediaPlaces`, in the schema of a table."""

    address: tuple[Path, ...]
    digest: tuple[Path, ...]
    caption: tuple[Path, ...]


class Elsewhere:
    """What rows say of content that is elsewhere: its address, digest and what is to be seen. ``faults`` are the rows that say
    no address."""

    def __init__(self, found: Mapping[Path, pa.Array], media: MediaPaths, lists: Columns) -> None:
        self._rows = len(next(iter(found.values())))
        address, digest, caption = ([_words(found[path], lists) for path in paths] for paths in media)
        self._address = _first(address, "media", self._rows)
        digests = [pa.array([digest_in(said) for said in of.to_pylist()], pa.string()) for of in digest]
        self._digest = _first(digests, "media_sha256", self._rows)
        self._caption = _first(caption, "title", self._rows)
        reason = f"nobody says where its content is (field {'.'.join(media.address[0])!r})"
        self.faults = dict.fromkeys(np.flatnonzero(~_valid(self._address)).tolist(), reason)

    def fill(self, cells: dict[str, pa.Array]) -> None:
        """Put it into the cells of a batch."""
        cells["text"] = pa.repeat(pa.scalar("", pa.large_string()), self._rows)
        cells["media_type"] = pa.repeat(EXTERNAL, self._rows)
        cells["media"], cells["media_sha256"] = self._address, self._digest
        cells["title"] = pc.coalesce(cells["title"], self._caption)
        stated = zip(*(of.to_pylist() for of in (self._address, cells["url"], cells["urls"])), strict=True)
        placed = [with_media(at, url, urls) if at is not None else (url, urls) for at, url, urls in stated]
        cells["url"] = pa.array([url for url, _ in placed], _type("url"))
        cells["urls"] = pa.array([urls for _, urls in placed], _type("urls"))


def _words(column: pa.Array, lists: Columns) -> pa.Array:
    """A column as words, null where it has none."""
    return _read(column, [("media", words)], lists).cells["media"]


def _first(columns: Sequence[pa.Array], cell: str, rows: int) -> pa.Array:
    """A column of ``RAW`` from those that may say it: row by row the first that does."""
    return pc.coalesce(*columns) if columns else pa.nulls(rows, _type(cell))


class _Column(NamedTuple):
    """What a column says: the cells that are read from it, and the rows in which it cannot be read; None: no row."""

    cells: dict[str, pa.Array]
    unread: np.ndarray | None = None


def _type(cell: str) -> pa.DataType:
    return RAW.field(cell).type


def _read(column: pa.Array, readings: Sequence[tuple[str, Read]], lists: Columns) -> _Column:
    first, read = readings[0]
    if pa.types.is_null(column.type):
        return _Column({cell: pa.nulls(len(column), _type(cell)) for cell, _ in readings})
    garbled: list[int] = []
    if is_text(column.type):
        texts, garbled = strings(column)
        if read is words:
            return _Column({first: _texts(column, texts, bool(garbled))})
        column = texts
    elif read is instant and (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        times = _times(column, _type(first))
        lost = times.null_count > column.null_count
        return _Column({first: times}, _valid(column) & ~_valid(times) if lost else None)
    index: np.ndarray | None = None
    if pa.types.is_nested(column.type) or isinstance(column, pa.ExtensionArray):
        values = listed(column, UNREADABLE)
    else:
        distinct = column.dictionary_encode()
        values = [*listed(distinct.dictionary, UNREADABLE), None, UNREADABLE]
        index = pc.fill_null(distinct.indices, len(values) - 2).to_numpy(zero_copy_only=False).copy()
        index[garbled] = len(values) - 1
    given = {cell: [convert(value) for value in values] for cell, convert in readings}
    unread = _unread(values, given, lists)
    arrays = {cell: pa.array(of, _type(cell)) for cell, of in given.items()}
    if index is None:
        return _Column(arrays, unread)
    taken = pa.array(index)
    return _Column({c: array.take(taken) for c, array in arrays.items()}, None if unread is None else unread[index])


def _unread(values: Sequence[object], given: Mapping[str, Sequence[object]], lists: Columns) -> np.ndarray | None:
    """Which of the values cannot be read, or not wholly; None: none of them."""
    lost: list[int] = []
    for cell, of in given.items():
        if cell in WHOLLY:
            lost += [
                n for n, v in enumerate(of) if v is None and values[n] is not None and not is_nothing(values[n], lists)
            ]
        if (partly := PARTLY.get(cell)) is not None:
            lost += [
                n
                for n, v in enumerate(of)
                if v is not None and partly(values[n], v, lists) and not is_nothing(values[n], lists)
            ]
    if not lost:
        return None
    unread = np.zeros(len(values), bool)
    unread[lost] = True
    return unread


def _valid(column: pa.Array) -> np.ndarray:
    return column.is_valid().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _texts(column: pa.Array, texts: pa.LargeStringArray, garbled: bool) -> pa.Array:
    """Texts as they are; bytes that are none are a digest."""
    if garbled:
        return pa.array([words(v) for v in column.cast(pa.large_binary()).to_pylist()], pa.string())
    return pc.if_else(blank(texts), None, texts).cast(pa.string())


def _times(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Times as microseconds in UTC; out of the years 1 to 9999 they are null."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s" if pa.types.is_date32(column.type) else "ms"))
    a_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[column.type.unit]
    raw = column.cast(pa.int64())
    low, high = (limit * a_second // 1_000_000 for limit in (FIRST_INSTANT, LAST_INSTANT))
    if a_second <= 1_000_000:  # nanoseconds never leave these years
        raw = pc.if_else(pc.and_(pc.greater_equal(raw, low), pc.less_equal(raw, high)), raw, None)
        return pc.multiply(raw, 1_000_000 // a_second).cast(kind)
    return pc.divide(raw, 1_000).cast(kind)


def _shown(column: pa.Array, row: int) -> object:
    """A value as it is shown; a time that no calendar has as its number and unit."""
    (value,) = python(column.slice(row, 1), UNREADABLE)
    if value is UNREADABLE and (pa.types.is_timestamp(column.type) or pa.types.is_date64(column.type)):
        return f"{column.slice(row, 1).cast(pa.int64())[0].as_py()} {getattr(column.type, 'unit', 'ms')} since 1970"
    if value is UNREADABLE and pa.types.is_date32(column.type):
        return f"{column.slice(row, 1).cast(pa.int32())[0].as_py()} days since 1970"
    return str(value) if value is UNREADABLE else value
