from __future__ import annotations

import gzip
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard

from rightful.readers.limits import Limits
from rightful.readers.tree import discover
from tests.unit.readers.archives import Archive, members, page, pages_of, record, response, sha1, written

TEXT = (("Content-Type", "text/plain; charset=utf-8"),)


def test_page_of_a_response_is_a_record_with_its_address_and_time(tmp_path: Path) -> None:
    robots = record(2, response(b"User-agent: *\nDisallow: /", 200, TEXT), url="https://coast.example/robots.txt")
    info = record(0, b"software: Crawler/2\r\noperator: Coast Library\r\n", "warcinfo", url="")
    archive = Archive(written(tmp_path / "a.warc.gz", members([info, *pages_of(2)[1:], robots])))
    [row] = archive.rows
    assert row["source_record_id"] == "<urn:uuid:00000001>"
    assert row["url"] == "https://coast.example/1"
    assert row["fetched_at"] == datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)
    assert (row["title"], row["language_stated"], row["media_type"]) == ("Tides", "en", "text/html")
    assert "Page number 1 of the coast." in row["text"]
    assert "Imprint" not in row["text"]
    assert archive.skipped == {"warcinfo": 1, "robots.txt: read as a signal": 1}
    assert [(c.protocol, c.url, c.status) for c in archive.captures] == [
        ("headers", "https://coast.example/1", 200),
        ("html", "https://coast.example/1", 200),
        ("robots", "https://coast.example/robots.txt", 200),
    ]
    assert {c.by for c in archive.captures} == {"Coast Library, Crawler/2"}
    assert {c.observed_at for c in archive.captures} == {datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)}
    assert archive.captures[1].body == page("Page number 1 of the coast.")
    assert archive.captures[2].body == b"User-agent: *\nDisallow: /"
    assert archive.extent.lines == 3


def packed_by(kind: str, records: list[bytes]) -> bytes:
    if kind == "zstd":
        return b"".join(zstandard.ZstdCompressor(write_checksum=True).compress(one) for one in records)
    if kind == "dictionary":
        dictionary = zstandard.train_dictionary(4_096, records * 40)
        packer = zstandard.ZstdCompressor(dict_data=dictionary, write_checksum=True)
        data = dictionary.as_bytes()
        return b"\x5d\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data + b"".join(map(packer.compress, records))
    whole = b"".join(records)
    if kind == "one gzip":
        return gzip.compress(whole, mtime=0)
    if kind == "blocks":  # as bgzip writes them: members end wherever they are full
        return b"".join(gzip.compress(whole[at : at + 700], mtime=0) for at in range(0, len(whole), 700))
    if kind == "one zstd":
        return bytes(pa.compress(whole, "zstd", asbytes=True))
    return b"".join(members(records)) if kind == "gzip" else whole


@pytest.mark.parametrize("kind", ["plain", "gzip", "one gzip", "blocks", "zstd", "one zstd", "dictionary"])
def test_archive_is_read_however_it_is_packed(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "crawl", packed_by(kind, pages_of(50)))
    archive = Archive(path)
    assert archive.ids == list(range(50))
    assert not archive.damages
    named = path.rename(tmp_path / "crawl.warc.zst")
    assert [f.format for f in discover(named).files] == ["warc"]


def test_damaged_member_of_a_thousand_costs_one_record(tmp_path: Path) -> None:
    packed = members(pages_of(1_000))
    start = sum(map(len, packed[:500]))
    for flipped in (0, 12, len(packed[500]) // 2, len(packed[500]) - 6):
        damaged = bytearray(b"".join(packed))
        damaged[start + flipped] ^= 0x55
        archive = Archive(written(tmp_path / "a.warc.gz", bytes(damaged)))
        assert archive.ids == [n for n in range(1_000) if n != 500], flipped
        [(position, reason)] = archive.faults
        assert position == f"byte {start}"
        assert "gzip data" in reason


def test_damaged_frame_of_zstd_costs_one_record(tmp_path: Path) -> None:
    packer = zstandard.ZstdCompressor(write_checksum=True)
    packed = [packer.compress(one) for one in pages_of(100)]
    start = sum(map(len, packed[:40]))
    for flipped in (0, len(packed[40]) // 2, len(packed[40]) - 2):
        damaged = bytearray(b"".join(packed))
        damaged[start + flipped] ^= 0x55
        archive = Archive(written(tmp_path / "a.warc.zst", bytes(damaged)))
        assert archive.ids == [n for n in range(100) if n != 40], flipped
        assert [position for position, _ in archive.faults] == [f"byte {start}"]


@pytest.mark.parametrize("off", [-300, -3, 12, 40, 300, 5_000, 10**9])
def test_wrong_length_costs_one_record(tmp_path: Path, off: int) -> None:
    records = pages_of(20)
    block = response(page("Page number 7 of the coast."))
    records[7] = record(7, block, length=len(block) + off)
    start = sum(map(len, records[:7]))
    for name, content, place in (
        ("plain.warc", b"".join(records), f"byte {start}"),
        ("packed.warc.gz", b"".join(members(records)), f"byte {sum(map(len, members(records[:7])))}"),
        ("one.warc.gz", gzip.compress(b"".join(records)), f"unpacked byte {start}"),
    ):
        archive = Archive(written(tmp_path / name, content))
        assert archive.ids == [n for n in range(20) if n != 7], name
        [(position, reason)] = archive.faults
        assert position == place
        assert "Content-Length" in reason or "truncated" in reason


def test_length_that_counts_the_end_of_the_record_is_read(tmp_path: Path) -> None:
    records = pages_of(3)
    block = response(page("Page number 1 of the coast."))
    for off in (1, 2, 4):
        records[1] = record(1, block, length=len(block) + off)
        assert Archive(written(tmp_path / "a.warc", records)).ids == [0, 1, 2]


@pytest.mark.parametrize("length", ["", "many", "-5", "9" * 30])
def test_length_that_is_none_costs_one_record(tmp_path: Path, length: str) -> None:
    records = pages_of(5)
    records[2] = record(2, response(page()), length=length)
    archive = Archive(written(tmp_path / "a.warc", records))
    assert archive.ids == [0, 1, 3, 4]
    [(_, reason)] = archive.faults
    assert "Content-Length" in reason


def test_truncated_file_is_read_up_to_its_end(tmp_path: Path) -> None:
    records = pages_of(10)
    packed = members(records)
    for name, content, position in (
        ("a.warc", b"".join(records)[:-200], sum(map(len, records[:9]))),
        ("a.warc.gz", b"".join(packed)[:-200], sum(map(len, packed[:9]))),
        ("b.warc.gz", b"".join(packed)[:-3], sum(map(len, packed[:9]))),
    ):
        archive = Archive(written(tmp_path / name, content))
        assert archive.ids == list(range(9)), name
        [(place, reason)] = archive.faults
        assert place == f"byte {position}"
        assert "truncated" in reason


def test_garbage_between_records_is_named_and_passed_over(tmp_path: Path) -> None:
    records, garbage = pages_of(6), random.Random(3).randbytes(3_000)
    for name, parts in (("a.warc", records), ("a.warc.gz", members(records))):
        content = b"".join((*parts[:3], garbage, b"\r\n" * (name == "a.warc"), *parts[3:]))
        archive = Archive(written(tmp_path / name, content))
        assert archive.ids == list(range(6))
        [(place, reason)] = archive.faults
        assert place == f"byte {sum(map(len, parts[:3]))}"
        assert "passed over" in reason


def test_bytes_that_are_not_those_of_the_digest_are_damage(tmp_path: Path) -> None:
    block = response(page())
    fits = record(0, block, fields={"WARC-Block-Digest": sha1(block)})
    other = record(1, block, fields={"WARC-Block-Digest": sha1(b"other")})
    known = record(3, block, fields={"WARC-Block-Digest": sha1(b"other"), "WARC-Payload-Digest": sha1(page())})
    revisit = record(4, response(b""), "revisit", fields={"WARC-Block-Digest": sha1(b"other")})
    archive = Archive(written(tmp_path / "a.warc", [fits, other, *pages_of(3)[2:], known, revisit]))
    assert archive.ids == [0, 2, 3]
    assert archive.skipped == {"revisit": 1}
    assert [c.url[-1] for c in archive.captures if c.protocol == "html"] == ["0", "2", "3"]
    assert [(c.url[-1], c.status) for c in archive.captures if c.protocol == "headers"] == [
        ("0", 200),
        ("1", 206),
        ("2", 200),
        ("3", 206),
        ("4", 206),
    ]
    assert [(u.column, u.rows) for u in archive.extent.unread] == [("WARC-Block-Digest", 1)]
    assert archive.faults == [(f"byte {len(fits)}", "its bytes are not those that WARC-Block-Digest was made of")]


def test_payload_digest_is_that_of_any_form_of_the_body_and_counted_where_it_is_of_none(tmp_path: Path) -> None:
    body = page()
    packed = gzip.compress(body)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    fields = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
    stated = (body, packed, chunked, b"other")
    records = [
        record(n, response(chunked, fields=fields), fields={"WARC-Payload-Digest": sha1(of)})
        for n, of in enumerate(stated)
    ]
    archive = Archive(written(tmp_path / "a.warc", records))
    assert archive.ids == [0, 1, 2, 3]
    [unread] = archive.extent.unread
    assert (unread.column, unread.rows) == ("WARC-Payload-Digest", 1)
    assert unread.sample.startswith("https://coast.example/3")


def test_what_is_no_text_is_counted_with_its_reason(tmp_path: Path) -> None:
    image = response(b"\x89PNG\r\n\x1a\n\0\0", fields=(("Content-Type", "image/png"),))
    records = [
        record(0, image),
        record(1, response(b"", 301, (("Location", "/2"),))),
        record(2, response(page("Not there."), 404)),
        record(3, response(b"%PDF-1.7 text", fields=(("Content-Type", "text/html"),))),
        record(4, b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(5, response(b""), "revisit"),
        record(6, response(b"", fields=(("Content-Type", "text/html"),))),
        record(7, b"wget --warc-file=a", "resource", url="metadata://gnu.org/software/wget/warc/wget_arguments.txt"),
        record(8, b"{}", "metadata"),
        record(9, response(b"<html><body><img src=a></body></html>")),
    ]
    archive = Archive(written(tmp_path / "a.warc", records))
    assert not archive.rows
    assert not archive.damages
    assert archive.skipped == {
        "image/png": 1,
        "status 301 (a redirect)": 1,
        "status 404": 1,
        "application/pdf that is called text/html": 1,
        "request": 1,
        "revisit": 1,
        "no content": 1,
        "a record about the crawl (metadata:)": 1,
        "metadata": 1,
        "no main text": 1,
    }


def test_texts_of_wet_are_read_and_nobody_looked(tmp_path: Path) -> None:
    words = "Ebb and flood, the whole year round.\n" * 3
    wet = record(
        1,
        words.encode(),
        "conversion",
        fields={"WARC-Identified-Content-Language": "eng,deu", "WARC-Block-Digest": sha1(words.encode())},
    )
    archive = Archive(written(tmp_path / "a.warc.wet.gz", members([wet])))
    [row] = archive.rows
    assert (row["text"], row["language_stated"], row["url"]) == (words, "eng", "https://coast.example/1")
    assert not archive.captures


def arc(url: str, block: bytes, length: int | None = None) -> bytes:
    size = len(block) if length is None else length
    return f"{url} 192.0.2.1 20040301102030 text/html {size}\n".encode() + block + b"\n"


def test_arc_is_read_and_a_wrong_length_costs_one_record(tmp_path: Path) -> None:
    head = b"1 0 Coast Library\nURL IP-address Archive-date Content-type Archive-length\n"
    start = f"filedesc://a.arc 0.0.0.0 20040301102030 text/plain {len(head)}\n".encode() + head + b"\n"
    records = [start, *(arc(f"http://coast.example/{n}", response(page(f"Number {n}."))) for n in range(6))]
    for name, content in (("a.arc", b"".join(records)), ("a.arc.gz", b"".join(members(records)))):
        archive = Archive(written(tmp_path / name, content))
        assert [row["url"] for row in archive.rows] == [f"http://coast.example/{n}" for n in range(6)]
        assert archive.rows[0]["fetched_at"] == datetime(2004, 3, 1, 10, 20, 30, tzinfo=UTC)
        assert archive.rows[0]["source_record_id"] is None
        assert (archive.skipped, archive.damages) == ({"warcinfo": 1}, [])
        assert [f.format for f in discover(tmp_path / name).files] == ["warc"]
    block = response(page("Number 2."))
    for off in (-40, 5, 40, 100_000):
        records[3] = arc("http://coast.example/2", block, len(block) + off)
        for name, parts in (("a.arc", records), ("a.arc.gz", members(records))):
            archive = Archive(written(tmp_path / name, parts))
            assert [row["url"][-1] for row in archive.rows] == ["0", "1", "3", "4", "5"], (name, off)
            assert [place for place, _ in archive.faults] == [f"byte {sum(map(len, parts[:3]))}"]


def test_bomb_in_a_member_costs_one_record(tmp_path: Path) -> None:
    bomb = gzip.compress(record(1, response(b"<p>" + b"a" * (100 << 20))), mtime=0)
    packed = members(pages_of(3))
    archive = Archive(written(tmp_path / "a.warc.gz", [packed[0], bomb, packed[2]]), Limits(expansion=200))
    assert archive.ids == [0, 2]
    [(place, reason)] = archive.faults
    assert place == f"byte {len(packed[0])}"
    assert "more than 200 times" in reason


def test_text_that_is_longer_than_the_limit_is_damage_and_an_image_is_not(tmp_path: Path) -> None:
    large = page("word " * 8_000_000)
    records = [
        record(0, response(large)),
        record(1, response(large, fields=(("Content-Type", "video/mp4"),))),
        *pages_of(3)[2:],
    ]
    archive = Archive(written(tmp_path / "a.warc", records), Limits(value_bytes=1 << 20))
    assert archive.ids == [2]
    assert archive.skipped == {"video/mp4": 1}
    [(place, reason)] = archive.faults
    assert place == "byte 0"
    assert "limit value_bytes" in reason


def test_dictionary_of_zstd_without_its_package_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.warc.zst", packed_by("dictionary", pages_of(50)))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    [(place, reason)] = Archive(path).faults
    assert place is None
    assert "pip install 'rightful[zstd]'" in reason
    plain = written(tmp_path / "b.warc.zst", packed_by("zstd", pages_of(50)))
    assert Archive(plain).ids == list(range(50))


def test_responses_are_read_however_they_are_coded_and_what_cannot_be_decoded_costs_itself(tmp_path: Path) -> None:
    body = page("Page number 1 of the coast.")
    html = ("Content-Type", "text/html")
    records = [
        record(0, response(gzip.compress(body), fields=(html, ("Content-Encoding", "gzip")))),
        record(1, response(gzip.compress(body)[:-30], fields=(html, ("Content-Encoding", "gzip")))),
        record(2, response(body, fields=(html, ("Transfer-Encoding", "chunked")))),
        record(3, response("潮".encode("cp932") * 400, fields=(("Content-Type", "text/plain; charset=shift_jis"),))),
        record(4, response(("прилив ".encode() + b"\xff\xfe\xff ") * 90, fields=TEXT)),
        record(5, b"no response at all"),
        record(6, response(body, fields=(("Content-Type", "application/octet-stream"),))),
        record(7, response(body, fields=())),
    ]
    archive = Archive(written(tmp_path / "a.warc", records))
    assert archive.ids == [0, 2, 3, 6, 7]
    assert archive.rows[2]["text"] == "潮" * 400
    assert [reason for _, reason in archive.faults] == [
        "its content coding gzip ends too early (truncated)",
        "not text in utf-8: 270 of 990 characters cannot be decoded",
        "it has no response of HTTP",
    ]


def test_page_that_is_not_whole_says_nothing_of_what_is_not_reserved(tmp_path: Path) -> None:
    body = page()
    records = [
        record(0, response(body), fields={"WARC-Truncated": "length"}),
        record(1, response(body, fields=(("Content-Type", "text/html"), ("Content-Length", "900000")))),
        record(
            2,
            response(b"User-agent: *", fields=TEXT),
            url="https://coast.example/robots.txt",
            fields={"WARC-Truncated": "time"},
        ),
        record(3, response(b"", 404, TEXT), url="https://other.example/robots.txt"),
        record(4, response(b"", 301, (("Location", "/x"),)), url="https://third.example/.well-known/tdmrep.json"),
        record(5, response(b"User-agent: *", fields=TEXT), url="https://coast.example/deep/robots.txt"),
    ]
    archive = Archive(written(tmp_path / "a.warc", records))
    assert archive.ids == [0, 1, 5]
    assert [(c.protocol, c.status) for c in archive.captures] == [
        ("headers", 200),
        ("html", 206),
        ("headers", 200),
        ("html", 206),
        ("robots", 206),
        ("robots", 404),
        ("tdmrep", 301),
        ("headers", 200),
    ]


def test_page_in_another_encoding_is_captured_as_it_is_read(tmp_path: Path) -> None:
    words = "Воспроизведение запрещено, копирование материалов без разрешения запрещено."
    html = f"<html><body><p>{words * 4}</p></body></html>"
    block = response(html.encode("cp1251"), fields=(("Content-Type", "text/html; charset=windows-1251"),))
    archive = Archive(written(tmp_path / "a.warc", [record(0, block)]))
    [capture] = [c for c in archive.captures if c.protocol == "html"]
    assert capture.body.decode() == html
    assert words in archive.rows[0]["text"]


def test_page_that_is_nested_too_deep_is_read_and_counted(tmp_path: Path) -> None:
    deep = b"<html><body>" + b"<div>" * 10_000 + b"<p>The one sentence.</p>"
    archive = Archive(written(tmp_path / "a.warc", [record(0, response(deep)), *pages_of(2)[1:]]))
    assert archive.ids == [0, 1]
    assert archive.rows[0]["text"] == "The one sentence."
    [unread] = archive.extent.unread
    assert (unread.column, unread.rows) == ("main content (it is nested more than 500 deep)", 1)


def test_addresses_in_brackets_are_bare_and_fields_may_be_folded_and_repeated(tmp_path: Path) -> None:
    block = response(page())
    head = (
        "WARC/0.18\r\nWARC-Type: response\r\nWARC-Target-URI:\r\n <https://coast.example/1>\r\nwarc-date: 2026-03-01T10:20:30Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000001>\r\nCONTENT-LENGTH: {len(block)}\r\nContent-Length: 5\r\n\r\n"
    )
    [row] = Archive(written(tmp_path / "a.warc", head.encode() + block + b"\r\n\r\n")).rows
    assert (row["url"], row["source_record_id"]) == ("https://coast.example/1", "<urn:uuid:00000001>")


def test_files_that_hold_no_archive_are_damage(tmp_path: Path) -> None:
    for content in (
        b"some words\n",
        b"\x1f\x8b\x08",
        gzip.compress(b"some words"),
        b"\x28\xb5\x2f\xfd\0\0",
        b"BZh91AY&SY\0",
    ):
        archive = Archive(written(tmp_path / "a.warc", content))
        assert not archive.rows
        assert len(archive.damages) == 1, content


def test_archive_whose_first_bytes_are_damaged_is_told_by_its_name(tmp_path: Path) -> None:
    for name in ("a.warc.gz", "a.warc.wet.gz", "a.warc.wat.gz", "a.arc.gz", "a.warc"):
        path = written(tmp_path / name, gzip.compress(b"damaged") if name.endswith("gz") else b"damaged")
        assert [f.format for f in discover(path).files] == ["warc"], name
    assert not discover(written(tmp_path / "old.arc", b"\x1a\x08OLD")).files


@pytest.mark.parametrize(("day", "is_dated"), [("1970-01-01T00:00:00Z", False), ("1996-05-01T00:00:00Z", True)])
def test_capture_of_before_the_web_is_one_that_nobody_can_date(day: str, is_dated: bool, tmp_path: Path) -> None:
    archive = Archive(written(tmp_path / "a.warc", [record(1, response(page()), fields={"WARC-Date": day})]))
    assert {c.protocol: c.observed_at is not None for c in archive.captures} == {"headers": is_dated, "html": is_dated}
