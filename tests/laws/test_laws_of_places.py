"""For a withdrawal an address means the place: how it is spelled, and what shows it, does not matter."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.notation.places import PlaceLists, places

LISTS = PlaceLists(
    version="2026-11-29",
    labels=frozenset({"www", "m"}),
    parameters=frozenset({"gclid"}),
    parameter_prefixes=("utm_",),
    segments=frozenset({"sid"}),
    wrappers=frozenset({"archive.example"}),
    everywhere=frozenset({"search"}),
    encoded=(("translate.example", 0),),
    proxies=frozenset({"ezproxy"}),
)
"""Lists of our own: the law does not depend on what stands in the catalogue's."""

WORDS = st.text("abcxyz", min_size=1, max_size=4)
HOSTS = st.tuples(WORDS, st.sampled_from(["org", "co.uk", "fr"])).map(".".join).filter(lambda host: host != "za.org")
"""Domains that were sold; under ``za.org`` others are."""
PATHS = st.lists(WORDS, max_size=3).map(lambda words: "".join(f"/{word}" for word in words))


def keys(url: str) -> tuple[str, ...]:
    return places(url, LISTS)


@given(HOSTS, PATHS, st.sampled_from(["www.", "m.", "www.m.", "WWW."]), st.sampled_from(["http", "ftp", "HTTPS"]))
def test_an_address_means_the_place_and_not_its_spelling(host: str, path: str, label: str, scheme: str) -> None:
    key = (f"//{host}{path}",)
    assert keys(f"https://{host}{path}") == key
    assert keys(f"{scheme}://u:p@{label}{host}.:8080/{path}/;sid=1?#x") == key
    assert keys(f"//{host.upper()}/{quote('/..')}{path}".replace("/x", "/%78")) == key


@pytest.mark.parametrize("host", ["m.org", "www.co.uk", "www.fr"])
def test_the_label_under_which_a_domain_was_sold_counts(host: str) -> None:
    assert keys(f"https://www.{host}/a") == keys(f"https://{host}/a") == (f"//{host}/a",)


@given(HOSTS, PATHS, HOSTS, st.integers(0, 2), st.sampled_from(["/r/", "/?u=", "/?a=1&u=", "/#"]))
def test_an_address_inside_another_counts_as_well_as_the_outer_one(
    host: str, path: str, outer: str, times: int, before: str
) -> None:
    held = f"https://www.{host}{path}"
    for _ in range(times):
        held = quote(held, safe="")
    found = keys(f"https://{outer}{before}{held}")
    assert found[0].startswith(f"//{outer}")
    assert f"//{host}{path}" in found


@given(HOSTS, PATHS, WORDS)
def test_parameters_that_track_do_not_count_and_others_do(host: str, path: str, value: str) -> None:
    plain = keys(f"https://{host}{path}")
    assert keys(f"https://{host}{path}?utm_{value}={value}&GCLID={value}") == plain
    assert keys(f"https://{host}{path}?id={value}&utm_x=1") == (f"//{host}{path}?id={value}",) != plain


@given(HOSTS, PATHS)
def test_a_site_that_shows_others_holds_addresses_without_a_scheme(host: str, path: str) -> None:
    meant = f"//{host}{path}"
    for url in (
        f"https://web.archive.example/2020/{host}{path}",
        f"https://search.co.uk/url?q={host}{path}",
        f"https://{host.replace('.', '-')}.translate.example{path}",
        f"https://{host}.ezproxy.uni.org{path}",
    ):
        assert meant in keys(url), url
    assert meant not in keys(f"https://nowhere.example/2020/{host}{path}")
