from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from rightful.readers.limits import Limits
from rightful.readers.tree import discover
from tests.unit.readers.reading import PACKERS, Reading, read_file

HEADER = """The Project Gutenberg eBook of Tide Tables

This eBook is for the use of anyone anywhere in the United States and
most other parts of the world at no cost. You may copy it under the terms
of the Project Gutenberg License included with this eBook.

Title: Tide Tables
       or, The Hours of the Sea

Author: Ana Silva
Author: Bo Ek

Release date: June 1, 1998 [eBook #1342]
                Most recently updated: October 29, 2024

Language: English

"""
START = "*** START OF THE PROJECT GUTENBERG EBOOK TIDE TABLES ***\n"
WORK = "TIDE TABLES\n\nby Ana Silva\n\n\nHigh at nine."
END = (
    "*** END OF THE PROJECT GUTENBERG EBOOK TIDE TABLES ***\n\nUpdated editions will replace the previous one.\n\n"
    "THE FULL PROJECT GUTENBERG™ LICENSE\n"
)


def book(header: str = HEADER, start: str = START, work: str = WORK, end: str = END) -> str:
    return f"{header}{start}\n\n\n{work}\n\n\n{end}"


def reading_of(tmp_path: Path, content: str | bytes, limits: Limits | None = None) -> Reading:
    path = tmp_path / "pg1342.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, "gutenberg", **({} if limits is None else {"limits": limits}))


def row_of(tmp_path: Path, content: str | bytes) -> dict[str, Any]:
    reading = reading_of(tmp_path, content)
    assert reading.damages == []
    (row,) = reading.rows
    return row


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_work_is_parted_from_its_header_and_footer(tmp_path: Path, bom: str, newline: str) -> None:
    row = row_of(tmp_path, bom + book().replace("\n", newline))
    assert row["text"] == WORK.replace("\n", newline)
    assert (row["source_record_id"], row["url"]) == ("pg1342.txt", "https://www.gutenberg.org/ebooks/1342")
    assert (row["title"], row["authors"]) == ("Tide Tables or, The Hours of the Sea", ["Ana Silva", "Bo Ek"])
    assert (row["language_stated"], row["published_at"].isoformat()) == ("English", "1998-06-01T00:00:00+00:00")
    assert row["license_raw"] == "The Full Project Gutenberg License"
    assert "Project Gutenberg License" in row["statements"]


@pytest.mark.parametrize(
    "start",
    [
        "***START OF THE PROJECT GUTENBERG EBOOK TIDE TABLES***\n",
        "*** START OF THIS PROJECT GUTENBERG ETEXT TIDE TABLES ***\n",
        "*** START OF THE PROJECT GUTENBERG EBOOK TIDE\nTABLES, OR, THE HOURS OF THE SEA ***\n",
        "*** START OF THE PROJECT GUTENBERG EBOOK TIDE TABLES\n",
    ],
)
def test_lines_of_the_start_are_of_several_forms(tmp_path: Path, start: str) -> None:
    assert row_of(tmp_path, book(start=start))["text"] == WORK


def test_line_that_says_that_the_work_ends_is_of_the_footer(tmp_path: Path) -> None:
    work = f"{WORK}\n\n\nEnd of the Project Gutenberg EBook of Tide Tables, by\nAna Silva"
    assert row_of(tmp_path, book(work=work))["text"] == WORK
    work = "End of Project Gutenberg, he said.\n\nAnd went on."
    assert row_of(tmp_path, book(work=work))["text"] == work


SMALL = """**The Project Gutenberg Etext of Tide Tables, by Ana Silva**

August, 1998  [Etext #1342]

***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***
Why is this "Small Print!" statement here?
*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*


High at nine.
{}
End of The Project Gutenberg Etext of Tide Tables, by Ana Silva
"""


def test_small_print_of_older_files_parts_them_too_and_is_no_licence_of_today(tmp_path: Path) -> None:
    row = row_of(tmp_path, SMALL.format("Low at three.\n" * 60))
    assert row["text"].startswith("High at nine.\nLow at three.")
    assert row["text"].endswith("Low at three.")
    assert row["license_raw"] == "Project Gutenberg small print"
    assert row["url"] == "https://www.gutenberg.org/ebooks/1342"


@pytest.mark.parametrize(
    ("header", "end"),
    [
        (
            "The Project Gutenberg eBook of T\n*** This is a COPYRIGHTED Project Gutenberg eBook. Details Below. ***\n"
            + HEADER,
            END,
        ),
        (HEADER, END + "This particular work is one of the few individual works protected by copyright law.\n"),
        (
            HEADER,
            END + "This particular work is one of the few copyrighted individual\nworks included with permission.\n",
        ),
    ],
)
def test_work_that_is_protected_keeps_its_words_and_no_licence(tmp_path: Path, header: str, end: str) -> None:
    said = row_of(tmp_path, book(header=header, end=end))["license_raw"]
    assert said.startswith(("*** This is a COPYRIGHTED", "This particular work is one of the few"))


@pytest.mark.parametrize(
    "line",
    [
        "Copyright (C) 2005 by Ana Silva.",
        "  ** Copyright 2005 Ana Silva **",
        "This eBook is COPYRIGHTED by the author and used with permission.",
        "This work is licensed under a Creative Commons Attribution-NonCommercial 3.0 License.",
    ],
)
def test_header_by_which_somebody_holds_rights_keeps_its_words_and_no_licence(tmp_path: Path, line: str) -> None:
    assert row_of(tmp_path, book(header=f"{HEADER}\n{line}\n"))["license_raw"] == line.strip()


def test_field_that_speaks_of_rights_is_a_statement(tmp_path: Path) -> None:
    row = row_of(tmp_path, book(header=HEADER + "License: CC-BY-NC-4.0\n\n"))
    assert "CC-BY-NC-4.0" in row["license_raw"]
    assert "Full Project Gutenberg" in row["license_raw"]


def test_character_set_is_the_one_that_the_header_states(tmp_path: Path) -> None:
    content = book(
        header=HEADER + "Character set encoding: ISO-8859-1\n\n", work="Les marées.", end=END.replace("™", "")
    )
    assert row_of(tmp_path, content.encode("latin-1"))["text"] == "Les marées."
    ((_, why),) = reading_of(tmp_path, book(work="Les marées.", end=END.replace("™", "")).encode("latin-1")).faults
    assert why.startswith("no character set is stated, and the text is not UTF-8 (byte 0xe9")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (book(end=""), "no line '*** END OF THE PROJECT GUTENBERG EBOOK' after that of its start"),
        (book(work=" "), "empty text"),
        (book(work="a\0b"), "NUL character in the text"),
        ("A text.", "no line '*** START OF THE PROJECT GUTENBERG EBOOK' and no small print"),
    ],
)
def test_file_that_cannot_be_parted_is_damage(tmp_path: Path, content: str, reason: str) -> None:
    reading = reading_of(tmp_path, content)
    assert reading.rows == []
    ((_, why),) = reading.faults
    assert why.startswith(reason)


def test_file_beyond_the_limit_is_damage(tmp_path: Path) -> None:
    ((_, why),) = reading_of(tmp_path, book(), Limits(value_bytes=100)).faults
    assert why.startswith("more than 100 bytes: too large for one record")


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("pg1342.txt", book(), "gutenberg"),
        ("1342-0", book(), "gutenberg"),
        ("etext.txt", SMALL, "gutenberg"),
        ("about.txt", "Project Gutenberg is a library.\n", "text"),
        ("pg1342.md", book(), "text"),
        ("quoted.txt", "x\n" * 5_000 + book(), "text"),
    ],
)
def test_file_of_the_project_is_known_by_what_it_says(tmp_path: Path, name: str, content: str, format: str) -> None:
    (tmp_path / name).write_text(content)
    (file,) = discover(tmp_path).files
    assert file.format == format


def test_file_that_is_compressed_is_known_as_well(tmp_path: Path) -> None:
    (tmp_path / "pg1342.txt.gz").write_bytes(PACKERS[".gz"](book().encode()))
    (file,) = discover(tmp_path).files
    assert read_file(file.path, file.format).texts == [WORK]


@pytest.mark.parametrize("line", ["a" * 400_000, "COPYRIGHTED " * 40_000, "one of the few " * 30_000, "*END*" * 80_000])
def test_long_lines_are_read_in_time(tmp_path: Path, line: str) -> None:
    before = time.monotonic()
    reading_of(tmp_path, book(header=f"{HEADER}*** START OF THE PROJECT GUTENBERG {line}\n", end=f"{END}{line}\n"))
    assert time.monotonic() - before < 20
