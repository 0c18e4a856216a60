"""Events that undo events, and kinds that count as others. Law 7."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.consent import (
    ANNULMENT,
    ERASURE,
    GIVEN,
    OPTED_OUT,
    RENEWED,
    WITHDRAWN,
    ConsentEvent,
    in_force,
    refuses_ingest,
    standing,
)
from rightful.rights.uses import Use
from tests.laws.strategies import histories, instants, uses
from tests.laws.words import FREE, NOW, case, consented, day, event, judged, licensed

SAME = {ERASURE: WITHDRAWN, OPTED_OUT: WITHDRAWN, RENEWED: GIVEN}


def annulling(what: ConsentEvent, recorded: datetime, effective: datetime | None = None) -> ConsentEvent:
    undoes = event(ANNULMENT, effective or recorded, recorded)
    return replace(undoes, event_id=f"undoes {what.event_id}", selector="event", value=what.event_id)


def numbered(past: list[ConsentEvent]) -> list[ConsentEvent]:
    return [replace(e, event_id=f"e{n}") for n, e in enumerate(past)]


@given(histories.filter(bool), st.data(), instants, instants, instants)
def test_an_event_that_was_annulled_counts_until_then_and_no_more(
    past: list[ConsentEvent], data: st.DataObject, recorded: datetime, effective: datetime, as_of: datetime
) -> None:
    past = numbered(past)
    undone = data.draw(st.sampled_from(past))
    undoes = annulling(undone, recorded, effective)
    others = [e for e in past if e is not undone]
    told = data.draw(st.permutations([*past, undoes]))
    moment = data.draw(st.sampled_from([as_of, recorded, recorded - timedelta(seconds=1)]))
    expected = others if moment >= recorded else past
    assert standing(told, moment) == standing(expected, moment)
    assert {e.event_id for e in in_force(told, moment)} == {e.event_id for e in expected}


def test_an_annulment_undoes_the_event_that_it_names_and_no_other_by_the_same_selector() -> None:
    first, second = numbered([event(WITHDRAWN, day(2022)), event(WITHDRAWN, day(2023))])
    told = [first, second, annulling(first, day(2024))]
    assert refuses_ingest(standing(told, NOW), NOW)
    assert standing(told, day(2022, 6)) == standing([first], day(2022, 6))
    assert not refuses_ingest(standing([*told, annulling(second, day(2025))], NOW), NOW)


@pytest.mark.parametrize("kind", SAME)
@given(histories, instants, instants, uses)
def test_erasures_and_opt_outs_refuse_as_withdrawals_do_and_renewals_are_consents(
    kind: str, past: list[ConsentEvent], recorded: datetime, effective: datetime, wanted: Use
) -> None:
    limits = {"acts": ["train"], "purposes": ["commercial"]} if kind == RENEWED else {}
    said = event(kind, effective, recorded, **limits)
    known = replace(said, kind=SAME[kind])
    assert (said.refuses, said.gives, said.counts_from) == (known.refuses, known.gives, known.counts_from)
    outcomes = []
    for one in (said, known):
        history = standing([*past, one], wanted.as_of)
        outcomes.append((judged(case(licensed(FREE), standings=frozenset([history])), wanted), history))
    assert outcomes[0] == outcomes[1]


@given(histories, instants, st.text(max_size=3), uses)
def test_no_deadline_and_no_proof_changes_a_decision(
    past: list[ConsentEvent], deadline: datetime, proof: str, wanted: Use
) -> None:
    told = [replace(e, deadline=deadline, proof=proof) for e in past]
    assert standing(told, wanted.as_of) == standing(past, wanted.as_of)


def test_a_renewal_after_a_withdrawal_lifts_it_and_one_before_does_not() -> None:
    renewal = replace(consented(day(2024), "train.pretrain"), kind=RENEWED)
    for at, refused in ((day(2023), False), (day(2025), True)):
        told = [event(ERASURE, at), renewal]
        assert refuses_ingest(standing(told, NOW), NOW) == refused
