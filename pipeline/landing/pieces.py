"""The files of a landing: staged pieces without the rows that do not land, and tables as parts. Floor 3."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.records import KINDS
from pipeline.staged import staged
from pipeline.store.layout import Layout, move_into_place, publish, sha256_file
from pipeline.store.ledger import Ledger, Part
from pipeline.store.parquet import opened
from pipeline.tagging import part_writer

LANDING_KINDS = ("records", "texts", "signatures")
"""The staged files that become parts of one name, with the same rows in the same order."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A staged piece that lands: its files by kind, how many rows each has, and the name that it has as a part."""

    files: Mapping[str, Path]
    rows: int
    part: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)

    def named(self, taken: set[str]) -> Piece:
        """The piece with its name, which is its content; ``taken`` are the names that there are, and gets one more."""
        digests = {kind: sha256_file(path) for kind, path in self.files.items()}
        return replace(self, part=part_name(digests, taken), digests=digests)

    def publish(self, layout: Layout) -> list[Part]:
        """Move the files to where parts are."""
        parts = []
        for kind, path in self.files.items():
            size_bytes = path.stat().st_size
            move_into_place(path, layout.part(kind, self.part))
            parts.append(Part(kind, self.part, self.rows, size_bytes, self.digests[kind]))
        return parts


def prepared(folder: Path, index: int, number: int, size: int, rows: Sequence[int] | None, name: str) -> Piece:
    """A staged piece, or only some of its rows; ``name`` tells what is made of one piece apart."""
    files = {kind: staged(folder, index, number, kind) for kind in LANDING_KINDS}
    if rows is None:
        return Piece(files, size)
    mask = np.zeros(size, dtype=bool)
    mask[list(rows)] = True
    files = {kind: _filtered(path, mask, KINDS[kind], name) for kind, path in files.items()}
    return Piece(files, len(rows))


def publish_table(
    layout: Layout, kind: str, content: pa.Table | pa.RecordBatchReader, schema: pa.Schema
) -> Part | None:
    """Write rows as one part whose name is its content, batch by batch; None where there are no rows."""
    target = layout.root / kind / f".new-{os.getpid()}.parquet"
    count = 0
    with publish(target, private=True) as temporary, part_writer(temporary, schema) as writer:
        for batch in content.to_batches(65_536) if isinstance(content, pa.Table) else content:
            arranged = pa.Table.from_batches([batch]).select(schema.names).cast(schema)
            writer.write_table(arranged)
            count += arranged.num_rows
    if not count:
        target.unlink()
        return None
    digest = sha256_file(target)
    final = layout.part(kind, digest[:24])
    size_bytes = target.stat().st_size
    move_into_place(target, final)
    return Part(kind, digest[:24], count, size_bytes, digest)


def unless_known(part: Part | None, ledger: Ledger, snapshot: int) -> list[Part]:
    """The part, unless there is none or the store has it already."""
    known = {p.part for p in ledger.parts(part.kind, snapshot)} if part is not None else set()
    return [] if part is None or part.part in known else [part]


def part_name(digests: Mapping[str, str], taken: set[str]) -> str:
    """The name of a part is its content. A part that comes back after its rows were hidden needs another name."""
    text = digests["records"] + digests["texts"]
    name = hashlib.sha256(text.encode()).hexdigest()[:24]
    while name in taken:
        name = hashlib.sha256((text + name).encode()).hexdigest()[:24]
    taken.add(name)
    return name


def _filtered(path: Path, mask: np.ndarray, schema: pa.Schema, name: str) -> Path:
    """The staged file without the rows whose mask is False; bounded by one row group."""
    out = path.with_suffix(f".{name}")
    keep = pa.array(mask)
    start = 0
    with opened(path) as source, part_writer(out, schema) as writer:
        for batch in source.iter_batches():
            kept = batch.filter(keep.slice(start, batch.num_rows))
            start += batch.num_rows
            if kept.num_rows:
                writer.write_table(pa.Table.from_batches([kept]).cast(schema))
    return out
