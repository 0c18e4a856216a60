"""When a source ends: retired by its operator, or kept for no longer. Law 14.7 and 15.4."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from rightful.rights.decide import Case
from rightful.rights.sources import RESTORED, RETIRED, SourceTerm, Turn, retired_at
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import instants, questions
from tests.laws.words import FREE, NOW, case, judged, licensed, rank, slugs, use

Question = tuple[Case, Use]
TICK = timedelta(microseconds=1)
turns = st.lists(
    st.builds(
        Turn,
        source=st.sampled_from(["a", "b"]),
        turn=st.sampled_from([RETIRED, RESTORED]),
        recorded=instants.filter(lambda at: at.year < 9999),
    ),
    max_size=4,
).map(lambda listed: sorted(listed, key=lambda t: t.recorded))


@given(questions())
def test_a_source_that_was_retired_permits_nothing(question: Question) -> None:
    record, wanted = question
    retired = judged(replace(record, term=SourceTerm(retired=True)), wanted)
    assert retired.status is Status.DENY
    assert "source-retired" in slugs(retired)
    assert retired.needs is None, "no obligation makes up for it"


@given(turns, st.sampled_from(["a", "b"]), instants.filter(lambda at: at.year < 9999))
def test_a_source_is_retired_until_it_is_restored(listed: list[Turn], source: str, at: datetime) -> None:
    assume(all(t.recorded <= at for t in listed))
    later = Turn(source=source, turn=RETIRED, recorded=at)
    assert source in retired_at([*listed, later], at)
    assert source not in retired_at([*listed, later, replace(later, turn=RESTORED, recorded=at + TICK)], at + TICK)
    others = {"a", "b"} - {source}
    assert retired_at([*listed, later], at) & others == retired_at(listed, at) & others


def test_a_retirement_counts_from_when_it_was_recorded() -> None:
    turn = Turn(source="a", turn=RETIRED, recorded=NOW)
    assert retired_at([turn], NOW - TICK) == frozenset()
    assert retired_at([turn], NOW) == {"a"}


@given(questions(), instants)
def test_after_the_time_for_which_records_are_kept_nothing_is_permitted(question: Question, until: datetime) -> None:
    record, wanted = question
    assume(wanted.as_of >= until)
    ended = judged(replace(record, term=SourceTerm(retain_until=until)), wanted)
    assert ended.status is Status.DENY
    assert "retention-ended" in slugs(ended)


@given(questions(), instants)
def test_an_end_that_is_still_to_come_only_dates_the_decision(question: Question, until: datetime) -> None:
    record, wanted = question
    assume(wanted.as_of < until)
    plain = judged(replace(record, term=SourceTerm()), wanted)
    dated = judged(replace(record, term=SourceTerm(retain_until=until)), wanted)
    assert (dated.status, dated.obligations, dated.reasons) == (plain.status, plain.obligations, plain.reasons)
    assert dated.valid_until == min(until, plain.valid_until or until)


@given(questions(), st.booleans(), instants)
def test_the_end_of_a_source_never_widens_any_use(question: Question, retired: bool, until: datetime) -> None:
    record, wanted = question
    plain = judged(replace(record, term=SourceTerm()), wanted)
    assert rank(judged(replace(record, term=SourceTerm(retired, until)), wanted)) <= rank(plain)


def test_what_was_made_from_a_source_that_ended_leaves_no_more_either() -> None:
    parent = case(licensed(FREE), way="parent", term=SourceTerm(retired=True))
    child = case(licensed(FREE), through=frozenset([parent]))
    assert judged(replace(child, through=frozenset([replace(parent, term=SourceTerm())])), use()).permits
    decision = judged(child, use())
    assert not decision.permits
    assert {r.layer for r in decision.reasons if r.slug == "source-retired"} == {"parent"}
