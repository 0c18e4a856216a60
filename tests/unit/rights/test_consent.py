"""Consent events: from when they count, what a history is reduced to, and what it says of an act."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rightful.rights.consent import (
    ANNULMENT,
    CORRECTION,
    EXPIRED,
    GIVEN,
    GRANTING,
    KINDS,
    REFUSED,
    TAKEDOWN,
    WITHDRAWN,
    ConsentEvent,
    Ruling,
    Standing,
    Term,
    refuses_ingest,
    ruling,
    standing,
    subject_key,
)
from tests.laws.words import NOW, WORDS, consented, day, event, use

NOTHING: Standing = ()
FACE = "biometric.identify"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("recorded", "effective"), [(day(2020), day(2022)), (day(2022), day(2020))])
def test_counts_from_is_the_earlier_instant_of_a_refusal_and_the_later_of_a_grant_or_correction(
    kind: str, recorded: datetime, effective: datetime
) -> None:
    one = event(kind, effective, recorded)
    assert one.counts_from == (day(2022) if kind in (*GRANTING, CORRECTION, ANNULMENT) else day(2020))
    assert one.refuses == (kind not in (*GRANTING, CORRECTION, ANNULMENT))


@pytest.mark.parametrize("limit", [{"acts": ["train"]}, {"purposes": ["research"]}, {"applications": ["assistant"]}])
def test_refuses_all_is_true_only_of_a_refusal_without_limits(limit: dict[str, Any]) -> None:
    assert event(WITHDRAWN, NOW).refuses_all
    assert not event(WITHDRAWN, NOW, **limit).refuses_all
    assert not event(GIVEN, NOW).refuses_all


def test_standing_holds_what_counts_at_the_instant_oldest_first() -> None:
    history = [event(REFUSED, day(2022), acts=["share"]), consented(day(2020), "train"), consented(day(2028), "share")]
    assert standing(history, day(2019)) == NOTHING
    assert [t.kind for t in standing(history, day(2021))] == [GIVEN]
    assert [t.kind for t in standing(history, NOW)] == [GIVEN, REFUSED]
    assert standing([], NOW) == NOTHING


def test_standing_of_equal_times_puts_the_refusal_last() -> None:
    pair = [event(WITHDRAWN, day(2022), acts=["train"]), consented(day(2022), "train")]
    assert [t.kind for t in standing(pair, NOW)] == [t.kind for t in standing(pair[::-1], NOW)] == [GIVEN, WITHDRAWN]


def test_standing_leaves_out_the_selector_so_that_many_records_share_one() -> None:
    def withdrawn(record: str, year: int) -> ConsentEvent:
        when = day(year)
        return ConsentEvent(
            event_id=record, kind=WITHDRAWN, selector="record", value=record, recorded=when, effective=when
        )

    assert standing([withdrawn("r1", 2020)], NOW) == standing([withdrawn("r2", 2021)], NOW) == (Term(WITHDRAWN),)


def test_standing_drops_what_an_unlimited_refusal_overtook_but_keeps_a_takedown() -> None:
    history = [event(TAKEDOWN, day(2018), acts=["share"]), consented(day(2020), "train"), event(WITHDRAWN, day(2022))]
    assert [t.kind for t in standing(history, NOW)] == [TAKEDOWN, WITHDRAWN]
    renewed = [*history, consented(day(2024), "train")]
    assert [t.kind for t in standing(renewed, NOW)] == [TAKEDOWN, WITHDRAWN, GIVEN]


def test_standing_dates_a_grant_by_the_day_it_was_given_not_by_the_day_it_was_imported() -> None:
    (term,) = standing([consented(day(2015), "train", recorded=day(2024), valid_until=day(2030))], NOW)
    assert (term.stated_on, term.valid_until) == (date(2015, 1, 1), day(2030))
    (refusal,) = standing([event(REFUSED, day(2015), day(2024), acts=["train"])], NOW)
    assert refusal.stated_on is None


RULINGS = [
    ("says nothing", [], {}, Ruling.SILENT),
    ("grant", [consented(day(2024), "train.pretrain")], {}, Ruling.GRANT),
    ("grant of the parent", [consented(day(2024), "train")], {}, Ruling.GRANT),
    ("grant of every act", [consented(day(2024), "*")], {}, Ruling.GRANT),
    ("grant of a parent, given before", [consented(day(2015), "train")], {}, Ruling.NEWER),
    ("leaf that was named before its time", [consented(day(2015), "train.pretrain")], {}, Ruling.GRANT),
    ("another act", [consented(day(2024), "share")], {}, Ruling.OUTSIDE),
    ("another purpose", [consented(day(2024), "train")], {"purpose": "research"}, Ruling.OUTSIDE),
    ("no purpose named", [consented(day(2024), "train", purposes=[])], {}, Ruling.UNNAMED),
    ("no act named", [consented(day(2024))], {}, Ruling.UNNAMED),
    ("a full grant, then an unnamed one", [consented(day(2022), "train"), consented(day(2024), "train", purposes=[])], {}, Ruling.GRANT),
    ("its own application", [consented(day(2024), "train", applications=["assistant"])], {"application": "assistant"}, Ruling.GRANT),
    ("a part of it", [consented(day(2024), "train", applications=["assistant"])], {"application": "assistant.mail"}, Ruling.GRANT),
    ("more than its application", [consented(day(2024), "train", applications=[FACE])], {"application": "biometric"}, Ruling.OUTSIDE),
    ("another application", [consented(day(2024), "train", applications=["assistant"])], {"application": "translation"}, Ruling.OUTSIDE),
    ("no application asked", [consented(day(2024), "train", applications=["assistant"])], {}, Ruling.OUTSIDE),
    ("every application", [consented(day(2024), "train", applications=["*"])], {}, Ruling.GRANT),
    ("every application, a sensitive one", [consented(day(2024), "train", applications=["*"])], {"application": "emotion"}, Ruling.OUTSIDE),
    ("a broad grant, a sensitive one", [consented(day(2024), "train")], {"application": "emotion"}, Ruling.OUTSIDE),
    ("a broad grant, an unregistered one", [consented(day(2024), "train")], {"application": "unheard_of"}, Ruling.OUTSIDE),
    ("sensitive by name", [consented(day(2024), "train", applications=["emotion"])], {"application": "emotion"}, Ruling.GRANT),
    ("ended", [consented(day(2020), "train", valid_until=day(2024))], {}, Ruling.EXPIRED),
    ("ends at this instant", [consented(day(2020), "train", valid_until=NOW)], {}, Ruling.EXPIRED),
    ("ended, outside it", [consented(day(2020), "share", valid_until=day(2024))], {}, Ruling.OUTSIDE),
    ("withdrawn", [event(WITHDRAWN, day(2024))], {}, Ruling.WITHDRAWN),
    ("refused", [event(REFUSED, day(2024))], {}, Ruling.REFUSED),
    ("declared expired", [event(EXPIRED, day(2024))], {}, Ruling.EXPIRED),
    ("taken down", [event(TAKEDOWN, day(2020)), consented(day(2024), "train")], {}, Ruling.TAKEDOWN),
    ("taken down for another act", [event(TAKEDOWN, day(2020), acts=["share"])], {}, Ruling.SILENT),
    ("withdrawn for another act", [event(WITHDRAWN, day(2024), acts=["share"])], {}, Ruling.SILENT),
    ("withdrawn for another purpose", [event(WITHDRAWN, day(2024), purposes=["research"])], {}, Ruling.SILENT),
    ("withdrawn for one application, none asked", [event(WITHDRAWN, day(2024), applications=["assistant"])], {}, Ruling.WITHDRAWN),
    ("withdrawn for a sensitive one, none asked", [event(WITHDRAWN, day(2024), applications=["emotion"])], {}, Ruling.SILENT),
    ("withdrawn for a part of it", [event(WITHDRAWN, day(2024), applications=[FACE])], {"application": "biometric"}, Ruling.WITHDRAWN),
    ("withdrawn for every application", [event(WITHDRAWN, day(2024), applications=["*"])], {}, Ruling.WITHDRAWN),
    ("granted, then withdrawn", [consented(day(2022), "train"), event(WITHDRAWN, day(2024))], {}, Ruling.WITHDRAWN),
    ("withdrawn, then granted", [event(WITHDRAWN, day(2022)), consented(day(2024), "train")], {}, Ruling.GRANT),
    ("withdrawn, then granted for another act", [event(WITHDRAWN, day(2022)), consented(day(2024), "share")], {}, Ruling.WITHDRAWN),
    ("withdrawn, then for no purpose", [event(WITHDRAWN, day(2022)), consented(day(2024), "train", purposes=[])], {}, Ruling.WITHDRAWN),
    ("withdrawn, then promised", [event(WITHDRAWN, day(2022)), consented(day(2028), "train", recorded=day(2024))], {}, Ruling.WITHDRAWN),
]  # fmt: skip


@pytest.mark.parametrize(("history", "asked", "ruled"), [row[1:] for row in RULINGS], ids=[row[0] for row in RULINGS])
def test_ruling_of_a_history(history: list[ConsentEvent], asked: dict[str, str], ruled: Ruling) -> None:
    assert ruling(standing(history, NOW), "train.pretrain", use(**asked), WORDS) is ruled


INGEST = [
    (False, []),
    (True, [event(WITHDRAWN, day(2022))]),
    (True, [event(REFUSED, day(2022))]),
    (True, [event(TAKEDOWN, day(2022)), consented(day(2024), "train")]),
    (False, [event(WITHDRAWN, day(2022), acts=["train"])]),
    (False, [event(TAKEDOWN, day(2022), acts=["train"])]),
    (False, [event(WITHDRAWN, day(2022)), consented(day(2024), "train")]),
    (True, [event(WITHDRAWN, day(2022)), consented(day(2021), "train")]),
    (True, [event(WITHDRAWN, day(2022)), consented(day(2023), "train", valid_until=day(2024))]),
    (False, [event(WITHDRAWN, day(2022)), consented(day(2023), "train"), event(REFUSED, day(2024), acts=["share"])]),
    (True, [event(WITHDRAWN, day(2022)), consented(day(2023), "train"), event(WITHDRAWN, day(2024))]),
    (True, [event(WITHDRAWN, day(2022)), consented(day(2023), "train", purposes=[])]),
]


@pytest.mark.parametrize(("refused", "history"), INGEST)
def test_refuses_ingest_while_an_unlimited_refusal_stands(refused: bool, history: list[ConsentEvent]) -> None:
    assert refuses_ingest(standing(history, NOW), NOW) is refused


def test_subject_key_is_the_same_for_one_person_and_tells_nothing_without_the_key() -> None:
    for typed in ("ADA LOVELACE", "\uff21da\u00a0Lovelace", "ada\tlovelace "):
        assert subject_key(typed, b"k" * 32) == subject_key("Ada Lovelace", b"k" * 32)
    assert subject_key(" Ada  Lovelace", b"k" * 32) == subject_key("ada lovelace", b"k" * 32)
    assert subject_key("ada lovelace", b"k" * 32) != subject_key("ada lovelace", b"l" * 32)
    assert subject_key("ada lovelace", b"k" * 32) != subject_key("grace hopper", b"k" * 32)


def test_days_of_the_tests_are_in_utc() -> None:
    assert day(2026) == datetime(2026, 1, 1, tzinfo=UTC) == NOW
