"""The floors hold because something breaks when they do not: each contract sees a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PLANTS = {
    "upwards": (
        "rights/planted.py",
        "from rightful import store",
        "rightful.rights is not allowed to import rightful.store",
    ),
    "law-above-signals": (
        "rights/planted.py",
        "from rightful import signals",
        "rightful.rights is not allowed to import rightful.signals",
    ),
    "front-door": (
        "store/planted.py",
        "from rightful import Store",
        "rightful.store is not allowed to import rightful.api",
    ),
    "disk": ("signals/planted.py", "import os.path", "rightful.signals is not allowed to import os"),
    "clock": ("rights/planted.py", "import time", "rightful.rights is not allowed to import time"),
    "engine": ("signals/planted.py", "import pyarrow as pa", "rightful.signals is not allowed to import pyarrow"),
    "no-floor": ("planted.py", "import json", "- rightful.planted"),
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package's modules and of the contracts."""
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def floors(folder: Path) -> tuple[int, str]:
    """How the contracts ended for the package in ``folder``, and what was said, on one line."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=folder,
        env={"COLUMNS": "200", "PYTHONPATH": str(folder / "pipeline")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(("place", "line", "said"), PLANTS.values(), ids=PLANTS)
def test_floors_planted_violation_is_named(copied: Path, place: str, line: str, said: str) -> None:
    (copied / "pipeline" / "rightful" / place).write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    code, output = floors(copied)
    assert code == 1, output
    assert said in output


@pytest.mark.parametrize("line", ["datetime.datetime.now(datetime.UTC)", "datetime.date.today()"])
def test_pure_module_that_reads_the_clock_is_named(copied: Path, line: str) -> None:
    planted = copied / "pipeline" / "rightful" / "rights" / "planted.py"
    planted.write_text(f'"""Planted."""\n\nimport datetime\n\nNOW = {line}\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", planted],
        cwd=copied,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert "TID251" in done.stdout
    assert "what is pure has no clock" in done.stdout
