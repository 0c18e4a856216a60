"""Captures at rest: what came of looking at locations, as the views ``captures`` and ``locations``. Floor 4. Law 10.7.

A location is a scheme, a host and a port, here one text (``https://example.org``, ``http://example.org:8080``), or an
address. Parts of captures are added and never change; when a capture was recorded is when its part was committed.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from rightful.store.check import check_parts
from rightful.store.duck import fill, rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.records import KINDS
from rightful.store.relations import strings

KIND = "observations"
PORTS = {"http": 80, "https": 443}
ORIGIN = "CASE WHEN {url} LIKE 'http%://%' THEN left({url}, 7 + CAST(strpos(substr({url}, 9), '/') AS INTEGER)) END"
"""The location of a canonical address, which has a path: all before its first slash."""
_SHOWN = "CASE WHEN contains(host, ':') THEN '[' || host || ']' ELSE host END"
ORIGIN_OF_ROW = f"""scheme || '://' || {_SHOWN}
    || CASE WHEN (scheme = 'http' AND port = 80) OR (scheme = 'https' AND port = 443) THEN '' ELSE ':' || port END"""
"""The location of a row at rest."""


def origin_of(url: str) -> str:
    """The SQL of the location of an address."""
    return ORIGIN.format(url=url)


def origin(scheme: str, host: str, port: int) -> str:
    """A location as a text."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if PORTS.get(scheme) == port else f"{scheme}://{shown}:{port}"


def parted(of: str) -> tuple[str, str, int]:
    """Scheme, host and port of a location."""
    scheme, _, rest = of.partition("://")
    host, _, port = rest.rpartition(":") if not rest.endswith("]") and ":" in rest else (rest, "", "")
    return scheme, host.strip("[]"), int(port) if port else PORTS[scheme]


def has_captures(ledger: Ledger) -> bool:
    """True where a store has any captures: the newest snapshot counts, whichever is asked about."""
    return bool(ledger.parts(KIND, ledger.snapshot()))


def open_captures(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger) -> bool:
    """Make the view ``captures``: all columns but ``raw``, with ``origin``, ``recorded`` (when it was committed), ``part`` and
    ``row``. False where there are none. Raises :class:`StoreError` for a part that is not what was committed."""
    newest = ledger.snapshot()
    parts = ledger.parts(KIND, newest)
    check_parts(layout, ledger, newest, (KIND,))
    times = ledger.part_times(KIND)
    recorded = strings(part=[p.part for p in parts], at=[times[p.part].isoformat() for p in parts])
    fill(con, "capture_parts", recorded)
    files = [layout.part(KIND, p.part) for p in parts]
    columns = ", ".join(f"c.{name}" for name in KINDS[KIND].names if name != "raw")
    con.cursor().execute(
        f"""CREATE OR REPLACE VIEW captures AS SELECT {columns}, {ORIGIN_OF_ROW} AS origin, p.at::TIMESTAMPTZ AS recorded, p.part,
            c.file_row_number AS row
        FROM {scan(files, KINDS[KIND], placed=True)} c JOIN capture_parts p ON p.part = parse_filename(c.filename, true)"""
    ).fetchall()
    return bool(parts)


def observations_view(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int) -> None:
    """Make the view ``observations`` of a snapshot: all columns but ``raw``, with what was stated and the claims that come of it.
    Raises :class:`StoreError` for a part that is not what was committed."""
    check_parts(layout, ledger, snapshot, (KIND,))
    files = [layout.part(KIND, p.part) for p in ledger.parts(KIND, snapshot)]
    columns = ", ".join(f'"{name}"' for name in KINDS[KIND].names if name != "raw")
    con.cursor().execute(
        f"CREATE OR REPLACE VIEW observations AS SELECT {columns} FROM {scan(files, KINDS[KIND])}"
    ).fetchall()


def raw_of(
    con: duckdb.DuckDBPyConnection, layout: Layout, wanted: list[tuple[str, int]]
) -> dict[tuple[str, int], bytes]:
    """What was read, of captures by part and row."""
    raws: dict[tuple[str, int], bytes] = {}
    for part in sorted({part for part, _ in wanted}):
        numbers = [row for of, row in wanted if of == part]
        listed = rows(
            con,
            f"""SELECT file_row_number, raw FROM {scan([layout.part(KIND, part)], KINDS[KIND], placed=True)}
            WHERE file_row_number IN (SELECT unnest(?)) AND raw IS NOT NULL""",
            [numbers],
        )
        raws |= {(part, int(number)): bytes(raw) for number, raw in listed}
    return raws


def known_at(as_of: datetime) -> str:
    """The SQL of an instant."""
    return f"TIMESTAMPTZ '{as_of.isoformat()}'"
