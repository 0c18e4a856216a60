"""The benchmarks run with the package as it is: what they take from it is there.

They are run by hand, and mypy does not look at them.
"""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_from_the_package_is_there(script: Path) -> None:
    taken = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(script.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "rightful"
        for alias in node.names
    ]
    missing = [
        f"{module}.{name}"
        for module, name in taken
        if not hasattr(import_module(module), name) and find_spec(f"{module}.{name}") is None
    ]
    assert missing == []
