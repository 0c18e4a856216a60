"""Marks of exact copies: every text that several records have, as a group. Floor 7."""

from __future__ import annotations

import duckdb

from rightful.store.same_text import DIGESTS, FIRST, text_of

_COLUMNS = ", ".join(f"r.{column}" for column in DIGESTS)

MARKS = """SELECT m.record_id, 'exact:' || lower(substr(hex(m.text), 1, 32)) AS group_id, 'exact' AS kind,
    CASE WHEN m.record_id = a.anchor THEN 'anchor' ELSE 'copy' END AS role,
    CASE WHEN m.record_id = a.anchor THEN NULL ELSE a.anchor END AS matched_id, 1.0::DOUBLE AS similarity
FROM members m JOIN (
    SELECT text, arg_min(record_id, (place, row)) AS anchor FROM members GROUP BY text
) a ON a.text = m.text
WHERE NOT EXISTS (SELECT 1 FROM duplicates d
    WHERE d.record_id = m.record_id AND d.group_id = 'exact:' || lower(substr(hex(m.text), 1, 32)))
ORDER BY m.place, m.row"""
"""The marks of ``members(record_id, text, place, row)`` that ``duplicates`` does not have; the first is the anchor."""


def find_members(con: duckdb.DuckDBPyConnection) -> None:
    """``members(record_id, text, new, place, row)``: the records of a text that an ingest gave to more than one.

    Reads ``records, all_records, part_order, fresh, hiding`` and ``showing``: what counts again is looked at as what is
    new. Leaves ``standing_records``.
    """
    run = con.cursor().execute
    run(
        f"""CREATE VIEW standing_records AS
        SELECT r.record_id, {_COLUMNS}, r.part, p.ordinal, r.row, false AS again
        FROM records r JOIN part_order p ON p.part = r.part
        WHERE NOT EXISTS (SELECT 1 FROM hiding h WHERE h.part = r.part AND h.record_id = r.record_id)
        UNION ALL SELECT r.record_id, {_COLUMNS}, r.part, p.ordinal, r.row, true
        FROM all_records r JOIN part_order p ON p.part = r.part
        SEMI JOIN showing s ON s.part = r.part AND s.record_id = r.record_id"""
    ).fetchall()
    find_earlier(
        con,
        f"""SELECT {_COLUMNS} FROM fresh r UNION ALL SELECT {_COLUMNS} FROM standing_records r WHERE again""",
    )
    run(f"CREATE VIEW fresh_texts AS SELECT record_id, pos, {text_of('earlier')} AS text FROM fresh").fetchall()
    run(f"CREATE VIEW standing_texts AS SELECT *, {text_of('earlier')} AS text FROM standing_records").fetchall()
    run(
        """CREATE TABLE copied AS
        SELECT text FROM fresh_texts GROUP BY text HAVING count(*) > 1
        UNION SELECT s.text FROM standing_texts s WHERE s.text IN (SELECT text FROM fresh_texts)
        UNION SELECT s.text FROM standing_texts s WHERE s.text IN (SELECT text FROM standing_texts WHERE again)
            GROUP BY s.text HAVING count(*) > 1"""
    ).fetchall()
    run(
        """CREATE TABLE members AS
        SELECT s.record_id, s.text, false AS new, s.ordinal AS place, s.row AS row
        FROM standing_texts s SEMI JOIN copied c ON c.text = s.text
        UNION ALL
        SELECT f.record_id, f.text, true, 1::BIGINT << 62, f.pos
        FROM fresh_texts f SEMI JOIN copied c ON c.text = f.text"""
    ).fetchall()


def find_earlier(con: duckdb.DuckDBPyConnection, asked: str) -> None:
    """``earlier(digest)``: the texts of what is ``asked`` about that a record of ``all_records`` has by rightful-norm/1.

    Records with one of these are one text by that rule, for nobody knows what that record is by another.
    """
    con.cursor().execute(
        f"""CREATE OR REPLACE TABLE earlier AS SELECT DISTINCT norm_sha256 AS digest FROM all_records
        WHERE norm_rule IS NULL AND norm_sha256 IN (SELECT {FIRST} FROM ({asked}))"""
    ).fetchall()
