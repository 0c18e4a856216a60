"""What has to be erased, in order: which rows events reach, and what they go on reaching when these are gone. Floor 7.

It starts from the views of every snapshot: what no longer counts has a text as well. Rows that were erased before are
none of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import duckdb

from rightful.decisions.cases import Decided
from rightful.decisions.copies import reviews_given
from rightful.rights.consent import in_force
from rightful.rights.erasure import ERASING, erases
from rightful.rights.licenses import Catalog
from rightful.rights.review import standing_reviews
from rightful.store.deadlines import ends_of_sources
from rightful.store.duck import rows, table
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import (
    FORMER_FILES,
    SELECTORS_HAVE,
    STONES,
    Standings,
    event_sids,
    former_files,
    reaching,
    selectors_of,
)
from rightful.store.records import ERASED
from rightful.store.relations import Relation, build, strings
from rightful.store.same_text import DIGESTS, same_text
from rightful.store.scratch import workspace
from rightful.store.views import open_views

_DIGESTS = ", ".join(DIGESTS)
NO_EVENT = -1
"""The ``sid`` of what goes because its source is kept for no longer."""


def due(kinds: Collection[str]) -> tuple[Relation, ...]:
    """``due_rows(part, row, record_id)`` and ``due(record_id, sid)``: what refusals that erase reach, by selector, tombstone
    or former source; earlier versions of the same records; every row with one of those texts, or with one that somebody
    decided is the same work, which counts as an exact copy; and all of sources whose records are kept for no longer."""
    same = same_text("t", "a")
    return (
        Relation("selectors", SELECTORS_HAVE),
        FORMER_FILES,
        *STONES,
        *reaching("all_records", kinds),
        Relation(
            "due_named",
            f"record_id sid source_id origin {' '.join(DIGESTS)}",
            "hits stone_hits all_records",
            f"""WITH named AS (SELECT record_id, sid FROM hits UNION SELECT record_id, sid FROM stone_hits)
            SELECT DISTINCT r.record_id, n.sid, r.source_id, coalesce(r.source_record_id, r.url) AS origin, {_DIGESTS}
            FROM all_records r JOIN named n ON n.record_id = r.record_id WHERE r.recipe_sha256 <> '{ERASED}'""",
        ),
        Relation(
            "due_versions",
            f"record_id sid {' '.join(DIGESTS)}",
            "all_records due_named hidden",
            f"""SELECT DISTINCT r.record_id, x.sid, {", ".join(f"r.{c}" for c in DIGESTS)} FROM all_records r
            JOIN due_named x ON x.source_id = r.source_id AND x.origin = coalesce(r.source_record_id, r.url)
            SEMI JOIN hidden h ON h.part = r.part AND h.record_id = r.record_id WHERE r.recipe_sha256 <> '{ERASED}'""",
        ),
        Relation(
            "due_texts",
            f"sid {' '.join(DIGESTS)}",
            "due_named due_versions stones",
            f"""SELECT sid, {_DIGESTS} FROM due_named UNION SELECT sid, {_DIGESTS} FROM due_versions
            UNION SELECT sid, {_DIGESTS} FROM stones WHERE norm_sha256 IS NOT NULL AND keyed IS NULL""",
        ),
        Relation("one_work", "digest work"),
        Relation(
            "due_works",
            "sid digest",
            "due_texts one_work",
            """SELECT DISTINCT t.sid, o.digest FROM due_texts t
            JOIN one_work m ON m.digest IN (t.norm_sha256, t.norm1_sha256) JOIN one_work o ON o.work = m.work""",
        ),
        Relation("ended_sources", "source_id"),
        Relation(
            "due",
            "record_id sid",
            "due_named due_versions due_texts due_works ended_sources all_records",
            "SELECT record_id, sid FROM due_named UNION SELECT record_id, sid FROM due_versions UNION "
            # No event asks for it: there is nothing to refuse by later, and nothing that it carries on to.
            f"SELECT record_id, {NO_EVENT} FROM all_records WHERE source_id IN (SELECT source_id FROM ended_sources)"
            f" AND recipe_sha256 <> '{ERASED}' UNION "
            + " UNION ".join(
                f"SELECT a.record_id, t.sid FROM all_records a JOIN {of} t ON {one} WHERE a.recipe_sha256 <> '{ERASED}'"
                for of, one in (
                    *(("due_texts", one) for one in same),
                    *(("due_works", f"t.digest = a.{digest}") for digest in ("norm_sha256", "norm1_sha256")),
                )
            ),
        ),
        Relation(
            "due_rows",
            "part row record_id",
            "all_records due",
            f"""SELECT DISTINCT a.part, a.row, a.record_id FROM all_records a SEMI JOIN due d ON d.record_id = a.record_id
            WHERE a.recipe_sha256 <> '{ERASED}'""",
        ),
    )


CARRIED_ON = (
    Relation("group_members", "record_id group_id text"),
    Relation("near_flagged", "record_id"),
    Relation("came_from", "record_id arow"),
    Relation(
        "carried_on",
        "record_id sid reach",
        "due group_members near_flagged came_from",
        """WITH whole AS (
            SELECT m.record_id, d.sid, 'near' AS reach FROM group_members m SEMI JOIN near_flagged f USING (record_id)
            JOIN group_members g ON g.group_id = m.group_id AND g.text <> m.text JOIN due d ON d.record_id = g.record_id
            UNION SELECT c.record_id, d.sid, 'derived' FROM came_from c JOIN due d ON d.record_id = c.arow)
        SELECT DISTINCT record_id, sid, reach FROM whole w ANTI JOIN due d ON d.record_id = w.record_id""",
    ),
)
"""``carried_on``: what stays and is refused, or waits for a review, because of what is due: near copies, and rows that came
from one."""


def find(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime) -> int:
    """Fill ``due_rows``, ``due`` and ``carried_on``, and with what asks for it ``due_events(event, sid)``, among all refusals
    of the same selectors ``due_histories``; answer how many rows are due."""
    events = in_force(ledger.consents(), now)
    standings = Standings.at(events, now)
    erasing = [selector for selector, history in standings.histories.items() if erases(history, now)]
    ids = {selector: n for n, selector in enumerate(erasing)}
    selectors = selectors_of((standings.named(selector), n) for n, selector in enumerate(erasing))
    open_views(con, layout, ledger, ledger.snapshot(), older=True, every=True)
    given = {
        "selectors": selectors.table,
        "former_files": former_files(ledger.files.passed()),
        "event_sids": event_sids((e for e in events if e.refuses), ids),
        "one_work": reviews_given(standing_reviews(ledger.reviews(), now))["works"],
        "ended_sources": strings(source_id=sorted(s for s, end in ends_of_sources(ledger).items() if end <= now)),
    }
    build(con, due(selectors.kinds), given)
    asking = event_sids((e for e in events if e.kind in ERASING), ids)
    named = (Relation("due_histories", "event sid"), Relation("due_events", "event sid"))
    build(con, named, {"due_histories": given["event_sids"], "due_events": asking})
    count = int(rows(con, "SELECT count(*) FROM due_rows")[0][0])
    if count:
        carry_on(con, layout, ledger, catalog, now)
    return count


def carry_on(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime) -> None:
    """Fill ``carried_on``, by ``due``, from what the newest snapshot is decided by today."""
    with workspace(layout, "carry") as (other, _):
        decided = Decided(other, layout, ledger, ledger.snapshot(), catalog, now)
        given = {
            "group_members": table(other, "SELECT record_id, group_id, text FROM near_members"),
            "near_flagged": table(other, "FROM near_refused"),
            "came_from": table(other, _CAME_FROM if decided.chains.children else _NOTHING),
        }
    build(con, CARRIED_ON, given)


_CAME_FROM = "SELECT record_id, arow FROM ancestor_rows"
_NOTHING = "SELECT '' AS record_id, '' AS arow WHERE false"
