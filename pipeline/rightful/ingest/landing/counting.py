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

from enum import IntEnum

import duckdb

from rightful.store.duck import rows
from rightful.store.records import RECORDS
from rightful.store.relations import Relation

ALIVE = ("elsewhere", "outranked")
"""Why a row is hidden that a file holds all the same."""
_ALIVE = ", ".join(f"'{reason}'" for reason in ALIVE)

ORIGIN = "CASE WHEN {0}.source_record_id IS NOT NULL THEN 'i' || {0}.source_record_id WHEN {0}.url IS NOT NULL THEN 'u' || {0}.url END"
"""What makes two rows of a source versions of one: its own id, else the address."""

_SAYS = ("url", "title", "array_to_string({0}.authors, chr(30))", "hex({0}.subject_key)", "epoch_us({0}.published_at)")
SAYS = (
    "substr(md5(concat_ws(chr(31), "
    + ", ".join(f"coalesce(({c if '{0}' in c else '{0}.' + c})::VARCHAR, chr(0))" for c in _SAYS)
    + ", hex({0}.kept_key))), 1, 16)"
)
"""What a row says of its record beside id, text and licence, as a digest: two files may say different things. That of a row of
which nothing was kept is what it was before columns could be kept: ``concat_ws`` passes over null."""

SAME_TAGS = (
    *("rights_id", "card_sha256", "recipe_sha256", "personal_data", "legal_basis", "license_raw", "collected_for"),
    *("attribution", "url", "places", "title", "authors", "parents", "subject_key", "subject_keys", "published_at"),
    "kept_key",
)
"""A stored row is what a file says when these are the same."""


GIVEN = (
    Relation("whole_sources", "source_id by_source"),
    Relation("file_states", "source_id file state place"),
    Relation("lists", "source_id file held"),
    Relation("gone_files", "source_id file"),
)
"""``whole_sources``: those of which every row is looked at, and whether their ids are of the source. ``file_states``: what
becomes of the files that this is about: ``read``, ``stands``, ``gone`` or ``adopted``. ``lists``: the parts that say what
each file held until now. ``gone_files``: those that are not there any more, whether that retires their records or not."""


class Outcome(IntEnum):
    """Why a staged row does not land. Of several reasons the first counts."""

    REFUSED = 0
    UNCHANGED = 1
    REPEATED = 2


_SAME = " AND ".join(f"a.{column} IS NOT DISTINCT FROM i.{column}" for column in SAME_TAGS)
_LISTED = "source_id, file, record_id, says, kind, origin, published_at"
_BEFORE = f"SELECT {_LISTED} FROM holdings h SEMI JOIN read_files r ON r.source_id = h.source_id AND r.file = h.file"
_NOW = f"SELECT {_LISTED} FROM all_held"

COUNTING = (
    Relation(
        "twice",
        "record_id",
        "incoming",
        "SELECT record_id FROM incoming GROUP BY record_id HAVING count(*) > 1",
    ),
    Relation(
        "crowded",
        "pos record_id source_id file published_at origin",
        "incoming twice",
        f"""SELECT i.pos, i.record_id, i.source_id, i.file, i.published_at, {ORIGIN.format("i")} AS origin
        FROM incoming i SEMI JOIN (
            SELECT i.source_id, i.file, {ORIGIN.format("i")} AS origin FROM incoming i GROUP BY ALL HAVING count(*) > 1
        ) c ON c.source_id = i.source_id AND c.file = i.file AND c.origin IS NOT DISTINCT FROM {ORIGIN.format("i")}
        WHERE {ORIGIN.format("i")} IS NOT NULL OR i.record_id IN (SELECT record_id FROM twice)""",
    ),
    # Rows that another row of their file stands for: ``again`` (the same record) or ``older``.
    Relation(
        "fates",
        "pos fate",
        "crowded",
        """WITH last AS (
            SELECT *, row_number() OVER (PARTITION BY source_id, file, record_id
                ORDER BY published_at DESC NULLS LAST, pos DESC) AS nth FROM crowded),
        ranked AS (
            SELECT pos, rank() OVER (
                PARTITION BY source_id, file, origin ORDER BY published_at DESC NULLS LAST) AS dated
            FROM last WHERE nth = 1 AND origin IS NOT NULL)
        SELECT pos, 'again' AS fate FROM last WHERE nth > 1
        UNION ALL SELECT pos, 'older' FROM ranked WHERE dated > 1""",
    ),
    # Stored rows that a file holds.
    Relation(
        "alive",
        f"{' '.join(RECORDS.names)} part row reason",
        "all_records hidden",
        f"""SELECT a.*, h.reason FROM all_records a
        LEFT JOIN (SELECT part, record_id, max(reason) AS reason FROM hidden GROUP BY ALL) h
            ON h.part = a.part AND h.record_id = a.record_id
        WHERE h.reason IS NULL OR h.reason IN ({_ALIVE})""",
        view=True,
    ),
    # What the arrival may change.
    Relation(
        "touched",
        "record_id",
        "twice alive incoming file_states holdings whole_sources",
        """SELECT record_id FROM twice
        UNION SELECT a.record_id FROM alive a SEMI JOIN incoming i ON i.record_id = a.record_id
        UNION SELECT a.record_id FROM alive a JOIN file_states f ON f.source_id = a.source_id AND f.file = a.file
            WHERE f.state <> 'stands'
        UNION SELECT h.record_id FROM holdings h JOIN file_states f ON f.source_id = h.source_id AND f.file = h.file
            WHERE f.state <> 'stands'
        UNION SELECT a.record_id FROM alive a SEMI JOIN whole_sources w ON w.source_id = a.source_id
        UNION SELECT i.record_id FROM incoming i SEMI JOIN whole_sources w ON w.source_id = i.source_id
        UNION SELECT h.record_id FROM holdings h SEMI JOIN whole_sources w ON w.source_id = h.source_id""",
    ),
    # The rows of touched records that a file holds, the newest of each file last.
    Relation(
        "stored",
        "part ordinal record_id source_id file published_at reason origin says",
        "alive touched part_order",
        f"""SELECT a.part, p.ordinal, a.record_id, a.source_id, a.file, a.published_at, a.reason,
            {ORIGIN.format("a")} AS origin, {SAYS.format("a")} AS says
        FROM alive a SEMI JOIN touched t ON t.record_id = a.record_id JOIN part_order p ON p.part = a.part""",
    ),
    Relation(
        "arriving",
        "pos record_id source_id file published_at origin says refused",
        "incoming refused touched fates",
        f"""SELECT i.pos, i.record_id, i.source_id, i.file, i.published_at,
            {ORIGIN.format("i")} AS origin, {SAYS.format("i")} AS says,
            i.record_id IN (SELECT record_id FROM refused) AS refused
        FROM incoming i SEMI JOIN touched t ON t.record_id = i.record_id ANTI JOIN fates f ON f.pos = i.pos""",
    ),
    # Staged rows as which a stored one may go on.
    Relation(
        "served",
        "pos part",
        "incoming arriving alive stored",
        f"""SELECT i.pos, arg_max(a.part, (a.file = i.file, s.ordinal)) AS part
        FROM incoming i SEMI JOIN arriving c ON c.pos = i.pos
        JOIN alive a ON a.record_id = i.record_id AND {_SAME}
        JOIN stored s ON s.part = a.part AND s.record_id = a.record_id GROUP BY i.pos""",
        rests_on="stored",
    ),
    # Which file holds which touched record now, as which stored row (``part``) or staged one (``pos``).
    Relation(
        "holders",
        "record_id source_id file says published_at origin pos refused part",
        "stored file_states arriving served holdings touched",
        """WITH own AS (
            SELECT record_id, source_id, file, arg_max(part, ordinal) AS part, arg_max(says, ordinal) AS says,
                arg_max(published_at, ordinal) AS published_at, any_value(origin) AS origin
            FROM stored GROUP BY ALL),
        said AS (
            SELECT record_id, says, arg_max(part, ordinal) AS part, any_value(published_at) AS published_at,
                any_value(origin) AS origin FROM stored GROUP BY ALL),
        resting AS (SELECT source_id, file FROM file_states WHERE state <> 'stands')
        SELECT c.record_id, c.source_id, c.file, c.says, c.published_at, c.origin, c.pos, c.refused,
            coalesce(s.part, CASE WHEN c.refused THEN o.part END) AS part
        FROM arriving c LEFT JOIN served s ON s.pos = c.pos
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
    ),
    # The holders with the row that each has; of staged rows that say the same the first path lands.
    Relation(
        "mapped",
        "record_id source_id file says published_at origin refused part place arrived pos",
        "holders file_states",
        """WITH placed AS (
            SELECT h.*, coalesce(f.place, h.file) AS place FROM holders h
            LEFT JOIN file_states f ON f.source_id = h.source_id AND f.file = h.file),
        landing AS (
            SELECT record_id, says, arg_min(pos, (place, file)) AS leader FROM placed
            WHERE part IS NULL AND pos IS NOT NULL AND NOT refused GROUP BY ALL)
        SELECT p.* EXCLUDE (pos), p.pos AS arrived, CASE WHEN p.part IS NULL AND p.pos IS NOT NULL THEN l.leader END AS pos
        FROM placed p LEFT JOIN landing l ON l.record_id = p.record_id AND l.says = p.says AND NOT p.refused""",
    ),
    Relation(
        "outranked",
        "record_id source_id file",
        "mapped whole_sources",
        """WITH ours AS (SELECT m.* FROM mapped m JOIN whole_sources w ON w.source_id = m.source_id AND w.by_source
            WHERE m.origin IS NOT NULL),
        best AS (
            SELECT source_id, origin, max((coalesce(epoch_us(published_at), -9223372036854775807), place)) AS best
            FROM ours GROUP BY ALL)
        SELECT o.record_id, o.source_id, o.file FROM ours o JOIN best b ON b.source_id = o.source_id AND b.origin = o.origin
        WHERE (coalesce(epoch_us(o.published_at), -9223372036854775807), o.place) <> b.best""",
    ),
    # The row of each record that counts, if any does: ``{part, pos}``.
    Relation(
        "counting",
        "record_id row",
        "mapped outranked",
        """SELECT record_id, arg_min({'part': part, 'pos': pos}, (place, file)) AS row
        FROM mapped m ANTI JOIN outranked o ON o.record_id = m.record_id AND o.source_id = m.source_id AND o.file = m.file
        WHERE part IS NOT NULL OR pos IS NOT NULL GROUP BY record_id""",
    ),
    # What becomes of the stored rows.
    Relation(
        "became",
        "part record_id before reason counts",
        "mapped stored incoming counting file_states",
        f"""WITH needed AS (SELECT DISTINCT record_id, part FROM mapped WHERE part IS NOT NULL),
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
    ),
    Relation(
        "hiding",
        "part record_id reason counts",
        "became",
        "SELECT part, record_id, reason, counts FROM became WHERE before IS NULL AND reason IS NOT NULL",
    ),
    Relation(
        "showing",
        "part record_id",
        "became",
        "SELECT part, record_id FROM became WHERE before IS NOT NULL AND reason IS NULL",
    ),
    # Hidden rows whose reason is another now, or none.
    Relation(
        "rewritten",
        "part record_id reason",
        "became",
        """SELECT part, record_id, reason FROM became
        WHERE before IS NOT NULL AND reason IS DISTINCT FROM before""",
    ),
    # Staged rows that land and do not count.
    Relation(
        "aside",
        "pos reason",
        "mapped counting fates incoming refused all_records",
        """SELECT m.pos, CASE WHEN c.record_id IS NULL THEN 'outranked' ELSE 'elsewhere' END AS reason
        FROM (SELECT DISTINCT record_id, pos FROM mapped WHERE pos IS NOT NULL) m
        LEFT JOIN counting c ON c.record_id = m.record_id WHERE c.row.pos IS DISTINCT FROM m.pos
        UNION ALL
        SELECT f.pos, 'superseded' FROM fates f JOIN incoming i ON i.pos = f.pos
        WHERE f.fate = 'older' AND i.record_id NOT IN (SELECT record_id FROM refused)
            AND NOT EXISTS (SELECT 1 FROM all_records a WHERE a.record_id = i.record_id)
            AND NOT EXISTS (SELECT 1 FROM mapped m WHERE m.record_id = i.record_id AND m.pos IS NOT NULL)
        QUALIFY row_number() OVER (PARTITION BY i.record_id ORDER BY i.pos) = 1""",
    ),
    # Staged rows that do not land.
    Relation(
        "outcome",
        "pos what",
        "incoming refused mapped fates aside",
        f"""SELECT pos, min(what) AS what FROM (
            SELECT i.pos, {Outcome.REFUSED:d} AS what FROM incoming i SEMI JOIN refused f ON f.record_id = i.record_id
            UNION ALL SELECT arrived, {Outcome.UNCHANGED:d} FROM mapped WHERE arrived IS NOT NULL AND pos IS DISTINCT FROM arrived
            UNION ALL SELECT pos, {Outcome.REPEATED:d} FROM fates f ANTI JOIN aside a ON a.pos = f.pos
        ) GROUP BY pos""",
    ),
    # What the files that were read hold, where no row of their own says so.
    Relation(
        "all_held",
        "source_id file record_id says kind origin published_at",
        "stored mapped file_states",
        """WITH rows_left AS (
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
    ),
    Relation(
        "read_files",
        "source_id file",
        "file_states",
        "SELECT source_id, file FROM file_states WHERE state = 'read'",
        view=True,
    ),
    # The files whose list is another now.
    Relation(
        "other_lists",
        "source_id file",
        "holdings read_files all_held",
        f"""SELECT DISTINCT source_id, file FROM (
            ({_BEFORE} EXCEPT {_NOW}) UNION ALL ({_NOW} EXCEPT {_BEFORE}))""",
    ),
    # These lists.
    Relation(
        "now_held",
        "source_id file record_id says kind origin published_at",
        "all_held other_lists",
        """SELECT h.* FROM all_held h
        SEMI JOIN other_lists o ON o.source_id = h.source_id AND o.file = h.file""",
    ),
)
"""What arrives and what is there, sorted out. Reads ``incoming``, ``refused`` and ``holdings`` beside what is given."""


def counted(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The changes as numbers: ``superseded, updated, retired, adopted, restored``."""
    by = {
        (str(reason), bool(counts)): int(n)
        for reason, counts, n in rows(con, "SELECT reason, counts, count(*) FROM hiding GROUP BY ALL")
    }
    aside = {str(r): int(n) for r, n in rows(con, "SELECT reason, count(*) FROM aside GROUP BY ALL")}
    counts_by_name = {name: by.get((name, False), 0) for name in ("retired", "adopted")}
    counts_by_name["superseded"] = sum(by.get((name, False), 0) for name in ("superseded", "outranked", "retagged"))
    counts_by_name["superseded"] += aside.get("superseded", 0) + aside.get("outranked", 0)
    counts_by_name["updated"] = sum(n for (_, counts), n in by.items() if counts)
    counts_by_name["restored"] = int(rows(con, "SELECT count(*) FROM showing")[0][0])
    return counts_by_name
