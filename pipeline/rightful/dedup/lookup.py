"""The segments of an index of bands as one: which contents there are, what rows they have, what a bucket holds. Floor 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rightful.dedup.columns import U64, Ints, Mask, hash_names
from rightful.dedup.index import Contents, Numbers, Segment, in_ranges

FIRST_READ = 256
"""So many contents of a bucket are read of each segment at first; eight times as many where they do not suffice."""
_ALL = 1 << 40
_NO_INTS: Ints = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Named:
    """Rows of the store: of each the name of its part (``parts``, one a row) and the id of its record."""

    parts: pa.Array
    ids: pa.Array


class Index:
    """The segments of a store, with the rows that do not count: ``was`` before, ``now`` after."""

    def __init__(self, segments: Sequence[Segment], hidden: Named, gone: Named) -> None:
        self.segments = segments
        self.parts, self.sources = Numbers(), Numbers()
        self.part_of = [self.parts.of(s.facts["parts"]) for s in segments]
        self.source_of = [self.sources.of(s.facts["sources"]) for s in segments]
        self.was = np.sort(self.marks(hidden))
        self.now = np.sort(np.concatenate([self.was, self.marks(gone)]))

    def marks(self, rows: Named) -> U64:
        """A number of each row: by its part and its record."""
        return _mark(self._numbers(rows), hash_names(rows.ids))

    def _numbers(self, rows: Named) -> Ints:
        names = rows.parts.dictionary_encode()
        numbers = self.parts.of(names.dictionary.to_pylist())
        taken: Ints = numbers[names.indices.to_numpy(zero_copy_only=False)]
        return taken

    def rows(self, n: int, at: Ints) -> tuple[Ints, U64, Mask, Mask]:
        """Of rows of a segment: their part, the hash of their record, whether they counted and whether they do."""
        arrays = self.segments[n].arrays
        part, hashes = self.part_of[n][arrays["part"][at]], arrays["hash"][at]
        mark = _mark(part, hashes)
        return part, hashes, ~_among(mark, self.was), ~_among(mark, self.now)

    def holding(self, rows: Named) -> tuple[Contents, Ints, Mask]:
        """(content, source, which of ``rows``) of those of these rows that are in the index."""
        part, hashes = self._numbers(rows), hash_names(rows.ids)
        found, sources, held = [], [_NO_INTS], np.zeros(hashes.size, np.bool_)
        for n, segment in enumerate(self.segments):
            which, at = segment.named(hashes)
            same = self.part_of[n][segment.arrays["part"][at]] == part[which]
            which, at = which[same], at[same]
            found.append(segment.contents(segment.content_of(at)))
            sources.append(self.source_of[n][segment.arrays["source"][at]])
            held[which] = True
        return Contents.of(found), np.concatenate(sources), held

    def standing(self, contents: Contents) -> Standing:
        """What there is of contents."""
        size = len(contents)
        was, now = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        first = np.full(size, np.iinfo(np.uint64).max, np.uint64)
        part, source = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
        for n, segment in enumerate(self.segments):
            number = segment.find(contents)
            there = np.flatnonzero(number >= 0)
            which, at = segment.rows_of(number[there])
            which = there[which]
            own, hashes, stood, stands = self.rows(n, at)
            was[which[stood]] = True
            which, at, own, hashes = which[stands], at[stands], own[stands], hashes[stands]
            now[which] = True
            which, place = np.unique(which, return_index=True)  # rows of a content come by their hashes
            hashes, own, at = hashes[place], own[place], at[place]
            less = (hashes < first[which]) | (part[which] < 0)
            which, at, own, hashes = which[less], at[less], own[less], hashes[less]
            first[which], part[which] = hashes, own
            source[which] = self.source_of[n][segment.arrays["source"][at]]
        return Standing(was, now, first, part, source)

    def members(self, keys: U64, limit: int, anchors: int, whole: Mask) -> Members:
        """The contents at each of some keys that counted or do. Where there are more than ``limit`` that do, at least that
        many, and the ``anchors`` first of those that counted and of those that do; all where ``whole``."""
        cap = np.where(whole, _ALL, FIRST_READ)
        todo = np.arange(keys.size)
        done = []
        ranges = [segment.keyed(keys) for segment in self.segments]
        while todo.size:
            came = []
            short = np.zeros(keys.size, np.bool_)
            cut = np.zeros(keys.size, np.bool_)
            for n, (segment, (begins, ends)) in enumerate(zip(self.segments, ranges, strict=True)):
                left = np.minimum(ends[todo], begins[todo] + cap[todo])
                which, at = in_ranges(begins[todo], left)
                which, content = todo[which], segment.arrays["at"][at].astype(np.int64)
                distinct, place = np.unique(content, return_inverse=True)
                of, rows = segment.rows_of(distinct)
                _, _, stood, stands = self.rows(n, rows)
                was, now = np.zeros(distinct.size, np.bool_), np.zeros(distinct.size, np.bool_)
                was[of[stood]] = True
                now[of[stands]] = True
                came.append(Members(which, segment.contents(content), was[place], now[place]))
                is_cut = ends[todo] > left
                cut[todo] |= is_cut
                count = np.bincount(which[now[place]], minlength=keys.size)[todo]
                short[todo] |= is_cut & (count < anchors)
            members = Members.of(came)
            count = np.bincount(members.key[members.now], minlength=keys.size)
            again = cut & (short | (count <= limit))
            done.append(members.take(~again[members.key] & (members.was | members.now)))
            todo = np.flatnonzero(again)
            cap[todo] *= 8
        return Members.of(done)


def _mark(part: Ints, hashes: U64) -> U64:
    mark: U64 = (hashes ^ (part.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)) * np.uint64(
        0xD6E8FEB86659FD93
    )
    return mark


def _among(wanted: U64, sorted_: U64) -> Mask:
    """Which are among sorted numbers."""
    place = np.searchsorted(sorted_, wanted)
    mask = place < sorted_.size
    mask[mask] = sorted_[place[mask]] == wanted[mask]
    return mask


@dataclass(frozen=True, slots=True)
class Standing:
    """Of contents: whether a row of them counted, whether one does; and of the one of these whose record has the least hash
    that hash, its part and its source (-1: none)."""

    was: Mask
    now: Mask
    first: U64
    part: Ints
    source: Ints


@dataclass(frozen=True, slots=True)
class Members:
    """Contents in buckets: ``key`` is the number of the bucket."""

    key: Ints
    contents: Contents
    was: Mask
    now: Mask

    @classmethod
    def of(cls, several: Sequence[Members]) -> Members:
        """Each content of a bucket once, by bucket and in the order of anchors."""
        key = np.concatenate([_NO_INTS, *(m.key for m in several)])
        contents = Contents.of([m.contents for m in several])
        was = np.concatenate([np.empty(0, np.bool_), *(m.was for m in several)])
        now = np.concatenate([np.empty(0, np.bool_), *(m.now for m in several)])
        by = np.lexsort((contents.low, contents.high, contents.order, key))
        first = np.zeros(by.size, np.bool_)
        first[:1] = True
        for column in (key, contents.order, contents.high, contents.low):
            first[1:] |= column[by[1:]] != column[by[:-1]]
        starts = np.flatnonzero(first)
        kept = by[starts]
        if not kept.size:
            return cls(key, contents, was, now)
        was, now = (np.logical_or.reduceat(flags[by], starts) for flags in (was, now))
        return cls(key[kept], contents.take(kept), was, now)

    def take(self, mask: Mask) -> Members:
        """Some of them."""
        return Members(self.key[mask], self.contents.take(mask), self.was[mask], self.now[mask])

    def sizes(self, counting: Mask, keys: int) -> tuple[Ints, Ints]:
        """How many of them count in each of ``keys`` buckets; and the place of each among these."""
        size = np.bincount(self.key[counting], minlength=keys)
        running = np.cumsum(counting)
        place = running - 1 - (np.cumsum(size) - size)[self.key]
        return size, place
