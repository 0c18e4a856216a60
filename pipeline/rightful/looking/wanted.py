"""Which hosts of a store nobody looked at, or only long ago: input for anybody's fetcher. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from rightful.decisions.coverage import looked_days
from rightful.decisions.observing import newest_captures
from rightful.errors import InputError, UnknownName
from rightful.looking.evaluate import FILES
from rightful.rights.bases import AT_THE_LOCATION
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.web.captured import OF_A_HOST
from rightful.store.duck import literal, rows, table
from rightful.store.layout import Layout, publish
from rightful.store.ledger import Ledger
from rightful.store.observations import open_captures, origin_of

OUT = (".jsonl", ".csv", ".parquet", ".txt")


def wanted(
    con: duckdb.DuckDBPyConnection,
    captures: tuple[Layout, Ledger],
    cards: dict[str, SourceCard],
    protocols: Iterable[str],
    older_than_days: int,
    as_of: datetime,
) -> None:
    """Make ``wanted(protocol, host, url, records, looked)``, most records first. Reads ``records``.

    ``looked`` is the day of the newest observation that could be read; NULL: never. Raises :class:`InputError`.
    """
    if older_than_days < 0:
        raise InputError(f"{older_than_days} days are negative", subject="--older-than")
    asked = list(dict.fromkeys(protocols)) or list(FILES)
    for protocol in asked:
        if protocol not in AT_THE_LOCATION:
            raise UnknownName.of("protocol", protocol, AT_THE_LOCATION, subject="--protocol")
    captured = open_captures(con, *captures)
    if captured:
        newest_captures(con, as_of)
    days = looked_days(con, cards, as_of, captured=captured)
    con.cursor().execute(f"CREATE OR REPLACE VIEW looked_at AS {days.of('records', 'r.host, r.url')}").fetchall()
    try:
        since = (as_of - timedelta(days=older_than_days)).date().isoformat()
    except OverflowError:
        since = "0001-01-01"
    each = " UNION ALL BY NAME ".join(_of_protocol(protocol, since) for protocol in asked)
    query = f"CREATE OR REPLACE TABLE wanted AS SELECT protocol, host, url, records, looked FROM ({each}) ORDER BY ALL"
    con.cursor().execute(query.replace("ORDER BY ALL", "ORDER BY records DESC, protocol, url")).fetchall()


def _of_protocol(protocol: str, since: str) -> str:
    """Of a host the day that the record with the oldest observation has: one that was not looked at is not made up for."""
    place = origin_of("url") if protocol in OF_A_HOST else "url"
    shown = f"place || {literal(FILES[protocol])}" if protocol in FILES else "place"
    return f"""SELECT {literal(protocol)} AS protocol, host, {shown} AS url, count(*)::BIGINT AS records,
            CASE WHEN count({protocol}) = count(*) THEN min({protocol}) END AS looked
        FROM (SELECT host, {protocol}, {place} AS place FROM looked_at WHERE url IS NOT NULL)
        WHERE place IS NOT NULL GROUP BY host, place
        HAVING count({protocol}) < count(*) OR min({protocol}) < DATE '{since}'"""


def listed(con: duckdb.DuckDBPyConnection, limit: int | None) -> list[dict[str, Any]]:
    """The first rows of ``wanted`` as plain objects."""
    if limit is not None and limit < 0:
        raise InputError(f"--limit {limit} is negative")
    within = "" if limit is None else f"LIMIT {limit}"
    names = ("protocol", "host", "url", "records", "last_looked")
    found = rows(con, f"SELECT protocol, host, url, records, looked::VARCHAR FROM wanted {within}")
    return [dict(zip(names, row, strict=True)) for row in found]


def totals(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By protocol: hosts, addresses and records that are wanted, and of how many records nobody ever looked."""
    query = """SELECT protocol, count(DISTINCT host), count(*), sum(records)::BIGINT,
            coalesce(sum(records) FILTER (looked IS NULL), 0)::BIGINT
        FROM wanted GROUP BY protocol ORDER BY protocol"""
    names = ("protocol", "hosts", "locations", "records", "never")
    return [dict(zip(names, row, strict=True)) for row in rows(con, query)]


def write(con: duckdb.DuckDBPyConnection, out: Path) -> int:
    """All rows of ``wanted`` into a new file: .jsonl, .csv, .parquet, or .txt with a url a line. Returns how many."""
    if out.suffix not in OUT:
        hint = "end it in " + ", ".join(OUT)
        raise InputError(f"cannot infer the format of {out.name!r}", subject="-o", hint=hint)
    if out.exists():
        raise InputError("exists already", subject=str(out), hint="name another file; nothing is overwritten")
    if not out.parent.is_dir():
        raise InputError("there is no such folder", subject=str(out.parent))
    content = table(con, "SELECT protocol, host, url, records, looked::VARCHAR AS last_looked FROM wanted")
    with publish(out) as temporary:
        _written(content, out.suffix, temporary)
    return int(content.num_rows)


def _written(content: pa.Table, suffix: str, path: Path) -> None:
    if suffix == ".parquet":
        pq.write_table(content, path)
    elif suffix == ".csv":
        pacsv.write_csv(content, path)
    else:
        import orjson

        with path.open("wb") as handle:
            for batch in content.to_batches(65_536):
                lines: Sequence[bytes] = (
                    [str(url).encode() for url in batch.column("url").to_pylist()]
                    if suffix == ".txt"
                    else [orjson.dumps(row) for row in batch.to_pylist()]
                )
                handle.write(b"".join(line + b"\n" for line in lines))
