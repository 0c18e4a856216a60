from __future__ import annotations

from pathlib import Path

from rightful.readers.split import items
from rightful.readers.tree import discover
from tests.unit.readers.reading import read_file, read_items

MAIL = b"Received: from a.example\nFrom: Ana <ana@example.org>\nDate: Mon, 1 Jan 2001 10:00:00 +0100\n\nHigh at nine.\n"


def test_maildir_has_a_mail_in_each_file_and_what_was_not_delivered_is_not_read(tmp_path: Path) -> None:
    for name in ("cur/1001.m1.host:2,S", "new/1002.m2.host", "tmp/1003.m3.host", ".Sent/cur/1004.m4.host:2,"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(MAIL)
    listing = discover(tmp_path)
    assert [(f.name, f.format) for f in listing.files] == [
        (".Sent/cur/1004.m4.host:2,", "eml"),
        ("cur/1001.m1.host:2,S", "eml"),
        ("new/1002.m2.host", "eml"),
    ]
    assert [(s.file, s.reason) for s in listing.skipped] == [
        ("tmp/1003.m3.host", "in the folder tmp of a Maildir: it was never delivered")
    ]
    (item,) = items(listing.files)
    reading = read_items([item])
    assert [row["source_record_id"] for row in reading.rows] == [f.name for f in listing.files]
    assert reading.texts == ["High at nine."] * 3


def test_mail_in_a_file_of_its_own_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"From ana@example.org Mon Jan  1 00:00:00 2001\r\n" + MAIL.replace(b"\n", b"\r\n"))
    (file,) = discover(tmp_path).files
    assert file.format == "mbox", "what begins as a box is one"
    path.write_bytes(
        b"Message-ID: <7@example.org>\n" + MAIL + b"\nFrom bo@example.org Mon Jan  1 00:00:00 2001\nX: y\n"
    )
    (file,) = discover(tmp_path).files
    assert file.format == "eml"
    (row,) = read_file(path, "eml").rows
    assert (row["source_record_id"], row["line"], row["file"]) == ("7@example.org", 0, "a.eml")
    assert row["text"].endswith("X: y"), "nothing parts a file that is one mail"


def test_file_without_a_suffix_is_a_mail_where_its_header_is_one(tmp_path: Path) -> None:
    (tmp_path / "17").write_bytes(MAIL)
    (tmp_path / "README").write_bytes(b"From: the sea\nTo: the shore\n\nA poem.\n")
    assert [(f.name, f.format) for f in discover(tmp_path).files] == [("17", "eml"), ("README", "text")]
