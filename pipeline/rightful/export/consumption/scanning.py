"""One file of a consumption log, read frame by frame and held against its checksums. Floor 8.

A file that ends within a frame has a torn tail: whoever wrote it was killed, or the disk lost what it had not synced. What
is whole before it counts. A frame that is whole and has another checksum is damage: nothing behind it can be trusted.
"""

from __future__ import annotations

import json
import mmap
import re
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rightful.errors import DamagedInput, InputError
from rightful.export.consumption.frames import (
    CHECKSUM,
    FORMAT,
    MAGIC,
    OPENING,
    VERSION,
    Bytes,
    Numbers,
    documents_of,
    number_at,
)

BLOCK_FRAMES = 1 << 16
"""So many frames are decoded at a time."""
_NAME = re.compile(r"consumption-([0-9]{1,6})\.log")
_NEEDED = {"export": str, "manifest_sha256": str, "documents": int, "rank": int, "world_size": int, "seed": int}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a process that went on writing said first: on which export (``documents``: rows of its index), as which rank of how many."""

    export: str
    manifest_sha256: str
    documents: int
    rank: int
    world_size: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {"format": FORMAT, "version": VERSION, **{name: getattr(self, name) for name in _NEEDED}}


@dataclass(slots=True)
class Scan:
    """How far a file could be read. It is complete once :func:`blocks` has ended: ``size`` bytes are whole, ``torn`` are not."""

    path: Path
    openings: list[Opening]
    first_steps: list[int | None]
    last_steps: list[int | None]
    size: int = 0
    torn: int = 0
    checksum: int = 0

    @classmethod
    def of(cls, path: Path) -> Scan:
        """That nothing was read of yet."""
        return cls(path, [], [], [])


@dataclass(frozen=True, slots=True)
class Block:
    """Frames of steps, in the order of the file: of which opening, which step, and where their documents lie."""

    opening: Numbers
    step: Numbers
    _region: Bytes
    _starts: Numbers
    _stops: Numbers
    _path: Path

    def documents(self, of: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """The documents of frames (those of these positions; of all by default), and how many each has."""
        starts, stops = (self._starts, self._stops) if of is None else (self._starts[of], self._stops[of])
        try:
            return documents_of(self._region, starts, stops)
        except ValueError as error:
            raise DamagedInput(f"has a frame that {error}", subject=str(self._path)) from error


def rank_of(path: Path) -> int | None:
    """The rank that a file of a log is of, by its name; None for another file."""
    named = _NAME.fullmatch(path.name)
    return None if named is None else int(named[1])


def blocks(scan: Scan) -> Iterator[Block]:
    """The frames of a file, block by block; ``scan`` is filled as they come.

    Raises :class:`InputError` for a file that is no log, :class:`DamagedInput` for one that was changed.
    """
    try:
        with scan.path.open("rb") as file:
            if not (head := file.read(len(MAGIC))):
                return
            if head != MAGIC:
                if MAGIC.startswith(head):
                    scan.torn = len(head)
                    return
                raise InputError(f"is no consumption log: it begins with {head!r}", subject=str(scan.path))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
                yield from _of(scan, raw)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", subject=str(scan.path)) from error


def _of(scan: Scan, raw: mmap.mmap) -> Iterator[Block]:
    opening, step, starts, stops = array("q"), array("q"), array("q"), array("q")
    at, end = len(MAGIC), len(raw)
    begun = scan.size = at
    number = -1
    last: int | None = None
    while at < end:
        try:
            length, body = number_at(raw, at)
            body += CHECKSUM.size
            stop = body + length
            if stop > end:
                break
            content = raw[body:stop]
            if zlib.crc32(content, scan.checksum) != CHECKSUM.unpack_from(raw, body - CHECKSUM.size)[0] or not length:
                if not any(raw[at:end]):
                    break  # blocks that a disk had given to the file and never wrote
                raise _damaged(scan, at, "has another checksum than it says")
            tag, begins = number_at(content, 0)
        except IndexError:
            break
        except ValueError as error:
            raise _damaged(scan, at, str(error)) from error
        if tag == OPENING:
            _open(scan, content[begins:], at)
            number, last = number + 1, None
        else:
            if number < 0:
                raise _damaged(scan, at, "comes before anything says of which export it is")
            if last is not None and tag - 1 < last:
                raise _damaged(scan, at, f"is of step {tag - 1}, after step {last}")
            last = tag - 1
            scan.last_steps[number] = last
            if scan.first_steps[number] is None:
                scan.first_steps[number] = last
            opening.append(number)
            step.append(last)
            starts.append(body + begins - begun)
            stops.append(stop - begun)
        scan.checksum = zlib.crc32(content, scan.checksum)
        scan.size = at = stop
        if len(step) == BLOCK_FRAMES:
            yield _block(scan.path, raw[begun:at], opening, step, starts, stops)
            opening, step, starts, stops = array("q"), array("q"), array("q"), array("q")
            begun = at
    scan.torn = end - scan.size
    if len(step):
        yield _block(scan.path, raw[begun : scan.size], opening, step, starts, stops)


def _block(path: Path, region: bytes, *columns: array[int]) -> Block:
    opening, step, starts, stops = (np.frombuffer(column, np.int64) for column in columns)
    return Block(opening, step, np.frombuffer(region, np.uint8), starts, stops, path)


def _open(scan: Scan, content: bytes, at: int) -> None:
    try:
        data = json.loads(content)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("is the opening of something else")
        if data.get("version") != VERSION:
            raise InputError(
                f"is a log of version {data.get('version')!r}; version {VERSION} is known", subject=str(scan.path)
            )
        wrong = [name for name, kind in _NEEDED.items() if type(data.get(name)) is not kind]
        if wrong:
            raise ValueError(f"lacks {', '.join(wrong)}")
        one = Opening(**{name: data[name] for name in _NEEDED})
        if not 0 <= one.rank < one.world_size or one.documents < 0:
            raise ValueError(f"is of rank {one.rank} of {one.world_size}")
    except ValueError as error:
        raise _damaged(scan, at, f"{error}") from error
    named = rank_of(scan.path)
    if named is not None and one.rank != named:
        raise InputError(f"is named as that of rank {named}, and is of rank {one.rank}", subject=str(scan.path))
    scan.openings.append(one)
    scan.first_steps.append(None)
    scan.last_steps.append(None)


def _damaged(scan: Scan, at: int, what: str) -> DamagedInput:
    hint = "put it back from a copy; what comes before that byte is whole"
    return DamagedInput(f"the frame at byte {at} {what}: it was changed", subject=str(scan.path), hint=hint)
