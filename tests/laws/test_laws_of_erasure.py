"""What has to go and not only to be refused. Law 7."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given

from rightful.rights.consent import (
    ERASURE,
    EXPIRED,
    OPTED_OUT,
    REFUSED,
    TAKEDOWN,
    WITHDRAWN,
    ConsentEvent,
    refuses_ingest,
    standing,
)
from rightful.rights.erasure import ERASING, erases
from tests.laws.strategies import histories, instants, refusing_events
from tests.laws.words import NOW, consented, day, event


@given(histories, instants)
@example([event(WITHDRAWN, day(2022)), consented(day(2023), "train")], NOW)
def test_nothing_is_erased_that_may_be_taken_in_again(past: list[ConsentEvent], as_of: datetime) -> None:
    assert not erases(past, as_of) or refuses_ingest(standing(past, as_of), as_of)


def test_what_a_later_consent_lifted_is_not_erased() -> None:
    assert erases([event(WITHDRAWN, day(2022))], NOW)
    assert not erases([event(WITHDRAWN, day(2022)), consented(day(2023), "train")], NOW)
    assert erases([event(TAKEDOWN, day(2022)), consented(day(2023), "train")], NOW)


@given(histories, instants)
def test_only_what_asks_for_it_without_limits_erases(past: list[ConsentEvent], as_of: datetime) -> None:
    asking = [e for e in past if e.kind in ERASING and e.refuses_all and e.counts_from <= as_of]
    assert not erases(past, as_of) or asking


@pytest.mark.parametrize("kind", [WITHDRAWN, ERASURE, TAKEDOWN, REFUSED, EXPIRED, OPTED_OUT])
def test_withdrawals_erasures_and_takedowns_erase_and_other_refusals_do_not(kind: str) -> None:
    assert erases([event(kind, day(2022))], NOW) is (kind in (WITHDRAWN, ERASURE, TAKEDOWN))
    assert not erases([event(kind, day(2022), acts=["train"])], NOW)


@given(histories, refusing_events, instants)
def test_no_further_refusal_saves_what_has_to_be_erased(
    past: list[ConsentEvent], further: ConsentEvent, as_of: datetime
) -> None:
    assert not erases(past, as_of) or erases([*past, further], as_of)
