"""What a first look saw, and what was drafted, as lines. Floor 11: pure formatters."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import WIDTH, counted, indented, number, plain, table
from rightful.drafts.sampling import UNOPENED

MOST_ROWS = 12
"""So many folders, guesses and uses are shown."""


def init_lines(answer: Mapping[str, Any]) -> list[str]:
    """The look, the drafts, and what would follow."""
    looked = answer["looked"]
    whole = "" if looked["whole"] else " (stopped there: there is more)"
    lines = [
        f"looked at {counted(looked['files'], 'file')} of {number(looked['listed'])}{whole},"
        f" {counted(looked['records'], 'record')}, in {looked['seconds']:.1f} s"
    ]
    if not looked["files"]:
        reasons = [f"{number(of['paths'])} {of['reason']}" for of in looked["passed_over"]]
        reasons += [f"{number(u['files'])} {u['reason']}" for data in answer["data"] for u in data["unread"]]
        unread = {u["reason"] for data in answer["data"] for u in data["unread"]}
        what = "nothing here was looked into" if unread == {UNOPENED} else "nothing here can be read"
        lines.append(f"{what}: {plain('; '.join(reasons), 300) if reasons else 'it is empty'}")
    lines += data_lines(answer["data"])
    lines += [line for draft in answer["drafts"][:MOST_ROWS] for line in draft_lines(draft)]
    if len(answer["drafts"]) > MOST_ROWS:
        lines.append(f"... and {len(answer['drafts']) - MOST_ROWS} more cards (--json lists all)")
    if looked["undrafted"]:
        lines.append(
            f"{counted(looked['undrafted'], 'more folder')} with papers of their own: name them to have cards drafted"
        )
    return lines + use_lines(answer["uses"])


def data_lines(listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """What lies where."""
    rows = [
        (
            plain(data["folder"].rpartition("/")[2] or data["folder"], 36),
            data["layout"] or data["kind"],
            number(data["files"]),
            plain(_said(data), 60),
        )
        for data in listed[:MOST_ROWS]
    ]
    more = [f"... and {len(listed) - MOST_ROWS} more folders"] if len(listed) > MOST_ROWS else []
    return ["", *table(rows, ("folder", "kind", "files", "what is said of licences"), right={2}), *more] if rows else []


def _said(data: Mapping[str, Any]) -> str:
    papers = [paper["license"] or "a paper that is not recognised" for paper in data["papers"]]
    rows = [f"{one['column']}: {one['license'] or repr(one['value'])} ({one['rows']})" for one in data["licenses"][:3]]
    return "; ".join(papers[:3] + rows) or "nothing"


def draft_lines(draft: Mapping[str, Any]) -> list[str]:
    """One card: drafted, standing or not to be written; its guesses, and where it says otherwise than what was seen."""
    file = plain(draft["file"], 200)
    if draft["written"]:
        lines = ["", f"drafted {file}"]
    elif draft["text"] is None:
        lines = ["", f"stands  {file}"]
    else:
        lines = ["", f"NOT WRITTEN {file}: {draft['reason']}"]
    for guess in draft["guesses"][:MOST_ROWS]:
        line = f"TODO confirm: {guess['key']} = {guess['value']!r}  ({guess['why']})"
        lines += textwrap.wrap(plain(line, 300), WIDTH, initial_indent="  ", subsequent_indent="    ")
    for against in draft["contradicts"]:
        seen = f"the card says {against['key']} = {against['card']!r}, but {against['why']} ({against['draft']!r})"
        lines += textwrap.wrap(plain(seen), WIDTH, initial_indent="  CONTRADICTS: ", subsequent_indent="    ")
    for note in draft["notes"][:MOST_ROWS]:
        lines += textwrap.wrap(plain(note), WIDTH, initial_indent="  note: ", subsequent_indent="    ")
    return lines


def use_lines(uses: Sequence[Mapping[str, Any]]) -> list[str]:
    """What named uses permit of the sample."""
    if not uses:
        return []
    shown = sorted(uses, key=lambda use: (-use["now"], -use["confirmed"], -(use["signed"] or 0), use["name"]))
    rows = [
        (
            use["name"],
            number(use["now"]),
            number(use["confirmed"]),
            "" if use["signed"] is None else number(use["signed"]),
        )
        for use in shown[:MOST_ROWS]
    ]
    head = ("use", "now", "once confirmed", "and signed")
    more = [f"  ... and {len(uses) - MOST_ROWS} more: rightful policy list"] if len(uses) > MOST_ROWS else []
    title = f"permitted of the {counted(uses[0]['records'], 'record')} looked at:"
    return ["", title, *indented(table(rows, head, right={1, 2, 3})), *more]


def question_lines(text: str, details: Sequence[str]) -> list[str]:
    """A question, with what is known before it."""
    lines = [""]
    for detail in details:
        lines += textwrap.wrap(plain(detail), WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines + textwrap.wrap(plain(text), WIDTH)
