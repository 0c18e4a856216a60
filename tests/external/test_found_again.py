"""Rows that are read again without what they said, and copies that contest: the folders of law-reingest and law/k*."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.events.consents import Request
from tests.external.found import USE, found_cases, ingested, permitted

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def again(cases: Path) -> Path:
    return found_cases(cases, "law-reingest")


def said(store: Store, row: str, **asked: Any) -> tuple[str, str]:
    """The decision on a row, and its first reason."""
    told = store.explain(row, **{**USE, **asked})
    return str(told["decision"]), str(told["reasons"][0]["reason"])


RESTRICTING = {
    # what the row said before: the decision once it says nothing (a1), or "N/A" (a2)
    "CC-BY-NC-4.0": "deny",
    "All rights reserved": "unknown",
    "No text and data mining permitted": "deny",
    "CC-BY-NC-ND-4.0 (except figures)": "unknown",
}


@pytest.mark.parametrize("stated", RESTRICTING)
def test_found_statement_goes_on_bounding_its_row_when_it_is_read_without_it(
    again: Path, tmp_path: Path, stated: str
) -> None:
    folder = shutil.copytree(again / "a", tmp_path / "a")
    later = (folder / "r.jsonl").read_text(encoding="utf-8")
    rows = [{**json.loads(line), "license": stated} for line in later.splitlines()]
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    store, _ = ingested(tmp_path / "store", folder)
    assert permitted(store) == set()
    (folder / "r.jsonl").write_text(later, encoding="utf-8")
    store.ingest([folder])
    assert permitted(store) == set()
    assert [said(store, name)[0] for name in ("a1", "a2")] == [RESTRICTING[stated]] * 2
    assert said(store, "a1")[1] == "earlier-statement"


def test_found_rows_that_never_said_anything_go_by_the_card(again: Path, tmp_path: Path) -> None:
    store, _ = ingested(tmp_path / "store", again / "a")
    assert permitted(store) == {"a1", "a2"}


def test_found_exact_copies_contest_what_they_state_otherwise_or_cannot_be_read(again: Path, tmp_path: Path) -> None:
    """b is MIT; c reserves all rights in b1, d says what nobody can read in b2 and b3. None of it is permitted."""
    store, _ = ingested(tmp_path / "store", again / "b")
    assert permitted(store) == {"b1", "b2", "b3"}
    store.ingest([again / "c", again / "d"])
    assert permitted(store) == set()
    assert {said(store, name) for name in ("b1", "b2", "b3")} == {("unknown", "contested-copy")}


@pytest.fixture
def law(cases: Path) -> Path:
    return found_cases(cases, "law")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    ticks = iter(range(1_000))
    return Store(tmp_path / "store", clock=lambda: NOON + timedelta(seconds=next(ticks)))


def test_found_contract_of_2015_for_training_names_no_practice_that_came_later(law: Path, store: Store) -> None:
    store.ingest([law / "k2-parent-old"])
    row = "k2-parent-old-0"
    assert [said(store, row, use=act)[0] for act in ("train.pretrain", "train.finetune", "train")] == ["unknown"] * 3
    assert [said(store, row, use=act)[0] for act in ("train.nongen", "train.embed")] == ["permit"] * 2


def test_found_contract_lifts_no_takedown_and_covers_its_country_alone(law: Path, store: Store) -> None:
    store.ingest([law / "k4-over-takedown"])
    row = "k4-over-takedown-0"
    assert said(store, row, jurisdiction=["DE"]) == ("permit", "contract")
    assert said(store, row)[0] == said(store, row, jurisdiction=["DE", "FR"])[0] == "deny"
    store.consent.record([Request(kind="takedown", selector="record", value=store.record_id(row))])
    assert said(store, row, jurisdiction=["DE"]) == ("deny", "takedown")


def test_found_exclusion_of_a_contract_refuses_while_the_contract_runs(law: Path, store: Store) -> None:
    store.ingest([law / "k5-excl"])
    assert said(store, "k5-excl-0", as_of="2026-05-01")[0] == "deny"
    assert said(store, "k5-excl-0", as_of="2026-05-01", use="mine.analyse")[0] == "permit"
    assert said(store, "k5-excl-0") == ("permit", "license"), "CC0, once it has ended"
