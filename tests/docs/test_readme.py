"""What the README shows is done in a folder of its own and ends as it says; what it promises has a rule and a test."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from docs import law
from rightful.cli.app import cli, hoist, run

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.xdist_group("readme")


class Shown(NamedTuple):
    """A command line without its prompt, the exit code that it ends with, and what it prints."""

    command: str
    code: int
    printed: str


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
                printed = re.sub(r"^\(exit \d\)$", "", printed, flags=re.MULTILINE).strip()
                found.append(Shown(line.partition(" # exit ")[0].strip(), int(code[1]) if code else 0, printed))
    return found


CHANGING = {
    r"\d{4}-\d\d-\d\dT[\d:.]+Z": "TIME",
    r"\b[ex]-[0-9a-f]{16}\b": "ID",
    r"\bcatalogue [0-9a-f]{16}\b": "catalogue DIGEST",
    r"[\d.]+ s, ([\d.]+ MB of text), [\d.]+ MB/s": r"SECONDS, \1",
    r"(records?, in) [\d.]+ s": r"\1 SECONDS",
    r"^  /\S+/(?=shards$)": "  FOLDER/",
}
"""What differs from run to run, or with any change of a licence, and the word in its place."""


def lasting(printed: str) -> str:
    """What a command prints, without what differs from run to run."""
    for pattern, word in CHANGING.items():
        printed = re.sub(pattern, word, printed, flags=re.MULTILINE)
    return printed.strip()


def ended(command: str) -> int:
    """How a command ends in this folder."""
    words = hoist(shlex.split(command)[1:])
    return run(cli, words, "--json" in words)


def test_commands_are_those_of_console_blocks_with_their_codes() -> None:
    text = (
        "```console\n$ rightful a \\\n  --b  # exit 3\nprinted\n$ ls\n(exit 2)\n\n$ rightful c 'd  e'\nsaid\n(exit 4)\n```\n"
        "```sh\n$ rightful d\n```\n```console\n$ rightful e\n(exit 30)\n```\n"
    )
    assert [(shlex.split(s.command), s.code, s.printed) for s in shown(text)] == [
        (["rightful", "a", "--b"], 3, "printed"),
        (["rightful", "c", "d  e"], 4, "said"),
        (["rightful", "e"], 0, "(exit 30)"),
    ]


FILE = re.compile(r"^```[a-z]+ (\S+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
"""A block that says which file it is: ``toml notes/source.toml``."""
PROMISE = re.compile(r"^\| (.+?) \| (.+?) \| (\[.+) \|$", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)(?:#([\d.]+))?\)")
README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader of the README is: in a folder with the sample data, without a store."""
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIGHTFUL_STORE", raising=False)
    return tmp_path


def follow(text: str, capsys: pytest.CaptureFixture[str]) -> int:
    """Write the files of a text and run its commands here; how many there were. Fails where one ends or prints otherwise."""
    for name, content in FILE.findall(text):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content, "utf-8")
    commands = shown(text)
    for command, code, said in commands:
        ends = ended(command)
        printed = capsys.readouterr()
        assert ends == code, f"`{command}` ended with {ends}, not {code}:\n{printed.out}{printed.err}"
        assert lasting(printed.out) == lasting(said), f"`{command}` prints something else than README.md shows"
    return len(commands)


def test_readme_commands_run_and_end_as_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(SECTIONS["A worked example"], capsys) >= 8
    told = {"Your own corpus: three commands", "A worked example"}
    assert [title for title, text in SECTIONS.items() if title not in told and shown(text)] == []


def test_readme_corpus_of_your_own_is_read_asked_and_exported_and_python_prints_what_it_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert follow(SECTIONS["Your own corpus: three commands"], capsys) == 3
    [program] = re.findall(r"^```python\n(.*?)^```", SECTIONS["In Python"], re.DOTALL | re.MULTILINE)
    [printed] = re.findall(r"^```text\n(.*?)^```", SECTIONS["In Python"], re.DOTALL | re.MULTILINE)
    exec(compile(program, "README.md", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == printed


def test_readme_promises_are_each_a_rule_and_a_test() -> None:
    rules, tests = law.rules(law.PAGE.read_text("utf-8")), law.tests()
    promises = PROMISE.findall(SECTIONS["What it promises"])
    assert len(promises) >= 8
    for promise, numbers, proofs in promises:
        cited = [number for _, _, number in LINK.findall(numbers)]
        assert cited, promise
        proved = LINK.findall(proofs)
        assert proved, promise
        for sentence, file, _ in proved:
            name = sentence.replace(" ", "_")
            assert file in tests[name], name
            assert any(f"[^{name}]" in rules[number] for number in cited), f"{name} does not hold law {cited}"
