"""Citation files, data packages and files of metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rightful.signals.cards.found import CARDS
from rightful.signals.cards.found.citation import CARD as CITATION
from rightful.signals.cards.found.data_package import CARD as PACKAGE
from rightful.signals.cards.found.side_files import DEPOSIT, ENERGON, METADATA
from rightful.signals.order import CONFIRMABLE, SIGNALS
from rightful.signals.signal import OfFile
from tests.unit.signals.cards.found.reading import about, claims_of, confirmed, short


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("license: MIT", [("license", "T6", "MIT")]),
        ("type: software\nlicense: MIT", [("license", "T6", "MIT")]),
        ("type: dataset\nlicense: MIT", [("license", "T5", "MIT")]),
        ("type: dataset\nlicense: [MIT, Apache-2.0]", [("license", "T5", "MIT AND Apache-2.0")]),
        ("type: dataset\nlicense-url: https://creativecommons.org/licenses/by-nc/4.0/", [("license", "T5", "CC-BY-NC-4.0")]),
        ("type: dataset\nlicense: MIT\nlicense-url: https://example.org/ours", [("license", "T5", "MIT"), ("unreadable", "T5", "")]),
        ("references:\n- license: GPL-3.0-only\npreferred-citation:\n  license: MIT", []),
        ("type: dataset\nlicense: MIT\nabstract: For research use only.", [("license", "T5", "MIT"), ("unreadable", "T5", "")]),
        ("title: Letters", []),
        ("license: *a", [("unreadable", "T6", "")]),
        ("- license", [("unreadable", "T6", "")]),
        ("- a", []),
    ],
    ids=range(12),
)  # fmt: skip
def test_citation_states_the_licence_of_its_work(text: str, claims: list[tuple[str, ...]]) -> None:
    assert short(claims_of(CITATION, text)) == claims


MIT = [{"name": "MIT", "path": "https://opensource.org/license/mit", "title": "The MIT License"}]
LOCAL = [{"path": "a.csv"}, {"path": ["b/1.csv", "./b/2.csv"]}]


@pytest.mark.parametrize(
    ("package", "claims"),
    [
        (
            {"licenses": MIT, "resources": LOCAL},
            [("license", "T6", "MIT"), ("license", "T5", "MIT", "a.csv,b/1.csv,b/2.csv")],
        ),
        (
            {"licenses": MIT, "resources": [{"path": "https://x.org/a.csv"}, {"path": "../a.csv"}]},
            [("license", "T6", "MIT")],
        ),
        ({"licenses": MIT}, [("license", "T6", "MIT")]),
        (
            {"licenses": [{"path": "https://creativecommons.org/licenses/by-nc/4.0/"}]},
            [("license", "T6", "CC-BY-NC-4.0")],
        ),
        ({"licenses": [{"name": "ours", "path": "LICENSE.md"}]}, [("unreadable", "T6", "")]),
        ({"license": "MIT"}, [("license", "T6", "MIT")]),
        (
            {"licenses": MIT, "resources": LOCAL, "sources": [{"title": "Census", "path": "https://c.org"}]},
            [("license", "T6", "MIT"), ("not_known", "T6", "Census")],
        ),
        (
            {"resources": [{"path": "a.csv", "licenses": [{"name": "CC-BY-4.0"}]}]},
            [("license", "T5", "CC-BY-4.0", "a.csv")],
        ),
        (
            {"resources": [{"path": "https://x.org/a", "licenses": [{"name": "CC-BY-4.0"}]}]},
            [("license", "T6", "CC-BY-4.0")],
        ),
        ({"resources": [{"path": "a.csv", "schema": {"fields": [{"name": "license"}]}, "data": {"license": "x"}}]}, []),
        ({"contributors": [{"title": "A", "license": "x"}]}, []),
    ],
    ids=range(11),
)
def test_data_package_speaks_for_the_files_that_it_lists(package: Any, claims: list[tuple[str, ...]]) -> None:
    assert short(claims_of(PACKAGE, json.dumps(package))) == claims


def test_data_package_may_be_yaml_and_damage_blocks() -> None:
    assert short(claims_of(PACKAGE, "licenses:\n- name: MIT\n")) == [("license", "T6", "MIT")]
    assert short(claims_of(PACKAGE, '{"licenses": [], "licenses": []}')) == [("unreadable", "T6", "")]
    assert short(claims_of(PACKAGE, "licenses: [*x]")) == [("unreadable", "T6", "")]
    assert claims_of(PACKAGE, "{") == []


@pytest.mark.parametrize(
    ("signal", "value", "claims"),
    [
        (DEPOSIT, {"license": "cc-by-4.0", "access_right": "open"}, [("license", "T6", "CC-BY-4.0")]),
        (
            DEPOSIT,
            {"license": {"id": "cc-by-4.0"}, "access_right": "restricted"},
            [("license", "T6", "CC-BY-4.0"), ("unreadable", "T6", "")],
        ),
        (DEPOSIT, {"access_conditions": "<p>Write to us</p>"}, [("unreadable", "T6", "")]),
        (
            DEPOSIT,
            {"rightsList": [{"rights": "CC BY 4.0", "rightsUri": "https://creativecommons.org/licenses/by/4.0/"}]},
            [("license", "T6", "CC-BY-4.0")],
        ),
        (DEPOSIT, {"rightsList": [{"rights": "Ours"}]}, [("unreadable", "T6", "")]),
        (
            DEPOSIT,
            {
                "related_identifiers": [
                    {"relation": "isDerivedFrom", "identifier": "10.1/a"},
                    {"relation": "cites", "identifier": "b"},
                ]
            },
            [("not_known", "T6", "10.1/a")],
        ),
        (METADATA, {"dataset": {"info": {"license": "MIT"}}}, [("license", "T6", "MIT")]),
        (METADATA, {"shardlist": [{"license": "MIT"}], "features": {"license": {"dtype": "string"}}}, []),
        (
            METADATA,
            {"@context": {"@vocab": "https://schema.org/"}, "@type": "Dataset", "usageInfo": "ask"},
            [("unreadable", "T6", "")],
        ),
        (METADATA, {"set": {}, "source": {}, "provenance": {}, "use": {"consents": ["x"]}}, [("unreadable", "T6", "")]),
        (METADATA, [{"license": "MIT"}], []),
    ],
    ids=range(11),
)
def test_metadata_beside_data_is_inferred(signal: OfFile, value: Any, claims: list[tuple[str, ...]]) -> None:
    raw = json.dumps(value)
    read = list(signal.read(raw.encode(), "corpus/CARD.json", about()))
    assert short(read) == claims
    assert {
        c[1] for c in short(list(signal.read(raw.encode(), "corpus/CARD.json", confirmed()))) if c[0] == "license"
    } <= {"T5"}


def test_energon_speaks_of_the_folder_above() -> None:
    assert short(claims_of(ENERGON, "__module__: megatron.energon\nlicense: cc-by-nc-4.0\n")) == [
        ("license", "T6", "CC-BY-NC-4.0")
    ]
    assert ENERGON.above == 1
    assert ENERGON.reads(".nv-meta/dataset.yaml")
    assert not ENERGON.reads("corpus/dataset.yaml")


def test_every_card_can_be_confirmed_and_is_a_signal() -> None:
    assert {signal.name for signal in CARDS} == CONFIRMABLE
    assert set(CARDS) <= set(SIGNALS)


@pytest.mark.parametrize("signal", CARDS, ids=lambda signal: signal.name)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"{" * 50_000,
        b"[" * 50_000,
        b"---\n" * 9,
        b"license: " + b"x" * (2 << 20),
        b"null",
        b"1",
        b'"a"',
        b"[]",
        b"{}",
    ],
    ids=range(12),
)
def test_cards_take_whatever_they_are_given(signal: OfFile, raw: bytes) -> None:
    read = short(claims_of(signal, raw))
    assert read == short(claims_of(signal, raw))
    assert all(claim[0] == "unreadable" for claim in read)
