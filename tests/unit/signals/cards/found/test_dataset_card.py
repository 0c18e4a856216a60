"""Dataset cards: what their front matter states, and at which tier."""

from __future__ import annotations

from typing import Any

import pytest

from rightful.signals.cards.found.dataset_card import CARD, sections_of_rights
from tests.unit.signals.cards.found.reading import about, claims_of, confirmed, short


def card(front: str, body: str = "# Letters\n") -> str:
    return f"---\n{front}\n---\n{body}"


@pytest.mark.parametrize(
    ("front", "claims"),
    [
        ("license: mit", [("license", "T6", "MIT")]),
        ("license:\n- mit\n- cc-by-4.0", [("license", "T6", "MIT AND CC-BY-4.0")]),
        ("license: [mit]", [("license", "T6", "MIT")]),
        ("Licence: MIT", [("license", "T6", "MIT")]),
        ("license: cc", [("license", "T6", "LicenseRef-family-cc")]),
        ("license: other", [("unreadable", "T6", "")]),
        ("license: unknown", [("unreadable", "T6", "")]),
        ("license: no", [("unreadable", "T6", "")]),
        ("license: other\nlicense_name: cc-by-4.0", [("license", "T6", "CC-BY-4.0")]),
        ("license: other\nlicense_name: ours\nlicense_link: LICENSE", [("unreadable", "T6", "")]),
        ("license: mit\nlicense_details: ask us first", [("license", "T6", "MIT"), ("unreadable", "T6", "")]),
        (
            "license: mit\nlicense_link: https://creativecommons.org/licenses/by-nc/4.0/",
            [("license", "T6", "MIT"), ("license", "T6", "CC-BY-NC-4.0")],
        ),
        ("tags:\n- license:gpl-3.0\n- poems", [("license", "T6", "GPL-3.0-only")]),
        ("license:", []),
        ("license: null", []),
        ("license: []", []),
        ("language: en\npretty_name: License plates", []),
        ("gated: false\nlicense: mit", [("license", "T6", "MIT")]),
        ("gated: manual\nlicense: mit", [("license", "T6", "MIT"), ("unreadable", "T6", "")]),
        ("extra_gated_prompt: You agree to cite us.", [("unreadable", "T6", "")]),
        ("extra_gated_fields:\n  Name: text", [("unreadable", "T6", "")]),
        ("source_datasets:\n- original", []),
        ("source_datasets:\n- extended|squad\n- wiki", [("not_known", "T6", "squad"), ("not_known", "T6", "wiki")]),
        ("source_datasets: [extended]", [("not_known", "T6", "extended")]),
        ("source_datasets: ['a>b']", [("not_known", "T6", "a\\>b")]),
    ],
)  # fmt: skip
def test_front_matter_is_inferred(front: str, claims: list[tuple[str, ...]]) -> None:
    assert short(claims_of(CARD, card(front))) == claims


@pytest.mark.parametrize(
    "text",
    ["", "# A readme\n\nLicense: MIT\n", "---\nA line across.\n", "text\n---\nlicense: mit\n---\n", "---\n---\n"],
)
def test_readme_without_front_matter_states_nothing(text: str) -> None:
    assert claims_of(CARD, text) == []


@pytest.mark.parametrize(
    "front",
    [
        "license: mit\nlicense: gpl-3.0",
        "a: &x mit\nlicense: *x",
        "license: !!python/object/apply:os.system ['true']",
        "license: [mit",
        "license: " + "[" * 10_000,
        "license: " + "m" * (1 << 21),
        "- license: mit",
    ],
    ids=range(7),
)
def test_front_matter_that_cannot_be_read_blocks_where_it_may_speak_of_rights(front: str) -> None:
    assert short(claims_of(CARD, card(front))) == [("unreadable", "T6", "")]


def test_front_matter_that_cannot_be_read_says_nothing_of_rights_where_no_word_does() -> None:
    assert claims_of(CARD, card("a: 1\na: 2", "x")) == []
    assert short(claims_of(CARD, "---\nlicense: mit\n")) == [("unreadable", "T6", "")], "it does not end"
    assert short(claims_of(CARD, card("license: mit").encode() + b"\xff")) == [("unreadable", "T6", "")]
    assert short(claims_of(CARD, b"\xef\xbb\xbf" + card("license: mit").encode())) == [("license", "T6", "MIT")]


def test_licences_of_configurations_are_those_of_their_files() -> None:
    front = """license: mit
configs:
- config_name: a
  license: cc-by-nc-4.0
  data_files:
  - split: train
    path: a/*.jsonl
- config_name: b
  license: gpl-3.0
dataset_info:
- config_name: c
  license: cc0-1.0
  features:
  - name: license
    dtype: string
  meta: {license: odbl}
"""
    assert short(claims_of(CARD, card(front))) == [
        ("license", "T6", "MIT"),
        ("license", "T6", "CC-BY-NC-4.0", "a/*.jsonl"),
        ("license", "T6", "GPL-3.0-only"),
        ("license", "T6", "CC0-1.0"),
        ("license", "T6", "ODbL-1.0"),
    ]


@pytest.mark.parametrize("path", ["../x/*", "/a/*", "hf://b/*", "{a,b}/*", "[ab].txt", "a/../../b"])
def test_licence_of_a_configuration_whose_files_are_not_plain_is_of_all(path: str) -> None:
    front = f"configs:\n- license: mit\n  data_files: '{path}'"
    assert short(claims_of(CARD, card(front))) == [("license", "T6", "MIT")]


def test_confirmed_card_is_the_operators_statement() -> None:
    knows = confirmed(authority="publisher", jurisdiction=["DE"])
    claim = claims_of(CARD, card("license: mit"), knows)[0]
    assert (claim.tier, claim.authority, claim.jurisdictions) == (5, "publisher", frozenset({"DE"}))  # type: ignore[union-attr]
    assert short(claims_of(CARD, card("license: mit"), confirmed(license_from="scanner"))) == [("license", "T6", "MIT")]


@pytest.mark.parametrize(
    "body",
    [
        "For research use only.",
        "It may not be used to sell things.",
        "See our terms of use.",
        "## Use\nNon-commercial.",
    ],
)
def test_prose_that_may_restrict_blocks_what_a_confirmed_card_permits(body: str) -> None:
    assert short(claims_of(CARD, card("license: mit", body), confirmed())) == [
        ("license", "T5", "MIT"),
        ("unreadable", "T5", ""),
    ]
    assert short(claims_of(CARD, card("license: mit", body))) == [("license", "T6", "MIT")], (
        "nothing is permitted anyway"
    )


def test_section_on_licences_counts_whoever_confirmed_the_card() -> None:
    body = "# A\n\n## Licensing Information\n\nFor non-commercial use.\n\n### More\n\nNone.\n\n## Citation\n\nHere.\n"
    assert list(sections_of_rights(body)) == [("Licensing Information", "For non-commercial use.\n\n### More\n\nNone.")]
    assert short(claims_of(CARD, card("license: mit", body)))[1:] == [("unreadable", "T6", "")]
    reserved = "# A\n\n## License\n\nAll rights reserved. Training of AI models is prohibited.\n"
    assert ("reserve", "T6", "") in short(claims_of(CARD, card("license: mit", reserved)))


def test_words_that_reserve_in_a_field_reserve() -> None:
    assert ("reserve", "T6", "") in short(claims_of(CARD, card("license: No text and data mining permitted.")))


def test_operators_card_says_what_strings_mean_and_what_does_not_speak_of_rights() -> None:
    meant: dict[str, Any] = {"licenses": {"other": "CC-BY-4.0"}}
    assert short(claims_of(CARD, card("license: other"), about(**meant))) == [("license", "T6", "CC-BY-4.0")]
    aside = {"fields": {"not_rights": {"extra_gated_prompt": "we agreed on 2026-01-01"}}}
    assert claims_of(CARD, card("extra_gated_prompt: Agree."), about(**aside)) == []
    made = {"derived_from": ["Squad"]}
    assert claims_of(CARD, card("source_datasets: [squad]"), about(**made)) == [], "the operator answers for it"
