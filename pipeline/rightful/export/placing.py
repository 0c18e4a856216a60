"""Where the documents of an export go: what was ordered, applied to candidates, one decision after the other. Floor 8.

Order matters, and is that of :func:`plan`: what is drawn, into which splits, in which order, packed into which rows, cut
into which shards.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from rightful.export.order import Order
from rightful.export.planning import Candidates, Ints, Pieces, Planned, ladder
from rightful.export.planning import holders as of_holders
from rightful.export.planning.mixture import Draws, all_of
from rightful.export.planning.packing import pack
from rightful.export.planning.sharding import document_order, shard_bounds

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Side:
    """A split: its folder and name, the records in their order, and how often each came before."""

    folder: str
    split: str | None
    records: Ints
    epochs: Ints
    rung: float | None = None

    def only(self, chosen: Mask) -> _Side:
        """With these of its records."""
        return replace(self, records=self.records[chosen], epochs=self.epochs[chosen])


def plan(order: Order, candidates: Candidates, draws: Draws | None = None) -> Iterator[Planned]:
    """The shards of an order, one after the other. ``draws``: which candidates, and for each how often it came before; None: all
    of them, once."""
    drawn = draws or all_of(len(candidates))
    number = 0
    for side in _split(order, candidates, (drawn.record, drawn.epoch.astype(np.int64))):
        pieces, row_lengths = _packed(order, candidates, _ordered(order, candidates, side))
        sizes = row_lengths if candidates.sizes is None else candidates.sizes[pieces.record]
        most = order.shard_bytes if order.of_texts else order.shard_tokens
        for start, stop in _bounds(candidates, pieces, sizes, most):
            first, last = np.searchsorted(pieces.row, [start, stop])
            yield Planned(
                side.folder,
                side.split,
                f"shard-{number:05d}",
                pieces.part(int(first), int(last)),
                row_lengths[start:stop],
                start,
                side.rung,
            )
            number += 1


def streams(order: Order) -> bool:
    """Whether every record is placed once, in the order of the store, a row each: then a shard is known as soon as what
    comes behind it."""
    return all(getattr(order, one.name) == one.default for one in fields(order) if one.name not in _PLACES_NOTHING)


_PLACES_NOTHING = frozenset(
    """out format tokenizer eod backend text_as where dedup prefer shard_tokens shard_bytes workers snapshot redaction
    on_unencodable train_sample raw raw_as""".split()
)
"""The options of an order that say nothing of where a document goes, or no more than where a shard ends."""


def streamed(order: Order, lengths: Iterable[Ints]) -> Iterator[Planned]:
    """The shards that :func:`plan` gives for an order that :func:`streams`, each as soon as it is known, from the tokens of
    the documents in the order of the store, some and some more."""
    waiting = np.empty(0, np.int64)
    first = number = 0
    for more in itertools.chain(lengths, [None]):
        waiting = waiting if more is None else np.concatenate([waiting, more])
        known = list(shard_bounds(waiting, order.shard_tokens))
        for start, stop in known if more is None else known[:-1]:  # the last one may become longer
            rows = np.arange(first + start, first + stop, dtype=np.int64)
            zeros = np.zeros_like(rows)
            pieces = Pieces(rows, zeros, waiting[start:stop], zeros, rows, zeros)
            yield Planned("", None, f"shard-{number:05d}", pieces, pieces.length, first + start)
            number += 1
        done = known[-1][0] if known and more is not None else len(waiting)
        waiting, first = waiting[done:], first + done


def _split(order: Order, candidates: Candidates, drawn: tuple[Ints, Ints]) -> Iterator[_Side]:
    """The sides that the drawn fall into, those that have a ladder by its rungs; one without. None of them is empty."""
    split, rungs, whole = order.sides, order.rungs, _Side("", None, *drawn)
    if split is None:
        yield from _banded(order, candidates, whole) if rungs else (whole,)
        return
    assert candidates.sides is not None
    numbers = candidates.sides[whole.records]
    split.check_filled(np.bincount(numbers, minlength=len(split.names)).tolist())
    for number, name in enumerate(split.names):
        side = replace(whole.only(numbers == number), folder=name, split=name)
        yield from _banded(order, candidates, side) if rungs and name == split.trained else (side,)


def _banded(order: Order, candidates: Candidates, side: _Side) -> Iterator[_Side]:
    """What each rung of the ladder adds to the one before."""
    assert candidates.units is not None
    of = side.records.tolist()
    _, sources = np.unique(np.array([candidates.source_ids[i] for i in of]), return_inverse=True)
    ranks = ladder.ranks([candidates.record_ids[i] for i in of], order.seed)
    units, lengths = candidates.units[side.records], candidates.lengths[side.records]
    band = ladder.bands(order.rungs, units, lengths, sources.reshape(-1).astype(np.int64), ranks)
    for number, share in enumerate(order.rungs):
        folder = "/".join(filter(None, (side.folder, ladder.folder_of(share))))
        yield replace(side.only(band == number), folder=folder, rung=float(share))


def _ordered(order: Order, candidates: Candidates, side: _Side) -> _Side:
    """In the order of the store, each epoch after the other, or with a seed in that of a keyed digest; those of a rights holder
    together, where asked."""
    at = document_order([candidates.record_ids[i] for i in side.records.tolist()], order.seed, side.epochs)
    if candidates.holders is not None:
        at = at[of_holders.together(candidates.holders, side.records[at], order.seed)]
    return _Side(side.folder, side.split, side.records[at], side.epochs[at])


def _packed(order: Order, candidates: Candidates, side: _Side) -> tuple[Pieces, Ints]:
    """The pieces, and how many ids each row has, padding counted."""
    groups = None if candidates.holders is None else candidates.holders.part(side.records)
    packed = pack(candidates.lengths[side.records], order.seq_len, order.pack, truncate=order.truncate, groups=groups)
    at = packed.document
    pieces = Pieces(side.records[at], packed.start, packed.length, side.epochs[at], packed.row, packed.offset)
    return pieces, packed.row_lengths


def _bounds(candidates: Candidates, pieces: Pieces, sizes: Ints, most: int) -> Iterator[tuple[int, int]]:
    """First row and the row behind the last of every shard, of rows of these sizes."""
    if candidates.holders is None:
        return shard_bounds(sizes, most)
    of_rows = np.zeros(len(sizes), np.int64)
    of_rows[pieces.row] = candidates.holders.part(pieces.record)
    return of_holders.shard_bounds(sizes, of_rows, most)
