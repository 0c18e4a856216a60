"""A command parses, calls its one twin and prints: it has nothing of its own to decide."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rightful.cli.commands
from docs.make import twin_of, walk
from rightful.cli.app import cli

FOLDER = Path(rightful.cli.commands.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "demo"))
"""``demo`` runs other commands."""
PARSING = {"default_workers", "sizes", "counts", "formats", "text", "Fields", "one_of"}
"""What commands take from other rooms beside constants: how a value of an option is read, and what it may be."""
GROUPS = {"asset", "consent", "evidence", "layout", "license", "policy", "review", "signal", "source", "store"}


def commands(module: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module that are commands, by their names on the command line."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    of_click = [f for f in functions if any("command" in ast.unparse(d).partition("(")[0] for d in f.decorator_list)]
    head = f"rightful {module} " if module in GROUPS else "rightful "
    return {head + f.name.rstrip("_").replace("_", "-"): f for f in of_click}


def twins_called(command: ast.FunctionDef) -> set[str]:
    """The methods of the store that a command calls: ``consent.withdraw``."""
    called = [ast.unparse(node.func) for node in ast.walk(command) if isinstance(node, ast.Call)]
    return {name.removeprefix("context.store.") for name in called if name.startswith("context.store.")}


def test_commands_of_all_modules_are_those_of_the_command_line() -> None:
    assert {name for module in MODULES for name in commands(module)} == {name for name, _ in walk(cli)} - {
        "rightful demo"
    }


@pytest.mark.parametrize("module", MODULES)
def test_command_calls_its_one_twin(module: str) -> None:
    assert commands(module)
    for name, command in commands(module).items():
        assert twins_called(command) == {".".join(twin_of(name))}, name


@pytest.mark.parametrize("module", MODULES)
def test_command_takes_nothing_from_other_rooms_but_constants_and_how_options_are_read(module: str) -> None:
    tree = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    ours = [node for node in imports if (node.module or "").startswith("rightful")]
    others = [node for node in ours if not (node.module or "").startswith("rightful.cli.")]
    names = {alias.name for node in others for alias in node.names}
    assert {name for name in names if not name.isupper()} <= PARSING


@pytest.mark.parametrize("module", MODULES)
def test_page_of_a_verb_has_the_name_of_the_verb(module: str) -> None:
    tree = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))
    pages = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and "cli.pages" in (n.module or "")}
    assert pages == {f"rightful.cli.pages.{module}"}
