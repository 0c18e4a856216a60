"""The tombstones of what is erased: keyed where they name it, and new ones where it had none. Floor 7.

A tombstone keeps the id of its record in clear. It follows from the source and the id or address there beside the content,
exports and what was made from them are traced by it, and it says nothing of a content to somebody who has that alone.
"""

from __future__ import annotations

import pyarrow as pa

from rightful.store.keyed import TAKES, keyed_digest, keyed_text
from rightful.store.placed import stone_places
from rightful.store.records import ALL_STONES
from rightful.store.relations import Relation, Rows
from rightful.store.same_text import DIGESTS, same_text

_NAMES = " ".join(ALL_STONES.names)


def _places(urls: Rows) -> pa.Table:
    listed = [str(url) for (url,) in urls]
    places = pa.array([list(stone_places(url)) for url in listed], pa.list_(pa.string()))
    return pa.table({"url": pa.array(listed, pa.string()), "places": places})


ADDED = (
    # From before places were kept.
    Relation(
        "older_places",
        "url places",
        "tombstones",
        "SELECT DISTINCT url FROM tombstones WHERE places IS NULL AND url IS NOT NULL",
        through=_places,
    ),
    Relation("newest_event", "sid event", "due_events", "SELECT sid, max(event) AS event FROM due_events GROUP BY sid"),
    Relation(
        "due_digests",
        f"record_id content_sha256 {' '.join(DIGESTS)}",
        "all_records due",
        f"""SELECT DISTINCT r.record_id, r.content_sha256, {", ".join(f"r.{c}" for c in DIGESTS)}
        FROM all_records r SEMI JOIN due d ON d.record_id = r.record_id""",
    ),
    Relation(
        "stones_added",
        _NAMES,
        "due hits due_histories newest_event due_digests carried_on tombstones",
        f"""SELECT e.event, d.record_id, NULL::VARCHAR AS source_id, NULL::VARCHAR AS source_record_id, NULL::VARCHAR AS url,
            []::VARCHAR[] AS places, {keyed_digest("g.content_sha256")} AS content_sha256,
            {keyed_digest("g.norm_sha256")} AS norm_sha256, g.norm_rule, {keyed_digest("g.norm1_sha256")} AS norm1_sha256,
            true AS keyed, CASE WHEN h.record_id IS NULL THEN 'copy' END AS reach, NULL::VARCHAR AS was
        FROM due d LEFT JOIN (SELECT DISTINCT record_id, sid FROM hits) h ON h.record_id = d.record_id AND h.sid = d.sid
        JOIN newest_event e ON e.sid = d.sid JOIN due_digests g ON g.record_id = d.record_id
        WHERE NOT EXISTS (SELECT 1 FROM tombstones t JOIN due_histories h ON h.event = t.event
            WHERE h.sid = d.sid AND t.record_id = d.record_id AND coalesce(t.reach, 'copy') = 'copy')
        UNION SELECT e.event, c.record_id, NULL, NULL, NULL, []::VARCHAR[], NULL, NULL, NULL, NULL, NULL, c.reach, NULL
        FROM carried_on c JOIN newest_event e ON e.sid = c.sid
        WHERE NOT EXISTS (SELECT 1 FROM tombstones t
            WHERE t.event = e.event AND t.record_id = c.record_id AND t.reach = c.reach)""",
        takes=TAKES,
    ),
)
"""``stones_added``: one for each record that is due and has none of the events that ask for it, and what these reach on."""


def keyed_stones(old: str) -> tuple[Relation, ...]:
    """``stones_now``: the tombstones of a part, by its SQL, as they are from now on; ``changed`` where one became keyed.

    Those become keyed that are of a history which erases, of a record that is due, or of one of its texts: of whatever event.
    """
    same = " OR ".join(f"({one})" for one in same_text("t", "x"))
    texts = ("source_record_id", "url")
    digests = ("content_sha256", "norm_sha256", "norm1_sha256")
    columns = [f"CASE WHEN c.changed THEN {keyed_text(f't.{n}')} ELSE t.{n} END AS {n}" for n in texts]
    columns += [f"CASE WHEN c.changed THEN {keyed_digest(f't.{n}')} ELSE t.{n} END AS {n}" for n in digests]
    return (
        Relation(
            "stones_to_key",
            "file_row_number changed",
            "due due_histories due_texts",
            f"""WITH plain AS (SELECT * FROM {old} WHERE keyed IS NULL AND reach IS NULL)
            SELECT DISTINCT file_row_number, true AS changed FROM (
                SELECT file_row_number FROM plain WHERE event IN (SELECT event FROM due_histories)
                UNION SELECT file_row_number FROM plain WHERE record_id IN (SELECT record_id FROM due)
                UNION SELECT t.file_row_number FROM plain t JOIN due_texts x ON {same})""",
        ),
        Relation(
            "stones_now",
            f"{_NAMES} file_row_number changed",
            "stones_to_key older_places",
            f"""SELECT t.event, t.record_id, t.source_id, {", ".join(columns)}, t.norm_rule,
                CASE WHEN c.changed THEN list_transform(coalesce(t.places, o.places, []), lambda p: {keyed_text("p")})
                    ELSE t.places END AS places,
                coalesce(c.changed, t.keyed) AS keyed, t.reach, t.was, t.file_row_number, c.changed
            FROM {old} t LEFT JOIN stones_to_key c USING (file_row_number) LEFT JOIN older_places o ON o.url = t.url""",
            takes=TAKES,
        ),
    )
