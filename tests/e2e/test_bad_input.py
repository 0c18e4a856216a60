"""Files and cards that are wrong: each is named, the rest lands or nothing changes, and the counts add up."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import BAD, GOOD, acts_on_a_terminal, card, files, jsonl

Refuse = Callable[..., dict[str, Any]]

DAMAGE = [
    ("deep.jsonl", "line 2", "nested too deeply"),
    ("latin1.txt", "byte 5", "not UTF-8"),
    ("missing-text.jsonl", "line 2", "no text field"),
    ("missing-text.jsonl", "line 3", "the text is null"),
    ("missing-text.jsonl", "line 4", "the text is a number"),
    ("not-an-object.jsonl", "line 2", "not a JSON object"),
    ("not-an-object.jsonl", "line 3", "not a JSON object"),
    ("not-an-object.jsonl", "line 4", "not a JSON object"),
    ("not-an-object.jsonl", "line 5", "not a JSON object"),
    ("not-json.jsonl", "line 2", "not JSON"),
    ("nul-in-text.jsonl", "line 2", "NUL character"),
    ("ragged.csv", "row 2", "1 field"),
    ("ragged.csv", "row 3", "4 fields"),
    ("surrogate.jsonl", "line 2", "lone surrogate"),
    ("truncated.jsonl.gz", "line 3", "ends too early"),
    ("truncated.jsonl.zst", "line 3", "ends too early"),
    ("truncated.parquet", None, "not readable as Parquet"),
    ("utf16.txt", None, "UTF-16"),
    ("wrong-header.csv", None, "no text field"),
]
NOT_READ = {
    "binary.bin": "not a supported type",
    "empty.jsonl": "empty file",
    "not-a-tokenizer.json": "one JSON object",
    "nul.txt": "binary file",
}


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """The broken files of the sample data under one good card."""
    folder = card(tmp_path / "zoo", "zoo", license="CC0-1.0")
    for path in BAD.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def test_ingest_of_broken_files_names_each_and_takes_in_what_is_good(zoo: Path, ask: Ask, ingest: Ask) -> None:
    answer = ingest(zoo, code=4)
    came = sorted((e["file"], e["position"], e["reason"]) for e in answer["errors"])
    assert [(file, position) for file, position, _ in came] == [(f, p) for f, p, _ in DAMAGE]
    assert all(words in reason for (_, _, reason), (_, _, words) in zip(came, DAMAGE, strict=True))
    skipped = {s["file"]: s["reason"] for s in answer["skipped"]}
    assert skipped.keys() == NOT_READ.keys()
    assert all(words in skipped[file] for file, words in NOT_READ.items())
    stored = {row["text"] for row in ask("sql", "SELECT text FROM texts")}
    assert len(stored) == answer["added"]
    assert stored >= set(_good_texts(zoo))

    listed = ask("sql", "SELECT file, position, reason FROM rejected WHERE outcome = 'rejected'")
    assert sorted(tuple(row.values()) for row in listed) == came
    again = ingest(zoo, code=4)
    assert again["errors"] == answer["errors"]
    assert (again["snapshot"], again["added"], again["unchanged"]) == (1, 0, answer["added"] + answer["unchanged"])


def _good_texts(zoo: Path) -> list[str]:
    """What anybody can read in the plain files of the zoo."""
    found = []
    for path in zoo.glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            if path.name == "deep.jsonl" and line.startswith(b'{"id": "deep"'):
                continue
            try:
                row = json.loads(line)
                row["text"].encode()
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                continue
            if "\0" not in row["text"] and len(line) < 10_000:
                found.append(row["text"])
    with (zoo / "ragged.csv").open(encoding="utf-8", newline="") as handle:
        found += [row["text"] for row in csv.DictReader(handle) if None not in row and row["text"] is not None]
    assert len(found) > 30
    return found


def test_ingest_keeps_both_texts_of_an_id_that_comes_twice(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    answer = ingest(BAD / "duplicate-ids.jsonl")
    rows = [json.loads(line) for line in (BAD / "duplicate-ids.jsonl").read_text("utf-8").splitlines()]
    assert (answer["read"], answer["superseded"]) == (len(rows), 0)
    assert answer["added"] == len({(row["id"], row["text"]) for row in rows}) == len(rows) - 1
    stored = ask("sql", "SELECT source_record_id AS id, text FROM records JOIN texts USING (record_id)")
    assert {(r["id"], r["text"]) for r in stored} == {(row["id"], row["text"]) for row in rows}


def test_hostile_ids_are_data_and_never_act(zoo: Path, ask: Ask, ingest: Ask, rightful: Callable[..., Any]) -> None:
    for path in zoo.iterdir():
        if path.name not in ("source.toml", "hostile-ids.jsonl"):
            path.unlink()
    jsonl(
        zoo / "more.jsonl", *({"id": i, "title": i, "text": f"Record of {i!r}."} for i in ("\x9b31mred", "\x7f\u2028"))
    )
    rows = [json.loads(line) for path in sorted(zoo.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    assert ingest(zoo)["added"] == len(rows)
    before = files(zoo.parent, but=["ledger"])

    outputs = [
        rightful(
            "--json", "sql", "SELECT source_record_id AS id, title, text FROM records JOIN texts USING (record_id)"
        )
    ]
    stored = {row["text"]: row for row in outputs[0].json()}
    for row in rows:
        kept = stored[row["text"]]
        assert kept["id"] == (row["id"] if row["id"].strip() else None), "verbatim; a blank id is none"
    escape = next(row["id"] for row in rows if row["id"].startswith("\x1b]0;"))
    for arguments in (
        ("sql", 'SELECT source_record_id, title AS "\x1b[31m" FROM records'),
        ("explain", escape, "--use", "train"),
        ("--json", "explain", "\x9b31mred", "--use", "train"),
        ("explain", "\x1b[2Jnot there", "--use", "train"),
    ):
        outputs.append(rightful(*arguments))
        assert outputs[-1].returncode == (2 if "\x1b[2Jnot there" in arguments else 0), arguments
    assert all(not acts_on_a_terminal(o.stdout + o.stderr) for o in outputs)
    assert files(zoo.parent, but=["ledger"]) == before

    assert rightful("export", "out", "--use", "train", "--tokenizer", "bytes", "--workers", "1").returncode == 0
    for name in ("ATTRIBUTION.md", "README.md", "manifest.json"):
        text = (zoo.parent / "out" / name).read_text("utf-8")
        assert not acts_on_a_terminal(text)
        assert not re.search(r"(?<!\\)<(script|img)", text), "an unescaped tag"


def test_ingest_does_not_follow_a_link_and_opens_no_pipe(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    outside = card(tmp_path / "outside", "outside", license="MIT")
    jsonl(outside / "secret.jsonl", {"id": "s", "text": "Not for anybody."})
    notes = card(tmp_path / "notes", "notes", license="CC0-1.0")
    jsonl(notes / "a.jsonl", {"id": "a", "text": "For everybody."})
    (notes / "file.jsonl").symlink_to(outside / "secret.jsonl")
    (notes / "folder").symlink_to(outside)
    (notes / "nothing").symlink_to(tmp_path / "gone")
    (notes / "inside.jsonl").symlink_to("a.jsonl")
    os.mkfifo(notes / "pipe.jsonl")
    answer = ingest(notes)
    assert (answer["read"], answer["added"]) == (1, 1)
    assert {s["file"]: s["reason"].partition(":")[0] for s in answer["skipped"]} == {
        "file.jsonl": "symbolic link that leaves the folder",
        "folder": "symbolic link that leaves the folder",
        "inside.jsonl": "symbolic link within the folder",
        "nothing": "symbolic link to nothing",
        "pipe.jsonl": "a pipe, not a file",
    }
    assert [row["text"] for row in ask("sql", "SELECT text FROM texts")] == ["For everybody."]


def test_ingest_names_a_folder_and_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("rightful")), "--json", "ingest", "notes", "--workers", "1"]
    if os.geteuid() == 0:  # root reads what nobody may, unless the right to do so is taken away
        if not shutil.which("setpriv"):
            pytest.skip("runs as root, and there is no setpriv")
        rights = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *command]
    notes = card(tmp_path / "notes", "notes", license="CC0-1.0")
    jsonl(notes / "a.jsonl", {"id": "a", "text": "For everybody."})
    jsonl(notes / "closed" / "b.jsonl", {"id": "b", "text": "In a closed folder."})
    jsonl(notes / "c.jsonl", {"id": "c", "text": "In a closed file."}).chmod(0)
    (notes / "closed").chmod(0)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    (notes / "closed").chmod(0o700)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["read"], answer["added"], answer["rejected"]) == (4, 3, 1, 2)
    assert {e["file"]: e["reason"].removeprefix("the folder ") for e in answer["errors"]} == dict.fromkeys(
        ("closed/", "c.jsonl"), "cannot be read: permission denied"
    )


def test_ingest_of_names_that_are_not_utf8_shows_their_bytes(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/f\xffolder"))
    card(folder, "odd", license="CC0-1.0")
    (folder / os.fsdecode(b"n\xfe.txt")).write_text("A file that somebody named in another century.")
    assert ingest(folder)["added"] == 1
    [row] = ask("sql", "SELECT file, place FROM records JOIN evidence USING (rights_id)")
    assert (row["file"], row["place"]) == ("n\\xfe.txt", "f\\xffolder/source.toml")


def test_ingest_never_takes_a_store_for_a_source(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    """The texts of a store must not come in again under the card of the folder that it lies in."""
    card(tmp_path, "top", license="MIT")
    silent = card(tmp_path / "silent", "silent")
    (silent / "a.txt").write_text("A text about which nobody said anything.")
    assert ingest(".")["added"] == 1
    again = ingest(".")
    assert (again["read"], again["unchanged"], again["snapshot"]) == (1, 1, 1)
    assert {"file": "rightful-store/", "reason": "a store of rightful, not a source"} in again["skipped"]
    assert ask("query", "--use", "train", "--accept", "all")["permitted"]["records"] == 0


@pytest.mark.parametrize(
    ("folder", "subject", "words"),
    [
        ("bad-card", "bad-card/source.toml", "unknown key 'licence'"),
        ("bad-zone", "bad-zone/source.toml", "not '2024-06-30T12:00:00+25:00'"),
    ],
)
def test_wrong_card_anywhere_stops_everything(
    folder: str, subject: str, words: str, tmp_path: Path, refuse: Refuse
) -> None:
    error = refuse("ingest", BAD / folder)
    assert error["subject"].endswith(subject)
    assert words in error["message"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "words", "hint"),
    [
        ('licens = "MIT"', "unknown key 'licens'", "did you mean 'license'"),
        ('[consent]\nacts = ["trian.pretrain"]', "unknown use 'trian.pretrain'", "did you mean 'train.pretrain'"),
    ],
)
def test_wrong_card_names_the_key_and_leaves_the_store_as_it_was(
    line: str, words: str, hint: str | None, good: Path, tmp_path: Path, refuse: Refuse
) -> None:
    before = files(good, but=["ledger.sqlite-"])
    deep = tmp_path / "tree" / "a" / "b"
    jsonl(card(tmp_path / "tree", "tree", license="MIT") / "a.jsonl", {"id": "a", "text": "Fine."})
    deep.mkdir(parents=True)
    (deep / "source.toml").write_text(f'name = "b"\n{line}\n', encoding="utf-8")
    error = refuse("ingest", tmp_path / "tree", store=good)
    assert "tree/a/b/source.toml" in error["subject"]
    assert words in error["message"]
    assert (error["hint"] or "").startswith(hint or "")
    assert files(good, but=["ledger.sqlite-"]) == before


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ('[language]\nbakend = "fasttext"', "'bakend'", "did you mean 'backend'"),
        ("[language]\nbackend = 7", "language.backend must be a string, not 7", None),
    ],
)
def test_wrong_recipe_names_the_key_and_changes_nothing(
    text: str, words: str, hint: str | None, tmp_path: Path, refuse: Refuse
) -> None:
    (tmp_path / "recipe.toml").write_text(text + "\n", encoding="utf-8")
    error = refuse("ingest", GOOD / "poets", "--recipe", "recipe.toml")
    assert (error["subject"], words in error["message"]) == ("recipe.toml", True)
    assert (error["hint"] or "").startswith(hint or "")
    assert {p.name for p in tmp_path.iterdir()} == {"recipe.toml"}
