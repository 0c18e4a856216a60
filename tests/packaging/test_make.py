"""The newcomer's way in: `make`, with clear words where the machine cannot do it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs make as from a shell, not as a part of the make that runs these tests."""
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(["make", *arguments], cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False)


def test_make_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    done = make("help")
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    assert done.returncode == 0
    assert listed == set(phony[1].split())
    assert {"demo", "test"} <= listed


def test_make_without_a_recent_python_says_what_is_needed(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    done = make("demo", f"PYTHON={old} no-such-python", cwd=tmp_path)
    assert done.returncode == 2
    assert "error: Python 3.11 or newer is needed; tried:" in done.stderr
    assert "hint:" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_run_is_executable_and_ends_with_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"
    planned = make("--dry-run", "test").stdout.splitlines()
    assert "-m pytest" in planned[-1]


def test_make_newest_installs_without_the_lock_and_in_an_environment_of_its_own() -> None:
    planned = make("--dry-run", "newest").stdout
    assert ".venv-newest/bin/python -m pytest" in planned
    assert "--upgrade-strategy eager" in planned
    assert " -r requirements.lock" in make("--dry-run", "--always-make", "demo").stdout
