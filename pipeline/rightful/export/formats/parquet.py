"""Parquet shards: one row per document, or per sequence of packed ones. Floor 8.

Columns of a row that is a document: ``record_id: string, input_ids: list<int32>, n_tokens: int32``; of a row of packed
documents: ``record_ids: list<string>, input_ids: list<int32>, lengths: list<int32>, position_ids: list<int32>, loss_mask:
list<int8>``, the lengths and ids of the documents in the order in which they stand. No value is null, and none is
declared so, as trainers' own tables are not. ``input_ids`` is the name they look for; int32 holds every vocabulary. Row
groups end after about a million tokens, so a reader needs megabytes. Plain encoding under zstd: ids compress better so
than through a dictionary page. Pages carry a checksum.

``loss_mask`` is 1 for a token that counts, and 0 for padding or one that stands in another's place. A shard of documents
has it where some of them were masked.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import DamagedInput
from rightful.export.formats import Access, Column, Held, Row, Shape, Together, Tokens, checked, counts_up
from rightful.store.layout import publish

NAME = "parquet"
MASK_COLUMN = "loss_mask"

SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string()),
        pa.field("input_ids", pa.list_(pa.int32())),
        pa.field("n_tokens", pa.int32()),
    ]
)
MASKED = SCHEMA.append(pa.field(MASK_COLUMN, pa.list_(pa.int8())))
"""The columns of a shard in which documents were masked."""
PACKED = pa.schema(
    [
        pa.field("record_ids", pa.list_(pa.string())),
        pa.field("input_ids", pa.list_(pa.int32())),
        pa.field("lengths", pa.list_(pa.int32())),
        pa.field("position_ids", pa.list_(pa.int32())),
        pa.field(MASK_COLUMN, pa.list_(pa.int8())),
    ]
)
"""The columns of a shard of packed sequences."""

GROUP_TOKENS = 1 << 20
GROUP_ROWS = 1 << 16


def suffixes(shape: Shape) -> tuple[str, ...]:
    """One file."""
    return (".parquet",)


def width(shape: Shape) -> np.dtype[Any]:
    """Always int32: the type that loaders hand on without a copy into another."""
    return np.dtype("<i4")


def write(folder: Path, stem: str, rows: Iterable[Row], shape: Shape, *, masked: bool = False) -> list[Path]:
    """Write ``STEM.parquet``; see :meth:`rightful.export.formats.Format.write`."""
    final = folder / f"{stem}.parquet"
    schema = PACKED if shape.seq_len is not None else MASKED if masked else SCHEMA
    with _writer(final, schema) as writer:
        for group in _groups(rows, shape):
            writer.write_batch(_batch(group, schema))
    return [final]


def write_column(folder: Path, stem: str, column: Column, shape: Shape) -> list[Path]:
    """The same of documents that are together; see :class:`rightful.export.formats.Column`."""
    final = folder / f"{stem}.parquet"
    with _writer(final, SCHEMA) as writer:
        for first, stop in column.bounds(GROUP_TOKENS, GROUP_ROWS):
            ids = column.checked(first, stop, shape)
            counts = column.lengths[first:stop].astype(np.int32)
            lists = pa.ListArray.from_arrays(pa.array(_offsets(counts)), pa.array(ids.astype(np.int32, copy=False)))
            columns = [pa.array(column.record_ids[first:stop], pa.string()), lists, pa.array(counts)]
            batch = [made.cast(field.type) for made, field in zip(columns, SCHEMA, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(batch, schema=SCHEMA))
    return [final]


@contextlib.contextmanager
def _writer(final: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """What writes a shard of these columns, and publishes it."""
    with publish(final) as temporary, temporary.open("wb") as file:
        writer = pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=False,
            write_statistics=False if schema is PACKED else ["n_tokens"],
            write_page_checksum=True,
        )
        with writer:
            yield writer


def finish(folder: Path, stems: Sequence[str], shape: Shape) -> list[Path]:
    """Nothing: every shard stands for itself."""
    return []


def _groups(rows: Iterable[Row], shape: Shape) -> Iterator[list[Row]]:
    waiting: list[Row] = []
    size = 0
    for row in rows:
        tokens = checked(row, shape)
        if waiting and (size + len(tokens) > GROUP_TOKENS or len(waiting) >= GROUP_ROWS):
            yield waiting
            waiting, size = [], 0
        waiting.append(row)
        size += len(tokens)
    if waiting:
        yield waiting


def _batch(rows: list[Row], schema: pa.Schema) -> pa.RecordBatch:
    counts = np.array([len(row.tokens) for row in rows], np.int32)
    offsets = _offsets(counts)

    def per_token(parts: list[npt.NDArray[Any]], kind: type) -> pa.Array:
        values = np.concatenate([part.astype(kind, copy=False) for part in parts])
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))

    spans = _offsets(np.array([len(row.spans) for row in rows], np.int32))
    made = {
        "record_id": lambda: pa.array([row.spans[0].record_id for row in rows], pa.string()),
        "input_ids": lambda: per_token([row.tokens for row in rows], np.int32),
        "n_tokens": lambda: pa.array(counts),
        MASK_COLUMN: lambda: per_token([row.mask() for row in rows], np.int8),
        "position_ids": lambda: per_token([row.position_ids() for row in rows], np.int32),
        "record_ids": lambda: pa.ListArray.from_arrays(
            pa.array(spans), pa.array([span.record_id for row in rows for span in row.spans], pa.string())
        ),
        "lengths": lambda: pa.ListArray.from_arrays(
            pa.array(spans), pa.array([span.length for row in rows for span in row.spans], pa.int32())
        ),
    }
    columns = [made[field.name]().cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _offsets(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return np.concatenate([np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)])


# What follows shares nothing with the writer above.


def read(folder: Path, stem: str, shape: Shape) -> Iterator[Held]:
    """The rows; see :meth:`rightful.export.formats.Format.read`."""
    path = folder / f"{stem}.parquet"
    for group in _row_groups(path, shape):
        yield from _packed(group, path) if shape.seq_len is not None else _documents(group, path)


def read_column(folder: Path, stem: str, shape: Shape) -> Iterator[Together]:
    """The documents of a row group at a time; see :class:`rightful.export.formats.Column`."""
    path = folder / f"{stem}.parquet"
    for group in _row_groups(path, shape):
        yield _together(group, path)[0]


def _together(group: pa.Table, path: Path) -> tuple[Together, npt.NDArray[np.int64]]:
    """The documents of a row group, and where each begins."""
    ids, offsets = _lists(group, "input_ids", path)
    stated = group["n_tokens"].combine_chunks()
    if stated.null_count:
        raise DamagedInput("has rows or ids that are null", subject=str(path))
    lengths = np.diff(offsets)
    if not np.array_equal(lengths, np.asarray(stated)):
        raise DamagedInput("n_tokens is not the length of input_ids", subject=str(path))
    if group["record_id"].null_count:
        raise DamagedInput("has rows without a record id", subject=str(path))
    return Together(_unsigned(ids, path), lengths, group["record_id"].to_pylist()), offsets


def _documents(group: pa.Table, path: Path) -> Iterator[Held]:
    (tokens, _, records), offsets = _together(group, path)
    masks = _mask(group, offsets, path) if MASK_COLUMN in group.column_names else None
    for record, start, stop in zip(records or (), offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        mask = None if masks is None else masks[start:stop]
        yield Held(tokens[start:stop], (record,), (stop - start,), mask)


def _packed(group: pa.Table, path: Path) -> Iterator[Held]:
    ids, offsets = _lists(group, "input_ids", path)
    tokens, masks = _unsigned(ids, path), _mask(group, offsets, path)
    places, of_places = _lists(group, "position_ids", path)
    lengths, of_lengths = _lists(group, "lengths", path)
    records, of_records = _lists(group, "record_ids", path, numbers=False)
    if not np.array_equal(of_places, offsets):
        raise DamagedInput("position_ids has not one for each of the ids", subject=str(path))
    if not np.array_equal(of_lengths, of_records) or (len(lengths) and int(lengths.min()) < 0):
        raise DamagedInput("lengths has not one for each of record_ids", subject=str(path))
    for n, (start, stop) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        first, last = int(of_lengths[n]), int(of_lengths[n + 1])
        of_row = lengths[first:last]
        if int(of_row.sum()) > stop - start:
            raise DamagedInput("lengths of a row are more than its ids", subject=str(path))
        if not counts_up(places[start:stop], of_row):
            raise DamagedInput("position_ids does not count the ids of each document", subject=str(path))
        yield Held(tokens[start:stop], tuple(records[first:last]), tuple(of_row.tolist()), masks[start:stop])


def _lists(group: pa.Table, name: str, path: Path, *, numbers: bool = True) -> tuple[Any, npt.NDArray[np.int64]]:
    """The values of a column of lists, and where each begins, from 0."""
    lists = group[name].combine_chunks()
    values = lists.flatten()
    if lists.null_count or values.null_count:
        raise DamagedInput("has rows or ids that are null", subject=str(path))
    offsets = np.asarray(lists.offsets).astype(np.int64)
    return np.asarray(values) if numbers else values.to_pylist(), offsets - offsets[0]


def _unsigned(ids: npt.NDArray[Any], path: Path) -> Tokens:
    if ids.size and int(ids.min()) < 0:
        raise DamagedInput(f"has a negative id, {int(ids.min())}", subject=str(path))
    return ids.astype(np.uint32)


def _mask(group: pa.Table, offsets: npt.NDArray[np.int64], path: Path) -> npt.NDArray[np.uint8]:
    masks = group[MASK_COLUMN].combine_chunks()
    values = masks.flatten()
    there = np.asarray(values) if masks.null_count + values.null_count == 0 else np.array([2])
    if ((there != 0) & (there != 1)).any() or not np.array_equal(
        np.asarray(masks.offsets) - np.asarray(masks.offsets)[0], offsets
    ):
        raise DamagedInput(f"{MASK_COLUMN} is not a 0 or 1 for each of the ids", subject=str(path))
    return there.astype(np.uint8)


def _row_groups(path: Path, shape: Shape) -> Iterator[pa.Table]:
    try:
        with _opened(path, shape) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise _not_whole(path, error) from error


def _opened(path: Path, shape: Shape) -> pq.ParquetFile:
    """The file, with the columns that it must have. Raises :class:`DamagedInput` for others, and as pyarrow does."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    names = {field.name: field.type for field in file.schema_arrow}
    known = (PACKED,) if shape.seq_len is not None else (SCHEMA, MASKED)
    if names not in [{field.name: field.type for field in schema} for schema in known]:
        file.close()
        expected = {field.name: field.type for field in known[0]}
        raise DamagedInput(f"expected the columns {_quoted(expected)}, came {_quoted(names)}", subject=str(path))
    return file


def _not_whole(path: Path, error: Exception) -> DamagedInput:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DamagedInput(f"is not a whole Parquet file: {reason}", subject=str(path))


def _quoted(columns: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in columns.items())


def access(folder: Path, stem: str, shape: Shape) -> Access:
    """The shard, a row group at a time; see :meth:`rightful.export.formats.Format.access`."""
    return _Groups(folder / f"{stem}.parquet", shape)


class _Groups:
    """The ids of a shard by their places. Memory: the row group that was read last, and where each begins."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.path = path
        self._held: tuple[int, Tokens] = -1, np.empty(0, np.uint32)
        try:
            self._file = _opened(path, shape)
            self._ends = np.cumsum([self._count(n, shape) for n in range(self._file.num_row_groups)], dtype=np.int64)
        except FileNotFoundError as error:
            raise DamagedInput("is missing", subject=str(path)) from error
        except (OSError, pa.ArrowException) as error:
            raise _not_whole(path, error) from error

    def _count(self, number: int, shape: Shape) -> int:
        """How many ids a row group has."""
        if shape.seq_len is not None:
            return int(self._file.metadata.row_group(number).num_rows) * shape.seq_len
        counts = self._file.read_row_group(number, columns=["n_tokens"])["n_tokens"]
        return int(np.asarray(counts.combine_chunks()).sum(dtype=np.int64))

    def ids(self, first: int, count: int) -> Tokens:
        """See :class:`rightful.export.formats.Access`."""
        total = int(self._ends[-1]) if len(self._ends) else 0
        if first < 0 or count < 0 or first + count > total:
            raise DamagedInput(f"has {total} ids, and none at {first} to {first + count}", subject=str(self.path))
        parts = []
        while count:
            number = bisect_right(self._ends, first)
            base = int(self._ends[number - 1]) if number else 0
            part = self._group(number, int(self._ends[number]) - base)[first - base : first - base + count]
            parts.append(part)
            first, count = first + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.uint32), *parts])

    def _group(self, number: int, count: int) -> Tokens:
        if self._held[0] != number:
            try:
                group = self._file.read_row_group(number, columns=["input_ids"])
            except (OSError, pa.ArrowException) as error:
                raise _not_whole(self.path, error) from error
            tokens = _unsigned(_lists(group, "input_ids", self.path)[0], self.path)
            if len(tokens) != count:
                raise DamagedInput(f"row group {number} has {len(tokens)} ids, not {count}", subject=str(self.path))
            self._held = number, tokens
        return self._held[1]

    def close(self) -> None:
        """See :class:`rightful.export.formats.Access`."""
        self._file.close()
