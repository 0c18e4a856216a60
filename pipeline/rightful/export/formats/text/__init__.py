"""The format of texts: one row a record, its text beside whom to credit and under what. Floor 8.

Each file of this folder is a way to write it (``--text-as``), found by name. What holds for formats of tokens holds for
these: files appear by rename, bytes depend on the rows and their order alone, ``read`` shares no code with ``write``,
memory is that of a row group and the longest row. What a row has stands in :data:`COLUMNS` and nowhere else: what is
added there is in every shard, in the index's digest of the row and in the dataset card.
"""

from __future__ import annotations

import hashlib
import json
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, cast

import orjson

from rightful.errors import DamagedInput, RightfulError, UnknownName
from rightful.export.kept_form import KEPT, alike, fitted
from rightful.export.own_form import JSON, own_digest, plain
from rightful.notation.contents import dumps

DEFAULT = "parquet"

Row = Mapping[str, Any]
"""What a record leaves as: column -> value, in the order of :data:`COLUMNS`; under :data:`OWN` the own form of one that is a
conversation, as columns of their own, and among these as :data:`KEPT` what was kept of it."""
OWN = "conversation"


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


Types = Mapping[str, Any]
"""Column of own forms -> the type of all of its values (:meth:`rightful.export.own_form.Shapes.types`)."""
NO_OWN: Types = MappingProxyType({})


class TextFormat(Protocol):
    """What every module of this folder has."""

    @property
    def NAME(self) -> str:  # noqa: D102, N802
        ...

    @property
    def SUFFIXES(self) -> tuple[str, ...]:  # noqa: N802
        """The suffixes of a shard's files: one."""
        ...

    def write(self, folder: Path, stem: str, rows: Iterable[Row], own: Types = NO_OWN) -> list[Path]:
        """Write a shard; ``own`` are the columns of own forms, with the types that all shards have there.

        Raises :class:`InputError` when the folder cannot be written or a row is too long; nothing is
        left then."""
        ...

    def read(self, folder: Path, stem: str) -> Iterator[Row]:
        """The rows, in order. Raises :class:`DamagedInput` with file and reason."""
        ...

    def rewrite(self, source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool]) -> list[Path]:
        """Write the shard ``source/stem`` anew as ``folder/name``, with the rows alone that are to be kept, as they stand.

        ``keep`` has a truth for each row. Raises as ``read`` and ``write`` do, and :class:`DamagedInput` where there are not
        as many rows."""
        ...

    def mask(self, source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool]) -> list[Path]:
        """The same with all rows in their places: one that is not kept is :func:`emptied`."""
        ...


def names() -> list[str]:
    """The ways to write texts, by which their modules are called too."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def find(name: str) -> TextFormat:
    """The way of this name. Raises :class:`UnknownName` with those there are."""
    if name not in names():
        raise UnknownName.of("form of texts", name, names(), subject="--text-as")
    module = import_module(f"{__name__}.{name}")
    if lacking := [part for part in CONTRACT if not hasattr(module, part)]:
        raise RightfulError(f"the form of texts lacks {', '.join(lacking)}", subject=name)
    return cast(TextFormat, module)


CONTRACT = tuple(sorted(name for name in vars(TextFormat) if not name.startswith("_")))
"""What every module of this folder has."""


def emptied(record_id: str) -> Row:
    """What stands in the place of a row that was masked: its record, and nothing of it."""
    return {c.name: record_id if c.name == "record_id" else None if c.nullable else "" for c in COLUMNS}


Item = TypeVar("Item")


def paired(items: Iterable[Item], keep: Sequence[bool], subject: Path) -> Iterator[tuple[Item, bool]]:
    """What lies in a shard, each with whether it is kept. Raises :class:`DamagedInput` where there is more or less of it."""
    number = 0
    for number, item in enumerate(items, 1):
        if number > len(keep):
            break
        yield item, bool(keep[number - 1])
    if number != len(keep):
        raise DamagedInput(f"does not hold the {len(keep)} documents that its index speaks of", subject=str(subject))


def packed(row: Row) -> bytes:
    """The one form in which a row is measured and digested, however it was written: JSON with sorted keys and no spaces,
    in UTF-8. An own form is in it as JSON of one form."""
    own = {OWN: plain(_alike(row[OWN]))} if row.get(OWN) is not None else {}
    return orjson.dumps({**{c.name: row[c.name] for c in COLUMNS}, **own}, option=orjson.OPT_SORT_KEYS)


def _alike(own: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**own, KEPT: alike(own[KEPT])} if KEPT in own else own


def held(row: Row) -> bytes:
    """A row as it is held until it is written: as :func:`packed`, but with its own form as it came."""
    own = {OWN: dumps(row[OWN])} if row.get(OWN) is not None else {}
    return orjson.dumps({**{c.name: row[c.name] for c in COLUMNS}, **own}, option=orjson.OPT_SORT_KEYS)


def unpacked(data: bytes | memoryview) -> Row:
    """The row of :func:`packed` or :func:`held` bytes, its columns in their order, the own form of one that has it behind
    them."""
    row = orjson.loads(data)
    own = {OWN: json.loads(row[OWN])} if OWN in row else {}
    return {column.name: row[column.name] for column in COLUMNS} | own


def own_columns(row: Row, own: Types) -> dict[str, Any]:
    """What a row has in columns of its own, by their types; what was kept as one object of the same type in every row."""
    there = {name: value for name, value in (row.get(OWN) or {}).items() if value is not None}
    if KEPT in there and own[KEPT] != JSON:
        there[KEPT] = fitted(there[KEPT], own[KEPT])
    return there


def with_own(row: Row, own: Mapping[str, Any]) -> Row:
    """A row that was read, with what it has in the columns of own forms; null there is nothing."""
    there = {name: value for name, value in own.items() if value is not None}
    return {**row, OWN: there} if there else row


def digests(data: bytes) -> dict[str, bytes | None]:
    """The columns of the index by which a :func:`packed` row is known again: of all of it, and of its text and its own
    form alone."""
    row = unpacked(data)
    own = {name: value for name, value in (row.get(OWN) or {}).items() if name != KEPT}
    return {
        "row_sha256": hashlib.sha256(data).digest(),
        "text_sha256": hashlib.sha256(row["text"].encode()).digest(),
        "own_sha256": own_digest(own or None),
    }
