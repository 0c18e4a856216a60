"""Copyright notices and author lines: told apart by their form alone, and no way around what is owed for all else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.persons import KEPT
from rightful.stages.pii import notices as notices
from rightful.stages.pii.entities import EntityModel
from rightful.stages.pii.stage import PersonalData, spans_of
from tests.unit.stages.batches import answers, batch_of

NOTICES = [
    "# Copyright (c) 2019 Jane Roe <jane@roe.example>",
    "// Copyright 2001-2003, 2005 Jane Roe <jane@roe.example>, John Doe <john@doe.example>",
    " * Copyright (C) 2019 Jane Roe <jane@roe.example>. All rights reserved.",
    "/* \u00a9 2020 Soci\u00e9t\u00e9 Reed <jane@roe.example> */",
    "(c) 2012 jane roe <jane@roe.example>",
    "Copyright \u00a9 2020\u20132024 Jane Roe <jane@roe.example>",
    "Copyright 2019 The Reed Authors <reed@roe.example>",
    "<!-- &copy; 2019 Jane Roe, jane@roe.example -->",
    "-- Copyright (c) Jane Roe <jane@roe.example>, licensed under the MIT license",
    "rem Copyright (c) 2019 Jane Roe <jane@roe.example>\r\nrun",
    "\ufeff# Copyright (c) 2019 Jane Roe <jane@roe.example>",
    "SPDX-FileCopyrightText: Jane Roe <jane@roe.example>",
    "# SPDX-FileCopyrightText: 2019 Jane Roe <jane@roe.example>",
    "@copyright 2019 Jane Roe <jane@roe.example>",
    "Author: Jane Roe <jane@roe.example>",
    "Author(s): Jane Roe <jane@roe.example>",
    "**Author:** Jane Roe <jane@roe.example>",
    "  @author Jane Roe <jane@roe.example>",
    " * @author jane@roe.example",
    "\\author{Jane Roe (jane@roe.example)}",
    "Signed-off-by: Jane Roe <jane@roe.example>",
    "Co-authored-by: J. O'Roe <jane@roe.example>",
    "Maintainer: jane@roe.example",
    "By Jane Roe <jane@roe.example>",
    "Written by Jane Roe <jane@roe.example> and John Roe <john@roe.example>.",
    "Autor: Jos\u00e9 N\u00fa\u00f1ez <jose@roe.example>",
    'author: "Jane Roe <jane@roe.example>"',
    '  "author": "Jane Roe <jane@roe.example> (https://roe.example)",',
    'authors = ["Jane Roe <jane@roe.example>", "John Doe <john@doe.example>"]',
    'authors = [{name = "Jane Roe", email = "jane@roe.example"}]',
    "    author_email='jane@roe.example',",
    '__author__ = "Jane Roe <jane@roe.example>"',
    "Copyright (c) 2019\n  Jane Roe <jane@roe.example>\n  John Doe <john@doe.example>\n",
    "# Authors:\r\n#   Jane Roe <jane@roe.example>\r\n#   - John Doe <john@doe.example>\r\n",
    '"author": {\n  "name": "Jane Roe",\n  "email": "jane@roe.example"\n},',
    "authors:\n  - name: Jane Roe\n    email: jane@roe.example\n",
]
NO_NOTICES = [
    "Copyright law says that mail goes to jane@roe.example",
    "The copyright of jane@roe.example",
    "Copyrighted material: jane@roe.example",
    "Copyright jane@roe.example",
    "Copyright Jane Roe <jane@roe.example>",
    "Copyright Jane has a flu <jane@roe.example>",
    "Copyright (c) 2019 Jane <jane@roe.example> has diabetes",
    "Copyright (c) 2019 Jane diagnosed with cancer jane@roe.example",
    "Copyright (c) 2019 Jane Roe 123-45-6789 <jane@roe.example>",
    "Copyright (c) 2019 Roe; patient: jane@roe.example",
    "Text before. Copyright (c) 2019 Jane Roe <jane@roe.example>",
    "Copyright (c) 2019\n\nWrite to:\nJane Roe <jane@roe.example>",
    "(a) one\n(b) two\n(c) jane@roe.example",
    "(c) Jane Roe <jane@roe.example>",
    "Author: Roe. Patient: jane@roe.example",
    "author unknown, ask jane@roe.example",
    "Authority: jane@roe.example",
    "Authors:\nWard 1 has jane@roe.example in it\n",
    "by the way, write to jane@roe.example",
    "by Jane Roe, who has <jane@roe.example>",
    "by jane@roe.example",
    "From: Jane Roe <jane@roe.example>",
    "Reported-by: Jane Roe <jane@roe.example>",
    "Patients:\nJane Roe <jane@roe.example>",
    "Jane Roe <jane@roe.example>",
    '{"author": "x", "patient": "jane@roe.example"}',
]


def kinds(text: str) -> list[str]:
    found = spans_of([text])[0]
    assert found is not None
    return [span.type for span in found]


@pytest.mark.parametrize("text", NOTICES)
def test_notice_by_its_form_is_told_apart(text: str) -> None:
    assert set(kinds(text)) == {"email.notice"}
    assert set(kinds(f"import reed\n{text}\nreed.bend()\n")) == {"email.notice"}


@pytest.mark.parametrize("text", NO_NOTICES)
def test_line_that_is_no_notice_is_personal_data_as_anywhere(text: str) -> None:
    assert "email" in kinds(text)
    assert not KEPT & set(kinds(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Copyright (c) 2019 Jane Roe, +44 20 7946 0958", ["phone"]),
        ("Author: Jane Roe, SSN 536-22-1234", ["us_ssn"]),
        ("Author: DE89370400440532013000", ["iban"]),
        (
            "Copyright (c) 2019 Jane Roe <jane@roe.example>. All rights reserved. +44 20 7946 0958",
            ["email.notice", "phone"],
        ),
    ],
)
def test_notice_keeps_nothing_but_names_and_addresses_of_mail(text: str, found: list[str]) -> None:
    assert kinds(text) == found


def test_notices_of_more_people_than_a_work_has_are_none() -> None:
    line = "Copyright (c) 2019 Jane Roe <jane{}@roe.example>\n"
    assert set(kinds("".join(line.format(n) for n in range(notices.MOST)))) == {"email.notice"}
    assert set(kinds("".join(line.format(n) for n in range(notices.MOST + 1)))) == {"email"}
    assert set(kinds(line.format(1) * 200)) == {"email.notice"}, "the same one in each file of a whole repository"


def test_counts_stand_apart_and_each_text_by_itself() -> None:
    rows = answers(
        PersonalData(),
        batch_of(
            "Author: Jane Roe <jane@roe.example>\nMail ada@example.org or bob@example.org.",
            "Jane Roe <jane@roe.example>",
        ),
    )
    assert rows["pii_types"] == [["email", "email.notice"], ["email"]]
    assert rows["pii_counts"] == [[2, 1], [1]]


def test_names_that_a_recogniser_finds_stay_in_notices_and_no_label_passes_for_one() -> None:
    def recognise(listed: object) -> list[list[tuple[int, int, str]]]:
        return [[(at, at + 8, label) for at, label in ((19, "person"), (40, "name.notice"))] for _ in list(listed)]  # type: ignore[call-overload]

    text = "Copyright (c) 2019 Jane Roe\nMet today:  Ada Moth.."
    found = spans_of([text], PersonalData(entity_model="given:here"), EntityModel(recognise))[0]
    assert found is not None
    assert [(span.type, text[span.start : span.stop]) for span in found] == [
        ("name.notice", "Jane Roe"),
        ("name_notice", "Ada Moth"),
    ]


LINES = st.lists(st.sampled_from([*NOTICES, *NO_NOTICES, "", "x = 1", "Ward 3: +44 20 7946 0958"]), max_size=8)


@given(LINES)
def test_what_is_told_apart_is_found_all_the_same_and_only_in_lines_with_an_address(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = spans_of([text])[0]
    assert found is not None
    plain = [span for line in lines for span in spans_of([f"{line}"])[0] or ()]
    assert len(found) == len(plain), "a mark moves nothing out of what was found"
    for span in found:
        assert "@" in text[span.start : span.stop] or span.type not in KEPT


@pytest.mark.parametrize(
    "line",
    [
        "author:" + "," * 380 + " a{}@b.co",
        "by " * 120 + "a{}@b.co",
        "Copyright " + "2019-2020, " * 30 + "a{}@b.co",
        "Jane <a{}@b.co>",
    ],
)
def test_no_text_makes_telling_apart_slow(line: str) -> None:
    text = "\n".join(line.format(n) for n in range(2_000))
    started = time.process_time()
    spans_of([text])
    assert time.process_time() - started < 5
