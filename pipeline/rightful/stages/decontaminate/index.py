"""The n-grams of evaluation sets as tables in which those of texts are looked up. Floor 3; not a stage.

Imported only where there are sets to look for: numba takes half a second to load. A text is the hashes of its words
(:class:`rightful.stages.signature.Signature` with shingles of one); an n-gram is the polynomial hash of some in a row,
64 bits. Two n-grams with one hash are not told apart: with 10^7 n-grams looked for, one in 10^12 words read is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from rightful.stages.decontaminate.loops import F32, U64, Ints, Mask, bloom, covers, ngrams, score, search, whole
from rightful.stages.signature import Signature

WORDS = Signature(words=1, characters=1)
_PAIRS = Signature(words=1, characters=2)
_BATCH_CHARS = 4 << 20  # of passages whose words are hashed at once

MOST_WORDS = 64
"""The longest n-gram: as many bits has the window in which covered words are counted."""
_MOST_BITS = 1 << 31


class Size(NamedTuple):
    """What became of a set: rows with a passage, different passages, and how many of those are not looked for."""

    name: str
    rows: int
    passages: int
    too_short: int
    too_common: int


class Found(NamedTuple):
    """For each text: its words, those that n-grams of the sets cover, and the passage of which the largest share is
    there (-1: none), that share, and for each set whether a passage reached the threshold."""

    words: Ints
    covered: Ints
    passage: Ints
    share: F32
    reached: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The n-grams of all sets.

    ``keys`` are the sorted hashes and ``lengths`` the words of each; ``ends[starts[i]:starts[i + 1]]`` says where n-gram
    ``i`` ends, counted in words through all passages. Passage ``p`` is the words ``bounds[p]`` to ``bounds[p + 1]``,
    stands in row ``rows[p]`` of set ``sets[p]``, and its n-grams cover ``wanted[p]`` words. ``bits`` is a Bloom filter
    of the last ``least`` words of each n-gram, four bits of one number each.
    """

    names: tuple[str, ...]
    sizes: tuple[Size, ...]
    keys: U64
    lengths: Ints
    starts: Ints
    ends: Ints
    bounds: Ints
    rows: Ints
    sets: Ints
    wanted: Ints
    least: int
    bits: U64

    def find(self, batch: pa.RecordBatch, threshold: float) -> Found:
        """Look for the sets in the texts of a batch."""
        tokens, starts = WORDS.shingles(batch)
        n = starts.size - 1
        covered, best, n_sets = np.zeros(n, np.int64), np.full(n, -1, np.int64), len(self.names)
        share, reached = np.zeros(n, np.float32), np.zeros((n, n_sets), np.bool_)
        used = np.zeros(MOST_WORDS + 1, np.bool_)
        used[self.lengths] = True
        seen = np.zeros(self.keys.size, np.int64)
        hits, firsts = search(tokens, starts, self.least, used, self.bits, self.keys, self.lengths, seen, covered)
        score(
            *(hits, firsts, self.lengths, self.starts, self.ends, self.bounds, self.sets, self.wanted),
            *(np.float32(threshold), best, share, reached),
        )
        return Found(np.diff(starts), covered, best, share, reached)


class _Part(NamedTuple):
    """One set: the words of its passages, and the n-grams that are looked for."""

    tokens: U64
    sizes: Ints
    rows: Ints
    wanted: Ints
    keys: U64
    ends: Ints
    lengths: Ints


def build(
    sets: Iterable[tuple[str, Iterable[tuple[int, str]]]], ngram: int, characters: int, min_words: int, max_items: int
) -> Index:
    """The index of sets, each a name and its passages (row and text)."""
    parts, sizes = [], []
    for name, given in sets:
        part, size = _part(name, given, ngram, characters, min_words, max_items)
        parts.append(part)
        sizes.append(size)
    firsts = np.cumsum([0, *(part.tokens.size for part in parts)])
    tokens = np.concatenate([part.tokens for part in parts])
    ends = np.concatenate([part.ends + first for part, first in zip(parts, firsts[:-1], strict=True)])
    lengths = np.concatenate([part.lengths for part in parts])
    keys, first, which = np.unique(
        np.concatenate([part.keys for part in parts]), return_index=True, return_inverse=True
    )
    least = int(lengths.min()) if lengths.size else 1
    return Index(
        names=tuple(size.name for size in sizes),
        sizes=tuple(sizes),
        keys=keys,
        lengths=lengths[first],
        starts=_starts(np.bincount(which, minlength=keys.size)),
        ends=ends[np.argsort(which, kind="stable")],
        bounds=_starts(np.concatenate([part.sizes for part in parts])),
        rows=np.concatenate([part.rows for part in parts]),
        sets=np.repeat(np.arange(len(parts)), [part.rows.size for part in parts]),
        wanted=np.concatenate([part.wanted for part in parts]),
        least=least,
        bits=bloom(tokens, ends[first], least, _bloom_size(keys.size)),
    )


def _part(
    name: str, given: Iterable[tuple[int, str]], ngram: int, characters: int, min_words: int, max_items: int
) -> tuple[_Part, Size]:
    """The n-grams of one set, and what became of its passages. A passage that was there before adds nothing."""
    tokens, alone, bounds, rows = _words(given)
    new = np.zeros(rows.size, np.bool_)
    new[np.unique(whole(tokens, bounds), return_index=True)[1]] = True
    new &= np.diff(bounds) > 0
    keys, ends, lengths = ngrams(tokens, alone, bounds, new, ngram, characters, min_words)
    owner = np.searchsorted(bounds, ends, side="right") - 1
    long_enough = np.zeros(rows.size, np.bool_)
    long_enough[owner] = True
    rare = ~_common(keys, owner, max_items)
    keys, ends, lengths, owner = keys[rare], ends[rare], lengths[rare], owner[rare]
    wanted = covers(ends, lengths, owner, rows.size)
    n_new, n_long, n_wanted = (int(np.count_nonzero(of)) for of in (new, long_enough, wanted))
    size = Size(name, np.unique(rows).size, n_new, n_new - n_long, n_long - n_wanted)
    return _Part(tokens, np.diff(bounds), rows, wanted, keys, ends, lengths), size


def _words(given: Iterable[tuple[int, str]]) -> tuple[U64, Mask, Ints, Ints]:
    """The words of passages, which of them are characters of a script without spaces, bounds and rows.

    A character alone is told from a word by its shingle in a scheme where only characters take the one before along;
    so each passage is given one before its first.
    """
    tokens, alone = [np.zeros(0, np.uint64)], [np.zeros(0, np.bool_)]
    sizes: list[int] = []
    rows: list[int] = []
    for chunk in _chunks(given):
        batch = pa.record_batch({"text": pa.array(["x " + text for _, text in chunk], pa.large_string())})
        one, starts = WORDS.shingles(batch)
        two, _ = _PAIRS.shingles(batch)
        own = np.ones(one.size, np.bool_)
        own[starts[:-1]] = False
        tokens.append(one[own])
        alone.append((one != two)[own])
        sizes.extend((np.diff(starts) - 1).tolist())
        rows.extend(row for row, _ in chunk)
    return np.concatenate(tokens), np.concatenate(alone), _starts(np.array(sizes, np.int64)), np.array(rows, np.int64)


def _chunks(given: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    held = 0
    for row, text in given:
        chunk.append((row, text))
        held += len(text)
        if held >= _BATCH_CHARS:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _starts(counts: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _common(keys: U64, owner: Ints, most: int) -> Mask:
    """Which n-grams are in more than ``most`` passages (0: none is too common)."""
    if not most or not keys.size:
        return np.zeros(keys.size, np.bool_)
    order = np.lexsort((owner, keys))
    key, passage = keys[order], owner[order]
    other_key = np.concatenate([[True], key[1:] != key[:-1]])
    other = other_key | np.concatenate([[True], passage[1:] != passage[:-1]])
    which = np.cumsum(other_key) - 1
    common = np.empty(keys.size, np.bool_)
    common[order] = np.bincount(which, weights=other)[which] > most
    return common


def _bloom_size(n: int) -> int:
    """Numbers of 64 bits, a power of two: two to four n-grams each, of others one in 250 or fewer looks like one."""
    return min(1 << max(n // 4, 63).bit_length(), _MOST_BITS // 64)
