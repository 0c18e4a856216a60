"""Texts as Parquet: ``STEM.parquet``, one row a record. Floor 8.

Every column is a string; none is declared never null, as in trainers' own tables, though only those that may be null
are. Row groups end after about 32 MB, so that a reader needs little; a longer text has its own. The text is not kept
in statistics, and pages carry a checksum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.errors import DamagedInput, InputError
from rightful.export.formats.text import COLUMNS, NO_OWN, Row, Types, emptied, own_columns, paired, with_own
from rightful.export.own_form import JSON, unwritten, written
from rightful.notation.contents import dumps
from rightful.notation.shown import counted
from rightful.store.layout import publish

NAME = "parquet"
SUFFIXES = (".parquet",)

SCHEMA = pa.schema([pa.field(column.name, pa.string()) for column in COLUMNS])

_WRITTEN_AS = "rightful.written_as"
"""The key in the metadata of a column of own forms: whether its values are JSON."""
_ITSELF = "itself"
GROUP_BYTES = 32 << 20
GROUP_ROWS = 1 << 16
MAX_BYTES = 2**31 - 1 - (1 << 20)
"""The longest row: a value of a Parquet file, and a page of them, is shorter than 2 GiB."""


def write(folder: Path, stem: str, rows: Iterable[Row], own: Types = NO_OWN) -> list[Path]:
    """Write ``STEM.parquet``; see :meth:`rightful.export.formats.text.TextFormat.write`."""
    final = folder / f"{stem}.parquet"
    schema = pa.schema([*SCHEMA, *(_own_field(name, of) for name, of in own.items())])
    with publish(final) as temporary, temporary.open("wb") as file, _writer(file, schema) as writer:
        for group in _groups(rows):
            writer.write_table(pa.Table.from_pylist([_flat(row, own) for row in group], schema))
    return [final]


def _writer(file: Any, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=3,
        use_dictionary=["license"],
        write_statistics=["record_id"],
        write_page_checksum=True,
    )


def _own_field(name: str, of: Any) -> pa.Field:
    """The column of own forms; strings that are JSON say so."""
    return pa.field(name, _arrow(of), metadata={_WRITTEN_AS: JSON if of == JSON else _ITSELF})


def _arrow(of: Any) -> pa.DataType:
    if isinstance(of, dict):
        return pa.struct([pa.field(name, _arrow(inner)) for name, inner in of.items()])
    if isinstance(of, list):
        return pa.list_(_arrow(of[0]))
    return {"int64": pa.int64(), "double": pa.float64(), "bool": pa.bool_()}.get(of, pa.string())


def _flat(row: Row, own: Types) -> Row:
    """The columns of a row side by side."""
    there = own_columns(row, own)
    return {**row, **{name: written(value) if own[name] == JSON else value for name, value in there.items()}}


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting: list[Row] = []
    size = 0
    for row in rows:
        length = sum(len(_string(value).encode()) for value in row.values() if value is not None)
        if length > MAX_BYTES:
            raise InputError(
                f"has a row of {counted(length, 'byte')}; a Parquet file holds at most {MAX_BYTES} in one",
                subject=f"record {row['record_id']}",
                hint=f"export as --text-as jsonl, or leave it out: --where \"record_id <> '{row['record_id']}'\"",
            )
        if waiting and (size + length > GROUP_BYTES or len(waiting) >= GROUP_ROWS):
            yield waiting
            waiting, size = [], 0
        waiting.append(row)
        size += length
    if waiting:
        yield waiting


def _string(value: Any) -> str:
    """A value as it is measured: an own form is about as long as its JSON."""
    return value if isinstance(value, str) else dumps(value)


# What follows reads the file as any reader of Parquet would, and shares nothing with the writer above.


def read(folder: Path, stem: str) -> Iterator[Row]:
    """The rows; see :meth:`rightful.export.formats.text.TextFormat.read`."""
    path = folder / f"{stem}.parquet"
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            fields = list(file.schema_arrow)
            there = {field.name: str(field.type) for field in fields[: len(COLUMNS)]}
            own = {field.name: _written_as(field) for field in fields[len(COLUMNS) :]}
            expected = {column.name: "string" for column in COLUMNS}
            if list(there.items()) != list(expected.items()) or None in own.values():
                there = {field.name: str(field.type) for field in fields}
                raise DamagedInput(f"expected the columns {_listed(expected)}, got {_listed(there)}", subject=str(path))
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                for column in COLUMNS:
                    if not column.nullable and group[column.name].null_count:
                        raise DamagedInput(f"has rows without {column.name}", subject=str(path))
                for batch in group.to_batches(max_chunksize=1024):
                    for row in batch.to_pylist():
                        yield with_own({name: row[name] for name in expected}, _own(row, own)) if own else row
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedInput(f"is not a whole Parquet file: {reason}", subject=str(path)) from error


def rewrite(source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool]) -> list[Path]:
    """The shard without some rows; see :meth:`rightful.export.formats.text.TextFormat.rewrite`. Row groups stay apart."""
    return _again(source / f"{stem}.parquet", folder / f"{name}.parquet", keep, leave_out=True)


def mask(source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool]) -> list[Path]:
    """The shard with some rows emptied; see :meth:`rightful.export.formats.text.TextFormat.mask`."""
    return _again(source / f"{stem}.parquet", folder / f"{name}.parquet", keep, leave_out=False)


def _again(path: Path, final: Path, keep: Sequence[bool], *, leave_out: bool) -> list[Path]:
    """Row groups as they lie, but for the rows that are not kept."""
    number = sum(1 for _ in paired(read(path.parent, path.stem), keep, path))
    with pq.ParquetFile(path, page_checksum_verification=True) as before:
        schema = before.schema_arrow
        with publish(final) as temporary, temporary.open("wb") as file, _writer(file, schema) as writer:
            first = 0
            for group in range(before.num_row_groups):
                rows = before.read_row_group(group)
                mask = pa.array(keep[first : first + rows.num_rows], pa.bool_())
                first += rows.num_rows
                rows = rows.filter(mask) if leave_out else _emptied(rows, mask)
                if rows.num_rows:
                    writer.write_table(rows.cast(schema))
    if first != number:
        raise DamagedInput(f"has {first} rows, {number} of which can be read", subject=str(path))
    return [final]


def _emptied(rows: pa.Table, keep: pa.Array) -> pa.Table:
    """Rows of which some say nothing but their record."""
    # Where a row is not kept its index is null, and so is all that is taken by it: nested columns as well.
    at = pc.if_else(keep, pa.array(range(rows.num_rows), pa.int64()), pa.scalar(None, pa.int64()))
    nothing = emptied("")
    columns = [
        column
        if name == "record_id"
        else column.take(at)
        if nothing.get(name) is None
        else pc.if_else(keep, column, nothing[name])
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=rows.schema)


def _written_as(field: pa.Field) -> str | None:
    """How a column of own forms is written; None for a column that is none."""
    stated = (field.metadata or {}).get(_WRITTEN_AS.encode())
    return stated.decode() if stated in (JSON.encode(), _ITSELF.encode()) else None


def _own(row: dict[str, Any], own: dict[str, str | None]) -> dict[str, Any]:
    """What a row has in the columns of own forms."""
    of = {name: row[name] for name in own if row[name] is not None}
    return {name: unwritten(value) if own[name] == JSON else value for name, value in of.items()}


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in columns.items())
