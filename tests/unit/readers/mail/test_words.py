from __future__ import annotations

import pytest

from rightful.readers.charsets import Undecodable, text_of
from rightful.readers.mail.words import header_text, transferred, unflowed


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (b"caf\xe9", "iso-8859-1", "café"),
        (b"\x93so\x94", "ISO-8859-1", "“so”"),
        ("我".encode("gbk"), "gb2312", "我"),
        (b"tide", "x-never-heard-of", "tide"),
        ("Gezeit \N{GREEK SMALL LETTER OMEGA}".encode(), "us-ascii", "Gezeit ω"),
        ("Gezeit ω".encode(), None, "Gezeit ω"),
        (b"tide", "rot13", "tide"),
        (b"a\\u0062", "unicode_escape", "a\\u0062"),
        (b"tide", "hex", "tide"),
        (b"\xff\xfet\0i\0d\0e\0", "utf-16", "tide"),
    ],
)
def test_text_is_that_of_the_stated_set_or_utf_8(data: bytes, charset: str | None, text: str) -> None:
    assert text_of(data, charset) == text


@pytest.mark.parametrize(
    ("data", "charset", "reason"),
    [
        (
            b"a \xe9",
            "x-own",
            "the character set 'x-own' is unknown, and the text is not UTF-8 (byte 0xe9 at byte 2 of the part)",
        ),
        (b"\xd7\xd4", None, "no character set is stated, and the text is not UTF-8 (byte 0xd7 at byte 0 of the part)"),
        (b"\xff", "us-ascii", "the text is neither in the stated character set 'us-ascii' nor UTF-8 (byte 0xff"),
        (b"\xff", "idna", "the character set 'idna' is unknown"),
        (b"+2AA-\xff", "utf-7", "the text is neither in the stated character set 'utf-7' nor UTF-8"),
    ],
)
def test_text_is_never_guessed(data: bytes, charset: str | None, reason: str) -> None:
    with pytest.raises(Undecodable) as undecodable:
        text_of(data, charset)
    assert str(undecodable.value).startswith(reason)


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(Undecodable):
        text_of(b"\xff+2AA-", "utf-7")
    assert text_of(b"+2AA-", "utf-7") == "+2AA-", "as UTF-8: what utf-7 makes of it is half a character"


@pytest.mark.parametrize(
    ("data", "encoding", "plain"),
    [
        (b"a=3D=\nb=  \nc", "quoted-printable", b"a=bc"),
        (b"dGlk\nZQ==\n", "base64", b"tide"),
        (b"dG!lkZQ", "base64", b"tide"),
        (b"dGlkZQ==\nA footer of a list", "base64", b"tide"),
        (b"a=3D", "8bit", b"a=3D"),
    ],
)
def test_transfer_encoding_is_taken_off(data: bytes, encoding: str, plain: bytes) -> None:
    assert transferred(data, encoding) == plain


@pytest.mark.parametrize(("data", "encoding"), [(b"dGlkZ", "base64"), (b"M", "x-uuencode")])
def test_transfer_encoding_that_cannot_be_read_is_named(data: bytes, encoding: str) -> None:
    with pytest.raises(Undecodable):
        transferred(data, encoding)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?Q?Caf=C3=A9?= =?utf-8?B?IG5vaXI=?= now", "Café noir now"),
        ("=?utf-8?B?w?= =?utf-8?B?6Q==?=", "�"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),
        ("=?iso-8859-1*fr?Q?caf=E9_au_lait?=", "café au lait"),
        ("=?x-own?Q?=E9?= Moreno", "� Moreno"),
        ("1 =? 2 ?=", "1 =? 2 ?="),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_read_together(value: str, text: str) -> None:
    read = header_text(value)
    assert read == text or (text == "�" and "\ufffd" in read)


def test_flowed_paragraphs_are_one_line_each() -> None:
    text = "One \ntwo.\n\n> Three \n> four.\n>> five \n> six\n From\n-- \nAna"
    assert unflowed(text, joins=False) == "One two.\n\n> Three four.\n>> five \n> six\nFrom\n-- \nAna"
    assert unflowed("ti \nde", joins=True) == "tide"
    assert unflowed("ends \n", joins=False) == "ends "
