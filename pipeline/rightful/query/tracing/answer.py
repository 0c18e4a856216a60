"""The answer to a trace, put together. Floor 7: part of ``query.tracing``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from rightful.assets.described import Asset, read_assets
from rightful.errors import InputError
from rightful.query.holding import Holdings, holdings, index_file
from rightful.query.touched import refused_now
from rightful.query.tracing import ASSET, EVENT, EXPORT, ITSELF, RECORD, SOURCE, STALE, STEP, VIAS, backward, traced
from rightful.query.tracing.forward import (
    Row,
    assets_of,
    copies,
    holding,
    lay_out,
    places,
    sources_of,
    spread_of,
    unit_of,
)
from rightful.query.tracing.graph import Graph, Spread, graph_of
from rightful.query.versions import Version, versions
from rightful.rights.licenses import Catalog
from rightful.store.duck import fill, literal, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp
from rightful.store.views import open_views

NOTHING = Spread(0, 0, (), frozenset(), ())
"""The spread of a trace that is not about records."""
_OF_SOURCE = pa.schema([pa.field("record_id", pa.string()), pa.field("source_id", pa.string())])


@dataclass(frozen=True, slots=True)
class Ground:
    """What a trace is made on: a store, a connection for it, and the instant."""

    con: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    catalog: Catalog
    now: datetime

    def names(self) -> dict[str, str]:
        """The name of every source, by its id."""
        listed = self.ledger.sources(self.ledger.snapshot())
        return {str(s["source_id"]): str(s["card"].get("name") or s["source_id"]) for s in listed}

    def views(self) -> None:
        """The views of the newest snapshot."""
        open_views(self.con, self.layout, self.ledger, self.ledger.snapshot(), older=True)


def of_records(ground: Ground, by: str, value: str, limit: int | None) -> tuple[Row, Graph]:
    """The trace of a record, an event, or what a selector (source, author, subject) means; and its graph.

    Raises :class:`InputError` for an event that is not on record, or a value that cannot be one of its kind.
    """
    exports = versions(ground.ledger.exports())
    ground.views()
    con, ledger, event = ground.con, ground.ledger, None
    if by == RECORD:
        traced.of_ids(con, ledger, ground.now, [value])
    elif by == EVENT:
        event = traced.event_of(ledger, value)
        traced.of_event(con, ledger, ground.now, event)
    else:
        value = traced.of_selector(con, ledger, ground.now, by, value)
    source = value if by == SOURCE else event.value if event is not None and event.selector == SOURCE else None
    if source is not None:
        _of_source(ground, source, exports)
    lay_out(con, held := holdings(con, ground.layout, ledger, "(SELECT DISTINCT record_id FROM traced)", exports))
    # An event reaches the copies of what it matched; a record, a source or a person is what is asked about.
    vias = VIAS if by == EVENT else (ITSELF,)
    about = None if event is None else _event(ledger, event.event_id)
    return _answer(ground, by, value, about, exports, held, vias, limit)


def of_stale(ground: Ground, limit: int | None) -> tuple[Row, Graph]:
    """The trace of all that is permitted no more for the use of an export that holds it, superseded versions among them."""
    con, exports = ground.con, versions(ground.ledger.exports())
    ground.views()
    refused = refused_now(ground.layout, ground.ledger, ground.catalog, ground.now, among=exports)
    lying: list[pa.Table] = []
    for one in exports:
        ids = sorted(refused.get(one.export) or ())
        lying += [holdings(con, ground.layout, ground.ledger, ids, [one]).places] if ids else []
    unreadable = [export for export, records in refused.items() if records is None]
    every = sorted({i for ids in refused.values() for i in ids or ()})
    fill(con, "traced", pa.table({"record_id": pa.array(every, pa.string()), "via": [ITSELF] * len(every)}))
    none = holdings(con, ground.layout, ground.ledger, [], []).places
    held = Holdings(pa.concat_tables([none, *lying]), unreadable)
    lay_out(con, held)
    return _answer(ground, STALE, "", None, exports, held, (ITSELF,), limit)


def of_export(ground: Ground, export: Version) -> tuple[Row, Graph]:
    """The trace of a version of an export: what it was made of, and what was made of it."""
    listed = versions(ground.ledger.exports())
    assets = read_assets(ground.ledger)
    sources, unreadable = backward.of_exports(ground.con, ground.layout, [(export, 1.0)], ground.names())
    answer = begun(EXPORT, export.export) | {
        "records": int(export.manifest["records"]),
        "holding": [backward.described(export)],
        "assets": assets_of(assets, {export.export: 1.0}),
        "inputs": backward.inputs_of_export(export, _by_id(listed), assets),
        "sources": sources,
        "exports_unreadable": unreadable,
    }
    return with_graph(answer, NOTHING)


def of_asset(ground: Ground, asset: Asset) -> tuple[Row, Graph]:
    """The trace of an asset: the exports and assets that it was made of, their sources, and what was made of it."""
    assets, listed = read_assets(ground.ledger), versions(ground.ledger.exports())
    by_id = _by_id(listed)
    inputs = backward.inputs_of_asset(asset, assets, by_id)
    exports = [(by_id[i["id"]], i["share"]) for i in inputs if i["kind"] == EXPORT and i["id"] in by_id]
    sources, unreadable = backward.of_exports(ground.con, ground.layout, exports, ground.names())
    lost = [i["id"] for i in inputs if i["kind"] == EXPORT and i["id"] not in by_id]
    answer = begun(ASSET, asset.asset) | {
        "records": sum(int(export.manifest["records"]) for export, _ in exports),
        "holding": [{**backward.described(export), "share": 1.0} for export, _ in exports],
        "assets": assets_of(assets, {asset.asset: 1.0}),
        "inputs": inputs,
        "sources": sources,
        "exports_unreadable": [*unreadable, *lost],
    }
    return with_graph(answer, NOTHING)


def asset_named(ledger: Ledger, name: str) -> Asset | None:
    """The asset of this id, else of this name; None where there is none. Raises :class:`InputError` for several of a name."""
    assets = read_assets(ledger)
    named = [a for a in assets if a.asset == name] or [a for a in assets if a.name == name]
    if len(named) > 1:
        ids = ", ".join(a.asset for a in named[:5])
        raise InputError("several assets have this name", subject=name, hint=f"name one by its id: {ids}")
    return named[0] if named else None


def begun(by: str, value: str) -> Row:
    """The keys of an answer, with nothing in them."""
    return {
        "by": by,
        "value": value,
        "record": value if by == RECORD else None,
        "event": None,
        "records": 0,
        "copies": {"records": 0, "exports": []},
        "exports": [],
        "more": 0,
        "holding": [],
        "assets": [],
        "inputs": [],
        "sources": [],
        "exports_unreadable": [],
        "steps": [],
        "seen": [],
        "logs_unreadable": [],
    }


def _answer(
    ground: Ground,
    by: str,
    value: str,
    event: Row | None,
    exports: Sequence[Version],
    held: Holdings,
    vias: Sequence[str],
    limit: int | None,
) -> tuple[Row, Graph]:
    con = ground.con
    units = {one.export: unit_of(one.manifest) for one in exports}
    listed, more = places(con, vias, units, limit)
    holds = holding(con, exports, vias)
    shares: dict[str, float] = {}
    for one in holds:
        shares[one["export"]] = max(one["share"], shares.get(one["export"], 0.0))
    answer = begun(by, value) | {
        "event": event,
        "records": traced.count(con, ITSELF),
        "copies": copies(con),
        "exports": listed,
        "more": more,
        "holding": holds,
        "assets": assets_of(read_assets(ground.ledger), shares),
        "sources": sources_of(con, ground.names()),
        "exports_unreadable": held.unreadable,
    }
    return with_graph(answer, spread_of(con, vias, units))


def with_graph(answer: Row, spread: Spread) -> tuple[Row, Graph]:
    """An answer with its graph, and the graph. ``spread`` is that of all traced records."""
    graph = graph_of(answer, spread)
    return answer | {"graph": graph.as_json()}, graph


def _by_id(listed: Sequence[Version]) -> Mapping[str, Version]:
    """Versions by id; of one that lies at several places the one that is current, else the latest."""
    return {v.export: v for v in sorted(listed, key=lambda v: v.current)}


def _of_source(ground: Ground, source: str, exports: Sequence[Version]) -> None:
    """Trace also what exports hold of a source and the store has no more."""
    for one in exports:
        index = index_file(ground.layout, one)
        if index is not None:
            of_it = f"(SELECT record_id FROM {scan([index], _OF_SOURCE)} WHERE source_id = {literal(source)})"
            traced.also(ground.con, of_it)


def _event(ledger: Ledger, event: str) -> dict[str, Any]:
    """What is said of an event beside its trace; of a person the hash."""
    row = next(r for r in ledger.consent_rows() if r["event"] == event)
    by_id = {e.event_id: e for e in ledger.consents()}
    one = by_id[event]
    return {
        "event": event,
        "kind": one.kind,
        "refuses": one.refuses,
        "selector": {"by": one.selector, "value": str(row["shown"])},
        "recorded": stamp(one.recorded),
        "effective": stamp(one.effective),
        "reason": one.reason,
    }


def described(answer: Row) -> str:
    """A trace in one line, for whoever cannot see its picture."""
    if answer["by"] == STEP:
        return f"{answer['records']} records of steps {answer['value']}"
    if answer["by"] in (EXPORT, ASSET):
        made = f"{len(answer['sources'])} sources, {len(answer['inputs'])} inputs"
        return f"{made}; {len(answer['assets'])} assets made of it"
    holds = [h for h in answer["holding"] if h["current"]]
    shards = sum(len(h["shards"]) for h in answer["holding"])
    beside = f", {answer['copies']['records']} copies" if answer["copies"]["records"] else ""
    count = rows_of(answer)
    return f"{answer['records']} records{beside}; {count} places in {shards} shards of {len(holds)} exports, {len(answer['assets'])} assets"


def rows_of(answer: Row) -> int:
    """How many places there are, those that are not listed among them."""
    return len(answer["exports"]) + int(answer["more"])
