"""Limits on a licence: where, until when, for which purposes and applications. They only take away from a permission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence
from rightful.rights.uses import Use
from tests.laws.strategies import licences, questions, statutes
from tests.laws.words import BY, EVERYTHING, FREE, NC, TERMS, case, day, judged, licensed, rank, slugs, use

Question = tuple[Case, Use]

limits: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"jurisdictions": frozenset(["US"])},
        {"purposes": frozenset(["research"])},
        {"purposes": frozenset(["noncommercial", "research"])},
        {"applications": frozenset(["translation"])},
        {"valid_from": day(2027)},
        {"valid_until": day(2022)},
    ]
)
_stated = licences | st.sampled_from([licensed(TERMS, tier) for tier in (3, 4, 5)])


@given(questions(), _stated, st.lists(statutes, max_size=1), limits)
def test_a_limit_on_a_licence_never_widens(
    question: Question, stated: Evidence, relied: list[Evidence], limit: dict[str, Any]
) -> None:
    """A licence whose period is over owes nothing any more, so what it asked for is left aside there."""
    record, asked = question
    if {"valid_from", "valid_until"} & limit.keys():
        asked = replace(asked, accepted=EVERYTHING)
    plain = replace(stated, **{key: Evidence.__dataclass_fields__[key].default for key in limit})
    before, after = (
        judged(replace(record, profile=record.profile - {stated} | {claim, *relied}), asked)
        for claim in (plain, replace(plain, **limit))
    )
    assert rank(after) <= rank(before)


@pytest.mark.parametrize(
    ("limit", "within", "reason"),
    [
        ({"purposes": ["research", "noncommercial"]}, {"purpose": "noncommercial"}, "outside-statement"),
        ({"applications": ["translation"]}, {"application": "translation"}, "outside-statement"),
        ({"jurisdictions": ["US"]}, {"jurisdictions": ["US"]}, "territory"),
        ({"valid_until": day(2025)}, {"as_of": day(2024)}, "license-expired"),
        ({"valid_from": day(2027)}, {"as_of": day(2028)}, "not-yet-valid"),
    ],
)
def test_a_licence_that_is_limited_permits_within_its_limits_and_nothing_beyond(
    limit: dict[str, Any], within: dict[str, Any], reason: str
) -> None:
    for licence in (FREE, BY):
        assert judged(case(licensed(licence, **limit)), use(**within)).permits
        beyond = judged(case(licensed(licence, **limit)), use())
        assert (beyond.status.word, slugs(beyond)) == ("unknown", {reason})
    assert judged(case(licensed(NC, **limit)), use()).status.word == "deny"
