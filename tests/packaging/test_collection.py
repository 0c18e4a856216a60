"""The same tests whoever runs them, and whenever: a run on several processes is refused when their ids differ."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def collection(folder: Path, hash_seed: str, zone: str) -> subprocess.Popen[str]:
    """The ids of all tests, listed by a process with another seed of hashes, another temporary folder and another zone."""
    folder.mkdir()
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TMPDIR": str(folder), "TZ": zone}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, encoding="utf-8")


def test_tests_that_are_collected_twice_have_the_same_ids(tmp_path: Path) -> None:
    one = collection(tmp_path / "one", "1", "UTC")
    time.sleep(1.1)  # the clock of a gzip header, or of a name, ticks once a second
    other = collection(tmp_path / "other", "2", "Asia/Kathmandu")
    ids, again = ([i for i in run.communicate()[0].splitlines() if "::" in i] for run in (one, other))
    assert one.returncode == other.returncode == 0
    assert len(ids) > 1_000
    assert len(set(ids)) == len(ids)
    assert [a for a, b in zip(ids, again, strict=False) if a != b] == []
    assert len(again) == len(ids)
