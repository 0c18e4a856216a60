"""Which row of an ancestor a record came from, set-wise. Floor 5.

A record names its rows (``parents``), or is found in the ancestor by its address, its id there or its text. Through a
source in between it is found by the row in between. Where none is found, it may be any row of that ancestor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from rightful.signals.cards.claims import WAY, ways
from rightful.signals.cards.source_card import SourceCard
from rightful.store.duck import fill, literal, rows


@dataclass(frozen=True, slots=True)
class Chains:
    """The ancestors of every source: source -> ancestor -> the shortest way to it. ``held`` have rows in the store."""

    of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    layers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Source -> layer of its claims -> the ancestor that the layer is about."""
    held: frozenset[str] = frozenset()

    def rows_of(self, source: str) -> dict[str, str]:
        """The ancestors of a source of which there are rows, with the way to each."""
        return {a: way for a, way in self.of.get(source, {}).items() if a in self.held}

    @property
    def children(self) -> tuple[str, ...]:
        """The sources that come through an ancestor of which there are rows."""
        return tuple(source for source in sorted(self.of) if self.rows_of(source))


def chains(cards: Mapping[str, SourceCard], held: Iterable[str]) -> Chains:
    """The chains of sources as today's cards state them; a cycle ends, and nothing is its own ancestor."""
    layers = {source: ways(card, cards) for source, card in cards.items() if card.derived_from}
    shortest: dict[str, dict[str, str]] = {}
    for source, found in layers.items():
        for way, ancestor in sorted(found.items(), key=lambda item: (item[0].count(WAY), item[0])):
            if ancestor != source:
                shortest.setdefault(source, {}).setdefault(ancestor, way)
    return Chains(shortest, layers, frozenset(held))


def find_rows(con: duckdb.DuckDBPyConnection, of: Chains) -> None:
    """The tables ``came(record_id, source_id, ancestor, arow)`` and ``strays(record_id)``. Reads ``records``.

    A stray names a row that is in none of its ancestors: which one it came from is not known.
    """
    pairs = [(source, ancestor) for source in of.children for ancestor in of.rows_of(source)]
    columns = {"child": [c for c, _ in pairs], "ancestor": [a for _, a in pairs]}
    fill(con, "chain_pairs", pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()}))
    _do(
        con,
        """CREATE OR REPLACE TABLE chain_rows AS SELECT record_id, source_id, source_record_id, url, norm_sha256, parents, part, row
        FROM records WHERE source_id IN (SELECT child FROM chain_pairs UNION SELECT ancestor FROM chain_pairs)""",
    )
    _do(
        con,
        """CREATE OR REPLACE TABLE named AS
        WITH said AS (SELECT c.record_id, c.source_id, unnest(c.parents) AS parent FROM chain_rows c
            WHERE c.source_id IN (SELECT child FROM chain_pairs))
        SELECT s.record_id, s.source_id, p.ancestor, s.parent, a.record_id AS arow FROM said s
        JOIN chain_pairs p ON p.child = s.source_id
        JOIN chain_rows a ON a.source_id = p.ancestor AND (a.record_id = s.parent OR a.source_record_id = s.parent)""",
    )
    _do(
        con,
        """CREATE OR REPLACE TABLE strays AS
        SELECT DISTINCT s.record_id FROM (SELECT c.record_id, unnest(c.parents) AS parent FROM chain_rows c
            WHERE c.source_id IN (SELECT child FROM chain_pairs)) s
        WHERE NOT EXISTS (SELECT 1 FROM named n WHERE n.record_id = s.record_id AND n.parent = s.parent)""",
    )
    keys = ("a.url = c.url", "a.source_record_id = c.source_record_id", "a.norm_sha256 = c.norm_sha256")
    alike = " UNION ".join(
        f"""SELECT c.record_id, c.source_id, p.ancestor, a.record_id AS arow FROM chain_rows c
        JOIN chain_pairs p ON p.child = c.source_id JOIN chain_rows a ON a.source_id = p.ancestor AND {key}"""
        for key in keys
    )
    _do(
        con,
        f"""CREATE OR REPLACE TABLE came AS
        SELECT DISTINCT record_id, source_id, ancestor, arow FROM named
        UNION SELECT record_id, source_id, ancestor, arow FROM ({alike}) m
        WHERE NOT EXISTS (SELECT 1 FROM named n WHERE n.record_id = m.record_id AND n.ancestor = m.ancestor)""",
    )
    for child, ancestor, through in _steps(of):
        listed = ", ".join(map(literal, through))
        query = f"""INSERT INTO came
            WITH steps AS (
                SELECT m.record_id, n.arow FROM came m LEFT JOIN came n ON n.record_id = m.arow AND n.ancestor = $ancestor
                WHERE m.source_id = $child AND m.ancestor IN ({listed}) AND NOT EXISTS (
                    SELECT 1 FROM came k WHERE k.record_id = m.record_id AND k.ancestor = $ancestor)),
            whole AS (SELECT record_id FROM steps GROUP BY record_id HAVING bool_and(arow IS NOT NULL))
            SELECT DISTINCT s.record_id, $child, $ancestor, s.arow FROM steps s SEMI JOIN whole w USING (record_id)"""
        con.cursor().execute(query, {"child": child, "ancestor": ancestor}).fetchall()


def _steps(of: Chains) -> list[tuple[str, str, list[str]]]:
    """Which ancestors are reached through which sources in between, the nearest first."""
    found = []
    for child in of.children:
        near = of.rows_of(child)
        for ancestor, way in near.items():
            depth = way.count(WAY)
            between = [
                b
                for b in near
                if b != ancestor and ancestor in of.rows_of(b) and of.rows_of(b)[ancestor].count(WAY) < depth
            ]
            if between:
                found.append((depth, child, ancestor, sorted(between)))
    return [(child, ancestor, between) for _, child, ancestor, between in sorted(found)]


def held_sources(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The sources of which there are rows."""
    return frozenset(str(r[0]) for r in rows(con, "SELECT DISTINCT source_id FROM records"))


def _do(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    con.cursor().execute(statement).fetchall()
