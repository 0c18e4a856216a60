"""A user's ``--where``: one condition on the columns of a record, and nothing else. Floor 2.

The text is parsed by DuckDB and the tree is checked before it becomes part of a query: no subquery, no table, no
parameter, no function whose answer is not a function of its arguments. What it is made of then cannot read a file,
reach a network, change a setting or make the same export differ tomorrow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from pipeline.errors import InputError, UnknownName
from pipeline.records import RECORDS
from pipeline.store.engine import rows

_ALLOWED = frozenset(
    {
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "BETWEEN",
        "OPERATOR",
        "CAST",
        "CASE",
        "COLLATE",
        "LAMBDA",
        "LAMBDA_REF",
    }
)


def condition(con: duckdb.DuckDBPyConnection, where: str | None) -> str:
    """The condition in parentheses, ready to stand after WHERE or AND; ``true`` for None. Raises :class:`InputError`."""
    if where is None or not where.strip():
        return "true"
    tree = _parsed(con, where)
    functions: set[str] = set()
    lambdas: set[str] = set()
    for node in _nodes(tree):
        kind = node["class"]
        if kind not in _ALLOWED:
            raise _refused(where, f"{kind.lower().replace('_', ' ')} is not allowed in it")
        if kind == "LAMBDA":
            lambdas |= {name for side in _nodes(node["lhs"]) for name in side.get("column_names", [])}
        if kind == "FUNCTION":
            functions.add(str(node["function_name"]))
    for node in _nodes(tree):
        if node["class"] == "COLUMN_REF" and node["column_names"][0] not in {*RECORDS.names, *lambdas}:
            raise UnknownName.of("column", ".".join(node["column_names"]), RECORDS.names, subject="--where")
    _check_functions(con, where, functions)
    return f"(\n{where}\n)"


def _parsed(con: duckdb.DuckDBPyConnection, where: str) -> Any:
    query = f"SELECT 1 FROM records WHERE (\n{where}\n)"
    parsed = json.loads(str(rows(con, "SELECT json_serialize_sql(?)", [query])[0][0]))
    if parsed.get("error"):
        raise _refused(where, str(parsed.get("error_message", "it cannot be parsed")))
    statements = parsed["statements"]
    node = statements[0]["node"]
    plain = node["type"] == "SELECT_NODE" and not node["modifiers"] and not node["group_expressions"]
    if len(statements) != 1 or not plain or node["qualify"] or node["having"] or node.get("sample"):
        raise _refused(where, "it must be one condition")
    return node["where_clause"]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for inner in tree.values():
            yield from _nodes(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)


def _check_functions(con: duckdb.DuckDBPyConnection, where: str, functions: set[str]) -> None:
    listed = rows(
        con,
        "SELECT function_name, bool_and(function_type IN ('scalar', 'macro') AND coalesce(stability, 'CONSISTENT') = 'CONSISTENT')"
        " FROM duckdb_functions() GROUP BY function_name",
    )
    steady = {str(name) for name, ok in listed if ok}
    for name in sorted(functions - steady):
        raise _refused(where, f"the function {name} is not known, or does not depend on its arguments alone")


def _refused(where: str, why: str) -> InputError:
    return InputError(
        f"{where!r} cannot be used: {why}",
        subject="--where",
        hint="for example --where \"language = 'en' AND n_words > 50\"",
    )
