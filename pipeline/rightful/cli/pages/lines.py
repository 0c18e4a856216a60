"""What the pages of all verbs are made of. Floor 11: pure formatters; text of records is made harmless before it is shown."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rightful.notation.shown import counted as counted
from rightful.notation.shown import number as number
from rightful.notation.shown import plain as plain
from rightful.notation.shown import tail as tail

_ACTS_ON_A_TERMINAL = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON need not escape and a terminal obeys: control characters, changes of direction, halves of a character."""


WIDTH = 80
"""No line of a summary is longer, but for a command that has to stay in one piece, or for a word."""


def room() -> int:
    """How many columns a line may have: those of a terminal that has fewer than :data:`WIDTH`."""
    if sys.stdout is None or not sys.stdout.isatty():  # closed before the start
        return WIDTH
    return max(min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH), 2 * _NARROWEST)


MOST_ROWS = 40
"""So many rows of a list are shown to people; --json has them all."""


class Whole(str):
    """A line that stays as it is, however wide: a command, a row of a table, a line of a file."""

    __slots__ = ()


def whole(lines: Iterable[str]) -> list[str]:
    """The lines, each to stay as it is."""
    return [Whole(line) for line in lines]


def fitted(lines: Iterable[str]) -> Iterator[str]:
    """The lines, those of prose that are wider than :func:`room` in several; they hang by two."""
    for line in lines:
        if isinstance(line, Whole) or len(line) <= room() or line.lstrip().startswith("rightful "):
            yield line
            continue
        indent = line[: len(line) - len(line.lstrip())]
        hanging = indent + "  "
        yield from textwrap.wrap(
            line, room(), subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
        )


def document(data: Any) -> str:
    """One JSON document in which nothing acts on a terminal; it reads back as the same data."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return _ACTS_ON_A_TERMINAL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def table(
    rows: Iterable[Sequence[object]], head: Sequence[str] = (), right: Container[int] = (), width: int | None = None
) -> list[str]:
    """Columns by width; ``right`` names the columns that hold numbers. What is wider than ``width`` goes on in the next line;
    by default that leaves room for an indent."""
    cells = [[plain(c) for c in row] for row in rows]
    if head:
        cells.insert(0, [plain(c) for c in head])
    if not cells:
        return []
    longest = [max((len(word) for row in cells for word in row[i].split()), default=1) for i in range(len(cells[0]))]
    whole = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    widths = _fitted(whole, longest, right, room() - _INDENT if width is None else width)
    lines: list[str] = []
    for row in cells:
        columns = [_broken(c, w) for c, w in zip(row, widths, strict=True)]
        for of_line in zip_longest(*columns, fillvalue=""):
            placed = [
                c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(of_line, widths, strict=True))
            ]
            lines.append(Whole(_GAP.join(placed).rstrip()))
    return lines


_GAP = "  "
_INDENT = 4
_NARROWEST = 12
"""No column of words gets narrower than this, or than its longest word: then the table is wider than it should be."""


def _fitted(whole: Sequence[int], longest: Sequence[int], right: Container[int], width: int) -> list[int]:
    """The widths of columns, the widest of those that hold words made narrower until all are within ``width``."""
    widths = [max(w, 1) for w in whole]
    least = [w if i in right else max(min(w, _NARROWEST), longest[i]) for i, w in enumerate(widths)]
    while (over := sum(widths) + len(_GAP) * (len(widths) - 1) - width) > 0:
        open_ones = [(w, i) for i, w in enumerate(widths) if w > least[i]]
        if not open_ones:
            break
        widest, i = max(open_ones)
        second = max((w for w, of in open_ones if of != i), default=0)
        widths[i] = max(widest - over, least[i], min(second, widest - 1))
    return widths


def _broken(text: str, width: int) -> list[str]:
    """A text in lines; a word stays whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def shown(value: object) -> str:
    """A value of a file as a reader would write it: lists and tables without the marks of a programming language."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(f"({shown(v)})" if isinstance(v, dict) else shown(v) for v in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(v)}" for key, v in value.items() if v not in (None, "", [], {}))
    return "-" if value is None else str(value)


def indented(lines: Iterable[str], by: str = "  ") -> list[str]:
    """The lines, moved to the right."""
    return [Whole(by + line) if isinstance(line, Whole) else by + line for line in lines]


def wrapped(head: str, text: str, width: int | None = None, most: int = 30) -> list[str]:
    """``head`` and the text after it in lines of ``width`` at the most (:func:`room` by default); they hang as far in as the
    head is long, or ``most``, or a third of the width."""
    width = room() if width is None else width
    indent = " " * min(len(head), most, width // 3)
    first, *rest = _broken(plain(text), max(width - len(head), _NARROWEST))
    rest = _broken(" ".join(rest), width - len(indent)) if rest else []
    return [(head + first).rstrip(), *indented(rest, indent)]


def next_lines(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """What to do next. A command stands in a line of its own, whole, to be typed as it is."""
    lines: list[str] = []
    for step in steps:
        where = f" {plain(step['file'])}" if step.get("file") else ""
        lines += wrapped("  ", f"{step['text']}{where}:", most=2)
        todo = [step["command"]] if step["command"] is not None else step["line"].split("\n")
        lines += whole(f"    {plain(line)}" for line in todo)
    return ["", "next", *lines] if lines else []


def use_lines(use: Mapping[str, Any], as_of: str) -> list[str]:
    """The request, in as many lines as it takes."""
    return wrapped("", use_line(use, as_of), most=4)


def name_lines(answer: Mapping[str, Any]) -> list[str]:
    """The named use that was asked, and who signed it; nothing where none was."""
    named = (answer.get("policy") or {}).get("named")
    if not named:
        return []
    signature = named.get("signature")
    signed = f", signed by {signature['by']} until {signature['until']}" if signature else ""
    return wrapped("", f"named use {named['name']} ({named['origin']}){signed}", most=4)


def use_line(use: Mapping[str, Any], as_of: str) -> str:
    """The request in one line."""
    line = f"use {', '.join(use['asked'])} · {use['purpose']} · {use['actor']}"
    line += f" · for {use['application']}" if use["application"] else ""
    line += f" · {', '.join(use['jurisdictions'])}" if use["jurisdictions"] != ["*"] else ""
    line += f" · {use['profile']} reading · as of {as_of}"
    return line


def doubt_lines(answer: object) -> list[str]:
    """What was probably meant otherwise, in the request of an answer or in the policy that it shows."""
    use = answer.get("use") if isinstance(answer, Mapping) else None
    asked = use if isinstance(use, Mapping) else answer
    doubts = asked.get("doubts", ()) if isinstance(asked, Mapping) else ()
    return [f"warning: {plain(doubt, 400)}" for doubt in doubts]


EXPORTS = ("exports", "exports_unreadable")
"""The keys of an answer that name exports."""


def touched_lines(answer: Mapping[str, Any]) -> list[str]:
    """The exports that hold what was refused, or is permitted no more."""
    lines = [
        f"export {name} holds records that are refused now: see rightful verify {name}" for name in answer["exports"]
    ]
    lines += [
        f"{of['kind']} {plain(of['name'], 60)} was made of such records: see rightful asset show {of['asset']}"
        for of in answer.get("assets") or ()
    ]
    return lines + [f"export {name}: its contents are not known" for name in answer["exports_unreadable"]]


def todo_lines(todo: Sequence[Mapping[str, Any]]) -> list[str]:
    """What has to be done, one bundle after the other: what an export does, then what is left."""
    if not todo:
        return ["to do: nothing"]
    lines = ["to do"]
    head = max(len(row["bundle"]) for row in todo) + 4
    for row in todo:
        done = " (done)" if row["done"] else ""
        lines += wrapped(f"  {row['bundle']}".ljust(head), plain(row["text"], 2000) + done, most=head)
    return [*lines, "  nothing else"]


CONTRADICTED = "personal data found, though denied by the card of"


def by_source(rows: Sequence[Mapping[str, Any]]) -> str:
    """Sources with how many records each has."""
    return ", ".join(f"{plain(o['source'], 40)} ({number(o['records'])})" for o in rows[:8])


def listed(name: str, rows: Sequence[Sequence[object]], limit: int = 20) -> list[str]:
    """The first rows of a list under its name."""
    if not rows:
        return []
    more = [f"  ... and {len(rows) - limit} more (--json lists all)"] if len(rows) > limit else []
    return [f"{name}:", *indented(table([[plain(c, 110) for c in row] for row in rows[:limit]])), *more]


_PLACES = {"robots": "robots.txt", "tdmrep": "TDMRep", "headers": "response headers", "html": "pages"}


def coverage_line(coverage: Iterable[Mapping[str, Any]]) -> str:
    """For how many hosts somebody looked: ``robots.txt looked at for 91 % of 12 hosts, newest 2026-11-03; TDMRep for none``."""
    by_words: dict[str, list[str]] = {}
    for of in coverage:
        newest = f", newest {of['newest']}" if of["newest"] else ""
        old = f", {number(of['looked'] - of['fresh'])} of them too long ago" if of["fresh"] < of["looked"] else ""
        by_words.setdefault(_share(of) + newest + old, []).append(_PLACES[of["protocol"]])
    says = [
        f"{', '.join(places)} {'' if n else 'looked at '}for {words}"
        for n, (words, places) in enumerate(by_words.items())
    ]
    return "; ".join(says)


def _share(of: Mapping[str, Any]) -> str:
    hosts = counted(of["hosts"], "host")
    if not of["looked"]:
        return f"none of {hosts}"
    if of["looked"] == of["hosts"]:
        return f"all of {hosts}"
    percent = int(of["share"] * 100)
    return f"{percent} % of {hosts}" if percent else f"under 1 % of {hosts}"
