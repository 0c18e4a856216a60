"""A repaired version of an export, built in a folder: the shards concerned, all papers, the manifest last. Floor 8.

Shards that are not concerned are the same files under the same names. One that is written anew has a new name, so that
whoever goes by the old manifest finds it gone and never reads other bytes for it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.errors import InputError, RightfulError
from rightful.export import formats
from rightful.export.formats import TEXT
from rightful.export.holding import repaired
from rightful.export.making import DATA
from rightful.export.making.account import padding_share
from rightful.export.manifest import MANIFEST, canonical_json, export_id
from rightful.export.merkle import COLUMNS, root, secret_of, with_secret
from rightful.export.papers import CREDITED, INDEX_SCHEMA, REFUSALS_SCHEMA, write_attribution, write_card, write_credits
from rightful.export.redaction import REDACTIONS, REDACTIONS_SCHEMA
from rightful.export.sides import counted_sides
from rightful.export.signed import is_signature
from rightful.export.swap import MARK
from rightful.export.upkeep.denying import unasked
from rightful.export.upkeep.plan import ATTRIBUTION, CARD, REFUSALS, REMADE, Plan, revoked
from rightful.export.upkeep.reshard import BATCH_ROWS, DIGESTS, Shards, link, reshard, tables_by_shard
from rightful.export.upkeep.verify import Again
from rightful.export.versions import SUPERSEDED
from rightful.query.exported import INDEX, REVOCATIONS
from rightful.query.select import Answer, Selection
from rightful.query.versions import EXCLUDE, EXCLUDED, HELD, MASK, MASKED, PERMIT, REWRITE
from rightful.readers.talks import MARK as TALK
from rightful.store.duck import literal, rows, scan
from rightful.store.layout import publish, sha256_file, sync
from rightful.store.ledger import stamp
from rightful.store.parquet import opened, read


def remake(again: Again, plan: Plan, folder: Path, now: datetime) -> dict[str, Any]:
    """Build the next version in ``folder``, which holds a mark alone; its manifest is answered.

    Raises :class:`RightfulError` where what was written does not read back as what was meant, or counts do not add up.
    """
    (folder / DATA).mkdir()
    shards = reshard(plan, folder)
    _index(plan, shards, folder / INDEX, again.decided.ledger.key)
    _revocations(plan, shards, folder)
    answer = _remaining(again, folder / INDEX)
    gone = pa.array([one.record_id for one in plan.gone], pa.string())
    _refusals(plan, folder)
    leaves = gone.slice(0, 0) if plan.level == EXCLUDE else gone
    if any(file["path"] == ATTRIBUTION for file in plan.manifest["files"]):
        write_credits(folder, lambda: _without(plan.folder / ATTRIBUTION, CREDITED, leaves), again.decided.catalog)
    else:  # an export of a version that wrote no such file
        write_attribution(folder, again.decided)
    if plan.manifest.get("redaction"):
        _filtered(plan.folder / REDACTIONS, folder / REDACTIONS, REDACTIONS_SCHEMA, leaves)
    (folder / SUPERSEDED).mkdir()
    with publish(folder / SUPERSEDED / f"{plan.manifest['export']}.json") as temporary:
        shutil.copyfile(plan.folder / MANIFEST, temporary)
    signatures = [path.name for path in sorted(plan.folder.iterdir()) if is_signature(path.name)]
    for name in signatures:  # they are of the manifest before, and go where that goes
        link(plan.folder / name, folder / SUPERSEDED / name)
    known = {MANIFEST, *signatures, *REMADE, *(f["path"] for shard in plan.manifest["shards"] for f in shard["files"])}
    known |= {file["path"] for file in plan.manifest["files"] if not _stays(file["path"])}
    for file in plan.manifest["files"]:
        if _stays(file["path"]):
            link(plan.folder / file["path"], folder / file["path"])
            known.add(file["path"])
    manifest = _manifest(again, plan, shards, answer, folder, now)
    manifest["records_root"] = root(read(folder / INDEX, COLUMNS), str(manifest["catalog"]))
    write_card(folder / CARD, manifest)
    kept = {file["path"]: file for file in plan.manifest["files"] if _stays(file["path"])}
    former = [f"{SUPERSEDED}/{name}" for name in (f"{plan.manifest['export']}.json", *signatures)]
    written = [*(name for name in REMADE if (folder / name).is_file()), *shards.beside, *former]
    fresh = [{"path": name, "sha256": sha256_file(folder / name)} for name in written]
    manifest["files"] = sorted([*kept.values(), *fresh], key=lambda file: Path(file["path"]))
    manifest["export"] = export_id(manifest)
    with publish(folder / MANIFEST) as temporary:
        temporary.write_bytes(canonical_json(manifest))
    _strangers(plan, folder, known)
    for place in (*(p for p in folder.rglob("*") if p.is_dir() and not p.is_symlink()), folder):
        sync(place)
    return manifest


def _stays(path: str) -> bool:
    """Whether a file beside the shards is kept as it lies."""
    return path not in REMADE and not path.startswith(f"{DATA}/")


def _strangers(plan: Plan, folder: Path, known: set[str]) -> None:
    """Take along what somebody put into the folder."""
    for path in sorted(plan.folder.rglob("*")):
        name = path.relative_to(plan.folder).as_posix()
        if name in known or name == MARK or (path.is_dir() and not path.is_symlink()):
            continue
        if os.path.lexists(folder / name):
            raise InputError(
                "is not part of the export, and has the name of a file of its next version",
                subject=str(path),
                hint="move it elsewhere",
            )
        link(path, folder / name)


def _index(plan: Plan, shards: Shards, out: Path, key: bytes) -> None:
    """The index of the new version: what stays in its new place, what was masked or is on the deny list marked so.

    ``key`` is the store's, from which the secret of the tree over its records is made.
    """
    gone = np.array([one.document for one in plan.gone], np.int64)
    ids = read(plan.index, ["document", "record_id"])
    if plan.level == REWRITE:
        ids = ids.filter(pa.array(~np.isin(ids.column("document").to_numpy(), gone)))
    records = list(dict.fromkeys(ids.column("record_id").to_pylist()))
    schema = with_secret(INDEX_SCHEMA, secret_of(key, sorted(records)))
    number = 0
    with publish(out) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for path, table in tables_by_shard(plan.index):
            leaves = np.isin(table.column("document").to_numpy(), gone)
            moved = shards.moved.get(path)
            if plan.level == REWRITE:
                table = table.filter(pa.array(~leaves))
            elif leaves.any():
                table = _marked(plan, shards, table, leaves)
            changed: dict[str, Any] = {
                "document": np.arange(number, number + table.num_rows),
                "shard": pa.repeat(pa.scalar(shards.names.get(path) or path), table.num_rows),
            }
            if moved is not None:
                changed["position"] = np.arange(table.num_rows)
                changed |= {"first_token": moved.first_tokens, "sequence": moved.sequences}
            number += table.num_rows
            columns = [
                pa.array(changed[f.name], f.type) if f.name in changed else table.column(f.name) for f in INDEX_SCHEMA
            ]
            if table.num_rows:
                writer.write_table(pa.table(columns, schema=schema))


def _marked(plan: Plan, shards: Shards, table: pa.Table, leaves: npt.NDArray[np.bool_]) -> pa.Table:
    entries = table.to_pylist()
    for n in np.flatnonzero(leaves).tolist():
        entry = entries[n]
        if plan.level == EXCLUDE:
            entry["decision"] = EXCLUDED
            continue
        entry |= {"decision": MASKED, **dict.fromkeys(DIGESTS), **shards.masked[entry["document"]]}
        entry |= {"obligations": [], "redacted_sha256": None}
        entry |= {name: None if entry[name] is None else 0 for name in ("redactions", "lost")}
    return pa.Table.from_pylist(entries, INDEX_SCHEMA)


def _refusals(plan: Plan, folder: Path) -> None:
    """What was left out, with what is left out since. What is on the deny list is in the shards still."""
    fresh = {} if plan.level == EXCLUDE else {one.record_id: one for one in plan.fresh}
    added = [
        {"record_id": record, "decision": one.word, "reason": one.reason, "detail": one.detail}
        for record, one in fresh.items()
    ]
    before = read(plan.folder / REFUSALS).cast(REFUSALS_SCHEMA)
    whole = pa.concat_tables([before, pa.Table.from_pylist(added, REFUSALS_SCHEMA)]).sort_by("record_id")
    with publish(folder / REFUSALS) as temporary:
        pq.write_table(whole, temporary, compression="zstd")


def _revocations(plan: Plan, shards: Shards, folder: Path) -> None:
    """The deny list, by record: where each lies, or lay in which version of which shard."""
    lines = revoked(plan.folder, plan.manifest)
    digests = {shard["path"]: shard["sha256"] for shard in (*plan.manifest["shards"], *shards.listed)}
    places: dict[str, list[dict[str, Any]]] = {}
    for one in plan.fresh:
        places.setdefault(one.record_id, []).append(_place(one.shard, digests[one.shard], one.start, one.length))
        lines[one.record_id] = {
            "record": one.record_id,
            "level": plan.level,
            "version": plan.version,
            "reason": lines.get(one.record_id, {}).get("reason", one.reason),
        }
    places = {record: places[record] for record in lines if record in places}
    # What lies in the shards of this version is named where it lies now.
    now = f"SELECT record_id, shard, first_token, length FROM {scan([folder / INDEX], INDEX_SCHEMA)} WHERE decision <> '{PERMIT}'"
    lying: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect(":memory:") as con:
        for record, shard, start, length in con.execute(f"{now} ORDER BY document").fetchall():
            lying.setdefault(record, []).append(_place(shard, digests[shard], start, length))
    for record, of in (places | lying).items():
        lines[record] |= of[0] | ({"also": of[1:]} if len(of) > 1 else {})
    with publish(folder / REVOCATIONS) as temporary, temporary.open("w", encoding="utf-8") as file:
        for _, line in sorted(lines.items()):
            file.write(json.dumps(line, sort_keys=True) + "\n")


def _place(shard: str, sha256: str, start: int, length: int) -> dict[str, Any]:
    return {"shard": shard, "sha256": sha256, "start": start, "length": length}


def _without(path: Path, schema: pa.Schema, records: pa.Array) -> Iterator[pa.RecordBatch]:
    """The rows of a paper but those of these records."""
    with opened(path) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield batch.cast(schema).filter(pc.invert(pc.is_in(batch.column("record_id"), value_set=records)))


def _filtered(path: Path, out: Path, schema: pa.Schema, records: pa.Array) -> None:
    with publish(out) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for batch in _without(path, schema, records):
            writer.write_batch(batch)


def _remaining(again: Again, index: Path) -> Answer:
    """What is left and may be used, as an answer to the request of the export: all of it is permitted."""
    con = again.decided.con
    left = f"SELECT DISTINCT record_id, content_sha256 FROM {scan([index], INDEX_SCHEMA)} WHERE decision = '{PERMIT}'"
    con.cursor().execute(f"CREATE OR REPLACE TABLE released AS {left}").fetchall()
    answer = Selection(again.decided, again.use, dedup="none", released=True).answer()
    records = int(rows(con, "SELECT count(*) FROM released")[0][0])
    if answer.permitted[0] != records:
        raise RightfulError(f"{records} documents are left, and {answer.permitted[0]} of them are permitted")
    return answer


def _manifest(again: Again, plan: Plan, shards: Shards, answer: Answer, folder: Path, now: datetime) -> dict[str, Any]:
    """The manifest of the new version but for its files and its id."""
    before = plan.manifest
    stays = plan.level == EXCLUDE
    refused = dict(before["refused"])
    for reason, n in {} if stays else plan.reasons.items():
        refused[reason] = refused.get(reason, 0) + n
    manifest = {
        **{name: value for name, value in before.items() if name not in ("export", "files")},
        "version": plan.version,
        "level": plan.level,
        "supersedes": {"export": before["export"], "manifest_sha256": sha256_file(plan.folder / MANIFEST)},
        "repairs": [*before.get("repairs", ()), _repair(again, plan, shards, now)],
        "shards": shards.listed,
        **_totals(again, shards, folder, before),
        "holders": repaired(before, plan.folder, plan.index, folder),
        "refused": refused,
        "obligations": answer.obligations,
        "todo": answer.todo,
        "licenses": _tally("license", before, answer.licenses),
        "sources": _tally("source", before, answer.sources),
        "expires_at": answer.valid_until,
    }
    if stays:
        return manifest
    return manifest | {"chars": answer.permitted[1], **_counts(again, plan, shards, answer, folder)}


def _totals(again: Again, shards: Shards, folder: Path, before: Mapping[str, Any]) -> dict[str, Any]:
    """How much is left: records, the documents and pieces of them, tokens and padding; of each split and rung as well."""
    index = scan([folder / INDEX], INDEX_SCHEMA)
    records, documents = rows(again.decided.con, f"SELECT count(DISTINCT record_id), count(*) FROM {index}")[0]
    of_texts = any(shard["tokens"] is None for shard in shards.listed)
    total = {
        name: None if of_texts else sum(shard.get(name, 0) for shard in shards.listed) for name in ("tokens", "padding")
    }
    if sequence := before.get("sequence"):
        cut = f"SELECT count(*) FROM (SELECT 1 FROM {index} GROUP BY record_id, epoch HAVING count(*) > 1)"
        filled = {"rows": sum(shard["rows"] for shard in shards.listed), "padding": total["padding"]}
        share = padding_share(*(sum(shard[name] for shard in shards.listed) for name in ("padding", "tokens")))
        split = {"padding_share": share, "split_documents": rows(again.decided.con, cut)[0][0]}
        total["sequence"] = {**sequence, **filled, **split}
    sides = counted_sides(again.decided.con, index, shards.listed, before.get("splits"), before.get("ladder"))
    return {"records": records, "documents": documents, **total, **sides}


def _repair(again: Again, plan: Plan, shards: Shards, now: datetime) -> dict[str, Any]:
    """What was done, as it stands in the manifest."""
    note, filler, column = "", None, None
    if plan.level == EXCLUDE:
        note = unasked(str(plan.manifest["format"]))
    elif plan.level == MASK and plan.manifest["format"] == TEXT:
        note = "A trainer reads empty texts there: rows have no mask."
    elif plan.level == MASK:
        filler = plan.manifest["tokenizer"]["eod"]
        column = formats.find(str(plan.manifest["format"])).MASK_COLUMN
        what = f"its end-of-document token ({filler}) there"
        note = f"A trainer reads {what}: the format has no mask." if column is None else f"`{column}` is 0 there."
    if (plan.manifest["tokenizer"] or {}).get("trained_on"):
        note = f"{note} The tokenizer, which was trained on records of the export, is as it was.".strip()
    digests = {shard["path"]: shard["sha256"] for shard in plan.manifest["shards"]}
    return {
        "version": plan.version,
        "level": plan.level,
        "snapshot": again.decided.snapshot,
        "as_of": stamp(now),
        "catalog": again.decided.catalog.digest,
        "events": plan.events,
        "records": plan.records,
        "reasons": plan.reasons,
        "shards": [
            {"before": path, "sha256": digests[path], "path": shards.names[path]} for path in sorted(plan.touched)
        ],
        "filler": filler,
        "mask_column": column,
        "note": note,
    }


def _tally(name: str, before: Mapping[str, Any], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is left by licence or source; what went is excluded."""
    key = f"{name}s"
    totals = {row[name]: row["permitted"] + row["excluded"] for row in before[key]}
    left = [row for row in now if row["permitted"]]
    return [
        {
            name: row[name],
            "permitted": row["permitted"],
            "excluded": max(0, totals.get(row[name], 0) - row["permitted"]),
        }
        for row in left
    ]


def _counts(again: Again, plan: Plan, shards: Shards, answer: Answer, folder: Path) -> dict[str, Any]:
    """What an index and what lies beside it say of what is left."""
    con, before = again.decided.con, plan.manifest
    index = scan([folder / INDEX], INDEX_SCHEMA)
    held = f"(SELECT * FROM {index} WHERE {HELD})"
    counted: dict[str, Any] = {}
    if "lost" in before:
        each = f"(SELECT DISTINCT record_id, lost FROM {held})"
        lost = f"SELECT coalesce(sum(lost), 0)::BIGINT, count(*) FILTER (lost > 0) FROM {each}"
        counted["lost"], counted["lost_records"] = rows(con, lost)[0]
    if before.get("own_form"):
        talks = f"""SELECT count(i.own_sha256), count(*) FILTER (i.own_sha256 IS NULL
                AND contains(d.media_type::VARCHAR, {literal(TALK)}))
            FROM {held} i LEFT JOIN decided d ON d.record_id = i.record_id"""
        own, left_out = rows(con, talks)[0]
        counted["own_form"] = {**before["own_form"], "records": own, "left_out": left_out} if own + left_out else None
    if before.get("kept"):
        counted["kept"] = {**before["kept"], "records": before["kept"]["records"] - shards.kept}
    if before.get("redaction"):
        spans = scan([folder / REDACTIONS], REDACTIONS_SCHEMA)
        by_type = f"SELECT type, count(*) FROM (SELECT unnest(types) AS type FROM {spans}) GROUP BY ALL ORDER BY ALL"
        grown = f"SELECT coalesce(sum((new_stop - new_start) - (stop - start)), 0)::BIGINT FROM {spans}"
        records = f"SELECT count(DISTINCT record_id) FROM {held} WHERE redactions > 0"
        counted["redaction"] = {
            **before["redaction"],
            "records": rows(con, records)[0][0],
            "spans": dict(rows(con, by_type)),
            "chars": answer.permitted[1] + _on_the_list(again, index) + rows(con, grown)[0][0],
        }
    return counted


def _on_the_list(again: Again, index: str) -> int:
    """Characters of what is on the deny list and lies in the shards still."""
    excluded = f"(SELECT DISTINCT record_id FROM {index} WHERE decision = '{EXCLUDED}')"
    query = f"SELECT coalesce(sum(d.n_chars), 0)::BIGINT FROM {excluded} i JOIN decided d ON d.record_id = i.record_id"
    return int(rows(again.decided.con, query)[0][0])
