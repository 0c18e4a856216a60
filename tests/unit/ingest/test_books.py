"""Books in a store: what they say of rights is beside what their card says."""

from __future__ import annotations

from pathlib import Path

from tests.unit.readers.formats.test_epub import METADATA, package, parts, write
from tests.unit.readers.formats.test_gutenberg import END, HEADER, book
from tests.unit.shelf import Shelf

CARD = 'name = "books"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'


def test_gutenberg_carries_the_terms_that_were_parted_from_it(tmp_path: Path) -> None:
    shelf, folder = Shelf(tmp_path), tmp_path / "books"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    (folder / "free.txt").write_text(book())
    protected = (
        "The Project Gutenberg eBook of T\n** This is a COPYRIGHTED Project Gutenberg eBook. Details Below. **\n"
    )
    (folder / "protected.txt").write_text(book(header=protected + HEADER, work="Low at three.", end=END))
    shelf.store.ingest([folder])
    rows = shelf.store.sql("SELECT source_record_id, license_declared, attribution FROM records ORDER BY file")
    assert [r["source_record_id"] for r in rows] == ["free.txt", "protected.txt"]
    assert rows[0]["license_declared"] == "LicenseRef-Gutenberg"
    assert rows[0]["attribution"] == "Ana Silva; Bo Ek"
    assert "Gutenberg" not in (rows[1]["license_declared"] or "")
    assert shelf.chosen(jurisdiction=("US",), accept=("all",)) == ["free.txt"]
    assert shelf.reasons()["protected.txt"] == "license-unreadable"


def test_epub_that_reserves_is_not_what_its_card_says(tmp_path: Path) -> None:
    shelf, folder = Shelf(tmp_path), tmp_path / "books"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    write(folder / "a.epub", parts())
    reserved = package(
        METADATA.replace("9780000000002", "9780000000019") + "<dc:rights>All rights reserved</dc:rights>"
    )
    write(folder / "b.epub", parts(OEBPS__book_opf=reserved, OEBPS__one_xhtml="<p>Others own this."))
    answer = shelf.store.ingest([folder])
    assert (answer["read"], answer["added"]) == (2, 2)
    assert shelf.chosen() == ["urn:isbn:9780000000002"]


def test_epub_of_which_a_page_is_gone_is_read_and_named(tmp_path: Path) -> None:
    shelf, folder = Shelf(tmp_path), tmp_path / "books"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    write(folder / "a.epub", parts(OEBPS__text__two_xhtml=None))
    answer = shelf.store.ingest([folder])
    assert (answer["read"], answer["added"], answer["rejected"]) == (1, 1, 0)
    (error,) = answer["errors"]
    assert error["rows"] == 0
    assert error["reason"].startswith("1 of its pages cannot be read")


def test_html_file_that_reserves_in_its_tags_is_not_what_its_card_says(tmp_path: Path) -> None:
    shelf, folder = Shelf(tmp_path), tmp_path / "books"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    (folder / "open.html").write_text("<html><head><title>A</title></head><p>Low water at three.</p></html>")
    reserved = '<html><head><meta name="robots" content="noai"></head><p>The lighthouse was painted twice.</p></html>'
    (folder / "reserved.html").write_text(reserved)
    shelf.store.ingest([folder])
    assert shelf.chosen() == ["open.html"]
