"""In which order documents stand, and which of them in which shard. Floor 8."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt


def document_order(
    ids: Sequence[str], seed: int | None, epochs: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """The order as it is given, or with a seed the order of a keyed digest: the same on every machine.

    ``epochs``: (N,) how often each came before; a document that comes again stands elsewhere then.
    """
    if seed is None:
        return np.arange(len(ids))
    key = str(seed).encode()
    names = ids if epochs is None else [f"{i}\0{n}" if n else i for i, n in zip(ids, epochs.tolist(), strict=True)]
    drawn = [hashlib.blake2b(name.encode(), key=key, digest_size=8).digest() for name in names]
    return np.array(sorted(range(len(names)), key=lambda i: (drawn[i], names[i])), np.int64)


def shard_bounds(sizes: npt.NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """First row and the row behind the last of every shard: a new one begins before the row that would pass the size; a
    longer row has its own.

    ``sizes``: (R,) of each row, in tokens or bytes; ``most``: of a shard, in the same.
    """
    ends = np.cumsum(sizes, dtype=np.int64)
    start = 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most, "right")))
        yield start, stop
        start = stop
