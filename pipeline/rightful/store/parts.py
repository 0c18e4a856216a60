"""Parts: Parquet files whose bytes depend on their rows alone, and whose name is their content. Floor 4."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.store.counts import Counting
from rightful.store.layout import Layout, move_into_place, private_file, publish, sha256_file
from rightful.store.ledger import Part
from rightful.store.placed import made_by
from rightful.store.records import RECORDS, SCHEMA_VERSION

_LONG: Mapping[str, Any] = {"use_dictionary": False, "write_statistics": False, "data_page_version": "2.0"}
"""How values of many megabytes are written: a dictionary, the least and greatest value and pages of the first version copy each
of them seven times over."""


class _RecordsWriter(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow has no types
    """A writer of ``records``: the part says in its footer how many rows decide alike."""

    def __init__(self, path: Path, schema: pa.Schema, **options: Any) -> None:
        super().__init__(path, schema, **options)
        self._counting = Counting()

    def write_table(self, table: pa.Table, row_group_size: int | None = None) -> None:
        """Write rows, and count them."""
        super().write_table(table, row_group_size)
        self._counting.add(table)

    def close(self) -> None:
        """Write the counts, and the end of the file."""
        if self.is_open and (counted := self._counting.as_metadata()):
            self.add_key_value_metadata(counted)
        super().close()


def part_writer(path: Path, schema: pa.Schema, *, long: bool = False) -> pq.ParquetWriter:
    """A Parquet writer with the settings of all parts: bytes depend on the rows alone. ``long``: their first is a long one."""
    private_file(path)
    metadata = {"rightful.schema_version": SCHEMA_VERSION, **(made_by() if schema is RECORDS else {})}
    versioned = schema.with_metadata(metadata)
    writer = _RecordsWriter if schema is RECORDS else pq.ParquetWriter
    how = _LONG if long else {}
    return writer(path, versioned, compression="zstd", compression_level=3, store_schema=True, **how)


def publish_table(
    layout: Layout,
    kind: str,
    content: pa.Table | pa.RecordBatchReader,
    schema: pa.Schema,
    *,
    taken: Collection[str] = (),
) -> Part | None:
    """Write rows as one part whose name is its content, batch by batch; None where there are no rows.

    A name that is among those ``taken`` is another part's: this one gets the next that follows from it.
    """
    if isinstance(content, pa.Table) and not content.num_rows:
        return None
    target = layout.root / kind / f".new-{os.getpid()}.parquet"
    count = 0
    with publish(target, private=True) as temporary, part_writer(temporary, schema) as writer:
        for batch in content.to_batches(65_536) if isinstance(content, pa.Table) else content:
            arranged = pa.Table.from_batches([batch]).select(schema.names).cast(schema)
            writer.write_table(arranged)
            count += arranged.num_rows
    if not count:
        target.unlink()
        return None
    digest = sha256_file(target)
    name = free_name(digest[:24], digest, taken)
    size_bytes = target.stat().st_size
    move_into_place(target, layout.part(kind, name))
    return Part(kind, name, count, size_bytes, digest)


def free_name(name: str, content: str, taken: Collection[str]) -> str:
    """The name of a part, or the first after it that is not taken; ``content`` is what they all follow from."""
    while name in taken:
        name = hashlib.sha256((content + name).encode()).hexdigest()[:24]
    return name
