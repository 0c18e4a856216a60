"""Where records lie: every row of every index, at the places that the shards themselves have."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.export.manifest import digest, export_id
from rightful.query.holding import HOLDINGS, Holdings, holdings
from rightful.store.duck import fill
from rightful.store.ledger import Ledger
from rightful.store.scratch import workspace
from tests.exports import manifest_of
from tests.unit.shelf import Shelf, wording

TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "tokenizer": "bytes", "dedup": "none"}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    made.put("web", *({"id": f"p{n}", "text": wording(f"t{n}")} for n in range(6)))
    return made


def lie(shelf: Shelf, records: Any) -> Holdings:
    with (
        contextlib.closing(Ledger.open(shelf.store.layout.ledger)) as ledger,
        workspace(shelf.store.layout, "test") as (con, _),
    ):
        if isinstance(records, pa.Table):
            fill(con, "asked_for", records)
            records = "asked_for"
        return holdings(con, shelf.store.layout, ledger, records)


def ids(shelf: Shelf) -> list[str]:
    return [row["record_id"] for row in shelf.store.sql("SELECT record_id FROM records ORDER BY source_record_id")]


def add(shelf: Shelf, path: Path, manifest: dict[str, Any]) -> str:
    """Register a manifest as it would be for a later version."""
    with (
        contextlib.closing(Ledger.open(shelf.store.layout.ledger)) as ledger,
        ledger.commit("export", "x", shelf.clock()) as commit,
    ):
        commit.add_export(manifest["export"], str(path), digest(manifest), manifest)
    return str(manifest["export"])


def later(manifest: dict[str, Any], version: int) -> dict[str, Any]:
    new = {**manifest, "version": version}
    new["supersedes"] = {"export": manifest["export"], "manifest_sha256": digest(manifest)}
    return {**new, "export": export_id(new)}


def test_places_are_those_of_the_shards(shelf: Shelf, tmp_path: Path) -> None:
    out = tmp_path / "a"
    export = shelf.store.export(out, shard_tokens=150, **TRAINING)["export"]
    wanted = ids(shelf)[1:4]
    held = lie(shelf, pa.array(wanted))
    assert (held.places.schema, held.unreadable) == (HOLDINGS, [])
    rows = held.places.to_pylist()
    assert sorted(row["record"] for row in rows) == sorted(wanted)
    for row in rows:
        assert (row["export"], row["path"], row["version"], row["current"]) == (export, str(out), 1, True)
        shard = pq.read_table(out / row["shard"])
        begun = 0
        for record, tokens in zip(
            shard.column("record_id").to_pylist(), shard.column("input_ids").to_pylist(), strict=True
        ):
            if record == row["record"]:
                assert (row["start"], row["length"]) == (begun, len(tokens))
            begun += len(tokens)
    assert len({row["shard"] for row in rows}) > 1
    assert lie(shelf, pa.table({"record_id": wanted})).places == held.places, "a relation is as good as ids"


def test_nothing_is_asked_and_nothing_is_held(shelf: Shelf, tmp_path: Path) -> None:
    shelf.store.export(tmp_path / "a", **TRAINING)
    assert (lie(shelf, []).places.num_rows, lie(shelf, ["0" * 32]).places.num_rows) == (0, 0)
    assert lie(shelf, ["0" * 32]).exports() == []


def test_an_index_that_is_not_the_registered_one_is_not_read(shelf: Shelf, tmp_path: Path) -> None:
    export = shelf.store.export(tmp_path / "a", **TRAINING)["export"]
    copy, wanted = shelf.store.layout.exported(export), ids(shelf)[:1]
    table = pq.read_table(copy)
    copy.unlink()
    pq.write_table(table.slice(0, 0), copy)
    assert lie(shelf, wanted).exports() == [export], "the one in the folder is as it was"
    shutil.copyfile(copy, tmp_path / "a" / "index.parquet")
    held = lie(shelf, wanted)
    assert (held.exports(), held.unreadable) == ([], [export])
    copy.write_bytes(b"PAR1")
    assert lie(shelf, wanted).unreadable == [export]


def test_a_later_version_supersedes_those_of_its_chain_at_its_place_alone(shelf: Shelf, tmp_path: Path) -> None:
    out = tmp_path / "a"
    first = shelf.store.export(out, **TRAINING)["export"]
    manifest = manifest_of(out)
    add(shelf, tmp_path / "copy", manifest)
    second = later(manifest, 2)
    third = later(second, 3)
    for version in (second, third):
        shutil.copyfile(out / "index.parquet", shelf.store.layout.exported(add(shelf, out, version)))
    held = lie(shelf, ids(shelf)[:1])
    assert [(r["version"], r["current"]) for r in held.places.to_pylist()] == [
        (1, False),
        (1, True),
        (2, False),
        (3, True),
    ]
    assert held.exports() == [first, third["export"]]
    assert held.exports(superseded=True) == [first, second["export"], third["export"]]
    status = {(r["export"], Path(r["path"]).name): r["status"] for r in shelf.store.sql("FROM exports")}
    assert status == {
        (first, "a"): "superseded",
        (first, "copy"): "current",
        (second["export"], "a"): "superseded",
        (third["export"], "a"): "current",
    }


def test_what_was_masked_is_named_and_not_held(shelf: Shelf, tmp_path: Path) -> None:
    out = tmp_path / "a"
    shelf.store.export(out, **TRAINING)
    masked, other = ids(shelf)[:2]
    table = pq.read_table(out / "index.parquet")
    said = ["masked" if r == masked else "permit" for r in table.column("record_id").to_pylist()]
    place = table.schema.get_field_index("decision")
    second = later(manifest_of(out), 2)
    second["files"] = [f for f in second["files"] if f["path"] != "index.parquet"]
    add(shelf, out, second)
    pq.write_table(table.set_column(place, "decision", [said]), shelf.store.layout.exported(second["export"]))
    held = lie(shelf, [masked])
    assert [(r["version"], r["decision"]) for r in held.places.to_pylist()] == [(1, "permit"), (2, "masked")]
    assert held.exports() == []
    assert lie(shelf, [other]).exports() == [second["export"]]
