"""Addresses in one form: what people, crawlers and browsers write for one place comes out as one text."""

from __future__ import annotations

import doctest
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rightful.notation import urls
from rightful.notation.urls import ascii_host, canonical, match_key, prefix_key, registrable_domain

PIECES = (
    "http https ftp s3 HTTP : / // \\ . .. www. ex.org EX.org. café.fr [ex.org] [::1] ::1 [2001:DB8::0:1] :80 :443 :8080 :x"
    " @ user:pw@ % %2 %2F %2e %65 %41 %C3%A9 %c3 %CC%81 %E2%82 %FF %25 ? # & = + * a b é e \u0301 \u00df \u0130 \u2100 \uff0e"
    " mira ~ | [ ] \ud800 \udcc3 \u3000 \u200b"
).split(" ")
BLANKS = [" ", "\t", "\n", "\x00", "\x7f"]
TEXTS = st.one_of(st.text(max_size=30), st.lists(st.sampled_from([*PIECES, *BLANKS]), max_size=12).map("".join))
ADDRESSES = st.one_of(
    TEXTS, TEXTS.map("https://ex.org/".__add__), TEXTS.map("http://".__add__), TEXTS.map("//".__add__)
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTP://Example.ORG:80/a/./b/../c#x", "http://example.org/a/c"),
        ("https://ex.org", "https://ex.org/"),
        ("https://ex.org./?", "https://ex.org/"),
        ("https://ex.org/café", "https://ex.org/caf%C3%A9"),
        ("https://ex.org/cafe\u0301", "https://ex.org/caf%C3%A9"),
        ("https://ex.org/cafe%cc%81", "https://ex.org/caf%C3%A9"),
        ("https://ex.org/caf%e9", "https://ex.org/caf%E9"),
        ("https://ex.org/a b?c d", "https://ex.org/a%20b?c%20d"),
        ("https://ex.org/100%", "https://ex.org/100%25"),
        ("https://ex.org/%7emira/%2e%2e/%61", "https://ex.org/a"),
        ("https://ex.org/a%2Fb?x[]=1", "https://ex.org/a%2Fb?x%5B%5D=1"),
        ("ex.org/p", "https://ex.org/p"),
        ("ex.org:8080/p", "https://ex.org:8080/p"),
        ("ex.org", "https://ex.org/"),
        ("www.intranet/p", "https://www.intranet/p"),
        ("//ex.org/p", "https://ex.org/p"),
        ("198.51.100.7/p", "https://198.51.100.7/p"),
        ("https:/ex.org/p", "https://ex.org/p"),
        ("https:ex.org/p", "https://ex.org/p"),
        ("https:\\\\ex.org\\mira\\a", "https://ex.org/mira/a"),
        ("https://%65x%2Eorg/p", "https://ex.org/p"),
        ("https://caf%C3%A9.fr/", "https://xn--caf-dma.fr/"),
        ("https://café.fr/", "https://xn--caf-dma.fr/"),
        ("https://mira:secret@ex.org/p", "https://ex.org/p"),
        ("https://[ex.org]/p", "https://ex.org/p"),
        ("https://ex.org:no/p", "https://ex.org/p"),
        ("https://ex.org:99999/p", "https://ex.org/p"),
        ("https://[2001:DB8::0:1]:0443/p", "https://[2001:db8::1]/p"),
        ("http://2001:db8::1/p", "http://[2001:db8::1]/p"),
        ("\ufeff https://ex.org/a\n/b ", "https://ex.org/a/b"),
        ("s3://Bucket/a//b", "s3://bucket/a//b"),
    ],
)
def test_canonical_of_what_people_write_is_the_address_they_mean(written: str, meant: str) -> None:
    address, host = canonical(written)
    assert address == meant
    assert host == (urlsplit(meant).hostname or "")


@pytest.mark.parametrize(
    "text",
    "readme.txt,docs/ex.org,/ex.org/p,mira@ex.org,mailto:mira@ex.org,urn:isbn:1,C:\\texts\\a.txt,file:///a,See ex.org/p,"
    "a..org/p,ex.org:p,https://,//,1.2.3,".split(","),
)
def test_canonical_of_a_name_or_a_path_is_no_address(text: str) -> None:
    assert canonical(f" {text} ") == (text, None)


@given(ADDRESSES)
@settings(max_examples=600)
@example("https://ex.org .")
@example("https://%%34%31")
@example("HTTP:0/\x1e%CC%80")
@example("//0 \uff0e")
@example("http:]\uff0e")
@example("//ex.org/%E2%82%AC%E2%82\u0301")
def test_canonical_again_changes_nothing(text: str) -> None:
    once = canonical(text)
    assert canonical(once[0]) == once


@given(ADDRESSES)
@settings(max_examples=400)
def test_canonical_address_is_ascii_and_names_its_host(text: str) -> None:
    address, host = canonical(text)
    if host is None:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    assert "#" not in address
    if not host.startswith("["):
        assert urlsplit(address).hostname == host == ascii_host(host)


@given(st.from_regex(r"\A(?:(?:https?:)?//)[a-z0-9_.-]{1,8}(?:/[a-c~%./@-]{0,6}){0,3}(?:\?[a/?=]{0,4})?(?:#a?)?\Z"))
@settings(max_examples=300)
def test_canonical_the_short_way_equals_the_long_way(text: str) -> None:
    plain = canonical(text)
    # An empty user name is left out, and only the long way knows of one.
    longer = canonical(text.replace("//", "//@", 1))
    assert plain[1] == longer[1]
    assert plain[1] is None or plain == longer


@given(ADDRESSES)
@settings(max_examples=400)
def test_match_key_of_an_address_does_not_depend_on_how_the_web_is_reached(text: str) -> None:
    address, host = canonical(text)
    if host is None or not address.startswith("https://"):
        return
    _, _, place, rest = address.split("/", 3)
    path, mark, query = rest.partition("?")
    if ":" in place.rpartition("]")[2]:
        return
    for other in (f"http://{place}", f"http://{place}:443", f"https://{place}:80"):
        assert match_key(canonical(f"{other}//{path}{mark}{query}")[0]) == match_key(address)


def test_match_key_keeps_other_places_apart() -> None:
    written = (
        "https://ex.org/a https://ex.org/A https://ex.org:8080/a ftp://ex.org/a s3://ex.org/a https://www.ex.org/a https://ex.org/a?b"
        " https://ex.org/a?b//c https://ex.org/a?b/c https://ex.org:4430/a https://ex.org/a:443/ https://[::80]/a https://[::]/a"
    )
    keys = [match_key(canonical(w)[0]) for w in written.split()]
    assert len(set(keys)) == len(keys), keys


def test_prefix_key_of_a_key_is_the_key() -> None:
    for written in ("http://ex.org:443//mira/", "s3://b/a/", "ex.org/café", "http://[::1]:80/", "https://ex.org/a?b=/"):
        key = prefix_key(written)
        assert prefix_key(key) == key, written


def test_registrable_domain_of_an_address_is_none() -> None:
    assert [registrable_domain(h) for h in ("a.b.co.uk", "198.51.100.7", "2001:db8::1")] == ["b.co.uk", None, None]


def test_examples_in_urls_hold() -> None:
    assert doctest.testmod(urls).failed == 0
