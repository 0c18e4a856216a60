"""``rightful sql`` ends with an error what would take all memory or time, and leaves nothing hanging."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
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


def test_interrupt_ends_a_query_at_once(tmp_path: Path, rightful: Callable[..., Outcome]) -> None:
    """The engine is at work and does not see it."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "some words"}) + "\n", encoding="utf-8")
    assert rightful("ingest", "a.jsonl", "--workers", "1").returncode == 0
    store = tmp_path / "rightful-store"
    command = Path(sys.executable).with_name("rightful")
    query = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b"
    with subprocess.Popen(
        [command, "--store", store, "sql", query], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(6)  # whether it has begun cannot be seen from outside
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        _, said = process.communicate(timeout=50)
    assert process.returncode == 1
    assert time.monotonic() - start < 10
    assert "error: interrupted" in said
    assert "Traceback" not in said
