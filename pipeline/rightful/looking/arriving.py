"""Addresses that are new at hosts of which captures are at rest: what these say of them lands with them. Floor 6. Law 10.8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb

from rightful.looking.evaluate import Evaluator, Row
from rightful.looking.reading import Law
from rightful.rights.licenses import Catalog
from rightful.store.duck import rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.observations import has_captures, open_captures, origin_of, raw_of
from rightful.store.records import OBSERVATIONS


def of_new_addresses(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, law: Callable[[], Catalog], incoming: str
) -> list[Row]:
    """The rows of addresses of the relation ``incoming`` that no record has yet, which are to be committed with them. Reads
    ``all_records``.

    Only captures that tell paths apart are read again: what the others say of a host holds for whatever is new there.
    """
    if not has_captures(ledger):
        return []
    open_captures(con, layout, ledger)
    con.cursor().execute(
        f"""CREATE OR REPLACE TABLE new_addresses AS SELECT DISTINCT url, {origin_of("url")} AS origin FROM {incoming} i
        ANTI JOIN (SELECT url FROM all_records WHERE url IS NOT NULL) a USING (url) WHERE url IS NOT NULL"""
    ).fetchall()
    names = [name for name in OBSERVATIONS.names if name != "raw"]
    listed = ", ".join(f'c."{name}"' for name in names)
    varying = rows(
        con,
        f"""SELECT c.part, c.row, c.origin, {listed} FROM captures c
        SEMI JOIN new_addresses n ON n.origin = c.origin WHERE c.varies AND c.address IS NULL ORDER BY c.part, c.row""",
    )
    if not varying:
        return []
    at = "SELECT origin, list(url ORDER BY url) FROM new_addresses GROUP BY origin"
    addresses = {str(origin): list(urls) for origin, urls in rows(con, at)}
    raws = raw_of(con, layout, [(str(part), int(row)) for part, row, *_ in varying])
    words = Law.of(law())
    evaluators: dict[str, Evaluator] = {}
    found: list[Row] = []
    for part, row, origin, *values in varying:
        host_row: dict[str, Any] = dict(zip(names, values, strict=True)) | {"raw": None}
        evaluator = evaluators.setdefault(host_row["protocol"], Evaluator(host_row["protocol"], words))
        found += evaluator.of_new(host_row, raws[str(part), int(row)], addresses[str(origin)])
    return found
