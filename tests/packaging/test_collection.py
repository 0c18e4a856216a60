"""The same tests whoever runs them, and whenever: a run on several processes is refused when their ids differ."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTED = time.monotonic()
"""When this process collected its tests: this module was one of them."""


def of_this_run(session: pytest.Session) -> list[str]:
    """The ids of the tests of this run, without the group that a run on several processes puts behind them."""
    groups = {item: item.get_closest_marker("xdist_group") for item in session.items}
    return [
        item.nodeid.removesuffix(f"@{mark.args[0]}") if mark is not None else item.nodeid
        for item, mark in groups.items()
    ]


def of_another(config: pytest.Config, folder: Path) -> list[str]:
    """The ids that another process lists for the same words, with its own seed of hashes, temporary folder and zone."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    env = {**os.environ, "PYTHONHASHSEED": seed, "TMPDIR": str(folder), "TZ": "Asia/Kathmandu"}
    chosen = ["-k", config.option.keyword, "-m", config.option.markexpr, *config.args]
    plain = ["--collect-only", "-q", "-p", "no:cacheprovider", "--assert=plain"]
    command = [sys.executable, "-m", "pytest", *plain, *chosen]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    return [line for line in run.stdout.splitlines() if "::" in line]


def test_tests_that_are_collected_twice_have_the_same_ids(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    time.sleep(
        max(0, COLLECTED + 1.1 - time.monotonic())
    )  # the clock of a gzip header, or of a name, ticks once a second
    ids, again = of_this_run(request.session), of_another(request.config, tmp_path)
    assert len(ids) > 1_000 or request.config.args != ["tests"]
    assert len(set(ids)) == len(ids)
    assert [a for a, b in zip(ids, again, strict=False) if a != b] == []
    assert len(again) == len(ids)
