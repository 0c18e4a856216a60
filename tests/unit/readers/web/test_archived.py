"""The records of archives, held against those that warcio reads."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.web.archived import Archived, Lost, records
from rightful.readers.web.http import body_of, head_of
from tests.unit.readers.archives import members, pages_of, record, response, written

contents = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=100).map(str.encode),
    st.sampled_from(
        [b"", b"\r\n\r\n", b"WARC/1.0\r\n\r\n", b"\nWARC/1.0\nWARC-Type: response\n\n", b"HTTP/1.1 200 OK\r\n\r\n"]
    ),
)
plans = st.lists(
    st.tuples(
        st.sampled_from(["response", "resource", "request", "metadata", "conversion"]), contents, st.integers(100, 599)
    ),
    max_size=8,
)


def written_by_warcio(plan: list[tuple[str, bytes, int]], *, gzip: bool) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzip)
    info = writer.create_warcinfo_record("a.warc.gz", {"software": "test", "operator": "Coast"})
    writer.write_record(info)
    info.raw_stream.close()
    for number, (kind, content, status) in enumerate(plan):
        fields = [("Content-Type", "text/html"), ("X-Number", str(number))]
        http = StatusAndHeaders(f"{status} OK", fields, protocol="HTTP/1.1") if kind == "response" else None
        if kind == "request":
            http = StatusAndHeaders("GET / HTTP/1.1", fields)
        url = f"https://coast.example/{number}"
        made = writer.create_warc_record(url, kind, payload=io.BytesIO(content), http_headers=http)
        writer.write_record(made)
        made.raw_stream.close()  # a temporary file, by then
    return out.getvalue()


@given(plan=plans, gzip=st.booleans())
def test_valid_archive_is_read_as_warcio_reads_it(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[str, bytes, int]], gzip: bool
) -> None:
    data = written_by_warcio(plan, gzip=gzip)
    path = written(tmp_path_factory.mktemp("any") / "a.warc", data)
    ours = list(records(path, DEFAULT, lambda fields, start: True))
    theirs = ArchiveIterator(io.BytesIO(data))
    for mine, other in zip(ours, theirs, strict=True):
        assert isinstance(mine, Archived)
        assert mine.kind == other.rec_type
        assert mine.get("warc-record-id") == other.rec_headers.get_header("WARC-Record-ID")
        assert mine.get("warc-target-uri") == (other.rec_headers.get_header("WARC-Target-URI") or "")
        assert mine.is_sure is (other.rec_headers.get_header("WARC-Block-Digest") is not None)
        content = other.content_stream().read()
        if mine.kind == "response":
            head = head_of(mine.block)
            assert head is not None
            assert head.status == int(other.http_headers.get_statuscode())
            assert list(head.fields) == other.http_headers.headers
            assert body_of(mine.block, head, DEFAULT).data == content
        elif mine.kind != "request":
            assert mine.block == content
        assert (mine.at, mine.within) == (theirs.get_record_offset(), False)  # it reads to the end of the record


@given(content=st.binary(max_size=2_000), at=st.integers(0, 5_000), start=st.booleans())
def test_whatever_bytes_are_there_no_record_is_made_of_them_twice(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, at: int, start: bool
) -> None:
    whole = b"".join(pages_of(6))
    place = at % len(whole)
    data = whole[:place] + content + whole[place + (0 if start else len(content)) :]
    path = written(tmp_path_factory.mktemp("any") / "a.warc", data)
    there = list(records(path, DEFAULT, lambda fields, start: True))
    places = [one.at for one in there if isinstance(one, Archived)]
    assert places == sorted(set(places))
    assert len(places) >= 3
    assert [one.at for one in there] == sorted(one.at for one in there)
    assert all(one.reason for one in there if isinstance(one, Lost))


def test_large_record_is_passed_over_unless_it_is_wanted(tmp_path: Path) -> None:
    large = record(0, response(b"a" * (40 << 20)))
    path = written(tmp_path / "a.warc", [large, *pages_of(2)[1:]])
    first, second = records(path, DEFAULT, lambda fields, start: False)
    assert isinstance(first, Archived)
    assert (first.is_whole, len(first.block), first.size > 40 << 20) == (False, 64 << 10, True)
    assert isinstance(second, Archived)
    assert second.at == len(large)
    first, second = records(path, DEFAULT, lambda fields, start: True)
    assert isinstance(first, Archived)
    assert (first.is_whole, len(first.block)) == (True, first.size)
    first, second = records(path, Limits(value_bytes=1 << 20), lambda fields, start: True)
    assert isinstance(first, Archived)
    assert not first.is_whole


def test_large_record_with_a_wrong_length_costs_itself(tmp_path: Path) -> None:
    block = response(b"a" * (40 << 20))
    for off in (-5_000, 5_000_000, 200):
        large = record(0, block, length=len(block) + off)
        rest = pages_of(4_000)[1:] if off > 5_000 else pages_of(3)[1:]
        path = written(tmp_path / "a.warc", [large, *rest])
        first, *others = records(path, DEFAULT, lambda fields, start: False)
        assert isinstance(first, Lost)
        assert "Content-Length" in first.reason
        assert [one.number for one in others if isinstance(one, Archived)] == list(range(2, len(rest) + 2))


@pytest.mark.parametrize(
    "content",
    [
        b"WARC/1.0\r\n" * 100_000,
        b"WARC/1.0\r\nContent-Length: 30000000\r\n\r\nx\r\n\r\n" * 20_000 + b"x" * 31_000_000,
        b"WARC/1.0\r\nContent-Length: 900000000\r\n\r\nx\r\n\r\n" * 20_000,
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n" * 50_000,
        b"WARC/1.0\r\n" + b"a: b\r\n" * 1_000_000,
        b"\r\n" * 3_000_000,
        b"filedesc://a 0.0.0.0 20040301102030 text/plain 0\n" + b"http://a/ " * 500_000,
        b"filedesc://a 0.0.0.0 20040301102030 text/plain 0\n"
        + b"http://a/ 1.1.1.1 20040301102030 text/html 30000000\n" * 30_000,
        b"WARC/1.0\r\n" + b"a:b\r\n" * 200_000 + b"Content-Length: 0\r\n\r\n\r\n\r\n",
        b"WARC/1.0\r\na: b\r\n" + b" a\r\n" * 250_000 + b"Content-Length: 0\r\n\r\n\r\n\r\n",
        b"".join(members([record(0, b"hello"), *[b"x"] * 12_000])),
    ],
    ids=range(11),
)
def test_hostile_file_is_read_in_bounded_time(tmp_path: Path, content: bytes) -> None:
    start = time.process_time()
    read = sum(
        isinstance(one, Archived) for one in records(written(tmp_path / "a.warc", content), DEFAULT, lambda f, s: True)
    )
    assert time.process_time() - start < 15
    assert read <= 50_000


def test_file_that_goes_on_without_a_line_end_is_never_held(tmp_path: Path) -> None:
    info = b"filedesc://a 0.0.0.0 20040301102030 text/plain 0\n"
    first = b"\nhttp://a.example/ 1.1.1.1 20040301102030 text/html 5\nhello\n"
    path = written(tmp_path / "a.arc", info + first + bytes(24 << 20))
    tracemalloc.start()
    outcome = list(records(path, DEFAULT, lambda fields, start: True))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
    assert [one.number if isinstance(one, Archived) else one.reason for one in outcome] == [
        1,
        "its Content-Length is 5, and it goes on after that",
    ]


def test_large_record_that_ends_early_is_told_with_its_whole_length(tmp_path: Path) -> None:
    large = record(0, response(b"a" * (40 << 20)), length=50 << 20)
    path = written(tmp_path / "a.warc.gz", b"".join(members([large, *pages_of(2)[1:]])))
    first, second = records(path, DEFAULT, lambda fields, start: False)
    assert isinstance(first, Lost)
    assert isinstance(second, Archived)
    size, there = re.findall(r"\d+", first.reason)
    assert int(size) == 50 << 20
    assert 40 << 20 < int(there) < 41 << 20


def test_member_that_is_cut_before_it_holds_anything_costs_no_record_before_it(tmp_path: Path) -> None:
    first, second = members([b"filedesc://a 0.0.0.0 20040301102030 text/plain 0\n", pages_of(1)[0]])
    path = written(tmp_path / "a.arc.gz", first + second[:12])
    one, lost = records(path, DEFAULT, lambda fields, start: True)
    assert isinstance(one, Archived)
    assert isinstance(lost, Lost)
    assert (lost.at, "truncated" in lost.reason) == (len(first), True)
