"""A source that leaves no more, until it is restored: recorded, with the exports that hold its records. Floor 7. Law 14.7.

Its records, tags and texts stay, and so do its files: what ends is that they leave. Who wants the texts gone records an
erasure; who wants other copies of the texts refused as well records a withdrawal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from rightful.errors import InputError, UnknownName
from rightful.query.touched import newly_touched, refused_now
from rightful.rights.licenses import Catalog
from rightful.rights.sources import RETIRED, Turn, retired_at
from rightful.store.duck import rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views


def record(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    source: str,
    *,
    turn: str,
    by: str,
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Record that a source is retired or restored, in a commit of its own; what is so already is not recorded again.

    Raises :class:`UnknownName` for a source that is not there, :class:`InputError` where nobody gives a reason.
    """
    for option, text in (("--by", by), ("--reason", reason)):
        if text and not text.isprintable():
            raise InputError("is not printable: it is kept, and shown in one line", subject=option)
    if not reason.strip():
        raise InputError("is empty: it is kept, for whoever asks later why", subject="--reason")
    sweep(layout)
    with committing(layout, ledger):
        known = {str(s["source_id"]) for s in ledger.sources(ledger.snapshot())}
        if source not in known:
            raise UnknownName.of("source", source, known)
        again = (source in retired_at(ledger.turns(), now)) == (turn == RETIRED)
        before = refused_now(layout, ledger, catalog, now)
        if not again:
            with ledger.commit("source", source, now) as commit:
                commit.add_turn(Turn(source=source, turn=turn, recorded=now, by=by.strip(), reason=reason.strip()))
                commit.summary.update({turn: source})
        after = refused_now(layout, ledger, catalog, now) if before and not again else before
        open_views(con, layout, ledger, ledger.snapshot())
    newest = [t for t in ledger.turns() if t.source == source]
    held = "SELECT count(*) FROM records WHERE source_id = ?"
    return {
        "source": source,
        "retired": turn == RETIRED,
        "recorded": not again,
        "at": stamp(newest[-1].recorded) if newest else None,
        "by": newest[-1].by if newest else "",
        "reason": newest[-1].reason if newest else "",
        "records": int(rows(con, held, [source])[0][0]),
        **newly_touched(before, after).as_json(),
    }
