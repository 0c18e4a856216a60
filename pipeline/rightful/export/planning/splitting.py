"""Splits: what ``--split`` and ``--split-by`` ask for, and on which side a key, an instant or a source lies. Floor 8.

Pure. A share is a part of the groups of copies, told apart by a digest of what a group began with: neither ``--seed`` nor
other records nor the order of the store has a say in it, so that no text comes from the test of one run into the training
of another. What a share comes to in tokens stands in the manifest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError, UnknownName
from rightful.export.planning.groups import NOWHERE, Ints
from rightful.notation.shown import counted
from rightful.notation.times import instant, through

GROUP, TIME, SOURCE = "group", "published_at", "source"
BY: Mapping[str, str] = {
    GROUP: "groups of copies, by a digest",
    TIME: "the instant of publication",
    SOURCE: "whole sources",
}
"""What ``--split-by`` knows, and what it says of the sides."""
REST = "*"
"""In ``--split-by source``: all sources that no other side names."""

_PERSON = b"rightful-split/1"
_ALL = 1 << 64
_TOLERANCE = Decimal("0.000001")
_LEAST = Decimal("0.000000001")
_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")  # what `datasets` takes for the name of a split
_MOST_LETTERS = 64
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_RESERVED = {"all"}  # in `datasets` this is every split
_FIRST, _LAST = -(1 << 63), (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Side:
    """One split: its name, and the ``share`` of it, or its period (microseconds since 1970, ``since <= t < until``), or its
    ``sources``."""

    name: str
    share: Decimal | None = None
    since: int = _FIRST
    until: int = _LAST
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """The sides that are asked for, in the order in which they are named, and ``by`` what records come to one."""

    by: str
    sides: tuple[Side, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sides."""
        return tuple(side.name for side in self.sides)

    @property
    def trained(self) -> str:
        """The side that is trained on, which has the rungs of a ladder: ``train``, or the first where none is called so."""
        return "train" if "train" in self.names else self.names[0]

    @property
    def has_shares(self) -> bool:
        """Whether the sides are shares, and not periods or sources that were named."""
        return self.sides[0].share is not None

    def side_of_key(self, key: str) -> int:
        """The side of a key, from its digest. Only of sides that are shares."""
        return int(np.searchsorted(self._bounds(), _place(key), side="right"))

    def sides_of_keys(self, keys: Sequence[str]) -> Ints:
        """The same of several."""
        places = np.array([_place(key) for key in keys], np.uint64)
        return np.searchsorted(self._bounds(), places, side="right").astype(np.int64)

    def sides_of_instants(self, at: Ints, known: npt.NDArray[np.bool_]) -> Ints:
        """The side of each instant (microseconds since 1970), :data:`NOWHERE` where it is not ``known`` or in no period."""
        sides = np.full(at.size, NOWHERE, np.int64)
        for number, side in enumerate(self.sides):
            sides[known & (at >= side.since) & (at < side.until)] = number
        return sides

    def sides_of_sources(self, sources: Collection[str]) -> dict[str, int]:
        """The side of each source (ids), :data:`NOWHERE` of one that no side names."""
        if self.has_shares:
            return {source: self.side_of_key(source) for source in sources}
        named = {source: number for number, side in enumerate(self.sides) for source in side.sources}
        return {source: named.get(source, named.get(REST, NOWHERE)) for source in sources}

    def check_sources(self, sources: Collection[str]) -> None:
        """Raises :class:`InputError` where one of these sources (ids), of which something is permitted, is on no side."""
        missing = sorted(source for source, side in self.sides_of_sources(sources).items() if side == NOWHERE)
        if missing:
            raise InputError(
                f"{counted(len(missing), 'source is', 'sources are')} in no split: {', '.join(map(repr, missing[:3]))}",
                subject="--split",
                hint=f"name them, or give one split all others: train={REST}; or leave them out with --where",
            )

    def cut(self, at: Ints, weights: Ints) -> Split:
        """Shares of time as periods: cut where the sorted instants (microseconds) come nearest to each share of the weights.

        One instant is on one side. Raises :class:`InputError` where two cuts fall on one instant.
        """
        order = np.argsort(at, kind="stable")
        instants, first = np.unique(at[order], return_index=True)
        before = np.concatenate([[0], np.cumsum(weights[order])])[np.append(first, at.size)]
        bounds, total = [_FIRST], int(before[-1])
        for reached in self._reached()[:-1]:
            nearest = int(np.argmin(np.abs(before - float(reached) * total)))
            bounds.append(int(instants[nearest]) if nearest < instants.size else _LAST)
        bounds.append(_LAST)
        for side, low, high in zip(self.sides, bounds, bounds[1:], strict=False):
            if low >= high or (low == _FIRST and not (at < high).any()):
                raise self.empty(side.name, at.size)
        periods = (replace(s, since=a, until=b) for s, a, b in zip(self.sides, bounds, bounds[1:], strict=False))
        return replace(self, sides=tuple(periods))

    def named(self, ids: Mapping[str, str]) -> Split:
        """The same with the ids of the sources that it names; ``ids``: of names and of ids. Raises :class:`UnknownName`."""
        sides = []
        for side in self.sides:
            for source in side.sources:
                if source != REST and source not in ids:
                    raise UnknownName.of("source", source, ids, subject="--split")
            sides.append(replace(side, sources=tuple(ids.get(source, source) for source in side.sources)))
        listed = [source for side in sides for source in side.sources]
        for source in listed:
            if listed.count(source) > 1:
                raise InputError(f"source {source!r} is named twice", subject="--split")
        return replace(self, sides=tuple(sides))

    def check_filled(self, records: Sequence[int]) -> None:
        """Raises :class:`InputError` for a side that no record came to; ``records`` of each side."""
        for side, n in zip(self.sides, records, strict=True):
            if not n:
                raise self.empty(side.name, sum(records))

    def empty(self, name: str, records: int) -> InputError:
        """The error of a side that has nothing."""
        hint = {
            GROUP: "copies stay together, so a small share of few records may come to nothing: give it more, or leave it out",
            TIME: "move its period, or leave it out",
            SOURCE: "name the sources: train=a+b,test=c",
        }
        return InputError(
            f"nothing is in split {name!r}, of {counted(records, 'permitted record')}",
            subject="--split",
            hint=hint[self.by],
        )

    def as_json(self) -> list[dict[str, object]]:
        """What each side was asked to be, as it stands in the manifest."""
        return [
            {
                "name": side.name,
                "share_wanted": None if side.share is None else float(side.share),
                "since": _shown(side.since) if self.by == TIME else None,
                "until": _shown(side.until) if self.by == TIME else None,
                "sources": list(side.sources) or None,
            }
            for side in self.sides
        ]

    def _reached(self) -> list[Decimal]:
        """How much the sides up to each have together."""
        sums, total = [], Decimal(0)
        for side in self.sides:
            total += side.share or Decimal(0)
            sums.append(total)
        return sums

    def _bounds(self) -> npt.NDArray[np.uint64]:
        return np.array([int(reached * _ALL) for reached in self._reached()[:-1]], np.uint64)


def split_of(words: str | None, by: str | None) -> Split | None:
    """The split that ``--split`` and ``--split-by`` ask for, None without. Raises :class:`InputError`.

    >>> split_of("train=.9,test=.1", None).names
    ('train', 'test')
    >>> split_of("train=..2024-06-30,test=2024-07-01..", "published_at").sides[1].since
    1719792000000000
    """
    if words is None:
        if by is not None:
            raise InputError("has no effect without --split", subject="--split-by", hint="--split train=.98,test=.02")
        return None
    by = GROUP if by is None else by
    if by not in BY:
        raise UnknownName.of("way to split", by, BY, subject="--split-by")
    sides = []
    for item in words.split(","):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not value:
            raise InputError(f"{item.strip()[:80]!r} is not NAME=SHARE", subject="--split", hint="train=.98,test=.02")
        _check_name(name)
        sides.append(_side(name, value, by))
    _check_names([side.name for side in sides])
    split = Split(by, tuple(sides))
    _check_shares(split)
    if by == TIME and not split.has_shares:
        _check_periods(split.sides)
    return split


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _MOST_LETTERS:
        raise InputError(
            f"{name[:80]!r} cannot be the name of a split",
            subject="--split",
            hint=f"letters, digits, _ and single dots between them, at most {_MOST_LETTERS}: its shards lie in data/NAME/",
        )
    if name.partition(".")[0].lower() in _DEVICES or name.lower() in _RESERVED:
        raise InputError(f"{name!r} means something else where shards are read", subject="--split", hint="rename it")


def _check_names(names: Iterable[str]) -> None:
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(name.lower(), name)
        if other is not name:
            why = "is named twice" if other == name else f"and {other!r} are one folder on some systems"
            raise InputError(f"{name!r} {why}", subject="--split")


def _side(name: str, value: str, by: str) -> Side:
    if by == TIME and ".." in value:
        since, _, until = (part.strip() for part in value.partition(".."))
        low = _FIRST if not since else _micros(instant(since, "--split"))
        return Side(name, since=low, until=_LAST if not until else _micros(through(until, "--split")))
    share = _share(name, value)
    if share is not None:
        return Side(name, share)
    if by == SOURCE:
        named = tuple(part.strip() for part in value.split("+"))
        if all(named):
            return Side(name, sources=named)
    hint = {
        GROUP: "train=.98,test=.02",
        TIME: "train=.9,test=.1, or periods: train=..2024-06-30,test=2024-07-01..",
        SOURCE: "train=.9,test=.1, or sources: train=a+b,test=c",
    }
    if by == GROUP and ".." in value:
        raise InputError(
            f"{value[:80]!r} of {name!r} is a period", subject="--split", hint="add --split-by published_at"
        )
    raise InputError(f"{value[:80]!r} of {name!r} is no share", subject="--split", hint=hint[by])


def _share(name: str, value: str) -> Decimal | None:
    """A number as a share; None for what is no number."""
    try:
        share = Decimal(value)
    except InvalidOperation:
        return None
    if not share.is_finite() or not _LEAST <= share <= 1:
        raise InputError(f"{value[:80]!r} of {name!r} is not a share above 0 and up to 1", subject="--split")
    return share


def _check_shares(split: Split) -> None:
    kinds = {side.share is not None for side in split.sides}
    if len(kinds) > 1:
        raise InputError("some splits are shares and some are not", subject="--split", hint="write all of one kind")
    total = sum((side.share or Decimal(0) for side in split.sides), Decimal(0))
    if split.has_shares and abs(total - 1) > _TOLERANCE:
        raise InputError(f"the shares add up to {total.normalize():f}, not 1", subject="--split")


def _check_periods(sides: Sequence[Side]) -> None:
    for side in sides:
        if side.since >= side.until:
            raise InputError(f"the period of {side.name!r} ends before it begins", subject="--split")
    in_order = sorted(sides, key=lambda side: side.since)
    for one, other in pairwise(in_order):
        if other.since < one.until:
            raise InputError(f"the periods of {one.name!r} and {other.name!r} overlap", subject="--split")


def _place(key: str) -> int:
    """Where a key lies among all, from 0 to 2^64 - 1."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8, person=_PERSON).digest(), "big")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _shown(micros: int) -> str | None:
    """An instant as it stands in a manifest; None for no bound."""
    if micros in (_FIRST, _LAST):
        return None
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000).isoformat()
