from __future__ import annotations

import gzip
import sys
import time
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from rightful.readers.charsets import Undecodable
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.web.http import Body, body_of, fields_of, head_of
from tests.unit.readers.archives import page, response

BODY = page()


def taken(body: bytes, *fields: tuple[str, str], limits: Limits = DEFAULT, is_cut: bool = False) -> Body:
    block = response(body, 200, fields)
    head = head_of(block)
    assert head is not None
    return body_of(block, head, limits, is_cut=is_cut)


def chunks_of(body: bytes, size: int = 100, end: bytes = b"0\r\n\r\n", line: bytes = b"\r\n") -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%X;name=value%s%s%s" % (len(part), line, part, line) for part in parts) + end


CHUNKED = ("Transfer-Encoding", "chunked")


def test_head_has_its_fields_in_order_folded_repeated_and_beyond_ascii() -> None:
    block = (
        b"HTTP/1.0 203 Non-Authoritative\r\nX-Robots-Tag: noai,\r\n  noimageai\r\nno colon here\r\nx-robots-tag: none\n"
        b"X-Author: J\xf6rg\r\nX-Title: caf\xc3\xa9\r\n : nameless\r\n\r\nbody"
    )
    head = head_of(block)
    assert head is not None
    assert head.status == 203
    assert head.get("x-robots-tag") == "noai, noimageai, none"
    assert head.fields[0] == ("X-Robots-Tag", "noai, noimageai")
    assert head.first("x-author") == "Jörg"
    assert block[head.size :] == b"body"


@pytest.mark.parametrize("block", [b"", b"<html>", b"HTTP/1.1 OK", b"HTTP/1.1 20", b"HTTP/1.1 2000 OK\r\n\r\n"])
def test_block_without_a_status_has_no_head(block: bytes) -> None:
    assert head_of(block) is None


def test_head_that_ends_with_the_block_has_no_body() -> None:
    head = head_of(b"HTTP/1.1 200 OK\r\nContent-Type: text/html")
    assert head is not None
    assert (head.first("content-type"), head.size) == ("text/html", 40)


def test_chunks_are_joined_whatever_ends_their_lines() -> None:
    for line in (b"\r\n", b"\n"):
        assert taken(chunks_of(BODY, line=line), CHUNKED) == Body(BODY, False, (chunks_of(BODY, line=line), BODY))
    assert taken(chunks_of(BODY, end=b"0\r\nTrailer: x\r\n\r\n"), CHUNKED).data == BODY


def test_chunks_that_are_announced_and_not_there_leave_the_body_as_it_is() -> None:
    for body in (BODY, b"add\r\nsome words", b"", b"5\r\nabc"):
        assert taken(body, CHUNKED).data == body


def test_chunks_without_their_end_are_a_part() -> None:
    body = taken(chunks_of(BODY, end=b""), CHUNKED)
    assert (body.data, body.is_partial) == (BODY, True)
    cut = taken(chunks_of(BODY)[:250], CHUNKED)
    assert BODY.startswith(cut.data)
    assert cut.is_partial


def test_chunks_that_break_are_damage() -> None:
    broken = chunks_of(BODY).replace(b"64;name=value", b"zz;name=value", 2).replace(b"zz;", b"64;", 1)
    with pytest.raises(Undecodable, match="no chunk begins at byte 117"):
        taken(broken, CHUNKED)


CODINGS = {
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY[:50]) + gzip.compress(BODY[50:]),
    "deflate": zlib.compress(BODY),
    "Deflate": zlib.compress(BODY)[2:-4],
    "br": brotli.compress(BODY),
    "zstd": zstandard.compress(BODY),
}


@pytest.mark.parametrize("name", CODINGS)
def test_content_coding_is_taken_off(name: str) -> None:
    coded = CODINGS[name]
    assert taken(coded, ("Content-Encoding", name)).data == BODY
    assert taken(chunks_of(coded), ("Content-Encoding", name), CHUNKED).data == BODY
    assert taken(BODY, ("Content-Encoding", name)).data == BODY, "somebody took it off and left the field"


@pytest.mark.parametrize("name", CODINGS)
def test_content_coding_that_ends_too_early_is_damage_unless_the_archive_says_that_it_was_cut(name: str) -> None:
    cut = CODINGS[name][:-20]
    with pytest.raises(Undecodable, match="truncated"):
        taken(cut, ("Content-Encoding", name))
    kept = taken(cut, ("Content-Encoding", name), is_cut=True)
    assert BODY.startswith(kept.data)
    assert kept.is_partial


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_content_coding_that_is_broken_or_a_bomb_is_damage(name: str) -> None:
    coded = bytearray(CODINGS[name])
    coded[30:60] = bytes(30)
    with pytest.raises(Undecodable, match=f"content coding {name} is broken|truncated"):
        taken(bytes(coded), ("Content-Encoding", name))
    bomb = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": lambda data: brotli.compress(data, quality=1),
        "zstd": zstandard.compress,
    }[name](bytes(20 << 20))
    with pytest.raises(Undecodable, match=r"unpacks to more than 1048576 bytes.*limit value_bytes"):
        taken(bomb, ("Content-Encoding", name), limits=Limits(value_bytes=1 << 20))


def test_codings_are_taken_off_from_the_last_to_the_first() -> None:
    assert taken(gzip.compress(zlib.compress(BODY)), ("Content-Encoding", "deflate, gzip")).data == BODY
    assert taken(BODY, ("Content-Encoding", "identity")).data == BODY


def test_coding_that_nobody_knows_is_named() -> None:
    with pytest.raises(Undecodable, match="'sdch' is none that is read here"):
        taken(b"\x00\x01\x02\x03" * 100, ("Content-Encoding", "sdch"))


def test_brotli_without_its_decoder_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(Undecodable, match="pip install brotli"):
        taken(CODINGS["br"], ("Content-Encoding", "br"))


def test_body_that_is_shorter_than_its_length_is_a_part() -> None:
    assert taken(BODY, ("Content-Length", str(len(BODY) + 1))).is_partial
    assert not taken(BODY, ("Content-Length", str(len(BODY)))).is_partial
    assert not taken(BODY, ("Content-Length", "12")).is_partial
    assert not taken(BODY, ("Content-Length", "9" * 400)).is_partial


def test_fields_of_many_folded_lines_take_linear_time() -> None:
    start = time.process_time()
    [(name, value)] = fields_of(b"HTTP/1.1 200 OK\r\nA: b\r\n" + b" c\r\n" * 250_000)
    assert time.process_time() - start < 1
    assert (name, value) == ("A", "b" + " c" * 250_000)


def test_body_of_many_small_members_takes_linear_time() -> None:
    start = time.process_time()
    body = taken(gzip.compress(b"x", mtime=0) * 200_000, ("Content-Encoding", "gzip"))
    assert time.process_time() - start < 5
    assert body.data == b"x" * 200_000


def test_bare_deflate_that_ends_within_a_run_is_whole() -> None:
    for more in range(0, 520, 20):
        packer = zlib.compressobj(wbits=-15)
        content = b"a" * ((1 << 20) + more)
        coded = packer.compress(content) + packer.flush()
        assert taken(coded, ("Content-Encoding", "deflate"), limits=Limits()) == Body(
            content, False, (coded, content)
        ), more


def test_bomb_of_brotli_is_never_held() -> None:
    bomb = brotli.compress(bytes(100 << 20), quality=5)
    assert len(bomb) < 1_000
    tracemalloc.start()
    with pytest.raises(Undecodable, match="unpacks to more than"):
        taken(bomb, ("Content-Encoding", "br"), limits=Limits(value_bytes=1 << 20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
