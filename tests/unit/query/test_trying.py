"""What a set of cases would leave out for copies is what the survivors of the same contenders leave out."""

from __future__ import annotations

from contextlib import closing

import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rightful.decisions.survivors import survivors
from rightful.query.trying import Copies
from rightful.store.duck import connect, fill, rows
from rightful.store.relations import build

ORDER = "c.n_chars DESC, p.ordinal, c.row, c.record_id"
GROUPS = st.sampled_from(["", "a", "b", "c"])


def by_survivors(con: duckdb.DuckDBPyConnection, kinds: tuple[str, ...], permitted: set[int]) -> tuple[int, int]:
    """The same by a query for each set."""
    fill(con, "permitted_cases", pa.table({"case_id": pa.array(sorted(permitted), pa.int64())}))
    rows(con, "CREATE OR REPLACE TABLE contenders AS FROM considered_copies SEMI JOIN permitted_cases USING (case_id)")
    build(con, survivors(kinds, ORDER))
    [(n, chars)] = rows(
        con, "SELECT count(*), coalesce(sum(n_chars), 0)::BIGINT FROM contenders SEMI JOIN dropped USING (part, row)"
    )
    return int(n), int(chars)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), GROUPS, GROUPS, GROUPS), max_size=14),
    st.sampled_from([(), ("exact",), ("exact", "near")]),
    st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=4),
)
def test_left_out_is_what_survivors_leave_out(
    records: list[tuple[int, int, str, str, str]], kinds: tuple[str, ...], asked: list[set[int]]
) -> None:
    """A record may be in two groups of near copies; some are in none."""
    names = [f"r{n * 7 % 15}" for n in range(len(records))]
    copies = {
        "record_id": names,
        "part": [f"p{n % 2}" for n in range(len(records))],
        "row": list(range(len(records))),
        "case_id": [r[0] for r in records],
        "n_chars": [r[1] for r in records],
    }
    exact = [(name, r[2]) for name, r in zip(names, records, strict=True) if r[2]]
    near = [(name, group) for name, r in zip(names, records, strict=True) for group in r[3:] if group]
    with closing(connect(threads=1)) as con:
        fill(con, "considered_copies", pa.table({**copies, "n_chars": pa.array(copies["n_chars"], pa.int64())}))
        fill(con, "part_order", pa.table({"part": ["p0", "p1"], "ordinal": [0, 1]}))
        for name, listed in (("duplicates", exact), ("near_members", near)):
            ids, groups = pa.array([r for r, _ in listed], pa.string()), pa.array([g for _, g in listed], pa.string())
            kind = pa.array(["exact"] * len(listed), pa.string())
            fill(con, name, pa.table({"record_id": ids, "group_id": groups, "kind": kind}))
        if not records:
            rows(con, "CREATE OR REPLACE TABLE considered_copies AS SELECT '' AS record_id, '' AS part, 0 AS row, 0 AS case_id,"
                 " 0::BIGINT AS n_chars WHERE false")  # fmt: skip
        tried = Copies.read(con, kinds, ORDER)
        for permitted in asked:
            assert tried.left_out(permitted) == by_survivors(con, kinds, permitted)
