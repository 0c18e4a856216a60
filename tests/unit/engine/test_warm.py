"""Workers that are forked from a process which loaded what they need: the same results, and nothing stays behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rightful import engine
from rightful.engine.warm import Warm
from rightful.engine.warm import _Context as Forking
from tests.unit.engine.test_engine import dies_on_three_once

LOADED = "json.tool"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are spawned")


def knows(n: int) -> tuple[int, bool]:
    return os.getppid(), LOADED in sys.modules


def test_warm_workers_are_forked_from_one_process_that_imported_and_it_ends_with_the_block() -> None:
    with Warm(LOADED) as warm:
        warm.start()
        server = warm._server._forkserver_pid
        answers = [answer for _, answer in engine.run(knows, range(6), 2, warm=warm)]
        assert set(answers) == {(server, True)}
    assert not Path(f"/proc/{server}").exists()


def test_warm_worker_that_dies_costs_nothing_but_time(tmp_path: Path) -> None:
    jobs = [(n, tmp_path / "died") for n in range(8)]
    with Warm() as warm:
        assert [n for _, n in engine.run(dies_on_three_once, jobs, 2, warm=warm)] == list(range(8))
    assert (tmp_path / "died").exists()


def test_warm_that_cannot_be_started_leaves_workers_to_be_spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(self: object) -> None:
        raise OSError("no place for a socket")

    monkeypatch.setattr("multiprocessing.forkserver.ForkServer.ensure_running", refuses)
    with Warm(LOADED) as warm:
        assert not isinstance(warm.context(), Forking)
        assert [parent for _, (parent, _) in engine.run(knows, range(2), 2, warm=warm)] == [os.getpid()] * 2


def test_that_pay_leaves_little_to_this_process() -> None:
    assert engine.that_pay(4, engine.PAYS_BYTES - 1) == 1
    assert engine.that_pay(4, engine.PAYS_BYTES) == 4
