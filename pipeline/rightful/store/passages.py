"""The index of passages: for each part of texts the shingles that were picked of them, and in which rows. Floor 4.

One file a part of texts, called by the digest of that part: tags may change and the part go on under another name, and its index
still is that of its texts. A key is the upper bits of the hash of a shingle and, below them, the row. Keys are sorted and
delta-coded, so that each takes about four bytes, and a few row groups answer where some hashes are. Every page has a
checksum, which is looked at when it is read: what is read of a file is whole, and the file need not be read whole for that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import StoreError
from rightful.stages.signature import Picked, Signature
from rightful.store.chain import REMEDY
from rightful.store.layout import Layout, private_file
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import opened
from rightful.store.records import PASSAGES, SCHEMA_VERSION

U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

KIND = "passages"
VERSION = "rightful-passages/1"
HASH_BITS = 40
"""At most so many of the 64 bits of a hash are kept: of two hundred million shingles of a text from outside, one is taken for
another by chance where there are as many picked ones, and then its text is read in vain."""
ROW_GROUP_KEYS = 1 << 14
_METADATA = "rightful.passages"


def name_of(texts_sha256: str) -> str:
    """What the index of a part of texts is called, by the digest of that part."""
    return texts_sha256[:24]


class Writing:
    """The index of one part under way: what was picked is held until it is written, some four bytes a hundred of text."""

    def __init__(self) -> None:
        self._rows: list[Ints] = []
        self._hashes: list[U64] = []
        self._count = 0

    def add(self, picked: Picked, count: int) -> None:
        """The next ``count`` rows, and what was picked of them."""
        self._rows.append(picked.rows + self._count)
        self._hashes.append(picked.hashes)
        self._count += count

    def write(self, path: Path, by: Signature) -> int:
        """Write the keys; answers how many there are."""
        rows = np.concatenate([np.empty(0, np.int64), *self._rows])
        hashes = np.concatenate([np.empty(0, np.uint64), *self._hashes])
        return _write(
            path, rows, hashes, self._count, {"words": by.words, "characters": by.characters, "by": by.version}
        )


def without(path: Path, out: Path, stays: npt.NDArray[np.bool_]) -> int:
    """Write the index of a part of texts of which only the rows ``stays`` are left; answers how many keys it has."""
    index = Index.of(path)
    keys = index.all()
    rows = index.rows(keys)
    kept = stays[rows]
    after = (np.cumsum(stays) - 1)[rows[kept]]
    return _write(out, after, index.hashes(keys[kept]), int(stays.sum()), index.made)


def emptied(path: Path, out: Path, gone: Ints) -> int:
    """Write the index of a part of texts without what was picked of the rows ``gone``, which stay in their places; answers
    how many keys it has."""
    index = Index.of(path)
    keys = index.all()
    kept = keys[~np.isin(index.rows(keys), gone)]
    return _write(out, index.rows(kept), index.hashes(kept), index.count, index.made)


def _write(path: Path, rows: Ints, hashes: U64, count: int, made: dict[str, Any]) -> int:
    row_bits = max(int(count - 1).bit_length(), 1) if count else 1
    hash_bits = min(HASH_BITS, 63 - row_bits)
    keys = np.unique((hashes >> np.uint64(64 - hash_bits)) << np.uint64(row_bits) | rows.astype(np.uint64))
    facts = {"version": VERSION, "rows": count, "row_bits": row_bits, "hash_bits": hash_bits, **made}
    metadata = {"rightful.schema_version": SCHEMA_VERSION, _METADATA: json.dumps(facts, sort_keys=True)}
    private_file(path)
    with pq.ParquetWriter(
        path,
        PASSAGES.with_metadata(metadata),
        compression="none",
        use_dictionary=False,
        column_encoding={"key": "DELTA_BINARY_PACKED"},
        write_page_checksum=True,
        store_schema=True,
    ) as writer:
        table = pa.table({"key": pa.array(keys.astype(np.int64))}, schema=PASSAGES)
        if table.num_rows:
            writer.write_table(table, row_group_size=ROW_GROUP_KEYS)
    return int(keys.size)


@dataclass(frozen=True, slots=True)
class Index:
    """The index of one part, opened. ``made`` says by which shingles; ``count`` is how many rows its texts have."""

    path: Path
    file: pq.ParquetFile
    row_bits: int
    hash_bits: int
    count: int
    made: dict[str, Any]

    @classmethod
    def of(cls, path: Path) -> Index:
        """Raises :class:`StoreError` for a file that is no index, or of another version."""
        file = opened(path, page_checksum_verification=True)
        try:
            facts = json.loads((file.schema_arrow.metadata or {})[_METADATA.encode()])
            version, count = facts.pop("version"), int(facts.pop("rows"))
            row_bits, hash_bits = int(facts.pop("row_bits")), int(facts.pop("hash_bits"))
        except (KeyError, ValueError, TypeError) as error:
            raise StoreError("is no index of passages", subject=str(path), hint=REMEDY) from error
        if version != VERSION:
            raise StoreError(f"is an index of passages by {version}, not {VERSION}", subject=str(path), hint=REMEDY)
        return cls(path, file, row_bits, hash_bits, count, facts)

    @property
    def shingles(self) -> Signature:
        """The shingles that it has."""
        return Signature(words=int(self.made["words"]), characters=int(self.made["characters"]))

    def all(self) -> U64:
        """Every key, sorted."""
        return self._read(range(self.file.num_row_groups))

    def rows(self, keys: U64) -> Ints:
        """The rows of keys."""
        return (keys & np.uint64((1 << self.row_bits) - 1)).astype(np.int64)

    def hashes(self, keys: U64) -> U64:
        """The hashes of keys, as far as they are kept: their lower bits are 0."""
        return (keys >> np.uint64(self.row_bits)) << np.uint64(64 - self.hash_bits)

    def find(self, hashes: U64) -> tuple[Ints, Ints]:
        """(which of ``hashes``, row) of every hit; ``hashes`` are whole, sorted and each there once."""
        if not hashes.size or not self.file.num_row_groups:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        cut = hashes >> np.uint64(64 - self.hash_bits)
        wanted, which = np.unique(cut, return_index=True)
        keys = self._holding(wanted)
        of = keys >> np.uint64(self.row_bits)
        at = np.searchsorted(wanted, of)
        at[at == wanted.size] = 0
        hit = wanted[at] == of
        return which[at[hit]], self.rows(keys[hit])

    def _holding(self, wanted: U64) -> U64:
        """The keys of the row groups in which one of these may be."""
        metadata = self.file.metadata
        bounds = []
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(0).statistics
            if statistics is None or not statistics.has_min_max:
                raise StoreError("is no index of passages: no statistics", subject=str(self.path), hint=REMEDY)
            bounds.append((statistics.min, statistics.max))
        low, high = (np.array(bounds, np.int64).T.astype(np.uint64)) >> np.uint64(self.row_bits)
        held = np.searchsorted(wanted, low, side="left") < np.searchsorted(wanted, high, side="right")
        return self._read(np.flatnonzero(held).tolist())

    def _read(self, groups: Sequence[int]) -> U64:
        if not len(groups):
            return np.empty(0, np.uint64)
        try:
            column = self.file.read_row_groups(list(groups), columns=["key"], use_threads=False).column("key")
        except (OSError, pa.ArrowException) as error:
            first = str(error).splitlines()[0]
            raise StoreError(f"the part is damaged: {first}", subject=str(self.path), hint=REMEDY) from error
        keys: U64 = column.to_numpy().astype(np.uint64)
        return keys


def indices(layout: Layout, ledger: Ledger, snapshot: int) -> dict[str, Path | None]:
    """The index of each part of texts of a snapshot, by the name of that part; None where there is none."""
    there = {part.part for part in ledger.parts(KIND, snapshot)}
    named = {part.part: name_of(part.sha256) for part in ledger.parts("texts", snapshot)}
    return {part: layout.part(KIND, name) if name in there else None for part, name in named.items()}


def part_of(path: Path, texts_sha256: str, keys: int, sha256: str) -> Part:
    """The entry of an index in the ledger."""
    return Part(KIND, name_of(texts_sha256), keys, path.stat().st_size, sha256)
