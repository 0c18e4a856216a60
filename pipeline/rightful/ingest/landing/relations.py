"""What a landing computes, in order: refusals, which rows count, what is new, the members of texts. Floor 7.

It starts from the views of the newest snapshot and the staged files. Nothing of it counts until the commit.
"""

from __future__ import annotations

from collections.abc import Collection

from rightful.ingest.landing.counting import COUNTING, GIVEN
from rightful.ingest.landing.exact import MEMBERS
from rightful.ingest.staged import PLACE
from rightful.store.matching import FORMER_FILES, SELECTORS_HAVE, STONES, keyed_matches, reaching
from rightful.store.records import HIDDEN, HOLDINGS, RECORDS
from rightful.store.relations import Relation

STARTS_FROM = "records all_records duplicates evidence hidden tombstones part_order rejected"
"""The views of the snapshot that are read."""
_INCOMING_HAVE = " ".join([*RECORDS.names, "pos"])


def relations(kinds: Collection[str], staged: str, holdings: str) -> tuple[Relation, ...]:
    """All of them. ``kinds`` are those of the selectors of refusals; ``staged`` is the SQL of the staged records,
    ``holdings`` of the lists of what files hold.
    """
    return (
        Relation("selectors", SELECTORS_HAVE),
        FORMER_FILES,
        *GIVEN,
        *STONES,
        Relation(
            "incoming",
            _INCOMING_HAVE,
            "",
            f"SELECT * EXCLUDE (filename, file_row_number), {PLACE} AS pos FROM {staged}",
            view=True,
        ),
        *reaching("incoming", kinds),
        *keyed_matches("incoming"),
        Relation(
            "keyed_hits",
            "record_id sid",
            "keyed_matches event_sids",
            "SELECT DISTINCT m.record_id, e.sid FROM keyed_matches m JOIN event_sids e USING (event)",
            rests_on="keyed_matches",
        ),
        # With its copies, as the tombstone of what is refused here will refuse them when they are read again.
        Relation(
            "refused",
            "record_id sid",
            "hits stone_hits keyed_hits incoming",
            """WITH named AS (SELECT record_id, sid FROM hits UNION ALL SELECT record_id, sid FROM stone_hits
                UNION ALL SELECT record_id, sid FROM keyed_hits),
            content AS (SELECT DISTINCT i.norm_sha256, n.sid FROM named n JOIN incoming i ON i.record_id = n.record_id)
            SELECT i.record_id, min(c.sid) AS sid FROM incoming i JOIN content c ON c.norm_sha256 = i.norm_sha256
            GROUP BY i.record_id""",
        ),
        Relation(
            "holdings",
            " ".join(HOLDINGS.names),
            "lists",
            f"""SELECT h.* EXCLUDE (filename, file_row_number) FROM {holdings} h
            JOIN lists l ON l.source_id = h.source_id AND l.file = h.file AND l.held = parse_filename(h.filename, true)""",
        ),
        *COUNTING,
        Relation(
            "fresh",
            _INCOMING_HAVE,
            "incoming outcome aside",
            """SELECT * FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM outcome o WHERE o.pos = i.pos)
            AND NOT EXISTS (SELECT 1 FROM aside a WHERE a.pos = i.pos)""",
            view=True,
        ),
        *MEMBERS,
    )


def hidden_from_now(rows_aside: str, replaced: str) -> tuple[Relation, ...]:
    """``hidden_now``: what is to be hidden, with the rows that land aside, and what the parts say that are ``replaced``
    since a row of theirs counts again or is hidden for another reason. Both are SQL.
    """
    return (
        Relation("rows_aside", "part record_id reason", "", rows_aside),
        Relation(
            "hidden_now",
            " ".join(HIDDEN.names),
            "hiding rows_aside rewritten",
            f"""SELECT part, record_id, reason FROM hiding UNION SELECT part, record_id, reason FROM rows_aside
            UNION SELECT part, record_id, reason FROM rewritten WHERE reason IS NOT NULL
            UNION SELECT h.part, h.record_id, h.reason FROM {replaced} h
                ANTI JOIN rewritten w ON w.part = h.part AND w.record_id = h.record_id""",
        ),
    )
