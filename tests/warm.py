"""The installed command in a process of its own, forked from one that has loaded the libraries and the catalogue already.

    python -m tests.warm        # from the root of the project; a JSON request a line, a JSON answer a line

What a command does is done in the fork: its arguments, environment, folder, streams and exit code are its own, as those
of the script ``rightful`` are. Only what Python itself does at its start is done once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.forks import ROOT, Forks, serve, wait_for_no_disk


class Warm(Forks):
    """The warm process, seen from outside. Closed with the ``with`` that opened it."""

    def __init__(self, command: Path, env: Mapping[str, str]) -> None:
        self.command = command
        super().__init__(__name__, {**env, "PYTHONPATH": str(ROOT)})

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str, timeout: float
    ) -> tuple[int, str, str]:
        """Exit code, stdout, stderr. Raises :class:`subprocess.TimeoutExpired`, UnicodeDecodeError."""
        with tempfile.TemporaryDirectory() as name:
            streams = [Path(name) / stream for stream in ("stdin", "stdout", "stderr")]
            streams[0].write_text(stdin, encoding="utf-8")
            asked = {
                "argv": [str(self.command), *arguments],
                "cwd": str(cwd),
                "env": dict(env),
                "umask": _umask(),
                "streams": [str(path) for path in streams],
                "timeout": timeout,
            }
            code = self.ask(asked)
            if code is None:
                raise subprocess.TimeoutExpired(asked["argv"], timeout)
            return code, streams[1].read_text(encoding="utf-8"), streams[2].read_text(encoding="utf-8")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _become(asked: Mapping[str, Any]) -> None:
    """Be the script: never returns."""
    kinds = [os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_TRUNC] * 2]
    for number, (path, kind) in enumerate(zip(asked["streams"], kinds, strict=True)):
        os.dup2(os.open(path, kind, 0o600), number)
    errors = sys.stdout.errors
    sys.stdin = open(0, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    tempfile.tempdir = None
    os.umask(asked["umask"])
    os.chdir(asked["cwd"])
    sys.argv = asked["argv"]
    script = ModuleType("__main__")
    script.__file__ = sys.argv[0]
    sys.modules["__main__"] = script  # whoever starts processes of Python looks there
    code = 1
    try:
        from rightful.cli import main

        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    import atexit

    atexit._run_exitfuncs()
    os._exit(code)


def _forked(asked: Mapping[str, Any]) -> int | None:
    """The exit code of a fork, negative for a signal; None where it took too long."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _become(asked)
    until = time.monotonic() + asked["timeout"]
    pause = 0.001
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def _warm() -> None:
    """Import whatever a command imports, and do once what each would do."""
    from tests import everything, kernels

    assert everything
    kernels.load()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    wait_for_no_disk()
    _warm()
    serve(_forked)
