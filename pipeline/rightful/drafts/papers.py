"""What papers beside data say of its licence: LICENSE files and the front matter of dataset cards -> a guess. Floor 6.

Only what is recognised for certain is guessed: a text with the title and the length of a licence, a tag of SPDX, a deed that
a short note names. What adds to a licence, or reserves something, leaves no guess and is named instead, so that no guess
permits more than what was read. A licence text is not compared word by word here; a person confirms the guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render
from rightful.signals.texts.reserving_words import reserving_phrase

_PAPER = re.compile(
    r"(?:(?P<of>.+?)(?:__|[.-]))?(?:(?:un)?licen[sc]es?|copying|copyright|notice)(?:[.-][a-z0-9.+-]{1,20})?",
    re.IGNORECASE,
)
_FOLDER_OF_PAPERS = re.compile(r"[._]?licen[sc]es?", re.IGNORECASE)
MOST_BYTES = 128 << 10
"""A licence file that is longer is not read."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that may state the licence of what lies beside it. ``license`` is None where nothing is guessed; ``why`` says
    what was recognised, or why nothing is guessed. ``of`` is the folder that its name says it is about, empty for its own."""

    file: str
    license: str | None
    why: str
    of: str = ""


def is_paper(name: str) -> bool:
    """True for the name of a licence file, with or without a suffix or the name of what it is about before it."""
    return _PAPER.fullmatch(name) is not None


def about(name: str, folder: str) -> str:
    """What a licence file is about by its name, ``poems__LICENSE`` in a folder of licences; empty: where it lies."""
    named = _PAPER.fullmatch(name)
    apart = _FOLDER_OF_PAPERS.fullmatch(folder.rpartition("/")[2]) is not None
    return named["of"] or "" if named is not None and apart else ""


@dataclass(frozen=True, slots=True)
class _Text:
    """How a licence text is recognised: its title, how many words it has, and what has to be in it or must not be."""

    id: str
    title: str
    least: int
    most: int
    needs: str = ""
    never: str = ""


_GRANT = "permission is hereby granted, free of charge, to any person obtaining a copy"
_BSD = "redistribution and use in source and binary forms, with or without modification, are permitted"
_OF_BSD = rf"(?:(?:the )?bsd [23]-clause (?:\"[a-z ]+\" )?(?:or \"[a-z]+\" )?license )?{_BSD}"
_OF_ISC = "permission to use, copy, modify, and(?:/or)? distribute this software for any purpose with"
_FREE = "(?:the unlicense )?this is free and unencumbered software released into the public domain"
_ENDORSE, _MORE = "neither the name", r"\bpatents?\b|advertising|no military|nuclear"
_NOTICES = "above copyright notice and this permission"
TEXTS = (
    _Text("MIT", rf"(?:the )?(?:mit license )?(?:\(mit\) )?{_GRANT}", 145, 200, _NOTICES),
    _Text("Apache-2.0", r"apache license,? version 2\.0", 1300, 1760, "terms and conditions for use"),
    _Text("GPL-3.0-only", "gnu general public license version 3, 29 june 2007", 5200, 5900),
    _Text("GPL-2.0-only", "gnu general public license version 2, june 1991", 2500, 3200),
    _Text("LGPL-3.0-only", "gnu lesser general public license version 3, 29 june 2007", 1000, 1550),
    _Text("LGPL-2.1-only", r"gnu lesser general public license version 2\.1, february 1999", 4000, 4700),
    _Text("AGPL-3.0-only", "gnu affero general public license version 3, 19 november 2007", 5200, 5900),
    _Text("GFDL-1.3-only", r"gnu free documentation license version 1\.3, 3 november 2008", 3400, 4100),
    _Text("MPL-2.0", r"mozilla public license,? version 2\.0", 2200, 2750),
    _Text("CC0-1.0", r"(?:creative commons (?:legal code )?)?cc0 1\.0 universal", 900, 1260),
    _Text("Unlicense", _FREE, 170, 230),
    _Text("ODbL-1.0", "(?:odc|open data commons) open database license", 3400, 4400, "contents"),
    _Text("ISC", rf"(?:the )?(?:isc license )?{_OF_ISC}", 90, 150, "provided that"),
    _Text("BSD-3-Clause", _OF_BSD, 190, 260, _ENDORSE, _MORE),
    _Text("BSD-2-Clause", _OF_BSD, 150, 215, "", rf"{_ENDORSE}|{_MORE}|endorse"),
)
"""Licence texts that are recognised: titles after :func:`_normal`, and words as counted there."""
_COMMONS = re.compile(
    r"(?:creative commons )?(?:legal code )?(?:creative commons )?"
    r"attribution(?P<nc>-noncommercial)?(?P<rest>-share ?alike|-noderivatives|-noderivs)? (?P<version>[1-4]\.[05]) international"
)
_DEED = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/[a-z+-]+/\d\.\d", re.IGNORECASE
)
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,200}?)[ \t]*(?:\*/|-->|#\}|$)", re.MULTILINE)
_RIDER = re.compile(
    r"commons clause|additional (?:terms|restrictions|conditions) (?:apply|to this)|non-?commercial (?:use )?only"
    r"|with the (?:following|additional) (?:exception|restriction)s?|may not be used (?:for|to)|not be used (?:for|to) train",
    re.IGNORECASE,
)
_ADDED = re.compile(
    r"commons clause|\bnot evil\b|non-?commercial (?:use |purposes? )?only|\b(?:not|no) (?:for )?commercial (?:use|purposes?)"
    r"|commercial (?:use|purposes?) (?:is|are|requires?)\b"
    r"|\b(?:shall|may|must|can) ?not be used (?!to (?:construe|render|endorse|promote)\b|in advertising)",
    re.IGNORECASE,
)
"""Words that a whole licence text does not have itself: somebody wrote them into it."""
_NOTE_WORDS = 300
"""A text of at most so many words is a note that may name a deed."""


def read_paper(file: str, raw: bytes, names: Names, of: str = "") -> Paper:
    """What a licence file states. ``file`` is its name for people."""
    if len(raw) > MOST_BYTES:
        return Paper(file, None, "too long to be a licence text", of)
    text = raw.decode("utf-8", "replace")
    expression, why = _recognised(text, names)
    return Paper(file, expression, why, of)


def _recognised(text: str, names: Names) -> tuple[str | None, str]:
    normal = _normal(text)
    phrase = reserving_phrase(text, names.reserving)
    if phrase is not None:
        return None, f"reserves uses in words ({phrase[:60]!r}): read it, and state what it permits"
    listed = dict(_stated(text, normal))
    if not listed:
        return None, "no licence that is recognised by its title and length"
    whole = any(why.startswith("text of") for why in listed.values())
    rider = _ADDED.search(normal) or (_RIDER.search(normal) if not whole or len(listed) > 1 else None)
    if rider is not None:
        return None, f"{', '.join(listed)}, with words beside it ({rider[0][:60]!r}): read it, and state what holds"
    try:
        expression = _all_of(listed, names)
    except (Unreadable, NothingStated):
        return None, f"names {', '.join(listed)[:80]}, which the catalogue cannot read"
    return expression, "; ".join(dict.fromkeys(listed.values()))


def _stated(text: str, normal: str) -> Iterator[tuple[str, str]]:
    """Every licence that a text states, with what it was recognised by: all of them hold."""
    for tag in _TAG.findall(text):
        yield tag.strip(), "a tag of SPDX"
    words = len(normal.split())
    body = _without_heading(normal)
    for known in TEXTS:
        fits = known.least <= words <= known.most and re.match(known.title, body) is not None
        if fits and known.needs in normal and not (known.never and re.search(known.never, normal)):
            yield known.id, f"text of {known.id}"
    commons = _COMMONS.match(body)
    if commons is not None and _GRANT in normal:
        yield "MIT", "words of MIT beside it"
    if commons is not None and (words <= _NOTE_WORDS or 1_500 <= words <= 3_400):
        yield _commons_id(commons), f"text of {_commons_id(commons)}"
    elif words <= _NOTE_WORDS:
        for deed in dict.fromkeys(_DEED.findall(text)):
            yield deed if deed.startswith("http") else f"https://{deed}", "a note that names a deed"


def _commons_id(match: re.Match[str]) -> str:
    rest = {"-share alike": "-SA", "-sharealike": "-SA", "-noderivatives": "-ND", "-noderivs": "-ND"}
    return f"CC-BY{'-NC' if match['nc'] else ''}{rest.get(match['rest'] or '', '')}-{match['version']}"


def _normal(text: str) -> str:
    """A text in lower case with single blanks, without marks of headings, comments and lines."""
    plain = re.sub(r"(?m)^[ \t]*(?://|#+|\*+|;+|>+|<!--.*?-->)[ \t]*", "", text.lower())
    plain = re.sub(r"[=_*~]{3,}|[`|]|<[^<>]{1,200}>", " ", plain).replace("“", '"').replace("”", '"')
    return " ".join(plain.split())


_TITLES = "the )?(?:mit license|permission|redistribution|mozilla|apache|creative|attribution|this is free"
_HEADING = re.compile(
    rf"(?:(?:copyright|\(c\)|©)[^\n]*?(?=(?:{_TITLES}))"
    r"|creative commons (?=attribution)|creative commons (?=cc0)|https?://\S+ |all rights reserved\.? )*"
)


def _without_heading(normal: str) -> str:
    """The text from its title on: without copyright lines before it, and between a title and what follows it."""
    start = _HEADING.match(normal[:2_000])
    body = normal[start.end() :] if start is not None else normal
    titled = re.match(
        r"(?:the )?(?:mit|isc|bsd [23]-clause(?: \"[a-z ]+\"(?: or \"[a-z]+\")?)?) license (?:\(mit\) )?", body
    )
    if titled is None:
        return body
    rest = _HEADING.match(body[titled.end() : titled.end() + 2_000])
    return body[titled.end() + (rest.end() if rest is not None else 0) :]


# --- dataset cards ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Metadata:
    """The front matter of a dataset card, as far as a draft needs it. Values as they stand."""

    licenses: tuple[str, ...] = ()
    license_name: str = ""
    license_link: str = ""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    name: str = ""


def front_matter(text: str) -> Metadata | None:
    """What stands between ``---`` at the top of a README; None where nothing does. Keys and lists of strings are read, and
    nothing else of YAML."""
    match = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    if match is None:
        return None
    values: dict[str, list[str]] = {}
    key = ""
    for line in match[1].splitlines():
        stated = re.match(r"([A-Za-z_]+):[ \t]*(.*)$", line)
        if stated is not None:
            key, rest = stated[1].lower(), stated[2].strip()
            inline = rest[1:-1].split(",") if rest.startswith("[") and rest.endswith("]") else [rest]
            values.setdefault(key, []).extend(_scalar(one) for one in inline if _scalar(one))
        elif key and (entry := re.match(r"\s*-[ \t]+(.+)$", line)) is not None:
            values[key].append(_scalar(entry[1]))
        elif key and line.strip() and not line.lstrip().startswith("#"):
            values[key].append(line.strip())
    return Metadata(
        licenses=tuple(text for key in ("license", "licence", "licenses", "licences") for text in values.get(key, ())),
        license_name=" ".join(values.get("license_name", ())),
        license_link=" ".join(values.get("license_link", ())),
        languages=tuple(values.get("language", ()))[:20],
        sources=tuple(s for s in values.get("source_datasets", ()) if s.lower() not in ("original", "none")),
        name=" ".join(values.get("pretty_name", ())),
    )


def _scalar(text: str) -> str:
    plain = re.sub(r"\s+#.*$", "", text.strip())
    return plain[1:-1] if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'" else plain


def card_paper(file: str, metadata: Metadata, names: Names) -> Paper:
    """What a dataset card states of the licence: the licences of its front matter, all of which hold."""
    listed = [text for text in metadata.licenses if text.lower() not in ("unknown", "other")]
    beside = metadata.license_name or metadata.license_link
    if not listed or beside or len(listed) < len(metadata.licenses):
        said = ", ".join([*listed, beside]) if listed and beside else beside or ", ".join(metadata.licenses)
        return Paper(
            file, None, f"its front matter says {said!r}: read the terms" if said else "its front matter says nothing"
        )
    try:
        return Paper(file, _all_of(listed, names), "front matter of the card")
    except (Unreadable, NothingStated) as error:
        return Paper(file, None, f"its front matter says {', '.join(listed)[:80]!r}: {error}")


def _all_of(listed: Iterable[str], names: Names) -> str:
    """One expression of several statements, all of which hold. Raises as :func:`parse` does."""
    read = [render(parse(text, names)) for text in listed]
    return read[0] if len(read) == 1 else render(parse(" AND ".join(f"({one})" for one in read), names))
