"""Names of columns as they are compared, and values that say nothing of rights by their form."""

from __future__ import annotations

import pytest

from rightful import catalog
from rightful.rights.columns import Columns, Look, columns_beside, folded_text, is_date, is_notice, joined, name_words

LISTS = catalog.load().names.columns


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("licenseURL", ("license", "url")),
        ("LICENSE_URL", ("license", "url")),
        ("xmpRights:UsageTerms", ("xmp", "rights", "usage", "terms")),
        ("ＬＩＣＥＮＳＥ", ("license",)),
        ("Licença", ("licenca",)),
        ("li\u200bcense", ("license",)),
        ("$$", ()),
    ],
)
def test_words_of_a_name_leave_case_accents_and_separators_aside(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("license", "license"), ("work_license", "license"), ("license_url", "license"), ("dc:license", "license"),
        ("rights", "rights"), ("license_score", "rights"), ("has_license", "rights"), ("terms", "rights"),
        ("dcterms.terms", "rights"), ("rights_holder", "holder"), ("copyrightYear", "holder"),
        ("search_terms", ""), ("human rights", ""), ("drivers-license", ""), ("text", ""), ("", ""), ("_", ""),
    ],
)  # fmt: skip
def test_kind_of_a_column_is_told_by_the_longest_end_of_its_name(name: str, kind: str) -> None:
    assert LISTS.kind(name) == kind


def test_kinds_that_were_asked_for_do_not_fill_the_memory() -> None:
    for n in range(25_000):
        LISTS.kind(f"column {n}")
    assert len(LISTS.kinds) <= 10_000


@pytest.mark.parametrize(
    "text", ["N/A", "n/a", "None", "NULL", "null", "nan", "NaN", "-", "—", "", " ", "\\N", "#N/A", "<NA>"]
)
def test_null_as_it_is_written_says_nothing(text: str) -> None:
    assert LISTS.says_nothing(text)


@pytest.mark.parametrize(
    "text", ["NONE", "none", "unknown", "other", "0", "no", "?", "MIT", "n", "unspecified", "various"]
)
def test_what_may_mean_something_is_not_null(text: str) -> None:
    assert not LISTS.says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        *("© 2024 Mira Moreno", "Copyright 2011-2014 Acme, Inc.", "(c) 2011 by X. Yilmaz", "© Elsevier", "Copyright"),
        *("Copyright (c) 2020-present, Facebook", "Copyright © 2001, 2002 Jo <jo@x.org>", "© 1999 Van der Berg & Sons"),
    ],
)
def test_bare_copyright_notice_is_told(text: str) -> None:
    assert is_notice(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "© 2024 Elsevier. All rights reserved.",
            "© 2020 no training",
            "Copyright 2020 NO TRAINING",
            "© 2020 禁止商业使用",
        ),
        *(
            "Copyright: see LICENSE",
            "© Mira. Ask First.",
            "MIT",
            "Mira Moreno",
            "Copyright 2020 X, CC BY-NC",
            "© X " * 200,
        ),
        *(
            "Copyright X - Not For Sale",
            "(c) X, Non-Commercial",
            "© 2024 X https://x.org/terms",
            "Copyright 2024 X | TDM",
        ),
    ],
)
def test_notice_that_says_more_is_none(text: str) -> None:
    assert not is_notice(text)


@pytest.mark.parametrize(
    "text", ["2024", "2024-01-31", "2024-01-31T10:00:00+01:00", "31.1.2024", "31 January 2024", "Jan 31, 2024"]
)
def test_date_is_told(text: str) -> None:
    assert is_date(text) or LISTS.is_no_statement(text)


def test_date_with_words_is_none() -> None:
    assert not is_date("until 2024-01-31")


def test_what_the_card_maps_is_never_nothing() -> None:
    look = Look(LISTS, mapped=frozenset({folded_text("N/A"), folded_text("0")}))
    assert not look.is_silent(" n/a ")
    assert look.value_kind("0") == "rights"
    assert look.value_kind("1") == ""
    assert Look(LISTS).is_silent("NOASSERTION")


def test_column_that_is_set_aside_takes_in_what_is_nested_in_it() -> None:
    assert columns_beside("usage.policy", ["Usage"]) == "Usage"
    assert columns_beside("meta.usage", ["usage"]) is None
    assert columns_beside("meta.usage.a", ["meta.usage"]) == "meta.usage"


def test_no_lists_find_nothing() -> None:
    assert Columns().kind("license") == ""
    assert joined("A-b") == "ab"
