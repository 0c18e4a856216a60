"""TDMRep: the examples of its specification and files that sites serve, each read as what it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rightful import Store

MINING = {"mine.analyse", "synth.derive", "train"}


@pytest.fixture(scope="module")
def examples(cases: Path) -> list[str]:
    path = cases / "4-preferences/tdmrep/spec-examples.json"
    if not path.is_file():
        pytest.skip("no examples of TDMRep among the third-party cases")
    listed: list[str] = json.loads(path.read_text("utf-8"))
    return listed


def check(raw: str, kind: str, url: str = "") -> tuple[str, dict[str, str]]:
    answer: Any = Store("no-store").signal.check(raw.encode(), kind=kind, url=url)
    return answer["result"], {one["act"]: one["status"] for one in answer["statements"]}


def test_file_at_the_origin(examples: list[str]) -> None:
    assert check(examples[0], "tdmrep", "https://provider.example/any") == ("found", dict.fromkeys(MINING, "reserve"))
    of_paths = {
        "/directory-a/x": "reserve",
        "/directory-b/html/x": "reserve",
        "/directory-b/images/x.jpg": "allow",
        "/directory-b/images/x.png": None,
        "/": None,
    }
    for path, status in of_paths.items():
        result, stated = check(examples[1], "tdmrep", f"https://provider.example{path}")
        assert stated == (dict.fromkeys(MINING, status) if status else {}), path
        assert result == ("found" if status else "absent")
    assert check(examples[1], "tdmrep")[1] == dict.fromkeys(MINING, "reserve"), "no page: all that is stated anywhere"


def test_headers_and_tags(examples: list[str]) -> None:
    headers = [re.sub(r"(?m)^ +", "", text) for text in examples[2:4]]
    for text, kind in [(headers[0], "headers"), (headers[1], "headers"), (examples[4], "html")]:
        result, stated = check(text, kind)
        assert (result, {act: stated.get(act) for act in MINING}) == ("found", dict.fromkeys(MINING, "reserve")), text


def test_package_of_a_book_and_packet_of_a_document(examples: list[str]) -> None:
    for text in examples[5:8]:
        assert check(text, "tdmrep") == ("found", dict.fromkeys(MINING, "reserve")), text


def test_policies_leave_open_what_they_offer_and_permit_nothing(examples: list[str]) -> None:
    """Those that are abridged by dots are no JSON: whole and alike they are in the tests of the module."""
    for text in examples[8:17]:
        result, stated = check(text, "tdmrep")
        assert (result, set(stated.values())) == ("unreadable", {"unknown"}), text
    asks = check(examples[17], "tdmrep")
    assert asks == ("found", {"mine.analyse": "unknown", "train": "unknown", "synth.derive": "reserve"})
    with_comma = examples[18]
    assert check(with_comma, "tdmrep")[0] == "unreadable", "a comma too many, as the specification has it"
    pays = check(re.sub(r",(\s*})", r"\1", with_comma), "tdmrep")
    assert pays == ("found", dict.fromkeys(MINING, "reserve")), (
        "for research nothing is offered: the strictest is shown"
    )


def test_files_of_real_sites(cases: Path) -> None:
    files = sorted((cases / "4-preferences/real-sites").glob("*/well-known__tdmrep.json"))
    if not files:
        pytest.skip("no tdmrep.json of a site among the third-party cases")
    for file in files:
        assert check(file.read_text("utf-8"), "tdmrep", "https://site.example/page") == (
            "found",
            dict.fromkeys(MINING, "reserve"),
        ), file
