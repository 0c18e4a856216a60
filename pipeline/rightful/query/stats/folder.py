"""Statistics as a folder: the answer, a Parquet table and a plot for each axis, all histograms. Floor 7: part of ``stats``.

The same store gives the same bytes. No time, no path of this machine and no text of a record is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.query.stats.plots import bars, columns
from rightful.query.stats.tally import Tally
from rightful.store.duck import batches
from rightful.store.layout import publish_folder

VALUES = pa.schema(
    [
        pa.field("value", pa.string()),
        pa.field("records", pa.int64(), nullable=False),
        pa.field("chars", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),
        pa.field("bytes_share", pa.float64(), nullable=False),
    ]
)
"""An axis: one row a value, the most frequent first."""

BINS = pa.schema(
    [
        pa.field("histogram", pa.string(), nullable=False),
        pa.field("of", pa.string(), nullable=False),
        pa.field("low", pa.float64(), nullable=False),
        pa.field("high", pa.float64()),
        pa.field("count", pa.int64(), nullable=False),
    ]
)
"""The histograms: one row a bin that is not empty."""


def write(out: Path, tally: Tally, answer: Mapping[str, Any]) -> list[str]:
    """The names of the files, which appear all at once. Raises :class:`InputError` when ``out`` is there already."""
    with publish_folder(out) as folder:
        told_of = said_of(answer)
        for axis in tally.axes:
            _write_values(folder / f"{axis.name}.parquet", tally, tally.values(axis))
            plot = bars(axis, answer["axes"][axis.name], answer["totals"], told_of)
            (folder / f"{axis.name}.svg").write_bytes(plot)
        bins = [
            {"histogram": h.name, "of": h.of, **b}
            for h in tally.histograms
            for b in answer["histograms"][h.name]["bins"]
        ]
        pq.write_table(pa.Table.from_pylist(bins, BINS), folder / "histograms.parquet", compression="zstd")
        for h in tally.histograms:
            (folder / f"{h.name}.svg").write_bytes(columns(h, answer["histograms"][h.name], told_of))
        # Escaped, so that nothing in it acts on a terminal.
        (folder / "stats.json").write_text(json.dumps(answer, indent=1) + "\n", encoding="ascii")
        return sorted(file.name for file in folder.iterdir())


def said_of(answer: Mapping[str, Any]) -> str:
    """Of which records the numbers are."""
    sentence = f"snapshot {answer['snapshot']}"
    return f"{sentence} · where {answer['where']}" if answer["where"] else sentence


def _write_values(path: Path, tally: Tally, query: str) -> None:
    with pq.ParquetWriter(path, VALUES, compression="zstd") as writer:
        for batch in batches(tally.con, query):
            writer.write_batch(batch.cast(VALUES))
