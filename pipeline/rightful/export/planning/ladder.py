"""Ladders: nested subsets of what is exported, each with the same mixture, for runs of several sizes. Floor 8.

Pure. A ladder of 0.01, 0.1 and 1 is laid down as three *bands*, of which each document is in one: the documents of the
smallest rung, those that the next one adds, and so on. A rung is its band and all before it, so that rungs lie inside
each other whatever happens, and nothing is stored twice.

Copies stay in one band. Within each source the groups of copies are put in the order of a digest and cut at each share of
its tokens; what a cut is short by or over is made up for at the next source, so that all sources together miss a share by
half a group of copies at most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError
from rightful.export.planning.groups import Ints
from rightful.notation.shown import counted

MOST_RUNGS = 32
_PERSON = b"rightful-rungs/1"


def ladder_of(words: str | None) -> tuple[Decimal, ...]:
    """The shares that ``--ladder`` names, from the smallest to 1; none without. Raises :class:`InputError`.

    >>> [str(share) for share in ladder_of("0.01,0.1,1")]
    ['0.01', '0.1', '1']
    """
    if words is None:
        return ()
    shares = [_share(word.strip()) for word in words.split(",")]
    for one, other in pairwise(shares):
        if other <= one:
            raise InputError(
                f"{folder_of(other)[5:]} comes after {folder_of(one)[5:]}: each rung holds the one before",
                subject="--ladder",
                hint="name each share once, the smallest first",
            )
    if shares[-1] != 1:
        raise InputError(
            "does not end with 1, the whole export", subject="--ladder", hint=f"--ladder {words.strip()},1"
        )
    if len(shares) > MOST_RUNGS:
        raise InputError(f"{len(shares)} rungs; there can be {MOST_RUNGS}", subject="--ladder")
    return tuple(shares)


def _share(word: str) -> Decimal:
    try:
        share = Decimal(word)
    except InvalidOperation:
        share = Decimal(0)
    if not share.is_finite() or not 0 < share <= 1 or -share.normalize().as_tuple().exponent > 9:  # type: ignore[operator]
        raise InputError(
            f"{word[:80]!r} is not a share above 0 and up to 1", subject="--ladder", hint="--ladder 0.01,0.1,1"
        )
    return share.normalize()


def folder_of(share: Decimal) -> str:
    """The folder of what a rung adds to the one before. Sorted by name they are in the order of the rungs.

    >>> folder_of(Decimal("0.010"))
    'rung-0.01'
    """
    return f"rung-{share.normalize():f}"


def ranks(record_ids: Sequence[str], seed: int | None) -> npt.NDArray[np.uint64]:
    """By what documents are put in order for the cuts: a digest, keyed with the seed of the export."""
    key = b"" if seed is None else str(seed).encode()
    digests = (hashlib.blake2b(i.encode(), digest_size=8, key=key, person=_PERSON).digest() for i in record_ids)
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)


def bands(
    shares: Sequence[Decimal], units: Ints, weights: Ints, strata: Ints, order: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int64]:
    """(N,) in which band each of N documents is, from 0.

    ``units``: the group of copies of each; ``weights``: its tokens; ``strata``: its source, as a number from 0 on; ``order``:
    of :func:`ranks`. A group is where its first document says. Raises :class:`InputError` for a rung that would add nothing.
    """
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    tokens = np.zeros(first.size, np.int64)
    np.add.at(tokens, unit, weights)
    stratum = strata[first]
    placed = np.lexsort((first, order[first], stratum))
    bounds = np.flatnonzero(np.diff(stratum[placed], prepend=-1, append=np.iinfo(np.int64).max))
    band = np.full(first.size, len(shares) - 1, np.int64)
    missing = [0.0] * (len(shares) - 1)
    for start, stop in zip(bounds.tolist(), bounds[1:].tolist(), strict=False):
        sums = np.concatenate([[0], np.cumsum(tokens[placed[start:stop]])])
        before = 0
        for rung, share in enumerate(shares[:-1]):
            wanted = float(share) * float(sums[-1]) + missing[rung]
            cut = max(before, _nearest(sums, wanted))
            missing[rung] = wanted - float(sums[cut])
            band[placed[start + before : start + cut]] = rung
            before = cut
    _check(shares, np.bincount(band, minlength=len(shares)).tolist(), len(units))
    return band[unit.reshape(-1)]


def _nearest(sums: Ints, wanted: float) -> int:
    """Where the sums, which ascend, come nearest to what is wanted: the earlier of two that are as near."""
    at = int(np.searchsorted(sums, wanted))
    if at == 0:
        return 0
    if at == sums.size:
        return int(np.searchsorted(sums, sums[-1]))
    return at - 1 if wanted - float(sums[at - 1]) <= float(sums[at]) - wanted else at


def _check(shares: Sequence[Decimal], groups: Sequence[int], documents: int) -> None:
    for share, n in zip(shares, groups, strict=True):
        if not n:
            raise InputError(
                f"the rung {share:f} adds nothing to what is below it, of {counted(documents, 'document')}",
                subject="--ladder",
                hint="copies stay together, and documents are whole: name larger shares, or fewer",
            )
