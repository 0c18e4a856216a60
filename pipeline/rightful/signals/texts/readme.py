"""What a README says of the licence of its folder: a section of that name, or a sentence about the project (T5). Floor 2: pure.

One licence that is named and nothing else is a statement. Two of them, one that is negated or not known, a condition beside it:
these are found and cannot be read, so they block. A section that only points to a file beside it says nothing itself, and what
stands in a block of code is an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rightful.rights.evidence import Evidence, license_claim
from rightful.signals.signal import About, OfFile, observation
from rightful.signals.texts import file_headers
from rightful.signals.texts.match import UNKNOWN, detect
from rightful.signals.texts.regions import folded

DETECTOR = "readme-license/2"
MOST_CHARS = 200_000
"""What stands further behind is not read."""
_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n.*?(?:^[ \t]*\1[^\n]*$|\Z)", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(
    r"[\W\d_]*(?:copyright(?: and|,| &)? )?(?:licen[cs]es?|licen[cs]ing|lizenz|licencia)(?: and copyright| information)?[\W_]*",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]{0,3}(?:#{1,6}|={1,6})[ \t]")
_UNDERLINE = re.compile(r"[=\-~^]{3,}[ \t]*$")
_MOST_TITLE = 80
_PROJECT = re.compile(
    r"^(?:this|the) (?:project|repository|repo|software|package|library|program|code|source code|dataset|work)\b[^.;:\n]{0,60}?"
    r"\b(?:is|are) (?:not )?(?:\w+ )?(?:licen[cs]ed|released|distributed|available|published|made available|provided|offered) under\b"
)
_SIGNED = re.compile(r"\s*(?:©|\(c\)|\bcopyright\b|&copy;).*$", re.IGNORECASE)


def read(raw: bytes, place: str, about: About) -> list[Evidence]:
    """The licence that a README states of its folder, or that it states one which cannot be read; empty for none."""
    text = _FENCE.sub("\n", raw[: 4 * MOST_CHARS].decode("utf-8", "replace").replace("\r\n", "\n")[:MOST_CHARS])
    stated: dict[str, str] = {}
    unread: dict[str, None] = {}
    for expression, shown in _statements(text, about):
        if expression is None:
            unread[shown] = None
        else:
            stated.setdefault(expression, shown)
    if not stated and not unread:
        return []
    if unread or len(stated) > 1:
        shown = "; ".join(dict.fromkeys((*unread, *stated.values())))[: file_headers.SHOWN_CHARS]
        seen = observation(DETECTOR, shown, place)
        return [Evidence(kind="grant", tier=5, bound_to="collection", statement="unreadable", observation=seen)]
    [(expression, shown)] = stated.items()
    claim = license_claim(expression, about.names, tier=5, authority=about.authority, **about.limits)
    return [] if claim is None else [replace(claim, observation=observation(DETECTOR, shown, place))]


SIGNAL = OfFile(DETECTOR, frozenset({"readme", "readme.md", "readme.rst", "readme.txt", "readme.markdown"}), read)


def _statements(text: str, about: About) -> Iterator[tuple[str | None, str]]:
    """Each statement with its licence; None where that cannot be read."""
    sections, rest = _divided(text)
    for section in sections:
        yield from _of_section(section.strip(), about)
    for sentence in file_headers.sentences(rest):
        spoken = _plain(sentence)
        if _PROJECT.match(spoken):
            if (expression := file_headers.license_of(spoken, about.names)) is not None:
                yield expression, sentence[: file_headers.SHOWN_CHARS]
            elif not file_headers.points_beside(spoken):
                yield None, sentence[: file_headers.SHOWN_CHARS]


def _divided(text: str) -> tuple[list[str], str]:
    """The sections about the licence, and the rest."""
    sections: list[list[str]] = []
    rest: list[str] = []
    lines = text.split("\n")
    into, number = rest, 0
    while number < len(lines):
        line = lines[number]
        under = number + 1 < len(lines) and bool(line.strip()) and _UNDERLINE.match(lines[number + 1]) is not None
        if under or _HEADING.match(line):
            into = rest
            if len(line) <= _MOST_TITLE and _TITLE.fullmatch(line):
                into = []
                sections.append(into)
            rest.append("")
            number += 2 if under else 1
            continue
        into.append(line)
        number += 1
    return ["\n".join(of) for of in sections], "\n".join(rest)


def _of_section(body: str, about: About) -> Iterator[tuple[str | None, str]]:
    if not body:
        return
    if file_headers.FULL.search(" ".join(folded(body).split())):
        expression = detect(body, about.texts()).expression if about.texts is not None else UNKNOWN
        yield None if expression in (None, UNKNOWN) else expression, body[: file_headers.SHOWN_CHARS]
        return
    for sentence in file_headers.sentences(body):
        shown = sentence[: file_headers.SHOWN_CHARS]
        spoken = _SIGNED.sub("", _plain(sentence)).strip(" .;:,-*_`")
        if not spoken or file_headers.is_harmless(spoken):
            continue
        expression = file_headers.license_of(spoken, about.names)
        if expression is None and file_headers.points_beside(spoken):
            continue
        yield expression or file_headers.known(spoken, about.names), shown


def _plain(sentence: str) -> str:
    return " ".join(file_headers.LINK.sub(r"\1", folded(sentence)).split()).strip("*_` ")
