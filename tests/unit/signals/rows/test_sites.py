from __future__ import annotations

import json
from typing import Any

import pytest

from rightful import catalog
from rightful.rights.columns import DUMP, SITE
from rightful.rights.evidence import Evidence
from rightful.signals.places import is_row_place
from rightful.signals.rows.claims import row_claims
from rightful.signals.signal import About

ABOUT = About(catalog.load().names)
WIKI = "https://en.wikipedia.org/wiki/Main_Page"


def claims(kind: str, value: Any, about: About = ABOUT) -> tuple[Evidence, ...]:
    row = {"license_raw": None, "statements": json.dumps([["siteinfo", kind, value]])}
    return row_claims(row, about).claims


def test_site_that_is_listed_states_its_terms_as_a_row_does() -> None:
    (claim,) = claims(SITE, WIKI)
    assert claim.expression == "LicenseRef-Wikipedia OR GFDL-1.3-no-invariants-or-later"
    assert (claim.tier, claim.bound_to, claim.column, claim.layer) == (5, "work", "siteinfo", "")
    assert claim.observation is not None
    assert claim.observation.raw == WIKI


def test_site_that_imported_the_text_leaves_no_choice() -> None:
    (claim,) = claims(SITE, {"address": WIKI, "imported": "by a template"})
    assert claim.expression == "LicenseRef-Wikipedia"


def test_site_that_is_not_listed_says_nothing() -> None:
    assert claims(SITE, "https://wiki.example/wiki/Home") == ()
    assert claims(SITE, "no address") == ()


def test_site_of_works_of_others_blocks_and_is_named() -> None:
    row = {"license_raw": None, "statements": json.dumps([["siteinfo", SITE, "https://de.wikisource.org/wiki/X"]])}
    stated = row_claims(row, ABOUT)
    assert [claim.statement for claim in stated.claims] == ["unreadable"]
    assert stated.blocking == (("siteinfo", "https://de.wikisource.org/wiki/X"),)


def test_card_says_what_a_site_means_that_is_unclear_and_takes_nothing_from_one_that_is_clear() -> None:
    source = "https://de.wikisource.org/wiki/Hauptseite"
    about = About(ABOUT.names, licenses=((source, "CC0-1.0"), (WIKI, "CC0-1.0")))
    assert [c.expression for c in claims(SITE, source, about)] == ["CC0-1.0"]
    expressions = [c.expression for c in claims(SITE, WIKI, about)]
    assert expressions == ["CC0-1.0", "LicenseRef-Wikipedia OR GFDL-1.3-no-invariants-or-later"]


@pytest.mark.parametrize(
    ("on", "license"),
    [("2010-01-01", "CC-BY-SA-2.5"), ("2011-04-08", "CC-BY-SA-3.0"), ("2018-05-02", "CC-BY-SA-4.0"), ("no day", None)],
)
def test_part_of_a_text_of_another_day_is_under_the_licence_of_that_day(on: str, license: str | None) -> None:
    (claim,) = claims(SITE, {"address": "https://beer.stackexchange.com/", "on": on})
    assert claim.expression == (license or "LicenseRef-StackExchange")


def test_dump_since_the_agreement_has_a_layer_of_its_own() -> None:
    (claim,) = claims(DUMP, {"address": "https://beer.stackexchange.com/", "newest": "2024-07-26"})
    assert (claim.layer, claim.expression) == ("Stack Exchange data dump", "LicenseRef-StackExchange-Dump")
    assert claim.observation is not None
    assert "2024-07-26" in claim.observation.raw
    assert not is_row_place(claim.observation.place), "what is shown is what was read there, not the licence of the row"


@pytest.mark.parametrize(
    "value",
    [
        {"address": "https://beer.stackexchange.com/", "newest": "2024-07-25"},
        {"address": "https://q.example/", "newest": "2025-07-25"},
        {"address": "https://beer.stackexchange.com/"},
        "2025-01-01",
    ],
)
def test_dump_before_the_agreement_or_of_another_site_has_none(value: Any) -> None:
    assert claims(DUMP, value) == ()
