"""The law in one pure function: what one record is permitted, and why. Floor 1. Law 3.7.

Each act is decided on its own, and the worst of them decides. For one act, in this order:

    forbids     any rule of ``forbids.FORBIDS`` refuses: T0, T1, parties of contracts, gates, a source that ended. A refusal wins
    offers      what each source states: its ordinary statements (T3 to T6) merged, or, if better, a grant of ``offers.OFFERS`` (T2, T7)
    layers      a source and the ancestors that it came through meet: all of them have to permit
    ceilings    ``ceilings.CEILINGS`` lower what is left: exact copies, near copies, newer acts, personal data that was found
    chains      the rows and sources that the record came through meet with it
    collapse    the best alternative of which every obligation is accepted. Permitted by nothing is not permitted

Nothing is permitted by default, and there is no way to skip a line. How one claim is read: ``claims``. The reasons are made
from the steps when somebody asks for them: ``why``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from functools import cached_property, partial

from rightful.rights.because import Reason, first
from rightful.rights.case import Case, Question, ask
from rightful.rights.ceilings import CEILINGS
from rightful.rights.evidence import rights_id
from rightful.rights.forbids import refusals, source_refusals
from rightful.rights.licenses import Catalog
from rightful.rights.offers import stated
from rightful.rights.uses import Use
from rightful.rights.values import BLOCKED, DENIED, Status, Value, collapse, meet, needed
from rightful.rights.why import Steps, because

__all__ = ["Case", "Decision", "act_value", "decide", "permits"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One act as it was decided. ``why`` gives its reasons, from the steps that led here."""

    status: Status
    obligations: frozenset[str]
    value: Value
    why: Callable[[], Iterable[Reason]]


@dataclass(frozen=True, eq=False)
class Decision:
    """The answer for one case and use. ``needs`` are obligations that, if accepted as well, would make it a permit.

    ``by_act`` has each leaf's own status; the whole is the worst of them. ``valid_until`` is the first instant after
    ``as_of`` at which a dated claim begins or ends, None when nothing is dated. ``reasons`` are made when they are read.
    """

    status: Status
    obligations: frozenset[str]
    by_act: tuple[tuple[str, Status], ...]
    needs: frozenset[str] | None
    valid_until: datetime | None
    leaves: tuple[Leaf, ...] = field(repr=False)

    @property
    def permits(self) -> bool:
        """True only for an outright permission of every act asked."""
        return self.status is Status.PERMIT

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, of those acts that are as the whole is: the first reason first."""
        return first(r for leaf in self.leaves if leaf.status.word == self.status.word for r in leaf.why())

    @property
    def reason(self) -> Reason:
        """The first reason."""
        return self.reasons[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and self._answer == other._answer

    def __hash__(self) -> int:
        return hash(self._answer)

    @property
    def _answer(self) -> tuple[object, ...]:
        return self.status, self.obligations, self.reasons, self.by_act, self.needs, self.valid_until


def decide(case: Case, use: Use, catalog: Catalog) -> Decision:
    """Decide each leaf act of a use on its own, then meet them."""
    leaves = tuple(_leaf(case, act, use, catalog) for act in use.acts)
    worst = min(leaf.status for leaf in leaves)
    permits = worst is Status.PERMIT
    return Decision(
        status=worst,
        obligations=frozenset[str]().union(*(leaf.obligations for leaf in leaves)) if permits else frozenset(),
        by_act=tuple((act, leaf.status) for act, leaf in zip(use.acts, leaves, strict=True)),
        needs=None if permits else _union_or_none(needed(leaf.value, use.accepted) for leaf in leaves),
        valid_until=_next_change(case, use.as_of),
        leaves=leaves,
    )


def permits(case: Case, use: Use, catalog: Catalog) -> bool:
    """True where :func:`decide` permits: the same steps, as far as the first act that is not permitted."""
    return all(_leaf(case, act, use, catalog).status is Status.PERMIT for act in use.acts)


def act_value(case: Case, act: str, use: Use, catalog: Catalog) -> Value:
    """The value of one act before T0, T1 and the gates, which only refuse."""
    return _steps(ask(case, act, use, catalog)).left


def _leaf(case: Case, act: str, use: Use, catalog: Catalog) -> Leaf:
    """What a record is permitted: the meet of its own value with those of the rows and sources that it came through."""
    q = ask(case, act, use, catalog)
    own = _own_leaf(q)
    if case.came_alone:
        return own
    leaves = [own, *(_own_leaf(ask(row, act, use, catalog), row.way) for row in sorted(case.through, key=_row_order))]
    if next(source_refusals(q), None) is not None:
        leaves.append(Leaf(Status.DENY, frozenset(), DENIED, partial(source_refusals, q)))
    values = [leaf.value for leaf in leaves] + ([BLOCKED] if case.lost_event else [])
    of = meet(*values, accepted=use.accepted)
    status, obligations = collapse(of, use.accepted)
    return Leaf(status, obligations, of, partial(_why_through, q, leaves, status, of))


def _own_leaf(q: Question, way: str = "") -> Leaf:
    """One record by itself; of the row of an ancestor the reasons name the way to it."""
    if next(refusals(q), None) is not None:
        return Leaf(Status.DENY, frozenset(), DENIED, partial(_through, way, partial(refusals, q)))
    steps = _steps(q)
    why = partial(_through, way, partial(because, q, steps))
    return Leaf(steps.status, steps.obligations, steps.left, why)


def _steps(q: Question) -> Steps:
    """From what is stated, down the ceilings, to what is left."""
    states = stated(q)
    left, lowered = states.value, {}
    for slug, ceiling in CEILINGS:
        lower = ceiling(q, left)
        if lower is not None:
            left = lowered[slug] = lower
    return Steps(states, lowered, left, *collapse(left, q.use.accepted))


def _row_order(row: Case) -> tuple[str, str]:
    return row.way, rights_id(row.profile)


def _through(way: str, why: Callable[[], Iterable[Reason]]) -> Iterable[Reason]:
    """Reasons of a row, by the way to it."""
    reasons = first(why())
    return [replace(r, layer=f"{way} > {r.layer}" if r.layer else way) for r in reasons] if way else reasons


def _why_through(q: Question, leaves: list[Leaf], status: Status, of: Value) -> tuple[Reason, ...]:
    """The reasons of the record and of what it came through, where they say what was decided."""
    case, reasons = q.case, [r for leaf in leaves if leaf.status.word == status.word for r in leaf.why()]
    if status is not Status.PERMIT:
        reasons += [
            Reason("ancestor-row-unknown", q.act, 5, layer=way, waits=not case.lost_event) for way in case.unmatched
        ]
    if all(r.waits for r in reasons) and status is Status.DENY:
        slug = "outbound-clash" if any(a.outbound == frozenset() for a in of) else "obligation"
        reasons.append(Reason(slug, q.act, 5, detail=", ".join(sorted(needed(of, q.use.accepted) or ()))))
    return first(reasons) or tuple(leaves[0].why())


def _next_change(case: Case, as_of: datetime) -> datetime | None:
    """The first instant after ``as_of`` at which a dated claim begins or ends, of the record or of an exact copy."""
    claims = [e for profile in (case.profile, case.earlier, *case.copies, *case.near) for e in profile]
    # When an observation is made or grows too old matters to a statutory basis only.
    relied = any(e.statement == "statute" for e in case.profile)
    claims = [e for e in claims if relied or e.kind != "observation"]
    dated = [t for e in claims for t in (e.valid_from, e.valid_until)]
    dated += [_next_change(row, as_of) for row in case.through]
    dated += [case.term.retain_until]
    dated += [term.valid_until for _, history in case.sources for term in history]
    dated += [term.valid_until for history in (*case.standings, *case.copy_standings) for term in history]
    dated += [datetime.combine(e.stated_on, time(), UTC) for e in claims if e.stated_on is not None]
    return min((t for t in dated if t is not None and t > as_of), default=None)


def _union_or_none(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    total: frozenset[str] = frozenset()
    for s in sets:
        if s is None:
            return None
        total |= s
    return total
