"""Which places an address means: spellings of one place have its key, other places do not."""

from __future__ import annotations

import base64
import doctest
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.catalog import place_lists
from rightful.notation import places as module
from rightful.notation.places import MOST_PLACES, host_of_place, place_host, place_of, places
from rightful.notation.urls import canonical

LISTS = place_lists()
MIRA = "//example.org/mira/a"


def keys(url: str) -> tuple[str, ...]:
    return places(url, LISTS)


SPELLINGS = """
https://example.org/mira/a http://example.org/mira/a ftp://example.org/mira/a //example.org/mira/a example.org/mira/a
https://www.example.org/mira/a https://WWW2.example.org/mira/a https://m.example.org/mira/a https://mobile.example.org/mira/a
https://amp.example.org/mira/a https://m.www.example.org/mira/a https://example.org:8443/mira/a http://example.org:443/mira/a
https://example.org.:443/mira/a https://user:pw@example.org/mira/a https://example.org//mira///a https://example.org/mira/a/
https://example.org/x/../mira/./a https://example.org/%6Dira/%61 https://example.org/mira%2Fa https://example.org/mira%2fa
https://example.org/mira\\a https:\\\\example.org\\mira\\a https:/example.org/mira/a https://example.org/mira/a#part
https://example.org/mira/a? https://example.org/mira/a?&& https://example.org/mira/a?utm_source=x&UTM_Medium=y&gclid=1
https://example.org/mira/a?fbclid=1&amp;msclkid=2 https://example.org/mira/a;jsessionid=0A1B?PHPSESSID=c
https://example%2Eorg/mira/a https://example.org/mira/%2e/a https://example.org/mira/x/%2e%2e/a
""".split()


@pytest.mark.parametrize("url", SPELLINGS)
def test_places_of_another_spelling_are_one_place(url: str) -> None:
    assert keys(url) == (MIRA,)


WRAPPED = """
https://web.archive.org/web/2020/https://example.org/mira/a https://web.archive.org/web/20200101000000id_/http://example.org/mira/a
https://web.archive.org/web/20200101000000im_/example.org/mira/a web.archive.org/web/*/www.example.org/mira/a
https://archive.org/wayback/available?url=example.org/mira/a https://web-beta.archive.org/save/https://example.org:443/mira/a
https://archive.ph/https://example.org/mira/a https://archive.today/newest/http://example.org/mira/a https://archive.is/20200101/example.org/mira/a
https://webcache.googleusercontent.com/search?q=cache:https://example.org/mira/a https://webcache.googleusercontent.com/search?q=cache:x1Yz:example.org/mira/a+mira&cd=1
https://example-org.translate.goog/mira/a?_x_tr_sl=en&_x_tr_tl=de https://m-example-org.translate.goog/mira/a
https://translate.google.com/translate?sl=auto&u=https%3A%2F%2Fexample.org%2Fmira%2Fa https://translate.google.co.uk/website?u=example.org/mira/a
https://r.jina.ai/https://example.org/mira/a https://r.jina.ai/example.org/mira/a https://12ft.io/proxy?q=https%3A%2F%2Fexample.org%2Fmira%2Fa
https://cdn.ampproject.org/c/s/example.org/mira/a https://example-org.cdn.ampproject.org/c/s/example.org/mira/a https://cdn.ampproject.org/v/example.org/mira/a?amp_js_v=0.1
https://www.google.de/amp/s/amp.example.org/mira/a https://www.google.com/url?q=https://example.org/mira/a&sa=D https://google.com/url?sa=t&url=https%3A%2F%2Fexample.org%2Fmira%2Fa&usg=1
https://outline.com/https://example.org/mira/a https://printfriendly.com/print?url=example.org/mira/a https://i0.wp.com/example.org/mira/a
https://translated.turbopages.org/proxy_u/en-ru.ru.0a1/https/example.org/mira/a https://megalodon.jp/2020-0101-1200-00/example.org:80/mira/a
https://arquivo.pt/wayback/2015/http://example.org/mira/a https://www.webarchive.org.uk/wayback/archive/2015/http://example.org/mira/a
https://www-example-org.ezproxy.lib.uni.example/mira/a https://example.org.libproxy.uni.example/mira/a https://example-org.lib.idm.oclc.org/mira/a
https://nowhere.example/?page=https://example.org/mira/a https://nowhere.example/p/https:/example.org/mira/a https://nowhere.example/HTTPS://EXAMPLE.org/mira/a
https://nowhere.example/?u=https%3A%2F%2Fexample.org%2Fmira%2Fa https://nowhere.example/?u=https%253A%252F%252Fexample.org%252Fmira%252Fa
https://nowhere.example/https%3A%2F%2Fexample.org%2Fmira%2Fa https://nowhere.example/?u=http:\\\\example.org\\mira\\a
https://nowhere.example/?a=1;u=https://example.org/mira/a&b=2 https://nowhere.example/r#https://example.org/mira/a
https://archive.ph/2020/https://web.archive.org/web/2019/https://r.jina.ai/https://m.example.org/mira/a
view-source:https://example.org/mira/a
""".split()


@pytest.mark.parametrize("url", WRAPPED)
def test_places_of_an_address_that_holds_another_are_both(url: str) -> None:
    found = keys(url)
    assert MIRA in found
    if not url.startswith("view-source:"):
        outer, host = canonical(url)
        assert host is not None
        assert found[0] == place_of(outer, LISTS)
        assert host_of_place(found[0]) == place_host(host, LISTS) != "example.org"


def test_places_of_several_addresses_in_one_text_are_all_of_them() -> None:
    assert keys("https://example.org/mira/a, http://www.example.org/b") == (MIRA, "//example.org/b")
    assert MIRA in keys("see https://example.org/mira/a for more")


OTHERS = """
https://example.org/mira https://example.org/miranda/a https://example.org/Mira/a https://example.org/mira/a.html
https://example.org/mira/a?x=1 https://example.org/mira/a?utm=1 https://example.org/index.php/mira/a https://example.org/?p=mira/a
https://example.com/mira/a https://blog.example.org/mira/a https://mm.example.org/mira/a https://www3x.example.org/mira/a
https://example.org/mira;v=1/a https://example.org/mira%20/a https://example.org/m\u0131ra/a https://example.org/mira%253Fa
https://example.org/mira%3Fa https://notexample.org/mira/a https://example.org.evil.example/mira/a https://nowhere.example/example.org/mira/a
https://nowhere.example/?q=example.org/mira/a https://example-org.nowhere.example/mira/a https://proxy.nowhere.example/mira/a
""".split()


@pytest.mark.parametrize("url", OTHERS)
def test_places_of_another_place_are_others(url: str) -> None:
    assert MIRA not in keys(url)


@pytest.mark.parametrize("host", ["m.com", "www.co.uk", "www.github.io", "amp.dev", "m.co"])
def test_places_keep_the_label_that_was_bought(host: str) -> None:
    assert place_host(host, LISTS) == host


@pytest.mark.parametrize(
    "url",
    ["http://192.168.1.1/a", "http://3232235777/a", "http://0xC0.168.0x101/a", "http://[::ffff:192.168.1.1]:80/a"],
)
def test_places_of_a_number_are_one_however_it_is_written(url: str) -> None:
    assert keys(url) == ("//192.168.1.1/a",)


def test_places_of_an_ipv6_address_have_its_shortest_form() -> None:
    assert keys("http://[2001:DB8:0::1]:8080/a") == ("//[2001:db8::1]/a",)
    assert host_of_place("//[2001:db8::1]/a") == "2001:db8::1"


def test_places_of_a_query_do_not_depend_on_its_order_or_repetition() -> None:
    assert keys("https://ex.org/a?q=a+b") == keys("https://ex.org/a?q=a%20b") != keys("https://ex.org/a?q=a%2Bb")
    assert keys("https://ex.org/a?b=2&a=1&b=2&c=") == keys("https://ex.org/a?c&a=1&b=2") != keys("https://ex.org/a?a=1")
    assert keys("https://ex.org/a?b=1%262") != keys("https://ex.org/a?b=1&2")


@pytest.mark.parametrize("text", ["", "a name", "mira/a", "urn:isbn:1", "mailto:mira@example.org", "https://", "C:\\a"])
def test_places_of_no_address_are_none(text: str) -> None:
    assert keys(text) == ()


def test_places_of_a_hostile_address_are_bounded_and_have_the_innermost() -> None:
    for url in ("https://ex.org/" + "http://d.example/" * 4_000, "https://ex.org/?" + "u=http://d.example/&" * 4_000):
        found = keys(f"{url}https://example.org/mira/a")
        assert len(found) <= MOST_PLACES
        assert MIRA in found


HOSTS = st.sampled_from("example.org a.example.org b-c.co.uk xn--caf-dma.fr 198.51.100.7 en.wikipedia.org".split())
SEGMENTS = st.lists(st.sampled_from("a mira b.html @x A;b v=1 c%20d caf%C3%A9 2020".split()), max_size=4)
QUERIES = st.sampled_from(["", "", "?a=1", "?a=1&b=https", "?q"])
PLAIN = st.builds(lambda h, s, q: (h, "".join("/" + x for x in s) + q), HOSTS, SEGMENTS, QUERIES)
WAYS = (
    lambda h, p: f"http://www.{h}{p}" if not h[0].isdigit() else f"http://{h}{p}",
    lambda h, p: f"HTTPS://{h.upper()}:8080/{p}",
    lambda h, p: f"//{h}{p}#x",
    lambda h, p: f"https://u:p@{h}.{p}",
    lambda h, p: f"https://{h}{p}{'&' if '?' in p else '?'}utm_campaign=x",
    lambda h, p: f"https://{h}/x/..{p}",
)
AROUND = (
    lambda u: f"https://web.archive.org/web/2020id_/{u}",
    lambda u: f"https://nowhere.example/read/{u}",
    lambda u: f"https://nowhere.example/?v=1&u={quote(u, safe='')}",
    lambda u: f"https://nowhere.example/?u={quote(quote(u, safe=''), safe='')}&v=1",
    lambda u: f"https://12ft.io/{u.removeprefix('https://')}",
)


@given(PLAIN, st.sampled_from(WAYS))
@settings(max_examples=200)
def test_places_are_the_same_for_every_spelling(place: tuple[str, str], way: object) -> None:
    host, rest = place
    assert callable(way)
    assert keys(way(host, rest))[0] == keys(f"https://{host}{rest}")[0]


@given(PLAIN, st.lists(st.sampled_from(AROUND), max_size=3))
@settings(max_examples=200)
def test_places_of_what_is_wrapped_are_among_those_of_the_wrapper(place: tuple[str, str], ways: list[object]) -> None:
    url = f"https://{place[0]}{place[1]}"
    plain = place_of(url, LISTS)
    for way in ways:
        assert callable(way)
        url = way(url)
    assert plain in keys(url)


@given(PLAIN, st.lists(st.sampled_from(AROUND), max_size=2))
@settings(max_examples=200)
def test_places_of_a_key_begin_with_the_key(place: tuple[str, str], ways: list[object]) -> None:
    url = f"https://{place[0]}{place[1]}"
    for way in ways:
        assert callable(way)
        url = way(url)
    for key in keys(url):
        assert keys(key)[0] == key


@given(
    st.one_of(
        st.text(max_size=40), st.binary(max_size=30).map(lambda b: "https://ex.org/" + base64.b64encode(b).decode())
    )
)
@settings(max_examples=300)
def test_places_of_any_text_have_a_host_each(text: str) -> None:
    for key in keys(text):
        assert key.startswith("//")
        assert key.isascii()
        assert host_of_place(key)


def test_examples_in_places_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_places_within_an_address_that_was_escaped_again_and_again_are_found() -> None:
    address = "https://example.org/mira/a"
    for _ in range(4):
        address = quote(address, safe="")
        assert "//example.org/mira/a" in keys(f"https://nowhere.example/?u={address}")
