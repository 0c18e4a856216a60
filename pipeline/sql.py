"""Read-only SQL over a store's views: no files, no network, no settings. Floor 4.

Exactly one SELECT is run, on a connection that may read the store's own parts and nothing else, with its
configuration locked before the query is seen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.errors import InputError
from pipeline.records import KINDS
from pipeline.store.engine import fill, literal, verbatim
from pipeline.store.layout import Layout
from pipeline.store.ledger import Ledger
from pipeline.views import open_views

VIEWS = ("records", "texts", "duplicates", "evidence", "consents", "sources", "exports", "assets", "rejected")
_INTERNAL = ("hidden", "tombstones", "all_records", "all_texts", "part_order")


def run_sql(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    snapshot: int,
    query: str,
    statuses: Callable[[], Mapping[str, str]] = dict,
) -> list[dict[str, Any]]:
    """The rows of one SELECT as plain objects. ``con`` is used up: it is locked. ``statuses`` says of each export
    whether it may be used today; it is asked where the query may be about exports.

    Raises :class:`InputError` for anything but one SELECT, and for what the database refuses.
    """
    _only_select(con, query)
    open_views(con, layout, ledger, snapshot, texts="texts" in query.lower())
    _ledger_views(con, ledger, snapshot, statuses() if "export" in query.lower() else {})
    _lock(con, layout, ledger, snapshot)
    try:
        found = con.cursor().sql(query)
        return [{n: _plain(v) for n, v in zip(found.columns, row, strict=True)} for row in _rows(found)]
    except (duckdb.Error, OverflowError) as error:
        raise InputError(f"the query fails: {error}", hint="views: " + ", ".join(VIEWS)) from error


def _rows(found: duckdb.DuckDBPyRelation) -> Iterable[tuple[Any, ...]]:
    """The rows; by way of Arrow where there are times with a zone, which DuckDB itself hands out through pytz alone."""
    if any("TIME ZONE" in str(kind) for kind in found.types):
        return zip(*(column.to_pylist() for column in found.to_arrow_table().columns), strict=True)
    return found.fetchall()


def _only_select(con: duckdb.DuckDBPyConnection, query: str) -> None:
    try:
        statements = con.extract_statements(query)
    except duckdb.Error as error:
        raise InputError(f"the query cannot be parsed: {error}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        what = statements[0].type.name if len(statements) == 1 else f"{len(statements)} statements"
        raise InputError(f"sql runs one SELECT, not {what}", hint="the store changes through ingest and consent only")


def _ledger_views(con: duckdb.DuckDBPyConnection, ledger: Ledger, snapshot: int, statuses: Mapping[str, str]) -> None:
    consents = [
        {k: v for k, v in r.items() if k != "value"} for r in ledger.consent_rows() if r["snapshot"] <= snapshot
    ]
    tables = {
        "consents": (consents, _CONSENTS),
        "sources": ([{**s, "card": json.dumps(s["card"])} for s in ledger.sources(snapshot)], _SOURCES),
        "exports": ([_export(e, statuses) for e in ledger.exports()], _EXPORTS),
        "assets": ([{**a, "description": json.dumps(a["description"])} for a in ledger.assets()], _ASSETS),
    }
    for name, (found, schema) in tables.items():
        fill(con, name, pa.Table.from_pylist(found, schema))


def _export(registered: Mapping[str, Any], statuses: Mapping[str, str]) -> dict[str, Any]:
    status = statuses.get(registered["export"], registered["status"])
    return {**registered, "manifest": json.dumps(registered["manifest"]), "status": status}


def _lock(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int) -> None:
    files = [layout.part(kind, p.part) for kind in KINDS for p in ledger.parts(kind, snapshot)]
    allowed = ", ".join(literal(name) for f in files for name in dict.fromkeys((str(f), verbatim(f))))
    for setting in (
        f"SET allowed_paths = [{allowed}]",
        "SET enable_external_access = false",
        "SET python_enable_replacements = false",
        "SET lock_configuration = true",
    ):
        con.cursor().execute(setting).fetchall()


def _strings(*names: str) -> pa.Schema:
    return pa.schema(
        [pa.field(n, pa.int64() if n in ("snapshot", "added", "perpetual") else pa.string()) for n in names]
    )


_CONSENTS = _strings(
    "event",
    "kind",
    "selector",
    "shown",
    "acts",
    "purposes",
    "applications",
    "recorded",
    "effective",
    "valid_until",
    "reason",
    "party",
    "snapshot",
    "given_by",
    "perpetual",
)
_SOURCES = _strings("source_id", "digest", "card", "place", "added")
_EXPORTS = _strings("export", "path", "manifest_sha256", "manifest", "snapshot", "created_at", "status")
_ASSETS = _strings("asset", "kind", "name", "sha256", "description", "snapshot", "created_at")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:  # a HUGEINT by way of Arrow
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
