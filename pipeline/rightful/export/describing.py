"""The manifest of an export, from what was asked, what was answered and what was made. Floor 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from rightful.errors import Refused
from rightful.export.dividing import Division
from rightful.export.made import Made
from rightful.export.making import DATA
from rightful.export.manifest import MANIFEST, MANIFEST_VERSION, canonical_json, export_id
from rightful.export.merkle import COLUMNS, root
from rightful.export.order import Order
from rightful.export.papers import INDEX_SCHEMA, write_card
from rightful.export.redaction import not_found
from rightful.export.sides import counted_sides, rungs_wanted
from rightful.notation.shown import counted
from rightful.query.exported import INDEX
from rightful.query.select import Answer
from rightful.rights.uses import Use
from rightful.store.duck import scan
from rightful.store.layout import publish, sha256_file
from rightful.store.ledger import stamp
from rightful.store.parquet import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What stands in a manifest of itself: the request, and the state of store and catalogue that answered it."""

    store: Any
    use: Use
    order: Order
    policy: dict[str, Any]
    snapshot: int
    catalog: str
    division: Division | None = None


def describe(
    building: Path, con: duckdb.DuckDBPyConnection, facts: Facts, answer: Answer, made: Made, owing: Sequence[int]
) -> dict[str, Any]:
    """Write the card and the manifest of what lies in ``building``; the manifest is answered.

    ``owing``: cases whose records leave only without their personal data. Raises :class:`Refused` where some of it is
    left in them.
    """
    manifest = _contents(facts, answer, made) | {"redaction": _redaction(con, facts.order, made, owing)}
    manifest |= _sides(building, con, facts, manifest)
    manifest["records_root"] = root(read(building / INDEX, COLUMNS), facts.catalog)
    write_card(building / "README.md", manifest)
    manifest["files"] = [
        {"path": path.relative_to(building).as_posix(), "sha256": sha256_file(path)}
        for path in sorted(building.rglob("*"))
        if path.is_file()
        and not path.name.startswith(".")
        and (path.relative_to(building).parts[0] != DATA or path.relative_to(building).as_posix() in made.beside)
    ]
    manifest["export"] = export_id(manifest)
    with publish(building / MANIFEST) as temporary:
        temporary.write_bytes(canonical_json(manifest))
    return manifest


def _contents(facts: Facts, answer: Answer, made: Made) -> dict[str, Any]:
    order = facts.order
    refused: dict[str, int] = {}
    for row in answer.excluded:
        refused[row["reason"]] = refused.get(row["reason"], 0) + row["records"]
    records = made.records()
    tokens = [shard.tokens for shard in made.shards if shard.tokens is not None]
    return {
        "manifest_version": MANIFEST_VERSION,
        "store": facts.store,
        "format": order.format,
        "text_as": made.text_as,
        "own_form": made.own_form,
        "kept": made.kept,
        "use": facts.use.as_json(),
        "policy": facts.policy,
        "snapshot": facts.snapshot,
        "as_of": stamp(facts.use.as_of),
        "catalog": facts.catalog,
        "overlay": answer.overlay,
        "selection": {"where": order.where, "dedup": order.dedup, "seed": order.seed},
        "survivors": answer.survivors,
        "tokenizer": made.tokenizer,
        "records": len(records),
        "documents": sum(len(s.planned.pieces) for s in made.shards),
        "tokens": None if order.of_texts else sum(tokens),
        "padding": None if order.of_texts else sum(s.planned.padding for s in made.shards),
        **dict.fromkeys(("sequence", "mix", "splits", "ladder", "holders", "drawn")),
        "raw": order.raw_suffix,
        "chars": answer.permitted[1],
        "lost": int(made.lost[records].sum()),
        "lost_records": int(np.count_nonzero(made.lost[records])),
        "shards": [s.as_json() for s in made.shards],
        "refused": refused,
        "obligations": answer.obligations,
        "todo": answer.todo,
        "licenses": [row for row in answer.licenses if row["permitted"]],
        "sources": [row for row in answer.sources if row["permitted"]],
        "expires_at": answer.valid_until,
        **made.says,
    }


def _sides(building: Path, con: duckdb.DuckDBPyConnection, facts: Facts, manifest: dict[str, Any]) -> dict[str, Any]:
    """The splits and the ladder that were asked for, with what came of them."""
    division, rungs = facts.division, facts.order.rungs
    ladder = rungs_wanted(rungs, None if division is None else division.split.trained)
    splits = None if division is None else division.split.as_json()
    index = scan([building / INDEX], INDEX_SCHEMA)
    split = None if division is None else division.as_json()
    return {"split": split, **counted_sides(con, index, manifest["shards"], splits, ladder)}


def _redaction(con: duckdb.DuckDBPyConnection, order: Order, made: Made, owing: Sequence[int]) -> dict[str, Any] | None:
    if order.redaction is None or made.log is None:
        return None
    redaction = order.redaction.as_json()
    missed = not_found(con, made.log, redaction["types"], owing)
    if missed:
        what = ", ".join(f"{kind} in {counted(n, 'record')}" for kind, n in missed.items())
        raise Refused(
            f"personal data that has to be taken out is not found by this scan: {what}",
            hint="scan the records again: rightful tag; or leave them out with --where",
        )
    return {**redaction, **made.log.as_json(), "not_found": not_found(con, made.log, redaction["types"])}
