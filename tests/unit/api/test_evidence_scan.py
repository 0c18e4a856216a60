"""What is stated of data, before an ingest: claims, conflicts, what nobody can read, and drafts that permit nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rightful import Store
from rightful.cli.app import cli
from rightful.errors import InputError
from rightful.store.toml import read_toml
from tests.unit.readers.packing import as_tar, as_zip

README = "---\nlicense: cc-by-4.0\n---\n# Letters\n"


def corpus(root: Path, **files: str) -> Path:
    """A folder with files; ``a__txt`` is ``a.txt``, ``sub_in_a__txt`` is ``sub/a.txt``."""
    for name, content in files.items():
        path = root / name.replace("_in_", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def scanned(tmp_path: Path, *roots: Path, **options: Any) -> Any:
    return Store(tmp_path / "no-store").evidence.scan(list(roots), **options)


def test_scan_lists_claims_and_needs_no_store(tmp_path: Path) -> None:
    root = corpus(
        tmp_path / "c", README__md=README, a__txt="A letter.", b__txt="# SPDX-License-Identifier: GPL-3.0-only\n"
    )
    answer = scanned(tmp_path, root)
    assert answer["files"] == 3
    assert {(c["path"], c["tier"], c["expression"], c["detector"], c["files"]) for c in answer["claims"]} == {
        ("c/README.md", "T6", "CC-BY-4.0", "dataset-card/2", 3),
        ("README.md", "T3", "CC-BY-4.0", "license-header/2", 1),
        ("b.txt", "T3", "GPL-3.0-only", "spdx-tag/1", 1),
    }
    (conflict,) = answer["conflicts"]
    assert conflict["files"] == 1
    assert {claim["expression"] for claim in conflict["claims"]} == {"CC-BY-4.0", "GPL-3.0-only"}
    assert answer["documents"] == {"looked": 3, "stating": 2}
    assert not (tmp_path / "no-store").exists()
    assert not (root / "source.toml").exists()


def test_what_nobody_can_read_is_named_and_blocks_a_guess(tmp_path: Path) -> None:
    answer = scanned(
        tmp_path, corpus(tmp_path / "c", README__md=README.replace("cc-by-4.0", "other"), a__txt="A letter.")
    )
    assert {(u["path"], u["raw"]) for u in answer["unreadable"]} >= {("c/README.md", "other")}
    (card,) = answer["cards"]
    assert card["guesses"] == []
    assert "nobody can read 'other'" in card["notes"][0]


def test_written_cards_permit_nothing_until_they_are_confirmed(tmp_path: Path) -> None:
    based = json.dumps({"@type": "sc:Dataset", "isBasedOn": "news", "license": "MIT"})
    root = corpus(
        tmp_path / "c",
        README__md=README,
        a__txt="A letter to a friend.",
        sub_in_croissant__json=based,
        sub_in_b__txt="Another.",
    )
    answer = scanned(tmp_path, root, write_cards=True)
    assert [card["written"] for card in answer["cards"]] == [True, True]
    assert read_toml(root / "source.toml") == {"name": "c", "confirms": ["TODO confirm: README.md"]}
    assert read_toml(root / "sub" / "source.toml") == {
        "name": "sub",
        "confirms": ["TODO confirm: croissant.json"],
        "derived_from": ["TODO confirm: news"],
    }
    store = Store(tmp_path / "store")
    store.ingest(root, workers=1)
    assert store.query(use=["train.pretrain"], accept=["all"])["permitted"]["records"] == 0
    (root / "source.toml").write_text((root / "source.toml").read_text().replace("TODO confirm: ", ""))
    store.ingest(root, workers=1)
    assert store.query(use=["train.pretrain"], accept=["all"])["permitted"]["records"] >= 1


def test_card_below_a_card_of_others_guesses_what_that_states(tmp_path: Path) -> None:
    root = corpus(
        tmp_path / "c", README__md=README, sub_in_CITATION__cff="title: x\nlicense: MIT\n", sub_in_b__txt="Another."
    )
    cards = {card["folder"]: card for card in scanned(tmp_path, root)["cards"]}
    assert [g["key"] for g in cards[str(root / "sub")]["guesses"]] == ["confirms"]
    (root / "sub" / "CITATION.cff").write_text("title: x\n")
    (root / "sub" / "provenance.json").write_text(
        json.dumps({"set": {}, "source": {}, "use": {"consents": []}, "provenance": {"source": "y"}})
    )
    cards = {card["folder"]: card for card in scanned(tmp_path, root)["cards"]}
    assert {g["key"]: g["value"] for g in cards[str(root / "sub")]["guesses"]} == {
        "license": "CC-BY-4.0",
        "derived_from": "y",
    }


def test_no_card_is_written_over(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", README__md=README, a__txt="A letter.")
    first = scanned(tmp_path, root, write_cards=True)["cards"][0]
    text = (root / "source.toml").read_text()
    assert first["text"] == text
    assert scanned(tmp_path, root, write_cards=True)["cards"] == [], "the card governs now"
    assert (root / "source.toml").read_text() == text
    apart = tmp_path / "apart"
    other = corpus(tmp_path / "d", README__md=README, a__txt="A letter.")
    for written in (True, False):
        (card,) = scanned(tmp_path, other, write_cards=True, drafts=apart)["cards"]
        assert (card["written"], card["reason"] is None) == (written, written)
    assert [p.name for p in apart.iterdir()] == ["d.source.toml"]
    assert not (other / "source.toml").exists()


def test_path_that_is_not_there_and_a_folder_for_nothing_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        scanned(tmp_path, tmp_path / "gone")
    with pytest.raises(InputError, match="add --write-cards"):
        scanned(tmp_path, corpus(tmp_path / "c", a__txt="x"), drafts=tmp_path)


def test_command_says_what_is_stated_and_exits_with_4_where_files_are_damaged(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", README__md=README, a__txt="A letter.")
    run = CliRunner().invoke(cli, ["evidence", "scan", str(root)])
    assert run.exit_code == 0, run.output
    assert 'confirms = ["TODO confirm: README.md"]' in run.output
    assert max(map(len, run.output.splitlines())) <= 80 or str(tmp_path) in run.output
    (root / "b.txt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (error,) = scanned(tmp_path, root)["errors"]
    assert (error["file"], "Git LFS pointer" in error["reason"]) == ("b.txt", True)
    assert CliRunner().invoke(cli, ["evidence", "scan", str(root)], standalone_mode=False).return_value == 4


def test_scan_says_that_it_does_not_open_archives(tmp_path: Path) -> None:
    root = corpus(tmp_path / "c", a__txt="A letter.")
    for name in ("a.zip", "b.zip"):
        (root / name).write_bytes(as_zip({"LICENSE": "MIT License"}))
    (root / "c.tar").write_bytes(as_tar({"LICENSE": "MIT License"}))
    answer = scanned(tmp_path, root)
    reason = "an archive ({}) is not opened: an ingest reads what it holds, and the papers in it"
    assert answer["unopened"] == [
        {"reason": reason.format("zip"), "files": 2},
        {"reason": reason.format("tar"), "files": 1},
    ]
    assert (answer["files"], answer["claims"]) == (4, [])
    done = CliRunner().invoke(cli, ["evidence", "scan", str(root)])
    assert "2 files not looked into: an archive (zip) is not opened" in done.output


def test_scan_of_a_folder_without_archives_has_none(tmp_path: Path) -> None:
    assert scanned(tmp_path, corpus(tmp_path / "c", a__txt="A letter."))["unopened"] == []
