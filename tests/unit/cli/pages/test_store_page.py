"""What is to be done, and who did what, as lines."""

from __future__ import annotations

from typing import Any

from rightful.cli.pages.store import duty_lines, overdue_line, status_lines, who_lines

DUTY: dict[str, Any] = {
    "event": "e-0123456789abcdef",
    "source": None,
    "kind": "erasure",
    "deadline": "2026-11-20T00:00:00Z",
    "overdue": True,
    "records": 2,
    "exports": ["x-1"],
    "exports_unreadable": ["x-2"],
}
RETENTION = {
    **DUTY,
    "event": None,
    "source": "mail\x1b[2J",
    "kind": "retention",
    "exports": ["x-1", "x-3"],
    "records": 1,
}


def test_duty_says_what_is_open_and_the_commands_that_serve_it() -> None:
    assert duty_lines(DUTY) == [
        "  erasure e-0123456789abcdef: overdue since 2026-11-20T00:00:00Z: 2 records to erase, 1 export to repair",
        "    export x-1",
        "    export x-2: nothing says what it holds",
        "    rightful redact --event e-0123456789abcdef",
        "    rightful store compact",
    ]
    only_leaves = duty_lines({**DUTY, "records": 0, "overdue": False, "exports_unreadable": []})
    assert only_leaves[0].endswith(": by 2026-11-20T00:00:00Z: 1 export to repair")
    assert only_leaves[-1] == "    rightful redact --event e-0123456789abcdef"


def test_source_that_is_kept_for_no_longer_names_its_exports_one_by_one() -> None:
    lines = duty_lines(RETENTION)
    assert lines[-3:] == ["    rightful redact x-1", "    rightful redact x-3", "    rightful store compact"]
    assert "\x1b" not in "".join(lines)


def test_what_is_overdue_is_one_line_whatever_a_source_is_called() -> None:
    line = overdue_line([RETENTION, DUTY])
    assert line.startswith("overdue: 2 deadlines have passed with something left to do; retention of source mail")
    assert line.isprintable()


def test_who_did_what_stands_below_its_snapshot() -> None:
    did = {"did": "retired", "by": "Ada\nMoreno", "of": "harbour", "reason": "old"}
    [head, line] = who_lines([{"snapshot": 4, "kind": "source", "committed_at": "2026-11-20T00:00:00Z", "who": [did]}])
    assert head == "4  source  2026-11-20T00:00:00Z"
    assert line.startswith("  retired harbour by Ada")
    assert line.isprintable()


def test_status_keeps_what_a_count_is_of_in_one_line() -> None:
    lines = status_lines({"snapshot": 1, "catalog": "a" * 64, "records_bytes": 741718, "duties": [], "upgrade": []})
    assert lines[-1].split() == ["records", "bytes", "741", "718"]
    assert max(map(len, lines)) <= 80
