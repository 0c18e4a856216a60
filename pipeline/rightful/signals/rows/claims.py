"""What a row claims: every statement about rights in it -> evidence. Floor 2: pure; what was collected is handed in. Law 6.1.

Each statement is a claim of its own (T5; T6 from a scanner), in the order of its places; the law lets them meet
(:mod:`rightful.signals.values` reads what they say). In a column that only may speak of rights whatever is no licence blocks,
except for a bare copyright notice and the name of a holder, which are kept for attribution.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.rights.columns import (
    DUMP,
    HOLDER,
    LICENSE,
    NOTICE,
    PAGE_TAG,
    SITE,
    WISHES,
    Look,
    columns_beside,
    folded_text,
)
from rightful.rights.evidence import Evidence, Observation
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, suggest
from rightful.signals.cards.claims import limits_of, persons_settled, reserved_in_words, tier_of
from rightful.signals.cards.guesses import guessed_ancestors, guessed_columns, guessed_strings
from rightful.signals.cards.source_card import SourceCard, source_id
from rightful.signals.places import DEFAULT_COLUMN, ROW_PLACE, is_row_place, row_place
from rightful.signals.rows.sites import agreement_of, terms_of
from rightful.signals.signal import About, Claims, OfRecord
from rightful.signals.texts.notices import phrases_of
from rightful.signals.values import Said, license_in, named_beside, shown, words

DETECTOR = "license-field/2"
MAPPED = "license-field-by-card/2"
"""Who read a statement whose string the card maps."""


def look_of(card: SourceCard, names: Names, license: str | None = None) -> Look:
    """What to look for in the rows of a card; ``license`` is the column that an option or a recipe calls the licence."""
    return Look(
        lists=names.columns,
        set_aside=tuple(name for name, _ in card.not_rights),
        mapped=frozenset(folded_text(text) for text, _ in (*card.licenses, *guessed_strings(card.guesses))),
        license=license or dict(card.fields).get("license"),
        imported=names.sites.imported,
    )


def about_rows_of(card: SourceCard, names: Names, license: str | None = None) -> About:
    """What a card says that bears on the claims of its records, and of the files beside them; ``license`` as above."""
    look = look_of(card, names, license)
    return About(
        names,
        tier_of(card),
        card.authority,
        limits_of(card),
        card.licenses,
        look,
        guessed_strings(card.guesses),
        tuple(sorted(guessed_columns(card.guesses))),
        card.not_notices,
        publisher=_publisher(card),
        ancestors=frozenset(
            source_id(parent.name)
            for number, parent in enumerate(card.derived_from)
            if number not in guessed_ancestors(card.guesses)
        ),
        persons_settled=persons_settled(card),
    )


def _publisher(card: SourceCard) -> str:
    """Whom a card names as the publisher of the contents: a guess of any of it names nobody."""
    guessed = any(guess.path[0] in ("publisher", "covers", "license_from") for guess in card.guesses)
    return "" if guessed or card.covers == "compilation" else card.publisher


def check_columns(card: SourceCard, place: str, names: Names) -> None:
    """What a card says of its rows' statements must be readable, and must not take a licence for none.

    Raises :class:`InputError` naming file and key.
    """
    for text, meant in (*card.licenses, *guessed_strings(card.guesses)):
        if folded_text(text) in WISHES:
            raise InputError(
                "that is a wish of whoever wrote it, and no licence: a card cannot say that it means one",
                subject=f"{place}, key licenses.{text!r}",
                hint="take the line out; a contract or a consent of whoever wrote it counts beside the wish",
            )
        try:
            parse(meant, names)
        except (Unreadable, NothingStated) as error:
            hint = suggest(meant, names) or "write an expression, an id or an address that the catalogue knows"
            raise InputError(str(error), subject=f"{place}, key licenses.{text!r}", hint=hint) from None
    phrases = phrases_of(names.notices)
    for phrase, _ in card.not_notices:
        if phrase not in phrases:
            raise UnknownName.of("notice", phrase, phrases, subject=f"{place}, key not_notices")
    for column in (*(name for name, _ in card.not_rights), *guessed_columns(card.guesses)):
        if names.columns.kind(column) == LICENSE:
            raise InputError(
                f"the column {column!r} is a licence by its name: it cannot be set aside",
                subject=f"{place}, key fields.not_rights",
                hint="say what its strings mean, in [licenses], or give the column another name",
            )


def statements_of(license_raw: str | None, statements: str | None) -> list[Said]:
    """The statements of a row from its cells: ``statements``, or where these are null ``license_raw`` alone."""
    if statements is not None:
        return [(str(place), str(kind), value) for place, kind, value in json.loads(statements)]
    return [] if license_raw is None else [(DEFAULT_COLUMN, LICENSE, _listed(license_raw))]


def row_claims(row: Mapping[str, Any], about: About) -> Claims:
    """All that a row states in its columns of rights, each place on its own."""
    license_raw, statements = row["license_raw"], row["statements"]
    names, look = about.names, about.look
    claims: list[Evidence] = []
    blocking: list[tuple[str, str]] = []
    notices: list[str] = []
    alone = statements is None
    for place, kind, value in named_beside(statements_of(license_raw, statements), look):
        raw = license_raw if alone and license_raw is not None else shown(value)
        column = "" if place in (DEFAULT_COLUMN, look.license) else place
        where = row_place(place)
        if kind in (NOTICE, HOLDER):
            notices += [value] if isinstance(value, str) else []
        elif kind == DUMP:
            claims += agreement_of(value, about, "newest date in the dump")
        elif kind == SITE:
            terms = terms_of(value, about, where)
            claims += [replace(e, column=place) for e in terms]
            blocking += [(place, raw) for e in terms if e.statement == "unreadable"]
        else:
            claim, by_card = license_in(kind, value, about, tier=about.tier, bound_to="work")
            if claim is not None:
                name, _, version = (MAPPED if by_card else DETECTOR).partition("/")
                seen = Observation(raw, where, name, version)
                guessed = claim.guessed or columns_beside(place, about.guessed_columns) is not None
                guessed = guessed or place.startswith(PAGE_TAG)
                claims.append(replace(claim, column=column, guessed=guessed, observation=seen))
                blocking += [(place, raw)] if claim.statement == "unreadable" else []
        reserved = reserved_in_words(list(words(value)), names, tier=about.tier, bound_to="work", place=where)
        claims += [replace(e, column=column) for e in reserved]
    return Claims(tuple(claims), tuple(blocking), tuple(dict.fromkeys(notices)))


STATEMENTS = OfRecord(DETECTOR, ("license_raw", "statements"), row_claims)


def stated_in(license_raw: str | None, place: str) -> str | None:
    """What one row states at a place of evidence (:func:`row_place`), from its ``license_raw``; None where that is not kept.

    Many rows share a profile, and the evidence keeps what the first of them said.
    """
    if license_raw is None or not is_row_place(place):
        return None
    if license_raw.startswith("{"):
        try:
            several = json.loads(license_raw)
        except ValueError:
            return license_raw
        column = place.removeprefix(ROW_PLACE + ": ")
        if isinstance(several, dict) and column in several:
            return shown(several[column])
    return license_raw


def _listed(raw: str) -> Any:
    """``license_raw`` as it was stated: one string, or the strings of a list."""
    if raw.startswith("["):
        try:
            parsed = json.loads(raw)
        except ValueError:
            return raw
        if isinstance(parsed, list):
            return [t if isinstance(t, str) else shown(t) for t in parsed]
    return raw
