"""Licence texts that are recognised word for word, and what may stand beside one. Floor 6: pure.

A text is compared by its words: letters and digits in lower case, in order, whatever stands between them. Lines that name a
holder of copyright are left out, and the words of a title before the text. What is left is a whole text that is known, by its
digest, or a short note of harmless words about deeds; with any other word in it nothing is recognised.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from rightful.drafts.digests import DIGESTS

_WORD = re.compile(r"[^\W_]+")
_HOLDER = re.compile(
    r"\W*(?:copyright\W*(?:\(c\)|©|[\[<{(]?(?:[12]\d{3}|yyyy|year))|(?:\(c\)|©)\W*(?:copyright\W*)?[\[<{(]?(?:[12]\d{3}|yyyy|year))",
    re.IGNORECASE,
)
_MOST_OF_A_HOLDER = 16
_JOINING = frozenset(
    "and the of others contributors authors by de von van inc ltd et al c copyright year yyyy name".split()
)
_ADDRESS = re.compile(r"<[^<>\s]{1,100}>|\(?https?://[^\s()]{1,100}\)?|<(?:name of [a-z ]{1,30}|[a-z ]{1,20})>")
RESTRICTING = frozenset(
    "not no non never nor noncommercial commercial commercially only except excluding excluded unless but however without"
    " permission permitted may must shall should cannot use used uses using for to if is are be you your evil good"
    " clause condition conditions term terms restriction restrictions restricted reserve reserving prohibited forbidden"
    " allowed licensed licence license licensing agreement agree research academic educational training train ai machine"
    " learning mining sell sale written consent patent patents subject additional under other than private personal".split()
)
"""Words that may restrict: beside a licence, one of them is enough for no guess."""
_TITLE = re.compile(
    r"(?:(?:the )?(?:mit|expat|isc|(?:new |modified |simplified )?bsd(?: [23] clause)?(?: (?:original|new|revised|simplified)"
    r"(?: or (?:new|revised|freebsd|simplified))?)?) licen[sc]e(?: (?:mit|isc|bsd [23] clause))? |licen[sc]e |all rights reserved )+"
)
_NAMED = re.compile(r"neither the name of ((?:[a-z0-9]+ ){1,8}?)nor the names of its contributors")
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,200}?)[ \t]*(?:\*/|-->|#\}|$)", re.MULTILINE)
_DEED = re.compile(
    r"(?<![\w./-])(?:https?://)?(?:www\.)?(creativecommons\.org/(?:licenses|publicdomain)/[a-z+-]+/\d\.\d)(?![\w.])",
    re.IGNORECASE,
)
_COMMONS = re.compile(
    r"\battribution(?P<nc> noncommercial)?(?P<rest> share ?alike| noderivatives| noderivs)? (?P<version>[1-4]) (?P<minor>[05])"
    r" international\b"
)
_HARMLESS = frozenset(
    "this these the a an work works text texts data dataset datasets database corpus collection material content contents file"
    " files document documents letters poems is are was licensed licenced released published distributed available made under"
    " by of in at on and see deed license licence copy view visit full legal code creative commons cc attribution international"
    " public zero http https www org en legalcode spdx identifier all rights reserved here summary".split()
)
"""Words of a note that names a deed."""
_OPENINGS = (
    ("MIT", "permission is hereby granted free of charge to any person obtaining a copy"),
    ("Apache-2.0", "apache license version 2 0"),
    ("BSD", "redistribution and use in source and binary forms"),
    ("ISC", "permission to use copy modify and"),
    ("the GNU GPL", "general public license version"),
    ("the Unlicense", "this is free and unencumbered software"),
    ("CC0-1.0", "cc0 1 0 universal"),
    ("MPL-2.0", "mozilla public license version 2 0"),
    ("ODbL-1.0", "open database license"),
)
"""Words by which a text that is no licence to the letter is named."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a paper states: each licence with what it was recognised by, all of which hold; and what stands beside them
    (``beside`` is empty where all of it is understood), or what a text begins as that is not known (``begins_as``)."""

    licenses: tuple[tuple[str, str], ...] = ()
    beside: str = ""
    begins_as: str = ""


def stated(text: str) -> Stated:
    """What a text states, and whether anything stands beside it."""
    tags = [(tag.strip(), "a tag of SPDX") for tag in _TAG.findall(text)]
    body = body_of(_TAG.sub(" ", text))
    known = DIGESTS.get(digest_of(body))
    if known is not None:
        return Stated((*dict.fromkeys(tags), (known, f"text of {known}")))
    deeds = [(f"https://{deed.lower()}", "a note that names a deed") for deed in dict.fromkeys(_DEED.findall(text))]
    rest = body_of(_DEED.sub(" ", _TAG.sub(" ", text)))
    titles = [(_commons_id(match), f"title of {_commons_id(match)}") for match in _COMMONS.finditer(rest)]
    rest = _COMMONS.sub(" ", rest)
    listed = tuple(dict.fromkeys([*tags, *titles, *deeds]))
    others = [word for word in rest.split() if word not in _HARMLESS]
    opening = next((name for name, words in _OPENINGS if words in body), "")
    return Stated(listed, _beside(rest, others), opening)


def body_of(text: str) -> str:
    """The words of a text but for those of its title and of lines that name holders, joined by single blanks."""
    lines = (line for line in text.splitlines() if not _names_a_holder(line))
    words = " ".join(_WORD.findall("\n".join(lines).casefold().replace("https:", "http:"))) + " "
    title = _TITLE.match(words)
    named = words[title.end() :] if title is not None else words
    holder = _NAMED.search(named)
    if holder is not None and not RESTRICTING & set(holder[1].split()):
        named = named.replace(holder[0], "neither the name of the copyright holder nor the names of its contributors")
    return named.strip()


def digest_of(body: str) -> str:
    """The digest of the words of a text, as :func:`body_of` has them."""
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def restricts(text: str) -> str | None:
    """The first word of a text that may restrict, None where there is none."""
    return next((word for word in _WORD.findall(text.casefold()) if word in RESTRICTING), None)


def _names_a_holder(line: str) -> bool:
    """True for a short line that begins with a sign of copyright and a year, and has names and nothing else."""
    match = _HOLDER.match(line)
    if match is None:
        return False
    rest = (
        _ADDRESS.sub(" ", line[match.start() :]).replace("All rights reserved", " ").replace("All Rights Reserved", " ")
    )
    words = _WORD.findall(rest)
    plain = all(word[0].isupper() or word.isdigit() or word.casefold() in _JOINING for word in words)
    return plain and len(words) <= _MOST_OF_A_HOLDER and restricts(rest) is None


def _beside(rest: str, others: list[str]) -> str:
    """Where words are left that are not harmless: some of them as they stand, from the first on."""
    if not others:
        return ""
    first = rest.split().index(others[0])
    return " ".join(rest.split()[first : first + 8])


def _commons_id(match: re.Match[str]) -> str:
    rest = (match["rest"] or "").replace(" ", "")
    adds = {"sharealike": "-SA", "noderivatives": "-ND", "noderivs": "-ND"}.get(rest, "")
    return f"CC-BY{'-NC' if match['nc'] else ''}{adds}-{match['version']}.{match['minor']}"
