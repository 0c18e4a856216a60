"""``rightful sql`` ends with an error what would take all memory or time, and leaves nothing hanging."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome


@pytest.mark.parametrize(
    ("query", "options", "word"),
    [
        ("SELECT repeat('x', 2000000000::BIGINT)", ["--max-memory", "1500"], "more memory"),
        ("SELECT length(repeat('x', 2000000000::BIGINT))", ["--max-memory", "1500"], "more memory"),
        ("SELECT count(*) FROM range(100000000) a, range(100000) b", ["--max-seconds", "2"], "longer than 2 seconds"),
        ("SELECT 1", ["--max-seconds", "0"], "a bound is a positive number"),
    ],
)
def test_query_without_end_is_ended(
    query: str, options: list[str], word: str, rightful: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "some words"}) + "\n", encoding="utf-8")
    assert rightful("ingest", "a.jsonl", "--workers", "1").returncode == 0
    start = time.monotonic()
    done = rightful("sql", query, *options)
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - start < 40
    assert rightful("sql", "SELECT 1 AS n", "--json").json() == [{"n": 1}]
