"""Which records a trace is about: ``traced(record_id, via)``. Floor 7: part of ``query.tracing``.

Of an event these are its tombstones (what it matched when it was recorded, erased records among them), what it matches
today, and the exact copies and other versions of all that, which it reaches as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb
import pyarrow as pa

from rightful.events.on_record import meant, not_on_record
from rightful.events.relations import matched, no_passages
from rightful.query.refusals import TOUCHED, texts_of_works
from rightful.query.tracing import COPY, ITSELF
from rightful.rights.consent import WITHDRAWN, ConsentEvent
from rightful.store.duck import fill, literal, rows
from rightful.store.ledger import Ledger
from rightful.store.matching import former_files, selectors_of
from rightful.store.relations import build
from rightful.store.same_text import same_text
from rightful.store.selectors import named, selector_value

_ITSELF = "CREATE OR REPLACE TABLE itself AS SELECT DISTINCT record_id FROM ({}) WHERE record_id IS NOT NULL"
_HITS = "CREATE OR REPLACE TABLE hits AS SELECT record_id, 0::BIGINT AS sid, true AS direct FROM itself"


def event_of(ledger: Ledger, name: str) -> ConsentEvent:
    """The event of this id. Raises :class:`InputError`."""
    for event in ledger.consents():
        if event.event_id == name:
            return event
    raise not_on_record(name)


def of_ids(con: duckdb.DuckDBPyConnection, ledger: Ledger, now: datetime, records: Iterable[str]) -> None:
    """``traced`` of records that are named by their ids."""
    fill(con, "named_ids", pa.table({"record_id": pa.array(list(records), pa.string())}))
    con.cursor().execute(_ITSELF.format("FROM named_ids")).fetchall()
    _spread(con, ledger, now, "")


def of_event(con: duckdb.DuckDBPyConnection, ledger: Ledger, now: datetime, event: ConsentEvent) -> None:
    """``traced`` of an event; of an annulment what the event matched that it undid."""
    [event] = meant(ledger, [event])
    _match(con, ledger, event)
    # What an erasure left of copies has tombstones too, which say how the event reached them.
    stones = f"SELECT record_id FROM tombstones WHERE event = {literal(event.event_id)} AND reach IS NULL"
    con.cursor().execute(_ITSELF.format(f"SELECT record_id FROM hits UNION {stones}")).fetchall()
    _spread(con, ledger, now, event.event_id)


def of_selector(con: duckdb.DuckDBPyConnection, ledger: Ledger, now: datetime, kind: str, value: str) -> str:
    """``traced`` of what a withdrawal by this selector would match now. Answers the selector's value as it is stored: a
    person is a keyed hash. Raises :class:`InputError`."""
    stored = selector_value(kind, value, ledger.key)
    withdrawal = ConsentEvent(
        event_id="", kind=WITHDRAWN, selector=kind, value=stored, recorded=now, effective=now, reason=""
    )
    _match(con, ledger, withdrawal)
    con.cursor().execute(_ITSELF.format("SELECT record_id FROM hits")).fetchall()
    _spread(con, ledger, now, "")
    return stored


def also(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Trace these records as well: the store has them no more, and an index of an export says that they are meant."""
    con.cursor().execute(
        f"""INSERT INTO traced SELECT DISTINCT record_id, '{ITSELF}' FROM {relation} r
        WHERE record_id NOT IN (SELECT record_id FROM traced WHERE via = '{ITSELF}')"""
    ).fetchall()


def count(con: duckdb.DuckDBPyConnection, via: str) -> int:
    """How many records are traced for this reason."""
    return int(rows(con, "SELECT count(DISTINCT record_id) FROM traced WHERE via = ?", [via])[0][0])


def _match(con: duckdb.DuckDBPyConnection, ledger: Ledger, event: ConsentEvent) -> None:
    """``hits`` of one event."""
    selectors = selectors_of([(named(event), 0)])
    given = {
        "selectors": selectors.table,
        "refusals": pa.table({"sid": pa.array([0] if event.refuses else [], pa.int64())}),
        "former_files": former_files(ledger.files.passed()),
        "passage_hits": no_passages(),  # what else held a passage has a tombstone
    }
    build(con, matched(selectors.kinds), given)


def _spread(con: duckdb.DuckDBPyConnection, ledger: Ledger, now: datetime, event: str) -> None:
    """``traced``: the records of ``itself``, and all that has their texts, or that of a tombstone of the event."""
    run = con.cursor().execute
    run("DROP VIEW IF EXISTS hits").fetchall()
    run(_HITS).fetchall()
    build(con, TOUCHED, {"one_work": texts_of_works(ledger, now)})
    stones = f"(SELECT * FROM tombstones WHERE event = {literal(event)} AND norm_sha256 IS NOT NULL)"
    by_stone = [f"SELECT a.record_id FROM {stones} t JOIN all_records a ON {same}" for same in same_text("t", "a")]
    by_stone.append(f"SELECT record_id FROM tombstones WHERE event = {literal(event)} AND reach IN ('copy', 'work')")
    copies = " UNION ".join(["SELECT record_id FROM touched", *(by_stone if event else ())])
    run(
        f"""CREATE OR REPLACE TABLE traced AS SELECT record_id, '{ITSELF}' AS via FROM itself
        UNION ALL SELECT DISTINCT record_id, '{COPY}' FROM ({copies}) c
        WHERE record_id NOT IN (SELECT record_id FROM itself)"""
    ).fetchall()
