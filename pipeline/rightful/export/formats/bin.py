"""Flat shards: ``STEM.bin``, which is ids and nothing else behind a header, and ``STEM.csv.gz``, which says whose they are. Floor 8.

The header is that of llm.c (``dev/data/data_common.py``): 256 int32, little-endian, the first three of them magic, version
and count of tokens, the others 0. A vocabulary of at most 65,536 has the header of its GPT-2 files (20240520, 1) before
uint16; a larger one that of its Llama-3 files (20240801, 7) before uint32. A shape that is ``raw`` has no header, as nanoGPT
and OLMo-core map a file into memory; OLMo-core calls such a file ``.npy``, though it is none of numpy's.

The table beside is the one that the Dolma toolkit writes and OLMo-core reads (``olmo_core.data.utils.iter_document_indices``):
gzipped CSV without a header row, ``start,end,id,src,loc``. ``start`` and ``end`` (exclusive) count ids from the first of the
file; ``id`` is the record, ``src`` its source, and ``loc`` the document's ``position`` in the shard, as the index of the export
has it. Lines follow upon each other without a gap, as OLMo-core requires: padding has a line too, without id and source, whose
``loc`` is -1. Boundaries come from here, never from a search for the end-of-document token, which may stand within a text.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np

from rightful.errors import DamagedInput, InputError
from rightful.export.formats import Access, Held, Mapped, Row, Shape, checked
from rightful.store.layout import publish, sync

NAME = "bin"
MASK_COLUMN = None
TABLE = ".csv.gz"

MOST_TOKENS = 2**31 - 1
"""As many as a header counts, in an int32."""

_HEADER_BYTES = 256 * 4
_BUFFER_BYTES = 1 << 20
_PART_BYTES = 1 << 16


def suffixes(shape: Shape) -> tuple[str, ...]:
    """The ids, and then the table of documents."""
    return (_suffix(shape), TABLE)


def width(shape: Shape) -> np.dtype[Any]:
    """uint16 for a vocabulary of at most 65,536, else uint32."""
    return np.dtype("<u2") if shape.vocab_size <= 1 << 16 else np.dtype("<u4")


def write(folder: Path, stem: str, rows: Iterable[Row], shape: Shape, *, masked: bool = False) -> list[Path]:
    """Write ``STEM.bin`` (or what ``shape.raw`` names) and ``STEM.csv.gz``; see :meth:`rightful.export.formats.Format.write`.

    The table comes last, and an older one goes first: what a reader of tables sees is a pair.

    Raises :class:`InputError` also for more than 2**31 - 1 tokens behind a header, which counts them in an int32.
    """
    tokens_path, table_path = (folder / f"{stem}{suffix}" for suffix in suffixes(shape))
    with publish(table_path) as table_temporary, publish(tokens_path) as temporary:
        with (
            temporary.open("wb", buffering=_BUFFER_BYTES) as file,
            table_temporary.open("wb", buffering=_BUFFER_BYTES) as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as table,
        ):
            _write_rows(file, table, rows, shape, tokens_path)
        sync(table_temporary)  # so that nothing but its renaming is left to do once the ids are there
        table_path.unlink(missing_ok=True)
    return [tokens_path, table_path]


def _write_rows(file: BinaryIO, table: IO[str], rows: Iterable[Row], shape: Shape, path: Path) -> None:
    kind = width(shape)
    lines = csv.writer(table, lineterminator="\r\n")  # with another, a lone \r would not be quoted
    if shape.raw is None:
        file.write(bytes(_HEADER_BYTES))
    total = 0
    for row in rows:
        tokens = checked(row, shape)
        if shape.raw is None and total + len(tokens) > MOST_TOKENS:
            raise InputError(
                f"a shard of more than {MOST_TOKENS} tokens, which the header of llm.c cannot count",
                subject=str(path),
                hint="export smaller ones: --shard-tokens; or without a header: --raw",
            )
        file.write(tokens.astype(kind).data)
        lines.writerows(_lines(row, total))
        total += len(tokens)
    if shape.raw is None:
        magic, version = (20240520, 1) if kind.itemsize == 2 else (20240801, 7)
        file.seek(0)
        file.write(np.array([magic, version, total], "<i4").tobytes())


def _lines(row: Row, first: int) -> Iterator[tuple[int, int, str, str, int]]:
    """The lines of one row, padding among them, which begins ``first`` ids after the beginning of the shard."""
    at = 0
    for span in row.spans:
        if span.start > at:
            yield first + at, first + span.start, "", "", -1
        at = span.start + span.length
        yield first + span.start, first + at, span.record_id, span.source_id, span.position
    if at < len(row.tokens):
        yield first + at, first + len(row.tokens), "", "", -1


def finish(folder: Path, stems: Sequence[str], shape: Shape) -> list[Path]:
    """Nothing: every shard stands for itself."""
    return []


def _suffix(shape: Shape) -> str:
    return ".bin" if shape.raw is None else shape.raw


# What follows reads the layouts as llm.c and the Dolma toolkit define them, and shares nothing with the writer above.

_KNOWN = {(20240520, 1): "<u2", (20240801, 7): "<u4"}


_PADDING = "-1"


class _Line(NamedTuple):
    start: int
    end: int
    record_id: str
    pads: bool


def read(folder: Path, stem: str, shape: Shape) -> Iterator[Held]:
    """The rows, which begin where the table says; see :meth:`rightful.export.formats.Format.read`."""
    path, table = folder / f"{stem}{_suffix(shape)}", folder / f"{stem}{TABLE}"
    kind, total, offset = _layout(path, shape)
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        file.seek(offset)
        at = 0
        for lines in _rows(_table(table), shape, table):
            end = lines[-1].end
            if end > total:
                raise DamagedInput(f"has ids up to {end}, where {path.name} has {total}", subject=str(table))
            there = file.read((end - at) * kind.itemsize)
            if len(there) != (end - at) * kind.itemsize:
                raise DamagedInput(f"ends before id {end}", subject=str(path))
            documents = [line for line in lines if not line.pads]
            yield Held(
                np.frombuffer(there, kind).astype(np.uint32),
                tuple(line.record_id for line in documents),
                tuple(line.end - line.start for line in documents),
            )
            at = end
    if at != total:
        raise DamagedInput(f"has ids up to {at}, where {path.name} has {total}", subject=str(table))


def _rows(lines: Iterable[_Line], shape: Shape, table: Path) -> Iterator[list[_Line]]:
    """The lines of each row: one, or as many as make up a sequence."""
    waiting: list[_Line] = []
    for line in lines:
        waiting.append(line)
        if shape.seq_len is None:
            if line.pads:
                raise DamagedInput(f"has padding at {line.start}, where every row is a document", subject=str(table))
        elif line.end - waiting[0].start < shape.seq_len:
            continue
        elif line.end - waiting[0].start > shape.seq_len:
            raise DamagedInput(f"has a document across the end of a sequence, at {line.start}", subject=str(table))
        yield waiting
        waiting = []
    if waiting:
        raise DamagedInput(f"ends within a sequence of {shape.seq_len}, at {waiting[-1].end}", subject=str(table))


def _table(path: Path) -> Iterator[_Line]:
    """The lines of the table, each of which begins where the one before it ends."""
    at = 0
    try:
        for number, fields in enumerate(csv.reader(_texts(path), strict=True), 1):
            line = _line(fields)
            if line is None or line.start != at or line.end < at:
                raise DamagedInput(f"expected start,end,id,src,loc from {at} on", subject=f"{path}:{number}")
            yield line
            at = line.end
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    except (OSError, zlib.error, csv.Error, UnicodeDecodeError) as error:
        raise DamagedInput(f"is not a whole table in gzip: {error}", subject=str(path)) from error


def _texts(path: Path) -> Iterator[str]:
    """The lines of a file that is one gzip member to its last byte, each with its end."""
    inflate, decoder = zlib.decompressobj(31), codecs.getincrementaldecoder("utf-8")()
    waiting = ""
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            *lines, waiting = (waiting + decoder.decode(inflate.decompress(part))).split("\n")
            yield from (line + "\n" for line in lines)
    decoder.decode(b"", final=True)
    if waiting or not inflate.eof or inflate.unused_data:
        came = "it goes on behind its end" if inflate.unused_data else "it is cut short"
        raise DamagedInput(f"is not a whole table in gzip: {came}", subject=str(path))


def _line(fields: list[str]) -> _Line | None:
    if len(fields) != 5 or not all(field.isdecimal() and len(field) < 19 for field in fields[:2]):
        return None
    start, end, record, source, place = fields
    pads = place == _PADDING and not record and not source
    return _Line(int(start), int(end), record, pads) if pads or place.isdecimal() else None


def _layout(path: Path, shape: Shape) -> tuple[np.dtype[Any], int, int]:
    """How ids lie in the file, how many there are, and behind how many bytes."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError as error:
        raise DamagedInput("is missing", subject=str(path)) from error
    expected = np.dtype("<u2" if shape.vocab_size <= 65_536 else "<u4")
    if shape.raw is not None:
        if size % expected.itemsize:
            raise DamagedInput(f"has {size} bytes, which are no ids of {expected.itemsize}", subject=str(path))
        return expected, size // expected.itemsize, 0
    if len(header) < _HEADER_BYTES:
        raise DamagedInput(f"is cut short: {size} bytes, and the header alone has {_HEADER_BYTES}", subject=str(path))
    magic, version, total, *rest = np.frombuffer(header, "<i4").tolist()
    if (magic, version) not in _KNOWN:
        raise DamagedInput(
            f"begins with magic {magic} and version {version}; known are "
            + " and ".join(f"{m} with {v}" for m, v in _KNOWN),
            subject=str(path),
        )
    kind = np.dtype(_KNOWN[magic, version])
    if kind != expected:
        raise DamagedInput(
            f"has ids of {kind.itemsize} bytes; a vocabulary of {shape.vocab_size} has {expected.itemsize}",
            subject=str(path),
        )
    if total < 0 or size != _HEADER_BYTES + total * kind.itemsize:
        raise DamagedInput(f"has {size} bytes; its header speaks of {total} tokens", subject=str(path))
    if any(rest):
        raise DamagedInput("has something in the header behind the count of tokens", subject=str(path))
    return kind, total, _HEADER_BYTES


def access(folder: Path, stem: str, shape: Shape) -> Access:
    """The shard, mapped into memory; see :meth:`rightful.export.formats.Format.access`."""
    path = folder / f"{stem}{_suffix(shape)}"
    kind, total, offset = _layout(path, shape)
    return Mapped(path, kind, total, offset)
