"""Which side of a split every record of a store is on, and which are on none: read from a snapshot. Floor 8.

Copies are looked at in the whole snapshot, permitted or not, and in the order in which they came into the store: so neither
the use nor a condition, a withdrawal or another choice of copies moves a record from one side to another. What comes of it
stands in the table ``held_out(record_id, held)``, of records that are on no side, and in :class:`Division`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.decisions.cases import Decided
from rightful.dedup.settings import Near
from rightful.export.planning.groups import NOWHERE, Ints, Mask, firsts, roots, straddling
from rightful.export.planning.splitting import SOURCE, TIME, Split
from rightful.query.held import CONTAMINATED, OUTSIDE, STRADDLES, UNDATED
from rightful.store.check import check_parts
from rightful.store.duck import fill, literal, rows, scan, table
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.records import PAIRS

SETTINGS = "near.settings"
"""What the ledger remembers of a search for near copies."""
_BATCH_ROWS = 1 << 18
HELD_OUT = "held_out"
"""The table of records that are on no side, with the reason: ``record_id, held``."""


@dataclass(frozen=True, slots=True)
class Ties:
    """The records that have copies, numbered in the order in which they came, and what binds them.

    ``texts``: the first record with the text of each. ``roots``: the record that the group of each began with. ``pairs``: two
    rows of texts that are nearly the same; ``members`` and ``groups``: texts that are all copies of each other.
    """

    records: pa.Table
    texts: Ints
    roots: Ints
    stands: Mask
    pairs: Ints
    members: Ints
    groups: Ints

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Division:
    """A split of a snapshot. ``sides``: of the records of ``ties``, :data:`NOWHERE` for those on none. ``near_copies``: whether
    near copies were looked for; ``evaluation_sets``: how many records were compared with some, and overlap one."""

    split: Split
    ties: Ties
    sides: Ints
    near_copies: bool
    evaluation_sets: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """By what was split, as it stands in the manifest."""
        return {"by": self.split.by, "near_copies": self.near_copies, "evaluation_sets": self.evaluation_sets}

    def of(self, chosen: pa.Table) -> tuple[Ints, Ints]:
        """Of chosen records (``record_id, source_id, origin, published_at``) the side, and the group of copies as a number.

        Raises :class:`InputError` for a source that is on no side, and for a side that has no record.
        """
        if self.split.by == SOURCE:
            self.split.check_sources(set(chosen.column("source_id").to_pylist()))
        units = units_of(self.ties, chosen)
        tied = units < len(self.ties)
        sides = np.empty(chosen.num_rows, np.int64)
        at = _places(self.ties, chosen)
        sides[tied] = self.sides[at[tied]]
        alone = chosen.filter(pa.array(~tied))
        sides[~tied] = _own_sides(self.split, alone)
        self.split.check_filled(np.bincount(sides, minlength=len(self.split.sides)).tolist())
        return sides, units


def units_of(ties: Ties, chosen: pa.Table) -> Ints:
    """Of chosen records the group of copies as a number: the same of two of one group, and of no others."""
    at = _places(ties, chosen)
    alone = len(ties) + np.arange(chosen.num_rows, dtype=np.int64)
    return np.where(at == NOWHERE, alone, ties.roots[at] if len(ties) else alone)


def origin_of(alias: str) -> str:
    """SQL for what a record is called in its source, which a new version of it is called as well."""
    return f"coalesce({alias}.source_record_id, {alias}.url, {alias}.record_id)"


def divide(decided: Decided, split: Split, weighed: pa.Table | None = None) -> Division:
    """Divide a snapshot, and fill :data:`HELD_OUT`. ``weighed`` (``record_id, published_at, n_chars``): by which shares of time are cut.

    Raises :class:`UnknownName` for a source that there is not, :class:`InputError` for shares that cannot be cut.
    """
    ties = read_ties(decided.con, decided.layout, decided.ledger, decided.snapshot, by_time=split.by == TIME)
    if split.by == SOURCE:
        split = split.named(_source_ids(decided.ledger))
    if split.by == TIME and split.has_shares:
        assert weighed is not None
        split = _cut(split, ties, weighed)
    sides, reasons = _sides_of_ties(split, ties)
    _hold_out(decided.con, split, ties, reasons)
    return Division(split, ties, sides, _is_searched(decided), _contamination(decided.con))


def read_ties(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int, *, by_time: bool = False
) -> Ties:
    """The records of a decided snapshot that have copies. ``by_time``: those that came in one run are in the order of
    publication. Raises :class:`StoreError` for a part that is not what was committed."""
    check_parts(layout, ledger, snapshot, ("pairs",))
    pairs = scan([layout.part("pairs", p.part) for p in ledger.parts("pairs", snapshot)], PAIRS)
    fill(con, "arrivals", _arrivals(ledger, snapshot))
    run = con.cursor().execute
    within = "arrived, published_at NULLS LAST, place" if by_time else "place"
    run(
        f"""CREATE OR REPLACE TABLE tied AS SELECT row_number() OVER (ORDER BY {within}, record_id) - 1 AS n, * FROM (
            SELECT a.record_id, min((o.ordinal, a.row)) AS place, any_value(a.source_id) AS source_id,
                any_value({origin_of("a")}) AS origin, min(a.published_at) AS published_at, min(o.arrived) AS arrived
            FROM all_records a JOIN arrivals o ON o.part = a.part SEMI JOIN (
                SELECT record_id FROM duplicates UNION SELECT record_id FROM exact_members
                UNION SELECT record_id_a FROM {pairs} UNION SELECT record_id_b FROM {pairs}) t ON t.record_id = a.record_id
            GROUP BY a.record_id)"""
    ).fetchall()
    records = table(
        con,
        """SELECT t.record_id, t.source_id, t.origin, t.published_at, t.arrived, r.record_id IS NOT NULL AS stands
        FROM tied t LEFT JOIN (SELECT record_id FROM records) r ON r.record_id = t.record_id ORDER BY t.n""",
    )
    exact = _numbers(
        con, "SELECT t.n, d.group_id FROM duplicates d JOIN tied t USING (record_id) WHERE d.kind = 'exact'"
    )
    texts = firsts(records.num_rows, *exact)
    one, other, found = _pairs(con, ledger, snapshot, layout)
    one, other = texts[one], texts[other]
    arrived = records.column("arrived").to_numpy()
    in_time = found <= np.maximum(arrived[one], arrived[other]) if len(records) else np.zeros(0, np.bool_)
    first = roots(records.num_rows, one[in_time], other[in_time])
    near = _numbers(con, "SELECT t.n, m.group_id FROM near_members m JOIN tied t USING (record_id)")
    works = _numbers(
        con, "SELECT t.n, m.group_id FROM exact_members m JOIN tied t USING (record_id) WHERE m.group_id LIKE 'work:%'"
    )
    groups = np.concatenate([near[1], works[1] + (int(near[1].max()) + 1 if near[1].size else 0)])
    return Ties(
        records=records,
        texts=texts,
        roots=first[texts],
        stands=records.column("stands").to_numpy(zero_copy_only=False),
        pairs=np.stack([one, other]),
        members=texts[np.concatenate([near[0], works[0]])],
        groups=groups,
    )


def _arrivals(ledger: Ledger, snapshot: int) -> pa.Table:
    """``part, ordinal, arrived``: of every part of the snapshot when its texts came, for tags that were made anew have a part
    of another name; ``arrived`` counts runs."""
    first: dict[str, int] = {}
    when: dict[str, int] = {}
    times = ledger.part_times("texts")
    for part in ledger.every_part("texts"):
        first.setdefault(part.sha256, part.ordinal)
        moment = int(times[part.part].timestamp() * 1e6)
        when[part.sha256] = min(moment, when.get(part.sha256, moment))
    parts = ledger.parts("texts", snapshot)
    return pa.table(
        {
            "part": pa.array([p.part for p in parts], pa.string()),
            "ordinal": pa.array([first[p.sha256] for p in parts], pa.int64()),
            "arrived": pa.array([when[p.sha256] for p in parts], pa.int64()),
        }
    )


def _pairs(con: duckdb.DuckDBPyConnection, ledger: Ledger, snapshot: int, layout: Layout) -> tuple[Ints, Ints, Ints]:
    """Near copies as numbers of records, and when each was found. What the first search found counts as found in time: that one
    looked at all that was there, as it does again with other settings."""
    times = ledger.part_times("pairs")
    one, other, found = [], [], []
    for number, part in enumerate(ledger.parts("pairs", snapshot)):
        query = f"""SELECT a.n AS one, b.n AS other FROM {scan([layout.part("pairs", part.part)], PAIRS)} p
            JOIN tied a ON a.record_id = p.record_id_a JOIN tied b ON b.record_id = p.record_id_b"""
        of = table(con, query)
        moment = int(times[part.part].timestamp() * 1e6) if number else np.iinfo(np.int64).min
        one.append(of.column("one").to_numpy())
        other.append(of.column("other").to_numpy())
        found.append(np.full(len(of), moment, np.int64))
    nothing = np.zeros(0, np.int64)
    return (np.concatenate([nothing, *one]), np.concatenate([nothing, *other]), np.concatenate([nothing, *found]))


def _numbers(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Ints, Ints]:
    """Records and groups of a query for both, the groups as numbers from 0 on."""
    of = table(con, f"SELECT n, dense_rank() OVER (ORDER BY group_id) - 1 AS g FROM ({query}) ORDER BY n, g")
    return of.column("n").to_numpy().astype(np.int64), of.column("g").to_numpy().astype(np.int64)


def _source_ids(ledger: Ledger) -> dict[str, str]:
    """Of every source its id, by its id and by the name in its card."""
    listed = ledger.sources(ledger.snapshot())
    named = {str(card["card"]["name"]): str(card["source_id"]) for card in listed}
    return named | {str(card["source_id"]): str(card["source_id"]) for card in listed}


def _cut(split: Split, ties: Ties, weighed: pa.Table) -> Split:
    """Shares of time as periods, each record at the instant by which its side goes."""
    at, known = _instants(weighed)
    places = _places(ties, weighed)
    tied = places != NOWHERE
    of_ties, known_of_ties = _instants(ties.records)
    begins = ties.roots[places[tied]]
    at, known = at.copy(), known.copy()
    at[tied], known[tied] = of_ties[begins], known_of_ties[begins]
    if not known.any():
        raise split.empty(split.sides[0].name, weighed.num_rows)
    return split.cut(at[known], weighed.column("n_chars").to_numpy()[known].astype(np.int64))


def _sides_of_ties(split: Split, ties: Ties) -> tuple[Ints, list[str | None]]:
    """The side of each record that has copies, and why those that are on none are not."""
    own = _own_sides(split, ties.records)
    begins = np.arange(len(ties)) if split.by == SOURCE else ties.roots
    sides = own[begins]
    of_texts = np.full(len(ties), NOWHERE, np.int64)
    standing = np.flatnonzero(ties.stands)
    of_texts[ties.texts[standing[::-1]]] = sides[standing[::-1]]  # of several records of a text the first says
    out = straddling(of_texts, ties.pairs[0], ties.pairs[1], ties.members, ties.groups)[ties.texts]
    out |= (sides != of_texts[ties.texts]) & ties.stands & (sides != NOWHERE)
    reasons: list[str | None] = [None] * len(ties)
    for n in np.flatnonzero(out).tolist():
        reasons[n] = STRADDLES
    if split.by == TIME:
        known = _instants(ties.records)[1][begins]
        for n in np.flatnonzero(sides == NOWHERE).tolist():
            reasons[n] = OUTSIDE if known[n] else UNDATED
    return np.where(out, NOWHERE, sides), reasons


def _hold_out(con: duckdb.DuckDBPyConnection, split: Split, ties: Ties, reasons: list[str | None]) -> None:
    """Fill the table of what is on no side: first what overlaps an evaluation set, whatever else may be said of it."""
    out = [n for n, reason in enumerate(reasons) if reason is not None]
    fill(
        con,
        "held_copies",
        pa.table(
            {
                "record_id": ties.records.column("record_id").take(pa.array(out, pa.int64())),
                "held": pa.array([reasons[n] for n in out], pa.string()),
            }
        ),
    )
    alone = ""
    if split.by == TIME:
        periods = " OR ".join(
            f"(epoch_us(published_at) >= {side.since} AND epoch_us(published_at) < {side.until})"
            for side in split.sides
        )
        alone = f"""UNION ALL SELECT record_id, CASE WHEN published_at IS NULL THEN {literal(UNDATED)}
                ELSE {literal(OUTSIDE)} END
            FROM records r WHERE (published_at IS NULL OR NOT ({periods}))
            AND NOT EXISTS (SELECT 1 FROM tied t WHERE t.record_id = r.record_id)"""
    con.cursor().execute(
        f"""CREATE OR REPLACE TABLE {HELD_OUT} AS
        WITH tagged AS (SELECT record_id FROM records WHERE len(contaminated_by) > 0),
        apart AS (SELECT record_id, held FROM held_copies {alone})
        SELECT record_id, {literal(CONTAMINATED)} AS held FROM tagged
        UNION ALL SELECT record_id, held FROM apart a
        WHERE NOT EXISTS (SELECT 1 FROM tagged t WHERE t.record_id = a.record_id)"""
    ).fetchall()


def _is_searched(decided: Decided) -> bool:
    """Whether near copies were looked for; the settings without a search are those of a recipe that says no more."""
    settings = decided.ledger.remembered(SETTINGS)
    marks = decided.ledger.parts("near", decided.snapshot)
    return bool(marks) or settings not in (None, Near(search=False).digest)


def _contamination(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many records that stand were compared with evaluation sets, and how many of them overlap one."""
    query = "SELECT count(contaminated_by), count(*) FILTER (WHERE len(contaminated_by) > 0) FROM records"
    [(compared, overlapping)] = rows(con, query)
    return {"compared": int(compared), "overlapping": int(overlapping)}


def _own_sides(split: Split, records: pa.Table) -> Ints:
    """The side of each record by what it says itself."""
    if split.by == TIME:
        return split.sides_of_instants(*_instants(records))
    if split.by == SOURCE:
        sources = records.column("source_id").to_pylist()
        of = split.sides_of_sources(set(sources))
        return np.array([of[source] for source in sources], np.int64)
    sides = [np.zeros(0, np.int64)]
    for batch in records.select(["source_id", "origin"]).to_batches(_BATCH_ROWS):
        named = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        sides.append(split.sides_of_keys([f"{source}\x00{origin}" for source, origin in named]))
    return np.concatenate(sides)


def _instants(records: pa.Table) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Microseconds since 1970, and which of them are known."""
    column = records.column("published_at")
    known = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return pc.fill_null(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()), 0).to_numpy(), known


def _places(ties: Ties, chosen: pa.Table) -> Ints:
    """Which of the records with copies each chosen one is, :data:`NOWHERE` for none."""
    at = pc.index_in(
        chosen.column("record_id").cast(pa.string()),
        ties.records.column("record_id").cast(pa.string()).combine_chunks(),
    )
    places: Ints = pc.fill_null(at, NOWHERE).to_numpy().astype(np.int64)
    return places
