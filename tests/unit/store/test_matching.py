"""Which records a consent event means: a selector that can match nothing is refused, and SQL matches what Python says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.api import Store
from rightful.catalog import place_lists
from rightful.cli import main
from rightful.errors import InputError
from rightful.notation.places import host_of_place, place_host, places
from rightful.notation.urls import canonical, match_key
from rightful.rights.consent import GIVEN, WITHDRAWN, ConsentEvent, subject_key
from rightful.signals.cards.source_card import source_id
from rightful.store.duck import connect, fill, rows
from rightful.store.matching import SELECTORS_HAVE, hits, selectors_of
from rightful.store.placed import placed
from rightful.store.relations import Relation, build
from rightful.store.selectors import Named, identity, named, selector_value

KEY = b"k" * 32
CON = connect(threads=1)
LISTS = place_lists()

PLACES = "http:// https:// // ftp:// s3:// http:/".split()
HOSTS = "ex.org www.ex.org EX.org. mira.ex.org ex%2eorg café.fr [2001:DB8::1] [2001:db8:0::1] notex.org org".split()
PORTS = ["", "", "", ":80", ":443", ":8080"]
SEGMENTS = ["", "a", "A", "mira", "café", "caf%c3%a9", "a b", "a%20b", ".", "..", "%2e", "a:443", "http:"]
ADDRESSES = st.builds(
    lambda place, host, port, path, query: f"{place}{host}{port}{path}{query}",
    st.sampled_from(PLACES),
    st.sampled_from(HOSTS),
    st.sampled_from(PORTS),
    st.lists(st.sampled_from(SEGMENTS), max_size=4).map(lambda s: "".join(f"/{x}" for x in s)),
    st.sampled_from(["", "", "?q", "?q=//a/", "?"]),
)
NAMED = st.one_of(ADDRESSES, st.sampled_from(["ex.org/mira", "www.ex.org", "a name", "a//name?x", "/a/b", "urn:a:b"]))


def matched(urls: list[str], kind: str, value: str) -> tuple[set[int], set[int]]:
    """The indices of the urls that SQL matches, stored as an ingest stores them: by place, and as a grant names them."""
    found = [canonical(u) for u in urls]
    columns = {
        "record_id": pa.array([str(i) for i in range(len(urls))]),
        "url": pa.array([u for u, _ in found], pa.string()),
        "host": pa.array([h for _, h in found], pa.string()),
        "places": placed((u,) for u in urls),
    }
    fill(CON, "stored", pa.table(columns))
    written = selector_value(kind, value, KEY)
    selector = named(event(kind, written, GIVEN))
    assert selector.granted == (written,)
    granted = direct_of(selector)
    assert direct_of(named(event(kind, written))) == dict.fromkeys(granted, True)
    return set(granted), {i for i, direct in granted.items() if direct}


def direct_of(selector: Named) -> dict[int, bool]:
    """The indices that a selector reaches, and whether it reaches each itself."""
    selectors = selectors_of([(selector, 0)])
    made = (Relation("selectors", SELECTORS_HAVE), hits("hits", "stored", selectors.kinds))
    build(CON, made, {"selectors": selectors.table})
    return {int(i): direct for i, direct in rows(CON, "SELECT record_id, direct FROM hits")}


def event(kind: str, value: str, what: str = WITHDRAWN) -> ConsentEvent:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return ConsentEvent(event_id="e", kind=what, selector=kind, value=value, recorded=at, effective=at)


def means_place(url: str, kind: str, value: str) -> bool:
    """The oracle of refusals, asked of one record in Python: any place of the one is a place of the other, or below it."""
    theirs = places(url, LISTS)
    if kind == "domain":
        wanted = place_host(str(canonical(f"//{value}")[1]), LISTS).strip("[]")
        hosts = [host_of_place(p) for p in theirs]
        return any(h == wanted or (":" not in h and h.endswith(f".{wanted}")) for h in hosts)
    wanted_places = places(value, LISTS)
    if kind == "url":
        return not set(theirs).isdisjoint(wanted_places)
    rooms = [p.partition("?")[0].split("/") for p in theirs]
    return any(room[: len(w)] == w for room in rooms for w in (p.split("/") for p in wanted_places))


def means_address(url: str, kind: str, value: str) -> bool:
    """The oracle of grants: the address as it was written, but for scheme, default port and doubled slashes."""
    address, host = canonical(url)
    if host is None:
        return False
    if kind == "domain":
        wanted = canonical(f"//{value}")[1]
        return host == wanted or (":" not in host and host.endswith(f".{wanted}"))
    key, wanted_key = match_key(address), match_key(canonical(value)[0])
    if kind == "url":
        return key.rstrip("/") == wanted_key.rstrip("/")
    place, prefix = key.partition("?")[0].split("/"), wanted_key.rstrip("/").split("/")
    return place[: len(prefix)] == prefix


@given(st.lists(NAMED, min_size=1, max_size=30), st.data())
@settings(max_examples=120)
def test_match_in_sql_equals_match_in_python(urls: list[str], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["url", "url-prefix", "domain"]))
    addresses = [u for u in urls if canonical(u)[1]]
    if kind == "domain":
        value = data.draw(st.sampled_from(HOSTS))
    else:
        # Mostly one of the records, or what lies above it: two that have nothing in common prove little.
        value = data.draw(st.one_of(st.sampled_from(addresses), ADDRESSES) if addresses else ADDRESSES)
        if kind == "url-prefix":
            value = value.partition("?")[0]
            value = data.draw(st.sampled_from([value, value.rpartition("/")[0]]))
            value = value if canonical(value)[1] else "https://ex.org"
    by_place, by_address = matched(urls, kind, value)
    assert by_place == {i for i, url in enumerate(urls) if means_place(url, kind, value)}
    assert by_address == {i for i, url in enumerate(urls) if means_address(url, kind, value)}
    assert by_address <= by_place


@pytest.mark.parametrize(
    ("kind", "value", "url"),
    [
        ("url-prefix", "https://ex.org/café", "https://ex.org/caf%C3%A9/1"),
        ("url-prefix", "https://ex.org/caf%c3%a9/", "http://ex.org/café"),
        ("url-prefix", "https://ex.org/a b", "https://ex.org/a%20b/1"),
        ("url-prefix", "ex.org/mira", "www.ex.org/../mira"),
        ("url-prefix", "https://ex.org/mira", "https://ex.org//mira/a"),
        ("url-prefix", "https://ex.org/mira", "http://ex.org:443/mira/a"),
        ("url-prefix", "http://[2001:db8::1]/mira", "https://[2001:DB8:0::1]/mira/a"),
        ("url-prefix", "https://ex.org:8080/mira", "http://ex.org:8080/mira/a"),
        ("url-prefix", "s3://bucket/mira", "s3://bucket/mira/a.txt"),
        ("url", "ex.org/p", "http://ex.org:80/p/"),
        ("url", "https://ex.org/p?q=a b", "//ex.org/p?q=a%20b"),
        ("domain", "https://ex.org:8080/", "https:\\\\mira.ex.org\\p"),
        ("domain", "*.ex.org", "https://[ex.org]/p"),
        ("domain", "café.fr", "https://www.caf%C3%A9.fr/"),
        ("domain", "[2001:db8::1]:80", "http://[2001:DB8::1]/"),
        ("domain", "2001:db8::1", "http://[2001:DB8::1]/"),
    ],
)
def test_match_reaches_what_is_meant(kind: str, value: str, url: str) -> None:
    if url.startswith("www."):
        value = f"www.{value}"
    assert matched([url, "https://elsewhere.org/p"], kind, value) == ({0}, {0})


@pytest.mark.parametrize(
    ("kind", "value", "url"),
    [
        ("url-prefix", "https://ex.org/mira", "https://www.ex.org:8443/mira/a?utm_source=x"),
        ("url-prefix", "https://m.ex.org/mira", "ftp://ex.org/%6dira/a"),
        ("url-prefix", "https://ex.org/mira", "https://web.archive.org/web/2020id_/http://ex.org/mira/a"),
        ("url-prefix", "https://ex.org/mira", "https://ex-org.translate.goog/mira/a?_x_tr_sl=en"),
        ("url-prefix", "https://archive.ph/2020/https://ex.org/mira", "https://ex.org/mira/a"),
        ("url", "https://ex.org/p?b=1&a=2", "https://ex.org/p?a=2&b=1&fbclid=x"),
        ("url", "https://elsewhere.example/r?u=https%3A%2F%2Fex.org%2Fp", "http://www.ex.org/p"),
        ("domain", "ex.org", "https://nowhere.example/?page=http%3A%2F%2Fmira.ex.org%2Fp"),
        ("domain", "www.ex.org", "https://mira.ex.org/p"),
        ("domain", "ex.org", "https://cdn.ampproject.org/c/s/ex.org/p"),
    ],
)
def test_match_of_a_place_refuses_and_grants_nothing(kind: str, value: str, url: str) -> None:
    assert matched([url, "https://elsewhere.org/p"], kind, value) == ({0}, set())


def test_match_joins_receipts_with_the_withdrawals_of_the_same_place() -> None:
    spelled = ("https://www.ex.org/p", "http://ex.org:8080//p/", "ex.org/p?utm_source=mail")
    keys = {identity(event("url", selector_value("url", s, KEY))) for s in spelled}
    assert keys == {("url", "//ex.org/p")}
    domains = {
        identity(event("domain", selector_value("domain", s, KEY))) for s in ("www.ex.org", "ex.org.", "m.ex.org")
    }
    assert domains == {("domain", "ex.org")}


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("record", "3c2911a2", "32 hexadecimal digits"),
        ("record", "3c2911a218c72799e00c33c0b9addfcg", "32 hexadecimal digits"),
        ("content-sha256", "3c2911a218c72799e00c33c0b9addfc7", "64 hexadecimal digits"),
        ("url", "mira/a", "not an address with a host"),
        ("url-prefix", "mira/a", "not an address with a host"),
        ("url-prefix", "https://ex.org/mira/*", "'*'"),
        ("url-prefix", "https://*.ex.org", "--domain"),
        ("url-prefix", "https://ex.org/?author=mira", "'?'"),
        ("url-prefix", "https://ex.org/#mira", "'#'"),
        ("domain", "ex.org/mira", "--url-prefix"),
        ("domain", "https://ex.org/mira", "--url-prefix"),
        ("domain", "ex.*", "not a domain"),
        ("domain", "mira@ex.org", "not a domain"),
        ("domain", "ex.org?a", "not a domain"),
        ("domain", "ex org", "not a domain"),
        ("domain", "https://", "not a domain"),
        ("domain", "ex.org:http", "not a domain"),
        ("subject", " ", "is empty"),
        ("source", " ", "is empty"),
        ("sender", "mira", "unknown selector"),
    ],
)
def test_selector_value_that_can_match_nothing_is_refused(kind: str, value: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        selector_value(kind, value, KEY)
    assert says in str(raised.value)


def test_selector_value_of_a_record_is_in_lower_case() -> None:
    assert selector_value("record", " 3C2911A218C72799E00C33C0B9ADDFC7 ", KEY) == "3c2911a218c72799e00c33c0b9addfc7"


@given(st.text(min_size=1).filter(str.strip))
def test_selector_value_of_a_source_is_the_same_for_its_name_and_its_id(name: str) -> None:
    assert selector_value("source", source_id(name.strip()), KEY) == selector_value("source", name, KEY)


def test_subject_key_of_a_name_does_not_depend_on_how_it_was_typed() -> None:
    typed = ["Zo\u00eb  Stra\u00dfe", "zoe\u0308\u00a0STRASSE ", "\uff3ao\u00eb\tstrasse"]
    assert len({subject_key(name, KEY) for name in typed}) == 1
    assert selector_value("subject", typed[1], KEY) == subject_key(typed[0], KEY).hex()
    assert subject_key("zoe strasse", KEY) != subject_key(typed[0], KEY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three records; the first has an older version."""
    corpus = tmp_path / "Letters of Mira"
    corpus.mkdir()
    (corpus / "source.toml").write_text('name = "Letters of Mira"\nlicense = "CC0-1.0"\n')
    made = Store(tmp_path / "store")
    for text in ("the first version", "the second version"):
        lines: Iterable[dict[str, Any]] = [
            {"id": "one", "text": f"{text} of a letter", "url": "ex.org/café/1"},
            {"id": "two", "text": "another letter altogether", "url": "https://ex.org/2"},
            {"id": "three", "text": "a third letter, for good measure", "url": "https://ex.org/2"},
        ]
        (corpus / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        made.ingest([corpus])
    return made


def withdraw(store: Store, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    with pytest.raises(SystemExit) as ended:
        main(["--store", str(store.layout.root), "--json", "consent", "withdraw", *words])
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, json.loads(out), err


def test_withdraw_by_record_takes_every_name_that_explain_takes(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    (record,) = [r["record_id"] for r in store.sql("SELECT record_id FROM records WHERE source_record_id = 'one'")]
    for name in (record, record.upper(), record[:8], "one", "https://ex.org/caf%C3%A9/1", "ex.org/café/1"):
        code, answer, err = withdraw(store, "--record", name, "--dry-run", capsys=capsys)
        assert (code, answer["selector"]["value"], answer["matched"]["records"]) == (0, record, 1), name
        assert (answer["unmatched"], err) == (False, "")


def test_withdraw_by_record_finds_an_older_version(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (older,) = [r["record_id"] for r in store.sql("SELECT record_id FROM records WHERE source_record_id = 'one'")]
    with (tmp_path / "Letters of Mira" / "a.jsonl").open("w") as handle:
        handle.write(json.dumps({"id": "one", "text": "the third version of a letter", "url": "ex.org/café/1"}) + "\n")
    store.ingest([tmp_path / "Letters of Mira"])
    code, answer, err = withdraw(store, "--record", older[:10], capsys=capsys)
    assert (code, answer["selector"]["value"], answer["unmatched"]) == (0, older, True)
    assert "matches nothing yet; it will refuse what arrives later" in err


@pytest.mark.parametrize(("name", "says"), [("four", "there is no record"), ("https://ex.org/2", "several records")])
def test_withdraw_by_record_of_none_or_several_is_refused(
    store: Store, name: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = withdraw(store, "--record", name, capsys=capsys)
    assert code == 2
    assert says in answer["error"]["message"]
    assert store.consent.list() == []


def test_withdraw_that_matches_nothing_says_so(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, err = withdraw(store, "--domain", "elsewhere.org", "--source", "Letters of Mira", capsys=capsys)
    assert code == 0
    assert [e["unmatched"] for e in answer["events"]] == [True, False]
    assert answer["unmatched"] is True
    assert err == "withdrawal by domain elsewhere.org matches nothing yet; it will refuse what arrives later\n"
