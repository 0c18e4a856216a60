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
