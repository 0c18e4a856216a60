"""In which capacity somebody consents: as the person whom the data are about (T1), or as author or rights holder (T2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights.consent import (
    CAPACITIES,
    DATA_SUBJECT,
    EXPIRED,
    REFUSED,
    RIGHTS_HOLDER,
    WITHDRAWN,
    ConsentEvent,
    Standing,
    refuses_ingest,
    standing,
)
from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import card_consents, grants, instants, permissions, questions, uses
from tests.laws.words import (
    ACTS,
    FREE,
    NC,
    NOW,
    TERMS,
    UNREVIEWED,
    card_consent,
    case,
    consented,
    day,
    event,
    gate,
    holding,
    judged,
    licensed,
    permission,
    rank,
    reserved,
    slugs,
    unreadable,
    use,
)

Question = tuple[Case, Use]
BOTH = list(CAPACITIES)
SUBJECTS = [DATA_SUBJECT]


def after(*events: ConsentEvent, as_of: datetime = NOW) -> frozenset[Standing]:
    """The standing of one selector."""
    return frozenset([standing(events, as_of)])


# --- as a data subject: no licence -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stated", [(), (licensed(NC),), (licensed(TERMS),), (licensed(UNREVIEWED),), (unreadable(),), (reserved(4),)]
)
@pytest.mark.parametrize("personal_data", ["yes", "no", "unknown"])
def test_a_consent_of_a_data_subject_is_no_licence(stated: tuple[Evidence, ...], personal_data: str) -> None:
    """It lifts neither silence nor what a rights holder refuses or leaves open."""
    alone = judged(case(*stated), use())
    for record in (
        case(*stated, card_consent("train.pretrain")),
        case(*stated, standings=after(consented(day(2024), "train.pretrain"))),
        case(*stated, standings=after(consented(day(2024), "train.pretrain", party="us", perpetual=True))),
    ):
        decision = judged(replace(record, personal_data=personal_data), use())
        assert not decision.permits
        assert (decision.status, slugs(decision)) == (alone.status, slugs(alone))


@example((case(), use()), consented(day(2024), "train.pretrain"))
@given(questions(), card_consents | grants.map(lambda e: replace(e, given_by=frozenset(SUBJECTS))))
def test_a_consent_of_a_data_subject_never_permits_more_than_a_legal_basis_would(
    question: Question, consent: Evidence | ConsentEvent
) -> None:
    record, wanted = question
    # Nobody is in the text, nor found in it: where somebody may be, a consent by name reaches a sensitive application.
    clear: dict[str, Any] = {"personal_data": "no", "pii_found": frozenset(), "pii_state": "none_found"}
    # Nor did anybody consent before: a second consent may reach what lies outside the first.
    clear["profile"] = frozenset(e for e in record.profile if e.kind not in ("gate", "consent"))
    lawful = replace(record, **clear, standings=frozenset())
    if isinstance(consent, Evidence):
        given = replace(lawful, profile=lawful.profile | {consent})
    else:
        given = replace(lawful, standings=lawful.standings | (after(consent, as_of=wanted.as_of) - {()}))
    assert rank(judged(given, wanted)) <= rank(judged(lawful, wanted))


def test_a_consent_of_a_data_subject_lifts_the_gate_of_personal_data_for_what_it_names() -> None:
    persons: dict[str, Any] = {"personal_data": "yes"}
    for gated in ((), (gate("personal_data", 1),)):
        for record in (
            case(licensed(FREE), *gated, card_consent("train.pretrain"), **persons),
            case(licensed(FREE), *gated, standings=after(consented(day(2024), "train.pretrain")), **persons),
        ):
            assert judged(record, use()).permits
            assert slugs(judged(record, use("share.verbatim"))) >= {"outside-consent"}
        elsewhere = card_consent("train.pretrain", layer="a"), licensed(FREE, layer="a")
        assert slugs(judged(case(licensed(FREE), *gated, *elsewhere, **persons), use())) == {"no-legal-basis"}


# --- as a rights holder: a grant ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", [(), (licensed(NC),), (licensed(TERMS),), (unreadable(),), (reserved(4),)])
def test_a_consent_of_a_rights_holder_is_a_grant_beside_what_is_stated(stated: tuple[Evidence, ...]) -> None:
    for record in (
        case(*stated, permission("train.pretrain")),
        case(*stated, standings=after(holding(day(2024), "train.pretrain"))),
    ):
        decision = judged(record, use())
        assert decision.permits
        assert "permission" in slugs(decision)
        for outside in (use("share.verbatim"), use(purpose="noncommercial")):
            assert judged(record, outside).status is judged(case(*stated), outside).status


@pytest.mark.parametrize(
    "lacking",
    [{"party": ""}, {"party": " "}, {"perpetual": False}, {"purposes": []}, {"party": "", "perpetual": False}],
)
def test_a_consent_of_a_rights_holder_without_party_period_or_purpose_grants_nothing_and_says_so(
    lacking: dict[str, Any],
) -> None:
    for stated in ((), (licensed(NC),)):
        alone = judged(case(*stated), use())
        for record in (
            case(*stated, permission("train.pretrain", **lacking)),
            case(*stated, standings=after(holding(day(2024), "train.pretrain", **lacking))),
        ):
            decision = judged(record, use())
            assert decision.status.word == alone.status.word != "permit"
            assert "permission-incomplete" in slugs(decision)
            assert "permission-incomplete" not in slugs(judged(record, use("share.verbatim")))
    assert judged(case(licensed(FREE), permission("train.pretrain", **lacking)), use()).permits


@pytest.mark.parametrize("period", [{"valid_until": day(2025)}, {"valid_until": day(2025), "perpetual": True}])
def test_an_expired_consent_of_a_data_subject_refuses_and_one_of_a_rights_holder_is_absent(
    period: dict[str, Any],
) -> None:
    ended = {"perpetual": False, **period}
    for capacity, word in ((SUBJECTS, "deny"), ([RIGHTS_HOLDER], "permit"), (BOTH, "deny")):
        given = holding(day(2020), "train.pretrain", given_by=capacity, **ended)
        assert judged(case(licensed(FREE), standings=after(given)), use(as_of=day(2024))).permits
        assert judged(case(licensed(FREE), standings=after(given)), use()).status.word == word
        assert not judged(case(standings=after(given)), use()).permits
    card = permission("train.pretrain", **ended)
    assert judged(case(licensed(NC), card), use(as_of=day(2024, 6))).permits
    assert judged(case(licensed(NC), card), use()).status is Status.DENY
    assert judged(case(licensed(FREE), card), use()).permits


def test_a_consent_of_a_rights_holder_is_no_ceiling_and_lets_no_personal_data_be_used() -> None:
    for record in (
        case(licensed(FREE), permission("train.pretrain")),
        case(licensed(FREE), standings=after(holding(day(2024), "train.pretrain"))),
    ):
        assert all(judged(record, use(act)).permits for act in ACTS)
        assert slugs(judged(replace(record, personal_data="yes"), use())) == {"no-legal-basis"}
        assert slugs(judged(replace(record, personal_data="unknown"), use(application="emotion"))) == {
            "sensitive-application"
        }


def test_a_consent_in_both_capacities_is_both() -> None:
    given = holding(day(2024), "train.pretrain", given_by=BOTH)
    for record in (
        case(licensed(NC), standings=after(given), personal_data="yes"),
        case(licensed(NC), card_consent("train.pretrain"), permission("train.pretrain"), personal_data="yes"),
    ):
        decision = judged(record, use())
        assert (decision.status, slugs(decision)) == (Status.PERMIT, {"consent", "permission"})
        assert slugs(judged(record, use("share.verbatim"))) >= {"outside-consent"}


def test_a_consent_of_a_rights_holder_reaches_a_sensitive_application_only_by_name() -> None:
    broad, named = permission("train"), permission("train", applications=["emotion"])
    assert not judged(case(broad), use(application="emotion")).permits
    assert judged(case(named), use(application="emotion")).permits
    assert not judged(case(named), use()).permits


def test_a_parent_in_a_consent_of_a_rights_holder_reaches_the_leaves_that_were_known() -> None:
    for record in (
        case(permission("train", stated_on=date(2015, 1, 1))),
        case(standings=after(holding(day(2015), "train"))),
    ):
        assert judged(record, use("train.distil")).permits
        assert judged(record, use("train.pretrain")).status.word == "unknown"


@given(permissions, uses)
def test_a_consent_of_a_rights_holder_permits_nothing_that_it_does_not_name(given_: Evidence, asked: Use) -> None:
    stated = licensed(UNREVIEWED)
    if judged(case(stated, replace(given_, acts=frozenset(asked.acts))), asked).permits:
        assert given_.party
        assert given_.perpetual or given_.valid_until is not None
        assert asked.purpose in given_.purposes
        assert given_.valid_until is None or asked.as_of < given_.valid_until
        assert "*" in given_.jurisdictions or asked.jurisdictions <= given_.jurisdictions


# --- who withdraws -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [WITHDRAWN, REFUSED, EXPIRED])
@pytest.mark.parametrize("stated", [(), (licensed(NC),), (licensed(NC), permission("train.pretrain"))])
def test_whoever_withdraws_does_so_in_every_capacity_and_a_later_consent_lifts_only_its_own(
    kind: str, stated: tuple[Evidence, ...]
) -> None:
    first, gone = holding(day(2020), "train.pretrain", given_by=BOTH), event(kind, day(2022))
    assert judged(case(*stated, standings=after(first)), use()).permits
    for again, word in ((SUBJECTS, ""), ([RIGHTS_HOLDER], "deny"), (BOTH, "permit")):
        renewed = holding(day(2024), "train.pretrain", given_by=again)
        decision = judged(case(*stated, standings=after(first, gone, renewed)), use())
        assert decision.status.word == (word or judged(case(*stated[:1]), use()).status.word)
        if again == SUBJECTS:
            assert "permission-withdrawn" in slugs(decision)
    renewed = holding(day(2024), "train.pretrain", given_by=SUBJECTS)
    assert judged(case(licensed(FREE), standings=after(first, gone, renewed)), use()).permits


def test_what_was_withdrawn_of_a_copy_is_withdrawn_as_rights_holder_too() -> None:
    gone, renewed = event(WITHDRAWN, day(2022)), consented(day(2024), "train.pretrain")
    record = case(permission("train.pretrain"), copy_standings=after(gone, renewed))
    assert not judged(record, use()).permits
    whole = holding(day(2024), "train.pretrain", given_by=BOTH)
    assert judged(replace(record, copy_standings=after(gone, whole)), use()).permits


@given(st.lists(grants, max_size=2), instants, instants, uses)
def test_no_consent_as_rights_holder_lifts_what_a_person_withdrew(
    past: list[ConsentEvent], recorded: datetime, effective: datetime, wanted: Use
) -> None:
    holders = [replace(e, given_by=frozenset([RIGHTS_HOLDER])) for e in past]
    gone = event(WITHDRAWN, effective, recorded)
    if wanted.as_of >= gone.counts_from:
        history = standing([*holders, gone], wanted.as_of)
        assert refuses_ingest(history, wanted.as_of)
        assert judged(case(licensed(FREE), standings=frozenset([history])), wanted).status is Status.DENY


@pytest.mark.parametrize("year", [2021, 2024])
@pytest.mark.parametrize("given_by", [[RIGHTS_HOLDER], BOTH])
def test_what_was_withdrawn_is_not_given_again_as_rights_holder_under_another_selector(
    year: int, given_by: list[str]
) -> None:
    """Whoever withdraws does so in every capacity: a consent as the data subject brings nothing else back."""
    gone = event(WITHDRAWN, day(2022))
    lifted = consented(day(2023), "train.pretrain", given_by=SUBJECTS)
    elsewhere = holding(day(year), "train.pretrain", given_by=given_by)
    own = standing([gone, lifted], NOW)
    for standings in ({own, standing([elsewhere], NOW)}, {standing([gone, lifted, elsewhere], NOW)}):
        decision = judged(case(standings=frozenset(standings)), use())
        assert decision.permits == (len(standings) == 1 and year == 2024), standings
    renewed = standing([gone, lifted, holding(day(2024), "train.pretrain", given_by=given_by)], NOW)
    both = frozenset([renewed, standing([elsewhere], NOW)])
    assert judged(case(standings=both), use()).permits
    copy = case(standings=frozenset([standing([elsewhere], NOW)]), copy_standings=frozenset([own]))
    assert not judged(copy, use()).permits
