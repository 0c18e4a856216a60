"""Whose text nobody may look at: records that an unlimited refusal reaches now, in whatever version or copy. Floor 7.

``sql`` is for looking inside, and what was withdrawn is not for looking at any more. Permission is another question: it
depends on the use, and a refusal that names acts or purposes leaves the others open.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from rightful.rights.consent import refuses_ingest
from rightful.store.duck import fill, rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import (
    Standings,
    match,
    match_former,
    match_tombstones,
    register_events,
    register_selectors,
)
from rightful.store.records import KINDS
from rightful.store.same_text import DIGESTS, same_text
from rightful.store.views import open_views


def find_withheld(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, now: datetime) -> None:
    """Fill ``withheld(record_id)`` and ``withheld_content``, which has the :data:`DIGESTS`, from the newest snapshot.

    An event reaches a record by its selector, by the tombstone of what it matched, as a copy, or as another version of
    the same record of the same source.
    """
    run = con.cursor().execute
    events = ledger.consents()
    standings = Standings.at(events, now)
    refusing = [s for s, i in standings.by_selector.items() if refuses_ingest(standings.distinct[i], now)]
    if not refusing:
        for name, columns in (("withheld", ("record_id",)), ("withheld_content", DIGESTS)):
            fill(con, name, pa.schema([KINDS["records"].field(column) for column in columns]).empty_table())
        return
    open_views(con, layout, ledger, ledger.snapshot(), older=True)
    kinds = register_selectors(con, [(standings.named(selector), n) for n, selector in enumerate(refusing)])
    match(con, "all_records", kinds, "hits")
    register_events(con, (e for e in events if e.refuses), {selector: n for n, selector in enumerate(refusing)})
    match_tombstones(con, "all_records", "stone_hits")
    match_former(con, ledger.files.passed(), "all_records", "hits", "stone_hits")
    run(
        """CREATE OR REPLACE TABLE reached AS
        WITH named AS (SELECT record_id FROM hits UNION SELECT record_id FROM stone_hits)
        SELECT r.record_id, r.norm_sha256, r.source_id, coalesce(r.source_record_id, r.url) AS origin
        FROM all_records r SEMI JOIN named n ON n.record_id = r.record_id"""
    ).fetchall()
    run(
        """CREATE OR REPLACE TABLE withheld AS
        SELECT r.record_id FROM all_records r SEMI JOIN reached x
            ON x.source_id = r.source_id AND x.origin = coalesce(r.source_record_id, r.url)
        WHERE EXISTS (SELECT 1 FROM hidden h WHERE h.part = r.part AND h.record_id = r.record_id)
        UNION SELECT record_id FROM reached"""
    ).fetchall()
    run(
        f"""CREATE OR REPLACE TABLE withheld_content AS
        SELECT {", ".join(DIGESTS)} FROM all_records r SEMI JOIN withheld w ON w.record_id = r.record_id
        UNION SELECT {", ".join(DIGESTS)} FROM stones WHERE norm_sha256 IS NOT NULL"""
    ).fetchall()


def open_texts(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int) -> set[str]:
    """The view ``texts`` without what is withheld; answers the parts that may be read as they lie.

    Of a part that has a text which is withheld, what may be looked at is copied out of it: nothing then reads the file.
    ``con`` has the views of the snapshot, and :func:`find_withheld` was called on it.
    """
    run = con.cursor().execute
    copies = " UNION ".join(
        f"SELECT r.part, r.row FROM all_records r JOIN withheld_content c ON {same}" for same in same_text("r", "c")
    )
    run(
        f"""CREATE OR REPLACE TABLE kept_out AS SELECT r.part, r.row FROM all_records r
        WHERE r.record_id IN (SELECT record_id FROM withheld) UNION {copies}"""
    ).fetchall()
    touched = {str(part) for (part,) in rows(con, "SELECT DISTINCT part FROM kept_out")}
    parts = [p.part for p in ledger.parts("texts", snapshot)]
    numbered = (
        "SELECT * EXCLUDE (filename, file_row_number), parse_filename(filename, true) AS part, file_row_number AS row"
    )
    for name, chosen in (("open_texts", False), ("part_texts", True)):
        files = [layout.part("texts", part) for part in parts if (part in touched) == chosen]
        run(f"CREATE OR REPLACE VIEW {name} AS {numbered} FROM {scan(files, KINDS['texts'], placed=True)}").fetchall()
    run(
        """CREATE OR REPLACE TABLE kept_texts AS SELECT t.* FROM part_texts t
        WHERE NOT EXISTS (SELECT 1 FROM kept_out k WHERE k.part = t.part AND k.row = t.row)"""
    ).fetchall()
    for name in ("part_texts", "all_texts"):
        run(f"DROP VIEW IF EXISTS {name}").fetchall()
    run(
        """CREATE OR REPLACE VIEW texts AS SELECT t.* FROM (FROM open_texts UNION ALL FROM kept_texts) t
        WHERE NOT EXISTS (SELECT 1 FROM hidden h WHERE h.part = t.part AND h.record_id = t.record_id)"""
    ).fetchall()
    return {part for part in parts if part not in touched}
