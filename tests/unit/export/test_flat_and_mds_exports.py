"""Exports as `bin` and `mds`, from the store to a repair: their tables and indexes are theirs as much as the shards are."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.events.consents import Request
from tests.exports import manifest_of, register
from tests.unit.shelf import Shelf

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none", "workers": 1, "shard_tokens": 200}
ORDERS: dict[str, dict[str, Any]] = {
    "bin": {"format": "bin"},
    "raw": {"format": "bin", "raw": True},
    "npy": {"format": "bin", "raw": True, "raw_as": "npy"},
    "mds": {"format": "mds"},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a dozen notes, and an export in every way."""
    root = tmp_path_factory.mktemp("notes")
    store = Shelf(root).store
    (root / "desk").mkdir()
    (root / "desk" / "source.toml").write_text(
        'name = "desk"\nlicense = "CC0-1.0"\npersonal_data = "no"\n', encoding="utf-8"
    )
    rows = [
        json.dumps({"id": f"row-{n}", "text": f"Note {n}: boat {n * 7} went out at {n} past the hour."})
        for n in range(12)
    ]
    (root / "desk" / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    store.ingest([root / "desk"], workers=1)
    for way, order in ORDERS.items():
        store.export(root / way, **USE, **order)
    return root


def opened(exported: Path, tmp_path: Path) -> Store:
    """The same store elsewhere, with its exports, an hour later."""
    shelf = Shelf(Path(shutil.copytree(exported, tmp_path / "mine")))
    shelf.minutes = 60
    return shelf.store


def lines(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(("way", "suffix", "behind"), [("bin", ".bin", 1024), ("raw", ".bin", 0), ("npy", ".npy", 0)])
def test_flat_shards_are_what_the_index_says_and_so_is_the_table(
    exported: Path, way: str, suffix: str, behind: int
) -> None:
    out, manifest = exported / way, manifest_of(exported / way)
    assert manifest["raw"] == (None if way == "bin" else suffix)
    assert len(manifest["shards"]) > 2
    index = pq.read_table(out / "index.parquet").to_pylist()
    for shard in manifest["shards"]:
        stem = shard["path"].removesuffix(suffix)
        assert [file["path"] for file in shard["files"]] == [f"{stem}{suffix}", f"{stem}.csv.gz"]
        assert len(np.memmap(out / shard["path"], np.uint16, "r", behind)) == shard["tokens"]
        of = [one for one in index if one["shard"] == shard["path"]]
        table = [
            [
                str(v)
                for v in (
                    one["first_token"],
                    one["first_token"] + one["length"],
                    one["record_id"],
                    "desk",
                    one["position"],
                )
            ]
            for one in of
        ]
        assert lines(out / f"{stem}.csv.gz") == table
    assert {path.suffix for path in (out / "data").iterdir()} == {suffix, ".gz"}


def test_index_of_mds_shards_is_a_file_of_the_export_and_names_them_in_their_order(exported: Path) -> None:
    manifest = manifest_of(exported / "mds")
    assert "data/index.json" in [file["path"] for file in manifest["files"]]
    said = json.loads((exported / "mds" / "data" / "index.json").read_bytes())["shards"]
    assert [
        (f"data/{one['raw_data']['basename']}", one["raw_data"]["hashes"]["sha256"], one["samples"]) for one in said
    ] == [(shard["path"], shard["sha256"], shard["records"]) for shard in manifest["shards"]]


@pytest.mark.parametrize("way", ["bin", "npy", "mds"])
@pytest.mark.parametrize("level", ["rewrite", "mask"])
def test_repair_takes_tables_and_indexes_along(exported: Path, tmp_path: Path, way: str, level: str) -> None:
    store, out = opened(exported, tmp_path), tmp_path / "mine" / way
    listed = store.sql("SELECT source_record_id AS name, record_id FROM records")
    gone = {row["name"]: row["record_id"] for row in listed}["row-3"]
    before = sorted((out / "data").glob("shard-*"))
    harmed = {path.name.split(".")[0] for path in before if gone.encode() in contents(path)}
    store.consent.record([Request(kind="withdraw", selector="record", value=gone)])
    assert not store.verify(out).ok
    assert store.redact(out, level=level).records_removed == 1
    assert store.verify(out).ok
    there = {path.name: contents(path) for path in (out / "data").iterdir()}
    assert any(gone.encode() in data for data in there.values()) == (level == "mask")
    assert len(harmed) == 1
    assert {path.name for path in before if path.name in there} == {
        path.name for path in before if path.name.split(".")[0] not in harmed
    }
    shards = manifest_of(out)["shards"]
    listed_files = {Path(file["path"]).name for shard in shards for file in shard["files"]}
    assert set(there) - {"index.json"} == listed_files
    if way == "mds":
        said = json.loads(there["index.json"])["shards"]
        assert [f"data/{one['raw_data']['basename']}" for one in said] == [shard["path"] for shard in shards]
        masked = [one["raw_data"]["basename"] for one in said if "loss_mask" in one["column_names"]]
        assert len(masked) == (level == "mask")


def contents(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(path: Path) -> None:
    """With the same file of the next shard."""
    other = path.with_name(path.name.replace("00001", "00002"))
    first, second = path.read_bytes(), other.read_bytes()
    path.write_bytes(second)
    other.write_bytes(first)


FILES = [
    ("bin", "shard-00001.bin"),
    ("bin", "shard-00001.csv.gz"),
    ("npy", "shard-00001.npy"),
    ("mds", "shard-00001.mds"),
]
HARMS = [
    *((way, name, harm) for way, name in FILES for harm in (cut, flip, swap, Path.unlink)),
    *(("mds", "index.json", harm) for harm in (cut, flip, Path.unlink)),
]


@pytest.mark.parametrize(("way", "name", "harm"), HARMS)
def test_file_that_was_harmed_is_named(
    exported: Path, tmp_path: Path, way: str, name: str, harm: Callable[[Path], None]
) -> None:
    out = Path(shutil.copytree(exported / way, tmp_path / way))
    harm(out / "data" / name)
    checked = Shelf(exported).store.verify(out)
    assert not checked.ok
    assert f"data/{name}" in {one["file"] for one in checked.corrupt}


def to_another_order(path: Path) -> None:
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps({**said, "shards": said["shards"][::-1]}, sort_keys=True), encoding="utf-8")


def to_fewer(path: Path) -> None:
    said = json.loads(path.read_bytes())
    path.write_text(json.dumps({**said, "shards": said["shards"][1:]}, sort_keys=True), encoding="utf-8")


def to_another_record(path: Path) -> None:
    rows = [",".join([start, end, "0" * len(record), *rest]) for start, end, record, *rest in lines(path)]
    path.write_bytes(gzip.compress("".join(f"{row}\r\n" for row in rows).encode(), mtime=0))


@pytest.mark.parametrize(
    ("way", "name", "edit", "reason"),
    [
        ("mds", "index.json", to_another_order, "is not what its shards call for"),
        ("mds", "index.json", to_fewer, "is not what its shards call for"),
        ("bin", "shard-00001.csv.gz", to_another_record, "names another record than the index"),
    ],
)
def test_edited_table_or_index_is_found_though_manifest_and_ledger_agree_with_it(
    exported: Path, tmp_path: Path, way: str, name: str, edit: Callable[[Path], None], reason: str
) -> None:
    store, out = opened(exported, tmp_path), tmp_path / "mine" / way
    edit(out / "data" / name)
    register(store, out, manifest_of(out), Shelf(tmp_path / "mine").store.clock())
    checked = store.verify(out)
    assert not checked.ok
    assert reason in str(checked.corrupt)


def test_each_split_has_an_index_of_its_own_shards(exported: Path, tmp_path: Path) -> None:
    store, out = opened(exported, tmp_path), tmp_path / "out"
    manifest = store.export(out, **USE, format="mds", split="train=.7,test=.3")
    listed: dict[str, list[str]] = {}
    for shard in manifest["shards"]:
        _, side, name = shard["path"].split("/")
        listed.setdefault(side, []).append(name)
    assert sorted(listed) == ["test", "train"]
    for side, names in listed.items():
        said = json.loads((out / "data" / side / "index.json").read_bytes())["shards"]
        assert [one["raw_data"]["basename"] for one in said] == names
    (out / "data" / "test" / "index.json").write_bytes((out / "data" / "train" / "index.json").read_bytes())
    assert [one["file"] for one in store.verify(out).corrupt] == ["data/test/index.json"]
