"""How much a file may unpack to. Floor 2: the readers.

A few hundred bytes can stand for gigabytes: a value that is stored once and meant a thousand times, or a stream of one
letter. What goes beyond these bounds is damage, told with its file and position; memory stays within them.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

RATIO = 1_000
"""A file unpacks to at most so many times its size on disk."""
FREE_BYTES = 64 << 20
"""So much may come out of any file, however small it is."""
ROW_GROUP_BYTES = 2 << 30
"""What a row group of Parquet may unpack to, in the columns that are read."""
STEP_BYTES = 64 << 20
"""About what is unpacked at once."""


def beyond(unpacked: int, packed: int) -> str | None:
    """Why so much cannot have come out of a file of ``packed`` bytes honestly, or None."""
    if unpacked <= FREE_BYTES or unpacked <= RATIO * packed:
        return None
    return f"it unpacks to more than {RATIO:,} times its {packed:,} bytes; what came before that was read"


def step_rows(rows: int, chunks: list[tuple[int, int, bool]]) -> int:
    """How many rows of a row group to unpack at once, of at most ``rows``.

    ``chunks``: of every column the bytes of its pages unpacked, those on disk, and whether it has a dictionary. Each of
    its rows may mean the longest value of it, which is as long as all of it at most; where a chunk is hardly packed, the
    file is as large as what it holds, and the bound on that is enough.
    """
    worst = max((unpacked for unpacked, packed, shared in chunks if shared and unpacked > 50 * packed), default=0)
    return max(1, min(rows, STEP_BYTES // worst)) if worst else rows


def unpacked_bytes(column: pa.Array) -> int:
    """What a column is once every value stands for itself: one that is stored once may be meant a thousand times."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        shared = column.dictionary
        if not pa.types.is_binary(kind.value_type) and not pa.types.is_large_binary(kind.value_type):
            if not (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
                return int(column.nbytes)
        lengths = pc.binary_length(shared).cast(pa.int64())
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0) + int(column.indices.nbytes)
    if pa.types.is_struct(kind):
        return sum(unpacked_bytes(inner) for inner in column.flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return unpacked_bytes(column.flatten()) + 8 * len(column)
    return int(column.nbytes)
