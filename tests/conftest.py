"""What every test may ask for: the third-party cases, the installed command in a process of its own, golden files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Two shared cores: how long an example takes says nothing about the law.
settings.register_profile("rightful", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rightful")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write what came instead of comparing with it")


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of third-party cases: ``RIGHTFUL_CASES``, by default ``../shared/data`` beside the project."""
    folder = (ROOT / (os.environ.get("RIGHTFUL_CASES") or "../shared/data")).resolve()
    if not (folder / "INDEX.json").is_file():
        pytest.skip(f"no third-party cases in {folder} (set RIGHTFUL_CASES)")
    return folder


class Outcome(NamedTuple):
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The one JSON document on stdout."""
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            pytest.fail(
                f"stdout is not one JSON document ({error}); exit {self.returncode}\n{self.stdout}\n{self.stderr}"
            )


@pytest.fixture
def rightful(tmp_path: Path) -> Callable[..., Outcome]:
    """Runs the installed command: ``rightful("query", "--json", cwd=..., stdin=..., env={...})``.

    It starts in ``tmp_path`` with an environment that holds nothing of the caller's but where programs lie.
    """
    command = Path(sys.executable).with_name("rightful")
    if not command.exists():
        pytest.fail(f"the command is not installed beside {sys.executable}: run `make test`, or pip install -e .")
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}

    def run(
        *arguments: str | Path,
        cwd: Path = tmp_path,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> Outcome:
        done = subprocess.run(
            [command, *arguments],
            cwd=cwd,
            input=stdin,
            env={**kept, "HOME": str(tmp_path), "LANG": "C.UTF-8", **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with the file that holds it; ``make golden`` rewrites the file, and the diff is the review."""
    rewrite = request.config.getoption("--rewrite-golden")

    def check(path: Path, came: str) -> None:
        if rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(came, encoding="utf-8")
        assert path.is_file(), f"{path} is missing: if this is what should come, run `make golden`"
        assert came == path.read_text(encoding="utf-8"), f"differs from {path}: if it should, run `make golden`"

    return check
