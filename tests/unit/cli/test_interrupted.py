"""What a library says where somebody interrupts it."""

from __future__ import annotations

import signal

import click
import duckdb
import pytest

from rightful.cli.app import run
from rightful.errors import FAILED
from rightful.store.conditions import is_interrupt


@click.group()
def group() -> None:
    """A command line."""


@group.command()
def asks() -> None:
    """A query that is interrupted."""
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    duckdb.connect().execute("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b").fetchall()


def test_interrupted_query_is_no_failure_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)  # as Ctrl-C, and never beside the test
    try:
        code = run(group, ["asks"], as_json=False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert code == FAILED
    assert capsys.readouterr().err == "error: interrupted; what was committed before stands\n"
    assert not is_interrupt(RuntimeError("no locator available"))
