"""Layouts of corpora as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.cli.pages.lines import indented, plain, table, wrapped


def layout_list_lines(layouts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every layout with one line of what it is."""
    lines: list[str] = []
    for layout in layouts:
        origin = f" ({layout['origin']})" if layout["origin"] != "shipped" else ""
        lines += [plain(layout["name"], 64) + origin, *wrapped("  ", layout["about"], most=4)]
    return [*lines, "", "in full: rightful layout show NAME; choose one: rightful ingest PATH --layout NAME"]


def layout_lines(layout: Mapping[str, Any]) -> list[str]:
    """A layout in full: what it is, why its rights are as they are, what it states, which column is which."""
    lines = [f"{plain(layout['name'], 64)} (version {layout['version']})", *wrapped("  ", layout["about"], most=4)]
    lines += ["", "why", *wrapped("  ", layout["why"], most=4), "", "rights"]
    for key, value in layout["rights"].items():
        lines += wrapped(f"  {key.ljust(14)}", _shown(value), most=16)
    lines += [] if layout["rights"] else ["  nothing is stated: what the rows state counts, and nothing else"]
    if layout["licenses"]:
        rows = [(plain(text, 40), plain(meant, 60)) for text, meant in layout["licenses"].items()]
        lines += ["", "what strings of the rows mean", *indented(table(rows))]
    if layout["not_rights"]:
        lines += ["", "columns that do not speak of rights"]
        for column, reason in layout["not_rights"].items():
            lines += wrapped(f"  {plain(column, 40)}: ", reason, most=4)
    if layout["fields"]:
        rows = [(field, plain(column, 60) or "(no column)") for field, column in layout["fields"].items()]
        lines += ["", "columns", *indented(table(rows))]
    for sign in layout["recognise"]:
        lines += ["", "known by" + (" these columns and no other" if sign["exactly"] else "")]
        lines += indented(table([(plain(name, 50), kinds) for name, kinds in sign["columns"].items()]))
        lines += [f"  {plain(name, 40)} holds {plain(part, 60)}" for name, part in sign["holds"].items()]
        lines += wrapped("  perhaps also ", ", ".join(sign["may"]), most=4) if sign["may"] else []
    lines += [
        "",
        f"as written down on {plain(layout['as_of'], 10)}: hold it against",
        *(f"  {plain(a, 200)}" for a in layout["published"]),
    ]
    return [*lines, f"file: {plain(layout['path'], 400)}"]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(of)}" for key, of in value.items())
    return str(value)
