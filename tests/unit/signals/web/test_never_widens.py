"""Of every kind: one more reservation reserves no less, and none that is stated beside it takes anything back."""

from __future__ import annotations

import json
import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful import catalog
from rightful.catalog.signals import signals_of
from rightful.rights.uses import covered
from rightful.signals.web import tdm_embedded
from rightful.signals.web.kinds import About, check
from rightful.signals.web.stated import STATUSES, Reading

SIGNALS = signals_of()
ABOUT = About(SIGNALS, catalog.load().names, url="https://example.org/a/b.html")
LEAVES = tuple(catalog.load().vocabulary.acts)
PURPOSES = ("commercial", "noncommercial", "research")
COUNTRIES = ("DE", "US")


def rank(reading: Reading) -> dict[tuple[str, str, str], int]:
    """Of every act, purpose and country how strict the strictest is that is stated: 0 nothing, 1 not reserved, ..."""
    ranks = {}
    for act, purpose, country in product(LEAVES, PURPOSES, COUNTRIES):
        held = [
            STATUSES.index(one.status) + 1
            for one in reading.statements
            if covered(one.acts, act)
            and (not one.purposes or purpose in one.purposes)
            and ("*" in one.jurisdictions or country in one.jurisdictions)
        ]
        ranks[act, purpose, country] = max(held, default=0)
    return ranks


def never_less(before: Reading, after: Reading) -> None:
    ranked = rank(after)
    assert all(ranked[key] >= was for key, was in rank(before).items())


USAGES = ["all", "ai-all", "ai-train", "ai-input", "ai-index", "search", "unheard-of", "ai-train search"]
LISTS = st.one_of(
    st.tuples(st.sampled_from(["permits", "prohibits"]), st.just("usage"), st.sampled_from(USAGES)),
    st.tuples(
        st.sampled_from(["permits", "prohibits"]),
        st.just("user"),
        st.sampled_from(["commercial", "non-commercial", "education"]),
    ),
    st.tuples(st.sampled_from(["permits", "prohibits"]), st.just("geo"), st.sampled_from(["DE", "EU", "US FR"])),
)
OFFER = st.tuples(
    st.lists(LISTS, max_size=3), st.lists(st.sampled_from(["free", "purchase", "attribution"]), max_size=2)
)
CONTENT = st.tuples(
    st.sampled_from(["/", "/a/", "/a/*.html$", "/z", ""]),
    st.sampled_from(["", "https://licences.example/"]),
    st.lists(OFFER, max_size=2),
)
Content = tuple[str, str, list[tuple[list[tuple[str, str, str]], list[str]]]]


def rsl(contents: list[Content]) -> Reading:
    def element(content: Content) -> str:
        url, server, offers = content
        inner = "".join(
            "<license>"
            + "".join(f'<{name} type="{kind}">{words}</{name}>' for name, kind, words in lists)
            + "".join(f'<payment type="{kind}"/>' for kind in payments)
            + "</license>"
            for lists, payments in offers
        )
        return f'<content url="{url}"' + (f' server="{server}"' if server else "") + f">{inner}</content>"

    raw = f'<rsl xmlns="https://rslstandard.org/rsl">{"".join(map(element, contents))}</rsl>'
    return check("rsl", raw.encode(), ABOUT).reading


@given(st.lists(CONTENT, max_size=2), CONTENT)
def test_one_more_content_of_rsl_never_widens(contents: list[Content], more: Content) -> None:
    never_less(rsl(contents), rsl([*contents, more]))
    never_less(rsl(contents), rsl([more, *contents]))


@settings(max_examples=300)
@given(CONTENT, st.sampled_from(USAGES), st.booleans())
def test_one_more_prohibition_of_rsl_never_widens(content: Content, usage: str, own_license: bool) -> None:
    url, server, offers = content
    forbids = ("prohibits", "usage", usage)
    if not offers:  # a content without a licence leaves all open; one that only prohibits speaks of that alone
        return
    first, *rest = offers
    # As does a licence without lists: of what a list in it prohibits it speaks from then on.
    own_license = own_license or not first[0]
    after = [*offers, ([forbids], [])] if own_license else [([*first[0], forbids], first[1]), *rest]
    never_less(rsl([content]), rsl([(url, server, after)]))


@given(CONTENT, st.sampled_from(["purchase", "attribution", "crawl"]))
def test_one_more_payment_of_rsl_never_widens(content: Content, payment: str) -> None:
    url, server, offers = content
    asked = [(lists, [*payments, payment]) for lists, payments in offers]
    never_less(rsl([content]), rsl([(url, server, asked)]))


ENTRY = st.tuples(
    st.sampled_from(["data_mining", "ai_training", "ai_generative_training", "ai_inference", "dreaming"]),
    st.sampled_from(["allowed", "notAllowed", "constrained", "maybe"]),
)


@given(st.lists(ENTRY, max_size=3), ENTRY)
def test_one_more_assertion_of_cawg_never_widens(entries: list[tuple[str, str]], more: tuple[str, str]) -> None:
    def read(listed: list[tuple[str, str]]) -> Reading:
        assertions = [
            {"label": "cawg.training-mining", "data": {"entries": {f"cawg.{name}": {"use": use}}}}
            for name, use in listed
        ]
        return check("cawg", json.dumps({"assertions": assertions}).encode(), ABOUT).reading

    never_less(read(entries), read([*entries, more]))


VALUES = st.sampled_from(
    [
        "DMI-ALLOWED",
        "DMI-PROHIBITED",
        "DMI-PROHIBITED-AIMLTRAINING",
        "DMI-PROHIBITED-SEECONSTRAINT",
        "DMI-NEW",
        "DMI-UNSPECIFIED",
    ]
)


@given(st.lists(VALUES, max_size=3), VALUES)
def test_one_more_value_of_plus_never_widens(values: list[str], more: str) -> None:
    def read(listed: list[str]) -> Reading:
        return check("plus", json.dumps([{"XMP-plus:DataMining": one} for one in listed]).encode(), ABOUT).reading

    never_less(read(values), read([*values, more]))


LINES = st.sampled_from(
    ["X-Robots-Tag: noai", "tdm-reservation: 1", "tdm-reservation: 0", "Content-Usage: train-ai=y", "X-Robots-Tag: all"]
)


@given(st.lists(LINES, max_size=3), LINES)
def test_one_more_line_of_a_header_never_widens(lines: list[str], more: str) -> None:
    # Of one key of AIPREF the last value counts (RFC 9651): the lines here do not contradict each other in that.
    def read(listed: list[str]) -> Reading:
        return check("headers", "\r\n".join(listed).encode(), ABOUT).reading

    never_less(read(lines), read([*lines, more]))


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ('<meta name="tdm:reservation" content="1"/>', ["1"]),
        ("<meta content='1' name='tdm:reservation'>", ["1"]),
        ('<meta property="tdm:reservation"> 1 </meta>', ["1"]),
        ("<tdm:reservation>1</tdm:reservation>", ["1"]),
        ('<rdf:Description rdf:about="" tdm:reservation="0" tdm:policy="https://a.example/"/>', ["0"]),
        ("<tdm:reservation>yes, all of it</tdm:reservation>", ["yes, all of it"]),
        ("<tdm:reservation", ["<tdm:reservation"]),
        ("<html><p>our reservation desk</p></html>", []),
        ('[{"location": "/", "tdm-reservation": 1}]', []),
    ],
)
def test_reservation_within_a_work_is_read_and_what_is_no_value_leaves_it_open(raw: str, values: list[str]) -> None:
    assert tdm_embedded.values(raw.encode()) == values
    assert tdm_embedded.values(raw.encode("utf-16")) == values
    reading = tdm_embedded.read(values, SIGNALS)
    if values and values != ["0"]:
        assert {s.status for s in reading.statements} == {"reserve" if values == ["1"] else "unknown"}


def test_bytes_full_of_names_are_read_in_time() -> None:
    for raw in (b"<" + b"tdm:reservation " * 100_000, b"<tdm:reservation" * 100_000, b'<"tdm:reservation"' * 100_000):
        assert {s.status for s in check("tdmrep", raw, ABOUT).reading.statements} == {"unknown"}


def test_long_words_and_long_lists_are_read_in_time() -> None:
    begun = time.monotonic()
    assert check("content-signal", b"*a" * 30_000 + b", ai-train=no", ABOUT).reading.result == "unreadable"
    assert check("content-signal", b"a" + b" " * 60_000 + b", ai-train=no", ABOUT).reading.result == "unreadable"
    many = b'<rsl xmlns="https://rslstandard.org/rsl">' + b'<content url="/*a*a*b"/>' * 50_000 + b"</rsl>"
    assert check("rsl", many, ABOUT).reading.unread == ("has more than 10000 contents",)
    assert time.monotonic() - begun < 10, "seconds; one regular expression took over a minute for the first"
