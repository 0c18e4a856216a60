"""A table that is filled with no rows has the columns and types that it would have with some."""

from __future__ import annotations

from contextlib import closing

import duckdb
import pyarrow as pa
import pytest

from rightful.store.duck import connect, fill, rows
from rightful.store.records import KINDS

ODD = pa.schema([pa.field("a b", pa.string()), pa.field('q"', pa.int64()), pa.field("when", pa.timestamp("us"))])
SCHEMAS = {**KINDS, "odd": ODD, "days": pa.schema([("day", pa.date32()), ("select", pa.int16())])}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_empty_table_is_filled_with_the_types_of_the_engine(kind: str) -> None:
    nothing = SCHEMAS[kind].empty_table()
    with closing(connect(threads=1)) as con:
        fill(con, "made", nothing)
        con.register("given", nothing)
        con.execute("CREATE TABLE expected AS FROM given")
        described = [
            rows(con, f"SELECT column_name, column_type FROM (DESCRIBE {name})") for name in ("made", "expected")
        ]
        assert described[0] == described[1]
        assert rows(con, "FROM made") == []


def test_table_without_rows_takes_the_place_of_one_with_rows() -> None:
    with closing(connect(threads=1)) as con:
        fill(con, "made", pa.table({"n": pa.array([1], pa.int64())}))
        fill(con, "made", pa.table({"m": pa.array([], pa.string())}))
        assert con.execute("FROM made").fetchall() == []
        with pytest.raises(duckdb.Error):
            con.execute("SELECT n FROM made")
