"""The shards of a repaired export: those that are concerned without what goes, all others as they are. Floor 8.

Every document of a shard that is written anew is read back and held against the index of the version before.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import RightfulError
from rightful.export import formats
from rightful.export.formats import TEXT, text
from rightful.export.kept_form import KEPT
from rightful.export.making import listed
from rightful.export.papers import INDEX_SCHEMA
from rightful.export.upkeep.back import documents
from rightful.export.upkeep.plan import Doomed, Plan
from rightful.query.versions import MASK, REWRITE
from rightful.store.layout import sync
from rightful.store.parquet import opened

DIGESTS = ("tokens_sha256", "row_sha256", "text_sha256", "own_sha256")
"""The columns of an index by which a document is held against what was exported."""
BATCH_ROWS = 1 << 16
"""So many rows of an index or a paper are looked at at once."""


@dataclass(slots=True)
class Shards:
    """The shards of the new version: as the manifest lists them, old name -> new name (None: nothing is left of it), and the
    digests of documents that were masked, by document. ``kept``: documents that go and had kept columns."""

    listed: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str | None] = field(default_factory=dict)
    masked: dict[int, Mapping[str, bytes | None]] = field(default_factory=dict)
    kept: int = 0


def reshard(plan: Plan, folder: Path) -> Shards:
    """The shards of the next version in ``folder``: those that are concerned written anew and read back, the others under their
    names.

    Raises :class:`RightfulError` where what was written does not read back as what was meant.
    """
    made = Shards()
    touched = pa.array(list(plan.touched), pa.string())
    entries = groupby(_entries(plan.index, touched), itemgetter("shard"))
    for shard in plan.manifest["shards"]:
        gone = plan.touched.get(shard["path"])
        if gone is None:
            for file in shard["files"]:
                link(plan.folder / file["path"], folder / file["path"])
            made.listed.append(shard)
            made.names[shard["path"]] = shard["path"]
            continue
        path, of_shard = next(entries, ("", iter(())))
        if path != shard["path"]:
            raise RightfulError(f"the index names {path!r} where the shard is {shard['path']!r}")
        written = _rewritten(plan, made, shard, gone, folder / "data", of_shard)
        made.names[shard["path"]] = written["path"] if written else None
        made.listed += [written] if written else []
    return made


def _rewritten(
    plan: Plan,
    made: Shards,
    shard: Mapping[str, Any],
    gone: list[Doomed],
    data: Path,
    entries: Iterator[dict[str, Any]],
) -> dict[str, Any] | None:
    """One shard without what goes, as the manifest lists it; None where nothing is left."""
    keep = np.ones(shard["records"], bool)
    keep[[one.position for one in gone]] = False
    stem = _stem(shard["path"])
    if plan.manifest["format"] == TEXT:
        made.kept += _kept_among(plan, stem, keep)
    if plan.level == REWRITE and not keep.any():
        return None
    name = f"{re.sub(r'-v[0-9]+$', '', stem)}-v{plan.version}"
    paths = _write(plan, stem, data, name, keep.tolist())
    documents_of = {one.position: one.document for one in gone}
    tokens = _check_back(plan, made, entries, name, data, keep, documents_of)
    files = listed(paths)
    return {
        "path": files[0]["path"],
        "sha256": files[0]["sha256"],
        "tokens": None if shard["tokens"] is None else tokens,
        "records": int(keep.sum()) if plan.level == REWRITE else int(shard["records"]),
        "files": list(files),
    }


def _write(plan: Plan, stem: str, data: Path, name: str, keep: list[bool]) -> list[Path]:
    source, manifest = plan.folder / "data", plan.manifest
    if manifest["format"] == TEXT:
        way = text.find(str(manifest["text_as"]))
        make = way.mask if plan.level == MASK else way.rewrite
        return make(source, stem, data, name, keep)
    form, tokenizer = formats.find(str(manifest["format"])), manifest["tokenizer"]
    if plan.level == MASK:
        return form.mask(source, stem, data, name, keep, tokenizer["eod"], tokenizer["vocab_size"])
    return form.rewrite(source, stem, data, name, keep, tokenizer["vocab_size"])


def _check_back(
    plan: Plan,
    made: Shards,
    entries: Iterator[dict[str, Any]],
    name: str,
    data: Path,
    keep: npt.NDArray[np.bool_],
    documents_of: Mapping[int, int],
) -> int:
    """Hold every document of a new shard against the old index, and answer their length. What is masked has new digests."""
    read = documents(plan.manifest, data, name)
    length = 0
    for position, entry in enumerate(entries):
        stays = bool(keep[position])
        if not stays and plan.level == REWRITE:
            continue
        document = next(read, None)
        differs = document is None or (document.length != entry["length"] if not stays else document.differs(entry))
        if document is None or differs:
            raise RightfulError("does not read back as it was written", subject=f"{data / name} document {position}")
        if not stays:
            made.masked[documents_of[position]] = document.digests
        length += document.length
    if next(read, None) is not None:
        raise RightfulError("holds more than was written", subject=str(data / name))
    return length


def _entries(index: Path, shards: pa.Array) -> Iterator[dict[str, Any]]:
    """The rows of an index that are of these shards, in their order."""
    wanted = ("record_id", "shard", "length", *DIGESTS)
    for batch in whole_batches(index):
        of = batch.filter(pc.is_in(batch.column("shard"), value_set=shards))
        for entry in of.to_pylist() if of.num_rows else ():
            yield {name: entry[name] for name in wanted}


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


def _kept_among(plan: Plan, stem: str, keep: npt.NDArray[np.bool_]) -> int:
    """How many of the rows that go have kept columns."""
    if not (plan.manifest.get("kept") or {}).get("records"):
        return 0
    read = text.find(str(plan.manifest["text_as"])).read(plan.folder / "data", stem)
    return sum(KEPT in (row.get(text.OWN) or {}) for row, stays in zip(read, keep, strict=True) if not stays)


def _stem(path: str) -> str:
    return Path(path).name.rsplit(".", 1)[0]


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
