"""Columns of a batch that need not be there. Floor 3; not a stage."""

from __future__ import annotations

import pyarrow as pa


def filled(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """A column of a batch; None where there is none, or where it says nothing of any row.

    >>> filled(pa.record_batch({"media": pa.nulls(2)}), "media") is None
    True
    """
    at = batch.schema.get_field_index(name)
    return None if at < 0 or batch.column(at).null_count == batch.num_rows else batch.column(at)
