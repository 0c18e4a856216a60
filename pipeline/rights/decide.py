"""The whole law in one pure function: what one record is permitted, and which evidence says so. Floor 0.

Read :func:`decide` first, then :func:`act_value`; both say in code what `RIGHTS` section 3 says in words:

    ordinary = merge of T3..T6                        a refusal holds, silence is neutral
    value    = choose(ordinary, T2 grants, T7 bases)  per layer; the ancestors of a source meet
    value    = contest(value, exact copies)           permissions never travel between copies
    value    = meet(value, BLOCKED) where a near copy was withdrawn
    refused where T0, T1 or a gate refuses

Nothing is permitted by default, and there is no way to skip a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from pipeline.rights.consent import GIVEN, TAKEDOWN, Standing, Term, ruling
from pipeline.rights.evidence import Evidence, Profile, evidence_id, rights_id
from pipeline.rights.expression import NothingStated, Unreadable, parse
from pipeline.rights.licenses import Catalog, expression_value, unreviewed
from pipeline.rights.reasons import Reason, first
from pipeline.rights.uses import Use, asks_for, covered, reaches, reaches_application, touches
from pipeline.rights.values import (
    BLOCKED,
    DENIED,
    SILENT,
    Alternative,
    Status,
    TooManyAlternatives,
    Value,
    choose,
    collapse,
    contest,
    meet,
    merge,
    prune,
    value,
)

STATUTES: Mapping[str, tuple[bool, bool]] = {
    "EU-DSM-3": (False, True),
    "EU-DSM-4": (True, False),
    "JP-30-4": (False, False),
    "SG-244": (False, False),
    "UK-29A": (False, True),
    "US-107": (False, False),
}
"""Statutory bases: (defeated by any reservation of a requested act, needs an actor named). Never inferred; a basis that
is not listed is none. Directive 2019/790, Articles 3 and 4(3); the rest as the operator's policy declares it."""

PII_STATES = frozenset({"none_found", "found", "redacted"})
"""The states of a text that has been scanned for personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that can change the decision on a record; many records share one case.

    ``copies`` are the profiles of its exact copies (its own left out). ``standings`` are the consent histories that
    match the record, ``copy_standings`` those that match an exact copy: their refusals spread, their grants do not.
    """

    profile: Profile
    standings: frozenset[Standing] = frozenset()
    copies: frozenset[Profile] = frozenset()
    copy_standings: frozenset[Standing] = frozenset()
    personal_data: str | None = None
    legal_basis: str | None = None
    pii_state: str | None = None
    own_copies: bool = False
    near_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one case and use. ``needs`` are obligations that, if accepted as well, would make it a permit.

    ``by_act`` has each leaf's own status; the whole is the worst of them. ``valid_until`` is the first instant after
    ``as_of`` at which a dated claim begins or ends, None when nothing is dated.
    """

    status: Status
    obligations: frozenset[str]
    reasons: tuple[Reason, ...]
    by_act: tuple[tuple[str, Status], ...]
    needs: frozenset[str] | None
    valid_until: datetime | None

    @property
    def permits(self) -> bool:
        """True only for an outright permission of every act asked."""
        return self.status is Status.PERMIT

    @property
    def reason(self) -> Reason:
        """The first reason."""
        return self.reasons[0]


def decide(case: Case, use: Use, catalog: Catalog) -> Decision:
    """Decide each leaf act of a use on its own, then meet them."""
    leaves = [_leaf(case, act, use, catalog) for act in use.acts]
    worst = min(leaf.status for leaf in leaves)
    needs = None if worst is Status.PERMIT else _union_or_none(leaf.needs for leaf in leaves)
    return Decision(
        status=worst,
        obligations=frozenset[str]().union(*(leaf.obligations for leaf in leaves))
        if worst is Status.PERMIT
        else frozenset(),
        reasons=first(r for leaf in leaves for r in leaf.reasons if leaf.status.word == worst.word),
        by_act=tuple((act, leaf.status) for act, leaf in zip(use.acts, leaves, strict=True)),
        needs=needs,
        valid_until=_next_change(case, use.as_of),
    )


def act_value(case: Case, act: str, use: Use, catalog: Catalog) -> Value:
    """The value of one act before T0, T1 and the gates, which only refuse."""
    of = _stated_value(case, act, use, catalog)
    if not (case.own_copies or _speaks_as_publisher(case.profile, use)):
        of = _or_blocked(lambda: contest(of, _contrary(case, act, use, catalog)))
    if any(found == "newer" for found, _ in _rulings(case, act, use, catalog)):
        of = meet(of, BLOCKED)
    return meet(of, BLOCKED) if case.near_withdrawn else of


def refusals(case: Case, act: str, use: Use, catalog: Catalog) -> Iterator[Reason]:
    """What T0, T1 and the gates refuse. Refusals of exact copies hold here as well."""
    words = catalog.vocabulary
    rulings = _rulings(case, act, use, catalog)
    for found, from_copy in rulings:
        if found == TAKEDOWN:
            yield Reason("takedown", act, 0, from_copy=from_copy)
        elif found not in ("", "grant", "unnamed", "newer"):
            yield Reason(_RULING.get(found, "withdrawn"), act, 1, from_copy=from_copy)
    consented = any(found == "grant" and not from_copy for found, from_copy in rulings)
    for evidence, from_copy in _spreading(case):
        if evidence.kind == "reservation" and _reserves(evidence, act, use, catalog):
            yield Reason("reserved", act, evidence.tier, evidence=evidence_id(evidence), from_copy=from_copy)
        elif evidence.kind == "gate" and (from_copy or evidence.statement != "personal_data" or not consented):
            slug = "no-legal-basis" if evidence.statement == "personal_data" else "unlawful"
            yield Reason(slug, act, evidence.tier, evidence=evidence_id(evidence), from_copy=from_copy)
    holds_persons = case.personal_data not in ("no", "unknown")
    if holds_persons and not case.legal_basis and not consented:
        yield Reason("no-legal-basis", act, 1)
    if holds_persons and case.pii_state not in PII_STATES:
        yield Reason("not-scanned", act, 1)
    if (
        use.application is not None
        and words.is_sensitive(use.application)
        and case.personal_data != "no"
        and not consented
    ):
        yield Reason("sensitive-application", act, 1, detail=use.application)


def read(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> tuple[Value, str]:
    """What one claim of T3..T6 says of one act, and the reason slug for it."""
    if evidence.kind == "reservation":
        if not _reserves(evidence, act, use, catalog):
            return SILENT, "nothing-stated"
        if evidence.statement == "conditional":
            return (value(Status.SILENT, evidence.obligations) if evidence.obligations else BLOCKED), "conditional"
        return DENIED, "reserved"
    if evidence.statement == "not_known":
        return BLOCKED, "ancestor-unknown"
    try:
        expression = parse(evidence.expression, catalog.names) if evidence.statement in LICENSE_STATEMENTS else None
    except (Unreadable, NothingStated):
        expression = None
    if expression is None:
        return BLOCKED, "license-unreadable"
    says = expression_value(expression, act, use, catalog)
    limit = _limited_by(evidence, act, use, catalog)
    if limit:
        return _without_permission(says), limit
    status = max(a.status for a in says)
    if status is Status.BLOCKED:
        return says, "license-unreviewed" if unreviewed(expression, catalog) else "license-unclear"
    return says, {Status.SILENT: "contents-not-licensed", Status.DENY: "license-denies"}.get(status, "license")


def consents(profile: Profile, use: Use) -> Iterator[Standing]:
    """The consents that a source card states, as one history. One that is not in force here is a ceiling that covers nothing."""
    given = [e for e in profile if e.kind == "consent"]
    if given:
        yield tuple(
            Term(GIVEN, e.acts, e.purposes, e.applications, e.stated_on, e.valid_until)
            if _begun(e, use) and covered(e.actors, use.actor) and reaches(e.jurisdictions, use.jurisdictions)
            else Term(GIVEN, acts=frozenset({"none"}))
            for e in sorted(given, key=lambda e: (e.stated_on or date.min, evidence_id(e)))
        )


LICENSE_STATEMENTS = ("license", "compilation")
_RULING = {
    "withdrawal": "withdrawn",
    "refusal": "consent-refused",
    "expiry": "consent-expired",
    "outside": "outside-consent",
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    status: Status
    obligations: frozenset[str]
    reasons: tuple[Reason, ...]
    needs: frozenset[str] | None


def _leaf(case: Case, act: str, use: Use, catalog: Catalog) -> _Leaf:
    refused = first(refusals(case, act, use, catalog))
    of = act_value(case, act, use, catalog)
    status, obligations = collapse(of, use.accepted)
    if refused:
        return _Leaf(Status.DENY, frozenset(), refused, None)
    if status is Status.PERMIT:
        return _Leaf(status, obligations, first(_why(case, act, use, catalog, status, of)), frozenset())
    offers = [a.obligations - use.accepted for a in of if a.status is Status.PERMIT and a.outbound != frozenset()]
    needs = min(offers, key=lambda o: (len(o), sorted(o)), default=None)
    return _Leaf(status, frozenset(), first(_why(case, act, use, catalog, status, of, needs)), needs)


def _stated_value(case: Case, act: str, use: Use, catalog: Catalog) -> Value:
    """The meet over the record's own source and the ancestors that it came through, exact copies left aside."""
    layers = sorted({"", *(e.layer for e in case.profile)})
    return _or_blocked(lambda: meet(*(_layer_value(case, layer, act, use, catalog) for layer in layers)))


def _layer_value(case: Case, layer: str, act: str, use: Use, catalog: Catalog) -> Value:
    claims = [e for e in case.profile if e.layer == layer]
    spread = [] if layer else [e for copy in case.copies for e in copy if e.tier == 3 and e.kind == "reservation"]
    ordinary = _or_blocked(
        lambda: merge(*(read(e, act, use, catalog)[0] for e in (*claims, *spread) if 3 <= e.tier <= 6))
    )
    offers = [_contract(e, act, use, catalog) for e in claims if e.statement == "contract"]
    offers += [_statute(e, (*claims, *spread), act, use, catalog) for e in claims if e.statement == "statute"]
    if not layer and any(found == "grant" and not copy for found, copy in _rulings(case, act, use, catalog)):
        offers.append(value(Status.PERMIT))
    return _or_blocked(lambda: choose(ordinary, *(o for o in offers if o is not None)))


def _or_blocked(of: Callable[[], Value]) -> Value:
    """The value, or BLOCKED where it has too many alternatives to be read."""
    try:
        return of()
    except TooManyAlternatives:
        return BLOCKED


def _rulings(case: Case, act: str, use: Use, catalog: Catalog) -> list[tuple[str, bool]]:
    """What each consent history says of the act, and whether it reaches the record through an exact copy only."""
    own = [*case.standings, *consents(case.profile, use)]
    spread = [*case.copy_standings, *(s for copy in case.copies for s in consents(copy, use))]
    words = catalog.vocabulary
    return [(ruling(h, act, use, words), False) for h in own] + [(ruling(h, act, use, words), True) for h in spread]


def _limited_by(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> str:
    """Why a claim that grants does not grant this: a reason slug, or nothing where it does."""
    if evidence.valid_until is not None and evidence.valid_until <= use.as_of:
        return "license-expired"
    if not _begun(evidence, use):
        return "not-yet-valid"
    if not reaches(evidence.jurisdictions, use.jurisdictions):
        return "territory"
    in_scope = (
        (not evidence.acts or covered(evidence.acts, act))
        and (not evidence.purposes or covered(evidence.purposes, use.purpose))
        and covered(evidence.actors, use.actor)
        and reaches_application(evidence.applications, use, catalog.vocabulary)
    )
    if not in_scope and (
        evidence.acts or evidence.purposes or evidence.applications or evidence.actors != frozenset({"*"})
    ):
        return "outside-statement"
    if evidence.statement == "compilation":
        return "compilation-only"
    return "inferred-only" if evidence.tier == 6 else ""


def _contract(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> Value | None:
    """A T2 grant in scope, or None: outside its scope or period it is absent."""
    covers_act = act in evidence.acts or (
        covered(evidence.acts, act)
        and evidence.stated_on is not None
        and catalog.vocabulary.acts[act].known_from <= evidence.stated_on
    )
    in_scope = covers_act and _in_force(evidence, use) and covered(evidence.purposes, use.purpose)
    reached = reaches_application(evidence.applications, use, catalog.vocabulary)
    return value(Status.PERMIT, evidence.obligations) if in_scope and reached else None


def _statute(evidence: Evidence, claims: Iterable[Evidence], act: str, use: Use, catalog: Catalog) -> Value | None:
    """A T7 basis that applies and that nothing defeats, or None."""
    if evidence.basis not in STATUTES:
        return None
    defeated, needs_actor = STATUTES[evidence.basis]
    in_scope = _in_force(evidence, use) and covered(evidence.acts, act) and covered(evidence.purposes, use.purpose)
    if not in_scope or not reaches_application(evidence.applications, use, catalog.vocabulary):
        return None
    if needs_actor and ("*" in evidence.actors or use.actor not in evidence.actors):
        return None
    if defeated and any(
        e.kind == "reservation" and any(_reserves(e, a, use, catalog) for a in use.acts) for e in claims
    ):
        return None
    return value(Status.PERMIT, evidence.obligations)


def _begun(evidence: Evidence, use: Use) -> bool:
    """True when a grant had been given and had begun: grants count from the later of the two."""
    stated = evidence.stated_on is None or evidence.stated_on <= use.as_of.date()
    return stated and (evidence.valid_from is None or evidence.valid_from <= use.as_of)


def _in_force(evidence: Evidence, use: Use) -> bool:
    return (
        _begun(evidence, use)
        and (evidence.valid_until is None or evidence.valid_until > use.as_of)
        and covered(evidence.actors, use.actor)
        and reaches(evidence.jurisdictions, use.jurisdictions)
    )


def _reserves(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> bool:
    """True when a reservation covers any part of what is asked; what it does not name it covers.

    It counts from the moment it is on record, also when it is to begin later.
    """
    return (
        (evidence.valid_until is None or evidence.valid_until > use.as_of)
        and (not evidence.acts or covered(evidence.acts, act))
        and (not evidence.purposes or covered(evidence.purposes, use.purpose))
        and (not evidence.applications or any(asks_for(use, a, catalog.vocabulary) for a in evidence.applications))
        and touches(evidence.jurisdictions, use.jurisdictions)
    )


def _spreading(case: Case) -> Iterator[tuple[Evidence, bool]]:
    """T0, T1 and T2 refusals of the record, and the T0 and T1 refusals of its exact copies."""
    for e in case.profile:
        if e.kind == "gate" or (e.kind == "reservation" and e.tier <= 2):
            yield e, False
    for copy in case.copies:
        for e in copy:
            if e.kind == "gate" or (e.kind == "reservation" and e.tier <= 1):
                yield e, True


def _speaks_as_publisher(profile: Profile, use: Use) -> bool:
    """True when the source of the record is the publisher of the work: exact copies elsewhere do not contest it."""
    claims = [e for e in profile if e.statement in ("license", "unreadable") and e.tier in (3, 5) and not e.layer]
    return bool(claims) and all(e.authority == "publisher" and _in_force(e, use) for e in claims)


def _contrary(case: Case, act: str, use: Use, catalog: Catalog) -> Iterator[Value]:
    """What the explicit licences (T3, T5) of exact copies say; a silent or unreadable copy contests nothing."""
    for copy in sorted(case.copies, key=rights_id):
        stated = [e for e in copy if e.statement == "license" and e.tier in (3, 5) and not e.layer]
        in_force = [e for e in stated if e.valid_until is None or e.valid_until > use.as_of]
        says = merge(*(read(e, act, use, catalog)[0] for e in in_force))
        if any(a.status is not Status.SILENT for a in says):
            yield says


def _without_permission(of: Value) -> Value:
    """A grant that does not reach what is asked: silence, with the obligations that it would bring all the same."""
    return prune(Alternative(min(a.status, Status.SILENT), a.obligations, a.outbound) for a in of)


def _why(
    case: Case, act: str, use: Use, catalog: Catalog, status: Status, of: Value, needs: frozenset[str] | None = None
) -> tuple[Reason, ...]:
    """The reasons of a leaf that T0, T1 and the gates left alone."""
    found = tuple(_because(case, act, use, catalog, status, of, needs))
    return found or (Reason("nothing-stated", act, 8),)


def _because(
    case: Case, act: str, use: Use, catalog: Catalog, status: Status, of: Value, needs: frozenset[str] | None
) -> Iterator[Reason]:
    rulings = {found for found, from_copy in _rulings(case, act, use, catalog) if not from_copy}
    if status is Status.PERMIT and "grant" in rulings:
        yield Reason("consent", act, 2)
    if status is Status.DENY and needs:
        yield Reason("obligation", act, 5, detail=", ".join(sorted(needs)))
    if status is Status.DENY and any(a.outbound == frozenset() for a in of):
        yield Reason("outbound-clash", act, 5)
    if status.word == "unknown":
        if case.near_withdrawn:
            yield Reason("near-copy-withdrawn", act, 1)
        if "newer" in rulings:
            yield Reason("newer-than-grant", act, 2)
        if case.copies and collapse(_stated_value(case, act, use, catalog), use.accepted)[0] is Status.PERMIT:
            yield Reason("contested-copy", act, 5)
    for e in case.profile:
        yield from _claim_reason(e, case, act, use, catalog, status)


def _claim_reason(e: Evidence, case: Case, act: str, use: Use, catalog: Catalog, status: Status) -> Iterator[Reason]:
    """The reason that one claim gives for a status, if it gives one."""
    identity = evidence_id(e)
    if e.statement in ("contract", "statute"):
        offered = _contract(e, act, use, catalog) if e.tier == 2 else _statute(e, case.profile, act, use, catalog)
        if offered is not None and status is Status.PERMIT:
            yield Reason(e.statement, act, e.tier, detail=e.basis, evidence=identity)
    elif 3 <= e.tier <= 6:
        says, slug = read(e, act, use, catalog)
        own, _ = collapse(says, use.accepted)
        only_obligations = status is Status.DENY and any(a.status is Status.PERMIT for a in says)
        if slug != "nothing-stated" and own.word == status.word and not only_obligations:
            yield Reason(slug, act, e.tier, detail=e.expression or e.basis, evidence=identity, layer=e.layer)


def _next_change(case: Case, as_of: datetime) -> datetime | None:
    """The first instant after ``as_of`` at which a dated claim begins or ends, of the record or of an exact copy."""
    claims = [e for profile in (case.profile, *case.copies) for e in profile]
    dated = [t for e in claims for t in (e.valid_from, e.valid_until)]
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
