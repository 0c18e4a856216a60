"""What a consumption log answers, with the names of records: the records of a step, the steps of records. Floor 8.

The log numbers documents as the index of the version does that was trained on. The store keeps the index of every version
that it registered, so that a log goes on answering when the export was repaired, or its folder is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from rightful.errors import InputError, StoreError
from rightful.export.consumption.frames import Numbers
from rightful.export.consumption.reading import Given, ranges
from rightful.query.holding import index_file
from rightful.query.touched import refused_now
from rightful.query.tracing import STEP, backward
from rightful.query.tracing.answer import Ground
from rightful.query.tracing.forward import whole_of
from rightful.query.versions import PERMIT, Version, versions
from rightful.store.duck import fill, scan, table

Row = dict[str, Any]

MOST_DOCUMENTS = 100_000
"""So many documents of steps are listed, where nothing else is asked for."""
MOST_RANGES = 100
"""So many spans of steps are listed of what a run saw, where nothing else is asked for."""
DENY = "deny"
"""The decision on a record that is not permitted today for the use of the export that was trained on."""
OF_DOCUMENTS = pa.schema(
    [
        pa.field("document", pa.int64()),
        pa.field("record_id", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("shard", pa.string()),
        pa.field("first_token", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("decision", pa.string()),
    ]
)


class Run(Protocol):
    """What says which documents a run was given: a log, or the cache of a loader."""

    place: Path

    @property
    def exports(self) -> dict[str, str]:
        """Export -> digest of its manifest."""

    def export_of(self, opening: int) -> str:
        """The export that an entry of :class:`Given` is of."""

    def given(self, among: Sequence[tuple[int, int]], most: int | None = None) -> Given:
        """What steps were given; see :meth:`rightful.export.consumption.reading.Log.given`."""

    def steps_of(self, wanted: dict[str, Numbers]) -> Given:
        """The steps that were given documents; see :meth:`rightful.export.consumption.reading.Log.steps_of`."""


@dataclass(frozen=True, slots=True)
class Known:
    """The exports of a run as the store knows them, and their indices."""

    ground: Ground
    by_id: dict[str, Version]
    refused: dict[str, frozenset[str] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, ground: Ground, run: Run) -> Known:
        """Raises :class:`InputError` for a run on what this store did not export, or knows by another manifest."""
        registered = {one.export: one for one in versions(ground.ledger.exports())}
        for export, digest in run.exports.items():
            one = registered.get(export)
            if one is None:
                raise InputError(
                    f"is of a run on {export}, which this store has no record of",
                    subject=str(run.place),
                    hint="name the store that it was exported from: --store DIR",
                )
            if digest and digest != one.row["manifest_sha256"]:
                raise InputError(
                    f"is of a run on {export} with another manifest than was registered", subject=str(run.place)
                )
        return cls(ground, {export: registered[export] for export in run.exports})

    def index(self, export: str) -> Path:
        """The index of a version. Raises :class:`StoreError` where none is whole."""
        path = index_file(self.ground.layout, self.by_id[export])
        if path is None:
            raise StoreError("nothing says which documents it held", subject=export)
        return path

    def documents(self, export: str, numbers: Numbers) -> pa.Table:
        """The rows of an index for documents, one for each of ``numbers``, in their order."""
        con = self.ground.con
        each, at = np.unique(numbers, return_inverse=True)
        fill(con, "asked_documents", pa.table({"document": each}))
        query = f"""SELECT i.document, i.record_id, i.source_id, i.shard, i.first_token, i.length, i.decision
            FROM {scan([self.index(export)], OF_DOCUMENTS)} i SEMI JOIN asked_documents a ON a.document = i.document
            ORDER BY i.document"""
        found = table(con, query)
        if found.num_rows != len(each):
            raise StoreError(f"has {found.num_rows} of {len(each)} documents that the log names", subject=export)
        return found.take(pa.array(at))

    def traced(self, export: str, vias: Sequence[str]) -> Numbers:
        """The documents of the records that are ``traced`` for these reasons."""
        among = ", ".join(f"'{via}'" for via in vias)
        query = f"""SELECT i.document FROM {scan([self.index(export)], OF_DOCUMENTS)} i
            SEMI JOIN (SELECT record_id FROM traced WHERE via IN ({among})) t ON t.record_id = i.record_id"""
        numbers: Numbers = table(self.ground.con, query).column("document").to_numpy().astype(np.int64)
        return numbers

    def decisions(self, export: str, found: pa.Table) -> list[str]:
        """The decision today on each record, for the use of that version; excluded and masked are what it made of them."""
        if export not in self.refused:
            g = self.ground
            self.refused.update(refused_now(g.layout, g.ledger, g.catalog, g.now, among=[self.by_id[export]]))
        refused = self.refused[export] or frozenset()
        pairs = zip(found.column("record_id").to_pylist(), found.column("decision").to_pylist(), strict=True)
        return [DENY if was == PERMIT and record in refused else was for record, was in pairs]


def of_steps(
    ground: Ground, runs: Sequence[Run], words: str, among: Sequence[tuple[int, int]], most: int | None
) -> Row:
    """The records that steps were given: ``steps``, and what a trace says beside. ``most``: documents that are listed.

    Raises :class:`InputError` for a run that is not of this store.
    """
    steps: list[Row] = []
    more = 0
    records: dict[str, set[str]] = {}
    lengths: dict[str, int] = {}
    known_by_run = [(run, Known.of(ground, run)) for run in runs]
    for run, known in known_by_run:
        given = run.given(among, most)
        more += given.more
        names = np.array([run.export_of(n) for n in range(int(given.opening.max(initial=-1)) + 1)], object)
        entries: list[Row] = [{}] * len(given.step)
        for export in dict.fromkeys(names[np.unique(given.opening)].tolist()):
            where = np.flatnonzero(names[given.opening] == export)
            found = known.documents(export, given.document[where])
            listed = _entries(found, known.decisions(export, found), given, where)
            for n, entry in zip(where.tolist(), listed, strict=True):
                entries[n] = entry
            records.setdefault(export, set()).update(entry["record"] for entry in listed)
            lengths[export] = lengths.get(export, 0) + sum(entry["length"] for entry in listed)
        steps += _by_step(given, [str(names[n]) for n in given.opening.tolist()], entries)
    by_id = {export: one for _, known in known_by_run for export, one in known.by_id.items()}
    holding = [
        {
            **backward.described(one),
            "records": len(records[export]),
            "length": lengths[export],
            "share": _share(lengths[export], one),
        }
        for export, one in by_id.items()
        if export in records
    ]
    return {
        "by": STEP,
        "value": words,
        "records": len(set[str]().union(*records.values())),
        "steps": steps,
        "more": more,
        "holding": [{**one, "shards": []} for one in holding],
    }


def seen(
    ground: Ground, run: Run, vias: Sequence[str], most_ranges: int | None, asset: tuple[str, str] | None
) -> Row | None:
    """The steps at which a run was given any of the records that are ``traced`` for these reasons; None for none at all.

    ``asset``: the id and name of what came of the run. Raises :class:`InputError` for a run that is not of this store,
    :class:`StoreError` where nothing says what an export of it held.
    """
    known = Known.of(ground, run)
    given = run.steps_of({export: known.traced(export, vias) for export in run.exports})
    if not len(given.step):
        return None
    names = np.array([run.export_of(n) for n in range(int(given.opening.max()) + 1)], object)[given.opening]
    of: set[str] = set()
    for export in dict.fromkeys(names.tolist()):
        of.update(known.documents(export, np.unique(given.document[names == export])).column("record_id").to_pylist())
    each = np.unique(given.step)
    spans = ranges(each)
    listed = spans if most_ranges is None else spans[:most_ranges]
    return {
        "asset": None if asset is None else asset[0],
        "name": None if asset is None else asset[1],
        "log": str(run.place),
        "exports": list(dict.fromkeys(names.tolist())),
        "records": len(of),
        "documents": len(given.step),
        "steps": len(each),
        "first": int(each[0]),
        "last": int(each[-1]),
        "ranges": [list(span) for span in listed],
        "more": len(spans) - len(listed),
    }


def _entries(found: pa.Table, decisions: Sequence[str], given: Given, where: Numbers) -> list[Row]:
    """Documents as they are listed: where a loader read a part of one, that part."""
    start, length = found.column("first_token").to_numpy(), found.column("length").to_numpy()
    if given.start is not None and given.length is not None:
        start, length = given.start[where], given.length[where]
    columns = (
        found.column("record_id").to_pylist(),
        found.column("document").to_pylist(),
        found.column("shard").to_pylist(),
        start.tolist(),
        length.tolist(),
        decisions,
    )
    names = ("record", "document", "shard", "start", "length", "decision")
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _by_step(given: Given, exports: Sequence[str], entries: Sequence[Row]) -> list[Row]:
    """One row for each step, rank and sample, with its documents in their order."""
    samples = [None] * len(entries) if given.sample is None else given.sample.tolist()
    listed: list[Row] = []
    last: tuple[Any, ...] | None = None
    for step, rank, export, sample, entry in zip(
        given.step.tolist(), given.rank.tolist(), exports, samples, entries, strict=True
    ):
        key = (step, rank, export, sample)
        if key != last:
            listed.append(
                {"step": step, "rank": None if rank < 0 else rank, "sample": sample, "export": export, "records": []}
            )
            last = key
        listed[-1]["records"].append(entry)
    return listed


def _share(length: int, one: Version) -> float:
    whole = whole_of(one.manifest)
    return min(1.0, length / whole) if whole else 0.0  # a step may be given a document again
