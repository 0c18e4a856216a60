"""The text of a licence is that licence word for word: no edit that restricts leaves it, how it is set and who holds it do."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, detect
from tests.laws.edited_texts import CLAUSES, benign, restricting, texts, wrong

COMMON = ("MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "GPL-3.0-only", "MPL-2.0", "CC-BY-4.0", "CC0-1.0")
GRANT = "Permission is hereby granted, free of charge"
BESIDE = (
    "Copyright Heron Foundation and other contributors, https://heron.example/",
    "Copyright (c) 2017 to present Reed, Inc. and its affiliates",
    "Portions Copyright (c) 2020 Ada Moreno",
    "MIT License & © Ada Moreno",
    "This project is licensed under the MIT license",
    "Heron is released under the MIT License",
)
_seeds = st.integers(0, 2**32)


def said(text: str) -> str | None:
    """Which licence a text is."""
    return detect(text, license_texts()).expression


def mit(before: str = "") -> str:
    """The text of MIT from its grant on, with something before it."""
    return f"{before}\n\n{texts()['MIT'][texts()['MIT'].index(GRANT) :]}"


@settings(deadline=None, max_examples=40)
@given(_seeds)
def test_a_restricting_edit_of_a_known_text_is_never_that_licence_alone(seed: int) -> None:
    for edit in restricting(seed, 2, COMMON):
        assert not wrong(edit, detect(edit.text, license_texts())), (edit.license, edit.how)


def test_licences_that_others_take_for_permissive_are_not() -> None:
    """What the detectors of others call MIT or Apache-2.0 (research, July 2026), and each clause at either end."""
    assert said(mit().replace("to deal in", "for non-commercial purposes only, to deal in")) == UNKNOWN
    assert said(mit() + "\nThe Software may not be used to train machine learning models.\n") == UNKNOWN
    assert said('"Commons Clause" License Condition v1.0\n\n' + texts()["Apache-2.0"]) == UNKNOWN
    assert said(f"{texts()['MIT']}\n\n{texts()['Apache-2.0']}") == "MIT AND Apache-2.0"
    for clause in CLAUSES:
        assert said(f"{mit()}\n\n{clause}\n") == UNKNOWN, clause


def test_nothing_but_a_reservation_of_all_rights_is_no_licence_that_is_known() -> None:
    for text in ("All rights reserved.", "Copyright 2024 Ada Moreno. All Rights Reserved.\n\nAll rights reserved."):
        assert said(text) == UNKNOWN


@pytest.mark.parametrize("seed", range(4))
def test_how_a_licence_is_set_and_who_holds_it_leave_it_what_it_is(seed: int) -> None:
    missed = [(e.license, e.how) for e in benign(seed, 60, COMMON) if said(e.text) != e.license]
    assert missed == []


def test_two_texts_in_one_file_are_both() -> None:
    for one, other in permutations(("MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-only", "CC-BY-4.0"), 2):
        assert said(f"{texts()[one]}\n\n{texts()[other]}") == f"{one} AND {other}"


def test_who_holds_it_and_what_leads_to_it_stand_beside_a_licence() -> None:
    for sentence in BESIDE:
        assert said(mit(sentence)) == "MIT", sentence


def test_what_stands_beside_a_licence_may_not_restrict_it() -> None:
    words = ("only", "except for sale", "not for training", "for 30 days", "under the Apache License 2.0", "trademark")
    for sentence in BESIDE:
        for word in words:
            assert said(mit(f"{sentence} {word}")) == UNKNOWN, (sentence, word)
            assert said(mit(f"{word} {sentence}")) == UNKNOWN, (sentence, word)


def test_a_tag_beside_words_that_nobody_can_read_is_no_licence_that_is_known() -> None:
    tag = "Copyright 2024 Ada Moreno\nSPDX-License-Identifier: MIT\n"
    assert (said(tag), said(tag + "Not for sale.\n"), said(tag + "Herons alone.\n")) == ("MIT", UNKNOWN, UNKNOWN)
    assert said(tag + mit()) == "MIT"
    assert said(tag + texts()["GPL-3.0-only"]) == "MIT AND GPL-3.0-only"
