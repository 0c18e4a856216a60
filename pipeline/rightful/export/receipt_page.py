"""A receipt as a page of Markdown. Floor 8: a pure formatter. What was typed for an event is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.export.papers import escape
from rightful.notation.shown import counted

MOST = 100
"""So many records stand in a page; the JSON has all."""
_SAYS = {
    "open": "still holds what it may not hold",
    "excluded": "holds it on its deny list: loaders leave it out, the bytes are there",
    "permitted": "holds it, as this event does not refuse its use",
    "superseded": "was superseded by a version that holds some of it",
    "repaired": "was superseded by a version without it",
}
_STAYS = {"near": "nearly the same", "derived": "derived from it"}
_DONE = {
    "recorded": "the request was recorded",
    "refused": "refused in every query and export from then on, and where it is ingested again",
    "repaired": "an export was repaired",
    "erased": "texts were erased from the store",
    "later event": "another event followed",
}
_LEFT = {
    "repair": "export {export} is to be repaired: {records}",
    "look": "nothing says any more what export {export} holds",
    "erase": "texts are to be erased from the store: {records}",
}


def page(receipt: Mapping[str, Any]) -> str:
    """The page."""
    return "\n".join(_lines(receipt)) + "\n"


def _lines(receipt: Mapping[str, Any]) -> Iterable[str]:
    yield f"# Receipt: {receipt['kind']} {receipt['event']}"
    yield ""
    yield f"Issued {receipt['issued_at']} by the store {receipt['store']}, for {_reader(receipt)}. It shows no text."
    yield from ("", "## What was asked", "")
    selector = receipt["selector"]
    yield f"* by {selector['by']}: {escape(selector['value'])}"
    for key in ("use", "purpose", "application"):
        if receipt[key]:
            yield f"* limited to the {key}: {', '.join(map(escape, receipt[key]))}"
    yield f"* recorded {receipt['recorded']}, effective {receipt['effective']}"
    if receipt["deadline"]:
        yield f"* to be done by {receipt['deadline']}"
    for key in ("reason", "evidence"):
        if receipt[key]:
            yield f"* {key}: {escape(receipt[key])}"
    if not receipt["in_force"]:
        yield "* it was undone since"
    matched = receipt["matched"]
    yield from ("", "## What it means", "")
    beside = f", and {counted(matched['copies'], 'exact copy', 'exact copies')}" if matched["copies"] else ""
    yield f"{counted(matched['records'], 'record')}{beside}, from {counted(len(matched['sources']), 'source')}."
    yield from _records(receipt["records"])
    if receipt["stays"]:
        stays = receipt["stays"]
        listed = [f"{one['record']} ({_STAYS[one['why']]})" for one in stays[:MOST]]
        more = [f"and {len(stays) - MOST:,} more: the JSON has all"] if len(stays) > MOST else []
        yield from (
            "",
            f"Other texts stay in the store, and are refused or wait for a review: {', '.join(listed + more)}.",
        )
    yield from ("", "## Exports", "")
    yield from [_export(one) for one in receipt["exports"]] or ["No export held any of it."]
    if receipt["assets"]:
        yield from ("", "## What was made of them", "")
        yield from (_asset(one) for one in receipt["assets"])
        yield from ("", "Nothing here says that a model has unlearned anything.")
    yield from ("", "## What was done", "")
    yield from (_action(one) for one in receipt["actions"])
    yield from ("", "## What remains", "")
    yield from [f"* {_left(one)}" for one in receipt["open"]] or ["Nothing."]
    if receipt["overdue"]:
        yield from ("", f"**The deadline, {receipt['deadline']}, has passed.**")
    if receipt.get("ledger"):
        head = receipt["ledger"]
        yield from ("", "## The ledger", "", f"Snapshot {receipt['snapshot']}, link {head['link']} of its chain:")
        yield f"`{head['digest']}`"


def _reader(receipt: Mapping[str, Any]) -> str:
    return "the person who asked" if receipt["audience"] == "person" else "an authority"


def _records(records: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    listed = list(records)
    if listed:
        yield from ("", "| record | | in the store | exports that hold it |", "|---|---|---|---|")
    for one in listed[:MOST]:
        there = "yes" if one["in_store"] else f"erased {one['erased']}" if one["erased"] else "no"
        via = "" if one["via"] == "itself" else one["via"]
        yield f"| {one['record']} | {via} | {there} | {', '.join(one['exports']) or 'none'} |"
    if len(listed) > MOST:
        yield from ("", f"And {counted(len(listed) - MOST, 'more record')}: the JSON has all.")


def _export(one: Mapping[str, Any]) -> str:
    by = f" ({one['superseded_by']})" if one["superseded_by"] else ""
    where = f"; {escape(one['path'])}, in {', '.join(map(escape, one['shards'][:3]))}" if "path" in one else ""
    more = f" and {len(one['shards']) - 3} more" if len(one.get("shards", ())) > 3 else ""
    head = f"* {one['export']}, version {one['version']}: {counted(one['records'], 'record')}"
    return f"{head}; **{one['state']}**: {_SAYS[one['state']]}{by}{where}{more}"


def _asset(one: Mapping[str, Any]) -> str:
    share = "an unknown part" if one["share"] is None else f"{one['share']:.3%}"
    since = f", tainted since {one['since']}" if one["since"] else ""
    return f"* {one['kind']} {escape(one['name'])} ({one['asset']}): {share} of its tokens{since}"


def _action(one: Mapping[str, Any]) -> str:
    late = " **late**" if one["late"] else ""
    beside = {
        "repaired": lambda: (
            f": {one['supersedes']} is {one['export']} now, {counted(one['records'], 'record')} by {one['level']}"
        ),
        "erased": lambda: f": {counted(one['records'], 'record')}",
        "later event": lambda: f": {one['kind']} {one['event']}",
    }.get(one["what"])
    return f"* {one['at']} {_DONE[one['what']]}{beside() if beside else ''}{late}"


def _left(one: Mapping[str, Any]) -> str:
    records = "" if one["records"] is None else counted(one["records"], "record")
    return _LEFT[one["what"]].format(export=one["export"], records=records)
