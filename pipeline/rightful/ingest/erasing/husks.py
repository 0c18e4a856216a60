"""What is left of a row that was erased: that there was one, of which source, and what decided it. Floor 7.

The rows of a part stay in their places, so that its three files stay in step. Of a record stay its id, its source and card,
its rights profile, what was concluded of its licence, and the states of personal data; its digests become keyed hashes.
All else is what a column has at least: nothing, where it may be null.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.store.counts import METADATA as COUNTED
from rightful.store.kept import KEPT, METADATA, as_metadata, columns_in
from rightful.store.keyed import keyed
from rightful.store.layout import private_file
from rightful.store.parquet import opened
from rightful.store.records import ERASED

STAYS = frozenset(
    {
        *("record_id", "source_id", "card_sha256", "media_type", "collected_for", "rights_id", "license_declared"),
        *("license_concluded", "license_conflict", "personal_data", "legal_basis", "pii_state"),
    }
)
"""The columns of a record that stay."""
_SAYS: Mapping[str, Any] = {"recipe_sha256": ERASED, "language": "und", "norm_rule": 2}
_DIGESTS = ("content_sha256", "norm_sha256")
Places = npt.NDArray[np.int64]
"""Rows of a part, from 0, ascending."""


def rewrite(old: Path, new: Path, rows: Places, key: bytes) -> None:
    """Write a part of ``records``, ``texts`` or ``signatures`` anew with husks in these places; by its row groups, so that it
    takes the room of one. ``key`` is that of the tombstones. Rows that were counted together are not alike any more: nothing is
    said of how many are."""
    columns: dict[str, Any] = {}
    with opened(old) as source:
        schema = source.schema_arrow
        stated = {k: v for k, v in (schema.metadata or {}).items() if k not in (METADATA, COUNTED)}
        private_file(new)
        first = 0
        with pq.ParquetWriter(
            new, schema.with_metadata(stated), compression="zstd", compression_level=3, store_schema=True
        ) as writer:
            for number in range(source.num_row_groups):
                group = source.read_row_group(number).combine_chunks()
                low, high = np.searchsorted(rows, [first, first + group.num_rows])
                if high > low:
                    group = _with_husks(group, rows[low:high] - first, key)
                if KEPT in group.schema.names:
                    columns = columns_in(group.column(KEPT).combine_chunks(), columns)
                writer.write_table(group.cast(writer.schema))
                first += group.num_rows
            if columns:
                writer.add_key_value_metadata(as_metadata(columns))


def _with_husks(group: pa.Table, at: Places, key: bytes) -> pa.Table:
    """The rows of a row group, with husks in these places."""
    for place, field in enumerate(group.schema):
        if field.name in STAYS:
            continue
        column = group.column(place).combine_chunks()
        plain = column.dictionary_decode() if pa.types.is_dictionary(field.type) else column
        is_digest = field.name in _DIGESTS
        left = [keyed(d, key) if is_digest else _least(field) for d in plain.take(pa.array(at)).to_pylist()]
        index = np.arange(len(plain))
        index[at] = len(plain) + np.arange(at.size)
        both = pa.concat_arrays([plain, pa.array(left, plain.type)])
        group = group.set_column(place, field, both.take(pa.array(index)).cast(field.type))
    return group


def _least(field: pa.Field) -> Any:
    """What is left of a value of a column."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if field.name in _SAYS:
        return _SAYS[field.name]
    if field.nullable:
        return None
    if pa.types.is_list(kind):
        return []
    if pa.types.is_fixed_size_binary(kind):
        return bytes(kind.byte_width)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ""
    return False if pa.types.is_boolean(kind) else 0.0 if pa.types.is_floating(kind) else 0
