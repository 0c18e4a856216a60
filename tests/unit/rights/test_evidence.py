"""Evidence: its identity, its JSON, and the claims that licence strings make."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given

from rightful.rights.evidence import (
    KINDS,
    STATEMENTS,
    Evidence,
    Observation,
    as_json,
    evidence_id,
    from_json,
    license_claim,
    rights_id,
)
from rightful.rights.expression import UNREAD, Names
from tests.laws.strategies import claims, profiles

NAMES = Names(ids={"mit": "MIT", "apache-2.0": "Apache-2.0"}, aliases={}, exceptions=frozenset())
SEEN = Observation("MIT", "LICENSE:1", "scanner", "3", "2026-01-01T00:00:00Z")
CLAIM = Evidence(kind="grant", tier=5, bound_to="collection", statement="license", expression="MIT")


def test_evidence_id_is_stable_between_versions_and_runs() -> None:
    assert evidence_id(CLAIM) == "442048e4d553a77f1a70882c3798df74"
    assert rights_id(frozenset()) == "4f53cda18c2baa0c0354bb5f9a3ecbe5"


def test_evidence_id_does_not_depend_on_what_was_seen_where() -> None:
    observed = replace(CLAIM, observation=SEEN)
    assert observed == CLAIM
    assert hash(observed) == hash(CLAIM)
    assert evidence_id(observed) == evidence_id(CLAIM)
    assert "observation" not in as_json(observed)
    assert rights_id(frozenset([observed, CLAIM])) == rights_id(frozenset([CLAIM]))


@pytest.mark.parametrize(
    "changed",
    [
        {"tier": 3},
        {"bound_to": "work"},
        {"statement": "compilation"},
        {"expression": "Apache-2.0"},
        {"acts": frozenset(["train"])},
        {"purposes": frozenset(["research"])},
        {"applications": frozenset(["translation"])},
        {"obligations": frozenset(["payment"])},
        {"jurisdictions": frozenset(["DE"])},
        {"actors": frozenset(["public"])},
        {"basis": "EU-DSM-4"},
        {"authority": "publisher"},
        {"stated_on": date(2020, 1, 1)},
        {"valid_from": datetime(2020, 1, 1, tzinfo=UTC)},
        {"valid_until": datetime(2020, 1, 1, tzinfo=UTC)},
        {"layer": "corpus"},
    ],
)
def test_evidence_id_depends_on_every_field_that_can_change_a_decision(changed: dict[str, object]) -> None:
    other = replace(CLAIM, **changed)  # type: ignore[arg-type]
    assert other != CLAIM
    assert evidence_id(other) != evidence_id(CLAIM)


@given(claims)
def test_from_json_gives_back_what_as_json_wrote(evidence: Evidence) -> None:
    written = json.loads(json.dumps(as_json(evidence)))
    read = from_json(written, SEEN)
    assert read == evidence
    assert evidence_id(read) == evidence_id(evidence)
    assert read.observation == SEEN
    assert from_json(written).observation is None


@given(profiles)
def test_rights_id_does_not_depend_on_order_and_tells_profiles_apart(profile: frozenset[Evidence]) -> None:
    assert rights_id(frozenset(sorted(profile, key=evidence_id))) == rights_id(profile)
    assert len(rights_id(profile)) == 32
    assert rights_id(profile | {replace(CLAIM, layer="another")}) != rights_id(profile)


def test_evidence_id_of_one_instant_is_one_in_every_time_zone() -> None:
    berlin = timezone(timedelta(hours=1))
    one, other = (
        replace(CLAIM, valid_until=t)
        for t in (datetime(2026, 1, 1, 1, tzinfo=berlin), datetime(2026, 1, 1, tzinfo=UTC))
    )
    assert one == other
    assert evidence_id(one) == evidence_id(other)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "permission"},
        {"kind": "gate"},
        {"statement": "licence"},
        {"tier": 0},
        {"tier": 8},
        {"bound_to": "planet"},
        {"statement": "contract", "tier": 5},
        {"kind": "reservation", "statement": "reserve", "tier": 7},
    ],
)
def test_evidence_that_the_law_does_not_know_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no such evidence: "):
        replace(CLAIM, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["valid_from", "valid_until"])
def test_evidence_with_an_instant_without_a_time_zone_cannot_be_built(field: str) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="an instant without a time zone"):
        replace(CLAIM, **{field: naive})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="an instant without a time zone"):
        from_json({**as_json(CLAIM), field: naive.isoformat()})


def test_evidence_of_a_consent_has_no_obligations() -> None:
    consent = Evidence(kind="consent", tier=1, bound_to="subject", statement="consent")
    with pytest.raises(ValueError, match="a consent has no obligations"):
        replace(consent, obligations=frozenset(["payment"]))


def test_evidence_kinds_list_every_statement_once() -> None:
    assert {statement for statements in KINDS.values() for statement in statements} == set(STATEMENTS)
    assert all(tier in range(8) for statements in KINDS.values() for tiers in statements.values() for tier in tiers)


def test_license_claim_reads_a_string_and_keeps_it_as_it_was() -> None:
    claim = license_claim(" mit  OR apache-2.0", NAMES, tier=3, bound_to="work", place="a.py:1", detector="header/2")
    assert claim is not None
    assert (claim.statement, claim.expression, claim.tier, claim.bound_to) == (
        "license",
        "MIT OR Apache-2.0",
        3,
        "work",
    )
    assert claim.observation == Observation(" mit  OR apache-2.0", "a.py:1", "header", "2")


def test_license_claim_of_a_list_means_all_of_them() -> None:
    claim = license_claim(["MIT", "NOASSERTION", "Apache-2.0"], NAMES, tier=5)
    assert claim is not None
    assert claim.expression == "MIT AND Apache-2.0"
    assert claim.observation is not None
    assert json.loads(claim.observation.raw) == ["MIT", "NOASSERTION", "Apache-2.0"]


@pytest.mark.parametrize("raw", ["", "NOASSERTION", [], ["NOASSERTION", ""]])
def test_license_claim_of_nothing_is_no_claim(raw: str | list[str]) -> None:
    assert license_claim(raw, NAMES, tier=5) is None


@pytest.mark.parametrize("raw", ["other", "NONE", "()", "MIT OR", ["other", "NONE"]])
def test_license_claim_of_what_cannot_be_read_is_a_claim_that_blocks(raw: str | list[str]) -> None:
    for compilation in (False, True):
        claim = license_claim(raw, NAMES, tier=5, compilation=compilation, layer="corpus")
        assert claim is not None
        assert (claim.statement, claim.expression, claim.layer) == ("unreadable", "", "corpus")


def test_license_claim_of_a_list_keeps_what_others_refuse_beside_what_cannot_be_read() -> None:
    claim = license_claim(["MIT", "other"], NAMES, tier=5)
    assert claim is not None
    assert (claim.statement, claim.expression) == ("license", f"MIT AND {UNREAD}")


def test_license_claim_on_a_compilation_says_so_and_passes_further_fields() -> None:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    claim = license_claim("MIT", NAMES, tier=5, compilation=True, valid_until=until, authority="publisher")
    assert claim is not None
    assert (claim.statement, claim.valid_until, claim.authority) == ("compilation", until, "publisher")
