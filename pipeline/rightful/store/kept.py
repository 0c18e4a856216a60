"""Columns that were kept beside the texts: their types, and how they are read as one struct. Floor 4.

At rest they are JSON, one object a record, in the column ``kept`` of ``texts``: content, which is withheld and erased with
the text. Which types the values of a part have stands in the metadata of its file. The type of a column is the least that
has all of its values, whatever the order in which they are met: a whole number and a fraction are a fraction; what has no
type in common is text, in which what is no string stands as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.notation.contents import dumps
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import Identity, identity, literal, opened

KEPT = "kept"
"""The column of ``texts``, and that of the view ``records``."""
METADATA = b"rightful.kept"
"""The key under which a part says what types it has: a shape as JSON."""
MIXED = "json"
"""The type of values that have none in common."""
MOST_MEMBERS = 200
"""An object with more members than this has names that are values."""
MOST_COLUMNS = 1_000
"""With more columns than this a store reads what was kept as JSON."""
DEEPEST = 16
"""What is nested more deeply is read as JSON."""
_SMALL = 2**53

Shape = Any
"""What types values have: None (nothing but null), ``bool``, ``string``, ``int`` (one that a double holds as well), ``int64``,
``double``, :data:`MIXED`, a list of one shape, an object of shapes by name."""


def shape_of(value: Any, depth: int = 0) -> Shape:
    """The shape of one value.

    >>> shape_of({"score": 0.5, "tags": ["a", None], "n": 3})
    {'score': 'double', 'tags': ['string'], 'n': 'int'}
    """
    if isinstance(value, dict):
        if depth >= DEEPEST or not _is_struct(value):
            return MIXED
        return {name: shape_of(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return MIXED if depth >= DEEPEST else [merged(shape_of(item, depth + 1) for item in value)]
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if abs(value) <= _SMALL else "int64" if -(2**63) <= value < 2**63 else MIXED
    if isinstance(value, float):
        return "double"
    return None if value is None else "string"


def columns_of(kept: Mapping[str, Any]) -> dict[str, Shape]:
    """The shapes of the columns that were kept of one record."""
    return {name: shape_of(value) for name, value in kept.items()}


def columns_in(kept: pa.Array, before: Mapping[str, Shape]) -> dict[str, Shape]:
    """The columns of ``before`` joined with those of JSON objects, some of which may be null."""
    met: list[dict[str, Shape]] = []
    for stored in kept.drop_null().to_pylist():
        columns = columns_of(json.loads(stored))
        if not met or columns != met[-1]:  # most rows are like the one before
            met.append(columns)
    return reduce(joined, met, dict(before))


def joined(one: Mapping[str, Shape], other: Mapping[str, Shape]) -> dict[str, Shape]:
    """The shapes of columns that have the values of both, in the order of their names."""
    return {name: _joined(one.get(name), other.get(name)) for name in sorted({*one, *other})}


def merged(shapes: Iterable[Shape]) -> Shape:
    """The least shape that has all values of these; it does not depend on their order.

    >>> merged(["int", "double"]), merged(["int", "string"]), merged([])
    ('double', 'json', None)
    """
    return reduce(_joined, shapes, None)


_NUMBERS = frozenset({"int", "double"}), frozenset({"int", "int64"})


def _joined(one: Shape, other: Shape) -> Shape:
    if one is None or one == other:
        return other
    if other is None:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        members = {name: _joined(one.get(name), other.get(name)) for name in sorted({*one, *other})}
        return members if _is_struct(members) else MIXED
    if isinstance(one, list) and isinstance(other, list):
        return [_joined(one[0], other[0])]
    if isinstance(one, str) and isinstance(other, str):
        for numbers, wider in zip(_NUMBERS, ("double", "int64"), strict=True):
            if {one, other} <= numbers:
                return wider
    return MIXED


def _is_struct(members: Mapping[str, Any]) -> bool:
    """Whether an engine can have these as the fields of a struct: names that differ in more than case, and are no values."""
    folded = {name.casefold() for name in members}
    return 0 < len(members) == len(folded) <= MOST_MEMBERS and all(map(_is_name, folded))


def _is_name(name: str) -> bool:
    """Whether a field of a struct can be called so: engines end a name at NUL."""
    return bool(name) and "\0" not in name


def reaches(columns: Mapping[str, Shape], path: str) -> bool:
    """Whether something was met under a dotted path, where a literal name goes first."""
    if path in columns:
        return True
    head, dot, rest = path.partition(".")
    if not dot or head not in columns:
        return False
    within = columns[head]
    return reaches(within, rest) if isinstance(within, dict) else within == MIXED


def as_struct(columns: Mapping[str, Shape]) -> Shape:
    """The shape of an object with these columns: one of shapes by name, or :data:`MIXED` where an engine cannot have that."""
    names = {name.casefold() for name in columns}
    fits = 0 < len(columns) == len(names) <= MOST_COLUMNS and all(map(_is_name, names))
    return dict(columns) if fits else MIXED


def as_metadata(columns: Mapping[str, Shape]) -> dict[str, str]:
    """What a part says of its columns."""
    return {METADATA.decode(): dumps(columns, sort_keys=True)}


def kept_in(path: Path) -> dict[str, Shape]:
    """The columns that were kept in a part of texts; empty where there are none. Raises :class:`StoreError`."""
    return _kept_in(identity(path))


@lru_cache(maxsize=65_536)
def _kept_in(known: Identity) -> dict[str, Shape]:
    with opened(Path(known.path)) as file:
        stated = (file.metadata.metadata or {}).get(METADATA)
    return {} if stated is None else dict(json.loads(stated))


def kept_columns(layout: Layout, ledger: Ledger, snapshot: int) -> dict[str, Shape]:
    """The columns that were kept in the parts of a snapshot. Raises :class:`StoreError` for a part that cannot be read."""
    parts = ledger.parts("texts", snapshot)
    return reduce(joined, (kept_in(layout.part("texts", p.part)) for p in parts), {})


_SQL = {"bool": "BOOLEAN", "int": "BIGINT", "int64": "BIGINT", "double": "DOUBLE"}


def type_name(shape: Shape) -> str:
    """The type of a column as it is shown.

    >>> type_name({"n": "int", "tags": ["string"]})
    'STRUCT(n BIGINT, tags VARCHAR[])'
    """
    if isinstance(shape, dict):
        return f"STRUCT({', '.join(f'{name} {type_name(inner)}' for name, inner in shape.items())})"
    return f"{type_name(shape[0])}[]" if isinstance(shape, list) else _SQL.get(shape, "VARCHAR")


def reading(columns: Mapping[str, Shape], json_column: str) -> str:
    """The SQL that reads a column of JSON objects as a struct of these columns; as VARCHAR where there are none, or more than
    :data:`MOST_COLUMNS`. Of names that differ in case alone the first is a field; an empty one, or one with NUL, is none."""
    if not columns or len(columns) > MOST_COLUMNS:
        return f"CAST({json_column} AS VARCHAR)"
    fields: dict[str, Shape] = {}
    taken: set[str] = set()
    for name in sorted(columns):
        if _is_name(name) and name.casefold() not in taken:
            taken.add(name.casefold())
            fields[name] = columns[name]
    if not fields:
        return f"CAST({json_column} AS VARCHAR)"
    return f"json_transform({json_column}, {literal(dumps(_structure(fields)))})"


def _structure(shape: Shape) -> Any:
    if isinstance(shape, dict):
        return {name: _structure(inner) for name, inner in shape.items()}
    return [_structure(shape[0])] if isinstance(shape, list) else _SQL.get(shape, "VARCHAR")


def records_with_kept(con: duckdb.DuckDBPyConnection, columns: Mapping[str, Shape]) -> None:
    """The view ``records`` with the column :data:`KEPT`, of the view ``texts`` as it is: null where a text may not be seen.

    Raises :class:`duckdb.Error` where views of ``records`` are not there yet."""
    run = con.cursor().execute
    run("DROP VIEW IF EXISTS tagged_records").fetchall()
    run("ALTER VIEW records RENAME TO tagged_records").fetchall()
    if columns:
        query = f"""SELECT r.*, {reading(columns, "t.kept")} AS {KEPT} FROM tagged_records r
            LEFT JOIN texts t ON t.part = r.part AND t.row = r.row"""
    else:
        query = f"SELECT *, CAST(NULL AS VARCHAR) AS {KEPT} FROM tagged_records"
    run(f"CREATE VIEW records AS {query}").fetchall()
