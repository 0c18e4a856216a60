"""Verbs run in a process of their own, which kills itself at a given moment. Nothing of it is in the product.

A *moment* is just before a file or folder takes its name, just before a commit of the ledger, or just after one. The
process is forked from a server that has imported the library and nothing else, so that a test can afford many.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from rightful.errors import RightfulError
from rightful.export import swap
from rightful.store.ledger import Ledger

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.crash.verbs", "tests.everything"])

KILLED = -signal.SIGKILL
TIMEOUT_SECONDS = 120


class Ended(NamedTuple):
    """How a process ended: its exit code, what the verb answered or raised, and the moments that it passed."""

    exitcode: int
    answer: Any
    error: RightfulError | None
    moments: Sequence[str]

    def has_committed(self, at: int) -> bool:
        """True where all that the verb commits is committed at that moment."""
        return "before a commit" not in self.moments[at:]


class Started:
    """A verb under way in a process of its own; with ``kill_at`` it dies at that moment, counted from 0."""

    def __init__(self, verb: Callable[..., Any], *arguments: Any, kill_at: int | None = None) -> None:
        self._pipe, theirs = _server.Pipe(duplex=False)
        self.process = _server.Process(target=_perform, args=(theirs, kill_at, verb, arguments))
        self.process.start()
        theirs.close()
        self._moments: list[str] = []

    def reach(self, moment: str) -> None:
        """Wait until the process is at a moment whose name has this in it."""
        while moment not in "".join(self._moments[-1:]):
            assert self._pipe.poll(TIMEOUT_SECONDS), f"{moment!r} does not come"
            kind, what = self._pipe.recv()
            assert kind == "moment", f"it ended before {moment!r}: {what}"
            self._moments.append(what)

    def passes_nothing_for(self, seconds: float) -> bool:
        """True when it does not come to any moment for so long: it waits for somebody else."""
        return not self._pipe.poll(seconds)

    def wait(self) -> Ended:
        """Wait for its end."""
        said: dict[str, Any] = {}
        with contextlib.suppress(EOFError):
            while self._pipe.poll(TIMEOUT_SECONDS):
                kind, what = self._pipe.recv()
                if kind == "moment":
                    self._moments.append(what)
                else:
                    said[kind] = what
        self._pipe.close()
        self.process.join(TIMEOUT_SECONDS)
        assert self.process.exitcode is not None, f"the process hangs after {self._moments[-1:]}"
        return Ended(self.process.exitcode, said.get("answer"), said.get("error"), self._moments)


def run(verb: Callable[..., Any], *arguments: Any, kill_at: int | None = None) -> Ended:
    """Start a verb and wait for its end."""
    return Started(verb, *arguments, kill_at=kill_at).wait()


_KINDS = (
    r"/[0-9]{6}-[0-9]{3}\.",  # a staged file
    r"/[0-9]{6}\.json ",  # the marker of an item
    r"/\.new-",  # a table before its content names it
    r" (records|texts)/",
    r" (hidden|holdings|duplicates|evidence|rejected|tombstones)/",
    r"/shard-",
    r"/(?!manifest)[A-Za-z]+\.(parquet|md) ",  # what lies beside the shards
)


def one_of_each(moments: Sequence[str]) -> list[int]:
    """The first and the last moment of each kind."""
    kinds: dict[str, list[int]] = {}
    for n, moment in enumerate(moments):
        kind = next((k for k in _KINDS if re.search(k, moment)), moment)
        kinds.setdefault(kind, []).append(n)
    return sorted({n for of_kind in kinds.values() for n in (of_kind[0], of_kind[-1])})


def _perform(pipe: Connection, kill_at: int | None, verb: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    passed = 0

    def moment(name: str) -> None:
        nonlocal passed
        pipe.send(("moment", name))
        if passed == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    try:
        with _watched(moment):
            pipe.send(("answer", verb(*arguments)))
    except RightfulError as error:
        pipe.send(("error", error))
        raise SystemExit(error.exit_code) from None


@contextlib.contextmanager
def _watched(moment: Callable[[str], None]) -> Iterator[None]:
    """Tell of every moment in this process: names that are taken, commits."""
    replace, rename, transaction, exchange = Path.replace, Path.rename, Ledger._transaction, swap._in_one_step

    def replaced(self: Path, target: Path) -> Path:
        moment(f"before {target.parent.name}/{target.name} takes its name")
        return replace(self, target)

    def renamed(self: Path, target: Path) -> Path:
        moment(f"before {target.parent.name}/{target.name} takes its name")
        return rename(self, target)

    def exchanged(one: Path, other: Path) -> bool:
        moment(f"before {other.name} changes its name with another")
        done = exchange(one, other)
        moment(f"after {other.name} changed its name with another")
        return done

    @contextlib.contextmanager
    def watched(self: Ledger, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        with transaction(self, begin):
            yield
            if begin != "BEGIN":
                moment("before a commit")
        if begin != "BEGIN":
            moment("after a commit")

    Path.replace, Path.rename, Ledger._transaction = replaced, renamed, watched  # type: ignore[method-assign,assignment]
    swap._in_one_step = exchanged
    try:
        yield
    finally:
        Path.replace, Path.rename, Ledger._transaction = replace, rename, transaction  # type: ignore[method-assign]
        swap._in_one_step = exchange
