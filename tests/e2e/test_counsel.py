"""A reading of counsel at work: drafted, signed, shown in every answer; what it does to an old export, by clause."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, jsonl

USE = ("--use", "train.pretrain", "--accept", "all")
BY = ("--by", "Ada Moreno, counsel", "--until", "2999-12-31")


@pytest.fixture
def store(tmp_path: Path, ingest: Ask) -> Path:
    for name, license in (("free", "MIT"), ("nc", "CC-BY-NC-4.0")):
        card(tmp_path / name, name, license=license, personal_data="no")
        jsonl(
            tmp_path / name / "rows.jsonl",
            {"id": f"{name}-1", "text": f"The old mole of {name} sleeps all winter long."},
        )
    ingest(tmp_path / "free", tmp_path / "nc", store=tmp_path / "store")
    return tmp_path / "store"


def written(path: Path, **changes: str) -> None:
    """What an editor does to a draft."""
    text = path.read_text("utf-8")
    for old, new in {"TODO: name, role": "Ada Moreno", "TODO: why it is read so": "Opinion 12", **changes}.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def test_reading_of_counsel_before_after_and_rebase_of_an_old_export(
    tmp_path: Path, store: Path, ask: Ask, refuse: Any
) -> None:
    out = tmp_path / "out"
    before = ask("export", out, *USE, "--tokenizer", "bytes", store=store)
    assert (before["records"], before["overlay"]) == (1, [])
    assert ask("license", "check", "CC-BY-NC-4.0", *USE, store=store, code=3)["decision"] == "deny"

    drafted = ask("license", "new", "CC-BY-NC-4.0", "--from", "CC-BY-4.0", store=store)
    draft = Path(drafted["path"])
    assert draft.stat().st_mode & 0o077 == 0
    assert refuse("license", "sign", "CC-BY-NC-4.0", *BY, store=store)["subject"] == str(draft)
    written(draft)
    unsigned = ask("query", *USE, store=store)
    assert unsigned["permitted"]["records"] == 1
    assert [(o["id"], o["in_force"]) for o in unsigned["overlay"]] == [("CC-BY-NC-4.0", False)]

    flips = ask("rebase", out, "--catalog", draft, store=store)
    assert [(g["before"], g["after"], g["license"], g["records"]) for g in flips["by_clause"]] == [
        ("deny", "permit", "CC-BY-NC-4.0", 1)
    ]
    assert flips["by_clause"][0]["clause"]

    signed = ask("license", "sign", "CC-BY-NC-4.0", *BY, store=store)
    assert (signed["overlay"]["in_force"], signed["exports"]) == (True, [])
    assert ask("query", *USE, store=store)["permitted"]["records"] == 2
    checked = ask("license", "check", "CC-BY-NC-4.0", *USE, store=store)
    assert [(o["by"], o["file"]) for o in checked["overlay"]] == [("Ada Moreno, counsel", "cc-by-nc-4.0.toml")]
    after = ask("export", tmp_path / "after", *USE, "--tokenizer", "bytes", store=store)
    assert (after["records"], after["catalog"]) == (2, before["catalog"])
    assert [o["sha256"] for o in after["overlay"]] == [signed["overlay"]["sha256"]]
    assert ask("verify", tmp_path / "after", store=store)["ok"]

    removed = ask("license", "remove", "CC-BY-NC-4.0", store=store)
    assert removed["exports"] == [after["export"]]
    assert [s["reason"] for s in ask("verify", tmp_path / "after", store=store, code=3)["stale"]] == ["license-denies"]
    assert ask("verify", out, store=store)["ok"]


def test_reading_of_mit_that_forbids_training_flips_an_old_export(tmp_path: Path, store: Path, ask: Ask) -> None:
    export = ask("export", tmp_path / "out", *USE, "--tokenizer", "bytes", store=store)["export"]
    path = Path(ask("license", "new", "MIT", store=store)["path"])
    written(path, **{'class = "notice"': 'class = "excluded"'})
    assert ask("query", *USE, store=store)["permitted"]["records"] == 0, "what it forbids is forbidden at once"
    assert ask("license", "sign", path, *BY, store=store)["exports"] == [export]
    [group] = ask("rebase", export, store=store)["by_clause"]
    assert (group["license"], group["records"], group["today_too"]) == ("MIT", 1, 1)
    page = tmp_path / "memo.md"
    ask("license", "memo", "MIT", "-o", page, store=store)
    text = page.read_text("utf-8")
    assert "Ada Moreno, counsel" in text
    assert "What is read otherwise than by the catalogue:" in text
    [change] = ask("license", "diff", store=store)["changed"]
    assert change["license"] == "MIT"


def test_store_with_a_reading_that_is_none_says_which_file(tmp_path: Path, store: Path, ask: Ask, refuse: Any) -> None:
    folder = store / "licenses"
    folder.mkdir()
    os.mkfifo(folder / "mit.toml")
    for command in (("query", *USE), ("license", "list"), ("ingest", tmp_path / "nc"), ("license", "memo", "MIT")):
        assert refuse(*command, store=store)["subject"] == str(folder / "mit.toml")
    damaged = ask("store", "check", store=store, code=3)["damaged"]
    assert [d["file"] for d in damaged] == [str(folder / "mit.toml")]
    assert refuse("rebase", "nothing", store=store)["exit_code"] == 2
    (folder / "mit.toml").unlink()
    assert ask("query", *USE, store=store)["permitted"]["records"] == 1
