"""Texts that earlier versions took for copies of each other, with their right values."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful import Store
from rightful.events.consents import Request
from tests.external.found import found_cases, grouped, ingested, permitted

CHESS, SETS = frozenset({"chess1", "chess2"}), frozenset({"q1", "q2"})
TABLE = frozenset({"tbl1", "tbl2"})


@pytest.fixture
def readers(cases: Path) -> Path:
    return found_cases(cases, "readers")


COPIES: dict[str, tuple[int, set[frozenset[str]], int, int]] = {
    # folder: (records, the most that may be grouped, rows whose text is empty, kept where one of each group stays)
    "nearsym": (23, {CHESS, SETS}, 0, 22),  # 12 + 7 and 12 - 7, C and C++, < and >, emoji: none is a copy of another
    "cjk": (23, set(), 0, 23),  # cat and dog, Chinese, Korean, Thai; six rows of a template; a line and 300 of it
    "exactzw": (12, {TABLE}, 3, 11),  # joiners and indentation count, spaces between words do not
    "blank": (0, set(), 4, 0),  # characters that nobody can see are no text
}


@pytest.mark.parametrize("name", COPIES)
def test_found_texts_that_differ_in_what_can_be_read_are_no_copies(readers: Path, tmp_path: Path, name: str) -> None:
    records, at_most, empty, kept = COPIES[name]
    store, answer = ingested(tmp_path / "store", readers / name)
    assert (answer["added"], answer["rejected"]) == (records, empty)
    assert {e["reason"] for e in answer["errors"]} <= {"empty text"}
    assert grouped(store) <= at_most
    assert len(permitted(store, dedup="near")) == kept


def test_found_programs_that_differ_in_indentation_contest_nothing(readers: Path, tmp_path: Path) -> None:
    """Also under the recipe for code, and for sums that differ in a sign: each has the licence of its row."""
    store = Store(tmp_path / "store")
    store.ingest([readers / "codecopies"], recipe="code")
    assert permitted(store, dedup="near") == {"py1", "q1", "q2"}
    assert grouped(store) == set()
    store, _ = ingested(tmp_path / "other", readers / "nearrights")
    assert permitted(store, dedup="near") == {"add", "py1"}


@pytest.mark.parametrize("name", ["c", "cpp", "py1", "py2"])
def test_found_withdrawal_of_one_text_reaches_no_other_that_reads_otherwise(
    readers: Path, tmp_path: Path, name: str
) -> None:
    store, _ = ingested(tmp_path / "store", readers / "withdrawzw")
    [answer] = store.consent.record([Request(kind="withdraw", selector="record", value=store.record_id(name))])
    assert answer["matched"]["records"] == 1
    assert permitted(store) == {"c", "cpp", "py1", "py2"} - {name}
