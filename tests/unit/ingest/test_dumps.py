"""Dumps from the file to the decision: the licence by date and site, the agreement of a dump as a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from tests.unit.readers.formats.test_mediawiki import HEAD, TAIL, page, revision

POSTS = """<?xml version="1.0" encoding="utf-8"?>
<posts>
  <row Id="1" PostTypeId="1" CreationDate="2012-03-01T10:00:00.000" Title="When?"
    Body="&lt;p&gt;When does the water come back?&lt;/p&gt;" />
  <row Id="2" PostTypeId="2" CreationDate="{day}T10:00:00.000" ContentLicense="CC BY-SA 4.0"
    Body="&lt;p&gt;In six hours and a little more.&lt;/p&gt;" />
</posts>
"""


def taken_in(tmp_path: Path, name: str, content: str, card: str = "") -> tuple[Store, Path]:
    path = tmp_path / "corpus" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    (tmp_path / "corpus" / "source.toml").write_text('name = "corpus"\npersonal_data = "no"\n' + card)
    (tmp_path / "recipe.toml").write_text("stages = []\n")
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "corpus"], recipe=tmp_path / "recipe.toml")
    return store, path


def licenses(store: Store) -> dict[str, Any]:
    rows = store.sql("SELECT source_record_id AS id, license_declared AS license FROM records")
    return {row["id"]: row["license"] for row in rows}


def permitted(store: Store) -> int:
    return int(store.query(use="train.pretrain", accept="all", dedup="none")["permitted"]["records"])


def test_page_is_under_the_licence_of_its_day_and_a_newer_dump_supersedes_it(tmp_path: Path) -> None:
    old = HEAD + page(7, "Ebbe", revision(1, "The water goes.", day="2023-06-06")) + TAIL
    store, path = taken_in(tmp_path, "dump.xml", old)
    assert licenses(store) == {"7": "CC-BY-SA-3.0 OR GFDL-1.3-no-invariants-or-later"}
    path.write_text(HEAD + page(7, "Ebbe", revision(2, "The water comes.", day="2023-06-07")) + TAIL, encoding="utf-8")
    answer = store.ingest([path.parent], recipe=tmp_path / "recipe.toml")
    assert (answer["added"], answer["superseded"]) == (1, 1)
    assert licenses(store) == {"7": "CC-BY-SA-4.0 OR GFDL-1.3-no-invariants-or-later"}
    assert permitted(store) == 1


@pytest.mark.parametrize(
    ("base", "card", "license", "count"),
    [
        ("https://wiki.example/wiki/Home", "", None, 0),
        ("https://wiki.example/wiki/Home", 'license = "CC0-1.0"\ncovers = "contents"\n', "CC0-1.0", 1),
        ("https://de.wikisource.org/wiki/Home", 'license = "CC0-1.0"\ncovers = "contents"\n', None, 0),
        (
            "https://de.wikisource.org/wiki/Home",
            '[licenses]\n"https://de.wikisource.org/wiki/Home" = "CC0-1.0"\n',
            "CC0-1.0",
            1,
        ),
        ("https://de.wikivoyage.org/wiki/Home", "", "CC-BY-SA-3.0", 1),
    ],
)
def test_site_decides_what_a_dump_without_a_licence_is_under(
    tmp_path: Path, base: str, card: str, license: str | None, count: int
) -> None:
    dump = HEAD.replace("https://nds.wikipedia.org/wiki/H%C3%B6%C3%B6ftsiet", base)
    store, _ = taken_in(tmp_path, "dump.xml", dump + page(7, "Ebbe", revision(1, "The water goes.")) + TAIL, card)
    assert licenses(store)["7"] == license
    assert permitted(store) == count


def test_withdrawal_by_the_address_of_a_revision_reaches_its_page(tmp_path: Path) -> None:
    store, _ = taken_in(tmp_path, "dump.xml", HEAD + page(7, "Ebbe", revision(9, "The water goes.")) + TAIL)
    assert permitted(store) == 1
    store.consent.withdraw(url="https://nds.wikipedia.org/wiki/Ebbe?oldid=9")
    assert permitted(store) == 0


def test_dump_of_before_the_agreement_is_what_its_posts_are(tmp_path: Path) -> None:
    store, _ = taken_in(tmp_path, "tides.stackexchange.com/Posts.xml", POSTS.format(day="2024-03-01"))
    assert licenses(store) == {"1": "CC-BY-SA-3.0", "2": "CC-BY-SA-4.0"}
    assert permitted(store) == 2


def test_dump_of_after_the_agreement_trains_nothing_whatever_its_posts_permit(tmp_path: Path) -> None:
    store, _ = taken_in(tmp_path, "tides.stackexchange.com/Posts.xml", POSTS.format(day="2024-08-01"))
    assert licenses(store) == {"1": "CC-BY-SA-3.0", "2": "CC-BY-SA-4.0"}, "the agreement is no licence of a post"
    assert permitted(store) == 0
    layers = store.sql("SELECT DISTINCT layer, expression FROM evidence WHERE layer <> ''")
    assert layers == [{"layer": "Stack Exchange data dump", "expression": "LicenseRef-StackExchange-Dump"}]


def test_agreement_that_the_dates_do_not_prove_is_what_the_card_says(tmp_path: Path) -> None:
    card = '[[derived_from]]\nname = "Stack Exchange data dump"\nlicense = "LicenseRef-StackExchange-Dump"\n'
    store, _ = taken_in(tmp_path, "tides.stackexchange.com/Posts.xml", POSTS.format(day="2024-03-01"), card)
    assert permitted(store) == 0


@pytest.mark.parametrize("value", ["null", "N/A", "-", "NOASSERTION", " "])
def test_post_whose_licence_is_written_as_nothing_has_that_of_its_site(tmp_path: Path, value: str) -> None:
    posts = POSTS.format(day="2014-03-01").replace("CC BY-SA 4.0", value)
    card = 'license = "CC0-1.0"\ncovers = "contents"\n'
    store, _ = taken_in(tmp_path, "beer.stackexchange.com/Posts.xml", posts, card)
    assert licenses(store)["2"] == "CC-BY-SA-3.0"


@pytest.mark.parametrize(
    "date",
    [
        'LastEditDate="2024-08-01 10:00:00"',
        'LastEditDate="2024-08-01"',
        "LastEditDate='2024-08-01T10:00:00'",
        'LastEditDate  =  "&#50;024-08-01T10:00:00.000"',
        'LastEditDate="1/8/2024"',
        'LastEditDate="1722470400"',
    ],
)
def test_date_in_another_form_hides_no_agreement(tmp_path: Path, date: str) -> None:
    posts = POSTS.format(day="2014-03-01").replace("ContentLicense", f"{date} ContentLicense")
    store, _ = taken_in(tmp_path, "beer.stackexchange.com/Posts.xml", posts)
    assert permitted(store) == 0


def test_words_in_a_post_that_look_like_a_date_are_none(tmp_path: Path) -> None:
    words = (
        "WHERE CreationDate = '##Date##' AND EndDate = &quot;tomorrow&quot; AND LastEditDate=&quot;2031-01-01T&quot;"
    )
    posts = POSTS.format(day="2014-03-01").replace("In six hours and a little more.", words)
    store, _ = taken_in(tmp_path, "beer.stackexchange.com/Posts.xml", posts)
    assert permitted(store) == 2


def test_dump_that_names_two_wikis_is_damage(tmp_path: Path) -> None:
    other = "<siteinfo><base>https://other.example/wiki/Main</base></siteinfo>"
    for n, twice in enumerate((HEAD + other, HEAD.replace("</siteinfo>", other[10:]))):
        store, path = taken_in(tmp_path / str(n), "dump.xml", twice + page(7, "Ebbe", revision(1, "Water.")) + TAIL)
        assert store.sql("SELECT count(*) AS n FROM records") == [{"n": 0}]
        [error] = store.ingest([path.parent], recipe=tmp_path / str(n) / "recipe.toml")["errors"]
        assert "names its wiki twice" in error["reason"]
