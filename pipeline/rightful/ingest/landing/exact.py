"""Marks of exact copies: every text that several records have, as a group. Floor 7."""

from __future__ import annotations

from rightful.store.relations import Relation
from rightful.store.same_text import DIGESTS, FIRST, text_of

_COLUMNS = ", ".join(f"r.{column}" for column in DIGESTS)


def marks(known: str) -> str:
    """The query of the marks of ``members`` that the relation ``known`` does not have; the first of a text is the anchor."""
    return f"""SELECT m.record_id, {_GROUP} AS group_id, 'exact' AS kind,
        CASE WHEN m.record_id = a.anchor THEN 'anchor' ELSE 'copy' END AS role,
        CASE WHEN m.record_id = a.anchor THEN NULL ELSE a.anchor END AS matched_id, 1.0::DOUBLE AS similarity
    FROM members m JOIN (
        SELECT text, arg_min(record_id, (place, row)) AS anchor FROM members GROUP BY text
    ) a ON a.text = m.text
    WHERE NOT EXISTS (SELECT 1 FROM {known} d WHERE d.record_id = m.record_id AND d.group_id = {_GROUP})
    ORDER BY m.place, m.row"""


_GROUP = "'exact:' || lower(substr(hex(m.text), 1, 32))"


def earlier_texts(*relations: str, among: str = "all_records") -> Relation:
    """``earlier_texts``: the texts of what is ``asked`` about that a record of ``among`` has by rightful-norm/1.

    Records with one of these are one text by that rule, for nobody knows what that record is by another.
    """
    texts = " UNION ALL ".join(f"SELECT {FIRST} FROM {relation}" for relation in relations)
    return Relation(
        "earlier_texts",
        "digest",
        " ".join([among, *relations]),
        f"""SELECT DISTINCT norm_sha256 AS digest FROM {among}
        WHERE norm_rule IS NULL AND norm_sha256 IN ({texts})""",
    )


TEXT = text_of("earlier_texts")
_STANDING_HAVE = f"record_id {' '.join(DIGESTS)} part ordinal row again"

MEMBERS = (
    # What counts after the landing of what is stored. What counts ``again`` is looked at as what is new.
    Relation(
        "standing_records",
        _STANDING_HAVE,
        "records part_order hiding all_records showing",
        f"""SELECT r.record_id, {_COLUMNS}, r.part, p.ordinal, r.row, false AS again
        FROM records r JOIN part_order p ON p.part = r.part
        WHERE NOT EXISTS (SELECT 1 FROM hiding h WHERE h.part = r.part AND h.record_id = r.record_id)
        UNION ALL SELECT r.record_id, {_COLUMNS}, r.part, p.ordinal, r.row, true
        FROM all_records r JOIN part_order p ON p.part = r.part
        SEMI JOIN showing s ON s.part = r.part AND s.record_id = r.record_id""",
        view=True,
    ),
    Relation("again", _STANDING_HAVE, "standing_records", "FROM standing_records WHERE again", view=True),
    earlier_texts("fresh", "again"),
    Relation(
        "fresh_texts",
        "record_id pos text",
        "fresh earlier_texts",
        f"SELECT record_id, pos, {TEXT} AS text FROM fresh",
        view=True,
    ),
    Relation(
        "standing_texts",
        f"{_STANDING_HAVE} text",
        "standing_records earlier_texts",
        f"SELECT *, {TEXT} AS text FROM standing_records",
        view=True,
    ),
    Relation(
        "copied",
        "text",
        "fresh_texts standing_texts",
        """SELECT text FROM fresh_texts GROUP BY text HAVING count(*) > 1
        UNION SELECT s.text FROM standing_texts s WHERE s.text IN (SELECT text FROM fresh_texts)
        UNION SELECT s.text FROM standing_texts s WHERE s.text IN (SELECT text FROM standing_texts WHERE again)
            GROUP BY s.text HAVING count(*) > 1""",
    ),
    Relation(
        "members",
        "record_id text new place row",
        "standing_texts copied fresh_texts",
        """SELECT s.record_id, s.text, false AS new, s.ordinal AS place, s.row AS row
        FROM standing_texts s SEMI JOIN copied c ON c.text = s.text
        UNION ALL
        SELECT f.record_id, f.text, true, 1::BIGINT << 62, f.pos
        FROM fresh_texts f SEMI JOIN copied c ON c.text = f.text""",
        rests_on="copied",
    ),
)
"""``members``: the records of every text that a landing gave to more than one."""
