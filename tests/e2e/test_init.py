"""``rightful init`` as it is typed: on a terminal it asks, elsewhere it does not; the commands that it ends in work."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rightful.decisions.signing import WHERE, WHO
from tests.e2e.conftest import Ask

RIGHTFUL = str(Path(sys.executable).with_name("rightful"))


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Rows in the layout of FineWeb: no licence anywhere."""
    folder = tmp_path / "data"
    folder.mkdir()
    listed = [
        {
            "text": " ".join(f"tide{n * 97 + k * k}" for k in range(20)) + " at the old mole of the harbour.",
            "id": f"<urn:uuid:{n}>",
            "dump": "CC-MAIN-2024-10",
            "url": f"https://site{n % 5}.example/{n}",
            "date": "2024-02-21T00:00:00Z",
            "file_path": "crawl.warc.gz",
            "language": "en",
            "language_score": 0.97,
            "token_count": 20,
        }
        for n in range(40)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in listed), "utf-8")
    return folder


class Terminal:
    """A command on a terminal of 40 columns without colour: what it shows is read up to a prompt, then answered."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self.ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "40"}
        self.process = subprocess.Popen(
            [RIGHTFUL, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=environment, close_fds=True
        )
        os.close(theirs)
        self.shown = ""
        self.read = 0

    def until(self, text: str, seconds: float = 60) -> str:
        """What is shown up to this text, from where the last answer of this left off."""
        end = time.monotonic() + seconds
        while text not in self.shown[self.read :]:
            ready, _, _ = select.select([self.ours], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                self.process.kill()
                raise AssertionError(f"{text!r} was not shown:\n{self.shown}")
            try:
                self.shown += os.read(self.ours, 65_536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                break
        assert text in self.shown[self.read :], self.shown
        start, self.read = self.read, self.shown.index(text, self.read) + len(text)
        return self.shown[start : self.read]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self.ours)

    def say(self, answer: str) -> None:
        os.write(self.ours, answer.encode() + b"\n")

    def waits(self, seconds: float = 60) -> None:
        """Return once it waits for an answer. A signal that comes between the question and that is lost with readline."""
        end, state = time.monotonic() + seconds, Path(f"/proc/{self.process.pid}/stat")
        while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "S" and time.monotonic() < end:
            select.select([], [], [], 0.01)

    def end(self, seconds: float = 60) -> int:
        """Its exit code. One that waits for a further answer is ended, and what it showed is said."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            if select.select([self.ours], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self.ours, 65_536).decode("utf-8", "replace")
        if self.process.poll() is None:
            self.process.kill()
            raise AssertionError(f"it did not end:\n{self.shown}")
        return self.process.returncode


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts commands on terminals, in a folder; what still runs at the end is ended."""
    started: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        started.append(Terminal(*arguments, cwd=tmp_path))
        return started[-1]

    yield start
    for terminal in started:
        terminal.close()


def test_rows_without_a_licence_reach_a_shard_in_three_commands(
    web: Path, tmp_path: Path, terminals: Callable[..., Terminal]
) -> None:
    """init asks and signs; ingest and export are typed as init says."""
    terminal = terminals("init", "data")
    for asked, answer in [
        ("name and role", "A. Reader, counsel"),
        ("personal data", "no"),
        ("What is it for", "eu-tdm-research"),
        ("Until which day", "2099-12-31"),
        ("assessment kept", "file 7"),
    ]:
        terminal.until(asked)
        terminal.until("> ")
        terminal.say(answer)
    shown = terminal.until("rightful export shards --policy eu-tdm-research")
    assert terminal.end() == 0
    assert "\x1b[3" not in terminal.shown
    commands = [line.strip() for line in shown.splitlines() if line.strip().startswith("rightful ")]
    assert commands == ["rightful ingest data", "rightful export shards --policy eu-tdm-research"]
    for command in commands:
        done = subprocess.run([RIGHTFUL, *shlex.split(command)[1:]], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    manifest = json.loads((tmp_path / "shards" / "manifest.json").read_text("utf-8"))
    assert manifest["records"] == 40


def test_interrupt_in_a_question_leaves_nothing_behind(
    web: Path, tmp_path: Path, terminals: Callable[..., Terminal]
) -> None:
    terminal = terminals("init", "data")
    terminal.until("> ")
    terminal.waits()
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() != 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data"]
    assert [p.name for p in web.iterdir()] == ["rows.jsonl"]


@pytest.mark.parametrize("arguments", [("--yes",), ("--json",), ()])
def test_nothing_is_asked_without_a_terminal_or_with_yes(web: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    options = [one for one in arguments if one == "--json"]
    words = [RIGHTFUL, *options, "init", "data", *(one for one in arguments if one != "--json")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode()
    if options:
        answer: dict[str, Any] = json.loads(done.stdout)
        assert answer["questions"] == []
        assert {use["now"] for use in answer["uses"]} == {0}
        sign = next(step["command"] for step in answer["next"] if "policy sign" in (step["command"] or ""))
        assert shlex.split(sign)[:4] == ["rightful", "policy", "sign", "eu-tdm-research"]
    else:
        assert b"rightful ingest data" in done.stdout


def test_what_is_next_with_yes_reaches_a_shard_as_well(web: Path, tmp_path: Path, ask: Ask) -> None:
    answer = ask("init", web, "--yes", store=tmp_path / "store")
    for step in (one for one in answer["next"] if one["command"] is not None):  # the rest are lines of the card
        words = shlex.split(step["command"])[1:]
        words = ["Ada Moreno, counsel" if word == WHO else "file 7" if word == WHERE else word for word in words]
        done = subprocess.run([RIGHTFUL, *words], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    assert json.loads((tmp_path / "shards" / "manifest.json").read_text("utf-8"))["records"] == 40
