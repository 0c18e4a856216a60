"""MDS shards: ``STEM.mds`` with samples, and ``index.json`` in every folder that names its shards. Floor 8.

The layout of mosaicml-streaming, version 2 (``streaming/base/format/mds``), little-endian, never compressed: u32 count of
samples n, u32[n + 1] offsets of the samples from the beginning of the file, the last where it ends; the configuration as JSON with
sorted keys; the samples. A sample is the u32 sizes of its columns in alphabetical order, all of which vary, and their values.
``ndarray:TYPE`` is a byte ``dimensions << 2 | log2(bytes of a dimension)``, the dimensions, the values; ``str`` is UTF-8.

Columns of a sample that is a document: ``input_ids``, uint16 for a vocabulary of at most 65,536 and else uint32, and
``record_id``; of packed documents: ``input_ids``, ``lengths`` and ``record_ids`` of the documents in their order,
``position_ids`` and ``loss_mask``. ``loss_mask`` is 1 for a token that counts, and 0 for padding or one that stands in another's
place; a shard of documents has it where some of them were masked. The bytes are those of mosaicml's ``MDSWriter`` with
``size_limit=None`` and ``hashes=["sha256"]``, so ``validate_hash="sha256"`` has something to validate.
"""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, InputError
from rightful.export.formats import Access, Held, Row, Shape, Tokens, checked, counts_up
from rightful.store.layout import publish, sha256_file

NAME = "mds"
MASK_COLUMN = "loss_mask"
INDEX = "index.json"

_HASH = "sha256"
_MOST_BYTES = 2**32 - 1
_BUFFER_BYTES = 1 << 20

Values = Callable[[Row], bytes]
"""The value of one column of a row, as it lies in a sample."""


def suffixes(shape: Shape) -> tuple[str, ...]:
    """One file; the index of the folder is none of a shard's."""
    return (".mds",)


def width(shape: Shape) -> np.dtype[Any]:
    """uint16 for a vocabulary of at most 65,536, else uint32."""
    return np.dtype("<u2") if shape.vocab_size <= 1 << 16 else np.dtype("<u4")


def write(folder: Path, stem: str, rows: Iterable[Row], shape: Shape, *, masked: bool = False) -> list[Path]:
    """Write ``STEM.mds``; see :meth:`rightful.export.formats.Format.write`.

    Offsets stand before the samples and are known after them: samples wait in a file without a name.

    Raises :class:`InputError` also for a shard of 4 GiB, whose offsets are 32 bits wide.
    """
    final = folder / f"{stem}.mds"
    columns = _columns(shape, masked=masked)
    with publish(final) as temporary, tempfile.TemporaryFile(dir=folder, buffering=_BUFFER_BYTES) as samples:
        sizes = _write_samples(samples, rows, shape, columns)
        config = json.dumps(_config(columns), sort_keys=True).encode()
        first = 4 + 4 * (len(sizes) + 1) + len(config)
        offsets = first + np.cumsum(np.concatenate([[0], np.asarray(sizes, np.int64)]))
        if offsets[-1] > _MOST_BYTES:
            raise InputError(
                f"a shard of {offsets[-1]} bytes, where MDS has room for {_MOST_BYTES}",
                subject=str(final),
                hint="export smaller ones: --shard-tokens",
            )
        samples.seek(0)
        with temporary.open("wb", buffering=_BUFFER_BYTES) as file:
            file.write(struct.pack("<I", len(sizes)) + offsets.astype("<u4").tobytes() + config)
            shutil.copyfileobj(samples, file, _BUFFER_BYTES)
    return [final]


def _write_samples(file: IO[bytes], rows: Iterable[Row], shape: Shape, columns: dict[str, str]) -> array[int]:
    """Write the samples one behind the other, and return the size of each in bytes."""
    values = [_VALUES[name](columns[name]) for name in columns]
    head = struct.Struct(f"<{len(columns)}I")
    sizes = array("Q")
    for row in rows:
        checked(row, shape)
        parts = [value(row) for value in values]
        sample = b"".join([head.pack(*map(len, parts)), *parts])
        file.write(sample)
        sizes.append(len(sample))
    return sizes


def _columns(shape: Shape, *, masked: bool) -> dict[str, str]:
    """The columns and how each is encoded, in alphabetical order."""
    columns = {"input_ids": f"ndarray:{width(shape).name}"}
    if shape.seq_len is None:
        columns["record_id"] = "str"
    else:
        columns |= {"lengths": "ndarray:int32", "position_ids": "ndarray:int32", "record_ids": "json"}
    if masked or shape.seq_len is not None:
        columns[MASK_COLUMN] = "ndarray:uint8"
    return dict(sorted(columns.items()))


def _config(columns: dict[str, str]) -> dict[str, Any]:
    return {
        "version": 2,
        "format": "mds",
        "compression": None,
        "hashes": [_HASH],
        "size_limit": None,
        "column_names": list(columns),
        "column_encodings": list(columns.values()),
        "column_sizes": [None] * len(columns),
    }


def _array(of: Callable[[Row], npt.NDArray[Any]], encoding: str) -> Values:
    kind = np.dtype(encoding.removeprefix("ndarray:")).newbyteorder("<")

    def value(row: Row) -> bytes:
        values = of(row)
        count = len(values)
        code = 0 if count < 1 << 8 else 1 if count < 1 << 16 else 2
        return struct.pack(("<BB", "<BH", "<BI")[code], 1 << 2 | code, count) + values.astype(kind).tobytes()

    return value


def _text(of: Callable[[Row], str], encoding: str) -> Values:
    return lambda row: of(row).encode()


_VALUES: dict[str, Callable[[str], Values]] = {
    "input_ids": partial(_array, lambda row: row.tokens),
    "lengths": partial(_array, lambda row: np.array([span.length for span in row.spans], np.int32)),
    MASK_COLUMN: partial(_array, Row.mask),
    "position_ids": partial(_array, Row.position_ids),
    "record_id": partial(_text, lambda row: row.spans[0].record_id),
    "record_ids": partial(_text, lambda row: json.dumps([span.record_id for span in row.spans])),
}


def finish(folder: Path, stems: Sequence[str], shape: Shape) -> list[Path]:
    """Write ``index.json``, by which mosaicml's loader knows the shards of a folder.

    Raises :class:`DamagedInput` for a shard that is missing or is none.
    """
    shards = []
    for stem in stems:
        path = folder / f"{stem}.mds"
        samples, config = _opening(path, shape)[1:]
        raw = {"basename": path.name, "bytes": path.stat().st_size, "hashes": {_HASH: sha256_file(path)}}
        shards.append({**config, "samples": samples, "raw_data": raw, "zip_data": None})
    final = folder / INDEX
    with publish(final) as temporary:
        temporary.write_text(json.dumps({"version": 2, "shards": shards}, sort_keys=True), encoding="utf-8")
    return [final]


# What follows reads the layout as mosaicml-streaming defines it, and shares nothing with the writer above.

_SHAPES = {0: "<u1", 1: "<u2", 2: "<u4"}


def read(folder: Path, stem: str, shape: Shape) -> Iterator[Held]:
    """The samples; see :meth:`rightful.export.formats.Format.read`."""
    path = folder / f"{stem}.mds"
    offsets, _, config = _opening(path, shape)
    names = config["column_names"]
    encodings = dict(zip(names, config["column_encodings"], strict=True))
    head = struct.Struct(f"<{len(names)}I")
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        file.seek(int(offsets[0]))
        for number, size in enumerate(np.diff(offsets).tolist()):
            sample = file.read(size)
            if len(sample) != size:
                raise DamagedInput(f"ends within sample {number}", subject=str(path))
            try:
                yield _held(_sample(sample, head, encodings), shape)
            except (ValueError, struct.error) as error:
                raise DamagedInput(f"sample {number}: {error}", subject=str(path)) from error


def _opening(path: Path, shape: Shape) -> tuple[npt.NDArray[np.int64], int, dict[str, Any]]:
    """Where each sample begins and the last one ends, how many there are, and the configuration."""

    def damaged(reason: str) -> DamagedInput:
        return DamagedInput(reason, subject=str(path))

    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            count = int.from_bytes(file.read(4), "little")
            if size < 4 + 4 * (count + 1):
                raise damaged(f"has {size} bytes; the offsets of {count} samples need {4 + 4 * (count + 1)}")
            offsets = np.fromfile(file, "<u4", count + 1).astype(np.int64)
            if not file.tell() <= offsets[0] <= size or bool((np.diff(offsets) < 0).any()):
                raise damaged("has offsets that do not follow upon each other")
            if offsets[-1] != size:
                raise damaged(f"has {size} bytes; its offsets end at {offsets[-1]}")
            raw = file.read(int(offsets[0]) - file.tell())
    except FileNotFoundError as error:
        raise damaged("is missing") from error
    try:
        config = json.loads(raw)
    except ValueError as error:
        raise damaged(f"has no configuration in JSON: {error}") from error
    known = [_configuration(columns) for columns in _known(shape)]
    if config not in known:
        raise damaged(f"expected the configuration {json.dumps(known[0], sort_keys=True)}, came {raw[:500].decode()}")
    return offsets, count, config


def _configuration(columns: dict[str, str]) -> dict[str, Any]:
    names, encodings, sizes = list(columns), list(columns.values()), [None] * len(columns)
    fixed = {"version": 2, "format": "mds", "compression": None, "hashes": ["sha256"], "size_limit": None}
    return {**fixed, "column_names": names, "column_encodings": encodings, "column_sizes": sizes}


def _known(shape: Shape) -> list[dict[str, str]]:
    """The columns that a shard may have."""
    ids = "ndarray:uint16" if shape.vocab_size <= 65_536 else "ndarray:uint32"
    if shape.seq_len is None:
        plain = {"input_ids": ids, "record_id": "str"}
        return [plain, {"input_ids": ids, "loss_mask": "ndarray:uint8", "record_id": "str"}]
    kinds = {"lengths": "ndarray:int32", "loss_mask": "ndarray:uint8", "position_ids": "ndarray:int32"}
    return [{"input_ids": ids, **kinds, "record_ids": "json"}]


def _sample(sample: bytes, head: struct.Struct, encodings: dict[str, str]) -> dict[str, Any]:
    """The values of a sample by column. Raises ValueError and struct.error."""
    sizes = head.unpack_from(sample)
    if head.size + sum(sizes) != len(sample):
        raise ValueError(f"{len(sample)} bytes, and columns of {head.size + sum(sizes)}")
    at = head.size
    values: dict[str, Any] = {}
    for (name, encoding), size in zip(encodings.items(), sizes, strict=True):
        part = sample[at : at + size]
        values[name] = _decoded(name, encoding, part)
        at += size
    return values


def _decoded(name: str, encoding: str, part: bytes) -> Any:
    if encoding == "str":
        return part.decode()
    if encoding == "json":
        value = json.loads(part)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name} is no list of texts")
        return value
    kind, first = np.dtype(encoding.removeprefix("ndarray:")).newbyteorder("<"), part[:1]
    if not first or first[0] >> 2 != 1 or first[0] & 3 not in _SHAPES:
        raise ValueError(f"{name} is no list of numbers")
    width_of = np.dtype(_SHAPES[first[0] & 3])
    start = 1 + width_of.itemsize
    count = int.from_bytes(part[1:start], "little")
    if len(part) != start + count * kind.itemsize:
        raise ValueError(f"{name} has {len(part) - start} bytes, not {count} numbers")
    return np.frombuffer(part, kind, count, start)


def _held(values: dict[str, Any], shape: Shape) -> Held:
    """The row that a sample is. Raises ValueError where columns contradict each other."""
    tokens = values["input_ids"].astype(np.uint32)
    mask = values.get("loss_mask")
    if mask is not None and (len(mask) != len(tokens) or bool((mask > 1).any())):
        raise ValueError("loss_mask is not a 0 or 1 for each of the ids")
    if shape.seq_len is None:
        return Held(tokens, (values["record_id"],), (len(tokens),), mask)
    lengths, records, places = values["lengths"], values["record_ids"], values["position_ids"]
    if len(tokens) != shape.seq_len:
        raise ValueError(f"{len(tokens)} ids, where every sequence has {shape.seq_len}")
    if len(lengths) != len(records) or bool((lengths < 0).any()) or int(lengths.sum(dtype=np.int64)) > len(tokens):
        raise ValueError("lengths has not one for each of record_ids, or they are more than the ids")
    if len(places) != len(tokens) or not counts_up(places, lengths):
        raise ValueError("position_ids does not count the ids of each document")
    return Held(tokens, tuple(records), tuple(lengths.tolist()), mask)


def access(folder: Path, stem: str, shape: Shape) -> Access:
    """The shard, mapped into memory; see :meth:`rightful.export.formats.Format.access`."""
    return _Samples(folder / f"{stem}.mds", shape)


class _Samples:
    """The ids of a shard by their places. Memory: where each sample's ids begin, 16 bytes a sample."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.path = path
        offsets, count, config = _opening(path, shape)
        self._kind = np.dtype("<u2" if shape.vocab_size <= 65_536 else "<u4")
        self._bytes: npt.NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        heads, starts = 4 * len(config["column_names"]), offsets[:-1]
        if count and int(np.diff(offsets).min()) < heads + 2:
            raise DamagedInput("has a sample that is too short for its columns", subject=str(path))
        sizes = sum(self._bytes[starts + n].astype(np.int64) << 8 * n for n in range(4))
        bytes_of_count = 1 << (self._bytes[starts + heads] & 3).astype(np.int64)
        ids = sizes - 1 - bytes_of_count
        self._starts = starts + heads + 1 + bytes_of_count
        if count and (int(ids.min()) < 0 or bool((self._starts + ids > offsets[1:]).any())):
            raise DamagedInput("has input_ids that go beyond their sample", subject=str(path))
        self._ends = np.cumsum(ids // self._kind.itemsize)

    def ids(self, first: int, count: int) -> Tokens:
        """See :class:`rightful.export.formats.Access`."""
        total = int(self._ends[-1]) if len(self._ends) else 0
        if first < 0 or count < 0 or first + count > total:
            raise DamagedInput(f"has {total} ids, and none at {first} to {first + count}", subject=str(self.path))
        parts = [np.empty(0, np.uint32)]
        number = bisect_right(self._ends, first)
        while count:
            before = int(self._ends[number - 1]) if number else 0
            taken = min(count, int(self._ends[number]) - first)
            at = int(self._starts[number]) + (first - before) * self._kind.itemsize
            parts.append(self._bytes[at : at + taken * self._kind.itemsize].view(self._kind).astype(np.uint32))
            first, count, number = first + taken, count - taken, number + 1
        return np.concatenate(parts)

    def close(self) -> None:
        """See :class:`rightful.export.formats.Access`."""
        self._bytes = np.empty(0, np.uint8)
