"""``ingest --limit``: what is beyond a bound is damage that says how to raise it, and is read once it is raised."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A short record and one of 5,000 characters."""
    path = tmp_path / "a.jsonl"
    rows = [{"id": "short", "text": "the tide was late"}, {"id": "long", "text": "the tide was late " * 300}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("how", ["option", "recipe"])
def test_limit_is_damage_that_names_it_and_is_raised_as_it_says(
    how: str, corpus: Path, rightful: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "low.toml").write_text("[limits]\nvalue_bytes = 1000\n", encoding="utf-8")
    low = ("--limit", "value_bytes=1000") if how == "option" else ("--recipe", "low.toml")
    first = rightful("ingest", "a.jsonl", "--json", *low)
    assert first.returncode == 4
    assert (first.json()["added"], first.json()["rejected"]) == (1, 1)
    (error,) = first.json()["errors"]
    assert error["position"] == "line 2"
    assert "--limit value_bytes=SIZE, or under [limits] in a recipe" in error["reason"]
    raised = rightful("ingest", "a.jsonl", "--json", *(low if how == "recipe" else ()), "--limit", "value_bytes=1MiB")
    assert raised.returncode == 0, "the option goes before the recipe"
    assert (raised.json()["added"], raised.json()["unchanged"]) == (1, 1)


def test_other_limits_read_a_file_again_that_was_whole(
    corpus: Path, rightful: Callable[..., Outcome], tmp_path: Path
) -> None:
    """What counts does not depend on which limits came first."""
    assert rightful("ingest", "a.jsonl", "--json").json()["added"] == 2
    lower = rightful("ingest", "a.jsonl", "--json", "--limit", "value_bytes=1000")
    assert lower.returncode == 4
    assert (lower.json()["read"], lower.json()["unchanged"], lower.json()["rejected"]) == (2, 1, 1)
    assert rightful("ingest", "a.jsonl", "--json").json()["read"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("value_byte=1", "did you mean 'value_bytes'?"),
        ("value_bytes", "expected NAME=SIZE"),
        ("value_bytes=much", "'much' is not a size"),
        ("expansion=0", "limits.expansion: must be 1 or more"),
        ("value_bytes=2GiB", "less than 2 GiB"),
    ],
)
def test_limit_that_is_none_is_bad_input(words: str, said: str, corpus: Path, rightful: Callable[..., Outcome]) -> None:
    done = rightful("ingest", "a.jsonl", "--limit", words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
