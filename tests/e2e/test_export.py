"""What leaves: shards read back by other eyes, the papers beside them, and `verify`, which trusts none of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, files, jsonl

Refuse = Callable[..., dict[str, Any]]

USE = ("--use", "train.pretrain", "--accept", "attribution", "--accept", "notice")
FREE = ("--use", "train", "--workers", "1")
KEYS = set(
    "export format use snapshot as_of catalog tokenizer records tokens shards refused obligations expires_at".split()
)
MANIFEST = "manifest.json"


@pytest.fixture
def sealed(shelf: dict[str, Any], ask: Ask, ingest: Ask, tmp_path: Path) -> Path:
    """A folder with a store of four free texts, and their export in ``out``: one's own copy."""
    folder: Path = shelf["folder"] / "sealed"
    if "sealed" not in shelf:
        names = ("Ida", "Ole", "Una", "Åse")
        rows = ({"id": name, "text": f"{name} counts the boats again."} for name in names)
        jsonl(card(folder / "tiny", "tiny", license="CC0-1.0") / "texts.jsonl", *rows)
        assert ingest(folder / "tiny", store=folder / "rightful-store")["added"] == 4
        made = ask("export", folder / "out", *FREE, "--tokenizer", "train:300", store=folder / "rightful-store")
        shelf["sealed"] = made["export"]
    copied: Path = shutil.copytree(folder, tmp_path / "sealed")
    return copied


def test_export_to_parquet_is_described_to_the_last_token_and_verifies_wherever_it_lies(
    good_copy: Path, records: dict[str, Any], ask: Ask, tmp_path: Path
) -> None:
    manifest = ask("export", "out", *USE, "--tokenizer", "bytes", "--shard-tokens", "6000", "--workers", "1")
    out = tmp_path / "out"
    assert manifest.keys() >= KEYS
    assert manifest == json.loads((out / MANIFEST).read_bytes())
    assert (manifest["records"], manifest["format"], manifest["expires_at"]) == (35, "parquet", None)
    assert manifest["tokenizer"].items() >= {"vocab_size": 257, "eod": 256}.items()
    assert set(manifest["obligations"]) == {
        "attribution.record",
        "notice.changes",
        "notice.copyright",
        "notice.licence",
    }
    assert sum(manifest["refused"].values()) == 106 - 35
    assert {p.name for p in out.iterdir() if not p.name.startswith(".")} >= {
        "data",
        MANIFEST,
        "index.parquet",
        "refusals.parquet",
        "ATTRIBUTION.md",
        "README.md",
    }

    index = pq.read_table(out / "index.parquet").to_pylist()
    texts = {r["record_id"]: r["text"] for r in ask("sql", "SELECT * FROM texts")}
    assert len(manifest["shards"]) > 3
    at = 0
    for shard in manifest["shards"]:
        assert shard["sha256"] == hashlib.sha256((out / shard["path"]).read_bytes()).hexdigest()
        rows = pq.read_table(out / shard["path"]).to_pylist()
        first = 0
        for row in rows:
            entry = index[at]
            assert (entry["shard"], entry["first_token"]) == (shard["path"], first)
            assert entry["record_id"] == row["record_id"]
            assert entry["length"] == row["n_tokens"] == len(row["input_ids"])
            assert row["input_ids"][-1] == 256
            text = bytes(row["input_ids"][:-1]).decode()
            assert text == texts[row["record_id"]]
            assert entry["content_sha256"] == hashlib.sha256(text.encode()).digest()
            first += entry["length"]
            at += 1
        assert (shard["records"], shard["tokens"]) == (len(rows), first)
        assert first <= 6000 or len(rows) == 1
    assert at == len(index) == manifest["records"]
    assert sum(entry["length"] for entry in index) == sum(s["tokens"] for s in manifest["shards"]) == manifest["tokens"]

    refusals = pq.read_table(out / "refusals.parquet")
    assert set(refusals.column_names) == {"record_id", "decision", "reason", "detail"}
    refused = {row["record_id"]: row["reason"] for row in refusals.to_pylist()}
    assert refused.keys() == records.keys() - {entry["record_id"] for entry in index}
    assert {reason: list(refused.values()).count(reason) for reason in refused.values()} == manifest["refused"]
    papers = b"".join((out / name).read_bytes() for name in ("refusals.parquet", "index.parquet", MANIFEST))
    assert not any(text[:40].encode() in papers for text in texts.values())

    fine = {
        "ok": True,
        "export": manifest["export"],
        "records": 35,
        "stale": [],
        "corrupt": [],
        "gone": False,
        "version": 1,
        "level": None,
        "next": [],
    }
    assert ask("verify", manifest["export"]) == fine
    out.rename(tmp_path / "elsewhere")
    assert ask("verify", "elsewhere") == fine


def test_export_to_megatron_is_the_same_for_any_number_of_workers_and_for_the_tokenizer_that_it_trained(
    good_copy: Path, ask: Ask, tmp_path: Path
) -> None:
    now = datetime.now(UTC).isoformat()  # a part of the manifest, as is the snapshot
    order = (*USE, "--format", "megatron", "--snapshot", "1", "--as-of", now)
    one = ask("export", "one", *order, "--tokenizer", "train:600", "--workers", "1")
    ask("export", "two", *order, "--tokenizer", "train:600", "--workers", "2")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert one["tokenizer"]["vocab_size"] == 600
    [asset] = ask("sql", "SELECT asset, kind, sha256 FROM assets")
    assert asset == {
        "asset": one["tokenizer"]["asset"],
        "kind": "tokenizer",
        "sha256": hashlib.sha256((tmp_path / "one" / one["tokenizer"]["path"]).read_bytes()).hexdigest(),
    }
    assert one["tokenizer"]["sha256"] == asset["sha256"]

    given = ask("export", "given", *order, "--tokenizer", tmp_path / "one" / one["tokenizer"]["path"], "--seed", "7")
    index = pq.read_table(tmp_path / "given" / "index.parquet").to_pylist()
    before = {e["record_id"]: e["tokens_sha256"] for e in pq.read_table(tmp_path / "one" / "index.parquet").to_pylist()}
    assert {e["record_id"]: e["tokens_sha256"] for e in index} == before
    assert [e["record_id"] for e in index] != list(before), "the seed shuffles"

    # The layout of megatron-core's IndexedDataset, read by hand.
    raw = (tmp_path / "given" / "data" / "shard-00000.idx").read_bytes()
    magic, version, code, sequences, boundaries = struct.unpack_from("<9sQBQQ", raw)
    assert (magic, version, code, sequences, boundaries) == (b"MMIDIDX\0\0", 1, 8, 35, 36)
    lengths = np.frombuffer(raw, "<i4", sequences, 34)
    tokens = np.fromfile(tmp_path / "given" / "data" / "shard-00000.bin", "<u2")
    assert lengths.tolist() == [e["length"] for e in index]
    assert len(tokens) == lengths.sum() == given["tokens"]
    tokenizer = Tokenizer.from_file(str(tmp_path / "given" / given["tokenizer"]["path"]))
    texts = {r["record_id"]: r["text"] for r in ask("sql", "SELECT * FROM texts")}
    for entry, document in zip(index, np.split(tokens, np.cumsum(lengths)[:-1]), strict=True):
        assert document[-1] == given["tokenizer"]["eod"]
        assert tokenizer.decode(document[:-1].tolist(), skip_special_tokens=False) == texts[entry["record_id"]]


def test_export_of_nothing_is_refused_and_leaves_nothing(good: Path, refuse: Refuse, tmp_path: Path) -> None:
    error = refuse("export", "out", *USE, "--tokenizer", "bytes", "--where", "source_id = 'forum'", code=3, store=good)
    assert "nothing is permitted" in error["message"]
    assert "nothing is stated about rights" in error["message"]
    assert list(tmp_path.iterdir()) == []


def test_export_to_a_place_that_is_taken_changes_nothing(good: Path, refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for out in ("full", "file"):
        error = refuse("export", out, *USE, "--tokenizer", "bytes", store=good)
        assert error["subject"] == out
        assert "exists already" in error["message"]
    assert files(tmp_path) == {"file": b"mine", "full/mine.txt": b"mine"}


@pytest.mark.parametrize("form", ["parquet", "megatron"])
def test_verify_names_every_file_that_was_touched_and_every_one_that_is_missing(
    form: str, sealed: Path, ask: Ask
) -> None:
    out = sealed / "out"
    if form == "megatron":
        tokenizer = out / "tokenizer" / "tokenizer.json"
        out = sealed / "megatron"
        ask("export", out, *FREE, "--format", form, "--tokenizer", tokenizer, store=sealed / "rightful-store")
    manifest = json.loads((out / MANIFEST).read_bytes())
    pristine = files(out)
    listed = set(pristine) - {MANIFEST, "README.md"}
    assert listed >= {f["path"] for shard in manifest["shards"] for f in shard["files"]} | {
        "index.parquet",
        "refusals.parquet",
        "ATTRIBUTION.md",
        "tokenizer/tokenizer.json",
    }
    for name in listed:
        (out / name).write_bytes(_flipped(pristine[name], len(pristine[name]) // 2))
    touched = ask("verify", out, code=3, store=sealed / "rightful-store")
    assert {c["file"] for c in touched["corrupt"]} == listed
    if form == "megatron":
        return
    for name in listed:
        (out / name).unlink()
    gone = ask("verify", out, code=3, store=sealed / "rightful-store")
    assert {c["file"]: c["reason"] for c in gone["corrupt"]}.items() >= dict.fromkeys(listed, "is missing").items()


def test_verify_names_a_shard_or_an_index_with_one_other_byte(sealed: Path, ask: Ask) -> None:
    for name, at in (("data/shard-00000.parquet", 0), ("data/shard-00000.parquet", -20), ("index.parquet", -1)):
        path = sealed / "out" / name
        data = path.read_bytes()
        path.write_bytes(_flipped(data, at % len(data)))
        found = ask("verify", sealed / "out", code=3, store=sealed / "rightful-store")
        assert (found["ok"], {c["file"] for c in found["corrupt"]}) == (False, {name}), f"{name}, byte {at}"
        path.write_bytes(data)


def test_verify_names_a_manifest_with_one_other_byte_wherever_it_is(
    sealed: Path, shelf: dict[str, Any], ask: Ask, refuse: Refuse
) -> None:
    store = sealed / "rightful-store"
    path = sealed / "out" / MANIFEST
    data = path.read_bytes()
    # A letter of a value, a digit of a count, the layout.
    for old, new in ((b'"strict"', b'"strick"'), (b'"records": 4', b'"records": 5'), (b",\n", b",\r")):
        assert old in data
        path.write_bytes(data.replace(old, new, 1))
        found = ask("verify", sealed / "out", code=3, store=store)
        assert (found["ok"], {c["file"] for c in found["corrupt"]}) == (False, {MANIFEST}), old
        assert found["export"] == shelf["sealed"]
    # No JSON any more, and at another place than the one that it was exported to.
    path.write_bytes(_flipped(data, 0))
    assert MANIFEST in {c["file"] for c in ask("verify", sealed / "out", code=3, store=store)["corrupt"]}
    path.unlink()
    assert "not an export" in refuse("verify", sealed / "out", store=store)["message"]


def test_verify_names_a_shard_that_was_added_and_a_forged_whole(sealed: Path, ask: Ask) -> None:
    out, store = sealed / "out", sealed / "rightful-store"
    shutil.copy(out / "data" / "shard-00000.parquet", out / "data" / "shard-00001.parquet")
    added = ask("verify", out, code=3, store=store)
    assert added["corrupt"] == [{"file": "data/shard-00001.parquet", "reason": "is not in the manifest"}]
    (out / "data" / "shard-00001.parquet").unlink()

    # Everything about it agrees with everything else, but the store never made it.
    forged = json.loads((out / MANIFEST).read_bytes()) | {"obligations": {}, "store": "other"}
    del forged["export"]
    text = json.dumps(forged, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    forged["export"] = "x-" + hashlib.sha256(text.encode()).hexdigest()[:16]
    (out / MANIFEST).write_text(json.dumps(forged, sort_keys=True, ensure_ascii=False, indent=1) + "\n", "utf-8")
    found = ask("verify", out, code=3, store=store)
    assert {"file": MANIFEST, "reason": "this store has no record of such an export"} in found["corrupt"]


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_export_without_a_tokenizer_has_bytes_and_says_how_to_choose_another(
    sealed: Path, rightful: Callable[..., Any], ask: Ask
) -> None:
    store = sealed / "rightful-store"
    done = rightful("--store", store, "export", sealed / "plain", *FREE)
    assert done.returncode == 0
    assert "tokenizer: bytes, for none was named; another: --tokenizer FILE|NAME|train:N" in done.stdout.splitlines()
    manifest = json.loads((sealed / "plain" / MANIFEST).read_bytes())
    assert manifest["tokenizer"].items() >= {"kind": "bytes", "requested": None, "vocab_size": 257}.items()
    given = ask("export", sealed / "bytes", *FREE, "--tokenizer", "bytes", store=store)
    assert files(sealed / "bytes" / "data") == files(sealed / "plain" / "data")
    assert given["tokenizer"]["requested"] == "bytes"


def test_export_takes_a_tokenizer_by_name_and_names_the_file_that_it_took(
    sealed: Path, rightful: Callable[..., Any], ask: Ask, refuse: Refuse, tmp_path: Path
) -> None:
    store = sealed / "rightful-store"
    trained = sealed / "out" / "tokenizer" / "tokenizer.json"
    error = refuse("export", sealed / "named", *FREE, "--tokenizer", "small", store=store)
    assert str(store / "tokenizers" / "small" / "tokenizer.json") in error["hint"]
    assert not (sealed / "named").exists()
    (store / "tokenizers" / "small").mkdir(parents=True)
    placed = store / "tokenizers" / "small" / "tokenizer.json"
    placed.write_bytes(trained.read_bytes()[:500])
    error = refuse("export", sealed / "named", *FREE, "--tokenizer", "small", store=store)
    assert (error["subject"], "is not a tokenizer" in error["message"]) == (str(placed), True)
    assert not (sealed / "named").exists()
    shutil.copy(trained, placed)
    assert ask("store", "check", store=store)["orphans"] == []
    done = rightful("--store", store, "export", sealed / "named", *FREE, "--tokenizer", "small")
    assert "tokenizer: small, from STORE/tokenizers/small/tokenizer.json" in done.stdout.splitlines()
    assert files(sealed / "named" / "data") == files(sealed / "out" / "data")
    by_path = ask("export", sealed / "path", *FREE, "--tokenizer", trained, store=store)
    assert (by_path["tokenizer"]["requested"], by_path["tokenizer"]["taken_from"]) == ("tokenizer.json", None)
    assert str(sealed) not in (sealed / "path" / MANIFEST).read_text("utf-8")


@pytest.mark.parametrize("way", ["parquet", "jsonl"])
def test_export_of_texts_is_described_verifies_and_has_no_option_of_tokens(
    way: str, good_copy: Path, records: dict[str, Any], ask: Ask, refuse: Refuse, rightful: Callable[..., Any]
) -> None:
    tmp_path = good_copy.parent
    order = (*USE, "--format", "text", "--text-as", way, "--workers", "1")
    for option in (("--tokenizer", "bytes"), ("--eod", "x"), ("--tokenizer-backend", "hf"), ("--shard-tokens", "9")):
        error = refuse("export", "out", *order, *option)
        assert error["subject"] == option[0]
        assert "is for tokens, and --format text has none" in error["message"]
    assert refuse("export", "out", *USE, "--text-as", way)["subject"] == "--text-as"
    assert not (tmp_path / "out").exists()

    manifest = ask("export", "out", *order, "--shard-bytes", "20000")
    assert manifest.keys() >= KEYS
    assert (manifest["records"], manifest["tokenizer"], manifest["tokens"], manifest["text_as"]) == (
        35,
        None,
        None,
        way,
    )
    assert len(manifest["shards"]) > 1
    rows: list[dict[str, Any]] = []
    for shard in manifest["shards"]:
        path = tmp_path / "out" / shard["path"]
        lines = pq.read_table(path).to_pylist() if way == "parquet" else map(json.loads, path.read_bytes().splitlines())
        rows += lines
    texts = {r["record_id"]: r["text"] for r in ask("sql", "SELECT * FROM texts")}
    assert {row["record_id"]: row["text"] for row in rows} == {
        row["record_id"]: texts[row["record_id"]] for row in rows
    }
    assert {row["record_id"]: row["url"] for row in rows} == {
        row["record_id"]: records[row["record_id"]]["url"] for row in rows
    }
    index = pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()
    assert [entry["record_id"] for entry in index] == [row["record_id"] for row in rows]
    assert [entry["length"] for entry in index] == [1] * 35
    assert ask("verify", "out")["ok"]
    shown = rightful("export", "again", *order)
    first = shown.stdout.splitlines()[0]
    assert first.endswith(f": 35 records, 1 shard (text, as {way}) in again")
    assert "tokenizer" not in shown.stdout
