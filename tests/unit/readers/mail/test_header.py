from __future__ import annotations

import pytest

from rightful.readers.mail.header import header_of, instant_of, message_id, names_of, shown, valued


def test_fields_are_unfolded_and_what_is_none_is_left_out() -> None:
    header = header_of([b" astray", b"Subject: a", b"\tb", b"no field", b"To : ana@example.org", b"X:"])
    assert header.fields == (("Subject", "a\tb"), ("To", "ana@example.org"), ("X", ""))
    assert header.first("subject") == "a\tb"
    assert header.first("x") == header.first("absent") == ""


@pytest.mark.parametrize(
    ("text", "value", "parameters"),
    [
        ('Text/PLAIN; Charset="UTF-8"; format=flowed', "text/plain", {"charset": "UTF-8", "format": "flowed"}),
        ('a/b; boundary="x;y\\"z"', "a/b", {"boundary": 'x;y"z'}),
        ("a/b; boundary*0=x; boundary*1=y", "a/b", {"boundary": "xy"}),
        ("a/b; name*=iso-8859-1'fr'caf%E9", "a/b", {"name": "café"}),
        ("a/b; ; charset = utf-8 ;", "a/b", {"charset": "utf-8"}),
        ("", "", {}),
        ("a/b; boundary", "a/b", {}),
    ],
)
def test_values_have_parameters(text: str, value: str, parameters: dict[str, str]) -> None:
    read = valued(text)
    assert (read.value, read.parameters) == (value, parameters)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Thu, 1 Jan 1970 01:00:00 +0100", 0),
        ("1 Jan 70 00:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:01 -0000 (a zone)", 1_000_000),
        ("Mon, 99 Foo 2003 10:00:00 +0000", None),
        ("Mon, 31 Feb 2003 10:00:00 +0000", None),
        ("Mon, 1 Feb 2003 10:00:00 +9999999", None),
        ("Mon, 1 Feb 99999 10:00:00 +0000", None),
        ("yesterday", None),
        ("1" * 300, None),
        ("", None),
    ],
)
def test_date_is_read_or_none(text: str, instant: int | None) -> None:
    assert instant_of(text) == instant


def test_id_is_without_brackets_and_blanks() -> None:
    assert message_id(" <a.1@example.org> (a comment)") == "a.1@example.org"
    assert message_id("a.1@example.org") == "a.1@example.org"
    assert message_id("<>") is None
    assert message_id("x" * 2_000) is None


def test_names_are_those_shown_and_never_addresses() -> None:
    assert names_of('"Moreno, Mira" <mira@example.org>, =?utf-8?q?Zo=C3=AB?= <z@example.org>') == [
        "Moreno, Mira",
        "Zoë",
    ]
    assert names_of("ana@example.org") is None
    assert names_of('"ana@example.org" <ana@example.org>') is None
    assert names_of("goran at example.org (Göran L.)") == ["Göran L."]
    assert shown(" =?utf-8?q?Re:_tide?=\n  tables\0") == "Re: tide tables"
    assert shown(" ") is None


def test_bytes_of_a_field_are_of_the_set_that_the_message_states() -> None:
    fields = [b"From: G\xf6ran <g@example.org>", b"Content-Type: text/plain; charset=iso-8859-1"]
    assert header_of(fields).first("from") == "Göran <g@example.org>"
    assert header_of(fields[:1]).first("from") == "G\ufffdran <g@example.org>"
    mixed = header_of([*fields, "To: Zoë".encode()])
    assert (mixed.first("from"), mixed.first("to")) == ("Göran <g@example.org>", "Zoë")
