"""Readings of one's own, and what differs between catalogues, as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, indented, plain, shown, touched_lines, wrapped

WIDTH = 78


def overlay_lines(answer: Mapping[str, Any]) -> list[str]:
    """Which readings of one's own an answer rests on."""
    lines: list[str] = []
    for each in answer.get("overlay", ()):
        by = f"signed by {plain(each['by'], 80)}, until {each['until']}" if each["by"] else "not signed"
        says = (
            "as if it were signed"
            if each.get("as_if_signed")
            else "in force"
            if each["in_force"]
            else "not in force: it only restricts"
        )
        lines += wrapped(f"own reading of {each['id']}: ", f"{by}; {says} ({plain(each['file'], 80)})", most=4)
    return lines


def reading_lines(answer: Mapping[str, Any]) -> list[str]:
    """A reading that was drafted, signed or removed."""
    id, own = answer["id"], answer["overlay"] or {}
    if answer["removed"]:
        lines = wrapped(f"removed {plain(answer['path'], 300)}: ", f"the catalogue's reading of {id} counts", most=4)
        return [*lines, *touched_lines(answer)]
    lines = [f"{id}: {plain(answer['path'], 300)}"]
    if own.get("by"):
        lines += wrapped("signed by ", f"{plain(own['by'], 80)}, from {own['on']} until {own['until']}", most=4)
        for text, reads in answer["redirects"].items():
            lines += wrapped("", f"reads {plain(text)!r} as {id}; the catalogue reads {plain(reads)}")
        return [*lines, *touched_lines(answer)]
    lines.append("not signed: it only restricts")
    lines += wrapped("to be written: ", ", ".join(answer["todo"]), WIDTH, 15) if answer["todo"] else []
    return [*lines, *touched_lines(answer)]


def diff_lines(answer: Mapping[str, Any]) -> list[str]:
    """What two catalogues say otherwise."""
    lines = [
        f"{side} {plain(answer[side]['name'], 200)}: {counted(answer[side]['licenses'], 'licence')}" for side in "ab"
    ]
    for word in ("added", "removed"):
        lines += [
            f"{word} {each['id']}  {plain(each['name'], 100)}" + (" (draft)" if each["draft"] else "")
            for each in answer[word]
        ]
    for change in answer["changed"]:
        lines += ["", change["license"], *indented(change_lines(change))]
    return [*lines, "", f"{counted(answer['same'], 'licence')} the same in both"]


def change_lines(change: Mapping[str, Any]) -> list[str]:
    """What two readings of one licence say otherwise."""
    lines: list[str] = []
    for fact in change["facts"]:
        before, after = (shown(fact[key]) or "none" for key in ("before", "after"))
        lines += wrapped(f"{fact['fact']}: ", f"{before} -> {after}", WIDTH - 4, 12)
    for verdict in change["verdicts"]:
        head = f"{verdict['profile']}, {verdict['purpose']}: "
        lines += wrapped(head, ", ".join(verdict["acts"]), WIDTH - 4, 4)
        lines += indented(wrapped("", f"{_says(verdict['before'])} -> {_says(verdict['after'])}", WIDTH - 6, 2))
        for key in ("before", "after"):
            if verdict[key] is not None:
                says = f"{verdict[key]['clause']}: {verdict[key]['rationale']}"
                lines += indented(wrapped(f"{key}  ", says, WIDTH - 14, 8))
    return lines


def _says(verdict: Mapping[str, Any] | None) -> str:
    if verdict is None:
        return "not stated"
    owed = f" with {', '.join(verdict['obligations'])}" if verdict["obligations"] else ""
    return f"{verdict['verdict']}{owed}"
