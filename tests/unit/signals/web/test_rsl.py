"""RSL: contents by address, offers, payment, users, countries; and XML that means harm."""

import pytest

from rightful.catalog.signals import signals_of
from rightful.signals.web import rsl
from rightful.signals.web.stated import as_json, strictest

HEAD = '<rsl xmlns="https://rslstandard.org/rsl">'


def document(*offers, url="/", more=""):
    inner = "".join(f"<license>{offer}</license>" for offer in offers)
    return f'{HEAD}<content url="{url}"{more}>{inner}</content></rsl>'.encode()


def read(raw, url="https://h.example/news/a"):
    return rsl.read(raw, signals_of(), url=url)


def status(reading, act, purpose="commercial"):
    held = [s for s in reading.statements if not s.purposes or purpose in s.purposes]
    return next((one.status for named, one in strictest(held).items() if act == named), None)


def test_permits_reserves_nothing_and_leaves_open_what_it_does_not_name():
    reading = read(document('<permits type="usage">search ai-index</permits>'))
    assert {a: status(reading, a) for a in ("index.search", "index.retrieval", "train", "infer.ground")} == {
        "index.search": "allow",
        "index.retrieval": "allow",
        "train": "unknown",
        "infer.ground": "unknown",
    }


def test_what_any_offer_prohibits_is_reserved():
    reading = read(document("<permits>ai-all</permits>", "<prohibits>ai-train</prohibits>"))
    assert status(reading, "train") == "reserve"


@pytest.mark.parametrize(
    ("kind", "owed"),
    [
        ("free", None),
        ("attribution", {"attribution.record"}),
        ("subscription", {"payment"}),
        ("inference", {"payment"}),
        ("crawl", {"payment"}),
        ("", {"payment"}),
        ("something-new", {"payment"}),
    ],
)
def test_payment_is_a_condition(kind, owed):
    reading = read(document(f'<permits>ai-train</permits><payment type="{kind}"/>'))
    assert status(reading, "train") == ("allow" if owed is None else "unknown")
    of_training = [s for s in reading.statements if s.acts == {"train"}]
    assert of_training[0].obligations == (owed or set())


def test_server_asks_for_registration_even_where_it_is_free():
    raw = document('<permits>all</permits><payment type="free"/>', more=' server="https://lic.example"')
    [stated] = [s for s in read(raw).statements if s.acts == {"train"}]
    assert (stated.status, stated.obligations) == ("unknown", {"registration"})


def test_users_limit_what_is_permitted():
    reading = read(document('<permits>all</permits><permits type="user">non-commercial</permits>'))
    assert [status(reading, "train", p) for p in ("commercial", "noncommercial", "research")] == [
        "unknown",
        "allow",
        "unknown",
    ]
    reading = read(document('<permits>all</permits><prohibits type="user">commercial</prohibits>'))
    assert [status(reading, "train", p) for p in ("commercial", "noncommercial")] == ["reserve", "allow"]


def test_countries_bound_what_is_prohibited_and_leave_open_what_is_permitted():
    reading = read(document('<permits>all</permits><prohibits type="geo">DE FR</prohibits>'))
    reserved = [s for s in reading.statements if s.status == "reserve"]
    assert {s.jurisdictions for s in reserved} == {frozenset({"DE", "FR"})}
    assert status(read(document('<permits>all</permits><permits type="geo">US</permits>')), "train") == "unknown"


@pytest.mark.parametrize(
    ("url", "page", "speaks"),
    [
        ("/news/*", "https://h.example/news/a", True),
        ("/news/", "https://h.example/sport/a", False),
        ("https://h.example/news/", "https://h.example/news/a", True),
        ("https://other.example/news/", "https://h.example/news/a", False),
        ("*.pdf$", "https://h.example/a/b.pdf", True),
        ("", "https://h.example/a", True),
    ],
)
def test_content_speaks_of_the_pages_that_its_address_matches(url, page, speaks):
    reading = read(document("<prohibits>all</prohibits>", url=url), page)
    assert (reading.result, bool(reading.statements)) == (("found", True) if speaks else ("absent", False))


def test_word_that_is_not_known_and_prohibited_is_unreadable_and_blocks_nothing():
    reading = read(document("<permits>all</permits><prohibits>ai-dream</prohibits>"))
    assert reading.result == "unreadable"
    assert reading.unread == ("prohibits usage: ai-dream",)
    assert status(reading, "train") == "allow"


def test_licence_that_names_nothing_permits_nothing():
    assert status(read(document("<legal type='warranty'>x</legal>")), "train") == "unknown"
    assert status(read(f'{HEAD}<content url="/"/></rsl>'.encode()), "train") == "unknown"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no xml",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><rsl>&x;</rsl>',
        b'<!DOCTYPE rsl SYSTEM "file:///etc/passwd"><rsl/>',
        b"<a>" * 10_000,
        HEAD.encode() + b"<x>" * 10_000,
        b"<rss><channel/></rss>",
        document("<permits>ai-train</permits>")[:-9],
        b'<?xml version="1.0" encoding="no-such"?><rsl/>',
        document(*["<permits>all</permits>"] * 10_001),
        document(f"<permits>{'all ' * 5_000}</permits>"),
    ],
)
def test_document_that_is_not_read_leaves_open_all_that_it_could_reserve(raw):
    reading = read(raw)
    assert reading.result == "unreadable"
    assert {one["status"] for one in as_json(reading.statements)} == {"unknown"}
    assert status(reading, "train") == "unknown"


def test_prefix_and_a_licence_within_a_feed_are_read():
    raw = (
        b'<rss xmlns:r="https://rslstandard.org/rsl"><channel><item><r:content url="/"><r:license>'
        b"<r:prohibits>ai-train</r:prohibits></r:license></r:content></item></channel></rss>"
    )
    assert status(read(raw), "train") == "reserve"


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-7", "nonsense"])
def test_document_in_an_encoding_that_is_not_known_is_unreadable(encoding):
    raw = f'<?xml version="1.0" encoding="{encoding}"?><rsl xmlns="https://rslstandard.org/rsl"/>'.encode()
    reading = rsl.read(raw, signals_of())
    assert (reading.result, {s.status for s in reading.statements}) == ("unreadable", {"unknown"})


def test_where_no_page_is_named_all_that_is_stated_anywhere_counts():
    raw = b"""<rsl xmlns="https://rslstandard.org/rsl"><content url="/a/"><license>
        <prohibits type="usage">ai-train</prohibits></license></content></rsl>"""
    assert rsl.read(raw, signals_of(), url="/b").result == "absent"
    assert "reserve" in {s.status for s in rsl.read(raw, signals_of(), url="").statements}


def test_document_of_50_megabytes_is_not_read_at_length():
    raw = b'<rsl xmlns="https://rslstandard.org/rsl">' + b'<content url="/a"/>' * (50 << 20 >> 4) + b"</rsl>"
    assert rsl.read(raw, signals_of()).unread == ("is larger than 16 MiB",)
