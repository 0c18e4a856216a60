"""Croissant: licences under any name of theirs, terms that block, ancestors, and when it speaks for its publisher."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rightful.rights.evidence import Evidence
from rightful.signals.cards.found.croissant import CARD, is_one
from tests.unit.signals.cards.found.reading import about, claims_of, confirmed, short

CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "references": "cr:references",
}


def described(**fields: Any) -> str:
    """A Croissant 1.1 of a dataset with these fields; ``sc_license`` is ``sc:license``."""
    own = {
        key.replace("_", ":", 1) if key.split("_")[0] in ("sc", "rai", "prov", "cr") else key: v
        for key, v in fields.items()
    }
    base = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "letters",
    }
    return json.dumps({**base, **own})


@pytest.mark.parametrize(
    ("fields", "claims"),
    [
        ({"license": "https://spdx.org/licenses/MIT"}, [("license", "T6", "MIT")]),
        ({"sc_license": "https://creativecommons.org/licenses/by/4.0/"}, [("license", "T6", "CC-BY-4.0")]),
        ({"license": ["MIT", "CC-BY-4.0"]}, [("license", "T6", "MIT AND CC-BY-4.0")]),
        ({"license": {"@type": "sc:CreativeWork", "name": "CC BY 4.0", "url": "https://x.org/terms"}}, [("license", "T6", "CC-BY-4.0")]),
        ({"license": {"@id": "https://spdx.org/licenses/MIT"}}, [("license", "T6", "MIT")]),
        ({"license": {"@value": "MIT", "@language": "en"}}, [("license", "T6", "MIT")]),
        ({"license": {"@type": "sc:CreativeWork", "name": "Our terms"}}, [("unreadable", "T6", "")]),
        ({"license": "other"}, [("unreadable", "T6", "")]),
        ({"sdLicense": "CC0-1.0"}, []),
        ({}, []),
        ({"usageInfo": "https://example.org/terms"}, [("unreadable", "T6", "")]),
        ({"sc_usageInfo": {"@type": "DefinedTerm", "termCode": "DUO_0000004"}}, []),
        ({"usageInfo": {"@type": "DefinedTerm", "termCode": "DUO_0000042"}}, [("unreadable", "T6", "")]),
        ({"usageInfo": {"termCode": "DUO_0000004", "odrl:duty": "pay"}}, [("unreadable", "T6", "")]),
        ({"conditionsOfAccess": "On request"}, [("unreadable", "T6", "")]),
        ({"isAccessibleForFree": False}, [("unreadable", "T6", "")]),
        ({"isAccessibleForFree": True}, []),
        ({"rai_dataSharingAgreements": "Signed with each school"}, [("unreadable", "T6", "")]),
        ({"copyrightNotice": "All rights reserved"}, [("license", "T6", "LicenseRef-All-Rights-Reserved")]),
        ({"rai_personalSensitiveInformation": ["Names", "Age"]}, [("personal_data", "T1", "")]),
        ({"rai_personalSensitiveInformation": "None"}, []),
        ({"rai_personalSensitiveInformation": "The dataset does not contain personal data."}, []),
        ({"isBasedOn": "https://example.org/news"}, [("not_known", "T6", "https://example.org/news")]),
        ({"isBasedOn": {"name": "News", "license": "CC-BY-NC-4.0"}}, [("license", "T6", "CC-BY-NC-4.0"), ("not_known", "T6", "News")]),
        ({"prov_wasDerivedFrom": [{"@id": "news"}, "web"]}, [("not_known", "T6", "news"), ("not_known", "T6", "web")]),
        ({"citeAs": "A. Byron, Letters, 2024", "publisher": {"license": "MIT"}}, []),
        ({"recordSet": [{"field": [{"name": "license", "license": "MIT"}]}]}, []),
    ],
    ids=range(27),
)  # fmt: skip
def test_croissant_is_inferred(fields: dict[str, Any], claims: list[tuple[str, ...]]) -> None:
    assert short(claims_of(CARD, described(**fields))) == claims


def test_terms_are_read_as_the_context_maps_them() -> None:
    text = json.dumps(
        {"@context": {"lic": "https://schema.org/license", "t": {"@id": "sc:usageInfo"}}, "lic": "MIT", "t": "ask"}
    )
    assert short(claims_of(CARD, text)) == [("license", "T6", "MIT"), ("unreadable", "T6", "")]
    hidden = json.dumps({"@context": {"license": "cr:recordSet"}, "license": "CC-BY-NC-4.0"})
    assert short(claims_of(CARD, hidden)) == [("license", "T6", "CC-BY-NC-4.0")], "a mapping takes nothing away"
    graph = json.dumps(
        {
            "@context": "x",
            "@graph": [{"@type": "Person", "license": "MIT"}, {"@type": "Dataset", "license": "GPL-3.0-only"}],
        }
    )
    assert short(claims_of(CARD, graph)) == [("license", "T6", "GPL-3.0-only")]


def test_noncommercial_term_and_prohibitions_refuse() -> None:
    (reserved, blocked) = claims_of(CARD, described(usageInfo={"@type": "DefinedTerm", "termCode": "DUO_0000046"}))
    assert isinstance(reserved, Evidence)
    assert (reserved.statement, reserved.purposes) == ("reserve", frozenset({"commercial"}))
    assert "train" in reserved.acts
    assert short([blocked]) == [("unreadable", "T6", "")]
    offer = {
        "@type": "odrl:Offer",
        "odrl:prohibition": [{"odrl:action": {"@id": "tdm:mine"}}, {"odrl:action": "odrl:sell"}],
    }
    mined, sold, _ = claims_of(CARD, described(usageInfo=offer))
    assert isinstance(mined, Evidence)
    assert isinstance(sold, Evidence)
    assert mined.acts == {"mine.analyse", "train", "synth.derive"}
    assert {"share", "serve", "train"} <= sold.acts, "an action that is not known prohibits everything"


FILES = [{"@type": "cr:FileObject", "contentUrl": "a.jsonl"}, {"@type": "cr:FileSet", "includes": "b/*.txt"}]


def test_croissant_of_the_publisher_speaks_for_the_files_that_it_names() -> None:
    text = described(license="MIT", publisher={"@type": "Organization", "name": "Byron Press"}, distribution=FILES)
    of_files = ("license", "T5", "MIT", "a.jsonl,b/*.txt")
    assert short(claims_of(CARD, text, about(publisher="byron press"))) == [("license", "T6", "MIT"), of_files]
    for other in (about(), about(publisher="Another"), about(publisher="Byron Press", covers="compilation")):
        assert short(claims_of(CARD, text, other)) == [("license", "T6", "MIT")]


@pytest.mark.parametrize(
    "more",
    [
        {"isBasedOn": "https://example.org/news"},
        {"rai_dataCollectionType": ["Web Scraping"]},
        {"rai_dataCollectionType": "Secondary Data Analysis"},
        {"distribution": [{"contentUrl": "https://example.org/a.jsonl"}, {"contentUrl": "../a"}, {"contentUrl": "/a"}]},
        {"distribution": []},
    ],
    ids=range(5),
)
def test_label_on_the_work_of_others_or_on_other_files_stays_inferred(more: dict[str, Any]) -> None:
    text = described(**{"license": "MIT", "creator": "Byron Press", "distribution": FILES, **more})
    tiers = {c[1] for c in short(claims_of(CARD, text, about(publisher="Byron Press"))) if c[0] == "license"}
    assert tiers == {"T6"}


def test_licence_of_a_file_is_of_that_file() -> None:
    files = [
        {"contentUrl": "a.jsonl", "license": "GPL-3.0-only"},
        {"contentUrl": "https://x.org/b", "license": "CC-BY-NC-4.0"},
    ]
    assert short(claims_of(CARD, described(distribution=files))) == [
        ("license", "T6", "GPL-3.0-only", "a.jsonl"),
        ("license", "T6", "CC-BY-NC-4.0"),
    ]


def test_confirmed_croissant_is_the_operators_statement_unless_its_prose_restricts() -> None:
    assert short(claims_of(CARD, described(license="MIT"), confirmed())) == [("license", "T5", "MIT")]
    text = described(license="MIT", rai_dataUseCases="Only for evaluation; must not be used for training.")
    assert {("license", "T5", "MIT"), ("unreadable", "T5", "")} <= set(short(claims_of(CARD, text, confirmed())))
    based = {"legal_basis": "consent", "consent": {"given_on": "2024-01-01"}, "derived_from": ["news"]}
    text = described(rai_personalSensitiveInformation="Names", isBasedOn="news")
    assert claims_of(CARD, text, about(**based)) == [], "the card of the operator answers for both"


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"license": "MIT", "license": "MIT"}',
        b'"license"',
        b"\xff\xfe",
        b'{"a":' * 5_000,
        b"[" * 100_000 + b"license",
    ],
    ids=range(6),
)
def test_croissant_that_cannot_be_read_blocks_where_it_may_speak_of_rights(raw: bytes) -> None:
    blocks = b"licen" in raw or b"\xff" in raw
    assert short(claims_of(CARD, raw)) == ([("unreadable", "T6", "")] if blocks else [])


def test_croissant_is_known_by_its_content() -> None:
    assert is_one(json.loads(described()))
    assert is_one({"@context": {"@vocab": "https://schema.org/"}, "@type": ["Dataset"]})
    assert not is_one({"license": "MIT"})
    assert not is_one({"@context": "x", "@type": "Person"})
    assert not is_one([1])
