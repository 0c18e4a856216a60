"""Sources and their cards as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.cli.pages.lines import counted, plain, shown, table


def source_list_lines(sources: Iterable[Mapping[str, Any]]) -> list[str]:
    """The sources with their licences."""
    rows = [
        (
            source["source_id"],
            plain(source["card"]["license"] or "-", 50),
            source["card"]["covers"],
            source["card"]["personal_data"],
            "retired" if source["retired"] else "card" if source["card"]["carded"] else "no card",
            _wider(source["inversions"]),
        )
        for source in sources
    ]
    return table(rows, ("source", "licence", "covers", "personal data", "", ""))


def source_lines(source: Mapping[str, Any]) -> list[str]:
    """The card of a source, and every ancestor that permits less than it states."""
    card = source["card"]
    lines = table([(key, plain(shown(value), 120)) for key, value in card.items() if value not in (None, "", [], {})])
    lines += ["it was retired: it leaves no more"] if source["retired"] else []
    rows = [
        (plain(i["path"], 80), i["purpose"], i["ancestor"], plain(", ".join(i["acts"]), 160))
        for i in source["inversions"]
    ]
    if rows:
        lines += ["", "stated wider than a source that it was made from (the narrower one holds)"]
        lines += table(rows, ("through", "purpose", "says", "of"))
    return lines


def turned_lines(answer: Mapping[str, Any]) -> list[str]:
    """How a source stands now, and which exports hold what is permitted no more."""
    state = "leaves no more" if answer["retired"] else "leaves again"
    before = "" if answer["recorded"] else " (it was so already)"
    lines = [f"{answer['source']} {state}: {counted(answer['records'], 'record')}{before}"]
    lines += [f"  export {export} holds some of it" for export in answer["exports"]]
    return lines + [f"  export {export}: nothing says what it holds" for export in answer["exports_unreadable"]]


def _wider(inversions: Iterable[Mapping[str, Any]]) -> str:
    ancestors = len({inversion["path"] for inversion in inversions})
    return f"wider than {counted(ancestors, 'ancestor')}" if ancestors else ""
