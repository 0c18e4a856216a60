"""What a row claims: every statement about rights in it -> evidence. Floor 2: pure; what was collected is handed in. Law 6.1.

Each statement is a claim of its own (T5; T6 from a scanner), in the order of its places; the law lets them meet. Of a list
all entries hold. Of an object that is a licence all fields hold that can be read, and it is unreadable where none can. In a
column that only may speak of rights whatever is no licence blocks, except for a bare copyright notice and the name of a
holder, which are kept for attribution. What the card maps is the operator's statement; it takes away no other reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.rights.columns import FLICKR, HOLDER, LICENSE, NOTICE, Look, columns_beside, folded_text, joined
from rightful.rights.evidence import Evidence, Observation, license_claim
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, suggest
from rightful.signals.cards.claims import limits_of, reserved_in_words, tier_of
from rightful.signals.cards.guesses import guessed_columns, guessed_strings
from rightful.signals.cards.source_card import ROW_PLACE, SourceCard
from rightful.signals.signal import About, Claims, OfRecord
from rightful.signals.texts.notices import phrases_of

DEFAULT_COLUMN = "license"
DETECTOR = "license-field/2"
MAPPED = "license-field-by-card/2"
"""Who read a statement whose string the card maps."""
NOT_IDENTIFIED = "a licence that was found and not identified"

Said = tuple[str, str, Any]
"""A statement: its place in the row, the kind of its column, and its value."""


def look_of(card: SourceCard, names: Names, license: str | None = None) -> Look:
    """What to look for in the rows of a card; ``license`` is the column that an option or a recipe calls the licence."""
    return Look(
        lists=names.columns,
        set_aside=tuple(name for name, _ in card.not_rights),
        mapped=frozenset(folded_text(text) for text, _ in (*card.licenses, *guessed_strings(card.guesses))),
        license=license or dict(card.fields).get("license"),
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
    )


def check_columns(card: SourceCard, place: str, names: Names) -> None:
    """What a card says of its rows' statements must be readable, and must not take a licence for none.

    Raises :class:`InputError` naming file and key.
    """
    for text, meant in (*card.licenses, *guessed_strings(card.guesses)):
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
    for place, kind, value in _named_beside(statements_of(license_raw, statements), look):
        shown = license_raw if alone and license_raw is not None else _shown(value)
        column = "" if place in (DEFAULT_COLUMN, look.license) else place
        where = row_place(place)
        if kind in (NOTICE, HOLDER):
            notices += [value] if isinstance(value, str) else []
        else:
            claim, by_card = _claim(kind, value, about)
            if claim is not None:
                name, _, version = (MAPPED if by_card else DETECTOR).partition("/")
                seen = Observation(shown, where, name, version)
                guessed = claim.guessed or columns_beside(place, about.guessed_columns) is not None
                claims.append(replace(claim, column=column, guessed=guessed, observation=seen))
                blocking += [(place, shown)] if claim.statement == "unreadable" else []
        words = list(_words(value))
        reserved = reserved_in_words(words, names, tier=about.tier, bound_to="work", place=where)
        claims += [replace(e, column=column) for e in reserved]
    return Claims(tuple(claims), tuple(blocking), tuple(dict.fromkeys(notices)))


STATEMENTS = OfRecord(DETECTOR, ("license_raw", "statements"), row_claims)


def row_place(column: str) -> str:
    """How the place of a statement is called in its evidence."""
    return f"{ROW_PLACE}: {column}"


def is_row_place(place: str) -> bool:
    """True for the place of a row's statement, of an earlier version too."""
    return place == ROW_PLACE or place.startswith(ROW_PLACE + ": ")


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
            return _shown(several[column])
    return license_raw


def _claim(kind: str, value: Any, about: About) -> tuple[Evidence | None, bool]:
    """The claim of one statement, and whether the card says what it means."""
    names, look = about.names, about.look
    mapped = {folded_text(text): meant for text, meant in about.licenses}
    guessed = {folded_text(text): meant for text, meant in about.guessed}
    texts: list[str] = []
    by_card = by_guess = False
    for group in _groups(kind, value, look):
        spoken = [t for t in group if folded_text(t) in mapped or not look.is_silent(t)]
        read = [t for t in spoken if _is_readable(t, names)]
        meant = [mapped[folded_text(t)] for t in spoken if folded_text(t) in mapped]
        guesses = [guessed[folded_text(t)] for t in spoken if folded_text(t) in guessed]
        by_card, by_guess = by_card or bool(meant), by_guess or bool(guesses)
        texts += [*([*read, *meant] or spoken[:1]), *guesses]
    claim = license_claim(
        texts[0] if len(texts) == 1 else texts,
        names,
        tier=about.tier,
        bound_to="work",
        authority=about.authority,
        **{**about.limits, "guessed": by_guess or about.limits.get("guessed", False)},
    )
    return claim, by_card


def _groups(kind: str, value: Any, look: Look) -> Iterator[list[str]]:
    """The texts of a value in groups: of a group all count that can be read, and all groups hold."""
    if kind == FLICKR:
        yield [look.lists.flickr.get(str(value), str(value))]
    elif isinstance(value, list):
        for entry in value:
            yield from _groups(kind, entry, look)
    elif isinstance(value, dict):
        yield from _object(value, look)
    elif value is not None and value == value:  # NaN says nothing
        yield [_shown(value)]


def _object(value: dict[str, Any], look: Look) -> Iterator[list[str]]:
    """An object that is a licence: what its fields call it; an object within it is one of its own."""
    lists = look.lists
    fields = {joined(name): content for name, content in value.items()}
    texts = [c for n, c in fields.items() if n in lists.object_fields and isinstance(c, str) and c.strip()]
    within = [c for n, c in fields.items() if isinstance(c, dict | list) and (n in lists.object_fields or look.kind(n))]
    others = [
        c for n, c in fields.items() if n not in lists.object_fields and look.kind(n) == LICENSE and isinstance(c, str)
    ]
    if lists.github and lists.github <= fields.keys() and any(t.strip().upper() == "NOASSERTION" for t in texts):
        yield [NOT_IDENTIFIED]
    if texts:
        yield texts
    for text in others:
        yield [text]
    for inner in within:
        yield from _groups(LICENSE, inner, look)
    if value and not (texts or within or others):
        yield [_shown(value)]


def _named_beside(listed: Sequence[Said], look: Look) -> list[Said]:
    """The statements, without an ``other`` whose name stands beside it: that name, and a link to it, are one licence."""
    statements = list(listed)
    for place, kind, value in listed:
        above, _, name = place.rpartition(".")
        if kind != LICENSE or not isinstance(value, str) or folded_text(value) not in look.lists.named_beside:
            continue
        if joined(name) not in look.lists.license or joined(name) in look.lists.beside:
            continue
        beside = [
            s
            for s in statements
            if s[0].rpartition(".")[0] == above
            and joined(s[0].rpartition(".")[2]) in look.lists.beside
            and isinstance(s[2], str)
        ]
        if not beside:
            continue
        statements = [s for s in statements if s[0] != place and s not in beside]
        statements.append((beside[0][0], LICENSE, {joined(s[0].rpartition(".")[2]): s[2] for s in beside}))
    return statements


def _words(value: Any) -> Iterator[str]:
    """Every string of a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _words(inner)


def _is_readable(text: str, names: Names) -> bool:
    try:
        parse(text, names)
    except (Unreadable, NothingStated):
        return False
    return True


def _listed(raw: str) -> Any:
    """``license_raw`` as it was stated: one string, or the strings of a list."""
    if raw.startswith("["):
        try:
            parsed = json.loads(raw)
        except ValueError:
            return raw
        if isinstance(parsed, list):
            return [t if isinstance(t, str) else _shown(t) for t in parsed]
    return raw


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
