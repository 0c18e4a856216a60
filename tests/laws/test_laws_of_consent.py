"""Tier T1: what the person concerned said, and what follows where nobody asked. Law 7 and 8."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rightful.rights.consent import EXPIRED, GIVEN, REFUSED, TAKEDOWN, WITHDRAWN, ConsentEvent, Standing, standing
from rightful.rights.decide import Case, Decision
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import card_consents, cases, histories, instants, offers, profiles, questions, uses
from tests.laws.words import (
    ACTS,
    FREE,
    NOW,
    SENSITIVE,
    UNREGISTERED,
    WORDS,
    card_consent,
    case,
    consented,
    contract,
    day,
    event,
    gate,
    holding,
    judged,
    licensed,
    rank,
    reserved,
    slugs,
    use,
)

Question = tuple[Case, Use]
REFUSING = (WITHDRAWN, REFUSED, EXPIRED)


def after(*events: ConsentEvent, as_of: datetime = NOW) -> frozenset[Standing]:
    """The standing of one selector."""
    return frozenset([standing(events, as_of)])


def asked(*events: ConsentEvent, claims: tuple[Evidence, ...] = (licensed(FREE),), **fields: Any) -> Decision:
    """What a record is permitted on which these events fell; the licence permits everything."""
    wanted = use(**fields)
    return judged(case(*claims, standings=after(*events, as_of=wanted.as_of)), wanted)


# --- withdrawal --------------------------------------------------------------------------------------------------


@given(histories, instants, instants, profiles, uses)
def test_once_withdrawn_and_not_renewed_no_later_as_of_permits(
    past: list[ConsentEvent], recorded: datetime, effective: datetime, profile: Profile, wanted: Use
) -> None:
    withdrawal = event(WITHDRAWN, effective, recorded)
    before = [e for e in past if e.refuses or e.recorded < recorded]
    assume(wanted.as_of >= withdrawal.counts_from)
    record = Case(profile=profile, standings=after(withdrawal, *before, as_of=wanted.as_of), personal_data="no")
    decision = judged(record, wanted)
    assert decision.status is Status.DENY
    assert slugs(decision) & {"withdrawn", "consent-refused", "consent-expired", "takedown"}


@pytest.mark.parametrize("kind", REFUSING)
def test_a_withdrawal_is_lifted_only_by_a_later_grant_with_the_same_selector(kind: str) -> None:
    renewed = consented(day(2023), "train.pretrain")
    refusal = event(kind, day(2022))
    assert asked(refusal, renewed).permits
    assert asked(refusal, consented(day(2021), "train.pretrain")).status is Status.DENY
    elsewhere = after(refusal) | after(renewed)
    assert judged(case(licensed(FREE), standings=elsewhere), use()).status is Status.DENY
    on_the_card = case(licensed(FREE), card_consent("train.pretrain"), standings=after(refusal))
    assert judged(on_the_card, use()).status is Status.DENY
    assert judged(case(contract("train.pretrain"), standings=after(refusal)), use()).status is Status.DENY


def test_a_grant_that_was_given_before_the_withdrawal_does_not_lift_it_when_it_takes_effect_later() -> None:
    promised = consented(day(2028), "train.pretrain", recorded=day(2022))
    backdated = event(WITHDRAWN, day(2020), recorded=day(2024))
    for refusal in (event(WITHDRAWN, day(2024)), backdated):
        decision = asked(promised, refusal, as_of=day(2029))
        assert (decision.status, slugs(decision)) == (Status.DENY, {"withdrawn"})
        renewed = consented(day(2025), "train.pretrain")
        assert asked(promised, refusal, renewed, as_of=day(2029)).permits
    assert asked(consented(day(2022), "train.pretrain"), backdated).status is Status.DENY


def test_a_grant_that_names_nothing_lifts_no_withdrawal() -> None:
    for vague in (consented(day(2023), "train.pretrain", purposes=[]), consented(day(2023))):
        assert slugs(asked(event(WITHDRAWN, day(2022)), vague)) == {"withdrawn"}
        ended = consented(day(2020), "train.pretrain", valid_until=day(2022))
        assert slugs(asked(ended, vague)) == {"consent-expired"}


def test_a_withdrawal_of_some_acts_leaves_the_others() -> None:
    gone = event(WITHDRAWN, day(2024), acts=["train"])
    for act in ACTS:
        decision = judged(case(licensed(FREE), standings=after(gone)), use(act))
        assert decision.permits == (not act.startswith("train."))


def test_ties_refuse() -> None:
    same = day(2024)
    for kind in REFUSING:
        for pair in ([event(kind, same), consented(same, "train")], [consented(same, "train"), event(kind, same)]):
            assert asked(*pair).status is Status.DENY


def test_a_consent_lifts_a_withdrawal_only_where_both_its_times_are_later_than_both_of_its() -> None:
    refusal = event(WITHDRAWN, day(2022), recorded=day(2024))
    for recorded, effective, lifts in (
        (day(2025), day(2025), True),
        (day(2026), day(2025), True),
        (day(2024), day(2025), False),  # recorded with it, as in an import of a whole history: ties refuse
        (day(2025), day(2024), False),
        (day(2025), day(2023), False),
        (day(2023), day(2025), False),
    ):
        renewed = consented(effective, "train.pretrain", recorded=recorded)
        assert asked(refusal, renewed, as_of=day(2027)).permits == lifts, (recorded, effective)


def test_refusals_count_from_the_earlier_instant_and_grants_from_the_later() -> None:
    for recorded, effective in ((day(2022), day(2028)), (day(2028), day(2022))):
        withdrawal = event(WITHDRAWN, effective, recorded)
        grant = holding(effective, "train.pretrain", recorded=recorded)
        nothing: tuple[Evidence, ...] = ()
        assert asked(withdrawal, as_of=day(2021)).permits
        assert asked(withdrawal, as_of=day(2022)).status is Status.DENY
        assert asked(grant, claims=nothing, as_of=day(2027)).status.word == "unknown"
        assert asked(grant, claims=nothing, as_of=day(2028)).permits


@pytest.mark.parametrize(
    ("kind", "slug"), [(WITHDRAWN, "withdrawn"), (REFUSED, "consent-refused"), (EXPIRED, "consent-expired")]
)
def test_the_reason_says_how_consent_was_refused(kind: str, slug: str) -> None:
    decision = asked(event(kind, day(2024)))
    assert [(r.slug, r.tier) for r in decision.reasons] == [(slug, 1)]
    assert decision.needs is None


@given(questions(), offers)
def test_a_takedown_is_never_lifted(question: Question, offer: Evidence) -> None:
    record, wanted = question
    events = [event(TAKEDOWN, day(2010)), consented(day(2012), "train", "share")]
    record = replace(record, profile=record.profile | {offer}, standings=after(*events, as_of=wanted.as_of))
    decision = judged(record, wanted)
    assert (decision.status, decision.reason.slug, decision.reason.tier) == (Status.DENY, "takedown", 0)


# --- a consent is also a ceiling ---------------------------------------------------------------------------------


def test_a_consent_for_spam_filtering_does_not_train_translation() -> None:
    limited = consented(day(2024), "train", applications=["spam_filtering"])
    assert asked(limited, application="spam_filtering").permits
    for application in ("translation", None, *SENSITIVE, UNREGISTERED):
        decision = asked(limited, application=application)
        assert decision.status is Status.DENY
        assert slugs(decision) == {"outside-consent"}


def test_a_consent_refuses_what_lies_outside_its_acts_and_purposes() -> None:
    for granted in (consented(day(2024), "train.nongen"), card_consent("train.nongen")):
        record = (
            case(licensed(FREE), granted)
            if isinstance(granted, Evidence)
            else case(licensed(FREE), standings=after(granted))
        )
        assert judged(record, use("train.nongen")).permits
        for outside in (use("train.pretrain"), use("train.nongen", purpose="research")):
            assert slugs(judged(record, outside)) == {"outside-consent"}
            assert judged(record, outside).status is Status.DENY


def test_an_expired_consent_refuses_and_an_expired_licence_is_unknown() -> None:
    ended: dict[str, Any] = {"valid_until": day(2025)}
    for record in (
        case(licensed(FREE), card_consent("train", **ended)),
        case(licensed(FREE), standings=after(consented(day(2020), "train", **ended))),
    ):
        assert judged(record, use(as_of=day(2024, 12))).permits
        decision = judged(record, use())
        assert (decision.status, slugs(decision)) == (Status.DENY, {"consent-expired"})
    licence = case(licensed(FREE, **ended))
    assert judged(licence, use(as_of=day(2024, 12))).valid_until == day(2025)
    assert (judged(licence, use()).status.word, slugs(judged(licence, use()))) == ("unknown", {"license-expired"})


def test_a_consent_that_has_ended_for_a_part_of_what_is_asked_refuses_the_whole() -> None:
    wide = consented(day(2020), "train.pretrain")
    ended = consented(day(2021), "train.pretrain", applications=["translation"], valid_until=day(2022))
    assert slugs(asked(wide, ended, application="translation")) == {"consent-expired"}
    assert slugs(asked(wide, ended, application=None)) == {"consent-expired"}
    assert asked(wide, ended, application="assistant").permits


def test_two_consents_of_one_card_are_one_history() -> None:
    both = [licensed(FREE), *(card_consent("train", applications=[a]) for a in ("translation", "assistant"))]
    assert judged(case(*both), use(application="translation")).permits
    assert judged(case(*both), use(application="assistant")).permits
    assert judged(case(*both), use(application="spam_filtering")).status is Status.DENY
    for year in range(2016, 2026):  # stated on one day: the one that has ended rules
        ended = card_consent("train", valid_until=day(year))
        assert slugs(judged(case(card_consent("train"), ended), use())) == {"consent-expired"}


@pytest.mark.parametrize(
    "outside",
    [
        {"jurisdictions": ["DE"]},
        {"actors": ["research_org"]},
        {"valid_from": day(2030)},
        {"stated_on": date(2030, 1, 1)},
    ],
)
def test_a_consent_of_a_card_permits_only_where_it_is_in_force(outside: dict[str, Any]) -> None:
    assert judged(case(card_consent("train.pretrain"), licensed(FREE)), use()).permits
    decision = judged(case(card_consent("train.pretrain", **outside), licensed(FREE)), use())
    assert (decision.status, slugs(decision)) == (Status.DENY, {"outside-consent"})


@example(case(), card_consent("train.pretrain"), use("train.pretrain", "share.adapted"))
@example(case(), card_consent(), use("train.pretrain"))
@example(case(), card_consent("train.pretrain", purposes=[]), use("train.pretrain"))
@given(cases(), card_consents, uses)
def test_a_consent_never_lets_a_licence_permit_more_than_it_names(record: Case, consent: Evidence, wanted: Use) -> None:
    stated = frozenset([licensed(FREE), consent])
    permitted = judged(replace(record, profile=stated, standings=frozenset(), personal_data="yes"), wanted).permits
    if permitted and record.legal_basis is None:
        assert wanted.purpose in consent.purposes
        assert all(act in consent.acts or act.split(".")[0] in consent.acts for act in wanted.acts)
        assert not consent.applications or wanted.application is not None
        assert consent.valid_until is None or consent.valid_until > wanted.as_of


# --- function creep ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claims", [(), (licensed(FREE),)])
@pytest.mark.parametrize("recorded", [day(2015), day(2024)])
def test_a_2015_grant_of_train_does_not_reach_pretraining(recorded: datetime, claims: tuple[Evidence, ...]) -> None:
    of_2015 = consented(day(2015), "train", recorded=recorded)
    for act in (a for a in ACTS if a.startswith("train.")):
        decision = judged(case(*claims, standings=after(of_2015)), use(act))
        known = WORDS.acts[act].known_from <= date(2015, 1, 1)
        assert decision.permits == (known and bool(claims))
        if not known:
            assert slugs(decision) >= {"newer-than-grant"}


def test_a_parent_that_is_older_than_the_leaf_neither_lifts_a_withdrawal_nor_overtakes_a_grant_by_name() -> None:
    parent = consented(day(2015), "train")
    assert slugs(asked(event(WITHDRAWN, day(2014)), parent)) == {"withdrawn"}
    named = consented(day(2014), "train.pretrain")
    assert asked(named, parent).permits
    card = case(licensed(FREE), card_consent("train.pretrain", stated_on=date(2014, 1, 1)))
    further = card_consent("train", stated_on=date(2015, 1, 1), jurisdictions=["US"])
    for asked_in in (["US"], ["US", "DE"]):
        assert judged(replace(card, profile=card.profile | {further}), use(jurisdictions=asked_in)).permits


def test_a_copys_consent_from_before_the_practice_leaves_it_open_and_says_so() -> None:
    older = case(licensed(FREE), copy_standings=after(consented(day(2015), "train")))
    decision = judged(older, use())
    assert decision.permits or (decision.status.word, slugs(decision)) == ("unknown", {"newer-than-grant"})


def test_a_parent_in_a_contract_reaches_the_leaves_that_were_known_and_a_leaf_that_is_named() -> None:
    old = {"stated_on": date(2015, 1, 1)}
    assert judged(case(contract("train", **old)), use("train.distil")).permits
    assert judged(case(contract("train", **old)), use("train.pretrain")).status.word == "unknown"
    assert judged(case(contract("train.pretrain", **old)), use("train.pretrain")).permits
    assert judged(case(contract("train", stated_on=None)), use("train.nongen")).status.word == "unknown"


def test_a_parent_in_a_reservation_or_withdrawal_covers_its_future_leaves_too() -> None:
    for act in (a for a in ACTS if a.startswith("train.")):
        early = reserved(acts=["train"], stated_on=date(1990, 1, 1))
        assert judged(case(licensed(FREE), early), use(act)).status is Status.DENY
        assert (
            judged(case(licensed(FREE), standings=after(event(REFUSED, day(1990), acts=["train"]))), use(act)).status
            is Status.DENY
        )


# --- personal data, sensitive applications -----------------------------------------------------------------------


@given(questions(personal_data="yes", legal_basis=None))
def test_personal_data_without_a_legal_basis_waits_for_the_consent_of_the_person(question: Question) -> None:
    record, wanted = question
    unconsented = replace(
        record,
        profile=frozenset(e for e in record.profile if e.kind != "consent"),
        standings=frozenset(),
    )
    decision = judged(unconsented, wanted)
    assert decision.status is Status.DENY
    assert "no-legal-basis" in slugs(decision)


def test_a_legal_basis_or_a_consent_that_names_the_use_lets_a_licence_speak() -> None:
    persons = {"personal_data": "yes"}
    assert slugs(judged(case(licensed(FREE), **persons), use())) == {"no-legal-basis"}
    assert judged(case(licensed(FREE), legal_basis="contract", **persons), use()).permits
    for said in ([consented(day(2024), "train.pretrain")], [consented(day(2024), "train", purposes=["commercial"])]):
        assert judged(case(licensed(FREE), standings=after(*said), **persons), use()).permits
    vague = after(consented(day(2024), "train.pretrain", purposes=[]))
    assert slugs(judged(case(licensed(FREE), standings=vague, **persons), use())) == {"no-legal-basis"}
    assert judged(case(contract("train.pretrain"), **persons), use()).status is Status.DENY
    gated = case(licensed(FREE), gate("personal_data", 1), standings=after(consented(day(2024), "train")))
    assert judged(gated, use()).permits
    assert slugs(judged(replace(gated, standings=frozenset()), use())) == {"no-legal-basis"}


@pytest.mark.parametrize("pii_state", [None, "not_scanned", "", "unheard of"])
def test_personal_data_that_was_not_scanned_is_refused(pii_state: str | None) -> None:
    record = case(licensed(FREE), personal_data="yes", legal_basis="contract", pii_state=pii_state)
    decision = judged(record, use())
    assert (decision.status, slugs(decision)) == (Status.DENY, {"not-scanned"})
    for state in ("none_found", "found", "redacted"):
        assert judged(replace(record, pii_state=state), use()).permits


@pytest.mark.parametrize("missing", [None, "", "unheard of"])
def test_a_missing_column_or_null_refuses(missing: str | None) -> None:
    assert judged(Case(profile=frozenset([licensed(FREE)])), use()).status is Status.DENY
    assert judged(case(licensed(FREE), personal_data=missing), use()).status is Status.DENY


def test_not_knowing_of_personal_data_refuses_sensitive_applications_only() -> None:
    record = case(licensed(FREE), personal_data="unknown", pii_state="not_scanned")
    assert judged(record, use()).permits
    assert judged(record, use(application="translation")).permits
    for application in (*SENSITIVE, UNREGISTERED, "biometric"):
        decision = judged(record, use(application=application))
        assert (decision.status, slugs(decision)) == (Status.DENY, {"sensitive-application"})


@given(questions(), st.sampled_from([*SENSITIVE, UNREGISTERED, "biometric"]))
def test_a_sensitive_application_is_never_reached_by_a_broad_grant(question: Question, application: str) -> None:
    record, wanted = question
    named = frozenset(
        e for e in record.profile if e.kind != "consent" and not (e.applications & {application, "biometric"})
    )
    broad = after(consented(day(2014), "train", "share", applications=["*"]), as_of=wanted.as_of)
    for past in (frozenset[Standing](), broad):
        sensitive = replace(record, profile=named, standings=past, personal_data="unknown")
        assert judged(sensitive, replace(wanted, application=application)).status is Status.DENY


def test_a_sensitive_application_is_reached_by_a_consent_that_names_it() -> None:
    named = consented(day(2024), "train.nongen", applications=["biometric.identify"])
    record = case(licensed(FREE), standings=after(named), personal_data="yes")
    assert judged(record, use("train.nongen", application="biometric.identify")).permits
    for application in ("biometric", "emotion", None):
        assert judged(record, use("train.nongen", application=application)).status is Status.DENY


def test_a_refusal_of_an_application_refuses_the_use_that_names_none() -> None:
    for applications in (["translation"], ["*"]):
        assert slugs(asked(event(WITHDRAWN, day(2024), applications=applications))) == {"withdrawn"}
        assert slugs(judged(case(licensed(FREE), reserved(applications=applications)), use())) == {"reserved"}
    part = event(WITHDRAWN, day(2024), applications=["biometric.identify"])
    assert slugs(asked(part, application="biometric")) == {"withdrawn"}
    assert asked(event(WITHDRAWN, day(2024), applications=["emotion"])).permits
    assert asked(event(WITHDRAWN, day(2024), applications=["translation"]), application="assistant").permits


@given(questions())
def test_a_consent_given_never_widens_beyond_what_was_withdrawn(question: Question) -> None:
    record, wanted = question
    withdrawn = replace(record, standings=record.standings | after(event(WITHDRAWN, day(2010)), as_of=wanted.as_of))
    assert rank(judged(withdrawn, wanted)) == 0
    assert GIVEN not in {r.slug for r in judged(withdrawn, wanted).reasons}
