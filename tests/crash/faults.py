"""Verbs run in a process of their own, which kills itself at a given moment. Nothing of it is in the product.

A *moment* is just before a file takes its final name, just before a commit of the ledger, or just after one. The
process is forked from a server that has imported the library and nothing else, so that a test can afford many.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipeline.store.ledger import Ledger

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["pipeline.api", "tests.crash.corpus"])

KILLED = -signal.SIGKILL
TIMEOUT_SECONDS = 120


def run(verb: Callable[..., Any], *arguments: Any, kill_at: int | None = None) -> tuple[int, Any, list[str]]:
    """``verb(*arguments)`` in another process: its exit code, its answer (None when killed) and the moments it passed.

    With ``kill_at`` it is killed with SIGKILL at that moment, counted from 0.
    """
    ours, theirs = _server.Pipe(duplex=False)
    process = _server.Process(target=_perform, args=(theirs, kill_at, verb, arguments))
    process.start()
    theirs.close()
    answer, moments = None, []
    with contextlib.suppress(EOFError):
        while True:
            kind, said = ours.recv()
            if kind == "moment":
                moments.append(said)
            else:
                answer = said
    process.join(TIMEOUT_SECONDS)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode, answer, moments


def _perform(pipe: Connection, kill_at: int | None, verb: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    passed = 0

    def moment(name: str) -> None:
        nonlocal passed
        pipe.send(("moment", name))
        if passed == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    with _watched(moment):
        pipe.send(("answer", verb(*arguments)))


@contextlib.contextmanager
def _watched(moment: Callable[[str], None]) -> Iterator[None]:
    """Tell of every moment in this process: files that take their names, commits."""
    replace, rename, immediate = Path.replace, Path.rename, Ledger._immediate

    def replaced(self: Path, target: Path) -> Path:
        moment(f"before {target.name} takes its name")
        return replace(self, target)

    def renamed(self: Path, target: Path) -> Path:
        moment(f"before {target.name} takes its name")
        return rename(self, target)

    @contextlib.contextmanager
    def watched(self: Ledger) -> Iterator[None]:
        with immediate(self):
            yield
            moment("before a commit")
        moment("after a commit")

    Path.replace, Path.rename, Ledger._immediate = replaced, renamed, watched  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Path.replace, Path.rename, Ledger._immediate = replace, rename, immediate  # type: ignore[method-assign]
