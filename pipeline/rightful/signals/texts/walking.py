"""Walks a text along the template of a licence, word by word. Floor 2: pure.

Every word of the template has to stand in the text and no other, but for what cannot change what is said: numbers of list
items against bullets, a word in two parts, names where a licence names somebody, lines of copyright, and some phrases that
are published in more than one form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rightful.signals.texts.introductions import begins
from rightful.signals.texts.names import JOINING, PARTICLES, RESTRICTING, is_of_a_name, is_year
from rightful.signals.texts.templates import MOST_OF_A_NAME, Template
from rightful.signals.texts.words import HOLDERS, MARK, SLOT, Words, link_end

MOST_STEPS = 4000
MOST_OF_HOLDERS = 120
_ALIKE = tuple(
    (tuple(one.split()), tuple(other.split()))
    for one, other in (
        ("the names of its contributors", "the names of the contributors"),
        ("the names of its contributors", "the names of contributors"),
        ("the names of its contributors", "the names of other contributors"),
        ("the names of its contributors", "the names of any contributors"),
        ("the names of its contributors", "the names of project contributors"),
        ("the names of its contributors", "the names of the project contributors"),
        ("the names of its contributors", "its contributors"),
        ("nor the names of its contributors", "nor the names of its contributor"),
        ("copyright holder", "copyright holders"),
        ("copyright holder", "copyright owner"),
        ("copyright holders", "copyright owners"),
        ("copyright owner", "copyright owners"),
        ("author or copyright holders", "authors or copyright holders"),
        ("author", "authors"),
        ("contributor", "contributors"),
        ("or contributors", "and contributors"),
        ("disclaims", "disclaim"),
        ("and or", "or"),
        ("web site", "website"),
        ("e mail", "email"),
        ("copyright c", "copyright"),
        ("3 3 and b provide", "3 3 and b you provide"),
        ("http www osedu org licenses", "http opensource org licenses"),
        ("http www osedu org licenses", "http www opensource org licenses"),
        ("http www gnu org copyleft", "http www gnu org licenses"),
        ("http www gnu org licenses why not lgpl html", "http www gnu org philosophy why not lgpl html"),
        ("an idea of what it does", "a brief idea of what it does"),
        ("yyyy name", "year name"),
        ("yyyy name", "19yy name"),
        (
            "for licensors considerations",
            "for licensors wiki creativecommons org considerations for licensors considerations",
        ),
        ("for the public creative", "for the public wiki creativecommons org considerations for licensees creative"),
        ("for the public section", "for the public wiki creativecommons org considerations for licensees section"),
        (
            "considered the licensor except",
            "considered the licensor the text of the creative commons public licenses is dedicated to the public domain"
            " under the cc0 public domain dedication except",
        ),
        ("neither the name of", "neither the names of"),
        (
            "neither the name of the copyright holder nor the names of its contributors may be used",
            "the name of the author may not be used",
        ),
        (
            "neither the name of the copyright holder nor the names of its contributors may be used",
            "the names of the authors may not be used",
        ),
        (
            "neither the name of the copyright holder nor the names of its contributors may be used",
            "the names of its contributors may not be used",
        ),
        (
            "neither the name of the copyright holder nor the names of its contributors may be used",
            "the names of any contributors may not be used",
        ),
        ("permission notice shall", "permission notice including the next paragraph shall"),
        ("adapted material 3 you may satisfy", "adapted material 2 you may satisfy"),
        ("http scripts sil org ofl", "http openfontlicense org"),
        ("required information 4 if", "required information 3 if"),
        ("permission conditions", "permission and conditions"),
    )
)
_NOT_IN_NAME_OF = (
    "neither the name of the copyright holder nor the names of its contributors may be used to endorse".split()
)
_NOT_IN_NAME = ("may", "not", "be", "used", "to", "endorse")
_BEFORE_HOLDERS = tuple(
    tuple(phrase.split())
    for phrase in (
        "portions",
        "parts",
        "some parts",
        "modifications",
        "changes",
        "additions",
        "original code",
        "original work",
        "original version",
        "original software",
        "portions of this software are",
        "portions of this software",
        "parts of this software are",
    )
)
"""What may stand before a statement of copyright that is of a part alone."""
_BEFORE_NAMES = (("ported", "to"), ("port", "to"), ("based", "on"))
"""The same, with a name between these words and the statement."""
_OPENS_PARTS = frozenset(phrase[0] for phrase in (*_BEFORE_HOLDERS, *_BEFORE_NAMES))
_TOGETHER = frozenset("contributors contributor authors developers committers maintainers".split())
_ALIKE_HOLDERS = tuple(
    tuple(phrase.split())
    for phrase in (
        "its affiliates",
        "and affiliates",
        "or affiliates",
        "its subsidiaries",
        "its subsidiaries and affiliates",
        "its affiliates and contributors",
        "to present",
        "to the present",
        "to date",
    )
)
"""Words of a statement of copyright that are no names and could restrict alone."""
ALIKE: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
for _one, _other in _ALIKE:
    ALIKE.setdefault(_one[0], []).append((_one, _other))
    ALIKE.setdefault(_other[0], []).append((_other, _one))
_EXCHANGED = {
    first: frozenset(
        phrase for phrase in (*(one for one, _ in ALIKE.get(first, ())), tuple(_NOT_IN_NAME_OF)) if phrase[0] == first
    )
    for first in (*ALIKE, _NOT_IN_NAME_OF[0])
}
"""What a text may have another phrase for, by the first word."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a text follows a template: ``end`` of what it covers where it is the licence, else None; ``reached`` words of
    the template, up to the word ``stopped`` of the text."""

    start: int
    end: int | None
    reached: int
    stopped: int


def walk(template: Template, read: Words, start: int, at: int, common: frozenset[str]) -> Walk:
    """Walk from word ``start`` of the text and word ``at`` of the template."""
    words, wanted = read.words, template.words
    n, m = len(words), len(wanted)
    best: int | None = None
    reached, stopped = at, start
    stack = [(start, at)]
    seen: set[tuple[int, int]] = set()
    steps = 0
    while stack and steps < MOST_STEPS:
        i, j = stack.pop()
        if (i, j) in seen:
            continue
        seen.add((i, j))
        steps += 1
        while True:
            if j in template.ends and (best is None or i > best):
                best = i
            if j >= m:
                break
            if j in template.names:
                stack += _named(template, read, i, j, template.names[j], common)
            if i < n and words[i] == wanted[j]:
                i, j = i + 1, j + 1
                continue
            break
        if j > reached:
            reached, stopped = j, i
        if j >= m:
            break
        stack += _elsewise(template, read, i, j, common)
    return Walk(start, best, reached, stopped)


def needed(template: Template) -> dict[int, frozenset[str]]:
    """Where the template may begin -> the words that stand in every text which says this licence from there on.

    Each is written as the template has it, or as part of a word, or in parts: it occurs in the words of the text joined by
    nothing. Whatever :func:`walk` may pass over, or take another phrase for, is none of them.
    """
    wanted = template.words
    passed = set(template.items)
    passed.update(k for skips in (template.names, template.links) for at, end in skips.items() for k in range(at, end))
    phrases = dict(_EXCHANGED)
    for title in template.titles:
        phrases[title[0]] = phrases.get(title[0], frozenset()) | {title}
    for k, word in enumerate(wanted):
        if word in phrases:
            for phrase in phrases[word]:
                if wanted[k : k + len(phrase)] == phrase:
                    passed.update(range(k, k + len(phrase)))
    kept = [(k, word) for k, word in enumerate(wanted) if k not in passed and word not in (SLOT, HOLDERS)]
    ends = {start: min((e for e in template.ends if e >= start), default=start) for start in template.starts}
    return {start: frozenset(word for k, word in kept if start <= k < end) for start, end in ends.items()}


def _elsewise(template: Template, read: Words, i: int, j: int, common: frozenset[str]) -> list[tuple[int, int]]:
    """Where to go on where the words differ, the likeliest last."""
    words, wanted = read.words, template.words
    n, m = len(words), len(wanted)
    if wanted[j] == SLOT:
        return _named(template, read, i, j, j + 1, common)
    if wanted[j] == HOLDERS:
        return _holders(template, read, i, j, common)
    ways: list[tuple[int, int]] = [(i, template.links[j])] if j in template.links else []
    for back in range(min(4, i, j) + 1):
        for one, other in ALIKE.get(wanted[j - back], ()):
            if (
                wanted[j - back : j - back + len(one)] == one
                and tuple(words[i - back : i - back + len(other)]) == other
                and len(one) > back - 1
            ):
                ways.append((i - back + len(other), j - back + len(one)))
    if (named := _not_in_name(template, read, i, j, common)) is not None:
        ways.append(named)
    for title in template.titles:
        size = len(title)
        if size > 1 and tuple(words[i : i + size]) == title:
            ways.append((i + size, j))
        if size > 1 and wanted[j : j + size] == title:
            ways.append((i, j + size))
    for parts in (2, 3):
        if i < n and "".join(wanted[j : j + parts]) == words[i] and j + parts <= m:
            ways.append((i + 1, j + parts))
        if i + parts <= n and "".join(words[i : i + parts]) == wanted[j]:
            ways.append((i + parts, j + 1))
    is_item, wants_item = i in read.items, j in template.items
    if is_item and wants_item:
        if _alike_items(words[i], wanted[j]):
            ways.append((i + 1, j + 1))
    elif wants_item:
        ways.append((i, j + 1))
    elif is_item and i + 1 < n:
        ways.append((i + 1, j))
    return ways


def _not_in_name(template: Template, read: Words, i: int, j: int, common: frozenset[str]) -> tuple[int, int] | None:
    """Behind *the name Ada Moreno may not be used to endorse*, where the licence has *neither the name of ... nor ...*."""
    words, size = read.words, len(_NOT_IN_NAME_OF)
    if template.words[j : j + size] != tuple(_NOT_IN_NAME_OF):
        return None
    k = i + (words[i : i + 1] == ["the"])
    if words[k : k + 1] not in (["name"], ["names"]):
        return None
    k += 1 + (words[k + 1 : k + 2] == ["of"])
    for p in range(k + 1, min(k + 8, len(words))):
        if tuple(words[p : p + len(_NOT_IN_NAME)]) == _NOT_IN_NAME:
            return p + len(_NOT_IN_NAME), j + size
        if not _may_be_named(read, p - 1, common):
            return None
    return None


def _named(
    template: Template, read: Words, i: int, start: int, end: int, common: frozenset[str]
) -> list[tuple[int, int]]:
    """Behind a name that begins at word ``i``, where the template goes on at ``end``."""
    if end == len(template.words) and template.words[start] != SLOT:
        return _named_last(read, i, end, common)
    after = _literal(template, end)
    ways = _literally(template, read, i, start, end)
    for p in _places(read.words, after, i, i + MOST_OF_A_NAME, end == len(template.words)):
        if all(k in read.items or _may_be_named(read, k, common, is_free=True) for k in range(i, p)):
            ways.append((p, end))
    return ways[::-1]


def _named_last(read: Words, i: int, end: int, common: frozenset[str]) -> list[tuple[int, int]]:
    """Behind a name that the text ends with."""
    rest = range(i, len(read.words))
    is_name = 0 < len(rest) <= MOST_OF_A_NAME and "rights" not in read.words[i:]
    return [(len(read.words), end)] if is_name and all(_may_be_named(read, k, common) for k in rest) else []


def _literally(template: Template, read: Words, i: int, start: int, end: int) -> list[tuple[int, int]]:
    """Behind the words that the text of the licence itself has there."""
    literal = template.literals.get(start)
    if not literal or tuple(read.words[i : i + len(literal)]) != literal:
        return []
    return [(i + len(literal), end)]


def _may_be_named(read: Words, at: int, common: frozenset[str], *, is_free: bool = False) -> bool:
    word = read.words[at]
    return is_of_a_name(word, read.forms[at].lstrip(MARK), common, is_mixed=read.is_mixed and not is_free)


def _holders(template: Template, read: Words, i: int, j: int, common: frozenset[str]) -> list[tuple[int, int]]:
    """Behind statements of copyright, or none, that begin at word ``i``."""
    after = _literal(template, j + 1)
    ways = [(i, j + 1), *_literally(template, read, i, j, j + 1)]
    for p in _places(read.words, after, i + 1, i + MOST_OF_HOLDERS, j + 1 == len(template.words)):
        if holders_end(read, i, p, common) == p:
            ways.append((p, j + 1))
    return ways[::-1]


def holders_end(read: Words, start: int, end: int, common: frozenset[str], *, reserved: bool = True) -> int:
    """Where statements of copyright end that begin at ``start``; ``start`` where none does. ``reserved``: *all rights
    reserved* may be part of one."""
    words = read.words
    i = start
    while i < end:
        first = i
        i = _before_holders(read, i, end, common)
        if not opens_holders(words, i, end) and not _is_signed(read, i, end):
            i = first
            break
        k = i + 1
        is_small = all(form.islower() or form.isdigit() for form in read.forms[i : min(i + 8, end)])
        while k < end and k - i < 60:
            if words[k] in _OPENS_PARTS and _before_holders(read, k, end, common) > k:
                break
            if reserved and words[k : k + 3] == ["all", "rights", "reserved"]:
                k += 3
            elif size := _of_holders(read, k, end):
                k += size
            elif (_may_be_named(read, k, common, is_free=is_small) and not _runs_on(read, k, i)) or k in read.items:
                k += 1
            else:
                break
        i = k if k == end or words[k] not in ("is", "are") else _before_subject(read, i + 1, k)
    return i


def _before_subject(read: Words, first: int, verb: int) -> int:
    """Where the sentence begins whose verb is no part of a statement of copyright, its subject neither; ``verb`` where that is
    not known."""
    return next((p for p in range(verb - 1, max(verb - 5, first - 1), -1) if begins(read, p)), verb)


def _before_holders(read: Words, i: int, end: int, common: frozenset[str]) -> int:
    """Where the statement itself begins that a phrase such as *portions* or *based on Heron,* stands before; else ``i``."""
    words = read.words
    for phrase in _BEFORE_HOLDERS:
        p = i + len(phrase)
        if p + 1 < end and tuple(words[i:p]) == phrase and (words[p] == "copyright" or _is_signed(read, p, end)):
            return p
    if tuple(words[i : i + 2]) in _BEFORE_NAMES:
        for p in range(i + 3, min(i + 7, end)):
            if not _may_be_named(read, p - 1, common) or words[p - 1].isdigit():
                break
            if words[p] == "copyright":
                return p
    return i


def _is_signed(read: Words, i: int, end: int) -> bool:
    """True for *(c)* before a year or a name in capitals, which is no item of a list."""
    if not (i + 1 < end and read.words[i] == "c" and i not in read.items and read.words[i + 1] not in RESTRICTING):
        return False
    at = read.offsets[i]
    return read.text[at - 1 : at + 2].lower() == "(c)" and read.forms[i + 1][:1].isupper()


def _of_holders(read: Words, k: int, end: int) -> int:
    """How many words of a statement of copyright stand here that are no names: *other contributors*, *to present*, *2019 to
    2024*, an address that names no restriction, with *until* before it or without; 0 for none."""
    words = read.words
    if words[k] == "other":
        for p in range(k + 1, min(k + 4, end)):
            if words[p] in _TOGETHER:
                return p - k + 1
            if words[p] in RESTRICTING or words[p].isdigit():
                return 0
    if words[k] == "to" and k + 1 < end and is_year(words[k - 1]) and is_year(words[k + 1]):
        return 2
    first = k + (words[k] == "until")
    if first < end and first < (link := link_end(read, first)) <= end and RESTRICTING.isdisjoint(words[first:link]):
        return link - k
    for phrase in _ALIKE_HOLDERS:
        if k + len(phrase) <= end and tuple(words[k : k + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _runs_on(read: Words, at: int, start: int) -> bool:
    """True for the third of words in a row, or the fifth, in a statement that begins small, that are written small and are
    none that names are made of: they are a sentence in whatever language."""
    most = (
        4
        if read.forms[start].islower()
        and all(read.forms[k].islower() for k in range(start, at) if read.forms[k].isalpha())
        else 2
    )
    unknown = 0
    while at >= start and unknown <= most:
        if not read.forms[at].islower() or read.words[at] in JOINING or read.words[at] in PARTICLES:
            break
        unknown, at = unknown + 1, at - 1
    return unknown > most


def opens_holders(words: Sequence[str], i: int, end: int) -> bool:
    """True where a statement of copyright begins: a sign or the word, with a year, a sign or a name after it."""
    if words[i] in ("copyright", "copyrights", "copr") and i + 1 < end:
        return words[i + 1] not in RESTRICTING
    if words[i] == "with":
        return tuple(words[i + 1 : i + 3]) == ("reserved", "font")
    return words[i] == "c" and i + 1 < end and (is_year(words[i + 1]) or words[i + 1] in ("copyright", "year", "yyyy"))


def _literal(template: Template, at: int) -> tuple[str, ...]:
    """Up to three words of the template from ``at`` that stand in every text."""
    words = template.words
    while at in template.items:
        at += 1
    end = at
    while end < min(at + 3, len(words)) and words[end] not in (SLOT, HOLDERS) and end not in template.items:
        end += 1
    return words[at:end]


def _places(words: list[str], after: tuple[str, ...], start: int, stop: int, at_end: bool) -> list[int]:
    """Where ``after`` stands between ``start`` and ``stop``; where nothing has to follow, the first and the last word."""
    if not after:
        return [start, min(stop, len(words))] if at_end else list(range(start, min(stop, len(words)) + 1))[:8]
    first, n = after[0], len(after)
    return [p for p in range(start, min(stop, len(words))) if words[p] == first and tuple(words[p : p + n]) == after][
        :4
    ]


def _alike_items(one: str, other: str) -> bool:
    """True for two ways to write one number of an item: 1, a, i; and for two letters, which publishers give anew."""
    return (one.isalpha() and other.isalpha()) or bool(_ordinals(one) & _ordinals(other))


def _ordinals(item: str) -> set[int]:
    ordinals: set[int] = set()
    if item.isdigit():
        ordinals.add(int(item))
    if len(item) == 1 and "a" <= item <= "z":
        ordinals.add(ord(item) - 96)
    roman = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
    return ordinals | ({roman[item]} if item in roman else set())
