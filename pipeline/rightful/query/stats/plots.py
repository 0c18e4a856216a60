"""Plots of counts as SVG: bars for the values of an axis, columns for a histogram. Floor 7: part of ``stats``; pure.

They take what :meth:`rightful.query.stats.tally.Tally.as_json` answers, and give the same bytes for the same counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rightful.notation.shown import counted, number, share
from rightful.query.stats.axes import Axis, Histogram
from rightful.query.stats.svg import (
    GRID,
    MOST_TITLE_CHARS,
    MUTED,
    element,
    picture,
    shortened,
    text,
    ticks,
    title,
    width_of,
)

MOST_BARS = 20
"""So many values have a bar of their own; the rest is one more."""
MOST_COLUMNS = 40
MOST_COLUMN = 130.0
"""How wide a column may be: one alone is no wall."""

WIDTH, MARGIN = 860.0, 28.0
LABELS = 280.0
"""The room for the names of bars, at most."""
ROW, TOP = 32.0, 118.0
_RECORDS, _BYTES = "#2b6cb0", "#d69e2e"
_PALE = {_RECORDS: "#a9c4e2", _BYTES: "#f0dba8"}
_SMALL = 12
_RIGHT = WIDTH - MARGIN - 16
_PERCENT = 64.0
"""The room for shares."""


class Bar(NamedTuple):
    """One value: what it is called, its counts and shares. ``rest``: it stands for several."""

    label: str
    records: int
    bytes: int
    share: float
    bytes_share: float
    is_rest: bool = False


def bars(axis: Axis, counts: Mapping[str, Any], totals: Mapping[str, int], told_of: str) -> bytes:
    """The most frequent values, each with its share of the records and of the bytes. ``told_of`` says of which records."""
    shown, note = _bars_of(axis, counts, totals)
    heading = f"Records by {axis.what}"
    room = min(LABELS, max((width_of(shortened(b.label, LABELS)) for b in shown), default=0.0))
    wide = max([width_of("records", _SMALL), *(width_of(number(b.records), _SMALL) for b in shown)])
    left, right = MARGIN + room + 10, WIDTH - MARGIN - _PERCENT - wide - 16
    bottom = TOP + ROW * max(len(shown), 1)
    height = bottom + (64 if note else 42)
    whole = f"{_n(totals['records'], 'record', 'records')}, {_n(totals['bytes'], 'byte', 'bytes')} · {told_of}"
    parts = _heading(heading, f"{_n(counts['values'], axis.what, axis.plural)} · {whole}")
    if shown:
        parts += _legend(("share of records", _RECORDS), ("share of bytes", _BYTES))
        scale = ticks(max(max(b.share, b.bytes_share) for b in shown))
        parts += _grid_down(scale, left, right, bottom)
        parts.append(_clip(f"{axis.name}-labels", left - 4, bottom))
        for x, label in ((WIDTH - MARGIN - _PERCENT, "records"), (WIDTH - MARGIN, "share")):
            parts.append(_small(label, x, TOP - 10, "end"))
        names = [_label(b, left - 10, TOP + ROW * n + 19) for n, b in enumerate(shown)]
        parts.append(element("g", "\n".join(names), clip_path=f"url(#{axis.name}-labels)"))
        parts += [_bar(b, TOP + ROW * n, left, (right - left) / scale[-1]) for n, b in enumerate(shown)]
        parts.append(_line(left, TOP - 4, left, bottom, MUTED))
    else:
        parts.append(_nothing((TOP + bottom) / 2))
    if note:
        parts.append(_small(note, MARGIN, height - 14, "start"))
    sentence = "; ".join(f"{b.label[:80]}: {counted(b.records, 'record')}, {share(b.share)}" for b in shown[:5])
    return picture(f"by-{axis.name}", heading, f"{whole}. {sentence or 'No records'}.", WIDTH, height, parts)


def columns(histogram: Histogram, counts: Mapping[str, Any], told_of: str) -> bytes:
    """A column for every bin between the least and the most, with the counts on the left."""
    bins = _bins_of(histogram, counts)
    bottom, height = 360.0, 424.0
    parts = _heading(histogram.title, _known(histogram, counts, told_of))
    if bins:
        scale = ticks(max(n for _, _, n in bins), least_step=1)
        left = MARGIN + max(width_of(number(int(t)), _SMALL) for t in scale) + 10
        wide = min((_RIGHT - left) / len(bins), MOST_COLUMN)
        parts.append(_small(histogram.of, MARGIN, TOP - 18, "start"))
        right = left + wide * len(bins)
        parts += _grid_across(scale, left, right, bottom)
        for n, (low, high, count) in enumerate(bins):
            if count:
                parts.append(_column(histogram, (low, high, count), left + wide * n, wide, bottom, scale[-1]))
        parts.append(_line(left, bottom, right, bottom, MUTED))
        parts += _below(histogram, bins, left, wide, bottom)
    else:
        parts.append(_nothing(220.0))
    fullest = max(bins, key=lambda b: b[2], default=None)
    sentence = f" Most, {number(fullest[2])}, at {histogram.bin(*fullest[:2])}." if fullest else " Nothing is known."
    return picture(
        histogram.name, histogram.title, f"{_known(histogram, counts, told_of)}.{sentence}", WIDTH, height, parts
    )


def _bars_of(axis: Axis, counts: Mapping[str, Any], totals: Mapping[str, int]) -> tuple[list[Bar], str]:
    """The bars, and what is said of what has none. Values of one record may be several: their rest cannot be added up."""
    rows: Sequence[Mapping[str, Any]] = counts["rows"]
    shown = [
        Bar(
            axis.missing if r["value"] is None else r["value"] or "(empty)",
            r["records"],
            r["bytes"],
            r["share"],
            r["bytes_share"],
            r["value"] is None,
        )
        for r in rows[:MOST_BARS]
    ]
    rest, others = rows[MOST_BARS:], counts["others"]
    unmeasured = counts["unmeasured"]["records"]
    n = sum(r["value"] is not None for r in rest) + others["values"]
    if axis.several:
        note = "A record counts under all of its values."
        note += f" {_n(n, 'value', 'values')} more not shown." if n else ""
        return shown, note + (f" {_n(unmeasured, 'record', 'records')} not asked." if unmeasured else "")
    if rest:
        records, size = (sum(r[k] for r in rest) + others[k] for k in ("records", "bytes"))
        shares = records / max(totals["records"], 1), size / max(totals["bytes"], 1)
        shown.append(Bar(f"{number(n)} other {axis.plural}", records, size, *shares, True))
    return shown, ""


def _bar(bar: Bar, y: float, left: float, scale: float) -> str:
    """Two thin bars and the numbers behind them."""
    drawn = [
        title(
            f"{bar.label[:120]}: {_n(bar.records, 'record', 'records')} ({share(bar.share)}),"
            f" {_n(bar.bytes, 'byte', 'bytes')} ({share(bar.bytes_share)})"
        )
    ]
    for part, color, down in ((bar.share, _RECORDS, 4), (bar.bytes_share, _BYTES, 15)):
        wide = max(part * scale, 1.0) if part else 0.0
        color = _PALE[color] if bar.is_rest else color
        drawn.append(element("rect", x=left, y=y + down, width=wide, height=10, fill=color))
    drawn.append(_small(number(bar.records), WIDTH - MARGIN - _PERCENT, y + 19, "end"))
    drawn.append(_small(share(bar.share), WIDTH - MARGIN, y + 19, "end"))
    return element("g", *drawn)


def _label(bar: Bar, x: float, y: float) -> str:
    style = {"fill": MUTED, "font_style": "italic"} if bar.is_rest else {}
    return text(shortened(bar.label, LABELS), x, y, text_anchor="end", **style)


def _column(
    histogram: Histogram, of: tuple[float, float | None, int], x: float, wide: float, bottom: float, most: float
) -> str:
    low, high, count = of
    tall = max(count / most * (bottom - TOP), 1.0)
    gap = min(2.0, wide / 8)
    sentence = f"{histogram.bin(low, high)}: {number(count)} {histogram.of}"
    return element(
        "rect",
        title(sentence),
        x=x + gap / 2,
        y=bottom - tall,
        width=wide - gap,
        height=tall,
        fill=_RECORDS,
    )


def _bins_of(histogram: Histogram, counts: Mapping[str, Any]) -> list[tuple[float, float | None, int]]:
    """The bins without gaps; years are put together until there are few enough."""
    bins = {b["low"]: b for b in counts["bins"]}
    if not bins:
        return []
    if histogram.edges:
        first, last = (histogram.edges.index(low) for low in (min(bins), max(bins)))
        highs = {low: b["high"] for low, b in bins.items()}
        return [
            (low, highs.get(low, high), bins[low]["count"] if low in bins else 0)
            for low, high in zip(histogram.edges[first : last + 1], [*histogram.edges[first + 1 :], None], strict=False)
        ]
    first, last = int(min(bins)), int(max(bins))
    sizes = (m * 10**p for p in range(9) for m in (1, 2, 5))
    size = next(s for s in sizes if last // s - first // s < MOST_COLUMNS)
    years = dict.fromkeys(range(first // size * size, last + 1, size), 0)
    for low, b in bins.items():
        years[low // size * size] += b["count"]
    return [(year, year + size, n) for year, n in years.items()]


def _below(
    histogram: Histogram, bins: Sequence[tuple[float, float | None, int]], left: float, wide: float, bottom: float
) -> list[str]:
    """Labels below the columns: in the middle where each is one number or a size of groups, else at the ends of the bins."""
    is_counted = histogram.is_whole and not histogram.is_share
    if histogram.of == "groups" or (is_counted and all(high is None or high - low == 1 for low, high, _ in bins)):
        return _middles([histogram.bin(low, high) for low, high, _ in bins], left, wide, bottom)
    labels = [histogram.edge(low) for low, _, _ in bins]
    high = bins[-1][1]
    labels.append("…" if high is None else histogram.edge(high))
    # Of 1, 2, 5, 10, 20, 50, ... every third is a power of ten.
    powers = (n for n, (low, _, _) in enumerate(bins) if f"{low:g}".strip("0") == "1")
    every = _every(labels, wide)
    start = next(powers, 0) % every if every == 3 else 0
    elements = []
    for n, label in enumerate(labels):
        x, is_said = left + wide * n, n % every == start
        elements.append(_line(x, bottom, x, bottom + (6 if is_said else 3), MUTED))
        if is_said:
            elements.append(_small(label, x, bottom + 22, "middle"))
    return elements


def _middles(labels: Sequence[str], left: float, wide: float, bottom: float) -> list[str]:
    every = _every(labels, wide)
    if len({len(label) for label in labels}) > 1:
        every = 1  # short ones have room where long ones have not
    middles, free = [], 0.0
    for n in range(0, len(labels), every):
        x, half = left + wide * (n + 0.5), width_of(labels[n], _SMALL) / 2
        if free <= x - half and x + half <= WIDTH:
            middles.append(_small(labels[n], x, bottom + 22, "middle"))
            free = x + half + 8
    return middles


def _every(labels: Sequence[str], wide: float) -> int:
    """Every so many labels there is room for one."""
    room = max(width_of(label, _SMALL) for label in labels) + 8
    return next(n for n in (1, 2, 3, 4, 5, 6, 8, 10, 20, 50) if n * wide >= room or n == 50)


def _known(histogram: Histogram, counts: Mapping[str, Any], told_of: str) -> str:
    one = histogram.of.removesuffix("s")
    sentence = f"{_n(counts['known'], one, histogram.of)}"
    if counts["missing"]:
        sentence += f", {number(counts['missing'])} {histogram.missing}"
    return f"{sentence} · {told_of}"


def _n(n: int, one: str, many: str) -> str:
    return f"{number(n)} {one if n == 1 else many}"


def _heading(heading: str, below: str) -> list[str]:
    return [
        text(heading, MARGIN, 40, font_size=20, font_weight=600),
        text(shortened(below, WIDTH - 2 * MARGIN, most=MOST_TITLE_CHARS), MARGIN, 64, fill=MUTED),
    ]


def _legend(*entries: tuple[str, str]) -> list[str]:
    elements, x = [], MARGIN
    for label, color in entries:
        elements.append(element("rect", x=x, y=81, width=12, height=12, fill=color))
        elements.append(_small(label, x + 18, 91.5, "start"))
        x += width_of(label, _SMALL) + 42
    return elements


def _grid_down(scale: Sequence[float], left: float, right: float, bottom: float) -> list[str]:
    elements = []
    for tick in scale:
        x = left + (right - left) * tick / scale[-1]
        elements.append(_line(x, TOP - 4, x, bottom, GRID))
        elements.append(_small(f"{100 * tick:g} %", x, bottom + 18, "middle"))
    return elements


def _grid_across(scale: Sequence[float], left: float, right: float, bottom: float) -> list[str]:
    elements = []
    for tick in scale:
        y = bottom - (bottom - TOP) * tick / scale[-1]
        elements.append(_line(left, y, right, y, GRID))
        elements.append(text(number(int(tick)), left - 8, y + 4, text_anchor="end", font_size=_SMALL, fill=MUTED))
    return elements


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=color)


def _clip(name: str, right: float, bottom: float) -> str:
    """Where labels may be: an estimate of their width may be wrong."""
    return element("clipPath", element("rect", x=0, y=TOP, width=right, height=bottom - TOP), id=name)


def _small(label: str, x: float, y: float, anchor: str) -> str:
    return text(label, x, y, text_anchor=anchor, font_size=_SMALL, fill=MUTED)


def _nothing(y: float) -> str:
    return text("nothing to show", WIDTH / 2, y, text_anchor="middle", fill=MUTED, font_style="italic")
