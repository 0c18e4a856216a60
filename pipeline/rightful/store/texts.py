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
    wanted = np.asarray(rows, np.int64)
    with opened(path) as source:
        names = [n for n in TEXTS.names if n not in LATER_TEXTS or n in source.schema_arrow.names]
        start = 0
        for group in range(source.num_row_groups):
            size = source.metadata.row_group(group).num_rows
            inside = wanted[(wanted >= start) & (wanted < start + size)] - start
            start += size
            if len(inside):
                try:
                    table = source.read_row_group(group, columns=names).take(pa.array(inside))
                    nothing = [None] * table.num_rows
                    columns = [table.column(n).to_pylist() if n in names else nothing for n in TEXTS.names]
                except (OSError, KeyError, pa.ArrowException) as error:  # KeyError: a part of another kind
                    raise StoreError(f"the part is damaged: {error}", subject=str(path), hint=REMEDY) from error
                yield from zip(*columns, strict=True)
        if len(wanted) and wanted[-1] >= start:
            what = f"the part is damaged: it has {counted(start, 'row')}, and row {int(wanted[-1])} was asked for"
            raise StoreError(what, subject=str(path), hint=REMEDY)
