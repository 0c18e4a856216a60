"""Megatron shards: ``STEM.bin`` with all tokens, ``STEM.idx`` that says where documents begin. Floor 8.

The layout of megatron-core's ``IndexedDataset`` (``megatron/core/datasets/indexed_dataset.py``), little-endian:
``.idx`` is ``MMIDIDX\\0\\0``, u64 version 1, u8 code of the token type, u64 count of sequences N, u64 count of document
boundaries D; then i32[N] lengths in tokens, i64[N] offsets into ``.bin`` in bytes, i64[D] boundaries in sequences, the
first 0 and the last N. Here every row is one sequence and one document. Tokens are uint16 when the vocabulary is smaller than
65 500 and int32 otherwise, as Megatron itself chooses. There is no place for a record's id: the export's index has it.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from rightful.errors import DamagedInput
from rightful.export.formats import Access, Column, Held, Mapped, Row, Shape, Together, checked
from rightful.store.layout import publish, sync

NAME = "megatron"
MASK_COLUMN = None

_BUFFER_BYTES = 1 << 20
_CHUNK = 1 << 16
_GROUP_TOKENS = _READ_TOKENS = 1 << 18


def suffixes(shape: Shape) -> tuple[str, ...]:
    """The tokens, and then the index of them."""
    return (".bin", ".idx")


def width(shape: Shape) -> np.dtype[Any]:
    """uint16 below 65 500, else int32: Megatron's ``DType.optimal_dtype``."""
    return np.dtype("<u2") if shape.vocab_size < 65_500 else np.dtype("<i4")


def write(folder: Path, stem: str, rows: Iterable[Row], shape: Shape, *, masked: bool = False) -> list[Path]:
    """Write ``STEM.bin`` and ``STEM.idx``; see :meth:`rightful.export.formats.Format.write`.

    The ``.idx`` comes last, and an older one goes first: what a loader sees is a pair.
    """
    return _write(folder, stem, lambda file, kind: _write_tokens(file, rows, shape, kind), width(shape))


def write_column(folder: Path, stem: str, column: Column, shape: Shape) -> list[Path]:
    """The same of documents that are together; see :class:`rightful.export.formats.Column`."""

    def fill(file: BinaryIO, kind: np.dtype[Any]) -> npt.NDArray[np.int64]:
        for first, stop in column.bounds(_GROUP_TOKENS):
            file.write(np.ascontiguousarray(column.checked(first, stop, shape), kind).data)
        return column.lengths

    return _write(folder, stem, fill, width(shape))


def _write(
    folder: Path, stem: str, fill: Callable[[BinaryIO, np.dtype[Any]], ArrayLike], kind: np.dtype[Any]
) -> list[Path]:
    """``fill`` writes the tokens, and says how many each document has."""
    tokens_path, index_path = folder / f"{stem}.bin", folder / f"{stem}.idx"
    with publish(index_path) as index_temporary, publish(tokens_path) as temporary:
        with temporary.open("wb", buffering=_BUFFER_BYTES) as file:
            lengths = fill(file, kind)
        with index_temporary.open("wb", buffering=_BUFFER_BYTES) as file:
            _write_index(file, np.asarray(lengths, np.int32), kind)
        sync(index_temporary)  # so that nothing but its renaming is left to do once the .bin is there
        index_path.unlink(missing_ok=True)
    return [tokens_path, index_path]


def finish(folder: Path, stems: Sequence[str], shape: Shape) -> list[Path]:
    """Nothing: every shard stands for itself."""
    return []


def _write_tokens(file: BinaryIO, rows: Iterable[Row], shape: Shape, kind: np.dtype[Any]) -> array[int]:
    lengths = array("i")
    for row in rows:
        tokens = checked(row, shape)
        file.write(tokens.astype(kind).data)
        lengths.append(len(tokens))
    return lengths


def _write_index(file: BinaryIO, lengths: npt.NDArray[np.int32], kind: np.dtype[Any]) -> None:
    code = {"<u2": 8, "<i4": 4}[kind.str]
    file.write(b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, code, len(lengths), len(lengths) + 1))
    file.write(lengths.astype("<i4").data)
    offset = 0
    for start in range(0, len(lengths), _CHUNK):
        ends = offset + np.cumsum(lengths[start : start + _CHUNK], dtype=np.int64) * kind.itemsize
        file.write(np.concatenate([[offset], ends[:-1]]).astype("<i8").data)
        offset = int(ends[-1])
    for start in range(0, len(lengths) + 1, _CHUNK):
        file.write(np.arange(start, min(start + _CHUNK, len(lengths) + 1), dtype="<i8").data)


# What follows reads the layout as megatron-core defines it, and shares nothing with the writer above.

_HEADER = struct.Struct("<9sQBQQ")
_CODES = {1: "<u1", 2: "<i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}


def read(folder: Path, stem: str, shape: Shape) -> Iterator[Held]:
    """The ids of every document, of one or several sequences; see :meth:`rightful.export.formats.Format.read`."""
    for tokens, lengths, _ in read_column(folder, stem, shape):
        start = 0
        for length in lengths.tolist():
            yield Held(tokens[start : start + length])
            start += length


def read_column(folder: Path, stem: str, shape: Shape) -> Iterator[Together]:
    """The documents, some at a time; see :class:`rightful.export.formats.Column`."""
    tokens_path, index_path = folder / f"{stem}.bin", folder / f"{stem}.idx"
    kind, lengths, boundaries = _read_index(index_path)
    expected = int(lengths.sum(dtype=np.int64)) * kind.itemsize
    size = _size(tokens_path)
    if size != expected:
        raise DamagedInput(f"has {size} bytes; its index speaks of {expected}", subject=str(tokens_path))
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])[boundaries]
    number, last = 0, len(ends) - 1
    with tokens_path.open("rb", buffering=_BUFFER_BYTES) as file:
        while number < last:
            stop = max(number + 1, int(np.searchsorted(ends, ends[number] + _READ_TOKENS, "right")) - 1)
            of = np.diff(ends[number : stop + 1])
            raw = file.read(int(of.sum()) * kind.itemsize)
            ids = np.frombuffer(raw, kind)
            if len(ids) != int(of.sum()):
                raise DamagedInput(f"ends within the documents {number} to {stop - 1}", subject=str(tokens_path))
            if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < 2**32:
                document = number + int(np.searchsorted(np.cumsum(of), int(np.argmin(ids)), "right"))
                raise DamagedInput(f"document {document} has the id {int(ids.min())}", subject=str(tokens_path))
            yield Together(ids.astype(np.uint32), of, None)
            number = stop


def access(folder: Path, stem: str, shape: Shape) -> Access:
    """The shard, mapped into memory; see :meth:`rightful.export.formats.Format.access`."""
    tokens_path = folder / f"{stem}.bin"
    kind, lengths, _ = _read_index(folder / f"{stem}.idx")
    total = int(lengths.sum(dtype=np.int64))
    if _size(tokens_path) != total * kind.itemsize:
        speaks = f"has {_size(tokens_path)} bytes; its index speaks of {total * kind.itemsize}"
        raise DamagedInput(speaks, subject=str(tokens_path))
    return Mapped(tokens_path, kind, total)


def _read_index(path: Path) -> tuple[np.dtype[Any], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Token type, length of each sequence, document boundaries in sequences, all checked against each other."""

    def damaged(reason: str) -> DamagedInput:
        return DamagedInput(reason, subject=str(path))

    size = _size(path)
    if size < _HEADER.size:
        raise damaged(f"is cut short: {size} bytes, and the header alone has {_HEADER.size}")
    with path.open("rb") as file:
        magic, version, code, sequences, documents = _HEADER.unpack(file.read(_HEADER.size))
        if magic != b"MMIDIDX\x00\x00":
            raise damaged(f"is not a Megatron index: it begins with {magic!r}")
        if version != 1:
            raise damaged(f"has version {version}; only version 1 is known")
        if code not in _CODES:
            raise damaged(f"has the token type {code}, which is no integer type of Megatron's")
        expected = _HEADER.size + sequences * (4 + 8) + documents * 8
        if size not in (expected, expected + sequences):  # the second: with a mode for each sequence
            raise damaged(f"has {size} bytes; {sequences} sequences and {documents} boundaries need {expected}")
        lengths = np.fromfile(file, "<i4", sequences)
        offsets = np.fromfile(file, "<i8", sequences)
        boundaries = np.fromfile(file, "<i8", documents)
    kind = np.dtype(_CODES[code])
    if sequences and int(lengths.min()) < 0:
        raise damaged(f"has a sequence of {int(lengths.min())} tokens")
    ends = np.cumsum(lengths, dtype=np.int64) * kind.itemsize
    if not np.array_equal(offsets[:1], ends[:1] * 0) or not np.array_equal(offsets[1:], ends[:-1]):
        raise damaged("has offsets that are not the sum of the lengths before them")
    if not documents or boundaries[0] != 0 or boundaries[-1] != sequences or bool((np.diff(boundaries) < 0).any()):
        raise damaged("has document boundaries that do not run from 0 to the number of sequences")
    return kind, lengths, boundaries


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
