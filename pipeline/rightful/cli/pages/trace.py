"""Where records went, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import MOST_ROWS, counted, indented, number, plain, table, whole, wrapped
from rightful.query.tracing import ASSET, EVENT, EXPORT, RECORD, STALE, STEP

MOST_STEP_ROWS = 40


def trace_lines(answer: Mapping[str, Any]) -> list[str]:
    """What the trace begins at, then exports with shards and ranges, then assets; backwards inputs and sources."""
    if answer.get("picture") is not None:
        return whole(str(answer["picture"]).rstrip("\n").split("\n"))
    lines = wrapped("", _head(answer), most=2)
    if answer["by"] in (EXPORT, ASSET):
        lines += _back(answer)
    elif answer["by"] == STEP:
        lines += _steps(answer)
    else:
        lines += _forth(answer)
        lines += _seen(answer)
    lines += _assets(answer["assets"])
    lines += [f"export {plain(name)}: its contents are not known" for name in answer["exports_unreadable"]]
    if answer["out"]:
        lines += ["", f"written: {plain(answer['out'])}"]
    return lines


def _head(answer: Mapping[str, Any]) -> str:
    by, value, records = answer["by"], plain(answer["value"], 80), counted(answer["records"], "record")
    if by == EVENT:
        event = answer["event"]
        selector = f"{event['selector']['by']} {plain(event['selector']['value'], 60)}"
        copies = answer["copies"]["records"]
        beside = f", and {counted(copies, 'copy', 'copies')} of them" if copies else ""
        return f"{event['kind']} {value} by {selector}, effective {event['effective']}: {records}{beside}"
    if by == STALE:
        return f"held by exports and permitted no more for their uses: {records}"
    if by == RECORD:
        sources = ", ".join(plain(s["name"], 40) for s in answer["sources"])
        return f"record {value}" + (f", of {sources}" if sources else "")
    if by == STEP:
        return f"steps {value}: {records}"
    if by in (EXPORT, ASSET):
        return f"{by} {value}: made of {records}"
    return f"{by} {value}: {records}"


def _forth(answer: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if not answer["holding"]:
        lines += ["", "no export holds any of it" if not answer["exports_unreadable"] else "no export that can be read"]
    for one in answer["holding"]:
        share = f"{number(one['length'])} {one['unit']} ({_percent(one['share'])})"
        version = f", version {one['version']}" if one["version"] > 1 else ""
        mark = "" if one["current"] else ", SUPERSEDED"
        head = f"{one['export']}{version}{mark} ({one['format']}): {counted(one['records'], 'record')}, {share}"
        lines += ["", *wrapped("", head, most=2), *indented(wrapped("", plain(one["path"], 300)))]
        lines += indented(_shards(one, answer["exports"]))
    if answer["more"]:
        lines += ["", f"... and {number(answer['more'])} more places: --limit"]
    copies = answer["copies"]
    if copies["records"] and answer["by"] != EVENT:
        count = counted(copies["records"], "exact copy or other version", "exact copies or other versions")
        where = f": {', '.join(copies['exports'])}" if copies["exports"] else ", in no export"
        lines += ["", *wrapped("", f"{count} of it{where}", most=2)]
    return lines


def _shards(one: Mapping[str, Any], places: Sequence[Mapping[str, Any]]) -> list[str]:
    """The places in one export, or where they are many its shards."""
    of = [p for p in places if p["export"] == one["export"] and p["path"] == one["path"]]
    if len(of) <= MOST_ROWS and len(of) >= sum(s["documents"] for s in one["shards"]):
        rows = [(p["record"][:12], p["shard"], number(p["start"]), number(p["length"]), _mark(p)) for p in of]
        return table(rows, ("record", "shard", f"first {one['unit'][:-1]}", one["unit"], ""), right={2, 3})
    shards = [(s["shard"], number(s["documents"]), number(s["length"])) for s in one["shards"][:MOST_ROWS]]
    lines = table(shards, ("shard", "documents", one["unit"]), right={1, 2})
    if len(one["shards"]) > MOST_ROWS:
        lines.append(f"... and {counted(len(one['shards']) - MOST_ROWS, 'more shard')} (--json lists all)")
    return lines


def _steps(answer: Mapping[str, Any]) -> list[str]:
    """The records of steps, and by which exports they are named."""
    lines = []
    for one in answer["holding"]:
        mark = "" if one["current"] else ", SUPERSEDED"
        lines += ["", *wrapped("", f"{one['export']}{mark} ({one['format']}): {plain(one['path'], 300)}", most=2)]
    rows = [
        (
            number(step["step"]),
            "?" if step["rank"] is None else str(step["rank"]),
            one["record"][:12],
            one["shard"],
            number(one["start"]),
            number(one["length"]),
            "" if one["decision"] == "permit" else one["decision"].upper(),
        )
        for step in answer["steps"]
        for one in step["records"]
    ]
    if not rows:
        return [*lines, "", "nothing was logged for them"]
    shown = rows[:MOST_STEP_ROWS]
    lines += ["", *table(shown, ("step", "rank", "record", "shard", "start", "length", "today"), right={0, 1, 4, 5})]
    left = len(rows) - len(shown) + answer["more"]
    return [*lines, f"... and {counted(left, 'more document')} (--json lists them)"] if left else lines


def _seen(answer: Mapping[str, Any]) -> list[str]:
    """At which steps runs were given any of it."""
    lines = []
    for one in answer["seen"]:
        run = f"{plain(one['name'], 60)} ({one['asset']})" if one["asset"] else plain(one["log"], 200)
        count = f"{counted(one['records'], 'record')} at {counted(one['steps'], 'step')}"
        spans = [f"{a}" if a == b else f"{a}-{b}" for a, b in one["ranges"][:MOST_ROWS]]
        more = len(one["ranges"]) - len(spans) + one["more"]
        rest = f" and {counted(more, 'more span')}" if more else ""
        words = f"seen by {run}: {count}, the first {one['first']}, the last {one['last']}: {', '.join(spans)}{rest}"
        lines += ["", *wrapped("", words, most=6)]
    for one in answer["logs_unreadable"]:
        lines += ["", *wrapped("", f"the log of {one['asset']} cannot be read: {one['reason']}")]
    return lines


def _mark(place: Mapping[str, Any]) -> str:
    marks = ["a copy"] if place["via"] == "copy" else []
    return ", ".join([*marks, *([place["decision"]] if place["decision"] != "permit" else [])])


def _back(answer: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if answer["inputs"]:
        rows = [
            (i["kind"], plain(i["id"], 60), plain(i["name"], 60), "" if i["share"] is None else _percent(i["share"]))
            for i in answer["inputs"][:MOST_ROWS]
        ]
        lines += ["", "made of", *indented(table(rows, ("", "id", "", "of its tokens"), right={3}))]
    if answer["sources"]:
        sources = [
            (plain(s["name"], 60), number(s["records"]), "?" if s["share"] is None else _percent(s["share"]))
            for s in answer["sources"][:MOST_ROWS]
        ]
        lines += ["", "sources", *indented(table(sources, ("source", "records", "of its tokens"), right={1, 2}))]
        if len(answer["sources"]) > MOST_ROWS:
            lines.append(f"  ... and {counted(len(answer['sources']) - MOST_ROWS, 'more source')} (--json lists all)")
    return lines


def _assets(assets: Sequence[Mapping[str, Any]]) -> list[str]:
    if not assets:
        return ["", "nothing is registered that was made of it"]
    rows = [
        (
            a["kind"],
            plain(a["name"], 40),
            a["asset"],
            "not known" if a["share"] is None else _percent(a["share"]),
            " > ".join(plain(step, 24) for step in a["way"][:-1]),
        )
        for a in assets[:MOST_ROWS]
    ]
    more = [f"  ... and {counted(len(assets) - MOST_ROWS, 'more asset')}"] if len(assets) > MOST_ROWS else []
    return ["", "made of it", *indented(table(rows, ("", "name", "asset", "share", "from"), right={3})), *more]


def _percent(share: float) -> str:
    if 0 < share < 0.0001:
        return "under 0.01 %"
    return f"{100 * share:.2f} %".replace(".00 %", " %")
