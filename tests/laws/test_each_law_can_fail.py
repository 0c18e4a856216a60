"""A test that cannot fail is a defect: each law test is shown to fail when one line of the law is broken."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.laws.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
LAWS = {
    node.name: path.relative_to(ROOT).as_posix()
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if path.name != Path(__file__).name
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
}
"""Every law test: name -> file."""


def mutant(mutation: Mutation, folder: Path) -> Path:
    """A copy of the package and of the law tests in which one line of the law is broken."""
    for part in ("pipeline", "tests/laws"):
        shutil.copytree(ROOT / part, folder / part)
    module = folder / "pipeline" / "rights" / f"{mutation.module}.py"
    text = module.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.old!r} is not once in {module.name}: the table is out of date"
    module.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    return folder


def failures(folder: Path, tests: tuple[str, ...]) -> set[str]:
    """The names of those ``tests`` that fail in ``folder``, found in a process of its own."""
    plain = ["-q", "--tb=no", "-rf", "--import-mode=importlib", "-c", os.devnull, "--rootdir", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider"]
        + [f"{LAWS[name]}::{name}" for name in tests],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "RIGHTFUL_HYPOTHESIS": "mutation",
            "RIGHTFUL_MUTANT": str(folder),
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), f"the tests did not run:\n{done.stdout}\n{done.stderr}"
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    return {node.split("::")[1].split("[")[0] for node in failed}


def test_every_law_is_broken_by_some_mutation() -> None:
    named = {name for mutation in MUTATIONS for name in mutation.kills}
    assert named == set(LAWS)
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_broken_law_is_noticed(mutation: Mutation, tmp_path: Path) -> None:
    assert failures(mutant(mutation, tmp_path), mutation.kills) == set(mutation.kills)
