"""Why a decision is what it is: the reasons, from the steps by which it was made, when somebody asks. Floor 1: pure. Law 1.7.

No claim is read a second time and no rule is asked again whether it permits: what is explained is what was decided. Only what
did not hold (a contract about something else, a basis for which nobody looked) is looked up here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rightful.rights.bases import nobody_looked
from rightful.rights.because import Reason, first
from rightful.rights.case import Question
from rightful.rights.claims import contract, lacks, unfinished
from rightful.rights.consent import Ruling
from rightful.rights.evidence import evidence_id
from rightful.rights.offers import Stated, against_bases
from rightful.rights.statements import Contracted, Declared, Permitted
from rightful.rights.undertakings import REDACTION, obligation_of, redacted, shown
from rightful.rights.values import Status, Value, collapse, needed


class Steps(NamedTuple):
    """How one act was decided: what is stated, what each ceiling that applied left of it, and what came of that."""

    stated: Stated
    lowered: dict[str, Value]
    left: Value
    status: Status
    obligations: frozenset[str]


_BY_CEILING = {"near-copy-withdrawn": 1, "near-copy-contested": 5, "newer-than-grant": 2, "contested-copy": 5}
"""The ceilings that give a reason of their own, with the tier that it rests on."""
_NEAR = ("near-copy-withdrawn", "near-copy-contested")
_HOLDERS = {
    Ruling.INCOMPLETE: "permission-incomplete",
    Ruling.WITHDRAWN: "permission-withdrawn",
    Ruling.NEWER: "newer-than-grant",
}
"""Why what was given as rights holder permits nothing."""


def because(q: Question, steps: Steps) -> tuple[Reason, ...]:
    """The reasons of an act that nothing refused outright."""
    if steps.status is Status.PERMIT:
        return first(_permitting(q, steps)) or (Reason("nothing-stated", q.act, 8),)
    by_itself = collapse(steps.stated.value, q.use.accepted)[0]
    reasons = [*_lowering(q, steps, by_itself), *_owing(q, steps)]
    if reasons and by_itself is Status.PERMIT and steps.status.word == "unknown":
        return first(reasons)  # what is stated permits; what left it open is named above
    reasons += [Reason(slug, q.act, 2) for ruled, slug in _HOLDERS.items() if ruled in q.rulings.holders]
    reasons += _stating(q, steps)
    reasons += _not_granting(q, steps.status)
    if all(r.waits or r.slug in _NEAR for r in reasons) and steps.status is Status.DENY:
        # Nothing refuses by itself: what is left is open at best, and on obligations that were not accepted.
        open_on = (sorted(a.obligations - q.use.accepted) for a in steps.left if a.status is not Status.DENY)
        reasons += _lacking(q.act, min(open_on, default=[]))
    if not any(r.slug not in _NEAR for r in reasons):
        reasons.append(Reason("nothing-stated", q.act, 8))
    return first(reasons)


def _permitting(q: Question, steps: Steps) -> Iterator[Reason]:
    """The consents, and every reading that permits: one would have been enough."""
    if any(ruled is Ruling.GRANT for ruled, whose in q.rulings.persons if not whose):
        yield Reason("consent", q.act, 1)
    if Ruling.GRANT in q.rulings.holders:
        yield Reason("permission", q.act, 2)
    for claim, _, rule, _ in steps.stated.offers:
        yield Reason(rule, q.act, claim.tier, claim.basis or claim.party, evidence_id(claim))
    yield from _stating(q, steps)


def _lowering(q: Question, steps: Steps, by_itself: Status) -> Iterator[Reason]:
    """The ceilings that lowered what is stated."""
    for slug, left in steps.lowered.items():
        # Where nothing is permitted beside the near copy, a review of it is asked for in vain.
        waits = slug in _NEAR and by_itself is not Status.PERMIT
        changed = slug != "contested-copy" or _answer(left, q) != _answer(steps.stated.value, q)
        if slug in _BY_CEILING and changed:
            yield Reason(slug, q.act, _BY_CEILING[slug], waits=waits)


def _answer(of: Value, q: Question) -> tuple[Status, Status]:
    """What a value comes to, whatever is accepted and as it is."""
    return max(a.status for a in of), collapse(of, q.use.accepted)[0]


def _owing(q: Question, steps: Steps) -> Iterator[Reason]:
    """What would have to be accepted as well, and a clash of the licences under which the result may go out."""
    if steps.status is Status.DENY:
        yield from _lacking(q.act, needed(steps.left, q.use.accepted) or ())
        if any(a.outbound == frozenset() for a in steps.left):
            yield Reason("outbound-clash", q.act, 5)


def _stating(q: Question, steps: Steps) -> Iterator[Reason]:
    """The ordinary readings that say by themselves what was decided."""
    if steps.status is not Status.PERMIT:
        for claim, says, rule, _ in steps.stated.earlier:
            alone = collapse(says, q.use.accepted)[0]
            if alone.word == steps.status.word and alone is not Status.SILENT:
                yield Reason(rule, q.act, claim.tier, claim.expression or claim.basis, evidence_id(claim))
    for claim, says, rule, from_copy in steps.stated.ordinary:
        alone = collapse(says, q.use.accepted)[0]
        only_obligations = steps.status is Status.DENY and any(a.status is Status.PERMIT for a in says)
        if rule != "nothing-stated" and alone.word == steps.status.word and not only_obligations:
            detail = claim.expression or claim.basis
            yield Reason(rule, q.act, claim.tier, detail, evidence_id(claim), claim.layer, from_copy)


def _not_granting(q: Question, status: Status) -> Iterator[Reason]:
    """Grants beside what is stated that do not hold: about something else, not whole, or where nobody looked."""
    for e in q.case.profile:
        identity = evidence_id(e)
        match e.states:
            case Permitted() if lacks(e):
                missing = unfinished(e, q.act, q.use, q.catalog)
                if missing and Ruling.WITHDRAWN not in q.rulings.holders:
                    detail = "without " + ", ".join(missing)
                    yield Reason("permission-incomplete", q.act, e.tier, detail, identity, e.layer)
            case Contracted() | Permitted():
                if contract(e, q.act, q.use, q.catalog) is None:
                    yield Reason("outside-grant", q.act, e.tier, e.party, identity, e.layer, waits=True)
            case Declared():
                unseen = nobody_looked(e, against_bases(q), q.act, q.use, q.catalog, q.case.address)
                if unseen:
                    detail = ", ".join(f"{protocol} {why}" for protocol, why in unseen.items())
                    yield Reason("not-observed", q.act, e.tier, detail, identity, waits=status is Status.DENY)


def _lacking(act: str, needs: Iterable[str]) -> Iterator[Reason]:
    """Obligations that were not accepted; what has to be taken out of the text is a reason of its own."""
    listed = sorted(needs)
    types, owed = redacted(listed), [o for o in listed if obligation_of(o) != REDACTION]
    if owed:
        yield Reason("obligation", act, 5, detail=", ".join(map(shown, owed)))
    if types:
        yield Reason("personal-data-found", act, 5, detail=", ".join(types))
