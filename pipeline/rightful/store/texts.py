"""Some texts of a part, by their rows. Floor 4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import StoreError
from rightful.notation.shown import counted
from rightful.store.chain import REMEDY
from rightful.store.parquet import opened
from rightful.store.records import LATER_TEXTS, TEXTS


def read_texts(
    path: Path, rows: Sequence[int] | npt.NDArray[np.int64]
) -> Iterator[tuple[str, object, str | None, str | None]]:
    """``(record_id, text, conversation, kept)`` of the given ascending rows of a texts part; only their row groups are read.

    Raises :class:`StoreError` for a part that is damaged or has no such row.
    """
    for table in text_tables(path, rows):
        columns = [table.column(name) for name in table.column_names]
        try:
            values = dict(zip(table.column_names, (column.to_pylist() for column in columns), strict=True))
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path, error) from error
        nothing = [None] * table.num_rows
        yield from zip(*(values.get(name, nothing) for name in TEXTS.names), strict=True)


def text_tables(path: Path, rows: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[pa.Table]:
    """The given ascending rows of a texts part as Arrow, a table for each row group that has some; no other one is read.

    A part has those of :data:`LATER_TEXTS` of which one of its records has something. Types and values are as they lie
    there: whoever trusts them looks first. Raises as :func:`read_texts`.
    """
    wanted = np.asarray(rows, np.int64)
    with opened(path) as source:
        names = [n for n in TEXTS.names if n not in LATER_TEXTS or n in source.schema_arrow.names]
        start = 0
        for group in range(source.num_row_groups):
            size = source.metadata.row_group(group).num_rows
            first, last = np.searchsorted(wanted, (start, start + size)).tolist()
            inside = wanted[first:last] - start
            start += size
            if len(inside):
                try:
                    table = source.read_row_group(group, columns=names)
                    if set(names) - set(table.column_names):
                        raise KeyError(*sorted(set(names) - set(table.column_names)))
                    yield table if len(inside) == size else table.take(pa.array(inside))
                except (OSError, KeyError, pa.ArrowException) as error:  # KeyError: a part of another kind
                    raise _damaged(path, error) from error
        if len(wanted) and wanted[-1] >= start:
            what = f"the part is damaged: it has {counted(start, 'row')}, and row {int(wanted[-1])} was asked for"
            raise StoreError(what, subject=str(path), hint=REMEDY)


def parts_of(texts: pa.Array) -> tuple[memoryview, npt.NDArray[np.int64]]:
    """The bytes of a large_string array, and where each text begins and the last one ends in them."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64, len(texts) + 1, texts.offset * 8)
    buffer = texts.buffers()[2]
    data = memoryview(b"") if buffer is None else memoryview(buffer)
    first, last = int(offsets[0]), int(offsets[-1])
    return data[first:last], offsets - first


def group_ends(path: Path) -> npt.NDArray[np.int64]:
    """Where the row groups of a part end, in rows: what lies in one is read together. Raises :class:`StoreError`."""
    with opened(path) as source:
        sizes = [source.metadata.row_group(group).num_rows for group in range(source.num_row_groups)]
    return np.cumsum(sizes, dtype=np.int64)


def _damaged(path: Path, error: Exception) -> StoreError:
    return StoreError(f"the part is damaged: {error}", subject=str(path), hint=REMEDY)
