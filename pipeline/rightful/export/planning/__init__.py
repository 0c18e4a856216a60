"""What is placed where: which of the chosen records, in which split, row and shard. Floor 8: numbers in, numbers out.

Order matters, and is that of :func:`plan`: what is drawn, into which splits, in which order, packed into which rows, cut
into which shards. Nothing here reads a text, a store or a clock: the same candidates and the same order give the same
plan everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from rightful.export.order import Order
from rightful.export.planning.sharding import document_order, shard_bounds

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The chosen records, in the order of the store. ``lengths``: (N,) what each is in a shard, in tokens, or 1 where a shard
    has rows of text; ``sizes``: (N,) what a shard is cut by, in tokens or bytes; None: as ``lengths``."""

    record_ids: list[str]
    source_ids: list[str]
    lengths: Ints
    sizes: Ints | None = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self.record_ids)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is placed, one entry for each document or piece of one, in order; arrays of one length.

    ``record``: its position among the candidates; ``start``, ``length``: which of its tokens; ``epoch``: how often it came
    before; ``row``: in which row, counted over all of the plan; ``offset``: where in the row.
    """

    record: Ints
    start: Ints
    length: Ints
    epoch: Ints
    row: Ints
    offset: Ints

    def __len__(self) -> int:
        """How many there are."""
        return len(self.record)

    def part(self, start: int, stop: int) -> Pieces:
        """Those from ``start`` up to ``stop``."""
        return Pieces(*(getattr(self, field.name)[start:stop] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Planned:
    """A shard to be written: its folder within ``data/`` (empty: that itself), split, name without suffix, and pieces.

    ``row_lengths``: (R,) ids of each row, padding counted; ``first_row``: the number of the first in ``pieces.row``.
    """

    folder: str
    split: str | None
    stem: str
    pieces: Pieces
    row_lengths: Ints
    first_row: int

    @property
    def sequences(self) -> Ints:
        """(P,) in which row of the shard each piece is."""
        return self.pieces.row - self.first_row

    @property
    def first_tokens(self) -> Ints:
        """(P,) where each piece begins, in ids from the beginning of the shard, padding counted."""
        starts = np.cumsum(self.row_lengths, dtype=np.int64) - self.row_lengths
        return starts[self.sequences] + self.pieces.offset

    @property
    def padding(self) -> int:
        """How many ids of the shard are padding."""
        return int(self.row_lengths.sum(dtype=np.int64) - self.pieces.length.sum(dtype=np.int64))


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
