"""Building relations: what is given, what takes values, what goes through Python, what rests on something that is empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest

from rightful.store.duck import connect, rows
from rightful.store.relations import Relation, Rows, build, strings, union

NAMED = Relation("named", "word size")
WORDS = pa.table({"size": pa.array([1, 3], pa.int64()), "word": ["a", "and"], "more": ["x", "y"]})


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connect(threads=1)) as con:
        yield con


def test_given_relation_has_the_columns_that_it_names_in_their_order(con: duckdb.DuckDBPyConnection) -> None:
    build(con, (NAMED,), {"named": WORDS})
    assert [r[0] for r in rows(con, "DESCRIBE named")] == ["word", "size"]
    assert rows(con, "FROM named") == [("a", 1), ("and", 3)]
    with pytest.raises(KeyError, match="named"):
        build(con, (NAMED,), {})
    with pytest.raises(KeyError, match="size"):
        build(con, (NAMED,), {"named": WORDS.drop_columns("size")})


def test_query_takes_only_the_values_that_it_names(con: duckdb.DuckDBPyConnection) -> None:
    long = Relation(
        "long", "word", "named", "SELECT word FROM named WHERE size > $least AND word <> '$more'", takes="least"
    )
    build(con, (NAMED, long), {"named": WORDS}, {"least": 2, "other": 7})
    assert rows(con, "FROM long") == [("and",)]
    with pytest.raises(KeyError, match="least"):
        build(con, (NAMED, long), {"named": WORDS})


def test_rows_go_through_python(con: duckdb.DuckDBPyConnection) -> None:
    def upper(found: Rows) -> pa.Table:
        return strings(word=[str(word).upper() for (word,) in found])

    build(con, (NAMED, Relation("loud", "word", "named", "SELECT word FROM named", upper)), {"named": WORDS})
    assert rows(con, "FROM loud") == [("A",), ("AND",)]


def test_view_follows_what_it_reads_and_a_table_stays(con: duckdb.DuckDBPyConnection) -> None:
    made = [Relation(n, "word", "named", "SELECT word FROM named", view=n == "view") for n in ("view", "kept")]
    build(con, (NAMED, *made), {"named": WORDS})
    build(con, (NAMED,), {"named": WORDS.slice(0, 1)})
    assert (rows(con, "FROM view"), rows(con, "FROM kept")) == ([("a",)], [("a",), ("and",)])


def test_query_runs_unless_all_that_it_rests_on_is_empty(con: duckdb.DuckDBPyConnection) -> None:
    # The query would fail if it ran; its columns and their types are known all the same.
    fails = "SELECT word, error('it ran')::BIGINT AS size FROM range(1) JOIN (FROM named UNION ALL BY NAME FROM others) ON true"
    other = Relation("others", "word size")
    needs = Relation(
        "fails", "word size", "named others", f"{fails} UNION ALL SELECT error('it ran'), 0", rests_on="named others"
    )
    none = WORDS.slice(0, 0)
    for _ in range(2):  # the second time without planning it
        build(con, (NAMED, other, needs), {"named": none, "others": none})
        assert rows(con, "FROM fails") == []
        assert [r[:2] for r in rows(con, "DESCRIBE fails")] == [("word", "VARCHAR"), ("size", "BIGINT")]
    with pytest.raises(duckdb.Error, match="it ran"):
        build(con, (NAMED, other, needs), {"named": none, "others": WORDS})


def test_union_has_all_rows_of_its_relations_by_column(con: duckdb.DuckDBPyConnection) -> None:
    twin = Relation("twin", "size word", "named", "SELECT size, word FROM named WHERE size = 1")
    whole = union("whole", "word size", "named", "twin")
    build(con, (NAMED, twin, whole), {"named": WORDS})
    assert (whole.reads, sorted(rows(con, "FROM whole"))) == ("named twin", [("a", 1), ("a", 1), ("and", 3)])


def test_relation_takes_the_place_of_one_of_the_other_kind(con: duckdb.DuckDBPyConnection) -> None:
    made = Relation("made", "word", "named", "SELECT word FROM named")
    for one in (made, replace(made, view=True), made):
        build(con, (NAMED, one), {"named": WORDS})
        assert rows(con, "FROM made") == [("a",), ("and",)]
