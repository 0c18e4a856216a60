from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from rightful import engine


def test_threads_give_results_in_the_order_of_the_items_and_take_few_ahead() -> None:
    taken: list[int] = []
    barrier = threading.Barrier(2, timeout=20)

    def items() -> Iterator[int]:
        for n in range(20):
            taken.append(n)
            yield n

    def square(n: int) -> int:
        if n < 2:
            barrier.wait()  # both run at once
        return n * n

    done = []
    for item, result in engine.run(square, items(), 2, threads=True):
        done.append((item, result))
        assert len(taken) - len(done) <= 4
    assert done == [(n, n * n) for n in range(20)]


def test_threads_the_first_error_ends_the_run() -> None:
    def fails(n: int) -> int:
        if n == 3:
            raise ValueError("three")
        return n

    results = engine.run(fails, range(100), 2, threads=True)
    assert [next(results) for _ in range(3)] == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert not [t for t in threading.enumerate() if t.name.startswith("rightful")]
