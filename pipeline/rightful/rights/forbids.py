"""What refuses an act, whatever else is stated: tiers T0 and T1, parties of contracts, gates, a source that ended. Floor 1.
Law 4.5, 7, 8, 9.3, 14.7 and 15.4.

Each rule yields a reason for everything in it that refuses; one reason is enough. None of them ever grants anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rightful.rights import persons
from rightful.rights.because import Reason
from rightful.rights.case import COPY, Question
from rightful.rights.claims import reserves
from rightful.rights.consent import Ruling, ruling
from rightful.rights.evidence import Evidence, evidence_id
from rightful.rights.statements import Gated

Forbid = Callable[[Question], Iterator[Reason]]


def consents_refuse(q: Question) -> Iterator[Reason]:
    """What the persons refused, of the record or of an exact copy: withdrawn, refused, expired, outside what they gave."""
    for ruled, whose in q.rulings.persons:
        if ruled.refuses:
            yield _ruled(ruled, q.act, "" if whose == COPY else whose, from_copy=whose == COPY)


def orders_and_parties_refuse(q: Question) -> Iterator[Reason]:
    """Explicit refusals: of orders and persons (T0, T1), here or at an exact copy, and of the parties of contracts (T2)."""
    for evidence, from_copy in _spreading(q):
        if not evidence.is_gate and reserves(evidence, q.act, q.use, q.catalog):
            slug = _PERSON.get(evidence.basis, "reserved")
            detail = evidence.basis if slug == "reserved" else ""
            yield Reason(slug, q.act, evidence.tier, detail, evidence_id(evidence), evidence.layer, from_copy)


def gates_are_shut(q: Question) -> Iterator[Reason]:
    """Gates of the record and of exact copies: illegal content, damaged evidence, personal data without a basis."""
    for evidence, from_copy in _spreading(q):
        match evidence.states:
            case Gated(gate) if from_copy or not _lifted(evidence, q):
                yield Reason(_GATE[gate], q.act, evidence.tier, evidence=evidence_id(evidence), from_copy=from_copy)


def persons_are_not_asked(q: Question) -> Iterator[Reason]:
    """Personal data without a legal basis, consent or scan, and sensitive applications that no person named."""
    return persons.refusals(q.persons, q.act, q.use, q.catalog.vocabulary)


def source_has_ended(q: Question) -> Iterator[Reason]:
    """The source of the record was retired, or the time is over for which its records are kept; copies have their own."""
    term = q.case.term
    if term.retired:
        yield Reason("source-retired", q.act, 1)
    if term.retain_until is not None and q.use.as_of >= term.retain_until:
        yield Reason("retention-ended", q.act, 1, detail=f"{term.retain_until:%Y-%m-%dT%H:%MZ}")


FORBIDS: tuple[Forbid, ...] = (
    consents_refuse,
    orders_and_parties_refuse,
    gates_are_shut,
    persons_are_not_asked,
    source_has_ended,
)
"""The rules that refuse. The order says only what is looked at first: all reasons are given."""


def refusals(q: Question) -> Iterator[Reason]:
    """Every reason for which the act is refused; none, where nothing refuses it."""
    for rule in FORBIDS:
        yield from rule(q)


def source_refusals(q: Question) -> Iterator[Reason]:
    """What was withdrawn or refused of an ancestor as a source; nothing that was granted of it grants here."""
    for way, history in q.case.sources:
        ruled = ruling(history, q.act, q.use, q.catalog.vocabulary)
        if ruled.refuses:
            yield _ruled(ruled, q.act, way)


_PERSON = {"withdrawn": "withdrawn", "refused": "consent-refused", "expired": "consent-expired"}
_GATE = {
    "personal_data": "no-legal-basis",
    "person_unreadable": "person-unreadable",
    "unlawful": "unlawful",
    "evidence_missing": "evidence-missing",
}


def _ruled(ruled: Ruling, act: str, layer: str, from_copy: bool = False) -> Reason:
    return Reason(ruled.rule, act, 0 if ruled is Ruling.TAKEDOWN else 1, layer=layer, from_copy=from_copy)


def _spreading(q: Question) -> Iterator[tuple[Evidence, bool]]:
    """Gates and explicit refusals of the record (T0, T1, T2), and those of exact copies that spread (T0, T1)."""
    for e in q.case.profile:
        if e.is_gate or e.refuses_explicitly:
            yield e, False
    for copy in q.case.copies:
        for e in copy:
            if e.is_gate or e.spreads:
                yield e, True


def _lifted(gate: Evidence, q: Question) -> bool:
    """True for the gate of personal data where the persons of the record, or of the source that has it, consented."""
    consents = (whose for ruled, whose in q.rulings.persons if ruled is Ruling.GRANT)
    return gate.states == Gated("personal_data") and any(whose in ("", gate.layer) for whose in consents)
