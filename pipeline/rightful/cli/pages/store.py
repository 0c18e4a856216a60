"""The state and the history of a store as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.cli.pages.lines import counted, number, plain, table


def status_lines(answer: Mapping[str, Any]) -> list[str]:
    """Snapshot, sizes and counts."""
    lines = table([(key.replace("_", " "), _cell(value)) for key, value in answer.items() if key != "upgrade"])
    if answer["upgrade"]:
        lines.append("an earlier version wrote it: it lacks " + ", ".join(answer["upgrade"]))
    return lines


def check_lines(answer: Mapping[str, Any]) -> list[str]:
    """What is damaged, with what to do; what no snapshot has."""
    lines = ["everything is what was committed"] if answer["ok"] else []
    for one in answer["damaged"]:
        lines += [f"damaged: {plain(one['file'])}: {plain(one['what'])}", f"  remedy: {plain(one['remedy'])}"]
    lines += [f"orphan: {plain(name)}" for name in answer["orphans"]]
    lines += [f"swept: {plain(name)}" for name in answer.get("swept", ())]
    return lines + (_absent_lines(answer["absent"]) if "absent" in answer else [])


def _absent_lines(answer: Mapping[str, Any]) -> list[str]:
    """Where a text is, or that it is nowhere."""
    pieces = counted(answer["pieces"], "piece")
    lines = [f"the text is nowhere in the store, nor is one of its {pieces}"] if answer["ok"] else []
    for one in answer["present"]:
        where = f"{plain(one['file'])}: {plain(one['where'])}, as {one['as']}"
        lines.append(f"present: {where}: {one['pieces']} of {pieces}")
    lines += [f"could not be unpacked: {plain(name)}" for name in answer["unread"]]
    lines += [f"its digest stands in: {plain(one['file'])}: {plain(one['where'])}" for one in answer["digests"]]
    return [*lines, f"{counted(answer['tombstones'], 'tombstone knows', 'tombstones know')} it"]


def upgrade_lines(answer: Mapping[str, Any]) -> list[str]:
    """What was rewritten."""
    added = ", ".join(answer["added"]) or "nothing: the store has today's schema"
    return [f"added {added}; {counted(answer['parts'], 'part was', 'parts were')} written again"]


def copy_lines(answer: Mapping[str, Any]) -> list[str]:
    """Where the backup lies, and of what it is."""
    what = f"{counted(answer['files'], 'file')}, {number(answer['bytes'])} bytes"
    return [f"snapshot {answer['snapshot']} -> {plain(answer['path'])}: {what}; all of it was read again and is whole"]


def compact_lines(answer: Mapping[str, Any]) -> list[str]:
    """What was erased and removed, and what stays for now."""
    lines = ["nothing to erase: what was withdrawn is gone"]
    if answer["records"]:
        parts = counted(answer["parts"], "part was", "parts were")
        lines = [f"erased {counted(answer['records'], 'record')}; {parts} written again"]
    if answer["removed"]:
        lines.append(f"removed {counted(answer['removed'], 'file or folder', 'files and folders')} that nothing needs")
    if answer["interrupted"]:
        lines.append("a command was reading what is gone now: if it fails, run it again")
    lines += [
        f"still there: {plain(name)}, of a run under way; compact again when it has ended"
        for name in answer["under_way"]
    ]
    return lines


def log_lines(snapshots: Iterable[Mapping[str, Any]]) -> list[str]:
    """The snapshots."""
    rows = [
        (s["snapshot"], s["kind"], s["committed_at"], ", ".join(f"{k} {v}" for k, v in s["summary"].items() if v))
        for s in snapshots
    ]
    return table(rows, ("snapshot", "kind", "committed", "what"), right=(0,))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int) else plain(str(value))
