"""Header fields: orders to robots, TDMRep, preferences, links to licences, and raw blocks as servers and captures have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.catalog import load
from rightful.catalog.signals import signals_of
from rightful.signals.web import headers
from rightful.signals.web.header_lines import head, links
from rightful.signals.web.stated import RESERVE, Reading, as_json

NAMES = load(None).names
SIGNALS = signals_of()
URL = "https://example.org/a"
BY4 = "https://creativecommons.org/licenses/by/4.0/"
TRAINING = {"train", "synth.derive"}
MINING = TRAINING | {"mine.analyse"}


def read(*fields: tuple[str, str], url: str = URL) -> Reading:
    return headers.read(fields, SIGNALS, url=url, names=NAMES)


def block(raw: bytes) -> Reading:
    return headers.read_block(raw, SIGNALS, url=URL, names=NAMES)


def reserved(reading: Reading) -> set[str]:
    return {act for one in reading.statements if one.status == RESERVE for act in one.acts}


@pytest.mark.parametrize(
    ("fields", "acts", "result"),
    [
        ([("X-Robots-Tag", "noai")], TRAINING, "found"),
        ([("x-robots-tag", " NOAI , noimageai ")], TRAINING, "found"),
        ([("X-Robots-Tag", "googlebot: noai")], TRAINING, "found"),
        ([("X-Robots-Tag", "googlebot: nofollow, otherbot: noindex, noai")], TRAINING | {"index.search"}, "found"),
        ([("X-Robots-Tag", "none")], {"index.search"}, "found"),
        ([("X-Robots-Tag", "GPTBot: noindex")], TRAINING | {"index.search"}, "found"),
        ([("X-Robots-Tag", "unavailable_after: Friday, 25-Jun-30 15:00:00 UTC, noai")], TRAINING, "found"),
        ([("X-Robots-Tag", "noimageai")], set(), "absent"),
        ([("X-Robots-Tag", "all, max-snippet:-1, max-image-preview: large, googlebot: nosnippet")], set(), "absent"),
        ([("X-Robots-Tag", "no-training-of-models")], MINING, "found"),
        ([("X-Robots-Tag", "noscrape")], set(), "unreadable"),
        ([("X-Robots-Tag", "index"), ("X-Robots-Tag", "noai")], TRAINING, "found"),
        ([("tdm-reservation", "1")], MINING, "found"),
        ([("TDM-Reservation", "0")], set(), "found"),
        ([("TDM-Reservation", "0"), ("tdm-reservation", "1")], MINING, "found"),
        ([("tdm-reservation", "true")], set(), "unreadable"),
        ([("tdm-policy", "https://example.org/p.json")], set(), "unreadable"),
        ([("Content-Usage", "train-ai=n")], TRAINING, "found"),
        ([("Content-Usage", "train-ai=y"), ("Content-Usage", "train-ai=n")], TRAINING, "found"),
        ([("Content-Usage", "train-ai=n"), ("Content-Usage", "train-ai=y")], TRAINING, "found"),
        ([("X_Robots_Tag", "noai")], TRAINING, "found"),
        ([("Content-Usage", "train-ai=n;;")], set(), "unreadable"),
        ([("Content-Signal", "search=yes, ai-train=no")], TRAINING, "found"),
        ([("Content-Type", "text/html"), ("Server", "x")], set(), "absent"),
        ([("X-Copyright", "© 2026 Reed Ltd")], set(), "absent"),
        ([("X-Rights", "No AI training permitted.")], MINING, "found"),
    ],
)
def test_fields_reserve_what_they_say(fields: list[tuple[str, str]], acts: set[str], result: str) -> None:
    reading = read(*fields)
    assert (reserved(reading), reading.result) == (acts, result), reading


def test_value_that_cannot_be_read_leaves_open_what_it_could_reserve() -> None:
    assert {one["act"]: one["status"] for one in as_json(read(("tdm-reservation", "yes")).statements)} == dict.fromkeys(
        MINING, "unknown"
    )


def test_policy_is_quoted_beside_its_reservation() -> None:
    [one] = read(("tdm-reservation", "1"), ("tdm-policy", "https://example.org/p.json")).statements
    assert one.raw == "tdm-reservation: 1; tdm-policy: https://example.org/p.json"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f'<{BY4}>; rel="license"', [(BY4, 4)]),
        (f"<{BY4}>;rel=LICENSE", [(BY4, 4)]),
        (f'<{BY4}>; title="a, <b>; \\" rel=x"; rel="next license"', [(BY4, 4)]),
        (f'</style>; rel=preload, <{BY4}>; rel="license"; type="text/html"', [(BY4, 4)]),
        ("</terms>; rel=license", [("https://example.org/terms", 4)]),
        (f'<{BY4}>; rel="license"; anchor="https://example.org/a"', [(BY4, 4)]),
        (f'<{BY4}>; rel="license"; anchor="#figure-2"', [(BY4, 6)]),
        (f'<{BY4}>; rel="license"; anchor="/picture.jpg"', []),
        (f'<{BY4}>; rel="next"; rel="license"', []),
        (f"<{BY4}>; rel=next", []),
        (f'<{BY4}>; rel="http://purl.org/dc/terms/license"', [(BY4, 4)]),
    ],
)
def test_link_names_the_licence_of_the_page(value: str, expected: list[tuple[str, int]]) -> None:
    assert [(one.raw, one.tier) for one in read(("Link", value)).licenses] == expected


def test_link_to_terms_of_rsl_leaves_open_what_they_could_reserve() -> None:
    reading = read(("Link", '</license.xml>; rel="license"; type="application/rsl+xml"'))
    assert {one.status for one in reading.statements} == {"unknown"}
    assert not reading.licenses


def test_link_that_is_broken_is_unread_where_it_speaks_of_a_licence() -> None:
    assert read(("Link", 'license; rel="license"')).result == "unreadable"
    assert read(("Link", "style.css")).result == "absent"


def test_many_links_say_that_they_are_not_all_read() -> None:
    value = ", ".join(f"</l/{n}>; rel=license" for n in range(3_000))
    reading = read(("Link", value))
    assert reading.result == "unreadable"
    assert any("more than" in one for one in reading.unread)


@pytest.mark.parametrize(
    ("raw", "acts"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\n\r\n<html>X-Robots-Tag: none", TRAINING),
        (b"HTTP/2 200\nx-robots-tag: noai\n\n", TRAINING),
        (b"X-Robots-Tag: googlebot:\r\n\tnoai\r\n", TRAINING),
        (b"\xef\xbb\xbfX-Robots-Tag : noai", TRAINING),
        (b"Server: caf\xe9\r\nX-Robots-Tag: noai\r\n", TRAINING),
        (b"HTTP/1.1 301 Moved\r\nX-Robots-Tag: noai\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n", TRAINING),
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nX-Robots-Tag: noai\r\n", set()),
        (b"", set()),
    ],
)
def test_raw_block_is_read_as_servers_write_it(raw: bytes, acts: set[str]) -> None:
    assert reserved(block(raw)) == acts


def test_licence_of_a_redirect_is_none_of_the_page() -> None:
    moved = f"HTTP/1.1 301 Moved\r\nLink: <{BY4}>; rel=license\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
    assert not block(moved.encode()).licenses


def test_line_that_is_no_field_is_unread_where_it_may_reserve() -> None:
    assert block(b"HTTP/1.1 200 OK\r\nX-Robots-Tag noai\r\n").result == "unreadable"
    assert block(b"HTTP/1.1 200 OK\r\ngarbage\r\n").result == "absent"


def test_block_that_is_too_large_says_so() -> None:
    raw = b"X-A: " + b"a" * (2 << 20) + b"\r\nX-Robots-Tag: noai\r\n"
    assert block(raw).result == "unreadable"


@given(st.binary(max_size=300))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert head(raw).is_whole
    assert block(raw).result in ("absent", "found", "unreadable")


@given(st.text(alphabet='<>";,= \\ab', max_size=60))
def test_any_link_field_is_read_whole(value: str) -> None:
    assert all(one if isinstance(one, str) else one.raw for one in links(value))


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\n        Date: x\n        tdm-reservation: 1\n        Server: y",
        b"    HTTP/1.1 200 OK\n    Date: x\n    tdm-reservation: 1",
        b"Date: x\n  tdm-reservation: 1\n",
        b"  Date: x\n  tdm-reservation:\n    1\n",
    ],
)
def test_block_that_is_indented_as_a_whole_is_not_one_folded_field(raw: bytes) -> None:
    assert reserved(block(raw)) == MINING
