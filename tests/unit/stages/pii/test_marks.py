"""The compiled pass leaves out nothing that is something: with and without its prefilters the same is found."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.stages.pii import stage
from rightful.stages.pii.stage import PersonalData
from rightful.stages.shared.bytes import Texts
from tests.unit.stages.pii.plain_scan import plain_hits
from tests.unit.stages.pii.test_secrets import SECRETS
from tests.unit.stages.pii.test_stage import ANNOUNCED, FOUND, NATIONAL, NOT_FOUND

EXAMPLES = [
    *(text for texts in (*FOUND.values(), *NATIONAL.values(), *NOT_FOUND.values()) for text in texts),
    *(f"{word} {text}" for word, texts in ANNOUNCED.values() for text in texts),
]
KEYS = [key for keys in SECRETS.values() for key in keys]
SETTINGS = [
    PersonalData(),
    PersonalData(look_for="all", addresses="all", phone_regions="ES PT"),
    PersonalData(look_for="ipv6 phone secret"),
]
pieces = st.one_of(
    st.sampled_from([*EXAMPLES, *KEYS, "2019-01-31", "1999-12-31 ", " tel ", "phone: ", "v", "Author: "]),
    st.text(st.sampled_from("0123456789"), min_size=1, max_size=6),
    st.text(st.sampled_from("09aAfZ@:-. ./+()_,#=\n\u00e9\u4e00"), min_size=1, max_size=4),
)
rows = st.lists(st.lists(pieces, max_size=8).map("".join), max_size=4)


def hits(texts: list[str], settings: PersonalData) -> list[tuple[int, int, int, str]]:
    batch = pa.record_batch({"text": pa.array(texts, pa.large_string())})
    return stage._hits(settings, batch, Texts.of(batch), None)[0]


@pytest.mark.parametrize("settings", SETTINGS, ids=["default", "all", "some"])
@given(rows)
def test_pii_of_any_text_is_found_with_and_without_prefilters(settings: PersonalData, texts: list[str]) -> None:
    assert hits(texts, settings) == plain_hits(texts, settings)


@pytest.mark.parametrize("settings", SETTINGS, ids=["default", "all", "some"])
def test_pii_of_every_example_is_found_with_and_without_prefilters(settings: PersonalData) -> None:
    texts = [*EXAMPLES, *KEYS, *(f"A{one}B {one}-X {one}. x" for one in (*EXAMPLES, *KEYS))]
    assert hits(texts, settings) == plain_hits(texts, settings)


HOSTILE = {
    "digits": "0123456789" * 500,
    "groups of digits": "12 34-56.78/90 (12) 345" * 200,
    "signs": "@" * 5_000,
    "addresses": "a@b." * 1_200,
    "colons": ":" * 3_000 + "a:" * 1_000 + "12:34:" * 500,
    "hyphens": "-" * 3_000 + "ab-" * 1_000 + "00-" * 500,
    "hexadecimal": "0a1B2c3D4e5F" * 400,
    "base64": "QUtJQTEyMzQ1Njc4OTA/eyJhbGciOi+" * 150,
    "addresses of the web": "://" * 800 + "://a:b" * 500,
    "capitals": "AB12" * 1_000,
    "beginnings of keys": "sk-ghp_hf_npm_eyJAKIASG.xoxb-glpat-" * 100,
    "marks and scripts": "\u0301\u0431\u4e001\U0001f468@" * 400,
    "lines": "1\n" * 3_000,
    "no text": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_pii_of_hostile_text_is_found_with_and_without_prefilters(text: str) -> None:
    assert hits([text, "", text], PersonalData()) == plain_hits([text, "", text], PersonalData())
