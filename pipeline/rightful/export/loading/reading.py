"""Tokens out of shards, block by block and ahead of their turn. Floor 8.

What is read ahead never changes what is handed out, or a state: threads fill a window that is complete before the first of
it is handed out. Threads, and no processes: decompression and copies leave the interpreter to others, nothing is copied
between processes, and nothing is left behind by a process that is killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, RightfulError
from rightful.export.formats import Access, Format, Shape, Tokens
from rightful.export.loading.contents import Contents
from rightful.export.loading.shuffling import Ints


@dataclass(frozen=True, slots=True)
class Reader:
    """The shards of an export. ``checks``: documents are held against the digests of the index."""

    folder: Path
    form: Format
    shape: Shape
    contents: Contents
    checks: bool

    def open(self, shard: int) -> Access:
        """One shard, to be read at any place. Raises :class:`DamagedInput`."""
        path = self.folder / self.contents.shards[shard]
        return self.form.access(path.parent, path.name.rsplit(".", 1)[0], self.shape)

    def read(self, units: Sequence[Unit]) -> list[Tokens]:
        """The ids of units, in their order; shards are read from their beginnings to their ends.

        Raises :class:`DamagedInput` for a shard that is missing, or other than the index says.
        """
        ids: list[Tokens] = [np.empty(0, np.uint32)] * len(units)
        access, at = None, -1
        try:
            for n in sorted(range(len(units)), key=lambda n: (units[n].shard, units[n].first)):
                unit = units[n]
                if access is None or unit.shard != at:
                    if access is not None:
                        access.close()
                    access, at = self.open(unit.shard), unit.shard
                ids[n] = access.ids(unit.first, unit.length)
                if self.checks:
                    self._check(unit, ids[n])
        finally:
            if access is not None:
                access.close()
        return ids

    def _check(self, unit: Unit, ids: Tokens) -> None:
        digests, contents = self.contents.digests, self.contents
        if digests is None:
            return
        for row in range(unit.rows[0], unit.rows[1]):
            start = int(contents.first[row]) - unit.first
            of_row = ids[start : start + int(contents.length[row])]
            if hashlib.sha256(np.ascontiguousarray(of_row, "<u4").data).digest() != digests[row].tobytes():
                raise DamagedInput(
                    f"document {int(contents.documents[row])} is not the one in the index: the shard was changed, or swapped",
                    subject=str(self.folder / contents.shards[unit.shard]),
                    hint="put it back from a copy of the export; rightful verify names all that differs",
                )


@dataclass(frozen=True, slots=True)
class Unit:
    """A document or a sequence: where it lies, in ids of its shard, and which rows of the contents it is (from, to)."""

    shard: int
    first: int
    length: int
    rows: tuple[int, int]


Batch = tuple[list[Unit], list[Tokens]]


def ahead(reader: Reader, windows: Iterator[list[Unit]], workers: int) -> Generator[Batch]:
    """Each window with its ids, in order. With workers the next one is read by so many threads while one is handed out."""
    if not workers:
        for units in windows:
            yield units, reader.read(units)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="rightful-loader")
    try:
        waiting: list[tuple[list[Unit], Callable[[], list[Tokens]]]] = []
        for units in windows:
            waiting.append((units, _submitted(pool, reader, units, workers)))
            if len(waiting) > 1:
                first, tokens = waiting.pop(0)
                yield first, tokens()
        for first, tokens in waiting:
            yield first, tokens()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submitted(pool: ThreadPoolExecutor, reader: Reader, units: list[Unit], workers: int) -> Callable[[], list[Tokens]]:
    """A window that is being read, each thread a stretch of it."""
    order = sorted(range(len(units)), key=lambda n: (units[n].shard, units[n].first))
    parts = [part.tolist() for part in np.array_split(np.array(order, np.int64), workers) if len(part)]
    futures: list[Future[list[Tokens]]] = [pool.submit(reader.read, [units[n] for n in part]) for part in parts]

    def tokens() -> list[Tokens]:
        ids: list[Tokens | None] = [None] * len(units)
        for part, future in zip(parts, futures, strict=True):
            for n, of_unit in zip(part, future.result(), strict=True):
                ids[n] = of_unit
        if any(of_unit is None for of_unit in ids):
            raise RightfulError("some of a window was not read")
        return [of_unit for of_unit in ids if of_unit is not None]

    return tokens


def bounds(shard: npt.NDArray[np.int32], sequence: Ints) -> Ints:
    """Where in rows that lie in order each sequence begins, and the end."""
    changes = (np.diff(shard, prepend=-1) != 0) | (np.diff(sequence, prepend=-1) != 0)
    return np.append(np.flatnonzero(changes), len(shard))
