"""Shards read back, whatever their kind: what each document says of itself, to be held against the index. Floor 8."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from rightful.errors import DamagedInput
from rightful.export import formats
from rightful.export.formats import Format, Held, Shape, rows_of, text
from rightful.export.papers import tokens_sha256
from rightful.query.versions import MASKED

Entry = Mapping[str, Any]
"""A row of the index."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document, or a piece of one, as it lies in a shard. ``length``: as the index counts it; ``digests``: columns of the
    index that it must have; ``record_id``: None where a shard has no place for it."""

    record_id: str | None
    length: int
    digests: Mapping[str, bytes | None]

    def differs(self, entry: Entry) -> str | None:
        """In what it differs from its entry of the index; None where it does not."""
        if any(entry[column] != digest for column, digest in self.digests.items()) or entry["length"] != self.length:
            return "is not the one in the index"
        if self.record_id is not None and self.record_id != entry["record_id"]:
            return "names another record than the index"
        return None


@dataclass(frozen=True, slots=True)
class IndexedRow:
    """A row of a shard as the index has it: how many ids, where it begins in the shard, and its documents."""

    length: int
    first_token: int
    entries: tuple[Entry, ...]

    def offsets(self) -> list[int]:
        """Where each document begins in the row."""
        return [entry["first_token"] - self.first_token for entry in self.entries]


def documents(manifest: Mapping[str, Any], folder: Path, path: str, entries: Iterable[Entry]) -> Iterator[Document]:
    """The documents of a shard, in the order of its ``entries``, as many as there are. ``path``: relative to ``folder``.

    Raises :class:`DamagedInput` with file and reason, also where what lies between documents is no padding, or a mask says
    of a token what is not so.
    """
    data, stem = (folder / path).parent, stem_of(path)
    if manifest["format"] == formats.TEXT:
        yield from _rows(str(manifest["text_as"]), data, stem)
        return
    form, shape = formats.find(str(manifest["format"])), Shape.of_manifest(manifest)
    planned = list(indexed_rows(entries, shape))
    held = rows_of(form, data, stem, shape, [row.length for row in planned])
    for n, (row, there) in enumerate(zip(planned, held, strict=True)):
        if wrong := _wrong(form, shape, row, there):
            raise DamagedInput(f"row {n} {wrong}", subject=str(data / stem))
        for k, (entry, offset) in enumerate(zip(row.entries, row.offsets(), strict=True)):
            tokens = there.tokens[offset : offset + entry["length"]]
            record = None if there.record_ids is None else there.record_ids[k]
            yield Document(record, len(tokens), {"tokens_sha256": tokens_sha256(tokens)})


def indexed_rows(entries: Iterable[Entry], shape: Shape) -> Iterator[IndexedRow]:
    """The rows of a shard of tokens, from its entries in the index; an index of an earlier version has a row for each.

    Raises :class:`DamagedInput` where documents overlap, or a row is not behind the one before.
    """
    first = 0

    def row(entry: Entry) -> int:
        return int(entry["position"] if entry.get("sequence") is None else entry["sequence"])

    for number, of_row in groupby(entries, key=row):
        listed = tuple(of_row)
        length = sum(entry["length"] for entry in listed) if shape.seq_len is None else shape.seq_len
        at = first
        for entry in listed:
            if entry["first_token"] < at or (shape.seq_len is None and entry["first_token"] != at):
                raise DamagedInput(f"the document at row {number} is not where the row before ends")
            at = entry["first_token"] + entry["length"]
        if at > first + length:
            raise DamagedInput(f"the documents of row {number} are longer than it")
        yield IndexedRow(length, first, listed)
        first += length


def _wrong(form: Format, shape: Shape, row: IndexedRow, held: Held) -> str | None:
    """What is wrong with what lies between documents, and with what a row says of them; None where nothing is."""
    if held.record_ids is not None and len(held.record_ids) != len(row.entries):
        return f"names {len(held.record_ids)} documents, and the index {len(row.entries)}"
    if held.lengths is not None and held.lengths != tuple(entry["length"] for entry in row.entries):
        return "has documents of other lengths than the index"
    counts, there = np.zeros(row.length, np.uint8), np.zeros(row.length, bool)
    for entry, offset in zip(row.entries, row.offsets(), strict=True):
        there[offset : offset + entry["length"]] = True
        counts[offset : offset + entry["length"]] = entry.get("decision") != MASKED
    if (held.tokens[~there] != shape.eod).any():
        return "has something between documents that is no padding"
    if held.mask is not None and not np.array_equal(held.mask, counts):
        return "has a mask that is not that of its documents"
    if held.mask is None and form.MASK_COLUMN is not None and not counts.all():
        return "has no mask, and documents that count no more"
    return None


def other_beside(manifest: Mapping[str, Any], folder: Path) -> list[str]:
    """The files beside the shards of an export that are not what these shards call for, such as the index of a folder of MDS.

    Raises :class:`DamagedInput` for a shard that cannot be read.
    """
    if manifest["format"] == formats.TEXT:
        return []
    form, shape = formats.find(str(manifest["format"])), Shape.of_manifest(manifest)
    stems: dict[Path, list[str]] = {}
    for shard in manifest["shards"]:
        stems.setdefault(Path(shard["path"]).parent, []).append(stem_of(shard["path"]))
    return [path for at, of in stems.items() for path in _other_beside(form, folder, at, of, shape)]


def _other_beside(form: Format, folder: Path, at: Path, stems: list[str], shape: Shape) -> Iterator[str]:
    """Those of one folder of shards. They are made anew elsewhere, of links to the shards."""
    with tempfile.TemporaryDirectory(prefix="rightful-") as made:
        for stem in stems:
            for suffix in form.suffixes(shape):
                Path(made, stem + suffix).symlink_to((folder / at / (stem + suffix)).absolute())
        for path in form.finish(Path(made), stems, shape):
            there = folder / at / path.name
            if not there.is_file() or there.read_bytes() != path.read_bytes():
                yield (at / path.name).as_posix()


def _rows(name: str, data: Path, stem: str) -> Iterator[Document]:
    for row in text.find(name).read(data, stem):
        yield Document(str(row["record_id"]), 1, text.digests(text.packed(row)))


def stem_of(path: str) -> str:
    """The name of a shard without its suffix."""
    return Path(path).name.split(".", 1)[0]


def by_shard(entries: Iterable[Entry]) -> Iterator[tuple[str, Sequence[Entry]]]:
    """The entries of an index, shard by shard, in their order."""
    for path, of in groupby(entries, key=lambda entry: str(entry["shard"])):
        yield path, list(of)
