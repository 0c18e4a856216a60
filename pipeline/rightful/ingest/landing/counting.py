"""Which rows count: a function of the files that stand and of their cards, whatever was ingested when. Floor 7.

A file *holds* the records of its rows. Of the rows of one file with one id (or address, where a row has no id) the ones
with the latest date count: nothing else tells which of them is newer, so those of one date all count. Where the card says
that ids are of the whole source the same is asked over all its files, the later path coming after the date.
What many files hold is one record, with the tags of the first path. A row that no file holds as it is
counts no more: the record may have newer tags (``retagged``), the file a newer version of it (``superseded``), or nothing
in its place (``retired``; ``adopted`` where the file went to another source). A row that some file holds and that does not
count, since another does (``elsewhere``, ``outranked``), may count again without being read.

Everything here looks at the records that the arrival touches, not at all that is stored.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from rightful.store.duck import fill, rows

ALIVE = ("elsewhere", "outranked")
"""Why a row is hidden that a file holds all the same."""
_ALIVE = ", ".join(f"'{reason}'" for reason in ALIVE)

ORIGIN = "CASE WHEN {0}.source_record_id IS NOT NULL THEN 'i' || {0}.source_record_id WHEN {0}.url IS NOT NULL THEN 'u' || {0}.url END"
"""What makes two rows of a source versions of one: its own id, else the address."""

_SAYS = ("url", "title", "array_to_string({0}.authors, chr(30))", "hex({0}.subject_key)", "epoch_us({0}.published_at)")
SAYS = (
    "substr(md5(concat_ws(chr(31), "
    + ", ".join(f"coalesce(({c if '{0}' in c else '{0}.' + c})::VARCHAR, chr(0))" for c in _SAYS)
    + ")), 1, 16)"
)
"""What a row says of its record beside id, text and licence, as a digest: two files may say different things."""

SAME_TAGS = (
    *("rights_id", "card_sha256", "recipe_sha256", "personal_data", "legal_basis", "license_raw", "collected_for"),
    *("attribution", "url", "places", "title", "authors", "parents", "subject_key", "subject_keys", "published_at"),
)
"""A stored row is what a file says when these are the same."""


def count_rows(con: duckdb.DuckDBPyConnection, whole_sources: Mapping[str, bool]) -> None:
    """Sort out what arrives and what is there. Needs the views ``incoming, all_records, hidden, part_order``, and the tables

    ``refused(record_id, ...)``, ``file_states(source_id, file, state, place)`` with ``state`` ``read``, ``stands``,
    ``gone`` or ``adopted``, and ``holdings(source_id, file, record_id, says, kind, origin, published_at)``: the lists of the
    files before this arrival. ``whole_sources`` are those of which every row is looked at, and whether their ids are of the
    source.

    Makes ``outcome(pos, what)`` for staged rows that do not land, ``aside(pos, reason)`` for those that land and do not
    count, ``hiding(part, record_id, reason)``, ``showing(part, record_id)``, ``rewritten(part, record_id, reason)`` (hidden
    rows whose reason is another or none), ``other_lists(source_id, file)``, the files whose list is another now, and
    ``now_held``, these lists.
    """
    columns = {"source_id": list(whole_sources), "by_source": list(whole_sources.values())}
    fill(
        con,
        "whole_sources",
        pa.table(
            {
                "source_id": pa.array(columns["source_id"], pa.string()),
                "by_source": pa.array(columns["by_source"], pa.bool_()),
            }
        ),
    )
    _versions_in_a_file(con)
    _touched(con)
    _stored_rows(con)
    _holders(con)
    _mapped(con)
    _counting(con)
    _changes(con)
    _lists(con)


def _do(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    con.cursor().execute(statement).fetchall()


def _versions_in_a_file(con: duckdb.DuckDBPyConnection) -> None:
    """``fates(pos, fate)``: rows that another row of their file stands for: ``again`` (the same record) or ``older``."""
    origin = ORIGIN.format("i")
    _do(con, "CREATE TABLE twice AS SELECT record_id FROM incoming GROUP BY record_id HAVING count(*) > 1")
    _do(
        con,
        f"""CREATE TABLE crowded AS SELECT i.pos, i.record_id, i.source_id, i.file, i.published_at, {origin} AS origin
        FROM incoming i SEMI JOIN (
            SELECT i.source_id, i.file, {origin} AS origin FROM incoming i GROUP BY ALL HAVING count(*) > 1
        ) c ON c.source_id = i.source_id AND c.file = i.file AND c.origin IS NOT DISTINCT FROM {origin}
        WHERE {origin} IS NOT NULL OR i.record_id IN (SELECT record_id FROM twice)""",
    )
    _do(
        con,
        """CREATE TABLE fates AS
        WITH last AS (
            SELECT *, row_number() OVER (PARTITION BY source_id, file, record_id
                ORDER BY published_at DESC NULLS LAST, pos DESC) AS nth FROM crowded),
        ranked AS (
            SELECT pos, rank() OVER (
                PARTITION BY source_id, file, origin ORDER BY published_at DESC NULLS LAST) AS dated
            FROM last WHERE nth = 1 AND origin IS NOT NULL)
        SELECT pos, 'again' AS fate FROM last WHERE nth > 1
        UNION ALL SELECT pos, 'older' FROM ranked WHERE dated > 1""",
    )


def _touched(con: duckdb.DuckDBPyConnection) -> None:
    """``alive`` (stored rows that a file holds) and ``touched(record_id)``: what the arrival may change."""
    _do(
        con,
        f"""CREATE VIEW alive AS SELECT a.*, h.reason FROM all_records a
        LEFT JOIN (SELECT part, record_id, max(reason) AS reason FROM hidden GROUP BY ALL) h
            ON h.part = a.part AND h.record_id = a.record_id
        WHERE h.reason IS NULL OR h.reason IN ({_ALIVE})""",
    )
    _do(
        con,
        """CREATE TABLE touched AS
        SELECT record_id FROM twice
        UNION SELECT a.record_id FROM alive a SEMI JOIN incoming i ON i.record_id = a.record_id
        UNION SELECT a.record_id FROM alive a JOIN file_states f ON f.source_id = a.source_id AND f.file = a.file
            WHERE f.state <> 'stands'
        UNION SELECT h.record_id FROM holdings h JOIN file_states f ON f.source_id = h.source_id AND f.file = h.file
            WHERE f.state <> 'stands'
        UNION SELECT a.record_id FROM alive a SEMI JOIN whole_sources w ON w.source_id = a.source_id
        UNION SELECT i.record_id FROM incoming i SEMI JOIN whole_sources w ON w.source_id = i.source_id
        UNION SELECT h.record_id FROM holdings h SEMI JOIN whole_sources w ON w.source_id = h.source_id""",
    )


def _stored_rows(con: duckdb.DuckDBPyConnection) -> None:
    """``stored``: the rows of touched records that a file holds, the newest of each file last."""
    _do(
        con,
        f"""CREATE TABLE stored AS SELECT a.part, p.ordinal, a.record_id, a.source_id, a.file, a.published_at, a.reason,
            {ORIGIN.format("a")} AS origin, {SAYS.format("a")} AS says
        FROM alive a SEMI JOIN touched t ON t.record_id = a.record_id JOIN part_order p ON p.part = a.part""",
    )


def _holders(con: duckdb.DuckDBPyConnection) -> None:
    """``holders``: which file holds which touched record now, as which stored row (``part``) or staged one (``pos``)."""
    same = " AND ".join(f"a.{c} IS NOT DISTINCT FROM i.{c}" for c in SAME_TAGS)
    _do(
        con,
        f"""CREATE TABLE came AS SELECT i.pos, i.record_id, i.source_id, i.file, i.published_at,
            {ORIGIN.format("i")} AS origin, {SAYS.format("i")} AS says,
            i.record_id IN (SELECT record_id FROM refused) AS refused
        FROM incoming i SEMI JOIN touched t ON t.record_id = i.record_id ANTI JOIN fates f ON f.pos = i.pos""",
    )
    _do(
        con,
        f"""CREATE TABLE served AS SELECT i.pos, arg_max(a.part, (a.file = i.file, s.ordinal)) AS part
        FROM incoming i SEMI JOIN came c ON c.pos = i.pos
        JOIN alive a ON a.record_id = i.record_id AND {same}
        JOIN stored s ON s.part = a.part AND s.record_id = a.record_id GROUP BY i.pos""",
    )
    _do(
        con,
        """CREATE TABLE holders AS
        WITH own AS (
            SELECT record_id, source_id, file, arg_max(part, ordinal) AS part, arg_max(says, ordinal) AS says,
                arg_max(published_at, ordinal) AS published_at, any_value(origin) AS origin
            FROM stored GROUP BY ALL),
        said AS (
            SELECT record_id, says, arg_max(part, ordinal) AS part, any_value(published_at) AS published_at,
                any_value(origin) AS origin FROM stored GROUP BY ALL),
        resting AS (SELECT source_id, file FROM file_states WHERE state <> 'stands')
        SELECT c.record_id, c.source_id, c.file, c.says, c.published_at, c.origin, c.pos, c.refused,
            coalesce(s.part, CASE WHEN c.refused THEN o.part END) AS part
        FROM came c LEFT JOIN served s ON s.pos = c.pos
        LEFT JOIN own o ON o.record_id = c.record_id AND o.file = c.file AND o.source_id = c.source_id
        UNION ALL
        SELECT o.record_id, o.source_id, o.file, o.says, o.published_at, o.origin, NULL, false, o.part FROM own o
        ANTI JOIN resting r ON r.source_id = o.source_id AND r.file = o.file
        ANTI JOIN holdings h ON h.record_id = o.record_id AND h.source_id = o.source_id AND h.file = o.file
        UNION ALL
        SELECT h.record_id, h.source_id, h.file, h.says, coalesce(s.published_at, h.published_at),
            coalesce(s.origin, h.origin), NULL, h.kind = 'refused', s.part
        FROM holdings h SEMI JOIN touched t ON t.record_id = h.record_id
        ANTI JOIN resting r ON r.source_id = h.source_id AND r.file = h.file
        LEFT JOIN said s ON s.record_id = h.record_id AND s.says = h.says WHERE h.kind <> 'not'""",
    )


def _mapped(con: duckdb.DuckDBPyConnection) -> None:
    """``mapped``: the holders with the row that each has; of staged rows that say the same the first path lands."""
    _do(
        con,
        """CREATE TABLE mapped AS
        WITH placed AS (
            SELECT h.*, coalesce(f.place, h.file) AS place FROM holders h
            LEFT JOIN file_states f ON f.source_id = h.source_id AND f.file = h.file),
        landing AS (
            SELECT record_id, says, arg_min(pos, (place, file)) AS leader FROM placed
            WHERE part IS NULL AND pos IS NOT NULL AND NOT refused GROUP BY ALL)
        SELECT p.* EXCLUDE (pos), p.pos AS arrived, CASE WHEN p.part IS NULL AND p.pos IS NOT NULL THEN l.leader END AS pos
        FROM placed p LEFT JOIN landing l ON l.record_id = p.record_id AND l.says = p.says AND NOT p.refused""",
    )


def _counting(con: duckdb.DuckDBPyConnection) -> None:
    """``counting(record_id, part, pos)``: the row of each record that counts, if any does."""
    _do(
        con,
        """CREATE TABLE outranked AS
        WITH ours AS (SELECT m.* FROM mapped m JOIN whole_sources w ON w.source_id = m.source_id AND w.by_source
            WHERE m.origin IS NOT NULL),
        best AS (
            SELECT source_id, origin, max((coalesce(epoch_us(published_at), -9223372036854775807), place)) AS best
            FROM ours GROUP BY ALL)
        SELECT o.record_id, o.source_id, o.file FROM ours o JOIN best b ON b.source_id = o.source_id AND b.origin = o.origin
        WHERE (coalesce(epoch_us(o.published_at), -9223372036854775807), o.place) <> b.best""",
    )
    _do(
        con,
        """CREATE TABLE counting AS
        SELECT record_id, arg_min({'part': part, 'pos': pos}, (place, file)) AS row
        FROM mapped m ANTI JOIN outranked o ON o.record_id = m.record_id AND o.source_id = m.source_id AND o.file = m.file
        WHERE part IS NOT NULL OR pos IS NOT NULL GROUP BY record_id""",
    )


def _changes(con: duckdb.DuckDBPyConnection) -> None:
    """What becomes of the stored rows and of the staged ones."""
    _do(
        con,
        f"""CREATE TABLE became AS
        WITH needed AS (SELECT DISTINCT record_id, part FROM mapped WHERE part IS NOT NULL),
        held AS (SELECT DISTINCT record_id FROM mapped WHERE part IS NOT NULL OR pos IS NOT NULL),
        newer AS (
            SELECT DISTINCT s.source_id, s.file, s.origin FROM stored s
            JOIN incoming i ON i.source_id = s.source_id AND i.file = s.file AND {ORIGIN.format("i")} = s.origin)
        SELECT s.part, s.record_id, s.reason AS before, CASE
            WHEN n.part IS NOT NULL AND c.row.part = s.part THEN NULL
            WHEN n.part IS NOT NULL THEN CASE WHEN c.record_id IS NULL THEN 'outranked' ELSE 'elsewhere' END
            WHEN h.record_id IS NOT NULL THEN 'retagged'
            WHEN v.origin IS NOT NULL THEN 'superseded'
            WHEN f.state = 'adopted' THEN 'adopted' ELSE 'retired' END AS reason,
            c.record_id IS NOT NULL AS counts
        FROM stored s LEFT JOIN needed n ON n.record_id = s.record_id AND n.part = s.part
        LEFT JOIN counting c ON c.record_id = s.record_id LEFT JOIN held h ON h.record_id = s.record_id
        LEFT JOIN newer v ON v.source_id = s.source_id AND v.file = s.file AND v.origin = s.origin
        LEFT JOIN file_states f ON f.source_id = s.source_id AND f.file = s.file""",
    )
    _do(
        con,
        "CREATE TABLE hiding AS SELECT part, record_id, reason, counts FROM became WHERE before IS NULL AND reason IS NOT NULL",
    )
    _do(con, "CREATE TABLE showing AS SELECT part, record_id FROM became WHERE before IS NOT NULL AND reason IS NULL")
    _do(
        con,
        """CREATE TABLE rewritten AS SELECT part, record_id, reason FROM became
        WHERE before IS NOT NULL AND reason IS DISTINCT FROM before""",
    )
    _do(
        con,
        """CREATE TABLE aside AS
        SELECT m.pos, CASE WHEN c.record_id IS NULL THEN 'outranked' ELSE 'elsewhere' END AS reason
        FROM (SELECT DISTINCT record_id, pos FROM mapped WHERE pos IS NOT NULL) m
        LEFT JOIN counting c ON c.record_id = m.record_id WHERE c.row.pos IS DISTINCT FROM m.pos
        UNION ALL
        SELECT f.pos, 'superseded' FROM fates f JOIN incoming i ON i.pos = f.pos
        WHERE f.fate = 'older' AND i.record_id NOT IN (SELECT record_id FROM refused)
            AND NOT EXISTS (SELECT 1 FROM all_records a WHERE a.record_id = i.record_id)
            AND NOT EXISTS (SELECT 1 FROM mapped m WHERE m.record_id = i.record_id AND m.pos IS NOT NULL)
        QUALIFY row_number() OVER (PARTITION BY i.record_id ORDER BY i.pos) = 1""",
    )
    _do(
        con,
        """CREATE TABLE outcome AS SELECT pos, min(what) AS what FROM (
            SELECT i.pos, 'a refused' AS what FROM incoming i SEMI JOIN refused f ON f.record_id = i.record_id
            UNION ALL SELECT arrived, 'b unchanged' FROM mapped WHERE arrived IS NOT NULL AND pos IS DISTINCT FROM arrived
            UNION ALL SELECT pos, 'c repeated' FROM fates f ANTI JOIN aside a ON a.pos = f.pos
        ) GROUP BY pos""",
    )


def _lists(con: duckdb.DuckDBPyConnection) -> None:
    """``now_held``: what the files that were read hold, where no row of their own says so."""
    _do(
        con,
        """CREATE TABLE all_held AS
        WITH rows_left AS (
            SELECT s.record_id, s.source_id, s.file, s.part, NULL::BIGINT AS pos, s.ordinal FROM stored s
            SEMI JOIN (SELECT part, record_id FROM mapped WHERE part IS NOT NULL) n
                ON n.part = s.part AND n.record_id = s.record_id
            UNION ALL
            SELECT m.record_id, m.source_id, m.file, NULL, m.pos, 1::BIGINT << 62 FROM mapped m WHERE m.pos = m.arrived),
        own AS (
            SELECT record_id, source_id, file, arg_max({'part': part, 'pos': pos}, ordinal) AS row FROM rows_left GROUP BY ALL),
        arrived AS (SELECT * FROM mapped WHERE arrived IS NOT NULL)
        SELECT a.source_id, a.file, a.record_id, a.says, CASE WHEN a.part IS NULL AND a.pos IS NULL THEN 'refused' ELSE 'also' END AS kind,
            a.origin, a.published_at
        FROM arrived a LEFT JOIN own o ON o.record_id = a.record_id AND o.source_id = a.source_id AND o.file = a.file
        WHERE o.row IS DISTINCT FROM {'part': a.part, 'pos': a.pos} OR (a.part IS NULL AND a.pos IS NULL)
        UNION ALL
        SELECT o.source_id, o.file, o.record_id, '', 'not', NULL, NULL FROM own o
        JOIN file_states f ON f.source_id = o.source_id AND f.file = o.file AND f.state = 'read'
        ANTI JOIN arrived a ON a.record_id = o.record_id AND a.source_id = o.source_id AND a.file = o.file""",
    )
    listed = "source_id, file, record_id, says, kind, origin, published_at"
    before = f"SELECT {listed} FROM holdings h SEMI JOIN read_files r ON r.source_id = h.source_id AND r.file = h.file"
    now = f"SELECT {listed} FROM all_held"
    _do(con, "CREATE VIEW read_files AS SELECT source_id, file FROM file_states WHERE state = 'read'")
    _do(
        con,
        f"""CREATE TABLE other_lists AS SELECT DISTINCT source_id, file FROM (
            ({before} EXCEPT {now}) UNION ALL ({now} EXCEPT {before}))""",
    )
    _do(
        con,
        """CREATE TABLE now_held AS SELECT h.* FROM all_held h
        SEMI JOIN other_lists o ON o.source_id = h.source_id AND o.file = h.file""",
    )


def counted(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The changes as numbers: ``superseded, updated, retired, adopted, restored``."""
    by = {
        (str(reason), bool(counts)): int(n)
        for reason, counts, n in rows(con, "SELECT reason, counts, count(*) FROM hiding GROUP BY ALL")
    }
    aside = {str(r): int(n) for r, n in rows(con, "SELECT reason, count(*) FROM aside GROUP BY ALL")}
    found = {name: by.get((name, False), 0) for name in ("retired", "adopted")}
    found["superseded"] = sum(by.get((name, False), 0) for name in ("superseded", "outranked", "retagged"))
    found["superseded"] += aside.get("superseded", 0) + aside.get("outranked", 0)
    found["updated"] = sum(n for (_, counts), n in by.items() if counts)
    found["restored"] = int(rows(con, "SELECT count(*) FROM showing")[0][0])
    return found
