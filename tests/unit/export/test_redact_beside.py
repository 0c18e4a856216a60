"""Repairs of exports with more than texts: conversations, kept columns, redacted personal data, masks upon masks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.events.consents import Request
from rightful.export.formats import text
from tests.exports import manifest_of
from tests.unit.shelf import Shelf

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}
CARD = """name = "desk"
license = "CC0-1.0"
covers = "contents"
personal_data = "yes"
legal_basis = "legitimate_interests"

[fields]
keep = ["score", "tags"]
"""


def talk(n: int) -> dict[str, Any]:
    """A conversation with an address in it, and kept columns; every third row is a plain text."""
    beside = {"id": f"row-{n}", "score": n / 4, "tags": [f"t{n}", "desk"]}
    if n % 3 == 2:
        return {**beside, "text": f"Note {n}: write to hand{n}@example.org before the tide turns at {n}."}
    turns = [
        {"role": "user", "content": f"Who sails boat {n}?"},
        {"role": "assistant", "content": f"Ask crew{n}@example.org."},
    ]
    return {**beside, "messages": turns}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a dozen such rows."""
    root = tmp_path_factory.mktemp("desk")
    shelf = Shelf(root)
    (root / "desk").mkdir()
    (root / "desk" / "source.toml").write_text(CARD, encoding="utf-8")
    (root / "desk" / "rows.jsonl").write_text("".join(json.dumps(talk(n)) + "\n" for n in range(12)), encoding="utf-8")
    shelf.store.ingest([root / "desk"])
    return root


def opened(desk: Path, to: Path) -> Store:
    """The same store elsewhere, an hour later."""
    shelf = Shelf(Path(shutil.copytree(desk, to)))
    shelf.minutes = 60
    return shelf.store


def withdraw(store: Store, *names: str) -> None:
    """Withdrawals by the ids of rows."""
    listed = store.sql("SELECT source_record_id AS name, record_id FROM records")
    ids = {row["name"]: row["record_id"] for row in listed}
    store.consent.record([Request(kind="withdraw", selector="record", value=ids[name]) for name in names])


@pytest.mark.parametrize("way", text.names())
@pytest.mark.parametrize("redact", [None, "email"])
def test_conversations_and_kept_columns_are_what_an_export_of_the_rest_has(
    desk: Path, tmp_path: Path, way: str, redact: str | None
) -> None:
    store = opened(desk, tmp_path / "mine")
    asked = {**USE, "format": "text", "text_as": way, "shard_bytes": 1500, "redact": redact}
    for name in ("out", "masked"):
        store.export(tmp_path / name, **asked)
    withdraw(store, "row-3", "row-5")
    store.export(tmp_path / "anew", **asked)
    assert store.redact(tmp_path / "out").records_removed == 2
    assert store.redact(tmp_path / "masked", level="mask").records_removed == 2
    for name in ("out", "masked"):
        verified = store.verify(tmp_path / name)
        assert verified.ok, (name, verified.stale, verified.corrupt)
    one, other, masked = (manifest_of(tmp_path / name) for name in ("out", "anew", "masked"))
    same = ("records", "chars", "own_form", "kept", "redaction", "records_root")
    assert {key: one[key] for key in same} == {key: other[key] for key in same}
    counted = ("chars", "own_form", "kept", "redaction")
    assert {key: masked[key] for key in counted} == {key: other[key] for key in counted}
    rows = {name: _rows(tmp_path / name) for name in ("out", "anew", "masked")}
    assert rows["out"] == rows["anew"]
    assert [row for row in rows["masked"] if row["text"]] == rows["anew"]
    assert [set(row) for row in rows["masked"] if not row["text"]] == [
        {"record_id", "text", "url", "license", "attribution"}
    ] * 2
    if redact:
        spans = [pq.read_table(tmp_path / name / "redactions.parquet") for name in ("out", "anew", "masked")]
        assert spans[0].equals(spans[1])
        assert spans[2].equals(spans[1])


def _rows(out: Path) -> list[dict[str, Any]]:
    manifest = manifest_of(out)
    form = text.find(manifest["text_as"])
    stems = [Path(shard["path"]).stem for shard in manifest["shards"]]
    return [dict(row) for stem in stems for row in form.read(out / "data", stem)]


@pytest.mark.parametrize("form", ["parquet", "megatron"])
def test_tokens_of_redacted_texts_verify_after_masks_upon_masks_and_a_rewrite(
    desk: Path, tmp_path: Path, form: str
) -> None:
    store, out = opened(desk, tmp_path / "mine"), tmp_path / "out"
    store.export(out, **USE, format=form, tokenizer="train:300", redact="email", shard_tokens=400)
    gone = 0
    for name, level in (("row-0", "mask"), ("row-1", "exclude"), ("row-2", "mask"), ("row-4", "rewrite")):
        withdraw(store, name)
        gone += 1
        answer = store.redact(out, level=level)
        verified = store.verify(out)
        assert verified.ok, (name, verified.stale, verified.corrupt)
        assert answer.records_removed == (2 if name == "row-2" else 1)  # a mask takes what was on the deny list along
    manifest = manifest_of(out)
    assert (manifest["version"], manifest["records"], len(_revoked(out))) == (5, 12 - gone, gone)
    assert manifest["refused"]["withdrawn"] == gone
    assert manifest["redaction"]["records"] == 12 - gone
    assert "was trained on records of the export" in manifest["repairs"][-1]["note"]


def _revoked(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "revocations.jsonl").read_text().splitlines()]


def test_old_files_put_back_are_told_from_the_version_that_superseded_them(desk: Path, tmp_path: Path) -> None:
    store, out = opened(desk, tmp_path / "mine"), tmp_path / "out"
    store.export(out, **USE, tokenizer="bytes")
    shutil.copytree(out, tmp_path / "backup")
    withdraw(store, "row-0")
    new = store.redact(out)
    shutil.rmtree(out)
    shutil.copytree(tmp_path / "backup", out)
    verified = store.verify(out)
    assert [s["reason"] for s in verified.stale] == ["withdrawn"]
    assert [c["reason"] for c in verified.corrupt] == [
        f"is version 1, and {new.export} superseded it here: old files were put back"
    ]
    again = store.redact(out)
    assert (again.version, store.verify(out).ok) == (2, True)


def test_withdrawals_that_were_erased_from_the_store_are_repaired_all_the_same(desk: Path, tmp_path: Path) -> None:
    store, out = opened(desk, tmp_path / "mine"), tmp_path / "out"
    store.export(out, **USE, format="text", text_as="jsonl")
    withdraw(store, "row-0", "row-2")
    event = store.sql("SELECT event FROM consents")[0]["event"]
    store.compact()
    done = store.redact(event=event)
    assert [one["records_removed"] for one in done.exports] == [2]
    assert store.verify(out).ok
    raw = b"".join(p.read_bytes() for p in out.rglob("*") if p.is_file())
    assert b"Who sails boat 0?" not in raw
    assert b"Note 2:" not in raw
