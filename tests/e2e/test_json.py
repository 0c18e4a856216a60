"""One JSON document on stdout, wherever the option stands and whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_global_options_stand_anywhere(good: Path, rightful: Callable[..., Any]) -> None:
    outcome = rightful("store", f"--store={good}", "status", "--quiet", "--json")
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.json()["rows"] == 106


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("query", "--use", "trian", "--json"), 2),
        (("verify", "--json"), 2),
        (("export", "out", "--use", "train.pretrain", "--where", "false", "--tokenizer", "bytes", "--json"), 3),
    ],
)
def test_errors_are_one_document_with_the_exit_code_in_it(
    arguments: tuple[str, ...], code: int, good: Path, rightful: Callable[..., Any]
) -> None:
    outcome = rightful(*arguments, env={"RIGHTFUL_STORE": str(good)})
    assert outcome.returncode == code
    document = outcome.json()
    assert document.keys() == {"error"}
    assert document["error"].keys() == {"message", "subject", "hint", "exit_code", "next"}
    assert document["error"]["exit_code"] == code
    assert document["error"]["message"].partition("\n")[0] in outcome.stderr


def test_damage_is_told_in_the_answer_and_by_the_exit_code(tmp_path: Path, rightful: Callable[..., Any]) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Good."}\n{"text": 7}\n')
    outcome = rightful("ingest", "a.jsonl", "--json", "--workers", "1")
    assert (outcome.returncode, outcome.stderr) == (4, "")
    assert outcome.json()["errors"] == [
        {"file": "a.jsonl", "position": "line 2", "reason": "the text is a number, not a string (field 'text')"}
    ]


def test_answer_for_people_has_the_same_numbers(good: Path, rightful: Callable[..., Any]) -> None:
    shown = rightful("query", "--use", "train.pretrain", "--store", good)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "considered  106 records" in shown.stdout
    assert "permitted   9 records" in shown.stdout
