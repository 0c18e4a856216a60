"""Allow-lists: the cases of spdx-satisfies, through the check that ``rightful license check --allow`` makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rightful.catalog import load
from rightful.errors import InputError
from rightful.query.license import allow_list, check_allowed

EXPECTED = {"returnTrue": "permit", "returnFalse": "deny", "throwErrors": "bad list"}


def test_allow_list_is_satisfied_in_all_cases_of_spdx_satisfies(cases: Path) -> None:
    table = json.loads((cases / "1-spdx/spdx-satisfies-examples.json").read_text("utf-8"))
    asked = [(EXPECTED[kind], expression, listed) for kind, rows in table.items() for expression, listed in rows]
    assert len(asked) == 24
    wrong = []
    for expected, expression, listed in asked:
        try:
            came = check_allowed(expression, allow_list(listed, load()), load())["decision"]
        except InputError as error:
            came = "bad list" if error.subject == "--allow" else repr(error)
        if came != expected:
            wrong.append(f"{expression} against {listed}: {came}, not {expected}")
    assert not wrong, f"{len(asked) - len(wrong)} of {len(asked)}\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("expression", "listed", "lacking"),
    [
        ("MIT AND (GPL-2.0 OR ISC)", ["MIT"], "GPL-2.0-only"),
        ("GPL-3.0", ["ISC", "MIT"], "GPL-3.0-only"),
        ("gpl", ["GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later"], "GPL-1.0-only"),
    ],
)
def test_allow_list_that_is_not_satisfied_names_what_it_lacks(expression: str, listed: list[str], lacking: str) -> None:
    came = check_allowed(expression, allow_list(listed, load()), load())
    assert (came["decision"], came["reasons"][0]["reason"]) == ("deny", "not-on-the-list")
    assert came["reasons"][0]["detail"] == lacking


def test_allow_list_never_permits_what_cannot_be_read() -> None:
    came = check_allowed("Custom (commercial)", allow_list(["MIT"], load()), load())
    assert (came["decision"], came["reasons"][0]["reason"]) == ("unknown", "unreadable")


def test_allow_list_never_permits_a_word_that_names_no_licence() -> None:
    came = check_allowed("Custom", allow_list(["MIT"], load()), load())
    assert (came["decision"], came["reasons"][0]["reason"]) == ("deny", "not-on-the-list")
