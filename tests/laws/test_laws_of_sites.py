"""A dump says which site it is of: the terms of that site hold for its texts, and the agreement of the dump beside them. Law 6.16."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.evidence import Evidence
from rightful.rights.sites import DumpAgreement, Sites, SiteTerms
from rightful.rights.uses import Use
from rightful.signals.rows.sites import agreement_of, terms_of
from rightful.signals.signal import About
from tests.laws.strategies import restrictions, uses
from tests.laws.words import BY, CATALOG, FREE, POSTS, RESERVED, case, judged, rank, use

SINCE = date(2024, 7, 26)
SITES = Sites(
    {
        "wiki.example": SiteTerms("wiki.example", f"{POSTS} OR {FREE}", imported=POSTS),
        "works.wiki.example": SiteTerms("works.wiki.example", ""),
    },
    {"wiki.example": DumpAgreement("wiki.example", SINCE, RESERVED, "the dump")},
)
ABOUT = About(replace(CATALOG.names, sites=SITES))
HOSTS = ("wiki.example", "en.wiki.example", "www.wiki.example")
OTHERS = ("example", "wiki.example.org", "otherwiki.example", "wiki-example", "")


def stated(value: object) -> tuple[Evidence, ...]:
    return tuple(terms_of(value, ABOUT, "siteinfo"))


@given(st.sampled_from(OTHERS), uses)
def test_a_site_that_nobody_listed_claims_nothing(host: str, asked: Use) -> None:
    assert stated(f"https://{host}/wiki/Home") == ()
    assert rank(judged(case(*stated(f"https://{host}/wiki/Home")), asked)) < 2


@given(st.sampled_from(HOSTS), st.frozensets(restrictions, max_size=2), uses)
def test_what_a_site_says_permits_no_more_than_its_licence(host: str, beside: frozenset[Evidence], asked: Use) -> None:
    terms = stated(f"https://{host}/wiki/Home")
    assert [claim.expression for claim in terms] == [f"{POSTS} OR {FREE}"]
    assert rank(judged(case(*terms, *beside), asked)) <= rank(judged(case(*terms), asked))


def test_a_text_that_was_taken_in_from_elsewhere_leaves_no_choice() -> None:
    free, imported = stated("https://wiki.example/"), stated({"address": "https://wiki.example/", "imported": "so"})
    assert [claim.expression for claim in imported] == [POSTS]
    assert judged(case(*free), use(accepted=frozenset())).status.word == "permit"
    assert judged(case(*imported), use(accepted=frozenset())).status.word == "deny"


@given(st.sampled_from([(), ((FREE, FREE),)]), uses)
def test_a_site_of_works_of_others_blocks_until_its_card_says_what_they_are(
    licenses: tuple[tuple[str, str], ...], asked: Use
) -> None:
    address = "https://works.wiki.example/wiki/Home"
    (claim,) = terms_of(address, replace(ABOUT, licenses=licenses), "siteinfo")
    assert claim.statement == "unreadable"
    assert rank(judged(case(claim), asked)) < 2
    said = terms_of(address, replace(ABOUT, licenses=((address, BY),)), "siteinfo")
    assert [one.expression for one in said] == [BY]


@given(
    st.sampled_from(HOSTS),
    st.dates(date(2020, 1, 1), date(2028, 1, 1)) | st.sampled_from([SINCE, SINCE - timedelta(days=1)]),
    uses,
)
def test_a_dump_of_after_its_agreement_keeps_to_it_and_an_older_one_does_not_know_it(
    host: str, newest: date, asked: Use
) -> None:
    terms = stated(f"https://{host}/")
    agreed = agreement_of({"address": f"https://{host}/", "newest": newest.isoformat()}, ABOUT, "dump")
    assert [claim.layer for claim in agreed] == (["the dump"] if newest >= SINCE else [])
    both = judged(case(*terms, *agreed), asked)
    assert rank(both) <= rank(judged(case(*terms), asked))
    if newest >= SINCE:
        (alone,) = agreed
        assert rank(both) <= rank(judged(case(replace(alone, layer="")), asked))


@given(st.dates(date(2010, 1, 1), date(2030, 1, 1)))
def test_a_part_of_a_text_of_another_day_is_under_the_licence_of_that_day(on: date) -> None:
    about = About(replace(CATALOG.names, sites=Sites({"wiki.example": SiteTerms("wiki.example", POSTS)})))
    (claim,) = terms_of({"address": "https://wiki.example/", "on": on.isoformat()}, about, "siteinfo")
    assert claim.expression == CATALOG.names.families[POSTS].on(on)
