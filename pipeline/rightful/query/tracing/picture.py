"""A graph as DOT and as SVG. Floor 7: part of ``query.tracing``; pure.

Names come from outside: they can end no string of DOT and no element of SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rightful.notation.shown import plain
from rightful.query.stats.svg import INK, MUTED, element, picture, shortened, text, title, width_of
from rightful.query.tracing import ASSET, EVENT, EXPORT, RECORD, SOURCE
from rightful.query.tracing.graph import SHARD, Edge, Graph, Node

_FILLS = {
    EVENT: "#fde2e1",
    SOURCE: "#e3f1e4",
    RECORD: "#fff3d6",
    SHARD: "#eef1f5",
    EXPORT: "#dfebf9",
    ASSET: "#ece3f7",
}
_SHAPES = {EVENT: "octagon", SOURCE: "folder", RECORD: "note", SHARD: "box3d", EXPORT: "box", ASSET: "component"}
_SIZE, _LINE, _PAD, _GAP, _BETWEEN, _MARGIN, _HEAD = 12, 16, 10, 16, 90, 24, 56
_WIDEST = 280


def dot(graph: Graph, heading: str) -> bytes:
    """The graph in the language of Graphviz."""
    numbers = {name: f"n{i}" for i, name in enumerate(graph.nodes)}
    lines = ["digraph trace {", f"  label={_quoted([heading])}; labelloc=t; rankdir=LR;"]
    lines.append('  node [shape=box, style=filled, fontname="sans-serif", fontsize=11]; edge [color="#52606d"];')
    for node in graph.nodes.values():
        style = ', style="filled,dashed", fontcolor="#52606d"' if node.faint else ""
        lines.append(
            f"  {numbers[node.id]} [label={_quoted(node.lines)}, shape={_SHAPES.get(node.kind, 'box')},"
            f' fillcolor="{_FILLS.get(node.kind, "#ffffff")}"{style}];'
        )
    for edge in graph.edges.values():
        named = f"label={_quoted([edge.label])}" if edge.label else ""
        beside = "style=dashed, constraint=false" if edge.beside else ""
        options = ", ".join(filter(None, (named, beside)))
        lines.append(f"  {numbers[edge.start]} -> {numbers[edge.end]}{f' [{options}]' if options else ''};")
    return ("\n".join([*lines, "}"]) + "\n").encode()


def _quoted(lines: Iterable[str]) -> str:
    """Lines as one string of DOT, where a backslash and a quotation mark mean something."""
    escaped = (plain(line, 200).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    x: float
    y: float
    width: float
    height: float


def svg(graph: Graph, heading: str, description: str) -> bytes:
    """The graph as a picture: a column for each step of the way, from left to right."""
    boxes = _placed(graph.layers())
    width = max((b.x + b.width for b in boxes.values()), default=0) + _MARGIN
    height = max((b.y + b.height for b in boxes.values()), default=0) + _MARGIN
    width = max(width, width_of(heading, 16) + 2 * _MARGIN)
    parts = [
        text(heading, _MARGIN, 24, font_size=16, font_weight="bold"),
        text(shortened(description, width - 2 * _MARGIN, 12, 400), _MARGIN, 42, font_size=12, fill=MUTED),
    ]
    parts += [_line(edge, boxes) for edge in graph.edges.values()]
    parts += [_drawn(box) for box in boxes.values()]
    return picture("trace", heading, description, width, height, parts)


def _placed(layers: Sequence[Sequence[Node]]) -> dict[str, _Box]:
    """Where each node stands: columns beside each other, each in the middle of the highest."""
    sizes = [[(node, *_size(node)) for node in layer] for layer in layers]
    heights = [sum(h for _, _, h in layer) + _GAP * (len(layer) - 1) for layer in sizes]
    most, x = max(heights, default=0), float(_MARGIN)
    boxes: dict[str, _Box] = {}
    for layer, height in zip(sizes, heights, strict=True):
        column = max(w for _, w, _ in layer)
        y = _HEAD + (most - height) / 2
        for node, _, h in layer:
            boxes[node.id] = _Box(node, x, y, column, h)
            y += h + _GAP
        x += column + _BETWEEN
    return boxes


def _size(node: Node) -> tuple[float, float]:
    width = max(min(width_of(plain(line), _SIZE), _WIDEST) for line in node.lines)
    return width + 2 * _PAD, _LINE * len(node.lines) + _PAD


def _drawn(box: _Box) -> str:
    node = box.node
    look: dict[str, object] = {"fill": _FILLS.get(node.kind, "#ffffff"), "stroke": MUTED if node.faint else INK}
    if node.faint:
        look["stroke_dasharray"] = "4 3"
    frame = element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=4, **look)
    lines = [
        text(
            shortened(line, box.width - 2 * _PAD + 1, _SIZE),
            box.x + _PAD,
            box.y + _LINE * (n + 1) - 2,
            font_size=_SIZE,
            font_weight="bold" if n == 0 else "normal",
            fill=MUTED if node.faint or n else INK,
        )
        for n, line in enumerate(node.lines)
    ]
    return element("g", title(": ".join((node.kind, *node.lines))), frame, *lines)


def _line(edge: Edge, boxes: dict[str, _Box]) -> str:
    a, b = boxes[edge.start], boxes[edge.end]
    x1, y1, y2 = a.x + a.width, a.y + a.height / 2, b.y + b.height / 2
    if b.x <= a.x:  # in the same column, or back: around the right side
        x2 = b.x + b.width
        bend = max(x1, x2) + _BETWEEN / 2
        path = f"M{x1:.1f} {y1:.1f} C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    else:
        middle = (x1 + b.x) / 2
        path = f"M{x1:.1f} {y1:.1f} C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {b.x:.1f} {y2:.1f}"
    dashed: dict[str, object] = {"stroke_dasharray": "5 4"} if edge.beside else {}
    drawn = element("path", d=path, fill="none", stroke=MUTED, stroke_width=1.2, **dashed)
    if not edge.label:
        return drawn
    at = text(edge.label, max(x1, b.x) + 4, (y1 + y2) / 2, font_size=10, fill=MUTED)
    return element("g", drawn, at)
