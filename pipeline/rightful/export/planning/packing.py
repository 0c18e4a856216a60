"""Packing: which documents share a row of a fixed number of ids, and where in it each begins. Pure. Floor 8.

Best-fit decreasing after Ding et al., "Fewer Truncations Improve Language Modeling" (ICML 2024, arXiv 2404.10830), section 3:
a document that fits whole is whole in one row, a longer one is cut into full rows, and its remainder is packed as a
document is. Where the paper searches a tree once for each document, here every length is placed at once: documents of
one length go into rows of one capacity, as many into each as it holds, so that the work in Python grows with the number
of different lengths and not with that of documents. The rows are those of the one-by-one algorithm, to the last one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from math import gcd

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError, UnknownName
from rightful.export.words import BEST_FIT, CONCAT, NONE, PACKS

MAX_SEQ_LEN = 1 << 24
"""The longest row that is filled up: one is held in memory while it is written, padding and all."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Where every piece of every document stands; the arrays have one entry for each piece, in the order of the rows.

    ``document`` is a position among the lengths that were packed; ``start`` and ``length`` are which of its tokens the piece
    has; ``offset`` is where they begin in ``row``. A document without a token has one piece of length 0. ``row_lengths`` are
    the ids of each row, ``padding`` those of all rows that nothing stands at; ``truncated`` are the tokens that were left out,
    of ``truncated_documents``; ``split_documents`` are those of more than one piece.
    """

    document: Ints
    start: Ints
    length: Ints
    row: Ints
    offset: Ints
    row_lengths: Ints
    padding: int
    truncated: int
    truncated_documents: int
    split_documents: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.row_lengths)


def check(seq_len: int | None, how: str, *, truncate: bool) -> None:
    """Raises :class:`InputError` for options that do not go together, and :class:`UnknownName` for a way that there is not."""
    if how not in PACKS:
        raise UnknownName.of("way to pack", how, PACKS, subject="--pack")
    if seq_len is None:
        for given, name in ((how != NONE, f"--pack {how}"), (truncate, "--truncate")):
            if given:
                raise InputError("needs a length of rows", subject=name, hint="for example --seq-len 4096")
    elif not 1 <= seq_len <= MAX_SEQ_LEN:
        raise InputError(f"{str(seq_len)[:24]} is not a number from 1 to {MAX_SEQ_LEN}", subject="--seq-len")


def pack(
    lengths: npt.ArrayLike,
    seq_len: int | None,
    how: str,
    *,
    truncate: bool = False,
    groups: npt.ArrayLike | None = None,
) -> Packed:
    """The rows of documents of these ``lengths`` (tokens, in the order in which they are to stand).

    ``none``: every document has a row of its own, in pieces of at most ``seq_len`` where it is longer (None: never), and
    nothing is padded. ``concat``: documents one after another, a row wherever ``seq_len`` is reached, the last one padded.
    ``best-fit``: see the module. Rows then stand in the order of the document that opened them, the longest one in each,
    which is the order of the input for whoever shuffled it; ordered by their first document, rows of many short ones would
    come first. Documents in a row keep their order.

    ``truncate`` leaves out what a document has beyond ``seq_len``. ``groups``, one number for each document, are runs whose
    documents share no row with another run's. Memory: some 200 bytes a piece. Raises as :func:`check` does.

    >>> packed = pack([5, 2, 9, 3], 8, "best-fit")
    >>> packed.row.tolist(), packed.document.tolist(), packed.padding
    ([0, 0, 1, 1, 2], [0, 3, 1, 2, 2], 5)
    """
    check(seq_len, how, truncate=truncate)
    every = np.asarray(lengths, np.int64)
    size = max(1, int(every.max(initial=0))) if seq_len is None else seq_len
    kept = np.minimum(every, size) if truncate else every
    runs = _runs(np.zeros(len(kept), np.int64) if groups is None else np.asarray(groups, np.int64))
    if how == CONCAT:
        document, start, length, row, offset, rows = _concat(kept, size, runs)
    else:
        document, start, length = _pieces(kept, size)
        row, offset, rows = np.arange(len(document)), np.zeros(len(document), np.int64), len(document)
        if how == BEST_FIT:
            row, rows = _numbered(_openers(length, size, runs[document]))
            at = np.argsort(row, kind="stable")
            document, start, length, row = document[at], start[at], length[at], row[at]
            before = np.cumsum(length) - length
            offset = before - before[np.searchsorted(row, np.arange(rows))][row]
    pieces = np.bincount(document, minlength=len(kept))
    return Packed(
        *(document, start, length, row, offset),
        row_lengths=length if how == NONE else np.full(rows, size, np.int64),
        padding=0 if how == NONE else rows * size - int(kept.sum()),
        truncated=int((every - kept).sum()),
        truncated_documents=int(np.count_nonzero(every != kept)),
        split_documents=int(np.count_nonzero(pieces > 1)),
    )


def _runs(groups: Ints) -> Ints:
    """The number of the run that each document is in."""
    changes = np.zeros(len(groups), np.int64)
    changes[1:] = groups[1:] != groups[:-1]
    return np.cumsum(changes)


def _spread(counts: Ints) -> tuple[Ints, Ints]:
    """Which document each piece is of, and which piece of it: ``counts`` pieces of each."""
    document = np.repeat(np.arange(len(counts)), counts)
    return document, np.arange(len(document)) - (np.cumsum(counts) - counts)[document]


def _pieces(lengths: Ints, size: int) -> tuple[Ints, Ints, Ints]:
    """Documents cut from their beginning at every ``size``: document, start, length."""
    document, number = _spread(np.maximum(1, -(-lengths // size)))
    start = number * size
    return document, start, np.minimum(lengths[document] - start, size)


def _concat(lengths: Ints, size: int, runs: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints, int]:
    """Each run of documents one after another from a row of its own, cut at the ends of rows."""
    firsts = np.flatnonzero(np.diff(runs, prepend=-1))
    totals = np.add.reduceat(lengths, firsts) if len(lengths) else np.zeros(0, np.int64)
    rows_of = np.maximum(1, -(-totals // size))
    row_of = np.cumsum(rows_of) - rows_of
    before = np.cumsum(lengths) - lengths
    first = before - before[firsts][runs] + (row_of * size)[runs]
    last = np.maximum(first, first + lengths - 1) // size
    document, number = _spread(last - first // size + 1)
    row = first[document] // size + number
    offset = np.where(number == 0, first[document] % size, 0)
    start = np.where(number == 0, 0, row * size - first[document])
    length = np.minimum(lengths[document] - start, size - offset)
    outside = row >= (row_of + rows_of)[runs[document]]  # nothing, behind a run that fills its last row
    return document, start, length, row - outside, offset + outside * size, int(rows_of.sum())


def _openers(lengths: Ints, size: int, runs: Ints) -> Ints:
    """For each piece the piece that opened its row."""
    opener = np.arange(len(lengths))
    part = (lengths < size) & (lengths > 0)
    small = np.flatnonzero(part)
    if len(small):
        runs_of = runs[small]
        firsts = np.flatnonzero(np.diff(runs_of, prepend=-1))
        ends = np.append(firsts[1:], len(small))
        whole = np.add.reduceat(lengths[small], firsts) <= size
        one = np.repeat(whole, ends - firsts)
        opener[small[one]] = _longest(small, lengths[small], firsts, ends - firsts)[one]
        for first, end in zip(firsts[~whole].tolist(), ends[~whole].tolist(), strict=True):
            members = small[first:end]
            opener[members] = members[_best_fit(lengths[members], size)]
    empty = np.flatnonzero(lengths == 0)
    if len(empty):
        opener[empty] = opener[_neighbours(lengths, runs)[empty]]
    return opener


def _longest(small: Ints, lengths: Ints, firsts: Ints, counts: Ints) -> Ints:
    """For each piece the first of the longest of its run."""
    longest = np.repeat(np.maximum.reduceat(lengths, firsts), counts)
    return np.repeat(np.minimum.reduceat(np.where(lengths == longest, small, np.iinfo(np.int64).max), firsts), counts)


def _neighbours(lengths: Ints, runs: Ints) -> Ints:
    """For each piece the last one with a token up to it in its run, else the next, else the first of the run."""
    n = len(lengths)
    own = np.arange(n)
    last = np.maximum.accumulate(np.where(lengths > 0, own, 0))
    following = np.minimum.accumulate(np.where(lengths > 0, own, n - 1)[::-1])[::-1]
    first = np.flatnonzero(np.diff(runs, prepend=-1))[runs]
    usable = [(lengths[at] > 0) & (runs[at] == runs) for at in (last, following)]
    return np.where(usable[0], last, np.where(usable[1], following, first))


def _numbered(opener: Ints) -> tuple[Ints, int]:
    """The rows numbered in the order of their openers."""
    opens = opener == np.arange(len(opener))
    return (np.cumsum(opens) - 1)[opener], int(np.count_nonzero(opens))


def _best_fit(lengths: Ints, size: int) -> Ints:
    """Best-fit decreasing: for each of ``lengths`` (1 to ``size`` - 1) the position of the one that opened its row.

    Of documents of one length, and of rows with one capacity left, any may be next. They are taken in leaps and not from
    the front: the longest of what is left would go to the first rows, and what is many and short to the last.
    """
    leaps = _leaping(len(lengths))
    falling = leaps[np.argsort((size - lengths[leaps]).astype(np.min_scalar_type(size)), kind="stable")]
    ends = np.append(np.flatnonzero(np.diff(lengths[falling])) + 1, len(lengths)).tolist()
    opener = np.empty(len(lengths), np.int64)
    capacities: list[int] = []
    open_rows: dict[int, deque[Ints]] = {}

    def leave(capacity: int, rows: Ints) -> None:
        if capacity and len(rows):
            if capacity not in open_rows:
                insort(capacities, capacity)
                open_rows[capacity] = deque()
            open_rows[capacity].append(rows)

    begin = 0
    for end in ends:
        items, begin = falling[begin:end], end
        length = int(lengths[items[0]])
        while len(items):
            at = bisect_left(capacities, length)
            capacity = capacities[at] if at < len(capacities) else size
            each = capacity // length
            if at == len(capacities):
                rows = items[::each]
            else:
                rows = _taken(open_rows[capacity], -(-len(items) // each))
                if not open_rows[capacity]:
                    del open_rows[capacity], capacities[at]
            placed, items = items[: len(rows) * each], items[len(rows) * each :]
            opener[placed] = np.repeat(rows, each)[: len(placed)]
            in_last = len(placed) - (len(rows) - 1) * each
            leave(capacity - each * length, rows if in_last == each else rows[:-1])
            if in_last != each:
                leave(capacity - in_last * length, rows[-1:])
    return opener


def _leaping(n: int) -> Ints:
    """The numbers below ``n`` in an order in which every stretch is spread over all of them: steps of the golden ratio."""
    step = max(1, round(n * (5**0.5 - 1) / 2))
    while gcd(step, n) != 1:
        step += 1
    return np.arange(n) * step % n


def _taken(chunks: deque[Ints], most: int) -> Ints:
    """At most so many rows from the front of a queue, taken out of it."""
    taken = []
    while chunks and most:
        chunk = chunks.popleft()
        if len(chunk) > most:
            chunks.appendleft(chunk[most:])
        taken.append(chunk[:most])
        most -= len(taken[-1])
    return taken[0] if len(taken) == 1 else np.concatenate(taken)
