"""Notices and tags that hide: in signs that nobody sees, in the next line, behind a licence that is stated."""

from __future__ import annotations

import re
import time

import pytest

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.rights.evidence import Evidence
from rightful.signals.signal import About
from rightful.signals.texts.of_text import text_claims, trigger

ABOUT = About(catalog.load().names, texts=license_texts)


def claims(text: str) -> tuple[Evidence, ...]:
    read = text_claims({"text": text}, ABOUT).claims
    assert not read or re.search(trigger(ABOUT.names), text, re.IGNORECASE)
    return read


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2060", "\u200d"])
def test_signs_that_nobody_sees_hide_no_notice(sign: str) -> None:
    assert [c.basis for c in claims(f"All rights re{sign}served.\n\nThe heron stood.")] == ["all-rights-reserved"]


@pytest.mark.parametrize("more", ["#   AND GPL-3.0-only", "# WITH a rider", "// or else"])
def test_tag_that_goes_on_in_the_next_line_blocks(more: str) -> None:
    assert "unreadable" in [c.statement for c in claims(f"# SPDX-License-Identifier: MIT\n{more}\n\nx = 1\n")]


@pytest.mark.parametrize(
    "more",
    [
        "Void after 2025.",
        "The above is a joke.",
        "Ask the guild first.",
        "Royalties are due.",
        "Redistribution is denied.",
    ],
)
def test_sentence_behind_a_license_that_nobody_knows_blocks(more: str) -> None:
    assert "unreadable" in [c.statement for c in claims(f"# Licensed under the MIT License.\n# {more}\n\nx = 1\n")]


def test_what_may_not_be_used_to_train_is_reserved() -> None:
    text = '# SPDX-License-Identifier: MIT\n"""This may not be used to train AI models."""\nx = 1\n'
    assert "reserve" in [c.statement for c in claims(text)]


def test_tag_of_blanks_is_read_in_time() -> None:
    began = time.process_time()
    claims("# SPDX-License-Identifier: " + " " * 8_000 + "x")
    assert time.process_time() - began < 2


def test_notice_behind_a_tag_of_two_lines_is_quoted_as_it_stands() -> None:
    (claim,) = claims("<p\nclass='x'>\n<div\nid='y'>All rights reserved.\nThe end of it.")
    assert claim.observation is not None
    assert "All rights reserved." in claim.observation.raw


def test_word_without_an_end_is_read_in_time() -> None:
    claims("All rights reserved.")
    began = time.process_time()
    assert [c.basis for c in claims("All rights r\u0435served.\n\n\u00e9" + "a" * 8_000)] == ["all-rights-reserved"]
    assert time.process_time() - began < 0.4


@pytest.mark.parametrize(
    "notice",
    [
        "<p><b>All</b> rights reserved.</p>",
        "<p>All&nbsp;rights reserved.</p>",
        "<p class='foot'>All <span style=\"color: red\">rights</span>&#160;<i>reserved</i></p>",
        "**All rights** *reserved*.",
        "__All rights reserved__",
        "A L L  R I G H T S  R E S E R V E D",
        "All rights r\u0435served.",
        "\u0410ll rights reserved.",
        "All\u200brights\u200breserved.",
        "All\xa0rights\xa0reserved.",
    ],
)
@pytest.mark.parametrize("comment", ["", "# "])
def test_markup_and_spelling_hide_no_notice(notice: str, comment: str) -> None:
    assert [c.basis for c in claims(f"{comment}{notice}\n\nThe heron stood in the reeds.\n")] == ["all-rights-reserved"]


@pytest.mark.parametrize(
    "text",
    [
        "if (a < b) { c = d > e; }  // no rights are meant here\n",
        "The king said: *all rights* are mine.\n",
        "int *rights, *reserved;\n",
        "A B C D E F G H I J K L M N O P\n",
        "Print all rights <b>now</b>.\n",
    ],
)
def test_what_only_looks_like_a_notice_is_none(text: str) -> None:
    assert not claims(text)


def test_tag_with_a_sign_that_nobody_sees_is_a_tag() -> None:
    assert [c.expression for c in claims("# SPDX-License\u200b-Identifier: GPL-3.0-only\n\nx = 1\n")] == [
        "GPL-3.0-only"
    ]


def test_long_markup_is_read_in_time() -> None:
    began = time.process_time()
    for sign in ("<b ", "&nbsp;", "*_", "a ", "a\u200b", "<", "a b  "):
        claims("All rights reserved " + sign * (8_000 // len(sign)))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "more",
    [
        "All rights reserved, no copying.",
        "All rights reserved; redistribution only by the guild.",
        "All rights reserved, except for members of the guild.",
    ],
)
def test_notice_that_goes_on_is_lifted_by_no_license_beside_it(more: str) -> None:
    text = f"# Licensed under the MIT License.\n#\n# {more}\n\nx = 1\n"
    assert "all-rights-reserved" in [c.basis for c in claims(text)]


@pytest.mark.parametrize(
    "more",
    [
        "All rights reserved.",
        "All rights reserved unless otherwise noted.",
        "Copyright 2020 The Herons. All rights reserved. No warranty.",
    ],
)
def test_notice_beside_a_license_that_adds_nothing_is_lifted(more: str) -> None:
    text = f"# Licensed under the MIT License.\n#\n# {more}\n\nx = 1\n"
    assert [c.expression for c in claims(text)] == ["MIT"]


@pytest.mark.parametrize("more", ["as is, companies excluded and subject to royalties", "as is, no redistribution"])
def test_what_hides_behind_a_warranty_blocks(more: str) -> None:
    text = f"# Licensed under the MIT License.\n# It is provided {more}.\n\nx = 1\n"
    assert "unreadable" in [c.statement for c in claims(text)]
