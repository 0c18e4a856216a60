"""The algebra of values: what holds of ``choose``, ``meet`` and ``merge``, and what holds once they are decided."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights.derive import inherit
from rightful.rights.values import (
    BLOCKED,
    DENIED,
    MAX_ALTERNATIVES,
    PERMITTED,
    SILENT,
    Alternative,
    Status,
    TooManyAlternatives,
    Value,
    choose,
    collapse,
    contest,
    meet,
    merge,
    prune,
    value,
)
from tests.laws.strategies import acceptances, alternatives, values
from tests.laws.words import COPYLEFT, EVERYTHING, FREE, SA, rank

Operation = Callable[..., Value]
operations = st.sampled_from([choose, meet, merge])


def decided(of: Value, accepted: frozenset[str]) -> int:
    """How wide a value is once it is decided."""
    return rank(collapse(of, accepted)[0])


@given(operations, values, values, values)
def test_the_three_operations_are_associative(op: Operation, x: Value, y: Value, z: Value) -> None:
    assert op(op(x, y), z) == op(x, op(y, z)) == op(x, y, z)


@given(operations, values, values)
def test_the_three_operations_are_commutative(op: Operation, x: Value, y: Value) -> None:
    assert op(x, y) == op(y, x)


@given(operations, values)
def test_the_three_operations_are_idempotent(op: Operation, x: Value) -> None:
    assert op(x, x) == op(x) == x


@given(values)
def test_permitted_is_neutral_when_inputs_meet_and_silence_when_evidence_merges(x: Value) -> None:
    assert meet(x, PERMITTED) == x == merge(x, SILENT)
    assert meet() == PERMITTED
    assert merge() == SILENT


@given(st.sampled_from([meet, merge]), values, values, values)
def test_meet_and_merge_distribute_over_choose(op: Operation, x: Value, y: Value, z: Value) -> None:
    assert op(x, choose(y, z)) == choose(op(x, y), op(x, z))


@example(SILENT, DENIED, PERMITTED)
@given(values, values, values)
def test_meet_and_merge_distribute_over_each_other(x: Value, y: Value, z: Value) -> None:
    assert meet(x, merge(y, z)) == merge(meet(x, y), meet(x, z))
    assert merge(x, meet(y, z)) == meet(merge(x, y), merge(x, z))


@example(DENIED, value(Status.PERMIT, ["attribution.record"]))
@given(values, values)
def test_choose_and_meet_absorb_each_other(x: Value, y: Value) -> None:
    assert choose(x, meet(x, y)) == x
    assert meet(x, choose(x, y)) == x


def test_merge_absorbs_neither_and_choose_does_not_distribute_over_it() -> None:
    assert choose(SILENT, merge(SILENT, PERMITTED)) != SILENT
    assert merge(SILENT, choose(SILENT, PERMITTED)) != SILENT
    assert meet(SILENT, merge(SILENT, DENIED)) != SILENT
    x, y, z = SILENT, PERMITTED, DENIED
    assert choose(x, merge(y, z)) == SILENT
    assert merge(choose(x, y), choose(x, z)) == PERMITTED


@pytest.mark.parametrize(
    ("one", "other", "met", "merged"),
    [
        (Status.DENY, Status.PERMIT, Status.DENY, Status.DENY),
        (Status.DENY, Status.SILENT, Status.DENY, Status.DENY),
        (Status.DENY, Status.BLOCKED, Status.DENY, Status.DENY),
        (Status.BLOCKED, Status.PERMIT, Status.BLOCKED, Status.BLOCKED),
        (Status.BLOCKED, Status.SILENT, Status.BLOCKED, Status.BLOCKED),
        (Status.SILENT, Status.PERMIT, Status.SILENT, Status.PERMIT),
        (Status.SILENT, Status.SILENT, Status.SILENT, Status.SILENT),
        (Status.PERMIT, Status.PERMIT, Status.PERMIT, Status.PERMIT),
    ],
)
def test_two_statuses_combine_as_the_table_of_the_law_says(
    one: Status, other: Status, met: Status, merged: Status
) -> None:
    for x, y in ((one, other), (other, one)):
        assert meet(value(x), value(y)) == value(met)
        assert merge(value(x), value(y)) == value(merged)
        assert choose(value(x), value(y)) == value(max(x, y))


@given(st.sampled_from([meet, merge]), alternatives, alternatives)
def test_obligations_unite_and_outbound_licences_intersect(op: Operation, a: Alternative, b: Alternative) -> None:
    (both,) = op(frozenset([a]), frozenset([b]))
    if both.status is Status.DENY:  # a refusal asks for nothing: there is one
        assert both == Alternative(Status.DENY)
        return
    assert both.obligations == a.obligations | b.obligations
    allowed = [o for o in (a.outbound, b.outbound) if o is not None]
    assert both.outbound == (frozenset.intersection(*allowed) if allowed else None)


@example([Alternative(Status.PERMIT), Alternative(Status.PERMIT, frozenset(["attribution.record"]))], EVERYTHING)
@given(st.lists(alternatives, max_size=5), acceptances)
def test_dominated_alternatives_are_pruned_and_change_no_decision(
    several: list[Alternative], accepted: frozenset[str]
) -> None:
    kept = prune(several)
    assert all(not a.dominates(b) for a, b in itertools.permutations(kept, 2))
    assert all(any(a.dominates(b) for a in kept) for b in several)
    assert collapse(kept, accepted) == collapse(frozenset(several), accepted)


def test_more_than_64_alternatives_are_refused_as_unreadable() -> None:
    several = [Alternative(Status.PERMIT, frozenset([f"obligation-{i}"])) for i in range(MAX_ALTERNATIVES + 1)]
    assert MAX_ALTERNATIVES == 64
    assert len(prune(several[:-1])) == 64
    with pytest.raises(TooManyAlternatives, match="65 alternatives, at most 64"):
        prune(several)
    with pytest.raises(TooManyAlternatives):
        choose(*(frozenset([a]) for a in several))
    assert choose(*(frozenset([a]) for a in several), PERMITTED) == PERMITTED  # all dominated


@given(values, acceptances, acceptances)
def test_accepting_more_never_narrows_a_value(x: Value, some: frozenset[str], more: frozenset[str]) -> None:
    assert decided(x, some) <= decided(x, some | more)


@example(value(Status.PERMIT, outbound=[]), value(Status.PERMIT, outbound=[SA]), EVERYTHING)
@given(values, values, acceptances)
def test_more_options_never_narrow_and_more_inputs_never_widen_a_value(
    x: Value, y: Value, accepted: frozenset[str]
) -> None:
    assert decided(choose(x, y), accepted) == max(decided(x, accepted), decided(y, accepted))
    assert decided(meet(x, y), accepted) <= min(decided(x, accepted), decided(y, accepted))


@given(values, acceptances)
def test_a_decided_permission_rests_on_one_alternative_that_is_accepted_whole(
    x: Value, accepted: frozenset[str]
) -> None:
    status, obligations = collapse(x, accepted)
    grounds = [a.obligations for a in x if a.status is Status.PERMIT and a.outbound != frozenset()]
    usable = [o for o in grounds if o <= accepted]
    assert (status is Status.PERMIT) == bool(usable)
    if usable:
        assert obligations == min(usable, key=lambda o: (len(o), sorted(o)))
    else:
        assert obligations == frozenset()


@given(values)
def test_nothing_unreadable_or_unsaid_is_ever_decided_as_a_permission(x: Value) -> None:
    assert decided(meet(x, BLOCKED), EVERYTHING) < rank(Status.PERMIT)
    assert decided(merge(x, BLOCKED), EVERYTHING) < rank(Status.PERMIT)
    assert decided(meet(x, SILENT), EVERYTHING) < rank(Status.PERMIT)
    assert decided(merge(x, DENIED), EVERYTHING) == rank(Status.DENY)


def test_naive_decide_without_obligations_as_deny_is_not_monotone() -> None:
    def naive(of: Value, accepted: frozenset[str]) -> Status:
        """Picks the best alternative first and looks at its obligations and outbound licences afterwards."""
        best = max(of, key=lambda a: (a.status, -len(a.obligations), a.outbound != frozenset()))
        kept = best.obligations <= accepted and best.outbound != frozenset()
        return best.status if kept else Status.DENY

    accepted = frozenset(["attribution.record", "notice.licence"])
    one = value(Status.PERMIT, accepted)
    two = choose(one, value(Status.PERMIT, ["payment"]))
    assert naive(one, accepted) is Status.PERMIT
    assert naive(two, accepted) is Status.DENY  # one more option, and the permission is gone
    assert collapse(one, accepted) == collapse(two, accepted) == (Status.PERMIT, accepted)
    assert collapse(value(Status.PERMIT, ["payment"]), accepted)[0] is Status.DENY
    assert collapse(value(Status.PERMIT, outbound=[]), accepted)[0] is Status.DENY


@given(st.lists(values, min_size=1, max_size=3), acceptances)
def test_an_asset_is_permitted_exactly_where_one_licence_suits_every_input(
    inputs: list[Value], accepted: frozenset[str]
) -> None:
    def suits(of: Value, outbound: str) -> bool:
        return any(
            a.status is Status.PERMIT and a.obligations <= accepted and (a.outbound is None or outbound in a.outbound)
            for a in of
        )

    found = any(all(suits(of, outbound) for of in inputs) for outbound in (SA, COPYLEFT, FREE, "any other"))
    assert (collapse(meet(*inputs), accepted)[0] is Status.PERMIT) == found


@given(st.lists(values, min_size=1, max_size=4), acceptances)
def test_an_asset_decided_in_one_pass_is_the_expanded_meet_of_its_inputs(
    inputs: list[Value], accepted: frozenset[str]
) -> None:
    whole = inherit(inputs, accepted)
    assert whole.status is collapse(meet(*inputs), accepted)[0]
    if whole.status is Status.PERMIT:
        assert whole.obligations <= accepted
        assert whole.outbound != frozenset()
        for license in [None] if whole.outbound is None else sorted(whole.outbound):
            fitting = [a for a in meet(*inputs) if a.status is Status.PERMIT and a.obligations <= accepted]
            assert any(a.outbound is None or license in a.outbound for a in fitting)
        assert any(a.status is Status.PERMIT and a.obligations <= whole.obligations for a in meet(*inputs))


@given(st.lists(values, max_size=3), values, acceptances)
def test_one_more_input_never_widens_an_asset(inputs: list[Value], another: Value, accepted: frozenset[str]) -> None:
    assert rank(inherit([*inputs, another], accepted).status) <= rank(inherit(inputs, accepted).status)
    assert inherit([*inputs, *inputs], accepted) == inherit(inputs, accepted)


def test_an_asset_of_two_share_alike_licences_names_the_clash() -> None:
    one, other = value(Status.PERMIT, ["share_alike"], [SA]), value(Status.PERMIT, ["share_alike"], [COPYLEFT])
    found = inherit([one, other, value(Status.PERMIT)], frozenset(["share_alike"]))
    assert (found.status, found.outbound) == (Status.DENY, frozenset())
    assert set(found.clash) == {frozenset([SA]), frozenset([COPYLEFT])}
    assert inherit([one, one], frozenset(["share_alike"])).outbound == frozenset([SA])
    assert inherit([one, DENIED], frozenset(["share_alike"])).clash == ()
    assert inherit([], frozenset()).status is Status.PERMIT


@given(values, st.lists(values, max_size=3), acceptances)
def test_contesting_never_widens_a_value(own: Value, others: list[Value], accepted: frozenset[str]) -> None:
    assert decided(contest(own, others), accepted) <= decided(own, accepted)


@given(values, st.lists(values, max_size=2), values, acceptances)
def test_one_more_contrary_licence_never_widens_a_contested_value(
    own: Value, others: list[Value], another: Value, accepted: frozenset[str]
) -> None:
    fewer, more = contest(own, others), contest(own, [another, *others])
    assert decided(more, accepted) <= decided(fewer, accepted)


@given(values, values, st.lists(values, max_size=2), acceptances)
def test_a_stricter_value_is_never_wider_once_it_is_contested(
    own: Value, restriction: Value, others: list[Value], accepted: frozenset[str]
) -> None:
    contested = decided(contest(own, others), accepted)
    assert decided(contest(meet(own, restriction), others), accepted) <= contested
    assert decided(contest(choose(own, restriction), others), accepted) >= contested


@example(PERMITTED, value(Status.PERMIT, outbound=[]), value(Status.PERMIT, outbound=[SA]), EVERYTHING)
@given(values, values, values, acceptances)
def test_a_stricter_contrary_licence_never_widens_what_it_contests(
    own: Value, other: Value, restriction: Value, accepted: frozenset[str]
) -> None:
    contested = decided(contest(own, [other]), accepted)
    assert decided(contest(own, [meet(other, restriction)]), accepted) <= contested


@given(values, values)
def test_a_contested_permission_is_one_that_the_copy_does_not_give(own: Value, other: Value) -> None:
    permits = rank(Status.PERMIT)
    if decided(contest(own, [other]), EVERYTHING) == permits:
        assert decided(own, EVERYTHING) == permits
        assert decided(other, EVERYTHING) == permits
    if decided(other, EVERYTHING) != permits:
        assert decided(contest(own, [other]), EVERYTHING) == min(decided(own, EVERYTHING), rank(Status.BLOCKED))
    assert contest(own, []) == own
    assert decided(contest(own, [own]), EVERYTHING) == decided(own, EVERYTHING)
