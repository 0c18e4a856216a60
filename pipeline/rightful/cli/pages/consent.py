"""Consent events as lines. Floor 11: pure formatters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import counted, number, plain, touched_lines, wrapped


def consent_lines(answer: Mapping[str, Any]) -> list[str]:
    """What was recorded, and which exports hold what it refuses."""
    lines = []
    for event in events_of(answer):
        by = f"{event['selector']['by']} {plain(event['selector']['value'], 80)}"
        what = f"{event['event']}  {event['kind']}" if event["event"] else f"would record {event['kind']}"
        records = counted(event["matched"]["records"], "record")
        sources = counted(event["matched"]["sources"], "source")
        known = " (on record already)" if event["known"] else ""
        about = f"{what} {_of(event['kind'], by)}{known}, effective {event['effective']}"
        lines.append(f"{about}: matches {records} in {sources}")
    return [*lines, *touched_lines(answer)]


def _of(kind: str, by: str) -> str:
    """How an event names what it is about."""
    return f"of {by}" if kind == "annulment" else f"by {by}"


def events_of(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The events of an answer, which is one itself where there is one."""
    events: Sequence[Mapping[str, Any]] = answer.get("events") or [answer]
    return events


def import_lines(answer: Mapping[str, Any]) -> list[str]:
    """What the rows of a file were recorded as."""
    wrong = len(answer["errors"])
    to_do = answer["rows"] - answer["known"] - wrong
    applied = f"{number(to_do)} would be applied" if answer["dry_run"] else f"{number(answer['applied'])} applied"
    unmatched = answer["unmatched"]
    return [
        f"{counted(answer['rows'], 'row')}: {applied}, {number(answer['known'])} on record already,"
        f" {counted(unmatched, 'matches', 'match')} nothing yet, {number(wrong)} wrong;"
        f" {counted(answer['matched']['records'], 'record')} matched",
        *touched_lines(answer),
        *(line for e in answer["errors"][:_MOST_ERRORS] for line in _error_lines(e)),
        *([f"  ... and {number(wrong - _MOST_ERRORS)} more (--json lists all)"] if wrong > _MOST_ERRORS else []),
    ]


_MOST_ERRORS = 20
"""So many rows that are wrong are shown."""


def _error_lines(error: Mapping[str, Any]) -> list[str]:
    """What is wrong with a row, and the words that would not be."""
    head = f"  row {error['row']}: "
    hint = f"; {error['hint']}" if error["hint"] else ""
    return wrapped(head, f"{error['reason']}{hint}", most=len(head))


def event_lines(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The events of the ledger, each with what it is limited to."""
    lines: list[str] = []
    for e in events:
        head = f"{e['event']}  "
        by = f"{e['selector']} {plain(e['shown'], 100)}"
        what = f"{e['kind']} {_of(e['kind'], by)}, effective {e['effective']}"
        lines += wrapped(head, what, most=4)
        lines += wrapped("    ", "; ".join(_terms(e)))
    return lines or ["no events"]


def _terms(event: Mapping[str, Any]) -> list[str]:
    """What an event is about: acts, purposes and applications, where it names some, and who gave it until when."""
    limits = {key: json.loads(event[key]) for key in ("acts", "purposes", "applications")}
    terms = [f"{key} {', '.join(map(plain, listed))}" for key, listed in limits.items() if listed]
    terms = terms or ["all acts, purposes and applications"]
    if event["given_by"]:
        terms.append(f"as {' and '.join(event['given_by'])}")
    if event["party"]:
        terms.append(f"to {plain(event['party'], 60)}")
    terms += [f"until {event['valid_until']}"] if event["valid_until"] else []
    terms += ["perpetual"] if event["perpetual"] else []
    terms += [f"to be done by {event['deadline']}"] if event["deadline"] else []
    terms += [f"proof: {plain(event['proof'], 100)}"] if event["proof"] else []
    return terms + ([f"reason: {plain(event['reason'], 100)}"] if event["reason"] else [])


def unmatched_lines(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The events that match no record: a slip of the pen, or meant for what is still to come."""
    return [
        f"{a['kind']} by {a['selector']['by']} {plain(a['selector']['value'], 80)} matches nothing yet;"
        f" it will {'count for' if a['kind'] in ('grant', 'renewal') else 'refuse'} what arrives later"
        for a in answers
        if a["unmatched"]
    ]


def early_lines(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The refusals that count although the day that they name is still to come."""
    giving = ("grant", "renewal", "correction", "annulment")
    return [
        f"{a['kind']} by {a['selector']['by']} names {a['effective']} and counts from {a['counts_from']}: a refusal waits"
        " for no day"
        for a in answers
        if a["counts_from"] < a["effective"] and a["kind"] not in giving
    ]


def incomplete_lines(answers: Iterable[Mapping[str, Any]]) -> list[str]:
    """The consents that were given as rights holder and grant nothing, as they do not say all that they have to."""
    return [
        f"{a['kind']} by {a['selector']['by']} {plain(a['selector']['value'], 80)} grants nothing as rights_holder:"
        f" it does not name {', '.join(a['lacks'])}"
        for a in answers
        if a["lacks"]
    ]


_MOST_LISTED = 20
"""So many exports, assets and steps of a receipt are shown; --json has all."""


def receipt_lines(answer: Mapping[str, Any]) -> list[str]:
    """What became of an event: what it meant, where that lies, what was done, and what remains."""
    matched, selector = answer["matched"], answer["selector"]
    lines = wrapped(
        f"{answer['event']}  ",
        f"{answer['kind']} by {selector['by']} {plain(selector['value'], 80)}, recorded {answer['recorded']}",
        most=4,
    )
    lines += [] if answer["in_force"] else ["it was undone since"]
    copies = f", {counted(matched['copies'], 'exact copy', 'exact copies')}" if matched["copies"] else ""
    lines.append(f"{counted(matched['records'], 'record')}{copies}")
    stays = counted(len(answer["stays"]), "other record")
    lines += [f"{stays}, nearly the same or derived, kept and refused or in review"] if answer["stays"] else []
    lines += _shortened([_held(one) for one in answer["exports"]] or ["no export held any of it"])
    lines += _shortened([_made_of_it(one) for one in answer["assets"]])
    lines += ["done", *_shortened([_done(one) for one in answer["actions"]])]
    left = [_left(one) for one in answer["open"]]
    lines += ["open" if left else "nothing remains open", *_shortened(left)]
    lines += [f"the deadline, {answer['deadline']}, has passed"] if answer["overdue"] else []
    return [*lines, *([f"written: {plain(answer['out'], 300)}"] if answer.get("out") else [])]


def _shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LISTED
    shown = [f"  {line}" for line in lines[:_MOST_LISTED]]
    return [*shown, *([f"  ... and {number(more)} more (--json lists all)"] if more > 0 else [])]


def _held(one: Mapping[str, Any]) -> str:
    by = f" by {one['superseded_by']}" if one["superseded_by"] else ""
    level = f", {one['level']}" if one["level"] else ""
    return f"{one['export']} v{one['version']}{level}: {counted(one['records'], 'record')}, {one['state']}{by}"


def _made_of_it(one: Mapping[str, Any]) -> str:
    share = "share not known" if one["share"] is None else f"{one['share']:.3%} of its tokens"
    return f"{one['kind']} {one['asset']} {plain(one['name'], 40)}: {one['status']}, {share}"


def _done(one: Mapping[str, Any]) -> str:
    about = " ".join(str(one[key]) for key in ("export", "event") if one.get(key))
    records = f", {counted(one['records'], 'record')}" if one.get("records") is not None else ""
    late = ", LATE" if one["late"] else ""
    return f"{one['at']}  {one['what']}{f' {about}' if about else ''}{records}{late}"


def _left(one: Mapping[str, Any]) -> str:
    about = f" {one['export']}" if one["export"] else ""
    records = "" if one["records"] is None else f": {counted(one['records'], 'record')}"
    return f"{one['what']}{about}{records}"
