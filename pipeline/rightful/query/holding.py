"""Where records lie in exports: export, shard, first token, length, by the indices that the store keeps. Floor 7.

The store has a copy of the index of every export that it registered, so that what an export holds stays known when its
folder is gone. An index with other bytes than its manifest says is not read: it could leave a record out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import StoreError
from rightful.query.exported import INDEX
from rightful.query.versions import MASKED, PERMIT, Version, versions
from rightful.store.digests import wrong
from rightful.store.duck import fill, literal, rows, scan, table
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import read

SUPERSEDED = "superseded"
"""The status of an export that a later version took the place of."""
OF_INDEX = pa.schema(
    [
        pa.field("record_id", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("shard", pa.string()),
        pa.field("first_token", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("content_sha256", pa.binary(32)),
        pa.field("decision", pa.string()),
    ]
)
"""What is read of the index of an export, wherever one is asked."""
HOLDINGS = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        pa.field("export", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        pa.field("current", pa.bool_(), nullable=False),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
        pa.field("content_sha256", pa.binary(32), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
    ]
)
"""One row per document: ``start`` and ``length`` count tokens from the beginning of the shard (rows in an export of texts).
``current`` is false where a later version of the export took its place at ``path``. ``decision`` is that of the index:
permit, or what a repair made of it, excluded (the bytes are there, on the deny list) or masked (its place is there, the bytes
are others)."""


def index_file(layout: Layout, export: Version) -> Path | None:
    """The index of an export: the store's own copy, else that in its folder; None where neither is what was registered."""
    [*wanted] = (f["sha256"] for f in export.manifest.get("files", ()) if f["path"] == INDEX)
    for path in (layout.exported(export.export), Path(export.path) / INDEX):
        with contextlib.suppress(OSError, StoreError):
            if path.is_file() and not wrong((path, str(digest)) for digest in wanted):
                scan([path], OF_INDEX)  # that it is Parquet
                return path
    return None


def held_by(layout: Layout, export: Version) -> pa.Table | None:
    """``record_id, content_sha256`` of all that an export holds to be used; None where nothing says what that is.

    What was masked is there no more, and what is on the deny list is not to be used.
    """
    index = index_file(layout, export)
    with contextlib.suppress(StoreError):
        if index is not None:
            held = read(index, ["record_id", "content_sha256", "decision"])
            usable = held.filter(pc.equal(held.column("decision"), PERMIT))
            return usable.select(["record_id", "content_sha256"])
    return None


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where records lie: rows of :data:`HOLDINGS`, and the exports of which nothing says what they hold."""

    places: pa.Table
    unreadable: list[str]

    @property
    def held(self) -> pa.Table:
        """The places at which a record lies: what was masked is there no more."""
        return self.places.filter(pc.not_equal(self.places.column("decision"), MASKED))

    def exports(self, *, superseded: bool = False) -> list[str]:
        """The ids of the exports that hold any of the records, oldest first; with ``superseded`` earlier versions too."""
        there = self.held
        pairs = zip(there.column("export").to_pylist(), there.column("current").to_pylist(), strict=True)
        return list(dict.fromkeys(export for export, is_current in pairs if is_current or superseded))


def holdings(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    records: str | pa.Array | pa.ChunkedArray | Iterable[str],
    among: Sequence[Version] | None = None,
) -> Holdings:
    """Where records lie in exports, superseded ones included.

    ``records``: ids, or the name of a relation of ``con`` with the column ``record_id``. ``among``: the exports to look
    into; all by default. Rows come in the order of exports, then of their index. One record of ten million takes a
    quarter of a second, and holding an index against its digest twice that, once a process.
    """
    name = records if isinstance(records, str) else _wanted(con, records)
    held_by_export: list[pa.Table] = []
    unreadable: list[str] = []
    if any(rows(con, f"SELECT 1 FROM {name} LIMIT 1")):
        for export in versions(ledger.exports()) if among is None else among:
            held = _held(con, layout, export, name)
            if held is None:
                unreadable.append(export.export)
            elif held.num_rows:
                held_by_export.append(held)
    places = pa.concat_tables([HOLDINGS.empty_table(), *held_by_export])
    return Holdings(places, list(dict.fromkeys(unreadable)))


def _wanted(con: duckdb.DuckDBPyConnection, records: pa.Array | pa.ChunkedArray | Iterable[str]) -> str:
    ids = records if isinstance(records, pa.Array | pa.ChunkedArray) else pa.array(list(records), pa.string())
    fill(con, "wanted_records", pa.table({"record_id": ids}))
    return "wanted_records"


def _held(con: duckdb.DuckDBPyConnection, layout: Layout, export: Version, name: str) -> pa.Table | None:
    """The rows of one export; None where its index cannot be read."""
    index = index_file(layout, export)
    if index is None:
        return None
    query = f"""SELECT h.record_id AS record, {literal(export.export)} AS export, {literal(export.path)} AS path,
            {export.version}::BIGINT AS version, {export.current} AS current, h.shard, h.first_token AS start, h.length,
            h.content_sha256, h.decision
        FROM {scan([index], OF_INDEX, placed=True)} h SEMI JOIN {name} w ON w.record_id = h.record_id
        ORDER BY h.file_row_number"""
    try:
        return table(con, query).cast(HOLDINGS)
    except (duckdb.Error, pa.ArrowInvalid, ValueError):
        return None
