"""Who interrupts or ends an ingest gets the prompt back at once; nothing of it runs on, and a rerun does the whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome
from tests.crash.corpus import CARD, strays

FILES, ROWS = 4, 600
PATIENCE_SECONDS = 60.0
SEVERAL = "import rightful.engine, rightful.cli; rightful.engine.PAYS_BYTES = 0; rightful.cli.main()"
"""The command, which starts workers however little there is to do."""


@pytest.fixture
def coming(tmp_path: Path) -> Path:
    """Work for some seconds, of more than one worker."""
    folder = tmp_path / "coming"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD, encoding="utf-8")
    for file in range(FILES):
        rows = (
            {
                "id": f"{file}-{n}",
                "text": f"On day {n} of year {file} the tide stood high, and boat {n * 7} went out. " * 9,
            }
            for n in range(ROWS)
        )
        (folder / f"{file}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return folder


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds, or fail."""
    end = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end, what
        pause.wait(0.05)


def running(group: int) -> list[str]:
    """The commands of a process group that run; what has ended and was not asked for its end is none."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            state = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if folder.name.isdigit() and int(state[2]) == group and state[0] != "Z":
                found.append((folder / "cmdline").read_text(encoding="utf-8").replace("\0", " "))
        except (OSError, IndexError):
            continue
    return found


@pytest.mark.parametrize(
    ("number", "whom"), [(signal.SIGINT, "driver"), (signal.SIGINT, "all"), (signal.SIGTERM, "driver")]
)
def test_ingest_that_is_ended_leaves_nothing_running_and_is_done_again(
    number: signal.Signals, whom: str, coming: Path, rightful: Callable[..., Outcome], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    command = [sys.executable, "-c", SEVERAL, "--store", str(store)]
    with subprocess.Popen(
        [*command, "ingest", coming, "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: list(store.glob("staging/*/*")) or process.poll() is not None, "no worker begins")
        (os.kill if whom == "driver" else os.killpg)(process.pid, number)
        start = time.monotonic()
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
        seconds = time.monotonic() - start
    assert seconds < 10, "it waits for what is under way"
    assert "Traceback" not in said
    if number == signal.SIGINT:
        assert process.returncode == 1
        assert "error: interrupted; what was committed before stands" in said
    else:
        assert (process.returncode, said) == (-signal.SIGTERM, "")
    until(lambda: not running(process.pid), "something of it runs on")
    again = rightful("--store", store, "ingest", coming, "--workers", "2", "--json")
    assert again.returncode == 0, again.stderr
    assert again.json()["added"] == FILES * ROWS
    assert strays(store) == []
