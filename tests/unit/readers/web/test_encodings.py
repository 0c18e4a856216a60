from __future__ import annotations

import pytest

from rightful.readers.web.encodings import decoded, python_name

RUSSIAN = "Прилив приходит дважды в день, и кто живёт на берегу, знает его час без часов. " * 4
JAPANESE = "潮は一日に二度満ちる。海辺に住む人は時計がなくてもその時刻を知っている。" * 4
GERMAN = "Die Flut kommt zweimal am Tag – „pünktlich“, sagt man an der Küste für gewöhnlich. " * 4


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (GERMAN, "cp1252", "iso-8859-1"),
        (GERMAN, "cp1252", "ascii"),
        (GERMAN, "utf-8", "utf-8"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (JAPANESE, "cp932", "x-sjis"),
        (JAPANESE, "euc-jp", "euc-jp"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        ("潮水每天来两次。" * 9, "gb18030", "gb2312"),
        ("潮水每天來兩次。" * 9, "big5", "big5"),
        ("밀물은 하루에 두 번 온다. " * 9, "cp949", "ks_c_5601-1987"),
        (RUSSIAN, "utf-16-le", "utf-16"),
    ],
)
def test_text_is_read_as_its_header_or_its_page_states(text: str, encoding: str, label: str) -> None:
    found = decoded(text.encode(encoding), label, is_page=False)
    assert (found.text, found.replaced) == (text, 0)
    if not label.startswith("utf-16"):
        for tag in (
            f'<meta charset="{label}">',
            f"<META http-equiv=Content-Type content='text/html; charset={label}'>",
        ):
            page = (tag + text).encode(encoding)
            assert decoded(page, "", is_page=True).text == tag + text


def test_mark_at_the_start_goes_before_all_labels() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert decoded(RUSSIAN.encode(encoding), "windows-1252", is_page=True).text == RUSSIAN


def test_utf_8_is_read_as_what_it_is_whatever_is_stated() -> None:
    for label in ("iso-8859-1", "windows-1251", "gbk", "nonsense", ""):
        assert decoded(RUSSIAN.encode(), label, is_page=False).text == RUSSIAN


def test_encoding_that_nobody_states_or_that_is_wrong_is_told_by_its_letters() -> None:
    for label in ("", "utf-8", "no-such-set"):
        assert decoded(RUSSIAN.encode("cp1251"), label, is_page=False).text == RUSSIAN
        assert decoded(JAPANESE.encode("cp932"), label, is_page=False).text == JAPANESE


def test_a_few_bytes_that_fit_nowhere_are_counted_and_many_are_damage() -> None:
    few = RUSSIAN.encode() * 20 + b"\xff" + RUSSIAN.encode()
    found = decoded(few, "utf-8", is_page=False)
    assert (found.fault, found.replaced, found.text.count("\ufffd")) == (None, 1, 1)
    for text, encoding in ((RUSSIAN, "utf-8"), (JAPANESE, "euc-jp")):
        many = (text[:100].encode(encoding) + b"\xff ") * 50
        assert decoded(
            many, encoding, is_page=False
        ).fault == f"not text in {python_name(encoding)}: 50 of 5100 characters" + (" cannot be decoded")
    assert decoded(bytes(range(128, 256)) * 40, "windows-1252", is_page=False).fault


def test_label_is_looked_up_in_the_table_of_the_standard() -> None:
    assert python_name("latin1") == "cp1252"
    assert python_name(" UTF8 ") == "utf-8"
    assert python_name("utf-7") is None
    assert python_name("hex") is None
    assert python_name("rot13") is None
