"""Texts as Parquet: ``STEM.parquet``, one row a record. Floor 8.

Every column is a string; none is declared never null, as in trainers' own tables, though only those that may be null
are. Row groups end after about 32 MB, so that a reader needs little; a longer text has its own. The text is not kept
in statistics, and pages carry a checksum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import DamagedInput, InputError
from rightful.export.formats.text import COLUMNS, Row
from rightful.notation.shown import counted
from rightful.store.layout import publish

NAME = "parquet"
SUFFIXES = (".parquet",)

SCHEMA = pa.schema([pa.field(column.name, pa.string()) for column in COLUMNS])

GROUP_BYTES = 32 << 20
GROUP_ROWS = 1 << 16
MAX_BYTES = 2**31 - 1 - (1 << 20)
"""The longest row: a value of a Parquet file, and a page of them, is shorter than 2 GiB."""


def write(folder: Path, stem: str, rows: Iterable[Row]) -> list[Path]:
    """Write ``STEM.parquet``; see :meth:`rightful.export.formats.text.TextFormat.write`."""
    final = folder / f"{stem}.parquet"
    with publish(final) as temporary, temporary.open("wb") as file:
        writer = pq.ParquetWriter(
            file,
            SCHEMA,
            compression="zstd",
            compression_level=3,
            use_dictionary=["license"],
            write_statistics=["record_id"],
            write_page_checksum=True,
        )
        with writer:
            for group in _groups(rows):
                writer.write_table(pa.Table.from_pylist(group, SCHEMA))
    return [final]


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting: list[Row] = []
    size = 0
    for row in rows:
        length = sum(len(value.encode()) for value in row.values() if value is not None)
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


# What follows reads the file as any reader of Parquet would, and shares nothing with the writer above.


def read(folder: Path, stem: str) -> Iterator[Row]:
    """The rows; see :meth:`rightful.export.formats.text.TextFormat.read`."""
    path = folder / f"{stem}.parquet"
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            there = {field.name: str(field.type) for field in file.schema_arrow}
            expected = {column.name: "string" for column in COLUMNS}
            if list(there.items()) != list(expected.items()):
                raise DamagedInput(f"expected the columns {_listed(expected)}, got {_listed(there)}", subject=str(path))
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                for column in COLUMNS:
                    if not column.nullable and group[column.name].null_count:
                        raise DamagedInput(f"has rows without {column.name}", subject=str(path))
                for batch in group.to_batches(max_chunksize=1024):
                    yield from batch.to_pylist()
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedInput(f"is not a whole Parquet file: {reason}", subject=str(path)) from error


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in columns.items())
