"""One author withdraws: from an event to repaired shards, a tainted model, erased bytes and a receipt, on real documents."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests import keys

OUTSIDE = Path(__file__).parents[1] / "e2e" / "outside.py"
AUTHOR = "github"
USE = ("--use", "train.pretrain", "--accept", "all", "--dedup", "none")
FORMS = {
    "parquet": ("--format", "parquet", "--tokenizer", "train:1024", "--shard-tokens", "60000"),
    "megatron": ("--format", "megatron", "--tokenizer", "bytes", "--shard-tokens", "200000"),
    "text": ("--format", "text", "--shard-bytes", "200000"),
}

Ask = Callable[..., Any]


@pytest.fixture
def ask(rightful: Callable[..., Any], tmp_path: Path) -> Ask:
    def run(*arguments: str | Path, code: int = 0) -> Any:
        done = rightful("--json", "--store", str(tmp_path / "store"), *map(str, arguments))
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.json()

    return run


@pytest.fixture
def corpus(cases: Path, tmp_path: Path) -> Path:
    """The documents as rows with text, address, licence and author, the owner of the repository."""
    ledger = cases / "7-documents" / "docs.shared.jsonl"
    if not ledger.is_file():
        pytest.skip("no folder 7-documents among the third-party cases")
    folder = tmp_path / "corpus"
    folder.mkdir()
    with (folder / "docs.jsonl").open("w", encoding="utf-8") as out:
        for line in ledger.read_text("utf-8").splitlines():
            row = json.loads(line)
            text = (cases / row["file"]).read_text("utf-8", errors="replace")
            told = {"id": row["id"], "text": text, "url": row["url"], "license": row["licence_spdx"]}
            out.write(json.dumps({**told, "author": row["repo"].split("/")[0]}) + "\n")
    (folder / "source.toml").write_text('name = "docs"\npersonal_data = "no"\n', "utf-8")
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted((folder / "data").rglob("*")) if p.is_file()
    }


def _texts(corpus: Path, author: str) -> list[str]:
    rows = map(json.loads, (corpus / "docs.jsonl").read_text("utf-8").splitlines())
    return [row["text"] for row in rows if row["author"] == author]


def _needles(texts: list[str]) -> list[bytes]:
    """Pieces of forty characters out of each text, as they would lie in a file: UTF-8, UTF-16 and as JSON writes them."""
    pieces = [text[at : at + 40] for text in texts for at in range(200, len(text) - 40, max(1, len(text) // 25))]
    forms = (str.encode, lambda t: t.encode("utf-16-le"), lambda t: json.dumps(t)[1:-1].encode())
    return list(dict.fromkeys(form(piece) for piece in pieces for form in forms))


def _contents(store: Path) -> list[tuple[Path, bytes]]:
    """All bytes of a store: files as they are, and the values of Parquet unpacked."""
    contents = [(p, p.read_bytes()) for p in store.rglob("*") if p.is_file()]
    for path, data in contents[:]:
        if data[:4] == b"PAR1":
            table = pq.read_table(path)
            contents.append((path, json.dumps(table.to_pylist(), default=str, ensure_ascii=False).encode()))
    return contents


def test_one_author_withdraws(corpus: Path, ask: Ask, tmp_path: Path) -> None:
    store = tmp_path / "store"
    ask("ingest", corpus, "--workers", "1")
    exports = {name: ask("export", tmp_path / name, *USE, *form) for name, form in FORMS.items()}
    for level in ("exclude", "mask"):
        for name in FORMS:  # copies that somebody carried elsewhere
            shutil.copytree(tmp_path / name, tmp_path / f"{name}-{level}")
    model = ask("asset", "add", "docs-1b", "--kind", "model", "--input", tmp_path / "parquet", *USE[:4])
    assert model["decision"] == "permit"
    before = {name: _files(tmp_path / name) for name in FORMS}
    of_author = f"SELECT record_id FROM records WHERE list_contains(authors, '{AUTHOR}')"
    hers = {row["record_id"] for row in ask("sql", of_author)}

    event = ask("consent", "withdraw", "--author", AUTHOR, "--kind", "erasure", "--reason", "asked by mail", "--yes")
    matched = event["matched"]["records"]
    texts = _texts(corpus, AUTHOR)
    assert matched == len(texts) == len(hers) > 0
    assert {e["export"] for e in exports.values()} <= set(event["exports"])

    trace = ask("trace", "--event", event["event"])
    lies = {(place["export"], place["shard"], place["start"]) for place in trace["exports"]}
    leaving = set()
    for name, manifest in exports.items():
        index = pq.read_table(tmp_path / name / "index.parquet").to_pylist()
        leaving = hers & {row["record_id"] for row in index}
        assert leaving == {r["record"] for r in trace["exports"] if r["export"] == manifest["export"]} != set()
        for row in index:
            place = (manifest["export"], row["shard"], row["first_token"])
            assert (place in lies) == (row["record_id"] in hers)
    assert {a["name"] for a in trace["assets"] if a["kind"] == "model"} == {"docs-1b"}
    shown = ask("asset", "show", "docs-1b")
    assert shown["status"] == "tainted"

    for name, manifest in exports.items():
        for level, folder in (("rewrite", name), ("exclude", f"{name}-exclude"), ("mask", f"{name}-mask")):
            assert not ask("verify", tmp_path / folder, code=3)["ok"]
            done = ask("redact", tmp_path / folder, "--level", level)
            assert (done["version"], done["level"], done["records_removed"]) == (2, level, len(leaving))
            assert ask("verify", tmp_path / folder)["ok"]
            assert ask("redact", tmp_path / folder, "--level", level)["records_removed"] == 0
        after = _files(tmp_path / name)
        changed = {place["shard"] for place in trace["exports"] if place["export"] == manifest["export"]}
        stems = {Path(shard).name.split(".")[0] for shard in changed}
        kept = {file: data for file, data in before[name].items() if Path(file).name.split(".")[0] not in stems}
        assert kept.items() <= after.items()
        assert len(kept) < len(before[name])

    needles = _needles(texts)
    assert any(needle in data for _, data in _contents(store) for needle in needles)
    ask("store", "compact")
    assert ask("store", "check")["ok"]
    for path, data in _contents(store):
        there = [needle for needle in needles if needle in data]
        assert not there, f"{path}: {there[:3]}"
    for name in FORMS:
        assert ask("verify", tmp_path / name)["ok"]

    again = ask("ingest", corpus, "--workers", "1")
    assert again["added"] == 0
    shutil.copytree(corpus, tmp_path / "moved")
    rows = (tmp_path / "moved" / "docs.jsonl").read_text("utf-8")
    (tmp_path / "moved" / "docs.jsonl").write_text(rows + "\n")
    (tmp_path / "moved" / "source.toml").write_text('name = "other"\npersonal_data = "no"\n', "utf-8")
    other = ask("ingest", tmp_path / "moved", "--workers", "1")
    assert other["refused"] >= matched

    key, public = keys.pair(tmp_path / "keys")
    receipt = tmp_path / "receipt.dsse.json"
    ask("consent", "receipt", event["event"], "--key", key, "-o", receipt)
    assert ask("verify-receipt", receipt, "--key", public)["ok"]
    record = trace["exports"][0]["record"]
    absent = tmp_path / "absent.dsse.json"
    ask("proof", record, tmp_path / "parquet", "--key", key, "-o", absent)
    for file in (receipt, absent):
        done = subprocess.run(
            [sys.executable, "-I", OUTSIDE, file, public, tmp_path / "parquet" / "manifest.json"],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["is_included"] is False
