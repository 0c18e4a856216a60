"""Near: signatures of new and stored records to verified pairs, groups and alarms. Floor 5.

What it guarantees stands in :mod:`rightful.dedup`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.dedup.candidates import KEYS, PAIRS, Partitions, add_keys, buckets, each, spread, unique_pairs
from rightful.dedup.columns import U64, Ints, contents_of, fixed, hash_names, packed, signatures_of, two
from rightful.dedup.groups import Groups, groups
from rightful.dedup.index import Contents, Numbers, Postings, Segment, Writer, order_of, ordered, write_state
from rightful.dedup.settings import FOUND, MARKS, METHOD, SIGNATURES, Alarm, Counts, Near, Progress, Result
from rightful.dedup.verify import Rows, Texts, blocks, least_agreement, like_enough, read_sets, similarity, text_sets
from rightful.errors import InputError
from rightful.store.layout import private_file, private_folder
from rightful.store.parquet import opened, read, row_count

I32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

READ_ROWS = 1 << 16
_LOW = np.uint64(0xFFFFFFFF)


def near(
    new_signatures: Iterable[Path],
    stored_signatures: Iterable[Path],
    stored_pairs: Iterable[Path],
    texts: Texts,
    spill: Path,
    settings: Near | None = None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    parts: Sequence[str] | None = None,
) -> Result:
    """Look for near-duplicates among new records, and between new and stored ones.

    Files of signatures are :data:`SIGNATURES`, those of pairs :data:`FOUND` (the ``pairs`` of earlier runs). ``texts``
    is asked for the texts of records, in the order of the files, each once. ``spill`` is an empty or absent folder for
    about 200 bytes a record, 500 a record in question, and 8 a shingle of a record to be verified; the caller removes
    it. One record of several with one ``norm_sha256`` stands for them. ``parts`` are the names of the parts that the files
    belong to, those of the stored ones first: with them the index of their bands is written as well.

    Raises :class:`InputError` where a file is not what it should be or a text is missing.
    """
    settings = settings or Near()
    search = Search(settings, spill, workers, progress or (lambda what, done, of: None), parts)
    stored, new = list(stored_signatures), list(new_signatures)
    search.read(stored, new, StoredPairs.of(stored_pairs))
    search.find()
    with search.describe([*stored, *new]) as rows:
        search.verify(rows, texts)
        return search.publish(rows)


@dataclass(frozen=True, slots=True)
class StoredPairs:
    """Pairs verified before: hashes of their record ids, sorted, and the two of each pair as places in these."""

    ids: U64
    one: Ints
    other: Ints
    similarity: Floats

    @classmethod
    def of(cls, paths: Iterable[Path]) -> StoredPairs:
        """Those of some files."""
        tables = [read(path, FOUND.names[:3]) for path in paths]
        hashed = [
            np.concatenate([_NONE, *(hash_names(chunk) for table in tables for chunk in table[name].chunks)])
            for name in FOUND.names[:2]
        ]
        ids, place = np.unique(np.concatenate(hashed), return_inverse=True)
        similarity = np.concatenate([np.empty(0), *(table["similarity"].to_numpy() for table in tables)])
        return cls(ids, place[: hashed[0].size], place[hashed[0].size :], similarity)


_NONE: U64 = np.empty(0, np.uint64)


class Search:
    """One run. Rows are numbered as they are read, contents in the order of anchors, slots by what is near what."""

    def __init__(
        self, settings: Near, spill: Path, workers: int, progress: Progress, parts: Sequence[str] | None = None
    ) -> None:
        self.settings, self.spill, self.workers, self.progress = settings, spill, workers, progress
        self.counts = Counts()
        self.sources: dict[str, int] = {}
        private_folder(spill)
        self.parts = parts
        self.postings = Postings(spill) if parts is not None else None
        self.index: tuple[Path, ...] = ()
        self.stays: tuple[Path, ...] = ()

    def read(self, stored: Sequence[Path], new: Sequence[Path], before: StoredPairs) -> None:
        """Number the contents and spill their band keys."""
        n_stored, n_new = (sum(row_count(path) for path in paths) for paths in (stored, new))
        total = n_stored + n_new
        if total >= 1 << 31:
            raise InputError(f"{total:,} records: there can be {(1 << 31) - 1:,}", subject=str(self.spill))
        self.counts.records, self.counts.stored = total, n_stored
        self.shingles = np.zeros(total, np.uint32)
        names, digests = np.zeros(total, np.uint64), np.zeros((2, total), np.uint64)
        self.source = np.full(total, -1, np.int32)
        self.id_bytes = 0
        self.keys = Partitions(self.spill / "keys", KEYS, total * self.settings.bands)
        row_of_pair = np.full(before.ids.size, -1, np.int64)
        for first, batch in self._batches([*stored, *new], total):
            here = slice(first, first + batch.num_rows)
            self.shingles[here], digests[:, here] = contents_of(batch)
            names[here] = hashed = hash_names(batch.column("record_id"))
            self.id_bytes = max(self.id_bytes, pc.max(pc.binary_length(batch.column("record_id"))).as_py() or 0)
            if "source_id" in batch.schema.names:
                self.source[here] = self._source_codes(batch.column("source_id"))
            signatures = signatures_of(batch.column("signature"))
            used = self.shingles[here] > 0
            add_keys(self.keys, first, signatures, used, self.settings.bands, self.settings.rows)
            place = np.searchsorted(before.ids, hashed)
            match = np.flatnonzero(place < before.ids.size)
            match = match[before.ids[place[match]] == hashed[match]]
            row_of_pair[place[match]] = first + match
        self.keys.close()
        self._number(names, digests, n_stored)
        if self.parts is not None:
            sizes = [row_count(path) for path in (*stored, *new)]
            self._begin_index(self.parts, sizes, names, digests)
        named = np.bincount(self.source[self.source >= 0], minlength=len(self.sources))
        self.records_of = dict(zip(self.sources, named.tolist(), strict=True))
        self._match(before, row_of_pair)

    def _begin_index(self, parts: Sequence[str], sizes: Sequence[int], names: U64, digests: U64) -> None:
        """Write what the index has of contents and rows."""
        by = np.lexsort((names, self.node_of_row))
        high, low = digests[:, self.row_of_node]
        contents = Contents(order_of(self.shingles[self.row_of_node], high), high, low)
        self.segment = Writer(self.spill / "bands.segment")
        self.segment.add(ordered(contents, self.node_of_row[by], names[by]))
        numbers = Numbers()
        part = np.repeat(numbers.of(parts)[:-1], sizes)
        self.segment.add({"part": part[by], "source": self.source[by]})
        self.part_names = [*numbers.known]

    def _batches(
        self, paths: Sequence[Path], total: int, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        first = 0
        for path in paths:
            with opened(path, buffer_size=1 << 20) as file:
                schema = file.schema_arrow
                for wanted in SIGNATURES:
                    there = schema.get_field_index(wanted.name) >= 0
                    if not there and wanted.name != "source_id":
                        raise InputError(
                            f"no column {wanted.name}", subject=str(path), hint="a file of signatures has it"
                        )
                    if there and wanted.name == "signature" and schema.field("signature").type != wanted.type:
                        kind = schema.field("signature").type
                        raise InputError(f"signature is {kind}, not {wanted.type}", subject=str(path))
                picked = [name for name in columns or SIGNATURES.names if name in schema.names]
                for group in range(file.num_row_groups):  # one reader over all of them frees nothing before its end
                    for batch in file.iter_batches(READ_ROWS, row_groups=[group], columns=picked):
                        yield first, batch
                        first += batch.num_rows
                        self.progress("read signatures", first, total)

    def _source_codes(self, column: pa.Array) -> I32:
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        known = [self.sources.setdefault(name, len(self.sources)) for name in column.dictionary.to_pylist()]
        codes: I32 = np.asarray([*known, -1], np.int32)[pc.fill_null(column.indices, len(known)).to_numpy()]
        return codes

    def _number(self, names: U64, digests: U64, n_stored: int) -> None:
        """Number the contents in the order of anchors; the record of each whose id has the least hash stands for it."""
        order = np.lexsort((names, digests[1], digests[0], ~self.shingles)).astype(np.uint32)
        first = np.zeros(order.size, np.bool_)
        first[:1] = True
        for digest in digests:  # two halves of the first 128 bits
            first[1:] |= digest[order[1:]] != digest[order[:-1]]
        self.node_of_row = np.empty(order.size, np.int32)
        self.node_of_row[order] = np.cumsum(first) - 1
        self.row_of_node = order[first]
        self.stored = np.zeros(self.row_of_node.size, np.bool_)
        self.stored[self.node_of_row[:n_stored]] = True
        self.counts.same_content = order.size - self.row_of_node.size
        self.counts.without_words = int((self.shingles == 0).sum())

    def _match(self, before: StoredPairs, row_of_pair: Ints) -> None:
        """The stored pairs in the numbers of this run."""
        one, other = row_of_pair[before.one], row_of_pair[before.other]
        there = (one >= 0) & (other >= 0)
        one, other = self.node_of_row[one[there]].astype(np.int64), self.node_of_row[other[there]].astype(np.int64)
        found = packed(np.minimum(one, other), np.maximum(one, other))
        good = (one != other) & (before.similarity[there] >= self.settings.threshold)
        self.before, at = np.unique(found[good], return_index=True)
        self.before_similarity = before.similarity[there][good][at]
        self.counts.stored_unused = before.one.size

    def find(self) -> None:
        """The candidates: those between stored contents that had been verified, and those to look at."""
        pairs = Partitions(self.spill / "pairs", PAIRS, self.counts.records * self.settings.bands)
        limit, anchors = self.settings.bucket_limit, self.settings.bucket_anchors
        paths = self.keys.paths
        post = None if self.postings is None else self.postings.add
        workers = self.workers if post is None else 1  # keys are posted in their order
        buckets_found = each(lambda path: buckets(path, self.node_of_row, limit, anchors, post), paths, workers)
        for done, (path, bucket) in enumerate(zip(paths, buckets_found, strict=True), 1):
            pairs.add(spread(bucket.pairs), [bucket.pairs])
            self.counts.buckets_over_limit += bucket.over_limit
            self.counts.members_over_limit += bucket.members_over_limit
            self.counts.largest_bucket = max(self.counts.largest_bucket, bucket.largest)
            path.unlink()
            self.progress("compare bands", done, len(paths))
        pairs.close()
        if self.postings is not None:
            self.segment.add({"key": self.postings.key.values(), "at": self.postings.at.values()})
            self.segment.close({"parts": self.part_names, "sources": [*self.sources]})
            self.postings.close()
        self.wanted = np.zeros(self.row_of_node.size, np.bool_)
        self.parents = np.arange(self.row_of_node.size, dtype=np.int32)
        self.todo: list[Path] = []
        kept = []
        for path in pairs.paths:
            kept.append(self._sift(path))
        at = np.concatenate([np.empty(0, np.int64), *kept])
        self.kept, self.kept_similarity = self.before[at], self.before_similarity[at]
        self.counts.kept = at.size
        self.counts.stored_unused -= at.size

    def _sift(self, path: Path) -> Ints:
        """Keep of a file of pairs what is to be looked at; the places of the others in the pairs verified before."""
        from rightful.dedup import kernels  # loads the compiler

        found = unique_pairs(path)
        path.unlink()
        one, other = two(found)
        old = self.stored[one] & self.stored[other]
        known = found[old]
        place = np.searchsorted(self.before, known)
        place = (
            place[(place < self.before.size) & (self.before[np.minimum(place, self.before.size - 1)] == known)]
            if self.before.size
            else place[:0]
        )
        todo = found[~old]
        for pairs in (todo, self.before[place]):
            self.wanted[pairs >> np.uint64(32)] = self.wanted[pairs & _LOW] = True
        kernels.unite(self.parents, todo)
        if todo.size:
            kept = path.with_suffix(".npy")
            private_file(kept)
            np.save(kept, todo)
            self.todo.append(kept)
        self.counts.candidates += found.size
        self.counts.known += known.size
        return place

    def describe(self, paths: Sequence[Path]) -> Rows:
        """Write down what is needed of the contents in question, those that share buckets near each other."""
        from rightful.dedup import kernels  # loads the compiler

        kernels.roots(self.parents)
        nodes = np.flatnonzero(self.wanted)
        nodes = nodes[np.argsort(self.parents[nodes], kind="stable")]
        del self.parents
        self.slot_of_node = np.full(self.row_of_node.size, -1, np.int32)
        self.slot_of_node[nodes] = np.arange(nodes.size)
        self.node_of_slot = nodes.astype(np.uint32)
        rows = Rows(self.spill, nodes.size, self.id_bytes)
        if not nodes.size:
            return rows
        for first, batch in self._batches(paths, self.counts.records, ["record_id", "norm_sha256", "signature"]):
            node = self.node_of_row[first : first + batch.num_rows]
            at = np.flatnonzero(self.wanted[node] & (self.row_of_node[node] == np.arange(first, first + node.size)))
            ids = batch.column("record_id").take(pa.array(at)).cast(pa.binary()).to_pylist()
            digests = fixed(batch.column("norm_sha256"), "V32")[at]
            signatures = signatures_of(batch.column("signature"))[at]
            rows.put(self.slot_of_node[node[at]].astype(np.int64), ids, digests, signatures)
        return rows

    def verify(self, rows: Rows, texts: Texts) -> None:
        """The new pairs with their similarity."""
        least = least_agreement(self.settings.threshold)
        like = [_NONE]
        for done, path in enumerate(self.todo, 1):
            pairs = np.sort(packed(*self._slots(np.load(path))))  # those of one component near each other
            path.unlink()
            good = like_enough(rows, *two(pairs), least, self.workers)
            self.counts.unlike += int((~good).sum())
            like.append(pairs[good])
            self.progress("compare signatures", done, len(self.todo))
        pairs = np.sort(np.concatenate(like))
        del like
        one, other = two(pairs)
        asked = np.zeros(self.node_of_slot.size, np.bool_)
        asked[one] = asked[other] = True
        slots = np.flatnonzero(asked)
        slots = slots[np.argsort(self.row_of_node[self.node_of_slot[slots]])]
        with text_sets(self.spill, self.node_of_slot.size) as sets:
            of = slots.size
            self.counts.texts = of
            read_sets(
                sets, rows, slots, texts, self.settings.shingles, self.workers,
                lambda done: self.progress("read texts", done, of),
            )  # fmt: skip
            weight = self.settings.shingles.words
            similar = similarity(sets, one, other, self.settings.threshold, weight, self.workers)
        good = similar >= self.settings.threshold
        pairs = packed(self.node_of_slot[one[good]], self.node_of_slot[other[good]])
        order = np.argsort(pairs)
        self.pairs, self.similarity = pairs[order], similar[good][order]
        self.counts.pairs = pairs.size
        self.counts.below = good.size - pairs.size

    def _slots(self, pairs: U64) -> tuple[Ints, Ints]:
        one, other = two(pairs)
        return self.slot_of_node[one].astype(np.int64), self.slot_of_node[other].astype(np.int64)

    def publish(self, rows: Rows) -> Result:
        """Write pairs and groups."""
        self._end_index()
        grouped = groups(
            np.concatenate([self.kept, self.pairs]),
            np.concatenate([self.kept_similarity, self.similarity]),
            self.settings.threshold,
            self.settings.linkage == "complete",
        )
        self.counts.left_out = grouped.left_out
        pairs, marks = self.spill / "near-pairs.parquet", self.spill / "near-groups.parquet"
        private_file(pairs)
        with pq.ParquetWriter(pairs, FOUND, compression="zstd") as writer:
            for part in blocks(self.pairs.size):
                one, other = self._slots(self.pairs[part])
                similarity = pa.array(self.similarity[part])
                method = pa.array([METHOD]).take(pa.array(np.zeros(one.size, np.int64)))
                ids = [self._named(rows, slots)[0] for slots in (one, other)]
                writer.write_table(pa.Table.from_arrays([*ids, similarity, method], schema=FOUND))
        at = np.flatnonzero(grouped.anchor >= 0)
        anchor = grouped.anchor[at].astype(np.int64)
        order = np.lexsort((at, -grouped.similarity[at], anchor != at, anchor))
        at, anchor = at[order], anchor[order]
        self.counts.groups = int((at == anchor).sum())
        self.counts.copies = at.size - self.counts.groups
        private_file(marks)
        with pq.ParquetWriter(marks, MARKS, compression="zstd") as writer:
            for part in blocks(at.size):
                writer.write_table(self._marks(rows, grouped, at[part], anchor[part]))
        alarms = self._alarms(grouped.nodes[at], grouped.nodes[anchor])
        return Result(pairs, marks, self.counts, alarms, self.index, self.stays)

    def _end_index(self) -> None:
        """Write the state of the index: the pairs that do not count, and the records of each source."""
        if self.parts is None:
            return
        segment, state = Segment(self.spill / "bands.segment"), self.spill / "bands.state"
        one, other = (segment.contents(nodes) for nodes in two(self._unused()))
        write_state(state, one, other, self.records_of)
        self.index = (segment.path, state)

    def _unused(self) -> U64:
        """The pairs verified before that do not count now."""
        return np.setdiff1d(self.before, np.concatenate([self.kept, self.pairs]), assume_unique=True)

    def _marks(self, rows: Rows, grouped: Groups, at: Ints, anchor: Ints) -> pa.Table:
        names, _ = self._named(rows, self.slot_of_node[grouped.nodes[at]].astype(np.int64))
        matched, digests = self._named(rows, self.slot_of_node[grouped.nodes[anchor]].astype(np.int64))
        is_anchor = pa.array(at == anchor)
        # 32 hexadecimal digits of the digest, as in the groups of exact copies.
        group = pa.array(["near:" + digest.hex()[:32] for digest in digests.tolist()])
        role = pc.if_else(is_anchor, "anchor", "copy")
        matched = pc.if_else(is_anchor, pa.scalar(None, pa.string()), matched)
        return pa.Table.from_arrays([names, group, role, matched, pa.array(grouped.similarity[at])], schema=MARKS)

    def _named(self, rows: Rows, slots: Ints) -> tuple[pa.Array, npt.NDArray[np.void]]:
        distinct, place = np.unique(slots, return_inverse=True)
        taken = rows.names(distinct)
        names = pa.array(taken["record_id"].tolist(), pa.binary()).cast(pa.string())
        return names.take(pa.array(place)), taken["digest"][place]

    def _alarms(self, nodes: Ints, anchors: Ints) -> tuple[Alarm, ...]:
        """The sources that would lose too much to others, the most first."""
        own, theirs = self.source[self.row_of_node[nodes]], self.source[self.row_of_node[anchors]]
        lost = np.bincount(own[(own != theirs) & (own >= 0)], minlength=len(self.sources))
        named = (
            Alarm(name, self.records_of.get(name, 0), int(lost[code]))
            for name, code in self.sources.items()
            if lost[code] > self.settings.alarm_share * self.records_of.get(name, 0)
        )
        return tuple(sorted(named, key=lambda alarm: (-alarm.lost, alarm.source_id)))
