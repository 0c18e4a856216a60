"""What a label means on a day: the union of what was out by then for what restricts, no more than all agree on otherwise."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rightful.catalog import load
from rightful.rights.terms import CONSENT_STATUS, SILENT, STATES, meaning, restricts
from rightful.rights.uses import PURPOSES, Term, covered

TERMS = load().vocabulary.terms
GENERATIVE = {"train.pretrain", "train.finetune", "train.align", "train.distil", "synth.derive"}
EVERY_ACT = {"mine.analyse", "train", "synth.derive", "index.search", "index.retrieval", "infer.ground"}
LABELS = sorted({(t.scheme, t.term, t.value) for t in TERMS})
DAYS = st.dates(date(2015, 1, 1), date(2030, 1, 1))


def term(states: str, since: int, **more: object) -> Term:
    """A made-up reading of one label, from the first of January of a year."""
    fields = {name: frozenset(str(said).split()) for name, said in more.items() if isinstance(said, str)}
    consent = "".join(fields.pop("consent", ()))
    whole = more.get("whole") is not False
    return Term(
        "made-up", "label", "", states, ("1",), date(since, 1, 1), "a text", consent=consent, whole=whole, **fields
    )


def seen(*terms: Term, on: int | None = None) -> tuple[str, set[str]]:
    """Status and acts of the made-up label, seen at the end of a year."""
    means = meaning(terms, "made-up", "label", on=date(on, 12, 31) if on else None)
    return means.status, set(means.acts)


# ---- the history of AIPREF


def test_meaning_of_train_ai_before_the_second_reading_is_the_first_alone() -> None:
    means = meaning(TERMS, "aipref", "train-ai", "n", date(2025, 9, 1))
    assert (means.status, means.acts, len(means.readings)) == ("reserve", {"train", "synth.derive"}, 1)
    assert not means.is_ambiguous
    assert means.readings[0].versions == ("draft-ietf-aipref-vocab-02", "draft-ietf-aipref-vocab-03")


def test_meaning_of_train_ai_after_its_meaning_changed_is_the_union_of_its_readings() -> None:
    for day, readings in ((date(2025, 11, 1), 2), (date(2026, 5, 1), 3), (None, 3)):
        means = meaning(TERMS, "aipref", "train-ai", "n", day)
        assert (means.status, means.acts, len(means.readings)) == ("reserve", {"train", "synth.derive"}, readings)
        assert means.is_ambiguous


def test_meaning_of_train_ai_in_each_draft_is_one_of_three() -> None:
    told = [t for t in TERMS if (t.scheme, t.term, t.value) == ("aipref", "train-ai", "n")]
    assert [t.acts for t in told] == [{"train", "synth.derive"}, GENERATIVE, GENERATIVE]
    assert [len(t.versions) for t in told] == [2, 2, 2]
    assert len({t.note for t in told}) == 3
    # One text follows on another, so every day since the first has a reading of its own.
    assert [t.until for t in told] == [told[1].since, told[2].since, None]


def test_meaning_of_a_label_that_a_later_draft_dropped_stays_reserved() -> None:
    genai = meaning(TERMS, "aipref", "train-genai", "n", date(2026, 11, 21))
    assert (genai.status, genai.acts) == ("reserve", GENERATIVE)
    bots = meaning(TERMS, "aipref", "bots", "n", date(2026, 11, 21))
    assert bots.acts == EVERY_ACT
    assert meaning(TERMS, "aipref", "bots", "n", date(2025, 9, 30)).acts == EVERY_ACT


def test_meaning_of_a_label_before_its_first_draft_restricts_already() -> None:
    assert meaning(TERMS, "aipref", "ai-output", "n", date(2025, 1, 1)).status == "reserve"
    assert meaning(TERMS, "aipref", "ai-output", "y", date(2025, 1, 1)) == SILENT


def test_meaning_of_yes_is_silence_and_says_of_what() -> None:
    means = meaning(TERMS, "aipref", "train-ai", "y", date(2026, 5, 1))
    assert (means.status, means.acts, means.is_known) == ("silent", {"train", "synth.derive"}, True)


def test_meaning_of_what_nobody_defined_is_silent_and_unknown() -> None:
    for scheme, name, value in (
        ("aipref", "train-everything", "n"),
        ("aipref", "train-ai", "maybe"),
        ("aipref", "train-ai", ""),
        ("aipref", "Train-AI", "n"),  # keys and tokens are case sensitive there
        ("aipref", "train-ai", "N"),
        ("rsl", "train-ai", "n"),  # a value of another scheme
        ("nowhere", "train-ai", "n"),
    ):
        assert meaning(TERMS, scheme, name, value, date(2026, 5, 1)) == SILENT, (scheme, name, value)
    assert not SILENT.is_known
    assert not SILENT.is_ambiguous


# ---- how readings combine


def test_readings_of_a_reservation_unite_and_a_parent_stands_for_its_parts() -> None:
    first, second = term("reserve", 2020, acts="train.nongen"), term("reserve", 2022, acts="mine.analyse train")
    assert seen(first, second, on=2021) == ("reserve", {"train.nongen"})
    assert seen(first, second, on=2022) == ("reserve", {"mine.analyse", "train"})


def test_readings_of_a_limit_leave_what_all_of_them_reach() -> None:
    first = term("grant-limit", 2020, purposes="noncommercial research", obligations="payment")
    second = term("grant-limit", 2022, purposes="research commercial", actors="public", obligations="naming")
    means = meaning((first, second), "made-up", "label")
    assert (means.purposes, means.actors, means.obligations) == ({"research"}, {"public"}, {"payment", "naming"})
    assert means.whole


def test_readings_of_a_limit_with_nothing_in_common_are_not_no_limit() -> None:
    first, second = term("grant-limit", 2020, purposes="research"), term("grant-limit", 2022, purposes="commercial")
    means = meaning((first, second), "made-up", "label")
    assert (means.purposes, means.whole) == (frozenset(), False)


def test_readings_of_a_purpose_reach_no_further_than_the_narrowest() -> None:
    first, second = (
        term("application", 2020, applications="biometric"),
        term("application", 2022, applications="biometric.identify emotion"),
    )
    assert meaning((first, second), "made-up", "label").applications == {"biometric.identify"}


def test_readings_that_are_not_whole_leave_the_label_open() -> None:
    first, second = term("grant-limit", 2020, purposes="research"), term("grant-limit", 2022, whole=False)
    assert meaning((first, second), "made-up", "label", on=date(2021, 1, 1)).whole
    assert not meaning((first, second), "made-up", "label").whole


def test_readings_of_a_consent_count_as_the_strictest() -> None:
    given_, withdrawn = term("consent-status", 2020, consent="given"), term("consent-status", 2022, consent="withdrawn")
    assert meaning((given_, withdrawn), "made-up", "label", on=date(2021, 1, 1)).consent == "given"
    assert meaning((given_, withdrawn), "made-up", "label").consent == "withdrawn"


def test_reading_of_a_valid_consent_does_not_count_before_its_vocabulary() -> None:
    label = ("dpv", "ConsentGiven", "")
    assert meaning(TERMS, *label, date(2020, 1, 1)) == SILENT
    assert meaning(TERMS, "dpv", "ConsentWithdrawn", "", date(2020, 1, 1)).consent == "withdrawn"


# ---- laws of the look-up


@given(st.sampled_from(LABELS), DAYS, DAYS)
def test_meaning_on_a_later_day_never_restricts_less(label: tuple[str, str, str], one: date, other: date) -> None:
    before = meaning(TERMS, *label, min(one, other))
    after = meaning(TERMS, *label, max(one, other))
    if not any(restricts(t) for t in before.readings):
        return
    if any(t.since > min(one, other) for t in before.readings):
        return  # before the first text all of its readings count; the next test
    assert after.status == before.status
    if before.status in ("reserve", "conditional"):
        assert all(covered(after.acts, act) for act in before.acts)
    assert before.obligations <= after.obligations
    assert after.purposes <= before.purposes or not before.purposes
    assert CONSENT_STATUS.index(after.consent or "given") <= CONSENT_STATUS.index(before.consent or "given")
    assert before.whole or not after.whole


@given(st.sampled_from(LABELS), DAYS)
def test_meaning_without_a_day_covers_that_of_every_day(label: tuple[str, str, str], day: date) -> None:
    some_day, on = meaning(TERMS, *label), meaning(TERMS, *label, day)
    if some_day.status in ("reserve", "conditional"):
        assert on.is_known
        assert all(covered(some_day.acts, act) for act in on.acts)
    assert on.is_known or not any(restricts(t) for t in some_day.readings)


@given(st.permutations(TERMS), st.sampled_from(LABELS))
def test_meaning_does_not_depend_on_the_order_of_the_table(order: list[Term], label: tuple[str, str, str]) -> None:
    one, other = meaning(order, *label), meaning(TERMS, *label)
    assert (one.status, one.acts, one.purposes, one.whole) == (other.status, other.acts, other.purposes, other.whole)


def test_states_name_words_of_a_term_and_the_purposes_are_the_laws() -> None:
    assert {name for names in STATES.values() for name in names} <= set(Term.__dataclass_fields__)
    assert {p for t in TERMS for p in t.purposes} == set(PURPOSES)
