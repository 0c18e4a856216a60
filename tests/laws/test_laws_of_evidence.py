"""The tiers T2 to T7, chains of sources and the reasons: what one claim counts for beside the others."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from rightful.rights.because import REASONS
from rightful.rights.decide import Case, decide
from rightful.rights.evidence import Evidence, evidence_id
from rightful.rights.expression import Names, fold
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import questions, restrictions
from tests.laws.words import (
    ACTS,
    BY,
    CATALOG,
    DB,
    EVERYTHING,
    FREE,
    NC,
    ND,
    PAID,
    PLAIN,
    RAIL,
    SENSITIVE,
    UNREGISTERED,
    UNREVIEWED,
    card_consent,
    case,
    conditional,
    contract,
    day,
    gate,
    judged,
    licensed,
    made_up_license,
    rank,
    reserved,
    slugs,
    statute,
    unreadable,
    use,
)

Question = tuple[Case, Use]
PERMITTING = {"license", "contract", "consent", "statute"}
NOTHING = frozenset[str]()


# --- T2: contracts -----------------------------------------------------------------------------------------------


def test_a_contract_lifts_what_is_stated_and_brings_its_own_obligations_only() -> None:
    for stated in (licensed(NC), licensed(BY), reserved(3), reserved(4), unreadable(), conditional("payment")):
        decision = judged(case(stated, contract("train")), use(accepted=NOTHING))
        assert decision.permits
        assert slugs(decision) <= PERMITTING
        assert "contract" in slugs(decision)
    paid = case(licensed(NC), contract("train", obligations=["payment"]))
    assert judged(paid, use()).obligations == {PAID}
    assert judged(paid, use(accepted=NOTHING)).needs == frozenset([PAID])


def test_statements_of_one_row_meet_and_none_takes_the_place_of_another() -> None:
    """Beside the statement of a card a database licence is silent; of two in a row each has its say."""
    card, row, other = licensed(DB), licensed(FREE, bound_to="work"), licensed(DB, bound_to="work", column="rights")
    assert judged(case(card, row), use()).permits
    assert judged(case(row, other), use()).status.word == "unknown"
    assert slugs(judged(case(row, other), use())) == {"contents-not-licensed"}
    for beside in (licensed(NC, bound_to="work", column="rights"), unreadable(bound_to="work", column="rights")):
        assert not judged(case(card, row, beside), use()).permits
    again = licensed(FREE, bound_to="work", column="rights")
    alone, twice = judged(case(row), use()), judged(case(row, again), use())
    assert (alone.status, alone.obligations, slugs(alone)) == (twice.status, twice.obligations, slugs(twice))


@pytest.mark.parametrize(
    "outside",
    [
        {"purposes": []},
        {"purposes": ["research"]},
        {"actors": ["research_org"]},
        {"applications": ["translation"]},
        {"jurisdictions": ["DE", "US"]},
        {"valid_until": day(2026)},
        {"valid_from": day(2027)},
        {"stated_on": date(2027, 1, 1)},
    ],
)
def test_a_contract_is_absent_outside_its_scope_and_period(outside: dict[str, Any]) -> None:
    decision = judged(case(contract("train.pretrain", **outside)), use())
    assert (decision.status.word, slugs(decision)) == ("unknown", {"outside-grant"})
    for acts in ((), ("train.finetune",), ("share",)):
        assert not judged(case(contract(*acts)), use()).permits
    assert judged(case(contract("train.pretrain", **outside), contract("train.pretrain")), use()).permits


def test_an_explicit_refusal_of_a_contract_party_holds_against_a_contract() -> None:
    decision = judged(case(contract("train"), licensed(FREE), reserved(2)), use())
    assert (decision.status, slugs(decision)) == (Status.DENY, {"reserved"})
    assert judged(case(contract("train"), gate("unlawful", 0)), use()).status is Status.DENY


def test_a_contract_does_not_reach_a_sensitive_application_unless_it_names_it() -> None:
    for application in (*SENSITIVE, UNREGISTERED):
        broad: dict[str, Any] = {}
        starred, named = ({"applications": ["*"]}, {"applications": [application]})
        for limits in (broad, starred, named):
            decision = judged(case(contract("train", **limits)), use(application=application))
            assert decision.permits == (limits is named)


# --- T3..T6 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", list(itertools.product([3, 4, 5, 6], repeat=2)))
def test_among_statements_the_stricter_wins_whatever_its_tier(pair: tuple[int, int]) -> None:
    wide, strict = pair
    assert judged(case(licensed(FREE, wide), licensed(NC, strict)), use()).status is Status.DENY
    assert judged(case(licensed(FREE, wide), unreadable(strict)), use()).status.word == "unknown"
    both = judged(case(licensed(FREE, 5), licensed(BY, strict)), use())
    assert both.obligations == ({"attribution.record"} if strict != 6 else NOTHING)


@pytest.mark.parametrize("accepted", [NOTHING, EVERYTHING])
def test_what_is_only_inferred_is_unknown_with_a_hint_and_refuses_all_the_same(accepted: frozenset[str]) -> None:
    for expression in (FREE, BY, DB, f"{BY} OR {NC}"):
        decision = judged(case(licensed(expression, 6)), use(accepted=accepted))
        assert (decision.status.word, slugs(decision)) == ("unknown", {"inferred-only"})
        assert decision.reason.detail == expression
    assert judged(case(licensed(NC, 6)), use(accepted=accepted)).status is Status.DENY


def test_a_licence_on_a_compilation_or_a_database_never_licenses_contents() -> None:
    compiled = licensed(FREE, statement="compilation")
    assert slugs(judged(case(compiled), use())) == {"compilation-only"}
    assert slugs(judged(case(licensed(DB)), use())) == {"contents-not-licensed"}
    for act in ACTS:
        for claim in (compiled, licensed(DB), licensed(f"{DB} AND {FREE}")):
            assert judged(case(claim), use(act)).status.word == "unknown"
        assert judged(case(licensed(DB), licensed(FREE)), use(act)).permits


@pytest.mark.parametrize(
    "limits",
    [
        {"acts": ["share"]},
        {"purposes": ["research"]},
        {"actors": ["public"]},
        {"applications": ["assistant"]},
        {"jurisdictions": ["DE"]},
        {"valid_from": day(2027)},
        {"valid_until": day(2025)},
        {"stated_on": date(2027, 1, 1)},
    ],
)
def test_a_licence_statement_grants_only_where_it_says_that_it_applies(limits: dict[str, Any]) -> None:
    decision = judged(case(licensed(FREE, **limits)), use())
    assert decision.status.word == "unknown"
    assert slugs(decision) <= {"outside-statement", "territory", "not-yet-valid", "license-expired"}
    assert judged(case(licensed(FREE, **limits), licensed(FREE, 3)), use()).permits


@pytest.mark.parametrize("silenced", [{"acts": ["share"]}, {"valid_until": day(2025)}])
def test_a_statement_that_says_nothing_of_this_asks_for_nothing(silenced: dict[str, Any]) -> None:
    for elsewhere in (licensed(BY, **silenced), licensed(BY, 6), licensed(DB, 6), licensed(DB, **silenced)):
        assert judged(case(elsewhere, licensed(FREE)), use(accepted=NOTHING)).permits
        assert judged(case(elsewhere), use(accepted=NOTHING)).status.word == "unknown"


def test_a_reservation_covers_what_it_names_and_all_that_it_does_not() -> None:
    permitted = licensed(FREE)
    assert judged(case(permitted, reserved(acts=["share"])), use()).permits
    assert judged(case(permitted, reserved(purposes=["research"])), use()).permits
    assert judged(case(permitted, reserved(applications=["emotion"])), use()).permits
    assert judged(case(permitted, reserved(valid_until=day(2025))), use()).permits
    for all_of_it in (reserved(), reserved(acts=["train"]), reserved(acts=["*"]), reserved(purposes=["commercial"])):
        assert slugs(judged(case(permitted, all_of_it), use())) == {"reserved"}
    for begins in (day(2020), day(2030)):
        assert judged(case(permitted, reserved(valid_from=begins)), use()).status is Status.DENY


@pytest.mark.parametrize("application", [None, *PLAIN, *SENSITIVE, UNREGISTERED, "biometric", "medical_advice.triage"])
def test_use_restrictions_refuse_what_they_name_its_parents_and_what_nobody_registered(application: str | None) -> None:
    decision = judged(case(licensed(RAIL)), use(application=application))
    if application in (None, *PLAIN, "emotion"):
        assert decision.obligations == {"use_restrictions.pass_on"}
    else:
        assert (decision.status, slugs(decision)) == (Status.DENY, {"application-forbidden"})


def test_a_restriction_of_a_plain_application_refuses_the_use_that_names_none() -> None:
    strict = made_up_license("Strict-1.0", use_restrictions=["assistant"])
    names = Names({**CATALOG.names.ids, fold(strict.id): strict.id}, {}, frozenset())
    catalog = replace(CATALOG, licenses={strict.id: strict}, names=names)
    answers = {a: decide(case(licensed(strict.id)), use(application=a), catalog).permits for a in (None, *PLAIN)}
    assert answers == {None: False, "translation": True, "spam_filtering": True, "assistant": False}


# --- T7: statutory bases -----------------------------------------------------------------------------------------


def test_a_reservation_of_any_requested_act_defeats_the_bases_that_yield_to_reservations() -> None:
    everyone = {"actors": ["research_org"]}
    researcher = {"actor": "research_org"}
    for basis, law in CATALOG.vocabulary.statutes.items():
        ground = statute(basis, "train", "share", **everyone)
        assert judged(case(ground), use(**researcher)).permits
        for claim in (reserved(4, acts=["share"]), conditional("payment", acts=["share"])):
            both = use("train.pretrain", "share.ids", **researcher)
            assert judged(case(ground, claim), use(**researcher)).permits
            assert judged(case(ground, claim), both).by_act[0][1] is (Status.SILENT if law.defeated else Status.PERMIT)
    assert {basis for basis, law in CATALOG.vocabulary.statutes.items() if law.defeated} == {"EU-DSM-4"}


def test_a_basis_of_researchers_is_for_researchers_and_an_unheard_basis_is_none() -> None:
    for actors in (["for_profit"], ["*"], []):
        assert not judged(case(statute("EU-DSM-3", "train", actors=actors)), use()).permits
    research = statute("EU-DSM-3", "train", actors=["research_org"])
    assert judged(case(research, reserved(4)), use(actor="research_org")).permits
    assert not judged(case(research), use()).permits
    for basis in ("eu-dsm-4", "EU-DSM-5", ""):
        assert not judged(case(statute(basis, "train")), use()).permits


@pytest.mark.parametrize(
    "outside",
    [
        {"purposes": []},
        {"purposes": ["research"]},
        {"jurisdictions": ["JP"]},
        {"actors": ["research_org"]},
        {"valid_until": day(2026)},
        {"valid_from": day(2027)},
        {"applications": ["assistant"]},
    ],
)
def test_a_basis_is_none_outside_its_scope(outside: dict[str, Any]) -> None:
    assert judged(case(statute("JP-30-4", "train")), use()).permits
    assert not judged(case(statute("JP-30-4", "train", **outside)), use()).permits
    assert not judged(case(statute("JP-30-4", "share")), use()).permits
    assert judged(case(statute("JP-30-4", "train"), gate("unlawful", 0)), use()).status is Status.DENY


# --- chains ------------------------------------------------------------------------------------------------------


def test_a_record_never_has_more_than_the_sources_it_came_through() -> None:
    own = licensed(FREE)
    for ancestor, word, slug in (
        (licensed(FREE, layer="corpus"), "permit", "license"),
        (licensed(NC, layer="corpus"), "deny", "license-denies"),
        (reserved(layer="corpus"), "deny", "reserved"),
        (licensed(UNREVIEWED, layer="corpus"), "unknown", "license-unreviewed"),
        (
            Evidence(kind="grant", tier=5, bound_to="collection", statement="not_known", layer="corpus"),
            "unknown",
            "ancestor-unknown",
        ),
    ):
        for claims in ((own, ancestor), (own, contract("train"), ancestor)):
            decision = judged(case(*claims), use())
            assert decision.status.word == word
            assert slug in slugs(decision)
    assert judged(case(licensed(FREE, layer="corpus")), use()).status.word == "unknown"
    consented_there = [licensed(FREE, layer="corpus"), card_consent("train", layer="corpus")]
    assert judged(case(*consented_there), use()).status.word == "unknown"
    assert judged(case(licensed(FREE), *consented_there), use()).permits
    assert slugs(judged(case(licensed(FREE), *consented_there), use("share.ids"))) == {"outside-consent"}
    assert judged(
        case(licensed(BY), licensed(BY, layer="a"), licensed("Notice-1.0", layer="b")), use()
    ).obligations == {
        "attribution.record",
        "notice.copyright",
        "notice.licence",
    }


# --- what cannot be read to the end ------------------------------------------------------------------------------


def test_more_alternatives_than_can_be_read_are_unknown_in_any_order_and_lift_no_refusal() -> None:
    due = [f"duty-{i}" for i in range(20)]
    licenses = [made_up_license(f"L{i}-1.0", [d]) for i, d in enumerate(due)] + [made_up_license("All-1.0", due)]
    names = Names({fold(one.id): one.id for one in licenses}, {}, frozenset())
    catalog = replace(CATALOG, licenses={one.id: one for one in licenses}, names=names)
    one, other = (" OR ".join(f"L{i}-1.0" for i in numbers) for numbers in (range(10), range(10, 20)))
    asked = use(accepted=frozenset(due))

    def word(*claims: Evidence) -> str:
        return decide(case(*claims), asked, catalog).status.word

    assert word(licensed(one), licensed(other)) == "unknown"
    assert word(licensed(one), licensed(other), contract("train")) == "permit"
    assert word(licensed(one), licensed(other), reserved()) == "deny"
    assert word(licensed(f"({one}) AND ({other})")) == "unknown"
    copied = case(licensed(one), copies=frozenset([frozenset([licensed(other)])]))
    assert decide(copied, asked, catalog).status.word == "unknown"
    assert decide(copied, use(accepted=NOTHING), catalog).status.word == "deny"  # as without the copy
    for parts in itertools.permutations([one, other, "All-1.0"]):
        assert word(*(licensed(part, tier) for part, tier in zip(parts, (3, 4, 5), strict=True))) == "permit"
        assert word(licensed(" AND ".join(f"({part})" for part in parts))) == "permit"


# --- reasons -----------------------------------------------------------------------------------------------------


@given(questions())
def test_the_reasons_fit_the_answer(question: Question) -> None:
    decision = judged(*question)
    assert decision.reasons
    assert slugs(decision) <= set(REASONS)
    if decision.permits:
        assert slugs(decision) <= PERMITTING
    else:
        assert not slugs(decision) & PERMITTING
    if decision.status is Status.DENY:
        assert "nothing-stated" not in slugs(decision)


@given(questions(), restrictions)
def test_a_new_refusal_is_named_among_the_reasons(question: Question, restriction: Evidence) -> None:
    record, asked = question
    before, after = (
        judged(replace(record, profile=p), asked) for p in (record.profile, record.profile | {restriction})
    )
    if before.permits and not after.permits and not restriction.layer:
        assert slugs(after) != slugs(before)
        assert "nothing-stated" not in slugs(after)


@pytest.mark.parametrize(
    ("claims", "word", "slug"),
    [
        ([], "unknown", "nothing-stated"),
        ([licensed(FREE)], "permit", "license"),
        ([contract("train")], "permit", "contract"),
        ([statute("JP-30-4", "train")], "permit", "statute"),
        ([licensed(NC)], "deny", "license-denies"),
        ([licensed(ND)], "unknown", "license-unclear"),
        ([licensed(UNREVIEWED)], "unknown", "license-unreviewed"),
        ([licensed("Gone-from-the-catalogue-1.0")], "unknown", "license-unreadable"),
        ([unreadable()], "unknown", "license-unreadable"),
        ([unreadable(), reserved(3, acts=["share"])], "unknown", "license-unreadable"),
        ([licensed(FREE), reserved()], "deny", "reserved"),
        ([licensed(FREE), gate("unlawful", 0)], "deny", "unlawful"),
        ([licensed(FREE), gate("evidence_missing", 0)], "deny", "evidence-missing"),
        ([conditional("payment")], "unknown", "conditional"),
        ([licensed(FREE, valid_until=day(2025))], "unknown", "license-expired"),
        ([licensed(FREE, valid_from=day(2027))], "unknown", "not-yet-valid"),
    ],
)
def test_the_reason_says_which_unknown_and_which_refusal(claims: list[Evidence], word: str, slug: str) -> None:
    decision = judged(case(*claims), use())
    assert (decision.status.word, decision.reason.slug) == (word, slug)
    assert decision.reason.text.startswith(REASONS[slug])


def test_an_obligation_that_was_not_accepted_is_named_and_tied_to_the_licence_that_asks() -> None:
    decision = judged(case(licensed(f"{BY} OR {NC}")), use(accepted=NOTHING))
    assert (decision.status, decision.reason.slug) == (Status.DENY, "obligation")
    assert decision.reason.detail == "attribution.record"
    assert decision.needs == frozenset(["attribution.record"])
    open_still = judged(case(licensed(f"{BY} OR {UNREVIEWED}")), use(accepted=NOTHING))
    assert open_still.status.word == "unknown"
    assert "license-unreviewed" in slugs(open_still)
    assert open_still.needs == frozenset(["attribution.record"])
    paid = judged(case(licensed(BY), conditional("payment")), use(accepted=NOTHING))
    assert slugs(paid) == {"obligation", "conditional"}
    assert "attribution.record, payment:us" in {reason.detail for reason in paid.reasons}
    unread = judged(case(licensed(BY), unreadable()), use(accepted=NOTHING))
    assert (unread.status, slugs(unread), unread.needs) == (Status.DENY, {"obligation"}, None)
    two = judged(case(licensed(f"{BY} AND Notice-1.0")), use(accepted=frozenset(["notice.licence"])))
    assert two.reason.detail == "attribution.record, notice.copyright"
    assert two.needs == frozenset(["attribution.record", "notice.copyright"])


def test_a_near_copy_is_named_as_the_reason_also_where_obligations_are_missing() -> None:
    decision = judged(case(licensed(BY), near_withdrawn=True), use(accepted=NOTHING))
    assert rank(decision) < rank(Status.PERMIT)
    assert "near-copy-withdrawn" in slugs(decision)


def test_what_cannot_help_by_itself_is_not_named_first() -> None:
    """A review is asked for only where it is all that is missing, a contract about something else never."""
    elsewhere = contract("share.ids")
    for stated, first in (
        ([], "nothing-stated"),
        ([licensed(NC)], "license-denies"),
        ([unreadable()], "license-unreadable"),
    ):
        decision = judged(case(*stated, near_withdrawn=True), use())
        assert (decision.reason.slug, slugs(decision)) == (first, {first, "near-copy-withdrawn"})
    alone = judged(case(licensed(FREE), near_withdrawn=True), use())
    assert slugs(alone) == {"near-copy-withdrawn"}
    both = judged(case(licensed(NC), elsewhere), use())
    assert [reason.slug for reason in both.reasons] == ["license-denies", "outside-grant"]


@pytest.mark.parametrize(
    "other",
    [
        contract("share.ids"),
        contract("train", purposes=["noncommercial"]),
        contract("train", jurisdictions=["DE"]),
        contract("train", valid_until=day(2025)),
        contract("train", applications=["translation"]),
    ],
)
def test_a_contract_about_something_else_is_named(other: Evidence) -> None:
    decision = judged(case(other), use())
    assert (decision.status.word, slugs(decision)) == ("unknown", {"outside-grant"})
    assert decision.reason.evidence == evidence_id(other)
