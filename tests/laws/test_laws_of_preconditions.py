"""Preconditions (payment, registration, ...) are met towards whoever asks for them. Law 5.19."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence
from rightful.rights.expression import license_id
from rightful.rights.undertakings import Unbound, asker_of, obligation_of, undertakings
from rightful.rights.uses import Use
from tests.laws.strategies import questions
from tests.laws.words import (
    CATALOG,
    DUES,
    EVERYTHING,
    FEE,
    FREE,
    NC,
    WORDS,
    case,
    conditional,
    contract,
    judged,
    licensed,
    statute,
    use,
)

Question = tuple[Case, Use]
FREELY = frozenset(o for o in EVERYTHING if not asker_of(o))
NAMED = partial(license_id, names=CATALOG.names)


def accepting(*words: str) -> frozenset[str]:
    """What these words of ``--accept`` undertake, and all that is no precondition."""
    return undertakings(WORDS, ["all", *words], NAMED)[0]


def test_what_was_paid_for_one_licence_satisfies_no_other() -> None:
    both = case(licensed(f"{FEE} AND {DUES}"))
    for one, other in ((FEE, DUES), (DUES, FEE)):
        paid = accepting(f"payment:{one}=INV-7")
        assert judged(case(licensed(one)), use(accepted=paid)).permits
        for record in (case(licensed(other)), both, case(licensed(one), licensed(other))):
            decision = judged(record, use(accepted=paid))
            assert (decision.status.word, decision.needs) == ("deny", {f"payment@{other}"})
        either = judged(case(licensed(f"{FEE} OR {DUES}")), use(accepted=paid))
        assert f"payment@{one}" in either.obligations
    settled = judged(both, use(accepted=accepting(f"payment:{FEE}=INV-7", f"payment:{DUES}=INV-8")))
    assert settled.obligations >= {f"payment@{FEE}", f"payment@{DUES}"}


@pytest.mark.parametrize(
    ("asks", "who"),
    [
        (contract("train", obligations=["payment"], party="Reed  Press"), "Reed Press"),
        (contract("train", obligations=["payment"], party="", basis="RP-26-17"), "RP-26-17"),
        (statute("JP-30-4", "train", obligations=["payment"]), "JP-30-4"),
    ],
)
def test_a_contract_asks_in_the_name_of_its_party(asks: Evidence, who: str) -> None:
    record = case(licensed(NC), asks)
    assert judged(record, use(accepted=EVERYTHING)).needs == {f"payment@{who}"}
    assert judged(record, use(accepted=accepting(f"payment:{who}=INV-7"))).obligations == {f"payment@{who}"}
    for another in (FEE, "Reed", "reed press", f"{who} Ltd"):
        assert not judged(record, use(accepted=accepting(f"payment:{another}=INV-7"))).permits


def test_one_who_asks_without_a_name_is_not_met_by_what_was_paid_to_another() -> None:
    unnamed = [conditional("payment", tier=tier, party="") for tier in (3, 4)]
    needs = [judged(case(licensed(FREE), one), use(accepted=EVERYTHING)).needs for one in unnamed]
    assert all(n is not None and {obligation_of(o) for o in n} == {"payment"} for n in needs)
    assert needs[0] != needs[1]


@given(questions(), st.sampled_from([FEE, DUES, "us", "them"]))
def test_no_reference_meets_the_precondition_of_more_than_one(question: Question, who: str) -> None:
    record, asked = question
    paid = accepting(f"payment:{who}=INV-7", f"registration:{who}=R-1")
    assert {asker_of(o) for o in paid} == {"", who}
    decision = judged(record, replace(asked, accepted=paid))
    assert {asker_of(o) for o in decision.obligations} <= {"", who}


@given(st.text(max_size=8))
def test_nothing_that_is_accepted_without_an_asker_meets_a_precondition(said: str) -> None:
    for word in ("payment", f"payment:{said}", f"payment:={said}", f"payment:{said}=", f"payment:*={said}", "all"):
        try:
            accepted, _ = undertakings(WORDS, [word], NAMED)
        except Unbound:
            continue
        assert not {"payment", "payment@", "payment@*"} & accepted
        assert word == "all" or "=" in said
