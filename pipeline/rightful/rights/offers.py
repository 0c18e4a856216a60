"""What one source states of an act: its ordinary statements, or, if better, a grant beside them. Floor 1: pure. Law 9 and 10.

The ordinary statements (tiers T3 to T6) merge: a refusal holds, what cannot be read blocks, silence is neutral. A contract or
a rights holder's consent (T2) and a statutory basis (T7) are offers of their own: any of them is enough, each with its own
obligations only. Nothing is permitted but by a reading that is kept here, so the reasons can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rightful.rights.bases import statute
from rightful.rights.case import Question
from rightful.rights.claims import contract, effective, goes_on, hold_tags, permission, read, ways
from rightful.rights.consent import Ruling
from rightful.rights.evidence import Evidence
from rightful.rights.statements import Contracted, Declared, Permitted
from rightful.rights.values import PERMITTED, Value, choose, meet, merge


class Reading(NamedTuple):
    """One claim as it was read: what it says of the act, and the name of the rule, the slug of its reason."""

    claim: Evidence
    says: Value
    rule: str
    from_copy: bool = False


class Stated(NamedTuple):
    """What is stated of an act, and the readings that it rests on: ordinary ones, offers that hold, earlier ones."""

    value: Value
    ordinary: list[Reading]
    offers: list[Reading]
    earlier: list[Reading]


Offer = Callable[[Question, str], Iterator[Reading]]


def contracts(q: Question, layer: str) -> Iterator[Reading]:
    """Executed contracts of the layer, in scope and in force."""
    for e in q.case.profile:
        if isinstance(e.states, Contracted) and e.layer == layer:
            says = contract(e, q.act, q.use, q.catalog)
            if says is not None:
                yield Reading(e, says, "contract")


def statutory_bases(q: Question, layer: str) -> Iterator[Reading]:
    """Statutory bases that nothing defeats. They are the operator's, so they reach every layer."""
    bases = [e for e in q.case.profile if isinstance(e.states, Declared)]
    for e in bases:
        says = statute(e, against_bases(q), q.act, q.use, q.catalog, q.case.address)
        if says is not None:
            yield Reading(e, says, "statute")


def permissions(q: Question, layer: str) -> Iterator[Reading]:
    """Consents of rights holders that cards state. Whoever withdraws does so in every capacity, for whatever was given before."""
    if Ruling.WITHDRAWN in q.rulings.holders:
        return
    for e in q.case.profile:
        if isinstance(e.states, Permitted) and e.layer == layer:
            says = permission(e, q.act, q.use, q.catalog)
            if says is not None:
                yield Reading(e, says, "permission")


OFFERS: tuple[Offer, ...] = (contracts, statutory_bases, permissions)
"""The grants that stand beside what is stated. What a rights holder gave in the ledger is one more, for the record alone."""


def stated(q: Question) -> Stated:
    """The meet over the record's own source and the ancestors that it came through, exact copies left aside."""
    layers = sorted({"", *(e.layer for e in q.case.profile)})
    each = [layer_stated(q, layer) for layer in layers]
    if len(each) == 1:
        return each[0]
    return Stated(
        meet(*(one.value for one in each), accepted=q.use.accepted),
        [r for one in each for r in one.ordinary],
        [r for one in each for r in one.offers],
        each[0].earlier,
    )


def layer_stated(q: Question, layer: str) -> Stated:
    """What one layer states of the act: the record's own source (``""``), or an ancestor by its path."""
    value, readings = _ordinary(q, layer)
    before = _read_before(q) if q.case.earlier and not layer else []
    if before:
        value = merge(value, *(r.says for r in before), accepted=q.use.accepted)
    offers = [reading for rule in OFFERS for reading in rule(q, layer)]
    says = [r.says for r in offers]
    if Ruling.GRANT in q.rulings.holders and not layer:
        says.append(PERMITTED)
    return Stated(choose(value, *says, accepted=q.use.accepted), readings, offers, before)


def _ordinary(q: Question, layer: str) -> tuple[Value, list[Reading]]:
    """T3 to T6, with the reservations of exact copies that are bound to the work: they hold for every copy."""
    claims = [e for e in q.case.profile if e.layer == layer and e.is_ordinary]
    spread = [] if layer else work_bound(q)
    readings = [_reading(e, q) for e in effective(claims, q.act, q.use, q.catalog)]
    readings += [_reading(e, q, from_copy=True) for e in spread]
    if not hold_tags([*claims, *spread], q.catalog):
        return _merged(readings, q), readings
    apart = ways([*claims, *spread], q.act, q.use, q.catalog)
    taken = [_merged([_reading(e, q) for e in way], q) for way in apart]
    return choose(*taken, accepted=q.use.accepted), readings


def _reading(e: Evidence, q: Question, from_copy: bool = False) -> Reading:
    return Reading(e, *read(e, q.act, q.use, q.catalog), from_copy)


def _merged(readings: Iterable[Reading], q: Question) -> Value:
    """The statements of one row meet before: none of them takes the place of another, not even of one that is silent about
    the contents. With the rest they merge."""
    rest: list[Value] = []
    of_row: list[Value] = []
    for r in readings:
        (of_row if r.claim.is_of_row else rest).append(r.says)
    row = [meet(*of_row, accepted=q.use.accepted)] if of_row else []
    return merge(*rest, *row, accepted=q.use.accepted)


def _read_before(q: Question) -> list[Reading]:
    """What statements of the row that are not there any more say still: they only bound."""
    rule = "earlier-statement"
    return [Reading(e, goes_on(e, q.act, q.use, q.catalog), rule) for e in q.case.earlier if e.is_ordinary]


def against_bases(q: Question) -> list[Evidence]:
    """What may defeat a statutory basis: all that is stated here, what copies reserve of the work, and what was read before."""
    return [*q.case.profile, *work_bound(q), *q.case.earlier]


def work_bound(q: Question) -> list[Evidence]:
    """The reservations of exact copies that are bound to the work: they hold for every copy."""
    return [e for copy in q.case.copies for e in copy if e.reserves_the_work]
