"""The counting: a scan for all histograms, one for each axis, all of it set-wise in DuckDB. Floor 7: part of ``stats``.

Only tags are read, never a text. What is counted by value stays in the engine, which spills; the answer has the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from rightful.query.stats.axes import Axis, Histogram
from rightful.store.duck import rows, sql_type
from rightful.store.records import RECORDS
from rightful.store.where import KeptIn, condition, naming_condition

MOST_VALUES = 1000
"""So many values of an axis are in an answer; a folder has them all."""

COUNTS = ("records", "chars", "bytes")
_SUMS = "count(*) AS records, coalesce(sum(n_chars), 0)::BIGINT AS chars, coalesce(sum(n_bytes), 0)::BIGINT AS bytes"
_ORDER = "ORDER BY records DESC, bytes DESC, value NULLS LAST"
Answer = dict[str, Any]


class Tally:
    """The counts of the records of open views that a condition selects; ``values(axis)`` of each axis in a table.

    Records that are hidden (older versions, older tags) are none of them. Raises :class:`InputError` for a condition
    that cannot be used or that fails on a record.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        axes: Iterable[Axis],
        histograms: Iterable[Histogram],
        where: str | None = None,
        of: KeptIn | None = None,
    ) -> None:
        """``con`` has the views of :func:`rightful.store.views.open_views`; its tables are this object's afterwards.

        ``of``: the snapshot that the views are of.
        """
        self.con = con
        self.axes = list(axes)
        self.histograms = list(histograms)
        self._where = condition(con, where, of)
        self._run(f"CREATE OR REPLACE VIEW counted AS SELECT * FROM records WHERE {self._where}")
        with naming_condition(self._where):
            self.totals, *unmeasured = self._sums("true", *(f"({a.measured}) IS NOT TRUE" for a in self.axes))
            for axis in self.axes:
                self._count(axis)
            self._unmeasured = {a.name: sums for a, sums in zip(self.axes, unmeasured, strict=True)}
            self._spreads = self._spread_of_records() | self._spread_of_groups()

    def as_json(self) -> Answer:
        """``totals``, the first values of each axis, the bins of each histogram."""
        return {
            "totals": self.totals,
            "axes": {axis.name: self._told(axis) for axis in self.axes},
            "histograms": {h.name: self._spreads[h.name] for h in self.histograms},
        }

    def values(self, axis: Axis) -> str:
        """A query for all values of an axis with counts and shares, the most frequent first; null: those without one."""
        records, size = (max(self.totals[name], 1) for name in ("records", "bytes"))
        shares = f"records / {records}::DOUBLE AS share, bytes / {size}::DOUBLE AS bytes_share"
        return f'SELECT value, records, chars, bytes, {shares} FROM "by_{axis.name}" {_ORDER}'

    def _count(self, axis: Axis) -> None:
        value = f'"{axis.column}"'
        if axis.several:  # unnest() drops a row whose list is empty
            value = f"unnest(CASE WHEN len({value}) > 0 THEN list_distinct({value}) ELSE [NULL] END)"
        self._run(
            f"""CREATE OR REPLACE TABLE "by_{axis.name}" AS SELECT value, {_SUMS}
            FROM (SELECT {value} AS value, n_chars, n_bytes FROM counted WHERE {axis.measured}) GROUP BY value"""
        )

    def _sums(self, *conditions: str) -> list[dict[str, int]]:
        """Records, characters and bytes under each condition, from one scan."""
        sums = ("count(*)", "sum(n_chars)", "sum(n_bytes)")
        wanted = [f"coalesce({sum_} FILTER ({which}), 0)::BIGINT" for which in conditions for sum_ in sums]
        values = rows(self.con, f"SELECT {', '.join(wanted)} FROM counted")[0]
        return [dict(zip(COUNTS, values[n : n + 3], strict=True)) for n in range(0, len(values), 3)]

    def _told(self, axis: Axis) -> Answer:
        names = ("value", *COUNTS, "share", "bytes_share")
        listed = [
            dict(zip(names, row, strict=True)) for row in rows(self.con, f"{self.values(axis)} LIMIT {MOST_VALUES}")
        ]
        sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in COUNTS)
        n, *whole = rows(self.con, f'SELECT count(value), {sums} FROM "by_{axis.name}"')[0]
        rest = [all_ - sum(row[name] for row in listed) for name, all_ in zip(COUNTS, whole, strict=True)]
        unlisted = n - sum(row["value"] is not None for row in listed)
        return {
            "column": axis.column,
            "several": axis.several,
            "unmeasured": self._unmeasured[axis.name],
            "values": n,
            "rows": listed,
            "others": {"values": unlisted, **dict(zip(COUNTS, rest, strict=True))},
        }

    def _spread_of_records(self) -> dict[str, Answer]:
        """All histograms of columns from one scan."""
        of_records = [h for h in self.histograms if h.of == "records"]
        if not of_records:
            return {}
        wanted = []
        for h in of_records:
            value = _number(h)
            wanted += [f"histogram({_bin(h, value)})", f"min({value})", f"max({value})"]
        values = rows(self.con, f"SELECT {', '.join(wanted)} FROM counted")[0]
        return {
            h.name: _spread(h, values[3 * n], values[3 * n + 1 : 3 * n + 3], self.totals["records"])
            for n, h in enumerate(of_records)
        }

    def _spread_of_groups(self) -> dict[str, Answer]:
        """Groups of copies by how many of the counted records are in them; of one record it is no group."""
        spreads = {}
        for h in (h for h in self.histograms if h.of == "groups"):
            query = f"""SELECT histogram({_bin(h, "size")}), min(size), max(size), count(*) FROM (
                SELECT count(*) AS size FROM (SELECT DISTINCT record_id, group_id FROM duplicates WHERE kind = '{h.column}')
                SEMI JOIN counted USING (record_id) GROUP BY group_id HAVING size > 1)"""
            counts, *ends, groups = rows(self.con, query)[0]
            spreads[h.name] = _spread(h, counts, ends, groups)
        return spreads

    def _run(self, statement: str) -> None:
        with naming_condition(self._where):
            self.con.cursor().execute(statement).fetchall()


def _number(h: Histogram) -> str:
    """The number as an expression; null where there is none, as for what is not a number."""
    if not h.edges:
        return f'year("{h.column}")'
    kind = sql_type(RECORDS.field(h.column).type)
    return f'CASE WHEN isfinite("{h.column}") THEN "{h.column}" END' if kind in ("FLOAT", "DOUBLE") else f'"{h.column}"'


def _bin(h: Histogram, value: str) -> str:
    """The place of the bin as an expression, or the value itself where each is a bin.

    An edge is compared in the type of the column: 0.35 as float32 is below 0.35.
    """
    if not h.edges:
        return value
    kind = sql_type(RECORDS.field(h.column).type) if h.of == "records" else "BIGINT"
    cases = " ".join(f"WHEN {value} < {edge}::{kind} THEN {n}" for n, edge in enumerate(h.edges[1:]))
    return f"CASE WHEN {value} IS NULL THEN NULL {cases} ELSE {len(h.edges) - 1} END"


def _spread(h: Histogram, counts: Mapping[int, int] | None, ends: Iterable[float | None], whole: int) -> Answer:
    by_value = sorted((counts or {}).items())
    bins = []
    for at, n in by_value:
        low: float = h.edges[at] if h.edges else at
        last = bool(h.edges) and at == len(h.edges) - 1
        high = (1 if h.is_share else None) if last else h.edges[at + 1] if h.edges else at + 1
        bins.append({"low": low, "high": high, "count": n})
    least, most = ends
    known = sum(n for _, n in by_value)
    return {"of": h.of, "known": known, "missing": whole - known, "least": least, "most": most, "bins": bins}
