from __future__ import annotations

import pytest

from rightful.readers.mail.header import Header
from rightful.readers.mail.persons import MOST, named_in, quoted_in
from rightful.rights.consent import subject_key

KEY = b"k" * 32


def reached(by: str, *headers: Header, quoted: tuple[str, ...] = ()) -> bool:
    """Whether a withdrawal by this subject reaches a mail with these headers."""
    named = named_in(headers, quoted)
    listed = named.subjects if named.subjects is not None else [named.subject]
    return subject_key(by, KEY) in {subject_key(s, KEY) for s in listed if s}


def mail(**fields: str) -> Header:
    return Header(
        tuple((name.replace("_", "-"), value) for name, value in {"From": "bo@example.org", **fields}.items())
    )


@pytest.mark.parametrize(
    "field",
    [
        "From",
        "Sender",
        "Reply_To",
        "To",
        "Cc",
        "Bcc",
        "Resent_From",
        "Resent_To",
        "Resent_Cc",
        "Resent_Bcc",
        "Return_Path",
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        "ana@example.org",
        '"Ana" <ANA@example.org>',
        "Ana Silva <ana@EXAMPLE.org>, bo@example.org",
        "=?utf-8?q?Ana_Silva?= <ana@example.org>",
        "=?utf-8?b?YW5hQGV4YW1wbGUub3Jn?=",
        "Friends: cy@example.org, ana@example.org;",
        "ana@example.org (Ana)",
        "ana at example.org (Ana)",
        "ana [at] example dot org",
    ],
)
def test_withdrawal_by_address_reaches_every_correspondent_in_any_spelling(field: str, value: str) -> None:
    assert reached("ana@example.org", mail(**{field: value}))
    assert not reached("ana@example.org", mail())


def test_withdrawal_by_name_reaches_what_is_shown() -> None:
    for name in ("Ana B. Silva Jr.", "ana b. silva jr."):
        assert reached(name, mail(To='"Ana B. Silva Jr." <ana@example.org>'))
        assert reached(name, mail(To="=?utf-8?q?Ana_B=2E_Silva_Jr=2E?= <ana@example.org>"))
    assert reached("Moreno, Mira", mail(To="Moreno, Mira <mira@example.org>"))


def test_withdrawal_reaches_the_last_of_a_thousand() -> None:
    many = ", ".join(f'"Person {n}, of all" <p{n}@example.org>' for n in range(2_000))
    assert reached("p1999@example.org", mail(To=many))
    assert reached("Person 1200, of all", mail(To=many))
    assert named_in([mail(To=many)]).readable


def test_more_than_can_be_told_apart_cannot_be_read() -> None:
    many = ", ".join(f"p{n}@example.org" for n in range(MOST + 1))
    assert not named_in([mail(To=many)]).readable


@pytest.mark.parametrize("value", ["", "<>", " ", "=?x-own?b?1NS0?= <ana@example.org>", "Ana \ufffd <ana@example.org>"])
def test_sender_who_cannot_be_read_is_somebody(value: str) -> None:
    named = named_in([Header((("From", value), ("To", "bo@example.org")))])
    assert named.subjects is not None
    assert "" in named.subjects
    assert not named.readable


def test_sender_of_a_message_within_counts_as_well() -> None:
    assert reached("ana@example.org", mail(), mail(From="ana@example.org"))
    assert not named_in([mail(), Header((("To", "ana@example.org"),))]).readable


def test_several_persons_are_told_from_several_spellings_of_one() -> None:
    one = named_in([Header((("From", "Ana <ana@example.org>"),))])
    assert one.subject == "Ana <ana@example.org>"
    assert one.subjects is not None
    assert None not in one.subjects
    two = named_in([mail(To="ana@example.org")])
    assert two.subjects is not None
    assert None in two.subjects
    assert named_in([mail()]) == named_in([mail(To="undisclosed-recipients:;")])
    assert named_in([mail()]).subjects is None


def test_those_who_are_quoted_are_named() -> None:
    text = (
        "Hello\n> On 1 May, Cy Ray\n> <cy@example.org> wrote:\n>> tide\n"
        "-----Original Message-----\nFrom: Ana Silva <ana@example.org>\n Write to me@example.org.\n"
    )
    lines = tuple(quoted_in(text))
    assert reached("cy@example.org", mail(), quoted=lines)
    assert reached("ana@example.org", mail(), quoted=lines)
    assert not reached("me@example.org", mail(), quoted=lines)
