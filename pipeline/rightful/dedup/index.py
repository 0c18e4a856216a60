"""Index: which contents have which bands, kept with a store, so that a search looks up what is new alone. Floor 5.

It is some *segments*, plain files that are read through mappings: a segment has contents in the order of anchors, the rows
of each, and the keys of their bands, sorted, each with the contents that have it. What is new becomes a segment, together
with those that are not much larger: there are about as many as the number of records has bits, and each record is written
as often. Whether a row counts is not in it: who asks says which rows do not.

Beside them lies the *state* of the last search: the verified pairs that did not count, since all of the buckets that the
two share were over the limit; and how many records of each source counted.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.dedup.columns import U64, Ints, Mask
from rightful.dedup.spill import Spill
from rightful.errors import StoreError
from rightful.store.chain import REMEDY
from rightful.store.layout import private_file

Arrays = Mapping[str, npt.NDArray[Any]]

VERSION = "rightful-bands/1"
MAGIC = b"rightful-bands/1"
CHUNK = 1 << 20
MERGED_ROWS = 1 << 18
"""A segment that has more rows is not merged: what is merged is in memory."""

KINDS = {
    "order": "<u8", "high": "<u8", "low": "<u8", "begins": "<u4", "hash": "<u8", "part": "<u4", "source": "<i4",
    "name": "<u8", "row": "<u4", "key": "<u8", "at": "<u4", "unused": "<u8",
}  # fmt: skip
"""The arrays of a segment: of each content ``order`` (:func:`order_of`), the digest (``high``, ``low``: its first 128 bits)
and where its rows begin; of each row the hash of the record's id, the number of its part and of its source (-1: none);
``name`` the hashes sorted, and the ``row`` of each; ``key`` the keys of bands sorted, and the content ``at`` each. Of a
state ``unused``: order, high and low of the two of each pair."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Some contents, by what tells them apart: the order, and the digest. Sorted by these they are in the order of anchors."""

    order: U64
    high: U64
    low: U64

    @classmethod
    def of(cls, several: Sequence[Contents]) -> Contents:
        """One after the other."""
        return cls(
            *(np.concatenate([_NONE, *(getattr(c, name) for c in several)]) for name in ("order", "high", "low"))
        )

    def __len__(self) -> int:
        return int(self.order.size)

    def take(self, at: npt.NDArray[Any]) -> Contents:
        """Those at some places, or where a mask is True."""
        return Contents(self.order[at], self.high[at], self.low[at])

    def distinct(self) -> tuple[Contents, Ints]:
        """Each once, in the order of anchors; and the place there of each of these."""
        by = np.lexsort((self.low, self.high, self.order))
        first = np.ones(by.size, np.bool_)
        for column in (self.order, self.high, self.low):
            first[1:] &= column[by[1:]] == column[by[:-1]]
        first[1:] = ~first[1:]
        place = np.empty(by.size, np.int64)
        place[by] = np.cumsum(first) - 1
        return self.take(by[first]), place

    def places(self, among: Contents) -> Ints:
        """The place of each in ``among``, which are distinct and in the order of anchors; -1 where it is not there."""
        at = np.searchsorted(among.order, self.order).astype(np.int64)
        found = np.full(len(self), -1, np.int64)
        left = np.arange(len(self))
        while left.size:  # next to each other are those that have as many shingles and the same 32 bits
            left = left[at[left] < len(among)]
            here = at[left]
            same = among.order[here] == self.order[left]
            left, here = left[same], here[same]
            hit = (among.high[here] == self.high[left]) & (among.low[here] == self.low[left])
            found[left[hit]] = here[hit]
            left = left[~hit]
            at[left] += 1
        return found


_NONE: U64 = np.empty(0, np.uint64)


def order_of(shingles: npt.NDArray[np.uint32], high: U64) -> U64:
    """What contents are sorted by first: the most shingles, then the digest."""
    return (~shingles).astype(np.uint64) << np.uint64(32) | high >> np.uint64(32)


def has_words(order: U64) -> Mask:
    """Which contents have shingles."""
    mask: Mask = order >> np.uint64(32) != np.uint64(0xFFFFFFFF)
    return mask


class Writer:
    """Writes a file of arrays. The same content has the same bytes."""

    def __init__(self, path: Path) -> None:
        private_file(path)
        self._file = path.open("r+b")
        self._file.write(MAGIC)
        self._listed: dict[str, tuple[int, int]] = {}

    def add(self, arrays: Arrays) -> None:
        """Write arrays by their names, piece by piece."""
        for name, array in arrays.items():
            kind, begin = np.dtype(KINDS[name]), self._file.tell()
            for start in range(0, array.size, CHUNK):
                self._file.write(np.ascontiguousarray(array[start : start + CHUNK], kind).data)
            self._file.write(bytes(-self._file.tell() % 16))
            self._listed[name] = (begin, int(array.size))

    def close(self, facts: Mapping[str, Any]) -> None:
        """Write what the file is."""
        footer = json.dumps({"version": VERSION, "arrays": self._listed, **facts}, sort_keys=True).encode()
        self._file.write(footer)
        self._file.write(len(footer).to_bytes(8, "little"))
        self._file.close()


class Segment:
    """A file of arrays, opened."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            size = int.from_bytes(raw[-8:], "little")
            self.facts = json.loads(raw[len(raw) - 8 - size : len(raw) - 8])
            if raw[: len(MAGIC)] != MAGIC or self.facts["version"] != VERSION:
                raise ValueError
            self.arrays = {
                name: np.frombuffer(raw, np.dtype(KINDS[name]), count, begin)
                for name, (begin, count) in self.facts["arrays"].items()
            }
        except (OSError, ValueError, KeyError) as error:
            raise StoreError("is no index of bands", subject=str(path), hint=REMEDY) from error
        self.path = path

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.arrays["hash"].size) if "hash" in self.arrays else 0

    def contents(self, at: npt.NDArray[Any]) -> Contents:
        """Contents by their numbers."""
        return Contents(*(self.arrays[name][at] for name in ("order", "high", "low")))

    def find(self, wanted: Contents) -> Ints:
        """The number of each content, -1 where it is not there."""
        return wanted.places(Contents(*(self.arrays[name] for name in ("order", "high", "low"))))

    def rows_of(self, contents: Ints) -> tuple[Ints, Ints]:
        """(which of ``contents``, row) of all their rows, in that order."""
        begins = self.arrays["begins"]
        return in_ranges(begins[contents].astype(np.int64), begins[contents + 1].astype(np.int64))

    def content_of(self, rows: Ints) -> Ints:
        """The content of each row."""
        place: Ints = np.searchsorted(self.arrays["begins"], rows, side="right").astype(np.int64) - 1
        return place

    def named(self, hashes: U64) -> tuple[Ints, Ints]:
        """(which of ``hashes``, row) of the rows of these records."""
        name = self.arrays["name"]
        left, right = (np.searchsorted(name, hashes, side=side).astype(np.int64) for side in ("left", "right"))
        which, at = in_ranges(left, right)
        return which, self.arrays["row"][at].astype(np.int64)

    def keyed(self, keys: U64) -> tuple[Ints, Ints]:
        """Where the contents of each key begin and end, in ``at``."""
        key = self.arrays["key"]
        return (
            np.searchsorted(key, keys, side="left").astype(np.int64),
            np.searchsorted(key, keys, side="right").astype(np.int64),
        )


def in_ranges(begins: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """(which range, number) of all numbers of ranges."""
    sizes = ends - begins
    which = np.repeat(np.arange(begins.size), sizes)
    return which, np.arange(which.size) - np.repeat(np.cumsum(sizes) - sizes - begins, sizes)


@dataclass(frozen=True, slots=True)
class Lines:
    """What a segment is made of, in any order: ``contents`` (one may be there several times), of each row which of them it
    has, and the keys, each with one of them."""

    contents: Contents
    of: Ints
    hash: U64
    part: Ints
    source: Ints
    key: U64
    at: Ints

    def write(self, path: Path, parts: Sequence[str], sources: Sequence[str]) -> None:
        """Write the segment; ``parts`` and ``sources`` are the names by their numbers, of which it keeps what it has."""
        part, parts = _alone(self.part, parts)
        source, sources = _alone(self.source, sources)
        contents, place = self.contents.distinct()
        by = np.lexsort((self.hash, place[self.of]))
        of = place[self.of][by]
        at = place[self.at]
        keys = np.lexsort((at, self.key))
        key, at = self.key[keys], at[keys]
        kept = np.ones(key.size, np.bool_)
        kept[1:] = (key[1:] != key[:-1]) | (at[1:] != at[:-1])
        writer = Writer(path)
        writer.add(ordered(contents, of, self.hash[by]))
        writer.add({"part": part[by], "source": source[by], "key": key[kept], "at": at[kept]})
        writer.close({"parts": [*parts], "sources": [*sources]})

    @classmethod
    def of_all(cls, several: Sequence[Lines]) -> Lines:
        """One after the other."""
        sizes = np.cumsum([0, *(len(lines.contents) for lines in several)])
        return cls(
            Contents.of([lines.contents for lines in several]),
            *(
                np.concatenate([getattr(lines, name) + first for lines, first in zip(several, moved, strict=False)])
                for name, moved in (
                    ("of", sizes), ("hash", [np.uint64(0)] * len(several)), ("part", [0] * len(several)),
                    ("source", [0] * len(several)), ("key", [np.uint64(0)] * len(several)), ("at", sizes),
                )
            ),
        )  # fmt: skip

    @classmethod
    def in_segment(cls, segment: Segment, parts: Numbers, sources: Numbers) -> Lines:
        """All of a segment, by the numbers that its parts and sources have elsewhere."""
        arrays = segment.arrays
        return cls(
            segment.contents(np.arange(arrays["order"].size)),
            segment.content_of(np.arange(segment.rows)),
            arrays["hash"],
            parts.of(segment.facts["parts"])[arrays["part"]],
            sources.of(segment.facts["sources"])[arrays["source"]],
            arrays["key"],
            arrays["at"].astype(np.int64),
        )


def _alone(codes: Ints, names: Sequence[str]) -> tuple[Ints, list[str]]:
    """The names that there are, sorted, and their numbers in place of these."""
    there = sorted(names[code] for code in np.unique(codes).tolist() if code >= 0)
    number = {name: n for n, name in enumerate(there)}
    table = np.array([*(number.get(name, -1) for name in names), -1], np.int64)
    return table[codes], there


def ordered(contents: Contents, of: npt.NDArray[Any], hashes: U64) -> Arrays:
    """The arrays of contents in the order of anchors and of their rows: ``of`` is the content of each row, ascending."""
    by_name = np.argsort(hashes, kind="stable")
    return {
        "order": contents.order, "high": contents.high, "low": contents.low,
        "begins": np.searchsorted(of, np.arange(len(contents) + 1)),
        "hash": hashes, "name": hashes[by_name], "row": by_name,
    }  # fmt: skip


class Numbers:
    """Names and their numbers, in the order in which they came."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def of(self, names: Iterable[str]) -> Ints:
        """The numbers of names, and of none (-1) at the end."""
        return np.array([*(self.known.setdefault(name, len(self.known)) for name in names), -1], np.int64)


class Postings:
    """The keys of a segment and the contents at each, written in ascending order in files of a folder until they are all there."""

    def __init__(self, folder: Path) -> None:
        self.key, self.at = Spill(folder / "posted.key", "<u8"), Spill(folder / "posted.at", "<u4")

    def add(self, key: U64, at: npt.NDArray[Any]) -> None:
        """The next ones."""
        self.key.append(key)
        self.at.append(at)

    def close(self) -> None:
        """Give the files back."""
        self.key.__exit__(None, None, None)
        self.at.__exit__(None, None, None)


def write_state(path: Path, one: Contents, other: Contents, sources: Mapping[str, int]) -> None:
    """Write the state: the pairs (``one``, ``other``) that do not count, and how many records each source has."""
    columns = [one.order, one.high, one.low, other.order, other.high, other.low]
    writer = Writer(path)
    writer.add({"unused": np.stack(columns, axis=1).reshape(-1)})
    writer.close({"counts": dict(sources)})


def unused_in(state: Segment) -> tuple[Contents, Contents]:
    """The pairs that did not count."""
    columns = [column.copy() for column in state.arrays["unused"].reshape(-1, 6).T]
    return Contents(*columns[:3]), Contents(*columns[3:])


def to_merge(rows: Sequence[int], new: int) -> list[int]:
    """Which segments become one with what is ``new``: the smallest, while they are not much larger than that together."""
    merged, total = [], new
    for at in sorted(range(len(rows)), key=lambda i: (rows[i], i)):
        if rows[at] > 2 * total or total + rows[at] > MERGED_ROWS:
            break
        merged.append(at)
        total += rows[at]
    return sorted(merged)


Fetch = Callable[[str, U64], Any]
"""The name of a part and hashes of record ids to a table of their signatures (all columns), in any order."""
