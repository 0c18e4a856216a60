"""Which parts of a text from outside stand in other texts, verbatim or nearly, and where. Floor 5.

The words of both are compared, so that case, white space, punctuation and how accents are composed do not matter. Runs of
words that both have are joined where few other words lie between them: a passage of which some words were changed is found
as one. Places are code points of the text in which it stands, as it is stored.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rightful.stages.shared.bytes import REMOVED

U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

RUN, RUN_ALONE = 4, 8
"""So many words in a row have to be the same for a run; characters of a script without spaces."""
GAP = 16
"""So many other words may lie between two runs of one passage."""
LEAST, LEAST_ALONE = 25, 40
"""A passage shares so many words (characters) at least, or :data:`SHARE` of all that was asked for."""
SHARE = 0.6
DENSE = 0.5
"""Of the words of a passage so many are shared at least: what lies farther apart is chance."""
WHOLE, FEWEST = 0.8, 8
"""A text that is nearly all (this share of its words, and so many at least) in what was asked for is a passage of it."""
MOST_TRIED = 64
"""A run that comes more often in the text from outside is tried at so many of its places."""
_GONE = dict.fromkeys(map(ord, REMOVED))


class Passage(NamedTuple):
    """``start`` and ``length`` in code points of the text in which it stands; ``at`` and ``of`` in those of the text from
    outside; ``words`` are shared."""

    start: int
    length: int
    at: int
    of: int
    words: int


class Match(NamedTuple):
    """``share``: of the words that were asked for those that are there; ``covered``: of the text's own those that are in
    passages, the longest first."""

    share: float
    covered: float
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: hashes, places in code points, and which are characters of a script without spaces."""

    hashes: U64
    begins: Ints
    ends: Ints
    alone: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, text: str) -> Words:
        """Of a text, which may be of any length and in any form of Unicode."""
        from rightful.dedup import word_places as loops  # loads the compiler
        from rightful.stages.shared.shingles import table

        raw = text.encode("utf-8", "replace")
        data = np.frombuffer(raw, np.uint8)
        size = data.size // 2 + 1 if text.isascii() else data.size + 1
        hashes, begins, ends = np.empty(size, np.uint64), np.empty(size, np.int64), np.empty(size, np.int64)
        alone, odd = np.empty(size, np.bool_), np.empty(size, np.bool_)
        n = loops.words(data, table(), hashes, begins, ends, alone, odd)
        for i in np.flatnonzero(odd[:n]).tolist():
            word = text[begins[i] : ends[i]]
            usual = unicodedata.normalize("NFC", word.translate(_GONE))
            if usual != word:
                hashes[i] = _hash_of(usual)
        return cls(hashes[:n].copy(), begins[:n].copy(), ends[:n].copy(), alone[:n].copy())


def _hash_of(word: str) -> np.uint64:
    from rightful.dedup import word_places as loops
    from rightful.stages.shared.shingles import table

    data = np.frombuffer(word.encode("utf-8", "replace"), np.uint8)
    room = data.size + 1
    hashes, places, marks = np.zeros(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.bool_)
    loops.words(data, table(), hashes, places, places.copy(), marks, marks.copy())
    first: np.uint64 = hashes[0]
    return first


class Wanted:
    """A text from outside, whose passages are looked for."""

    def __init__(self, text: str) -> None:
        from rightful.dedup import word_places as loops  # loads the compiler

        self.words = words = Words.of(text)
        self.size = words.hashes.size
        self.by_characters = bool(2 * np.count_nonzero(words.alone) > self.size)
        self.run = max(1, min(RUN_ALONE if self.by_characters else RUN, self.size))
        runs = np.empty(max(self.size, 1), np.uint64)
        n = loops.runs_of(words.hashes, self.run, runs)
        order = np.argsort(runs[:n], kind="stable")
        self._keys, self._places = runs[:n][order], order.astype(np.int64)
        bits = min(20, max(n, 1).bit_length())
        self._shift = np.uint64(64 - bits)
        uppers = np.arange((1 << bits) + 1, dtype=np.uint64)
        self._starts = np.searchsorted(self._keys >> self._shift, uppers).astype(np.int64)

    @cached_property
    def least(self) -> int:
        """So many words of it make a passage."""
        most = LEAST_ALONE if self.by_characters else LEAST
        return max(1, min(most, int(np.ceil(SHARE * self.size))))

    def look(self, text: str) -> Match | None:
        """Where it stands in a text; None: nowhere."""
        from rightful.dedup import word_places as loops

        if not self.size:
            return None
        words = Words.of(text)
        n_words = words.hashes.size
        if n_words < self.run:
            return None
        hashes = np.empty(n_words, np.uint64)
        n_runs = loops.runs_of(words.hashes, self.run, hashes)
        shared = np.empty((n_words // self.run + 1, 3), np.int64)
        places = (self.words.hashes, self._keys, self._places, self._starts, self._shift)
        n = loops.shared(*places, words.hashes, hashes, n_runs, self.run, MOST_TRIED, shared)
        if not n:
            return None
        chains = np.empty((n, 5), np.int64)
        chains = chains[: loops.chains(shared, n, GAP, chains)]
        return self._match(words, chains[self._is_passage(chains, n_words)])

    def _is_passage(self, chains: Ints, n_words: int) -> npt.NDArray[np.bool_]:
        there, here, same = chains[:, 1] - chains[:, 0], chains[:, 3] - chains[:, 2], chains[:, 4]
        long_enough = same >= self.least
        if n_words >= FEWEST:
            long_enough |= same >= max(FEWEST, WHOLE * n_words)
        passes: npt.NDArray[np.bool_] = long_enough & (same >= DENSE * np.maximum(there, here))
        return passes

    def _match(self, words: Words, chains: Ints) -> Match | None:
        if not len(chains):
            return None
        mine = self.words
        passages = [
            Passage(
                start=int(words.begins[here]),
                length=int(words.ends[behind - 1] - words.begins[here]),
                at=int(mine.begins[there]),
                of=int(mine.ends[after - 1] - mine.begins[there]),
                words=int(same),
            )
            for there, after, here, behind, same in chains.tolist()
        ]
        passages.sort(key=lambda p: (-p.words, p.start))
        share = min(1.0, _once(chains) / self.size)
        return Match(share, min(1.0, int(chains[:, 4].sum()) / words.hashes.size), tuple(passages))


def _once(chains: Ints) -> float:
    """How many words of the text from outside are shared, each counted once however often it stands in the other."""
    order = np.lexsort((-chains[:, 4], chains[:, 0]))
    counted, behind = 0.0, -1
    for i in order.tolist():
        first, after, same = chains[i, 0], chains[i, 1], chains[i, 4]
        fresh = after - max(first, behind)
        if fresh > 0:
            counted += same * fresh / (after - first)
            behind = after
    return counted
