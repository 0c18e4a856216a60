"""Reviews of near copies: which verdict counts, how far it reaches, and that none of them permits. ``rights.review``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.decide import Case
from rightful.rights.evidence import Profile
from rightful.rights.review import DISTINCT, SAME, VERDICTS, Review, apart, settled, standing_reviews, works
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import copies, instants, questions
from tests.laws.words import FREE, INSTANTS, NOW, case, day, judged, licensed, rank, reserved, slugs, use

TEXTS = "abcde"


def review(one: str, other: str, verdict: str, recorded: datetime = NOW, number: int = 0) -> Review:
    """What Ada decided about two texts."""
    return Review(
        review_id=f"v-{number:03}",
        texts=frozenset([one, other]),
        verdict=verdict,
        recorded=recorded,
        by="Ada",
        reason="read both",
        record=one,
        other=other,
    )


_pairs = st.lists(st.sampled_from(TEXTS), min_size=2, max_size=2, unique=True)
reviews = st.builds(
    lambda pair, verdict, at, number: review(*pair, verdict, at, number),
    _pairs,
    st.sampled_from(sorted(VERDICTS)),
    instants,
    st.integers(0, 99),
)
logs = st.lists(reviews, max_size=6)


def bound(standing: dict[frozenset[str], Review]) -> set[frozenset[str]]:
    """The pairs of texts that are one work."""
    named = works(standing)
    return {frozenset([a, b]) for a in named for b in named if a != b and named[a] == named[b]}


@given(logs, st.randoms(use_true_random=False))
def test_the_last_review_of_a_pair_counts_in_whatever_order_they_are_read(
    log: list[Review], chance: st.DataObject
) -> None:
    shuffled = list(log)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = standing_reviews(shuffled, INSTANTS[-1])
    for pair in {r.texts for r in log}:
        last = max(r.recorded for r in log if r.texts == pair)
        verdicts = {r.verdict for r in log if r.texts == pair and r.recorded == last}
        assert found[pair].recorded == last
        assert found[pair].verdict == (SAME if SAME in verdicts else DISTINCT)


@given(logs, instants)
def test_a_review_counts_from_when_it_was_recorded(log: list[Review], as_of: datetime) -> None:
    found = standing_reviews(log, as_of)
    assert found == standing_reviews([r for r in log if r.recorded <= as_of], INSTANTS[-1])
    assert set(found) == {r.texts for r in log if r.recorded <= as_of}


@given(logs)
def test_what_is_one_work_with_one_text_is_one_work_with_all(log: list[Review]) -> None:
    standing = standing_reviews(log, NOW)
    reached = {pair for pair, r in standing.items() if r.verdict == SAME}
    while True:
        further = {a ^ b for a in reached for b in reached if len(a & b) == 1} - reached
        if not further:
            break
        reached |= further
    assert bound(standing) == reached


@given(logs, reviews)
def test_a_verdict_of_one_work_binds_more_and_sets_nothing_free(log: list[Review], further: Review) -> None:
    before = standing_reviews(log, NOW)
    after = {**before, further.texts: replace(further, verdict=SAME)}
    assert bound(after) >= bound(before) | {further.texts}
    assert apart(after) <= apart(before)


@given(logs, reviews)
def test_a_verdict_of_two_works_sets_free_one_pair_and_none_that_is_one_work(
    log: list[Review], further: Review
) -> None:
    before = standing_reviews([r for r in log if r.texts != further.texts], NOW)
    after = {**before, further.texts: replace(further, verdict=DISTINCT)}
    assert bound(after) == bound(before)
    assert apart(after) - apart(before) == {further.texts} - bound(before) - apart(before)
    assert not apart(after) & bound(after)


@given(logs)
def test_a_pair_waits_for_nobody_once_it_is_two_works_or_one(log: list[Review]) -> None:
    standing = standing_reviews(log, NOW)
    assert settled(standing) == apart(standing) | bound(standing)
    assert settled(standing) >= set(standing)


@given(questions(), copies)
def test_one_work_is_never_wider_than_two_nor_two_than_a_record_without_near_copies(
    question: tuple[Case, Use], copy: Profile
) -> None:
    record, asked = question
    two, one = record, replace(record, copies=record.copies | {copy})
    waiting = replace(record, near=frozenset([copy]))
    assert rank(judged(one, asked)) <= rank(judged(two, asked))
    assert rank(judged(waiting, asked)) <= rank(judged(two, asked))


def test_a_near_copy_that_is_the_same_work_refuses_and_one_of_another_work_leaves_nothing_open() -> None:
    said = frozenset([frozenset([reserved(3)])])
    waiting = judged(case(licensed(FREE), near=said), use())
    assert (waiting.status.word, slugs(waiting)) == ("unknown", {"near-copy-contested"})
    same = judged(case(licensed(FREE), copies=said), use())
    assert (same.status, slugs(same)) == (Status.DENY, {"reserved"})
    assert judged(case(licensed(FREE)), use()).permits
    log = [review("a", "b", SAME, day(2024)), review("a", "b", DISTINCT, day(2025))]
    assert (works(standing_reviews(log, day(2024))), apart(standing_reviews(log, day(2024)))) == (
        {"a": "a", "b": "a"},
        set(),
    )
    assert (works(standing_reviews(log, NOW)), apart(standing_reviews(log, NOW))) == ({}, {frozenset("ab")})
