"""How the chosen records become shards: as tokens or as texts, one file for each kind of format. Floor 8.

Each kind is a function ``make`` from a :class:`Ground` to what it made. It writes every shard that was planned and reads it
back: what was written is what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful import engine
from rightful.decisions.cases import Decided
from rightful.export.leaving import Texts, runs, spans
from rightful.export.made import Shard
from rightful.export.order import Order
from rightful.export.planning import Ints, Planned
from rightful.export.planning.mixture import Draws
from rightful.export.redaction import REDACTIONS, RedactionLog
from rightful.rights.uses import Use
from rightful.store.layout import Layout, sha256_file
from rightful.store.texts import group_ends

DATA = "data"
"""The folder of the shards."""
SPOOL = ".spool"
"""The folder of documents that are to be written, which is gone when they are."""
Progress = Callable[[str, int, int], None]
"""Called with (step, done, in all)."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of format goes about a shard. ``write`` makes its files in a folder; ``check`` reads them back, and raises
    :class:`RightfulError` where that is not what was meant; ``finish`` writes what a folder has beside shards of these stems.
    ``written`` is called for every shard, in order, when it was read back.
    """

    write: Callable[[Path, Planned], list[Path]]
    check: Callable[[Path, Planned], None]
    finish: Callable[[Path, list[str]], list[Path]]
    has_tokens: bool
    written: Callable[[Planned], None] = lambda planned: None


@dataclass(frozen=True, slots=True)
class Ground:
    """What shards are made from: the ``chosen`` records in the order of the store, and the folder ``building``.

    ``draw``: of the lengths (N,) of their documents, which of these are drawn, and how often."""

    layout: Layout
    decided: Decided
    use: Use
    order: Order
    building: Path
    chosen: pa.Table
    draw: Callable[[Ints], Draws]
    progress: Progress | None

    @property
    def data(self) -> Path:
        """The folder of the shards."""
        return self.building / DATA

    def texts(self, records: pa.Table | None = None) -> Iterator[Texts]:
        """Runs of the chosen records, or of some of them, of one part each, by size: what is read together where it is."""
        records = self.chosen if records is None else records
        parts = records.column("part").to_pylist()
        at = records.column("row").to_numpy()
        digests = records.column("content_sha256").to_pylist()
        for start, stop in runs(parts, records.column("n_chars").to_numpy(), self._group_of(parts, at)):
            part = self.layout.part("texts", parts[start])
            yield Texts(part, at[start:stop], tuple(digests[start:stop]), self.order.redaction)

    def _group_of(self, parts: list[str], at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each record in which row group of its part its text is."""
        groups = np.zeros(len(parts), np.int64)
        for part, start, stop in spans(parts):
            ends = group_ends(self.layout.part("texts", part))
            groups[start:stop] = np.searchsorted(ends, at[start:stop], "right")
        return groups

    def grouping(self) -> dict[str, npt.NDArray[np.int64]]:
        """Of the chosen records the side of the splits and the group of copies, as far as anybody asks."""
        wanted = {"sides": "side", "units": "unit"}
        there = self.chosen.column_names
        return {name: self.chosen.column(column).to_numpy() for name, column in wanted.items() if column in there}

    def log(self) -> RedactionLog | None:
        """Where it is written down what was redacted; None where nothing is."""
        return RedactionLog(self.building / REDACTIONS) if self.order.redaction is not None else None

    def tell(self, step: str, done: int, total: int) -> None:
        """Say how far a step is."""
        if self.progress is not None:
            self.progress(step, done, total)


def write_shards(
    ground: Ground, way: Way, shards: Iterable[Planned], workers: int = 1
) -> tuple[list[Shard], tuple[str, ...]]:
    """Write every shard and read it back: the shards, and the files among them that are none.

    So many ``workers``, threads, each do one after another, while the next are planned; the bytes of a shard do not depend
    on it. Raises :class:`RightfulError` for one that does not hold what it was made of.
    """

    def one(planned: Planned) -> Shard:
        folder = ground.data / planned.folder
        folder.mkdir(parents=True, exist_ok=True)
        paths = way.write(folder, planned)
        way.check(folder, planned)
        return Shard(planned, listed(ground.building, paths), way.has_tokens)

    made: list[Shard] = []
    folders: dict[str, list[str]] = {}
    done = 0
    for planned, shard in engine.run(one, shards, workers, threads=True):
        way.written(planned)
        made.append(shard)
        folders.setdefault(planned.folder, []).append(planned.stem)
        done += len(planned.pieces)
        ground.tell("write shards", min(done, ground.chosen.num_rows), ground.chosen.num_rows)
    beside = [path for folder, stems in folders.items() for path in way.finish(ground.data / folder, stems)]
    return made, tuple(path.relative_to(ground.building).as_posix() for path in beside)


def listed(building: Path, paths: list[Path]) -> tuple[dict[str, Any], ...]:
    """The files of a shard as they stand in the manifest, where ``building`` becomes the folder of the export."""
    return tuple(
        {"path": p.relative_to(building).as_posix(), "sha256": sha256_file(p), "bytes": p.stat().st_size} for p in paths
    )
