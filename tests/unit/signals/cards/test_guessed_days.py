"""A day that is guessed, over all keys of a card that have one. What it comes to key by key: tests/laws/test_laws_of_guesses.py."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.rights.decide import Case
from rightful.signals.cards.guesses import marked
from rightful.signals.cards.source_card import SourceCard
from tests.laws.strategies import uses
from tests.laws.test_laws_of_guesses import _DAYS, _ROWS, _permits, at, card, changed, guesses, profile, strings
from tests.laws.words import statute

_DATES = {"signed_on", "valid_from", "valid_until", "given_on", "collected_at", "on", "date"}


@pytest.mark.parametrize(
    "key", ["contracts", "consent", "observed", "valid_from", "valid_until", "collected_at", "corrections"]
)
@settings(deadline=None)
@given(data=st.data())
def test_a_day_that_is_guessed_neither_ends_nor_delays_what_restricts(key: str, data: st.DataObject) -> None:
    table, _ = data.draw(guesses(key))
    days = [path for path in strings(table) if path[0] == key and path[-1] in _DATES]
    if not days:
        return
    path = data.draw(st.sampled_from(days))
    other = changed(table, path, data.draw(_DAYS))
    try:
        guessed, confirmed = card(changed(table, path, marked(at(table, path)))), card(other)
    except InputError:
        return
    rows, asked = data.draw(_ROWS), data.draw(uses)

    def permits(of: SourceCard) -> bool:
        known: dict[str, Any] = {"pii_state": "none_found", "published": True, "address": True}
        claims = frozenset([*profile(of, rows, "example.org"), statute("EU-DSM-4", "train", "share")])
        return _permits(
            Case(profile=claims, personal_data=of.personal_data, legal_basis=of.legal_basis or None, **known), asked
        )

    if permits(guessed):
        assert permits(confirmed)
