"""Grounds beside the licence, in chains and beside copies: contracts (T2), statutory bases (T7), ``copies = "own"``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rightful.rights.chains import inversions
from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import cases, contracts, gates, licences, questions, reservations, statutes, uses
from tests.laws.words import (
    BY,
    CATALOG,
    EVERYTHING,
    FREE,
    NC,
    ND,
    PAID,
    TERMS,
    UNREVIEWED,
    card_consent,
    case,
    conditional,
    contract,
    day,
    gate,
    judged,
    licensed,
    rank,
    reserved,
    slugs,
    statute,
    unreadable,
    use,
)

Question = tuple[Case, Use]
_LINKS = ("", "a", "a > b")
_NOT_KNOWN = Evidence(kind="grant", tier=5, bound_to="collection", statement="not_known")


# --- contracts in a chain ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", _LINKS)
@pytest.mark.parametrize("stated", [licensed(NC), reserved(4), unreadable(), _NOT_KNOWN])
def test_a_contract_lifts_what_is_stated_in_its_own_link_and_in_no_other(link: str, stated: Evidence) -> None:
    free = [licensed(FREE, layer=layer) for layer in _LINKS]
    for poor in _LINKS:
        record = case(*free, replace(stated, layer=poor), contract("train", layer=link))
        assert judged(record, use()).permits == (poor == link)


_owing = st.builds(lambda *due: contract("*", obligations=due), st.sampled_from(["payment", "registration"]))


@given(questions(), contracts | _owing, st.sampled_from(["", "ancestor"]))
def test_a_contract_never_narrows_in_a_link_that_is_there(question: Question, offer: Evidence, link: str) -> None:
    record, asked = question
    there = replace(record, profile=record.profile | {licensed(FREE, layer=link)})
    offered = replace(there, profile=there.profile | {replace(offer, layer=link)})
    assert rank(judged(offered, asked)) >= rank(judged(there, asked))


@given(questions(), st.sampled_from(_LINKS))
def test_what_a_contract_excludes_is_refused_in_whatever_link_it_stands(question: Question, link: str) -> None:
    record, asked = question
    excluded = reserved(2, acts=asked.acts[:1], layer=link)
    decision = judged(replace(record, profile=record.profile | {excluded}), asked)
    assert decision.status is Status.DENY
    assert dict(decision.by_act)[asked.acts[0]] is Status.DENY


def test_a_contract_grants_from_its_signature_and_beginning_until_its_end() -> None:
    terms = contract("train", valid_from=day(2022), valid_until=day(2024), stated_on=day(2020).date())
    answers = {y: judged(case(terms), use(as_of=day(y))).status.word for y in (2019, 2020, 2022, 2023, 2024, 2026)}
    assert answers == {
        2019: "unknown",
        2020: "unknown",
        2022: "permit",
        2023: "permit",
        2024: "unknown",
        2026: "unknown",
    }


# --- statutory bases in a chain ----------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["EU-DSM-3", "EU-DSM-4", "JP-30-4"])
def test_a_statutory_basis_reaches_every_link_of_a_chain(basis: str) -> None:
    relied = statute(basis, "train", actors=["research_org"])
    chain = [licensed(NC, layer=layer) for layer in _LINKS]
    asked = use(actor="research_org")
    decision = judged(case(*chain, relied), asked)
    assert decision.permits
    assert "statute" in slugs(decision)
    assert judged(case(*chain), asked).status is Status.DENY


@pytest.mark.parametrize("link", _LINKS)
@pytest.mark.parametrize("tier", [3, 4, 5, 6])
def test_a_reservation_in_any_link_defeats_a_basis_that_yields_to_reservations_and_no_other(
    link: str, tier: int
) -> None:
    asked = use(actor="research_org")
    for basis, law in CATALOG.vocabulary.statutes.items():
        relied = statute(basis, "train", actors=["research_org"])
        for said in (reserved(tier, acts=["train"], layer=link), licensed(TERMS, tier, layer=link)):
            record = case(*(licensed(FREE, layer=layer) for layer in _LINKS), said, relied)
            assert judged(record, asked).permits != law.defeated, (basis, said)
        assert judged(case(reserved(tier, acts=["share"], layer=link), licensed(FREE), relied), asked).permits or link


def test_what_a_copy_reserves_of_the_work_defeats_a_basis_in_every_link() -> None:
    """A contract lifts it for the face; the link behind the face has nothing but the basis."""
    chain = (licensed(FREE), contract("train"), licensed(ND, layer="a"), statute("EU-DSM-4", "train"))
    assert judged(case(*chain), use()).permits
    for tier, word in ((3, "unknown"), (4, "permit")):
        copied = frozenset([frozenset([reserved(tier, acts=["train"])])])
        assert judged(case(*chain, copies=copied), use()).status.word == word


def test_a_link_that_is_not_known_defeats_the_bases_that_yield_to_reservations() -> None:
    """Nobody can say what was reserved there."""
    for basis, law in CATALOG.vocabulary.statutes.items():
        relied = statute(basis, "train", actors=["research_org"])
        record = case(licensed(FREE), replace(_NOT_KNOWN, layer="a"), relied)
        assert judged(record, use(actor="research_org")).permits != law.defeated, basis


def test_a_ban_in_terms_is_a_reservation_where_it_bans_whatever_the_period_of_what_they_permit() -> None:
    relied = statute("EU-DSM-4", "train", "index", purposes=["commercial", "research"])
    banned = judged(case(licensed(TERMS), relied), use())
    assert (banned.status.word, slugs(banned)) == ("deny", {"license-denies"})
    assert judged(case(licensed(TERMS), relied), use("index.search")).permits
    assert not judged(case(licensed(TERMS), relied), use("train.pretrain", "index.search")).permits
    assert judged(case(licensed(TERMS), relied), use(purpose="research")).permits
    for limits in ({"valid_until": day(2025)}, {"jurisdictions": ["US"]}, {"purposes": ["research"]}):
        assert judged(case(licensed(TERMS, **limits), relied), use()).status is Status.DENY
    assert not judged(case(licensed(f"{TERMS} OR {NC}"), relied), use()).permits
    plain = judged(case(licensed(NC), relied), use())
    assert plain.permits


@given(questions(), statutes, reservations.filter(lambda e: e.tier <= 2) | gates)
def test_a_statutory_basis_lifts_no_order_no_person_no_contract_party_and_no_gate(
    question: Question, relied: Evidence, refusal: Evidence
) -> None:
    record, asked = question
    refused = replace(record, profile=record.profile | {refusal})
    if judged(refused, asked).status is Status.DENY and judged(record, asked).status is not Status.DENY:
        assert judged(replace(refused, profile=refused.profile | {relied}), asked).status is Status.DENY


def test_persons_and_orders_stand_above_a_statutory_basis() -> None:
    relied = statute("JP-30-4", "train")
    assert judged(case(relied), use()).permits
    for above in (
        reserved(0),
        reserved(1, basis="withdrawn"),
        reserved(2),
        gate("unlawful", 0),
        gate("personal_data", 1),
        card_consent("share"),
    ):
        assert judged(case(relied, above), use()).status is Status.DENY
    assert judged(case(relied, personal_data="yes"), use()).status is Status.DENY
    assert judged(case(relied, personal_data="unknown"), use(application="emotion")).status is Status.DENY
    assert not judged(case(relied, near_withdrawn=True), use()).permits


@given(questions(), statutes)
def test_a_statutory_basis_permits_nobody_whom_and_nowhere_that_it_does_not_name(
    question: Question, relied: Evidence
) -> None:
    record, asked = question
    with_it = judged(replace(record, profile=record.profile | {relied}), asked)
    if rank(with_it) > rank(judged(record, asked)):
        assert asked.actor in relied.actors
        assert "*" in relied.jurisdictions or asked.jurisdictions <= relied.jurisdictions
        assert asked.purpose in relied.purposes
        assert relied.valid_until is None or asked.as_of < relied.valid_until
        assert relied.valid_from is None or relied.valid_from <= asked.as_of


# --- copies = "own" ----------------------------------------------------------------------------------------------


@example((case(licensed(FREE), copies=frozenset([frozenset([licensed(ND)])])), use()))
@given(questions())
def test_copies_own_never_narrows_and_gives_no_more_than_the_record_has_without_copies(question: Question) -> None:
    record, asked = question
    own, contested = (judged(replace(record, own_copies=said), asked) for said in (True, False))
    alone = judged(replace(record, copies=frozenset(), copy_standings=frozenset()), asked)
    assert rank(contested) <= rank(own) <= rank(alone)


@pytest.mark.parametrize("contrary", [NC, ND, BY, UNREVIEWED])
def test_copies_own_keeps_the_licence_of_the_record_and_hears_what_was_reserved_or_withdrawn_elsewhere(
    contrary: str,
) -> None:
    def beside(*copy: Evidence) -> Case:
        return case(licensed(FREE), copies=frozenset([frozenset(copy)]), own_copies=True)

    kept = judged(beside(licensed(contrary)), use(accepted=frozenset()))
    assert (kept.status.word, kept.obligations) == ("permit", frozenset())
    for spreading in (reserved(0), reserved(1), reserved(3), gate("unlawful", 0), card_consent("share")):
        assert judged(beside(licensed(contrary), spreading), use()).status is Status.DENY
    paid = judged(beside(licensed(contrary), conditional("payment", tier=3)), use())
    assert paid.obligations == {PAID}


# --- inversions --------------------------------------------------------------------------------------------------

_links = st.sampled_from(_LINKS)
_stated = st.builds(lambda e, layer: replace(e, layer=layer), licences | reservations | contracts, _links)


@example(frozenset([contract("train.pretrain", obligations=["payment"], layer="a")]), use())
@given(st.frozensets(_stated, max_size=4), uses)
def test_where_a_chain_takes_away_what_its_face_permits_the_link_is_listed(
    stated: frozenset[Evidence], asked: Use
) -> None:
    willing = replace(asked, acts=("train.pretrain",), accepted=EVERYTHING)
    claims = stated | {licensed(FREE)}
    face = judged(case(*(e for e in claims if not e.layer)), willing)
    whole = judged(case(*claims), willing)
    listed = {i.path for i in inversions(claims, willing, CATALOG, [willing.purpose])}
    assert face.permits or not listed
    assert bool(listed) == (face.permits and not whole.permits)


@example(case(licensed(NC), licensed(ND, layer="a")), statute("JP-30-4", "train.pretrain"), use())
@given(cases(), statutes, uses)
def test_no_statutory_basis_hides_a_link_that_is_stated_narrower(record: Case, relied: Evidence, asked: Use) -> None:
    assume(record.profile)
    before, after = (
        list(inversions(claims, asked, CATALOG, [asked.purpose]))
        for claims in (record.profile, record.profile | {relied})
    )
    assert before == after
