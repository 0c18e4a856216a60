"""Which documents stand in which shard, and whether a shard reads back as it was meant. Floor 8."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rightful.errors import RightfulError
from rightful.export.formats import Format
from rightful.export.tokens.spool import Spool
from rightful.notation.shown import counted


def document_order(ids: Sequence[str], seed: int | None) -> npt.NDArray[np.int64]:
    """The store's order, or with a seed the order of a keyed digest: the same on every machine."""
    if seed is None:
        return np.arange(len(ids))
    key = str(seed).encode()
    drawn = [hashlib.blake2b(i.encode(), key=key, digest_size=8).digest() for i in ids]
    return np.array(sorted(range(len(ids)), key=lambda i: (drawn[i], ids[i])), np.int64)


def shard_plan(order: npt.NDArray[np.int64], spool: Spool, shard_tokens: int) -> Iterator[list[int]]:
    """Documents in order, a new shard before the one that would pass the size; a longer one has its own."""
    members: list[int] = []
    size = 0
    for i in order.tolist():
        length = spool.length(i)
        if members and size + length > shard_tokens:
            yield members
            members, size = [], 0
        members.append(i)
        size += length
    if members:
        yield members


def check_back(form: Format, data: Path, stem: str, members: list[int], spool: Spool) -> None:
    """Read a shard and hold it against what it was made of. Raises :class:`RightfulError` where it differs."""
    n = -1
    for n, tokens in enumerate(form.read(data, stem)):
        if n >= len(members) or not np.array_equal(tokens, spool.tokens(members[n])):
            raise RightfulError("does not read back as it was written", subject=f"{data / stem} document {n}")
    if n + 1 != len(members):
        raise RightfulError(f"holds {counted(n + 1, 'document')}, not {len(members)}", subject=str(data / stem))
