"""What is imported is declared: nothing works only because a dependency happens to bring it along."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def declared() -> set[str]:
    """The distributions that ``pyproject.toml`` names for users: all but the tools of ``dev``."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(table["dependencies"])
    for extra, names in table["optional-dependencies"].items():
        if extra != "dev":
            lines += names
    return {normalized(line) for line in lines}


def normalized(name: str) -> str:
    """A distribution's name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", name, maxsplit=1)[0]).lower()


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"rightful"}


def test_imports_of_the_package_are_declared_dependencies() -> None:
    known = declared()
    providers = packages_distributions()
    undeclared = {}
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        for name in sorted(imported(path)):
            if known.isdisjoint(map(normalized, providers.get(name, [name]))):
                undeclared[name] = path.relative_to(ROOT).as_posix()
    assert undeclared == {}


def test_lock_holds_a_version_that_each_dependency_allows() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [Requirement(line) for line in table["build-system"]["requires"] + table["project"]["dependencies"]]
    extras = {name: [*map(Requirement, lines)] for name, lines in table["project"]["optional-dependencies"].items()}
    # What `dev` does not take in, nobody who works on this has: the libraries that tables and documents are handed to.
    installed = {name for r in extras["dev"] if r.name == "rightful" for name in r.extras}
    assert installed == extras.keys() - {"dev", "polars", "pandas", "torch", "hf", "datatrove", "ray"}
    wanted += [requirement for name in ("dev", *sorted(installed)) for requirement in extras[name]]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = {
        normalized(r.name): r for r in map(Requirement, (s for s in lines if s and not s.strip().startswith("#")))
    }
    for requirement in wanted:
        if requirement.name != "rightful":
            (pin,) = locked[normalized(requirement.name)].specifier
            assert pin.operator == "=="
            assert requirement.specifier.contains(pin.version), f"{requirement} is locked to {pin}: make lock"


def test_lock_names_no_index_and_no_machine() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ |/", text.replace("make lock", ""))


def test_dependency_lines_each_name_their_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert block
    lines = [line.strip() for line in block[1].splitlines()]
    assert len(lines) >= 10
    assert [line for line in lines if not re.fullmatch(r'"[^"]+",\s+# \S.*', line)] == []
