"""The algebra: what one act may be, as a set of alternatives. Floor 1: pure, imports nothing of ours. Law 3.

A *value* belongs to one record, one leaf act and one purpose. It is a set of alternatives; an alternative is a
status, the obligations that come with it, and the licences under which the result may go out. The status stays
inside the alternative and is collapsed only by :func:`collapse`: collapsing earlier breaks associativity.

Unknown has two shades, because "nothing was said" and "something was said that cannot be read" combine
differently. ``SILENT`` is neutral when evidence on the same unit is merged; ``BLOCKED`` is not cured by any other
statement. Both decide as *unknown*. With one chain ``DENY < BLOCKED < SILENT < PERMIT``:

* :func:`choose` (licence ``OR``, several offers) is the union of alternatives;
* :func:`meet` (licence ``AND``, inputs of an asset) is pairwise, the lower status wins;
* :func:`merge` (several statements about one unit) is pairwise, ``DENY > BLOCKED > PERMIT > SILENT``.

======== ======== ======== ======== ========    ======== ======== ======== ======== ========
meet     DENY     BLOCKED  SILENT   PERMIT      merge    DENY     BLOCKED  SILENT   PERMIT
======== ======== ======== ======== ========    ======== ======== ======== ======== ========
DENY     DENY     DENY     DENY     DENY        DENY     DENY     DENY     DENY     DENY
BLOCKED  DENY     BLOCKED  BLOCKED  BLOCKED     BLOCKED  DENY     BLOCKED  BLOCKED  BLOCKED
SILENT   DENY     BLOCKED  SILENT   SILENT      SILENT   DENY     BLOCKED  SILENT   PERMIT
PERMIT   DENY     BLOCKED  SILENT   PERMIT      PERMIT   DENY     BLOCKED  PERMIT   PERMIT
======== ======== ======== ======== ========    ======== ======== ======== ======== ========

With more than ``MAX_ALTERNATIVES`` alternatives a value cannot be read. Each operation raises :class:`TooManyAlternatives` then;
with ``accepted`` (what is undertaken) the answer is open instead, and a refusal where a part refuses by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce

MAX_ALTERNATIVES = 64


class Status(IntEnum):
    """What an alternative says; the order is the order in which a choice prefers them."""

    DENY = 0
    BLOCKED = 1
    SILENT = 2
    PERMIT = 3

    @property
    def word(self) -> str:
        """``permit``, ``deny`` or ``unknown``: what a decision says."""
        return {Status.DENY: "deny", Status.PERMIT: "permit"}.get(self, "unknown")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which an act may be done. ``outbound`` is None where any licence will do for the result."""

    status: Status
    obligations: frozenset[str] = frozenset()
    outbound: frozenset[str] | None = None

    def dominates(self, other: Alternative) -> bool:
        """True when this is at least as good as ``other`` in status, obligations and outbound licences.

        Whatever comes with a refusal cannot matter, so there is one refusal and everything dominates it.
        """
        return other.status is Status.DENY or (
            self.status >= other.status
            and self.obligations <= other.obligations
            and (self.outbound is None or (other.outbound is not None and self.outbound >= other.outbound))
        )


Value = frozenset[Alternative]
REFUSAL = Alternative(Status.DENY)


class TooManyAlternatives(ValueError):
    """More than ``MAX_ALTERNATIVES`` undominated alternatives: the statement counts as unreadable."""


def value(status: Status, obligations: Iterable[str] = (), outbound: Iterable[str] | None = None) -> Value:
    """The value with one alternative."""
    out = None if outbound is None else frozenset(outbound)
    return frozenset([Alternative(status, frozenset(obligations), out)])


PERMITTED = value(Status.PERMIT)
SILENT = value(Status.SILENT)
BLOCKED = value(Status.BLOCKED)
DENIED = value(Status.DENY)


def prune(alternatives: Iterable[Alternative]) -> Value:
    """Drop the alternatives that another one dominates. Raises :class:`TooManyAlternatives`."""
    distinct = frozenset(a if a.status is not Status.DENY else REFUSAL for a in alternatives)
    if len(distinct) == 1:
        return distinct
    kept: list[Alternative] = []
    for new in distinct:
        if any(old.dominates(new) for old in kept):
            continue
        kept = [old for old in kept if not new.dominates(old)]
        kept.append(new)
    if len(kept) > MAX_ALTERNATIVES:
        raise TooManyAlternatives(f"{len(kept)} alternatives, at most {MAX_ALTERNATIVES} are readable")
    return frozenset(kept)


def choose(*values: Value, accepted: frozenset[str] | None = None) -> Value:
    """Licence ``OR`` and several offers: whichever alternative suits."""
    if len(values) == 1:
        return values[0]
    try:
        return prune(a for v in values for a in v)
    except TooManyAlternatives:
        return _unread([], accepted)


def meet(*values: Value, accepted: frozenset[str] | None = None) -> Value:
    """Licence ``AND`` and the inputs of an asset: all of them hold; unknown blocks."""
    if len(values) == 1:
        return values[0]
    try:
        return reduce(lambda x, y: _pairwise(min, x, y), sorted(values, key=_smallest_first), PERMITTED)
    except TooManyAlternatives:
        return _unread(values, accepted)


def merge(*values: Value, accepted: frozenset[str] | None = None) -> Value:
    """Several statements about the same unit: a refusal holds, silence is neutral."""
    if len(values) == 1:
        return values[0]
    try:
        return reduce(lambda x, y: _pairwise(_merged, x, y), sorted(values, key=_smallest_first), SILENT)
    except TooManyAlternatives:
        return _unread(values, accepted)


def contest(own: Value, others: Iterable[Value], accepted: frozenset[str] | None = None) -> Value:
    """What is left of ``own`` beside the contrary values of exact copies: agreed by all, on all obligations, or open.

    The same bytes under two licences: a permission stands only where every explicit licence of an exact copy permits
    as well, and then with the obligations of all, so that GPL does not quietly become MIT. Otherwise it is unknown.
    Permissions never travel (law 12.1, 12.3).
    """
    contrary = list(others)
    if not contrary:
        return own
    try:
        return choose(meet(own, BLOCKED), meet(own, *(choose(other, BLOCKED) for other in contrary)))
    except TooManyAlternatives:
        return _unread([own], accepted)


def collapse(of: Value, accepted: frozenset[str]) -> tuple[Status, frozenset[str]]:
    """Decide: the best status left and, for a permission, its obligations.

    An alternative with an obligation that is not accepted, or with no licence left to go out under, counts as
    DENY (without that rule the decision is not monotone). Of several permitting alternatives the one with the
    fewest obligations is reported, then the first in lexicographic order.
    """
    live = [a for a in of if a.obligations <= accepted and a.outbound != frozenset()]
    best = max((a.status for a in live), default=Status.DENY)
    if best is not Status.PERMIT:
        return best, frozenset()
    offers = (a.obligations for a in live if a.status is Status.PERMIT)
    return best, min(offers, key=lambda o: (len(o), sorted(o)))


def needed(of: Value, accepted: frozenset[str]) -> frozenset[str] | None:
    """The fewest obligations that, accepted as well, would make it a permission; None where nothing accepted would."""
    offers = [a.obligations - accepted for a in of if a.status is Status.PERMIT and a.outbound != frozenset()]
    return min(offers, key=lambda o: (len(o), sorted(o)), default=None)


def _unread(values: Iterable[Value], accepted: frozenset[str] | None) -> Value:
    """What stands for more alternatives than can be read: refused where one of ``values`` refuses by itself, else open.

    Raises what is being handled, where nobody says what is accepted.
    """
    if accepted is None:
        raise
    refused = any(collapse(v, accepted)[0] is Status.DENY for v in values)
    return DENIED if refused else BLOCKED


def _merged(a: Status, b: Status) -> Status:
    if min(a, b) <= Status.BLOCKED:
        return min(a, b)
    return max(a, b)


def _smallest_first(of: Value) -> tuple[int, list[str]]:
    """An order that does not depend on how values came: whether 64 alternatives are passed must not, either."""
    return len(of), sorted(f"{a.status:d}{sorted(a.obligations)}{a.outbound and sorted(a.outbound)}" for a in of)


def _pairwise(status: Callable[[Status, Status], Status], x: Value, y: Value) -> Value:
    return prune(
        Alternative(status(a.status, b.status), a.obligations | b.obligations, _common(a.outbound, b.outbound))
        for a in x
        for b in y
    )


def _common(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b
