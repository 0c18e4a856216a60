"""In which order documents stand, and which of them in which shard. Floor 8."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt


def document_order(ids: Sequence[str], seed: int | None) -> npt.NDArray[np.int64]:
    """The store's order, or with a seed the order of a keyed digest: the same on every machine."""
    if seed is None:
        return np.arange(len(ids))
    key = str(seed).encode()
    drawn = [hashlib.blake2b(i.encode(), key=key, digest_size=8).digest() for i in ids]
    return np.array(sorted(range(len(ids)), key=lambda i: (drawn[i], ids[i])), np.int64)


def shard_plan(order: npt.NDArray[np.int64], size: Callable[[int], int], most: int) -> Iterator[list[int]]:
    """Documents in order, a new shard before the one that would pass the size; a longer one has its own.

    ``size``: of a document, in tokens or bytes; ``most``: of a shard, in the same.
    """
    members: list[int] = []
    filled = 0
    for i in order.tolist():
        length = size(i)
        if members and filled + length > most:
            yield members
            members, filled = [], 0
        members.append(i)
        filled += length
    if members:
        yield members
