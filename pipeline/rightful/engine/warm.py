"""Workers that begin warm: forked from one process that loaded, once, what all of them need. Floor 2.

A spawned worker imports, reads the catalogue and loads compiled kernels for seconds, each for itself. Here one process does it,
while the driver still plans, and workers are forked from it: they share its memory, and start in hundredths of a second. It
has no thread of ours and holds no lock, store or connection; Arrow and the allocators re-create theirs behind a fork. Where
the system has no such servers (or no place for its socket) workers are spawned as before.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import forkserver, popen_forkserver, process, reduction, resource_tracker, spawn, util
from multiprocessing.context import BaseContext, set_spawning_popen
from types import TracebackType
from typing import Any


def start_tracker() -> None:
    """Start what cleans up behind killed processes without the warning that it did: a kill is no fault of a user."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker:UserWarning")))
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


@contextlib.contextmanager
def not_interrupted() -> Iterator[None]:
    """What this thread starts in the block is deaf to Ctrl-C, from its first instruction on: a terminal sends it to workers too.

    It is the driver that ends them. One that is still importing, or waits for work, would else say where it was.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Warm:
    """The server of a run, which imports ``modules`` when it is started; a context that ends it.

    Importing is all that it does: a module may load more than itself. It is this run's own; the server that a program has
    for its own processes is not touched.
    """

    def __init__(self, *modules: str) -> None:
        self._server: Any = None
        self._modules = ["rightful.engine.bound", *modules]

    def start(self) -> None:
        """Start the server, unless it runs, and do not wait for it."""
        if sys.platform != "linux":
            return
        start_tracker()
        server = self._server or forkserver.ForkServer()
        server.set_forkserver_preload(self._modules)
        try:
            with not_interrupted():
                server.ensure_running()
            self._server = server
        except OSError:
            self._server = None

    def context(self) -> BaseContext:
        """What starts processes: from the server, where it could be started, else spawned."""
        self.start()
        return multiprocessing.get_context("spawn") if self._server is None else _Context(self._server)

    def close(self) -> None:
        """End the server, whatever it is doing."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(server._forkserver_pid, signal.SIGKILL)
            server._stop()

    def __enter__(self) -> Warm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Popen(popen_forkserver.Popen):
    """As that of the interpreter, with a server of its own."""

    _fds: list[int]

    def __init__(self, process_obj: process.BaseProcess, server: Any) -> None:
        self._server = server
        super().__init__(process_obj)

    def _launch(self, process_obj: process.BaseProcess) -> None:
        content = io.BytesIO()
        set_spawning_popen(self)
        try:
            reduction.dump(spawn.get_preparation_data(process_obj.name), content)
            reduction.dump(process_obj, content)
        finally:
            set_spawning_popen(None)
        self.sentinel, given = self._server.connect_to_new_process(self._fds)
        held = os.dup(given)  # its end tells the worker that the driver is gone
        self.finalizer = util.Finalize(self, _close, (held, self.sentinel))
        with os.fdopen(given, "wb") as pipe:
            pipe.write(content.getbuffer())
        self.pid = forkserver.read_signed(self.sentinel)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


class _Context(BaseContext):
    """What a pool asks for processes and for what connects them."""

    _name = "forkserver"

    def __init__(self, server: Any) -> None:
        self._server = server

    def Process(self, *args: Any, **options: Any) -> process.BaseProcess:  # noqa: N802 - the name that a pool calls
        """A process that is not started yet."""
        made = _Process(*args, **options)
        made._server = self._server
        return made


class _Process(process.BaseProcess):
    _start_method = "forkserver"
    _server: Any = None

    def _Popen(self, process_obj: process.BaseProcess) -> _Popen:  # noqa: N802 - the name that is called
        return _Popen(process_obj, self._server)

    def __getstate__(self) -> dict[str, Any]:
        """For the worker, which starts none itself."""
        return {name: value for name, value in self.__dict__.items() if name != "_server"}
