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
    for name, told in answer["axes"].items():
        lines += ["", *_axis(AXES[name], told)]
    for name, told in answer["histograms"].items():
        lines += ["", *_histogram(HISTOGRAMS[name], told)]
    if "out" in answer:
        lines += [
            "",
            f"tables and plots: {counted(len(answer['out']['files']), 'file')} in {plain(answer['out']['path'])}",
        ]
    return lines


def _axis(axis: Axis, told: Mapping[str, Any]) -> list[str]:
    rows = told["rows"]
    shown = [
        (
            f"({axis.missing})" if r["value"] is None else plain(r["value"], _NAME) or "(empty)",
            *(number(r["records"]), share(r["share"])),
            *(number(r["chars"]), number(r["bytes"]), share(r["bytes_share"])),
        )
        for r in rows[:MOST_ROWS]
    ]
    head = (axis.what, "records", "share", "characters", "bytes", "share of bytes")
    lines = [f"by {axis.what}: {number(told['values'])}{', a record under all of its own' if axis.several else ''}"]
    if unmeasured := told["unmeasured"]["records"]:
        lines[0] += f" ({counted(unmeasured, 'record was', 'records were')} not asked)"
    lines += indented(table(shown, head, right=range(1, 6)) if shown else ["no records"])
    rest, others = rows[MOST_ROWS:], told["others"]
    if n := sum(r["value"] is not None for r in rest) + others["values"]:
        records = sum(r["records"] for r in rest) + others["records"]
        more = "" if axis.several else f", {counted(records, 'record')} together"
        lines.append(f"  and {number(n)} more{more} (-o writes them all)")
    return lines


def _histogram(histogram: Histogram, told: Mapping[str, Any]) -> list[str]:
    missing = f", {number(told['missing'])} {histogram.missing}" if told["missing"] else ""
    lines = [f"{histogram.title}: {number(told['known'])} {histogram.of}{missing}"]
    if not told["bins"]:
        return lines
    if histogram.edges:
        lines[0] += f", from {_number(histogram, told['least'])} to {_number(histogram, told['most'])}"
    most = max(b["count"] for b in told["bins"])
    rows = [
        (histogram.bin(b["low"], b["high"]), number(b["count"]), "█" * max(1, round(b["count"] / most * _BAR)))
        for b in told["bins"][:MOST_ROWS]
    ]
    lines += indented(table(rows, right=(0, 1)))
    if len(told["bins"]) > MOST_ROWS:
        lines.append(f"  and {number(len(told['bins']) - MOST_ROWS)} more (--json lists them all)")
    return lines


def _number(histogram: Histogram, n: float) -> str:
    if histogram.is_share:
        return share(n)
    return number(n) if histogram.is_whole else f"{n:.1f}"
