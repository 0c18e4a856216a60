"""Texts handed over in memory: an export without a folder. Floor 8.

Text leaves by the way of every export: the same choice, the same redaction, the same proof that what was written is what
was meant. Shards are made in the scratch room of the store and opened, and have lost their names there when they are
answered; the manifest and the index are what the ledger and the store keep of any export, so that a withdrawal names who
has it. What became of the copy nobody here can know: a repair of it is what somebody states (``export/upkeep/in_memory.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import InputError
from rightful.export.drawn import drawing_of
from rightful.export.making import Progress
from rightful.export.manifest import digest, export_id
from rightful.export.order import Order
from rightful.export.place import sweep_exports
from rightful.export.run import Build
from rightful.query.exported import INDEX
from rightful.query.versions import MEMORY
from rightful.rights.licenses import Catalog
from rightful.rights.uses import Use
from rightful.store.conditions import unwritable
from rightful.store.layout import Layout, publish, sha256_file
from rightful.store.ledger import Ledger
from rightful.store.parquet import opened, read
from rightful.store.scratch import scratch, workspace
from rightful.store.sweep import committing, sweep

LONGEST_NOTE = 200
"""So many characters may say who takes the texts."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The rows that left, in their order, and the manifest of that export. They can be read as often as somebody wants."""

    manifest: dict[str, Any]
    shards: tuple[pq.ParquetFile, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns: those of an export of texts."""
        return _plain(self.shards[0].schema_arrow)

    def to_batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The rows, at most so many at a time; memory is that of a row group."""
        for shard in self.shards:
            for batch in shard.iter_batches(rows):
                yield pa.record_batch(batch.columns, schema=self.schema)


def _plain(schema: pa.Schema) -> pa.Schema:
    """The columns without what the format of a file notes beside them."""
    return pa.schema([pa.field(field.name, field.type, field.nullable) for field in schema])


def hand_over(
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    use: Use,
    order: Order,
    now: datetime,
    *,
    to: str | None = None,
    policy: dict[str, Any] | None = None,
    today: Use | None = None,
    progress: Progress | None = None,
) -> Texts:
    """Hand over the permitted texts, registered as an export of the format ``memory`` before anybody has them.

    ``order`` is one of texts, and where it goes does not count; ``to`` says who takes them, in the manifest. Whatever fails
    leaves the store as it was. Raises as :func:`rightful.export.run.export`.
    """
    _check_note(to)
    try:
        sweep(layout)
        sweep_exports(layout, ledger)
        with workspace(layout, "hand-over") as (con, _), scratch(layout, "handed") as building:
            (building / "data").mkdir()
            order = replace(order, out=building)
            order.check(layout.root)
            drawing = drawing_of(order)
            job = Build(layout, ledger, catalog, use, drawing, now, con, building, policy or {}, progress, today or use)
            made, _ = job.run()
            manifest = _in_memory(building, made, to)
            shards = tuple(opened(building / shard["path"], memory_map=True) for shard in made["shards"])
            with committing(layout, ledger):
                job.decide_again(int(manifest["snapshot"]))
                _register(layout, ledger, manifest, building / INDEX, now)
            return Texts(manifest, shards)
    except OSError as error:
        raise unwritable(error, layout.root) from error


def _check_note(to: str | None) -> None:
    if to is not None and (not to.strip() or len(to) > LONGEST_NOTE or not to.isprintable()):
        what = "says nothing" if not to.strip() else "is no line of text" if len(to) <= LONGEST_NOTE else "is too long"
        raise InputError(
            f"{what}; at most {LONGEST_NOTE} characters say who takes the texts",
            subject="to",
            hint='such as to="notebook of the evaluation team"',
        )


def _in_memory(building: Path, made: Mapping[str, Any], to: str | None) -> dict[str, Any]:
    """The manifest of the same as a hand-over; the index in the folder counts its rows in one shard, in their order."""
    index = read(building / INDEX)
    rows = pa.array(range(index.num_rows), pa.int64())
    same = pa.array([MEMORY] * index.num_rows, pa.string())
    for name, column in (("shard", same), ("position", rows), ("first_token", rows)):
        at = index.schema.get_field_index(name)
        index = index.set_column(at, index.schema.field(at), column)
    with publish(building / INDEX) as temporary:
        pq.write_table(index, temporary, compression="zstd")
    manifest = {
        **{name: value for name, value in made.items() if name != "export"},
        "format": MEMORY,
        "text_as": None,
        "shards": [shard_of(index)],
        "files": [{"path": INDEX, "sha256": sha256_file(building / INDEX)}],
        **({} if to is None else {"handed_to": to}),
    }
    return {**manifest, "export": export_id(manifest)}


def shard_of(index: pa.Table) -> dict[str, Any]:
    """All rows as the one shard of a manifest: its digest is over the digests of the rows, for there is no file."""
    whole = hashlib.sha256(b"".join(of or b"" for of in index.column("row_sha256").to_pylist())).hexdigest()
    return {"path": MEMORY, "sha256": whole, "tokens": None, "records": index.num_rows, "files": []}


def keep_index(layout: Layout, export: str, index: Path) -> None:
    """The index, where the store keeps those of all exports: it is the only one there is."""
    with publish(layout.exported(export), private=True) as temporary:
        temporary.write_bytes(index.read_bytes())


def _register(layout: Layout, ledger: Ledger, manifest: dict[str, Any], index: Path, now: datetime) -> None:
    """Tell the ledger; in the place of a folder it has a name that no folder has."""
    export = str(manifest["export"])
    keep_index(layout, export, index)
    with ledger.commit("export", export, now) as commit:
        to = manifest.get("handed_to")
        place = f"{MEMORY}:{export}" + ("" if to is None else f" ({to})")
        commit.add_export(export, place, digest(manifest), manifest)
        commit.summary.update(records=manifest["records"], tokens=None)
