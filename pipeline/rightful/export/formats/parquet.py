"""Parquet shards: one row per document, its record id beside its token ids. Floor 8.

Columns ``record_id: string, input_ids: list<int32>, n_tokens: int32``; no value is null, and none is declared so, as
trainers' own tables are not. ``input_ids`` is the name they look for; int32 holds every vocabulary. Row groups end
after about a million tokens, so a reader needs megabytes. Plain encoding under zstd: ids compress better so than
through a dictionary page. Pages carry a checksum.

A shard in which documents were masked has ``loss_mask: list<int8>`` beside them, as long as ``input_ids``: 1 for a token
that counts and 0 for one that stands in another's place.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import DamagedInput
from rightful.export.formats import Document, Tokens, checked, kept, lying, paired
from rightful.store.layout import publish

NAME = "parquet"
SUFFIXES = (".parquet",)
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

GROUP_TOKENS = 1 << 20
GROUP_ROWS = 1 << 16


def width(vocab_size: int) -> np.dtype[Any]:
    """Always int32: the type that loaders hand on without a copy into another."""
    return np.dtype("<i4")


def write(folder: Path, stem: str, documents: Iterable[Document], vocab_size: int) -> list[Path]:
    """Write ``STEM.parquet``; see :meth:`rightful.export.formats.Format.write`."""
    return _write(folder, stem, ((document, None) for document in documents), vocab_size)


Counting = tuple[Document, bool | None]
"""A document, and whether its tokens count; None in a shard where all do."""


def _write(
    folder: Path, stem: str, documents: Iterable[Counting], vocab_size: int, schema: pa.Schema = SCHEMA
) -> list[Path]:
    final = folder / f"{stem}.parquet"
    with publish(final) as temporary, temporary.open("wb") as file:
        writer = pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=False,
            write_statistics=["n_tokens"],
            write_page_checksum=True,
        )
        with writer:
            for group in _groups(documents, vocab_size):
                writer.write_batch(group)
    return [final]


def _groups(documents: Iterable[Counting], vocab_size: int) -> Iterator[pa.RecordBatch]:
    waiting: list[Counting] = []
    size = 0
    for document, counts in documents:
        tokens = checked(document, vocab_size)
        if waiting and (size + len(tokens) > GROUP_TOKENS or len(waiting) >= GROUP_ROWS):
            yield _batch(waiting)
            waiting, size = [], 0
        waiting.append((document, counts))
        size += len(tokens)
    if waiting:
        yield _batch(waiting)


def _batch(counting: list[Counting]) -> pa.RecordBatch:
    documents = [document for document, _ in counting]
    lengths = np.array([len(document.tokens) for document in documents], np.int32)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)])
    ids = np.concatenate([document.tokens.astype(np.int32, copy=False) for document in documents])
    columns = [
        pa.array([document.record_id for document in documents], pa.string()),
        pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids), type=SCHEMA.field("input_ids").type),
        pa.array(lengths),
    ]
    schema = SCHEMA
    if counting[0][1] is not None:
        schema, counts = MASKED, np.array([counts for _, counts in counting], np.int8)
        columns.append(pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.repeat(counts, lengths))))
        columns[-1] = columns[-1].cast(schema.field(MASK_COLUMN).type)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def read(folder: Path, stem: str) -> Iterator[Tokens]:
    """The ids of every row; see :meth:`rightful.export.formats.Format.read`."""
    path = folder / f"{stem}.parquet"
    for group in _row_groups(path, ["input_ids", "n_tokens", MASK_COLUMN]):
        if MASK_COLUMN in group.column_names:
            _counting(group, path)
        lists = group["input_ids"].combine_chunks()
        stated = group["n_tokens"].combine_chunks()
        if lists.null_count or lists.flatten().null_count or stated.null_count:
            raise DamagedInput("has rows or ids that are null", subject=str(path))
        offsets = np.asarray(lists.offsets)
        ids = np.asarray(lists.values)
        if not np.array_equal(np.diff(offsets), np.asarray(stated)):
            raise DamagedInput("n_tokens is not the length of input_ids", subject=str(path))
        if ids.size and int(ids.min()) < 0:
            raise DamagedInput(f"has a negative id, {int(ids.min())}", subject=str(path))
        ids = ids.astype(np.uint32)
        for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            yield ids[start:stop]


def record_ids(folder: Path, stem: str) -> Iterator[str]:
    """The record of every row; see :meth:`rightful.export.formats.Format.record_ids`."""
    path = folder / f"{stem}.parquet"
    for group in _row_groups(path, ["record_id"]):
        if group["record_id"].null_count:
            raise DamagedInput("has rows without a record id", subject=str(path))
        yield from group["record_id"].to_pylist()


def _counting(group: pa.Table, path: Path) -> list[bool]:
    """Whether the tokens of each row of a group count: all of them, or none."""
    masks = group[MASK_COLUMN].combine_chunks()
    values, offsets = masks.values, np.asarray(masks.offsets)
    there = np.asarray(values) if masks.null_count + values.null_count == 0 else np.array([2])
    lengths = np.asarray(group["n_tokens"].combine_chunks())
    if ((there != 0) & (there != 1)).any() or not np.array_equal(np.diff(offsets), lengths):
        raise DamagedInput(f"{MASK_COLUMN} is not a 0 or 1 for each of the ids", subject=str(path))
    sums = np.concatenate([[0], np.cumsum(there, dtype=np.int64)])
    counting = sums[offsets[1:]] - sums[offsets[:-1]]
    if not ((counting == 0) | (counting == lengths)).all():
        raise DamagedInput(f"{MASK_COLUMN} counts some of the ids of a document", subject=str(path))
    return [bool(counts) or not length for counts, length in zip(counting.tolist(), lengths.tolist(), strict=True)]


def rewrite(source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool], vocab_size: int) -> list[Path]:
    """The shard without some rows; see :meth:`rightful.export.formats.Format.rewrite`. A column of a mask stays."""
    path = source / f"{stem}.parquet"
    documents = lying(sys.modules[__name__], source, stem)
    before = _counts(path)
    if before is None:
        return write(folder, name, kept(documents, keep, path), vocab_size)
    lasting = (one for one, stays in paired(zip(documents, before, strict=True), keep, path) if stays)
    return _write(folder, name, lasting, vocab_size, MASKED)


def mask(
    source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool], filler: int, vocab_size: int
) -> list[Path]:
    """The shard with other ids in the place of some, and ``loss_mask``; see :meth:`rightful.export.formats.Format.mask`."""
    path = source / f"{stem}.parquet"
    before = _counts(path)
    counts_before = repeat(True) if before is None else iter(before)
    documents = paired(lying(sys.modules[__name__], source, stem), keep, path)
    counting = (
        (document if stays else Document(document.record_id, np.full_like(document.tokens, filler)), counts and stays)
        for (document, stays), counts in zip(documents, counts_before, strict=False)
    )
    return _write(folder, name, counting, vocab_size, MASKED)


def _counts(path: Path) -> list[bool] | None:
    """Whether the tokens of each row count; None for a shard without a mask."""
    groups = _row_groups(path, ["n_tokens", MASK_COLUMN])
    if not path.is_file() or MASK_COLUMN not in pq.read_schema(path).names:
        return None
    return [counts for group in groups for counts in _counting(group, path)]


def _row_groups(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names = {field.name: field.type for field in file.schema_arrow}
            expected = {field.name: field.type for field in SCHEMA}
            if names not in (expected, {field.name: field.type for field in MASKED}):
                raise DamagedInput(
                    f"expected the columns {_quoted(expected)}, came {_quoted(names)}", subject=str(path)
                )
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns=columns)
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedInput(f"is not a whole Parquet file: {reason}", subject=str(path)) from error


def _quoted(columns: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in columns.items())
