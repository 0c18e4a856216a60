"""How the chosen records become shards: as tokens or as texts, one file for each kind of format. Floor 8.

Each kind is a function ``make`` from a :class:`Ground` to what it made. It writes every shard and reads it back: what
was written is what was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.decisions.cases import Decided
from rightful.export.leaving import Texts, runs
from rightful.export.order import Order
from rightful.export.redaction import REDACTIONS, RedactionLog
from rightful.rights.uses import Use
from rightful.store.layout import Layout, sha256_file

Progress = Callable[[str, int, int], None]
"""Called with (step, done, in all)."""


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


def listed(paths: list[Path]) -> tuple[dict[str, Any], ...]:
    """The files of a shard as they stand in the manifest."""
    return tuple({"path": f"data/{p.name}", "sha256": sha256_file(p), "bytes": p.stat().st_size} for p in paths)
