"""What every test may ask for: the third-party cases, the installed command in a process of its own, golden files."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from tests import forks
from tests.warm import Warm

ROOT = Path(__file__).resolve().parent.parent

# Two shared cores: how long an example takes says nothing about the law.
settings.register_profile("rightful", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rightful")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write what came instead of comparing with it")


def pytest_configure(config: pytest.Config) -> None:
    """Put what tests write into memory, where there is enough of it: they wait for the disk as often as a store does."""
    if (
        signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    ):  # in the background of a shell: what is started would be deaf to it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    forks.wait_for_no_disk()
    if config.option.basetemp is None and not hasattr(config, "workerinput") and _room_in(MEMORY) >= ROOM_BYTES:
        config.option.basetemp = str(MEMORY / f"rightful-tests-{os.getpid()}")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file go to one worker, unless their file names a group: what a file prepares is prepared once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name what fails as it fails, in the file RIGHTFUL_FAILURES: pytest itself does so at the end of a long run."""
    file = os.environ.get("RIGHTFUL_FAILURES")
    if report.failed and file and "PYTEST_XDIST_WORKER" not in os.environ:
        with Path(file).open("a", encoding="utf-8") as failures:
            failures.write(f"{report.when} {report.nodeid}\n")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of the search for garbage: it is most of what lives, and lives to the end."""
    gc.collect()
    gc.freeze()


def _room_in(folder: Path) -> int:
    """Bytes that may be written there; 0 where nothing may."""
    try:
        free = shutil.disk_usage(folder).free
        memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
    return min(free, memory) if os.access(folder, os.W_OK) else 0


MEMORY, ROOM_BYTES = Path("/dev/shm"), 6 << 30


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


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """The process that the command is forked from; :mod:`tests.warm`."""
    command = Path(sys.executable).with_name("rightful")
    if not command.exists():
        pytest.fail(f"the command is not installed beside {sys.executable}: run `make test`, or pip install -e .")
    with Warm(command, {**_inherited(), "LANG": "C.UTF-8"}) as process:
        yield process


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}


@pytest.fixture
def rightful(tmp_path: Path, warm: Warm) -> Callable[..., Outcome]:
    """Runs the installed command: ``rightful("query", "--json", cwd=..., stdin=..., env={...})``.

    It starts in ``tmp_path`` with an environment that holds nothing of the caller's but where programs lie, forked from a
    process that has loaded the libraries; with ``fresh``, or a variable that Python or a library reads at its start, it is
    the script itself that runs.
    """

    def run(
        *arguments: str | Path,
        cwd: Path = tmp_path,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
        fresh: bool = False,
    ) -> Outcome:
        words = list(map(str, arguments))
        environment = {**_inherited(), "HOME": str(tmp_path), "LANG": "C.UTF-8", **(env or {})}
        if not fresh and not any(name.startswith(_READ_AT_START) for name in env or ()):
            return Outcome(*warm.run(words, cwd=cwd, env=environment, stdin=stdin, timeout=timeout))
        done = subprocess.run(
            [warm.command, *words],
            cwd=cwd,
            input=stdin,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


_READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "NUMBA", "OMP", "OPENBLAS", "ARROW", "HF_", "TOKENIZERS")


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
