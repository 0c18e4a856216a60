"""A licence's text as what a file has to say to be that licence: words, and where names, titles and appendices may differ.

Floor 2: pure. A template comes from the text alone: placeholders and lines of copyright in it, the phrases in which a
licence names its licensor, the headings before it, and what follows its terms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from rightful.signals.texts.words import HOLDERS, SLOT, Words, links_of, only_words, words_of

_PLACEHOLDER = re.compile(
    r"[<\[{(](?=[^<>\[\]{}()\n]{0,80}\b(?:years?|yyyy|xxxx|jahr|names?|fullname|owners?|holders?|inhaber|author|author's|organization|project"
    r"|licensor|asset|email|e-mail|product|software|insert|institution|institute|url|uri|date|dates|number|program|company"
    r"|entities|information|notice|holders|copyright|rechtsinhabers?|scope|state|address|here|work|version|link)\b)"
    r"[^<>\[\]{}()\n]{1,80}[>\]})](?:'s)?|\[[ _]*\]|_{3,}|\$\{?\w+\}?",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"^[^\w\n]*(?:portions\s+)?(?:copyright\b|copr\b|\(c\)|©)(?=[^\n]*(?:\d{4}|\u01c2|\(c\)|©|year|yyyy|name of|holder))",
    re.IGNORECASE,
)
_VERBS = frozenset(
    "permission redistribution license licensed licenses granted grant software warranty use provided conditions terms"
    " everyone permitted permits verbatim following notice document distributed distribution program work holder".split()
)
_NAMED = tuple(
    (tuple(before.split()), tuple(after.split()))
    for before, after in (
        ("neither the name of", "nor the names of"),
        ("neither the name of", "nor the name of"),
        ("neither the name of", "nor"),
        ("neither the names of", "nor the names of"),
        ("neither the names of", "nor"),
        ("is provided by", "as is"),
        ("is provided by", "and any express"),
        ("in no event shall", "be liable"),
        ("in no event will", "be liable"),
        ("shall not be liable and in no event shall", "be liable"),
        ("the software is provided as is and", "disclaims all warranties"),
        ("the software is provided as is and", "disclaim all warranties"),
        ("except as contained in this notice the name of", "shall not be used"),
        ("except as contained in this notice the names of", "shall not be used"),
        ("in no event shall", "be held liable"),
        ("in no event will", "be held liable"),
        ("this product includes software developed by", "4 neither the name"),
        ("this product includes software developed by", "neither the name"),
        ("even if", "has been advised of"),
        ("the possibility of such damage", "specifically disclaims"),
        ("basis and", "has no obligations"),
        ("representing official policies either expressed or implied of", ""),
    )
)
_SUBJECTS = {"Vim": "vim"}
"""Licences that name what they are for in every clause."""
MOST_OF_A_NAME = 24
_TAILS = tuple(
    tuple(phrase.split())
    for phrase in (
        "end of terms and conditions",
        "end of license",
        "end of academic free license",
        "how to apply these terms to your new programs",
        "how to apply these terms to your new libraries",
        "appendix how to apply these terms to your new programs",
        "appendix how to apply",
        "how to use this license for your documents",
        "addendum how to use this license for your documents",
        "how to apply the",
        "creative commons is not a party to",
        "creative commons may be contacted",
        "for more information please refer to http unlicense org",
        "gnu general public license version 3",
        "exhibit b incompatible with secondary licenses notice",
        "exhibit b incompatible with secondary license notice",
    )
)
_HEADS = tuple(
    tuple(phrase.split())
    for phrase in (
        "by exercising the licensed rights",
        "the work as defined below is provided under the terms of this creative commons public license",
        "statement of purpose the laws of most jurisdictions",
        "the laws of most jurisdictions throughout the world",
    )
)


@dataclass(frozen=True, eq=False)
class Template:
    """What a text has to say to be this licence.

    ``words`` with :data:`SLOT` and :data:`HOLDERS` among them; ``items`` are numbers of a list, ``names`` phrases that may
    be another name (start -> end), at ``starts`` it may begin and at ``ends`` be over. ``titles`` are its headings.
    ``is_notice``: no licence but the notice by which one is given.
    """

    id: str
    words: tuple[str, ...]
    items: frozenset[int]
    names: dict[int, int]
    starts: tuple[int, ...]
    ends: frozenset[int]
    titles: tuple[tuple[str, ...], ...]
    named: frozenset[str]
    literals: dict[int, tuple[str, ...]] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    is_notice: bool = False


def template(license: str, name: str, text: str, *, is_notice: bool = False) -> Template:
    """The template of a licence from its text."""
    originals: list[str] = []

    def slot(match: re.Match[str]) -> str:
        if match[0].startswith("("):
            return match[0]
        originals.append(match[0])
        return f" {SLOT} "

    paragraphs = [p for p in re.split(r"\n[^\w\n]*\n", _PLACEHOLDER.sub(slot, text)) if re.search(r"\w", p)]
    once = {p: words_of(p) for p in paragraphs if p.isascii()}  # nothing stands in it for a name
    is_title = [] if is_notice else _titles(paragraphs, once)
    placeholders = iter(originals)
    literals: dict[int, tuple[str, ...]] = {}
    links: dict[int, int] = {}
    words: list[str] = []
    items: set[int] = set()
    starts, begins = [0], []
    titles: list[tuple[str, ...]] = []
    for i, paragraph in enumerate(paragraphs):
        bare, holders = _without_holders(paragraph)
        read = once.get(bare) or words_of(bare, is_template=True)
        if not bare.isascii():
            _mark(read)
        statements = iter(holders)
        for k, word in enumerate(read.words):
            if word == SLOT:
                literals[len(words) + k] = tuple(words_of(next(placeholders, "")).words)
            elif word == HOLDERS:
                statement = next(statements).replace(SLOT, " zzslot ")
                said: list[str] = []
                for each in words_of(statement).words:
                    said += words_of(next(placeholders, "")).words if each == "zzslot" else [each]
                literals[len(words) + k] = tuple(said)
        if i < len(is_title):
            titles += [
                tuple(w for w in only_words(line) if w not in (SLOT, HOLDERS)) for line in (bare, *bare.split("\n"))
            ]
        items.update(len(words) + k for k in read.items)
        begins.append(len(words))
        if "://" in bare:
            links |= {len(words) + start: len(words) + end for start, end in links_of(bare).items()}
        words += read.words
        if i < len(is_title):
            starts.append(len(words))
    subject = _SUBJECTS.get(license)
    for k, word in enumerate(words):
        if word == subject and k not in literals:
            words[k], literals[k] = SLOT, (word,)
    listed = tuple(words)
    if listed and listed[-1] == HOLDERS and not is_notice:
        starts = [s for s in starts if s < len(listed) - 1] or [0]
    ends = {len(listed)}
    ends.update(p for p in begins if p > 0.15 * len(listed) and p > 60 and _begins(listed, p, _TAILS))
    ends.update(p for p in begins if p > 0.85 * len(listed) and _is_notice(listed, p))
    starts += [p for p in begins if p < 0.4 * len(listed) and _begins(listed, p, _HEADS)]
    return Template(
        license,
        listed,
        frozenset(items),
        _names(listed),
        tuple(sorted(set(starts))),
        frozenset(ends),
        tuple(dict.fromkeys(title for title in titles if title and "reserved" not in title)),
        _named(only_words(f"{name} {license}")),
        literals,
        links,
        is_notice,
    )


def _mark(read: Words) -> None:
    """SLOT and HOLDERS are words of their own."""
    for i, word in enumerate(read.words):
        if word and word[0] in (SLOT, HOLDERS):
            read.words[i] = word[0]


def _without_holders(paragraph: str) -> tuple[str, list[str]]:
    """A paragraph with :data:`HOLDERS` in place of statements of copyright, and these."""
    lines = paragraph.split("\n")
    first = next((i for i, line in enumerate(lines) if _COPYRIGHT.match(line)), None)
    if first is None:
        return paragraph, []
    rest = "\n".join(lines[first:])
    spoken = set(words_of(rest).words)
    if not spoken & _VERBS and len(spoken) < 60:
        return "\n".join([*lines[:first], HOLDERS]), [rest]
    holders = [line for line in lines if _COPYRIGHT.match(line)]
    return "\n".join(HOLDERS if _COPYRIGHT.match(line) else line for line in lines), holders


def _titles(paragraphs: list[str], once: Mapping[str, Words]) -> list[bool]:
    """One for each paragraph from the first that is a heading, a line of copyright or a placeholder. ``once`` has the words of
    some of them."""
    sizes = [len((once.get(p) or words_of(p)).words) for p in paragraphs]
    total = sum(sizes)
    heads: list[bool] = []
    for paragraph, size in zip(paragraphs, sizes, strict=True):
        ends_as_a_sentence = re.search(r"[.:;,\u3002\uff1b\uff1a\uff0c\u3001]\W*$", paragraph.strip()) is not None
        is_holder = _without_holders(paragraph)[0].strip(" \n*#") == HOLDERS
        if not (is_holder or (size <= 14 and len(paragraph) <= 140 and not ends_as_a_sentence)):
            break
        if sum(sizes[: len(heads) + 1]) > 0.4 * total:
            break
        heads.append(True)
    return heads


def _named(name: list[str]) -> frozenset[str]:
    """The words of a name, and what it is called for short."""
    initials = "".join(word[0] for word in name)
    short = {initials[i:k] for i in range(len(initials)) for k in range(i + 2, len(initials) + 1)}
    joined = {one + other for one, other in pairwise(name)}
    return frozenset(name) | {each for each in short if len(each) > 2} | joined | {"v", "version", "the", "of", "text"}


def _names(words: tuple[str, ...]) -> dict[int, int]:
    """Where a phrase names the licensor: start -> end of the name."""
    named: dict[int, int] = {}
    for before, after in _NAMED:
        for p in _positions(words, before):
            start = p + len(before)
            if not after:
                if len(words) - start <= MOST_OF_A_NAME:
                    named.setdefault(start, len(words))
                continue
            for end in range(start + 1, min(start + MOST_OF_A_NAME, len(words))):
                if words[end : end + len(after)] == after:
                    named.setdefault(start, end)
                    break
    return named


def _is_notice(words: tuple[str, ...], at: int) -> bool:
    """True where an exhibit begins that is the notice for files, and nothing else follows."""
    if words[at : at + 2] != ("exhibit", "a"):
        return False
    further = _positions(words[at + 2 :], ("exhibit", "b"))
    is_last = not further or words[at + 2 + further[0] : at + 6 + further[0]] == (
        "exhibit",
        "b",
        "incompatible",
        "with",
    )
    opening = " ".join(words[at : at + 24])
    return is_last and any(each in opening for each in ("subject to", "license notice", "licenses notice"))


def _begins(words: tuple[str, ...], at: int, phrases: tuple[tuple[str, ...], ...]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for phrase in phrases)


def _positions(words: tuple[str, ...], phrase: tuple[str, ...]) -> list[int]:
    places: list[int] = []
    at, n = 0, len(phrase)
    while True:
        try:
            at = words.index(phrase[0], at)
        except ValueError:
            return places
        if words[at : at + n] == phrase:
            places.append(at)
        at += 1
