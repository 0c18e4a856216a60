"""What is placed where: which of the chosen records, in which split, row and shard. Floor 8: numbers in, numbers out.

What is decided one after the other stands in ``export/placing.py``. Nothing here reads a text, a store or a clock: the same
candidates and the same order give the same plan everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from rightful.export.planning.holders import Holders

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The chosen records, in the order of the store. ``lengths``: (N,) what each is in a shard, in tokens, or 1 where a shard
    has rows of text; ``sizes``: (N,) what a shard is cut by, in tokens or bytes; None: as ``lengths``; ``holders``: of whom they
    are, None where that is not asked; ``sides``: (N,) the number of the split of each, None without splits; ``units``: (N,) its
    group of copies, None where nobody asks."""

    record_ids: list[str]
    source_ids: list[str]
    lengths: Ints
    sizes: Ints | None = None
    holders: Holders | None = None
    sides: Ints | None = None
    units: Ints | None = None

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
    ``rung``: the share of the smallest rung of a ladder that it is in, None where there is none.
    """

    folder: str
    split: str | None
    stem: str
    pieces: Pieces
    row_lengths: Ints
    first_row: int
    rung: float | None = None

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
