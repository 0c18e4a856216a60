"""What copies say to each other, set-wise: exact ones, near ones, and what was decided about near ones. Floor 5.

The *text* of a record is its group of exact copies, or the record where it has none. A near mark stands at one record of
a text and means them all.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from rightful.rights.review import Pair, Review, settled, works
from rightful.store.duck import fill

MOST_STATEMENTS = 64
TOO_MANY = "too-many"
"""Copies that state more than ``MOST_STATEMENTS`` different things contest each other without being listed."""


def register_reviews(con: duckdb.DuckDBPyConnection, standing: Mapping[Pair, Review]) -> None:
    """``works(digest, work)``, ``settled(digest, other)`` and ``reviewed(digest, record_id)``: records that they are about."""
    named = works(standing)
    _fill(
        con, "works", {"digest": [bytes.fromhex(t) for t in named], "work": [bytes.fromhex(w) for w in named.values()]}
    )
    pairs = [(one, other) for pair in settled(standing) for one in pair for other in pair - {one}]
    columns = {
        "digest": [bytes.fromhex(one) for one, _ in pairs],
        "other": [bytes.fromhex(other) for _, other in pairs],
    }
    _fill(con, "settled", columns)
    _do(
        con,
        """CREATE OR REPLACE TABLE reviewed AS SELECT r.norm_sha256 AS digest, r.record_id FROM records r
        WHERE r.norm_sha256 IN (SELECT digest FROM works UNION SELECT digest FROM settled)
        UNION SELECT r.norm1_sha256, r.record_id FROM records r WHERE r.norm1_sha256 IN (SELECT digest FROM works)"""
        if standing
        else "CREATE OR REPLACE TABLE reviewed (digest BLOB, record_id VARCHAR)",
    )
    if named:
        _spread_hits(con)


def find_copies(con: duckdb.DuckDBPyConnection) -> None:
    """``exact_others(record_id, others)``, ``near_others(record_id, others)``, ``near_refused(record_id)``.

    ``others`` are the profiles that differ from the record's own. Reads ``duplicates, records, hit, refusing`` and what
    :func:`register_reviews` made; leaves ``marked`` (:func:`mark`),
    ``near_members(record_id, group_id, rights_id, text)`` and, by texts,
    ``near_texts``, ``near_hits`` and ``near_settled`` (both ways).
    """
    mark(
        con,
        "SELECT record_id FROM duplicates UNION ALL SELECT record_id FROM reviewed UNION ALL SELECT record_id FROM hit"
        " UNION ALL SELECT record_id FROM earlier",
    )
    _exact(con)
    near_members(con)
    _near_tables(con)
    _near_others(con)
    _near_refused(con)


MARKED = (
    *(
        "record_id",
        "part",
        "row",
        "rights_id",
        "personal_data",
        "legal_basis",
        "pii_state",
        "pii_types",
        "card_sha256",
        "source_id",
    ),
    *("n_chars", "published_at", "fetched_at", "license_concluded", "language"),
)
"""What is kept of the records that copies or events reach: enough to decide and to choose among them without another pass."""


def mark(con: duckdb.DuckDBPyConnection, ids: str = "SELECT record_id FROM duplicates") -> None:
    """``marked``: the columns :data:`MARKED` of the records with these ids, those that copies or events reach; with their
    ``host``, and whether they are ``addressed``.
    """
    columns = ", ".join([*(f"r.{name}" for name in MARKED), "r.host", "r.url IS NOT NULL AS addressed"])
    _do(
        con,
        f"""CREATE OR REPLACE TABLE marked AS SELECT {columns} FROM records r
        SEMI JOIN ({ids}) d ON d.record_id = r.record_id""",
    )


def _spread_hits(con: duckdb.DuckDBPyConnection) -> None:
    """What reaches a text of a work, or ever did, reaches all of its texts, as it would reach an exact copy."""
    _do(
        con,
        """INSERT INTO hit
        WITH reach AS (SELECT record_id, sid FROM ever_hits UNION SELECT record_id, sid FROM hit),
        said AS (
            SELECT w.work, h.sid FROM all_records a JOIN works w ON w.digest = a.norm_sha256 JOIN reach h USING (record_id)
            UNION SELECT w.work, h.sid FROM all_records a JOIN works w ON w.digest = a.norm1_sha256
            JOIN reach h USING (record_id)
            UNION SELECT w.work, t.sid FROM stones t JOIN works w ON w.digest IN (t.norm_sha256, t.norm1_sha256))
        SELECT DISTINCT r.record_id, s.sid, false AS direct
        FROM reviewed r JOIN works w USING (digest) JOIN said s USING (work)
        WHERE NOT EXISTS (SELECT 1 FROM hit h WHERE h.record_id = r.record_id AND h.sid = s.sid)""",
    )


def _exact(con: duckdb.DuckDBPyConnection) -> None:
    _do(
        con,
        """CREATE OR REPLACE TABLE exact_members AS
        WITH one_work AS (SELECT v.record_id, 'work:' || hex(w.work) AS group_id FROM reviewed v JOIN works w USING (digest)),
        grouped AS (
            SELECT DISTINCT record_id, group_id FROM duplicates d
            WHERE kind = 'exact' AND NOT EXISTS (SELECT 1 FROM one_work o WHERE o.record_id = d.record_id)
            UNION ALL SELECT record_id, group_id FROM one_work)
        SELECT g.record_id, g.group_id, r.rights_id FROM grouped g JOIN marked r ON r.record_id = g.record_id""",
    )
    _do(
        con,
        f"""CREATE OR REPLACE TABLE exact_others AS
        WITH mixed AS (
            SELECT group_id, CASE WHEN count(DISTINCT rights_id) > {MOST_STATEMENTS} THEN ['{TOO_MANY}']
                ELSE list_sort(list(DISTINCT rights_id)) END AS ids
            FROM exact_members GROUP BY group_id HAVING count(DISTINCT rights_id) > 1)
        SELECT m.record_id,
            list_sort(list_distinct(flatten(list(list_filter(x.ids, lambda i: i <> m.rights_id))))) AS others
        FROM exact_members m JOIN mixed x USING (group_id) GROUP BY m.record_id""",
    )


def near_members(con: duckdb.DuckDBPyConnection) -> None:
    """``near_members(record_id, group_id, rights_id, text)``: the records of each group, of every text all its copies.

    Reads ``duplicates`` and ``marked`` (:func:`mark`).
    """
    _do(
        con,
        """CREATE OR REPLACE TABLE near_members AS
        WITH exact AS (SELECT record_id, group_id FROM duplicates WHERE kind = 'exact'),
        texts AS (
            SELECT m.group_id, m.record_id, coalesce(e.group_id, m.record_id) AS text FROM duplicates m
            LEFT JOIN exact e ON e.record_id = m.record_id WHERE m.kind = 'near'),
        found AS (
            SELECT record_id, group_id, text FROM texts
            UNION SELECT e.record_id, t.group_id, t.text FROM texts t JOIN exact e ON e.group_id = t.text)
        SELECT f.record_id, f.group_id, r.rights_id, f.text FROM found f JOIN marked r ON r.record_id = f.record_id""",
    )


def _near_tables(con: duckdb.DuckDBPyConnection) -> None:
    _do(con, "CREATE OR REPLACE TABLE near_texts AS SELECT DISTINCT group_id, text, rights_id FROM near_members")
    _do(
        con,
        """CREATE OR REPLACE TABLE near_hits AS SELECT DISTINCT m.group_id, m.text FROM near_members m
        JOIN hit h ON h.record_id = m.record_id JOIN refusing f ON f.sid = h.sid""",
    )
    _do(
        con,
        """CREATE OR REPLACE TABLE near_settled AS SELECT DISTINCT x.group_id, x.text, y.text AS other FROM settled t
        JOIN reviewed a ON a.digest = t.digest JOIN near_members x ON x.record_id = a.record_id
        JOIN reviewed b ON b.digest = t.other JOIN near_members y ON y.record_id = b.record_id AND y.group_id = x.group_id""",
    )


def _near_others(con: duckdb.DuckDBPyConnection) -> None:
    """By groups, but for two sorts of texts, which are few and in ``near_own``.

    Exact copies of one text may state several things: what only they say is not said by a near copy. And of a text that
    was reviewed only the near ones that wait are heard.
    """
    _do(
        con,
        """CREATE OR REPLACE TABLE near_own AS
        WITH several AS (SELECT group_id, text FROM near_texts GROUP BY group_id, text HAVING count(*) > 1)
        SELECT group_id, text, false AS settled FROM several s
        ANTI JOIN near_settled n ON n.group_id = s.group_id AND n.text = s.text
        UNION ALL SELECT DISTINCT group_id, text, true FROM near_settled""",
    )
    _do(
        con,
        f"""CREATE OR REPLACE TABLE near_others AS
        WITH mixed AS (
            SELECT group_id, CASE WHEN count(DISTINCT rights_id) > {MOST_STATEMENTS} THEN ['{TOO_MANY}']
                ELSE list_sort(list(DISTINCT rights_id)) END AS ids
            FROM near_texts GROUP BY group_id HAVING count(DISTINCT rights_id) > 1),
        said AS (
            SELECT t.group_id, t.rights_id, count(*) AS texts, min(t.text) AS text FROM near_texts t
            SEMI JOIN near_own o ON o.group_id = t.group_id AND NOT o.settled GROUP BY t.group_id, t.rights_id),
        heard AS (
            SELECT n.group_id, n.text, s.rights_id FROM near_own n
            JOIN said s ON s.group_id = n.group_id AND (s.texts > 1 OR s.text <> n.text) WHERE NOT n.settled
            UNION ALL SELECT n.group_id, n.text, o.rights_id FROM near_own n
            JOIN near_texts o ON o.group_id = n.group_id AND o.text <> n.text
            ANTI JOIN near_settled a ON a.group_id = n.group_id AND a.text = n.text AND a.other = o.text
            WHERE n.settled),
        left_over AS (
            SELECT group_id, text, CASE WHEN count(DISTINCT rights_id) > {MOST_STATEMENTS} THEN ['{TOO_MANY}']
                ELSE list_sort(list(DISTINCT rights_id)) END AS ids
            FROM heard GROUP BY group_id, text)
        SELECT m.record_id, list_filter(x.ids, lambda i: i <> m.rights_id) AS others
        FROM near_members m JOIN mixed x USING (group_id)
        ANTI JOIN near_own o ON o.group_id = m.group_id AND o.text = m.text
        UNION ALL SELECT m.record_id, list_filter(x.ids, lambda i: i <> m.rights_id)
        FROM near_members m JOIN left_over x ON x.group_id = m.group_id AND x.text = m.text""",
    )


def _near_refused(con: duckdb.DuckDBPyConnection) -> None:
    """Records of a group in which something was withdrawn; of a text that was reviewed: here, or in one that waits."""
    _do(
        con,
        """CREATE OR REPLACE TABLE near_refused AS
        WITH near_pairs AS (
            SELECT n.group_id, n.text, o.text AS other FROM (SELECT DISTINCT group_id, text FROM near_settled) n
            JOIN (SELECT DISTINCT group_id, text FROM near_texts) o ON o.group_id = n.group_id AND o.text <> n.text
            ANTI JOIN near_settled a ON a.group_id = n.group_id AND a.text = n.text AND a.other = o.text),
        open AS (
            SELECT DISTINCT p.group_id, p.text FROM near_pairs p
            JOIN near_hits h ON h.group_id = p.group_id AND (h.text = p.text OR h.text = p.other))
        SELECT DISTINCT m.record_id FROM near_members m
        WHERE EXISTS (SELECT 1 FROM near_hits h WHERE h.group_id = m.group_id)
            AND (NOT EXISTS (SELECT 1 FROM near_settled a WHERE a.group_id = m.group_id AND a.text = m.text)
                OR EXISTS (SELECT 1 FROM open o WHERE o.group_id = m.group_id AND o.text = m.text))""",
    )


def _fill(con: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, list[bytes]]) -> None:
    fill(con, name, pa.table({key: pa.array(values, pa.binary()) for key, values in columns.items()}))


def _do(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    con.cursor().execute(statement).fetchall()
