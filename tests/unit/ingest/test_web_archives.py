"""Web archives from the file to the decision."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError
from rightful.readers.web import pages
from tests.unit.readers.archives import members, page, record, response, written

CARD = 'name = "crawl"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
HTML = ("Content-Type", "text/html; charset=utf-8")
WORDS = "tide ebb flood moon coast sand harbour gull rope anchor lamp fog keel mast rudder sail".split()


def unlike(number: int) -> bytes:
    """A page that is no near copy of another."""
    return page(" ".join(random.Random(number).choices(WORDS, k=400)), f"Page {number}").replace(
        b"The tide comes in twice a day", " ".join(random.Random(-number).choices(WORDS, k=60)).encode()
    )


def crawl(folder: Path, info: bytes = b"software: crawler/1\r\n", name: str = "a.warc.gz") -> Path:
    """A card and an archive of four pages: 2 has a header field that reserves, 3 is closed by robots.txt to those who train."""
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    robots = response(
        b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /3\n", fields=(("Content-Type", "text/plain"),)
    )
    records = [
        record(0, info, "warcinfo", url=""),
        record(9, robots, url="https://coast.example/robots.txt"),
        record(1, response(unlike(1))),
        record(2, response(unlike(2), fields=(HTML, ("X-Robots-Tag", "noai")))),
        record(3, response(unlike(3))),
        record(4, response(unlike(4))),
        record(5, response(b"\x89PNG", fields=(("Content-Type", "image/png"),))),
    ]
    written(folder / name, members(records))
    return folder


def addresses(store: Store, ids: list[str]) -> set[str]:
    rows = store.sql("SELECT record_id, url FROM records")
    return {r["url"].rpartition("/")[2] for r in rows if r["record_id"] in ids}


def permitted(store: Store, **asked: Any) -> set[str]:
    answer = store.query(use="train.pretrain", accept="all", ids=True, **asked)
    return addresses(store, answer["ids"])


def test_archive_brings_its_texts_and_what_they_reserve(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    answer = store.ingest([crawl(tmp_path / "crawl")])
    assert (answer["read"], answer["added"], answer["rejected"]) == (4, 4, 0)
    assert {s["reason"]: s["records"] for s in answer["skipped"]} == {
        "warcinfo": 1,
        "robots.txt: read as a signal": 1,
        "image/png": 1,
    }
    assert permitted(store) == {"1", "4"}
    again = store.ingest([tmp_path / "crawl"])
    assert (again["read"], again["unchanged"]) == (4, 4)
    assert permitted(store) == {"1", "4"}


@pytest.mark.parametrize("line", [b"license: CC-BY-NC-4.0", b"license: CC0-1.0", b"rights: Licensed under CC-BY-4.0"])
def test_what_an_archive_says_of_itself_permits_none_of_its_pages(tmp_path: Path, line: bytes) -> None:
    store = Store(tmp_path / "store")
    answer = store.ingest([crawl(tmp_path / "crawl", b"software: crawler/1\r\n" + line + b"\r\n")])
    assert answer["added"] == 4
    assert permitted(store) == set()
    assert [s["column"] for s in answer["statements"]] == ["warcinfo." + line.partition(b":")[0].decode()]


def test_damaged_member_is_named_with_its_byte_and_the_rest_is_stored(tmp_path: Path) -> None:
    folder = crawl(tmp_path / "crawl")
    file = folder / "a.warc.gz"
    content = bytearray(file.read_bytes())
    place = content.index(b"\x1f\x8b\x08", content.index(b"\x1f\x8b\x08", content.index(b"\x1f\x8b\x08", 1) + 1))
    content[place + 100] ^= 0xFF
    file.write_bytes(content)
    answer = Store(tmp_path / "store").ingest([folder])
    assert (answer["read"], answer["added"], answer["rejected"]) == (4, 3, 1)
    [error] = answer["errors"]
    assert (error["file"], error["position"]) == ("a.warc.gz", f"byte {place}")
    assert error["reason"].startswith("the gzip data that begins here is corrupt")


def test_recipe_says_what_of_a_page_is_its_text(tmp_path: Path) -> None:
    folder = crawl(tmp_path / "crawl")
    recipe = tmp_path / "recipe.toml"
    texts = {}
    for settings in ("", "main_content = false", 'extractor = "plain"', 'extractor = "trafilatura"'):
        recipe.write_text(f"[pages]\n{settings}\n")
        store = Store(tmp_path / f"store-{len(texts)}")
        store.ingest([folder], recipe=recipe)
        [row] = store.sql("SELECT text FROM texts JOIN records USING (record_id) WHERE url LIKE '%/1'")
        texts[settings] = row["text"]
    assert "Imprint" not in texts[""]
    assert "Imprint" in texts["main_content = false"]
    assert "Imprint" in texts['extractor = "plain"']
    assert "Imprint" not in texts['extractor = "trafilatura"']


def test_missing_extra_is_named_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resiliparse.extract.html2text", None)
    pages._resiliparse.cache_clear()
    store = Store(tmp_path / "store")
    with pytest.raises(InputError, match="resiliparse is not installed") as caught:
        store.ingest([crawl(tmp_path / "crawl")], workers=1)
    assert "pip install 'rightful[web]'" in str(caught.value.hint)
    pages._resiliparse.cache_clear()
    assert not list((tmp_path / "store").glob("records/*"))


NOAI = '<meta name="robots" content="noai">'
BY_NC = '<link rel="license" href="https://creativecommons.org/licenses/by-nc/4.0/">'


def of(folder: Path, records: list[bytes]) -> Path:
    """A card and an archive of these."""
    folder.mkdir()
    (folder / "source.toml").write_text(CARD)
    written(folder / "a.warc.gz", members(records))
    return folder


def stated(number: int, head: str = NOAI) -> bytes:
    return unlike(number).replace(b"</head>", head.encode() + b"</head>")


def test_what_a_page_reserves_counts_where_it_is_not_whole_or_came_without_a_response(tmp_path: Path) -> None:
    cut = {"WARC-Truncated": "length"}
    bare = {"Content-Type": "text/html"}
    chunk = b"%x\r\n%s\r\n" % (len(stated(6)), stated(6))
    records = [
        record(1, response(unlike(1))),
        record(2, response(unlike(2)), fields=cut),  # it may go on with anything, and what is there reserves nothing
        record(3, response(stated(3)), fields=cut),
        record(4, response(stated(4)), fields={"WARC-Segment-Number": "1"}),
        record(5, response(stated(5), fields=(HTML, ("Content-Length", "99999")))),
        record(6, response(chunk, fields=(HTML, ("Transfer-Encoding", "chunked")))),
        record(7, response(stated(7, BY_NC)), fields=cut),
        record(8, stated(8), "resource", fields=bare),
        record(9, stated(9, BY_NC), "resource", fields=bare),
        record(10, stated(10), "conversion", fields=bare),
        record(11, stated(11), fields=bare),
        record(12, response(stated(12), fields=(("Content-Type", "text/html; charset=utf-16"),))),
        record(13, unlike(13), "resource", fields=bare),
    ]
    of(tmp_path / "crawl", records)
    store = Store(tmp_path / "store")
    answer = store.ingest([tmp_path / "crawl"])
    assert (answer["read"], answer["added"]) == (13, 13)
    assert permitted(store, dedup="none") == {"1", "2", "13"}


@pytest.mark.parametrize("scheme", ["file:///srv", "ftp://ftp.coast.example", "blob:https://coast.example"])
def test_page_of_no_address_on_the_web_is_unknown_since_nobody_hears_what_it_reserves(
    scheme: str, tmp_path: Path
) -> None:
    records = [
        record(1, response(stated(1)), url=f"{scheme}/1"),
        record(2, b"A text states nothing to machines. " * 20, "resource", url="file:///srv/2"),
    ]
    of(tmp_path / "crawl", records)
    store = Store(tmp_path / "store")
    answer = store.ingest([tmp_path / "crawl"])
    assert answer["read"] == answer["added"]
    assert permitted(store) == {"2"}


def test_what_the_header_of_a_record_says_of_rights_blocks_it(tmp_path: Path) -> None:
    twice = record(3, response(unlike(3)), fields={"X-License": "CC0-1.0\r\nX-License: CC-BY-NC-4.0"})
    records = [
        record(1, response(unlike(1))),
        record(2, response(unlike(2)), fields={"License": "CC-BY-NC-4.0"}),
        twice,
    ]
    of(tmp_path / "crawl", records)
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "crawl"])
    assert permitted(store) == {"1"}
    raw = {r["url"][-1]: r["license_raw"] for r in store.sql("SELECT url, license_raw FROM records")}
    assert "CC-BY-NC-4.0" in raw["3"]


def test_response_with_endless_header_fields_is_damage(tmp_path: Path) -> None:
    endless = response(unlike(1), fields=(HTML, ("X-Pad", "a" * (1 << 20)), ("X-Robots-Tag", "noai")))
    of(tmp_path / "crawl", [record(1, endless), record(2, response(unlike(2)))])
    store = Store(tmp_path / "store")
    answer = store.ingest([tmp_path / "crawl"])
    [error] = answer["errors"]
    assert "header fields of its response have more than 1 MiB" in error["reason"]
    assert permitted(store) == {"2"}
