"""What a signal says, what newer captures come to, and what is wanted, as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rightful.cli.pages.lines import counted, number, plain, table

MOST_ERRORS = 10
MOST_UNREAD = 20
RESULT_IN_WORDS = {
    "absent": "states nothing",
    "found": "states something",
    "unreadable": "states something that is not understood",
    "failed": "is no answer",
}
STATUS_IN_WORDS = {"reserve": "reserved", "unknown": "left open", "allow": "not reserved"}


def check_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The acts with what is stated of each, licences, and what is not understood."""
    of = answer["url"] or ("the root of the site" if answer["kind"] == "robots" else "")
    about = f" of {of}" if of else ""
    yield f"{answer['kind']}: {RESULT_IN_WORDS[answer['result']]}{plain(about, 200)}"
    if (allowed := answer.get("allowed")) is not None:
        yield f"{plain(answer['agent'], 60)} {'may' if allowed else 'may not'} fetch it"
    rows = [(one["act"], STATUS_IN_WORDS[one["status"]], plain(one["raw"], 120)) for one in answer["statements"]]
    if rows:
        yield ""
        yield from table(rows, ("act", "says", "as it stands there"))
    for one in answer["licenses"]:
        why = f" ({plain(one['why'], 120)})" if one["why"] else ""
        place = f", {plain(one['place'], 60)}" if one["place"] else ""
        yield f"licence: {plain(one['raw'], 200)}{place}; T{one['tier']}{why}"
    for text in answer["unread"][:MOST_UNREAD]:
        yield f"not understood: {plain(text, 200)}"
    if (more := len(answer["unread"]) - MOST_UNREAD) > 0:
        yield f"and {number(more)} more (--json lists them all)"


def refresh_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Locations, what changed there, and what could not be read."""
    head = "would be read" if answer["dry_run"] else "read"
    yield f"{head} at {counted(answer['locations'], 'location')} with {counted(answer['records'], 'record')}"
    yield from table(
        [
            (number(answer[key]), says)
            for key, says in (
                ("changed", "locations where what counts is another now"),
                ("reserved", "where something is reserved that was not"),
                ("lifted", "where nothing is reserved any more"),
                ("unreadable", "captures that cannot be read, or are no answer"),
                ("unmatched", "captures or domains of which the store has no record"),
            )
        ],
        right=(0,),
    )
    for error in answer["errors"][:MOST_ERRORS]:
        hint = f"; {error['hint']}" if error["hint"] else ""
        yield f"left out: {plain(error['place'], 60)}: {plain(error['reason'], 120)}{hint}"
    if (more := len(answer["errors"]) - MOST_ERRORS) > 0:
        yield f"and {number(more)} more were left out (--json lists them all)"


def wanted_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """By protocol, and the first of them."""
    for of in answer["totals"]:
        yield (
            f"{of['protocol']}: {counted(of['hosts'], 'host')} with {counted(of['records'], 'record')},"
            f" {number(of['never'])} of them never looked at"
        )
    if not answer["totals"]:
        yield f"all was looked at within {counted(answer['older_than'], 'day')}"
        return
    yield ""
    yield from table(
        [(number(w["records"]), w["last_looked"] or "never", plain(w["url"], 300)) for w in answer["wanted"]],
        ("records", "last looked", "to be fetched"),
        right=(0,),
    )
    left = sum(of["locations"] for of in answer["totals"]) - len(answer["wanted"])
    if left > 0 and not answer.get("out"):
        yield f"and {number(left)} more (--limit; -o FILE writes all)"
    if out := answer.get("out"):
        yield f"{counted(out['rows'], 'row')}: {out['path']}"
