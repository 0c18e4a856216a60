"""Provenance records of OASIS: licence, terms that block, persons, ancestors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rightful.signals.cards.found.provenance import CARD
from tests.unit.signals.cards.found.reading import about, claims_of, short

OWN = {"generation-method": [{"code": "primary-user-source"}], "date": "2026-01-01"}


def record(use: Any, provenance: Any = OWN) -> str:
    purpose = {"intended-purpose": [{"code": "research"}]}
    return json.dumps(
        {"set": {}, "source": {}, "provenance": provenance, "use": {**purpose, **use} if isinstance(use, dict) else use}
    )


@pytest.mark.parametrize(
    ("use", "claims"),
    [
        ({}, []),
        ({"license": ["Apache-2.0"]}, [("license", "T5", "Apache-2.0")]),
        (
            {"license": ["MIT", "https://example.org/eula"]},
            [("license", "T5", "MIT AND LicenseRef-rightful-unreadable")],
        ),
        ({"license": ["DUA"]}, [("unreadable", "T5", "")]),
        ({"copyright": ["Copyright 2024 Byron Press"]}, []),
        ({"copyright": ["Parts belong to the schools."]}, [("unreadable", "T5", "")]),
        ({"consents": ["https://example.org/consent.pdf"]}, [("unreadable", "T5", "")]),
        ({"processing-excluded": [{"country": "China"}]}, [("unreadable", "T5", "")]),
        ({"storage-allowed": [{"country": "Germany"}]}, [("unreadable", "T5", "")]),
        ({"patent": ["No patents."], "trademark": ["Byron is a trademark."]}, []),
        ({"trademark": ["No AI training."]}, [("reserve", "T5", "")]),
        (
            {"intended-purpose": [{"code": "other", "long-description": "For academic use only"}]},
            [("unreadable", "T5", "")],
        ),
        ({"license_terms": "ask"}, [("unreadable", "T5", "")]),
        ({"classification": [{"regulation": {"code": "pi"}, "evaluated": True}]}, [("personal_data", "T1", "")]),
        ({"classification": [{"regulation": {"code": "pi"}, "evaluated": "unknown"}]}, [("personal_data", "T1", "")]),
        ({"classification": [{"regulation": {"code": "pi"}, "evaluated": False}]}, []),
        ("x", [("unreadable", "T6", "")]),
    ],
    ids=range(17),
)
def test_record_of_who_made_the_data_is_a_statement(use: Any, claims: list[tuple[str, ...]]) -> None:
    assert short(claims_of(CARD, record(use))) == claims


@pytest.mark.parametrize(
    "method",
    [
        "feeds",
        "web-scraping-crawling",
        "social-media",
        "syndication",
        "data-mining",
        "user-generated-content",
        "other",
        None,
        3,
    ],
)
def test_licence_on_what_was_collected_from_others_is_inferred(method: Any) -> None:
    made = {"generation-method": [{"code": "primary-user-source"}, {"code": method}]}
    assert short(claims_of(CARD, record({"license": ["MIT"]}, made))) == [("license", "T6", "MIT")]
    assert short(claims_of(CARD, record({"license": ["MIT"]}, {}))) == [("license", "T6", "MIT")]


def test_sources_are_ancestors() -> None:
    below = {"origin": {"legal-name": "News Ltd"}, "sub-provenance": {"source": "https://b.example/p.json"}}
    made = {**OWN, "source": "https://a.example/p.json", "sub-provenance": below}
    assert short(claims_of(CARD, record({"license": ["MIT"]}, made))) == [
        ("license", "T6", "MIT"),
        ("not_known", "T6", "https://a.example/p.json"),
        ("not_known", "T6", "News Ltd"),
        ("not_known", "T6", "https://b.example/p.json"),
    ]
    settled = about(derived_from=["https://a.example/p.json", "news ltd", "https://b.example/p.json"])
    assert short(claims_of(CARD, record({"license": ["MIT"]}, made), settled)) == [("license", "T6", "MIT")]


def test_other_files_of_that_name_state_nothing_and_damage_blocks() -> None:
    assert claims_of(CARD, '{"license": "MIT"}') == []
    assert claims_of(CARD, "[1, 2]") == []
    assert short(claims_of(CARD, '{"use": {"license": ["MIT"], "license": []}}')) == [("unreadable", "T6", "")]
    assert claims_of(CARD, "{") == []
