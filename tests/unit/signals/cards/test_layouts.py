"""What a layout says fills what a card does not say; one that nobody chose never permits more than none."""

from __future__ import annotations

from typing import Any

import pytest

from rightful.catalog import load
from rightful.errors import InputError
from rightful.signals.cards.layouts import RowLayout, Seen, completed, fits, layout_of, misfits, recognised
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card
from rightful.signals.cards.warnings import warnings_of
from rightful.signals.order import of_card

LAW = load()
FILE: dict[str, Any] = {
    "schema": 1,
    "version": 3,
    "title": "Tides",
    "about": "Tide tables.",
    "why": "The licence is on the collection.",
    "recognise": [{"columns": {"text": "string", "mark": "integer"}}],
    "card": {
        "license": "ODC-By-1.0",
        "covers": "compilation",
        "derived_from": [{"name": "gauges", "license": "CC-BY-NC-4.0"}],
        "licenses": {"house": "MIT", "open": "CC0-1.0"},
        "fields": {"id": "mark", "not_rights": {"usage": "counts"}},
    },
}


def tides(**changed: Any) -> RowLayout:
    return layout_of({**FILE, **changed}, "tides", "tides.toml", LAW.vocabulary)


def card(guessed: bool = False, **keys: Any) -> SourceCard:
    merged, of = completed({"name": "ours", **keys}, tides(), guessed=guessed)
    return card_of(merged, "source.toml", LAW.vocabulary, of)


def seen(columns: dict[str, set[str] | None], strings: dict[str, list[str]] | None = None) -> Seen:
    kinds = {name: None if of is None else frozenset(of) for name, of in columns.items()}
    return Seen(
        kinds, frozenset(name.partition(".")[0] for name in columns), lambda name: (strings or {}).get(name, [])
    )


def test_layout_fills_what_the_card_does_not_say() -> None:
    ours = card()
    assert (ours.license, ours.covers) == ("ODC-By-1.0", "compilation")
    assert [parent.name for parent in ours.derived_from] == ["gauges"]
    assert dict(ours.fields) == {"id": "mark"}
    assert ours.layout is not None
    assert (ours.layout.name, ours.layout.version) == ("tides", 3)


def test_word_of_the_card_stays_and_both_count_where_there_are_several() -> None:
    ours = card(covers="contents", license="MIT", licenses={"house": "GPL-3.0-only"}, derived_from="buoys")
    assert (ours.license, ours.covers) == ("MIT", "contents")
    assert dict(ours.licenses) == {"house": "GPL-3.0-only", "open": "CC0-1.0"}
    assert [parent.name for parent in ours.derived_from] == ["buoys", "gauges"]
    assert ours.layout is not None
    assert set(ours.layout.keys) == {"derived_from[1]", "licenses.open", "fields.id", "fields.not_rights"}


def test_licence_of_a_card_is_on_the_compilation_where_only_the_layout_says_of_what() -> None:
    assert {claim.statement for claim in of_card(card(license="CC0-1.0"), LAW.names, {}) if not claim.layer} == {
        "compilation"
    }


def test_evidence_names_the_layout_and_its_version() -> None:
    claims = {claim.layer: claim.observation for claim in of_card(card(), LAW.names, {})}
    assert {(o.place, o.detector, o.detector_version) for o in claims.values() if o} == {
        ("layout tides", "layout", "3")
    }
    own = {
        claim.observation.place
        for claim in of_card(card(license="MIT"), LAW.names, {})
        if claim.observation and not claim.layer
    }
    assert own == {"source.toml"}


@pytest.mark.parametrize("guessed", [False, True])
def test_guess_of_the_card_itself_is_told_from_those_of_a_layout(guessed: bool) -> None:
    strings = {"open": "TODO confirm: MIT", "openly": "TODO confirm: ISC"}
    ours = card(guessed, license_from="TODO confirm: scanner", licenses=strings)
    assert [guess.key for guess in ours.own_guesses] == ["license_from", "licenses.open", "licenses.openly"]
    assert all(key in "".join(warnings_of(ours, LAW.names)) for key in ("license_from", "licenses.openly"))


def test_layout_that_nobody_confirmed_is_guesses_all_over() -> None:
    ours = card(guessed=True)
    assert ours.layout is not None
    assert not ours.layout.confirmed
    claims = of_card(ours, LAW.names, {})
    assert claims
    assert all(claim.guessed for claim in claims if claim.statement in ("license", "compilation"))
    assert dict(ours.fields) == {"id": "mark"}, "which column is which is no guess"
    assert ours.not_rights == (), "and a column still speaks of rights"


def test_card_with_a_layout_is_kept_and_read_again_and_one_without_has_the_digest_that_it_had() -> None:
    for ours in (card(), card(guessed=True), card(license="MIT")):
        again = stored_card(ours.as_json())
        assert (again, again.digest) == (ours, ours.digest)
    assert "layout" not in card_of({"name": "x"}, "source.toml", LAW.vocabulary).as_json()


@pytest.mark.parametrize(
    ("columns", "fit"),
    [
        ({"text": {"string"}, "mark": {"integer", "number"}}, True),
        ({"text": {"string"}, "mark": {"integer", "number"}, "more": {"string"}}, True),
        ({"text": {"string"}, "mark": None}, True),
        ({"text": {"string"}}, False),
        ({"text": {"string"}, "mark": {"string"}}, False),
        ({"text": {"string"}, "mark": set()}, False),
    ],
)
def test_file_has_a_layout_where_all_its_columns_are_there_and_of_their_kinds(
    columns: dict[str, set[str] | None], fit: bool
) -> None:
    assert fits(tides().signs[0], seen(columns)) is fit


def test_sign_may_ask_for_no_other_columns_and_for_what_they_hold() -> None:
    sign = {"columns": {"text": "string"}, "exactly": True, "may": ["id"], "holds": {"text": "tide"}}
    (exact,) = tides(recognise=[sign]).signs
    of: dict[str, set[str] | None] = {"text": {"string"}}
    assert fits(exact, seen(of, {"text": ["high tide"]}))
    assert fits(exact, seen({**of, "id": {"string"}}, {"text": ["a tide"]}))
    assert not fits(exact, seen({**of, "other": {"string"}}, {"text": ["high tide"]}))
    assert not fits(exact, seen(of, {"text": ["high tide", "wind"]}))
    assert not fits(exact, seen(of))


def test_of_two_that_fit_the_one_that_asks_for_more_is_meant_and_else_none() -> None:
    columns: dict[str, set[str] | None] = {"text": {"string"}, "mark": {"integer"}, "gauge": {"string"}}
    wide = layout_of({**FILE, "recognise": [{"columns": {"text": "string"}}]}, "wide", "w.toml", LAW.vocabulary)
    beside = {"columns": {"text": "string", "gauge": "string"}}
    other = layout_of({**FILE, "recognise": [beside]}, "other", "o.toml", LAW.vocabulary)
    assert recognised([wide, tides()], seen(columns)) == tides()
    assert recognised([wide, tides(), other], seen(columns)) is None
    assert recognised([], seen(columns)) is None


def test_columns_of_other_kinds_are_named() -> None:
    assert misfits(tides(), seen({"text": {"string"}, "mark": {"string"}})) == [("mark", "integer", "string")]
    assert misfits(tides(), seen({"text": {"string"}, "mark": set()})) == [("mark", "integer", "several kinds")]
    assert misfits(tides(), seen({"text": {"string"}})) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"schema": 2}, "schema must be 1"),
        ({"version": 0}, "version must be a number"),
        ({"why": " "}, "why must be a text"),
        ({"whi": "x"}, "unknown key 'whi'"),
        ({"published": "x"}, "published must be a list"),
        ({"card": {"contracts": []}}, "unknown key 'card.contracts'"),
        ({"card": {"license": "TODO confirm: MIT"}}, "it has no guesses"),
        ({"card": {"covers": "all"}}, "covers"),
        ({"card": []}, "card must be a table"),
        ({"recognise": [{}]}, "columns must be a table"),
        ({"recognise": [{"columns": {"text": "words"}}]}, "unknown kind 'words'"),
        ({"recognise": [{"columns": {"text": 1}}]}, "columns.text must be a kind"),
        ({"recognise": [{"columns": {"text": "string"}, "exactly": "yes"}]}, "exactly must be true or false"),
        ({"recognise": [{"columns": {"text": "string"}, "holds": {"text": ""}}]}, "holds must be a table"),
        ({"recognise": [{"columns": {"text": "string"}, "may": "x"}]}, "may must be a list"),
        ({"recognise": {}}, "recognise must be a list"),
    ],
)
def test_file_that_is_no_layout_is_named_with_its_key(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        tides(**changed)
    assert "tides.toml" in str(caught.value.subject)
