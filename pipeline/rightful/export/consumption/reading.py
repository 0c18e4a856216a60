"""A consumption log as a whole: what each step was given by all ranks, once what resumes undid is left out. Floor 8.

A process that goes on with a file goes back to a checkpoint: whatever the file says of the first step that it logs, and of all after
it, was undone with the weights, and counts no more. A run that goes on with fewer ranks leaves files of ranks behind that it
does not have: to each step belong as many ranks as the opening of the lowest rank says that counts for it, and files
that speak of another number there have no part in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, InputError
from rightful.export.consumption.frames import Numbers
from rightful.export.consumption.scanning import Block, Opening, Scan, blocks, rank_of
from rightful.export.consumption.writing import log_files

Mask = npt.NDArray[np.bool_]
ENDLESS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class _File:
    """One file that was read through: ``bounds`` is for each opening the step from which it counts no more."""

    scan: Scan
    rank: int
    bounds: Numbers

    @property
    def intervals(self) -> list[tuple[int, int, int]]:
        """``(first step, opening, ranks)`` of the openings that count for any step, ascending."""
        firsts = zip(self.scan.first_steps, self.bounds.tolist(), strict=True)
        listed = [(n, first) for n, (first, bound) in enumerate(firsts) if first is not None and first < bound]
        return [(first, n, self.scan.openings[n].world_size) for n, first in listed]


@dataclass(frozen=True, slots=True)
class Given:
    """What steps were given: one entry a document, by step, then rank, then in the order in which it was logged.

    ``opening`` is a position in ``Log.openings``. ``more``: documents that are not listed, as there were too many. Where a
    loader cut samples out of documents, ``sample`` is its number in the run, and ``start`` and ``length`` which tokens of the
    shard were read; ``rank`` is -1 where nobody knows it.
    """

    step: Numbers
    rank: Numbers
    opening: Numbers
    document: Numbers
    more: int = 0
    sample: Numbers | None = None
    start: Numbers | None = None
    length: Numbers | None = None


class Log:
    """A log, read through once: that it is whole, which exports and steps it is of.

    ``place`` is the folder of a run or one file. Raises :class:`InputError` where there is no log, or files of one
    folder are of runs on exports that have nothing to do with each other; :class:`DamagedInput` for a file that was changed.
    """

    def __init__(self, place: str | Path) -> None:
        self.place = Path(place)
        self._files = [_read(path) for path in log_files(self.place)]
        self._files = [one for one in self._files if one.scan.openings]
        if not self._files:
            raise InputError("says nothing: no rank has begun it", subject=str(self.place))
        self._check_ranks()
        self.openings: list[Opening] = []
        """Everything that was ever opened, file by file."""
        self._base: list[int] = []
        for one in self._files:
            self._base.append(len(self.openings))
            self.openings += one.scan.openings
        leading = self._files[0].intervals
        self._world_from = np.array([first for first, _, _ in leading], np.int64)
        self._world = np.array([ranks for _, _, ranks in leading], np.int64)

    @property
    def torn(self) -> dict[str, int]:
        """File name -> bytes of a torn tail, which do not count."""
        return {one.scan.path.name: one.scan.torn for one in self._files if one.scan.torn}

    @property
    def exports(self) -> dict[str, str]:
        """Export -> digest of its manifest, of all openings that steps were logged by."""
        pairs = [
            (opening.export, opening.manifest_sha256)
            for one in self._files
            for opening, first in zip(one.scan.openings, one.scan.first_steps, strict=True)
            if first is not None
        ]
        return dict(pairs)

    @property
    def steps(self) -> tuple[int, int] | None:
        """The first and the last step that counts; None where no step was logged."""
        firsts = [first for one in self._files for first, _, _ in one.intervals]
        lasts = [
            min(last, int(bound) - 1)
            for one in self._files
            for last, bound in zip(one.scan.last_steps, one.bounds, strict=True)
            if last is not None
        ]
        return (min(firsts), max(lasts)) if firsts else None

    @property
    def ranks(self) -> list[int]:
        """The ranks that files are of."""
        return [one.rank for one in self._files]

    @property
    def missing(self) -> list[int]:
        """Ranks that took part, and of which there is no file."""
        return sorted(set(range(int(self._world.max(initial=0)))) - set(self.ranks))

    def export_of(self, opening: int) -> str:
        """The export that an opening is of."""
        return self.openings[opening].export

    def given(self, among: Sequence[tuple[int, int]], most: int | None = None) -> Given:
        """What steps of these spans (first and last, both within) were given, at most so many documents."""
        pieces: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []
        kept: dict[int, int] = {}
        total = 0
        for base, one, block, counts_for in self._blocks():
            counts_for &= _within(block.step, among)
            where = np.flatnonzero(counts_for)
            documents, counts = block.documents(where)
            self._check(one, block, where, counts, documents)
            total += len(documents)
            # What counts of a file comes in the order of its steps: more of it than that is never listed.
            room = len(documents) if most is None else max(0, min(len(documents), most - kept.get(one.rank, 0)))
            kept[one.rank] = kept.get(one.rank, 0) + room
            step, opening = np.repeat(block.step[where], counts), np.repeat(block.opening[where] + base, counts)
            pieces.append((step[:room], np.full(room, one.rank), opening[:room], documents[:room]))
        of = _in_order(pieces)
        listed = Given(of.step[:most], of.rank[:most], of.opening[:most], of.document[:most])
        return replace(listed, more=total - len(listed.step))

    def steps_of(self, wanted: Mapping[str, Numbers]) -> Given:
        """The steps that were given any of these documents. ``wanted``: export -> numbers in its index."""
        pieces: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []
        masks = self._masks(wanted)
        for base, one, block, counts_for in self._blocks():
            counts_for &= np.isin(block.opening + base, list(masks))
            where = np.flatnonzero(counts_for)
            documents, counts = block.documents(where)
            self._check(one, block, where, counts, documents)
            step, opening = np.repeat(block.step[where], counts), np.repeat(block.opening[where] + base, counts)
            hit = np.zeros(len(documents), bool)
            for n, mask in masks.items():
                of = opening == n
                hit[of] = mask[documents[of]]
            if hit.any():
                found = step[hit], opening[hit], documents[hit]
                pieces.append((found[0], np.full(int(hit.sum()), one.rank), found[1], found[2]))
        return _in_order(pieces)

    def as_json(self) -> dict[str, Any]:
        """What is kept of a log with the asset that it is of."""
        steps = self.steps
        return {
            "exports": self.exports,
            "ranks": len(self._files),
            "steps": None if steps is None else {"first": steps[0], "last": steps[1]},
        }

    def _masks(self, wanted: Mapping[str, Numbers]) -> dict[int, Mask]:
        """Position of an opening -> which documents of its index are wanted; openings of one export share theirs."""
        by_export: dict[tuple[str, int], Mask] = {}
        masks = {}
        for n, one in enumerate(self.openings):
            documents = wanted.get(one.export)
            if documents is None or not len(documents):
                continue
            if (one.export, one.documents) not in by_export:
                mask = np.zeros(one.documents, bool)
                mask[documents[documents < one.documents]] = True
                by_export[one.export, one.documents] = mask
            masks[n] = by_export[one.export, one.documents]
        return masks

    def _blocks(self) -> Iterator[tuple[int, _File, Block, Mask]]:
        """Every block of every file, with the position of its first opening and which of its frames count."""
        for base, one in zip(self._base, self._files, strict=True):
            ranks = np.array([opening.world_size for opening in one.scan.openings], np.int64)
            for block in blocks(Scan.of(one.scan.path)):
                counts = block.step < one.bounds[block.opening]
                at = np.searchsorted(self._world_from, block.step, side="right") - 1
                known = at >= 0
                counts[known] &= ranks[block.opening[known]] == self._world[at[known]]
                yield base, one, block, counts

    def _check(self, one: _File, block: Block, where: Numbers, counts: Numbers, documents: Numbers) -> None:
        """Every document lies within the index that its opening speaks of. Raises :class:`DamagedInput`."""
        sizes = np.array([opening.documents for opening in one.scan.openings], np.int64)
        most = np.repeat(sizes[block.opening[where]], counts)
        wrong = np.flatnonzero((documents < 0) | (documents >= most))
        if len(wrong):
            raise DamagedInput(
                f"names document {int(documents[wrong[0]])} of an index of {int(most[wrong[0]])}",
                subject=str(one.scan.path),
            )

    def _check_ranks(self) -> None:
        ranks = [one.rank for one in self._files]
        if len(set(ranks)) != len(ranks):
            raise InputError("has several files of one rank", subject=str(self.place))
        self._files.sort(key=lambda one: one.rank)


def _read(path: Path) -> _File:
    scan = Scan.of(path)
    for _ in blocks(scan):
        pass
    bounds = np.full(len(scan.openings), ENDLESS, np.int64)
    least = ENDLESS
    for n in range(len(scan.openings) - 1, -1, -1):
        bounds[n] = least
        first = scan.first_steps[n]
        least = least if first is None else min(least, first)
    rank = rank_of(path)
    return _File(scan, (scan.openings[0].rank if scan.openings else 0) if rank is None else rank, bounds)


def _in_order(pieces: Sequence[tuple[Numbers, Numbers, Numbers, Numbers]]) -> Given:
    """Step, rank, opening and document of all pieces, by step, then rank, then as they came."""
    empty = np.empty(0, np.int64)
    step, rank, opening, document = (np.concatenate([empty, *(piece[n] for piece in pieces)]) for n in range(4))
    order = np.lexsort((rank, step))
    return Given(step[order], rank[order], opening[order], document[order])


def _within(step: Numbers, among: Sequence[tuple[int, int]]) -> Mask:
    inside = np.zeros(len(step), bool)
    for first, last in among:
        inside |= (step >= first) & (step <= last)
    return inside


def spans(words: str) -> list[tuple[int, int]]:
    """Spans of steps as they are written. Raises :class:`InputError`.

    >>> spans("1200-1210,1300")
    [(1200, 1210), (1300, 1300)]
    """
    listed = []
    for word in words.split(","):
        first, dash, last = (part.strip() for part in word.partition("-"))
        ends = [first, last] if dash else [first, first]
        if not all(end.isdecimal() and end.isascii() and len(end) <= 18 for end in ends):
            raise InputError(f"{words!r} names no steps", subject="--step", hint="write --step 1200, or 1200-1210")
        if int(ends[0]) > int(ends[1]):
            raise InputError(f"{word.strip()} ends before it begins", subject="--step")
        listed.append((int(ends[0]), int(ends[1])))
    return listed


def ranges(steps: Numbers) -> list[tuple[int, int]]:
    """Steps, ascending and each once, as spans without gaps.

    >>> ranges(np.array([3, 4, 5, 9]))
    [(3, 5), (9, 9)]
    """
    if not len(steps):
        return []
    breaks = np.flatnonzero(np.diff(steps) > 1)
    firsts = steps[np.concatenate([[0], breaks + 1])]
    lasts = steps[np.concatenate([breaks, [len(steps) - 1]])]
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]
