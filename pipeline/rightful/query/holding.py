"""Where records lie in exports: export, shard, first token, length, by the indices that the store keeps. Floor 7.

The store has a copy of the index of every export that it registered, so that what an export holds stays known when its
folder is gone. An index with other bytes than its manifest says is not read: it could leave a record out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.errors import StoreError
from rightful.query.exported import INDEX
from rightful.store.digests import wrong
from rightful.store.duck import fill, literal, rows, scan, table
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import read

SUPERSEDED = "superseded"
"""The status of an export whose place a later version took."""
_INDEX = pa.schema(
    [
        pa.field("record_id", pa.string()),
        pa.field("shard", pa.string()),
        pa.field("first_token", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("content_sha256", pa.binary(32)),
    ]
)
"""What is read of an index."""
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
    ]
)
"""One row per document: ``start`` and ``length`` count tokens from the beginning of the shard (rows in an export of texts).
``current`` is false where a later version of the export took its place at ``path``."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An export as the ledger has it: one that lies at two places is two of these.

    ``superseded_by`` is the id of the newest version at its place; None: it is the newest itself.
    """

    export: str
    path: str
    manifest: Mapping[str, Any]
    manifest_sha256: str
    created_at: str
    snapshot: int
    superseded_by: str | None = None

    @property
    def version(self) -> int:
        """1 as it was made, one more with every repair."""
        return int(self.manifest.get("version") or 1)

    @property
    def is_current(self) -> bool:
        """True while no later version took its place."""
        return self.superseded_by is None


def registered(ledger: Ledger) -> list[Registered]:
    """All exports that were ever registered, oldest first; which of them was superseded is known by the chains of manifests.

    A later registration at the same place supersedes those that its manifest names, and those that these name.
    """
    listed = ledger.exports()
    before = {str(e["export"]): str((e["manifest"].get("supersedes") or {}).get("export") or "") for e in listed}
    newest: dict[tuple[str, str], str] = {}
    for row in listed:
        export, path = str(row["export"]), str(row["path"])
        newest.pop((export, path), None)  # it was put there again
        for earlier in _chain(export, before):
            newest[earlier, path] = export
    return [
        Registered(
            export=(export := str(row["export"])),
            path=(path := str(row["path"])),
            manifest=row["manifest"],
            manifest_sha256=str(row["manifest_sha256"]),
            created_at=str(row["created_at"]),
            snapshot=int(row["snapshot"]),
            superseded_by=newest.get((export, path)),
        )
        for row in listed
    ]


def current(ledger: Ledger) -> list[Registered]:
    """The exports that no later version took the place of, oldest first."""
    return [one for one in registered(ledger) if one.is_current]


def _chain(export: str, before: Mapping[str, str]) -> list[str]:
    """The versions that came before one; a manifest that was edited into a circle ends it."""
    chain: list[str] = []
    while (export := before.get(export, "")) and export not in chain:
        chain.append(export)
    return chain


def index_file(layout: Layout, export: Registered) -> Path | None:
    """The index of an export: the store's own copy, else that in its folder; None where neither is what was registered."""
    [*wanted] = (f["sha256"] for f in export.manifest.get("files", ()) if f["path"] == INDEX)
    for path in (layout.exported(export.export), Path(export.path) / INDEX):
        with contextlib.suppress(OSError, StoreError):
            if path.is_file() and not wrong((path, str(digest)) for digest in wanted):
                scan([path], _INDEX)  # that it is Parquet
                return path
    return None


def held_by(layout: Layout, export: Registered) -> pa.Table | None:
    """``record_id, content_sha256`` of all that an export holds; None where nothing says what that is."""
    index = index_file(layout, export)
    with contextlib.suppress(StoreError):
        return None if index is None else read(index, ["record_id", "content_sha256"])
    return None


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where records lie: rows of :data:`HOLDINGS`, and the exports of which nothing says what they hold."""

    places: pa.Table
    unreadable: list[str]

    def exports(self, *, superseded: bool = False) -> list[str]:
        """The ids of the exports that hold any of the records, oldest first; with ``superseded`` earlier versions too."""
        of = self.places.select(["export", "current"])
        pairs = zip(of.column("export").to_pylist(), of.column("current").to_pylist(), strict=True)
        return list(dict.fromkeys(export for export, stands in pairs if stands or superseded))


def holdings(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    records: str | pa.Array | pa.ChunkedArray | Iterable[str],
    among: Sequence[Registered] | None = None,
) -> Holdings:
    """Where records lie in exports, superseded ones included.

    ``records``: ids, or the name of a relation of ``con`` with the column ``record_id``. ``among``: the exports to look
    into; all by default. Rows come in the order of exports, then of their index. One record of ten million takes a
    quarter of a second, and holding an index against its digest twice that, once a process.
    """
    name = records if isinstance(records, str) else _wanted(con, records)
    found: list[pa.Table] = []
    unreadable: list[str] = []
    if any(rows(con, f"SELECT 1 FROM {name} LIMIT 1")):
        for export in registered(ledger) if among is None else among:
            held = _held(con, layout, export, name)
            if held is None:
                unreadable.append(export.export)
            elif held.num_rows:
                found.append(held)
    places = pa.concat_tables([HOLDINGS.empty_table(), *found])
    return Holdings(places, list(dict.fromkeys(unreadable)))


def _wanted(con: duckdb.DuckDBPyConnection, records: pa.Array | pa.ChunkedArray | Iterable[str]) -> str:
    ids = records if isinstance(records, pa.Array | pa.ChunkedArray) else pa.array(list(records), pa.string())
    fill(con, "wanted_records", pa.table({"record_id": ids}))
    return "wanted_records"


def _held(con: duckdb.DuckDBPyConnection, layout: Layout, export: Registered, name: str) -> pa.Table | None:
    """The rows of one export; None where its index cannot be read."""
    index = index_file(layout, export)
    if index is None:
        return None
    query = f"""SELECT h.record_id AS record, {literal(export.export)} AS export, {literal(export.path)} AS path,
            {export.version}::BIGINT AS version, {export.is_current} AS current, h.shard, h.first_token AS start, h.length,
            h.content_sha256
        FROM {scan([index], _INDEX)} h SEMI JOIN {name} w ON w.record_id = h.record_id"""
    try:
        return table(con, query).cast(HOLDINGS)
    except (duckdb.Error, pa.ArrowInvalid, ValueError):
        return None
