"""What an asset inherits from its inputs: shard sets, tokenizers, indexes, models. Floor 1: pure.

An asset is the meet over its inputs, and is decided without expanding it: some status is reached exactly where one
outbound licence exists that every input accepts for it. That is linear in the distinct values of the inputs, and a law
test holds it equal to the expanded meet (law 5.20).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rightful.rights.values import Alternative, Status, Value


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What may be done with an asset for one act.

    ``outbound`` are the licences that it may go out under (None: any; empty: there is none). ``obligations`` are enough
    for a permission: of each input those of its lightest alternative. ``clash`` names two sets of licences, each accepted
    by some input, that have none in common, where each input alone would be permitted.
    """

    status: Status
    outbound: frozenset[str] | None
    obligations: frozenset[str]
    clash: tuple[frozenset[str], ...] = ()


def inherit(inputs: Iterable[Value], accepted: frozenset[str]) -> Inheritance:
    """The decision on an asset made of ``inputs``; each distinct value is looked at once. No input at all permits."""
    values = sorted(set(inputs), key=lambda v: sorted(map(_order, v)))
    for status in (Status.PERMIT, Status.SILENT, Status.BLOCKED):
        usable = [[a for a in of if a.status >= status and a.obligations <= accepted] for of in values]
        reached = [_reach(alternatives) for alternatives in usable]
        common = _common(reached)
        if common == frozenset():
            continue
        if status is not Status.PERMIT:
            return Inheritance(status, common, frozenset())
        return Inheritance(status, common, _lightest(usable, common))
    return Inheritance(Status.DENY, frozenset(), frozenset(), _clash(values, accepted))


def _reach(alternatives: list[Alternative]) -> frozenset[str] | None:
    """All licences that some of the alternatives may go out under; None for any."""
    if any(a.outbound is None for a in alternatives):
        return None
    return frozenset[str]().union(*(a.outbound or frozenset() for a in alternatives))


def _common(reached: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    limited = [r for r in reached if r is not None]
    return frozenset.intersection(*limited) if limited else None


def _lightest(usable: list[list[Alternative]], common: frozenset[str] | None) -> frozenset[str]:
    """The fewest obligations over the licences left, each input by its own lightest alternative."""
    outcomes = []
    for license in sorted(common) if common is not None else [None]:
        owed = frozenset[str]()
        for alternatives in usable:
            fitting = [a.obligations for a in alternatives if a.outbound is None or license in a.outbound]
            owed |= min(fitting, key=lambda o: (len(o), sorted(o)))
        outcomes.append(owed)
    return min(outcomes, key=lambda o: (len(o), sorted(o)))


def _clash(values: list[Value], accepted: frozenset[str]) -> tuple[frozenset[str], ...]:
    """The inputs, by the licences that they accept, that leave nothing in common; empty where one refuses alone."""
    reached = [
        _reach([a for a in of if a.status is Status.PERMIT and a.obligations <= accepted and a.outbound != frozenset()])
        for of in values
    ]
    if any(r == frozenset() for r in reached):
        return ()
    limited = sorted({r for r in reached if r is not None}, key=sorted)
    pair = next(((a, b) for n, a in enumerate(limited) for b in limited[n + 1 :] if not a & b), None)
    return pair or tuple(limited)


def _order(a: Alternative) -> tuple[int, list[str], list[str]]:
    return a.status, sorted(a.obligations), sorted(a.outbound or ())
