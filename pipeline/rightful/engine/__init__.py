"""One seam: map a function over work items, here on local processes. Floor 2.

An engine only schedules; items are idempotent and state lives in files and in the ledger, so resume and correctness
never depend on it. Results come back in the order of the items, with at most a window of them under way.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import spawn
from types import FrameType
from typing import Any, Generic, TypeVar

from rightful.engine.warm import Warm, not_interrupted, start_tracker
from rightful.errors import RightfulError

Item = TypeVar("Item")
Result = TypeVar("Result")

WINDOW_PER_WORKER = 3
MAX_DEATHS = 2
"""An item that killed its worker this often while it ran alone is given up with an error."""


PAYS_BYTES = 16 << 20
"""Work of fewer bytes is done sooner in this process than others are started."""


class WorkerDied(RightfulError):
    """A worker process was killed (by the system for lack of memory, or by somebody) while it held this item."""


def default_workers() -> int:
    """One worker per core that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def that_pay(workers: int, cost_bytes: int) -> int:
    """How many of the workers are worth starting: one, which is this process, for what it does in about a second."""
    return workers if cost_bytes >= PAYS_BYTES else 1


def run(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    name: Callable[[Item], str] = repr,
    *,
    threads: bool = False,
    warm: Warm | None = None,
) -> Iterator[tuple[Item, Result]]:
    """``(item, function(item))`` for every item, in order. The first exception of a function stops the run.

    With one worker, or one item, everything happens in this process. Otherwise processes are spawned (not forked: Arrow and DuckDB
    hold threads); a killed worker costs only the items under way, which are run again in a new pool, one at a time, so
    that the one that kills is found. Workers end with this process, however it ends, and do not read its script.
    ``name`` says what an item is, for errors. ``threads``: for a function whose work is done outside Python, threads of this
    process, which need not be started and given what it works with. ``warm`` is what processes are forked from instead of
    being spawned; whoever made it ends it.

    Raises :class:`WorkerDied` when one item kills its worker again and again.
    """
    waiting = iter(items)
    first_two = list(itertools.islice(waiting, 2))
    if workers <= 1 or len(first_two) < 2:
        for item in itertools.chain(first_two, waiting):
            yield item, function(item)
        return
    if threads:
        yield from _in_threads(function, itertools.chain(first_two, waiting), workers)
        return
    yield from _Pool(function, workers, name, warm).run(itertools.chain(first_two, waiting))


def _in_threads(
    function: Callable[[Item], Result], items: Iterator[Item], workers: int
) -> Iterator[tuple[Item, Result]]:
    pool = ThreadPoolExecutor(workers, "rightful")
    under_way: deque[tuple[Item, Future[Result]]] = deque()
    try:
        while True:
            for item in itertools.islice(items, max(0, workers + 1 - len(under_way))):
                under_way.append((item, pool.submit(function, item)))
            if not under_way:
                return
            item, future = under_way.popleft()
            yield item, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class _Job(Generic[Item, Result]):
    """An item under way. Without a future it is to run alone; ``deaths`` are those of workers that had nothing else."""

    item: Item
    future: Future[Result] | None
    deaths: int = 0


class _Pool(Generic[Item, Result]):
    def __init__(
        self, function: Callable[[Item], Result], workers: int, name: Callable[[Item], str], warm: Warm | None
    ) -> None:
        self.function = function
        self.name = name
        self.warm = warm
        self.workers = workers
        self.pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        start_tracker()
        context = multiprocessing.get_context("spawn") if self.warm is None else self.warm.context()
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin)

    def run(self, items: Iterator[Item]) -> Iterator[tuple[Item, Result]]:
        under_way: deque[_Job[Item, Result]] = deque()
        try:
            while True:
                if all(job.future is not None for job in under_way):
                    for item in itertools.islice(items, self.workers * WINDOW_PER_WORKER - len(under_way)):
                        under_way.append(_Job(item, self._submit(item)))
                if not under_way:
                    return
                job = under_way.popleft()
                alone = job.future is None
                future = job.future if job.future is not None else self._submit(job.item)
                try:
                    result = future.result()
                except BrokenProcessPool as error:
                    job.deaths += alone
                    self._give_up(job, error)
                    job.future = None
                    under_way.appendleft(job)
                    self._renew(under_way)
                    continue
                yield job.item, result
        except (KeyboardInterrupt, GeneratorExit):  # nobody waits for what is under way: a rerun does it again
            for process in list(self.pool._processes.values()):
                process.kill()
            raise
        finally:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, item: Item) -> Future[Result]:
        try:
            with _without_script(), not_interrupted():
                return self.pool.submit(self.function, item)
        except BrokenProcessPool as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed

    def _give_up(self, job: _Job[Item, Result], error: BrokenProcessPool) -> None:
        if job.deaths >= MAX_DEATHS:
            raise WorkerDied(
                f"its worker process died {job.deaths} times although nothing else was running",
                subject=self.name(job.item),
                hint="the system log says why; if it ran out of memory, give it more",
            ) from error

    def _renew(self, under_way: Iterable[_Job[Item, Result]]) -> None:
        """A new pool. What is not finished runs alone in it, one after the other."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._new()
        for job in under_way:
            if job.future is not None and not _finished(job.future):
                job.future = None


def _finished(future: Future[Result]) -> bool:
    return future.done() and not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool)


_apart = threading.local()
_preparation = spawn.get_preparation_data


def _preparation_of(name: str) -> dict[str, Any]:
    """What a new process is given; one of ours is not given the script that this process runs, to read it again.

    Nothing of ours lies in that script, and where it does not say ``if __name__ == "__main__"`` every worker would do all
    of it again, and wait for the lock that the first one holds. One from standard input could not be read at all.
    """
    preparation = _preparation(name)
    if getattr(_apart, "now", False):
        for key in ("init_main_from_name", "init_main_from_path"):
            preparation.pop(key, None)
    return preparation


spawn.get_preparation_data = _preparation_of  # nothing changes for the processes of others


@contextmanager
def _without_script() -> Iterator[None]:
    """What this thread starts in the block does not read the script."""
    _apart.now = True
    try:
        yield
    finally:
        _apart.now = False


def _begin() -> None:
    """What a worker does before its first item."""
    # A handler and not SIG_IGN, and nothing that stays blocked: what a worker starts (git) is to hear Ctrl-C as ever.
    signal.signal(signal.SIGINT, _leave_it_to_the_driver)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _end_with_driver()


def _leave_it_to_the_driver(number: int, frame: FrameType | None) -> None:
    """Ctrl-C in a worker: nothing. What it runs meanwhile is killed with it."""


def _end_with_driver() -> None:
    """Let this worker end when the driver was killed: it would go on writing beside a rerun, and then wait for ever."""
    driver = multiprocessing.parent_process()
    assert driver is not None

    def watch() -> None:
        driver.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
