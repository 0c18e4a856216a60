"""Records, one by one, into batches of bounded size. Floor 2: the readers that go row by row."""

from __future__ import annotations

import pyarrow as pa

from rightful.notation.contents import EXTERNAL
from rightful.readers import BATCH_BYTES, BATCH_ROWS, RAW, talks
from rightful.readers.fields import Record


class Rows:
    """Collects records and hands out a batch of ``RAW`` whenever one is full."""

    def __init__(self) -> None:
        self._rows: list[tuple[object, ...]] = []
        self._bytes = 0

    def add(self, file: str, line: int, media_type: str, record: Record, size: int) -> pa.RecordBatch | None:
        """Take a record that took ``size`` bytes where it was read; the batch before it, if it would be too large."""
        full = None
        if len(self._rows) == BATCH_ROWS or (self._rows and self._bytes + size > BATCH_BYTES):
            full = self.flush()
        kind = talks.media_type(media_type, record.form) if record.media is None else EXTERNAL
        self._rows.append((file, line, *record[:-1], kind))
        self._bytes += size
        return full

    def flush(self) -> pa.RecordBatch | None:
        """What has been collected; None where there is nothing."""
        if not self._rows:
            return None
        columns = list(zip(*self._rows, strict=True))[::-1]
        self._rows, self._bytes = [], 0
        arrays = [pa.array(columns.pop(), field.type) for field in RAW]  # each let go of once it is one of Arrow
        return pa.RecordBatch.from_arrays(arrays, schema=RAW)
