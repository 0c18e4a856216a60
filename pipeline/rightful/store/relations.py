"""What a job computes, as named tables in their order: each with its columns and the tables that it reads. Floor 4.

A job (decide a snapshot, land what was read, list reviews) is one tuple of relations. What a relation reads stands before
it in the tuple, or is one of the tables that the job starts from; a test holds every tuple to that, to the columns that
it names, and to what its SQL really reads. Nothing adds rows to a relation later: what comes in addition has a name of its
own, and a later relation is the union.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from rightful.store.duck import fill, rows

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Relation:
    """One table. ``columns`` and ``reads`` are names with spaces between them.

    ``query`` is the SQL that makes it, with ``$name`` where one of the values comes in that it ``takes``. Without a query the
    relation is *given*: it is filled from what Python knows. ``through``: Python makes the table of the rows that the query
    finds. ``view``: it is computed where it is read.
    ``rests_on``: where none of these relations has a row, this one has none either, and its query need not run.
    """

    name: str
    columns: str
    reads: str = ""
    query: str = ""
    through: Callable[[Rows], pa.Table] | None = None
    view: bool = False
    rests_on: str = ""
    takes: str = ""

    @property
    def is_given(self) -> bool:
        """True for a table that is filled from what Python knows."""
        return not self.query


def build(
    con: duckdb.DuckDBPyConnection,
    relations: Iterable[Relation],
    given: Mapping[str, pa.Table] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Make the relations on a connection, one after the other; each takes the place of one of the same name.

    ``given`` are the tables of those that are given, ``values`` what the queries take. Raises
    :class:`KeyError` where one is missing.
    """
    for one in relations:
        if one.is_given:
            fill(con, one.name, (given or {})[one.name].select(one.columns.split()))
            continue
        wanted = {name: (values or {})[name] for name in one.takes.split()}
        if one.through is not None:
            queried = con.cursor().execute(one.query, wanted).fetchall()
            fill(con, one.name, one.through(queried).select(one.columns.split()))
            continue
        kind = "VIEW" if one.view else "TABLE"
        rests = one.rests_on.split()
        is_empty = bool(rests) and not any(rows(con, f"SELECT 1 FROM {name} LIMIT 1") for name in rests)
        if is_empty and not one.view and one.query in _SHAPES:
            _put(con, one.name, "TABLE", f"({_SHAPES[one.query]})", {})
            continue
        query = f"FROM ({one.query}) LIMIT 0" if is_empty else one.query
        _put(con, one.name, kind, f"AS {query}", wanted)
        if is_empty:
            _SHAPES[one.query] = _shape(con, one.name)


def _put(con: duckdb.DuckDBPyConnection, name: str, kind: str, content: str, wanted: Mapping[str, Any]) -> None:
    """Make a table or a view, in the place of one of the same name."""
    statement = f"CREATE OR REPLACE {kind} {name} {content}"
    try:
        con.cursor().execute(statement, wanted).fetchall()
    except duckdb.CatalogException as error:
        if f'"{name}" is of type' not in str(error):
            raise
        con.cursor().execute(f"DROP {'VIEW' if kind == 'TABLE' else 'TABLE'} {name}").fetchall()  # what it was before
        con.cursor().execute(statement, wanted).fetchall()


_SHAPES: dict[str, str] = {}
"""Columns and types of relations that were empty in this process, by query: they follow from the query alone, and making a
table of them takes a tenth of planning the query again."""


def _shape(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The columns of a table, as they stand in the statement that makes it."""
    return ", ".join(
        f'"{column}" {kind}' for column, kind in rows(con, f"SELECT column_name, column_type FROM (DESCRIBE {name})")
    )


def union(name: str, columns: str, *of: str) -> Relation:
    """The view of all rows of some relations."""
    listed = columns.replace(" ", ", ")
    query = " UNION ALL ".join(f"SELECT {listed} FROM {one}" for one in of)
    return Relation(name, columns, " ".join(of), query, view=True)


def strings(**columns: Iterable[str | None]) -> pa.Table:
    """A table of columns of text."""
    return pa.table({name: pa.array(list(values), pa.string()) for name, values in columns.items()})
