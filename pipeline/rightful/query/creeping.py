"""Which acts of a use are beyond what the sources of some exports were collected for, and which nobody acknowledged. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from rightful.assets.described import Asset
from rightful.query.holding import OF_INDEX, index_file
from rightful.query.versions import HELD, Version
from rightful.rights.creep import beyond
from rightful.rights.uses import Use
from rightful.store.duck import rows, scan
from rightful.store.layout import Layout


def new_uses(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    exports: Iterable[Version],
    use: Use,
    assets: Iterable[Asset],
) -> list[dict[str, Any]]:
    """For each source that says what it was collected for: the acts beyond that, and which of them are asked for the first time.

    ``source, collected_for, acts, application, purpose, records, first``; a connection with the view ``records`` is asked.
    A use of a source is not the first once it was acknowledged for an asset.
    """
    collected: dict[tuple[str, tuple[str, ...]], int] = {}
    for export in exports:
        index = index_file(layout, export)
        if index is None:
            continue
        query = f"""SELECT r.source_id, r.collected_for, count(DISTINCT r.record_id)
            FROM {scan([index], OF_INDEX)} h JOIN records r ON r.record_id = h.record_id
            WHERE h.{HELD} AND len(r.collected_for) > 0 GROUP BY ALL ORDER BY ALL"""
        for source, words, n in rows(con, query):
            key = (str(source), tuple(str(word) for word in words if word is not None))
            collected[key] = collected.get(key, 0) + int(n)
    known = acknowledged(assets)
    listed = []
    for (source, words), n in sorted(collected.items()):
        acts = beyond(words, use)
        if acts:
            first = [act for act in acts if (source, act, use.purpose, use.application) not in known]
            listed.append(
                {
                    "source": source,
                    "collected_for": list(words),
                    "acts": list(acts),
                    "purpose": use.purpose,
                    "application": use.application,
                    "records": n,
                    "first": first,
                }
            )
    return listed


def acknowledged(assets: Iterable[Asset]) -> set[tuple[str, str, str, str | None]]:
    """(source, act, purpose, application) of the uses that somebody acknowledged when an asset was registered."""
    entries: list[Mapping[str, Any]] = [entry for asset in assets for entry in asset.declared]
    return {
        (str(one["source"]), str(act), str(one["purpose"]), one["application"])
        for entry in entries
        for one in entry.get("new_uses") or ()
        for act in one["acts"]
    }
