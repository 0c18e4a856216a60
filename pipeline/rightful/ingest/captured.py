"""What a worker makes of the captures that a reader met: of pages it is read at once what they say, and nothing else is kept of
them; what is said of a host is staged as it came, until it is known which addresses there are. Floor 7. Law 10.8.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.catalog.signals import signals_of
from rightful.ingest.staged import Looked, staged_captures, unfinished
from rightful.looking import inputs
from rightful.looking.evaluate import ABSENT, FAILED, Evaluator, Row
from rightful.looking.reading import Law
from rightful.notation.urls import canonical, is_on_the_web
from rightful.readers import Capture
from rightful.rights.expression import Names
from rightful.signals.web.captured import OF_A_HOST
from rightful.store.layout import move_into_place
from rightful.store.parts import part_writer
from rightful.store.records import OBSERVATIONS

PAGES, HOSTS = "observations", "hosts"
STAGED_HOSTS = pa.schema(
    [
        pa.field("protocol", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("status", pa.int32(), nullable=False),
        pa.field("body", pa.large_binary(), nullable=False),
        pa.field("by", pa.string()),
        pa.field("place", pa.string(), nullable=False),
    ]
)
"""A capture of a host as a reader met it."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When something was observed of which nobody says when: no landing is as late, so it counts as what cannot be dated."""
BATCH_ROWS = 4_096
BATCH_BYTES = 4 << 20
_PART_OF_IT = 206


class StagedCaptures:
    """Writes what captures come to. ``rows`` counts those of each kind that there is, ``looked`` what came of pages."""

    def __init__(self, folder: Path, index: int, names: Names) -> None:
        self.folder = folder
        self.index = index
        self.names = names
        self.rows: dict[str, int] = {}
        self._results: Counter[tuple[str, str]] = Counter()
        self._evaluators: dict[str, Evaluator] = {}
        self._waiting: dict[str, list[Row]] = {PAGES: [], HOSTS: []}
        self._bytes = Counter[str]()
        self._open: dict[str, pq.ParquetWriter] = {}

    @property
    def looked(self) -> tuple[Looked, ...]:
        """How many captures of pages came to what."""
        return tuple(Looked(*of, n) for of, n in sorted(self._results.items()))

    def add(self, capture: Capture) -> None:
        """Take in one capture. Raises :class:`InputError` where what a page needs to be read is not installed."""
        address, _ = canonical(capture.url)
        if not is_on_the_web(capture.url):
            self._results[capture.protocol, FAILED] += 1  # of no address on the web: it is about no record
        elif capture.protocol in OF_A_HOST:
            self._wait(HOSTS, _of_host(capture, address))
        else:
            [row] = self._evaluator(capture.protocol).rows(_looked_at(capture, address), origin_at(address), ())
            self._results[capture.protocol, row["result"]] += 1
            raw = None if row["result"] == ABSENT else row["raw"]
            self._wait(PAGES, {**row, "raw": raw, "place": capture.place})

    def close(self) -> None:
        """Write what waits, and close the files that are open."""
        for kind in self._waiting:
            self._flush(kind)
        for kind, writer in self._open.items():
            writer.close()
            final = staged_captures(self.folder, self.index, kind)
            move_into_place(unfinished(final), final)
        self._open = {}

    def _evaluator(self, protocol: str) -> Evaluator:
        if protocol not in self._evaluators:
            self._evaluators[protocol] = Evaluator(protocol, Law(self.names, signals_of()))
        return self._evaluators[protocol]

    def _wait(self, kind: str, row: Row) -> None:
        self._waiting[kind].append(row)
        self._bytes[kind] += len(row.get("body") or row.get("raw") or b"")
        if len(self._waiting[kind]) >= BATCH_ROWS or self._bytes[kind] >= BATCH_BYTES:
            self._flush(kind)

    def _flush(self, kind: str) -> None:
        listed = self._waiting[kind]
        if not listed:
            return
        schema = OBSERVATIONS if kind == PAGES else STAGED_HOSTS
        if kind not in self._open:
            self._open[kind] = part_writer(unfinished(staged_captures(self.folder, self.index, kind)), schema)
        self._open[kind].write_table(pa.Table.from_pylist(listed, schema))
        self.rows[kind] = self.rows.get(kind, 0) + len(listed)
        self._waiting[kind] = []
        self._bytes[kind] = 0


def origin_at(address: str) -> str:
    """The location of a canonical address."""
    end = address.find("/", 8)
    return address if end < 0 else address[:end]


def _of_host(capture: Capture, address: str) -> dict[str, Any]:
    is_read = len(capture.body) <= inputs.MOST_BYTES
    return {
        "protocol": capture.protocol,
        "url": address,
        "observed_at": capture.observed_at or NEVER,
        "status": capture.status if is_read else _PART_OF_IT,
        "body": capture.body if is_read else b"",
        "by": capture.by or None,
        "place": capture.place,
    }


def _looked_at(capture: Capture, address: str) -> inputs.Capture:
    return inputs.Capture(
        url=address,
        observed_at=capture.observed_at or NEVER,
        status=capture.status,
        body=capture.body,
        headers=capture.fields,
        by=capture.by,
        place=capture.place,
    )
