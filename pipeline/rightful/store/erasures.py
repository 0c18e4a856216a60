"""What was erased: its rows are there, as husks, and hidden for that reason in every snapshot. Floor 4.

A husk has the id of its record, its source and its rights profile, and nothing that it said. See
:mod:`rightful.ingest.erasing` for what is done to the other parts of a store.
"""

from __future__ import annotations

import contextlib

import pyarrow as pa

from rightful.store.duck import connect, rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.records import ERASED, HIDDEN
from rightful.store.relations import Relation

ERASURES = Relation("erasures", "record_id snapshot")
"""The records that were erased, each with the snapshot in which it first was: given, by :func:`erasures`."""


def first_erased(layout: Layout, ledger: Ledger) -> dict[str, int]:
    """The records that were erased, each with the snapshot in which it first was.

    Raises :class:`StoreError` for a part that cannot be read.
    """
    first: dict[str, int] = {}
    with contextlib.closing(connect(threads=1)) as con:
        for part, snapshot in sorted(ledger.erased_in().items(), key=lambda item: item[1]):
            query = f"SELECT DISTINCT record_id FROM {scan([layout.part('hidden', part)], HIDDEN)} WHERE reason = '{ERASED}'"
            for (record,) in rows(con, query):
                first.setdefault(str(record), snapshot)
    return first


def erasures(layout: Layout, ledger: Ledger) -> pa.Table:
    """The table of :data:`ERASURES`, by record. Raises :class:`StoreError` for a part that cannot be read."""
    first = first_erased(layout, ledger)
    listed = sorted(first)
    return pa.table(
        {
            "record_id": pa.array(listed, pa.string()),
            "snapshot": pa.array([first[record] for record in listed], pa.int64()),
        }
    )
