"""The seam: the same results in the same order, whatever the workers, and a clear end when one dies."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rightful import engine
from rightful.engine import MAX_DEATHS, WINDOW_PER_WORKER, WorkerDied
from rightful.errors import DamagedInput
from tests.conftest import ROOT


def square(n: int) -> int:
    return n * n


def where(n: int) -> int:
    return os.getpid()


def refuses_three(n: int) -> int:
    if n == 3:
        raise DamagedInput("is three", subject=f"item {n}", hint="take another")
    return n


def dies_on_three(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def dies_on_three_once(job: tuple[int, Path]) -> int:
    n, flag = job
    if n == 3 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_run_gives_every_item_with_its_result_in_order(workers: int) -> None:
    assert list(engine.run(square, range(20), workers)) == [(n, n * n) for n in range(20)]


@pytest.mark.parametrize(("items", "workers"), [(range(5), 1), (range(1), 4)])
def test_run_with_one_worker_or_one_item_stays_in_this_process(items: range, workers: int) -> None:
    assert {pid for _, pid in engine.run(where, items, workers)} == {os.getpid()}


def test_run_with_several_workers_leaves_this_process() -> None:
    assert os.getpid() not in {pid for _, pid in engine.run(where, range(4), 2)}


@pytest.mark.parametrize("workers", [1, 2])
def test_run_of_nothing_gives_nothing(workers: int) -> None:
    assert not list(engine.run(square, [], workers))


def test_run_takes_no_more_items_than_its_window() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    results = engine.run(square, items(), 2)
    for _ in range(5):
        next(results)
    assert len(taken) <= 5 + 2 * WINDOW_PER_WORKER
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("workers", [1, 2])
def test_run_ends_at_the_first_error_of_the_function_with_all_that_it_says(workers: int) -> None:
    results = engine.run(refuses_three, range(8), workers)
    assert [next(results)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DamagedInput) as caught:
        next(results)
    assert str(caught.value) == "item 3: is three\n  hint: take another"


def test_worker_that_dies_once_costs_nothing_but_time(tmp_path: Path) -> None:
    jobs = [(n, tmp_path / "died") for n in range(12)]
    assert [n for _, n in engine.run(dies_on_three_once, jobs, 2)] == list(range(12))
    assert (tmp_path / "died").exists()


def test_item_that_always_kills_is_named_after_all_before_it_are_done() -> None:
    results = engine.run(dies_on_three, range(8), 2, "item {}".format)
    assert [next(results)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(WorkerDied) as caught:
        next(results)
    assert caught.value.subject == "item 3"
    assert f"died {MAX_DEATHS} times although nothing else was running" in caught.value.message
    assert caught.value.hint


def interrupted(n: int) -> tuple[int, int]:
    """Ctrl-C in a worker, and in what a worker starts."""
    os.kill(os.getpid(), signal.SIGINT)
    return n, subprocess.run(["/bin/sh", "-c", "kill -INT $$; exit 0"], check=False).returncode


def test_interrupt_is_left_to_the_driver_by_workers_and_heard_by_what_they_start() -> None:
    handler, mask = signal.getsignal(signal.SIGINT), signal.pthread_sigmask(signal.SIG_BLOCK, [])
    expected = [(n, (n, -signal.SIGINT)) for n in range(3)]
    assert list(engine.run(interrupted, range(3), 2)) == expected
    assert signal.getsignal(signal.SIGINT) is handler
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


def killer_beside_a_slow_item(job: tuple[str, Path]) -> str:
    """The killer kills at once; the slow item gives it two seconds to come, and lasts much longer when it came."""
    kind, fifo = job
    if kind == "killer":
        with contextlib.suppress(OSError):  # the slow item is not there (yet)
            os.write(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), b".")
        os.kill(os.getpid(), signal.SIGKILL)
    came, _, _ = select.select([os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)], [], [], 2.0)
    if came:
        select.select([], [], [], 10.0)
    return kind


def test_item_that_was_waited_for_while_another_killed_is_not_blamed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    jobs = [(kind, tmp_path / "fifo") for kind in ("slow", "killer")]
    with pytest.raises(WorkerDied) as caught:
        list(engine.run(killer_beside_a_slow_item, jobs, 2, lambda job: job[0]))
    assert caught.value.subject == "killer"


DRIVER = """
import os, sys
from pathlib import Path
from rightful import engine
from tests.unit.engine.test_engine import tells_and_waits
if __name__ == "__main__":
    fifo = Path(sys.argv[1])
    list(engine.run(tells_and_waits, [fifo] * 4, 2))
"""


def tells_and_waits(fifo: Path) -> None:
    with fifo.open("wb", buffering=0) as pipe:
        pipe.write(b".")
        signal.pause()


def test_workers_end_when_their_driver_is_killed(tmp_path: Path) -> None:
    """The pipe ends when the last worker that holds it is gone."""
    fifo, script = tmp_path / "fifo", tmp_path / "driver.py"
    os.mkfifo(fifo)
    script.write_text(DRIVER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    driver = subprocess.Popen([sys.executable, script, fifo], env=environment, stderr=subprocess.DEVNULL)
    with fifo.open("rb", buffering=0) as pipe:
        told = b""
        while len(told) < 2:
            told += pipe.read(1)
        driver.kill()
        driver.wait()
        ended, _, _ = select.select([pipe], [], [], 60.0)
        assert ended, "a worker is still there"
        assert pipe.read(1) == b""


SCRIPT = """
import sys
from rightful import engine
from tests.unit.engine.test_engine import square
print("read")
print(list(engine.run(square, range(4), 2)) == [(n, n * n) for n in range(4)])
"""


@pytest.mark.parametrize("way", ["file", "standard input"])
def test_workers_do_not_read_the_script_that_starts_them(way: str, tmp_path: Path) -> None:
    """One without ``if __name__ == "__main__"`` would be done again by every worker, and never end."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    words = [str(script)] if way == "file" else ["-"]
    done = subprocess.run(
        [sys.executable, *words],
        input=SCRIPT if way == "standard input" else "",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "read\nTrue\n"), done.stderr


def test_processes_of_others_read_their_script_as_before(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\nimport rightful.engine\ndef own(n):\n    return n + 1\n"
        "if __name__ == '__main__':\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(own, [1]))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "[2]\n", done.stderr
