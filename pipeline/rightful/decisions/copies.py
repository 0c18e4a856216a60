"""What copies say to each other, set-wise: exact ones, near ones, and what was decided about near ones. Floor 5. Law 12.

The *text* of a record is its group of exact copies, or the record where it has none. A near mark stands at one record of
a text and means them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from rightful.rights.review import Pair, Review, settled, works
from rightful.store.matching import HITS_HAVE
from rightful.store.relations import Relation, union

MOST_STATEMENTS = 64
TOO_MANY = "too-many"
"""Copies that state more than ``MOST_STATEMENTS`` different things contest each other without being listed."""


def reviews_given(standing: Mapping[Pair, Review]) -> dict[str, pa.Table]:
    """The tables of what was decided: texts of one work, and pairs of texts that are settled, both ways."""
    named = works(standing)
    pairs = [(one, other) for pair in settled(standing) for one in pair for other in pair - {one}]
    return {
        "works": _digests(digest=named.keys(), work=named.values()),
        "settled": _digests(digest=(one for one, _ in pairs), other=(other for _, other in pairs)),
    }


def _digests(**columns: Iterable[str]) -> pa.Table:
    return pa.table({name: pa.array([bytes.fromhex(d) for d in of], pa.binary()) for name, of in columns.items()})


REVIEWED = (
    Relation("works", "digest work"),
    Relation("settled", "digest other"),
    Relation(
        "reviewed",
        "digest record_id",
        "records works settled",
        """SELECT r.norm_sha256 AS digest, r.record_id FROM records r
        WHERE r.norm_sha256 IN (SELECT digest FROM works UNION SELECT digest FROM settled)
        UNION SELECT r.norm1_sha256, r.record_id FROM records r WHERE r.norm1_sha256 IN (SELECT digest FROM works)""",
        rests_on="works settled",
    ),
)
"""The records that reviews are about."""

SPREAD_HITS = Relation(
    "spread_hits",
    HITS_HAVE,
    "all_records works stones reviewed ever_hits hits_of_texts",
    """WITH reach AS (SELECT record_id, sid FROM ever_hits UNION SELECT record_id, sid FROM hits_of_texts),
    said AS (
        SELECT w.work, h.sid FROM all_records a JOIN works w ON w.digest = a.norm_sha256 JOIN reach h USING (record_id)
        UNION SELECT w.work, h.sid FROM all_records a JOIN works w ON w.digest = a.norm1_sha256
        JOIN reach h USING (record_id)
        UNION SELECT w.work, t.sid FROM stones t JOIN works w ON w.digest IN (t.norm_sha256, t.norm1_sha256))
    SELECT DISTINCT r.record_id, s.sid, false AS direct
    FROM reviewed r JOIN works w USING (digest) JOIN said s USING (work)
    WHERE NOT EXISTS (SELECT 1 FROM hits_of_texts h WHERE h.record_id = r.record_id AND h.sid = s.sid)""",
    rests_on="works",
)
"""What reaches a text of a work, or ever did, reaches all of its texts, as it would reach an exact copy."""

HIT = (SPREAD_HITS, union("hit", HITS_HAVE, "hits_of_texts", "spread_hits"))


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


AT = ("host", "addressed", "url")
"""Where a marked record is from: what was observed of its location is found by that."""


def marked(*reached: str) -> Relation:
    """``marked``: the columns :data:`MARKED` of the records in these relations, those that copies or events reach; with their
    ``host``, whether they are ``addressed``, and their ``url``.
    """
    columns = ", ".join([*(f"r.{name}" for name in MARKED), "r.host", "r.url IS NOT NULL AS addressed", "r.url"])
    ids = " UNION ALL ".join(f"SELECT record_id FROM {name}" for name in reached)
    return Relation(
        "marked",
        " ".join([*MARKED, *AT]),
        " ".join(["records", *reached]),
        f"SELECT {columns} FROM records r SEMI JOIN ({ids}) d ON d.record_id = r.record_id",
        rests_on=" ".join(reached),
    )


NEAR_MEMBERS = Relation(
    "near_members",
    "record_id group_id rights_id text",
    "duplicates marked",
    """WITH exact AS (SELECT record_id, group_id FROM duplicates WHERE kind = 'exact'),
    texts AS (
        SELECT m.group_id, m.record_id, coalesce(e.group_id, m.record_id) AS text FROM duplicates m
        LEFT JOIN exact e ON e.record_id = m.record_id WHERE m.kind = 'near'),
    members AS (
        SELECT record_id, group_id, text FROM texts
        UNION SELECT e.record_id, t.group_id, t.text FROM texts t JOIN exact e ON e.group_id = t.text)
    SELECT m.record_id, m.group_id, r.rights_id, m.text FROM members m JOIN marked r ON r.record_id = m.record_id""",
    rests_on="marked",
)
"""The records of each group of near copies, of every text all its copies."""

_STATED = f"""CASE WHEN count(DISTINCT rights_id) > {MOST_STATEMENTS} THEN ['{TOO_MANY}']
    ELSE list_sort(list(DISTINCT rights_id)) END"""
"""The profiles that are stated in a group, too many of them as one word."""

COPIES = (
    Relation(
        "exact_members",
        "record_id group_id rights_id",
        "duplicates reviewed works marked",
        """WITH one_work AS (
            SELECT v.record_id, 'work:' || hex(w.work) AS group_id FROM reviewed v JOIN works w USING (digest)),
        grouped AS (
            SELECT DISTINCT record_id, group_id FROM duplicates d
            WHERE kind = 'exact' AND NOT EXISTS (SELECT 1 FROM one_work o WHERE o.record_id = d.record_id)
            UNION ALL SELECT record_id, group_id FROM one_work)
        SELECT g.record_id, g.group_id, r.rights_id FROM grouped g JOIN marked r ON r.record_id = g.record_id""",
        rests_on="marked",
    ),
    Relation(
        "exact_others",
        "record_id others",
        "exact_members",
        f"""WITH mixed AS (
            SELECT group_id, {_STATED} AS ids FROM exact_members GROUP BY group_id HAVING count(DISTINCT rights_id) > 1)
        SELECT m.record_id,
            list_sort(list_distinct(flatten(list(list_filter(x.ids, lambda i: i <> m.rights_id))))) AS others
        FROM exact_members m JOIN mixed x USING (group_id) GROUP BY m.record_id""",
        rests_on="exact_members",
    ),
    NEAR_MEMBERS,
    Relation(
        "near_texts",
        "group_id text rights_id",
        "near_members",
        "SELECT DISTINCT group_id, text, rights_id FROM near_members",
        rests_on="near_members",
    ),
    Relation(
        "near_hits",
        "group_id text",
        "near_members hit refusing",
        """SELECT DISTINCT m.group_id, m.text FROM near_members m
        JOIN hit h ON h.record_id = m.record_id JOIN refusing f ON f.sid = h.sid""",
        rests_on="near_members",
    ),
    Relation(
        "near_settled",
        "group_id text other",
        "settled reviewed near_members",
        """SELECT DISTINCT x.group_id, x.text, y.text AS other FROM settled t
        JOIN reviewed a ON a.digest = t.digest JOIN near_members x ON x.record_id = a.record_id
        JOIN reviewed b ON b.digest = t.other JOIN near_members y ON y.record_id = b.record_id AND y.group_id = x.group_id""",
        rests_on="settled",
    ),
    # Most texts hear their whole group. Two sorts do not, and are few: exact copies of one text may state several things,
    # and what only they say is not said by a near copy; and of a text that was reviewed only the near ones that wait are heard.
    Relation(
        "near_own",
        "group_id text settled",
        "near_texts near_settled",
        """WITH several AS (SELECT group_id, text FROM near_texts GROUP BY group_id, text HAVING count(*) > 1)
        SELECT group_id, text, false AS settled FROM several s
        ANTI JOIN near_settled n ON n.group_id = s.group_id AND n.text = s.text
        UNION ALL SELECT DISTINCT group_id, text, true FROM near_settled""",
        rests_on="near_texts near_settled",
    ),
    Relation(
        "near_statements",
        "group_id rights_id texts text",
        "near_texts near_own",
        """SELECT t.group_id, t.rights_id, count(*) AS texts, min(t.text) AS text FROM near_texts t
        SEMI JOIN near_own o ON o.group_id = t.group_id AND NOT o.settled GROUP BY t.group_id, t.rights_id""",
        rests_on="near_own",
    ),
    Relation(
        "near_heard",
        "group_id text rights_id",
        "near_own near_statements near_texts near_settled",
        """SELECT n.group_id, n.text, s.rights_id FROM near_own n
        JOIN near_statements s ON s.group_id = n.group_id AND (s.texts > 1 OR s.text <> n.text) WHERE NOT n.settled
        UNION ALL SELECT n.group_id, n.text, o.rights_id FROM near_own n
        JOIN near_texts o ON o.group_id = n.group_id AND o.text <> n.text
        ANTI JOIN near_settled a ON a.group_id = n.group_id AND a.text = n.text AND a.other = o.text
        WHERE n.settled""",
        rests_on="near_own",
    ),
    Relation(
        "near_others",
        "record_id others",
        "near_texts near_heard near_own near_members",
        f"""WITH mixed AS (
            SELECT group_id, {_STATED} AS ids FROM near_texts GROUP BY group_id HAVING count(DISTINCT rights_id) > 1),
        left_over AS (SELECT group_id, text, {_STATED} AS ids FROM near_heard GROUP BY group_id, text)
        SELECT m.record_id, list_filter(x.ids, lambda i: i <> m.rights_id) AS others
        FROM near_members m JOIN mixed x USING (group_id)
        ANTI JOIN near_own o ON o.group_id = m.group_id AND o.text = m.text
        UNION ALL SELECT m.record_id, list_filter(x.ids, lambda i: i <> m.rights_id)
        FROM near_members m JOIN left_over x ON x.group_id = m.group_id AND x.text = m.text""",
        rests_on="near_members",
    ),
    # Of a text that was reviewed: those that still wait for a review beside it.
    Relation(
        "near_waiting",
        "group_id text other",
        "near_settled near_texts",
        """SELECT n.group_id, n.text, o.text AS other FROM (SELECT DISTINCT group_id, text FROM near_settled) n
        JOIN (SELECT DISTINCT group_id, text FROM near_texts) o ON o.group_id = n.group_id AND o.text <> n.text
        ANTI JOIN near_settled a ON a.group_id = n.group_id AND a.text = n.text AND a.other = o.text""",
        rests_on="near_settled",
    ),
    # Records of a group in which something was withdrawn; of a text that was reviewed: here, or in one that waits. What was
    # withdrawn in it may be erased since.
    Relation(
        "near_refused",
        "record_id",
        "near_waiting near_hits near_settled near_members carried refusing",
        """WITH open AS (
            SELECT DISTINCT p.group_id, p.text FROM near_waiting p
            JOIN near_hits h ON h.group_id = p.group_id AND (h.text = p.text OR h.text = p.other))
        SELECT DISTINCT m.record_id FROM near_members m
        WHERE EXISTS (SELECT 1 FROM near_hits h WHERE h.group_id = m.group_id)
            AND (NOT EXISTS (SELECT 1 FROM near_settled a WHERE a.group_id = m.group_id AND a.text = m.text)
                OR EXISTS (SELECT 1 FROM open o WHERE o.group_id = m.group_id AND o.text = m.text))
        UNION SELECT c.record_id FROM carried c JOIN refusing f ON f.sid = c.sid WHERE c.reach = 'near'""",
        rests_on="near_hits carried",
    ),
)
"""What copies say: ``others`` are the profiles of exact or near copies that differ from the record's own."""
