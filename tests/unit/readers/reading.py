"""What the tests of the readers share: reading a file to the end, and writing compressed ones."""

from __future__ import annotations

import bz2
import gzip
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful import catalog
from rightful.readers import RAW, Damage, Extent, Fields, FoundFile, Item, ReadOptions, Skipped
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.read import read
from rightful.rights.columns import Look

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".zst": lambda data: bytes(pa.compress(data, "zstd", asbytes=True)),
}

WELL_KNOWN = Fields()
LOOK = Look(catalog.load().names.columns)


@dataclass
class Reading:
    """Everything that items gave, with line numbers counted from the start of the file."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    batches: list[pa.RecordBatch] = field(default_factory=list)
    lines: int = 0

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]

    @property
    def faults(self) -> list[tuple[str | None, str]]:
        """Position and reason of each damage."""
        return [(damage.position, damage.reason) for damage in self.damages]


def found(path: Path, format: str, name: str | None = None) -> FoundFile:
    status = path.stat()
    return FoundFile(path, name or path.name, status.st_size, status.st_mtime_ns, format)


def read_items(
    items: Iterable[Item], fields: Fields = WELL_KNOWN, look: Look = LOOK, limits: Limits = DEFAULT
) -> Reading:
    """Read items of one file, in order."""
    reading = Reading()
    for item in items:
        before, extents = reading.lines, 0
        for part in read(item, ReadOptions(fields, look, limits)):
            assert not extents, "the extent comes last"
            if isinstance(part, Extent):
                extents += 1
                reading.lines += part.lines
            elif isinstance(part, Damage):
                number = None if part.number is None else part.number + (before if part.unit in ("line", "row") else 0)
                reading.damages.append(replace(part, number=number))
            elif isinstance(part, Skipped):
                reading.skipped.append(part)
            else:
                assert part.schema == RAW
                part.validate(full=True)
                reading.batches.append(part)
                reading.rows += [row | {"line": row["line"] + before} for row in part.to_pylist()]
        assert extents == 1, "one extent an item"
    return reading


def read_file(
    path: Path, format: str, fields: Fields = WELL_KNOWN, look: Look = LOOK, limits: Limits = DEFAULT
) -> Reading:
    return read_items([Item(format, (found(path, format),))], fields, look, limits)


def write_lines(path: Path, lines: Sequence[bytes | str]) -> Path:
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n")
    return path


def letters(size: int) -> bytes:
    """Letters and digits that pack well, though no thousand times."""
    once = random.Random(1).randbytes(1 << 19).hex().encode()
    return (once * (size // len(once) + 1))[:size]
