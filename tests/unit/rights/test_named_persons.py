"""Whom a value names, in every form in which people and programs write it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.named_persons import persons

MIRA = "mira@example.org"


@pytest.mark.parametrize(
    "value",
    [
        *(
            MIRA,
            f"Mira C <{MIRA}>",
            f"{MIRA}; jo@example.org",
            [MIRA, "jo@example.org"],
            {"name": "Mira", "email": MIRA},
        ),
        *(
            f"Moreno, Mira <{MIRA}>",
            f'"Moreno, Mira" <{MIRA}>',
            f"mailto:{MIRA}?subject=x",
            f"Friends: {MIRA}, Jo <jo@x.org>;",
        ),
        *(
            f"{MIRA} (Mira)",
            [[{"email": MIRA}]],
            f'["{MIRA}"]',
            {"emails": [{"value": MIRA}]},
            {"person": {"mail": MIRA}},
        ),
        *(f"=?utf-8?B?TWlyYQ==?= <{MIRA}>", f"jo@example.org and {MIRA}", f"jo@x.org\n{MIRA}", f"<{MIRA}>"),
        *(f"jo@x.org|{MIRA}", f"jo@x.org\uff0c{MIRA}", f"jo@x.org \uff5c {MIRA}"),
        *(
            MIRA.replace("@", "%40"),
            f"https://x.org/u?email={MIRA}",
            f"https://x.org/{MIRA}",
            MIRA.replace("@", "\u200b@"),
        ),
        *(f"Mira &lt;{MIRA}&gt;", MIRA.replace("@", "&#64;"), '"{}"@{}'.format(*MIRA.split("@"))),
        *({"from": "jo@x.org", "cc": [MIRA]}, {"name": "Jo", "x": {MIRA: 1}}, {"name": "Jo", "note": f"see {MIRA}"}),
    ],
)
def test_address_of_a_person_is_found_in_every_form(value: Any) -> None:
    found = persons(value)
    assert found.readable
    assert MIRA in found.spellings


@pytest.mark.parametrize(
    ("value", "spellings"),
    [
        ("Mira Moreno and Jo Smith", {"Mira Moreno and Jo Smith", "Mira Moreno", "Jo Smith"}),
        ({"first_name": "Mira", "last_name": "Moreno"}, {"Mira Moreno", "Moreno, Mira"}),
        ("mira@b\u00fccher.example", {"mira@b\u00fccher.example", "mira@xn--bcher-kva.example"}),
        ("Mira", {"Mira"}),
        (7, {"7"}),
        (None, set()),
        (" - ", set()),
    ],
)
def test_spellings_of_a_person_are_all_listed(value: Any, spellings: set[str]) -> None:
    assert set(persons(value).spellings) == spellings


@pytest.mark.parametrize(
    "value", [{"id": 7}, [{"x": 1}], True, "{'name': 'Mira'}", ["Mira", {"junk": {}, "x": 1}], "x" * 5_000]
)
def test_value_that_may_name_somebody_and_cannot_be_read_is_told(value: Any) -> None:
    assert not persons(value).readable


def test_persons_are_counted_so_that_a_consent_of_one_is_not_of_all() -> None:
    assert [persons(v).count for v in (MIRA, f"Mira <{MIRA}>", [MIRA, "jo@x.org"], f"{MIRA}, jo@x.org")] == [1, 1, 2, 2]


@given(st.text(st.sampled_from('ab@.,;:<>()"\\ =?\n'), max_size=30))
def test_any_text_is_an_answer_and_the_whole_is_a_spelling(text: str) -> None:
    found = persons(text)
    assert not text.strip().strip("-") or not found.readable or text.strip() in found.spellings
