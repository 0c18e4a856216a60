"""Licence texts that somebody edited: no restricting edit leaves a licence what it was, benign ones do. `make texts` draws many
more of them."""

from __future__ import annotations

from collections import Counter

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, detect
from tests.laws.edited_texts import BENIGN, RESTRICTING, benign, restricting, texts, wrong

COMMON = (
    "MIT ISC Apache-2.0 BSD-2-Clause BSD-3-Clause GPL-2.0-only LGPL-2.1-only MPL-2.0 CC-BY-4.0 CC0-1.0 Unlicense Zlib 0BSD BSL-1.0"
    " CC-BY-SA-4.0 ODbL-1.0 CDLA-Permissive-2.0"
).split()


def test_a_restricting_edit_is_never_the_license_that_it_was() -> None:
    drawn = list(restricting(11, 200)) + list(restricting(12, 250, tuple(COMMON)))
    seen = Counter(edit.how.split()[0] for edit in drawn)
    assert len(seen) >= len(RESTRICTING) - 3
    claims = [(edit.license, edit.how) for edit in drawn if wrong(edit, detect(edit.text, license_texts()))]
    assert claims == []


def test_a_benign_edit_is_the_license_that_it_was() -> None:
    drawn = list(benign(13, 200)) + list(benign(14, 250, tuple(COMMON)))
    assert len({how for edit in drawn for how in edit.how.split(" and ")}) == len(BENIGN)
    missed = [(e.license, e.how) for e in drawn if detect(e.text, license_texts()).expression != e.license]
    assert len(missed) <= len(drawn) // 100, missed


def test_every_text_of_the_package_is_its_license() -> None:
    missed = [id for id, text in texts().items() if detect(text, license_texts()).expression != id]
    assert missed == []


def test_two_common_licenses_are_both_or_unknown() -> None:
    for one in COMMON:
        for other in ("MIT", "GPL-3.0-only", "CC-BY-NC-4.0"):
            if one != other:
                answer = detect(f"{texts()[one]}\n\n{texts()[other]}", license_texts())
                assert answer.expression == UNKNOWN or {one, other} <= set(answer.licenses), (
                    one,
                    other,
                    answer.expression,
                )
