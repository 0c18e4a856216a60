"""What was found of a text or a person, as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, number, plain, table


def find_lines(answer: Mapping[str, Any]) -> list[str]:
    """The records and where in them, what holds them, and what the search did."""
    lines = [_asked(answer), ""]
    rows = [_row(record) for record in answer["records"]]
    if rows:
        lines += table(rows, ("share", "record", "source", "", "characters", ""), right={0})
    else:
        lines.append("no record was found")
    if answer["more"]:
        lines.append(f"... and {number(answer['more'])} more: --limit")
    beside = _holding("export", "exports", answer["exports"]) + _holding("asset", "assets", answer["assets"])
    beside += [f"export {plain(one)}: nothing says what it holds" for one in answer["unreadable"]]
    beside += _searched(answer)
    lines += ["", *beside] if beside else []
    if answer["report"] is not None:
        lines += ["", *report_lines(answer["report"])]
    return lines


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """What a person may ask for, section by section."""
    lines = [f"# What is held, as of {report['as_of']}", "", f"## {counted(len(report['records']), 'record')}", ""]
    for record in report["records"]:
        name = plain(record["url"] or record["source_record_id"] or "-", 60)
        lines.append(f"{record['record']}  {plain(record['source'], 30)}  {name}")
        facts = [
            record["state"],
            f"{number(record['chars'])} characters",
            *([f"fetched {record['fetched_at']}"] if record["fetched_at"] else []),
            plain(record["license"] or "no licence"),
            *([f"personal data: {record['personal_data']}"] if record["personal_data"] else []),
            *([f"found in it: {', '.join(record['found_types'])}"] if record["found_types"] else []),
        ]
        lines.append(f"  {' · '.join(facts)}")
        lines.append(f"  permitted: {', '.join(record['permits']) or 'nothing'}")
    lines += ["", "## Where it came from", ""]
    for source in report["sources"]:
        lines.append(f"{plain(source['source'], 40)}: {counted(source['records'], 'record')}")
        lines.append(f"  collected for: {', '.join(map(plain, source['collected_for'])) or 'not stated'}")
        lines.append(f"  legal basis: {', '.join(map(plain, source['legal_basis'])) or 'not stated'}")
        lines.append(f"  kept until: {source['retain_until'] or 'no end is stated'}")
    lines += ["", "## Who has it", ""]
    for export in report["recipients"]["exports"]:
        version = f"version {export['version']}" + ("" if export["current"] else ", superseded")
        acts = ", ".join(export["acts"])
        held = counted(export["records"], "record")
        lines.append(f"export {plain(export['export'])} of {export['created_at']} ({version}): {held}, for {acts}")
    for asset in report["recipients"]["assets"]:
        acts = ", ".join(asset["acts"]) or "no use"
        lines.append(f"{asset['kind']} {plain(asset['asset'])} ({plain(asset['name'], 40)}), for {acts}")
    if not (report["recipients"]["exports"] or report["recipients"]["assets"]):
        lines.append("nobody: no export holds any of it")
    lines += ["", "## What was asked", ""]
    for event in report["events"]:
        by = f", by {event['deadline']}" if event["deadline"] else ""
        held = counted(event["records"], "record")
        lines.append(f"{event['kind']} {event['event']} of {event['recorded']}{by}: {held}, by {event['selector']}")
    if not report["events"]:
        lines.append("nothing: nobody refused anything")
    lines += ["", "## What will happen", ""]
    for step in report["ahead"]:
        about = f" ({plain(step['of'])})" if step["of"] else ""
        at = f"{step['at']}: " if step["at"] else ""
        lines.append(f"{at}{counted(step['records'], 'record')}{about}: {step['text']}")
    return lines


def _asked(answer: Mapping[str, Any]) -> str:
    text = answer["text"]
    by = ", ".join(answer["by"])
    if text is None:
        return f"records by {by}"
    what = f"{plain(answer['file'] or 'the text')}: {counted(text['chars'], 'character')}, {counted(text['words'], 'word')}"
    return f"{what}; by {by}" if by else what


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    start, length = record["start"], record["length"]
    passages = len(record["passages"]) + record["more_passages"]
    what = [
        record["state"].upper() if record["state"] != "stored" else "",
        record["decision"] if record["decision"] and record["state"] == "stored" else "",
        counted(passages, "passage") if passages > 1 else "",
        f"in {counted(len(record['exports']), 'export')}" if record["exports"] else "",
        counted(len(record["assets"]), "asset") if record["assets"] else "",
    ]
    return (
        "-" if record["share"] is None else f"{record['share']:.0%}",
        record["record"][:8],
        plain(record["source"], 24),
        plain(record["source_record_id"] or record["url"] or "-", 40),
        f"{start}-{start + length}",
        ", ".join(filter(None, what)),
    )


def _holding(one: str, many: str, ids: list[str]) -> list[str]:
    if not ids:
        return []
    listed = ", ".join(plain(name) for name in ids[:5])
    return [f"in {counted(len(ids), one, many)}: {listed}" + (", ..." if len(ids) > 5 else "")]


def _searched(answer: Mapping[str, Any]) -> list[str]:
    searched = answer["searched"]
    lines = []
    if answer["text"] is not None:
        verified = counted(searched["verified"], "text")
        lines.append(
            f"{counted(searched['indexed'], 'record')} looked up, {verified} held against it, {answer['seconds']:.1f} s"
        )
    lines += [f"{counted(one['records'], 'text')} read: {one['reason']}" for one in searched["read"]]
    return lines + [
        f"there may be more in {counted(one['records'], 'record')}: {one['reason']}" for one in answer["missing"]
    ]
