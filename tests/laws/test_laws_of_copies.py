"""Copies: what spreads over the exact copies of a text, what stays, what is contested. Law 12."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rightful.rights.consent import TAKEDOWN, WITHDRAWN, ConsentEvent, standing
from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import (
    claims,
    copies,
    grants,
    histories,
    instants,
    offers,
    profiles,
    questions,
    refusing_events,
    uses,
)
from tests.laws.words import (
    BY,
    COPYLEFT,
    DB,
    FREE,
    ND,
    NOW,
    PAID,
    SA,
    UNREVIEWED,
    US,
    card_consent,
    case,
    conditional,
    consented,
    contract,
    day,
    event,
    gate,
    judged,
    licensed,
    rank,
    reserved,
    slugs,
    statute,
    unreadable,
    use,
)

Question = tuple[Case, Use]


def beside(*others: Evidence, own: tuple[Evidence, ...] = (licensed(FREE),), **known: object) -> Case:
    """A record with one exact copy, about which ``others`` is stated."""
    return case(*own, copies=frozenset([frozenset(others)]), **known)


# --- nothing wider ever comes from a copy ------------------------------------------------------------------------


@given(questions(), copies)
def test_permissions_never_travel_between_copies(question: Question, copy: Profile) -> None:
    record, asked = question
    copied = replace(record, copies=record.copies | {copy})
    assert rank(judged(copied, asked)) <= rank(judged(record, asked))


@given(questions(copies=frozenset()), copies, claims)
def test_nothing_that_is_stated_about_a_copy_widens_the_record(
    question: Question, copy: Profile, further: Evidence
) -> None:
    # A consent that is given beside another renews it, there as here: the limit of the copy becomes a wider one.
    assume(further.kind != "consent" or not any(e.kind == "consent" for e in copy))
    record, asked = question
    before, after = (replace(record, copies=frozenset([c])) for c in (copy, copy | {further}))
    assert rank(judged(after, asked)) <= rank(judged(before, asked))


_broad = st.builds(consented, instants, st.just("train"), st.just("share"))


@example(
    (case(licensed(FREE), personal_data="yes"), use()),
    [consented(day(2024), "train.pretrain")],
    event(WITHDRAWN, day(2025)),
)
@given(
    questions(copy_standings=frozenset()),
    histories | st.lists(_broad, min_size=1, max_size=1),
    grants | refusing_events,
)
def test_no_event_on_a_copy_widens_the_record_unless_it_renews_a_consent(
    question: Question, past: list[ConsentEvent], further: ConsentEvent
) -> None:
    record, asked = question
    copied = replace(record, copy_standings=frozenset([standing(past, asked.as_of)]))
    assert rank(judged(copied, asked)) <= rank(judged(record, asked))
    if further.refuses:
        refused = replace(record, copy_standings=frozenset([standing([*past, further], asked.as_of)]))
        assert rank(judged(refused, asked)) <= rank(judged(copied, asked))


def test_neither_a_licence_nor_a_contract_nor_a_consent_of_a_copy_permits() -> None:
    grants_of_a_copy = [
        licensed(FREE),
        licensed(FREE, 3),
        contract("train"),
        statute("JP-30-4", "train"),
        card_consent("train.pretrain"),
    ]
    for grant in grants_of_a_copy:
        decision = judged(beside(grant, own=()), use())
        assert (decision.status.word, slugs(decision)) == ("unknown", {"nothing-stated"})
    consent = standing([consented(day(2024), "train.pretrain")], NOW)
    assert judged(case(copy_standings=frozenset([consent])), use()).status.word == "unknown"
    for lifted in (
        beside(card_consent("train.pretrain"), own=(licensed(FREE), gate("personal_data", 1))),
        case(licensed(FREE), personal_data="yes", copy_standings=frozenset([consent])),
    ):
        assert slugs(judged(lifted, use())) == {"no-legal-basis"}
    sensitive = standing([consented(day(2024), "train", applications=["emotion"])], NOW)
    record = case(licensed(FREE), personal_data="unknown", copy_standings=frozenset([sensitive]))
    assert slugs(judged(record, use(application="emotion"))) == {"sensitive-application"}


# --- what spreads ------------------------------------------------------------------------------------------------


@given(questions(), st.sampled_from([WITHDRAWN, TAKEDOWN]))
def test_withdrawals_spread_over_exact_copies(question: Question, kind: str) -> None:
    record, asked = question
    gone = event(kind, day(2015))
    spread = frozenset([standing([gone], asked.as_of)])
    decision = judged(replace(record, copy_standings=spread), asked)
    assert decision.status is Status.DENY
    assert any(reason.from_copy for reason in decision.reasons)
    assert slugs(decision) & {"withdrawn", "takedown"}


@pytest.mark.parametrize(
    ("claim", "slug"),
    [
        (gate("unlawful", 0), "unlawful"),
        (gate("personal_data", 1), "no-legal-basis"),
        (reserved(0), "reserved"),
        (reserved(1), "reserved"),
        (reserved(3), "reserved"),
        (reserved(2), None),
        (reserved(4), None),
        (reserved(5), None),
        (conditional("payment", tier=4), None),
        (card_consent("share"), "outside-consent"),
        (card_consent("train", valid_until=day(2025)), "consent-expired"),
    ],
)
@pytest.mark.parametrize("own_copies", [False, True])
def test_legal_orders_persons_and_work_bound_reservations_spread_and_places_keep_theirs(
    claim: Evidence, slug: str | None, own_copies: bool
) -> None:
    decision = judged(beside(claim, own_copies=own_copies), use())
    assert decision.permits == (slug is None)
    if slug:
        assert (decision.status, slugs(decision)) == (Status.DENY, {slug})


def test_a_work_bound_condition_of_a_copy_is_a_condition_here_as_well() -> None:
    record = beside(conditional("payment", tier=3))
    assert judged(record, use()).obligations == {PAID}
    assert judged(record, use(accepted=frozenset())).needs == frozenset([PAID])


def test_a_work_bound_reservation_of_a_copy_defeats_a_statutory_basis() -> None:
    basis = statute("EU-DSM-4", "train")
    assert judged(case(basis), use()).permits
    assert judged(beside(reserved(3, acts=["train"]), own=(basis,)), use()).status is Status.DENY
    assert judged(beside(reserved(4, acts=["train"]), own=(basis,)), use()).permits


# --- contested copies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", [3, 5])
@pytest.mark.parametrize("contrary", [ND, UNREVIEWED, "Nc-1.0", f"{FREE} AND {ND}"])
def test_a_contested_permission_is_unknown_until_the_publisher_speaks(contrary: str, tier: int) -> None:
    record = beside(licensed(contrary, tier))
    decision = judged(record, use())
    assert (decision.status.word, slugs(decision)) == ("unknown", {"contested-copy"})
    assert judged(replace(record, own_copies=True), use()).permits
    claimed = replace(record, profile=frozenset([licensed(FREE, authority="publisher")]))
    assert judged(claimed, use()).status.word == "unknown"  # a claim, until the signed policy names the source
    assert judged(replace(record, published=True), use()).status.word == "unknown"
    publisher = replace(claimed, published=True)
    assert judged(publisher, use()).permits
    two = frozenset([frozenset([licensed(contrary, tier, authority="publisher")])])
    assert judged(replace(publisher, copies=two), use()).status.word == "unknown"
    ended = licensed(FREE, 3, authority="publisher", valid_until=day(2020))
    for others in (record.profile, publisher.profile):
        assert judged(replace(publisher, profile=others | {ended}), use()).status.word == "unknown"
    also_collected = replace(publisher, profile=publisher.profile | record.profile)
    assert judged(also_collected, use()).status.word == "unknown"


@pytest.mark.parametrize("tier", [3, 5, 6])
def test_a_copy_that_cannot_be_read_contests_unless_it_is_only_inferred(tier: int) -> None:
    for said in (unreadable(tier), licensed("no such licence at all", tier)):
        decision = judged(beside(said), use())
        assert decision.permits == (tier == 6)
        assert tier == 6 or slugs(decision) == {"contested-copy"}
        assert judged(beside(said, own_copies=True), use()).permits


def test_the_same_bytes_under_two_licences_do_not_quietly_keep_the_easier_one() -> None:
    record = beside(licensed(BY))
    assert judged(record, use(accepted=frozenset())).status.word == "unknown"
    agreed = judged(record, use())
    assert not agreed.permits or agreed.obligations == {"attribution.record"}
    clash = beside(licensed(COPYLEFT), own=(licensed(SA),))
    assert judged(clash, use("share.adapted")).status.word == "unknown"
    assert judged(beside(licensed(SA), own=(licensed(SA),)), use("share.adapted")).permits


@pytest.mark.parametrize(
    "copy",
    [
        (),
        (licensed(ND, 6),),
        (licensed(ND, 4),),
        (licensed(ND, 3, layer="ancestor"),),
        (unreadable(6),),
        (licensed(ND, valid_until=day(2020)),),
        (licensed(DB),),
        (licensed(ND, acts=["share"]),),
        (licensed(FREE),),
    ],
)
def test_a_silent_copy_contests_nothing_and_neither_does_what_is_only_inferred(copy: tuple[Evidence, ...]) -> None:
    assert judged(beside(*copy), use()).permits


def test_a_licence_that_reaches_less_far_contests_where_more_is_asked() -> None:
    for copy, less, more in (
        (licensed(US), {"jurisdictions": ["US"]}, {"jurisdictions": ["US", "DE"]}),
        (licensed(BY, applications=["translation"]), {"application": "translation"}, {"application": None}),
    ):
        for accepted in (frozenset[str](), frozenset(["attribution.record", "notice.licence"])):
            widths = [rank(judged(beside(copy), use(accepted=accepted, **asked))) for asked in (less, more)]
            assert widths[0] >= widths[1]
            assert widths[1] < rank(Status.PERMIT)


def test_what_is_accepted_does_not_decide_whether_a_copy_is_heard() -> None:
    record = beside(licensed(f"{DB} OR {BY}"))
    assert judged(record, use(accepted=frozenset(["attribution.record"]))).obligations == {"attribution.record"}
    for accepted in (frozenset[str](), frozenset(["attribution.dataset"])):
        assert judged(record, use(accepted=accepted)).status.word == "unknown"


_owing = st.builds(lambda due: contract("*", obligations=[due]), st.sampled_from(["payment", "registration"]))


@given(questions(), offers | _owing)
def test_a_contract_of_the_record_itself_never_narrows_beside_copies(question: Question, offer: Evidence) -> None:
    record, asked = question
    assert rank(judged(replace(record, profile=record.profile | {offer}), asked)) >= rank(judged(record, asked))


# --- near copies -------------------------------------------------------------------------------------------------


@given(questions(), profiles)
def test_a_near_copy_never_widens_and_never_refuses(question: Question, copy: Profile) -> None:
    record, asked = question
    alone, beside = judged(record, asked), judged(replace(record, near=frozenset([copy])), asked)
    assert rank(beside) in (rank(alone), min(rank(alone), rank(Status.BLOCKED)))


def test_a_near_copy_leaves_open_what_an_exact_one_would_refuse_or_contest() -> None:
    for said, slug in ((reserved(3), "near-copy-contested"), (licensed(ND), "near-copy-contested")):
        beside = judged(case(licensed(FREE), near=frozenset([frozenset([said])])), use())
        assert (beside.status.word, slugs(beside)) == ("unknown", {slug})
    for said in (unreadable(3), unreadable(5)):
        assert not judged(case(licensed(FREE), near=frozenset([frozenset([said])])), use()).permits
    for said in (reserved(4), licensed(FREE), licensed(ND, 6), unreadable(6)):
        assert judged(case(licensed(FREE), near=frozenset([frozenset([said])])), use()).permits
    ours = frozenset([frozenset([licensed(ND)])])
    assert judged(case(licensed(FREE, authority="publisher"), near=ours, published=True), use()).permits
    assert not judged(case(licensed(FREE, authority="publisher"), near=ours), use()).permits
    assert judged(case(licensed(FREE), near=ours, own_copies=True), use()).permits


@given(questions(near_withdrawn=False))
def test_a_near_copy_that_was_withdrawn_leaves_a_permission_unknown_and_a_refusal_refused(question: Question) -> None:
    record, asked = question
    near, plain = judged(replace(record, near_withdrawn=True), asked), judged(record, asked)
    assert rank(near) == min(rank(plain), rank(Status.BLOCKED))
    if plain.permits:
        assert slugs(near) == {"near-copy-withdrawn"}


@given(profiles, copies, uses)
def test_which_copy_is_named_first_does_not_matter(one: Profile, other: Profile, asked: Use) -> None:
    a, b = (case(licensed(FREE), copies=frozenset(pair)) for pair in ([one, other], [other, one]))
    assert judged(a, asked) == judged(b, asked)
