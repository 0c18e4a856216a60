"""Near copies of a text from outside as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, number, plain, table


def similar_lines(answer: Mapping[str, Any]) -> list[str]:
    """The matches, what they are, and what the search cost."""
    text, compared = answer["text"], answer["compared"]
    lines = [
        f"{plain(answer['file'] or 'the text')}: {counted(text['chars'], 'character')},"
        f" {counted(text['shingles'], 'shingle')}; similarity of {answer['threshold']:g} and more"
    ]
    rows = [
        (
            f"{match['similarity']:.3f}",
            f"{match['estimated']:.2f}",
            match["record"][:8],
            plain(match["source"], 40),
            plain(match["source_record_id"] or match["url"] or "-", 60),
            ", ".join(filter(None, ("exact copy" if match["exact"] else "", _state(match["state"])))),
        )
        for match in answer["matches"]
    ]
    if rows:
        lines += ["", *table(rows, ("similarity", "estimated", "record", "source", "", ""), right={0, 1})]
    else:
        lines += ["", "no record is a near copy of it"]
    if answer["more"]:
        lines.append(f"... and {number(answer['more'])} more: --limit")
    if answer["candidates"] > answer["verified"]:
        rest = answer["candidates"] - answer["verified"]
        lines.append(f"{counted(rest, 'more record')} may be alike: their texts were not read")
    lines += [
        "",
        f"{counted(compared['signatures'], 'signature')} compared ({compared['bytes'] / 1e6:.1f} MB),"
        f" {counted(answer['verified'], 'text')} read, {answer['seconds']:.1f} s",
    ]
    lines += [
        f"{counted(one['records'], 'record')} not compared: {one['reason']}; rightful ingest reads them again"
        for one in answer["unsearched"]
    ]
    return lines


def _state(state: str) -> str:
    return "" if state == "stored" else state.upper()
