"""What becomes of every staged row, and of every stored one that it changes: the relations of a landing, filled. Floor 7."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from rightful.ingest.landing.arrival import Arrival
from rightful.ingest.landing.relations import relations
from rightful.ingest.staged import staged
from rightful.rights.consent import in_force, refuses_ingest
from rightful.signals.cards.source_card import FILE_SCOPE, stored_card
from rightful.store.check import check_parts
from rightful.store.duck import scan
from rightful.store.keyed import values
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import Standings, event_sids, former_files, selectors_of
from rightful.store.records import HOLDINGS, RECORDS
from rightful.store.relations import Relation, build, strings


def sort_out(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, before: int, arrival: Arrival, now: datetime
) -> tuple[Relation, ...]:
    """Make the relations of :mod:`rightful.ingest.landing.relations` on a connection that has the views of ``before``."""
    events = in_force(ledger.consents(), now)
    standings = Standings.at(events, now)
    refusing = [s for s, i in standings.by_selector.items() if refuses_ingest(standings.distinct[i], now)]
    selectors = selectors_of((standings.named(selector), n) for n, selector in enumerate(refusing))
    check_parts(layout, ledger, before, ("holdings",))
    holdings = [layout.part("holdings", p.part) for p in ledger.parts("holdings", before)]
    lists = ledger.files.lists()
    whole = _whole_sources(ledger, before, arrival)
    given = {
        "selectors": selectors.table,
        "former_files": former_files([*ledger.files.passed(), *arrival.passed]),
        "event_sids": event_sids((e for e in events if e.refuses), {s: n for n, s in enumerate(refusing)}),
        "whole_sources": strings(source_id=whole).append_column(
            "by_source", pa.array(list(whole.values()), pa.bool_())
        ),
        "file_states": _file_states(ledger, arrival),
        "lists": strings(source_id=[r[0] for r in lists], file=[r[1] for r in lists], held=[r[2] for r in lists]),
        "gone_files": strings(source_id=[f.source_id for f in arrival.gone], file=[f.file for f in arrival.gone]),
    }
    incoming = scan(staged_files(arrival, "records"), RECORDS, placed=True)
    made = relations(selectors.kinds, incoming, scan(holdings, HOLDINGS, placed=True))
    build(con, made, given, values(ledger.key))
    return made


def staged_files(arrival: Arrival, kind: str) -> list[Path]:
    """The staged files of one kind, in their order."""
    pieces = ((d.index, piece) for d in arrival.done for piece in range(len(d.pieces)))
    return [staged(arrival.folder, index, piece, kind) for index, piece in pieces]


def _whole_sources(ledger: Ledger, before: int, arrival: Arrival) -> Mapping[str, bool]:
    """The sources of which every row is looked at, and whether their ids are of the source: by their card now or before."""
    cards = {c["source_id"]: stored_card(c["card"]) for c in ledger.sources(before)}
    scopes = {
        source: (cards[source].id_scope if source in cards else FILE_SCOPE, card.id_scope)
        for source, card in arrival.sources.items()
    }
    ended = {source for source, _ in arrival.ended} | {f.source_id for f in arrival.emptied}
    scopes |= {s: (cards[s].id_scope, cards[s].id_scope) for s in ended - set(scopes) if s in cards}
    return {source: now != FILE_SCOPE for source, (old, now) in scopes.items() if {old, now} != {FILE_SCOPE}}


def _file_states(ledger: Ledger, arrival: Arrival) -> pa.Table:
    """What becomes of the files of the sources that this is about, and where they lie."""
    read = {*arrival.files, *((f.source_id, f.file) for f in arrival.emptied)}
    states = dict.fromkeys(read, "read") | arrival.ended
    places = {(f.source_id, f.file): f.place for f in (*arrival.files.values(), *arrival.renewed)}
    for source in sorted({s for s, _ in states}):
        for file in ledger.files.of(source):
            places.setdefault((source, file.file), file.place)
            states.setdefault((source, file.file), "stands")
        for name in ledger.files.ended(source):
            states.setdefault((source, name), "gone")
    listed = sorted(states)
    return strings(
        source_id=[s for s, _ in listed],
        file=[f for _, f in listed],
        state=[states[key] for key in listed],
        place=[places.get(key) for key in listed],
    )
