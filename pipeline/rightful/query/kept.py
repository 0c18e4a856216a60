"""What was kept beside the texts, for whoever asks about records: never of a text that nobody may look at. Floor 7."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from rightful.store.check import check_parts
from rightful.store.duck import batches, connect, literal, rows, table
from rightful.store.kept import Shape, columns_in, joined, kept_in
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.relations import build
from rightful.store.views import open_views
from rightful.store.where import KeptIn

if TYPE_CHECKING:
    from rightful.decisions.cases import Decided


def kept_in_snapshot(layout: Layout, ledger: Ledger, snapshot: int, now: datetime) -> KeptIn:
    """For a condition on what was kept: that of texts which may not be looked at is null to it."""
    return KeptIn(layout, ledger, snapshot, partial(_out, layout, ledger, snapshot, now))


def kept_in_decided(decided: Decided) -> KeptIn:
    """The same for a snapshot that is decided."""
    now = decided.ledger.not_before(decided.as_of)
    return kept_in_snapshot(decided.layout, decided.ledger, decided.snapshot, now)


def _out(layout: Layout, ledger: Ledger, snapshot: int, now: datetime) -> pa.Table:
    """The rows ``(part, row)`` of texts that may not be looked at."""
    from rightful.query.refusals import KEPT_OUT
    from rightful.query.withheld import find_withheld

    with contextlib.closing(connect()) as con:  # of its own: the views of whoever asks stay as they are
        find_withheld(con, layout, ledger, now)
        open_views(con, layout, ledger, snapshot, older=True)
        build(con, (KEPT_OUT,))
        return table(con, "SELECT part, row FROM kept_out")


def readable_columns(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int, readable: set[str]
) -> dict[str, Shape]:
    """The columns that were kept of the texts of the view ``texts``, of which the parts ``readable`` may be read as they lie: of
    the others only what may be looked at counts, for the name of a column is content as well."""
    whole = (kept_in(layout.part("texts", p.part)) for p in ledger.parts("texts", snapshot) if p.part in readable)
    columns: dict[str, Shape] = reduce(joined, whole, {})
    listed = ", ".join(literal(part) for part in sorted(readable)) or "NULL"
    rest = f"SELECT kept FROM texts WHERE kept IS NOT NULL AND (part IN ({listed})) IS NOT TRUE"
    for batch in batches(con, rest):
        columns = columns_in(batch.column(0), columns)
    return columns


def kept_of(decided: Decided, record: str) -> dict[str, Any] | None:
    """What was kept of a record; None where nothing was, or where nobody may look at it."""
    of = kept_in_decided(decided)
    listed = rows(decided.con, "SELECT part, row FROM records WHERE record_id = ?", [record])
    if not listed or not kept_in(decided.layout.part("texts", str(listed[0][0]))):
        return None
    check_parts(decided.layout, decided.ledger, decided.snapshot, ("texts",))
    query = "SELECT kept FROM all_texts WHERE part = ? AND row = ?"
    (stored,) = rows(decided.con, query, list(listed[0]))[0]
    hidden = of.hidden() if of.hidden is not None else None
    if stored is None or (hidden is not None and listed[0] in zip(*hidden.to_pydict().values(), strict=True)):
        return None
    return dict(json.loads(stored))
