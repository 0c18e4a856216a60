from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rightful.readers.limits import Limits
from rightful.readers.tree import discover
from tests.unit.readers.reading import PACKERS, Reading, read_file

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = """<dc:title>Tide  Tables</dc:title><dc:creator id="a">Ana Silva</dc:creator><dc:creator>Bo Ek</dc:creator>
<dc:language>en</dc:language><dc:identifier>other</dc:identifier><dc:identifier id="uid">urn:isbn:9780000000002</dc:identifier>
<dc:source>https://books.example.org/7</dc:source><dc:date>2001-02-03</dc:date>"""
PAGE = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'


def package(
    metadata: str = METADATA, pages: tuple[str, ...] = ("one.xhtml", "text/two.xhtml"), before: str = ""
) -> str:
    items = "".join(f'<item id="i{n}" href="{p}" media-type="application/xhtml+xml"/>' for n, p in enumerate(pages))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    return (
        f'<?xml version="1.0"?>{before}<package xmlns="http://www.idpf.org/2007/opf" unique-identifier="uid" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f'<manifest>{items}<item id="p" href="cover.png" media-type="image/png"/></manifest>'
        f'<spine>{spine}<itemref idref="p"/></spine></package>'
    )


def parts(**changed: str | bytes | None) -> dict[str, str | bytes]:
    made: dict[str, str | bytes | None] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package(),
        "OEBPS/one.xhtml": PAGE.format("<h1>One</h1><p>High at &#110;ine.</p>"),
        "OEBPS/text/two.xhtml": PAGE.format("<p>Low at <b>three</b>.</p>"),
        **{key.replace("__", "/").replace("_", "."): value for key, value in changed.items()},
    }
    return {name: content for name, content in made.items() if content is not None}


def write(path: Path, content: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else None)
    return path


def reading_of(tmp_path: Path, content: Mapping[str, str | bytes], limits: Limits | None = None) -> Reading:
    return read_file(write(tmp_path / "a.epub", content), "epub", **({} if limits is None else {"limits": limits}))


def row_of(tmp_path: Path, content: Mapping[str, str | bytes]) -> dict[str, Any]:
    reading = reading_of(tmp_path, content)
    assert reading.damages == []
    (row,) = reading.rows
    return row


def test_book_is_the_texts_of_its_spine_with_what_its_package_says(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, parts())
    (row,) = reading.rows
    assert row["text"] == "One\nHigh at nine.\n\nLow at three."
    assert (row["source_record_id"], row["title"]) == ("urn:isbn:9780000000002", "Tide Tables")
    assert (row["authors"], row["language_stated"]) == (["Ana Silva", "Bo Ek"], "en")
    assert (row["url"], row["published_at"].year) == ("https://books.example.org/7", 2001)
    assert (row["media_type"], row["line"], row["license_raw"]) == ("application/epub+zip", 0, None)
    assert [(s.reason, s.records) for s in reading.skipped] == [("no text: image/png", 1)]


@pytest.mark.parametrize(
    ("metadata", "statement"),
    [
        ("<dc:rights>CC BY 4.0</dc:rights>", "CC BY 4.0"),
        ('<meta property="dcterms:license">CC-BY-4.0</meta>', "CC-BY-4.0"),
        ('<meta name="dcterms.license" content="CC-BY-4.0"/>', "CC-BY-4.0"),
        (
            '<link rel="cc:license" href="https://creativecommons.org/licenses/by/4.0/"/>',
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        ("<dc:rights>All rights reserved</dc:rights>", "All rights reserved"),
    ],
)
def test_rights_of_a_package_are_statements(tmp_path: Path, metadata: str, statement: str) -> None:
    row = row_of(tmp_path, parts(OEBPS__book_opf=package(METADATA + metadata)))
    assert row["license_raw"] == statement


def test_holder_is_kept_for_attribution(tmp_path: Path) -> None:
    metadata = METADATA + '<meta property="dcterms:rightsHolder">Ana Silva</meta>'
    assert "rightsHolder" in row_of(tmp_path, parts(OEBPS__book_opf=package(metadata)))["statements"]


@pytest.mark.parametrize("name", ["a.epub", "a.zip", "a"])
def test_book_is_known_by_its_first_entry(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, parts())
    (file,) = discover(tmp_path).files
    assert file.format == "epub"


def test_book_that_is_compressed_once_more_is_passed_over(tmp_path: Path) -> None:
    content = write(tmp_path / "a.epub", parts()).read_bytes()
    (tmp_path / "a.epub").unlink()
    (tmp_path / "a.epub.gz").write_bytes(PACKERS[".gz"](content))
    (skipped,) = discover(tmp_path).skipped
    assert skipped.reason == "an EPUB that is compressed once more: unpack it first"


ENCRYPTED = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
    '<enc:EncryptedData><enc:EncryptionMethod Algorithm="{}"/><enc:CipherData><enc:CipherReference URI="{}"/></enc:CipherData>'
    "</enc:EncryptedData></encryption>"
)


def test_fonts_that_are_obscured_are_no_encryption(tmp_path: Path) -> None:
    content = parts()
    content["META-INF/encryption.xml"] = ENCRYPTED.format("http://www.idpf.org/2008/embedding", "OEBPS/font.otf")
    assert row_of(tmp_path, content)["title"] == "Tide Tables"


BOMB = '<!DOCTYPE package [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE package [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {
                "META-INF__encryption_xml": ENCRYPTED.format(
                    "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "OEBPS/one.xhtml"
                )
            },
            "it is encrypted (DRM): it cannot be read",
        ),
        ({"META-INF__container_xml": None}, "it has no META-INF/container.xml"),
        ({"META-INF__container_xml": "<a"}, "META-INF/container.xml is no well-formed XML: "),
        ({"OEBPS__book_opf": None}, "its package 'OEBPS/book.opf' is not there"),
        ({"OEBPS__book_opf": package(before=BOMB)}, "OEBPS/book.opf declares or fetches an entity: refused"),
        ({"OEBPS__book_opf": package(before=OUTSIDE)}, "OEBPS/book.opf declares or fetches an entity: refused"),
        ({"OEBPS__book_opf": "<a>" * 10_000}, "OEBPS/book.opf has more elements, or deeper ones, than are read"),
        ({"OEBPS__one_xhtml": PAGE.format("<img/>"), "OEBPS__text__two_xhtml": PAGE.format("")}, "empty text"),
        ({"OEBPS__one_xhtml": None, "OEBPS__text__two_xhtml": None}, "2 of its pages cannot be read or are not there"),
    ],
)
def test_book_that_cannot_be_read_is_damage(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    reading = reading_of(tmp_path, parts(**changed))
    assert reading.rows == []
    ((_, why),) = reading.faults
    assert why.startswith(reason)


def test_page_that_is_not_there_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    pages = ("one.xhtml", "gone.xhtml", "../../../etc/passwd", "text/two.xhtml")
    reading = reading_of(tmp_path, parts(OEBPS__book_opf=package(pages=pages)))
    assert reading.texts == ["One\nHigh at nine.\n\nLow at three."]
    (damage,) = reading.damages
    assert damage.rows == 0
    assert damage.reason.startswith(
        "2 of its pages cannot be read or are not there ('gone.xhtml', '../../../etc/passwd')"
    )


def test_page_that_is_no_xml_is_read_as_html(tmp_path: Path) -> None:
    row = row_of(
        tmp_path,
        parts(
            OEBPS__one_xhtml="<p>Never <br> closed &nbsp; &lt; <b>bold",
            OEBPS__text__two_xhtml=b"\xff\xfe" + PAGE.format("UTF-16").encode("utf-16-le"),
        ),
    )
    assert row["text"].startswith("Never\nclosed")
    assert row["text"].endswith("UTF-16")


def test_page_nested_ten_thousand_deep_is_read(tmp_path: Path) -> None:
    assert row_of(tmp_path, parts(OEBPS__one_xhtml="<div>" * 10_000 + "deep"))["text"].startswith("deep")


def test_book_that_unpacks_beyond_the_limits_is_damage(tmp_path: Path) -> None:
    large = PAGE.format("a" * 3_000_000)
    ((_, why),) = reading_of(tmp_path, parts(OEBPS__one_xhtml=large), Limits(value_bytes=1 << 20)).faults
    assert why.startswith("a book of ")
    bomb = PAGE.format("a" * (65 << 20))
    ((_, why),) = reading_of(tmp_path, parts(OEBPS__one_xhtml=bomb), Limits(expansion=10)).faults
    assert why.startswith("it unpacks to more than 10 times")


@pytest.mark.parametrize("cut", [10, 700])
def test_book_that_is_cut_is_damage(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "a.epub", parts())
    path.write_bytes(path.read_bytes()[:-cut])
    ((_, why),) = read_file(path, "epub").faults
    assert "fetch the file again" in why


def test_book_whose_bytes_are_changed_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.epub", parts(), zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"High at", b"Nigh at"))
    ((_, why),) = read_file(path, "epub").faults
    assert "CRC" in why


@pytest.mark.parametrize(
    ("metadata", "statement"),
    [
        (
            '<dc:rights><x:p xmlns:x="h">All rights reserved, no <x:b>AI</x:b></x:p></dc:rights>',
            "All rights reserved, no AI",
        ),
        ('<cc:license rdf:resource="https://creativecommons.org/licenses/by-nc/4.0/"/>', "licenses/by-nc/4.0/"),
        ('<dc:rights href="https://creativecommons.org/licenses/by-nc/4.0/"/>', "licenses/by-nc/4.0/"),
        ('<meta property="tdm:reservation">1</meta>', "tdm:reservation: 1"),
        ('<meta name="tdm-reservation" content="1"/>', "tdm-reservation: 1"),
        ('<meta property="schema:usageInfo">no training</meta>', "schema:usageInfo: no training"),
    ],
)
def test_rights_in_odd_places_of_a_package_are_statements(tmp_path: Path, metadata: str, statement: str) -> None:
    row = row_of(tmp_path, parts(OEBPS__book_opf=package(METADATA + metadata)))
    assert statement in f"{row['license_raw']} {row['statements']}"


def test_what_leaves_all_open_is_no_statement_of_a_book(tmp_path: Path) -> None:
    row = row_of(tmp_path, parts(OEBPS__book_opf=package(METADATA + '<meta property="tdm:reservation">0</meta>')))
    assert (row["license_raw"], row["statements"]) == (None, None)


@pytest.mark.parametrize(
    ("changed", "statement"),
    [
        ({"META-INF/rights.xml": "<rights><play/></rights>"}, "META-INF/rights.xml: <rights><play/></rights>"),
        ({"META-INF/metadata.xml": "<metadata><rights>CC-BY-NC-4.0</rights></metadata>"}, "CC-BY-NC-4.0"),
        (
            {
                "META-INF/container.xml": CONTAINER.replace(
                    "</rootfiles>", '<rootfile full-path="b.opf"/></rootfiles>'
                ),
                "b.opf": "<package><metadata><rights>CC-BY-NC-4.0</rights></metadata></package>",
            },
            "CC-BY-NC-4.0",
        ),
        (
            {"OEBPS/one.xhtml": '<html><head><meta name="robots" content="noai"/></head><p>One.</p></html>'},
            "robots: noai",
        ),
    ],
)
def test_rights_beside_the_package_are_statements_of_the_book(
    tmp_path: Path, changed: dict[str, str], statement: str
) -> None:
    row = row_of(tmp_path, parts() | changed)
    assert statement in f"{row['license_raw']} {row['statements']}"
