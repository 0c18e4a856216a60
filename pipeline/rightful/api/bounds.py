"""Bounds of this process, for what a query may do to it that no engine can be asked to stop. Floor 10: part of `api`."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from rightful.errors import InputError

GRACE_SECONDS = 2.0
"""So much longer than it was told to a query is waited for: one value that is being made cannot be interrupted."""


@contextlib.contextmanager
def bounded(seconds: float, memory_mib: int) -> Iterator[None]:
    """While the block runs, let this process map ``memory_mib`` more than it has, and end it when the block does not.

    Raises :class:`InputError` for bounds that are none.
    """
    if not (seconds > 0 and memory_mib > 0):
        raise InputError("a bound is a positive number", subject="--max-seconds, --max-memory")
    before = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _mapped_bytes() + (memory_mib << 20)
    limit = wanted if before[1] == resource.RLIM_INFINITY else min(wanted, before[1])
    timer = threading.Timer(min(seconds + GRACE_SECONDS, threading.TIMEOUT_MAX), _end, (seconds,))
    timer.daemon = True
    timer.start()
    try:
        if before[0] == resource.RLIM_INFINITY or limit < before[0]:
            resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
        with _interruptible():
            yield
    finally:
        timer.cancel()
        timer.join()  # a thread that wakes while the interpreter ends would abort it
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """While the block runs, an interrupt ends this process at once: an engine that is at work does not see it."""
    if threading.current_thread() is not threading.main_thread():  # nobody else is interrupted
        yield
        return
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    before = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    watch = threading.Thread(target=_end_when_interrupted, args=(read_end,), daemon=True)
    watch.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(write_end)
        watch.join()
        os.close(read_end)


def _end_when_interrupted(read_end: int) -> None:
    while number := os.read(read_end, 1):
        if number[0] == signal.SIGINT:
            sys.stderr.write("error: interrupted; nothing was changed\n")
            sys.stderr.flush()
            os._exit(1)


def _mapped_bytes() -> int:
    """How much address space this process has; what is not said is taken as little."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 8 << 30


def _end(seconds: float) -> None:
    sys.stderr.write(
        f"error: the query took longer than {seconds:g} seconds\n  hint: ask for less, or allow more with --max-seconds\n"
    )
    sys.stderr.flush()
    os._exit(2)
