"""What events reach, in order: one record, whose texts nobody may look at, and which records events touch. Floor 7."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import pyarrow as pa

from rightful.decisions.copies import reviews_given
from rightful.rights.review import standing_reviews
from rightful.store.ledger import Ledger
from rightful.store.matching import (
    FORMER_FILES,
    SELECTORS_HAVE,
    STONES,
    former_hits,
    former_stone_hits,
    hits,
    reaching,
)
from rightful.store.records import RECORDS, TEXTS
from rightful.store.relations import Relation
from rightful.store.same_text import DIGESTS, same_text


def of_one_record(kinds: Collection[str]) -> tuple[Relation, ...]:
    """What reaches the one ``record``: ``own`` is the record as it is, ``kin`` all versions of all that has its text, or one
    that was found the same. ``kinds`` are those of the selectors that are given."""
    whole = " ".join([*RECORDS.names, "part row"])
    return (
        Relation("selectors", SELECTORS_HAVE),
        FORMER_FILES,
        *STONES,
        Relation(
            "kin_texts",
            "norm_sha256",
            "all_records works",
            """SELECT norm_sha256 FROM all_records WHERE record_id = $record
            UNION SELECT o.digest FROM works o JOIN works m ON m.work = o.work
            JOIN all_records a ON a.norm_sha256 = m.digest AND a.record_id = $record""",
            takes="record",
        ),
        Relation(
            "kin", whole, "all_records kin_texts", "SELECT * FROM all_records SEMI JOIN kin_texts USING (norm_sha256)"
        ),
        Relation("own", whole, "records", "SELECT * FROM records WHERE record_id = $record", takes="record"),
        hits("own_hits", "own", kinds),
        former_hits("own_former_hits", "own", "own_hits"),
        former_stone_hits("own_former_stones", "own"),
        *reaching("kin", kinds, "kin_"),
        Relation(
            "kin_text_stones",
            "record_id sid",
            "stones kin_texts",
            "SELECT t.record_id, t.sid FROM stones t JOIN kin_texts k ON k.norm_sha256 = t.norm_sha256",
        ),
    )


def withheld(kinds: Collection[str]) -> tuple[Relation, ...]:
    """``withheld(record_id)`` and ``withheld_content``: what refusals reach, and every version of the same record of the
    same source; and the texts of all that."""
    digests = ", ".join(DIGESTS)
    return (
        Relation("selectors", SELECTORS_HAVE),
        FORMER_FILES,
        *STONES,
        *reaching("all_records", kinds),
        Relation(
            "refused_records",
            "record_id norm_sha256 source_id origin",
            "hits stone_hits all_records",
            """WITH named AS (SELECT record_id FROM hits UNION SELECT record_id FROM stone_hits)
            SELECT r.record_id, r.norm_sha256, r.source_id, coalesce(r.source_record_id, r.url) AS origin
            FROM all_records r SEMI JOIN named n ON n.record_id = r.record_id""",
        ),
        Relation(
            "withheld",
            "record_id",
            "all_records refused_records hidden",
            """SELECT r.record_id FROM all_records r SEMI JOIN refused_records x
                ON x.source_id = r.source_id AND x.origin = coalesce(r.source_record_id, r.url)
            WHERE EXISTS (SELECT 1 FROM hidden h WHERE h.part = r.part AND h.record_id = r.record_id)
            UNION SELECT record_id FROM refused_records""",
        ),
        Relation(
            "withheld_content",
            " ".join(DIGESTS),
            "all_records withheld stones",
            f"""SELECT {digests} FROM all_records r SEMI JOIN withheld w ON w.record_id = r.record_id
            UNION SELECT {digests} FROM stones WHERE norm_sha256 IS NOT NULL""",
        ),
    )


KEPT_OUT = Relation(
    "kept_out",
    "part row",
    "all_records withheld withheld_content",
    "SELECT r.part, r.row FROM all_records r WHERE r.record_id IN (SELECT record_id FROM withheld) UNION "
    + " UNION ".join(
        f"SELECT r.part, r.row FROM all_records r JOIN withheld_content c ON {same}" for same in same_text("r", "c")
    ),
)
"""The rows whose text nobody may look at."""


def readable_texts(untouched: str, touched: str) -> tuple[Relation, ...]:
    """``texts`` without what is kept out. ``untouched`` and ``touched`` are the SQL of the parts without such a text, which
    are read as they lie, and of the others, of which the rest is copied out."""
    columns = " ".join([*TEXTS.names, "part row"])
    numbered = "* EXCLUDE (filename, file_row_number), parse_filename(filename, true) AS part, file_row_number AS row"
    return (
        Relation("open_texts", columns, "", f"SELECT {numbered} FROM {untouched}", view=True),
        Relation(
            "kept_texts",
            columns,
            "kept_out",
            f"""SELECT t.* FROM (SELECT {numbered} FROM {touched}) t
            WHERE NOT EXISTS (SELECT 1 FROM kept_out k WHERE k.part = t.part AND k.row = t.row)""",
        ),
        Relation(
            "texts",
            columns,
            "open_texts kept_texts hidden",
            """SELECT t.* FROM (FROM open_texts UNION ALL FROM kept_texts) t
            WHERE NOT EXISTS (SELECT 1 FROM hidden h WHERE h.part = t.part AND h.record_id = t.record_id)""",
            view=True,
        ),
    )


_DIGESTS = ", ".join(DIGESTS)


def texts_of_works(ledger: Ledger, now: datetime) -> pa.Table:
    """``one_work`` of :data:`TOUCHED`: the digests of texts that reviews say are one work, each with its work, in bytes.

    Raises :class:`StoreError` for a ledger that cannot be read.
    """
    return reviews_given(standing_reviews(ledger.reviews(), now))["works"]


TOUCHED = (
    Relation("one_work", "digest work"),
    Relation(
        "named_rows",
        f"sid record_id {' '.join(DIGESTS)} source_id source_record_id",
        "hits all_records",
        f"""SELECT h.sid, a.record_id, {_DIGESTS}, a.source_id, a.source_record_id
        FROM hits h JOIN all_records a USING (record_id)""",
    ),
    Relation(
        "named_versions",
        f"sid {' '.join(DIGESTS)}",
        "named_rows records all_records",
        f"""WITH single AS (
            SELECT source_id, source_record_id FROM records
            WHERE source_record_id IN (SELECT source_record_id FROM named_rows) GROUP BY ALL HAVING count(*) = 1)
        SELECT n.sid, {", ".join(f"a.{column}" for column in DIGESTS)}
        FROM named_rows n SEMI JOIN single USING (source_id, source_record_id)
        JOIN all_records a ON a.source_id = n.source_id AND a.source_record_id = n.source_record_id""",
    ),
    Relation(
        "named_texts",
        f"sid {' '.join(DIGESTS)}",
        "named_rows named_versions",
        f"SELECT sid, {_DIGESTS} FROM named_rows UNION SELECT sid, {_DIGESTS} FROM named_versions",
    ),
    Relation(
        "named_works",
        "sid digest",
        "named_texts one_work",
        """SELECT DISTINCT t.sid, o.digest FROM named_texts t
        JOIN one_work m ON m.digest IN (t.norm_sha256, t.norm1_sha256) JOIN one_work o ON o.work = m.work""",
    ),
    Relation(
        "touched",
        "sid record_id",
        "named_rows named_texts named_works all_records",
        " UNION ".join(
            [
                *(
                    f"SELECT t.sid, a.record_id FROM named_texts t JOIN all_records a ON {same}"
                    for same in same_text("t", "a")
                ),
                "SELECT k.sid, a.record_id FROM named_works k JOIN all_records a ON a.norm_sha256 = k.digest",
                "SELECT k.sid, a.record_id FROM named_works k JOIN all_records a ON a.norm1_sha256 = k.digest",
                "SELECT sid, record_id FROM named_rows",
            ]
        ),
    ),
)
"""``touched(sid, record_id)``: what events reach beside what ``hits`` has: other versions of the record, exact copies, the
same work."""

HELD = (Relation("held", "record_id content_sha256"),)
"""The records of one export, by its index."""
