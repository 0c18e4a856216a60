from __future__ import annotations

import base64
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from rightful.readers.limits import Limits
from rightful.readers.mail.parts import HEADER_BYTES, MOST_DEPTH, MOST_PARTS
from rightful.readers.tree import discover
from tests.unit.readers.reading import PACKERS, Reading, read_file

ENVELOPE = "From ana@example.org Mon Jan  1 00:00:00 2001\n"
HEADER = "From: Ana Silva <ana@example.org>\nTo: bo@example.org\nDate: Mon, 1 Jan 2001 10:00:00 +0100\n"


def message(body: str, header: str = "", number: int = 1) -> str:
    return f"{ENVELOPE}{HEADER}Message-ID: <{number}@example.org>\n{header}\n{body}\n\n"


def reading_of(tmp_path: Path, content: str | bytes, limits: Limits | None = None) -> Reading:
    path = tmp_path / "in.mbox"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, "mbox", **({} if limits is None else {"limits": limits}))


def row_of(tmp_path: Path, body: str, header: str = "") -> dict[str, Any]:
    reading = reading_of(tmp_path, message(body, header))
    assert reading.damages == []
    (row,) = reading.rows
    return row


def counts(reading: Reading) -> dict[str, int]:
    return {s.reason: s.records for s in reading.skipped}


def test_mail_is_a_record_with_what_its_header_says(tmp_path: Path) -> None:
    header = "Subject: =?utf-8?q?T=C3=AEde?=\n tables\nArchived-At: <https://lists.example.org/1>\nContent-Language: en, fr\n"
    row = row_of(tmp_path, "High at nine.", header)
    assert (row["source_record_id"], row["text"], row["title"]) == ("1@example.org", "High at nine.", "Tîde tables")
    assert (row["authors"], row["url"], row["language_stated"]) == (["Ana Silva"], "https://lists.example.org/1", "en")
    assert row["published_at"].isoformat() == "2001-01-01T09:00:00+00:00"
    assert (row["line"], row["media_type"]) == (1, "message/rfc822")
    assert row["subject"] == "Ana Silva <ana@example.org>"
    assert {"ana@example.org", "bo@example.org", None} <= set(row["subjects"])


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_mails_of_a_box_are_told_apart(tmp_path: Path, suffix: str) -> None:
    bodies = [
        "Plain.\nFrom here on it rains.\n\nFrom 1 May it does not.",
        ">From quoted\n>>From twice",
        "So:\nFrom bo@example.org Mon Jan  1 00:00:00 2001\nis quoted without a sign, and no field follows.",
    ]
    content = "".join(message(body, number=n) for n, body in enumerate(bodies)).encode()
    path = tmp_path / f"in.mbox{suffix}"
    path.write_bytes(PACKERS[suffix](content) if suffix else content)
    (file,) = discover(tmp_path).files
    assert file.format == "mbox"
    reading = read_file(path, "mbox")
    assert reading.texts == [bodies[0], "From quoted\n>From twice", bodies[2]]
    assert reading.lines == content.count(b"\n")


def test_length_that_a_mail_states_hides_no_other(tmp_path: Path) -> None:
    hiding = message("tide", "Content-Length: 100000\n")
    reading = reading_of(tmp_path, hiding + message("ebb", number=2))
    assert reading.texts == ["tide", "ebb"]


def test_envelope_without_a_blank_line_before_it_begins_a_mail(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, message("tide").rstrip("\n") + "\n" + message("ebb", number=2))
    assert reading.texts == ["tide", "ebb"]


def test_lines_may_end_as_in_dos(tmp_path: Path) -> None:
    content = (message("High\nat nine.") + message("ebb", number=2)).replace("\n", "\r\n")
    assert reading_of(tmp_path, content).texts == ["High\nat nine.", "ebb"]


def test_mail_without_an_id_has_its_place(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, message("tide") + f"{ENVELOPE}{HEADER}\nebb\n")
    assert [row["source_record_id"] for row in reading.rows] == ["1@example.org", "in.mbox:9"]


def test_mails_of_one_id_are_both_there(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, message("tide") + message("ebb"))
    assert [row["source_record_id"] for row in reading.rows] == ["1@example.org"] * 2


PARTS = """Content-Type: multipart/mixed; boundary="b1"

preamble
--b1
Content-Type: multipart/alternative; boundary=b2

--b2
Content-Type: text/html

<p>Never this.</p>
--b2
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

H=E4lt.
--b2--
--b1
Content-Type: application/pdf
Content-Transfer-Encoding: base64

JVBERi0=
--b1
Content-Type: message/rfc822

From: Cy Ray <cy@example.org>
Subject: tide

Forwarded.
--b1
Content-Type: text/plain
Content-Disposition: attachment; filename=notes.txt

Attached.
--b1
Content-Type: text/html

<p>Only as <b>HTML</b>.</p>
--b1
Content-Type: application/pgp-signature

-----BEGIN PGP SIGNATURE-----
--b1--
epilogue
"""


def test_parts_are_read_in_their_order_and_what_is_attached_is_counted(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, f"{ENVELOPE}{HEADER}Message-ID: <1@example.org>\n{PARTS}")
    (row,) = reading.rows
    assert row["text"] == "Hält.\n\nForwarded.\n\nOnly as HTML."
    assert {"cy@example.org", "Cy Ray", "ana@example.org"} <= set(row["subjects"])
    assert counts(reading) == {
        "an attachment: application/pdf": 1,
        "an attachment: text/plain": 1,
        "a signature: application/pgp-signature": 1,
    }


def test_digest_has_messages_where_nothing_else_is_stated(tmp_path: Path) -> None:
    within = "".join(f"--d\n\nFrom: p{n}@example.org\n\nText {n}.\n" for n in range(3))
    row = row_of(tmp_path, within + "--d--", "Content-Type: multipart/digest; boundary=d\n")
    assert row["text"] == "Text 0.\n\nText 1.\n\nText 2."
    assert {"p0@example.org", "p1@example.org", "p2@example.org"} <= set(row["subjects"])


def test_alternatives_without_a_plain_one_are_that_of_html(tmp_path: Path) -> None:
    html = "--a\nContent-Type: text/html\n\n<p>One<p>Two\n--a--"
    assert row_of(tmp_path, html, "Content-Type: multipart/alternative; boundary=a\n")["text"] == "One\nTwo"


def test_flowed_lines_are_joined(tmp_path: Path) -> None:
    row = row_of(tmp_path, "High \nat nine.", "Content-Type: text/plain; format=flowed; charset=utf-8\n")
    assert row["text"] == "High at nine."


@pytest.mark.parametrize("stated", ['multipart/mixed; boundary=""', "multipart/mixed", "text", ""])
def test_parts_that_nothing_parts_are_one_text(tmp_path: Path, stated: str) -> None:
    assert row_of(tmp_path, "--\nAna\n----\nBo", f"Content-Type: {stated}\n")["text"] == "--\nAna\n----\nBo"


SEALED = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        ("", SEALED, "an encrypted mail"),
        (
            'Content-Type: multipart/encrypted; boundary="e"\n',
            f"--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--e\nContent-Type: application/octet-stream\n\n{SEALED}\n--e--",
            "an encrypted mail",
        ),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n", "MIAGC", "an encrypted mail"),
        (
            "Content-Type: application/pkcs7-mime; smime-type=signed-data\n",
            "MIAGC",
            "a mail within its signature (S/MIME): unpack it first",
        ),
        ("Content-Type: image/png\n", "iVBOR", "a mail without text"),
        ("", "", "a mail without text"),
    ],
)
def test_mail_that_holds_no_text_is_counted_by_why(tmp_path: Path, header: str, body: str, reason: str) -> None:
    reading = reading_of(tmp_path, message(body, header) + message("ebb", number=2))
    assert reading.texts == ["ebb"]
    assert reading.damages == []
    assert counts(reading)[reason] == 1


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        ("Content-Type: text/plain; charset=x-own\n", "\udce9", "the character set 'x-own' is unknown"),
        ("Content-Transfer-Encoding: base64\n", "A", "its base64 ends in the middle of a byte"),
        ("Content-Transfer-Encoding: x-own\n", "A", "the transfer encoding 'x-own' is not read"),
        ("", "tide\0", "NUL character in the text"),
        ("X-Long: " + "x" * HEADER_BYTES + "\n", "tide", "its header is longer than 1048576 bytes"),
        (
            "Content-Type: multipart/mixed; boundary=b\n",
            "--b\n\nx\n" * (MOST_PARTS + 1),
            "it has more than 10,000 parts",
        ),
        (
            "Content-Type: multipart/mixed; boundary=b\n",
            "tide",
            "its parts cannot be told apart: the boundary 'b' never",
        ),
        (
            "Content-Type: multipart/mixed; boundary=b\n",
            "--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 100_000,
            f"it has parts nested {MOST_DEPTH} deep",
        ),
        ("", "x\n" * 1_000_000, "a mail of 1500001 bytes; at most 1500000 are read"),
    ],
    ids=["charset", "base64", "encoding", "nul", "header", "parts", "boundary", "depth", "size"],
)
def test_mail_that_is_damaged_takes_no_other_with_it(tmp_path: Path, header: str, body: str, reason: str) -> None:
    content = (message("tide") + message(body, header, 2) + message("ebb", number=3)).encode("utf-8", "surrogateescape")
    reading = reading_of(tmp_path, content, Limits(value_bytes=1_500_000))
    assert reading.texts == ["tide", "ebb"]
    ((position, why),) = reading.faults
    assert (position, why[: len(reason)]) == ("line 9", reason)


def test_mail_at_whose_end_the_file_breaks_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox.gz"
    content = message("tide") + message("".join(f"line {n * n}\n" for n in range(9_000)), number=2)
    path.write_bytes(PACKERS[".gz"](content.encode())[:-2_000])
    reading = read_file(path, "mbox")
    assert reading.texts == ["tide"]
    ((position, why),) = reading.faults
    assert (position or "").startswith("line ")
    assert "truncated" in why


def test_attachment_of_a_hundred_megabytes_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    line = base64.b64encode(b"x" * 57) + b"\n"
    header = message(
        "--b\n\nHigh at nine.\n--b\nContent-Type: video/mp4\n", "Content-Type: multipart/mixed; boundary=b\n"
    )
    with path.open("wb") as file:
        file.write(header.encode())
        for _ in range(100):
            file.write(line * 14_000)
        file.write(b"--b--\n\n" + message("ebb", number=2).encode())
    assert path.stat().st_size > 100 << 20
    tracemalloc.start()
    reading = read_file(path, "mbox")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reading.texts == ["High at nine.", "ebb"]
    assert counts(reading) == {"an attachment: video/mp4": 1}
    assert peak < 16 << 20


def test_statements_of_a_mail_are_kept(tmp_path: Path) -> None:
    assert row_of(tmp_path, "tide", "X-License: CC-BY-4.0\n")["license_raw"] == "CC-BY-4.0"
    assert row_of(tmp_path, "tide")["license_raw"] is None


@pytest.mark.parametrize(("header", "body"), [("X-No-Archive: Yes\n", "tide"), ("", "X-No-Archive: yes\n\ntide")])
def test_wish_not_to_be_archived_is_a_statement(tmp_path: Path, header: str, body: str) -> None:
    row = row_of(tmp_path, body, header)
    assert row["license_raw"] == "X-No-Archive: yes"
    assert "X-No-Archive" in row["statements"]
    assert row_of(tmp_path, "tide", "X-No-Archive: no\n")["license_raw"] is None


def test_date_and_sender_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    header = "From: \nDate: the day after\n"
    path = tmp_path / "in.mbox"
    path.write_text(f"{ENVELOPE}{header}\ntide\n")
    from rightful.readers import Fields, Item, ReadOptions
    from rightful.readers.read import read
    from tests.unit.readers.reading import LOOK, found

    *_, extent = read(Item("mbox", (found(path, "mbox"),)), ReadOptions(Fields(), LOOK))
    assert [(u.field, u.column, u.rows) for u in extent.unread] == [("date", "Date", 1), ("subject", "From", 1)]


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("box.mbox", message("tide"), "mbox"),
        ("inbox", message("tide"), "mbox"),
        ("2010-December.txt", message("tide"), "mbox"),
        ("archive.rlug", message("tide"), "mbox"),
        ("0001-fix.patch", message("tide"), "text"),
        ("notes.txt", "From here on it rains.\nTo: nobody\n", "text"),
    ],
)
def test_box_is_told_by_its_first_lines(tmp_path: Path, name: str, content: str, format: str) -> None:
    (tmp_path / name).write_text(content)
    (file,) = discover(tmp_path).files
    assert file.format == format


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.mbox", HEADER.encode() + b"\ntide\n", "no message begins here"),
        ("a", b"BABYL OPTIONS: -*- rmail -*-\n", "a mailbox of another kind"),
        ("a.pst", b"!BDN" + bytes(600), "a mailbox of Outlook: convert it first"),
        ("a.msg", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "a message of Outlook: convert it first"),
        ("a.emlx", b"1234\nFrom: a@b.example\n", "a message of Apple Mail: convert it first"),
    ],
)
def test_mail_of_other_kinds_is_passed_over_with_the_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (skipped,) = discover(tmp_path).skipped
    assert skipped.reason.startswith(reason)


def test_file_that_is_forced_to_be_a_box_and_is_none_is_damage(tmp_path: Path) -> None:
    ((position, reason),) = reading_of(tmp_path, f"{HEADER}\ntide\n").faults
    assert position is None
    assert reason.startswith("no message begins here")
    reading = reading_of(tmp_path, "astray\n\n" + message("tide"))
    assert (reading.texts, reading.faults) == (["tide"], [("line 1", "what stands before the first message is none")])


def test_mail_of_many_parts_with_an_endless_header_is_damage_in_linear_time(tmp_path: Path) -> None:
    parts = "--b\n\nx\n" * (MOST_PARTS - 10) + "--b\n" + "a:\n" * (2 * HEADER_BYTES // 3)
    start = time.process_time()
    reading = reading_of(tmp_path, message(parts, "Content-Type: multipart/mixed; boundary=b\n"))
    assert time.process_time() - start < 15
    [(_, reason)] = reading.faults
    assert reason == f"its header is longer than {HEADER_BYTES} bytes"


def test_address_behind_many_blanks_is_found_in_linear_time(tmp_path: Path) -> None:
    blanks = " " * (HEADER_BYTES // 2)
    start = time.process_time()
    row = row_of(tmp_path, "Words.", f"Archived-At: a{blanks}b <https://lists.example.org/1>\n")
    assert time.process_time() - start < 5
    assert row["url"] == "https://lists.example.org/1"
