"""The texts of licences that are known, made to be looked up: which of them a text shares runs of words with. Floor 2: pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import count, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rightful.rights.texts import Texts
from rightful.signals.texts.headers import GIVING, notices_of
from rightful.signals.texts.templates import Template, template
from rightful.signals.texts.walking import needed
from rightful.signals.texts.words import HOLDERS, SLOT, Words, digest_of, only_words

RUN = 5
"""So many words in a row are looked up together."""
MOST = 30
"""So many licences are compared word by word."""
LEAST_SHARE = 0.15
"""A licence of which a text has less is not looked for: the shortest that is published with another behind it (LGPL-3.0)
is a fifth of both."""
COMMON = 8
"""A word of so many licences is one that licences are written in."""
SHORT = 6
"""A word of fewer letters is part of many others."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Like:
    """What a text shares with the licences that are known: the likeliest of them, by index, with the share of its runs that
    the text has; the longest run of words of a licence; the highest share."""

    sources: tuple[tuple[int, float], ...] = ()
    longest_words: int = 0
    nearest: float = 0.0


Needed = Mapping[int, tuple[str, ...]]
"""Where a template may begin -> the words that no text lacks which says it from there on, those of the fewest licences first."""
Plain = tuple[Any, ...]
"""What is kept for the next process: strings, numbers and tuples of them."""


@dataclass(frozen=True, eq=False)
class Source:
    """A licence whose text is known; its template is made when it is first needed."""

    id: str
    make: Callable[[], tuple[Template, Needed]] = field(repr=False)

    @property
    def template(self) -> Template:
        """What a text has to say to be this licence."""
        return self._made[0]

    @property
    def needed(self) -> Needed:
        """The words that no text lacks which says it."""
        return self._made[1]

    @cached_property
    def _made(self) -> tuple[Template, Needed]:
        return self.make()


@dataclass(frozen=True, eq=False)
class Index:
    """The texts of licences that are known, made to be looked up.

    ``common`` are the words that licences are written in, ``whole`` the licences by the digest of all their words, ``known``
    further ones likewise. ``runs`` are in order, and each has its licences in ``owners`` from its place in ``starts`` to the next;
    ``sizes`` are those of the licences, in runs. ``read`` is what texts were found to be, by their digest: the same text is not read twice.
    """

    sources: tuple[Source, ...]
    common: frozenset[str]
    ids: Mapping[str, int] = field(repr=False)
    runs: NDArray[np.uint64] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    owners: NDArray[np.uint16] = field(repr=False)
    sizes: NDArray[np.int64] = field(repr=False)
    whole: Mapping[str, str] = field(repr=False)
    known: Mapping[str, str] = field(default_factory=dict, repr=False)
    read: dict[bytes, Any] = field(default_factory=dict, repr=False)

    def like(self, read: Words) -> Like:
        """The licences that a text shares runs of words with."""
        ids = map(self.ids.get, read.words, repeat(0))
        runs = _runs(np.fromiter(ids, np.uint64, len(read.words)))
        some = np.flatnonzero(runs)
        if not len(some):
            return Like()
        # In order, which makes looking them up several times faster.
        once, which = np.unique(runs[some], return_inverse=True)
        low = np.searchsorted(self.runs, once, "left")
        known = np.flatnonzero(self.runs[np.minimum(low, len(self.runs) - 1)] == once)
        if not len(known):
            return Like()
        is_known = np.zeros(len(once), np.bool_)
        is_known[known] = True
        hits = np.zeros(len(runs), np.int8)
        hits[some] = is_known[which]
        lows = self.starts[low[known]]
        lengths = self.starts[low[known] + 1] - lows
        at = np.repeat(lows - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths) + np.arange(lengths.sum())
        counts = np.bincount(self.owners[at], minlength=len(self.sources))
        share = counts / np.maximum(self.sizes, 1)
        enough = np.flatnonzero(share >= LEAST_SHARE)
        nearest = enough[np.argsort(-share[enough], kind="stable")[:MOST]].tolist()
        if len(enough) > MOST:
            nearest += np.argsort(-counts, kind="stable")[:MOST].tolist()
        edges = np.flatnonzero(np.diff(np.concatenate(([0], hits, [0]))))
        longest = int((edges[1::2] - edges[::2]).max()) + RUN - 1
        likely = [(k, float(share[k])) for k in dict.fromkeys(nearest) if share[k] >= LEAST_SHARE]
        return Like(tuple(likely), longest, min(float(share.max()), 0.99))


@lru_cache(maxsize=4)
def index_of(texts: Texts) -> Index:
    """The index over the texts, made once for each, or as it was kept (:attr:`.Texts.kept`). Of several with one text the
    plainest id stands for all: the one that does not say *or later*, and the shortest of these."""
    if texts.kept is None:
        return _index(texts)
    return _index_of(texts.kept(lambda: _plain(_index(texts))), texts)


def _index(texts: Texts) -> Index:
    whole: dict[str, str] = {}
    spread: Counter[str] = Counter()
    sources: list[Source] = []
    ids: dict[str, int] = defaultdict(count(1).__next__)
    runs: list[NDArray[np.uint64]] = []
    for license, name, text in sorted(
        texts.licenses, key=lambda each: (each[0].endswith("-or-later"), len(each[0]), each[0])
    ):
        words = only_words(text)
        digest = digest_of(words)
        if digest in whole:
            continue
        whole[digest] = license
        sources.append(Source(license, partial(_of_text, license, name, text, spread)))
        spread.update(set(words))
        runs.append(_runs_of(map(ids.__getitem__, words), len(words)))
    notices = tuple(notices_of({each.id: each.template for each in sources if each.id in GIVING}))
    for each in notices:
        numbered = [ids[word] if word not in (SLOT, HOLDERS) else 0 for word in each.words]
        runs.append(_runs_of(numbered, len(numbered)))
    every = np.concatenate(runs)
    owners = np.repeat(np.arange(len(runs), dtype=np.uint16), [len(one) for one in runs])
    order = np.argsort(every)
    every = every[order]
    firsts = np.flatnonzero(np.concatenate(([True], every[1:] != every[:-1])))
    starts = np.append(firsts, len(every)).astype(np.int64)
    sizes = np.array([len(one) for one in runs], dtype=np.int64)
    made = (*sources, *(Source(each.id, partial(_with_needed, each, spread)) for each in notices))
    common = frozenset(word for word, licenses in spread.items() if licenses >= COMMON)
    return Index(made, common, dict(ids), every[firsts], starts, owners[order], sizes, whole, texts.known)


def _of_text(license: str, name: str, text: str, spread: Mapping[str, int]) -> tuple[Template, Needed]:
    return _with_needed(template(license, name, text), spread)


def _with_needed(one: Template, spread: Mapping[str, int]) -> tuple[Template, Needed]:
    """A template with what it needs; ``spread``: how many licences have a word. Short words are parts of others, and last."""
    words = {
        start: tuple(sorted(some, key=lambda word: (len(word) < SHORT, spread[word], word)))
        for start, some in needed(one).items()
    }
    return one, words


def _plain(index: Index) -> Plain:
    """An index as plain values, with all its templates."""
    arrays = (each.tobytes() for each in (index.runs, index.starts, index.owners, index.sizes))
    sources = tuple(_plain_template(each.template, each.needed) for each in index.sources)
    return sources, " ".join(sorted(index.common)), " ".join(index.ids), *arrays, dict(index.whole)


def _index_of(plain: Plain, texts: Texts) -> Index:
    """The index whose plain values these are."""
    sources, common, ids, runs, starts, owners, sizes, whole = plain
    return Index(
        tuple(Source(each[0], partial(_template_of, each)) for each in sources),
        frozenset(common.split()),
        dict(zip(ids.split(), count(1), strict=False)),
        np.frombuffer(runs, np.uint64),
        np.frombuffer(starts, np.int64),
        np.frombuffer(owners, np.uint16),
        np.frombuffer(sizes, np.int64),
        whole,
        texts.known,
    )


def _plain_template(one: Template, needed: Needed) -> Plain:
    """A template as plain values, its words in one string."""
    return (
        one.id,
        " ".join(one.words),
        tuple(sorted(one.items)),
        tuple(one.names.items()),
        one.starts,
        tuple(sorted(one.ends)),
        tuple(map(" ".join, one.titles)),
        " ".join(sorted(one.named)),
        tuple((at, " ".join(words)) for at, words in one.literals.items()),
        tuple(one.links.items()),
        one.is_notice,
        tuple((start, " ".join(words)) for start, words in needed.items()),
    )


def _template_of(plain: Plain) -> tuple[Template, Needed]:
    id, words, items, names, starts, ends, titles, named, literals, links, is_notice, needed = plain
    one = Template(
        id,
        tuple(words.split()),
        frozenset(items),
        dict(names),
        starts,
        frozenset(ends),
        tuple(tuple(title.split()) for title in titles),
        frozenset(named.split()),
        {at: tuple(said.split()) for at, said in literals},
        dict(links),
        is_notice,
    )
    return one, {start: tuple(said.split()) for start, said in needed}


def _runs_of(numbered: Iterable[int], n: int) -> NDArray[np.uint64]:
    """The runs of a licence of ``n`` words by their numbers, each once; 0 stands for anything."""
    runs = np.sort(_runs(np.fromiter(numbered, np.uint64, n)))
    is_first = runs != 0
    is_first[1:] &= runs[1:] != runs[:-1]
    return np.asarray(runs[is_first], dtype=np.uint64)


def _runs(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for each run of words; 0 where a word of it is not known."""
    n = len(ids) - RUN + 1
    if n <= 0:
        return np.zeros(0, dtype=np.uint64)
    total = np.zeros(n, dtype=np.uint64)
    unknown = np.zeros(n, dtype=np.bool_)
    for k in range(RUN):
        part = ids[k : k + n]
        total = (total ^ part) * _FACTOR
        total ^= total >> np.uint64(29)
        unknown |= part == 0
    total[unknown] = 0
    return total
