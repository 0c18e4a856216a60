"""Candidates: contents that agree in a whole band of their signatures. Floor 5.

What grows with the corpus lies in the spill folder: band keys and pairs in Parquet files partitioned by their value, read
one file at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.dedup.columns import U32, U64, Ints, Mask
from rightful.store.layout import private_file, private_folder
from rightful.store.parquet import read

Item = TypeVar("Item")
Result = TypeVar("Result")
Posting = Callable[[U64, U32], None]
"""Takes keys and the content at each."""

PARTITION_ROWS = 1 << 21
"""About how many rows of a spill file are in memory at once."""

KEYS = pa.schema([pa.field("key", pa.uint64(), nullable=False), pa.field("row", pa.uint32(), nullable=False)])
PAIRS = pa.schema([pa.field("pair", pa.uint64(), nullable=False)])


class Partitions:
    """Rows spread over Parquet files by the high bits of a number that is spread evenly."""

    def __init__(self, folder: Path, schema: pa.Schema, rows: int) -> None:
        private_folder(folder)
        self.schema = schema
        self.bits = min(max((rows // PARTITION_ROWS).bit_length(), 0), 8)
        self.paths = [folder / f"{i:03}.parquet" for i in range(1 << self.bits)]
        plain = {"compression": "NONE", "use_dictionary": False, "write_statistics": False}
        for path in self.paths:
            private_file(path)
        self._writers = [pq.ParquetWriter(path, schema, **plain) for path in self.paths]

    def add(self, spread: U64, columns: list[npt.NDArray[np.generic]]) -> None:
        """Write rows; ``spread`` decides the file of each."""
        if not self.bits:
            if spread.size:
                self._writers[0].write_table(pa.Table.from_arrays([pa.array(c) for c in columns], schema=self.schema))
            return
        which = (spread >> np.uint64(64 - self.bits)).astype(np.uint8)
        order = np.argsort(which, kind="stable")
        ends = np.cumsum(np.bincount(which, minlength=len(self.paths)))
        table = pa.Table.from_arrays([pa.array(column[order]) for column in columns], schema=self.schema)
        for i, end in enumerate(ends.tolist()):
            start = int(ends[i - 1]) if i else 0
            if end > start:
                self._writers[i].write_table(table.slice(start, end - start))

    def close(self) -> None:
        """What was added is whole from here on."""
        for writer in self._writers:
            writer.close()
        self._writers = []


@dataclass(frozen=True, slots=True)
class Buckets:
    """What a file of band keys gave: pairs, and how large its buckets were."""

    pairs: U64
    over_limit: int
    members_over_limit: int
    largest: int


def add_keys(
    keys: Partitions, first_row: int, signatures: U32, used: npt.NDArray[np.bool_], bands: int, rows: int
) -> None:
    """Spill the band keys of the signatures (texts x permutations) that are ``used``."""
    from rightful.dedup import kernels  # loads the compiler

    hashes = np.empty((signatures.shape[0], bands), np.uint64)
    kernels.band_keys(signatures, bands, rows, hashes)
    numbers = np.arange(first_row, first_row + signatures.shape[0], dtype=np.uint32)[used]
    flat = hashes[used].ravel()
    keys.add(flat, [flat, np.repeat(numbers, bands)])


def buckets(
    path: Path, node_of_row: npt.NDArray[np.int32], limit: int, anchors: int, post: Posting | None = None
) -> Buckets:
    """The pairs of a file of band keys: ``first << 32 | second``, by the numbers of their contents.

    ``post`` is given the keys in ascending order and the content at each, also of buckets with one.
    """
    from rightful.dedup import kernels  # loads the compiler

    table = read(path)
    key = table["key"].to_numpy()
    node = node_of_row[table["row"].to_numpy()]
    order = by_key(key)
    key = key[order]
    same = key[1:] == key[:-1]
    shared = np.zeros(key.size, np.bool_)
    shared[1:] |= same
    shared[:-1] |= same
    at = np.flatnonzero(shared)
    of_shared = key[at]
    run = np.concatenate([[0], np.cumsum(of_shared[1:] != of_shared[:-1])])[: at.size].astype(np.uint64)
    packed = np.sort(run << np.uint64(32) | node[order[at]].astype(np.uint64))
    first = firsts(packed)  # one content once in a bucket
    if post is not None:
        posted, kept = node[order].astype(np.uint32), np.ones(key.size, np.bool_)
        posted[at], kept[at] = packed.astype(np.uint32), first
        post(key[kept], posted[kept])
    if not at.size:
        return Buckets(np.empty(0, np.uint64), 0, 0, 0)
    packed = packed[first]
    run = packed >> np.uint64(32)
    starts = np.concatenate([[0], np.flatnonzero(run[1:] != run[:-1]) + 1, [run.size]]).astype(np.int64)
    members = packed.astype(np.uint32)
    pairs = np.empty(kernels.count_pairs(starts, limit, anchors), np.uint64)
    kernels.bucket_pairs(members, starts, limit, anchors, pairs)
    sizes = np.diff(starts)
    over = sizes > limit
    return Buckets(ascending(pairs), int(over.sum()), int(sizes[over].sum()), int(sizes.max()))


def spread(pairs: U64) -> U64:
    """Numbers by which pairs are partitioned: the same pair of different bands goes to the same file."""
    return pairs * np.uint64(0x9E3779B97F4A7C15) ^ (pairs << np.uint64(29))


def unique_pairs(path: Path) -> U64:
    """The pairs of a file, each once, in ascending order."""
    return ascending(read(path)["pair"].to_numpy())


def by_key(key: U64) -> Ints:
    """An order in which equal keys stand together: by their high bits, with the place of each in the low ones, as numbers
    are sorted faster than places are. Where those bits are not enough to tell keys apart, by all.
    """
    low = np.uint64((1 << key.size.bit_length()) - 1)
    packed = np.sort((key & ~low) | np.arange(key.size, dtype=np.uint64))
    order = (packed & low).astype(np.int64)
    sorted_keys = key[order]
    differ = sorted_keys[1:] != sorted_keys[:-1]
    if (differ & ((packed[1:] & ~low) == (packed[:-1] & ~low))).any():
        return np.argsort(key)
    return order


def ascending(numbers: U64) -> U64:
    """The distinct numbers in ascending order: to sort them takes less than a table of hashes does."""
    numbers = np.sort(numbers)
    return numbers[firsts(numbers)]


def firsts(numbers: U64) -> Mask:
    """Which of sorted numbers are others than the one before."""
    first = np.ones(numbers.size, np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return first


def each(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """The results in the order of the items, of which some are under way at once in threads (the loops free the GIL)."""
    if workers <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        under_way: deque[Future[Result]] = deque()
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
