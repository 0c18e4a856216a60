"""One seam: map a function over work items, here on local processes. Floor 1.

An engine only schedules; items are idempotent and state lives in files and in the ledger, so resume and correctness
never depend on it. Results come back in the order of the items, with at most a window of them under way.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, TypeVar

from pipeline.errors import RightfulError

Item = TypeVar("Item")
Result = TypeVar("Result")

WINDOW_PER_WORKER = 3
MAX_DEATHS = 2
"""An item whose worker died this often is given up with an error: it is the item that kills."""


class WorkerDied(RightfulError):
    """A worker process was killed (by the system for lack of memory, or by somebody) while it held this item."""


def default_workers() -> int:
    """One worker a core that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, name: Callable[[Item], str] = repr
) -> Iterator[tuple[Item, Result]]:
    """``(item, function(item))`` for every item, in order. The first exception of a function stops the run.

    With one worker, or one item, everything happens in this process. Otherwise processes are spawned (not forked: Arrow and DuckDB
    hold threads); a killed worker costs only the items under way, which are run again in a new pool.
    ``name`` says what an item is, for errors. Raises :class:`WorkerDied` when one item kills its worker again and again.
    """
    waiting = iter(items)
    first_two = list(itertools.islice(waiting, 2))
    if workers <= 1 or len(first_two) < 2:
        for item in itertools.chain(first_two, waiting):
            yield item, function(item)
        return
    yield from _Pool(function, workers, name).run(itertools.chain(first_two, waiting))


class _Pool(Generic[Item, Result]):
    def __init__(self, function: Callable[[Item], Result], workers: int, name: Callable[[Item], str]) -> None:
        self.function = function
        self.name = name
        self.workers = workers
        self.pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))

    def run(self, items: Iterator[Item]) -> Iterator[tuple[Item, Result]]:
        under_way: deque[tuple[Item, Future[Result], int]] = deque()
        try:
            while True:
                while len(under_way) < self.workers * WINDOW_PER_WORKER:
                    item = next(items, _END)
                    if item is _END:
                        break
                    under_way.append((item, self._submit(item), 0))  # type: ignore[arg-type]
                if not under_way:
                    return
                item, future, deaths = under_way.popleft()
                try:
                    result = future.result()
                except BrokenProcessPool as error:
                    if deaths >= MAX_DEATHS:
                        raise WorkerDied(
                            f"a worker process died {deaths + 1} times",
                            subject=self.name(item),
                            hint="if the system ran out of memory, use fewer --workers",
                        ) from error
                    under_way = self._revive(item, deaths, under_way)
                    continue
                yield item, result
        finally:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, item: Item) -> Future[Result]:
        try:
            return self.pool.submit(self.function, item)
        except BrokenProcessPool as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed

    def _revive(
        self, first: Item, deaths: int, rest: deque[tuple[Item, Future[Result], int]]
    ) -> deque[tuple[Item, Future[Result], int]]:
        """A new pool. The item that was waited for runs alone first, so that the one that kills is found."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._new()
        again: deque[tuple[Item, Future[Result], int]] = deque([(first, self._submit(first), deaths + 1)])
        for item, future, its_deaths in rest:
            done = future.done() and future.exception() is None
            again.append((item, future if done else self._submit(item), its_deaths))
        return again


_END = object()
