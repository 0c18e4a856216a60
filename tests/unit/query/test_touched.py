"""Exports that hold what an event refuses are named, whether or not their folder is there; imports count once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rightful.events.consents import Request
from tests.unit.shelf import Shelf, wording

TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "tokenizer": "bytes"}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Two exports: of all three records for training, of the third for search."""
    made = Shelf(tmp_path)
    rows = [{"id": f"p{n}", "url": f"https://h{n}.example.org/p", "text": wording(f"t{min(n, 1)}")} for n in range(2)]
    made.put("web", *rows, {"id": "p2", "url": "https://h2.example.org/p", "text": wording("t1")})
    return made


def withdraw(shelf: Shelf, **more: Any) -> dict[str, Any]:
    [answer] = shelf.store.consent.record([Request(kind="withdraw", **more)])
    return answer


def status(shelf: Shelf) -> dict[str, str]:
    return {row["export"]: row["status"] for row in shelf.store.sql("SELECT export, status FROM exports")}


def test_withdrawal_names_the_exports_that_hold_what_it_reaches(shelf: Shelf, tmp_path: Path) -> None:
    every = shelf.store.export(tmp_path / "a", dedup="none", **TRAINING)["export"]
    first = shelf.store.export(tmp_path / "b", where="source_record_id = 'p0'", **TRAINING)["export"]
    assert status(shelf) == {every: "current", first: "current"}
    assert withdraw(shelf, selector="url", value="https://elsewhere.example.org/")["exports"] == []
    # A copy of p1: what reaches it reaches the text of p1 as well.
    assert withdraw(shelf, selector="url", value="http://www.h2.example.org/p")["exports"] == [every]
    assert status(shelf) == {every: "stale", first: "current"}
    consent = Request(
        kind="grant", selector="url", value="https://h2.example.org/p", acts=("train",), purposes=("commercial",)
    )
    shelf.store.consent.record([consent])
    assert status(shelf) == {every: "current", first: "current"}, "the receipt lifts it"


def test_withdrawal_of_another_use_leaves_the_export_current(shelf: Shelf, tmp_path: Path) -> None:
    export = shelf.store.export(tmp_path / "a", dedup="none", **TRAINING)["export"]
    for acts, named in ((("infer.ground",), []), (("train.pretrain",), [export])):
        assert withdraw(shelf, selector="domain", value="h0.example.org", acts=acts)["exports"] == named
        assert status(shelf) == {export: "stale" if named else "current"}


def test_consent_as_a_ceiling_names_the_exports_that_it_refuses(shelf: Shelf, tmp_path: Path) -> None:
    export = shelf.store.export(tmp_path / "a", dedup="none", **TRAINING)["export"]
    ceiling = Request(
        kind="grant", selector="domain", value="h0.example.org", acts=("share",), purposes=("commercial",)
    )
    [answer] = shelf.store.consent.record([ceiling])
    assert answer["exports"] == [export]


def test_exports_are_named_when_their_folder_is_gone(shelf: Shelf, tmp_path: Path) -> None:
    export = shelf.store.export(tmp_path / "a", dedup="none", **TRAINING)["export"]
    kept = shelf.store.export(tmp_path / "b", where="source_record_id = 'p0'", **TRAINING)["export"]
    shutil.rmtree(tmp_path / "a")
    assert withdraw(shelf, selector="url", value="https://h1.example.org/p")["exports"] == [export]
    found = shelf.store.verify(all=True)
    assert not found["ok"]
    gone, there = found["exports"]
    assert (gone["export"], gone["gone"], gone["ok"], len(gone["stale"])) == (export, True, False, 2)
    assert gone["corrupt"] == [{"file": str(tmp_path / "a"), "reason": "is the folder of this export, and is gone"}]
    assert (there["export"], there["gone"], there["ok"]) == (kept, False, True)
    shelf.store.layout.exported(export).unlink()
    again = withdraw(shelf, selector="url", value="https://h1.example.org/p")
    assert (again["exports"], again["exports_unreadable"]) == ([], [export])
    assert status(shelf)[export] == "unreadable"


def imported(shelf: Shelf, *lines: str, name: str = "events.csv") -> dict[str, Any]:
    path = shelf.root / name
    path.write_text("\n".join(["kind,selector,value,effective,reason", *lines]) + "\n", encoding="utf-8")
    return shelf.store.consent.import_(path)


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int, int]:
    matched = answer["matched"]["records"]
    return answer["rows"], answer["applied"], answer["known"], answer["unmatched"], matched


LINES = (
    "withdraw,url,https://h0.example.org/p,,by mail",
    "withdraw,domain,h0.example.org,2026-11-01,by letter",
    "withdraw,url,https://h0.example.org/p,,by mail",
    "withdraw,url,https://nowhere.example.org/,,",
)


def test_import_of_the_same_rows_records_nothing_twice_and_counts_distinct_records(shelf: Shelf) -> None:
    assert counts(imported(shelf, *LINES)) == (4, 3, 1, 1, 1)
    assert counts(imported(shelf, *LINES)) == (4, 0, 4, 1, 1)
    assert counts(imported(shelf, *reversed(LINES), name="another.csv")) == (4, 0, 4, 1, 1)
    assert len(shelf.store.consent.list()) == 3
    assert counts(imported(shelf, "withdraw,url,https://h0.example.org/p,,by phone")) == (1, 1, 0, 0, 1)


def test_import_of_a_list_again_withdraws_again_what_was_lifted_since(shelf: Shelf) -> None:
    """Whoever stands on the list without a date is on it still; the letter of a day is the letter that was answered."""
    imported(shelf, LINES[0])
    lifted = Request(
        kind="grant", selector="url", value="https://h0.example.org/p", acts=("train",), purposes=("commercial",)
    )
    shelf.store.consent.record([lifted])
    assert "p0" in shelf.chosen()
    assert counts(imported(shelf, LINES[0])) == (1, 1, 0, 0, 1)
    assert "p0" not in shelf.chosen()
    assert counts(imported(shelf, LINES[0])) == (1, 0, 1, 0, 1)


def test_import_of_consents_again_never_lifts_a_withdrawal(shelf: Shelf) -> None:
    path = shelf.root / "grants.csv"
    path.write_text(
        "kind,selector,value,use,purpose\ngrant,url,https://h0.example.org/p,train,commercial\n", encoding="utf-8"
    )
    assert shelf.store.consent.import_(path)["applied"] == 1
    withdraw(shelf, selector="url", value="https://h0.example.org/p")
    assert shelf.store.consent.import_(path)["applied"] == 0
    assert "p0" not in shelf.chosen()
