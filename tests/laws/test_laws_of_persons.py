"""Personal data: on which ground they may be used, and what a scan says of a card. Law 8."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights.decide import Case
from rightful.rights.persons import KEPT, LEGAL_BASES
from rightful.rights.undertakings import undertakings
from rightful.rights.uses import Use, redacting
from rightful.rights.values import Status
from tests.laws.strategies import questions
from tests.laws.test_laws_of_capacity import after
from tests.laws.words import (
    ACTS,
    FREE,
    SENSITIVE,
    UNREGISTERED,
    WORDS,
    card_consent,
    case,
    consented,
    contract,
    day,
    gate,
    judged,
    licensed,
    rank,
    slugs,
    use,
)

Question = tuple[Case, Use]
GROUNDS = [basis for basis in LEGAL_BASES if basis != "consent"]


@given(
    st.text(max_size=12) | st.sampled_from(["none", "x", "Consent", "CONTRACT", "legitimate interests", " contract"])
)
def test_a_legal_basis_that_is_not_of_the_list_is_none_and_is_named(basis: str) -> None:
    if basis not in LEGAL_BASES:
        decision = judged(case(licensed(FREE), personal_data="yes", legal_basis=basis), use())
        assert (decision.status, slugs(decision)) == (Status.DENY, {"no-legal-basis"})
        assert (repr(basis) in decision.reason.text) == bool(basis)


@pytest.mark.parametrize("basis", GROUNDS)
def test_a_legal_basis_of_the_list_lets_a_licence_speak(basis: str) -> None:
    assert judged(case(licensed(FREE), personal_data="yes", legal_basis=basis), use()).permits
    assert not judged(case(personal_data="yes", legal_basis=basis), use()).permits


def test_consent_as_a_legal_basis_needs_a_consent_that_is_on_record() -> None:
    record = case(licensed(FREE), personal_data="yes", legal_basis="consent")
    assert slugs(judged(record, use())) == {"consent-not-on-record"}
    vague = replace(record, standings=after(consented(day(2024), "train.pretrain", purposes=[])))
    assert slugs(judged(vague, use())) == {"consent-not-on-record"}
    given_ = card_consent("train.pretrain")
    for consents in (
        replace(record, profile=record.profile | {given_}),
        replace(record, standings=after(consented(day(2024), "train.pretrain"))),
    ):
        assert judged(consents, use()).permits
        assert slugs(judged(consents, use("share.verbatim"))) == {"outside-consent"}
    ended = replace(record, profile=record.profile | {replace(given_, valid_until=day(2025))})
    assert slugs(judged(ended, use())) == {"consent-expired"}


@example((case(licensed(FREE), pii_found=frozenset(["email"])), use(accepted=frozenset())), "contract", None)
@given(questions(), st.sampled_from([*LEGAL_BASES, "x", None]), st.sampled_from([*LEGAL_BASES, "x", None]))
def test_a_legal_basis_never_permits_more_than_a_text_about_nobody(
    question: Question, basis: str | None, other: str | None
) -> None:
    record, asked = question
    # Over a text in which something was found, "no" counts as unknown: that is no text about nobody.
    nobody = replace(record, personal_data="no", pii_state="none_found", legal_basis=other, pii_found=frozenset())
    for personal_data in ("yes", "unknown", None):
        somebody = replace(record, personal_data=personal_data, legal_basis=basis)
        assert rank(judged(somebody, asked)) <= rank(judged(nobody, asked))


@pytest.mark.parametrize("personal_data", ["yes", "unknown"])
@pytest.mark.parametrize("basis", LEGAL_BASES)
def test_no_legal_basis_lifts_a_sensitive_application(basis: str, personal_data: str) -> None:
    for application in (*SENSITIVE, UNREGISTERED, "biometric"):
        record = case(licensed(FREE), personal_data=personal_data, legal_basis=basis)
        assert "sensitive-application" in slugs(judged(record, use(application=application)))
        named = consented(day(2024), "train.pretrain", applications=[application])
        assert judged(replace(record, standings=after(named)), use(application=application)).permits


def test_what_a_scan_found_overrides_a_card_that_denies_it() -> None:
    record = case(licensed(FREE), personal_data="no", pii_state="found")
    for application in SENSITIVE:
        assert slugs(judged(record, use(application=application))) == {"sensitive-application"}
        for clean in ("none_found", "redacted", "not_scanned"):
            assert judged(replace(record, pii_state=clean), use(application=application)).permits


TEXTS = ("share.verbatim", "share.adapted", "synth.derive", "index.retrieval", "infer.ground", "label.annotate")
OWING = {*TEXTS, "serve.output", *(act for act in ACTS if act.startswith("train."))}


@pytest.mark.parametrize("act", ACTS)
def test_what_was_found_is_taken_out_before_a_text_is_handed_on_or_trained_on(act: str) -> None:
    for stated in ("unknown", "no"):
        record = case(licensed(FREE), personal_data=stated, pii_state="found", pii_found=frozenset(["email", "phone"]))
        plain = use(act, accepted=undertakings(WORDS, ["all", "redact.personal_data", "redact"])[0])
        decision = judged(record, plain)
        assert decision.permits == (act not in OWING)
        if act in OWING:
            assert slugs(decision) == {"personal-data-found"}
            assert not judged(record, redacting(plain, ["email"])).permits
            done = judged(record, redacting(plain, ["email", "phone", "iban"]))
            assert done.obligations == {"redact.personal_data@email", "redact.personal_data@phone"}


@pytest.mark.parametrize("act", ACTS)
def test_what_stands_in_notices_is_neither_owed_nor_makes_anything_else_free(act: str) -> None:
    for stated in ("unknown", "no"):
        record = case(licensed(FREE), personal_data=stated, pii_state="found", pii_found=KEPT)
        assert judged(record, use(act)).permits
        assert slugs(judged(record, use(act, application="biometric.identify"))) == {"sensitive-application"}
        more = replace(record, pii_found=KEPT | {"us_ssn"})
        assert judged(more, use(act)).permits == (act not in OWING)
        assert judged(more, redacting(use(act), ["us_ssn"])).permits
    assert slugs(judged(replace(record, personal_data="yes"), use(act))) == {"no-legal-basis"}


@given(questions())
def test_what_was_found_never_widens(question: Question) -> None:
    record, asked = question
    for personal_data in ("unknown", "no", "yes"):
        clean = replace(record, personal_data=personal_data, pii_found=frozenset())
        bare = replace(asked, accepted=frozenset(o for o in asked.accepted if "redact" not in o))
        noticed = replace(clean, pii_found=KEPT, pii_state="found")
        found = replace(noticed, pii_found=KEPT | {"email"})
        assert (
            rank(judged(found, bare))
            <= rank(judged(noticed, bare))
            <= rank(judged(replace(clean, pii_state="found"), bare))
        )


def test_a_basis_or_a_consent_lifts_what_is_owed_for_what_was_found_and_nothing_else_does() -> None:
    record = case(licensed(FREE), personal_data="unknown", pii_state="found", pii_found=frozenset(["email"]))
    plain = use(accepted=undertakings(WORDS, ["all"])[0])
    for basis in GROUNDS:
        assert judged(replace(record, legal_basis=basis), plain).permits
    for basis in (None, "x", "consent"):
        assert slugs(judged(replace(record, legal_basis=basis), plain)) == {"personal-data-found"}
    given_ = after(consented(day(2024), "train.pretrain"))
    assert judged(replace(record, standings=given_), plain).permits
    assert not judged(replace(record, profile=record.profile | {contract("train")}), plain).permits


def test_the_gate_of_an_ancestor_is_lifted_by_the_consent_that_it_has() -> None:
    chain = licensed(FREE), licensed(FREE, layer="a"), replace(gate("personal_data", 1), layer="a")
    assert slugs(judged(case(*chain), use())) == {"no-legal-basis"}
    assert judged(case(*chain, card_consent("train.pretrain", layer="a")), use()).permits
    assert not judged(case(*chain, card_consent("train.pretrain", layer="b"), licensed(FREE, layer="b")), use()).permits
    assert judged(case(*chain, standings=after(consented(day(2024), "train.pretrain"))), use()).permits
