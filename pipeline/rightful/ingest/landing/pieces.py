"""The files of a landing: staged pieces without the rows that do not land, and tables as parts. Floor 7."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from rightful.ingest.landing.arrival import Arrival
from rightful.ingest.staged import PASSAGES, PIECE, Place, staged
from rightful.store.duck import rows
from rightful.store.kept import KEPT, as_metadata, columns_in
from rightful.store.layout import Layout, move_into_place, sha256_file
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import opened, row_count
from rightful.store.parts import free_name, part_writer
from rightful.store.passages import part_of, without
from rightful.store.records import KINDS, within

LANDING_KINDS = ("records", "texts", "signatures")
"""The staged files that become parts of one name, with the same rows in the same order."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A staged piece that lands: its files by kind, how many rows each has, and the name that it has as a part."""

    files: Mapping[str, Path]
    rows: int
    part: str = ""
    passages: Path | None = None
    """The index of passages; None where there is none."""
    digests: Mapping[str, str] = field(default_factory=dict)

    def named(self, taken: set[str]) -> Piece:
        """The piece with its name, which is its content; ``taken`` are the names that there are, and gets one more."""
        digests = {kind: sha256_file(path) for kind, path in self.files.items()}
        return replace(self, part=part_name(digests, taken), digests=digests)

    def publish(self, layout: Layout, indexed: Collection[str]) -> list[Part]:
        """Move the files to where parts are. ``indexed`` are the indices of passages that there are: one of the same texts stays."""
        parts = []
        for kind, path in self.files.items():
            size_bytes = path.stat().st_size
            move_into_place(path, layout.part(kind, self.part))
            parts.append(Part(kind, self.part, self.rows, size_bytes, self.digests[kind]))
        if self.passages is not None:
            index = part_of(self.passages, self.digests["texts"], row_count(self.passages), sha256_file(self.passages))
            if index.part not in indexed:
                move_into_place(self.passages, layout.part(index.kind, index.part))
                parts.append(index)
        return parts


def prepared(folder: Path, index: int, number: int, size: int, rows: Sequence[int] | None, name: str) -> Piece:
    """A staged piece, or only some of its rows; ``name`` tells what is made of one piece apart."""
    files = {kind: staged(folder, index, number, kind) for kind in LANDING_KINDS}
    passages = staged(folder, index, number, PASSAGES)
    there = passages if passages.exists() else None
    if rows is None:
        return Piece(files, size, passages=there)
    mask = np.zeros(size, dtype=bool)
    mask[list(rows)] = True
    files = {kind: _filtered(path, mask, KINDS[kind], name) for kind, path in files.items()}
    if there is not None:
        there = passages.with_suffix(f".{name}")
        without(passages, there, mask)
    return Piece(files, len(rows), passages=there)


def pieces_of(
    con: duckdb.DuckDBPyConnection, arrival: Arrival, taken: set[str]
) -> tuple[list[Piece], list[tuple[Piece, str]]]:
    """Every piece that holds something new, without the rows that do not land; and what lands aside, with why.

    No part has a record twice, so that a hidden row can be named by its record: rows aside of one record part ways.
    ``taken`` are the names of parts that there are, and gets those of the pieces.
    """
    dropped: dict[tuple[int, int], set[int]] = {}
    for packed in rows(con, "SELECT pos FROM outcome UNION SELECT pos FROM aside"):
        index, number, row = Place.unpacked(packed[0])
        dropped.setdefault((index, number), set()).add(row)
    besides: dict[tuple[int, int, str, int], list[int]] = {}
    for packed, reason, layer in rows(
        con,
        f"""SELECT a.pos, a.reason, row_number() OVER (
            PARTITION BY {PIECE.format("a.pos")}, a.reason, i.record_id ORDER BY a.pos) AS layer
        FROM aside a JOIN incoming i ON i.pos = a.pos ORDER BY a.pos""",
    ):
        index, number, row = Place.unpacked(packed)
        besides.setdefault((index, number, str(reason), int(layer)), []).append(row)
    sizes = {(d.index, number): n for d in arrival.done for number, n in enumerate(d.pieces)}
    main: list[Piece] = []
    for (index, number), size in sizes.items():
        without = dropped.get((index, number), set())
        if len(without) < size:
            kept = [n for n in range(size) if n not in without] if without else None
            main.append(prepared(arrival.folder, index, number, size, kept, "kept").named(taken))
    aside: list[tuple[Piece, str]] = []
    for (index, number, reason, layer), picked in sorted(besides.items()):
        piece = prepared(arrival.folder, index, number, sizes[index, number], picked, f"{reason}-{layer}")
        aside.append((piece.named(taken), reason))
    return main, aside


def unless_known(part: Part | None, ledger: Ledger, snapshot: int) -> list[Part]:
    """The part, unless there is none or the store has it already."""
    known = {p.part for p in ledger.parts(part.kind, snapshot)} if part is not None else set()
    return [] if part is None or part.part in known else [part]


def part_name(digests: Mapping[str, str], taken: set[str]) -> str:
    """The name of a part is its content. A part that comes back after its rows were hidden needs another name."""
    text = digests["records"] + digests["texts"]
    name = free_name(hashlib.sha256(text.encode()).hexdigest()[:24], text, taken)
    taken.add(name)
    return name


def _filtered(path: Path, mask: np.ndarray, schema: pa.Schema, name: str) -> Path:
    """The staged file without the rows whose mask is False; bounded by one row group."""
    out = path.with_suffix(f".{name}")
    keep = pa.array(mask)
    start = 0
    columns: dict[str, Any] = {}
    with opened(path) as source, part_writer(out, within(schema, source.schema_arrow.names)) as writer:
        for batch in source.iter_batches():
            kept = batch.filter(keep.slice(start, batch.num_rows))
            start += batch.num_rows
            if kept.num_rows:
                writer.write_table(pa.Table.from_batches([kept]).cast(writer.schema))
                if KEPT in kept.schema.names:
                    columns = columns_in(kept.column(KEPT), columns)
        if columns:
            writer.add_key_value_metadata(as_metadata(columns))
    return out
