"""Contracts in source cards: what one has to name, what it grants and refuses, and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.errors import InputError
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.evidence import Evidence, from_json, rights_id
from rightful.rights.evidence import as_json as claim_json
from rightful.rights.uses import use_of
from rightful.signals.cards.claims import claims_digest, claims_of
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card

LAW = catalog.load()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
GRANTS: dict[str, Any] = {
    "party": "Reed Press GmbH",
    "reference": "RP-17",
    "signed_on": date(2026, 1, 5),
    "acts": ["train.pretrain"],
    "purposes": ["commercial"],
    "perpetual": True,
}


def with_contract(license: str | None = "CC-BY-NC-4.0", **terms: Any) -> SourceCard:
    """A card with one contract; a term that is None is left out."""
    said = {k: v for k, v in {**GRANTS, **terms}.items() if v is not None}
    table: dict[str, Any] = {"name": "reed", "contracts": [said], "personal_data": "no"}
    return card_of(table if license is None else {**table, "license": license}, "reed/source.toml", LAW.vocabulary)


def decided(claims: Iterable[Evidence], *acts: str, **asked: Any) -> Decision:
    use = use_of(LAW.vocabulary, acts or ["train.pretrain"], **{"as_of": NOON, "accept": ["all"], **asked})
    return decide(Case(profile=frozenset(claims), personal_data="no"), use, LAW)


def claimed(card: SourceCard) -> list[Evidence]:
    return claims_of(card, LAW.names, {})


# --- what a card has to say --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"party": None}, "a contract needs contracts[0].party"),
        ({"party": "  "}, "a contract needs contracts[0].party"),
        ({"reference": None}, "a contract needs contracts[0].reference"),
        ({"reference": ""}, "a contract needs contracts[0].reference"),
        ({"signed_on": None}, "a contract needs contracts[0].signed_on"),
        ({"signed_on": "in May"}, "contracts[0].signed_on must be a date such as 2026-11-21, not 'in May'"),
        ({"signed_on": float("nan")}, "contracts[0].signed_on must be a date such as 2026-11-21, not nan"),
        ({"perpetual": None}, "a contract has either contracts[0].valid_until or perpetual = true"),
        ({"perpetual": False}, "a contract has either contracts[0].valid_until or perpetual = true"),
        ({"perpetual": "yes"}, "contracts[0].perpetual must be true or false, not 'yes'"),
        ({"valid_until": date(2027, 1, 1)}, "a contract has either contracts[0].valid_until or perpetual = true"),
        ({"acts": None}, "a contract names contracts[0].acts that it grants or excludes"),
        ({"acts": []}, "a contract names contracts[0].acts that it grants or excludes"),
        ({"acts": ["trian"]}, "unknown use 'trian'"),
        ({"excludes": ["shares"]}, "unknown use 'shares'"),
        ({"purposes": None}, "a contract that grants names contracts[0].purposes"),
        ({"purposes": ["any"]}, "unknown purpose 'any'"),
        ({"purposes": ["*"]}, "unknown purpose '*'"),
        ({"actors": ["us"]}, "unknown actor 'us'"),
        ({"obligations": ["pay"]}, "unknown obligation 'pay'"),
        ({"applications": ["Translation!"]}, "application 'Translation!' is not a dotted name in lower case"),
        ({"jurisdiction": ["Germany"]}, "jurisdiction 'Germany' is not the code of a country"),
        ({"valid_from": "2026-01-01T00:00:00"}, "contracts[0].valid_from must be a date, or a time with its zone"),
        (
            {"perpetual": None, "valid_until": date(9999, 12, 31)},
            "contracts[0].valid_until must be within the years 1 to 9999",
        ),
        (
            {"perpetual": None, "valid_until": "9999-12-31T23:00:00-05:00"},
            "contracts[0].valid_until must be within the years 1 to 9999",
        ),
        ({"licence": "MIT"}, "unknown key 'contracts[0].licence'"),
    ],
)
def test_contract_that_is_none_names_the_file_and_the_key(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        with_contract(**terms)
    assert caught.value.message.startswith(message)
    assert str(caught.value.subject).startswith("reed/source.toml")


@pytest.mark.parametrize("contracts", ["RP-17", {"party": "Reed"}, ["RP-17"], [[]]])
def test_contracts_that_are_no_list_of_tables_are_an_error(contracts: object) -> None:
    with pytest.raises(InputError, match="contracts must be a list of tables"):
        card_of({"name": "reed", "contracts": contracts}, "source.toml", LAW.vocabulary)


def test_second_contract_is_named_by_its_number() -> None:
    table = {"name": "reed", "contracts": [GRANTS, {**GRANTS, "acts": ["trian"]}]}
    with pytest.raises(InputError) as caught:
        card_of(table, "source.toml", LAW.vocabulary)
    assert caught.value.subject == "source.toml, key contracts[1].acts"


# --- what it claims ----------------------------------------------------------------------------------------------


def test_contract_becomes_a_grant_and_a_refusal_for_its_period() -> None:
    card = with_contract(
        applications=["translation"],
        actors=["for_profit"],
        jurisdiction=["de", "FR"],
        obligations=["attribution.dataset"],
        excludes=["share.verbatim"],
        valid_from=date(2026, 2, 1),
        valid_until=date(2028, 1, 31),
        perpetual=None,
    )
    grant, refusal = (e for e in claimed(card) if e.tier == 2)
    assert (grant.kind, grant.statement, grant.basis) == ("grant", "contract", "RP-17")
    assert (grant.acts, refusal.acts) == ({"train.pretrain"}, {"share.verbatim"})
    assert (grant.actors, grant.obligations) == ({"for_profit"}, {"attribution.dataset"})
    assert grant.stated_on == date(2026, 1, 5)
    assert (refusal.kind, refusal.statement, refusal.basis) == ("reservation", "reserve", "RP-17")
    assert (grant.purposes, grant.applications) == ({"commercial"}, {"translation"})
    assert grant.jurisdictions == {"DE", "FR"}
    # What a contract excludes it excludes for every purpose, application and place.
    assert (refusal.purposes, refusal.applications, refusal.jurisdictions) == (set(), set(), {"*"})
    for claim in (grant, refusal):
        assert (claim.valid_from, claim.valid_until) == (
            datetime(2026, 2, 1, tzinfo=UTC),
            datetime(2028, 2, 1, tzinfo=UTC),
        )
        assert claim.observation is not None
        assert claim.observation.raw == "Reed Press GmbH: RP-17"
        assert from_json(claim_json(claim)) == claim


def test_contract_that_only_excludes_grants_nothing_and_refuses_for_every_purpose() -> None:
    [claim] = claimed(with_contract(None, acts=None, purposes=None, excludes=["share"]))
    assert (claim.kind, claim.purposes) == ("reservation", frozenset())
    record = [claim, *claimed(with_contract("MIT", acts=["store.copy"]))]
    for purpose in ("commercial", "research"):
        decision = decided(record, "share.ids", purpose=purpose, actor="public")
        assert (decision.status.word, decision.reason.slug, decision.reason.detail) == ("deny", "reserved", "RP-17")


@pytest.mark.parametrize(
    "terms",
    [
        {"reference": "RP-18"},
        {"signed_on": date(2026, 1, 6)},
        {"acts": ["train.finetune"]},
        {"purposes": ["research"]},
        {"applications": ["translation"]},
        {"actors": ["public"]},
        {"jurisdiction": ["DE"]},
        {"obligations": ["payment"]},
        {"excludes": ["share.ids"]},
        {"valid_from": date(2026, 2, 1)},
        {"perpetual": None, "valid_until": date(2027, 1, 1)},
    ],
)
def test_every_term_that_can_decide_is_in_the_identity_of_the_rights(terms: dict[str, Any]) -> None:
    one, other = with_contract(), with_contract(**terms)
    assert rights_id(frozenset(claimed(one))) != rights_id(frozenset(claimed(other)))
    assert one.digest != other.digest
    assert claims_digest(one, claimed(one)) != claims_digest(other, claimed(other))


def test_party_is_part_of_what_is_claimed_for_it_is_who_asks() -> None:
    one, other = with_contract(), with_contract(party="Reed Press AG")
    assert rights_id(frozenset(claimed(one))) != rights_id(frozenset(claimed(other)))
    assert one.digest != other.digest
    assert decided(claimed(one)).status is decided(claimed(other)).status


# --- stored cards ------------------------------------------------------------------------------------------------


def test_stored_card_is_the_card_with_all_its_contracts() -> None:
    card = with_contract(
        excludes=["share"], valid_from=date(2026, 2, 1), valid_until="2027-01-01T08:00:00+02:00", perpetual=None
    )
    again = stored_card(card.as_json())
    assert again == card
    assert again.digest == card.digest
    assert frozenset(claimed(again)) == frozenset(claimed(card))


def test_card_of_a_store_from_before_there_were_contracts_still_loads() -> None:
    card = card_of({"name": "old", "license": "MIT", "derived_from": ["older"]}, "source.toml", LAW.vocabulary)
    before = {k: v for k, v in card.as_json().items() if k != "contracts"}
    assert stored_card(before) == card
    assert {e.statement for e in claimed(stored_card(before))} == {"license", "not_known"}


# --- what follows ------------------------------------------------------------------------------------------------


def test_contract_lifts_the_licence_for_what_it_names_and_brings_its_own_obligations_only() -> None:
    record = claimed(with_contract(obligations=["payment"]))
    granted = decided(record, accept=["payment:Reed Press GmbH=INV-7"])
    assert (granted.status.word, granted.obligations) == ("permit", {"payment@Reed Press GmbH"})
    assert (granted.reason.slug, granted.reason.detail) == ("contract", "RP-17")
    for accept in ([], ["payment:RP-17=INV-7"], ["payment:Sedge Press=INV-7"]):
        owed = decided(record, accept=accept)
        assert (owed.status.word, owed.needs) == ("deny", {"payment@Reed Press GmbH"})
        assert ("obligation", "payment:Reed Press GmbH") in {(r.slug, r.detail) for r in owed.reasons}


@pytest.mark.parametrize(
    ("terms", "asked"),
    [
        ({}, {"purpose": "noncommercial"}),
        ({"applications": ["translation"]}, {}),
        ({"applications": ["translation"]}, {"application": "assistant"}),
        ({}, {"application": "biometric.identify"}),
        ({"applications": ["*"]}, {"application": "military"}),
        ({"actors": ["research_org"]}, {}),
        ({"jurisdiction": ["DE"]}, {}),
        ({"jurisdiction": ["DE"]}, {"jurisdictions": ["DE", "FR"]}),
        ({"jurisdiction": ["EU"]}, {"jurisdictions": ["GB"]}),
        ({"signed_on": date(2026, 11, 22)}, {}),
        ({"valid_from": date(2026, 11, 22)}, {}),
        ({"valid_until": date(2026, 11, 20), "perpetual": None}, {}),
        ({"valid_until": "2026-11-21T12:00:00Z", "perpetual": None}, {}),
        ({"acts": ["train.finetune"]}, {}),
    ],
)
def test_contract_is_absent_outside_its_scope_and_period(terms: dict[str, Any], asked: dict[str, Any]) -> None:
    decision = decided(claimed(with_contract("MIT AND Elastic-2.0", **terms)), **asked)
    alone = decided([e for e in claimed(with_contract("MIT AND Elastic-2.0", **terms)) if e.tier != 2], **asked)
    assert decision.status is alone.status
    assert "contract" not in {r.slug for r in decision.reasons}


def test_period_of_a_contract_begins_and_ends_at_the_instant_that_the_decision_names() -> None:
    card = with_contract(
        None,
        signed_on=date(2026, 11, 1),
        valid_from="2026-11-10T09:00:00+01:00",
        valid_until=date(2026, 11, 30),
        perpetual=None,
    )
    signed, begins, ends = (datetime(2026, 11, d, h, tzinfo=UTC) for d, h in ((1, 0), (10, 8), (30, 0)))
    ends += timedelta(days=1)
    tick = timedelta(microseconds=1)
    for moment, word, until in (
        (signed - tick, "unknown", signed),
        (signed, "unknown", begins),
        (begins - tick, "unknown", begins),
        (begins, "permit", ends),
        (ends - tick, "permit", ends),
        (ends, "unknown", None),
    ):
        decision = decided(claimed(card), as_of=moment)
        assert (decision.status.word, decision.valid_until) == (word, until), moment


@pytest.mark.parametrize("act", ["*", "train"])
def test_parent_in_a_contract_means_the_leaves_that_were_practised_when_it_was_signed(act: str) -> None:
    early = claimed(with_contract(None, acts=[act], signed_on=date(2016, 1, 1)))
    assert decided(early, "train.nongen").permits
    assert decided(early, "train.pretrain").status.word == "unknown"
    assert decided(claimed(with_contract(None, acts=[act])), "train.pretrain").permits
    assert decided(claimed(with_contract(None, acts=["train"])), "share.ids").status.word == "unknown"


def test_what_a_contract_excludes_is_refused_whatever_a_licence_or_another_contract_says() -> None:
    table = {
        "name": "reed",
        "license": "CC0-1.0",
        "contracts": [
            {**GRANTS, "acts": ["share"]},
            {**GRANTS, "acts": None, "purposes": None, "reference": "RP-18", "excludes": ["share.verbatim"]},
        ],
    }
    table["contracts"] = [{k: v for k, v in c.items() if v is not None} for c in table["contracts"]]  # type: ignore[attr-defined]
    claims = claimed(card_of(table, "source.toml", LAW.vocabulary))
    refused = decided(claims, "share.verbatim")
    assert (refused.status.word, [(r.slug, r.detail) for r in refused.reasons]) == ("deny", [("reserved", "RP-18")])
    assert decided(claims, "share.adapted").permits


def test_exclusion_ends_with_its_contract_and_counts_before_it_begins() -> None:
    terms = {"acts": None, "purposes": None, "excludes": ["share"], "perpetual": None}
    card = with_contract("CC0-1.0", valid_from=date(2027, 1, 1), valid_until=date(2027, 12, 31), **terms)
    assert not decided(claimed(card), "share.ids").permits
    assert decided(claimed(card), "share.ids", as_of=datetime(2028, 1, 1, tzinfo=UTC)).permits


def test_contract_lifts_no_missing_consent() -> None:
    table = {"name": "letters", "contracts": [GRANTS], "personal_data": "yes"}
    claims = claimed(card_of(table, "source.toml", LAW.vocabulary))
    decision = decided(claims)
    assert (decision.status.word, decision.reason.slug) == ("deny", "no-legal-basis")


def test_contract_of_a_host_is_a_layer_of_its_own() -> None:
    """The digitiser's contract stands in its layer, and what the author reserved stays reserved."""
    host = card_of({"name": "host", "contracts": [GRANTS]}, "host.toml", LAW.vocabulary)
    books = card_of({"name": "books", "license": "CC-BY-NC-4.0", "derived_from": ["host"]}, "b.toml", LAW.vocabulary)
    free = card_of({"name": "free", "license": "CC0-1.0", "derived_from": ["host"]}, "f.toml", LAW.vocabulary)
    assert decided(claims_of(books, LAW.names, {"host": host})).status.word == "deny"
    through = claims_of(free, LAW.names, {"host": host})
    assert decided(through).permits
    assert {e.layer for e in through if e.statement == "contract"} == {"host"}
    outside = decided(through, purpose="research", actor="public")
    assert (outside.status.word, outside.reason.slug) == ("unknown", "outside-grant")


# --- in a store: a record keeps the card that it was read under ---------------------------------------------------


def _store(folder: Path) -> Callable[[str, str], dict[str, str]]:
    """``read(card, id)``: the source is read again with another card and one more record; who may train on what then."""
    ticks = iter(range(1000))
    store = Store(folder / "store", clock=lambda: NOON + timedelta(seconds=next(ticks)))

    def read(card: str, record: str) -> dict[str, str]:
        place = folder / record
        place.mkdir()
        (place / "source.toml").write_text(f'name = "reed"\n{card}\n', encoding="utf-8")
        row = {"id": record, "text": f"What {record} says of the reeds by the mole."}
        (place / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        store.ingest([place])
        answers = {r["id"]: r for r in store.sql("SELECT source_record_id AS id FROM records")}
        return {i: store.explain(i, use="train.pretrain", accept=["all"])["decision"] for i in answers}

    return read


GRANTED = """
[[contracts]]
party = "Reed Press"
reference = "RP-17"
signed_on = 2026-01-05
acts = ["train.pretrain"]
purposes = ["commercial"]
"""


def test_contract_that_the_newest_card_lists_no_more_has_ended_for_records_read_before(tmp_path: Path) -> None:
    """A contract is an offer beside the licence: nothing that the newest card says could take it back otherwise."""
    read = _store(tmp_path)
    plain = 'license = "CC-BY-NC-4.0"\npersonal_data = "no"\n'
    assert read(plain + GRANTED + "perpetual = true", "one") == {"one": "permit"}
    assert read(plain + GRANTED + "valid_until = 2026-11-20", "two") == {"one": "deny", "two": "deny"}
    assert read(plain + GRANTED + "valid_until = 2026-11-21", "three") == dict.fromkeys(
        ("one", "two", "three"), "permit"
    )
    assert read(plain, "four") == dict.fromkeys(("one", "two", "three", "four"), "deny")


def test_contracts_exclusion_stays_with_the_records_that_were_read_under_it(tmp_path: Path) -> None:
    read = _store(tmp_path)
    plain = 'license = "CC0-1.0"\npersonal_data = "no"\n'
    excluding = GRANTED.replace('acts = ["train.pretrain"]', 'excludes = ["train"]')
    assert read(plain + excluding + "perpetual = true", "one") == {"one": "deny"}
    assert read(plain, "two") == {"one": "deny", "two": "permit"}


def test_consent_of_the_newest_card_takes_the_place_of_the_older_and_none_leaves_it(tmp_path: Path) -> None:
    read = _store(tmp_path)
    about = 'license = "CC0-1.0"\npersonal_data = "yes"\nlegal_basis = "consent"\n'
    consent = '[consent]\nacts = ["{}"]\npurposes = ["commercial"]\ngiven_on = 2026-01-05\n'
    assert read(about + consent.format("train.pretrain"), "one") == {"one": "permit"}
    assert read(about + consent.format("mine.analyse"), "two") == {"one": "deny", "two": "deny"}
    kept = _store(tmp_path / "again")
    (tmp_path / "again").mkdir()
    assert kept(about + consent.format("mine.analyse"), "one") == {"one": "deny"}
    assert kept(about, "two") == {"one": "deny", "two": "deny"}
    assert kept(about.replace("consent", "contract"), "three") == {"one": "deny", "two": "deny", "three": "permit"}


def test_consent_of_rights_holders_in_a_card_does_not_outlive_it(tmp_path: Path) -> None:
    read = _store(tmp_path)
    stated = 'license = "CC-BY-NC-4.0"\npersonal_data = "no"\n'
    given = (
        '[consent]\ngiven_by = "rights_holder"\nparty = "us"\nacts = ["train.pretrain"]\npurposes = ["commercial"]\n'
    )
    assert read(f"{stated}{given}perpetual = true", "one") == {"one": "permit"}
    assert read(f"{stated}{given}", "two") == {"one": "deny", "two": "deny"}
    assert read(stated, "three") == {"one": "deny", "two": "deny", "three": "deny"}


def test_card_without_a_capacity_keeps_the_digest_that_it_had_before_there_were_any() -> None:
    words = catalog.load().vocabulary
    table = {"status": "given", "acts": ["train"], "purposes": ["research"], "party": "us"}
    plain = card_of({"name": "a", "consent": table}, "source.toml", words)
    assert not {"given_by", "perpetual"} & plain.as_json()["consent"].keys()
    assert stored_card(plain.as_json()) == plain
    for more in ({"given_by": "rights_holder"}, {"given_by": ["data_subject", "rights_holder"]}, {"perpetual": True}):
        other = card_of({"name": "a", "consent": {**table, **more}}, "source.toml", words)
        assert other.digest != plain.digest
        assert stored_card(other.as_json()) == other
    for wrong in ({"given_by": "author"}, {"given_by": [1]}, {"perpetual": "yes"}):
        with pytest.raises(InputError, match=r"given_by|perpetual"):
            card_of({"name": "a", "consent": {**table, **wrong}}, "source.toml", words)
