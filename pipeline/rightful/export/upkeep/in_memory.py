"""What can be done about texts that were handed over in memory: stating what became of the copy. Floor 8.

Nobody here reaches that copy. So a repair of it says first which records have to go from it, and changes nothing; done
again with ``--yes`` it is the statement that they are gone (``rewrite``), which the ledger keeps as the next version of
the hand-over. At the level ``exclude`` it is the note that they are not to be used, and the copy is as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.errors import InputError, RightfulError
from rightful.export.manifest import digest, export_id
from rightful.export.memory import keep_index, shard_of
from rightful.export.merkle import COLUMNS, root, secret_of, with_secret
from rightful.export.upkeep.plan import Plan, of_index
from rightful.export.upkeep.verify import Again
from rightful.notation.shown import counted
from rightful.query.exported import INDEX
from rightful.query.holding import index_file
from rightful.query.select import Answer, Selection
from rightful.query.versions import EXCLUDE, EXCLUDED, MASK, PERMIT, Version, version_of
from rightful.store.duck import fill
from rightful.store.layout import Layout, publish, sha256_file
from rightful.store.ledger import Ledger, stamp
from rightful.store.parquet import read
from rightful.store.scratch import scratch
from rightful.store.sweep import committing


def repaired(
    layout: Layout,
    ledger: Ledger,
    again: Again,
    held: Version,
    level: str,
    event: str | None,
    now: datetime,
    *,
    yes: bool,
    dry_run: bool,
) -> tuple[Plan, dict[str, Any]]:
    """What of a hand-over has to go, and its manifest: the next version, or the one there was where nothing is stated.

    Raises :class:`InputError` for the level ``mask``, for which there are no places, where nothing says what it held, and
    where something has to go and nobody says with ``yes`` that it went.
    """
    if level == MASK:
        raise InputError(
            "was handed over in memory, where nothing can be masked", subject=held.export, hint="rewrite, or exclude"
        )
    index = index_file(layout, held)
    if index is None:
        raise InputError(
            "the store's index of it is not whole: nothing says what it held", subject=held.export, hint="store check"
        )
    plan = of_index(layout, ledger, again, held, index, level, event)
    if not plan.gone or dry_run:
        return plan, held.manifest
    if level != EXCLUDE and not yes:
        to = held.manifest.get("handed_to")
        raise InputError(
            f"{counted(len(plan.fresh), 'record')} of it may not be used any more, and it was handed over in memory"
            f"{f' to {to}' if to else ''}: its copy is out of reach from here",
            subject=held.export,
            hint=f"take them out where it was put (rightful trace {held.export} and verify name it), and state that with --yes",
        )
    with scratch(layout, "stated") as folder:
        left = _left(plan, read(index), again.decided.ledger.key)
        with publish(folder / INDEX) as temporary:
            pq.write_table(left, temporary, compression="zstd")
        files = [{"path": INDEX, "sha256": sha256_file(folder / INDEX)}]
        manifest = _manifest(again, plan, held, left, now) | {"files": files}
        manifest["records_root"] = root(read(folder / INDEX, COLUMNS), str(manifest["catalog"]))
        manifest["export"] = export_id(manifest)
        with committing(layout, ledger):
            keep_index(layout, str(manifest["export"]), folder / INDEX)
            with ledger.commit("redact", str(manifest["export"]), now) as commit:
                commit.add_export(str(manifest["export"]), held.path, digest(manifest), manifest)
                commit.summary.update(
                    export=manifest["export"],
                    supersedes=held.export,
                    level=level,
                    events=plan.events,
                    records=len(plan.fresh),
                    shards=0,
                )
    return plan, manifest


def _left(plan: Plan, index: pa.Table, key: bytes) -> pa.Table:
    """The index of the next version."""
    goes = pc.is_in(index.column("document"), value_set=pa.array([one.document for one in plan.gone], pa.int64()))
    if plan.level == EXCLUDE:
        at = index.schema.get_field_index("decision")
        marked = pc.if_else(goes, EXCLUDED, index.column("decision"))
        index = index.set_column(at, index.schema.field(at), marked)
    else:
        index = index.filter(pc.invert(goes))
        rows = pa.array(range(index.num_rows), pa.int64())
        for name in ("document", "position", "first_token"):
            at = index.schema.get_field_index(name)
            index = index.set_column(at, index.schema.field(at), rows)
    schema = with_secret(index.schema, secret_of(key, index.column("record_id").to_pylist()))
    return index.replace_schema_metadata(schema.metadata)


def _manifest(again: Again, plan: Plan, held: Version, left: pa.Table, now: datetime) -> dict[str, Any]:
    """The next version, but for its files, its root and its id."""
    before = held.manifest
    stays = plan.level == EXCLUDE
    answer = _remaining(again, left)
    refused = dict(before["refused"])
    for reason, n in {} if stays else plan.reasons.items():
        refused[reason] = refused.get(reason, 0) + n
    note = "The copy is out of reach: its holder states that they are not used."
    gone = "The copy is out of reach: its holder states that they were taken out of it."
    repair = {
        "version": version_of(before) + 1,
        "level": plan.level,
        "snapshot": again.decided.snapshot,
        "as_of": stamp(now),
        "catalog": again.decided.catalog.digest,
        "events": plan.events,
        "records": len(plan.fresh),
        "reasons": plan.reasons,
        "shards": [],
        "filler": None,
        "mask_column": None,
        "note": note if stays else gone,
    }
    return {
        **{name: value for name, value in before.items() if name not in ("export", "files")},
        "version": version_of(before) + 1,
        "level": plan.level,
        "supersedes": {"export": held.export, "manifest_sha256": str(held.row["manifest_sha256"])},
        "repairs": [*before.get("repairs", ()), repair],
        "shards": [shard_of(left)],
        "records": left.num_rows,
        "refused": refused,
        "chars": before["chars"] if stays else answer.permitted[1],
        "obligations": answer.obligations,
        "todo": answer.todo,
        "licenses": _tally("license", before, answer.licenses),
        "sources": _tally("source", before, answer.sources),
        "expires_at": answer.valid_until,
    }


def _remaining(again: Again, left: pa.Table) -> Answer:
    """What is left and may be used, as an answer to the request of the hand-over: all of it is permitted."""
    usable = left.filter(pc.equal(left.column("decision"), PERMIT)).select(["record_id", "content_sha256"])
    fill(again.decided.con, "released", usable)
    answer = Selection(again.decided, again.use, dedup="none", released=True).answer()
    if answer.permitted[0] != usable.num_rows:
        raise RightfulError(f"{usable.num_rows} records are left, and {answer.permitted[0]} of them are permitted")
    return answer


def _tally(name: str, before: Mapping[str, Any], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is left by licence or source; what went is excluded."""
    totals = {row[name]: row["permitted"] + row["excluded"] for row in before[f"{name}s"]}
    left = [(row[name], row["permitted"]) for row in now if row["permitted"]]
    return [{name: of, "permitted": n, "excluded": max(0, totals.get(of, 0) - n)} for of, n in left]
