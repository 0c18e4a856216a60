"""What a capture says of most of a host is read once; which addresses may have another result is seen from the patterns."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful import catalog
from rightful.looking.evaluate import Evaluator
from rightful.looking.inputs import Capture
from rightful.looking.reading import Law, rules_of
from rightful.signals.web.captured import claims_of, deciding

LAW = Law.of(catalog.load())
DAY, NOON = date(2026, 11, 3), datetime(2026, 11, 3, 12, tzinfo=UTC)
ORIGIN = "https://a.example"

paths = st.lists(
    st.sampled_from(["a", "b", "/", "*", "$", ".pdf", "?", "%61", "%C3%A9", "é", "index.html"]), max_size=4
).map("".join)
lines = st.one_of(
    st.builds("User-agent: {}".format, st.sampled_from(["*", "GPTBot", "CCBot", "Googlebot", "some-ai-thing"])),
    st.builds(
        "{}: {}{}".format,
        st.sampled_from(["Allow", "Disallow"]),
        st.sampled_from(["/", "", "https://a.example/", "/r", "/*-"]),
        paths,
    ),
    st.builds("Content-Usage: /{} train-ai=n".format, paths),
    st.sampled_from(["Content-Signal: ai-train=no", "Content-Usage: train-ai=y", "", "# no robots"]),
)
files = st.lists(lines, max_size=9).map(lambda listed: "\n".join(listed).encode())
addresses = st.builds("https://a.example/{}".format, paths.map(lambda p: p.replace("é", "%C3%A9").lstrip("/")))


@settings(max_examples=150, deadline=None)
@given(files, addresses)
def test_an_address_that_no_pattern_names_has_what_its_host_has(raw: bytes, address: str) -> None:
    rules = rules_of("robots", raw, (), LAW, DAY)
    if rules.may_differ(address):
        return
    here, elsewhere = rules.reading(address), rules.elsewhere(ORIGIN)
    both = [deciding(claims_of("robots", of, LAW.names, "robots", "robots/1")) for of in (here, elsewhere)]
    assert (here.result, both[0]) == (elsewhere.result, both[1])


@settings(max_examples=60, deadline=None)
@given(files, st.lists(addresses, max_size=6, unique=True))
def test_rows_of_a_capture_say_of_each_address_what_the_file_says(raw: bytes, listed: list[str]) -> None:
    rows = Evaluator("robots", LAW).rows(Capture(host="a.example", observed_at=NOON, body=raw), ORIGIN, listed)
    host, own = rows[0], {row["address"]: row for row in rows[1:]}
    alone = rules_of("robots", raw, (), LAW, DAY)
    for address in listed:
        row = own.get(address, host)
        assert row["deciding"] == deciding(claims_of("robots", alone.reading(address), LAW.names, "robots", "robots/1"))


@pytest.mark.parametrize(
    ("protocol", "status", "body", "result"),
    [
        ("robots", 200, b"User-agent: *\nDisallow: /\n", "found"),
        ("robots", None, b"User-agent: *\nAllow: /\n", "absent"),
        ("robots", 200, b"", "absent"),
        ("robots", 200, None, "failed"),
        ("robots", 404, b"not found", "absent"),
        ("robots", 410, None, "absent"),
        ("robots", 301, b"", "failed"),
        ("robots", 202, b"", "failed"),
        ("robots", 206, b"User-agent: *\n", "failed"),
        ("robots", 206, b"User-agent: *\nDisallow: /\n", "unreadable"),
        ("html", 206, b"<html><p>Good day.", "failed"),
        ("html", 206, b'<html><head><meta name="robots" content="noai">', "unreadable"),
        (
            "html",
            206,
            b'<html><head><link rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/">',
            "unreadable",
        ),
        ("tdmrep", 204, b"", "failed"),
        ("html", 200, b"", "failed"),
        ("robots", 401, b"", "failed"),
        ("robots", 403, b"", "failed"),
        ("robots", 429, b"", "failed"),
        ("robots", 503, b"User-agent: *\nAllow: /\n", "failed"),
        ("robots", 0, None, "failed"),
        ("robots", 200, b"<!DOCTYPE html><html><title>Not here</title></html>", "unreadable"),
        ("robots", 200, b"\x00\x01\x02" * 50, "unreadable"),
        ("tdmrep", 200, b'[{"location": "/", "tdm-reservation": 1}]', "found"),
        ("tdmrep", 200, b'[{"location": "/", "tdm-reservation": 0}]', "absent"),
        ("tdmrep", 200, b"[", "unreadable"),
        ("tdmrep", 200, b" <html><body>no such page</body></html>", "unreadable"),
        ("tdmrep", 404, b"<html>", "absent"),
        ("terms", 200, "Wer hier liest, darf. \u00c4".encode("latin-1"), "unreadable"),
        ("html", 404, b"<html>", "failed"),
        ("html", 200, b'<html><head><meta name="tdm-reservation" content="1"></head></html>', "found"),
        ("html", 200, b"<html><p>Good day.</p></html>", "absent"),
    ],
)
def test_an_answer_is_absent_found_unreadable_or_none(
    protocol: str, status: int | None, body: bytes | None, result: str
) -> None:
    capture = Capture(url=f"{ORIGIN}/p", observed_at=NOON, status=status, body=body)
    [row] = Evaluator(protocol, LAW).rows(capture, ORIGIN, ())
    assert row["result"] == result
    assert (row["raw"] is None) == (protocol == "html" or body is None)
    assert row["address"] == (f"{ORIGIN}/p" if protocol == "html" else None)


def test_headers_are_read_without_a_body() -> None:
    for headers, status, result in (
        ((("X-Robots-Tag", "noai"),), 200, "found"),
        ((("Content-Type", "text/html"),), None, "absent"),
        ((), 200, "failed"),
        ((), None, "failed"),
    ):
        capture = Capture(url=f"{ORIGIN}/p", observed_at=NOON, status=status, headers=headers)
        [row] = Evaluator("headers", LAW).rows(capture, ORIGIN, ())
        assert row["result"] == result, headers


def test_what_tells_paths_apart_is_kept_whole_whatever_its_size() -> None:
    for lines, kept in (("Disallow: /a\n", True), ("Disallow: /\n", False)):
        body = f"User-agent: GPTBot\n{lines}".encode() + b"# more\n" * 200_000
        [row] = Evaluator("robots", LAW).rows(Capture(host="a.example", observed_at=NOON, body=body), ORIGIN, ())
        assert (row["varies"], row["raw"]) == (kept, body if kept else None)


@pytest.mark.parametrize(
    ("protocol", "raw", "path"),
    [
        ("robots", b"User-agent: *\nDisallow: /\nAllow: /r\n", "/a"),
        ("robots", b"User-agent: *\nDisallow: /\nAllow: /*-\n", "/a"),
        ("tdmrep", b'[{"location": "/*7", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]', "/a"),
        ("tdmrep", b'[{"location": "/a$", "tdm-reservation": 1}]', "/a?page=2"),
    ],
)
def test_what_a_rule_allows_of_a_few_paths_is_not_taken_for_what_it_says_of_the_host(
    protocol: str, raw: bytes, path: str
) -> None:
    address = ORIGIN + path
    rows = Evaluator(protocol, LAW).rows(Capture(host="a.example", observed_at=NOON, body=raw), ORIGIN, [address])
    assert {row["address"]: row["result"] for row in rows}[address] == "found"
