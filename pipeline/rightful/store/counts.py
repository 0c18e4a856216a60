"""How many rows of a part decide alike, kept in its footer: what a whole store is asked about is counted without its rows. Floor 4.

A part of ``records`` says in the metadata of its file, under :data:`METADATA`, which values of :data:`COLUMNS` its rows have
together, with records, characters and the least id of each. It is committed with the digest of the part. Parts of an earlier
version do not have it, nor those in which nearly every row is of its own; there, and where it does not add up to the rows of the
file, the rows themselves are counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rightful.notation.contents import dumps
from rightful.store.parquet import Identity, identity, opened

METADATA = b"rightful.counts"
"""The key under which a part has its counts: ``{"columns", "values", "counts"}`` as JSON."""
TEXTS = (
    *("rights_id", "personal_data", "legal_basis", "pii_state", "card_sha256", "source_id", "license_concluded"),
    "language",
)
"""The columns that are counted as they are."""
COLUMNS = (*TEXTS, "pii_types", "addressed")
"""What rows are told apart by: ``pii_types`` in their order with a space between them, ``addressed``: they have an address."""
COUNTS = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in (*TEXTS, "pii_types")),
        pa.field("addressed", pa.bool_()),
        pa.field("records", pa.int64()),
        pa.field("chars", pa.int64()),
        pa.field("first", pa.string()),
    ]
)
"""The counts of a part, one row for what decides alike; ``first`` is the least id."""
MOST_KEYS = 2_048
"""A part with more of them has no counts."""
_BETWEEN = "\x1f"


class Counting:
    """Counts the rows of ``records`` that are written."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Any, ...], tuple[int, int, str]] | None = {}
        """None where the rows cannot be counted so."""

    def add(self, written: pa.Table) -> None:
        """Count these rows, which have all columns of ``records``."""
        if self._counts is None or not written.num_rows:
            return
        types = written.column("pii_types").combine_chunks()
        listed = pc.list_flatten(types)
        odd = pc.or_(pc.equal(listed, ""), pc.match_substring(listed, _BETWEEN))
        if listed.null_count or pc.any(odd, min_count=0).as_py() or written.column("n_chars").null_count:
            self._counts = None  # what cannot be told apart as a text
            return
        keys: dict[str, Any] = {name: written.column(name).cast(pa.string()) for name in TEXTS}
        keys["pii_types"] = pc.fill_null(pc.binary_join(types, _BETWEEN), "")
        keys["addressed"] = written.column("url").is_valid()
        ids, chars = written.column("record_id"), written.column("n_chars")
        grouped = (
            pa.table({**keys, "n_chars": chars, "record_id": ids})
            .group_by(list(COLUMNS), use_threads=False)
            .aggregate([([], "count_all"), ("n_chars", "sum"), ("record_id", "min")])
        )
        names = (*COLUMNS, "count_all", "n_chars_sum", "record_id_min")
        for *key, records, size, first in zip(*(grouped.column(name).to_pylist() for name in names), strict=True):
            before = self._counts.get(tuple(key), (0, 0, first))
            self._counts[tuple(key)] = before[0] + records, before[1] + size, min(before[2], first)
        if len(self._counts) > MOST_KEYS:
            self._counts = None

    def as_metadata(self) -> dict[str, str]:
        """What the part says in its metadata; nothing where it is not counted."""
        if not self._counts:
            return {}
        types = COLUMNS.index("pii_types")
        sorted_ = (
            ((*key[:types], " ".join(sorted(key[types].split(_BETWEEN))), *key[types + 1 :]), counted)
            for key, counted in self._counts.items()
        )
        together: dict[tuple[Any, ...], tuple[int, int, str]] = {}
        for key, (records, chars, first) in sorted_:
            before = together.get(key, (0, 0, first))
            together[key] = before[0] + records, before[1] + chars, min(before[2], first)
        values = [sorted({key[n] for key in together}, key=lambda v: (v is not None, v)) for n in range(len(COLUMNS))]
        places = [{value: n for n, value in enumerate(of)} for of in values]
        counts = sorted(
            [*(of[value] for of, value in zip(places, key, strict=True)), *counted] for key, counted in together.items()
        )
        return {METADATA.decode(): dumps({"columns": list(COLUMNS), "values": values, "counts": counts})}


def counts_of(part: Path) -> pa.Table | None:
    """The counts of a part of ``records``, as :data:`COUNTS`; None where it has none that can be believed.

    Raises :class:`StoreError` for a file that cannot be read.
    """
    return _counts_of(identity(part))


@lru_cache(maxsize=4_096)
def _counts_of(known: Identity) -> pa.Table | None:
    with opened(Path(known.path)) as file:
        stated = (file.metadata.metadata or {}).get(METADATA)
        rows = file.metadata.num_rows
    if stated is None:
        return None
    try:
        return _table(json.loads(stated), rows)
    except (ValueError, TypeError, KeyError, IndexError, pa.ArrowException):
        return None


def _table(said: Mapping[str, Any], rows: int) -> pa.Table | None:
    """What a part says as a table, if it adds up to its rows."""
    counts = said["counts"]
    if said["columns"] != list(COLUMNS) or len(said["values"]) != len(COLUMNS):
        return None
    if any(len(row) != len(COUNTS) or min(row[:-1]) < 0 for row in counts):
        return None
    columns = [*zip(*counts, strict=True)]
    told = [[of[n] for n in column] for of, column in zip(said["values"], columns, strict=False)]
    table = pa.table(
        [pa.array(v, f.type) for v, f in zip([*told, *columns[len(COLUMNS) :]], COUNTS, strict=True)], COUNTS
    )
    keys = set(zip(*told, strict=True))
    adds_up = sum(table.column("records").to_pylist()) == rows and min(table.column("records").to_pylist()) > 0
    return table if adds_up and len(keys) == len(counts) else None
