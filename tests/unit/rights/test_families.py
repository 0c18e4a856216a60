"""Names that stand for several licences: what they mean by date, in expressions, and beside the licence that is meant.

The licences are made up (see ``tests.laws.words``); those of the catalogue are held to the same in
``tests/unit/catalog/test_families.py``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rightful.rights.claims import effective, ways
from rightful.rights.decide import decide
from rightful.rights.evidence import Evidence
from rightful.rights.expression import UNREAD, AllOf, AnyOf, Name, dated, parse, render
from rightful.rights.licenses import expression_value, named_licenses, unreviewed
from rightful.rights.values import Status
from tests.laws.words import (
    BY,
    CATALOG,
    DB,
    EXCEPTION,
    FAMILIES,
    FREE,
    KIND,
    MIXED,
    NC,
    ND,
    NOTICE,
    POSTS,
    RAIL,
    SA,
    UNREVIEWED,
    US,
    case,
    contract,
    day,
    judged,
    licensed,
    reserved,
    slugs,
    use,
)

POST = FAMILIES[POSTS]


# --- by date -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "license"),
    [
        (date.min, UNREAD),
        (date(2009, 12, 31), UNREAD),
        (date(2010, 1, 1), BY),
        (date(2019, 12, 31), BY),
        (date(2020, 1, 1), SA),
        (date.max, SA),
    ],
)
def test_family_by_date_is_the_licence_of_the_day(day: date, license: str) -> None:
    assert POST.on(day) == license


def test_expression_is_dated_wherever_the_name_stands_and_only_there() -> None:
    tree = parse(f"({POSTS} OR {FREE}) AND ({KIND} OR {POSTS} WITH {EXCEPTION})", CATALOG.names)
    assert render(dated(tree, CATALOG.names, date(2012, 1, 1))) == (
        f"({BY} OR {FREE}) AND ({KIND} OR {BY} WITH {EXCEPTION})"
    )
    assert dated(tree, CATALOG.names, None) == tree


def test_expression_whose_names_become_one_is_one_name() -> None:
    for op in ("AND", "OR"):
        tree = parse(f"{POSTS} {op} {BY}", CATALOG.names)
        assert dated(tree, CATALOG.names, date(2012, 1, 1)) == Name(BY)
        assert dated(tree, CATALOG.names, date(2021, 1, 1)) in (
            AllOf((Name(SA), Name(BY))),
            AnyOf((Name(SA), Name(BY))),
        )


def test_text_from_before_the_first_period_is_unreadable_and_says_so() -> None:
    before = render(dated(Name(POSTS), CATALOG.names, date(2001, 1, 1)))
    decision = judged(case(licensed(before), licensed(FREE)), use())
    assert (decision.status.word, slugs(decision)) == ("unknown", {"license-unreadable"})


# --- what a tag says ---------------------------------------------------------------------------------------------


def test_tag_permits_what_all_its_members_permit_and_asks_for_what_each_of_them_asks() -> None:
    decision = judged(case(licensed(KIND)), use())
    assert (decision.status.word, slugs(decision)) == ("permit", {"license"})
    assert decision.obligations == {"attribution.record", "notice.copyright", "notice.licence"}
    owing = judged(case(licensed(KIND)), use(accepted=frozenset(["attribution.record"])))
    assert (owing.status.word, owing.needs) == ("deny", {"notice.copyright", "notice.licence"})


@pytest.mark.parametrize(
    ("act", "purpose"),
    [("train.pretrain", "commercial"), ("share.adapted", "noncommercial"), ("train.pretrain", "research")],
)
def test_tag_of_which_a_member_refuses_or_leaves_open_is_unknown_and_never_refused(act: str, purpose: str) -> None:
    decision = judged(case(licensed(MIXED)), use(act, purpose=purpose))
    assert (decision.status.word, slugs(decision)) == ("unknown", {"license-family"})


def test_tag_of_restricted_members_leaves_the_forbidden_application_open() -> None:
    family = replace(FAMILIES[KIND], members=(FREE, RAIL))
    names = replace(CATALOG.names, families={KIND: family})
    decision = decide(case(licensed(KIND)), use(application="medical_advice"), replace(CATALOG, names=names))
    assert decision.status.word == "unknown"


def test_tag_without_a_licence_that_all_members_go_out_under_leaves_the_adaptation_open() -> None:
    family = replace(FAMILIES[KIND], members=(SA, "Copyleft-1.0"))
    catalog = replace(CATALOG, names=replace(CATALOG.names, families={KIND: family}))
    assert decide(case(licensed(KIND)), use("share.adapted"), catalog).status.word == "unknown"
    assert decide(case(licensed(KIND)), use("store.copy"), catalog).permits


@pytest.mark.parametrize("expression", [f"{KIND} WITH {EXCEPTION}", f"{KIND} WITH Unheard-exception-1.0"])
def test_tag_with_an_addition_is_no_licence_that_anybody_read(expression: str) -> None:
    [said] = expression_value(parse(expression, CATALOG.names), "train.pretrain", use(), CATALOG)
    assert said.status is Status.BLOCKED
    assert not judged(case(licensed(expression), licensed(FREE)), use()).permits


def test_tag_with_a_plus_is_the_tag() -> None:
    assert parse(f"{KIND}+", CATALOG.names) == Name(KIND)


def test_tag_in_an_expression_is_weighed_like_a_licence() -> None:
    for expression, word in (
        (f"{MIXED} OR {FREE}", "permit"),
        (f"{MIXED} AND {FREE}", "unknown"),
        (f"{MIXED} AND {NC}", "deny"),
        (f"{KIND} AND {FREE}", "permit"),
        (f"{MIXED} OR {NC}", "unknown"),
    ):
        assert judged(case(licensed(expression)), use()).status.word == word, expression


def test_members_of_a_tag_are_reviewed_and_the_tag_itself_needs_no_review() -> None:
    tree = parse(f"{KIND} AND {UNREVIEWED}", CATALOG.names)
    assert {license.id for license in named_licenses(tree, CATALOG)} == {FREE, BY, NOTICE}
    assert unreviewed(tree, CATALOG) == (UNREVIEWED,)


# --- beside the licence that is meant ----------------------------------------------------------------------------


@pytest.mark.parametrize("tier", [3, 4, 5, 6])
@pytest.mark.parametrize("member", [BY, SA])
def test_tag_beside_a_licence_that_is_one_of_its_members_is_silent(tier: int, member: str) -> None:
    decision = judged(case(licensed(MIXED, tier), licensed(member)), use())
    alone = judged(case(licensed(member)), use())
    assert (decision.status, decision.obligations) == (alone.status, alone.obligations)
    assert decision.permits


@pytest.mark.parametrize("member", [NC, ND])
def test_silent_tag_leaves_the_licence_that_is_meant_as_it_is(member: str) -> None:
    decision = judged(case(licensed(MIXED), licensed(member)), use())
    assert decision.status is judged(case(licensed(member)), use()).status
    assert "license-family" not in slugs(decision)


@pytest.mark.parametrize(
    "beside",
    [
        licensed(FREE),
        licensed(f"{BY} AND {FREE}"),
        licensed(f"{FREE} OR {NOTICE}"),
        licensed(BY, 6),
        licensed(BY, layer="ancestor"),
        licensed(BY, statement="compilation"),
        licensed(BY, valid_until=day(2025)),
        licensed(BY, valid_from=day(2027)),
        licensed(BY, stated_on=date(2026, 6, 1)),
        licensed(BY, acts=["share"]),
        licensed(BY, purposes=["research"]),
        licensed(BY, actors=["public"]),
        licensed(BY, applications=["assistant"]),
        licensed(BY, jurisdictions=["DE"]),
        licensed(MIXED, 3),
        licensed(KIND),
        contract("share"),
        reserved(acts=["share"]),
    ],
)
def test_tag_still_counts_beside_what_does_not_say_which_member_is_meant_here(beside: Evidence) -> None:
    """With a licence beside both that would permit by itself: what blocks is the tag."""
    record = case(licensed(MIXED), beside, licensed(FREE, 3))
    decision = judged(record, use())
    assert (decision.status.word, decision.reason.slug) == ("unknown", "license-family")


def test_licence_that_ends_makes_the_tag_speak_again_and_the_decision_names_the_day() -> None:
    record = case(licensed(MIXED), licensed(BY, valid_until=day(2027)), licensed(FREE, 3))
    now, later = judged(record, use()), judged(record, use(as_of=day(2027)))
    assert (now.status.word, now.valid_until) == ("permit", day(2027))
    assert (later.status.word, later.valid_until) == ("unknown", None)


def test_tag_is_silent_for_the_options_that_name_a_member_and_counts_for_the_others() -> None:
    for row, word in (
        (f"{BY} OR {FREE}", "permit"),
        (f"{NC} OR {FREE}", "unknown"),
        (f"{FREE} OR {NOTICE}", "unknown"),
        (f"{NC} OR {ND}", "unknown"),
    ):
        assert judged(case(licensed(MIXED), licensed(row)), use()).status.word == word, row
    chosen = judged(case(licensed(MIXED), licensed(f"{BY} OR {FREE}")), use())
    assert chosen.obligations == {"attribution.record"}


def test_tag_among_options_is_silent_where_the_licence_beside_it_is_meant() -> None:
    assert judged(case(licensed(BY), licensed(f"{MIXED} OR {NC}")), use()).permits
    assert not judged(case(licensed(NC), licensed(f"{MIXED} OR {BY}")), use()).permits


def test_two_tags_are_each_silent_by_a_licence_of_their_own() -> None:
    both = [licensed(MIXED), licensed(KIND, 3)]
    assert not judged(case(*both), use()).permits
    assert not judged(case(*both, licensed(NOTICE)), use()).permits
    assert judged(case(*both, licensed(SA)), use()).permits
    assert judged(case(*both, licensed(BY)), use()).obligations == {"attribution.record"}


def test_ways_of_taking_claims_are_one_where_no_tag_stands_among_them() -> None:
    plain = [licensed(f"{BY} OR {FREE}"), reserved(), licensed(UNREVIEWED, 3)]
    assert ways(plain, "train.pretrain", use(), CATALOG) == [plain]
    assert effective(plain, "train.pretrain", use(), CATALOG) == plain
    assert len(ways([*plain, licensed(KIND)], "train.pretrain", use(), CATALOG)) == 2


def test_more_ways_than_can_be_read_leave_the_tag_standing() -> None:
    many = [licensed(f"{BY} OR {SA} OR {NC}", 5, jurisdictions=["*", f"{n:02}"]) for n in range(4)]
    assert judged(case(licensed(MIXED), *many[:3]), use()).permits
    assert ways([licensed(MIXED), *many], "train.pretrain", use(), CATALOG) == [[licensed(MIXED), *many]]
    assert judged(case(licensed(MIXED), *many), use()).status.word == "unknown"


def test_tag_of_an_exact_copy_is_silent_beside_the_licence_of_that_copy_and_not_of_the_record() -> None:
    def beside(*copy: Evidence) -> Any:
        return judged(case(licensed(BY), copies=frozenset([frozenset(copy)])), use())

    assert beside(licensed(MIXED), licensed(BY)).permits
    contested = beside(licensed(MIXED))
    assert (contested.status.word, slugs(contested)) == ("unknown", {"contested-copy"})
    assert beside(licensed(MIXED, 6)).permits


def test_licence_of_another_territory_or_of_a_database_is_a_member_that_permits_nothing_by_itself() -> None:
    for member in (US, DB):
        family = replace(FAMILIES[KIND], members=(FREE, member))
        catalog = replace(CATALOG, names=replace(CATALOG.names, families={KIND: family}))
        assert decide(case(licensed(KIND)), use(), catalog).status.word == "unknown"
