"""A little of some of the files, as a tree of its own: what is looked at, and what a preview ingests. Floor 6.

Of each folder and kind a few files, and of each file the first records: some hundred kilobytes, however large it is. The
pieces lie under the names that the files have, so that they are read as those would be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.drafts.walking import Seen, Walked
from rightful.errors import RightfulError
from rightful.readers import FoundFile
from rightful.readers.formats import suffix
from rightful.readers.formats.arrow import first_rows
from rightful.readers.read import containers
from rightful.readers.streams import SUFFIXES, StreamBroken, chunks
from rightful.readers.tree import discover
from rightful.rights.sources import CARD_NAME

MOST_FILES = 240
PER_KIND = 4
"""So many files of one suffix in one folder."""
MOST_ROWS = 300
HEAD_BYTES, LEAST_BYTES, ALL_BYTES = 256 << 10, 16 << 10, 8 << 20
"""So much of a file at most, and of many files so much each that all together are about 8 MiB."""
MOST_GROUP_BYTES = 1 << 30
"""A row group of Parquet is read as a whole: one that is larger is not looked at."""
_ROWS_FORMATS = ("jsonl", "csv", "tsv", "parquet", "arrow")


UNOPENED = "an archive is not opened: an ingest reads what it holds"
"""Why there is no piece of an archive or repository."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The beginning of a file: where it lies, its format, and the file that it is of. ``unread`` says why there is none."""

    of: Seen
    path: Path | None
    format: str
    unread: str = ""
    truncated: bool = False


def chosen(walked: Walked) -> list[Seen]:
    """The files to look at: of every folder and suffix the first few by name, as evenly as the bound leaves it."""
    groups: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for file in walked.files:
        if file.name != CARD_NAME and file.size:
            groups[file.folder, suffix(file.name)].append(file)
    picked: list[Seen] = []
    for turn in range(PER_KIND):
        for group in groups.values():
            if turn < len(group) and len(picked) < MOST_FILES:
                picked.append(group[turn * max(1, len(group) // PER_KIND) if len(group) > PER_KIND else turn])
    return sorted(set(picked), key=lambda file: (file.folder, file.name))


def sample(files: Iterable[Seen], to: Path) -> list[Piece]:
    """The pieces of the files, written below ``to``."""
    looked = [(file, *_format(file)) for file in files]
    tables = sum(format in _ROWS_FORMATS for _, format, _ in looked)
    rows = max(3, MOST_ROWS // max(tables, 1))
    size = max(LEAST_BYTES, min(HEAD_BYTES, ALL_BYTES // max(len(looked), 1)))
    return [
        _piece(file, format, to, rows, size) if format else Piece(file, None, "", unread)
        for file, format, unread in looked
    ]


def _format(file: Seen) -> tuple[str, str]:
    """The format of a file, or why it is not read."""
    try:
        listing = discover(file.path)
    except RightfulError as error:
        return "", error.message
    if listing.files and listing.files[0].format in containers():
        return "", UNOPENED
    if listing.files:
        return listing.files[0].format, ""
    reasons = [*(skipped.reason for skipped in listing.skipped), *(damage.reason for damage in listing.damages)]
    return "", next(iter(reasons), "a card")


def _piece(file: Seen, format: str, to: Path, rows: int, size: int) -> Piece:
    name = file.name
    if (last := suffix(name)) in SUFFIXES:
        name = name[: -len(last)]
    path = to / file.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        take = {"parquet": _parquet, "arrow": _arrow}.get(format)
        truncated = take(file.path, path, rows) if take is not None else _head(file, path, format, rows, size)
    except (OSError, StreamBroken, ValueError, pa.ArrowException) as error:
        path.unlink(missing_ok=True)
        return Piece(file, None, format, f"its first records cannot be read: {str(error).splitlines()[0][:120]}")
    if truncated is None:
        return Piece(file, None, format, f"no record ends within its first {size >> 10} KiB")
    return Piece(file, path, format, "", truncated)


def _parquet(source: Path, to: Path, rows: int) -> bool:
    """The first rows of a Parquet file."""
    with pq.ParquetFile(source) as opened:
        if opened.num_row_groups and opened.metadata.row_group(0).total_byte_size > MOST_GROUP_BYTES:
            raise ValueError("its first row group is too large for a look")
        batch: Any = next(opened.iter_batches(batch_size=rows), None)
        if batch is None:
            raise ValueError("no rows")
        pq.write_table(pa.Table.from_batches([batch]), to)
        return bool(opened.metadata.num_rows > batch.num_rows)


def _arrow(source: Path, to: Path, rows: int) -> bool:
    """The first rows of an Arrow file, as a stream."""
    table, more = first_rows(source, rows)
    if not table.num_rows:
        raise ValueError("no rows")
    with pa.OSFile(str(to), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return more


def _head(file: Seen, to: Path, format: str, rows: int, size: int) -> bool | None:
    """The first lines or characters of a file. True where there is more of it; None where not even one line is whole."""
    head = bytearray()
    for chunk in chunks(file.path):
        head += chunk
        if len(head) > size:
            break
    more = len(head) > size
    del head[size:]
    if format == "jsonl":
        lines = bytes(head).split(b"\n")
        whole = lines if not more else lines[:-1]
        if not whole:
            return None
        more = more or len(whole) > rows + 1
        head = bytearray(b"\n".join(whole[:rows]) + b"\n") if more else head
    elif more:
        cut = head.rfind(b"\n")
        if cut < 0 and format in _ROWS_FORMATS:
            return None
        head = head[: cut + 1] if cut >= 0 else bytearray(head.decode("utf-8", "ignore").encode())
    to.write_bytes(head)
    return more


def found(piece: Piece) -> FoundFile:
    """The piece as a file that can be read."""
    assert piece.path is not None
    status = piece.path.stat()
    return FoundFile(piece.path, piece.path.name, status.st_size, status.st_mtime_ns, piece.format)
