"""Where the documents of an export go: what was ordered, applied to candidates, one decision after the other. Floor 8.

Order matters, and is that of :func:`plan`: what is drawn, into which splits, in which order, packed into which rows, cut
into which shards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rightful.export.order import Order
from rightful.export.planning import Candidates, Ints, Pieces, Planned
from rightful.export.planning.sharding import document_order, shard_bounds


@dataclass(frozen=True, slots=True)
class _Side:
    """A split: its folder and name, the records in their order, and how often each came before."""

    folder: str
    split: str | None
    records: Ints
    epochs: Ints


def plan(order: Order, candidates: Candidates) -> Iterator[Planned]:
    """The shards of an order, one after the other."""
    number = 0
    for side in _split(order, _drawn(order, candidates)):
        pieces, row_lengths = _packed(candidates, _ordered(order, candidates, side))
        sizes = row_lengths if candidates.sizes is None else candidates.sizes[pieces.record]
        for start, stop in shard_bounds(sizes, order.shard_bytes if order.of_texts else order.shard_tokens):
            first, last = np.searchsorted(pieces.row, [start, stop])
            yield Planned(
                side.folder,
                side.split,
                f"shard-{number:05d}",
                pieces.part(int(first), int(last)),
                row_lengths[start:stop],
                start,
            )
            number += 1


def _drawn(order: Order, candidates: Candidates) -> tuple[Ints, Ints]:
    """Which candidates, and for each how often it came before: all of them, once."""
    every = np.arange(len(candidates), dtype=np.int64)
    return every, np.zeros_like(every)


def _split(order: Order, drawn: tuple[Ints, Ints]) -> Iterator[_Side]:
    """The sides that the drawn fall into: one."""
    yield _Side("", None, *drawn)


def _ordered(order: Order, candidates: Candidates, side: _Side) -> _Side:
    """In the order of the store, or with a seed in that of a keyed digest."""
    at = document_order([candidates.record_ids[i] for i in side.records.tolist()], order.seed)
    return _Side(side.folder, side.split, side.records[at], side.epochs[at])


def _packed(candidates: Candidates, side: _Side) -> tuple[Pieces, Ints]:
    """The pieces, and how many ids each row has: a row for each document."""
    lengths = candidates.lengths[side.records]
    zeros = np.zeros_like(lengths)
    rows = np.arange(len(lengths), dtype=np.int64)
    return Pieces(side.records, zeros, lengths, side.epochs, rows, zeros), lengths
