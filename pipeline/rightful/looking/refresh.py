"""Newer captures for the locations that a store has records of: read, compared with what was there, committed. Floor 6.

Nothing is fetched. What comes in is one snapshot: a part with a row a location, protocol and instant, published by rename,
the ledger last. What was observed before stays; of each protocol the newest that can be read counts.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.decisions.observing import newest_captures
from rightful.errors import InputError, UnknownName
from rightful.looking.evaluate import AHEAD, Evaluator, Row
from rightful.looking.inputs import Capture, captures_of, domains_of
from rightful.looking.locations import Locations
from rightful.looking.reading import Law
from rightful.rights.licenses import Catalog
from rightful.signals.cards.observed import RESERVES
from rightful.signals.web.captured import CAPTURED, OF_A_HOST, claims_of, deciding, stated
from rightful.signals.web.stated import RESERVE, Reading, Statement
from rightful.store.duck import fill, rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.observations import KIND, ORIGIN_OF_ROW, open_captures, origin, origin_of, parted
from rightful.store.parts import publish_table
from rightful.store.records import OBSERVATIONS
from rightful.store.scratch import workspace
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views

BY_LIST = ("found", "absent")
"""What a list of domains may state of each of them."""
LIST = "list/1"
_KEY = ("scheme", "host", "port", "address", "protocol", "observed_at", "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list of domains of which one result is stated, with their subdomains."""

    path: Path
    protocol: str
    result: str
    by: str


@dataclass(slots=True)
class Gathered:
    """What inputs come to: the rows for the store, and what was not for it."""

    rows: list[Row] = field(default_factory=list)
    unmatched: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


def refresh(
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    inputs: Sequence[tuple[str, Path]],
    lists: Sequence[Listed],
    now: datetime,
    *,
    on: datetime | None = None,
    by: str = "",
    dry_run: bool = False,
) -> dict[str, Any]:
    """Read captures (protocol, file or folder) and lists of domains at the locations of the store, in one snapshot.

    Raises :class:`InputError` for an input that cannot be read; nothing is changed then. Rows of an input that cannot be
    read are in ``errors``, and the rest counts.
    """
    if not inputs and not lists:
        raise InputError(
            "there is nothing to read", subject="signal refresh", hint="for example --robots FOLDER --on DATE"
        )
    if on is not None and on > now + AHEAD:
        raise InputError(f"{on.isoformat()} is later than now", subject="--on", hint="when somebody looked has passed")
    if not dry_run:
        sweep(layout)
    locked = contextlib.nullcontext() if dry_run else committing(layout, ledger)
    with locked, workspace(layout, "refresh") as (con, _):
        open_views(con, layout, ledger, ledger.snapshot())
        open_captures(con, layout, ledger)
        locations = Locations.of(con)
        gathered = Gathered()
        for protocol, path in inputs:
            _gather(con, gathered, locations, protocol, path, catalog, now, on, by)
        for listed in lists:
            _gather_list(gathered, locations, listed, catalog, on)
        added = _new_rows(con, gathered.rows)
        answer = _account(con, locations, gathered, added, now)
        snapshot = None if dry_run else ledger.snapshot()
        if added.num_rows and not dry_run:
            snapshot = _commit(layout, ledger, added, answer, now)
    return {"snapshot": snapshot, "dry_run": dry_run, **answer}


def _gather(
    con: duckdb.DuckDBPyConnection,
    gathered: Gathered,
    locations: Locations,
    protocol: str,
    path: Path,
    catalog: Catalog,
    now: datetime,
    on: datetime | None,
    by: str,
) -> None:
    """The rows of the captures of one protocol in a file or folder."""
    if protocol not in CAPTURED:
        raise UnknownName.of("protocol", protocol, CAPTURED)
    read = captures_of(path, protocol, locations.hosts, on, by)
    gathered.unmatched += read.unmatched
    gathered.errors += read.errors
    evaluator = Evaluator(protocol, Law.of(catalog))
    matched = []
    for capture in read.captures:
        if capture.observed_at > now + AHEAD:
            reason = f"was observed at {capture.observed_at.isoformat()}, which is later than now"
            gathered.errors.append(
                {"place": capture.place, "reason": reason, "hint": "when somebody looked has passed"}
            )
            continue
        origins = _origins(capture, locations)
        gathered.unmatched += not origins
        matched += [(capture, at) for at in origins]
    if protocol not in OF_A_HOST:
        known = _known(con, [capture.url for capture, _ in matched])
        gathered.unmatched += sum(capture.url not in known for capture, _ in matched)
        for capture, at in matched:
            if capture.url in known:
                gathered.rows += evaluator.rows(capture, at, ())
        return
    addresses = addresses_at(con, {at for _, at in matched})
    for capture, at in matched:
        gathered.rows += evaluator.rows(capture, at, addresses.get(at, ()))


def _origins(capture: Capture, locations: Locations) -> tuple[str, ...]:
    """The locations of the store that a capture is about."""
    if not capture.url:
        return locations.of_host(capture.host, capture.port)
    end = capture.url.find("/", 8)
    at = capture.url if end < 0 else capture.url[:end]
    return (at,) if at in locations.records else ()


def addresses_at(con: duckdb.DuckDBPyConnection, origins: Iterable[str]) -> dict[str, list[str]]:
    """The addresses of all records at these locations, of whatever version."""
    fill(con, "origins_wanted", pa.table({"origin": pa.array(sorted(origins), pa.string())}))
    query = f"""SELECT origin, list(url ORDER BY url) FROM (
            SELECT DISTINCT url, {origin_of("url")} AS origin FROM all_records WHERE url IS NOT NULL)
        SEMI JOIN origins_wanted USING (origin) GROUP BY origin"""
    return {str(at): list(urls) for at, urls in rows(con, query)}


def _known(con: duckdb.DuckDBPyConnection, urls: list[str]) -> set[str]:
    """Those of the addresses that records have."""
    fill(con, "urls_wanted", pa.table({"url": pa.array(urls, pa.string())}))
    return {str(r[0]) for r in rows(con, "SELECT DISTINCT url FROM urls_wanted SEMI JOIN all_records USING (url)")}


def _gather_list(
    gathered: Gathered, locations: Locations, listed: Listed, catalog: Catalog, on: datetime | None
) -> None:
    """The rows of the locations whose host a list of domains means."""
    for name, value, known in (
        ("--protocol", listed.protocol, OF_A_HOST),
        ("--result", listed.result, BY_LIST),
    ):
        if value not in known:
            raise UnknownName.of(name.removeprefix("--"), value, known, subject=name)
    if on is None or not listed.by:
        hint = "a list is a statement of somebody: --on 2026-11-03 --by NAME"
        raise InputError("does not say when, or by whom, these were looked at", subject=str(listed.path), hint=hint)
    domains, errors = domains_of(listed.path)
    gathered.errors += errors
    matched = locations.listed(domains)
    gathered.unmatched += len(domains) - len({domain for _, domain in matched})
    statements = [Statement(RESERVES, RESERVE, f"listed by {listed.by}")] if listed.result == "found" else []
    reading = Reading(listed.result, tuple(statements))
    claims = deciding(claims_of(listed.protocol, reading, catalog.names, str(listed.path), LIST))
    says, digest = stated(reading), hashlib.sha256(listed.path.read_bytes()).digest()
    name, _, version = LIST.partition("/")
    for at, domain in matched:
        scheme, host, port = parted(at)
        gathered.rows.append(
            {
                "scheme": scheme,
                "host": host,
                "port": port,
                "address": None,
                "protocol": listed.protocol,
                "observed_at": on,
                "result": listed.result,
                "statements": says,
                "deciding": claims,
                "by": listed.by,
                "varies": False,
                "raw": domain.encode(),
                "sha256": digest,
                "detector": name,
                "detector_version": version,
                "place": None,
            }
        )


def _new_rows(con: duckdb.DuckDBPyConnection, listed: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The rows that the store does not have already, in an order of their own: the same rows are the same part."""
    seen: dict[tuple[object, ...], Mapping[str, Any]] = {tuple(row[k] for k in _KEY): row for row in listed}
    fill(con, "incoming", pa.Table.from_pylist(list(seen.values()), OBSERVATIONS))
    same = " AND ".join(f"c.{k} IS NOT DISTINCT FROM i.{k}" for k in (*_KEY, "deciding", "result"))
    query = f"SELECT i.* FROM incoming i ANTI JOIN captures c ON {same} ORDER BY ALL"
    return con.cursor().sql(query).to_arrow_table()


def _account(
    con: duckdb.DuckDBPyConnection, locations: Locations, gathered: Gathered, added: pa.Table, now: datetime
) -> dict[str, Any]:
    """What a refresh comes to: locations and records that it is about, and where what counts differs from before."""
    touched = {origin(r["scheme"], r["host"], r["port"]) for r in gathered.rows}
    failed = sum(
        row["result"] in ("unreadable", "failed")
        for row in gathered.rows
        if row["address"] is None or row["protocol"] not in OF_A_HOST
    )
    compared = _compared(con, added, now)
    return {
        "locations": len(touched),
        "records": locations.count(touched),
        "added": added.num_rows,
        "changed": len({at for at, changed, _, _ in compared if changed}),
        "reserved": len({at for at, _, is_now, was in compared if is_now == "found" and was != "found"}),
        "lifted": len({at for at, _, is_now, was in compared if is_now == "absent" and was == "found"}),
        "unreadable": failed,
        "unmatched": gathered.unmatched,
        "errors": gathered.errors,
    }


def _compared(
    con: duckdb.DuckDBPyConnection, added: pa.Table, now: datetime
) -> list[tuple[str, bool, str, str | None]]:
    """(location, whether what counts there differs, result after, result before) of what new rows are about."""
    if not added.num_rows:
        return []
    run = con.cursor().execute
    newest_captures(con, now)
    run(f"CREATE OR REPLACE TABLE before_refresh AS {_STANDING}").fetchall()
    fill(con, "added_rows", added)
    run("CREATE OR REPLACE TABLE captures_before AS SELECT * EXCLUDE (part, row) FROM captures").fetchall()
    run(
        f"""CREATE OR REPLACE VIEW captures AS FROM captures_before UNION ALL BY NAME
        SELECT * EXCLUDE (raw), {ORIGIN_OF_ROW} AS origin, TIMESTAMPTZ '{now.isoformat()}' AS recorded FROM added_rows"""
    ).fetchall()
    newest_captures(con, now)
    run(f"CREATE OR REPLACE TABLE after_refresh AS {_STANDING}").fetchall()
    query = """SELECT a.origin, (a.says, a.result) IS DISTINCT FROM (b.says, b.result), a.result, b.result
        FROM after_refresh a LEFT JOIN before_refresh b ON b.origin = a.origin AND b.protocol = a.protocol
            AND b.address IS NOT DISTINCT FROM a.address"""
    return [(str(at), bool(changed), str(is_now), was) for at, changed, is_now, was in rows(con, query)]


_STANDING = """SELECT c.origin, c.address, c.protocol, c.result,
        list_sort(coalesce(list(t.deciding) FILTER (t.deciding IS NOT NULL), [])) AS says
    FROM (SELECT *, unnest(CASE WHEN len(claims) > 0 THEN claims ELSE [NULL] END) AS number FROM caught) c
    LEFT JOIN claims_texts t ON t.number = abs(c.number) GROUP BY ALL"""


def _commit(layout: Layout, ledger: Ledger, added: pa.Table, answer: Mapping[str, Any], now: datetime) -> int:
    """Publish the part and commit it. Raises :class:`StoreError` when it cannot be written; the store stays as it was."""
    part = publish_table(layout, KIND, added, OBSERVATIONS)
    assert part is not None
    with ledger.commit("signal", f"g-{part.sha256[:16]}", now) as commit:
        commit.add_parts([part])
        commit.summary.update({k: answer[k] for k in ("locations", "records", "changed", "reserved", "lifted")})
        snapshot = commit.snapshot
    return snapshot
