"""Statistics as lines for people. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import MOST_ROWS, counted, indented, number, plain, table
from rightful.notation.shown import share
from rightful.query.stats.axes import AXES, HISTOGRAMS, Axis, Histogram

_BAR = 40
"""The longest bar of a histogram, in characters."""
_NAME = 60


def stats_lines(answer: Mapping[str, Any]) -> list[str]:
    """The totals, a table for each axis, a histogram for each number."""
    totals = answer["totals"]
    lines = [
        f"snapshot {answer['snapshot']}: {counted(totals['records'], 'record')}, {counted(totals['chars'], 'character')},"
        f" {counted(totals['bytes'], 'byte')}"
    ]
    if answer["where"]:
        lines.append(f"where {plain(answer['where'], 160)}")
    lines.append("everything in the store, whatever it may be used for (rightful query shows what is permitted)")
    for name, counts in answer["axes"].items():
        lines += ["", *_axis(AXES[name], counts)]
    for name, counts in answer["histograms"].items():
        lines += ["", *_histogram(HISTOGRAMS[name], counts)]
    if "out" in answer:
        lines += [
            "",
            f"tables and plots: {counted(len(answer['out']['files']), 'file')} in {plain(answer['out']['path'])}",
        ]
    return lines


def _axis(axis: Axis, counts: Mapping[str, Any]) -> list[str]:
    rows = counts["rows"]
    shown = [
        (
            f"({axis.missing})" if r["value"] is None else plain(r["value"], _NAME) or "(empty)",
            *(number(r["records"]), share(r["share"])),
            *(number(r["chars"]), number(r["bytes"]), share(r["bytes_share"])),
        )
        for r in rows[:MOST_ROWS]
    ]
    head = (axis.what, "records", "share", "characters", "bytes", "share of bytes")
    lines = [f"by {axis.what}: {number(counts['values'])}{', a record under all of its own' if axis.several else ''}"]
    if unmeasured := counts["unmeasured"]["records"]:
        lines[0] += f" ({counted(unmeasured, 'record was', 'records were')} not measured)"
    lines += indented(table(shown, head, right=range(1, 6)) if shown else ["no records"])
    rest, others = rows[MOST_ROWS:], counts["others"]
    if n := sum(r["value"] is not None for r in rest) + others["values"]:
        records = sum(r["records"] for r in rest) + others["records"]
        more = "" if axis.several else f", {counted(records, 'record')} together"
        lines.append(f"  and {number(n)} more{more} (-o writes them all)")
    return lines


def _histogram(histogram: Histogram, counts: Mapping[str, Any]) -> list[str]:
    missing = f", {number(counts['missing'])} {histogram.missing}" if counts["missing"] else ""
    lines = [f"{histogram.title}: {number(counts['known'])} {histogram.of}{missing}"]
    if not counts["bins"]:
        return lines
    if histogram.edges:
        lines[0] += f", from {_number(histogram, counts['least'])} to {_number(histogram, counts['most'])}"
    most = max(b["count"] for b in counts["bins"])
    rows = [
        (histogram.bin(b["low"], b["high"]), number(b["count"]), "█" * max(1, round(b["count"] / most * _BAR)))
        for b in counts["bins"][:MOST_ROWS]
    ]
    lines += indented(table(rows, right=(0, 1)))
    if len(counts["bins"]) > MOST_ROWS:
        lines.append(f"  and {number(len(counts['bins']) - MOST_ROWS)} more (--json lists them all)")
    return lines


def _number(histogram: Histogram, n: float) -> str:
    if histogram.is_share:
        return share(n)
    return number(n) if histogram.is_whole else f"{n:.1f}"
