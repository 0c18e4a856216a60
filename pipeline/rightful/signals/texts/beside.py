"""What may stand beside the text of a licence: headings, lines of copyright, and what joins several licences. Floor 2: pure."""

from __future__ import annotations

from collections.abc import Sequence

from rightful.signals.texts.names import RESTRICTING
from rightful.signals.texts.templates import Template
from rightful.signals.texts.walking import holders_end, opens_holders
from rightful.signals.texts.words import Words

_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "end of terms and conditions",
        "end of license",
        "the following license applies",
        "license text",
        "the license",
        "license",
        "licenses",
        "license information",
        "license agreement",
        "software license",
        "software license agreement",
        "copyright notice",
        "copyright and license",
        "copyright and permission notice",
        "http www apache org licenses",
        "http www apache org licenses license 2 0",
        "http www apache org licenses license 2 0 txt",
        "http opensource org licenses",
        "http www opensource org licenses",
        "http creativecommons org",
        "see below",
        "the full text of the license follows",
        "the text of the license follows",
    )
)
_BY_FIRST: dict[str, list[tuple[str, ...]]] = {}
for _phrase in sorted(_PHRASES, key=len, reverse=True):
    _BY_FIRST.setdefault(_phrase[0], []).append(_phrase)
_JOINS = frozenset(
    "this the project software library package program file files code source is are licensed license licenses released"
    " distributed available under terms of and or either both dual following text texts full see below in at your option"
    " version a an it can be copy these two follows".split()
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
    edges = [*((start, end) for start, end, _ in spans), (len(read.words), len(read.words))]
    for k, (start, end) in enumerate(edges):
        is_before = k < len(spans)
        stopped = _harmless(read, at, start, titles, common, reserved=is_before, joins=len(spans) > 1)
        if stopped is not None:
            return stopped
        at = end
    return None


def options(read: Words, spans: Sequence[tuple[int, int]]) -> bool:
    """True where what stands before several licences says that one of them may be chosen."""
    head = tuple(read.words[: spans[0][0]])
    return any(head[i : i + len(offer)] == offer for offer in _OFFERS for i in range(len(head)))


def _harmless(
    read: Words,
    at: int,
    stop: int,
    licenses: Sequence[Template],
    common: frozenset[str],
    *,
    reserved: bool,
    joins: bool,
) -> int | None:
    words = read.words
    begins = at
    while at < stop:
        if opens_holders(words, at, stop):
            end = holders_end(read, at, stop, common, reserved=reserved)
            if end > at:
                at = begins = end
                continue
        longest = max((len(p) for p in _phrases(words, at, licenses) if at + len(p) <= stop), default=0)
        if longest:
            at = begins = at + longest
        elif _in_a_name(words[at], licenses) or at in read.items or (joins and words[at] in _JOINS):
            at += 1
        else:
            return begins
    return None


def _phrases(words: list[str], at: int, licenses: Sequence[Template]) -> list[tuple[str, ...]]:
    listed = [p for p in _BY_FIRST.get(words[at], ()) if tuple(words[at : at + len(p)]) == p]
    for one in licenses:
        listed += [p for p in one.titles if p[0] == words[at] and tuple(words[at : at + len(p)]) == p]
    return listed


def _in_a_name(word: str, licenses: Sequence[Template]) -> bool:
    """True for a word of the name of a licence that the text is."""
    return any(word in one.named for one in licenses) and (
        word not in RESTRICTING or word in ("license", "clause", "agreement")
    )
