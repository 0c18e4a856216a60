"""The one set of strategies that the laws share. What is drawn is weighted towards permissions: a law that never meets
a permission proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st

from rightful.rights.bases import PROTOCOLS, RESULTS
from rightful.rights.consent import (
    AS_SUBJECT,
    CAPACITIES,
    EXPIRED,
    GIVEN,
    REFUSED,
    TAKEDOWN,
    WITHDRAWN,
    ConsentEvent,
    standing,
)
from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.sources import SourceTerm
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES, Use
from rightful.rights.values import Alternative, Status, Value, prune
from tests.laws.words import (
    ACTS,
    BY,
    COPYLEFT,
    DB,
    EVERYTHING,
    FAMILIES,
    FREE,
    INSTANTS,
    LICENSES,
    LOOKED,
    NC,
    ND,
    NOTICE,
    NOW,
    PARTIES,
    PLAIN,
    SA,
    SENSITIVE,
    UNREGISTERED,
    UNREVIEWED,
    US,
    gate,
    licensed,
    looked,
    unreadable,
)

# --- values ------------------------------------------------------------------------------------------------------


def _some(names: Iterable[str], most: int | None = None) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(names)), max_size=most)


def _mostly(plain: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(plain), st.just(plain), st.just(plain), other)


_NONE: frozenset[str] = frozenset()
_EVERY = frozenset(["*"])

statuses = st.sampled_from(Status)
obligation_sets = _some(["attribution.record", "notice.licence", "share_alike"])
outbounds = st.none() | _some([SA, COPYLEFT, FREE])
alternatives = st.builds(Alternative, statuses, obligation_sets, outbounds)
values: st.SearchStrategy[Value] = st.frozensets(alternatives, min_size=1, max_size=3).map(prune)
acceptances = st.sampled_from([frozenset(), frozenset(["attribution.record"]), EVERYTHING]) | _some(EVERYTHING)

# --- uses --------------------------------------------------------------------------------------------------------

acts = st.sampled_from(ACTS) | st.sampled_from(["train.pretrain", "share.adapted"])
leaves_and_parents = acts | st.sampled_from(["train", "share"])
purposes = _mostly("commercial", st.sampled_from(PURPOSES))
applications = st.sampled_from([None, None, None, *PLAIN, *SENSITIVE, UNREGISTERED, "biometric"])
territories = st.just(_EVERY) | st.frozensets(st.sampled_from(["US", "DE"]), min_size=1)
instants = st.sampled_from(INSTANTS)

uses = st.builds(
    Use,
    acts=st.lists(acts, min_size=1, max_size=2, unique=True).map(tuple),
    purpose=purposes,
    as_of=_mostly(NOW, instants),
    application=applications,
    actor=_mostly("for_profit", st.sampled_from(ACTORS)),
    jurisdictions=territories,
    accepted=st.just(EVERYTHING) | acceptances,
    profile=_mostly("strict", st.sampled_from(PROFILES)),
)

# --- evidence ----------------------------------------------------------------------------------------------------

expressions = st.recursive(
    st.sampled_from([FREE, BY, SA, US]) | st.sampled_from([*LICENSES, *FAMILIES]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=3,
)
tagged = st.recursive(
    st.sampled_from([FREE, BY, SA, NC, ND, DB, NOTICE]) | st.sampled_from(sorted(FAMILIES)),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=3,
)
"""Expressions thick with names that stand for several licences, and with their members."""
_ends = _mostly(None, instants)
_layers = _mostly("", st.just("ancestor"))
_named = _some(["train", "share", "train.pretrain", "share.adapted"], 2)
_applied = _mostly(_NONE, _some([*PLAIN, "biometric.identify", "biometric"], 2))

_terms = {
    "acts": _mostly(_NONE, _named),
    "jurisdictions": _mostly(_EVERY, territories),
    "valid_from": _ends,
    "valid_until": _ends,
}

licences = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.sampled_from([3, 4, 5, 5, 5, 6]),
    bound_to=st.just("collection"),
    statement=st.sampled_from(["license", "license", "license", "compilation"]),
    expression=expressions,
    layer=_layers,
    guessed=_mostly(False, st.booleans()),
    **_terms,
)
reservations = st.builds(
    Evidence,
    kind=st.just("reservation"),
    tier=st.sampled_from([0, 1, 2, 3, 4, 4, 5]),
    bound_to=st.just("location"),
    statement=st.just("reserve"),
    purposes=_mostly(_NONE, _some(PURPOSES, 1)),
    applications=_applied,
    layer=_layers,
    **_terms,
)
conditions = st.builds(
    Evidence,
    kind=st.just("reservation"),
    tier=st.sampled_from([3, 4, 5]),
    bound_to=st.just("location"),
    statement=st.just("conditional"),
    obligations=_some(["attribution.record", "payment"]),
    party=st.sampled_from(PARTIES),
    layer=_layers,
    **_terms,
)
blockers = st.sampled_from([unreadable(3), unreadable(5), licensed(UNREVIEWED, 3), licensed(UNREVIEWED, 6)])
gates = st.sampled_from([gate("personal_data", 1), gate("unlawful", 0), gate("evidence_missing", 0)])
restrictions = st.one_of(reservations, reservations, conditions, blockers, gates)
"""What may never widen anything: reservations, conditions, what cannot be read, gates."""

contracts = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.just(2),
    bound_to=st.just("work"),
    statement=st.just("contract"),
    purposes=_mostly(frozenset(["commercial"]), _some(PURPOSES)),
    applications=_applied,
    obligations=_mostly(_NONE, _some(["registration", "payment"])),
    party=st.sampled_from(PARTIES),
    actors=_mostly(_EVERY, _some(ACTORS)),
    stated_on=st.sampled_from([None, date(2015, 1, 1), date(2024, 1, 1)]),
    **{**_terms, "acts": _named},
)
statutes = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.just(7),
    bound_to=st.just("collection"),
    statement=st.just("statute"),
    basis=st.sampled_from(["EU-DSM-3", "EU-DSM-4", "JP-30-4"]),
    purposes=st.just(frozenset(["commercial", "research"])) | _some(PURPOSES),
    actors=st.just(frozenset(["research_org"])) | _some(ACTORS),
    **{**_terms, "acts": _named},
)
permissions = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.just(2),
    bound_to=st.just("subject"),
    statement=st.just("permission"),
    purposes=_mostly(frozenset(["commercial"]), _some(PURPOSES)),
    applications=_applied,
    party=_mostly("us", st.just("")),
    perpetual=_mostly(True, st.just(False)),
    stated_on=st.sampled_from([None, date(2015, 1, 1), date(2024, 1, 1)]),
    **{**_terms, "acts": _named},
)
offers = contracts | statutes | permissions
"""What may never narrow anything: contracts, consents of rights holders (T2) and statutory bases (T7)."""

card_consents = st.builds(
    Evidence,
    kind=st.just("consent"),
    tier=st.just(1),
    bound_to=st.just("subject"),
    statement=st.just("consent"),
    purposes=_mostly(frozenset(["commercial"]), _some(PURPOSES)),
    applications=_applied,
    stated_on=st.sampled_from([None, date(2015, 1, 1), date(2024, 1, 1)]),
    layer=_layers,
    **{**_terms, "acts": _named},
)
claims = st.one_of(licences, licences, licences, restrictions, offers, card_consents)
profiles: st.SearchStrategy[Profile] = st.one_of(
    st.just(frozenset([licensed(FREE)])),
    st.frozensets(licences, min_size=1, max_size=2),
    st.frozensets(claims, max_size=2),
    st.frozensets(claims, max_size=3),
)
_plainly = st.builds(licensed, st.sampled_from(LICENSES), tier=st.sampled_from([3, 5]), applications=_applied)
copies: st.SearchStrategy[Profile] = st.frozensets(_plainly, min_size=1, max_size=1) | profiles

looks = st.frozensets(
    st.builds(
        looked, st.sampled_from(PROTOCOLS), st.sampled_from([*RESULTS, "absent", "absent"]), st.none() | instants
    ),
    max_size=5,
)
"""What came of looking for reservations, here and there."""

# --- consent events, cases ---------------------------------------------------------------------------------------

refusals = st.sampled_from([WITHDRAWN, REFUSED, EXPIRED, TAKEDOWN])


def _event(kind: str, number: int, recorded: datetime, effective: datetime, **limits: Any) -> ConsentEvent:
    return ConsentEvent(
        event_id=f"{number:03}",
        kind=kind,
        selector="record",
        value="r1",
        recorded=recorded,
        effective=effective,
        **limits,
    )


_limits = {
    "acts": _mostly(_NONE, _named),
    "purposes": _mostly(_NONE, _some(PURPOSES, 1)),
    "applications": _applied,
}
refusing_events = st.builds(_event, refusals, st.integers(0, 999), instants, instants, **_limits)
grants = st.builds(
    _event,
    st.just(GIVEN),
    st.integers(0, 999),
    instants,
    instants,
    valid_until=_ends,
    given_by=_mostly(AS_SUBJECT, st.frozensets(st.sampled_from(CAPACITIES), min_size=1)),
    party=_mostly("us", st.just("")),
    perpetual=st.booleans(),
    **{**_limits, "acts": _named, "purposes": _mostly(frozenset(["commercial"]), _some(PURPOSES))},
)
events = grants | refusing_events
histories = st.lists(events, max_size=3)


@st.composite
def cases(draw: st.DrawFn, /, as_of: datetime = NOW, **fixed: Any) -> Case:
    """A record with what may match it: its profile, consent histories, exact copies, personal data. Most are plain.

    At most of them somebody looked for reservations.
    """

    def mostly(plain: Any, *others: Any) -> Any:
        return draw(st.sampled_from([plain] * (3 * len(others)) + list(others)))

    known: dict[str, Any] = {
        "profile": draw(profiles),
        "standings": _standings(draw(st.just([]) | st.lists(histories, max_size=1)), as_of),
        "copies": draw(st.just(frozenset[Profile]()) | st.frozensets(copies, max_size=2)),
        "copy_standings": _standings(draw(st.lists(histories, max_size=1)) if mostly(False, True) else [], as_of),
        "personal_data": mostly("no", "unknown", "yes", None),
        "legal_basis": mostly("contract", None, "consent", "x"),
        "pii_state": mostly("none_found", "found", "redacted", "not_scanned", None),
        "own_copies": mostly(False, True),
        "near_withdrawn": mostly(False, True),
        "published": mostly(False, True),
        "term": mostly(SourceTerm(), SourceTerm(retired=True), SourceTerm(retain_until=draw(instants))),
        "pii_found": mostly(_NONE, frozenset(["email"]), frozenset(["email", "phone"]), frozenset(["email.notice"])),
        "address": mostly(True, False, None),
    }
    if "profile" not in fixed:
        known["profile"] |= draw(st.just(frozenset(LOOKED)) | looks)
    return Case(**{**known, **fixed})


@st.composite
def questions(draw: st.DrawFn, /, asked: st.SearchStrategy[Use] = uses, **fixed: Any) -> tuple[Case, Use]:
    """A record and a use that is asked of it, at one instant."""
    use = draw(asked)
    return draw(cases(use.as_of, **fixed)), use


def _standings(of: Iterable[list[ConsentEvent]], as_of: datetime) -> frozenset[Any]:
    return frozenset(found for found in (standing(history, as_of) for history in of) if found)
