"""What a worker does with one part: run the stages again and write its successor. Floor 7: part of ``retag``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.ingest.tagging import ROW_GROUP_ROWS
from rightful.notation.contents import EXTERNAL
from rightful.recipes.recipe import Recipe
from rightful.stages import without
from rightful.store.layout import publish
from rightful.store.parquet import opened
from rightful.store.parts import part_writer
from rightful.store.placed import placed_again
from rightful.store.records import LATER_TEXTS, RECORDS, SIGNATURES


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the records with one recipe: the stages to run, those to leave out, the digest afterwards."""

    recipe: Recipe
    run: tuple[str, ...]
    drop: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Task:
    """One part: where it lies, where the new one goes, what changes by recipe digest, and the rows (None: all)."""

    records: Path
    texts: Path
    signatures: Path
    out: Path
    changes: Mapping[str, Change]
    only: Path | None

    @property
    def signed(self) -> Path | None:
        """Where the successor of the signatures goes; None where they stay as they are."""
        again = any("normalize" in change.run for change in self.changes.values())
        return self.out.with_suffix(".signatures") if again else None


def process(task: Task) -> int:
    """Write the successor of one part of records; answer how many of its records changed. An earlier run's is kept."""
    counts = task.out.with_suffix(".json")
    if counts.exists() and task.out.exists() and (task.signed is None or task.signed.exists()):
        return int(json.loads(counts.read_text(encoding="utf-8")))
    n = 0
    selected = np.load(task.only) if task.only is not None else None
    with publish(task.out, private=True) as temporary, part_writer(temporary, RECORDS) as writer:
        waiting: list[pa.RecordBatch] = []
        for first, records, texts in _in_step(task.records, task.texts):
            picked = _picked(selected, first, records.num_rows)
            batch, changed = _changed(task, records, texts, picked)
            n += changed
            waiting.append(batch)
            if sum(b.num_rows for b in waiting) >= ROW_GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(waiting, RECORDS))
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, RECORDS))
    if task.signed is not None:
        _sign(task.signatures, task.out, task.signed)
    with publish(counts, private=True) as temporary:
        temporary.write_text(json.dumps(n), encoding="utf-8")
    return n


def _sign(signatures: Path, records: Path, out: Path) -> None:
    """The signatures of a part with the digests that its records have now."""
    at = SIGNATURES.get_field_index("norm_sha256")
    with opened(signatures) as old, opened(records) as tags, publish(out, private=True) as temporary:
        digests = tags.read(columns=["norm_sha256"]).column("norm_sha256").combine_chunks()
        first = 0
        with part_writer(temporary, SIGNATURES) as writer:
            for batch in old.iter_batches(ROW_GROUP_ROWS):
                table = pa.Table.from_batches([batch]).select(SIGNATURES.names).cast(SIGNATURES)
                here = digests.slice(first, table.num_rows)
                writer.write_table(table.set_column(at, SIGNATURES.field(at), here))
                first += table.num_rows


def _picked(selected: npt.NDArray[np.int64] | None, first: int, n: int) -> npt.NDArray[np.bool_]:
    mask = np.full(n, selected is None)
    if selected is not None:
        low, high = np.searchsorted(selected, [first, first + n])
        mask[selected[low:high] - first] = True
    return mask


def _in_step(records: Path, texts: Path) -> Iterator[tuple[int, pa.RecordBatch, pa.RecordBatch]]:
    """(first row, tags, texts) of both files by the row groups of the texts, whose size was bounded when they were read."""
    first = 0
    with opened(records) as tags, opened(texts) as words:
        stream = tags.iter_batches(ROW_GROUP_ROWS)
        kept: list[pa.RecordBatch] = []
        for group in range(words.num_row_groups):
            text = words.read_row_group(group).combine_chunks()
            n = text.num_rows
            while sum(b.num_rows for b in kept) < n:
                kept.append(next(stream))
            joined = pa.Table.from_batches(kept).unify_dictionaries().combine_chunks()
            kept = joined.slice(n).to_batches()
            if n:
                yield first, joined.slice(0, n).to_batches()[0], text.to_batches()[0]
            first += n


def _changed(
    task: Task, records: pa.RecordBatch, texts: pa.RecordBatch, picked: npt.NDArray[np.bool_]
) -> tuple[pa.RecordBatch, int]:
    """The records with the tags of the stages that changed, and how many they are."""
    columns = {f.name: _column(records, f) for f in RECORDS}
    columns["places"] = placed_again(columns["url"], columns["places"])
    digests = np.asarray(columns["recipe_sha256"].cast(pa.string()).to_pylist(), object)
    n = 0
    for digest, change in task.changes.items():
        at = np.flatnonzero(picked & (digests == digest))
        if not at.size:
            continue
        n += at.size
        raw = _raw(records, texts).take(pa.array(at))
        stages = change.recipe.tables()
        for name in change.drop:
            _put(columns, without(type(stages[name]), at.size), at)
        for name in change.run:
            _put(columns, stages[name](raw), at)
        _put(columns, {"recipe_sha256": pa.array([change.digest] * at.size)}, at)
    return pa.RecordBatch.from_arrays([columns[f.name] for f in RECORDS], schema=RECORDS), n


def _raw(records: pa.RecordBatch, texts: pa.RecordBatch) -> pa.RecordBatch:
    """What a stage may look at: the text, and what the reader knew of it."""
    known = [name for name in ("file", "media_type", "title", "url") if name in records.schema.names]
    words = [name for name in ("text", *LATER_TEXTS) if name in texts.schema.names]
    columns = [*(texts.column(name) for name in words), *(_plain(records.column(name)) for name in known)]
    raw = pa.RecordBatch.from_arrays(columns, names=[*words, *known])
    elsewhere = pc.equal(_plain(records.column("media_type")), EXTERNAL)
    if not pc.any(elsewhere).as_py():
        return raw
    # What was known of content that is elsewhere is its digest, whoever stated it.
    digests = [digest.hex() for digest in records.column("content_sha256").to_pylist()]
    stated = pc.if_else(elsewhere, pa.array(digests, pa.string()), None)
    return raw.append_column("media", pc.if_else(elsewhere, EXTERNAL, None)).append_column("media_sha256", stated)


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _persons(records: pa.RecordBatch) -> pa.Array:
    """An earlier version knew one person of a record at most."""
    keys = _plain(records.column("subject_key")).to_pylist()
    return pa.array([[] if key is None else [key] for key in keys], pa.list_(pa.binary()))


FILLS: Mapping[str, Callable[[pa.RecordBatch], pa.Array]] = {"subject_keys": _persons}
"""What stands in a column that a part of an earlier version lacks, where that is not null. Places are read again anyway."""


def _column(records: pa.RecordBatch, wanted: pa.Field) -> pa.Array:
    """A column; nulls where the part is older than the column."""
    if wanted.name not in records.schema.names:
        fill = FILLS.get(wanted.name)
        return fill(records).cast(wanted.type) if fill else pa.nulls(records.num_rows, wanted.type)
    return records.column(wanted.name).cast(wanted.type)


def _put(columns: dict[str, pa.Array], new: Mapping[str, pa.Array], at: npt.NDArray[np.int64]) -> None:
    """Replace the values of the rows ``at``."""
    for name, values in new.items():
        old = columns[name]
        whole = RECORDS.field(name).type
        plain = whole.value_type if pa.types.is_dictionary(whole) else whole
        both = pa.concat_arrays([old.cast(plain), values.cast(plain)])
        index = np.arange(len(old))
        index[at] = len(old) + np.arange(at.size)
        columns[name] = pc.take(both, pa.array(index)).cast(whole)
