"""An attested claim of public domain: it permits where it says, from when it says, and is an error where it attests nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from rightful import catalog
from rightful.errors import InputError
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.uses import use_of
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card
from rightful.stages.license import LicenseTags

LAW = catalog.load()
ATTESTED = {
    "author": "Mira Castellan",
    "year_of_death": 1931,
    "country": ["DE", "FR"],
    "reviewer": "J. Ortega",
    "date": date(2026, 11, 1),
}


def card(attested: Mapping[str, Any], **more: Any) -> SourceCard:
    return card_of({"name": "almanacs", "public_domain": dict(attested), **more}, "source.toml", LAW.vocabulary)


def asked(
    of: SourceCard, *places: str, row: str | None = None, on: datetime = datetime(2026, 11, 21, tzinfo=UTC)
) -> Decision:
    tags = LicenseTags(of, tuple(claims_of(of, LAW.names, {})), LAW.names, b"key")
    use = use_of(LAW.vocabulary, ["train.pretrain"], jurisdictions=places, as_of=on)
    return decide(Case(profile=tags.rights_of(row).profile, personal_data="no"), use, LAW)


def test_attested_claim_permits_in_the_countries_that_it_names_only() -> None:
    of = card(ATTESTED)
    assert asked(of, "DE").permits
    assert asked(of, "DE", "FR").permits
    for places in (("US",), ("DE", "US"), ("EU",), ()):
        decision = asked(of, *places)
        assert (decision.status.word, decision.reason.slug) == ("unknown", "territory"), places


def test_attested_claim_for_the_union_reaches_its_members_and_no_other() -> None:
    of = card({**ATTESTED, "country": "EU"})
    assert asked(of, "DE").permits
    assert asked(of, "EU").permits
    assert not asked(of, "CH").permits


def test_attested_claim_counts_from_the_day_of_the_review() -> None:
    before = asked(card(ATTESTED), "DE", on=datetime(2026, 10, 1, tzinfo=UTC))
    assert (before.status.word, before.reason.slug) == ("unknown", "not-yet-valid")


def test_attested_claim_yields_to_what_a_row_states_and_to_the_limits_of_its_card() -> None:
    assert asked(card(ATTESTED), "DE", row="CC-BY-NC-4.0").status.word == "deny"
    assert not asked(card(ATTESTED), "DE", row="all rights reserved by the translator, see the preface").permits
    assert not asked(card(ATTESTED, jurisdiction=["FR"]), "DE").permits
    assert asked(card(ATTESTED, jurisdiction=["FR"]), "FR").permits
    assert not asked(card(ATTESTED, jurisdiction=["US"]), "DE").permits


def test_word_for_an_attested_claim_attests_nothing_by_itself() -> None:
    for row in ("LicenseRef-PD-Attested", "licenseref-pd-attested", "MIT OR LicenseRef-PD-Attested"):
        of = card_of({"name": "almanacs"}, "source.toml", LAW.vocabulary)
        decision = asked(of, "DE", row=row)
        assert (decision.status.word, decision.reason.slug) == ("unknown", "license-unreadable"), row


def test_attested_claim_says_who_attests_what_and_survives_storage() -> None:
    of = card({**ATTESTED, "year_of_publication": 1902, "note": "letters"})
    assert stored_card(of.as_json()).public_domain == of.public_domain
    [claim] = [e for e in claims_of(of, LAW.names, {}) if e.basis]
    words = "Mira Castellan, died 1931, published 1902; looked up by J. Ortega on 2026-11-01"
    assert (claim.tier, claim.basis, claim.jurisdictions) == (5, words, {"DE", "FR"})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"country": "*"}, "country cannot be '*'"),
        ({"country": ["DE", "*"]}, "country cannot be '*'"),
        ({"country": []}, "needs public_domain.country"),
        ({"country": "XX"}, "is not the code of a country"),
        ({"author": ""}, "needs public_domain.author"),
        ({"reviewer": ""}, "needs public_domain.reviewer"),
        ({"date": None}, "needs public_domain.date"),
        ({"year_of_death": None}, "needs public_domain.year_of_death or public_domain.year_of_publication"),
        ({"year_of_death": 2031}, "a year that was over at the review"),
        ({"year_of_death": "1931"}, "a year such as 1899"),
        ({"year_of_death": True}, "a year such as 1899"),
        ({"place": "DE"}, "public_domain.place"),
    ],
)
def test_claim_that_attests_nothing_is_an_error_that_names_the_key(change: dict[str, Any], why: str) -> None:
    data = {k: v for k, v in {**ATTESTED, **change}.items() if v is not None}
    with pytest.raises(InputError) as caught:
        card(data)
    assert why in str(caught.value)
    assert "source.toml" in str(caught.value)
