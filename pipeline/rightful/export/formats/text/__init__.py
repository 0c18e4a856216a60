"""The format of texts: one row a record, its text beside whom to credit and under what. Floor 8.

Each file of this folder is a way to write it (``--text-as``), found by name. What holds for formats of tokens holds for
these: files appear by rename, bytes depend on the rows and their order alone, ``read`` shares no code with ``write``,
memory is that of a row group and the longest row. What a row has stands in :data:`COLUMNS` and nowhere else: what is
added there is in every shard, in the index's digest of the row and in the dataset card.
"""

from __future__ import annotations

import hashlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import orjson

from rightful.errors import UnknownName

DEFAULT = "parquet"

Row = Mapping[str, Any]
"""What a record leaves as: column -> value, in the order of :data:`COLUMNS`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows: UTF-8 strings, null where ``nullable``."""

    name: str
    nullable: bool = False


COLUMNS = (
    Column("record_id"),
    Column("text"),
    Column("url", nullable=True),
    Column("license", nullable=True),
    Column("attribution"),
)
"""The columns, in their order. ``license`` is the expression under which the record is; ``attribution`` its line in
``ATTRIBUTION.md``."""


class TextFormat(Protocol):
    """What every module of this folder has."""

    @property
    def NAME(self) -> str:  # noqa: D102, N802
        ...

    @property
    def SUFFIXES(self) -> tuple[str, ...]:  # noqa: N802
        """The suffixes of a shard's files: one."""
        ...

    def write(self, folder: Path, stem: str, rows: Iterable[Row]) -> list[Path]:
        """Write a shard. Raises :class:`InputError` when the folder cannot be written or a row is too long; nothing is
        left then."""
        ...

    def read(self, folder: Path, stem: str) -> Iterator[Row]:
        """The rows, in order. Raises :class:`DamagedInput` with file and reason."""
        ...


def names() -> list[str]:
    """The ways to write texts, by which their modules are called too."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def find(name: str) -> TextFormat:
    """The way of this name. Raises :class:`UnknownName` with those there are."""
    if name not in names():
        raise UnknownName.of("form of texts", name, names(), subject="--text-as")
    return cast(TextFormat, import_module(f"{__name__}.{name}"))


def packed(row: Row) -> bytes:
    """The one form in which a row is held, measured and digested: JSON with sorted keys and no spaces, in UTF-8."""
    return orjson.dumps(dict(row), option=orjson.OPT_SORT_KEYS)


def unpacked(data: bytes | memoryview) -> Row:
    """The row of :func:`packed` bytes, its columns in their order."""
    row = orjson.loads(data)
    return {column.name: row[column.name] for column in COLUMNS}


def digests(data: bytes) -> dict[str, bytes]:
    """The columns of the index by which a :func:`packed` row is known again: of all of it, and of its text alone."""
    of_text = unpacked(data)["text"].encode()
    return {"row_sha256": hashlib.sha256(data).digest(), "text_sha256": hashlib.sha256(of_text).digest()}
