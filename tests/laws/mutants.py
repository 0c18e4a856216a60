"""A warm process that breaks one line of the law after the other, and says which law tests noticed.

    python -m tests.laws.mutants        # from the root of the project; a JSON request a line, a JSON answer a line

Each mutant is a fork of its own: the interpreter, pytest and the libraries are imported once, the package and the law
tests in the fork, where a finder of modules puts the broken line in. Nothing is copied and no file is written.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.abc
import importlib.machinery
import io
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from tests.forks import ROOT, Forks, serve
from tests.laws.mutations import Mutation

SECONDS = 120
"""How long the tests of one mutant may take."""


class _Breaking(importlib.abc.MetaPathFinder):
    """Finds the one module in which a line is broken; every other module is found as ever."""

    def __init__(self, name: str, old: str, new: str) -> None:
        self.name, self.old, self.new = name, old, new
        self.broke = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if name == self.name else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Broken(name, spec.origin, self)
        return spec


class _Broken(importlib.machinery.SourceFileLoader):
    """Loads a module with its line broken, from the source and never from a cache."""

    def __init__(self, name: str, path: str, line: _Breaking) -> None:
        super().__init__(name, path)
        self.line = line

    def get_code(self, fullname: str) -> CodeType:
        text = Path(self.path).read_text(encoding="utf-8").replace(self.line.old, self.line.new)
        self.line.broke = True
        return compile(text, self.path, "exec")


class _Failures:
    """What pytest reports as failed. A test that has failed for one of its parameters is not run for the others."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        return True if _name(item.nodeid) in self.names else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.names.add(_name(report.nodeid))


def _name(nodeid: str) -> str:
    return nodeid.split("::")[1].split("[")[0]


class Mutants(Forks):
    """The warm process, seen from outside. Closed with the ``with`` that opened it."""

    def __init__(self) -> None:
        ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "RIGHTFUL_HYPOTHESIS": "mutation"}
        super().__init__(__name__, {**os.environ, **ours})

    def failures(self, mutation: Mutation, tests: Sequence[str]) -> set[str]:
        """The names of those ``tests`` (``file::test``) that fail once the line is broken."""
        module = (ROOT / "pipeline" / "rightful" / "rights" / f"{mutation.module}.py").resolve()
        count = module.read_text(encoding="utf-8").count(mutation.old)
        assert count == 1, f"{mutation.old!r} is {count} times in {module.name}: the table is out of date"
        name = ".".join(module.relative_to(ROOT / "pipeline").with_suffix("").parts)
        answer = self.ask({"name": name, "old": mutation.old, "new": mutation.new, "tests": list(tests)})
        assert answer["broke"], f"{name} was not imported: the mutant was not what was tested"
        assert answer["code"] in (0, 1), f"the tests did not run:\n{answer['said']}"
        return set(answer["failed"])


def _tested(asked: dict[str, Any]) -> dict[str, Any]:
    """Break the line in this process, run the tests in it, and say what came."""
    line = _Breaking(asked["name"], asked["old"], asked["new"])
    sys.meta_path.insert(0, line)
    found = _Failures()
    code, said = _pytest([str(ROOT / test) for test in asked["tests"]], [found])
    return {"code": code, "broke": line.broke, "failed": sorted(found.names), "said": said[-4000:]}


def _pytest(arguments: Sequence[str], plugins: Sequence[object] = ()) -> tuple[int, str]:
    """Exit code and output of pytest in this process. What a test says is not shown, so its assertions stay as written."""
    plain = ["-q", "--tb=short", "--import-mode=importlib", "-c", os.devnull, "--rootdir", str(ROOT)]
    plain += ["-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider", "--capture=no", "--assert=plain"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main([*plain, *arguments], plugins=plugins)
    return int(code), said.getvalue()


def _forked(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer of a fork; what dies or hangs answers with a code that no run of pytest has."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(SECONDS)
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            json.dump(_tested(asked), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    if status:
        return {"code": -1, "broke": True, "failed": [], "said": f"the process ended with status {status}"}
    found: dict[str, Any] = json.loads(said)
    return found


def _warm() -> None:
    """Import everything that pytest, the law and its tests import, then forget the package and the tests themselves."""
    code, said = _pytest(["--collect-only", str(ROOT / "tests" / "laws")])
    assert code == 0, f"the law tests cannot be collected:\n{said}"
    for name in [n for n in sys.modules if n.split(".")[0] in ("rightful", "tests")]:
        del sys.modules[name]
    _draw()
    gc.collect()
    gc.freeze()


@settings(max_examples=1, database=None, derandomize=True)
@given(strategies.booleans())
def _draw(_: bool) -> None:
    """Let Hypothesis look through the modules that are loaded, for constants of ours: at its first draw, and once."""


if __name__ == "__main__":
    _warm()
    serve(_forked)
