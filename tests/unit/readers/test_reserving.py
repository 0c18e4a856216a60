from __future__ import annotations

import time

import pytest

from rightful.readers.reserving import reserved_in


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


@pytest.mark.parametrize("piece", ["<a ", '<a "', "<a '\"", "<meta a=", "<a x='" + "y" * 5_000], ids=range(5))
def test_hostile_tags_are_looked_through_in_bounded_time(piece: str) -> None:
    begun = time.perf_counter()
    reserved_in("noai" + piece * (4_000_000 // len(piece)))
    assert time.perf_counter() - begun < 10
