"""Parquet files of a store, opened one way: a file is what stands in it, and its path says nothing. Floor 4.

Engines guess columns from folders called ``name=value`` and take ``*``, ``?`` and ``[`` in a path for a pattern; columns
that were guessed go before those of the file. So nothing else in this package gives a path of a store to such a
function: Arrow opens single files with :func:`opened`, DuckDB reads what :func:`scan` names column by column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import StoreError

_CHECK = "find out what is damaged with: rightful store check"


class Identity(NamedTuple):
    """What tells that a file is the one that was looked at before: its path, size, times (ns) and number on the disk."""

    path: str
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


def identity(path: Path) -> Identity:
    """The identity of a file as it is now. Raises :class:`StoreError` when it is not there or cannot be looked at."""
    try:
        status = path.stat()
    except OSError as error:
        raise StoreError(f"cannot be read: {error.strerror}", subject=str(path), hint=_CHECK) from error
    return Identity(
        str(path.absolute()), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
    )


def opened(path: Path, **options: Any) -> pq.ParquetFile:
    """One file, for Arrow. Raises :class:`StoreError` when it is not there or no Parquet file."""
    try:
        return pq.ParquetFile(path, **options)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise StoreError(f"cannot be read as Parquet: {_first_line(error)}", subject=str(path), hint=_CHECK) from error


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of one file. Raises :class:`StoreError`."""
    with opened(path) as file:
        try:
            return file.read(columns=None if columns is None else list(columns))
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            why = f"cannot be read as Parquet: {_first_line(error)}"
            raise StoreError(why, subject=str(path), hint=_CHECK) from error


def row_count(path: Path) -> int:
    """The number of rows that the footer of a file says. Raises :class:`StoreError`."""
    with opened(path) as file:
        return int(file.metadata.num_rows)


def columns(path: Path) -> tuple[str, ...]:
    """The names of the columns of a file. Raises :class:`StoreError`."""
    return _columns(identity(path))


@lru_cache(maxsize=65_536)
def _columns(known: Identity) -> tuple[str, ...]:
    with opened(Path(known.path)) as file:
        return tuple(file.schema_arrow.names)


def lacking(path: Path, schema: pa.Schema) -> tuple[str, ...]:
    """The columns of a schema that a file does not have. Raises :class:`StoreError`."""
    there = columns(path)
    return () if there == tuple(schema.names) else tuple(name for name in schema.names if name not in there)


def scan(files: Sequence[Path], schema: pa.Schema, *, placed: bool = False) -> str:
    """The FROM item by which DuckDB reads Parquet files as the columns of ``schema``, and no others.

    A column that a file does not have is NULL for its rows; no files give no rows. ``placed`` adds the columns
    ``filename`` (absolute) and ``file_row_number`` (from 0). Raises :class:`StoreError` for a file that cannot be read.
    """
    alike: dict[tuple[str, ...], list[Path]] = {}
    for file in files:
        alike.setdefault(lacking(file, schema), []).append(file)
    if not alike:
        nothing = [f"{_null(f)} AS {_quoted(f.name)}" for f in schema]
        nothing += ["CAST(NULL AS VARCHAR) AS filename", "0::BIGINT AS file_row_number"] if placed else []
        return f"(SELECT {', '.join(nothing)} WHERE false)"
    return "(" + " UNION ALL ".join(_selected(group, schema, lacks, placed) for lacks, group in alike.items()) + ")"


def _selected(files: Sequence[Path], schema: pa.Schema, lacks: tuple[str, ...], placed: bool) -> str:
    """The rows of files that all lack the same columns."""
    named = [
        f"{_null(f) if f.name in lacks else f'CAST({_quoted(f.name)} AS {sql_type(f.type)})'} AS {_quoted(f.name)}"
        for f in schema
    ]
    named += ["filename", "file_row_number"] if placed else []
    listed = ", ".join(literal(verbatim(file)) for file in files)
    guesses = "hive_partitioning = false, hive_types_autocast = false, union_by_name = false, binary_as_string = false"
    return (
        f"SELECT {', '.join(named)} FROM read_parquet([{listed}], {guesses},"
        f" filename = {placed}, file_row_number = {placed})"
    )


def verbatim(path: Path) -> str:
    """A path as a pattern that means this file alone: DuckDB takes ``*``, ``?`` and ``[`` in a path as a glob.

    Raises :class:`StoreError` for the few paths that cannot be written so.
    """
    text = str(path.absolute())
    try:
        text.encode()
    except UnicodeEncodeError:
        raise StoreError("the path is not UTF-8", subject=repr(text), hint="move the store to another folder") from None
    if not re.search(r"[*?\[]", re.sub(r"\\.", "", text, flags=re.DOTALL)):  # one behind a backslash is none
        return text
    if "\\" in text:  # which parts folders in a pattern
        raise StoreError(
            "the path has a backslash beside one of * ? [, which the query engine cannot be given",
            subject=text,
            hint="move the store to another folder",
        )
    return re.sub(r"[*?\[]", r"[\g<0>]", text)


def literal(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


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


def _null(field: pa.Field) -> str:
    return f"CAST(NULL AS {sql_type(field.type)})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
