"""The shards of a repaired export: those that are concerned without what goes, all others as they are. Floor 8.

Every document of a shard that is written anew is read back and held against the index of the version before.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import RightfulError
from rightful.export import formats
from rightful.export.formats import TEXT, Row, Shape, Span, rows_of, text
from rightful.export.kept_form import KEPT
from rightful.export.making import listed
from rightful.export.papers import INDEX_SCHEMA
from rightful.export.upkeep.back import Entry, IndexedRow, by_shard, documents, indexed_rows, stem_of
from rightful.export.upkeep.plan import Doomed, Plan
from rightful.query.versions import MASK, MASKED, REWRITE
from rightful.store.layout import sync
from rightful.store.parquet import opened

DIGESTS = ("tokens_sha256", "row_sha256", "text_sha256", "own_sha256")
"""The columns of an index by which a document is held against what was exported."""
BATCH_ROWS = 1 << 16
"""So many rows of an index or a paper are looked at at once."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A shard that was written anew: which of its documents are left, and where in it they lie now. ``keep``: (P,) by
    position before; the next two by position now. ``rows``, ``ids``: how many the shard has, padding counted."""

    keep: npt.NDArray[np.bool_]
    first_tokens: npt.NDArray[np.int64]
    sequences: npt.NDArray[np.int64]
    rows: int
    ids: int


@dataclass(slots=True)
class Shards:
    """The shards of the new version: as the manifest lists them, old name -> new name (None: nothing is left of it), what moved
    in those that were written anew, and the digests of documents that were masked, by document. ``kept``: documents that go
    and had kept columns. ``beside``: files that lie among the shards and are none."""

    listed: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str | None] = field(default_factory=dict)
    moved: dict[str, Moved] = field(default_factory=dict)
    masked: dict[int, Mapping[str, bytes | None]] = field(default_factory=dict)
    kept: int = 0
    beside: list[str] = field(default_factory=list)


def reshard(plan: Plan, folder: Path) -> Shards:
    """The shards of the next version in ``folder``: those that are concerned written anew and read back, the others under their
    names.

    Raises :class:`RightfulError` where what was written does not read back as what was meant.
    """
    made = Shards()
    touched = pa.array(list(plan.touched), pa.string())
    entries = by_shard(_entries(plan.index, touched))
    for shard in plan.manifest["shards"]:
        gone = plan.touched.get(shard["path"])
        if gone is None:
            for file in shard["files"]:
                link(plan.folder / file["path"], folder / file["path"])
            made.listed.append(shard)
            made.names[shard["path"]] = shard["path"]
            continue
        path, of_shard = next(entries, ("", ()))
        if path != shard["path"]:
            raise RightfulError(f"the index names {path!r} where the shard is {shard['path']!r}")
        written = _rewritten(plan, made, shard, gone, folder, of_shard)
        made.names[shard["path"]] = written["path"] if written else None
        made.listed += [written] if written else []
    if plan.manifest["format"] != TEXT:
        made.beside = _finished(plan, made, folder)
    return made


def _finished(plan: Plan, made: Shards, folder: Path) -> list[str]:
    """What every folder of shards has beside them, written anew."""
    form, shape = formats.find(str(plan.manifest["format"])), Shape.of_manifest(plan.manifest)
    folders: dict[Path, list[str]] = {}
    for shard in made.listed:
        folders.setdefault(Path(shard["path"]).parent, []).append(stem_of(shard["path"]))
    paths = [path for at, stems in folders.items() for path in form.finish(folder / at, stems, shape)]
    return [path.relative_to(folder).as_posix() for path in paths]


def _rewritten(
    plan: Plan,
    made: Shards,
    shard: Mapping[str, Any],
    gone: list[Doomed],
    folder: Path,
    entries: Sequence[Entry],
) -> dict[str, Any] | None:
    """One shard without what goes, as the manifest lists it; None where nothing is left."""
    keep = np.ones(len(entries), bool)
    keep[[one.position for one in gone]] = False
    path = Path(shard["path"])
    stem = stem_of(shard["path"])
    if plan.manifest["format"] == TEXT:
        made.kept += _kept_among(plan, path, keep)
    if plan.level == REWRITE and not keep.any():
        return None
    name = f"{re.sub(r'-v[0-9]+$', '', stem)}-v{plan.version}"
    data = folder / path.parent
    data.mkdir(parents=True, exist_ok=True)
    if plan.manifest["format"] == TEXT:
        way = text.find(str(plan.manifest["text_as"]))
        make = way.mask if plan.level == MASK else way.rewrite
        paths = make(plan.folder / path.parent, stem, data, name, keep.tolist())
        planned = [IndexedRow(1, n, (entry,)) for n, entry in enumerate(entries)]
    else:
        shape = Shape.of_manifest(plan.manifest)
        planned = list(indexed_rows(entries, shape))
        paths = _write(plan, shape, planned, path, stem, data, name, keep)
    moved = _moved(planned, keep) if plan.level == REWRITE else _moved(planned, np.ones(len(entries), bool))
    made.moved[shard["path"]] = moved
    files = listed(folder, paths)
    tokens = _check_back(plan, made, files[0]["path"], folder, entries, keep, moved, gone)
    stays = [entry for entry, there in zip(entries, moved.keep.tolist(), strict=True) if there]
    return {
        "path": files[0]["path"],
        "sha256": files[0]["sha256"],
        "tokens": None if shard["tokens"] is None else tokens,
        "padding": None if shard["tokens"] is None else moved.ids - tokens,
        "records": len({entry["record_id"] for entry in stays}),
        "documents": len(stays),
        "rows": moved.rows,
        "files": list(files),
    }


def _moved(planned: Sequence[IndexedRow], keep: npt.NDArray[np.bool_]) -> Moved:
    """Where what is kept of a shard lies when rows of which nothing is kept are gone."""
    first_tokens, sequences = [], []
    position = first = row = 0
    for one in planned:
        there = keep[position : position + len(one.entries)].tolist()
        position += len(there)
        if not any(there):
            continue
        first_tokens += [first + offset for offset, stays in zip(one.offsets(), there, strict=True) if stays]
        sequences += [row] * sum(there)
        first, row = first + one.length, row + 1
    return Moved(keep, np.array(first_tokens, np.int64), np.array(sequences, np.int64), row, first)


def _write(
    plan: Plan,
    shape: Shape,
    planned: Sequence[IndexedRow],
    path: Path,
    stem: str,
    data: Path,
    name: str,
    keep: npt.NDArray[np.bool_],
) -> list[Path]:
    """A shard of tokens: what goes is filled up, and a row of which nothing is left is dropped, where it may be."""
    form = formats.find(str(plan.manifest["format"]))
    held = rows_of(form, plan.folder / path.parent, stem, shape, [row.length for row in planned])
    masking = plan.level == MASK
    # Where nothing counts less than it did, a shard needs no mask.
    masked = any(_was_masked(entry) for row in planned for entry in row.entries) or not keep.all()

    def rows() -> Iterator[Row]:
        position = number = 0
        for row, there in zip(planned, held, strict=True):
            tokens, spans = there.tokens.copy(), []
            for entry, offset in zip(row.entries, row.offsets(), strict=True):
                stays = bool(keep[position])
                position += 1
                if not stays:
                    tokens[offset : offset + entry["length"]] = shape.eod
                if stays or masking:
                    counts = stays and not _was_masked(entry)
                    span = Span(number, entry["record_id"], entry["source_id"], offset, entry["length"], counts)
                    spans.append(span)
                    number += 1
            if spans:
                yield Row(tokens, tuple(spans))

    return form.write(data, name, rows(), shape, masked=masked and masking)


def _was_masked(entry: Entry) -> bool:
    return bool(entry["decision"] == MASKED)


def _check_back(
    plan: Plan,
    made: Shards,
    path: str,
    folder: Path,
    entries: Sequence[Entry],
    keep: npt.NDArray[np.bool_],
    moved: Moved,
    gone: Sequence[Doomed],
) -> int:
    """Hold every document of a new shard against the old index, and answer their length. What is masked has new digests."""
    documents_of = {one.position: one.document for one in gone}
    there = np.flatnonzero(moved.keep).tolist()
    now = [
        {
            **entries[p],
            "position": n,
            "first_token": first,
            "sequence": row,
            **({} if keep[p] else {"decision": MASKED}),
        }
        for n, (p, first, row) in enumerate(
            zip(there, moved.first_tokens.tolist(), moved.sequences.tolist(), strict=True)
        )
    ]
    read = documents(plan.manifest, folder, path, now)
    length = 0
    for position, entry in zip(there, now, strict=True):
        document = next(read, None)
        stays = bool(keep[position])
        differs = document is None or (document.length != entry["length"] if not stays else document.differs(entry))
        if document is None or differs:
            raise RightfulError("does not read back as it was written", subject=f"{folder / path} document {position}")
        if not stays:
            made.masked[documents_of[position]] = document.digests
        length += document.length
    if next(read, None) is not None:
        raise RightfulError("holds more than was written", subject=str(folder / path))
    return length


def _entries(index: Path, shards: pa.Array) -> Iterator[dict[str, Any]]:
    """The rows of an index that are of these shards, in their order."""
    wanted = ("record_id", "source_id", "shard", "position", "sequence", "first_token", "length", "decision", *DIGESTS)
    for batch in whole_batches(index):
        of = batch.filter(pc.is_in(batch.column("shard"), value_set=shards))
        yield from of.select(wanted).to_pylist() if of.num_rows else ()


def whole_batches(index: Path) -> Iterator[pa.RecordBatch]:
    """The rows of an index as :data:`INDEX_SCHEMA`; null is what one of an earlier version does not say."""
    with opened(index) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            names = set(batch.schema.names)
            columns = [
                batch.column(f.name).cast(f.type) if f.name in names else pa.nulls(batch.num_rows, f.type)
                for f in INDEX_SCHEMA
            ]
            yield pa.record_batch(columns, schema=INDEX_SCHEMA)


def tables_by_shard(index: Path) -> Iterator[tuple[str, pa.Table]]:
    """The rows of an index, shard by shard, as :data:`INDEX_SCHEMA`."""
    waiting: list[pa.RecordBatch] = []
    current = ""
    for batch in whole_batches(index):
        names = batch.column("shard").to_pylist()
        start = 0
        for path, run in groupby(names):
            stop = start + sum(1 for _ in run)
            if waiting and path != current:
                yield current, pa.Table.from_batches(waiting)
                waiting = []
            current = path
            waiting.append(batch.slice(start, stop - start))
            start = stop
    if waiting:
        yield current, pa.Table.from_batches(waiting)


def _kept_among(plan: Plan, path: Path, keep: npt.NDArray[np.bool_]) -> int:
    """How many of the rows that go have kept columns."""
    if not (plan.manifest.get("kept") or {}).get("records"):
        return 0
    read = text.find(str(plan.manifest["text_as"])).read(plan.folder / path.parent, stem_of(path.name))
    return sum(KEPT in (row.get(text.OWN) or {}) for row, stays in zip(read, keep, strict=True) if not stays)


def link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where there is no such thing. What is missing stays missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
        if not target.is_symlink():
            sync(target)
