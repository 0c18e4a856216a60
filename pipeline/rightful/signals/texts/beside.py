"""What may stand beside the text of a licence: headings, lines of copyright, and what joins several licences. Floor 2: pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from rightful.signals.texts.introductions import part_end, pointer_end, subject_end
from rightful.signals.texts.names import is_of_a_name
from rightful.signals.texts.templates import Template
from rightful.signals.texts.walking import holders_end
from rightful.signals.texts.words import Words

_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "end of terms and conditions",
        "end of license",
        "end of license text",
        "the following license applies",
        "license text",
        "the license",
        "license",
        "licenses",
        "license information",
        "license agreement",
        "license terms",
        "license notice",
        "licensing",
        "software license",
        "software license agreement",
        "open source license",
        "copyright notice",
        "copyright",
        "copyright and license",
        "copyright and permission notice",
        "permission notice",
        "legal code",
        "official translations of this license are available",
        "see below",
        "made available under",
        "reproduced below",
        "as follows",
        "which reads as follows",
        "as reproduced below",
        "which is reproduced below",
        "also known as",
        "this software consists of voluntary contributions made by many individuals",
        "i am providing code and resources in this repository to you under an open source license because this is my personal"
        " repository the license you receive to my code and resources is from me and not my employer facebook",
        "spdx license identifier",
        "this file is part of",
        "if not write to the free software foundation inc",
        "if not write to the free software foundation",
        "if not see http www gnu org licenses",
        "if not see",
    )
)
_CALLED = {
    "MIT": ("mit", "expat", "the mit expat", "mit x11"),
    "ISC": ("isc", "the isc", "openbsd isc"),
    "BSD-2-Clause": ("bsd", "simplified bsd", "2 clause bsd", "bsd 2 clause", "freebsd", "two clause bsd", "bsd simplified"),
    "BSD-3-Clause": (
        "bsd", "new bsd", "modified bsd", "revised bsd", "3 clause bsd", "bsd 3 clause", "three clause bsd", "bsd new",
    ),
    "BSD-4-Clause": ("bsd", "original bsd", "4 clause bsd", "bsd 4 clause", "old bsd"),
    "Apache-2.0": ("apache", "apache 2 0", "apache v2", "apache v2 0", "http www apache org", "http www apache org licenses 2 0"),
    "Unlicense": ("unlicense public domain", "public domain"),
    "CC0-1.0": ("public domain", "cc0", "cc0 1 0 universal"),
    "WTFPL": ("wtfpl",),
    "Zlib": ("zlib", "zlib libpng"),
    "BSL-1.0": ("boost",),
    "GPL-2.0-only": ("gnu gpl", "gplv2", "gpl v2", "gpl 2"),
    "GPL-3.0-only": ("gnu gpl", "gplv3", "gpl v3", "gpl 3"),
    "LGPL-2.1-only": ("gnu lgpl", "lgplv2 1", "lgpl v2 1"),
    "LGPL-3.0-only": ("gnu lgpl", "lgplv3", "lgpl v3", "lesser gpl"),
    "AGPL-3.0-only": ("gnu agpl", "agplv3", "agpl v3"),
    "OFL-1.1": (
        "this font software is licensed under",
        "this license is copied below and is also available with a faq at http scripts sil org ofl",
        "this license is copied below and is also available with a faq at http openfontlicense org",
        "this license is copied below and is also available with a faq at",
    ),
    "MPL-2.0": ("mpl", "mozilla", "mpl 2"),
    "CC-BY-4.0": ("cc by",),
    "CC-BY-SA-4.0": ("cc by sa",),
}  # fmt: skip
"""What licences are called in headings beside their names."""
_SENTENCES: Mapping[tuple[str, ...], tuple[int, frozenset[str]]] = {
    ("this", "general", "public", "license", "does"): (
        53,
        frozenset({"e143425c621a291b79a91d5fc40a3f70", "0bfaa639b513f94acedc2ba051021ce5"}),
    ),
}
"""Sentences that end some publications of a text (the GPL): their first words, how many words, and digests of them."""
_BY_FIRST: dict[str, list[tuple[str, ...]]] = {}
for _phrase in sorted(_PHRASES, key=len, reverse=True):
    _BY_FIRST.setdefault(_phrase[0], []).append(_phrase)
_JOINS = frozenset(
    "this the project software library package program file files code source is are licensed license licenses released"
    " distributed available under terms of and or either both dual following text texts full see below in at your option"
    " version a an it be copy these two follows http www org com opensource html txt php en".split()
)
_OFFERS = (
    ("at", "your", "option"),
    ("dual", "licensed"),
    ("dually", "licensed"),
    ("either", "of"),
)


def left_over(read: Words, spans: Sequence[tuple[int, int, Template]], common: frozenset[str]) -> int | None:
    """The first word that belongs to no licence and may not stand beside one; None where there is none."""
    titles = [one for _, _, one in spans]
    at = 0
    edges = [
        *((_with_subject(read, start, one, common), end) for start, end, one in spans),
        (len(read.words), len(read.words)),
    ]
    for k, (start, end) in enumerate(edges):
        is_before = k < len(spans)
        stopped = _harmless(read, at, start, titles, common, reserved=is_before, number=k)
        if stopped is not None:
            return stopped
        at = end
    return None


def _with_subject(read: Words, start: int, one: Template, common: frozenset[str]) -> int:
    """Where the sentence of a notice begins: with the name of what it speaks of."""
    at = start
    while one.is_notice and at > max(start - 6, 0) and is_of_a_name(read.words[at - 1], "A", common, is_mixed=False):
        at -= 1
    return at


def options(read: Words, spans: Sequence[tuple[int, int]]) -> bool:
    """True where what stands before two licences says that one of them may be chosen. Of three nobody can tell which are
    meant, and what is said to be under both is under both."""
    head = tuple(read.words[: spans[0][0]])
    if len(spans) != 2 or "both" in head:
        return False
    return any(head[i : i + len(offer)] == offer for offer in _OFFERS for i in range(len(head)))


def _harmless(
    read: Words,
    at: int,
    stop: int,
    licenses: Sequence[Template],
    common: frozenset[str],
    *,
    reserved: bool,
    number: int,
) -> int | None:
    """The first word from ``at`` to ``stop`` that is not harmless. ``number``: how many licences stand before it."""
    words = read.words
    begins = at
    while at < stop:
        end = holders_end(read, at, stop, common, reserved=reserved)
        end = pointer_end(read, at, stop) if end == at else end
        if end > at:
            if end < stop and words[end] in ("is", "are"):
                return end - 1
            at = begins = end
            continue
        if (end := _led_to(read, at, stop, common, number)) > at:
            at = end
            continue
        sentence = _sentence(words, at)
        longest = sentence or max((len(p) for p in _phrases(words, at, licenses) if at + len(p) <= stop), default=0)
        if longest:
            at = begins = at + longest
        elif (
            (_in_a_name(words[at], licenses) and (words[at] != "only" or at > begins))
            or at in read.items
            or words[at] in _JOINS
        ):
            at += 1
        else:
            return begins
    return None


def _led_to(read: Words, at: int, stop: int, common: frozenset[str], number: int) -> int:
    """Behind the subject of a sentence that leads to a licence: to the first of them of the whole, to a further one of a part."""
    if number == 0:
        return subject_end(read, at, stop, common)
    return part_end(read, at, stop)


def _sentence(words: list[str], at: int) -> int:
    """How many words of a known sentence begin here; 0 where none does."""
    size, digests = _SENTENCES.get(tuple(words[at : at + 5]), (0, frozenset()))
    said = " ".join(words[at : at + size])
    return size if size and hashlib.sha256(said.encode()).hexdigest()[:32] in digests else 0


def _phrases(words: list[str], at: int, licenses: Sequence[Template]) -> list[tuple[str, ...]]:
    listed = [p for p in _BY_FIRST.get(words[at], ()) if tuple(words[at : at + len(p)]) == p]
    for one in licenses:
        called = (tuple(f"{name}{rest}".split()) for name in _CALLED.get(one.id, ()) for rest in ("", " license"))
        listed += [p for p in called if tuple(words[at : at + len(p)]) == p]
        listed += [p for p in one.titles if p[0] == words[at] and tuple(words[at : at + len(p)]) == p]
    return listed


def _in_a_name(word: str, licenses: Sequence[Template]) -> bool:
    """True for a word of the name of a licence that the text is."""
    return any(word in one.named for one in licenses)
