"""Pages of our own in both directions: what is of the page, what is another's, what says nothing, what is reserved."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.catalog import load
from rightful.catalog.signals import signals_of
from rightful.errors import InputError
from rightful.rights.expression import NothingStated, Unreadable, parse, render
from rightful.signals.signal import About
from rightful.signals.web import html
from rightful.signals.web.stated import RESERVE, Reading
from tests.unit.signals.web.pages import BY4, NC4, OF_OTHERS, OF_THE_PAGE, RESERVED, SILENT, UNREADABLE, URL, Case

NAMES = load(None).names
SIGNALS = signals_of()


def read(page: str | bytes, url: str = URL) -> Reading:
    return html.read(page if isinstance(page, bytes) else page.encode(), url, SIGNALS, NAMES)


def meant(raw: str) -> str:
    try:
        return render(parse(raw, NAMES))
    except (Unreadable, NothingStated):
        return "?"


def licences(reading: Reading) -> tuple[tuple[str, int], ...]:
    return tuple(sorted({(meant(one.raw), one.tier) for one in reading.licenses}))


def reserved(reading: Reading) -> frozenset[str]:
    return frozenset(act for one in reading.statements if one.status == RESERVE for act in one.acts)


ALL = (*OF_THE_PAGE, *OF_OTHERS, *SILENT, *RESERVED, *UNREADABLE)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_page_says_what_the_table_has(case: Case) -> None:
    reading = read(case.html)
    says = bool(case.licences or case.reserved)
    expected = case.result or ("found" if says else "absent")
    assert (licences(reading), reserved(reading), reading.result) == (
        tuple(sorted(case.licences)),
        case.reserved,
        expected,
    ), reading


def test_table_has_both_directions() -> None:
    assert len(ALL) >= 60
    assert len({case.id for case in ALL}) == len(ALL)


def test_page_with_several_licences_says_so() -> None:
    one, other = read(f'<a rel=license href="{BY4}">x</a><a rel=license href="{NC4}">y</a>').licenses
    assert one.why == other.why != ""
    assert (one.tier, other.tier) == (4, 4)


def test_one_licence_stated_twice_is_one() -> None:
    page = f'<link rel=license href="{BY4}"><a rel=license href="{BY4}deed.de">x</a>'
    assert [one.why for one in read(page).licenses] == ["", ""]


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-8-sig", "shift_jis"]
)
def test_page_of_any_encoding_is_read(encoding: str) -> None:
    page = f'<html><head><meta name="robots" content="noai"><link rel="license" href="{BY4}"></head>'
    reading = read(page.encode(encoding))
    assert reserved(reading) == {"train", "synth.derive"}
    assert licences(reading) == (("CC-BY-4.0", 4),)


def test_wrong_charset_hides_nothing() -> None:
    raw = b'<meta charset="utf-16"><p>caf\xe9<footer>\xa9 2026 Reed. All rights reserved.</footer>'
    assert licences(read(raw)) == (("LicenseRef-All-Rights-Reserved", 4),)
    assert licences(read(raw.replace(b"utf-16", b"no-such-charset"))) == (("LicenseRef-All-Rights-Reserved", 4),)


def test_zero_bytes_hide_nothing() -> None:
    assert reserved(read(b"<meta name=robots content=no\0ai>")) == {"train", "synth.derive"}


@pytest.mark.parametrize(
    "raw",
    [b"%PDF-1.7 rights", b"\x89PNG\r\n rights", bytes(range(256)) * 40, b"\0" * 5_000],
    ids=["document", "picture", "every byte", "zeros"],
)
def test_what_is_no_text_is_unreadable(raw: bytes) -> None:
    assert read(raw).result == "unreadable"


def test_letters_written_as_numbers_are_letters() -> None:
    assert reserved(read("<meta name=robots content='n&#111;ai'>")) == {"train", "synth.derive"}
    assert licences(
        read("<a rel='&#108;icen&#115;e' href='https://creativecommons&#46;org/&#108;icenses/by/4.0/'>x</a>")
    ) == (("CC-BY-4.0", 4),)


@pytest.mark.parametrize("tag", ["div", "b", "table", "ul", "span", "svg", "figure"])
def test_page_nested_deep_is_read(tag: str) -> None:
    reading = read(f"<{tag}>" * 20_000 + f'<a rel=license href="{BY4}">x</a><meta name=robots content=noai>')
    assert reserved(reading) == {"train", "synth.derive"}
    assert [expression for expression, _ in licences(reading)] == ["CC-BY-4.0"]


def test_structured_data_nested_deep_or_huge_blocks() -> None:
    deep = '{"license":' + "[" * 100_000 + "]" * 100_000 + "}"
    huge = '{"license":"' + "x" * 10_000_000 + '"}'
    for text in (deep, huge):
        reading = read(f'<script type="application/ld+json">{text}</script>')
        assert reading.result == "unreadable"
        assert licences(reading) == (("?", 4),)


def test_huge_page_says_that_its_rest_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_BYTES", 1 << 18)
    filler = b"<p>Dunes move.</p>\n" * 20_000
    assert read(filler).result == "absent"
    reading = read(filler + b"<footer>All rights reserved</footer>")
    assert reading.result == "unreadable"
    assert ("?", 4) in licences(reading)


def test_thousands_of_licences_are_bounded_and_block() -> None:
    page = "".join(f'<a rel=license href="/l/{n}">{n}</a>' for n in range(5_000))
    reading = read(page)
    assert reading.result == "unreadable"
    assert len(reading.licenses) <= 1_001
    assert any("more than" in one for one in reading.unread)


def test_first_of_two_equal_attributes_counts() -> None:
    assert licences(read(f'<a rel=license href="{NC4}" href="{BY4}">x</a>')) == (("CC-BY-NC-4.0", 4),)


def test_address_that_is_not_known_takes_what_is_said_for_said_of_the_page() -> None:
    page = f'<script type="application/ld+json">{{"@type":"Article","url":"https://x.example/","license":"{BY4}"}}</script>'
    assert licences(read(page.encode(), "")) == (("CC-BY-4.0", 4),)
    assert licences(read(page.encode(), "https://y.example/")) == (("CC-BY-4.0", 6),)


def test_canonical_address_is_the_page() -> None:
    data = f'<script type="application/ld+json">{{"@type":"Article","url":"https://example.org/c","license":"{BY4}"}}</script>'
    assert licences(read(f'<link rel=canonical href="/c">{data}')) == (("CC-BY-4.0", 4),)


def test_page_of_a_crawl_gives_its_claims_and_what_came_of_looking() -> None:
    about, at = About(NAMES), datetime(2026, 11, 30, tzinfo=UTC)
    page = f'<meta name=robots content=noai><link rel=license href="{BY4}">'.encode()
    claims, readings = html.of_page([("tdm-reservation", "1")], page, URL, at, about, SIGNALS)
    assert {(c.statement, c.basis, c.tier, c.expression) for c in claims} == {
        ("reserve", "headers", 4, ""),
        ("reserve", "html", 4, ""),
        ("license", "", 4, "CC-BY-4.0"),
    }
    assert all(c.observation is not None and c.observation.raw for c in claims)
    assert {p: r.result for p, r in readings.items()} == {"headers": "found", "html": "found"}
    claims, readings = html.of_page([], None, URL, at, about, SIGNALS)
    assert not claims
    assert {p: r.result for p, r in readings.items()} == {"headers": "absent"}


def test_page_without_words_of_rights_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "parsed", lambda text: pytest.fail("parsed"))
    assert read("<html><body><p>Dunes move.</p><footer>Imprint</footer></body></html>") == Reading()


def test_missing_extra_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resiliparse.parse.html", None)
    with pytest.raises(InputError, match="resiliparse") as raised:
        read("<p>rights")
    assert "rightful[web]" in str(raised.value.hint)


@given(st.text(alphabet="<>/\"'= abcdefilnorst{}[]:,-!&#;©", max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert read(f"<p>rights{text}").result in ("absent", "found", "unreadable")


@pytest.mark.parametrize(
    "page",
    [
        f"<head><meta data-x='{'x' * 3_000}' name=robots content=noai></head><p>Text",
        '<head><meta data-x=">" name=robots content="noai"></head><p>Text',
        '<head><meta data-x="it\'s > than that" name="robots" content="noai"></head><p>Text',
    ],
)
def test_order_behind_a_long_attribute_or_a_mark_in_quotes_is_read(page: str) -> None:
    assert reserved(read(page)) == {"train", "synth.derive"}


def test_tags_without_end_are_looked_through_at_once() -> None:
    started = time.perf_counter()
    for page in ("<meta " * 300_000, "<meta \"'" * 300_000, "<meta " + "a" * 2_000_000, "<meta '" * 300_000):
        read(page)
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("tag", ['<meta name="tdm-reservation" value="1">', '<meta name="tdm-reservation" content="">'])
def test_reservation_without_a_value_is_no_absence(tag: str) -> None:
    assert read(tag).result == "unreadable"


def test_foot_that_is_cut_says_so() -> None:
    long = "".join(f"<span>Branch {n} of many </span>" for n in range(1_500))
    reading = read(f"<footer>{long}<span>Text and data mining is prohibited.</span></footer>")
    assert reading.result == "unreadable"


def test_licence_of_structured_data_may_have_its_letters_written_as_numbers() -> None:
    script = '<script type="application/ld+json">{"@type": "WebPage", "\\u006cicense": "%s"}</script>'
    assert licences(read(script % NC4)) == (("CC-BY-NC-4.0", 4),)


@pytest.mark.parametrize(
    "foot",
    [
        "<footer><p>&copy; 2026 Reed. No text and data mining.</p></footer>",
        "<footer><p>&copy; 2026 Reed. No <i>text</i> and data min<b>ing</b>.</p></footer>",
        "<footer><p>&copy; 2026 Reed. No text and data min&shy;ing.</p></footer>",
        "<footer><p>Reed. Fouille de textes et de donn&eacute;es interdite.</p></footer>",
        "<footer><p>Reed. Not for m&#97;chine learning.</p></footer>",
        "<p>(c) 2026 Reed. Do not train AI models with this text.</p>",
        "<p>(C)<b>2026</b> Reed. No data mining.</p>",
        "<p>(c) Reed Press. Not to be used for machine learning.</p>",
        "<p>Copyright 2026 Reed. Do not use for training language models.</p>",
    ],
)
def test_words_that_reserve_are_not_passed_over_before_a_page_is_parsed(
    foot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"<html><body><script>a(c);b.text=data(c)</script><article>{'<p>A day by the sea.' * 200}</article>{foot}</body></html>"
    reading = read(page)
    assert reading.result == "found"
    assert reserved(reading)
    monkeypatch.setattr("rightful.signals.web.html.may_state", lambda raw, names: True)
    assert read(page) == reading


def test_page_with_scripts_and_a_notice_of_its_holder_is_not_parsed() -> None:
    scripts = '<script type="text/javascript">window.dataLayer=f(c)&&g(c);learning=model(c)</script>'
    page = f"<html><body>{scripts}<p>A day by the sea.</p>{scripts}<footer>&copy; 2026 Reed</footer>{scripts}</body></html>"
    assert not html.may_state(page.encode(), NAMES)
    assert read(page).result == "absent"
