"""What recording events computes, in order: which records they match, and the tombstones of what they refuse. Floor 6."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from rightful.store.matching import FORMER_FILES, HITS_HAVE, SELECTORS_HAVE, former_hits, hits
from rightful.store.placed import stone_places
from rightful.store.records import TOMBSTONES
from rightful.store.relations import Relation, Rows, strings, union

STARTS_FROM = "records all_records"


PASSAGE_HITS = Relation("passage_hits", HITS_HAVE)
"""What else holds the passages that events name: given."""


def no_passages() -> pa.Table:
    """The table of :data:`PASSAGE_HITS` without a row."""
    return passage_hits(pa.table({"record_id": pa.array([], pa.string()), "sid": pa.array([], pa.int64())}))


def passage_hits(held: pa.Table) -> pa.Table:
    """The table of :data:`PASSAGE_HITS`, of records and the numbers of events."""
    return held.append_column("direct", pa.array([True] * held.num_rows, pa.bool_()))


def matched(kinds: Collection[str]) -> tuple[Relation, ...]:
    """``hits``: the records, of whatever version, that events match. Their numbers are ``sid``; ``refusals`` are those of
    the events that refuse, which mean the sources that files belonged to before as well."""
    return (
        Relation("selectors", SELECTORS_HAVE),
        Relation("refusals", "sid"),
        FORMER_FILES,
        Relation(
            "refusing_selectors", SELECTORS_HAVE, "selectors refusals", "FROM selectors SEMI JOIN refusals USING (sid)"
        ),
        hits("named_hits", "all_records", kinds),
        former_hits("former_hits", "all_records", "named_hits", "refusing_selectors"),
        PASSAGE_HITS,
        union("hits", HITS_HAVE, "named_hits", "former_hits", "passage_hits"),
    )


def _own_places(urls: Rows) -> pa.Table:
    places = [(str(url), place) for (url,) in urls for place in stone_places(str(url))]
    return strings(url=[u for u, _ in places], place=[p for _, p in places])


NEW_STONES = (
    Relation("refusing", "sid"),
    Relation(
        "refused_rows",
        "sid record_id source_id source_record_id url content_sha256 norm_sha256 norm_rule norm1_sha256",
        "hits refusing all_records",
        """SELECT DISTINCT h.sid, r.record_id, r.source_id, r.source_record_id, r.url, r.content_sha256, r.norm_sha256,
            r.norm_rule, r.norm1_sha256
        FROM hits h SEMI JOIN refusing f ON f.sid = h.sid JOIN all_records r USING (record_id)""",
    ),
    Relation(
        "own_places",
        "url place",
        "refused_rows",
        "SELECT DISTINCT url FROM refused_rows WHERE url IS NOT NULL",
        through=_own_places,
    ),
    # What one record alone has names it after it is gone; what several have would refuse the others too.
    Relation(
        "lone_origins",
        "source_id source_record_id",
        "records refused_rows",
        """SELECT source_id, source_record_id FROM records
        WHERE source_record_id IN (SELECT source_record_id FROM refused_rows) GROUP BY ALL HAVING count(*) = 1""",
    ),
    Relation(
        "lone_urls",
        "url",
        "records refused_rows",
        "SELECT url FROM records WHERE url IN (SELECT url FROM refused_rows) GROUP BY ALL HAVING count(*) = 1",
    ),
    Relation(
        "lone_places",
        "place",
        "records own_places",
        """SELECT place FROM (SELECT unnest(places) AS place FROM records) WHERE place IN (SELECT place FROM own_places)
        GROUP BY place HAVING count(*) = 1""",
    ),
    Relation(
        "new_stones",
        " ".join(["sid", *TOMBSTONES.names[1:]]),
        "refused_rows own_places lone_origins lone_urls lone_places",
        """WITH placed AS (
            SELECT o.url, list_sort(list(o.place)) AS places FROM own_places o SEMI JOIN lone_places USING (place)
            GROUP BY o.url)
        SELECT m.sid, m.record_id, a.source_id, a.source_record_id, u.url,
            coalesce(p.places, []) AS places, m.content_sha256, m.norm_sha256, m.norm_rule, m.norm1_sha256
        FROM refused_rows m
        LEFT JOIN lone_origins a ON a.source_id = m.source_id AND a.source_record_id = m.source_record_id
        LEFT JOIN lone_urls u ON u.url = m.url LEFT JOIN placed p ON p.url = m.url""",
    ),
)
"""``new_stones``: the tombstones of what the events ``refusing`` refuse."""
