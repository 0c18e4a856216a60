"""Read-only SQL over a store's views: no files, no network, no settings. Floor 7.

Exactly one SELECT is run, on a connection that may read the store's own parts and nothing else, with its
configuration locked before the query is seen. Texts that were withdrawn are not among what it may read.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from rightful.errors import InputError
from rightful.query import MAX_SECONDS
from rightful.query.holding import SUPERSEDED
from rightful.query.kept import readable_columns
from rightful.query.versions import versions
from rightful.query.withheld import find_withheld, open_texts
from rightful.store.duck import fill, literal, verbatim
from rightful.store.kept import kept_columns, records_with_kept
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.observations import observations_view
from rightful.store.records import KINDS
from rightful.store.views import open_views

VIEWS = (
    "records",
    "texts",
    "duplicates",
    "evidence",
    "consents",
    "sources",
    "exports",
    "assets",
    "rejected",
    "observations",
)
MAX_ANSWER_BYTES = 256 << 20
"""No answer is larger than this."""


def run_sql(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    snapshot: int,
    query: str,
    statuses: Callable[[], Mapping[str, str]] = dict,
    *,
    now: datetime,
    max_seconds: float = MAX_SECONDS,
    within: AbstractContextManager[None] | None = None,
) -> list[dict[str, Any]]:
    """The rows of one SELECT as plain objects. ``con`` is used up: it is locked. ``statuses`` says of each export
    whether it may be used today; it is asked where the query may be about exports.

    ``within`` is entered while the query itself runs. The view ``texts`` has no text of a record that an unlimited refusal
    reaches at ``now``, nor has any other name.
    Raises :class:`InputError` for anything but one SELECT, for what the database refuses, and for what takes too long
    or too much.
    """
    _only_select(con, query)
    # Whoever names neither texts nor, where columns were kept, records needs none: there is no other way to them.
    columns = kept_columns(layout, ledger, snapshot) if "records" in query.lower() else {}
    named = "texts" in query.lower() or bool(columns)
    if named:
        find_withheld(con, layout, ledger, now)
    open_views(con, layout, ledger, snapshot, texts=named)
    if "observations" in query.lower():
        observations_view(con, layout, ledger, snapshot)
    readable = open_texts(con, layout, ledger, snapshot) if named else set()
    records_with_kept(con, readable_columns(con, layout, ledger, snapshot, readable) if columns else {})
    _ledger_views(con, ledger, snapshot, statuses() if "export" in query.lower() else {})
    _lock(con, layout, ledger, snapshot, readable)
    cursor = con.cursor()
    late = threading.Event()

    def end() -> None:
        late.set()
        cursor.interrupt()

    timer = threading.Timer(min(max_seconds, threading.TIMEOUT_MAX), end)
    timer.daemon = True
    timer.start()
    try:
        with within or nullcontext():
            relation = cursor.sql(query)
            names = _names(relation.columns)
            return [
                {n: _plain(v) for n, v in zip(names, row, strict=True)}
                for row in _bounded(_rows(cursor, relation, query))
            ]
    except (duckdb.Error, OverflowError, MemoryError, pa.ArrowException) as error:
        if late.is_set():
            hint = "ask for less, or allow more with --max-seconds"
            raise InputError(f"the query took longer than {max_seconds:g} seconds", hint=hint) from error
        if isinstance(error, duckdb.OutOfMemoryException | MemoryError | pa.ArrowMemoryError):
            raise InputError(
                "the query needs more memory than it may have", hint="ask for less: LIMIT, left(text, 100)"
            ) from error
        raise InputError(f"the query fails: {error}", hint="views: " + ", ".join(VIEWS)) from error
    finally:
        timer.cancel()
        timer.join()  # a thread that wakes while the interpreter ends would abort it


def _names(columns: list[str]) -> list[str]:
    """The names of the columns, each once: the second ``n`` is ``n_2``."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names or (number > 1 and name in columns):
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


def _bounded(listed: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """The rows while they fit into an answer. Raises :class:`InputError`."""
    size = 0
    for row in listed:
        size += sum(len(v) if isinstance(v, str | bytes) else 8 for v in row)
        if size > MAX_ANSWER_BYTES:
            raise InputError(
                f"the answer is larger than {MAX_ANSWER_BYTES >> 20} MiB", hint="ask for less: LIMIT, left(text, 100)"
            )
        yield row


def _rows(
    cursor: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation, query: str
) -> Iterable[tuple[Any, ...]]:
    """The rows; by way of Arrow where there are times with a zone, which DuckDB itself hands out through pytz alone."""
    if any("TIME ZONE" in str(kind) for kind in relation.types):
        for batch in relation.to_arrow_reader(1024):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
        return
    result = cursor.execute(query)
    while some := result.fetchmany(1024):
        yield from some


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
    exports = ledger.exports()
    gone = {(e.export, e.path) for e in versions(exports) if not e.current}
    tables = {
        "consents": (consents, _CONSENTS),
        "sources": ([{**s, "card": json.dumps(s["card"])} for s in ledger.sources(snapshot)], _SOURCES),
        "exports": ([_export(e, statuses, gone) for e in exports], _EXPORTS),
        "assets": ([{**a, "description": json.dumps(a["description"])} for a in ledger.assets()], _ASSETS),
    }
    for name, (listed, schema) in tables.items():
        fill(con, name, pa.Table.from_pylist(listed, schema))


def _export(row: Mapping[str, Any], statuses: Mapping[str, str], gone: Container[tuple[str, str]]) -> dict[str, Any]:
    is_gone = (row["export"], row["path"]) in gone
    status = SUPERSEDED if is_gone else statuses.get(row["export"], row["status"])
    return {**row, "manifest": json.dumps(row["manifest"]), "status": status}


def _lock(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int, readable: set[str]) -> None:
    """Let the query read the parts of the snapshot and nothing else; of the texts those that are ``readable``."""
    files = [
        layout.part(kind, p.part)
        for kind in KINDS
        for p in ledger.parts(kind, snapshot)
        if kind != "texts" or p.part in readable
    ]
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
