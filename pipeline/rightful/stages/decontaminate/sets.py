"""Evaluation sets as the user has them: files of rows, of which some columns are looked for. Floor 3; not a stage.

JSON lines, Parquet, CSV and TSV with a header, and plain text with one item per line. All but Parquet may be compressed
(gzip, bzip2, Zstandard), which the first bytes say. What cannot be read is an error and never skipped: a set of which
half was read would let the other half pass for clean.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import InputError, UnknownName, did_you_mean
from rightful.notation.shown import counted

Columns = tuple[tuple[str, ...], ...]
"""The passages of a row: each is the texts of some columns, one behind the other."""
Row = tuple[int, str, Mapping[str, Any]]
"""Its number from 1 on (of the line, or of the row where a row is no line), where it stands, and its values."""

_COMPRESSED = {".gz", ".gzip", ".bz2", ".zst", ".zstd"}
_MAGIC = {"gzip": rb"\x1f\x8b\x08", "bz2": rb"BZh[1-9]1AY&SY", "zstd": rb"\x28\xb5\x2f\xfd"}
_LOOKED_AT = 100  # rows whose names are suggested where one is missing
_MAX_FIELD_BYTES = 1 << 30


def stem_and_suffix(path: Path) -> tuple[str, str]:
    """The name of a file without what says its format, and the suffix that does.

    >>> stem_and_suffix(Path("sets/gsm8k.test.jsonl.gz"))
    ('gsm8k.test', '.jsonl')
    """
    inner = Path(path.stem) if path.suffix.lower() in _COMPRESSED else Path(path.name)
    return inner.stem, inner.suffix.lower()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits. Raises :class:`InputError` naming a file that cannot be read."""
    try:
        if path.is_dir():
            raise InputError("is a folder, not a file", subject=str(path), hint="name the files in it")
        stat = path.stat()
        return _digest_of(path, (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino))
    except FileNotFoundError:
        raise InputError("there is no such file", subject=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(path)) from error


@functools.lru_cache(maxsize=256)
def _digest_of(path: Path, state: tuple[int, int, int, int]) -> str:
    """Once for each state of a file: its size, its times of writing and of change, its inode."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def passages(path: Path, columns: Columns) -> Iterator[tuple[int, str]]:
    """The number of the row and the text of every passage that is not empty.

    A value is a text, a number, or a list of them (one behind the other); nothing where it is null or, in JSON, missing.
    ``a.b`` is ``b`` in the object, or in each object of the list, ``a``. Raises :class:`InputError` naming file and line
    for what is not in its format, not UTF-8, no text, or without any row; :class:`UnknownName` for a column that no
    row has.
    """
    missing = {name for group in columns for name in group}
    known: set[str] = set()
    count = 0
    for number, where, row in _reader(path)(path, frozenset(missing)):
        count += 1
        if count <= _LOOKED_AT:
            known.update(_names(row))
        for group in columns:
            texts = []
            for name in group:
                there, value = _value(row, name)
                if there:
                    missing.discard(name)
                texts.append(_text(value, name, where))
            if text := "\n".join(filter(None, texts)):
                yield number, text
    if not count:
        raise InputError("an evaluation set without a row: there is nothing to compare with", subject=str(path))
    for name in sorted(missing):
        raise _no_column(name, known, path)


def _no_column(name: str, known: set[str], path: Path) -> UnknownName:
    hint = f"{did_you_mean(name, known)} (the setting decontaminate.columns)"
    return UnknownName(f"no column {name!r}", subject=str(path), hint=hint)


def _names(row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        yield name
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from (f"{name}.{key}" for key in inner)


def _value(row: object, name: str) -> tuple[bool, Any]:
    """Whether the row has what ``name`` says, and it."""
    if isinstance(row, list):
        each = [_value(one, name) for one in row]
        return any(there for there, _ in each), [value for _, value in each]
    if not isinstance(row, Mapping):
        return False, None
    if name in row:
        return True, row[name]
    head, dot, rest = name.partition(".")
    return _value(row[head], rest) if dot and head in row else (False, None)


def _text(value: object, name: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return "\n".join(filter(None, (_text(one, name, where) for one in value)))
    hint = f"name what is in it: {name}.{next(iter(value))}" if isinstance(value, dict) and value else None
    raise InputError(f"{name!r} is {type(value).__name__}, expected text or a list of texts", subject=where, hint=hint)


# --- formats ----------------------------------------------------------------------------------------------------------


def _reader(path: Path) -> Callable[[Path, frozenset[str]], Iterator[Row]]:
    suffix = stem_and_suffix(path)[1]
    if suffix not in _READERS:
        known = ", ".join(_READERS)
        hint = "write one object per line (jq -c '.[]')" if suffix == ".json" else None
        raise InputError(f"the format of a file is inferred from its name: {known}", subject=str(path), hint=hint)
    return _READERS[suffix]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines with their ends, and their numbers from 1 on."""
    number = 0
    try:
        with path.open("rb") as file:
            codec = next((codec for codec, magic in _MAGIC.items() if re.match(magic, file.peek(10))), None)
            stream: IO[bytes] = file
            if codec:
                stream = io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec))
            for number, line in enumerate(stream, 1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        bad = f"not UTF-8: byte 0x{error.object[error.start]:02x} at byte {error.start} of the line"
        raise InputError(bad, subject=f"{path}:{number}") from None
    except FileNotFoundError:
        raise InputError("there is no such file", subject=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=f"{path}:{number + 1}") from error


def _jsonl(path: Path, _: frozenset[str]) -> Iterator[Row]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"not JSON: {error.msg} (at character {error.pos} of the line)", subject=where) from None
        if not isinstance(row, dict):
            raise InputError("not a JSON object", subject=where)
        yield number, where, row


def _separated(path: Path, _: frozenset[str], *, delimiter: str = ",") -> Iterator[Row]:
    at = 0

    def lines() -> Iterator[str]:
        nonlocal at
        for number, line in _lines(path):
            at = number
            yield line

    csv.field_size_limit(_MAX_FIELD_BYTES)  # the module's own limit is 128 KiB
    rows = csv.reader(lines(), delimiter=delimiter, strict=True)
    try:
        header = next(rows, [])
        if len(set(header)) < len(header):
            raise InputError("two columns of the header have the same name", subject=f"{path}:1")
        for number, row in enumerate(filter(None, rows), 1):
            where = f"{path}:{at}"
            if len(row) != len(header):
                raise InputError(
                    f"{counted(len(row), 'field')}, expected the {len(header)} of the header", subject=where
                )
            yield number, where, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", subject=f"{path}:{at}") from None


def _tabbed(path: Path, wanted: frozenset[str]) -> Iterator[Row]:
    return _separated(path, wanted, delimiter="\t")


def _plain(path: Path, _: frozenset[str]) -> Iterator[Row]:
    for number, line in _lines(path):
        if line.strip():
            yield number, f"{path}:{number}", {"text": line}


def _parquet(path: Path, wanted: frozenset[str]) -> Iterator[Row]:
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            known = set(file.schema_arrow.names)
            chosen = {name if name in known else name.partition(".")[0] for name in wanted}
            for name in sorted(chosen - known):
                raise _no_column(name, known, path)
            for batch in file.iter_batches(batch_size=1024, columns=sorted(chosen)):
                for row in batch.to_pylist():
                    number += 1
                    yield number, f"{path} row {number}", row
    except UnicodeDecodeError:
        raise InputError("not UTF-8", subject=f"{path} behind row {number}") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"cannot be read as Parquet: {str(error).splitlines()[0]}", subject=str(path)) from error


_READERS: Mapping[str, Callable[[Path, frozenset[str]], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
    ".csv": _separated,
    ".tsv": _tabbed,
    ".txt": _plain,
}
