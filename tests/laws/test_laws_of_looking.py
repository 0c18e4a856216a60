"""EU-DSM-4 holds where somebody looked for a reservation and there is none: what was read, where, and how long ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights.bases import AT_THE_LOCATION, PROTOCOLS, READABLE, RESULTS
from rightful.rights.decide import Case, decide
from rightful.rights.evidence import Evidence
from rightful.rights.uses import Use
from rightful.rights.values import Status
from rightful.signals.cards.observed import Look, observations
from tests.laws.strategies import instants, looks, questions, statutes
from tests.laws.words import (
    CATALOG,
    EXCEPTION,
    FREE,
    LOOKED,
    NC,
    ND,
    RESERVED,
    TAKING,
    UNREVIEWED,
    case,
    day,
    judged,
    licensed,
    looked,
    rank,
    reserved,
    slugs,
    statute,
    unreadable,
    use,
)

Question = tuple[Case, Use]
DSM4, DSM3 = statute("EU-DSM-4", "train"), statute("EU-DSM-3", "train", actors=["research_org"])
_NOT_KNOWN = Evidence(kind="grant", tier=5, bound_to="collection", statement="not_known", layer="a")


def _everywhere(*protocols: str, **deciding: object) -> list[Evidence]:
    return [looked(protocol, **deciding) for protocol in protocols or AT_THE_LOCATION]  # type: ignore[arg-type]


# --- where, and what came of it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [True, False, None])
def test_a_basis_that_yields_holds_only_where_every_place_was_looked_at_and_nothing_was_reserved(
    address: bool | None,
) -> None:
    """A location has four places; a record without one has the copy at hand; where that is not known, both are asked."""
    places = {True: AT_THE_LOCATION, False: ("copy",), None: PROTOCOLS}[address]
    for number in range(len(PROTOCOLS) + 1):
        for some in combinations(PROTOCOLS, number):
            record = case(DSM4, looked=[looked(p) for p in some], address=address)
            assert judged(record, use()).permits == (set(places) <= set(some))
    for place in places:
        for result in set(RESULTS) - {"absent"}:
            others = [looked(p) for p in places if p != place]
            decision = judged(case(DSM4, looked=[*others, looked(place, result)], address=address), use())
            assert (decision.status.word, slugs(decision)) == ("unknown", {"not-observed"})
            assert [r.detail.split()[0] for r in decision.reasons] == [place]


def test_no_other_basis_depends_on_anybody_having_looked() -> None:
    for basis, law in CATALOG.vocabulary.statutes.items():
        relied = statute(basis, "train", actors=["research_org"])
        for stated in ([], [licensed(NC)], [unreadable()], [reserved(4)], [licensed(RESERVED)], [_NOT_KNOWN]):
            record = case(*stated, replace(relied, layer=""), looked=[], address=None)
            assert judged(record, use(actor="research_org")).permits != law.defeated, (basis, stated)


def test_an_observation_counts_from_its_day_until_it_is_too_old() -> None:
    record = case(DSM4, looked=_everywhere(on=day(2025, 7), valid_until=day(2026, 7)))
    answers = {
        d: judged(record, use(as_of=d)) for d in (day(2025, 6, 30), day(2025, 7), day(2026, 6, 30), day(2026, 7))
    }
    assert [a.status.word for a in answers.values()] == ["unknown", "permit", "permit", "unknown"]
    first, *_, last = answers.values()
    assert "robots never" in first.reason.detail
    assert "robots too old" in last.reason.detail
    assert answers[day(2025, 7)].valid_until == day(2026, 7)
    undated = case(DSM4, looked=_everywhere(valid_from=None))
    endless = case(DSM4, looked=_everywhere(valid_until=None))
    assert not judged(undated, use()).permits
    assert not judged(endless, use()).permits


def test_of_each_place_the_newest_that_could_be_read_counts_and_of_one_day_the_reservation() -> None:
    others = _everywhere("tdmrep", "headers", "html")

    def with_robots(*of: tuple[str, int]) -> bool:
        seen = [looked("robots", result, on=day(2025, month)) for result, month in of]
        return judged(case(DSM4, looked=[*others, *seen]), use()).permits

    assert with_robots(("absent", 5))
    assert not with_robots(("absent", 5), ("found", 6))
    assert with_robots(("found", 5), ("absent", 6))
    assert not with_robots(("absent", 5), ("found", 5))
    assert with_robots(("absent", 5), ("unreadable", 6), ("failed", 7))
    assert not with_robots(("found", 5), ("unreadable", 6), ("failed", 7))


_others = st.frozensets(
    st.builds(
        looked, st.sampled_from(PROTOCOLS), st.sampled_from(sorted(RESULTS.keys() - {"absent"})), st.none() | instants
    ),
    max_size=3,
)


@given(questions(), statutes, st.sampled_from(LOOKED), st.sampled_from(sorted(RESULTS.keys() - {"absent"})), _others)
def test_whatever_was_seen_but_that_nothing_is_reserved_widens_nothing(
    question: Question, relied: Evidence, unseen: Evidence, result: str, others: frozenset[Evidence]
) -> None:
    """Where one place is left to look at, and everywhere else."""
    record, asked = question
    more = others | {looked(unseen.basis, result)}
    for seen in (frozenset(LOOKED), frozenset(LOOKED) - {unseen}, frozenset[Evidence]()):
        for claims, wish in ((record.profile | {relied}, asked), (frozenset([DSM4]), use())):
            stated = frozenset(e for e in claims if e.kind != "observation") | seen
            before, after = (judged(replace(record, profile=of), wish) for of in (stated, stated | more))
            assert rank(after) <= rank(before)


@given(questions(), looks)
def test_that_nothing_is_reserved_lifts_a_statutory_basis_and_nothing_else(
    question: Question, seen: frozenset[Evidence]
) -> None:
    record, asked = question
    without = replace(record, profile=frozenset(e for e in record.profile if e.statement != "statute"))
    looked_at = replace(without, profile=without.profile | seen)
    before, after = judged(without, asked), judged(looked_at, asked)
    assert (after.status, after.obligations, after.reasons) == (before.status, before.obligations, before.reasons)


def test_what_was_looked_at_elsewhere_says_nothing_of_this_record() -> None:
    ancestor = [replace(e, layer="a") for e in LOOKED]
    assert not judged(case(DSM4, licensed(FREE), licensed(ND, layer="a"), looked=ancestor), use()).permits
    copies = frozenset([frozenset([licensed(FREE), *LOOKED])])
    assert not judged(case(DSM4, looked=[], copies=copies, own_copies=True), use()).permits


# --- what defeats it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["", "a", "a > b"])
@pytest.mark.parametrize("tier", [3, 4, 5, 6])
def test_what_cannot_be_read_may_be_the_reservation(tier: int, layer: str) -> None:
    """Nothing that nobody read is got past; what permits beside it is one more option, and no better."""
    for stated in (
        replace(unreadable(tier), layer=layer),
        licensed(UNREVIEWED, tier, layer=layer),
        licensed(f"{NC} OR {UNREVIEWED}", tier, layer=layer),
        licensed(f"{NC} WITH Unheard-of-exception", tier, layer=layer),
        licensed(f"{NC} WITH {TAKING}", tier, layer=layer),
        replace(unreadable(tier), layer=layer, valid_until=day(2020)),
    ):
        assert not judged(case(stated, DSM4), use()).permits, stated
        assert judged(case(stated, DSM3), use(actor="research_org")).permits, stated
    for stated in (licensed(NC, tier, layer=layer), licensed(f"{NC} WITH {EXCEPTION}", tier, layer=layer)):
        assert judged(case(stated, DSM4), use()).permits, stated


@pytest.mark.parametrize(("profile", "held"), [("strict", True), ("cc-guidance", True), ("lenient", False)])
def test_a_bare_reservation_of_all_rights_reserves_mining_in_the_careful_readings(profile: str, held: bool) -> None:
    asked = use(profile=profile)
    for stated in (licensed(RESERVED), licensed(f"{RESERVED} AND {NC}"), licensed(f"{RESERVED} OR {NC}", layer="a")):
        assert judged(case(stated, DSM4), asked).permits != held
        assert judged(case(stated, DSM3), replace(asked, actor="research_org")).permits
    assert judged(case(licensed(NC), DSM4), asked).permits


def test_reasons_name_where_nobody_looked_only_where_that_is_what_is_missing() -> None:
    unseen = judged(case(DSM4, looked=_everywhere("robots", "html")), use())
    assert (unseen.status, slugs(unseen)) == (Status.SILENT, {"not-observed"})
    assert unseen.reason.detail == "tdmrep never, headers never"
    for stated in (reserved(4), unreadable(), licensed(UNREVIEWED)):
        assert "not-observed" not in slugs(judged(case(stated, DSM4, looked=[]), use()))
    assert "not-observed" not in slugs(judged(case(DSM4, looked=[]), use(purpose="research")))
    assert "not-observed" not in slugs(judged(case(licensed(FREE), DSM4, looked=[]), use()))


def test_when_an_observation_begins_or_ends_matters_to_a_basis_only() -> None:
    dated = _everywhere(on=day(2025, 7), valid_until=day(2026, 7))
    assert decide(case(licensed(FREE), looked=dated), use(), CATALOG).valid_until is None
    assert decide(case(licensed(FREE), DSM4, looked=dated), use(), CATALOG).valid_until == day(2026, 7)
    assert {e.statement for e in dated} <= set(READABLE)


# --- several looks at one location: of cards, and of captures, which say what is reserved --------------------------

_RESERVES = (reserved(4, acts=["train.pretrain"]), reserved(4, acts=["index.search"]))
_LOOKS = st.lists(
    st.builds(
        Look,
        st.sampled_from(AT_THE_LOCATION),
        st.sampled_from(sorted(RESULTS)),
        st.integers(1, 20).map(lambda n: date(2025, 6, n)),
        st.just("Ada"),
        claims=st.none() | st.lists(st.sampled_from(_RESERVES), max_size=2, unique=True).map(tuple),
    ).map(lambda k: k if k.result in ("found", "unreadable") or not k.claims else replace(k, claims=())),
    max_size=6,
)


def _seen(looks: list[Look]) -> frozenset[Evidence]:
    return frozenset(observations(looks, "a place", 365))


@given(_LOOKS, _LOOKS)
def test_what_could_not_be_read_takes_the_place_of_nothing_and_what_it_reserves_is_added(
    looks: list[Look], more: list[Look]
) -> None:
    unread = [look for look in more if look.result in ("unreadable", "failed")]
    assert _seen(looks) <= _seen([*looks, *unread])
    for look in unread:
        added = {replace(e, valid_until=None) for e in _seen([look]) if e.kind == "reservation"}
        assert added == set(look.claims or ())


@given(questions(), _LOOKS, _LOOKS)
@example(
    (case(licensed(FREE)), use()),
    [Look("robots", "found", date(2025, 6, 1), "Ada", claims=_RESERVES)],
    [Look("robots", "found", date(2025, 6, 3), "Ada")],
)
def test_a_reservation_that_is_found_as_well_never_widens(
    question: Question, looks: list[Look], more: list[Look]
) -> None:
    """A capture that says what it finds takes the place of older ones; whatever does not say so is added."""
    record, asked = question
    found = [replace(look, result="found", claims=None) for look in more]
    claims = frozenset(e for e in record.profile if e.kind != "observation") | {DSM4}
    for wish in (asked, use(), use("index.search")):
        before, after = (judged(replace(record, profile=claims | _seen(of)), wish) for of in (looks, [*looks, *found]))
        assert rank(after) <= rank(before)


def test_a_later_capture_ends_what_it_does_not_find_any_more() -> None:
    first = Look("robots", "found", date(2025, 6, 1), "Ada", claims=_RESERVES)
    second = Look("robots", "found", date(2025, 6, 3), "Ada", claims=_RESERVES[1:])
    for older in (first, replace(first, claims=None)):
        kept = [e for e in _seen([older, second]) if e.kind == "reservation" and e.valid_until is None]
        assert kept == [_RESERVES[1]]
    for later in (replace(second, protocol="tdmrep"), replace(second, on=first.on), replace(second, claims=None)):
        assert {e for e in _seen([first, later]) if e.kind == "reservation"} >= set(_RESERVES)
