"""The page of find: every key that says something has its words."""

from __future__ import annotations

from typing import Any

from rightful.cli.pages.find import find_lines

RECORD: dict[str, Any] = {
    "record": "a" * 32,
    "source": "poets",
    "source_record_id": "p-1",
    "url": None,
    "start": 1200,
    "length": 300,
    "share": 0.954,
    "passages": [{}, {}],
    "more_passages": 0,
    "state": "stored",
    "decision": "permit",
    "exports": ["x-1"],
    "assets": ["t-1", "m-1"],
}
ANSWER: dict[str, Any] = {
    "file": None,
    "text": {"chars": 400, "words": 60},
    "by": ["author"],
    "records": [
        RECORD,
        {**RECORD, "share": None, "state": "withdrawn", "decision": "deny", "exports": [], "assets": []},
    ],
    "more": 3,
    "exports": ["x-1"],
    "assets": [f"m-{n}" for n in range(7)],
    "unreadable": ["x-9"],
    "searched": {"indexed": 5, "candidates": 4, "verified": 3, "read": [{"reason": "as it was asked", "records": 2}]},
    "missing": [{"reason": "it is everywhere", "records": 9}],
    "seconds": 0.2,
    "report": None,
}


def test_page_says_what_was_found_where_and_what_holds_it() -> None:
    lines = find_lines(ANSWER)
    assert lines[0] == "the text: 400 characters, 60 words; by author"
    assert lines[3].split()[:5] == ["95%", "aaaaaaaa", "poets", "p-1", "1200-1500"]
    assert "permit, 2 passages, in 1 export" in lines[3]
    assert any(line.split()[:1] == ["-"] and line.endswith("WITHDRAWN, 2 passages") for line in lines)
    for said in (
        "... and 3 more: --limit",
        "in 1 export: x-1",
        "in 7 assets: m-0, m-1, m-2, m-3, m-4, ...",
        "export x-9: nothing says what it holds",
        "5 records looked up, 3 texts held against it, 0.2 s",
        "2 texts read: as it was asked",
        "there may be more in 9 records: it is everywhere",
    ):
        assert said in lines
    assert max(map(len, lines)) <= 100


def test_page_of_a_search_without_a_text_or_without_an_answer() -> None:
    empty = {
        **ANSWER,
        "text": None,
        "records": [],
        "more": 0,
        "exports": [],
        "assets": [],
        "unreadable": [],
        "missing": [],
    }
    assert find_lines({**empty, "searched": {**ANSWER["searched"], "read": []}}) == [
        "records by author",
        "",
        "no record was found",
    ]
