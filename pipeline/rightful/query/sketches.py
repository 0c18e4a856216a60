"""The stored signatures, part by part, as datasketch has them. Floor 7.

A part of signatures has the rows of its part of records, in their order; what is hidden there is hidden here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.dedup.sketch import stored, whole
from rightful.errors import InputError
from rightful.recipes.recipe import RECORDED
from rightful.stages.signature import PERMUTATIONS, Signature
from rightful.store.check import check_files
from rightful.store.duck import literal, rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import opened
from rightful.store.records import SIGNATURES
from rightful.store.views import open_views

if TYPE_CHECKING:
    from datasketch import MinHash

READ_ROWS = 1 << 16

ABSENT = "no signature is stored"
OTHERS = "their signatures were made by another rule, or by one that is not recorded"
"""Why records cannot be compared."""


@dataclass(frozen=True, slots=True)
class Sketches:
    """Some rows of one part: ``row`` of the first, and the columns that are read of all. ``values`` are the signatures, a
    row of 112 numbers each; ``comparable`` says which were made by today's rule and are of texts with words."""

    part: str
    first: int
    columns: pa.RecordBatch
    values: npt.NDArray[np.uint32]
    comparable: npt.NDArray[np.bool_]


class Shelf:
    """The signatures of one snapshot. ``con`` has its views (:func:`rightful.store.views.open_views`)."""

    def __init__(self, con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int) -> None:
        self.con = con
        self.files = {
            p.part: (layout.part("signatures", p.part), p.sha256) for p in ledger.parts("signatures", snapshot)
        }
        self.records = {p.part: p.rows for p in ledger.parts("records", snapshot)}
        self.others = _of_other_rules(con, ledger)

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int) -> Shelf:
        """With the views of the snapshot opened, whatever version wrote its parts."""
        open_views(con, layout, ledger, snapshot, older=True)
        return cls(con, layout, ledger, snapshot)

    def read(self, columns: tuple[str, ...]) -> Iterator[Sketches]:
        """Every row, part by part, with these columns beside ``n_shingles`` and ``signature``.

        Raises :class:`StoreError` for a part that is not what was committed, :class:`InputError` for one of other columns.
        """
        for part, (path, sha256) in self.files.items():
            if part not in self.records:
                continue
            check_files([(path, sha256)])
            others = self._rows_of_other_rules(part)
            first = 0
            with opened(path, buffer_size=1 << 20) as file:
                kind = file.schema_arrow.field("signature").type
                if kind != SIGNATURES.field("signature").type:
                    raise InputError(f"signature is {kind}, not of {PERMUTATIONS} values", subject=str(path))
                wanted = [*columns, "n_shingles", "signature"]
                for group in range(file.num_row_groups):
                    for batch in file.iter_batches(READ_ROWS, row_groups=[group], columns=wanted):
                        comparable = batch.column("n_shingles").to_numpy() > 0
                        comparable &= ~np.isin(np.arange(first, first + batch.num_rows), others)
                        yield Sketches(part, first, batch, _values(batch.column("signature")), comparable)
                        first += batch.num_rows

    def unsearched(self) -> list[dict[str, Any]]:
        """The records that count and cannot be compared: how many, and why not."""
        counted: dict[str, int] = dict(rows(self.con, "SELECT part, count(*) FROM records GROUP BY ALL"))
        absent = sum(n for part, n in counted.items() if part not in self.files)
        listed = ", ".join(map(literal, self.others))
        there = "SELECT part, count(*) FROM records WHERE recipe_sha256 IN ({}) GROUP BY ALL"
        by_part = dict(rows(self.con, there.format(listed))) if self.others else {}
        others = sum(n for part, n in by_part.items() if part in self.files)
        return [{"reason": why, "records": n} for why, n in ((ABSENT, absent), (OTHERS, others)) if n]

    def hidden(self, part: str) -> set[str]:
        """The record ids of the rows of a part that do not count."""
        return {str(r) for (r,) in rows(self.con, "SELECT record_id FROM hidden WHERE part = ?", [part])}

    def _rows_of_other_rules(self, part: str) -> npt.NDArray[np.int64]:
        if not self.others:
            return np.empty(0, np.int64)
        listed = ", ".join(map(literal, self.others))
        query = f"SELECT row FROM all_records WHERE part = ? AND recipe_sha256 IN ({listed})"
        return np.asarray([r for (r,) in rows(self.con, query, [part])], np.int64)


def sketches(shelf: Shelf) -> Iterator[tuple[str, MinHash]]:
    """(record id, MinHash) of the records that count and have words, in the order of the store."""
    kind, stage = whole(), Signature()
    hidden: Mapping[str, set[str]] = {}
    for some in shelf.read(("record_id",)):
        if some.part not in hidden:
            hidden = {some.part: shelf.hidden(some.part)}
        ids = some.columns.column("record_id").to_pylist()
        for at in np.flatnonzero(some.comparable).tolist():
            if ids[at] not in hidden[some.part]:
                yield ids[at], stored(some.values[at], stage, kind)


def _of_other_rules(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[str]:
    """The recipes whose signatures cannot be compared with those of today."""
    digests = [str(d) for (d,) in rows(con, "SELECT DISTINCT recipe_sha256 FROM all_records")]
    recorded = {digest: ledger.remembered(f"{RECORDED}{digest}") for digest in digests}
    today = Signature.version
    return sorted(
        digest
        for digest, text in recorded.items()
        if text is None or json.loads(text).get("versions", {}).get(Signature.name) != today
    )


def _values(column: pa.Array) -> npt.NDArray[np.uint32]:
    """The signatures as numbers, a row each, not copied."""
    size = column.type.byte_width
    data = np.frombuffer(column.buffers()[1], "<u4", len(column) * size // 4, column.offset * size)
    return data.reshape(-1, PERMUTATIONS)
