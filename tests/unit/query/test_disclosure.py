"""What a person may ask for: every record and use, who has it and what will happen; never a text, never the person."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful.cli.pages.find import find_lines
from tests.unit.shelf import Shelf, wording

PERSON = "Bea Marsh"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two records about a person, one of a source that keeps them until a day, and one about nobody."""
    shelf = Shelf(tmp_path)
    for name, more in (("letters", ""), ("notes", "retain_until = 2027-03-01\n")):
        folder = tmp_path / name
        folder.mkdir()
        card = f'name = "{name}"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "yes"\n{more}'
        more_of_it = 'legal_basis = "legitimate_interests"\ncollected_for = ["index.search"]\n'
        (folder / "source.toml").write_text(card + more_of_it)
        (folder / "rows.jsonl").write_text(json.dumps({"id": f"{name}-0", "text": wording(name), "who": PERSON}) + "\n")
        shelf.store.ingest([folder], subject_field="who")
    shelf.put("poets", wording("tide"))
    return shelf


def reported(shelf: Shelf) -> dict[str, Any]:
    answer = shelf.store.find(subject=PERSON, report=True)
    assert "marsh" not in json.dumps(answer.as_json()).lower()
    assert "letters1" not in json.dumps(answer.as_json())
    report = answer.report
    assert report is not None
    return report


def steps(report: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    return [(step["what"], step["records"], step["of"]) for step in report["ahead"]]


def test_every_record_and_what_it_may_be_used_for(shelf: Shelf) -> None:
    report = reported(shelf)
    assert [one["source_record_id"] for one in report["records"]] == ["letters-0", "notes-0"]
    acts = {one["act"]: one for one in report["uses"]}
    assert {"train.pretrain", "share.verbatim", "index.search"} <= set(acts)
    for act, counted in acts.items():
        assert counted["permit"] == sum(act in one["permits"] for one in report["records"])
        assert counted["permit"] + counted["deny"] + counted["unknown"] == 2
    assert [(one["source"], one["collected_for"], one["retain_until"]) for one in report["sources"]] == [
        ("letters", ["index.search"], None),
        ("notes", ["index.search"], "2027-03-02T00:00:00Z"),
    ]
    assert report["recipients"] == {"exports": [], "assets": []}
    assert steps(report) == [("retention", 1, "notes"), ("kept", 2, None)]


def test_uses_that_were_named_are_those_that_are_reported(shelf: Shelf) -> None:
    answer = shelf.store.find(subject=PERSON, report=True, use="index.search", accept="all")
    assert answer.report is not None
    assert [one["act"] for one in answer.report["uses"]] == ["index.search"]
    assert answer.report["records"][0]["permits"] == (
        ["index.search"] if answer.records[0]["decision"] == "permit" else []
    )


def test_limit_does_not_leave_a_record_out(shelf: Shelf) -> None:
    answer = shelf.store.find(subject=PERSON, report=True, limit=1)
    assert (len(answer.records), answer.more) == (2, 0)


def test_who_has_it_what_was_asked_and_what_is_left_to_do(shelf: Shelf) -> None:
    exported = shelf.store.export(shelf.root / "out", use="train", accept="all", tokenizer="train:300", dedup="none")
    held = {one["export"]: one for one in reported(shelf)["recipients"]["exports"]}
    if not held:
        pytest.fail("the export holds neither record, so that this shows nothing")
    assert held[exported.export]["records"] == 2
    assert held[exported.export]["acts"] == exported.use["acts"]
    deadline = datetime(2026, 12, 24, tzinfo=UTC)
    shelf.store.consent.withdraw(subject=PERSON, deadline=deadline, reason="asked by letter")
    report = reported(shelf)
    (event,) = report["events"]
    assert (event["selector"], event["records"], event["deadline"]) == ("subject", 2, "2026-12-24T00:00:00Z")
    assert all(one["events"] == [event["event"]] and one["permits"] == [] for one in report["records"])
    assert {one["state"] for one in report["records"]} == {"withdrawn"}
    (tokenizer,) = report["recipients"]["assets"]
    assert (tokenizer["through"], tokenizer["acts"]) == ([exported.export], ["train.tokenizer"])
    assert steps(report) == [("deadline", 2, event["event"]), ("refused", 2, None), ("repair", 2, exported.export)]


def test_report_on_nothing_says_so(shelf: Shelf) -> None:
    answer = shelf.store.find(subject="Nobody Known", report=True)
    assert answer.report is not None
    assert (answer.report["records"], answer.report["ahead"], answer.report["uses"]) == ([], [], [])
    assert "nobody: no export holds any of it" in find_lines(answer.as_json())
    absent = shelf.store.find(wording("elsewhere"), report=True)
    assert absent.report is not None
    assert absent.report["records"] == []


def test_page_has_every_section(shelf: Shelf) -> None:
    lines = find_lines(shelf.store.find(subject=PERSON, report=True).as_json())
    assert [line for line in lines if line.startswith("#")][1:] == [
        "## 2 records",
        "## Where it came from",
        "## Who has it",
        "## What was asked",
        "## What will happen",
    ]
    assert "  legal basis: legitimate_interests" in lines


def test_what_was_masked_has_no_recipient_and_no_source_in_a_trace_of_the_repaired_export(shelf: Shelf) -> None:
    out = shelf.root / "out"
    first = shelf.store.export(out, use="train", accept="all", tokenizer="bytes", dedup="none").export
    assert {s["source"] for s in shelf.store.trace(first).sources} == {"letters", "notes", "poets"}
    shelf.store.consent.withdraw(subject=PERSON)
    repaired = shelf.store.redact(out, level="mask").export
    listed = [(one["export"], one["current"]) for one in reported(shelf)["recipients"]["exports"]]
    assert listed == [(first, False)]
    assert {s["source"]: s["records"] for s in shelf.store.trace(repaired).sources} == {"poets": 1}
