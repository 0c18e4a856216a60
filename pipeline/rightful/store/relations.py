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
    ``rests_on``: where none of these relations has a row, this one has none either, and its query need not run. A view is made all
    the same, and what rests on it need not look.
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
    known: dict[str, bool] = {}

    def is_empty(name: str) -> bool:
        if name not in known:
            known[name] = not rows(con, f"SELECT 1 FROM {name} LIMIT 1")
        return known[name]

    for one in relations:
        if one.is_given:
            content = (given or {})[one.name].select(one.columns.split())
            fill(con, one.name, content)
            known[one.name] = not content.num_rows
            continue
        wanted = {name: (values or {})[name] for name in one.takes.split()}
        rests = bool(one.rests_on) and all(map(is_empty, one.rests_on.split()))
        if one.view:
            _put(con, one.name, "VIEW", f"AS {one.query}", wanted)
            known.pop(one.name, None)
            if rests:
                known[one.name] = True
        elif one.through is not None:
            content = one.through([] if rests else con.cursor().execute(one.query, wanted).fetchall())
            fill(con, one.name, content.select(one.columns.split()))
            known[one.name] = not content.num_rows
        elif rests:
            _put_empty(con, one, wanted)
            known[one.name] = True
        else:
            known[one.name] = not _put(con, one.name, "TABLE", f"AS {one.query}", wanted)


def _put_empty(con: duckdb.DuckDBPyConnection, one: Relation, wanted: Mapping[str, Any]) -> None:
    """Make a table without rows. Where the types of all its columns are known, its query is not even planned."""
    shape = _SHAPES.get(one.query) or typed_columns(one)
    if shape is not None:
        _put(con, one.name, "TABLE", f"({shape})", {})
        return
    _put(con, one.name, "TABLE", f"AS FROM ({one.query}) LIMIT 0", wanted)
    _SHAPES[one.query] = _shape(con, one.name)


def _put(con: duckdb.DuckDBPyConnection, name: str, kind: str, content: str, wanted: Mapping[str, Any]) -> int:
    """Make a table or a view, in the place of one of the same name. The rows that a query brought into the table."""
    statement = f"CREATE OR REPLACE {kind} {name} {content}"
    try:
        count = con.cursor().execute(statement, wanted).fetchall()
    except duckdb.CatalogException as error:
        if f'"{name}" is of type' not in str(error):
            raise
        con.cursor().execute(f"DROP {'VIEW' if kind == 'TABLE' else 'TABLE'} {name}").fetchall()  # what it was before
        count = con.cursor().execute(statement, wanted).fetchall()
    return int(count[0][0]) if count else 0


_OF_TYPE: Mapping[str, str] = {
    "VARCHAR": "record_id source_id source_record_id file url host rights_id part place group_id text other reach personal_data"
    " legal_basis pii_state card_sha256 license_concluded language matched_id",
    "VARCHAR[]": "said others near earlier pii_types",
    "BIGINT": "sid row ordinal special n_chars case_id",
    "BIGINT[]": "copied special_records.direct specials.direct",
    "BOOLEAN": "direct stands addressed settled near_refused",
    "BLOB": "norm_sha256 digest",
    "TIMESTAMP WITH TIME ZONE": "published_at fetched_at until",
}
TYPES: Mapping[str, str] = {name: kind for kind, names in _OF_TYPE.items() for name in names.split()}
"""Columns that have one type in all relations that rest on others, or in the one that stands before the point; a test holds
each of them to what its query yields."""


def typed_columns(one: Relation) -> str | None:
    """The columns of a relation, as they stand in the statement that makes it; None where the type of one is not known."""
    types = {name: TYPES.get(f"{one.name}.{name}") or TYPES.get(name) for name in one.columns.split()}
    return None if None in types.values() else ", ".join(f'"{name}" {kind}' for name, kind in types.items())


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
    return Relation(name, columns, " ".join(of), query, view=True, rests_on=" ".join(of))


def strings(**columns: Iterable[str | None]) -> pa.Table:
    """A table of columns of text."""
    return pa.table({name: pa.array(list(values), pa.string()) for name, values in columns.items()})
