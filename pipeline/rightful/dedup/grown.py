"""Grown: what a landing changes in the near copies of a store, by its index of bands. Floor 5.

The answer is that of :func:`rightful.dedup.near.near` over everything, pair for pair. Only buckets in which a content comes or
goes are looked at. A bucket over the limit is read as far as it takes to know that it is, and which its anchors are; to its end
where it was not before, is not any more, has other anchors, or one that is new. Then, and where a record counts again, the
pairs that were verified before are weighed by all the buckets that they share; all others count as they did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rightful.dedup.candidates import ascending
from rightful.dedup.columns import U32, U64, Ints, Mask, contents_of, hash_names, packed, signatures_of, two
from rightful.dedup.index import (
    Contents,
    Fetch,
    Lines,
    Numbers,
    Segment,
    has_words,
    order_of,
    to_merge,
    unused_in,
    write_state,
)
from rightful.dedup.lookup import Index, Members, Named
from rightful.dedup.near import Search, StoredPairs
from rightful.dedup.settings import FOUND, Near, Result
from rightful.dedup.verify import Rows
from rightful.stages.signature import PERMUTATIONS
from rightful.store.layout import private_file
from rightful.store.parquet import read, row_count

_NONE: U64 = np.empty(0, np.uint64)
_NO_INTS: Ints = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before: the files of the index and the state beside them, those of pairs, and those of groups.

    ``hidden`` rows did not count, ``gone`` ones do not any more. ``fetch`` reads signatures of a part, ``texts`` the texts of
    records (``record_id``, ``text``) of one.
    """

    segments: Sequence[Path]
    state: Path
    pairs: Sequence[Path]
    groups: Sequence[Path]
    hidden: Named
    gone: Named
    fetch: Fetch
    texts: Callable[[str, list[str]], Iterable[pa.RecordBatch]]


def grown(fresh: Sequence[tuple[str, Path]], before: Before, spill: Path, settings: Near | None = None) -> Result:
    """Look for near-duplicates of what is new or counts again: ``fresh`` files of signatures, each with the name of its part.

    ``spill`` and the answer as for :func:`rightful.dedup.near.near`.
    """
    search = Grown(settings or Near(), spill, before)
    search.take(fresh)
    search.find()
    with search.describe([path for _, path in fresh]) as rows:
        search.verify(rows, search.texts)
        return search.publish(rows)


class Grown(Search):
    """One search. Rows are those of contents in question, one each; contents are numbered in the order of anchors."""

    def __init__(self, settings: Near, spill: Path, before: Before) -> None:
        super().__init__(settings, spill, 1, lambda what, done, of: None)
        self.of_before = before
        self.at_hand = Index([Segment(path) for path in before.segments], before.hidden, before.gone)
        self.state = Segment(before.state)

    def take(self, fresh: Sequence[tuple[str, Path]]) -> None:
        """Read what is new or counts again, and what went."""
        from rightful.dedup import kernels  # loads the compiler

        index, bands = self.at_hand, self.settings.bands
        total = sum(row_count(path) for _, path in fresh)
        self.counts.records = total
        shingles, names, keys = (
            np.zeros(total, np.uint32),
            np.zeros(total, np.uint64),
            np.zeros((total, bands), np.uint64),
        )
        digests, parts = np.zeros((2, total), np.uint64), np.zeros(total, np.int64)
        source = np.full(total, -1, np.int64)
        of_part = np.repeat(index.parts.of(part for part, _ in fresh)[:-1], [row_count(path) for _, path in fresh])
        for first, batch in self._batches([path for _, path in fresh], total):
            here = slice(first, first + batch.num_rows)
            shingles[here], digests[:, here] = contents_of(batch)
            names[here] = hash_names(batch.column("record_id"))
            parts[here] = of_part[here]
            if "source_id" in batch.schema.names:
                source[here] = _coded(batch.column("source_id"), index.sources)
            kernels.band_keys(signatures_of(batch.column("signature")), bands, self.settings.rows, keys[here])
        every = Contents(order_of(shingles, digests[0]), *digests)
        self.fresh, self.of_fresh = every.distinct()
        self.names, self.of_part, self.of_source, self.keys_of = names, parts, source, keys
        self.is_new = ~index.standing(self.fresh).now
        self._count_sources()
        arrived = shingles > 0
        self.lines = Lines(
            every,
            np.arange(total),
            names,
            parts,
            source,
            keys[arrived].ravel(),
            np.repeat(np.flatnonzero(arrived), bands),
        )
        comes = np.flatnonzero(arrived & self.is_new[self.of_fresh])
        self.new_keys, self.new_at = keys[comes].ravel(), np.repeat(self.of_fresh[comes], bands)
        self.touched = np.unique(np.concatenate([self.new_keys, self._keys_of_gone()]))

    def _count_sources(self) -> None:
        """The records of each source: what there were, without what went, and what is new."""
        index = self.at_hand
        counts: dict[str, int] = dict(self.state.facts["counts"])
        self.gone_contents, sources, _ = index.holding(self.of_before.gone)
        for source, more in ((sources, -1), (self.of_source, 1)):
            for code, n in zip(*np.unique(source[source >= 0], return_counts=True), strict=True):
                name = [*index.sources.known][code]
                counts[name] = counts.get(name, 0) + more * int(n)
        self.records_of = {name: n for name, n in counts.items() if n}
        self.sources = index.sources.known

    def _keys_of_gone(self) -> U64:
        """The keys of contents that do not count any more."""
        contents, _ = self.gone_contents.distinct()
        standing = self.at_hand.standing(contents)
        went = standing.was & ~standing.now & (contents.places(self.fresh) < 0) & has_words(contents.order)
        if not went.any():
            return _NONE
        rows = self.of_before.gone
        fetched = self._fetched(rows.parts, hash_names(rows.ids))
        keys = self._band_keys(fetched)
        shingles, digests = contents_of(fetched)
        place = Contents(order_of(shingles, digests[0]), *digests).places(contents)
        return keys[(place >= 0) & went[place]].ravel()

    def _fetched(self, parts: pa.Array, hashes: U64) -> pa.RecordBatch:
        """The signatures of rows, read from their parts."""
        names = parts.dictionary_encode()
        codes = names.indices.to_numpy(zero_copy_only=False)
        tables = [
            self.of_before.fetch(name, np.unique(hashes[codes == code]))
            for code, name in enumerate(names.dictionary.to_pylist())
        ]
        fetched = pa.concat_tables(tables)
        return pa.RecordBatch.from_arrays([c.combine_chunks() for c in fetched.columns], schema=fetched.schema)

    def _band_keys(self, rows: pa.RecordBatch) -> U64:
        from rightful.dedup import kernels  # loads the compiler

        keys = np.empty((rows.num_rows, self.settings.bands), np.uint64)
        signatures = signatures_of(rows.column("signature"))
        kernels.band_keys(signatures, self.settings.bands, self.settings.rows, keys)
        return keys

    def find(self) -> None:
        """The candidates: those between stored contents that had been verified, and those to look at."""
        limit, anchors = self.settings.bucket_limit, self.settings.bucket_anchors
        keys = self.touched
        members = self._members(keys, np.zeros(keys.size, np.bool_))
        changed = self._changed(keys, members)
        if changed.any():
            number = np.flatnonzero(changed)
            again = self._members(keys[number], np.ones(number.size, np.bool_))
            again = Members(number[again.key], again.contents, again.was, again.now)
            members = Members.of([members.take(~changed[members.key]), again])
        pairs = StoredPairs.of(self.of_before.pairs)
        self.contents, place = Contents.of([members.contents, self.fresh, *self._of_ids(pairs.ids)]).distinct()
        of_members = place[: len(members.contents)]
        of_fresh = place[len(members.contents) :][: len(self.fresh)]
        self._describe_contents(of_fresh)
        row_of_pair, is_fresh = self._rows_of_ids(pairs.ids, of_fresh)
        self.node_of_row = np.arange(len(self.contents), dtype=np.int32)
        self.row_of_node = np.arange(len(self.contents), dtype=np.uint32)
        self._match(pairs, row_of_pair)
        self._candidates(members, of_members, keys.size, limit, anchors)
        reached = np.zeros(len(self.contents), np.bool_)
        reached[of_members[changed[members.key]]] = True
        moved = self._moved(pairs, row_of_pair, is_fresh)
        self._keep(reached, moved, limit, anchors)

    def _members(self, keys: U64, whole: Mask) -> Members:
        """The contents in some buckets as they were and as they are."""
        limit, anchors = self.settings.bucket_limit, self.settings.bucket_anchors
        stored = self.at_hand.members(keys, limit, anchors, whole)
        place = np.searchsorted(keys, self.new_keys)
        there = np.flatnonzero(place < keys.size)
        there = there[keys[place[there]] == self.new_keys[there]]
        yes, no = np.ones(there.size, np.bool_), np.zeros(there.size, np.bool_)
        new = Members(place[there], self.fresh.take(self.new_at[there]), no, yes)
        return Members.of([stored, new])

    def _changed(self, keys: U64, members: Members) -> Mask:
        """In which buckets pairs may count that did not, or no longer: they have to be known to their end. All in which a new
        content is compared with all are among them."""
        limit, anchors = self.settings.bucket_limit, self.settings.bucket_anchors
        was, was_place = members.sizes(members.was, keys.size)
        now, now_place = members.sizes(members.now, keys.size)
        large = now > limit
        led = members.was & (was_place < anchors) & (was > limit)[members.key]
        leads = members.now & (now_place < anchors) & large[members.key]
        changed = (was > limit) != large
        changed[members.key[led != leads]] = True
        return np.asarray(changed, np.bool_)

    def _of_ids(self, ids: U64) -> list[Contents]:
        """The contents of stored records."""
        return [
            segment.contents(segment.content_of(np.unique(segment.named(ids)[1]))) for segment in self.at_hand.segments
        ]

    def _describe_contents(self, of_fresh: Ints) -> None:
        """Which contents are stored, and the record that stands for each."""
        standing = self.at_hand.standing(self.contents)
        self.stored = standing.now
        self.standing = standing
        self.first, self.part = standing.first.copy(), standing.part.copy()
        self.source = standing.source.astype(np.int32)
        at = of_fresh[self.of_fresh]
        by = np.lexsort((self.names, at))
        at, row = at[by], by
        lead = np.ones(at.size, np.bool_)
        lead[1:] = at[1:] != at[:-1]
        at, row = at[lead], row[lead]
        less = (self.names[row] < self.first[at]) | (self.part[at] < 0)
        at, row = at[less], row[less]
        self.first[at], self.part[at] = self.names[row], self.of_part[row]
        self.source[at] = self.of_source[row].astype(np.int32)
        self.fresh_row = np.full(len(self.contents), -1, np.int64)
        self.fresh_row[at] = row

    def texts(self, ids: list[str]) -> Iterator[pa.RecordBatch]:
        """The texts of records that stand for contents in question."""
        nodes = np.flatnonzero(self.wanted)
        named = pa.array(ids, pa.string())
        first = self.first[nodes]
        by = np.argsort(first)
        parts = self._part_names(self.part[nodes[by[np.searchsorted(first[by], hash_names(named))]]])
        for part in sorted(set(parts.to_pylist())):
            yield from self.of_before.texts(part, named.filter(pc.equal(parts, part)).to_pylist())

    def _rows_of_ids(self, ids: U64, of_fresh: Ints) -> tuple[Ints, Mask]:
        """The content of each of some records as they count now, -1 where they do not; and which are new or count again."""
        content = np.full(ids.size, -1, np.int64)
        for n, segment in enumerate(self.at_hand.segments):
            which, at = segment.named(ids)
            stands = self.at_hand.rows(n, at)[3]
            which, at = which[stands], at[stands]
            content[which] = segment.contents(segment.content_of(at)).places(self.contents)
        place = np.searchsorted(ids, self.names)
        match = np.flatnonzero(place < ids.size)
        match = match[ids[place[match]] == self.names[match]]
        content[place[match]] = of_fresh[self.of_fresh[match]]
        is_fresh = np.zeros(ids.size, np.bool_)
        is_fresh[place[match]] = True
        return content, is_fresh

    def _moved(self, pairs: StoredPairs, row_of_pair: Ints, is_fresh: Mask) -> U64:
        """The pairs of contents that a record which is new or counts again was verified for."""
        at = np.flatnonzero(is_fresh[pairs.one] | is_fresh[pairs.other])
        one, other = row_of_pair[pairs.one[at]], row_of_pair[pairs.other[at]]
        there = (one >= 0) & (other >= 0)
        return packed(np.minimum(one, other)[there], np.maximum(one, other)[there])

    def _candidates(self, members: Members, of_members: Ints, keys: int, limit: int, anchors: int) -> None:
        """The pairs to look at: those with a content that is new."""
        from rightful.dedup import kernels  # loads the compiler

        counting = np.flatnonzero(members.now)
        of, key = of_members[counting].astype(np.uint32), members.key[counting]
        fresh = np.zeros(keys, np.bool_)
        fresh[key[~self.stored[of]]] = True
        of, key = of[fresh[key]], key[fresh[key]]
        starts = np.flatnonzero(np.diff(key, prepend=-1, append=-1))
        pairs = np.empty(kernels.count_pairs(starts, limit, anchors), np.uint64)
        kernels.bucket_pairs(of, starts, limit, anchors, pairs)
        one, other = two(pairs)
        todo = ascending(pairs[~(self.stored[one] & self.stored[other])])
        self.counts.candidates = todo.size
        self.todo = []
        if todo.size:
            path = self.spill / "todo.npy"
            private_file(path)
            np.save(path, todo)
            self.todo.append(path)
        self.wanted = np.zeros(len(self.contents), np.bool_)
        self.signed = np.zeros(len(self.contents), np.bool_)
        one, other = two(todo)
        self.signed[one] = self.signed[other] = True
        self.wanted |= self.signed
        self.parents = np.arange(len(self.contents), dtype=np.int32)
        kernels.unite(self.parents, todo)

    def _keep(self, reached: Mask, moved: U64, limit: int, anchors: int) -> None:
        """Which of the pairs verified before count."""
        one, other = two(self.before)
        old = self.stored[one] & self.stored[other]
        unused = [c.places(self.contents) for c in unused_in(self.state)]
        there = (unused[0] >= 0) & (unused[1] >= 0)
        kept = old & ~np.isin(self.before, packed(unused[0][there], unused[1][there]))
        weighed = np.flatnonzero(old & ((reached[one] & reached[other]) | np.isin(self.before, moved)))
        kept[weighed] = self._yielded(one[weighed], other[weighed], limit, anchors)
        self.kept, self.kept_similarity = self.before[kept], self.before_similarity[kept]
        self.counts.kept = self.kept.size
        self.wanted[one[kept]] = self.wanted[other[kept]] = True

    def _yielded(self, one: Ints, other: Ints, limit: int, anchors: int) -> Mask:
        """Which pairs of stored contents share a bucket in which they are compared."""
        if not one.size:
            return np.empty(0, np.bool_)
        nodes = np.unique(np.concatenate([one, other]))
        keys = np.zeros((nodes.size, self.settings.bands), np.uint64)
        standing = self.standing  # whoever is new has no part to be read from yet
        fetched = self._fetched(self._part_names(standing.part[nodes]), standing.first[nodes])
        keys[_rows_of(fetched, standing.first[nodes])] = self._band_keys(fetched)
        first, second = np.searchsorted(nodes, one), np.searchsorted(nodes, other)
        pair, band = np.nonzero(keys[first] == keys[second])
        shared, key = np.unique(keys[first[pair], band], return_inverse=True)
        members = self._members(shared, np.zeros(shared.size, np.bool_))
        size, rank = members.sizes(members.now, shared.size)
        leads = members.now & (rank < anchors)
        leading = np.unique(packed(members.key[leads], members.contents.take(leads).places(self.contents)))
        yields = size[key] <= limit
        for of in (one, other):
            yields |= np.isin(packed(key, of[pair]), leading)
        mask = np.zeros(one.size, np.bool_)
        mask[pair[yields]] = True
        return mask

    def _part_names(self, parts: Ints) -> pa.Array:
        return pa.array([*self.at_hand.parts.known], pa.string()).take(pa.array(parts))

    def describe(self, paths: Sequence[Path]) -> Rows:
        """Write down what is needed of the contents in question, those that share buckets near each other."""
        from rightful.dedup import kernels  # loads the compiler

        kernels.roots(self.parents)
        nodes = np.flatnonzero(self.wanted)
        nodes = nodes[np.argsort(self.parents[nodes], kind="stable")]
        self.slot_of_node = np.full(len(self.contents), -1, np.int32)
        self.slot_of_node[nodes] = np.arange(nodes.size)
        self.node_of_slot = nodes.astype(np.uint32)
        stored = nodes[self.fresh_row[nodes] < 0]
        known = self._known_names(stored)
        ids = pc.fill_null(known, "")
        asked = np.flatnonzero(self.signed[stored] | pc.is_null(known).to_numpy(zero_copy_only=False))
        fetched = None
        if asked.size:
            fetched = self._fetched(self._part_names(self.part[stored[asked]]), self.first[stored[asked]])
        new = [*self._arrived(paths, nodes)]
        lengths = [
            ids,
            *(names for _, names, _ in new),
            *([fetched.column("record_id")] if fetched is not None else []),
        ]
        most = max(pc.max(pc.binary_length(names)).as_py() or 0 for names in lengths)
        rows = Rows(self.spill, nodes.size, most)
        self._put(rows, stored, ids, None)
        if fetched is not None:
            at = stored[asked][_rows_of(fetched, self.first[stored[asked]])]
            self._put(rows, at, fetched.column("record_id"), signatures_of(fetched.column("signature")))
        for at, names, signatures in new:
            self._put(rows, at, names, signatures)
        return rows

    def _put(self, rows: Rows, nodes: Ints, ids: Any, signatures: U32 | None) -> None:
        if not nodes.size:
            return
        digests = np.zeros((nodes.size, 4), ">u8")
        digests[:, 0], digests[:, 1] = self.contents.high[nodes], self.contents.low[nodes]
        slots = self.slot_of_node[nodes].astype(np.int64)
        if signatures is None:
            signatures = np.zeros((nodes.size, PERMUTATIONS), np.uint32)
        names = ids.cast(pa.binary()).to_pylist()
        rows.put(slots, names, digests.view("V32").reshape(-1), signatures)

    def _known_names(self, nodes: Ints) -> pa.Array:
        """The ids of records that stand for contents, as far as pairs and groups name them."""
        paths = [(path, FOUND.names[:2]) for path in self.of_before.pairs]
        paths += [(path, ["record_id"]) for path in self.of_before.groups]
        tables = [(read(path, names), names) for path, names in paths]
        chunks = [chunk for table, names in tables for name in names for chunk in table[name].chunks]
        if not chunks:
            return pa.nulls(nodes.size, pa.string())
        ids = pa.concat_arrays([chunk.cast(pa.string()) for chunk in chunks])
        if not len(ids):
            return pa.nulls(nodes.size, pa.string())
        hashes, place = np.unique(hash_names(ids), return_index=True)
        wanted = self.first[nodes]
        at = np.minimum(np.searchsorted(hashes, wanted), hashes.size - 1)
        there = pa.array(hashes[at] == wanted)
        return pc.if_else(there, ids.take(pa.array(place[at])), pa.scalar(None, pa.string()))

    def _arrived(self, paths: Sequence[Path], nodes: Ints) -> Iterable[tuple[Ints, pa.Array, U32]]:
        """(contents, ids, signatures) of those that a new record stands for."""
        row = self.fresh_row[nodes]
        by = np.argsort(row)
        row, nodes = row[by], nodes[by]
        for first, batch in self._batches(paths, self.counts.records, ["record_id", "signature"]):
            here = slice(*np.searchsorted(row, [first, first + batch.num_rows]))
            at = row[here] - first
            if at.size:
                yield (
                    nodes[here],
                    batch.column("record_id").take(pa.array(at)),
                    signatures_of(batch.column("signature"))[at],
                )

    def _end_index(self) -> None:
        """Write what is new in the index, with the small segments, and its state."""
        index, state = self.at_hand, self.spill / "bands.state"
        one, other = (self.contents.take(nodes) for nodes in two(self._unused()))
        write_state(state, one, other, self.records_of)
        added = self._added()
        merged = to_merge([segment.rows for segment in index.segments], added.of.size) if added.of.size else []
        self.index = (state,)
        self.stays = tuple(segment.path for n, segment in enumerate(index.segments) if n not in merged)
        if not added.of.size:
            return
        lines = [added, *(Lines.in_segment(index.segments[n], index.parts, index.sources) for n in merged)]
        path = self.spill / "bands.segment"
        Lines.of_all(lines).write(path, [*index.parts.known], [*index.sources.known])
        self.index = (path, state)

    def _added(self) -> Lines:
        """What is not in the index yet: rows that count again may be."""
        known = np.zeros(self.names.size, np.bool_)
        for n, segment in enumerate(self.at_hand.segments):
            which, at = segment.named(self.names)
            same = self.at_hand.part_of[n][segment.arrays["part"][at]] == self.of_part[which]
            known[which[same]] = True
        lines, rows = self.lines, np.flatnonzero(~known)
        number = np.full(known.size, -1, np.int64)
        number[rows] = np.arange(rows.size)
        keyed = number[lines.at] >= 0
        return Lines(
            lines.contents.take(rows),
            np.arange(rows.size),
            lines.hash[rows],
            lines.part[rows],
            lines.source[rows],
            lines.key[keyed],
            number[lines.at[keyed]],
        )


def _rows_of(rows: pa.RecordBatch, hashes: U64) -> Ints:
    """The place among ``hashes`` of each of some rows of signatures."""
    by = np.argsort(hashes)
    place: Ints = by[np.searchsorted(hashes[by], hash_names(rows.column("record_id")))]
    return place


def _coded(column: pa.Array, numbers: Numbers) -> Ints:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = numbers.of(column.dictionary.to_pylist())
    taken: Ints = codes[pc.fill_null(column.indices, codes.size - 1).to_numpy(zero_copy_only=False)]
    return taken
