"""DuckDB as we use it: nothing durable, no downloads, bounded memory, a cursor per statement. Floor 4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.store.layout import private_folder
from rightful.store.parquet import literal, scan, sql_type, verbatim

__all__ = ("batches", "connect", "fill", "literal", "rows", "scan", "sql_type", "table", "verbatim")

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
        "python_enable_replacements": "false",  # a table that is missing is no variable of ours
    }
    if threads is not None:
        config["threads"] = str(threads)
    if spill is not None:
        private_folder(spill)
    config["temp_directory"] = "" if spill is None else str(spill)  # which else is a folder where the user stands
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
    if not content.num_rows and (shape := _shape(content.schema)):
        cursor.execute(f"CREATE OR REPLACE TABLE {name} ({shape})").fetchall()  # a third of the time
        return
    cursor.register("filling", content)
    cursor.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM filling").fetchall()
    cursor.unregister("filling")


def _shape(schema: pa.Schema) -> str:
    """The columns of a table as they stand in the statement that makes it; empty where one has a type of which that is not
    known, or two have one name."""
    types = [_TYPES.get(field.type) for field in schema]
    if None in types or len(set(schema.names)) < len(schema.names) or '"' in "".join(schema.names):
        return ""
    return ", ".join(f'"{name}" {kind}' for name, kind in zip(schema.names, types, strict=True))


_TYPES: dict[pa.DataType, str] = {
    pa.string(): "VARCHAR",
    pa.large_string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.binary(): "BLOB",
    pa.binary(32): "BLOB",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.list_(pa.int64()): "BIGINT[]",
}
"""What DuckDB makes of the types of tables that are filled."""
