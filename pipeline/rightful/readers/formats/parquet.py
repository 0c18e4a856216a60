"""Parquet, by row groups. Floor 2: a reader.

Only the columns that are needed are read, in batches, and the text is checked a column at a time. A row group that breaks
off costs the rest of its rows, not the groups after it, so that it does not matter how a file was divided.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.readers import Damage, Extent, Fields, FoundFile, Item, Read, ReadOptions
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.limits import Limits, step_rows, unpacked_bytes
from rightful.readers.streams import open_file, why
from rightful.readers.tables import STEP_ROWS, Columns, Held, columns_of, first_line, records_of
from rightful.readers.unread import Tally
from rightful.rights.columns import Look

FORMATS = ("parquet",)
PACKS = False
SUFFIXES = (".parquet", ".pq", ".parq")

_MAGIC = b"PAR1"
_BUFFER_BYTES = 1 << 20  # per column, instead of whole column chunks
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


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """The rows of the item's row groups. Row numbers are relative to the first of them."""
    rows, tally = 0, Tally()
    for file in item.files:
        try:
            with open_file(file.path) as opened:
                source = _Source(file, pq.ParquetFile(opened, **_OPTIONS), by.limits)
                rows += yield from _read_file(source, item, by.fields, by.look, tally)
        except _BROKEN as error:
            yield Damage(file.name, f"not readable as Parquet: {first_line(error)}")
        except OSError as error:
            reason = why(error) if error.errno else f"not readable as Parquet: {first_line(error)}"
            yield Damage(file.name, reason)
    yield Extent(rows, tally.found(), tally.talks())


_OPTIONS = {"buffer_size": _BUFFER_BYTES, "pre_buffer": False, "page_checksum_verification": True}


@dataclass(frozen=True, slots=True)
class _Source:
    file: FoundFile
    parquet: pq.ParquetFile
    limits: Limits


def _read_file(
    source: _Source, item: Item, fields: Fields, look: Look, tally: Tally
) -> Generator[pa.RecordBatch | Damage, None, int]:
    """Returns the number of rows."""
    metadata = source.parquet.metadata
    stop = metadata.num_row_groups if item.stop is None else min(item.stop, metadata.num_row_groups)
    columns = columns_of(source.parquet.schema_arrow, fields, look, source.file, tally)
    rows = 0
    if isinstance(columns, str):
        if not item.start:  # once a file, however it was divided
            yield Damage(source.file.name, columns)
        return sum(int(metadata.row_group(g).num_rows) for g in range(item.start, stop))
    for group in range(item.start, stop):
        yield from _read_group(source, group, columns, rows)
        rows += metadata.row_group(group).num_rows
    return rows


def _read_group(source: _Source, group: int, columns: Columns, before: int) -> Iterator[pa.RecordBatch | Damage]:
    name, total = source.file.name, source.parquet.metadata.row_group(group).num_rows
    done = 0
    broken = "fewer rows than it says"
    held = Held(columns, source.limits)
    packed = max(1, source.file.size)
    said = sum(size for size, *_ in _chunks(source.parquet, group, columns))
    try:
        if why_not := source.limits.group_too_large(said):
            raise pa.ArrowInvalid(why_not)
        steps = _steps(source.parquet, group, columns)
        for batch in steps:
            unpacked = held.unpacked + sum(unpacked_bytes(column) for column in batch.columns)
            if why_not := source.limits.beyond(unpacked, packed) or source.limits.group_too_large(unpacked):
                raise pa.ArrowInvalid(why_not)
            held.add(batch)
            del batch
            if held.full:
                if held.rows == total:
                    steps.close()  # what was unpacked to read a long text is not held while it is tagged
                yield from records_of(name, *held.taken(), columns, before + done + 1)
                done = held.rows
    except _ARROW_ERRORS as error:
        broken = first_line(error)
    if held.rows > done:
        yield from records_of(name, *held.taken(), columns, before + done + 1)
    if held.rows < total:
        lost = f"row group {group + 1} breaks off, {total - held.rows} rows are lost"
        yield Damage(name, f"{lost}: {broken}", "row", before + held.rows + 1, total - held.rows)


def _steps(parquet: pq.ParquetFile, group: int, columns: Columns) -> Generator[pa.RecordBatch, None, None]:
    names = sorted({".".join(path) for path in columns.paths})
    rows = step_rows(STEP_ROWS, _chunks(parquet, group, columns), parquet.metadata.row_group(group).num_rows)
    yield from parquet.iter_batches(rows, row_groups=[group], columns=names, use_threads=False)


def _chunks(parquet: pq.ParquetFile, group: int, columns: Columns) -> list[tuple[int, int, bool]]:
    """Of every column chunk that is read: its pages unpacked, packed, and whether values are stored apart."""
    tops = {path[0] for path in columns.paths}
    metadata = parquet.metadata.row_group(group)
    found = [metadata.column(n) for n in range(metadata.num_columns)]
    return [
        (c.total_uncompressed_size, max(1, c.total_compressed_size), c.has_dictionary_page)
        for c in found
        if c.path_in_schema.partition(".")[0] in tops
    ]
