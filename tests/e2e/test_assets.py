"""Assets on the command line: exit codes, what travels to another store, and what is tainted there and here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Ask

RESEARCH = ("--purpose", "research", "--actor", "research_org", "--accept", "all")


def corpus(folder: Path, license: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(
        f'name = "{folder.name}"\nlicense = "{license}"\ncovers = "contents"\npersonal_data = "no"\n'
    )
    texts = [f"{folder.name} {n}: " + f"the lamp at mole {n} was lit at dusk. " * (n + 3) for n in range(3)]
    rows = [json.dumps({"id": f"{folder.name}-{n}", "text": text}) + "\n" for n, text in enumerate(texts)]
    (folder / "rows.jsonl").write_text("".join(rows))
    return folder


def test_what_was_made_of_research_data_stays_that_wherever_it_travels(
    ask: Ask, refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ask("ingest", corpus(tmp_path / "papers", "CC-BY-NC-4.0"), "--workers", "1", store=ours)
    train = ("--use", "train.pretrain", *RESEARCH)
    out = ask("export", tmp_path / "out", *train, "--dedup", "none", "--workers", "1", store=ours)
    model = ask("asset", "add", "base", "--kind", "model", "--input", tmp_path / "out", *train, store=ours)
    assert {"asset", "decision", "reasons", "inputs"} <= {*model}
    assert (model["decision"], model["inputs"][0]["export"]) == ("permit", out["export"])
    ask("asset", "check", "base", *train, store=ours)
    refused = ask("asset", "check", "base", "--use", "train.pretrain", "--accept", "all", code=3, store=ours)
    assert {of["reason"] for of in refused["reasons"]} == {"license-denies"}
    product = ("--input", "base", "--use", "serve.model", "--accept", "all")
    assert ask("asset", "add", "product", "--kind", "model", *product, code=3, store=ours)["asset"] is None
    refuse("asset", "add", "base", "--kind", "model", "--input", "base", *train, store=ours)
    refuse("asset", "show", "bose", store=ours)

    weights = tmp_path / "weights"
    ask("asset", "card", "base", "--out", weights, store=ours)
    assert "Not permitted: refused" in (weights / "rightful.md").read_text()
    ask("ingest", corpus(tmp_path / "own", "CC0-1.0"), "--workers", "1", store=theirs)
    tuned = ("--base", weights, "--use", "train.finetune")
    added = ask("asset", "add", "tuned", "--kind", "model", *tuned, *RESEARCH, store=theirs)
    assert (added["decision"], added["inputs"][0]["name"]) == ("permit", "base")
    creeping = ("--base", weights, "--use", "train.finetune", "--application", "biometric.identify", "--accept", "all")
    assert ask("asset", "add", "faces", "--kind", "model", *creeping, code=3, store=theirs)["decision"] != "permit"
    refuse("asset", "add", "bare", "--kind", "model", "--base", tmp_path / "own", "--use", "train", store=theirs)

    event = ask("consent", "withdraw", "--record", "papers-1", store=ours)
    assert [of["name"] for of in event["assets"]] == ["base"]
    shown = ask("asset", "show", "base", store=ours)
    assert (shown["status"], shown["tainted"]["events"], shown["decision"]) == ("tainted", [event["event"]], "deny")
    assert 0 < shown["tainted"]["share"] < 1
    assert [of["status"] for of in ask("asset", "list", store=ours)] == ["tainted"]
    ask("asset", "add", "again", "--kind", "model", "--input", "base", *train, code=3, store=ours)
    assert "asset" in {entry["kind"] for entry in ask("store", "log", store=ours)}
