"""Sentences that lead to the text of a licence: what is licensed, and where to look. Floor 2: pure.

They are harmless only where they speak of the whole: *Heron is released under the MIT License:*, never *the examples are*. The
licence that they name has to be one that the text is; the words around it are read in ``beside``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rightful.signals.texts.names import JOINING, RESTRICTING
from rightful.signals.texts.words import MARK, Words, link_end

_VERBS = frozenset("licensed released distributed available made published provided offered".split())
_THINGS = frozenset("project library software package program".split())
_NO_NAMES = frozenset(
    "nobody nothing nowhere neither hardly barely anyone anybody someone everyone everybody everything something whoever"
    " hobbyist hobbyists amateur amateurs academia school schools charity startup startups example examples sample samples demo"
    " demos doc docs documentation tutorial tutorials script scripts test tests snippet snippets image images icon icons logo logos"
    " artwork asset assets font fonts content contents website site page pages api sdk cli gui server client frontend backend core"
    " edition community enterprise plugin plugins component components module modules subset most half old older previous"
    " former formerly beta alpha preview here there it he she this that these those what which rest remainder"
    " header headers binary binaries release releases branch build builds weights".split()
)
"""Words that name no project as a whole."""
_BEGINS = re.compile(r"(?:\A|[\n.:;!?#*=>|])[^\w\n]*\Z")
_POINTERS = tuple(
    tuple(phrase.split())
    for phrase in (
        "the complete list of contributors can be found at",
        "a complete list of contributors can be found at",
        "the list of contributors can be found at",
        "for exact contribution history see the revision history available at",
        "for exact contribution history see the revision history and logs available at",
    )
)
"""What an address may follow that says who took part."""
_PARTS = (
    (("of",), frozenset({"directory", "folder"})),
    (("in",), frozenset({"directory", "folder"})),
    (("under",), frozenset({"directory", "folder"})),
)


def subject_end(read: Words, at: int, stop: int, common: frozenset[str]) -> int:
    """Where the subject of a sentence ends that begins at ``at`` and says under which licence something is: behind *Heron is*,
    before *released under*. ``at`` where there is none."""
    words = read.words
    if not begins(read, at):
        return at
    k = at + (words[at] == "the")
    first = k
    while k < stop and k - first < 3 and _names_a_thing(words[k], read.forms[k], common):
        k += 1
    if k == first:
        return at
    k += k < stop and words[k] in _THINGS
    return k + 1 if k + 1 < stop and words[k] == "is" and words[k + 1] in _VERBS else at


def part_end(read: Words, at: int, stop: int) -> int:
    """Where *the contents of the NAME directory are licensed* ends, which says of a part that another licence holds as well."""
    words = read.words
    k = at + (words[at] == "the")
    if words[k : k + 1] not in (["contents"], ["content"], ["files"], ["code"]):
        return at
    for joining, places in _PARTS:
        if tuple(words[k + 1 : k + 2]) != joining:
            continue
        p = k + 2 + (words[k + 2 : k + 3] == ["the"])
        if p + 3 < stop and words[p] not in RESTRICTING and words[p] not in JOINING and words[p + 1] in places:
            verb = words[p + 2] in ("is", "are") and words[p + 3] in _VERBS
            return p + 4 if verb else at
    return at


def pointer_end(read: Words, at: int, stop: int) -> int:
    """Where a sentence ends that says at which address contributors are listed; ``at`` where there is none."""
    for phrase in _POINTERS:
        p = at + len(phrase)
        if p < stop and tuple(read.words[at:p]) == phrase:
            end = link_end(read, p)
            return end if p < end <= stop else at
    return at


def begins(read: Words, at: int) -> bool:
    """True where a sentence or a line begins."""
    return at == 0 or _BEGINS.search(read.text[max(read.offsets[at] - 60, 0) : read.offsets[at]]) is not None


def _names_a_thing(word: str, form: str, common: frozenset[str]) -> bool:
    """True for a word of the name of a project: one that says nothing of who or of how much."""
    listed: Sequence[frozenset[str]] = (common, RESTRICTING, JOINING, _NO_NAMES)
    return not form.startswith(MARK) and not word.isdigit() and not any(word in each for each in listed)
