"""Licence texts: a whole text is recognised, and with one word of substance more or less it is not."""

from __future__ import annotations

import pytest

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, Detected, detect

HEAD = "Copyright (c) 2024 Ada Moreno\n\n"


def body(license: str) -> str:
    """The text of a licence as it is published."""
    return next(text for id, _, text in license_texts().licenses if id == license)


def seen(text: str) -> Detected:
    """What a text is."""
    return detect(text, license_texts())


@pytest.mark.parametrize(
    "license", ["MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "GPL-3.0-only", "CC-BY-4.0", "CC0-1.0"]
)
def test_detect_a_whole_text_is_its_license(license: str) -> None:
    answer = seen(body(license))
    assert (answer.expression, answer.confidence, answer.leftover) == (license, 1.0, "")


def test_detect_mit_for_noncommercial_purposes_is_unknown() -> None:
    answer = seen(
        body("MIT").replace("to deal in the Software", "to deal in the Software for non-commercial purposes only,")
    )
    assert answer.expression == UNKNOWN


def test_detect_mit_not_for_training_is_unknown() -> None:
    answer = seen(body("MIT") + "\nThe Software may not be used to train machine learning models.\n")
    assert answer.expression == UNKNOWN
    assert answer.licenses == ("MIT",)
    assert answer.leftover.startswith("The Software may not")


def test_detect_commons_clause_over_apache_is_unknown() -> None:
    clause = '"Commons Clause" License Condition v1.0\n\nThe Software is provided to you subject to the following condition:\n'
    assert seen(clause + body("Apache-2.0")).expression == UNKNOWN


def test_detect_two_licenses_are_both() -> None:
    assert seen(body("MIT") + "\n\n" + body("Apache-2.0")).expression == "MIT AND Apache-2.0"


def test_detect_all_rights_reserved_is_unknown() -> None:
    assert seen("All rights reserved.").expression == UNKNOWN
    assert seen(body("MIT") + "\nAll rights reserved.\n").expression == UNKNOWN


def test_detect_what_is_no_license_is_none() -> None:
    assert seen("A heron stands in the reeds and waits for the evening.\n").expression is None
    assert seen("").expression is None
