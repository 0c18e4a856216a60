"""Rights holders: documents of one stand together, and a shard is shared by as few as it can be. Pure. Floor 8.

A withdrawal is about one holder: a source, a person or a site. Where the documents of one are spread over all shards,
each shard has to be written anew for it; where they stand together, as many as they fill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.errors import UnknownName
from rightful.export.planning.sharding import document_order
from rightful.export.words import DOMAIN, HOLDERS, SOURCE, SUBJECT

COLUMN: Mapping[str, str] = {
    SOURCE: "CAST(source_id AS VARCHAR)",
    SUBJECT: "lower(hex(coalesce(subject_key, [one FOR one IN subject_keys IF one IS NOT NULL][1])))",
    DOMAIN: "coalesce(registrable_domain, host)",
}
"""The holder of a record, over its columns: a person by the keyed hash alone, of several the first; null where there is none."""
MOST_LISTED = 2000
"""More ranges than this are not listed in a manifest, which is read whole, but in a table beside it."""
LARGE = 0.5
"""A holder that fills so much of a shard has shards of its own."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Holders:
    """Of whom the records are: ``names`` of the holders (None: of nobody who is known), and for each record which, ``of``."""

    by: str
    names: Sequence[str | None]
    of: Ints

    def part(self, records: Ints) -> Ints:
        """(N,) the holder of each of these records."""
        return self.of[records]


def check(by: str | None) -> None:
    """Raises :class:`UnknownName` for a kind of holder that there is not."""
    if by is not None and by not in HOLDERS:
        raise UnknownName.of("kind of rights holder", by, HOLDERS, subject="--holders")


def holders_of(by: str, names: Sequence[str | None]) -> Holders:
    """The holders whose names the records have, numbered in the order in which they come."""
    numbers: dict[str | None, int] = {}
    of = np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
    return Holders(by, list(numbers), of)


def together(holders: Holders, records: Ints, seed: int | None) -> Ints:
    """The positions of ``records`` (in their order) in one in which those of a holder stand together, in the order they had.

    Holders stand in the order of their first record, or with a seed in that of a keyed digest of their names.
    """
    of = holders.part(records)
    present, first = np.unique(of, return_index=True)
    if seed is None:
        ranking = np.argsort(first, kind="stable")
    else:
        ranking = document_order([f"holder\0{holders.names[one] or ''}" for one in present.tolist()], seed)
    rank = np.zeros(len(holders.names), np.int64)
    rank[present[ranking]] = np.arange(len(present))
    return np.argsort(rank[of], kind="stable")


def shard_bounds(sizes: Ints, holders: Ints, most: int) -> Iterator[tuple[int, int]]:
    """First row and the row behind the last of every shard, as ``sharding.shard_bounds`` has them, and by holder.

    ``sizes``, ``holders``: (R,) of each row, those of a holder together. A holder that fits into what is left of a shard goes
    there; another begins a new one, and so does whatever follows one that fills :data:`LARGE` of a shard. So one that
    is no larger than a shard is in one shard, and a larger one in as many as it fills, with nobody else.
    """
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    firsts = np.flatnonzero(np.diff(holders, prepend=-1))
    starts, stops = firsts.tolist(), [*firsts[1:].tolist(), len(sizes)]
    start, after_large = 0, False
    for first, stop in zip(starts, stops if starts else [], strict=True):
        end, large = int(before[stop]), before[stop] - before[first] >= LARGE * most
        if first > start and (large or after_large or end - before[start] > most):
            yield start, first
            start = first
        while end - before[start] > most:
            cut = max(start + 1, int(np.searchsorted(before, before[start] + most, "right")) - 1)
            yield start, cut
            start = cut
        after_large = large
    if start < len(sizes):
        yield start, len(sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Where the documents of holders lie: arrays of one length, by holder in the order of the shards, then by place.

    ``holder`` is a number among the names, ``shard`` among the shards; ``start`` and ``length`` count as the index does: ids of
    the shard, or rows of text. Padding between two documents of one holder is within its range.
    """

    holder: Ints
    shard: Ints
    start: Ints
    length: Ints

    def __len__(self) -> int:
        """How many there are."""
        return len(self.holder)


def ranges(holder: Ints, shard: Ints, first: Ints, length: Ints) -> Ranges:
    """The ranges of documents, or pieces of them, that stand in the order of the shards; all (P,).

    ``holder``, ``shard``: the numbers of each; ``first``, ``length``: where it begins in its shard, and how long it is.
    """
    changes = np.ones(len(holder), np.bool_)
    changes[1:] = (np.diff(holder) != 0) | (np.diff(shard) != 0)
    begins = np.flatnonzero(changes)
    ends = np.append(begins[1:], len(holder)) - 1 if len(begins) else begins
    present, seen = np.unique(holder, return_index=True)
    rank = np.zeros(int(holder.max(initial=-1)) + 1, np.int64)
    rank[present[np.argsort(seen, kind="stable")]] = np.arange(len(present))
    at = np.argsort(rank[holder[begins]], kind="stable")
    begins, ends = begins[at], ends[at]
    return Ranges(holder[begins], shard[begins], first[begins], first[ends] + length[ends] - first[begins])


def listed(found: Ranges, names: Sequence[str | None], shards: Sequence[str]) -> list[dict[str, Any]]:
    """The ranges as they stand in a manifest: ``[{holder, shards: [{shard, ranges: [[start, length]]}]}]``."""
    by_holder: dict[int, dict[int, list[list[int]]]] = {}
    rows = zip(*(a.tolist() for a in (found.holder, found.shard, found.start, found.length)), strict=True)
    for holder, shard, start, length in rows:
        by_holder.setdefault(holder, {}).setdefault(shard, []).append([start, length])
    return [
        {"holder": names[holder], "shards": [{"shard": shards[s], "ranges": places} for s, places in in_shards.items()]}
        for holder, in_shards in by_holder.items()
    ]
