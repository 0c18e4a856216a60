"""Whom a robots.txt lets crawl what: RFC 9309, and the cases that Google's parser is tried on, as a table of our own."""

from __future__ import annotations

import time

import pytest

from rightful.signals.web.paths import path_of, pattern
from rightful.signals.web.robots import rules

BOTH = "User-agent: a\nUser-agent: b\nDisallow: /x\n"
SPECIFIC = "user-agent: *\nallow: /\nuser-agent: foobot\ndisallow: /\n"


@pytest.mark.parametrize(
    ("text", "agent", "path", "allowed"),
    [
        # A line is a name, a colon and a value, in any case; crawlers forgive a missing colon and misspelt names.
        ("user-agent: FooBot\ndisallow: /\n", "FooBot", "/x/y", False),
        ("foo: FooBot\nbar: /\n", "FooBot", "/x/y", True),
        ("user-agent FooBot\ndisallow /\n", "FooBot", "/x/y", False),
        ("USER-AGENT: FooBot\nDISALLOW: /\n", "FooBot", "/x", False),
        ("UsEr-AgEnT: FooBot\nDiSaLlOw: /a/\nAlLoW: /a/b\n", "FooBot", "/a/b", True),
        ("useragent: FooBot\ndissallow: /\n", "FooBot", "/x", False),
        ("user agent: FooBot\ndisalow: /\n", "FooBot", "/x", False),
        ("user-agent: FooBot\ndisalllow: /\n", "FooBot", "/x", False),
        ("  user-agent :  FooBot  # who\n  disallow :  /x  # what\n", "FooBot", "/x", False),
        # Groups: several crawlers, merged where a crawler is named twice, `*` only where none is.
        (BOTH, "a", "/x", False),
        (BOTH, "b", "/x", False),
        (BOTH, "c", "/x", True),
        ("allow: /f/\n\nuser-agent: a\ndisallow: /\n", "a", "/f/", False),
        ("user-agent: a\ndisallow: /1\nuser-agent: b\ndisallow: /\nuser-agent: A\ndisallow: /2\n", "a", "/1", False),
        ("user-agent: a\ndisallow: /1\nuser-agent: b\ndisallow: /\nuser-agent: A\ndisallow: /2\n", "a", "/2", False),
        ("user-agent: a\ndisallow: /1\nuser-agent: b\ndisallow: /\nuser-agent: A\ndisallow: /2\n", "a", "/3", True),
        (SPECIFIC, "FOOBOT", "/x", False),
        (SPECIFIC, "barbot", "/x", True),
        ("user-agent: foobot\nallow: /\nuser-agent: *\ndisallow: /\n", "foobot", "/x", True),
        ("user-agent: foobot\nallow: /\nuser-agent: *\ndisallow: /\n", "foobots", "/x", False),
        ("user-agent: a\nsitemap: https://x/s.xml\nuser-agent: *\ndisallow: /\n", "a", "/x", False),
        ("user-agent: a\nunknown: line\nuser-agent: *\ndisallow: /\n", "a", "/x", False),
        ("user-agent: a\ncrawl-delay: 9\nuser-agent: *\ndisallow: /\n", "a", "/x", True),
        ("user-agent: a\ncrawl delay 9\nuser-agent: *\ndisallow: /\n", "a", "/x", True),
        ("user-agent: Mozilla/5.0 (compatible; X)\ndisallow: /\n", "Mozilla/5.0 (compatible; Y)", "/x", True),
        ("user-agent: a\nrule-to-come: /path\nuser-agent: *\ndisallow: /\n", "a", "/x", True),
        ("user-agent: foo bar\ndisallow: /\n", "foo", "/x", False),
        ("user-agent: foo/1.2\ndisallow: /\n", "foo", "/x", False),
        ("user-agent: AI2Bot\ndisallow: /\n", "AI2Bot", "/x", False),
        ("user-agent: AI\ndisallow: /\n", "AI2Bot", "/x", True),
        ("user-agent: foobot\ndisallow: /\n", "Mozilla/5.0 (compatible; FooBot/2.1; +https://x/bot)", "/x", False),
        ("user-agent: * \ndisallow: /\n", "anybot", "/x", False),
        # Paths: case counts, the longest rule wins and leave wins a tie.
        ("user-agent: a\ndisallow: /X/\n", "a", "/x/y", True),
        ("user-agent: a\ndisallow: /x/page.html\nallow: /x/\n", "a", "/x/page.html", False),
        ("user-agent: a\nallow: /x/page.html\ndisallow: /x/\n", "a", "/x/page.html", True),
        ("user-agent: a\nallow: /x/page.html\ndisallow: /x/\n", "a", "/x/", False),
        ("user-agent: a\ndisallow:\nallow:\n", "a", "/x/page.html", True),
        ("user-agent: a\ndisallow: /\nallow: /\n", "a", "/x/page.html", True),
        ("user-agent: a\ndisallow: /x\nallow: /x/\n", "a", "/x", False),
        ("user-agent: a\ndisallow: /x\nallow: /x/\n", "a", "/x/", True),
        ("user-agent: a\nallow: /page\ndisallow: /*.html\n", "a", "/page.html", False),
        ("user-agent: a\nallow: /x/page.\ndisallow: /*.html\n", "a", "/x/page.html", True),
        ("user-agent: a\ndisallow: /x/page.html\nallow: /*.html\n", "a", "/y.html", True),
        # `*` and `$`.
        ("user-agent: a\ndisallow: /foo/bar/*/baz\n", "a", "/foo/bar/quux/baz", False),
        ("user-agent: a\ndisallow: /*/quux\n", "a", "/foo/quux?x", False),
        ("user-agent: a\ndisallow: /\nallow: /$\n", "a", "/", True),
        ("user-agent: a\ndisallow: /\nallow: /$\n", "a", "/x", False),
        ("user-agent: a\ndisallow: /*.php$\n", "a", "/a.php", False),
        ("user-agent: a\ndisallow: /*.php$\n", "a", "/a.php?x", True),
        ("user-agent: a\ndisallow: *.txt\n", "a", "/b/a.txt", False),
        ("user-agent: a\ndisallow: /a$b\n", "a", "/a$b", False),
        ("user-agent: a\ndisallow: /file-%2A.html\n", "a", "/file-*.html", False),
        ("user-agent: a\ndisallow: /file-%2A.html\n", "a", "/file-x.html", True),
        ("user-agent: a\ndisallow: /file-%24\n", "a", "/file-$", False),
        # Octets: RFC 9309 section 2.2.2.
        ("user-agent: a\ndisallow: /foo/bar?baz=https://foo.bar\n", "a", "/foo/bar?baz=https://foo.bar", False),
        ("user-agent: a\ndisallow: /foo/bar/ツ\n", "a", "/foo/bar/%E3%83%84", False),
        ("user-agent: a\ndisallow: /foo/bar/%e3%83%84\n", "a", "/foo/bar/ツ", False),
        ("user-agent: a\ndisallow: /foo/bar/%62%61%7A\n", "a", "/foo/bar/baz", False),
        ("user-agent: a\ndisallow: /a%2Fb\n", "a", "/a/b", True),
        ("user-agent: a\ndisallow: /a%3cd.html\n", "a", "/a%3Cd.html", False),
        # The index page of a folder is the folder, for Google.
        ("user-agent: *\nallow: /f/index.html\ndisallow: /\n", "a", "https://x.org/f/", True),
        ("user-agent: *\nallow: /f/index.html\ndisallow: /\n", "a", "https://x.org/f/g", False),
        # The file itself, whatever it says; and any form of the address.
        ("user-agent: *\ndisallow: /\n", "a", "/robots.txt", True),
        ("user-agent: *\ndisallow: /\n", "a", "https://x.org", False),
        ("user-agent: *\ndisallow: /\n", "a", "https://x.org?q", False),
        ("user-agent: *\ndisallow: /p;q=1\n", "a", "//x.org/p;q=1#f", False),
    ],
)
def test_a_crawler_may_fetch_what_the_file_lets_it(text: str, agent: str, path: str, allowed: bool) -> None:
    assert rules(text.encode()).allows(agent, path) is allowed


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\n\r\n", b"\r\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_any_line_end_and_any_byte_order_mark_is_read(end: bytes, mark: bytes) -> None:
    text = mark + end.join([b"User-Agent: foo", b"Allow: /allowed", b"Disallow: /"])
    assert rules(text).allows("foo", "/allowed")
    assert not rules(text).allows("foo", "/other")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_is_read_where_it_has_its_mark(encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("le") else ""
    assert not rules((mark + "User-agent: *\nDisallow: /\n").encode(encoding)).allows("a", "/x")


def test_bytes_that_are_no_utf_8_are_octets_of_the_path() -> None:
    assert not rules(b"User-agent: *\nDisallow: /caf\xe9\n").allows("a", "/caf%E9")


def test_a_rule_behind_a_mebibyte_is_read() -> None:
    text = b"User-agent: *\n" + b"Allow: /page-of-some-length\n" * 40_000 + b"Disallow: /secret\n"
    assert len(text) > 1 << 20
    assert not rules(text).allows("a", "/secret")


@pytest.mark.parametrize(
    "hostile",
    [
        "/" + "*a" * 200_000,
        "/" + "*" * 400_000 + "b",
        "/" + "a*" * 200_000 + "$",
        "/" + "%2" * 200_000,
        "/" + "*a" * 500 + "b",
    ],
)
def test_a_hostile_pattern_takes_no_longer_than_it_is(hostile: str) -> None:
    read = rules(f"User-agent: *\nDisallow: {hostile}\n".encode())
    path = "/" + "a" * 4_000
    started = time.process_time()
    for _ in range(5):
        assert read.allows("a", path) in (True, False)
    assert time.process_time() - started < 2


def test_many_rules_and_many_pages_take_no_product_of_both() -> None:
    read = rules(b"User-agent: *\n" + b"".join(b"Disallow: /p%d/\n" % n for n in range(20_000)))
    started = time.process_time()
    refused = sum(not read.allows("a", f"https://example.org/p{n}/x") for n in range(19_990, 20_010))
    assert refused == 10
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("stated", "path", "is_matched"),
    [
        ("", "/", True),
        ("*", "/x", True),
        ("/*$", "/", True),
        ("/a*a$", "/a", False),
        ("/a*a$", "/aa", True),
        ("$", "/", False),
    ],
)
def test_a_pattern_matches_as_written(stated: str, path: str, is_matched: bool) -> None:
    assert pattern(stated).matches(path_of(path)) is is_matched
