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
    lines.append("")
    lines += _holding("export", "exports", answer["exports"]) + _holding("asset", "assets", answer["assets"])
    lines += [f"export {plain(one)}: nothing says what it holds" for one in answer["unreadable"]]
    lines += _searched(answer)
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
