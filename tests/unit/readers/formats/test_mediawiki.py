from __future__ import annotations

import bz2
import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from rightful import catalog
from rightful.readers import Damage, Fields, FoundFile, Item, ReadOptions, Skipped
from rightful.readers.dumps.wiki import DEFAULT, Wiki
from rightful.readers.formats import mediawiki
from rightful.readers.formats.mediawiki import Site, site_of
from rightful.readers.limits import DEFAULT as LIMITS
from rightful.readers.limits import Limits
from rightful.readers.read import read
from rightful.readers.tree import discover
from rightful.rights.columns import Look
from tests.unit.readers.reading import PACKERS, found

NAMES = catalog.load().names
LOOK = Look(NAMES.columns, imported=NAMES.sites.imported)
HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="nds">
  <siteinfo>
    <sitename>Wattpedia</sitename>
    <base>https://nds.wikipedia.org/wiki/H%C3%B6%C3%B6ftsiet</base>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">Bild</namespace>
      <namespace key="14" case="first-letter">Kategorie</namespace>
    </namespaces>
  </siteinfo>
"""
TAIL = "</mediawiki>\n"


def revision(
    number: int, text: str, *, day: str = "2020-01-01", who: str = "<username>Imke</username>", more: str = ""
) -> str:
    body = text if text.startswith("<text") else f'<text xml:space="preserve">{text}</text>'
    return (
        f"    <revision>\n      <id>{number}</id>\n      <timestamp>{day}T10:00:00Z</timestamp>\n"
        f"      <contributor>{who}</contributor>\n      {more}{body}\n    </revision>\n"
    )


def page(id: int, title: str, *revisions: str, ns: int = 0, more: str = "") -> str:
    return (
        f"  <page>\n    <title>{title}</title>\n    <ns>{ns}</ns>\n    <id>{id}</id>\n{more}"
        + "".join(revisions)
        + "  </page>\n"
    )


class Outcome:
    def __init__(self, path: Path, wiki: Wiki, limits: Limits) -> None:
        self.rows: list[dict[str, Any]] = []
        self.faults: list[tuple[str | None, str]] = []
        self.skipped: dict[str, int] = {}
        self.lines = 0
        file = found(path, "mediawiki")
        for one in read(Item("mediawiki", (file,)), ReadOptions(look=LOOK, limits=limits, wiki=wiki)):
            if isinstance(one, Damage):
                self.faults.append((one.position, one.reason))
            elif isinstance(one, Skipped):
                self.skipped[one.reason] = self.skipped.get(one.reason, 0) + one.records
            elif hasattr(one, "to_pylist"):
                self.rows += one.to_pylist()

    @property
    def texts(self) -> dict[str, str]:
        return {row["title"]: row["text"] for row in self.rows}


def outcome(tmp_path: Path, content: str | bytes, wiki: Wiki = DEFAULT, limits: Limits = LIMITS) -> Outcome:
    path = tmp_path / "dump.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Outcome(path, wiki, limits)


def test_page_has_its_newest_revision_with_address_date_language_and_those_to_credit(tmp_path: Path) -> None:
    old, new = revision(5, "Old", day="2019-01-01"), revision(9, "'''Tieden''' &amp;amp; [[Watt|Watten]]")
    got = outcome(tmp_path, HEAD + page(7, "Ebbe &amp; Floot?", new, old) + TAIL)
    (row,) = got.rows
    assert row["text"] == "Tieden & Watten"
    assert (row["source_record_id"], row["title"], row["language_stated"]) == ("7", "Ebbe & Floot?", "nds")
    assert row["url"] == "https://nds.wikipedia.org/wiki/Ebbe_%26_Floot%3F"
    assert row["urls"] == [row["url"], row["url"] + "?oldid=9"]
    assert row["published_at"].isoformat() == "2020-01-01T10:00:00+00:00"
    assert row["authors"] == ["Wattpedia contributors", "Imke"]
    assert row["media_type"] == "text/x-wiki"
    assert row["statements"] == '[["siteinfo","site","https://nds.wikipedia.org/wiki/H%C3%B6%C3%B6ftsiet"]]'
    assert (got.skipped, got.faults) == ({"an older revision": 1}, [])


def test_all_revisions_are_records_with_ids_of_their_own_where_the_recipe_says_so(tmp_path: Path) -> None:
    dump = HEAD + page(7, "Ebbe", revision(5, "Old"), revision(9, "New")) + TAIL
    rows = outcome(tmp_path, dump, Wiki(revisions="all")).rows
    assert [(row["source_record_id"], row["text"]) for row in rows] == [("7/5", "Old"), ("7/9", "New")]


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (page(1, "A", revision(1, "x"), more='    <redirect title="B" />\n'), "a redirect"),
        (page(1, "A", revision(1, "#REDIRECT [[B]]")), "a redirect"),
        (
            page(1, "Diskussion:A", revision(1, "x"), ns=1),
            "a page of namespace 1, which is not among those that are read",
        ),
        (page(1, "A", revision(1, '<text deleted="deleted" />')), "a revision whose text was deleted"),
        (page(1, "A", revision(1, "")), "an empty page"),
        (
            page(1, "A", revision(1, '<text bytes="52" id="3" />')),
            "a page whose text is not in the dump (a dump of stubs)",
        ),
        (page(1, "A"), "a page without a revision"),
        (page(1, "A", revision(1, "{{Navigatschoon}}")), "a page without text beside its markup"),
        (
            page(1, "A", revision(1, "{}", more="<model>json</model><format>application/json</format>")),
            "a page of the model json (application/json), not wikitext",
        ),
    ],
)
def test_page_without_text_of_its_own_is_skipped_with_the_reason(tmp_path: Path, inner: str, reason: str) -> None:
    got = outcome(tmp_path, HEAD + inner + page(2, "B", revision(2, "Tied")) + TAIL)
    assert (got.skipped, got.faults, got.texts) == ({reason: 1}, [], {"B": "Tied"})


def test_namespaces_are_read_where_the_recipe_names_them(tmp_path: Path) -> None:
    dump = HEAD + page(1, "Hülp:A", revision(1, "x"), ns=12) + page(2, "B", revision(2, "Tied")) + TAIL
    assert outcome(tmp_path, dump, Wiki(namespaces=(0, 12))).texts == {"Hülp:A": "x", "B": "Tied"}


@pytest.mark.parametrize("who", ["<ip>192.0.2.7</ip>", "<username>~2025-1234-5</username>"])
def test_contributor_without_a_name_is_not_named(tmp_path: Path, who: str) -> None:
    (row,) = outcome(tmp_path, HEAD + page(1, "A", revision(1, "x", who=who)) + TAIL).rows
    assert row["authors"] == ["Wattpedia contributors"]


def test_links_to_files_and_categories_are_left_out_under_the_names_that_the_wiki_has(tmp_path: Path) -> None:
    text = "Tied [[Bild:Watt.png|thumb|Dat [[Watt]]]] [[kategorie:See]]"
    assert outcome(tmp_path, HEAD + page(1, "A", revision(1, text)) + TAIL).texts == {"A": "Tied"}


def test_page_that_says_that_text_was_imported_states_it(tmp_path: Path) -> None:
    dump = HEAD + page(1, "A", revision(1, "x {{CC-notice|cc=bysa3}}")) + page(2, "B", revision(2, "y")) + TAIL
    first, second = outcome(tmp_path, dump).rows
    assert '"imported"' in first["statements"]
    assert '"imported"' not in second["statements"]


BAD = {
    "not UTF-8": page(1, "A", revision(1, "x")).encode().replace(b">x<", b">\xff<"),
    "not well-formed XML: mismatched tag": page(1, "A", revision(1, "x").replace("</timestamp>", "</time>")).encode(),
    "not well-formed XML: undefined entity": page(1, "A", revision(1, "&bomb;")).encode(),
    "more than 64 elements lie in each other": page(1, "A", revision(1, "x", more="<a>" * 100 + "</a>" * 100)).encode(),
    "a page without a title": page(1, "", revision(1, "x")).encode(),
    "the page 'A' does not end (no </page>)": page(1, "A", revision(1, "x")).encode().replace(b"  </page>", b""),
    "a revision of the page 'A' that does not end": page(1, "A", revision(1, "x"))
    .encode()
    .replace(b"</revision>", b""),
}


@pytest.mark.parametrize("reason", BAD)
def test_damaged_page_is_named_with_its_line_and_costs_no_other(tmp_path: Path, reason: str) -> None:
    around = page(2, "B", revision(2, "Tied")).encode(), page(3, "C", revision(3, "Floot")).encode()
    got = outcome(tmp_path, HEAD.encode() + around[0] + BAD[reason] + around[1] + TAIL.encode())
    ((position, fault),) = got.faults
    assert reason in fault
    assert position is not None
    number = int(position.removeprefix("line "))
    assert 22 <= number <= 33, "the damaged page stands there"
    assert [row["title"] for row in got.rows] == ["B", "C"]


@pytest.mark.parametrize("pack", ["", ".gz", ".bz2", ".zst"])
@pytest.mark.parametrize("cut", [0, 8, 20, 60, 200, 500])
def test_dump_that_is_cut_is_read_up_to_there_and_says_so(tmp_path: Path, cut: int, pack: str) -> None:
    first = (HEAD + page(1, "A", revision(1, "x"))).encode()
    whole, cut = first + (page(2, "B", revision(2, "y" * 300)) + TAIL).encode(), len(first) + cut
    path = tmp_path / f"dump.xml{pack}"
    path.write_bytes(PACKERS[pack](whole[:cut]) if pack else whole[:cut])
    got = Outcome(path, Wiki(), Limits())
    assert [row["title"] for row in got.rows] == ["A"]
    ((position, reason),) = got.faults
    assert position is not None
    assert "ends" in reason
    assert "fetch the file again" in reason


def test_multistream_dump_is_read_whole(tmp_path: Path) -> None:
    parts = [HEAD, page(1, "A", revision(1, "x")), page(2, "B", revision(2, "y")), TAIL]
    (tmp_path / "d.xml.bz2").write_bytes(b"".join(bz2.compress(part.encode()) for part in parts))
    got = Outcome(tmp_path / "d.xml.bz2", Wiki(), Limits())
    assert (got.texts, got.faults) == ({"A": "x", "B": "y"}, [])


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE mediawiki [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE mediawiki SYSTEM "http://localhost/x.dtd">',
        '<!DOCTYPE mediawiki [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_document_type_is_refused_and_nothing_is_fetched(tmp_path: Path, declared: str) -> None:
    got = outcome(tmp_path, declared + HEAD + page(1, "A", revision(1, "&b;&x;")) + TAIL)
    ((position, reason),) = got.faults
    assert (position, got.rows) == ("line 1", [])
    assert "<!DOCTYPE" in reason


def test_what_is_no_dump_is_named(tmp_path: Path) -> None:
    assert "its first element is not <mediawiki>" in outcome(tmp_path, "<feed><a/></feed>").faults[0][1]
    assert "there is nothing in it" in outcome(tmp_path, "").faults[0][1]


def test_page_above_the_limit_is_named_and_costs_no_other(tmp_path: Path) -> None:
    dump = HEAD + page(1, "A", revision(1, "x" * 5_000)) + page(2, "B", revision(2, "y")) + TAIL
    got = outcome(tmp_path, dump, limits=Limits(value_bytes=2_000))
    assert got.texts == {"B": "y"}
    assert "limit value_bytes" in got.faults[0][1]


def test_page_within_a_comment_is_none(tmp_path: Path) -> None:
    dump = HEAD + "<!-- " + page(1, "A", revision(1, "x")) + " -->" + page(2, "B", revision(2, "y")) + TAIL
    got = outcome(tmp_path, dump)
    assert (got.texts, got.faults) == ({"B": "y"}, [])


def test_what_stands_between_pages_is_named(tmp_path: Path) -> None:
    first, second = page(1, "A", revision(1, "x")), page(2, "B", revision(2, "y"))
    got = outcome(tmp_path, HEAD + first + "stray" + second + "<logitem/>" + TAIL)
    assert len(got.rows) == 2
    assert [reason for _, reason in got.faults] == [
        "8 bytes between pages that are no page",
        "24 bytes between pages that are no page",
    ]


def test_dump_is_recognised_by_its_root_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('<?xml version="1.0"?>\n<!-- made by hand -->\n' + HEAD + TAIL)
    (tmp_path / "b").write_bytes(bz2.compress((HEAD + TAIL).encode()))
    (tmp_path / "c.xml").write_text("<mediawikis/>")
    (tmp_path / "d.md").write_text("About <mediawiki> dumps.")
    listed = {file.name: file.format for file in discover(tmp_path).files}
    assert listed["a.txt"] == listed["b"] == "mediawiki"
    assert "mediawiki" not in (listed.get("c.xml"), listed["d.md"])


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://en.wikipedia.org/wiki/Main_Page", "https://en.wikipedia.org/wiki/A_b/c"),
        ("http://wiki.example/index.php?title=Home", "http://wiki.example/index.php?title=A_b/c"),
        ("http://wiki.example/index.php/Home", "http://wiki.example/index.php/A_b/c"),
        ("Main_Page", None),
        (None, None),
    ],
)
def test_address_of_a_page_is_made_from_that_of_the_main_page(base: str | None, address: str | None) -> None:
    assert Site(base=base).address("A b/c") == address


def test_divide_never_cuts(tmp_path: Path) -> None:
    file = FoundFile(tmp_path / "x", "x", 10**12, 0, "mediawiki")
    assert mediawiki.divide(file, 1) == ((0, None),)


def test_revision_and_contributor_are_kept_where_the_recipe_says_so_and_nobody_without_a_name(tmp_path: Path) -> None:
    more = "<parentid>3</parentid>"
    named, unnamed = revision(5, "x", more=more), revision(6, "y", who="<ip>192.0.2.7</ip>")
    path = tmp_path / "d.xml"
    path.write_text(HEAD + page(1, "A", named) + page(2, "B", unnamed) + TAIL, encoding="utf-8")
    item, fields = Item("mediawiki", (found(path, "mediawiki"),)), Fields(keep=("all",))
    batches = [one for one in read(item, ReadOptions(fields, LOOK)) if isinstance(one, pa.RecordBatch)]
    kept = [json.loads(row["kept"]) for batch in batches for row in batch.to_pylist()]
    assert kept == [
        {"page": "1", "revision": 5, "parent": "3", "contributor": "Imke"},
        {"page": "2", "revision": 6},
    ]


def test_hostile_namespace_is_looked_through_in_linear_time() -> None:
    hostile = HEAD.replace("<namespaces>", '<namespaces><namespace a="' + "key='6' " * 300_000 + '"><b/></namespace>')
    start = time.process_time()
    assert site_of(hostile.encode()).files == ("Bild",)
    assert time.process_time() - start < 5


def test_packed_dump_of_which_nothing_is_left_is_told_as_cut(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.gz"
    path.write_bytes(PACKERS[".gz"]((HEAD + TAIL).encode())[:14])
    [(_, reason)] = Outcome(path, Wiki(), Limits()).faults
    assert "truncated" in reason
