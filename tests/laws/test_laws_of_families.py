"""Names that stand for several licences: a tag says what all of its members say, and less than the one that is meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights.evidence import Evidence
from rightful.rights.expression import Name, dated, parse, render
from rightful.rights.uses import Use
from tests.laws.strategies import acceptances, acts, restrictions, tagged, uses
from tests.laws.words import (
    BY,
    CATALOG,
    EVERYTHING,
    FAMILIES,
    FREE,
    KIND,
    MIXED,
    NC,
    NOW,
    POSTS,
    SA,
    case,
    day,
    judged,
    licensed,
    rank,
    slugs,
    unreadable,
    use,
)

_tags = st.sampled_from(sorted(FAMILIES))
_tiers = st.sampled_from([3, 5, 5, 6])
_beside = st.frozensets(st.builds(licensed, tagged, tier=_tiers) | restrictions, max_size=2)
"""What else is stated: licences, tags, and what only restricts."""

_ELSEWHERE = (
    {"valid_until": day(2020)},
    {"valid_from": day(2090)},
    {"statement": "compilation"},
    {"tier": 6},
    {"acts": ["eval"]},
    {"purposes": ["research"]},
    {"jurisdictions": ["JP"]},
)
_silent = st.builds(
    lambda expression, limit: licensed(expression, **limit),
    st.sampled_from([FREE, BY, SA]),
    st.sampled_from(_ELSEWHERE),
)
"""Licences of a family that are inferred, have ended, or speak of something else."""


@given(_tags, uses)
def test_a_tag_never_permits_what_one_of_its_members_does_not_and_asks_for_all_that_they_ask(
    tag: str, asked: Use
) -> None:
    decision = judged(case(licensed(tag)), asked)
    for member in FAMILIES[tag].members:
        alone = judged(case(licensed(member)), asked)
        if decision.permits:
            assert alone.permits
            assert alone.obligations <= decision.obligations


@given(_tags, uses)
def test_a_tag_never_refuses_what_is_accepted_whole(tag: str, asked: Use) -> None:
    """One of the members may be meant that does not refuse: what some refuse is open."""
    decision = judged(case(licensed(tag)), replace(asked, accepted=EVERYTHING))
    assert decision.status.word != "deny"
    assert decision.permits or slugs(decision) <= {"license-family", "territory", "contents-not-licensed"}


@given(_tags, acts, acceptances, st.data())
def test_a_tag_beside_a_licence_that_it_may_mean_says_nothing(
    tag: str, act: str, accepted: frozenset[str], data: st.DataObject
) -> None:
    asked = use(act, accepted=accepted)
    member = licensed(data.draw(st.sampled_from(FAMILIES[tag].members)))
    alone, beside = judged(case(member), asked), judged(case(member, licensed(tag)), asked)
    assert (beside.status, beside.obligations, beside.needs) == (alone.status, alone.obligations, alone.needs)


@given(_beside, _silent, uses)
def test_a_licence_that_does_not_hold_here_makes_no_tag_silent(
    stated: frozenset[Evidence], elsewhere: Evidence, asked: Use
) -> None:
    here = replace(asked, acts=("train.pretrain",), purpose="commercial", as_of=NOW, jurisdictions=frozenset(["DE"]))
    record = case(licensed(MIXED), *stated)
    assert rank(judged(case(*record.profile, elsewhere), here)) <= rank(judged(record, here))


@given(_beside, tagged, tagged, _tiers, uses)
def test_an_option_beside_a_tag_never_narrows(
    stated: frozenset[Evidence], one: str, other: str, tier: int, asked: Use
) -> None:
    answers = {x: rank(judged(case(*stated, licensed(x, tier)), asked)) for x in (one, other, f"{one} OR {other}")}
    assert answers[f"{one} OR {other}"] >= max(answers[one], answers[other])


def test_of_an_or_beside_a_tag_only_the_option_that_is_meant_is_taken() -> None:
    for row, word in ((f"{BY} OR {FREE}", "permit"), (f"{NC} OR {FREE}", "unknown")):
        assert judged(case(licensed(MIXED), licensed(row)), use()).status.word == word
    assert judged(case(licensed(MIXED), licensed(f"{BY} OR {FREE}")), use()).obligations == {"attribution.record"}


@example(frozenset[Evidence](), MIXED, BY, FREE, 5, use())
@given(_beside | st.just(frozenset[Evidence]()), _tags, tagged, tagged, st.sampled_from([3, 5]), uses)
def test_a_part_beside_a_tag_never_widens(
    stated: frozenset[Evidence], tag: str, one: str, other: str, tier: int, asked: Use
) -> None:
    both = f"({one}) AND ({other})"
    answers = {x: rank(judged(case(licensed(tag), *stated, licensed(x, tier)), asked)) for x in (one, other, both)}
    assert answers[both] <= min(answers[one], answers[other])


@example(frozenset[Evidence](), KIND, unreadable(), use(accepted=frozenset()))
@given(_beside, _tags, restrictions, uses)
def test_a_restriction_beside_a_tag_never_widens(
    stated: frozenset[Evidence], tag: str, restriction: Evidence, asked: Use
) -> None:
    for looked in (None, ()):
        before, after = (case(licensed(tag), *stated, *more, looked=looked) for more in ((), (restriction,)))
        assert rank(judged(after, asked)) <= rank(judged(before, asked))


@given(st.dates(), st.sampled_from([POSTS, f"{POSTS} OR {NC}", f"{FREE} AND {POSTS}", KIND, BY]))
def test_a_name_that_goes_by_date_is_one_licence_on_every_day_and_the_licence_changes_on_its_first_day(
    on: date, expression: str
) -> None:
    tree = parse(expression, CATALOG.names)
    meant = next((license for since, license in reversed(FAMILIES[POSTS].periods) if since <= on), None)
    said = render(dated(tree, CATALOG.names, on))
    if meant is not None:
        assert said == expression.replace(POSTS, meant)
        assert rank(judged(case(licensed(said)), use())) >= rank(judged(case(licensed(expression)), use()))
    elif POSTS in expression:
        assert rank(judged(case(licensed(said)), use())) <= rank(judged(case(licensed(expression)), use()))
    for since, license in FAMILIES[POSTS].periods:
        assert dated(Name(POSTS), CATALOG.names, since) == Name(license)
        assert dated(Name(POSTS), CATALOG.names, since - timedelta(days=1)) != Name(license)
