"""Which row of an ancestor a record came from, set-wise. Floor 5. Law 11.3.

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
from rightful.store.duck import literal, rows
from rightful.store.relations import Relation, strings, union


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
    for source, ancestors in layers.items():
        for way, ancestor in sorted(ancestors.items(), key=lambda item: (item[0].count(WAY), item[0])):
            if ancestor != source:
                shortest.setdefault(source, {}).setdefault(ancestor, way)
    return Chains(shortest, layers, frozenset(held))


_ROWS_HAVE = "record_id source_id ancestor arow"


def chain_pairs(of: Chains) -> pa.Table:
    """The sources that come through an ancestor of which there are rows, with each such ancestor."""
    pairs = [(source, ancestor) for source in of.children for ancestor in of.rows_of(source)]
    return strings(child=[c for c, _ in pairs], ancestor=[a for _, a in pairs])


def ancestor_rows(of: Chains) -> tuple[Relation, ...]:
    """``ancestor_rows``: which rows (``arow``) of its ancestors each record came from; ``strays``: records of which one
    is not known, since they name a row that is in none of their ancestors.
    """
    keys = ("a.url = c.url", "a.source_record_id = c.source_record_id", "a.norm_sha256 = c.norm_sha256")
    alike = " UNION ".join(
        f"""SELECT c.record_id, c.source_id, p.ancestor, a.record_id AS arow FROM chain_rows c
        JOIN chain_pairs p ON p.child = c.source_id JOIN chain_rows a ON a.source_id = p.ancestor AND {key}"""
        for key in keys
    )
    steps = _through_others(of)
    return (
        Relation("chain_pairs", "child ancestor"),
        Relation(
            "chain_rows",
            "record_id source_id source_record_id url norm_sha256 parents part row",
            "records chain_pairs",
            """SELECT record_id, source_id, source_record_id, url, norm_sha256, parents, part, row
            FROM records WHERE source_id IN (SELECT child FROM chain_pairs UNION SELECT ancestor FROM chain_pairs)""",
        ),
        Relation(
            "parents_named",
            "record_id source_id parent",
            "chain_rows chain_pairs",
            """SELECT c.record_id, c.source_id, unnest(c.parents) AS parent FROM chain_rows c
            WHERE c.source_id IN (SELECT child FROM chain_pairs)""",
        ),
        Relation(
            "rows_named",
            "record_id source_id ancestor parent arow",
            "parents_named chain_pairs chain_rows",
            """SELECT s.record_id, s.source_id, p.ancestor, s.parent, a.record_id AS arow FROM parents_named s
            JOIN chain_pairs p ON p.child = s.source_id
            JOIN chain_rows a ON a.source_id = p.ancestor AND (a.record_id = s.parent OR a.source_record_id = s.parent)""",
        ),
        Relation(
            "strays",
            "record_id",
            "parents_named rows_named",
            """SELECT DISTINCT s.record_id FROM parents_named s
            WHERE NOT EXISTS (SELECT 1 FROM rows_named n WHERE n.record_id = s.record_id AND n.parent = s.parent)""",
        ),
        Relation(
            "rows_found",
            _ROWS_HAVE,
            "rows_named chain_rows chain_pairs",
            f"""SELECT DISTINCT record_id, source_id, ancestor, arow FROM rows_named
            UNION SELECT record_id, source_id, ancestor, arow FROM ({alike}) m
            WHERE NOT EXISTS (SELECT 1 FROM rows_named n WHERE n.record_id = m.record_id AND n.ancestor = m.ancestor)""",
        ),
        *steps,
        union("ancestor_rows", _ROWS_HAVE, "rows_found", *(s.name for s in steps if not s.view)),
    )


def _through_others(of: Chains) -> tuple[Relation, ...]:
    """What is found through a source in between: a relation for each step, which reads all that was found before it."""
    steps: list[Relation] = []
    so_far = "rows_found"
    for n, (child, ancestor, through) in enumerate(_steps(of), 1):
        listed = ", ".join(map(literal, through))
        query = f"""WITH steps AS (
                SELECT m.record_id, n.arow FROM {so_far} m
                LEFT JOIN {so_far} n ON n.record_id = m.arow AND n.ancestor = {literal(ancestor)}
                WHERE m.source_id = {literal(child)} AND m.ancestor IN ({listed}) AND NOT EXISTS (
                    SELECT 1 FROM {so_far} k WHERE k.record_id = m.record_id AND k.ancestor = {literal(ancestor)})),
            whole AS (SELECT record_id FROM steps GROUP BY record_id HAVING bool_and(arow IS NOT NULL))
            SELECT DISTINCT s.record_id, {literal(child)} AS source_id, {literal(ancestor)} AS ancestor, s.arow
            FROM steps s SEMI JOIN whole w USING (record_id)"""
        step = Relation(f"rows_through_{n}", _ROWS_HAVE, so_far, query)
        before = [s.name for s in steps if not s.view]
        so_far = f"rows_after_{n}"
        steps += [step, union(so_far, _ROWS_HAVE, "rows_found", *before, step.name)]
    return tuple(steps)


def lineages(own: str) -> tuple[Relation, ...]:
    """``lineages`` and, by place, ``lineage_at``: which rows of ancestors records came from. Reads ``own_cased``, which has
    the keys ``own``.

    ``known`` are numbers in ``chain_keys``, the own cases of the rows that were found; ``lost`` the ancestors in which
    none was.
    """
    keys = own.replace(",", "")
    return (
        Relation(
            "chain_own",
            f"record_id source_id {keys}",
            "own_cased chain_pairs",
            f"""SELECT record_id, source_id, {own} FROM own_cased WHERE source_id IN (SELECT ancestor FROM chain_pairs)""",
        ),
        Relation(
            "chain_keys",
            f"own_id source_id {keys}",
            "chain_own",
            f"""SELECT row_number() OVER (ORDER BY source_id, {own}) AS own_id, * FROM (
                SELECT DISTINCT source_id, {own} FROM chain_own)""",
        ),
        Relation(
            "lineage_records",
            "part row source_id known lost",
            "chain_own chain_keys ancestor_rows chain_pairs chain_rows strays",
            f"""WITH numbered AS (SELECT o.record_id, k.own_id FROM chain_own o JOIN chain_keys k USING (source_id, {own})),
            found AS (
                SELECT c.record_id, list_sort(list(DISTINCT n.own_id)) AS known, list(DISTINCT c.ancestor) AS ancestors
                FROM ancestor_rows c JOIN numbered n ON n.record_id = c.arow GROUP BY c.record_id),
            every AS (SELECT child, list_sort(list(ancestor)) AS ancestors FROM chain_pairs GROUP BY child)
            SELECT r.part, r.row, r.source_id, coalesce(f.known, []) AS known,
                CASE WHEN s.record_id IS NOT NULL THEN e.ancestors
                    ELSE list_filter(e.ancestors, lambda a: NOT list_contains(coalesce(f.ancestors, []), a)) END AS lost
            FROM chain_rows r JOIN every e ON e.child = r.source_id
            LEFT JOIN found f ON f.record_id = r.record_id LEFT JOIN strays s ON s.record_id = r.record_id""",
        ),
        Relation(
            "lineages",
            "through source_id known lost",
            "lineage_records",
            """SELECT row_number() OVER (ORDER BY source_id, known, lost) AS through, *
            FROM (SELECT DISTINCT source_id, known, lost FROM lineage_records)""",
        ),
        Relation(
            "lineage_at",
            "part row through",
            "lineage_records lineages",
            """SELECT r.part, r.row, l.through FROM lineage_records r JOIN lineages l USING (source_id, known, lost)""",
        ),
    )


def _steps(of: Chains) -> list[tuple[str, str, list[str]]]:
    """Which ancestors are reached through which sources in between, the nearest first."""
    steps = []
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
                steps.append((depth, child, ancestor, sorted(between)))
    return [(child, ancestor, between) for _, child, ancestor, between in sorted(steps)]


def held_sources(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The sources of which there are rows."""
    return frozenset(str(r[0]) for r in rows(con, "SELECT DISTINCT source_id FROM records"))
