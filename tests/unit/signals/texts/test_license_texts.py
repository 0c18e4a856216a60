"""Licence texts: a whole text is recognised, and with one word of substance more or less it is not."""

from __future__ import annotations

import pytest

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, Detected, detect
from rightful.signals.texts.words import text_of

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


def test_detect_a_tag_is_read_with_the_text() -> None:
    assert seen("SPDX-License-Identifier: (MIT OR Apache-2.0)\n").expression == "MIT OR Apache-2.0"
    assert seen("SPDX-License-Identifier: MIT\n\n" + body("MIT")).expression == "MIT"
    assert seen("SPDX-License-Identifier: MIT\n\n" + body("GPL-3.0-only")).expression == "MIT AND GPL-3.0-only"
    assert seen("SPDX-License-Identifier: MIT\n\nNot for commercial use.\n").expression == UNKNOWN
    assert seen("SPDX-License-Identifier: MIT unless sold\n").expression == UNKNOWN


def test_detect_a_notice_says_which_versions() -> None:
    later = body("GPL-3.0-only").split("This program is free software")[1].split("Also add information")[0]
    notice = f"Copyright (C) 2024 Ada Moreno\n\nThis program is free software{later}"
    assert seen(notice).expression == "GPL-3.0-or-later"
    assert seen(notice + "\n\n" + body("GPL-3.0-only")).expression == "GPL-3.0-or-later"
    only = notice.replace(
        "either version 3 of the License, or (at your option) any later version", "version 3 of the License"
    )
    assert seen(only.replace("either", "")).expression in ("GPL-3.0-only", UNKNOWN)
    assert seen(notice.replace("any later version", "any later version for research")).expression == UNKNOWN


def test_detect_offers_to_choose_from_are_or_and_all_else_is_and() -> None:
    two = body("MIT") + "\n\n" + body("Apache-2.0")
    assert (
        seen("This project is dual licensed under MIT or Apache 2.0, at your option.\n\n" + two).expression
        == "MIT OR Apache-2.0"
    )
    assert seen("This project is licensed under MIT and Apache 2.0.\n\n" + two).expression == "MIT AND Apache-2.0"


def test_detect_a_holder_may_not_restrict() -> None:
    assert seen("Copyright (c) 2024 Acme. For research only.\n\n" + body("MIT")).expression == UNKNOWN
    assert seen("Copyright (c) 2024 Acme, nur zu Forschungszwecken verboten\n\n" + body("MIT")).expression == UNKNOWN
    assert (
        seen(
            body("BSD-3-Clause").replace("the copyright holder nor", "Acme, without any commercial use, nor")
        ).expression
        == UNKNOWN
    )


def test_detect_a_heading_of_another_license_is_unknown() -> None:
    assert seen("BSD 2-Clause License\n\n" + body("BSD-3-Clause")).expression == UNKNOWN
    assert seen("Apache License 2.0\n\n" + body("MIT")).expression == UNKNOWN


def test_detect_huge_and_hostile_texts_end() -> None:
    assert seen("This license " * 200_000).expression == UNKNOWN
    assert seen("A heron. " * 200_000).expression is None
    assert seen("<div>" * 20_000 + body("MIT") + "</div>" * 20_000).expression == "MIT"
    assert seen("(c) " * 50_000).expression in (None, UNKNOWN)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_text_of_reads_every_encoding(encoding: str) -> None:
    raw = ("Copyright © 2024 Åsa Moreno\n\n" + body("MIT")).encode(encoding)
    assert detect(text_of(raw), license_texts()).expression == "MIT"
