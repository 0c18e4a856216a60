"""What records went into: places in shards, exports, and what was made of these. Floor 7: part of ``query.tracing``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from rightful.assets.described import Asset, downstream, share_of
from rightful.query.holding import Holdings
from rightful.query.tracing import COPY, ITSELF
from rightful.query.tracing.graph import MOST_RANGES, MOST_RECORDS, Lying, Spread
from rightful.query.versions import HELD, Version
from rightful.store.duck import fill, literal, rows

Row = dict[str, Any]
TOKENS, ROWS = "tokens", "rows"


def lay_out(con: duckdb.DuckDBPyConnection, held: Holdings) -> None:
    """``places``: the holdings of ``traced``, each with why its record is traced, in the order in which they came."""
    fill(con, "laid", held.places)
    con.cursor().execute(
        """CREATE OR REPLACE TABLE places AS
        SELECT l.*, t.via, l.rowid AS number FROM laid l JOIN traced t ON t.record_id = l.record"""
    ).fetchall()


def unit_of(manifest: Mapping[str, Any]) -> str:
    """What ``start`` and ``length`` count in an export."""
    return ROWS if manifest.get("tokens") is None else TOKENS


def places(
    con: duckdb.DuckDBPyConnection, vias: Sequence[str], units: Mapping[str, str], limit: int | None
) -> tuple[list[Row], int]:
    """The places of the records that are traced for these reasons, and how many more there are than ``limit``."""
    among = _listed(vias)
    most = "" if limit is None else f"LIMIT {limit}"
    names = ("record", "export", "path", "version", "current", "shard", "start", "length", "decision", "via")
    listed = rows(con, f"SELECT {', '.join(names)} FROM places WHERE via IN ({among}) ORDER BY number {most}")
    total = int(rows(con, f"SELECT count(*) FROM places WHERE via IN ({among})")[0][0])
    return [{**dict(zip(names, row, strict=True)), "unit": units[row[1]]} for row in listed], total - len(listed)


def copies(con: duckdb.DuckDBPyConnection) -> Row:
    """How many copies of the records there are, and which exports hold any of them."""
    count = rows(con, "SELECT count(DISTINCT record_id) FROM traced WHERE via = ?", [COPY])[0][0]
    query = f"SELECT export FROM places WHERE via = ? AND current AND {HELD} GROUP BY export ORDER BY min(number)"
    return {"records": int(count), "exports": [str(row[0]) for row in rows(con, query, [COPY])]}


def spread_of(con: duckdb.DuckDBPyConnection, vias: Sequence[str], units: Mapping[str, str]) -> Spread:
    """Where the records that are traced for these reasons lie, shard by shard: what a picture is made of."""
    among = _listed(vias)
    of = f"FROM places WHERE via IN ({among}) AND {HELD}"
    records, copied = rows(con, f"SELECT count(DISTINCT record), count(DISTINCT record) FILTER (via = '{COPY}') {of}")[
        0
    ]
    few = int(records) <= MOST_RECORDS
    named = rows(con, f"SELECT record, any_value(via) {of} GROUP BY record ORDER BY min(number)") if few else []
    ids = "list_distinct(list(record ORDER BY number))" if few else "[]::VARCHAR[]"
    lying = rows(
        con,
        f"""SELECT export, shard, count(*), list_slice(list([start, length] ORDER BY start), 1, {MOST_RANGES}), {ids}
        FROM (SELECT DISTINCT ON (export, shard, start, record) * {of}) GROUP BY 1, 2 ORDER BY min(number)""",
    )
    shards = tuple(
        Lying(str(export), str(shard), units[export], int(n), tuple((int(s), int(m)) for s, m in first), tuple(of_them))
        for export, shard, n, first, of_them in lying
    )
    names = tuple(str(record) for record, _ in named)
    return Spread(int(records), int(copied), names, frozenset(str(r) for r, via in named if via == COPY), shards)


def holding(con: duckdb.DuckDBPyConnection, exports: Iterable[Version], vias: Sequence[str]) -> list[Row]:
    """Every version of an export that holds any of the records, oldest first: how much, in which shards.

    ``share`` is the part of its tokens (rows in an export of texts). What was masked there is held no more.
    """
    among = _listed(vias)
    by_place: dict[tuple[str, str], list[Row]] = {}
    of_shard = f"""SELECT export, path, shard, count(*), sum(length), list(DISTINCT record) FROM places
        WHERE via IN ({among}) AND {HELD} GROUP BY ALL ORDER BY min(number)"""
    records: dict[tuple[str, str], set[str]] = {}
    for export, path, shard, documents, length, ids in rows(con, of_shard):
        entry = {"shard": shard, "documents": int(documents), "length": int(length)}
        by_place.setdefault((export, path), []).append(entry)
        records.setdefault((export, path), set()).update(ids)
    held = []
    for one in exports:
        shards = by_place.get((one.export, one.path))
        if shards is None:
            continue
        length = sum(shard["length"] for shard in shards)
        total = whole_of(one.manifest)
        n, share = len(records[one.export, one.path]), length / total if total else 0.0
        held.append(as_answered(one, records=n, length=length, share=share, shards=shards))
    return held


def as_answered(one: Version, *, records: int, length: int, share: float, shards: list[Row]) -> Row:
    """A version of an export as it stands in the answer: how much of it is meant, and in which shards that lies."""
    return {
        "export": one.export,
        "path": one.path,
        "version": one.version,
        "level": one.level,
        "current": one.current,
        "format": str(one.manifest["format"]),
        "created_at": str(one.row["created_at"]),
        "records": records,
        "length": length,
        "unit": unit_of(one.manifest),
        "share": share,
        "shards": shards,
    }


def whole_of(manifest: Mapping[str, Any]) -> int:
    """How much an export is, in its unit."""
    return int(manifest["records"] if manifest.get("tokens") is None else manifest["tokens"])


def assets_of(assets: Sequence[Asset], shares: Mapping[str, float]) -> list[Row]:
    """What was made of exports, directly or through others: each with its way, and the part of its tokens that is traced.

    ``shares``: the part of each export. An asset of a version before stays on the list, whatever the export has become.
    """
    return [
        {
            "asset": asset.asset,
            "kind": asset.kind,
            "name": asset.name,
            "share": share_of(asset, assets, shares),
            "tokens": _tokens(asset, assets, shares),
            "way": list(way),
            "created_at": asset.created_at,
        }
        for asset, way in downstream(assets, shares)
    ]


def _tokens(asset: Asset, assets: Sequence[Asset], shares: Mapping[str, float]) -> int | None:
    """How many of the tokens that were put into an asset are traced; None where nobody knows how many it took."""
    share = share_of(asset, assets, shares)
    return None if share is None or asset.tokens is None else round(share * asset.tokens)


def sources_of(con: duckdb.DuckDBPyConnection, names: Mapping[str, str]) -> list[Row]:
    """Where the records came from, as far as the store still has them."""
    query = f"""SELECT source_id, count(DISTINCT record_id) FROM all_records
        WHERE record_id IN (SELECT record_id FROM traced WHERE via = '{ITSELF}') GROUP BY 1 ORDER BY 2 DESC, 1"""
    return [
        {"source": str(source), "name": names.get(str(source), str(source)), "records": int(n), "share": None}
        for source, n in rows(con, query)
    ]


def _listed(words: Sequence[str]) -> str:
    return ", ".join(literal(word) for word in words)
