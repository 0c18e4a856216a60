"""What is read of columns of signatures, as numbers, and pairs of numbers as one. Floor 5: part of `dedup`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.stages.signature import PERMUTATIONS

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def packed(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> U64:
    """Pairs of numbers as one number each: ``one << 32 | other``."""
    return one.astype(np.uint64) << np.uint64(32) | other.astype(np.uint64)


def two(pairs: U64) -> tuple[Ints, Ints]:
    """The two of each pair."""
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def fixed(column: pa.Array, kind: str) -> npt.NDArray[Any]:
    """The values of a column of a fixed width as numbers, not copied."""
    width = column.type.byte_width
    kind_ = np.dtype(kind)
    return np.frombuffer(column.buffers()[1], kind_, len(column) * width // kind_.itemsize, column.offset * width)


def hash_names(column: pa.Array) -> U64:
    """A hash of 64 bits of each string."""
    from rightful.dedup import kernels  # loads the compiler

    column = column.cast(pa.large_string())
    hashed = np.zeros(len(column), np.uint64)
    if len(column):
        _, offsets, values = column.buffers()
        data = np.frombuffer(values if values and values.size else b"\0", np.uint8)
        kernels.hash_names(data, np.frombuffer(offsets, np.int64, len(column) + 1, 8 * column.offset), hashed)
    return hashed


def signatures_of(column: pa.Array) -> U32:
    """Signatures, a row of :data:`PERMUTATIONS` numbers each, not copied."""
    signatures: U32 = fixed(column, "<u4").reshape(-1, PERMUTATIONS)
    return signatures


def contents_of(rows: pa.RecordBatch) -> tuple[U32, U64]:
    """How many shingles the contents of some rows have (at most 2**32 - 1), and the first 128 bits of their digests: (2, N)."""
    shingles = np.minimum(rows.column("n_shingles").to_numpy(), (1 << 32) - 1).astype(np.uint32)
    digests: U64 = fixed(rows.column("norm_sha256"), ">u8").reshape(-1, 4)[:, :2].T
    return shingles, digests
