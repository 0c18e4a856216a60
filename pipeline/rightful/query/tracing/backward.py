"""What an export or an asset was made of, down to the sources. Floor 7: part of ``query.tracing``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import duckdb

from rightful.assets.described import ASSET, EXPORT, Asset, share_of, upstream
from rightful.query.holding import OF_INDEX, index_file
from rightful.query.tracing.forward import Row, as_answered, whole_of
from rightful.query.versions import HELD, Version, chain
from rightful.store.duck import rows, scan
from rightful.store.layout import Layout


def sources_in(con: duckdb.DuckDBPyConnection, layout: Layout, export: Version) -> dict[str, tuple[int, float]] | None:
    """Of each source how many records an export holds, and their part of its tokens; None where nothing says that.

    What was masked there is held no more.
    """
    index = index_file(layout, export)
    if index is None:
        return None
    held = f"{scan([index], OF_INDEX)} WHERE {HELD}"
    query = f"SELECT source_id, count(DISTINCT record_id), sum(length) FROM {held} GROUP BY 1 ORDER BY 3 DESC, 1"
    total = whole_of(export.manifest)
    return {str(s): (int(n), int(length) / total if total else 0.0) for s, n, length in rows(con, query)}


def of_exports(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    exports: Sequence[tuple[Version, float | None]],
    names: Mapping[str, str],
) -> tuple[list[Row], list[str]]:
    """The sources of exports, each of which has a part in the whole (None: nobody knows which), and the exports of which
    nothing says what they hold. The largest source comes first."""
    records: Counter[str] = Counter()
    shares: dict[str, float | None] = {}
    unreadable: list[str] = []
    for export, part in exports:
        held = sources_in(con, layout, export)
        if held is None:
            unreadable.append(export.export)
            continue
        for source, (n, share) in held.items():
            records[source] += n
            before = shares.get(source, 0.0)
            shares[source] = None if part is None or before is None else before + part * share
    listed = [
        {"source": source, "name": names.get(source, source), "records": n, "share": shares[source]}
        for source, n in records.items()
    ]
    return sorted(listed, key=lambda s: (-(s["share"] or 0), -s["records"], s["source"])), unreadable


def inputs_of_asset(asset: Asset, assets: Sequence[Asset], exports: Mapping[str, Version]) -> list[Row]:
    """All that an asset was made of, directly or through others, each with its part in the asset's tokens."""
    ids, through, bases = upstream(assets, asset.asset)
    listed = [
        _input(EXPORT, i, exports[i].path if i in exports else "", share_of(asset, assets, {i: 1.0})) for i in ids
    ]
    listed += [_input(ASSET, a.asset, a.name, share_of(asset, assets, {a.asset: 1.0})) for a in through]
    return listed + [_input("base", b, "", share_of(asset, assets, {b: 1.0})) for b in bases]


def inputs_of_export(export: Version, exports: Mapping[str, Version], assets: Sequence[Asset]) -> list[Row]:
    """What an export was made with: the tokenizer that cut it, and the versions that it supersedes, the newest first."""
    cut = (export.manifest.get("tokenizer") or {}).get("asset")
    listed = [_input(ASSET, a.asset, a.name, None) for a in assets if a.asset == cut]
    known = {one.export: one.supersedes for one in (*exports.values(), export)}
    for before in chain(export.export, known):
        listed.append(_input(EXPORT, before, exports[before].path if before in exports else "", None))
    return listed


def _input(kind: str, name: str, shown: str, share: float | None) -> Row:
    return {"kind": kind, "id": name, "name": shown, "share": share}


def described(export: Version) -> Row:
    """An export as it stands in the answer, where it is what the trace begins at."""
    shards: list[Row] = [
        {"shard": s["path"], "documents": s["records"], "length": s["records" if s["tokens"] is None else "tokens"]}
        for s in export.manifest["shards"]
    ]
    records, length = int(export.manifest["records"]), whole_of(export.manifest)
    return as_answered(export, records=records, length=length, share=1.0, shards=shards)
