"""What a manifest says of splits and rungs: counted in the index, when an export is made and when it was repaired. Floor 8."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from rightful.export.planning.ladder import folder_of
from rightful.store.duck import rows

Counts = dict[str, Any]


def rungs_wanted(shares: Iterable[Decimal], split: str | None) -> list[Counts] | None:
    """A ladder as it was asked for, in ``split``; None for none."""
    under = "data" if split is None else f"data/{split}"
    return [{"share": float(share), "folder": f"{under}/{folder_of(share)}"} for share in shares] or None


def counted_sides(
    con: duckdb.DuckDBPyConnection,
    index: str,
    shards: Sequence[Mapping[str, Any]],
    splits: Sequence[Mapping[str, Any]] | None,
    ladder: Sequence[Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """``splits`` and ``ladder`` of a manifest, with what lies in each; what stands in them of an earlier count is replaced.

    ``index``: SQL for the record index; ``shards``: as the manifest lists them. Shares are of tokens, or of rows of text.
    """
    has_tokens = all(shard["tokens"] is not None for shard in shards)
    whole = _counted(con, index, "true", shards, has_tokens)
    counted: dict[str, Any] = {"splits": None, "ladder": None}
    if splits is not None:
        counted["splits"] = [
            {**side, **_of(con, index, f"split = '{side['name']}'", _within(shards, [f"data/{side['name']}"]), whole)}
            for side in splits
        ]
    if ladder is not None:
        laddered = _counted(con, index, "rung IS NOT NULL", shards, has_tokens)
        folders = [str(rung["folder"]) for rung in ladder]
        counted["ladder"] = [
            {
                **rung,
                "shards": len(_within(shards, folders[: n + 1])),
                **_of(con, index, f"rung <= {rung['share']!r}", _within(shards, folders[: n + 1]), laddered),
            }
            for n, rung in enumerate(ladder)
        ]
    return counted


def _of(
    con: duckdb.DuckDBPyConnection, index: str, which: str, shards: Sequence[Mapping[str, Any]], whole: Counts
) -> Counts:
    """The counts of some of the index, and what share of the whole they are."""
    has_tokens = whole["tokens"] is not None
    counts = _counted(con, index, which, shards, has_tokens)
    size = "tokens" if has_tokens else "documents"
    return {"share_reached": round(counts[size] / whole[size], 9) if whole[size] else 0.0, **counts}


def _counted(
    con: duckdb.DuckDBPyConnection, index: str, which: str, shards: Sequence[Mapping[str, Any]], has_tokens: bool
) -> Counts:
    query = f"SELECT count(DISTINCT record_id), count(*), coalesce(sum(length), 0)::BIGINT FROM {index} WHERE {which}"
    [(records, documents, tokens)] = rows(con, query)
    return {
        "records": int(records),
        "documents": int(documents),
        "tokens": int(tokens) if has_tokens else None,
        "padding": sum(int(shard.get("padding") or 0) for shard in shards) if has_tokens else None,
    }


def _within(shards: Sequence[Mapping[str, Any]], folders: Sequence[str]) -> list[Mapping[str, Any]]:
    """The shards in these folders, or below them."""
    return [shard for shard in shards if str(shard["path"]).startswith(tuple(f"{folder}/" for folder in folders))]
