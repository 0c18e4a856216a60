"""What flips of an export under another law, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.cli.pages.lines import MOST_ROWS, counted, indented, number, plain, use_line, wrapped
from rightful.cli.pages.readings import overlay_lines


def rebase_lines(answer: Mapping[str, Any]) -> list[str]:
    """The flips, by the reason and the clause that they rest on."""
    of_export = [g for g in answer["by_clause"] if g["before"] == "permit"]
    of_refused = [g for g in answer["by_clause"] if g["before"] != "permit"]
    lines = [
        f"export {answer['export']}: {counted(answer['records'], 'record')}, {number(answer['permitted'])} permitted",
        *wrapped("", use_line(answer["use"], answer["as_of"])),
    ]
    lines += _flips("permitted then, refused under this law", of_export)
    lines += _flips("refused then, permitted under this law", of_refused)
    if answer["refused_then"] is None:
        lines += ["", *wrapped("", "What was refused when it was made is not known: its refusals.parquet is gone.")]
    if answer["undecided"]:
        why = ", ".join(f"{number(n)} {reason}" for reason, n in answer["undecided"].items())
        lines += ["", *wrapped("not decided: ", why)]
    if own := overlay_lines(answer):
        lines += ["", *own]
    if not answer["by_clause"]:
        return [*lines, "", "nothing flips"]
    return lines


def _flips(head: str, groups: Iterable[Mapping[str, Any]]) -> list[str]:
    listed = list(groups)
    if not listed:
        return []
    lines = ["", f"{head}: {counted(sum(g['records'] for g in listed), 'record')}"]
    for group in listed[:MOST_ROWS]:
        share = "" if group["today_too"] == group["records"] else f"{number(group['today_too'])} of them "
        today = f", {share}by the law of the store as well" if group["today_too"] else ""
        lines += indented(wrapped(f"{number(group['records'])}  ", f"{plain(group['text'], 300)}{today}", 78))
        if group["license"]:
            clause = f"{group['license']}, {plain(group['clause'], 200)}: {plain(group['rationale'], 600)}"
            lines += indented(wrapped("clause  ", clause, 74), "      ")
        lines += indented(wrapped("such as  ", ", ".join(group["examples"]), 74), "      ")
    if len(listed) > MOST_ROWS:
        lines.append(f"  ... and {counted(len(listed) - MOST_ROWS, 'more clause')} (--json lists all)")
    return lines
