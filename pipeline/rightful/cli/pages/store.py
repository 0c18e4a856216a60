"""The state and the history of a store as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import counted, number, plain, room, table


def status_lines(answer: Mapping[str, Any]) -> list[str]:
    """Snapshot, sizes and counts."""
    counts = ((key, value) for key, value in answer.items() if key not in ("upgrade", "duties"))
    lines = table([(key.replace("_", " "), _cell(value)) for key, value in counts], width=room())
    lines += (
        ["", "to be done"] + [line for duty in answer["duties"] for line in duty_lines(duty)]
        if answer["duties"]
        else []
    )
    if answer["upgrade"]:
        lines.append("an earlier version wrote it: it lacks " + ", ".join(answer["upgrade"]))
    return lines


def duty_lines(duty: Mapping[str, Any]) -> list[str]:
    """What is open of one event or source, and by when it had to be done."""
    when = f"overdue since {duty['deadline']}" if duty["overdue"] else f"by {duty['deadline']}"
    lines = [f"  {_of_duty(duty)}: {when}: {_open(duty)}"]
    lines += [f"    export {export}" for export in duty["exports"]]
    lines += [f"    export {export}: nothing says what it holds" for export in duty["exports_unreadable"]]
    if duty["exports"]:
        of = [f"--event {duty['event']}"] if duty["event"] else duty["exports"]
        lines += [f"    rightful redact {one}" for one in of]
    return lines + (["    rightful store compact"] if duty["records"] else [])


def overdue_line(late: Sequence[Mapping[str, Any]]) -> str:
    """What every command says where deadlines have passed, in one line."""
    first = late[0]
    passed = counted(len(late), "deadline has passed", "deadlines have passed")
    what = f"{_of_duty(first)} ({first['deadline']}): {_open(first)}"
    return f"overdue: {passed} with something left to do; {what}; see: rightful store status"


def _of_duty(duty: Mapping[str, Any]) -> str:
    return (
        f"{duty['kind']} {duty['event']}" if duty["event"] else f"{duty['kind']} of source {plain(duty['source'], 80)}"
    )


def _open(duty: Mapping[str, Any]) -> str:
    records, exports = duty["records"], len(duty["exports"])
    parts = [f"{counted(records, 'record')} to erase"] if records else []
    return ", ".join(parts + ([f"{counted(exports, 'export')} to repair"] if exports else []))


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


def who_lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The snapshots with who did what; standing signatures last."""
    lines: list[str] = []
    for row in rows:
        number_of = "-" if row["snapshot"] is None else row["snapshot"]
        lines.append(f"{number_of}  {row['kind']}  {row['committed_at']}")
        lines += [line for one in row["who"] for line in _who(one)]
    return lines


def _who(one: Mapping[str, Any]) -> list[str]:
    events = f" ({counted(one['events'], 'event')})" if "events" in one else ""
    by = f" by {plain(one['by'], 200)}" if one["by"] else ""
    because = f": {plain(one['reason'], 400)}" if one["reason"] else ""
    lines = [f"  {one['did']} {plain(one['of'], 200)}".rstrip() + f"{events}{by}{because}"]
    if "use" not in one:
        return lines
    request = [", ".join(one["use"]["asked"] or ()), *(one["use"][key] for key in ("purpose", "actor", "application"))]
    under = f" under {one['policy']}" if one["policy"] else ""
    lines.append(f"    for {' · '.join(plain(word) for word in request if word)}{under}, in {plain(one['path'], 400)}")
    if one["accepted"]:
        lines.append(f"    undertook {', '.join(one['accepted'])}")
    lines += [f"    {plain(of, 200)} is met: {plain(where, 200)}" for of, where in sorted(one["references"].items())]
    for signature in one["signatures"]:
        lines.append(
            f"    {plain(signature['of'], 200)} signed by {plain(signature['by'], 200)} until {signature['until']}"
        )
    return lines


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int) else plain(str(value))
