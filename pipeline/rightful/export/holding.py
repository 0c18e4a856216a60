"""The map of an export from rights holders to shards and places in them: made, read back, and made anew after a repair. Floor 8.

It stands in the manifest, or, where it has many ranges, in a table beside it whose digest the manifest has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.errors import DamagedInput
from rightful.export.planning.holders import MOST_LISTED, Ranges, listed, ranges
from rightful.query.exported import INDEX
from rightful.query.versions import MASKED
from rightful.store.layout import publish, sha256_file
from rightful.store.parquet import read

TABLE = "holders.parquet"
"""The map of an export with many ranges."""
HOLDERS_SCHEMA = pa.schema(
    [
        pa.field("holder", pa.string()),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
    ]
)
"""One row per range: a holder (null: it is not known whose it is), the file of a shard, and where in it, counted as the
index counts."""
PLACE = ("record_id", "shard", "first_token", "length", "decision")


def described(
    folder: Path, by: str, names: Sequence[str | None], found: Ranges, shards: Sequence[str]
) -> dict[str, Any]:
    """The map as it stands in a manifest. ``folder``: that of the export, where a table is written if there are too many.

    ``names``, ``shards``: what the numbers in ``found`` stand for; a shard is its file, relative to the export.
    """
    many = len(found) > MOST_LISTED
    says = {
        "by": by,
        "holders": len(np.unique(found.holder)),
        "ranges": len(found),
        "listed": None if many else listed(found, names, shards),
        "table": None,
    }
    if many:
        written = pa.table(
            [
                pa.array(list(names), pa.string()).take(pa.array(found.holder)),
                pa.array(list(shards), pa.string()).take(pa.array(found.shard)),
                pa.array(found.start),
                pa.array(found.length),
            ],
            schema=HOLDERS_SCHEMA,
        )
        with publish(folder / TABLE) as temporary:
            pq.write_table(written, temporary, compression="zstd")
        says["table"] = {"path": TABLE, "sha256": sha256_file(folder / TABLE)}
    return says


def map_of(manifest: Mapping[str, Any], folder: Path) -> pa.Table | None:
    """The map of an export as :data:`HOLDERS_SCHEMA`; None where it was made without.

    Raises :class:`DamagedInput` where the table is not the one of the manifest.
    """
    says = manifest.get("holders")
    if says is None:
        return None
    if says["listed"] is None:
        path = folder / says["table"]["path"]
        if not path.is_file() or sha256_file(path) != says["table"]["sha256"]:
            reason = "has another digest than the manifest" if path.is_file() else "is missing"
            raise DamagedInput(reason, subject=str(path))
        return read(path, HOLDERS_SCHEMA.names)
    places = [
        (one["holder"], in_shard["shard"], start, length)
        for one in says["listed"]
        for in_shard in one["shards"]
        for start, length in in_shard["ranges"]
    ]
    columns = list(zip(*places, strict=True)) or [()] * len(HOLDERS_SCHEMA)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, HOLDERS_SCHEMA, strict=True)], HOLDERS_SCHEMA)


def repaired(before: Mapping[str, Any], old: Path, index: Path, folder: Path) -> dict[str, Any] | None:
    """The map of the next version of an export, by the indexes of both; None where there was none.

    ``old``, ``index``: folder and index of the version ``before``; ``folder``: that of the next, with its index. A record is
    whose it was; what was masked is at no place.
    """
    known = map_of(before, old)
    if known is None:
        return None
    was, now = read(index, list(PLACE)), read(folder / INDEX, list(PLACE))
    names = pc.unique(known.column("holder")).to_pylist()
    number = {name: n for n, name in enumerate(names)}
    holder = _holder_at(known, was, np.array([number[h] for h in known.column("holder").to_pylist()], np.int64))
    records = pa.table({"record_id": was.column("record_id"), "holder": holder}).filter(pa.array(holder >= 0))
    of_record = dict(zip(records.column("record_id").to_pylist(), records.column("holder").to_pylist(), strict=True))
    now = now.filter(pc.not_equal(now.column("decision"), MASKED))
    shards = pc.unique(now.column("shard")).to_pylist()
    found = ranges(
        np.array([of_record[record] for record in now.column("record_id").to_pylist()], np.int64),
        pc.index_in(now.column("shard"), pa.array(shards, pa.string())).to_numpy().astype(np.int64),
        now.column("first_token").to_numpy(),
        now.column("length").to_numpy(),
    )
    return described(folder, str(before["holders"]["by"]), names, found, shards)


def _holder_at(known: pa.Table, was: pa.Table, holder: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """For each row of an index the number of the holder in whose range it lies; -1 where it lies in none."""
    shards = pc.unique(pa.chunked_array([*known.column("shard").chunks, *was.column("shard").chunks]))
    in_map, in_index = (pc.index_in(of.column("shard"), shards).to_numpy().astype(np.int64) for of in (known, was))
    start, length = known.column("start").to_numpy(), known.column("length").to_numpy()
    first = was.column("first_token").to_numpy()
    if not len(start):
        return np.full(len(first), -1, np.int64)
    # One number for a place in all shards, so that ranges can be searched in one sorted array.
    span = int(max(start.max(initial=0), first.max(initial=0))) + 1
    keys = in_map * span + start
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], in_index * span + first, "right") - 1
    nearest = order[np.maximum(at, 0)]
    within = (at >= 0) & (in_map[nearest] == in_index) & (first <= start[nearest] + length[nearest])
    return np.where(within, holder[nearest], -1)
