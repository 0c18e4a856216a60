"""Whose text nobody may look at: records that an unlimited refusal reaches now, in whatever version or copy. Floor 7. Law 17.3.

``sql`` is for looking inside, and what was withdrawn is not for looking at any more. Permission is another question: it
depends on the use, and a refusal that names acts or purposes leaves the others open.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from rightful.query.refusals import KEPT_OUT, readable_texts, withheld
from rightful.rights.consent import in_force, refuses_ingest
from rightful.store.duck import rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import Standings, event_sids, former_files, selectors_of
from rightful.store.records import KINDS
from rightful.store.relations import Relation, build
from rightful.store.same_text import DIGESTS
from rightful.store.views import open_views


def find_withheld(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, now: datetime, *, among: bool = False
) -> None:
    """Fill ``withheld(record_id)`` and ``withheld_content``, which has the :data:`DIGESTS`, from the newest snapshot.

    An event reaches a record by its selector, by the tombstone of what it matched, as a copy, or as another version of
    the same record of the same source. ``among``: ``con`` has some rows alone (:func:`rightful.store.views.open_rows`), and
    what reaches these is found, by what is on record of the others.
    """
    events = in_force(ledger.consents(), now)
    standings = Standings.at(events, now)
    refusing = [s for s, i in standings.by_selector.items() if refuses_ingest(standings.distinct[i], now)]
    if not refusing:
        names = {"withheld": ("record_id",), "withheld_content": DIGESTS}
        build(
            con,
            [Relation(name, " ".join(columns)) for name, columns in names.items()],
            {name: pa.schema([KINDS["records"].field(c) for c in of]).empty_table() for name, of in names.items()},
        )
        return
    if not among:
        open_views(con, layout, ledger, ledger.snapshot(), older=True)
    selectors = selectors_of((standings.named(selector), n) for n, selector in enumerate(refusing))
    given = {
        "selectors": selectors.table,
        "former_files": former_files(ledger.files.passed()),
        "event_sids": event_sids((e for e in events if e.refuses), {s: n for n, s in enumerate(refusing)}),
    }
    build(con, withheld(selectors.kinds), given)


def open_texts(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int) -> set[str]:
    """The view ``texts`` without what is withheld; answers the parts that may be read as they lie.

    Of a part that has a text which is withheld, what may be looked at is copied out of it: nothing then reads the file.
    ``con`` has the views of the snapshot, and :func:`find_withheld` was called on it.
    """
    build(con, (KEPT_OUT,))
    touched = {str(part) for (part,) in rows(con, "SELECT DISTINCT part FROM kept_out")}
    parts = [p.part for p in ledger.parts("texts", snapshot)]
    untouched, others = (
        scan([layout.part("texts", part) for part in parts if (part in touched) == chosen], KINDS["texts"], placed=True)
        for chosen in (False, True)
    )
    build(con, readable_texts(untouched, others))
    con.cursor().execute("DROP VIEW IF EXISTS all_texts").fetchall()
    return {part for part in parts if part not in touched}
