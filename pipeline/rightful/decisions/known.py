"""What a snapshot must not have: acts, events and marks that this version does not know. Floor 5."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from rightful.errors import StoreError, UnknownName
from rightful.rights.consent import ConsentEvent
from rightful.rights.licenses import Catalog
from rightful.store.duck import rows
from rightful.store.layout import Layout


def all_known(con: duckdb.DuckDBPyConnection, layout: Layout, events: Sequence[ConsentEvent], catalog: Catalog) -> None:
    """Raise :class:`StoreError` for what would otherwise be passed over: acts, events and marks that are not known here."""
    hint = "use the version of rightful that wrote it; if this one did: rightful store check"
    for acts in {e.acts for e in events}:
        for act in acts:
            try:
                catalog.vocabulary.leaves(act)
            except UnknownName as error:
                of = next(e.event_id for e in events if act in e.acts)
                why = f"event {of} is about the act {act!r}, which is not known here"
                raise StoreError(why, subject=str(layout.ledger), hint=hint) from error
    known = {e.event_id for e in events}
    for (event,) in rows(con, "SELECT DISTINCT event FROM tombstones"):
        if event not in known:
            why = f"a tombstone is of event {event}, which the ledger does not have"
            raise StoreError(why, subject=str(layout.root / "tombstones"), hint=hint)
    for (kind,) in rows(con, "SELECT DISTINCT kind FROM duplicates"):
        if kind not in ("exact", "near"):
            why = f"a mark of copies is of the kind {kind!r}, which is not known here"
            raise StoreError(why, subject=str(layout.root / "duplicates"), hint=hint)
