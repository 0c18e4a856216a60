from __future__ import annotations

import time

import pytest

from rightful.readers.reserving import reserved_in
from rightful.rights.columns import LICENSE, PAGE_TAG, RIGHTS


@pytest.mark.parametrize(
    ("tag", "values"),
    [
        ('<meta name="robots" content="noai, noimageai">', ["robots: noai, noimageai"]),
        ("<META CONTENT=noai NAME=robots>", ["robots: noai"]),
        ('<meta name="robots" content="&#110;oai">', ["robots: noai"]),
        ('<meta content="a > b, noai" name="robots"/>', ["robots: a > b, noai"]),
        ('<meta name="tdm-reservation" content="1">', ["tdm-reservation: 1"]),
        ('<meta name="tdm-reservation" content="0">', []),
        ('<link rel="tdm-policy" href="https://a.example/p.json">', ["tdm-policy: https://a.example/p.json"]),
        ('<meta http-equiv="Content-Usage" content="train-ai=n">', ["Content-Usage: train-ai=n"]),
        ('<meta name="robots" content="noindex">', []),
        ('<meta name="description" content="what noai means">', []),
        ("<p>noai</p>", []),
    ],
)
def test_tags_of_a_page_that_reserve_are_told(tag: str, values: list[str]) -> None:
    assert [s.value for s in reserved_in(f"<html><head>{tag}</head><body>Words.</body></html>")] == values


@pytest.mark.parametrize(
    ("tag", "stated"),
    [
        ('<link rel="license" href="https://creativecommons.org/licenses/by-nc/4.0/">', [("license", LICENSE)]),
        ("<a rel='nofollow license' href=//x.example/terms>the terms</a>", [("license", LICENSE)]),
        ('<meta name="DC.rights" content="No commercial use">', [("dc.rights", RIGHTS)]),
        ('<meta property="dcterms:license" content="CC BY-NC 4.0">', [("dcterms:license", LICENSE)]),
        ('<a href="license.html">license</a>', []),
        ('<meta name="author" content="All rights reserved">', []),
        ('<meta name="license" content=" ">', []),
    ],
)
def test_licenses_in_tags_are_statements_that_only_bind(tag: str, stated: list[tuple[str, str]]) -> None:
    found = reserved_in(f"<html><head>{tag}</head><body>Words.</body></html>")
    assert [(s.place.removeprefix(PAGE_TAG), s.kind) for s in found] == stated


@pytest.mark.parametrize("piece", ["<a ", '<a "', "<a '\"", "<meta a=", "<a x='" + "y" * 5_000], ids=range(5))
def test_hostile_tags_are_looked_through_in_bounded_time(piece: str) -> None:
    begun = time.perf_counter()
    reserved_in("noai" + piece * (4_000_000 // len(piece)))
    assert time.perf_counter() - begun < 10


def test_number_without_end_in_a_tag_is_no_character() -> None:
    [stated] = reserved_in(f"<meta name=robots content='noai &#{'9' * 5_000};'>")
    assert stated.value == "robots: noai \ufffd"
