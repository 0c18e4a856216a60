"""Arrow IPC, streams and files, as Hugging Face `datasets` writes them (``save_to_disk``, its cache), and Feather. Floor 2: a reader.

What is read of a batch, and how it becomes records, is as in Parquet; so is the answer. A batch is trusted in nothing: what
its buffers unpack to is told before they are unpacked, and its offsets are checked before anything looks at a value.

Source: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

from __future__ import annotations

import io
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pyarrow as pa

from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.ipc import Malformed, coming
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.streams import open_file, why
from rightful.readers.tables import STEP_ROWS, Columns, Held, columns_of, first_line, records_of
from rightful.readers.unread import Tally

FORMATS = ("arrow",)
PACKS = False
SUFFIXES = (".arrow", ".feather", ".ipc")

_FILE = b"ARROW1"
_OLD_FEATHER = b"FEA1"


def recognise(probe: Probe) -> Guess | None:
    """By the magic of a file; a stream has none, and is known by its name and how its first message begins."""
    if probe.packed:
        return None
    if probe.head.startswith(_FILE + b"\0\0"):
        return Guess(Rank.MAGIC, "arrow")
    if probe.head.startswith(_OLD_FEATHER):
        return Guess(Rank.MAGIC, None, "Feather version 1, which nothing writes any more: write it anew as Parquet")
    return Guess(Rank.NAMED, "arrow") if probe.suffix in SUFFIXES else None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: where a batch of a stream begins is known from the one before it."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """The rows of the item's files, batch by batch; row numbers begin at 1 in each file."""
    rows, tally = 0, Tally()
    for file in item.files:
        try:
            with open_file(file.path) as opened:
                rows += yield from _read_file(file, opened, by, tally)
        except OSError as error:
            yield Damage(file.name, why(error))
    yield Extent(rows, tally.found(), tally.talks())


def _read_file(
    file: FoundFile, opened: io.BufferedReader, by: ReadOptions, tally: Tally
) -> Generator[pa.RecordBatch | Damage, None, int]:
    """Returns the number of rows."""
    rows = 0
    try:
        stream = _stream(opened, file.size)
        columns = columns_of(stream.schema, by.fields, by.look, file, tally)
        if isinstance(columns, str):
            yield Damage(file.name, columns)
            return 0
        for batch in _batches(stream, opened, file.size, by.limits):
            yield from _records(file.name, batch, columns, by.limits, rows + 1)
            rows += batch.num_rows
    except (Malformed, pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        reason = f"it breaks off after {rows} rows: {first_line(error)}" if rows else first_line(error)
        yield Damage(file.name, f"not readable as Arrow: {reason}", "row" if rows else "", rows + 1 if rows else None)
    return rows


def first_rows(path: Path, rows: int, limits: Limits = DEFAULT) -> tuple[pa.Table, bool]:
    """The first rows of a file, of its first batch at most, and whether there are more. Raises :class:`OSError`,
    :class:`ValueError` (pyarrow's among them) where they cannot be read."""
    with open_file(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        try:
            stream = _stream(opened, size)
            batch = next(_batches(stream, opened, size, limits), None)
        except Malformed as error:
            raise ValueError(str(error)) from None
        table = pa.Table.from_batches([batch] if batch is not None else [], stream.schema)
        return table.slice(0, rows), table.num_rows > rows or opened.tell() < size


def _stream(opened: io.BufferedReader, size: int) -> pa.RecordBatchStreamReader:
    """The stream of a file: the body of one with a footer is a stream, which says all that the footer does. Raises
    :class:`Malformed`, and what pyarrow raises."""
    opened.seek(8 if opened.peek(6)[:6] == _FILE else 0)
    coming(opened, size)
    return pa.ipc.open_stream(pa.PythonFile(opened, mode="r"))


def _batches(
    stream: pa.RecordBatchStreamReader, opened: io.BufferedReader, size: int, limits: Limits
) -> Iterator[pa.RecordBatch]:
    """The batches of a stream, each checked. Raises :class:`Malformed` where one cannot be trusted."""
    unpacked = 0
    while True:
        comes = coming(opened, size)
        if comes is None:
            return
        unpacked += comes
        if why_not := limits.group_too_large(comes) or limits.beyond(unpacked, size):
            raise Malformed(why_not)
        try:
            batch = stream.read_next_batch()
        except StopIteration:
            return
        batch.validate(full=True)
        yield batch


def _records(
    name: str, batch: pa.RecordBatch, columns: Columns, limits: Limits, first: int
) -> Iterator[pa.RecordBatch | Damage]:
    """The rows of a batch in steps, so that what a value that is stored once stands for stays within bounds."""
    held, done = Held(columns, limits), 0
    for start in range(0, batch.num_rows, STEP_ROWS):
        held.add(batch.slice(start, STEP_ROWS))
        if held.full:
            yield from records_of(name, *held.taken(), columns, first + done)
            done = held.rows
    if held.rows > done:
        yield from records_of(name, *held.taken(), columns, first + done)
