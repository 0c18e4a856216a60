"""Parquet, by row groups. Floor 2: a reader.

Only the columns that are needed are read, in batches, and the text is checked a column at a time. A row group that breaks
off costs the rest of its rows, not the groups after it, so that it does not matter how a file was divided.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.characters import is_blank
from pipeline.readers import BATCH_BYTES, BATCH_ROWS, MAX_RECORD_BYTES, RAW, Damage, Extent, Fields, FoundFile, Item
from pipeline.readers.fields import (
    CELLS,
    FIRST_INSTANT,
    LAST_INSTANT,
    MISSING,
    license_statement,
    no_text,
    plan,
    subject,
    words,
)
from pipeline.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from pipeline.readers.streams import open_file, why

FORMATS = ("parquet",)
PACKS = False
SUFFIXES = (".parquet", ".pq", ".parq")
MEDIA_TYPE = "text/plain"

_MAGIC = b"PAR1"
_BUFFER_BYTES = 1 << 20  # per column, instead of whole column chunks
_HEAD_CHARS = 64  # of a text that begins with blanks or beyond ASCII: what is looked at first
_STEP_ROWS = 64  # few, so that a step is small however long its texts are, and little is lost before a break
_Path = tuple[str, ...]  # of a column in the schema
_Columns = Mapping[str, tuple[_Path, ...]]  # field -> the columns to look in
_BROKEN = (pa.ArrowException, OverflowError, UnicodeDecodeError)  # the last: names of columns that are not UTF-8
_ARROW_ERRORS = (OSError, *_BROKEN)


def recognise(probe: Probe) -> Guess | None:
    """By the magic; by name as well, so that a file without its first bytes is told as damage."""
    if probe.head.startswith(_MAGIC) and not probe.packed:
        return Guess(Rank.MAGIC, "parquet")
    return Guess(Rank.NAMED, "parquet") if probe.suffix in SUFFIXES else None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Ranges of row groups of at least ``target_bytes`` as decoded. A file that cannot be opened stays whole."""
    if file.size <= target_bytes // 8:  # decoded it is hardly larger than one item
        return WHOLE
    try:
        with open_file(file.path) as opened, pq.ParquetFile(opened) as parquet:
            sizes = [parquet.metadata.row_group(g).total_byte_size for g in range(parquet.num_row_groups)]
    except _ARROW_ERRORS:
        return WHOLE
    starts, filled = [0], 0
    for group, size in enumerate(sizes):
        if filled >= target_bytes:
            starts.append(group)
            filled = 0
        filled += size
    return tuple(zip(starts, [*starts[1:], None], strict=True))


def read(item: Item, fields: Fields) -> Iterator[pa.RecordBatch | Damage | Extent]:
    """The rows of the item's row groups. Row numbers are relative to the first of them."""
    rows = 0
    for file in item.files:
        try:
            with open_file(file.path) as opened:
                rows += yield from _read_file(_Source(file, pq.ParquetFile(opened, **_OPTIONS)), item, fields)
        except _BROKEN as error:
            yield Damage(file.name, f"not readable as Parquet: {_first_line(error)}")
        except OSError as error:
            reason = why(error) if error.errno else f"not readable as Parquet: {_first_line(error)}"
            yield Damage(file.name, reason)
    yield Extent(rows)


_OPTIONS = {"buffer_size": _BUFFER_BYTES, "pre_buffer": False, "page_checksum_verification": True}


@dataclass(frozen=True, slots=True)
class _Source:
    file: FoundFile
    parquet: pq.ParquetFile


def _read_file(source: _Source, item: Item, fields: Fields) -> Generator[pa.RecordBatch | Damage, None, int]:
    """Returns the number of rows."""
    metadata = source.parquet.metadata
    stop = metadata.num_row_groups if item.stop is None else min(item.stop, metadata.num_row_groups)
    columns = _columns(source.parquet.schema_arrow, fields)
    rows = 0
    if isinstance(columns, str):
        if not item.start:  # once a file, however it was divided
            yield Damage(source.file.name, columns)
        return sum(int(metadata.row_group(g).num_rows) for g in range(item.start, stop))
    for group in range(item.start, stop):
        yield from _read_group(source, group, columns, rows)
        rows += metadata.row_group(group).num_rows
    return rows


def _read_group(source: _Source, group: int, columns: _Columns, before: int) -> Iterator[pa.RecordBatch | Damage]:
    name, total = source.file.name, source.parquet.metadata.row_group(group).num_rows
    done = 0
    broken = "fewer rows than it says"
    held = _Held(columns)
    try:
        for batch in _steps(source.parquet, group, columns):
            held.add(batch)
            if held.full:
                yield from _records(name, held.taken(), columns, before + done + 1)
                done = held.rows
    except _ARROW_ERRORS as error:
        broken = _first_line(error)
    if held.rows > done:
        yield from _records(name, held.taken(), columns, before + done + 1)
    if held.rows < total:
        lost = f"row group {group + 1} breaks off, {total - held.rows} rows are lost"
        yield Damage(name, f"{lost}: {broken}", "row", before + held.rows + 1, total - held.rows)


def _steps(parquet: pq.ParquetFile, group: int, columns: _Columns) -> Iterator[pa.RecordBatch]:
    names = sorted({".".join(path) for paths in columns.values() for path in paths})
    return parquet.iter_batches(_STEP_ROWS, row_groups=[group], columns=names, use_threads=False)  # type: ignore[no-any-return]


class _Held:
    """The columns of some steps until they make a batch. Sizes are those in memory: the footer knows nothing of values
    that it stores once and that come a thousand times."""

    def __init__(self, columns: _Columns) -> None:
        self.rows = 0
        """How many rows were ever added."""
        self._parts: dict[_Path, list[pa.Array]] = {path: [] for paths in columns.values() for path in paths}
        self._rows = self._bytes = 0

    @property
    def full(self) -> bool:
        return self._rows > BATCH_ROWS - _STEP_ROWS or self._bytes >= BATCH_BYTES

    def add(self, batch: pa.RecordBatch) -> None:
        found = {path: _column(batch, path) for path in self._parts}
        for path, column in found.items():
            self._parts[path].append(column)
            self._bytes += column.nbytes
        self._rows += batch.num_rows
        self.rows += batch.num_rows

    def taken(self) -> dict[_Path, pa.Array]:
        """What is held; then nothing is."""
        merged = {path: pa.concat_arrays(parts) for path, parts in self._parts.items()}
        self._parts = {path: [] for path in self._parts}
        self._rows = self._bytes = 0
        return merged


def _columns(schema: pa.Schema, fields: Fields) -> _Columns | str:
    """Where each field is, or the reason why there is no text."""
    places = plan(fields, schema.names)
    found = {f: tuple(p for p in (_path(schema, place) for place in paths) if p) for f, paths in places.items()}
    twice = [p[0] for paths in found.values() for p in paths if schema.get_field_index(p[0]) < 0]
    if twice:
        return f"two columns are named {twice[0]!r}"
    if not found["text"]:
        return no_text(fields, MISSING, "", schema.names)
    found["text"] = found["text"][:1]
    kind = _field(schema, found["text"][0]).type
    if not _is_text(kind):
        return f"the text is {kind}, not a string (column {'.'.join(found['text'][0])!r})"
    return found


def _path(schema: pa.Schema, place: str) -> _Path | None:
    """A dotted place as a path in the schema; a literal name goes first."""
    if place in schema.names:
        return (place,)
    head, *rest = place.split(".")
    if head not in schema.names or schema.get_field_index(head) < 0:
        return None
    kind = schema.field(head).type
    for step in rest:
        if not pa.types.is_struct(kind) or kind.get_field_index(step) < 0:
            return None
        kind = kind.field(step).type
    return (head, *rest)


def _field(schema: pa.Schema, path: _Path) -> pa.Field:
    field = schema.field(path[0])
    for step in path[1:]:
        field = field.type.field(step)
    return field


def _column(batch: pa.RecordBatch, path: _Path) -> pa.Array:
    column = batch.column(path[0])
    if path[1:]:
        column = pc.struct_field(column, list(path[1:]))
    if isinstance(column, pa.ExtensionArray) and not isinstance(column.type, pa.UuidType):
        column = column.storage
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _is_text(kind: pa.DataType) -> bool:
    """True for a type that :func:`_strings` takes."""
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary_view)
    more = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_null)
    return any(test(kind) for test in (*tests, *more))


def _strings(column: pa.Array) -> tuple[pa.LargeStringArray, list[int]]:
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


def _records(
    name: str, found: Mapping[_Path, pa.Array], columns: _Columns, first: int
) -> Iterator[pa.RecordBatch | Damage]:
    """Rows as batches of ``RAW``; ``first`` is the number of the first."""
    path = columns["text"][0]
    text, garbled = _strings(found[path])
    faults = dict.fromkeys(garbled, "the text is not UTF-8") | _faults(text, set(garbled), ".".join(path))
    rows = len(text)
    cells = {cell: _cells([found[p] for p in columns[field]], cell, convert, rows) for cell, field, convert in CELLS}
    cells["text"] = text
    cells["file"] = pa.repeat(name, rows)
    cells["line"] = pa.array(np.arange(first, first + rows))
    cells["media_type"] = pa.repeat(MEDIA_TYPE, rows)
    for row in sorted(faults):
        yield Damage(name, faults[row], "row", first + row)
    if faults:
        keep = np.ones(rows, bool)
        keep[list(faults)] = False
        kept = pa.array(keep)
        cells = {cell: values.filter(kept) for cell, values in cells.items()}
    yield from _bounded(pa.RecordBatch.from_arrays([cells[field.name] for field in RAW], schema=RAW))


def _blank(strings: pa.LargeStringArray) -> pa.BooleanArray:
    """As ``not string.strip()``; null where the string is."""
    return pc.or_(pc.utf8_is_space(strings), pc.equal(pc.binary_length(strings), 0))


def _empty(text: pa.LargeStringArray, offsets: np.ndarray, values: np.ndarray) -> Iterator[int]:
    """The rows in which nothing can be seen, null ones too. Nearly all others say so by their first byte."""
    sizes = np.diff(offsets)
    unsure = sizes == 0
    there = np.flatnonzero(~unsure)
    unsure[there] = (
        values[offsets[:-1][there]] - np.uint8(0x21)
    ) >= 0x5E  # not one of the ASCII characters with a shape
    rows = np.flatnonzero(unsure)
    heads = pc.utf8_slice_codeunits(text.take(pa.array(rows)), 0, _HEAD_CHARS).to_pylist()
    for row, head in zip(rows.tolist(), heads, strict=True):
        if is_blank(head or "") and (len(head or "") < _HEAD_CHARS or is_blank(text[row].as_py())):
            yield row


def _faults(text: pa.LargeStringArray, known: set[int], column: str) -> dict[int, str]:
    """Row -> why its text is none."""
    faults: dict[int, str] = {}
    if text.null_count:
        nulls = np.flatnonzero(text.is_null().to_numpy(zero_copy_only=False))
        faults |= {int(row): f"the text is null (field {column!r})" for row in nulls if row not in known}
    offsets, values = _buffers(text)
    told = known | set(faults)
    faults |= {empty: "empty text" for empty in _empty(text, offsets, values) if empty not in told}
    for row in np.flatnonzero(np.diff(offsets) > MAX_RECORD_BYTES):
        size = offsets[row + 1] - offsets[row]
        faults[int(row)] = f"a text of {size} bytes; at most {MAX_RECORD_BYTES} are read"
    nuls = np.flatnonzero(values[offsets[0] : offsets[-1]] == 0) + offsets[0]
    for row in np.unique(np.searchsorted(offsets, nuls, side="right") - 1):
        faults.setdefault(int(row), "NUL character in the text")
    return faults


_Convert = Callable[[object], object]


def _cells(found: Sequence[pa.Array], cell: str, convert: _Convert, rows: int) -> pa.Array:
    """One column of ``RAW`` from the columns that may have it: row by row the first that says something."""
    kind = RAW.field(cell).type
    converted = [_converted(column, kind, convert) for column in found]
    if not converted:
        return pa.nulls(rows, kind)
    return pc.coalesce(*converted) if len(converted) > 1 else converted[0]


def _converted(column: pa.Array, kind: pa.DataType, convert: _Convert) -> pa.Array:
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), kind)
    if _is_text(column.type):
        strings, garbled = _strings(column)
        if convert is license_statement and garbled:  # said, though nobody can read it: not silence
            mask = np.zeros(len(column), bool)
            mask[garbled] = True
            strings = pc.if_else(pa.array(mask), "\ufffd", strings)
        if convert in (words, license_statement, subject):
            return pc.if_else(_blank(strings), None, strings).cast(kind)
        column = strings
    elif pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _times(column, kind) if pa.types.is_timestamp(kind) else pa.nulls(len(column), kind)
    if pa.types.is_nested(column.type) or isinstance(column, pa.ExtensionArray):
        return pa.array([convert(value) for value in _python(column)], kind)
    distinct = column.dictionary_encode()
    return pa.array([convert(value) for value in distinct.dictionary.to_pylist()], kind).take(distinct.indices)


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


def _python(column: pa.Array) -> Iterator[object]:
    """The values; what cannot be a Python value is U+FFFD."""
    for scalar in column:
        try:
            yield scalar.as_py()
        except (UnicodeDecodeError, ValueError, OverflowError):
            yield "\ufffd"


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in pieces of about ``BATCH_BYTES`` of text."""
    offsets, _ = _buffers(batch.column(RAW.get_field_index("text")))
    start = 0
    while start < batch.num_rows:
        fits = int(np.searchsorted(offsets, offsets[start] + BATCH_BYTES, side="right")) - 1
        stop = min(max(fits, start + 1), start + BATCH_ROWS)
        yield batch.slice(start, stop - start)
        start = stop


def _buffers(text: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """The offsets of the rows (one more than rows) and the bytes that they point into."""
    _, offsets, values = text.buffers()
    rows = (
        np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1] if len(text) else np.zeros(1, int)
    )
    return rows, np.frombuffer(values or b"", np.uint8)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
