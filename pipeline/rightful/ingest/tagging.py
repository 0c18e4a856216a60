"""What a worker does with one item: read, run the stages, tag, write staged parts. Floor 7.

The result of an item depends on the item, the card and the recipe alone, never on the worker, the time or the store.
It is written beside a marker, so that a run that was killed finds what is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.dedup.sketch import check
from rightful.ingest.captured import StagedCaptures
from rightful.ingest.staged import (
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
from rightful.notation.urls import canonical, registrable_domain
from rightful.readers import Capture, Damage, Extent, Item, ReadOptions, Skipped
from rightful.readers.read import personal_types, read
from rightful.readers.unread import SAMPLE_CHARS
from rightful.recipes.recipe import Recipe
from rightful.rights.evidence import Evidence, Profile, as_json, evidence_id
from rightful.rights.expression import Names
from rightful.signals.cards.claims import claims_digest
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.rows.claims import look_of
from rightful.stages import Stage, without
from rightful.stages.license import LicenseTags
from rightful.store.layout import move_into_place
from rightful.store.parts import part_writer
from rightful.store.placed import placed
from rightful.store.records import PLAIN_TEXTS, RECORDS, SIGNATURES, TEXTS, record_id

PART_TEXT_BYTES = 256 << 20
"""A part is closed when its texts reach this; a range of a large file stays below it."""
ROW_GROUP_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class Task:
    """One item with all that its result depends on, and the folder to stage it in. ``claims`` are the card's, ``beside``
    those of the files that lie beside what is read, ``papers`` the same as they stand there, each with the files of the item
    of which it is claimed."""

    index: int
    item: Item
    card: SourceCard
    claims: tuple[Evidence, ...]
    beside: tuple[Evidence, ...]
    recipe: Recipe
    names: Names
    key: bytes
    folder: Path
    papers: tuple[tuple[Evidence, tuple[str, ...]], ...] = ()


def process(task: Task) -> Done:
    """Read and tag one item, unless an earlier run of the same plan did so already."""
    marker = marker_of(task.folder, task.index)
    known = finished(marker)
    if known is not None:
        return known
    tagger = Tagger(task)
    writer = StagedPieces(task.folder, task.index)
    damages: list[Damage] = []
    captures = StagedCaptures(task.folder, task.index, task.names)
    skipped: dict[tuple[str, str, str], int] = {}
    extent = Extent(0)
    clock = time.perf_counter()
    try:
        look = look_of(task.card, task.names, task.recipe.fields.license)
        for batch_read in read(task.item, ReadOptions(task.recipe.fields, look, task.recipe.limits)):
            if isinstance(batch_read, Damage):
                damages.append(batch_read)
            elif isinstance(batch_read, Skipped):
                what = (batch_read.file, batch_read.reason, batch_read.pattern)
                skipped[what] = skipped.get(what, 0) + batch_read.records
            elif isinstance(batch_read, Capture):
                tagger.seconds["read"] = tagger.seconds.get("read", 0.0) + time.perf_counter() - clock
                clock = time.perf_counter()
                captures.add(batch_read)
                tagger.seconds["captures"] = tagger.seconds.get("captures", 0.0) + time.perf_counter() - clock
            elif isinstance(batch_read, Extent):
                extent = batch_read
            else:
                tagger.seconds["read"] = tagger.seconds.get("read", 0.0) + time.perf_counter() - clock
                records, signatures = tagger(batch_read)
                clock = time.perf_counter()
                writer.add(records, signatures, batch_read)
                tagger.seconds["write"] = tagger.seconds.get("write", 0.0) + time.perf_counter() - clock
            clock = time.perf_counter()
    finally:
        writer.close()
        captures.close()
    done = Done(
        index=task.index,
        source_id=task.card.source_id,
        pieces=tuple(writer.rows),
        lines=extent.lines,
        damages=tuple(damages),
        profiles={r: _claims(p, task.papers) for r, p in tagger.profiles().items()},
        text_bytes=writer.text_bytes,
        files=writer.files,
        seconds=tagger.seconds,
        statements=tagger.statements(),
        unread=extent.unread,
        talks=extent.talks,
        skipped=tuple(Skipped(*what, records) for what, records in skipped.items()),
        contradicted=tagger.contradicted,
        captured=captures.rows,
        looked=captures.looked,
        digests=digests_of(task.folder, task.index, len(writer.rows), captures.rows),
    )
    mark(marker, done)
    return done


class Tagger:
    """Turns raw batches into record batches, and keeps the time of each stage."""

    def __init__(self, task: Task) -> None:
        recipe = task.recipe
        self.source_id = task.card.source_id
        self.card_sha256 = claims_digest(task.card, task.claims)
        self.stages = recipe.running()
        self.left_out = recipe.left_out()
        about = (task.card, task.claims, task.names, task.key, recipe.fields.license, task.beside)
        self.license = LicenseTags(*about, personal=personal_types())
        self.signature = recipe.near.shingles
        self.recipe_sha256 = recipe.digest
        self.seconds: dict[str, float] = {}
        self.checked = False
        """Whether a signature of this item was held against that of datasketch."""
        self.contradicted = 0
        """Records in which personal data was found, or that hold some by their form, though their card says that there is none."""

    def statements(self) -> tuple[Spoken, ...]:
        """The columns whose statements about rights block rows."""
        return tuple(
            Spoken(f, c, b.rows, b.sample[:SAMPLE_CHARS], tuple(s[:SAMPLE_CHARS] for s in b.samples))
            for (f, c), b in self.license.blocked.items()
        )

    def profiles(self) -> dict[str, Profile]:
        """The profiles of the records so far, by rights id."""
        return self.license.profiles

    def __call__(self, raw: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """The records of a batch, and their signatures."""
        columns: dict[str, pa.Array] = {}
        for absent in self.left_out:
            columns.update(without(absent, raw.num_rows))
        running: tuple[Stage, ...] = (*self.stages, self.license, self.signature)
        for stage in running:
            start = time.perf_counter()
            columns.update(stage(raw))
            self.seconds[stage.name] = self.seconds.get(stage.name, 0.0) + time.perf_counter() - start
        start = time.perf_counter()
        columns.update(self._identity(raw, columns["content_sha256"]))
        batch = pa.RecordBatch.from_arrays([_as(columns[f.name], f.type) for f in RECORDS], schema=RECORDS)
        if self.license.card.personal_data == "no":
            self.contradicted += pc.sum(pc.or_(_holds_persons(batch), self.license.of_persons(raw))).as_py() or 0
        signatures = pa.RecordBatch.from_arrays([_as(columns[f.name], f.type) for f in SIGNATURES], schema=SIGNATURES)
        if not self.checked:
            self.checked = check(self.signature, raw, columns)
        self.seconds["identity"] = self.seconds.get("identity", 0.0) + time.perf_counter() - start
        return batch, signatures

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
        }


def _holds_persons(records: pa.RecordBatch) -> pa.BooleanArray:
    """The records in which a scan found personal data of any kind."""
    by_state = pc.equal(records.column("pii_state").cast(pa.string()), "found")
    some = pc.greater(pc.list_value_length(records.column("pii_types")), 0)
    return pc.or_(pc.fill_null(by_state, False), pc.fill_null(some, False))


class StagedPieces:
    """Writes staged parts, a new piece when the texts of one reach their size."""

    def __init__(self, folder: Path, index: int) -> None:
        self.folder = folder
        self.index = index
        self.rows: list[int] = []
        self.text_bytes = 0
        self.files: dict[str, int] = {}
        self._open: dict[str, pq.ParquetWriter] = {}
        self._tags: list[pa.RecordBatch] = []
        self._piece_bytes = 0
        self._talks = False

    def add(self, records: pa.RecordBatch, signatures: pa.RecordBatch, raw: pa.RecordBatch) -> None:
        """Write a batch of records, and begin a new piece where this one is full."""
        if not records.num_rows:
            return
        talks = raw.column("conversation").null_count < raw.num_rows
        if self._open and talks and not self._talks:
            self.close()  # a piece without conversations has no column for them
        if not self._open:
            self._start(talks)
        texts = pa.record_batch([records.column("record_id"), *raw.select(TEXTS.names[1:]).columns], schema=TEXTS)
        self._open["texts"].write_batch(texts if self._talks else texts.select(PLAIN_TEXTS.names))
        self._open["signatures"].write_batch(signatures)
        self._open["rows"].write_batch(raw.select(["file", "line"]))
        self._tags.append(records)
        for counted in pc.value_counts(raw.column("file")).to_pylist():
            self.files[counted["values"]] = self.files.get(counted["values"], 0) + counted["counts"]
        self.rows[-1] += records.num_rows
        size = raw.column("text").nbytes
        self.text_bytes += size
        self._piece_bytes += size + (raw.column("conversation").nbytes if talks else 0)
        if sum(b.num_rows for b in self._tags) >= ROW_GROUP_ROWS:
            self._flush()
        if self._piece_bytes >= PART_TEXT_BYTES:
            self.close()

    def close(self) -> None:
        """Close the piece that is open, if there is one."""
        if self._open:
            self._flush()
            for kind, writer in self._open.items():
                writer.close()
                final = staged(self.folder, self.index, len(self.rows) - 1, kind)
                move_into_place(unfinished(final), final)
            self._open = {}

    def _start(self, talks: bool) -> None:
        piece = len(self.rows)
        self._talks = talks
        texts = TEXTS if talks else PLAIN_TEXTS
        for kind, schema in zip(STAGED_KINDS, (RECORDS, texts, SIGNATURES, STAGED_ROWS), strict=True):
            self._open[kind] = part_writer(unfinished(staged(self.folder, self.index, piece, kind)), schema)
        self.rows.append(0)
        self._piece_bytes = 0

    def _flush(self) -> None:
        if self._tags:
            self._open["records"].write_table(pa.Table.from_batches(self._tags, RECORDS))
            self._tags = []


def _claims(profile: Profile, papers: Iterable[tuple[Evidence, tuple[str, ...]]]) -> tuple[dict[str, Any], ...]:
    """The claims of a profile as they are stored: one that files beside the texts make once for each of them, with the files
    of the item that it speaks of, the nearest first."""
    read: dict[Evidence, list[tuple[Evidence, tuple[str, ...]]]] = {}
    for claim, files in papers:
        read.setdefault(claim, []).append((claim, files))
    return tuple(
        _stored(claim, files)
        for evidence in sorted(profile, key=evidence_id)
        for claim, files in read.get(evidence, [(evidence, None)])
    )


def _stored(evidence: Evidence, files: tuple[str, ...] | None) -> dict[str, Any]:
    seen = evidence.observation
    return {
        "evidence_id": evidence_id(evidence),
        "deciding": as_json(evidence),
        "raw": seen.raw if seen else "",
        "place": seen.place if seen else "",
        "detector": seen.detector if seen else "",
        "detector_version": seen.detector_version if seen else "",
        "observed_at": seen.observed_at if seen else "",
        **({} if files is None else {"files": list(files)}),
    }


def _addresses(urls: pa.Array) -> tuple[list[str | None], list[str | None], list[str | None]]:
    if urls.null_count == len(urls):
        nothing: list[str | None] = [None] * len(urls)
        return nothing, nothing, nothing
    addresses = [(None, None) if u is None else canonical(u) for u in urls.to_pylist()]
    hosts = [h for _, h in addresses]
    return [u for u, _ in addresses], hosts, [registrable_domain(h) if h else None for h in hosts]


def _as(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    return column if column.type == wanted else column.cast(wanted)
