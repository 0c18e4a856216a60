"""A line chart as SVG: shared by the benchmarks that draw. Needs the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

COLOURS = ("#0b6e99", "#c2571a", "#3c7d3c", "#8a3f8f", "#7a6a00")
"""Of lines, in their order; each has 4.5:1 beside white."""
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2")
WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 34, 46


def short(value: float) -> str:
    """A number of an axis: 0.5, 20, 3 k, 10 M."""
    for size, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{name}"
    return f"{value:g}"


def chart(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """A chart, both axes by powers of ten. ``lines``: by name, points (x, y) above 0. Raises ValueError where there is no point."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    if not xs or min(xs + ys) <= 0:
        raise ValueError("a chart needs points, all above 0")
    x0, x1 = _decades(xs)
    y0, y1 = _decades(ys)

    def at(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return (
            LEFT + wide * (math.log10(x) - x0) / (x1 - x0),
            TOP + high * (1 - (math.log10(y) - y0) / (y1 - y0)),
        )

    out = [f'<text x="{LEFT}" y="18" font-size="13" font-weight="bold">{escape(title)}</text>']
    for power in range(x0, x1 + 1):
        x, y = at(10**power, 10**y0)
        out += [_line((x, TOP), (x, y), "#ddd"), _text(x, y + 16, short(10**power), "middle")]
    for power in range(y0, y1 + 1):
        x, y = at(10**x0, 10**power)
        out += [_line((x, y), (WIDTH - RIGHT, y), "#ddd"), _text(x - 6, y + 4, short(10**power), "end")]
    out.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across, "middle"))
    out.append(f'<g transform="rotate(-90)">{_text(-(TOP + HEIGHT - BOTTOM) / 2, 14, up, "middle")}</g>')
    ends: list[tuple[float, str, str]] = []
    for n, (name, points) in enumerate(lines.items()):
        colour, dashes = COLOURS[n % len(COLOURS)], DASHES[n % len(DASHES)]
        places = [at(x, y) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        ends.append((places[-1][1], name, colour))
    low = 0.0
    for y, name, colour in sorted(ends):
        low = max(y + 4, low + 14)
        out.append(_text(WIDTH - RIGHT + 8, low, name, "start", colour))
    return "\n".join(out)


def page(charts: Sequence[str], columns: int = 2) -> str:
    """An SVG file of charts, beside and below each other."""
    rows = math.ceil(len(charts) / columns)
    placed = "\n".join(
        f'<g transform="translate({n % columns * WIDTH},{n // columns * HEIGHT})">\n{one}\n</g>'
        for n, one in enumerate(charts)
    )
    width, height = columns * WIDTH, rows * HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="sans-serif" font-size="11" fill="#222">\n<rect width="{width}" height="{height}" fill="#fff"/>\n'
        f"{placed}\n</svg>\n"
    )


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around some values."""
    low, high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def _line(a: tuple[float, float], b: tuple[float, float], colour: str) -> str:
    return f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
