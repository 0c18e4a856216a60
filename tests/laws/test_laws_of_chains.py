"""Rows of ancestors: a record has no more than what it came from, row by row; events on ancestors reach it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from rightful.rights.chains import inversions_of
from rightful.rights.consent import standing
from rightful.rights.decide import Case
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import cases, questions, refusing_events
from tests.laws.words import (
    BY,
    CATALOG,
    FREE,
    NC,
    NOW,
    case,
    consented,
    day,
    event,
    judged,
    licensed,
    rank,
    slugs,
    unreadable,
    use,
)

Question = tuple[Case, Use]


def _through(record: Case, *rows: Case, **known: object) -> Case:
    named = frozenset(replace(row, way=f"root {n}") for n, row in enumerate(rows))
    return replace(record, through=record.through | named, **known)  # type: ignore[arg-type]


@given(questions(), cases(), cases())
def test_a_record_has_no_more_than_any_row_that_it_came_through(question: Question, one: Case, other: Case) -> None:
    record, asked = question
    whole = judged(_through(record, one, other), asked)
    assert rank(whole) <= min(rank(judged(part, asked)) for part in (record, one, other))
    assert rank(whole) <= rank(judged(_through(record, one), asked))
    assert whole.permits == judged(_through(record, one, other), asked).permits
    assert whole.reasons


@given(questions(), cases())
def test_a_row_that_permits_all_changes_nothing(question: Question, row: Case) -> None:
    record, asked = question
    free = case(licensed(FREE))
    if not judged(free, asked).permits:
        return
    assert judged(_through(record, free), asked).status is judged(record, asked).status
    assert judged(_through(record, free, row), asked).status is judged(_through(record, row), asked).status


def test_a_row_that_could_not_be_matched_makes_an_event_there_unknown() -> None:
    free = case(licensed(FREE))
    known = _through(free, free)
    assert judged(known, use()).permits
    lost = _through(free, free, unmatched=frozenset(["root"]))
    assert judged(lost, use()).permits
    opened = judged(replace(lost, lost_event=True), use())
    assert (opened.status.word, slugs(opened)) == ("unknown", {"ancestor-row-unknown"})
    for row, word in ((case(licensed(NC)), "deny"), (case(unreadable()), "unknown")):
        decision = judged(_through(free, row, unmatched=frozenset(["root"])), use())
        assert decision.status.word == word
        assert "ancestor-row-unknown" in slugs(decision)
        assert decision.reason.layer.startswith("root")


@given(questions(), refusing_events)
def test_what_was_withdrawn_of_an_ancestor_as_a_source_is_withdrawn_of_what_came_through_it(
    question: Question, withdrawn: object
) -> None:
    record, asked = question
    history = standing([withdrawn], asked.as_of)  # type: ignore[list-item]
    told = judged(replace(record, sources=frozenset([("root", history)])), asked)
    assert rank(told) <= rank(judged(record, asked))
    gone = standing([event("withdrawal", day(2020))], NOW)
    assert judged(replace(record, sources=frozenset([("root", gone)])), replace(asked, as_of=NOW)).status is Status.DENY


@pytest.mark.parametrize("accepted", [frozenset[str](), frozenset(["attribution.record"])])
def test_what_a_row_asks_for_is_owed_and_what_was_granted_of_it_grants_nothing_here(accepted: frozenset[str]) -> None:
    record = _through(case(licensed(FREE)), case(licensed(BY)))
    decision = judged(record, use(accepted=accepted))
    assert decision.permits == bool(accepted)
    assert (decision.obligations if accepted else decision.needs) == {"attribution.record"}
    given = standing([consented(day(2020), "train")], NOW)
    assert not judged(replace(case(licensed(NC)), sources=frozenset([("root", given)])), use()).permits


def test_a_source_is_stated_too_wide_where_a_row_that_came_through_is_narrower() -> None:
    face, asked = case(licensed(FREE)), use()

    def ways(*rows: Case) -> set[tuple[str, str]]:
        through = frozenset(replace(row, way=f"root {n}") for n, row in enumerate(rows))
        found = inversions_of(replace(face, through=through), asked, CATALOG, ["commercial"])
        return {(i.path, i.says) for i in found}

    free, narrow = case(licensed(FREE)), case(licensed(NC))
    assert ways() == ways(free) == set()
    assert ways(narrow) == {("root 0", "deny")}
    assert ways(case(unreadable())) == {("root 0", "unknown")}
    assert ways(free, narrow) == {("root 1", "deny")}, "a row that permits mends nothing of another"
    assert ways(case(licensed(FREE), licensed(NC, layer="deep"))) == {("root 0 > deep", "deny")}
