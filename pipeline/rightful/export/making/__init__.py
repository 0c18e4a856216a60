"""How the chosen records become shards: as tokens or as texts, one file for each kind of format. Floor 8.

Each kind is a function ``make`` from a :class:`Ground` to what it made. It writes every shard and reads it back: what
was written is what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.decisions.cases import Decided
from rightful.errors import RightfulError
from rightful.export.leaving import Texts, runs
from rightful.export.made import Shard
from rightful.export.order import Order
from rightful.export.redaction import REDACTIONS, RedactionLog
from rightful.export.shards import document_order, shard_plan
from rightful.notation.shown import counted
from rightful.rights.uses import Use
from rightful.store.layout import Layout, sha256_file

Progress = Callable[[str, int, int], None]
"""Called with (step, done, in all)."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of format goes about a shard. A member is a position among the chosen records.

    ``write`` makes the files of a shard, ``read`` yields what they hold, and ``holds`` says whether an item is that member.
    ``size`` is that of a member and ``most`` that of a shard, in tokens or bytes; ``tokens`` are those of a member, None
    where there are none. ``noun`` is what one item is called.
    """

    noun: str
    write: Callable[[str, list[int]], list[Path]]
    read: Callable[[str], Iterable[Any]]
    holds: Callable[[Any, int], bool]
    size: Callable[[int], int]
    most: int
    tokens: Callable[[int], int] | None


@dataclass(frozen=True, slots=True)
class Ground:
    """What shards are made from: the ``chosen`` records in the order of the store, and the folder ``building``."""

    layout: Layout
    decided: Decided
    use: Use
    order: Order
    building: Path
    chosen: pa.Table
    progress: Progress | None

    @property
    def data(self) -> Path:
        """The folder of the shards."""
        return self.building / "data"

    def texts(self, records: pa.Table | None = None) -> Iterator[Texts]:
        """Runs of the chosen records, or of some of them, of one part each, by size."""
        records = self.chosen if records is None else records
        parts = records.column("part").to_pylist()
        at = records.column("row").to_numpy()
        digests = records.column("content_sha256").to_pylist()
        for start, stop in runs(parts, records.column("n_chars").to_numpy()):
            part = self.layout.part("texts", parts[start])
            yield Texts(part, at[start:stop], tuple(digests[start:stop]), self.order.redaction)

    def log(self) -> RedactionLog | None:
        """Where it is written down what was redacted; None where nothing is."""
        return RedactionLog(self.building / REDACTIONS) if self.order.redaction is not None else None

    def tell(self, step: str, done: int, total: int) -> None:
        """Say how far a step is."""
        if self.progress is not None:
            self.progress(step, done, total)


def write_shards(ground: Ground, way: Way) -> list[Shard]:
    """Write every shard and read it back. Raises :class:`RightfulError` for one that does not hold what it was made of."""
    ids = ground.chosen.column("record_id").to_pylist()
    order = document_order(ids, ground.order.seed)
    shards: list[Shard] = []
    done = 0
    for number, members in enumerate(shard_plan(order, way.size, way.most)):
        stem = f"shard-{number:05d}"
        paths = way.write(stem, members)
        _check_back(way, ground.data / stem, members)
        tokens = None if way.tokens is None else sum(map(way.tokens, members))
        shards.append(Shard(stem, tuple(members), listed(paths), tokens))
        done += len(members)
        ground.tell("write shards", done, len(ids))
    return shards


def _check_back(way: Way, place: Path, members: list[int]) -> None:
    n = -1
    for n, item in enumerate(way.read(place.name)):
        if n >= len(members) or not way.holds(item, members[n]):
            raise RightfulError("does not read back as it was written", subject=f"{place} {way.noun} {n}")
    if n + 1 != len(members):
        raise RightfulError(f"holds {counted(n + 1, way.noun)}, not {len(members)}", subject=str(place))


def listed(paths: list[Path]) -> tuple[dict[str, Any], ...]:
    """The files of a shard as they stand in the manifest."""
    return tuple({"path": f"data/{p.name}", "sha256": sha256_file(p), "bytes": p.stat().st_size} for p in paths)
