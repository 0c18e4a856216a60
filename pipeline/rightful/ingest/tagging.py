"""What a worker does with one item: read, run the stages, tag, write staged parts. Floor 7.

The result of an item depends on the item, the card and the recipe alone, never on the worker, the time or the store.
It is written beside a marker, so that a run that was killed finds what is done.
"""

from __future__ import annotations

import contextlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.dedup.sketch import check
from rightful.ingest.captured import StagedCaptures
from rightful.ingest.profiles import ProfileClaims
from rightful.ingest.staged import (
    PASSAGES,
    STAGED_KINDS,
    STAGED_ROWS,
    Done,
    Spoken,
    digests_of,
    finished,
    mark,
    marker_of,
    staged,
    unfinished,
)
from rightful.ingest.task import Task as Task
from rightful.ingest.unpacked import unpacked
from rightful.notation.urls import canonical, registrable_domain
from rightful.readers import RAW, Capture, Damage, Extent, Item, Read, ReadOptions, Skipped, Talked, Unread
from rightful.readers.read import personal_types, read
from rightful.readers.unread import SAMPLE_CHARS
from rightful.signals.cards.claims import claims_digest
from rightful.signals.rows.claims import look_of
from rightful.stages import Stage, without
from rightful.stages.license import Blocked, LicenseTags
from rightful.stages.signature import Picked, Signature
from rightful.store.kept import as_metadata, columns_in, joined
from rightful.store.layout import move_into_place
from rightful.store.parts import part_writer
from rightful.store.passages import Writing
from rightful.store.placed import placed
from rightful.store.records import LATER_TEXTS, RECORDS, SIGNATURES, TEXTS, record_id, texts_with

PART_TEXT_BYTES = 256 << 20
"""A part is closed when its texts reach this; a range of a large file stays below it."""
LONG_BYTES = 32 << 20
"""A text of more bytes is written as a long one, in a piece that begins with it."""
ROW_GROUP_ROWS = 16_384


def process(task: Task) -> Done:
    """Read and tag one item, unless an earlier run of the same plan did so already."""
    marker = marker_of(task.folder, task.index)
    known = finished(marker)
    if known is not None:
        return known
    tagger = Tagger(task)
    writer = StagedPieces(task.folder, task.index, tagger.signature if task.recipe.passages.index else None)
    captures = StagedCaptures(task.folder, task.index, task.names)
    outcomes = _Outcomes()
    with contextlib.ExitStack() as stack:
        stack.callback(captures.close)
        stack.callback(writer.close)
        tasks, stated = [task], {}
        if task.inside is not None:
            clock = time.perf_counter()
            opened = stack.enter_context(unpacked(task))
            tasks, stated = opened.tasks, opened.stated.dumps()
            outcomes.damages += opened.damages
            for passed in opened.skipped:
                outcomes.add(passed)
            tagger.spent("unpack", clock)
        for part in tasks:
            tagger.turn(part)
            _read(part, tagger, writer, captures, outcomes)
    done = Done(
        index=task.index,
        source_id=task.card.source_id,
        pieces=tuple(writer.rows),
        lines=outcomes.lines if task.inside is None else 0,
        damages=tuple(outcomes.damages),
        profiles=tagger.claims(),
        text_bytes=writer.text_bytes,
        files=writer.files,
        seconds=tagger.seconds,
        statements=tagger.statements(),
        unread=tuple(outcomes.unread),
        talks=tuple(outcomes.talks),
        skipped=tuple(Skipped(*what, records) for what, records in outcomes.skipped.items()),
        contradicted=tagger.contradicted,
        kept=writer.kept,
        captured=captures.rows,
        looked=captures.looked,
        digests=digests_of(task.folder, task.index, len(writer.rows), captures.rows),
        stated=stated,
    )
    mark(marker, done)
    return done


@dataclass(slots=True)
class _Outcomes:
    """What readers yield beside records."""

    damages: list[Damage] = field(default_factory=list)
    skipped: dict[tuple[str, str, str], int] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    talks: list[Talked] = field(default_factory=list)
    lines: int = 0

    def add(self, outcome: Read) -> None:
        """Keep one of them."""
        if isinstance(outcome, Damage):
            self.damages.append(outcome)
        elif isinstance(outcome, Skipped):
            what = (outcome.file, outcome.reason, outcome.pattern)
            self.skipped[what] = self.skipped.get(what, 0) + outcome.records
        elif isinstance(outcome, Extent):
            self.lines += outcome.lines
            self.unread += outcome.unread
            self.talks += outcome.talks


def _read(task: Task, tagger: Tagger, writer: StagedPieces, captures: StagedCaptures, outcomes: _Outcomes) -> None:
    """Read one item, tag its records and write them, and what is captured with them."""
    look = look_of(task.card, task.names, task.recipe.fields.license)
    clock = time.perf_counter()
    for outcome in read(
        task.item, ReadOptions(task.recipe.fields, look, task.recipe.limits, task.recipe.pages, task.recipe.wiki)
    ):
        if isinstance(outcome, pa.RecordBatch):
            tagger.spent("read", clock)
            if long := is_long(outcome):
                pa.default_memory_pool().release_unused()  # what reading it took
            records, signatures, picked = tagger(_published(outcome, task.item))
            clock = time.perf_counter()
            writer.add(records, signatures, picked, outcome)
            del outcome, records, signatures, picked  # a long record is let go of before the next is read
            if long:
                pa.default_memory_pool().release_unused()
            tagger.spent("write", clock)
        elif isinstance(outcome, Capture):
            tagger.spent("read", clock)
            clock = time.perf_counter()
            captures.add(outcome)
            tagger.spent("captures", clock)
        else:
            outcomes.add(outcome)
        clock = time.perf_counter()


def is_long(raw: pa.RecordBatch) -> bool:
    """Whether a batch is one record, and that one so long that memory is counted in copies of it."""
    return bool(raw.num_rows == 1 and raw.column("text").nbytes > LONG_BYTES)


def _published(raw: pa.RecordBatch, item: Item) -> pa.RecordBatch:
    """The rows with the address at which their file is published, where they have none of their own.

    Rows that nothing but their address tells apart keep none: it changes with every commit.
    """
    addresses = {file.name: file.address for file in item.files if file.address}
    if not addresses:
        return raw
    columns = (raw.column(name).to_pylist() for name in ("url", "source_record_id", "file"))
    urls = [
        addresses.get(file) if url is None and identity is not None else url
        for url, identity, file in zip(*columns, strict=True)
    ]
    return raw.set_column(RAW.get_field_index("url"), RAW.field("url"), pa.array(urls, pa.string()))


class Tagger:
    """Turns raw batches into record batches, and keeps the time of each stage. The items in a container are tagged in turn."""

    def __init__(self, task: Task) -> None:
        recipe = task.recipe
        self.task = task
        self.source_id = task.card.source_id
        self.card_sha256 = claims_digest(task.card, task.claims)
        self.stages = recipe.running()
        self.left_out = recipe.left_out()
        self.license = _tags_of(task)
        self.profiles = ProfileClaims()
        self._blocked: list[tuple[tuple[str, str], Blocked]] = []
        self.signature = recipe.near.shingles
        self.passages = recipe.passages.index
        self.key = task.key
        self.recipe_sha256 = recipe.digest
        self.seconds: dict[str, float] = {}
        self.checked = False
        """Whether a signature of this item was held against that of datasketch."""
        self.contradicted = 0
        """Records in which personal data was found, or that hold some by their form, though their card says that there is none."""

    def turn(self, task: Task) -> None:
        """Tag what comes from now on as this item: of each of a container something else may be claimed."""
        if task is not self.task:
            self._end()
            self.task, self.license = task, _tags_of(task)

    def spent(self, stage: str, since: float) -> None:
        """Add the time from a moment on to that of a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - since

    def claims(self) -> Mapping[str, tuple[dict[str, Any], ...]]:
        """The claims of the records so far, by rights id."""
        self._end()
        return self.profiles.stored()

    def statements(self) -> tuple[Spoken, ...]:
        """The columns whose statements about rights block rows."""
        return tuple(
            Spoken(f, c, b.rows, b.sample[:SAMPLE_CHARS], tuple(s[:SAMPLE_CHARS] for s in b.samples))
            for (f, c), b in (*self._blocked, *self.license.blocked.items())
        )

    def _end(self) -> None:
        """Keep what the item that was tagged last leaves."""
        for rights, profile in self.license.profiles.items():
            self.profiles.add(rights, profile, self.task.papers)
        self._blocked += self.license.blocked.items()
        self.license.profiles.clear()
        self.license.blocked.clear()

    def __call__(self, raw: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch, Picked]:
        """The records of a batch, their signatures, and what the index of passages has of them."""
        columns: dict[str, pa.Array] = {}
        for absent in self.left_out:
            columns.update(without(absent, raw.num_rows))
        running: tuple[Stage, ...] = (*self.stages, self.license)
        for stage in running:
            start = time.perf_counter()
            columns.update(stage(raw))
            self.spent(stage.name, start)
        start = time.perf_counter()
        sketched, picked = self.signature.with_picked(raw, pick=self.passages)
        columns.update(sketched)
        self.spent(self.signature.name, start)
        start = time.perf_counter()
        columns.update(self._identity(raw, columns["content_sha256"]))
        batch = pa.RecordBatch.from_arrays([_as(columns[f.name], f.type) for f in RECORDS], schema=RECORDS)
        if self.license.card.personal_data == "no":
            self.contradicted += pc.sum(pc.or_(_holds_persons(batch), self.license.of_persons(raw))).as_py() or 0
        signatures = pa.RecordBatch.from_arrays([_as(columns[f.name], f.type) for f in SIGNATURES], schema=SIGNATURES)
        if not self.checked:
            self.checked = check(self.signature, raw, columns)
        self.seconds["identity"] = self.seconds.get("identity", 0.0) + time.perf_counter() - start
        return batch, signatures, picked

    def _identity(self, raw: pa.RecordBatch, digests: pa.Array) -> dict[str, pa.Array]:
        n = raw.num_rows
        urls, hosts, domains = _addresses(raw.column("url"))
        several = raw.column("urls").to_pylist()
        ids = raw.column("source_record_id").to_pylist()
        origins = [i if i is not None else (u or "") for i, u in zip(ids, urls, strict=True)]
        stated = raw.column("license_raw").to_pylist()
        keys = zip(origins, digests.to_pylist(), stated, strict=True)
        record_ids = [record_id(self.source_id, o, d, statement) for o, d, statement in keys]
        kept = (
            "source_record_id",
            "file",
            "fetched_at",
            "published_at",
            "title",
            "authors",
            "parents",
            "media_type",
            "license_raw",
        )
        return {
            **{name: raw.column(name) for name in kept},
            "record_id": pa.array(record_ids, pa.string()),
            "source_id": pa.array([self.source_id] * n, pa.string()),
            "card_sha256": pa.array([self.card_sha256] * n, pa.string()),
            "url": pa.array(urls, pa.string()),
            "host": pa.array(hosts, pa.string()),
            "registrable_domain": pa.array(domains, pa.string()),
            "places": placed(
                () if u is None else (more or (u,))
                for u, more in zip(raw.column("url").to_pylist(), several, strict=True)
            ),
            "recipe_sha256": pa.array([self.recipe_sha256] * n, pa.string()),
            "kept_key": _kept_keys(raw.column("kept"), self.key),
        }


def _kept_keys(kept: pa.Array, key: bytes) -> pa.Array:
    """What tells that the columns that were kept of a record changed: a keyed digest, for few values can be guessed from
    another, and what is kept is content, of which tags say nothing."""
    if kept.null_count == len(kept):
        return pa.nulls(len(kept), pa.binary(32))
    return pa.array(
        [None if of is None else hmac.digest(key, f"kept\0{of}".encode(), "sha256") for of in kept.to_pylist()],
        pa.binary(32),
    )


def _holds_persons(records: pa.RecordBatch) -> pa.BooleanArray:
    """The records in which a scan found personal data of any kind."""
    by_state = pc.equal(records.column("pii_state").cast(pa.string()), "found")
    some = pc.greater(pc.list_value_length(records.column("pii_types")), 0)
    return pc.or_(pc.fill_null(by_state, False), pc.fill_null(some, False))


class StagedPieces:
    """Writes staged parts, a new piece when the texts of one reach their size."""

    def __init__(self, folder: Path, index: int, passages: Signature | None) -> None:
        self.folder = folder
        self.index = index
        self.passages = passages
        """The shingles of the index of passages; None where there is to be none."""
        self.rows: list[int] = []
        self.text_bytes = 0
        self.files: dict[str, int] = {}
        self._open: dict[str, pq.ParquetWriter] = {}
        self._tags: list[pa.RecordBatch] = []
        self.kept: dict[str, Any] = {}
        """The columns that were kept, with their types."""
        self._piece_bytes = 0
        self._more: frozenset[str] = frozenset()
        self._long = False
        self._kept_here: dict[str, Any] = {}
        self._picked = Writing()

    def add(self, records: pa.RecordBatch, signatures: pa.RecordBatch, picked: Picked, raw: pa.RecordBatch) -> None:
        """Write a batch of records, and begin a new piece where this one is full."""
        if not records.num_rows:
            return
        more = frozenset(name for name in LATER_TEXTS if raw.column(name).null_count < raw.num_rows)
        long = is_long(raw)
        if self._open and not (more <= self._more and long <= self._long):
            self.close()  # a piece without conversations has no column for them, nor one without kept columns
        if not self._open:
            self._start(more, long)
        texts = pa.record_batch([records.column("record_id"), *raw.select(TEXTS.names[1:]).columns], schema=TEXTS)
        self._open["texts"].write_batch(texts.select(texts_with(self._more).names))
        self._kept_here = columns_in(raw.column("kept"), self._kept_here)
        self._open["signatures"].write_batch(signatures)
        self._picked.add(picked, records.num_rows)
        self._open["rows"].write_batch(raw.select(["file", "line"]))
        self._tags.append(records)
        for counted in pc.value_counts(raw.column("file")).to_pylist():
            self.files[counted["values"]] = self.files.get(counted["values"], 0) + counted["counts"]
        self.rows[-1] += records.num_rows
        size = raw.column("text").nbytes
        self.text_bytes += size
        self._piece_bytes += size + sum(raw.column(name).nbytes for name in more)
        if sum(b.num_rows for b in self._tags) >= ROW_GROUP_ROWS:
            self._flush()
        if self._piece_bytes >= PART_TEXT_BYTES:
            self.close()

    def close(self) -> None:
        """Close the piece that is open, if there is one."""
        if self._open:
            self._flush()
            if self._kept_here:
                self._open["texts"].add_key_value_metadata(as_metadata(self._kept_here))
                self.kept, self._kept_here = joined(self.kept, self._kept_here), {}
            for kind, writer in self._open.items():
                writer.close()
                final = staged(self.folder, self.index, len(self.rows) - 1, kind)
                move_into_place(unfinished(final), final)
            if self.passages is not None:
                final = staged(self.folder, self.index, len(self.rows) - 1, PASSAGES)
                self._picked.write(unfinished(final), self.passages)
                move_into_place(unfinished(final), final)
            self._open, self._picked = {}, Writing()

    def _start(self, more: frozenset[str], long: bool) -> None:
        piece = len(self.rows)
        self._more, self._long = more, long
        texts = texts_with(more)
        for kind, schema in zip(STAGED_KINDS, (RECORDS, texts, SIGNATURES, STAGED_ROWS), strict=True):
            to = unfinished(staged(self.folder, self.index, piece, kind))
            self._open[kind] = part_writer(to, schema, long=long and kind == "texts")
        self.rows.append(0)
        self._piece_bytes = 0

    def _flush(self) -> None:
        if self._tags:
            self._open["records"].write_table(pa.Table.from_batches(self._tags, RECORDS))
            self._tags = []


def _tags_of(task: Task) -> LicenseTags:
    about = (task.card, task.claims, task.names, task.key, task.recipe.fields.license, task.beside)
    return LicenseTags(*about, personal=personal_types())


def _addresses(urls: pa.Array) -> tuple[list[str | None], list[str | None], list[str | None]]:
    if urls.null_count == len(urls):
        nothing: list[str | None] = [None] * len(urls)
        return nothing, nothing, nothing
    addresses = [(None, None) if u is None else canonical(u) for u in urls.to_pylist()]
    hosts = [h for _, h in addresses]
    return [u for u, _ in addresses], hosts, [registrable_domain(h) if h else None for h in hosts]


def _as(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    return column if column.type == wanted else column.cast(wanted)
