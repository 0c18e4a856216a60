"""The first principles that the pure law keeps: what may never widen, what may never narrow, what never matters.

Law 1 and 3. Answers are compared by their word: deny < unknown < permit.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, assume, example, find, given, settings
from hypothesis import strategies as st

from rightful.rights.consent import ConsentEvent, standing
from rightful.rights.decide import Case, act_value
from rightful.rights.evidence import Evidence, Observation
from rightful.rights.uses import PURPOSES, Use
from rightful.rights.values import Status, collapse, meet
from tests.laws.oracle import Puzzle, answer, puzzles
from tests.laws.strategies import (
    acceptances,
    acts,
    cases,
    claims,
    conditions,
    expressions,
    gates,
    histories,
    instants,
    licences,
    offers,
    questions,
    refusing_events,
    reservations,
    restrictions,
    uses,
)
from tests.laws.words import (
    ACTS,
    ADAPTING,
    BY,
    CATALOG,
    COPYLEFT,
    DB,
    EVERYTHING,
    FREE,
    KIND,
    MIXED,
    NC,
    ND,
    NOW,
    PAID,
    PLAIN,
    RANK,
    SA,
    TAKING,
    UNREVIEWED,
    US,
    card_consent,
    case,
    conditional,
    consented,
    contract,
    day,
    judged,
    licensed,
    rank,
    reserved,
    slugs,
    unreadable,
    use,
)

Question = tuple[Case, Use]


@pytest.mark.parametrize("word", RANK)
def test_what_is_drawn_reaches_every_answer(word: str) -> None:
    quickly = settings(phases=[Phase.generate], max_examples=500, database=None, derandomize=True)
    found, asked = find(
        questions(), lambda q: len(q[0].profile) > 1 and judged(*q).status.word == word, settings=quickly
    )
    assert judged(found, asked).status.word == word


# --- law 1.1 and 1.2: what never permits, what always refuses ------------------------------------------------------

_NOTHING = st.one_of(
    conditions,
    reservations,
    st.sampled_from(
        [
            unreadable(),
            licensed(UNREVIEWED),
            licensed(f"{UNREVIEWED} AND {FREE}"),
            licensed(f"{FREE} WITH Unheard-exception-1.0"),
            licensed("Gone-from-the-catalogue-1.0"),
            licensed(DB),
            licensed(FREE, tier=6),
            licensed(FREE, statement="compilation"),
            Evidence(kind="grant", tier=5, bound_to="collection", statement="not_known"),
        ]
    ),
    expressions.map(lambda e: licensed(e, valid_until=day(2010))),
    expressions.map(lambda e: licensed(e, valid_from=day(2090))),
)


@given(st.frozensets(_NOTHING, max_size=4), uses, cases())
def test_unknown_unreadable_missing_or_expired_rights_never_permit(
    profile: frozenset[Evidence], asked: Use, around: Case
) -> None:
    assert not judged(replace(around, profile=profile, standings=frozenset()), asked).permits


@given(questions(), st.sampled_from([unreadable(3), unreadable(5), licensed(UNREVIEWED), licensed(f"{NC} AND {FREE}")]))
def test_a_statement_that_cannot_be_read_is_not_cured_by_any_licence(question: Question, statement: Evidence) -> None:
    record, asked = question
    licences_only = frozenset(e for e in record.profile if e.statement == "license" and not e.layer)
    without_consent = replace(record, profile=licences_only | {statement}, standings=frozenset())
    assert not judged(without_consent, replace(asked, purpose="commercial")).permits


def test_silence_is_neutral_and_the_unreadable_blocks() -> None:
    silent = [
        reserved(acts=["share"]),
        licensed(DB),
        licensed(FREE, tier=6),
        licensed(BY, statement="compilation"),
        licensed(FREE, valid_until=day(2020)),
    ]
    for claim in silent:
        assert judged(case(claim), use()).status.word == "unknown"
        assert judged(case(claim, licensed(FREE)), use()).permits
    for claim in (unreadable(3), unreadable(6), licensed(UNREVIEWED, 3), licensed(ND)):
        decision = judged(case(claim, licensed(FREE)), use())
        assert decision.status is Status.BLOCKED
        assert slugs(decision) <= {"license-unreadable", "license-unreviewed", "license-unclear"}


@given(questions(), reservations.filter(lambda e: e.tier <= 2) | gates.filter(lambda e: e.tier == 0))
def test_a_refusal_holds_whatever_else_is_stated(question: Question, refusal: Evidence) -> None:
    record, asked = question
    everything = replace(refusal, acts=frozenset(), purposes=frozenset(), applications=frozenset())
    in_force = replace(everything, jurisdictions=frozenset(["*"]), valid_until=None)
    decision = judged(replace(record, profile=record.profile | {in_force}), asked)
    assert decision.status is Status.DENY
    assert slugs(decision) & {"reserved", "unlawful", "evidence-missing"}


@given(questions(), st.sampled_from([3, 4, 5, 6]), licences)
def test_a_reservation_holds_beside_every_licence(question: Question, tier: int, licence: Evidence) -> None:
    record, asked = question
    profile = frozenset([licensed(FREE), licence, reserved(tier)])
    decision = judged(replace(record, profile=profile, standings=frozenset()), asked)
    assert decision.status is Status.DENY


# --- law 1.3 and 1.4: monotonicity -------------------------------------------------------------------------------


@given(questions(), restrictions)
def test_adding_a_restriction_never_widens_any_use(question: Question, restriction: Evidence) -> None:
    record, asked = question
    stricter = replace(record, profile=record.profile | {restriction})
    assert rank(judged(stricter, asked)) <= rank(judged(record, asked))


@given(questions(), st.one_of(licences, restrictions))
def test_a_statement_that_was_read_before_never_widens_any_use(question: Question, earlier: Evidence) -> None:
    """What sticks never grants, and never says less than the same statement said while it was there."""
    record, asked = question
    bound = replace(record, earlier=record.earlier | {replace(earlier, layer="")})
    assert rank(judged(bound, asked)) <= rank(judged(record, asked))


def test_a_licence_that_was_read_before_refuses_what_it_refused_and_permits_nothing() -> None:
    silent = case(licensed(FREE, 5))
    assert judged(silent, use("train.pretrain")).status.word == "permit"
    assert judged(replace(silent, earlier=frozenset({reserved(5)})), use("train.pretrain")).status.word == "deny"
    assert judged(replace(silent, earlier=frozenset({unreadable(5)})), use("train.pretrain")).status.word == "unknown"
    assert (
        judged(replace(case(), earlier=frozenset({licensed(FREE, 5)})), use("train.pretrain")).status.word == "unknown"
    )


@given(histories, refusing_events, cases(), uses)
def test_adding_a_refusing_event_never_widens_any_use(
    past: list[ConsentEvent], refusal: ConsentEvent, record: Case, asked: Use
) -> None:
    before = replace(record, standings=frozenset([standing(past, asked.as_of)]))
    after = replace(record, standings=frozenset([standing([*past, refusal], asked.as_of)]))
    assert rank(judged(after, asked)) <= rank(judged(before, asked))


@given(questions(), offers)
def test_adding_a_contract_or_a_statutory_basis_never_narrows_any_use(question: Question, offer: Evidence) -> None:
    record, asked = question
    offered = replace(record, profile=record.profile | {offer})
    assert rank(judged(offered, asked)) >= rank(judged(record, asked))


@given(questions(), st.booleans(), reservations | licences, licences | st.just(licensed(FREE)))
def test_a_licence_never_lifts_a_refusal(question: Question, alone: bool, refusal: Evidence, licence: Evidence) -> None:
    plain, asked = question
    record = replace(plain, profile=frozenset([refusal]) | (frozenset() if alone else plain.profile))
    # A tag that names several licences refuses nothing itself, and beside one of them it is silent: what it owed goes too.
    assume(not any(tag in e.expression for e in record.profile for tag in (KIND, MIXED)))
    if judged(record, asked).status is Status.DENY:
        licensed_too = replace(record, profile=record.profile | {licence})
        assert judged(licensed_too, asked).status is Status.DENY


@given(questions(), st.sampled_from([3, 5, 6]), expressions, expressions)
def test_adding_an_option_never_narrows(question: Question, tier: int, one: str, other: str) -> None:
    record, asked = question
    answers = {
        spelt: rank(judged(replace(record, profile=record.profile | {licensed(spelt, tier)}), asked))
        for spelt in (one, other, f"{one} OR {other}")
    }
    assert answers[f"{one} OR {other}"] >= max(answers[one], answers[other])


@given(questions(), st.sampled_from([3, 5, 6]), expressions, expressions)
def test_and_is_never_wider_than_either_part(question: Question, tier: int, one: str, other: str) -> None:
    record, asked = question
    answers = {
        spelt: rank(judged(replace(record, profile=record.profile | {licensed(spelt, tier)}), asked))
        for spelt in (one, other, f"({one}) AND ({other})")
    }
    assert answers[f"({one}) AND ({other})"] <= min(answers[one], answers[other])


@given(st.lists(claims, max_size=4), st.lists(histories, max_size=2), uses, st.randoms())
def test_order_and_repetition_of_evidence_do_not_matter(
    stated: list[Evidence], pasts: list[list[ConsentEvent]], asked: Use, chance: random.Random
) -> None:
    def record(evidence: list[Evidence], events: list[list[ConsentEvent]]) -> Case:
        past = frozenset(standing(history, asked.as_of) for history in events)
        return Case(profile=frozenset(evidence), standings=past, personal_data="no")

    def again(items: list[Any]) -> list[Any]:
        doubled = [*items, *items]
        chance.shuffle(doubled)
        return doubled

    seen = Observation("MIT", "elsewhere", "another-detector", "2", "2026-01-01")
    observed = [replace(e, observation=seen) for e in stated]
    once = judged(record(stated, pasts), asked)
    assert judged(record(again([*stated, *observed]), [again(p) for p in again(pasts)]), asked) == once


@given(expressions, expressions, expressions, uses, st.sampled_from(["AND", "OR"]))
def test_the_order_of_a_licence_expression_does_not_matter(x: str, y: str, z: str, asked: Use, op: str) -> None:
    def answered(expression: str) -> tuple[Status, frozenset[str]]:
        decision = judged(case(licensed(expression)), asked)
        return decision.status, decision.obligations

    assert answered(f"({x}) {op} ({y}) {op} ({z})") == answered(f"({z}) {op} (({y}) {op} (({x}) {op} ({x})))")


@given(questions(), claims, st.sampled_from(["grandparent", "ancestor"]))
def test_a_further_ancestor_never_widens_any_use(question: Question, claim: Evidence, name: str) -> None:
    record, asked = question
    assume(not any(e.layer == name for e in record.profile))
    assume(claim.statement != "statute")  # a basis is the operator's, never an ancestor's
    chained = replace(record, profile=record.profile | {replace(claim, layer=name)})
    assert rank(judged(chained, asked)) <= rank(judged(record, asked))


@given(cases(), cases(), uses)
def test_more_inputs_never_widen(one: Case, other: Case, asked: Use) -> None:
    for act in asked.acts:
        apart = [collapse(act_value(record, act, asked, CATALOG), asked.accepted)[0] for record in (one, other)]
        both = meet(*(act_value(record, act, asked, CATALOG) for record in (one, other)))
        assert rank(collapse(both, asked.accepted)[0]) <= min(rank(status) for status in apart)


@example((case(licensed(FREE), reserved(3, acts=["train"])), use()), "share.adapted")
@given(questions(), acts)
def test_asking_for_more_acts_never_widens_and_the_worst_leaf_decides(question: Question, another: str) -> None:
    record, asked = question
    more = replace(asked, acts=tuple(dict.fromkeys([*asked.acts, another])))
    decision = judged(record, more)
    assert rank(decision) <= rank(judged(record, asked))
    assert rank(decision) == min(rank(status) for _, status in decision.by_act)
    assert [act for act, _ in decision.by_act] == list(more.acts)


_THERE = [licensed(US), licensed(FREE, jurisdictions=["US"]), reserved(jurisdictions=["US"])]


_places = st.frozensets(st.sampled_from(["US", "DE"]), min_size=1)


@given(questions(), st.none() | st.sampled_from(_THERE), _places, _places)
def test_more_jurisdictions_never_widen(
    question: Question, there: Evidence | None, places: frozenset[str], further: frozenset[str]
) -> None:
    plain, anywhere = question
    record = plain if there is None else replace(plain, profile=frozenset([there]))
    asked = replace(anywhere, jurisdictions=places)
    more = replace(asked, jurisdictions=asked.jurisdictions | further)
    everywhere = replace(asked, jurisdictions=frozenset(["*"]))
    assert rank(judged(record, more)) <= rank(judged(record, asked))
    assert rank(judged(record, everywhere)) <= rank(judged(record, more))


def test_asking_for_more_sheds_no_obligation() -> None:
    for limited, less, more in (
        (licensed(US), {"jurisdictions": ["US"]}, {"jurisdictions": ["US", "DE"]}),
        (licensed(BY, jurisdictions=["US"]), {"jurisdictions": ["US"]}, {"jurisdictions": ["US", "DE"]}),
        (licensed(BY, applications=["assistant"]), {"application": "assistant"}, {"application": None}),
        (licensed(BY, purposes=["research"]), {"purpose": "research"}, {"purpose": "commercial"}),
    ):
        for asked in (less, more):
            decision = judged(case(limited, licensed(FREE, 3)), use(accepted=frozenset(), **asked))
            assert decision.status is Status.DENY
            owed = "notice.licence" if limited.expression == US else "attribution.record"
            assert decision.needs == frozenset([owed])
        assert not judged(case(limited), use(**more)).permits


@given(questions(), acceptances)
def test_accepting_more_obligations_never_narrows(question: Question, more: frozenset[str]) -> None:
    record, asked = question
    accepted = replace(asked, accepted=asked.accepted | more)
    assert rank(judged(record, accepted)) >= rank(judged(record, asked))


@given(questions())
def test_what_is_needed_is_what_makes_it_a_permission(question: Question) -> None:
    record, asked = question
    decision = judged(record, asked)
    assert decision.obligations <= asked.accepted
    if decision.permits:
        assert decision.needs is None
    elif decision.needs is not None:
        assert decision.needs
        assert not decision.needs & asked.accepted
        assert judged(record, replace(asked, accepted=asked.accepted | decision.needs)).permits
    else:
        assert not judged(record, replace(asked, accepted=EVERYTHING)).permits


@given(questions(), st.sampled_from(PLAIN))
def test_a_request_without_application_asks_for_all_that_are_not_sensitive(question: Question, plain: str) -> None:
    record, asked = question
    unnamed, named = (judged(record, replace(asked, application=a)) for a in (None, plain))
    assert rank(unnamed) <= rank(named)


@given(questions())
def test_asking_for_a_parent_application_is_never_wider_than_asking_for_its_part(question: Question) -> None:
    record, asked = question
    whole, part = (judged(record, replace(asked, application=a)) for a in ("biometric", "biometric.identify"))
    assert rank(whole) <= rank(part)


# --- as_of -------------------------------------------------------------------------------------------------------


@given(questions(), instants)
def test_a_decision_holds_until_the_instant_it_names(question: Question, later: datetime) -> None:
    record, asked = question
    until = judged(record, asked).valid_until
    assert until is None or until > asked.as_of
    for moment in [later, until - timedelta(microseconds=1) if until else NOW]:
        if moment > asked.as_of and (until is None or moment < until):
            then = judged(record, replace(asked, as_of=moment))
            assert then.status is judged(record, asked).status


def test_what_a_person_said_of_the_record_or_a_copy_is_dated_as_well() -> None:
    until = standing([consented(day(2024), "train.pretrain", valid_until=day(2027))], NOW)
    for record in (
        case(licensed(FREE), standings=frozenset([until])),
        case(licensed(FREE), copy_standings=frozenset([until])),
        case(licensed(FREE), card_consent("train.pretrain", valid_until=day(2027))),
        case(licensed(FREE), copies=frozenset([frozenset([card_consent("train", valid_until=day(2027))])])),
        case(licensed(FREE), contract("train", valid_from=day(2027))),
    ):
        assert judged(record, use()).valid_until == day(2027)
        assert judged(record, use(as_of=day(2027))).valid_until is None


@given(questions())
def test_the_same_question_has_the_same_answer(question: Question) -> None:
    record, asked = question
    assert judged(record, asked) == judged(record, asked)
    assert all(reason.act in asked.acts and reason.text for reason in judged(record, asked).reasons)


# --- what a licence says -----------------------------------------------------------------------------------------


def test_purposes_are_disjoint() -> None:
    answers = {p: judged(case(licensed(NC)), use(purpose=p)).status.word for p in PURPOSES}
    assert answers == {"commercial": "deny", "noncommercial": "permit", "research": "unknown"}
    for granted in PURPOSES:
        for asked in PURPOSES:
            decision = judged(case(contract("train.pretrain", purposes=[granted])), use(purpose=asked))
            assert decision.permits == (granted == asked)


def test_an_unreviewed_exception_adds_nothing_and_an_unheard_one_is_unknown() -> None:
    assert judged(case(licensed(f"{BY} WITH Made-up-exception-1.0")), use()).permits
    decision = judged(case(licensed(f"{BY} WITH Unheard-exception-1.0")), use())
    assert (decision.status.word, slugs(decision)) == ("unknown", {"license-unclear"})
    assert judged(case(licensed(f"{UNREVIEWED} WITH Made-up-exception-1.0")), use()).status.word == "unknown"


@pytest.mark.parametrize("addition", [TAKING, "Unheard-exception-1.0", "LicenseRef-house-rules"])
def test_an_exception_that_takes_something_away_opens_what_was_permitted_and_lifts_no_denial(addition: str) -> None:
    assert judged(case(licensed(f"{BY} WITH {addition}")), use()).status.word == "unknown"
    assert judged(case(licensed(f"{NC} WITH {addition}")), use()).status is Status.DENY
    assert judged(case(licensed(f"{BY} WITH {addition} OR {BY}")), use()).permits


@pytest.mark.parametrize("profile", ["strict", "cc-guidance", "lenient"])
@pytest.mark.parametrize("act", ACTS)
def test_outbound_licences_clash_only_where_the_result_may_be_an_adaptation(act: str, profile: str) -> None:
    decision = judged(case(licensed(f"{SA} AND {COPYLEFT}")), use(act, profile=profile))
    adapting = ADAPTING if profile == "strict" else ADAPTING[:2]
    if act in adapting:
        assert (decision.status, slugs(decision)) == (Status.DENY, {"outbound-clash"})
    else:
        assert decision.permits


def test_a_grant_must_cover_every_jurisdiction_and_a_refusal_need_only_touch_one() -> None:
    record = case(licensed(US))
    assert judged(record, use(jurisdictions=["US"])).permits
    for asked in (["US", "DE"], ["DE"], ["*"]):
        assert judged(record, use(jurisdictions=asked)).status.word == "unknown"
    reserving = case(licensed(FREE), reserved(jurisdictions=["DE", "FR"]))
    for asked in (["US", "DE"], ["DE"], ["*"], ["EU"]):
        assert judged(reserving, use(jurisdictions=asked)).status is Status.DENY
    assert judged(reserving, use(jurisdictions=["US"])).permits
    assert judged(case(licensed(FREE), reserved(jurisdictions=[])), use(jurisdictions=["US"])).status is Status.DENY


def test_a_condition_is_unknown_until_a_licence_stands_beside_it_and_it_is_accepted() -> None:
    paid = conditional("payment", acts=["train"])
    assert judged(case(paid), use()).status.word == "unknown"
    assert judged(case(paid, licensed(FREE)), use(accepted=frozenset())).needs == frozenset([PAID])
    assert judged(case(paid, licensed(FREE)), use()).obligations == {PAID}
    assert judged(case(paid, licensed(FREE)), use("share.ids")).obligations == frozenset()
    assert judged(case(conditional(), licensed(FREE)), use()).status is Status.BLOCKED


# --- one law, one implementation ---------------------------------------------------------------------------------


@given(questions())
def test_a_decision_permits_exactly_where_its_reasons_do(question: tuple[Case, Use]) -> None:
    decision = judged(*question)
    assert decision.permits == (slugs(decision) <= {"license", "contract", "consent", "permission", "statute"})


@example(
    Puzzle(
        statements=(("license", 5, DB),),
        conditions=(),
        contracts=(),
        gated=False,
        near=False,
        act="train.pretrain",
        purpose="commercial",
        application=None,
        jurisdictions=frozenset(["*"]),
        accepted=EVERYTHING,
    )
)
@given(puzzles)
def test_the_decision_is_the_one_that_a_brute_force_reading_of_the_words_finds(puzzle: Puzzle) -> None:
    assert judged(puzzle.case(), puzzle.use()).status.word == answer(puzzle)
