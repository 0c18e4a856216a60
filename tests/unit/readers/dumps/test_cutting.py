from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers.dumps.cutting import NoXml, Piece, pieces, read_piece, without_comments
from rightful.readers.streams import StreamBroken

NAMES = ("page", "revision")


def cut(*chunks: bytes, most: int = 1_000) -> list[tuple[str, bytes | None, bool]]:
    return [(one.kind, one.raw, one.closed) for one in pieces(iter(chunks), NAMES, most)]


def test_pieces_are_the_head_the_pages_and_their_revisions() -> None:
    document = b"<m><page><id>1</id><revision>a</revision>\n<revision >b</revision></page>\n<page></page></m>"
    assert cut(document) == [
        ("", b"<m>", True),
        ("page", b"<page><id>1</id>", True),
        ("revision", b"<revision>a</revision>", True),
        ("/revision", b"\n", True),
        ("revision", b"<revision >b</revision>", True),
        ("/page", b"</page>", True),
        ("", b"\n", True),
        ("page", b"<page>", True),
        ("/page", b"</page>", True),
        ("", b"</m>", True),
    ]


def test_marks_that_are_hidden_or_of_another_name_are_none() -> None:
    assert cut(b"<!-- <page> --><pages><![CDATA[<page></page>]]></pages>") == [
        ("", b"<!-- <page> --><pages><![CDATA[<page></page>]]></pages>", True)
    ]


def test_piece_that_is_too_long_is_not_held() -> None:
    (one,) = pieces(iter([b"<page>" + b"x" * 50, b"y" * 50]), NAMES, 20)
    assert one == Piece("page", None, 1, 0, 106, False)


def test_break_of_the_stream_comes_behind_what_came_before_it() -> None:
    def broken() -> Iterator[bytes]:
        yield b"<m><page>a</page><pa"
        raise StreamBroken("broken here", opened=True)

    there = pieces(broken(), NAMES, 1_000)
    assert [next(there).raw for _ in range(4)] == [b"<m>", b"<page>a", b"</page>", b"<pa"]
    with pytest.raises(StreamBroken, match="broken here"):
        next(there)


parts = st.lists(
    st.sampled_from(
        [b"<page>", b"</page>", b"<revision>", b"</revision>", b"a", b"\n", b"<", b"<!--", b"-->", b"<![CDATA[", b"]]>"]
    ),
    max_size=30,
).map(b"".join)


@given(parts, st.integers(1, 9))
def test_pieces_are_all_of_the_document_wherever_it_is_divided(document: bytes, size: int) -> None:
    divided = (document[at : at + size] for at in range(0, len(document), size))
    found = list(pieces(divided, NAMES, 1_000))
    assert found == list(pieces(iter([document] if document else []), NAMES, 1_000))
    assert b"".join(one.raw or b"" for one in found) == document
    for one in found:
        assert one.byte == sum(other.size for other in found[: found.index(one)])
        assert one.line == document[: one.byte].count(b"\n") + 1


def test_elements_have_the_text_of_the_first_of_each() -> None:
    found = read_piece(b"<a><b x='1'>one<c/>two</b><b>three</b></a>")
    assert found.texts == {"a": "", "a/b": "one", "a/b/c": ""}
    assert found.attributes["a/b"] == {"x": "1"}
    assert found.text("a/d") is None


@pytest.mark.parametrize(
    ("raw", "reason", "line"),
    [
        (b"<a>\n<b></a>", "mismatched tag", 2),
        (b"<a>\n\xff</a>", "not UTF-8: byte 0xff", 2),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "it declares a document type", 1),
        (b"<a>&b;</a>", "undefined entity", 1),
        (b"<a>" * 100 + b"</a>" * 100, "elements lie in each other", 1),
        (b"<a>" + b"<b/>" * 5_000 + b"</a>", "more than 4096 elements", 1),
        (b"", "no element found", 1),
    ],
)
def test_piece_that_is_no_xml_is_named_with_its_line(raw: bytes, reason: str, line: int) -> None:
    with pytest.raises(NoXml) as error:
        read_piece(raw)
    assert reason in error.value.reason
    assert error.value.line == line


def test_comments_that_do_not_end_are_looked_through_in_linear_time() -> None:
    start = time.process_time()
    assert without_comments(b"<!---->a" + b"<!--" * 500_000) == b"a" + b"<!--" * 500_000
    assert time.process_time() - start < 1


def test_piece_of_a_stream_that_is_empty_ends_nothing() -> None:
    def breaks() -> Iterator[bytes]:
        yield b"<m><page>"
        yield b""
        raise StreamBroken("cut off", opened=True)

    with pytest.raises(StreamBroken, match="cut off"):
        list(pieces(breaks(), NAMES, 1_000))
