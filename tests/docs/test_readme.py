"""The commands of the README run, in their order, in a folder of their own, and end as it says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from rightful.cli.app import run
from rightful.cli.commands import cli
from rightful.cli.options import hoist

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.xdist_group("readme")


class Shown(NamedTuple):
    """A command line without its prompt, and the exit code that it ends with."""

    command: str
    code: int


def shown(markdown: str) -> list[Shown]:
    """The commands of ``console`` blocks that begin with ``$ rightful``.

    They end with 0, or as ``# exit 3`` behind the command or ``(exit 3)`` below it says.
    """
    found: list[Shown] = []
    for block in re.findall(r"^```console\n(.*?)^```", markdown, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            code = re.search(r" # exit (\d)\s*$", line) or re.search(r"^\(exit (\d)\)$", printed, re.MULTILINE)
            if line.startswith("rightful "):
                found.append(Shown(line.partition(" # exit ")[0].strip(), int(code[1]) if code else 0))
    return found


def ended(command: str) -> int:
    """How a command ends in this folder."""
    words = hoist(shlex.split(command)[1:])
    return run(cli, words, "--json" in words)


def test_commands_are_those_of_console_blocks_with_their_codes() -> None:
    text = (
        "```console\n$ rightful a \\\n  --b  # exit 3\nprinted\n$ ls\n(exit 2)\n\n$ rightful c 'd  e'\nsaid\n(exit 4)\n```\n"
        "```sh\n$ rightful d\n```\n```console\n$ rightful e\n(exit 30)\n```\n"
    )
    assert [(shlex.split(s.command), s.code) for s in shown(text)] == [
        (["rightful", "a", "--b"], 3),
        (["rightful", "c", "d  e"], 4),
        (["rightful", "e"], 0),
    ]


def test_readme_commands_run_and_end_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = shown((ROOT / "README.md").read_text("utf-8"))
    assert len(commands) >= 5
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIGHTFUL_STORE", raising=False)
    for command, code in commands:
        came = ended(command)
        said = capsys.readouterr()
        assert came == code, f"`{command}` ended with {came}, not {code}:\n{said.out}{said.err}"
