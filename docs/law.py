"""docs/law.md as data: its rules, the tests that hold their sentences, and what cites them.

A footnote of the page is named after the test that it stands for, without ``test_``. The definitions are generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "law.md"
LAWS = "tests/laws"

_TEST = re.compile(r"^def test_(\w+)\(", re.MULTILINE)
_NOTE = re.compile(r"\[\^(\w+)\](?!:)")
_RULE = re.compile(r'^<a id="(?P<anchor>[\d.]+)"></a>\*\*(?P<number>[\d.]+)\*\* ', re.MULTILINE)
_CITED = re.compile(r"\b[Ll]aw (\d+(?:\.\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)")


@cache
def tests() -> Mapping[str, tuple[str, ...]]:
    """Every test of the repository, without ``test_``: the files that have it. Those of the laws go first."""
    files: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _TEST.findall(path.read_text("utf-8")):
            files.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    return {name: tuple(sorted(of, key=lambda f: (not f.startswith(LAWS + "/"), f))) for name, of in files.items()}


def rules(page: str) -> dict[str, str]:
    """The rules of the page: number -> text with its footnotes, up to a blank line. Raises :class:`ValueError`."""
    listed: dict[str, str] = {}
    for match in _RULE.finditer(page):
        number = match["number"]
        if number != match["anchor"] or number in listed:
            raise ValueError(f"law.md: rule {number} comes twice, or its anchor is {match['anchor']!r}")
        listed[number] = page[match.end() :].partition("\n\n")[0]
    return listed


def sections(page: str) -> set[str]:
    """The numbers of the sections."""
    return set(re.findall(r"^## (\d+) ", page, re.MULTILINE))


def notes(text: str) -> list[str]:
    """The tests that a text refers to, in order."""
    return _NOTE.findall(text)


def unheld(rule: str) -> list[str]:
    """The sentences of a rule that no footnote follows at once."""
    held = re.sub(r"(?:\[\^\w+\])+", "\x00", re.sub(r"`[^`]*`", "code", rule)).strip()
    open_end = [] if held.endswith("\x00") else [held.rpartition("\x00")[2]]
    return [s.strip("\x00 \n") for s in re.findall(r"[^.?!]*[.?!](?=\s)", held)] + open_end


def footnotes(page: str) -> list[str]:
    """The definitions of all footnotes of the page, in the order of their first mention. Raises :class:`ValueError`."""
    lines = []
    for name in dict.fromkeys(notes(page)):
        files = tests().get(name, ())
        if not files:
            raise ValueError(f"law.md: no test is called test_{name}")
        links = ", ".join(f"[{file}](../{file})" for file in files)
        lines.append(f"[^{name}]: `test_{name}` in {links}")
    return lines


def cited(sources: Iterable[Path]) -> dict[str, list[str]]:
    """Which rules and sections files cite, as law and a number, or several: number -> files."""
    found: dict[str, list[str]] = {}
    for path in sources:
        for several in _CITED.findall(path.read_text("utf-8")):
            for number in re.findall(r"\d+(?:\.\d+)?", several):
                found.setdefault(number, []).append(path.relative_to(ROOT).as_posix())
    return found
