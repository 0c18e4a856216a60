"""The evidence of what a package or a folder states: a licence by its name, or by its text. Floor 2: pure. Law 6.

Whatever is stated counts; what cannot be read blocks. Limits of the card bound what its files grant, as they bound its rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rightful.errors import InputError
from rightful.notation.toml import toml_of
from rightful.rights.columns import folded_text, is_notice
from rightful.rights.evidence import Evidence, Observation, license_claim
from rightful.signals.cards.claims import reserved_in_words
from rightful.signals.signal import About, observation

if TYPE_CHECKING:
    from rightful.signals.texts.match import Detected

UNKNOWN = "LicenseRef-unknown"
"""What a text is called that is not recognised wholly."""
MOST_RAW_CHARS = 64 << 10
"""So much of a text is kept with its claim."""
MOST_NAME_CHARS = 400
"""A longer statement is a text, not a name."""
_TAG = re.compile(r"SPDX-License-Identifier:(.+)", re.IGNORECASE)
_COPYRIGHT = re.compile(r"SPDX-FileCopyrightText:", re.IGNORECASE)
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_TEMPLATE = re.compile(
    r"\s*(?:(?:year|copyright holders?|organi[sz]ation|authors?|maintainers?)\s*:.*)?", re.IGNORECASE
)
"""A line of the file beside a licence of CRAN: who and when, and no terms."""
_MAY_RESTRICT = re.compile(
    r"\b(?:only|must|shall not|may not|can ?not|can't|do not|don't|non-?commercial\w*|commercial\w*|prohibit\w*|forbid\w*|forbidden"
    r"|exclusive(?:ly)?|solely|strictly|restrict\w*|proprietary|confidential|pa(?:y|id|yment)|fees?|subscription|subscribers?"
    r"|entitled|nobody|no one|unless|consent|prior (?:written )?(?:permission|approval)|(?:ask|without|need|requires?) (?:\w+ )?permission"
    r"|not (?:be )?(?:used|allowed|permitted|sold|distributed|licensed|for)|no (?:\w+ )?(?:use|training|licen[cs]e|permission|right|ai)"
    r"|train(?:ing|ed)?|machine learning|all rights reserved"
    r"|nur|nicht|kein\w*|verboten|untersagt|vorbehalten|interdit\w*|uniquement|seulement|r\u00e9serv\u00e9s|prohibid\w+|reservados|s\u00f3lo"
    r"|viet\w+|proibid\w+|riservati|niet|verboden|voorbehouden|endast|forbudt)\b"
    r"|\u043d\u0435|\u0437\u0430\u043f\u0440\u0435\u0449|\u7981|\u4e0d\u5f97|\u4ec5|\u50c5|\u975e\u5546|\u7121\u65ad|\u8a31\u53ef|\uae08\uc9c0",
    re.IGNORECASE,
)


def text_of(raw: bytes) -> str | None:
    """The text of a file; None where it is none. What is not Unicode is read as Windows-1252: the words are the same."""
    for bom, encoding in _BOMS.items():
        if raw.startswith(bom):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                return None
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def tables_of(raw: bytes, place: str, signal: str) -> dict[str, Any] | Evidence:
    """What a file of TOML holds; of one that cannot be read, which may state anything, that it blocks."""
    try:
        return toml_of(raw, place)
    except (InputError, RecursionError):
        return unreadable(raw[:MOST_NAME_CHARS].decode("utf-8", "replace"), f"{place} (no TOML)", signal)


def name_claims(stated: str | Sequence[str], about: About, place: str, signal: str, **fields: Any) -> list[Evidence]:
    """The claims of licences that are stated by name, all of which hold. A text that stands for a name is read as one.

    ``fields``: ``tier`` (5) and ``bound_to`` (``collection``) of the claims.
    """
    listed = [stated] if isinstance(stated, str) else list(stated)
    listed = [text.strip() for text in listed if text.strip() and not about.look.is_silent(text)]
    claims: list[Evidence] = []
    names: list[str] = []
    for text in listed:
        is_text = len(text) > MOST_NAME_CHARS or "\n" in text
        if is_text:
            claims += text_claims(text, about, place, signal, **fields)
        else:
            names.append(text)
    return [*_named(names, about, place, signal, **fields), *claims]


def text_claims(
    text: str, about: About, place: str, signal: str, *, may_be_silent: bool = False, **fields: Any
) -> list[Evidence]:
    """The claims of a text that states rights: the licences that it is, or one that nobody can read.

    ``may_be_silent``: the text may state nothing (a notice that attributes); another that is no licence blocks.
    """
    if not text.strip() or (
        len(text) <= MOST_NAME_CHARS
        and all(_TEMPLATE.fullmatch(line) for line in text.splitlines())
        and not may_restrict(text)
    ):
        return []
    read = _detected(text, about)
    if read is not None and read.expression not in (None, UNKNOWN):
        return _raw(_named([str(read.expression)], about, place, signal, **fields), text)
    if read is not None and read.expression is None and may_be_silent and not may_restrict(text):
        return []
    if len(text.strip()) <= MOST_NAME_CHARS:
        claims = _named(_tagged(text) or [" ".join(text.split())], about, place, signal, **fields)
        if all(claim.statement != "unreadable" for claim in claims):
            return claims
    leftover = " ".join((read.leftover if read is not None else "").split())[:80]
    at = f"{place} (not recognised: {leftover!r})" if leftover else f"{place} (not recognised)"
    reserved = reserved_in_words(
        text, about.names, tier=fields.get("tier", 5), bound_to=fields.get("bound_to", "collection"), place=place
    )
    return [unreadable(text, at, signal, **fields), *reserved]


def _tagged(text: str) -> list[str]:
    """The identifiers of a text that has these and copyright notices, and nothing else."""
    if may_restrict(text):
        return []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    tags = [tag[1].strip() for line in lines if (tag := _TAG.fullmatch(line)) is not None]
    return tags if all(_TAG.fullmatch(line) or _COPYRIGHT.match(line) or is_notice(line) for line in lines) else []


def may_restrict(text: str) -> bool:
    """True for a text that has a word by which somebody may be excluded, in one of several languages."""
    return _MAY_RESTRICT.search(text) is not None


def _detected(text: str, about: About) -> Detected | None:
    """What a text is; None where no texts of licences are at hand."""
    if about.texts is None:
        return None
    from rightful.signals.texts.match import detect  # with its tables: where no text is met they are not loaded

    return detect(text, about.texts())


def unreadable(raw: str, place: str, signal: str, *, tier: int = 5, bound_to: str = "collection") -> Evidence:
    """The claim of a statement that nobody can read: it blocks."""
    seen = observation(signal, raw[:MOST_RAW_CHARS], place)
    return Evidence(kind="grant", tier=tier, bound_to=bound_to, statement="unreadable", observation=seen)


def _named(
    texts: list[str], about: About, place: str, signal: str, *, tier: int = 5, bound_to: str = "collection"
) -> list[Evidence]:
    mapped = {folded_text(text): meant for text, meant in about.licenses}
    guessed = {folded_text(text): meant for text, meant in about.guessed}
    claims: list[Evidence] = []
    for text in texts:
        folded = folded_text(text)
        meant = mapped.get(folded) or guessed.get(folded) or text
        claim = license_claim(
            meant,
            about.names,
            tier=tier,
            bound_to=bound_to,
            place=place,
            detector=signal,
            authority=about.authority,
            **{**about.limits, "guessed": folded in guessed or about.limits.get("guessed", False)},
        )
        claims += _raw([claim], text) if claim is not None else []
        claims += reserved_in_words(text, about.names, tier=tier, bound_to=bound_to, place=place)
    return claims


def _raw(claims: list[Evidence], text: str) -> list[Evidence]:
    """The claims with what stands in the file in place of what it was read as."""
    return [replace(claim, observation=_as_it_stands(claim.observation, text)) for claim in claims]


def _as_it_stands(seen: Observation | None, text: str) -> Observation | None:
    return seen if seen is None else replace(seen, raw=text[:MOST_RAW_CHARS])
