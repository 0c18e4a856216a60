"""The short notice by which a work is given under a licence of Creative Commons: its full name, and its address. Floor 2: pure.

Sources: the text that creativecommons.org/choose/ hands out, 2002 to 2026, and creativecommons.org/licenses/list.en.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rightful.signals.texts.words import Words, link_end

_TERMS = tuple(
    (tuple(words.split()), short)
    for words, short in (
        ("noncommercial", "nc"),
        ("non commercial", "nc"),
        ("noderivatives", "nd"),
        ("noderivs", "nd"),
        ("no derivatives", "nd"),
        ("no derivs", "nd"),
        ("no derivative works", "nd"),
        ("sharealike", "sa"),
        ("share alike", "sa"),
    )
)
_KINDS = {
    "4.0": ("international",),
    "3.0": ("unported",),
    "2.5": ("generic",),
    "2.0": ("generic",),
    "1.0": ("generic",),
}
_CODES = frozenset({"by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd"})
_SUBJECTS = frozenset(
    "work content document book repository project material text website site dataset article course travail".split()
)
_UNDER = tuple(
    tuple(phrase.split())
    for phrase in (
        "licensed under",
        "licensed under the terms of",
        "released under",
        "distributed under",
        "available under",
        "made available under",
        "published under",
        "provided under",
        "shared under",
        "sous license",
    )
)
_GUIDES = tuple(
    tuple(phrase.split())
    for phrase in (
        "to view a copy of this license visit",
        "to view a copy of the license visit",
        "to see a copy of this license visit",
        "you can view a copy of this license at",
        "view the license at",
        "pour voir une copie de cette license visitez",
    )
)
_LETTERS = ("or send a letter to creative commons", "ou envoyez une lettre à creative commons")
_OFFICES = (
    "po box 1866 mountain view ca 94042 usa",
    "po box 1866 mountain view ca 94042",
    "171 second street suite 300 san francisco california 94105 usa",
    "171 2nd street suite 300 san francisco california 94105 usa",
    "444 castro street suite 900 mountain view california 94041 usa",
    "543 howard street 5th floor san francisco california 94105 usa",
    "559 nathan abbott way stanford california 94305 usa",
)
_BY_LETTER = tuple(tuple(f"{letter} {office}".split()) for letter in _LETTERS for office in _OFFICES)
_ADDRESS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<code>[a-z-]+)/(?P<version>\d\.\d)(?P<port>/[a-z]{2}\b)?|(?P<other>publicdomain)/)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A licence of Creative Commons that words ``start`` to ``end`` give."""

    license: str
    start: int
    end: int


def notices(read: Words) -> Iterator[Notice]:
    """The notices of a text, each complete: a sentence that gives the licence, or its name with its address."""
    words = read.words
    at = 0
    while at + 2 < len(words):
        at += 1
        if words[at - 1] != "creative" or words[at] != "commons":
            continue
        named = _named(words, at + 1)
        if named is None:
            continue
        code, version, end = named
        start = _sentence(words, at - 1)
        if start is not None and start > 0 and words[start - 1] in ("of", "in", "from", "to"):
            continue  # of a part: the code of this project
        guided = _guided(read, end, code, version)
        if start is None and guided == end:
            continue
        if start is None and at > 1 and words[at - 2] in ("a", "the", "under"):
            continue  # the end of a sentence that was not read
        yield Notice(f"CC-{code.upper()}-{version}", at - 1 if start is None else start, guided)
        at = guided


def addresses(text: str) -> set[str]:
    """The licences of Creative Commons whose addresses a text has, those behind links included."""
    listed = set()
    for match in _ADDRESS.finditer(text):
        code = (match["code"] or match["other"]).lower()
        port = (match["port"] or "").upper().replace("/", "-")
        is_deed = port in ("-EN", "-DE", "-FR", "-ES", "-IT", "-JA", "-ZH", "-PT") and match["version"] == "4.0"
        listed.add(f"CC-{code.upper()}-{match['version']}{'' if is_deed else port}")
    return listed


def _named(words: Sequence[str], k: int) -> tuple[str, str, int] | None:
    """(code, version, end) of a full name behind *Creative Commons*: terms in their order, version, *License*."""
    if k >= len(words) or words[k] != "attribution":
        return None
    parts, k = ["by"], k + 1
    while term := next((t for t in _TERMS if tuple(words[k : k + len(t[0])]) == t[0]), None):
        parts.append(term[1])
        k += len(term[0])
    code, version = "-".join(parts), ".".join(words[k : k + 2])
    if code not in _CODES or version not in _KINDS:
        return None
    k += 2
    k += k < len(words) and words[k] in _KINDS[version]
    k += k < len(words) and words[k] == "public"
    return (code, version, k + 1) if k < len(words) and words[k] == "license" else None


def _sentence(words: Sequence[str], at: int) -> int | None:
    """Where the sentence begins that ends in *licensed under a* before the name; None where none does."""
    k = at - (at > 0 and words[at - 1] in ("a", "the", "an"))
    verb = max((p for p in _UNDER if tuple(words[max(k - len(p), 0) : k]) == p), key=len, default=None)
    if verb is None:
        return None
    k -= len(verb)
    if k >= 3 and words[k - 1] in ("is", "est") and words[k - 2] in _SUBJECTS and words[k - 3] in ("this", "the", "ce"):
        return k - 3
    return k


def _guided(read: Words, end: int, code: str, version: str) -> int:
    """Behind what says where the licence is to be read: its short name, its address, the address of Creative Commons."""
    words = read.words
    while True:
        at = end
        short = ["cc", *code.split("-")]
        for each in ([*short, *version.split(".")], short):
            if words[end : end + len(each)] == each:
                end += len(each)
                break
        guide = next((g for g in _GUIDES if tuple(words[end : end + len(g)]) == g), ())
        link = link_end(read, end + len(guide))
        if link > end + len(guide):
            said = words[end + len(guide) : link]
            said = said[2:] if said[1] == "www" else said[1:]
            wanted = ["creativecommons", "org", "licenses", *code.split("-"), *version.split(".")]
            if said[: len(wanted)] == wanted and said[len(wanted) :] in ([], ["deed"], ["legalcode"], ["deed", "en"]):
                end = link
        end += max((len(p) for p in _BY_LETTER if tuple(words[end : end + len(p)]) == p), default=0)
        if end == at:
            return end
