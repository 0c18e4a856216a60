"""How much a file may unpack to, and how long one value may be. Floor 2: the readers.

A few hundred bytes can stand for gigabytes: a value that is stored once and meant a thousand times, or a stream of one
letter. What goes beyond these bounds is damage, told with its file and position, the bound and how to raise it; memory
stays within them. They say what is read, not how it is tagged, so that they are no part of a recipe's identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import InputError, UnknownName

FREE_BYTES = 64 << 20
"""So much may come out of any file, however small it is."""
STEP_BYTES = 64 << 20
"""About what is unpacked at once."""
LONGEST_VALUE = (1 << 31) - 1
VALUE_BYTES = 8
"""What a value in a list takes at the least, once it is looked into: two thousand million bits are 256 MiB in a file."""
LATER = frozenset({"members", "depth"})
"""Limits that an earlier version did not know."""
_SIZE = re.compile(r"(\d{1,15}) ?(|B|[KMGT]i?B?)", re.IGNORECASE)
_UNITS = {"k": 10, "m": 20, "g": 30, "t": 40}


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of an ingest; the table ``[limits]`` of a recipe. Raises :class:`InputError` for what is none."""

    value_bytes: int = 256 << 20
    """One value, in memory: a text, an address, a list, an object; and a line, row or file that is one record."""
    row_group_bytes: int = 2 << 30
    """What a row group of Parquet may unpack to, in the columns that are read."""
    expansion: int = 1_000
    """A file unpacks to at most so many times its size on disk; the first 64 MiB are free."""
    members: int = 250_000
    """So many members of an archive are read, those of archives within it counted."""
    depth: int = 4
    """So deep archives lie within archives; 1 is one that has none in it."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise InputError(f"must be 1 or more, not {getattr(self, field.name)}", subject=f"limits.{field.name}")
        if self.value_bytes > LONGEST_VALUE:
            raise InputError(
                f"must be less than 2 GiB, the longest value of Parquet, not {self.value_bytes}",
                subject="limits.value_bytes",
            )

    def stated(self) -> dict[str, int]:
        """The limits by name; those that came later only where they are others than those of always."""
        listed = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: v for k, v in listed.items() if k not in LATER or v != getattr(type(self)(), k)}

    def too_long(self, what: str, size: int) -> str | None:
        """Why a value of so many bytes is not read, or None. ``what`` begins the sentence: ``a line``."""
        if size <= self.value_bytes:
            return None
        return f"{what} of {size} bytes; at most {self.value_bytes} are read{raised('value_bytes')}"

    def beyond(self, unpacked: int, packed: int) -> str | None:
        """Why so much cannot have come out of a file of ``packed`` bytes honestly, or None."""
        if unpacked <= FREE_BYTES or unpacked <= self.expansion * packed:
            return None
        return (
            f"it unpacks to more than {self.expansion:,} times its {packed:,} bytes; what came before that was read"
            f"{raised('expansion')}"
        )

    def group_too_large(self, unpacked: int) -> str | None:
        """Why a row group of so many bytes is not read, or None."""
        if unpacked <= self.row_group_bytes:
            return None
        return (
            f"its columns are {unpacked:,} bytes unpacked, and at most {self.row_group_bytes:,} are read"
            f"{raised('row_group_bytes')}"
        )


DEFAULT = Limits()


def raised(name: str) -> str:
    """How a limit is raised, as the end of a reason."""
    return f" (limit {name}: raise it with --limit {name}=SIZE, or under [limits] in a recipe)"


def sizes(words: Iterable[str]) -> dict[str, int]:
    """What an option says of some limits, by name. Raises :class:`InputError` naming what is wrong.

    >>> sizes(["value_bytes=1MiB", "expansion=50"])
    {'value_bytes': 1048576, 'expansion': 50}
    """
    changed: dict[str, int] = {}
    for word in words:
        name, mark, size = word.partition("=")
        if not mark:
            raise InputError(f"expected NAME=SIZE, not {word!r}", subject="--limit", hint="value_bytes=512MiB")
        changed[name.strip()] = size_of(size)
    return changed


def with_changes(limits: Limits, changed: Mapping[str, int]) -> Limits:
    """The limits with some of them changed. Raises :class:`InputError` naming the one that is wrong."""
    known = [field.name for field in fields(Limits)]
    for name, size in changed.items():
        if name not in known:
            raise UnknownName.of("limit", name, known, subject="--limit")
        if type(size) is not int:
            raise InputError(f"must be a whole number, not {size!r}", subject=f"limits.{name}")
    return replace(limits, **changed)


def size_of(words: str) -> int:
    """A whole number, or one of KiB, MiB, GiB, TiB (K, M, G, T are the same). Raises :class:`InputError`.

    >>> size_of("512MiB") == 512 << 20, size_of("1000")
    (True, 1000)
    """
    found = _SIZE.fullmatch(words.strip())
    if found is None:
        raise InputError(f"{words!r} is not a size", subject="--limit", hint="a number, or one such as 512MiB or 4GiB")
    return int(found[1]) << _UNITS.get(found[2][:1].lower(), 0)


def step_rows(rows: int, chunks: list[tuple[int, int, bool]], total: int | None = None) -> int:
    """How many rows of a row group to unpack at once, of at most ``rows``; it has ``total``.

    ``chunks``: of every column the bytes of its pages unpacked, those on disk, and whether it has a dictionary. Each of
    its rows may mean the longest value of it, which is as long as all of it at most; where a chunk is hardly packed, the
    file is as large as what it holds, and the mean length of its rows is enough.
    """
    worst = max((unpacked for unpacked, packed, shared in chunks if shared and unpacked > 50 * packed), default=0)
    fits = STEP_BYTES // worst if worst else rows
    said = sum(unpacked for unpacked, *_ in chunks)
    mean = STEP_BYTES * total // said if total is not None and said else rows
    return max(1, min(rows, fits, mean))


def unpacked_bytes(column: pa.Array) -> int:
    """What a column is once every value stands for itself: one that is stored once may be meant a thousand times."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        shared = column.dictionary
        if not pa.types.is_binary(kind.value_type) and not pa.types.is_large_binary(kind.value_type):
            if not (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
                return int(column.nbytes)
        lengths = pc.binary_length(shared).cast(pa.int64())
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0) + int(column.indices.nbytes)
    if pa.types.is_struct(kind):
        return sum(unpacked_bytes(inner) for inner in column.flatten())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        within = column.flatten()
        return max(unpacked_bytes(within), VALUE_BYTES * len(within)) + VALUE_BYTES * len(column)
    return int(column.nbytes)


Sizes = npt.NDArray[np.int64]


def value_sizes(column: pa.Array) -> Sizes:
    """The bytes of every value of a column, all that is within it counted; 0 for a null."""
    kind, count = column.type, len(column)
    if isinstance(column, pa.ExtensionArray):
        return value_sizes(column.storage)
    if pa.types.is_dictionary(kind):
        of = np.append(value_sizes(column.dictionary), 0)
        return np.asarray(of[pc.fill_null(column.indices, len(of) - 1).to_numpy(zero_copy_only=False)])
    if pa.types.is_struct(kind):
        return sum((value_sizes(inner) for inner in column.flatten()), np.zeros(count, np.int64))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        before = np.append(0, np.cumsum(np.maximum(value_sizes(_entries(column)), VALUE_BYTES)))
        offsets = column.offsets.to_numpy(zero_copy_only=False)
        return np.asarray((before[offsets[1:]] - before[offsets[:-1]] + VALUE_BYTES) * _there(column))
    if _is_binary(kind):
        return np.asarray(pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False), np.int64)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return value_sizes(column.cast(pa.large_binary()))
    if pa.types.is_fixed_size_list(kind) and kind.list_size:
        within = column.values.slice(column.offset * kind.list_size, count * kind.list_size)
        return np.asarray(value_sizes(within).reshape(count, kind.list_size).sum(axis=1) * _there(column))
    # Of fixed width; or a kind of list that no file is known to have, where all of it stands for each.
    return np.full(count, int(column.nbytes) // (1 if pa.types.is_nested(kind) else max(1, count)), np.int64)


def _entries(column: pa.Array) -> pa.Array:
    """What the offsets of a list or a map point into."""
    if pa.types.is_map(column.type):
        return pa.StructArray.from_arrays([column.keys, column.items], ["key", "value"])
    return column.values


def _there(column: pa.Array) -> Sizes:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)
