"""DuckDB as we use it: nothing durable, no downloads, bounded memory, a cursor per statement. Floor 1."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

MEMORY_LIMIT = "1GB"


def connect(
    spill: Path | None = None, *, threads: int | None = None, memory_limit: str = MEMORY_LIMIT
) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that never loads or fetches an extension and spills into ``spill``."""
    config: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit,
        "preserve_insertion_order": "true",
    }
    if threads is not None:
        config["threads"] = str(threads)
    if spill is not None:
        spill.mkdir(parents=True, exist_ok=True)
        config["temp_directory"] = str(spill)
    con = duckdb.connect(":memory:", config=config)
    con.cursor().execute("SET TimeZone = 'UTC'").fetchall()
    return con


def rows(con: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query, on a cursor of its own."""
    return con.cursor().execute(query, parameters or []).fetchall()


def table(con: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """The result of a query as an Arrow table."""
    result = con.cursor().sql(query).to_arrow_table()
    assert isinstance(result, pa.Table)
    return result


def batches(con: duckdb.DuckDBPyConnection, query: str, size: int = 65_536) -> pa.RecordBatchReader:
    """The result of a query as a stream of Arrow batches of ``size`` rows."""
    reader = con.cursor().sql(query).to_arrow_reader(size)
    assert isinstance(reader, pa.RecordBatchReader)
    return reader


def fill(con: duckdb.DuckDBPyConnection, name: str, content: pa.Table) -> None:
    """Make the table ``name`` from an Arrow table, replacing an older one."""
    cursor = con.cursor()
    cursor.register("filling", content)
    cursor.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM filling").fetchall()
    cursor.unregister("filling")


def literal(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def verbatim(path: Path) -> str:
    """A path as a pattern that means this file alone: DuckDB takes ``*``, ``?`` and ``[`` in a path as a glob."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def scan(files: list[Path], schema: pa.Schema, *, placed: bool = False) -> str:
    """The FROM item that reads Parquet files, or an empty one with the same columns where there is none.

    ``placed`` adds the columns ``filename`` and ``file_row_number`` (from 0).
    """
    if files:
        listed = ", ".join(literal(verbatim(f)) for f in files)
        return f"read_parquet([{listed}], filename = {placed}, file_row_number = {placed})"
    columns = [f'CAST(NULL AS {sql_type(f.type)}) AS "{f.name}"' for f in schema]
    columns += ["CAST(NULL AS VARCHAR) AS filename", "0::BIGINT AS file_row_number"] if placed else []
    return f"(SELECT {', '.join(columns)} WHERE false)"


def sql_type(arrow: pa.DataType) -> str:
    """The DuckDB type of an Arrow type that our schemas use."""
    if pa.types.is_dictionary(arrow):
        return sql_type(arrow.value_type)
    if pa.types.is_list(arrow) or pa.types.is_large_list(arrow):
        return sql_type(arrow.value_type) + "[]"
    if pa.types.is_struct(arrow):
        inner = ", ".join(f'"{f.name}" {sql_type(f.type)}' for f in arrow)
        return f"STRUCT({inner})"
    for matches, name in _SQL_TYPES:
        if matches(arrow):
            return name
    raise TypeError(f"no SQL type for {arrow}")


_SQL_TYPES = (
    (lambda t: pa.types.is_string(t) or pa.types.is_large_string(t), "VARCHAR"),
    (lambda t: pa.types.is_binary(t) or pa.types.is_fixed_size_binary(t), "BLOB"),
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_int8, "TINYINT"),
    (pa.types.is_int16, "SMALLINT"),
    (pa.types.is_int32, "INTEGER"),
    (pa.types.is_int64, "BIGINT"),
    (pa.types.is_float32, "FLOAT"),
    (pa.types.is_float64, "DOUBLE"),
    (pa.types.is_timestamp, "TIMESTAMP WITH TIME ZONE"),
)
