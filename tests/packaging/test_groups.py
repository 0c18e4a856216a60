"""Tests that share what is dear to make run in one process: the sample store is made once a run, not once a worker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
FILE = """import os, pathlib, pytest
{mark}
@pytest.mark.parametrize("n", range(6))
def test_part(n: int) -> None:
    with open(pathlib.Path(__file__).with_name("who.txt"), "a") as file:
        file.write(f"{name} {{os.environ['PYTEST_XDIST_WORKER']}}\\n")
"""


def test_tests_of_a_group_and_of_a_file_run_in_one_process(tmp_path: Path) -> None:
    hook = CONFTEST.read_text(encoding="utf-8").partition("def pytest_collection_modifyitems")[2].partition("\n\n\n")[0]
    (tmp_path / "conftest.py").write_text(
        f"import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_collection_modifyitems{hook}\n", encoding="utf-8"
    )
    for file, name, mark in (
        ("test_a", "shared", 'pytestmark = pytest.mark.xdist_group("shared")'),
        ("test_b", "shared", 'pytestmark = pytest.mark.xdist_group("shared")'),
        ("test_c", "alone", ""),
        ("test_d", "another", ""),
    ):
        (tmp_path / f"{file}.py").write_text(FILE.format(name=name, mark=mark), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stdout
    ran = [tuple(line.split()) for line in (tmp_path / "who.txt").read_text(encoding="utf-8").splitlines()]
    assert len(ran) == 24
    assert len(set(ran)) == 3, "one process for each of shared, alone and another"
    assert len({worker for _, worker in ran}) == 2
