"""Readings of one's own: they replace the catalogue's while somebody answers for them, and only restrict otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from rightful.rights import spec
from rightful.rights.decide import Case, decide
from rightful.rights.evidence import license_claim
from rightful.rights.expression import NothingStated, Unreadable, parse, render
from rightful.rights.licenses import License, Overlay, license_value
from rightful.rights.overlay import both, overlaid
from rightful.rights.uses import Use
from rightful.rights.values import meet, prune
from tests.laws.strategies import acts, instants, licences, questions, uses
from tests.laws.words import (
    BY,
    CATALOG,
    COPYLEFT,
    DB,
    FREE,
    LICENSES,
    NC,
    NOW,
    SA,
    UNREVIEWED,
    US,
    WORDS,
    case,
    day,
    judged,
    licensed,
    made_up_license,
    rank,
    slugs,
    statute,
    use,
)

_OWN = "LicenseRef-own"
_says = st.dictionaries(
    st.sampled_from(["", "train.", "share.", "commercial", "strict train.", "synth."]),
    st.sampled_from(["permit", "deny", "unknown"]),
    max_size=3,
)
_readings = st.builds(
    made_up_license,
    st.just(_OWN),
    st.sampled_from([(), ("notice.copyright",), ("attribution.record", "payment")]),
    says=_says,
    scope=st.sampled_from(["copyright", "copyright", "database"]),
    territory=st.sampled_from(["*", "*", "US", "DE"]),
    outbound=st.sampled_from([None, None, (SA,), (FREE, COPYLEFT)]),
    use_restrictions=st.sampled_from([(), ("medical_advice",)]),
    flags=st.sampled_from([(), ("reserves",), ("reserves_all",)]),
)
_ids = st.sampled_from([FREE, BY, SA, NC, DB, US, UNREVIEWED])


def _overlay(license: License, *, on: datetime | None = None, until: datetime | None = None) -> Overlay:
    """A reading; ``on``: from when somebody answers for it, for two years unless ``until`` is said."""
    ends = until or (None if on is None else on + timedelta(days=730))
    called = {"own terms": license.id, "by 1.0": license.id}
    return Overlay(license, "own.toml", "0" * 64, "why", "" if on is None else "Ada", on, ends, called)


def _restricting(own: License, period: str, as_of: datetime) -> Overlay:
    """A reading that is not signed, is not in force any more, or will be tomorrow."""
    periods = {"none": {}, "over": {"on": day(2000), "until": as_of}, "later": {"on": as_of + timedelta(days=1)}}
    return _overlay(own, **periods[period])


@given(questions(), _readings, _ids, st.sampled_from(["none", "over", "later"]))
@example((case(licensed(NC)), use()), made_up_license(_OWN), NC, "none")
@example((case(licensed(BY), copies=frozenset([frozenset([licensed(NC)])])), use()), made_up_license(_OWN), NC, "over")
@example((case(licensed(UNREVIEWED)), use()), made_up_license(_OWN), UNREVIEWED, "later")
def test_a_reading_that_is_not_in_force_never_loosens(
    question: tuple[Case, Use], own: License, id: str, period: str
) -> None:
    asked, wanted = question
    restricting = _restricting(replace(own, id=id), period, wanted.as_of)
    catalog = overlaid(CATALOG, [restricting], wanted.as_of)
    for of in (asked, replace(asked, profile=asked.profile | {licensed(id)}), case(licensed(id))):
        assert rank(decide(of, wanted, catalog)) <= rank(judged(of, wanted))


@given(_readings, _readings, acts, uses)
def test_what_two_readings_say_together_is_what_both_permit(one: License, other: License, act: str, asked: Use) -> None:
    together = license_value(both(one, other), act, asked, WORDS)
    assert prune(together) == meet(*(prune(license_value(x, act, asked, WORDS)) for x in (one, other)))


@given(_readings, uses)
def test_a_new_reading_without_a_signature_is_unknown_at_best(own: License, asked: Use) -> None:
    catalog = overlaid(CATALOG, [_overlay(own)], asked.as_of)
    decision = decide(case(licensed(_OWN)), asked, catalog)
    assert not decision.permits
    if all(own.verdicts[asked.profile, asked.purpose, act].status.word == "deny" for act in asked.acts):
        assert decision.status.word == "deny"  # what it restricts holds


def test_a_draft_is_nothing_that_was_reviewed() -> None:
    relied = statute("EU-DSM-4", "train.pretrain", jurisdictions=["DE"])
    asked = use(jurisdictions=["DE"])
    for own in (replace(made_up_license(UNREVIEWED), id=UNREVIEWED), made_up_license(_OWN)):
        draft = overlaid(CATALOG, [_overlay(own)], NOW)
        decision = decide(case(licensed(own.id), relied), asked, draft)
        assert not decision.permits
        assert "license-unreviewed" in slugs(decide(case(licensed(own.id)), asked, draft))


def test_a_reading_that_only_restricts_still_contests_a_copy() -> None:
    """Whatever it says of the scope: a copy under a licence of contents contests as before."""
    contesting = case(licensed(FREE), copies=frozenset([frozenset([licensed(NC)])]))
    narrow = replace(made_up_license(NC, scope="database"), id=NC)
    assert not judged(contesting, use()).permits
    assert not decide(contesting, use(), overlaid(CATALOG, [_overlay(narrow)], NOW)).permits


@given(st.sampled_from([NC, UNREVIEWED, _OWN]), instants)
def test_a_signed_reading_replaces_the_catalogue_in_its_period_alone(id: str, as_of: datetime) -> None:
    own = _overlay(replace(made_up_license(id), id=id), on=day(2022), until=day(2026))
    asked = use(as_of=as_of)
    decision = decide(case(licensed(id)), asked, overlaid(CATALOG, [own], as_of))
    assert decision.permits is (day(2022) <= as_of < day(2026))


@given(licences, uses)
def test_a_signed_reading_changes_nothing_of_other_licences(claim: object, asked: Use) -> None:
    own = _overlay(made_up_license(_OWN), on=day(2000), until=day(2100))
    catalog = overlaid(CATALOG, [own], asked.as_of)
    asked_of = case(licensed(BY, 5), claim)  # type: ignore[arg-type]
    assert decide(asked_of, asked, catalog) == judged(asked_of, asked)


def test_names_of_a_reading_count_while_it_is_in_force_and_for_whole_statements_alone() -> None:
    signed = overlaid(CATALOG, [_overlay(made_up_license(_OWN), on=day(2025))], NOW).names
    unsigned = overlaid(CATALOG, [_overlay(made_up_license(_OWN))], NOW).names
    assert render(parse("Own  TERMS", signed)) == _OWN
    for text, names in (("own terms", unsigned), (f"own terms OR {FREE}", signed)):
        claim = license_claim(text, names, tier=5)
        assert claim is not None
        assert claim.statement == "unreadable"


@given(st.sampled_from([*LICENSES, "by 1.0", "own terms"]))
def test_a_reading_without_a_signature_renames_nothing(text: str) -> None:
    names = replace(CATALOG.names, aliases={"by 1.0": BY}, parsed={})
    catalog = overlaid(replace(CATALOG, names=names), [_overlay(made_up_license(_OWN))], NOW)

    def read(by: object) -> str:
        try:
            return render(parse(text, by))  # type: ignore[arg-type]
        except (Unreadable, NothingStated):
            return ""

    assert read(catalog.names) == read(names)


_RELIED = case(licensed(UNREVIEWED), statute("EU-DSM-4", "train.pretrain", jurisdictions=["DE"]))


@given(questions(), _readings, _ids, st.sampled_from(["none", "over", "later", "in force"]))
@example((_RELIED, use(jurisdictions=["DE"])), made_up_license(_OWN), UNREVIEWED, "none")
@example((_RELIED, use(jurisdictions=["DE"])), made_up_license(_OWN), UNREVIEWED, "in force")
def test_the_short_form_of_the_law_reads_a_reading_alike(
    question: tuple[Case, Use], own: License, id: str, period: str
) -> None:
    asked, wanted = question
    named = replace(own, id=id)
    in_force = period == "in force"
    overlay = _overlay(named, on=day(2000), until=day(2100)) if in_force else _restricting(named, period, wanted.as_of)
    catalog = overlaid(CATALOG, [overlay], wanted.as_of)
    decision, short = decide(asked, wanted, catalog), spec.decide(asked, wanted, catalog)
    assert {act: status.word for act, status in decision.by_act} == {act: word for act, (word, _) in short.items()}
