"""A trace as a graph: from what it begins at, over records, shards and exports, to what was made of them. Floor 7: part of
``query.tracing``; pure.

A picture that nobody can read says nothing, so a graph is bounded: what is left out of it is counted in it, and stands
in the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rightful.notation.shown import counted, number
from rightful.query.tracing import ASSET, EVENT, EXPORT, RECORD, SOURCE, STALE

Row = Mapping[str, Any]
SHARD = "shard"
MOST_RECORDS, MOST_SHARDS, MOST_RANGES, MOST_EXPORTS, MOST_ASSETS, MOST_SOURCES = 12, 8, 6, 24, 48, 8


@dataclass(frozen=True, slots=True)
class Node:
    """A thing: ``lines`` are its label. ``faint`` is what counts no more: a version that was superseded."""

    id: str
    kind: str
    lines: tuple[str, ...]
    faint: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it stands in answers."""
        return {"id": self.id, "kind": self.kind, "lines": list(self.lines), "faint": self.faint}


@dataclass(frozen=True, slots=True)
class Edge:
    """What went from one into another. ``beside``: a version that took the place of another, which is no step of the way."""

    start: str
    end: str
    label: str = ""
    beside: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it stands in answers."""
        return {"from": self.start, "to": self.end, "label": self.label, "beside": self.beside}


@dataclass(slots=True)
class Graph:
    """Nodes by their ids, and edges between them, each once."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)

    def add(self, node: Node) -> str:
        """Add a node, unless there is one of its id."""
        self.nodes.setdefault(node.id, node)
        return node.id

    def join(self, start: str, end: str, label: str = "", *, beside: bool = False) -> None:
        """Add an edge between two nodes that are there."""
        if start in self.nodes and end in self.nodes and start != end:
            self.edges.setdefault((start, end), Edge(start, end, label, beside))

    def as_json(self) -> dict[str, Any]:
        """As it stands in answers."""
        return {
            "nodes": [n.as_json() for n in self.nodes.values()],
            "edges": [e.as_json() for e in self.edges.values()],
        }

    def layers(self) -> list[list[Node]]:
        """The nodes by how far they are from where the way begins; a circle is cut where it closes."""
        into: dict[str, list[str]] = defaultdict(list)
        for edge in self.edges.values():
            if not edge.beside:
                into[edge.end].append(edge.start)
        depth: dict[str, int] = {}

        def of(name: str, above: frozenset[str]) -> int:
            if name not in depth:
                before = [of(b, above | {name}) for b in into[name] if b not in above and b != name]
                depth[name] = 1 + max(before, default=-1)
            return depth[name]

        rows: dict[int, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            rows[of(node.id, frozenset())].append(node)
        return [rows[n] for n in sorted(rows)]


@dataclass(frozen=True, slots=True)
class Lying:
    """Where traced records lie in one shard of an export: ``documents`` ranges, of which ``ranges`` are the first
    (start, length), and the records that they are of where these are few."""

    export: str
    shard: str
    unit: str
    documents: int
    ranges: tuple[tuple[int, int], ...]
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Where traced records lie: how many of them lie anywhere, which are copies, and in which shards."""

    records: int
    copies: int
    names: tuple[str, ...]
    copied: frozenset[str]
    shards: tuple[Lying, ...]


def graph_of(answer: Row, spread: Spread) -> Graph:
    """The graph of an answer; ``spread`` is that of all traced records, copies among them where the answer has them."""
    graph = Graph()
    start = graph.add(_start(answer))
    _exports(graph, answer["holding"])
    if answer["by"] in (EXPORT, ASSET):
        _made_of(graph, answer, start)
    else:
        if answer["by"] == RECORD:
            for source in answer["sources"][:MOST_SOURCES]:
                graph.join(graph.add(_source(source)), start)
        _records(graph, answer, start, spread)
    _assets(graph, answer["assets"])
    return graph


_BEGINS = {STALE: "what is permitted no more"}


def _start(answer: Row) -> Node:
    """Where the trace begins."""
    by, value = answer["by"], answer["value"]
    event = answer["event"]
    if by == EVENT and event is not None:
        about = event["selector"]
        return Node(value, EVENT, (f"{event['kind']} {value}", f"by {about['by']}", f"of {event['effective']}"))
    if by == EXPORT:
        return Node(f"{EXPORT} {value}", EXPORT, (value,))
    if by == ASSET:
        return Node(value, ASSET, (value,))
    begins = _BEGINS.get(str(by), str(by))
    return Node(value or by, by, (begins, str(value)) if value else (begins,))


def _source(source: Row) -> Node:
    about = counted(source["records"], "record")
    share = f", {_percent(source['share'])}" if source["share"] is not None else ""
    return Node(f"{SOURCE} {source['source']}", SOURCE, (str(source["name"]), about + share))


def _exports(graph: Graph, holding: Sequence[Row]) -> None:
    """A node for each version that holds something, and for what took its place."""
    for one in holding[:MOST_EXPORTS]:
        lines = [one["export"], f"version {one['version']}, {one['format']}"]
        if not one["current"]:
            lines.append("superseded")
        else:
            lines.append(f"{counted(one['records'], 'record')}, {_percent(one['share'])}")
        node = Node(f"{EXPORT} {one['export']}", EXPORT, tuple(lines), faint=not one["current"])
        graph.nodes[node.id] = node
    if len(holding) > MOST_EXPORTS:
        graph.add(Node("exports", EXPORT, (f"{number(len(holding) - MOST_EXPORTS)} more exports",)))


def _records(graph: Graph, answer: Row, start: str, spread: Spread) -> None:
    """Records, and the shards of exports in which they lie, each with its ranges."""
    for name in spread.names:
        if name != start:
            label = (name[:12], "a copy") if name in spread.copied else (name[:12],)
            graph.join(start, graph.add(Node(name, RECORD, label)))
    if spread.records > len(spread.names):
        beside = (f"{number(spread.copies)} of them copies",) if spread.copies else ()
        graph.join(start, graph.add(Node("records", RECORD, (counted(spread.records, "record"), *beside))))
    more = answer["records"] - (spread.records - spread.copies)
    if more > 0 and answer["by"] != RECORD:
        graph.join(start, graph.add(Node("elsewhere", RECORD, (counted(more, "record"), "in no export"))))
    shown: dict[str, int] = defaultdict(int)
    for lying in spread.shards:
        export = f"{EXPORT} {lying.export}"
        if export not in graph.nodes:
            continue
        shown[lying.export] += 1
        if shown[lying.export] <= MOST_SHARDS:
            node = graph.add(Node(f"{lying.export} {lying.shard}", SHARD, (lying.shard, *ranges(lying))))
            for record in lying.records or ("records",):
                graph.join(record, node)
            graph.join(node, export)
    for name, n in shown.items():
        if n > MOST_SHARDS:
            node = graph.add(Node(f"{name} shards", SHARD, (f"{number(n - MOST_SHARDS)} more shards",)))
            graph.join("records" if "records" in graph.nodes else start, node)
            graph.join(node, f"{EXPORT} {name}")


def ranges(lying: Lying) -> tuple[str, ...]:
    """The ranges in one shard: ``tokens 12 to 340``, the last one included."""
    lines = [
        f"{lying.unit} {number(start)} to {number(start + length - 1)}" for start, length in lying.ranges if length
    ]
    if lying.documents <= MOST_RANGES:
        return tuple(lines)
    return (*lines[: MOST_RANGES - 1], f"and {number(lying.documents - MOST_RANGES + 1)} more ranges")


def _assets(graph: Graph, assets: Sequence[Row]) -> None:
    """What was made of exports, each joined to what it came from."""
    for one in assets[:MOST_ASSETS]:
        share = "share not known" if one["share"] is None else f"{_percent(one['share'])} of its tokens"
        node = graph.add(Node(one["asset"], ASSET, (str(one["name"]), f"{one['kind']} {one['asset']}", share)))
        *_, before, _ = one["way"]
        graph.join(before if before in graph.nodes else f"{EXPORT} {before}", node)
    if len(assets) > MOST_ASSETS:
        graph.add(Node("assets", ASSET, (f"{number(len(assets) - MOST_ASSETS)} more assets",)))


def _made_of(graph: Graph, answer: Row, start: str) -> None:
    """The inputs of an export or an asset, and the sources of these."""
    inner = start
    for one in answer["inputs"][:MOST_ASSETS]:
        share = () if one["share"] is None else (_percent(one["share"]),)
        kind = EXPORT if one["kind"] == EXPORT else ASSET
        name = f"{EXPORT} {one['id']}" if kind == EXPORT else one["id"]
        node = graph.add(Node(name, kind, (str(one["name"] or one["id"]), one["id"], *share)))
        is_before = kind == EXPORT and answer["by"] == EXPORT
        graph.join(node, start, "superseded by" if is_before else "", beside=is_before)
        inner = node if kind == EXPORT and answer["by"] == ASSET else inner
    several = sum(one["kind"] == EXPORT for one in answer["inputs"]) > 1
    into = start if several else inner
    for source in answer["sources"][:MOST_SOURCES]:
        graph.join(graph.add(_source(source)), into)
    if (rest := len(answer["sources"]) - MOST_SOURCES) > 0:
        graph.join(graph.add(Node("sources", SOURCE, (f"{number(rest)} more sources",))), into)


def _percent(share: float) -> str:
    """A part of a whole; one that is there is never 0."""
    if 0 < share < 0.0001:
        return "under 0.01 %"
    return f"{100 * share:.2f} %".replace(".00 %", " %")
