"""Where records went, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import MOST_ROWS, counted, indented, number, plain, table, whole, wrapped
from rightful.query.tracing import ASSET, EVENT, EXPORT, RECORD, STALE


def trace_lines(answer: Mapping[str, Any]) -> list[str]:
    """What the trace begins at, then exports with shards and ranges, then assets; backwards inputs and sources."""
    if answer.get("picture") is not None:
        return whole(str(answer["picture"]).rstrip("\n").split("\n"))
    lines = wrapped("", _head(answer), most=2)
    if answer["by"] in (EXPORT, ASSET):
        lines += _back(answer)
    else:
        lines += _forth(answer)
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
