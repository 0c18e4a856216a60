"""Limits at the top of a source card bound its own licence and those of its rows; those of a contract or consent do not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.errors import InputError
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.uses import use_of
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card
from rightful.stages.license import LicenseTags

LAW = catalog.load()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FREE = "CC0-1.0"


def a_card(**keys: Any) -> SourceCard:
    return card_of({"name": "reed", "personal_data": "no", **keys}, "reed/source.toml", LAW.vocabulary)


def decided(card: SourceCard, row: str | None, **asked: Any) -> Decision:
    tags = LicenseTags(card, tuple(claims_of(card, LAW.names, {})), LAW.names, b"key")
    use = use_of(LAW.vocabulary, ["train.pretrain"], **{"as_of": NOON, "accept": ["all"], **asked})
    return decide(Case(profile=tags.rights_of(row).profile, personal_data="no", pii_state="none_found"), use, LAW)


LIMITS = [
    ({"jurisdiction": ["US"]}, {"jurisdictions": ["US"]}, "territory"),
    ({"valid_until": date(2020, 1, 1)}, {"as_of": datetime(2019, 5, 1, tzinfo=UTC)}, "license-expired"),
    ({"valid_from": date(2027, 1, 1)}, {"as_of": datetime(2027, 1, 1, tzinfo=UTC)}, "not-yet-valid"),
    ({"purposes": ["noncommercial"]}, {"purpose": "noncommercial"}, "outside-statement"),
    ({"applications": ["translation"]}, {"application": "translation"}, "outside-statement"),
]


@pytest.mark.parametrize(("limit", "within", "reason"), LIMITS)
@pytest.mark.parametrize(("stated", "row"), [(None, FREE), (FREE, FREE), (FREE, None), (FREE, "MIT"), ("MIT", FREE)])
def test_limit_of_a_card_bounds_its_licence_and_those_of_its_rows(
    limit: dict[str, Any], within: dict[str, Any], reason: str, stated: str | None, row: str | None
) -> None:
    said = {} if stated is None else {"license": stated}
    assert decided(a_card(**said), row).permits
    beyond = decided(a_card(**said, **limit), row)
    assert (beyond.status.word, {r.slug for r in beyond.reasons}) == ("unknown", {reason})
    assert decided(a_card(**said, **limit), row, **within).permits


@pytest.mark.parametrize(("limit", "within", "reason"), LIMITS)
def test_limit_of_a_card_takes_no_refusal_away(limit: dict[str, Any], within: dict[str, Any], reason: str) -> None:
    for row in ("CC-BY-NC-4.0", "Reddit User Agreement"):
        assert decided(a_card(**limit), row).status.word == "deny"
    assert decided(a_card(**limit), "as the authors wish", **within).status.word == "unknown"


def test_limit_of_a_contract_bounds_the_contract_alone() -> None:
    terms = {"party": "Reed", "reference": "R-1", "signed_on": date(2026, 1, 5), "acts": ["train"], "perpetual": True}
    contract = {**terms, "purposes": ["commercial"], "jurisdiction": ["FR"], "applications": ["translation"]}
    card = a_card(contracts=[contract])
    assert decided(card, FREE).permits
    assert not decided(card, "CC-BY-NC-4.0").permits
    assert decided(card, "CC-BY-NC-4.0", jurisdictions=["FR"], application="translation").permits
    bounded = a_card(
        contracts=[{**terms, "purposes": ["commercial"]}], jurisdiction=["US"], valid_until=date(2020, 1, 1)
    )
    assert decided(bounded, None).permits


@pytest.mark.parametrize(
    ("key", "said", "message"),
    [
        ("purposes", ["profit"], "unknown purpose 'profit'"),
        ("purposes", 7, "purposes must be a list of strings"),
        ("applications", ["Translation!"], "application 'Translation!' is not a dotted name"),
    ],
)
def test_limit_that_cannot_be_read_names_the_file_and_the_key(key: str, said: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        a_card(**{key: said})
    assert str(caught.value.subject).startswith("reed/source.toml")


def test_card_is_kept_with_its_limits_and_one_without_them_as_before() -> None:
    limited = a_card(purposes=["research"], applications=["translation", "speech"], license=FREE)
    assert stored_card(json.loads(json.dumps(limited.as_json()))) == limited
    plain = a_card(license=FREE).as_json()
    assert not {"purposes", "applications"} & plain.keys()
    assert stored_card(plain).digest == a_card(license=FREE).digest


def test_rows_of_a_store_are_bound_by_the_limits_of_their_card(tmp_path: Path) -> None:
    folder = tmp_path / "reed"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "reed"\npersonal_data = "no"\njurisdiction = ["US"]\n', encoding="utf-8"
    )
    row = {"id": "r1", "text": "What the reeds say of the tides at the mole.", "license": FREE}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.ingest([folder])
    assert store.query(use="train.pretrain")["permitted"]["records"] == 0
    assert [r["reason"] for r in store.explain("r1", use="train.pretrain")["reasons"]] == ["territory"]
    assert store.query(use="train.pretrain", jurisdiction=["US"])["permitted"]["records"] == 1
