"""Guesses in a source card: values that begin with ``TODO confirm:``, and what of them counts. Floor 2: pure. Law 4.8.

``rightful init`` drafts cards with guesses; deleting the two words confirms one. Until then a guess permits nothing, and
restricts as if it were confirmed: a card with a guess never permits more than the same card without that key, nor more
than the same card with the guess confirmed. What each key comes to stands in :data:`UNCONFIRMED`, and is done here:
:func:`weighed` leaves in a card what counts of it, and what is still a licence is marked ``guessed`` in its evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from rightful.errors import InputError
from rightful.rights.bases import PROTOCOLS
from rightful.rights.consent import DATA_SUBJECT

MARK = "TODO confirm: "
"""What a guess begins with, as it is written. It is read in any case and spacing."""
_MARKED = re.compile(r"\s*TODO\s+confirm\s*:(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_NEARLY = re.compile(
    r"(?<![^\W_])TO[_-]?DO(?![^\W_])[\W_]{0,12}(?:please[\W_]{1,4}|to[\W_]{1,4})?confirm"
    r"|(?<![^\W_])TO-?DOconfirm|(?<![^\W_])confirm[\W_]{0,6}TO[_-]?DO(?![^\W_])",
    re.IGNORECASE,
)
UNCONFIRMED_PUBLISHER = "unconfirmed"
"""The authority of a source of which it is only guessed that it publishes the works itself."""
_REFUSING = ("refused", "withdrawn", "expired")
_NO_ACT = "none"
_LAST_DAY = date(9998, 12, 31)
"""No later look can end what was found on this day."""

UNCONFIRMED: Mapping[str, str] = {
    "url": "only informs",
    "publisher": "only informs",
    "authority": "publisher: settles nothing, and cancels the same claim of another source",
    "license": "permits nothing; what it refuses and asks for holds",
    "license_from": "scanner: the licences of the card and its rows permit nothing; what they refuse and ask for holds",
    "derived_from": "the ancestor counts; its licence permits nothing where it or the name is guessed",
    "legal_basis": "counts as none",
    "covers": "compilation: the licence permits nothing; what it refuses and asks for holds",
    "collected_at": "counts as none",
    "collected_for": "only informs",
    "retain_until": "counts: the records leave no more afterwards",
    "valid_from": "the licences of the card and its rows permit nothing; what they refuse and ask for holds",
    "valid_until": "the licences of the card and its rows permit nothing; what they refuse and ask for holds",
    "personal_data": "no: unknown. yes: yes",
    "jurisdiction": "limits as if it were not in the list, or alone",
    "purposes": "limits as if it were not in the list, or alone",
    "applications": "limits as if it were not in the list, or alone",
    "consent": "refuses everything until all of it is confirmed",
    "contracts": "grants nothing; what it excludes is excluded",
    "public_domain": "permits nothing",
    "observed": "absent: counts as none. found: reserves, wherever it was",
    "fields": "not_rights: the column still speaks of rights, and permits nothing",
    "licenses": "the string keeps what it says by itself; what is guessed for it permits nothing, and refuses",
    "corrections": "corrects nothing",
    "not_notices": "the phrase is a notice",
    "confirms": "confirms nothing",
}
"""The keys of a card in which a guess may stand -> what an unconfirmed one comes to. In any other it is an error."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A value that nobody confirmed: where it stands in the card, and the value without the mark."""

    path: tuple[str | int, ...]
    value: str

    @property
    def key(self) -> str:
        """The key as people write it: ``observed[0].result``."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")

    def as_json(self) -> dict[str, str]:
        """As it stands in answers."""
        return {"key": self.key, "value": self.value}


Guesses = tuple[Guess, ...]


def marked(value: str) -> str:
    """A value as a guess is written."""
    return f"{MARK}{value}"


def guess_in(value: Any) -> bool:
    """True where a guess stands in a value, however deep."""
    if isinstance(value, dict):
        return any(map(guess_in, value.values()))
    if isinstance(value, list):
        return any(map(guess_in, value))
    return isinstance(value, str) and _MARKED.fullmatch(value) is not None


def confirmed_or_not(value: str) -> tuple[str, bool]:
    """A string without its mark, and whether it is confirmed.

    >>> confirmed_or_not("TODO confirm: fineweb")
    ('fineweb', False)
    """
    mark = _MARKED.fullmatch(value)
    return (value.strip(), True) if mark is None else (mark["value"].strip(), False)


def unmarked(data: Mapping[str, Any], place: str) -> tuple[dict[str, Any], Guesses]:
    """The table of a card as if every guess were confirmed, and the guesses that it has.

    Raises :class:`InputError` naming file and key for a guess of nothing, and in a key that can have none.
    """
    guesses: list[Guess] = []

    def plain(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner, (*path, number)) for number, inner in enumerate(value)]
        mark = _MARKED.fullmatch(value) if isinstance(value, str) else None
        if mark is None:
            _no_other_mark(value, path, place)
            return value
        guess = Guess(path, mark["value"].strip())
        _check(guess, place)
        guesses.append(guess)
        return guess.value

    return {key: plain(value, (key,)) for key, value in data.items()}, tuple(guesses)


def _no_other_mark(value: Any, path: tuple[str | int, ...], place: str) -> None:
    """Raise :class:`InputError` for a mark that is written otherwise: as a text it would pass for confirmed.

    A licence of that spelling is one that cannot be read.
    """
    if not isinstance(value, str) or "license" in path:
        return
    plain = "".join(c for c in unicodedata.normalize("NFKC", value) if unicodedata.category(c) != "Cf")
    if _NEARLY.search(plain):
        guess = Guess(path, value)
        hint = f"a guess is written {marked('VALUE')!r}; where it is right, delete the words"
        raise InputError(
            f"{value[:80]!r} is neither a guess nor confirmed", subject=f"{place}, key {guess.key}", hint=hint
        )


def _check(guess: Guess, place: str) -> None:
    subject = f"{place}, key {guess.key}"
    of_layout = guess.path[0] == "fields" and guess.path[1:2] != ("not_rights",)
    if guess.path[0] not in UNCONFIRMED or of_layout:
        raise InputError(
            f"{guess.key} cannot be a guess: it says what is where, not what may be done with it",
            subject=subject,
            hint=f"delete {MARK.strip()!r}, or the line",
        )
    if not guess.value:
        raise InputError("a guess of nothing", subject=subject, hint="write the value, or delete the line")


Card = TypeVar("Card", bound=Any)


def weighed(card: Card, guesses: Guesses) -> Card:
    """A card that was read as if all were confirmed -> the same card with what counts of its guesses, and the guesses."""
    if not guesses:
        return card
    keys = {guess.path[0] for guess in guesses}
    counts: dict[str, Any] = {"guesses": guesses}
    if "authority" in keys:
        counts["authority"] = UNCONFIRMED_PUBLISHER if card.authority == "publisher" else card.authority
    for key, nothing in (("license_from", "statement"), ("covers", "contents"), ("legal_basis", "")):
        if key in keys:
            counts[key] = nothing
    counts.update({name: None for name in ("collected_at", "valid_from", "valid_until") if name in keys})
    if "personal_data" in keys and card.personal_data == "no":
        counts["personal_data"] = "unknown"
    for key in ("jurisdiction", "purposes", "applications"):
        if key in keys:
            counts[key] = _limit(getattr(card, key), [g.value for g in guesses if g.path[0] == key])
    if card.consent is not None and keys & {"consent", "collected_at"}:
        counts["consent"] = _ceiling(card.consent)
    if "contracts" in keys:
        of = _numbers(guesses, "contracts")
        # What one excludes is excluded, from when and until when it says so apart.
        always: dict[str, Any] = {"acts": (), "valid_from": None, "valid_until": None}
        counts["contracts"] = tuple(replace(c, **always) if n in of else c for n, c in enumerate(card.contracts))
    if "observed" in keys:
        counts["observed"] = tuple(_looks(card.observed, guesses))
    if "corrections" in keys:
        of = _numbers(guesses, "corrections")
        counts["corrections"] = tuple(c for n, c in enumerate(card.corrections) if n not in of)
    if "confirms" in keys:
        doubted = {guess.value for guess in guesses if guess.path[0] == "confirms"}
        counts["confirms"] = tuple(name for name in card.confirms if name not in doubted)
    if "fields" in keys:
        columns = guessed_columns(guesses)
        counts["not_rights"] = tuple((name, why) for name, why in card.not_rights if name not in columns)
    if "not_notices" in keys:
        phrases = {str(guess.path[1]).strip() for guess in guesses if guess.path[0] == "not_notices"}
        counts["not_notices"] = tuple((phrase, why) for phrase, why in card.not_notices if phrase not in phrases)
    if "licenses" in keys:
        strings = dict(guessed_strings(guesses))
        counts["licenses"] = tuple((text, meant) for text, meant in card.licenses if text not in strings)
    return replace(card, **counts)


def _limit(words: Any, guessed: Iterable[str]) -> Any:
    """What a list that limits names without its guesses, which would let more through; all of it, where nothing is left."""
    doubted = {word.casefold() for word in guessed}
    return type(words)(word for word in words if word.casefold() not in doubted) or words


def _ceiling(consent: Any) -> Any:
    """A consent that is a limit under which nothing is left, and grants nothing; a refusal stays one."""
    if consent.status in _REFUSING:
        return replace(consent, given_by=(DATA_SUBJECT,))
    return replace(consent, status="given", acts=(_NO_ACT,), given_by=(DATA_SUBJECT,), valid_until=None)


def _looks(observed: Iterable[Any], guesses: Guesses) -> Iterable[Any]:
    """Where somebody may have looked: that nothing was there counts as none, what was there reserves all of it."""
    of = _numbers(guesses, "observed")
    for number, look in enumerate(observed):
        if number not in of:
            yield look
        elif look.result != "absent":
            yield replace(look, hosts=(), domains=(), **_unended(guesses, number))


def _unended(guesses: Guesses, number: int) -> dict[str, Any]:
    """What was found holds whatever a later look finds, where its day is a guess; and at every protocol, where that is one."""
    of = {guess.path[2] for guess in guesses if guess.path[:2] == ("observed", number) and len(guess.path) > 2}
    ends: dict[str, Any] = {"on": _LAST_DAY} if "on" in of else {}
    return ends | ({"protocols": PROTOCOLS} if "protocols" in of else {})


def _numbers(guesses: Guesses, key: str) -> set[int]:
    """Which tables of a list have a guess in them."""
    return {guess.path[1] for guess in guesses if guess.path[0] == key and isinstance(guess.path[1], int)}


def rows_guessed(guesses: Guesses) -> bool:
    """True where no licence of the rows may permit: from when, until when or by whom they are stated is a guess."""
    dated = any(guess.path[0] in ("valid_from", "valid_until") for guess in guesses)
    return dated or Guess(("license_from",), "scanner") in guesses


def license_guessed(guesses: Guesses) -> bool:
    """True where the licence of the card may not permit: it is a guess, or what it covers is."""
    stated = any(guess.path[0] == "license" for guess in guesses)
    return stated or rows_guessed(guesses) or Guess(("covers",), "compilation") in guesses


def attested_guessed(guesses: Guesses) -> bool:
    """True where any word of the attested claim of public domain is a guess."""
    return any(guess.path[0] == "public_domain" for guess in guesses) or rows_guessed(guesses)


def guessed_ancestors(guesses: Guesses) -> set[int]:
    """The ancestors, by their number, whose licence permits nothing: it is a guess, or whose licence it is."""
    of = (guess.path for guess in guesses if guess.path[0] == "derived_from" and len(guess.path) > 1)
    return {path[1] if isinstance(path[1], int) else 0 for path in of}


def guessed_strings(guesses: Guesses) -> tuple[tuple[str, str], ...]:
    """The strings of rows of which it is a guess what they mean, with the guess."""
    return tuple((str(guess.path[1]).strip(), guess.value) for guess in guesses if guess.path[0] == "licenses")


def guessed_columns(guesses: Guesses) -> frozenset[str]:
    """The columns of which it is a guess that they do not speak of rights."""
    return frozenset(str(guess.path[2]).strip() for guess in guesses if guess.path[:2] == ("fields", "not_rights"))


def stored_guesses(data: Iterable[Mapping[str, Any]]) -> Guesses:
    """Guesses from the JSON of a stored card."""
    return tuple(Guess(tuple(guess["path"]), guess["value"]) for guess in data)
