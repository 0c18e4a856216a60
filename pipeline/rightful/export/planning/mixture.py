"""The plan of a mixture: how much of each part is drawn, which documents, and how often. Floor 8: pure, arrays in and out.

Documents are drawn whole, in the order of a keyed digest of their record ids: the same on every machine, whatever the
number of workers, and mostly the same when records are added. Where a part wants more tokens than it has, all of it is
drawn for full epochs and then some of it once more, as far as its cap allows. What is asked for and would break a cap is
refused: a mixture never quietly has other shares than those that it was asked for. With splits, what lies on a side that is
not trained on is drawn once: a measurement that weighs a document twice is another one. What that leaves out is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError, Refused
from rightful.export.planning.mixing import FIRST, Mix, Part, plan_lines
from rightful.notation.shown import number, plain

Ints = npt.NDArray[np.int64]
_WINDOW = 12
"""How many documents on either side of the end of a draw are tried in all combinations: 2^12 sums meet 2^12 sums."""


class Draws(NamedTuple):
    """What was drawn, one entry for each time that a document is: its position among the candidates (int64), and how often
    it was drawn before (int32: 0, 1, ...). By epoch, and within one by position."""

    record: Ints
    epoch: npt.NDArray[np.int32]


def all_of(n: int) -> Draws:
    """All of so many candidates, once."""
    return Draws(np.arange(n, dtype=np.int64), np.zeros(n, np.int32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One part of a plan. Amounts are tokens (characters in an export of texts).

    ``available``: records and characters before the decision; ``permitted``: records, characters and tokens that may be
    drawn; ``drawn``: with repeats, of which ``repeated`` are; ``left_out``: documents and tokens that were drawn again where a document
    is to be once; ``short``: what is missing to what is ``wanted`` where the cap
    of ``part.epochs`` allows no more. ``draws``: which documents.
    """

    part: Part
    available: Mapping[str, int]
    permitted: Mapping[str, int]
    share: Fraction
    wanted: int
    short: int
    drawn: int
    repeated: int
    left_out: tuple[int, int]
    draws: Draws

    @property
    def epochs(self) -> float:
        """How often the part is drawn: its drawn tokens for each that is permitted."""
        return self.drawn / self.permitted["tokens"] if self.permitted["tokens"] else 0.0

    def as_json(self, total: int) -> dict[str, Any]:
        """As it stands in the manifest; ``total``: the tokens of the whole mixture."""
        return {
            "name": self.part.name,
            "by": {self.part.by: list(self.part.values)},
            "wanted": self.wanted,
            "available": dict(self.available),
            "permitted": dict(self.permitted),
            "drawn": self.drawn,
            "records": len(np.unique(self.draws.record)),
            "repeated": self.repeated,
            "left_out": _left_out(*self.left_out),
            "epochs": round(self.epochs, 6),
            "most_epochs": float(self.part.epochs),
            "short": self.short,
            "share_wanted": round(float(self.share), 9),
            "share_reached": round(self.drawn / total, 9) if total else 0.0,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A plan. ``wanted``: tokens that were asked for, or that the caps allow; ``unit``: what a length counts."""

    seed: int
    temperature: float | None
    wanted: int
    unit: str
    parts: tuple[Planned, ...]

    @property
    def total(self) -> int:
        """The tokens that are drawn."""
        return sum(part.drawn for part in self.parts)

    @property
    def left_out(self) -> tuple[int, int]:
        """Documents that were drawn again where they are to be once, and their tokens."""
        documents, size = zip(*(part.left_out for part in self.parts), strict=True)
        return sum(documents), sum(size)

    @property
    def draws(self) -> Draws:
        """All draws: by epoch, within one in the order of the candidates."""
        record = np.concatenate([part.draws.record for part in self.parts])
        epoch = np.concatenate([part.draws.epoch for part in self.parts])
        order = np.lexsort((record, epoch))
        return Draws(record[order], epoch[order])

    def as_json(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return {
            "seed": self.seed,
            "temperature": None if self.temperature is None else _plain_number(self.temperature),
            "unit": self.unit,
            "wanted": self.wanted,
            "total": self.total,
            "left_out": _left_out(*self.left_out),
            "parts": [part.as_json(self.total) for part in self.parts],
        }


def plan_mixture(
    mix: Mix,
    members: Sequence[Ints],
    available: Sequence[Mapping[str, int]],
    lengths: Ints,
    chars: Ints,
    rank: Ints,
    *,
    seed: int,
    unit: str = "tokens",
    once: npt.NDArray[np.bool_] | None = None,
) -> Mixture:
    """The plan of ``mix``.

    members     of each part: positions of its records among the candidates (int64), no position in two parts
    available   of each part: records and characters in the store before the decision
    lengths     tokens of each candidate (int64)
    chars       characters of each candidate (int64)
    rank        of each candidate its place in the order of drawing (int64): :func:`~rightful.export.planning.drawing.ranks`
    once        of each candidate whether it is to be once at most, however often its part is drawn (bool); None: of none

    Raises :class:`Refused` where what is asked for cannot be drawn without a cap being broken, with the plan and the
    largest total that can.
    """
    permitted = [{"records": len(m), "chars": int(chars[m].sum()), "tokens": int(lengths[m].sum())} for m in members]
    sizes = [p["tokens"] for p in permitted]
    capacities = [int(part.epochs * size) for part, size in zip(mix.parts, sizes, strict=True)]
    shares = shares_of(mix, sizes)
    most = largest(shares, capacities)
    wanted = _wanted(mix, most)
    amounts = apportion(wanted, shares) if mix.parts[0].tokens is None else [int(p.tokens or 0) for p in mix.parts]
    shorts = [max(0, amount - capacity) for amount, capacity in zip(amounts, capacities, strict=True)]
    planned = []
    for n, part in enumerate(mix.parts):
        ordered = members[n][np.argsort(rank[members[n]], kind="stable")]
        draws = draw(ordered, lengths, amounts[n] - shorts[n])
        draws, left_out = without_repeats(draws, once)
        drawn = int(lengths[draws.record].sum())
        repeated = int(lengths[draws.record[draws.epoch > 0]].sum())
        planned.append(
            Planned(
                part=part,
                available=available[n],
                permitted=permitted[n],
                share=shares[n],
                wanted=amounts[n],
                short=shorts[n],
                drawn=drawn,
                repeated=repeated,
                left_out=(len(left_out), int(lengths[left_out].sum())),
                draws=draws,
            )
        )
    mixture = Mixture(seed=seed, temperature=mix.temperature, wanted=wanted, unit=unit, parts=tuple(planned))
    if any(shorts) or not most:
        raise _cannot(mixture, most)
    if not mixture.total:
        raise Refused(
            f"the mixture cannot be drawn: no whole document fits into what a part wants\n{_plan(mixture)}",
            hint="documents leave whole: give a larger --limit-tokens",
        )
    return mixture


def _wanted(mix: Mix, most: int) -> int:
    stated = [part.tokens for part in mix.parts if part.tokens is not None]
    return sum(stated) if stated else most if mix.tokens is None else mix.tokens


def shares_of(mix: Mix, sizes: Sequence[int]) -> list[Fraction]:
    """The shares of the parts, which add up to exactly 1; all are 0 where there is nothing to share.

    ``sizes``: their permitted tokens, from which shares follow where a temperature says them: size^(1/T).

    >>> from rightful.export.planning.mixing import read_mix
    >>> [float(s) for s in shares_of(read_mix("a,b", temperature=2), [900, 100])]
    [0.75, 0.25]
    """
    parts = mix.parts
    if parts[0].share is not None:
        weights = [Fraction(repr(part.share)) for part in parts]
    elif parts[0].tokens is not None:
        weights = [Fraction(part.tokens or 0) for part in parts]
    else:
        power = 1 / (mix.temperature or 1.0)
        largest_size = max(sizes) or 1  # powers of ratios: none overflows, whatever the temperature
        weights = [Fraction((size / largest_size) ** power) if size else Fraction(0) for size in sizes]
    total = sum(weights, Fraction(0))
    return [weight / total if total else Fraction(0) for weight in weights]


def apportion(total: int, shares: Sequence[Fraction]) -> list[int]:
    """A whole number for each share, each within 1 of its exact amount; they add up to ``total`` (Hamilton's method: the
    largest remainders get what is left, the first of equals first).

    >>> apportion(10, [Fraction(1, 3)] * 3)
    [4, 3, 3]
    """
    exact = [total * share for share in shares]
    whole = [int(amount) for amount in exact]
    left = int(sum(exact, Fraction(0))) - sum(whole)
    for i in sorted(range(len(shares)), key=lambda i: (whole[i] - exact[i], i))[:left]:
        whole[i] += 1
    return whole


def largest(shares: Sequence[Fraction], capacities: Sequence[int]) -> int:
    """The largest total at these shares of which no part is more than its capacity. Both in tokens."""
    return min((int(c / share) for share, c in zip(shares, capacities, strict=True) if share), default=0)


def draw(ordered: Ints, lengths: Ints, wanted: int) -> Draws:
    """Documents of at most ``wanted`` tokens together: all of them for full epochs, then those that come closest.

    ``ordered``: positions in the order of drawing; ``lengths``: tokens, by position.
    """
    own = lengths[ordered]
    size = int(own.sum())
    if not size or wanted <= 0:
        return Draws(np.empty(0, np.int64), np.empty(0, np.int32))
    full, rest = divmod(wanted, size)
    last = np.sort(ordered[fill(own, rest)])
    whole = np.sort(ordered)
    return Draws(
        np.concatenate([np.tile(whole, full), last]).astype(np.int64),
        np.concatenate([np.repeat(np.arange(full, dtype=np.int32), len(whole)), np.full(len(last), full, np.int32)]),
    )


def without_repeats(draws: Draws, once: npt.NDArray[np.bool_] | None) -> tuple[Draws, Ints]:
    """The draws without those that are not the first one of a document which is to be ``once`` (bool, by position); and the
    positions of what is left out, one for each time."""
    if once is None:
        return draws, np.empty(0, np.int64)
    again = once[draws.record] & (draws.epoch > 0)
    return Draws(draws.record[~again], draws.epoch[~again]), draws.record[again]


def fill(lengths: Ints, room: int) -> Ints:
    """Which documents, in order, fill ``room`` tokens as closely as whole documents do and never beyond: their indices, sorted.

    As many of the first as fit; then the last :data:`_WINDOW` of them and as many of the next are tried in all
    combinations, so that up to ``2 * _WINDOW`` documents are filled as well as they can be; what room is left then goes to
    the first that still fit. A document that is longer than the room is passed over.

    >>> fill(np.array([50, 30, 40, 10]), 100).tolist()
    [0, 2, 3]
    """
    fitting = np.flatnonzero(lengths <= room)
    own = lengths[fitting]
    taken = int(np.searchsorted(np.cumsum(own), room, "right"))
    if taken == len(fitting):
        return fitting
    start = max(0, taken - _WINDOW)
    kept = fitting[:start]
    left = room - int(own[:start].sum())
    window = np.concatenate(
        [np.arange(start, taken), taken + np.flatnonzero(own[taken:] <= left)[: 2 * _WINDOW - (taken - start)]]
    )
    chosen = fitting[window[closest_subset(own[window], left)]]
    left -= int(lengths[chosen].sum())
    picked = [kept, chosen]
    rest = np.setdiff1d(fitting[taken:], chosen)
    while left > 0:
        rest = rest[lengths[rest] <= left]
        if not len(rest):
            break
        fits = int(np.searchsorted(np.cumsum(lengths[rest]), left, "right"))
        picked.append(rest[:fits])
        left -= int(lengths[rest[:fits]].sum())
        rest = rest[fits:]
    return np.sort(np.concatenate(picked))


def closest_subset(lengths: Ints, room: int) -> npt.NDArray[np.bool_]:
    """Of at most 24 lengths those whose sum is the largest that is not above ``room``: a mask; of equal ones always the same.

    Meet in the middle (Horowitz and Sahni 1974, JACM 21(2), 277-292): all sums of one half are looked up in those of the other.
    """
    half = len(lengths) // 2
    left, right = _sums(lengths[:half]), _sums(lengths[half:])
    order = np.argsort(right, kind="stable")
    at = np.searchsorted(right[order], room - left, "right") - 1
    totals = np.where(at >= 0, left + right[order[at]], -1)
    best = int(np.argmax(totals))
    bits = best | int(order[at[best]]) << half
    return np.array([bool(bits >> i & 1) for i in range(len(lengths))], np.bool_)


def _sums(lengths: Ints) -> Ints:
    """The sums of all subsets: of that whose members are the bits of the index."""
    sums = np.zeros(1, np.int64)
    for length in lengths:
        sums = np.concatenate([sums, sums + length])
    return sums


def parted(holds: Sequence[npt.NDArray[np.bool_]], mix: Mix, ids: Sequence[str]) -> list[Ints]:
    """The members of each part, from masks over the candidates: which of them it names.

    Raises :class:`InputError` where two parts name one record and the mixture does not say that it is of the first.
    """
    owner = np.full(len(ids), -1, np.int64)
    members = []
    for n, named in enumerate(holds):
        twice = np.flatnonzero(named & (owner >= 0))
        if len(twice) and mix.overlap != FIRST:
            other = mix.parts[int(owner[twice[0]])]
            raise InputError(
                f"{number(len(twice))} of its records {'is' if len(twice) == 1 else 'are'} in a part before it as well:"
                f" {ids[int(twice[0])]} is in {plain(other.name, 60)}",
                subject=mix.parts[n].place,
                hint='name them once, or say in the file to which part they belong: overlap = "first"',
            )
        own = np.flatnonzero(named & (owner < 0)).astype(np.int64)
        owner[own] = n
        members.append(own)
    return members


def _cannot(mixture: Mixture, most: int) -> Refused:
    """Why a mixture cannot be drawn, with its plan, and what could be."""
    short = [part for part in mixture.parts if part.short]
    what = "; ".join(
        f"{plain(part.part.name, 60)} is short by {number(part.short)} {mixture.unit}"
        f" ({number(part.permitted['tokens'])} permitted, drawn at most {float(part.part.epochs):g} x)"
        for part in short
    )
    nothing = [plain(part.part.name, 60) for part in mixture.parts if part.share and not part.permitted["records"]]
    what = what or f"nothing of {', '.join(nothing) or 'it'} is permitted"
    hint = "leave out a part of which nothing is permitted, or see why that is: rightful query"
    if most:
        hint = (
            f"at these shares the most is {number(most)} {mixture.unit}: --limit-tokens {most}; or let records be drawn"
        )
        hint += " more often (epochs), or give a smaller share to what is short"
    return Refused(f"the mixture cannot be drawn: {what}\n{_plan(mixture)}", hint=hint)


def _plan(mixture: Mixture) -> str:
    return "\n".join(plan_lines(mixture.as_json()))


def _left_out(documents: int, size: int) -> dict[str, int]:
    return {"documents": documents, "size": size}


def _plain_number(value: float) -> float | str:
    """A number as JSON has them: it has none that is infinite."""
    return value if value != float("inf") else "inf"
