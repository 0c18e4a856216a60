"""What is made of records permits no more than they do, wherever it travels; and for what they were not collected. Law 5.23, 5.24."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights.creep import beyond
from rightful.rights.derive import inherit
from rightful.rights.specified import DECISIONS, Specified, Stated, inherited, stated_value
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES, Use
from rightful.rights.values import BLOCKED, PERMITTED, Alternative, Status, Value, value
from tests.laws.strategies import acceptances, acts, applications, obligation_sets, outbounds, uses, values
from tests.laws.words import ACTS, COPYLEFT, EVERYTHING, NOW, PLAIN, SA, SENSITIVE, WORDS, rank, use

inputs = st.frozensets(values, min_size=1, max_size=4)
statements = st.builds(
    Stated,
    acts=st.frozensets(st.sampled_from(ACTS) | st.just("train.pretrain"), min_size=1, max_size=3),
    purpose=st.sampled_from(["commercial", *PURPOSES]),
    actor=st.sampled_from(["for_profit", *ACTORS]),
    applications=st.frozensets(st.sampled_from([None, *PLAIN, *SENSITIVE]), min_size=1, max_size=3),
    decision=st.sampled_from(["permit", "permit", *DECISIONS]),
    obligations=obligation_sets,
    outbound=outbounds,
)
specifications = st.builds(
    Specified,
    uses=st.lists(statements, max_size=4).map(tuple),
    profile=st.sampled_from(["strict", *PROFILES]),
    jurisdictions=st.sampled_from([frozenset("*"), frozenset(["US"])]),
    valid_until=st.sampled_from([None, None, NOW, NOW + timedelta(days=1)]),
)


def written(of: frozenset[Value], asked: Use) -> Specified:
    """The specification of something made of inputs with these values, as it is written for one act."""
    whole = inherited(of, EVERYTHING)
    one = Stated(
        acts=frozenset(asked.acts[:1]),
        purpose=asked.purpose,
        actor=asked.actor,
        applications=frozenset([asked.application]),
        decision=whole.status.word,
        obligations=whole.obligations,
        outbound=whole.outbound if whole.status is Status.PERMIT else None,
    )
    return Specified(uses=(one,), profile=asked.profile, jurisdictions=asked.jurisdictions)


LICENSED_APART = frozenset(
    [
        Alternative(Status.PERMIT, outbound=frozenset([SA])),
        Alternative(Status.PERMIT, frozenset(["share_alike"]), frozenset([COPYLEFT])),
    ]
)
"""Free under one licence, and on a condition under another."""


@example(frozenset([LICENSED_APART]), frozenset([value(Status.PERMIT, (), [COPYLEFT])]), use(), frozenset())
@given(inputs, inputs, uses, acceptances)
def test_what_travels_with_an_asset_permits_no_more_than_what_it_was_made_of(
    of: frozenset[Value], others: frozenset[Value], asked: Use, accepted: frozenset[str]
) -> None:
    stated = stated_value(written(of, asked), asked.acts[0], asked, WORDS)
    far, near = inherit([stated, *others], accepted), inherit([*of, *others], accepted)
    assert rank(far.status) <= rank(near.status) or far.status is not Status.PERMIT
    if far.status is Status.PERMIT:
        assert near.status is Status.PERMIT
        assert near.outbound is None or (far.outbound is not None and far.outbound <= near.outbound)
        # Whatever licence it goes out under, what is owed there is owed here as well.
        assert inherit([*of, *others], far.obligations).status is Status.PERMIT


@given(specifications, acts, uses)
def test_what_a_specification_does_not_state_is_unknown(specified: Specified, act: str, asked: Use) -> None:
    stated = [
        one
        for one in specified.uses
        if act in one.acts
        and (one.purpose, one.actor) == (asked.purpose, asked.actor)
        and (
            asked.application in one.applications
            or (
                None in one.applications and asked.application is not None and not WORDS.is_sensitive(asked.application)
            )
        )
    ]
    ended = specified.valid_until is not None and specified.valid_until <= asked.as_of
    elsewhere = specified.jurisdictions != frozenset("*") and not asked.jurisdictions <= specified.jurisdictions
    of = stated_value(specified, act, asked, WORDS)
    if not stated or ended or elsewhere or specified.profile != asked.profile:
        assert of == BLOCKED
    whole = written(frozenset([PERMITTED]), asked)
    assert stated_value(whole, asked.acts[0], asked, WORDS) == PERMITTED
    for other in (
        replace(asked, profile=next(profile for profile in PROFILES if profile != asked.profile)),
        replace(asked, purpose=next(purpose for purpose in PURPOSES if purpose != asked.purpose)),
        replace(asked, actor=next(actor for actor in ACTORS if actor != asked.actor)),
        replace(asked, application="emotion" if asked.application != "emotion" else "medical_advice"),
    ):
        assert stated_value(whole, asked.acts[0], other, WORDS) == BLOCKED
    assert stated_value(replace(whole, valid_until=asked.as_of), asked.acts[0], asked, WORDS) == BLOCKED
    there = replace(whole, jurisdictions=frozenset(["FR"]))
    assert stated_value(there, asked.acts[0], asked, WORDS) == BLOCKED


@given(st.lists(statements, min_size=1, max_size=3), statements, uses)
def test_one_more_statement_never_widens_a_specification(listed: list[Stated], more: Stated, asked: Use) -> None:
    of_it = {
        "acts": frozenset(asked.acts[:1]),
        "purpose": asked.purpose,
        "actor": asked.actor,
        "applications": frozenset([asked.application]),
    }
    before, after = (
        stated_value(
            Specified(
                uses=tuple(replace(one, **of_it) for one in those),
                profile=asked.profile,
                jurisdictions=asked.jurisdictions,
            ),
            asked.acts[0],
            asked,
            WORDS,
        )
        for those in (listed, [*listed, more])
    )
    assert rank(inherit([after], asked.accepted).status) <= rank(inherit([before], asked.accepted).status)


words = st.lists(st.sampled_from([*ACTS, "train", "share", *PLAIN, *PURPOSES, "for fun", " "]), max_size=3)


@given(words, words, uses)
def test_more_words_of_what_it_was_collected_for_never_make_more_acts_new(
    collected: list[str], more: list[str], asked: Use
) -> None:
    new = beyond(collected, asked)
    assert {*new} <= {*asked.acts}
    if any(word.strip() for word in collected):
        assert {*beyond([*collected, *more], asked)} <= {*new}


@given(uses, applications)
def test_words_that_mean_nothing_cover_no_act(asked: Use, application: str | None) -> None:
    assert beyond(["for fun", "research and such"], asked) == asked.acts
    assert beyond([], asked) == ()


def test_an_act_is_new_unless_it_its_parent_its_application_or_its_purpose_was_named() -> None:
    asked = use("train.pretrain", "share.verbatim", application="translation")
    assert beyond(["train"], asked) == ("share.verbatim",)
    assert beyond(["train.nongen", "spam_filtering"], asked) == asked.acts
    assert beyond(["Translation"], asked) == beyond(["commercial"], asked) == ()
    assert beyond(["noncommercial"], asked) == asked.acts
