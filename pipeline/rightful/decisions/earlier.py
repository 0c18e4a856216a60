"""What was stated about a row before, and is not stated in it any more: it goes on bounding the record. Floor 5.

A row is read again where its source and file have a row of its own id or address, whatever its text; where another row of
the source has its address, and an id does not tell them apart; where ids are of the whole source; and where a row of the
source has its id and text, or text alone where neither has an id or address. Of each place in a row (the column that a
statement stands in) the newest statement counts, and only where the row has none there now; so does every one that a file
holds still, in a row for which a row of another file counts. A correction ends what was taken in before it: one in the card
of the source, or an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

import duckdb
import pyarrow as pa

from rightful.rights.columns import columns_beside
from rightful.rights.consent import CORRECTION
from rightful.signals.cards.source_card import FILE_SCOPE, ROW_PLACE, SourceCard
from rightful.signals.rows.claims import DEFAULT_COLUMN, row_place
from rightful.store.duck import fill, rows
from rightful.store.ledger import Ledger
from rightful.store.matching import every_former, match, register_selectors
from rightful.store.selectors import named

_KEYS = (
    "now.source_id = was.source_id AND now.file = was.file AND now.source_record_id = was.source_record_id",
    "now.source_id = was.source_id AND now.url = was.url AND (now.source_record_id IS NULL OR was.source_record_id IS NULL"
    " OR now.source_record_id = was.source_record_id)",
    "now.source_id = was.source_id AND now.source_record_id = was.source_record_id AND now.norm_sha256 = was.norm_sha256",
    "now.source_id = was.source_id AND now.norm_sha256 = was.norm_sha256 AND now.source_record_id IS NULL"
    " AND was.source_record_id IS NULL AND (now.url IS NULL OR was.url IS NULL)",
    "now.source_id = was.source_id AND now.source_record_id = was.source_record_id"
    " AND now.source_id IN (SELECT source_id FROM source_wide)",
)
"""When a row that counts is one that was read before, in SQL."""


def find_earlier(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    snapshot: int,
    cards: Mapping[str, SourceCard],
    as_of: datetime,
) -> None:
    """``earlier(record_id, said)``: the statements that bind records as well, each ``rights id, a unit separator, place``.

    Reads the views ``records, all_records, hidden, evidence``.
    """
    run = con.cursor().execute
    run(
        """CREATE OR REPLACE TABLE stated_before AS
        SELECT a.record_id, a.source_id, a.file, a.source_record_id, a.url, a.norm_sha256, a.rights_id, a.part, p.ordinal,
            e.place, h.stands
        FROM all_records a JOIN part_order p ON p.part = a.part
        JOIN (SELECT part, record_id, bool_or(reason = 'outranked') AS stands FROM hidden WHERE reason <> 'elsewhere'
            GROUP BY ALL) h ON h.part = a.part AND h.record_id = a.record_id
        JOIN (SELECT DISTINCT rights_id, source_id, place FROM evidence WHERE bound_to = 'work') e
            ON e.rights_id = a.rights_id AND e.source_id = a.source_id"""
    ).fetchall()
    if not rows(con, "SELECT 1 FROM stated_before LIMIT 1"):
        run("CREATE OR REPLACE TABLE earlier (record_id VARCHAR, said VARCHAR[])").fetchall()
        return
    wide = [source for source, card in cards.items() if card.id_scope != FILE_SCOPE]
    fill(con, "source_wide", pa.table({"source_id": pa.array(wide, pa.string())}))
    former = every_former(ledger.files.passed())
    if former:
        names = ("source_id", "file", "former_source", "former_file")
        fill(
            con,
            "former_files",
            pa.table({n: pa.array([f[i] for f in former], pa.string()) for i, n in enumerate(names)}),
        )
        run(
            """INSERT INTO stated_before SELECT w.* REPLACE (f.source_id AS source_id, f.file AS file)
            FROM stated_before w JOIN former_files f ON f.former_source = w.source_id AND f.former_file = w.file"""
        ).fetchall()
    _corrected(con, ledger, snapshot, cards, as_of)
    _set_aside(con, cards)
    joins = " UNION ".join(
        f"SELECT now.record_id, was.rights_id, was.place, was.ordinal, was.part, was.stands"
        f" FROM records now JOIN stated_before was ON {key}"
        for key in _KEYS
    )
    run(
        f"""CREATE OR REPLACE TABLE earlier AS
        WITH bound AS ({joins}),
        mine AS (
            SELECT r.record_id, e.place FROM records r SEMI JOIN bound b ON b.record_id = r.record_id
            JOIN (SELECT DISTINCT rights_id, source_id, place FROM evidence WHERE bound_to = 'work') e
                ON e.rights_id = r.rights_id AND e.source_id = r.source_id
            UNION SELECT r.record_id, a.place FROM records r SEMI JOIN bound b ON b.record_id = r.record_id
            JOIN set_aside a ON a.source_id = r.source_id),
        open AS (
            SELECT b.*, max(ordinal) OVER (PARTITION BY record_id, place) AS newest FROM bound b
            ANTI JOIN mine m ON m.record_id = b.record_id
                AND m.place IN (b.place, CASE WHEN b.place = '{ROW_PLACE}' THEN '{row_place(DEFAULT_COLUMN)}' END))
        SELECT record_id, list_sort(list(DISTINCT rights_id || chr(31) || place)) AS said FROM open o
        JOIN part_times t ON t.part = o.part LEFT JOIN corrected c USING (record_id)
        WHERE (o.stands OR o.ordinal = o.newest) AND (c.until IS NULL OR t.at >= c.until) GROUP BY record_id"""
    ).fetchall()


def _set_aside(con: duckdb.DuckDBPyConnection, cards: Mapping[str, SourceCard]) -> None:
    """``set_aside(source_id, place)``: places that the card of the source declares by now to say nothing of rights."""
    found = [
        (str(source), str(place))
        for source, place in rows(con, "SELECT DISTINCT source_id, place FROM stated_before")
        if source in cards
        and columns_beside(str(place).removeprefix(row_place("")), [name for name, _ in cards[source].not_rights])
    ]
    columns = {"source_id": [s for s, _ in found], "place": [p for _, p in found]}
    fill(con, "set_aside", pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()}))


def _corrected(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, snapshot: int, cards: Mapping[str, SourceCard], as_of: datetime
) -> None:
    """``corrected(record_id, until)``: what was taken in before ``until`` bounds the record no more; ``part_times``."""
    times = ledger.part_times("records")
    columns = {
        "part": pa.array(list(times), pa.string()),
        "at": pa.array(list(times.values()), pa.timestamp("us", "UTC")),
    }
    fill(con, "part_times", pa.table(columns))
    events = [e for e in ledger.consents(snapshot) if e.kind == CORRECTION and e.counts_from <= as_of]
    kinds = register_selectors(con, [(named(e), n) for n, e in enumerate(events)])
    match(con, "records", kinds, "correction_hits")
    until = [e.counts_from for e in events]
    listed = {"sid": pa.array(range(len(until)), pa.int64()), "until": pa.array(until, pa.timestamp("us", "UTC"))}
    fill(con, "event_corrections", pa.table(listed))
    entries = [
        (source, entry.record, datetime.combine(entry.on, time(), UTC) + timedelta(days=1))
        for source, card in cards.items()
        for entry in card.corrections
        if datetime.combine(entry.on, time(), UTC) <= as_of
    ]
    fill(
        con,
        "card_corrections",
        pa.table(
            {
                "source_id": pa.array([e[0] for e in entries], pa.string()),
                "record": pa.array([e[1] for e in entries], pa.string()),
                "until": pa.array([e[2] for e in entries], pa.timestamp("us", "UTC")),
            }
        ),
    )
    con.cursor().execute(
        """CREATE OR REPLACE TABLE corrected AS SELECT record_id, max(until) AS until FROM (
            SELECT h.record_id, e.until FROM correction_hits h JOIN event_corrections e ON e.sid = h.sid WHERE h.direct
            UNION ALL SELECT r.record_id, c.until FROM records r JOIN card_corrections c ON c.source_id = r.source_id
                AND (c.record = '' OR c.record = r.source_record_id OR c.record = r.url OR c.record = r.record_id)
        ) GROUP BY record_id"""
    ).fetchall()
