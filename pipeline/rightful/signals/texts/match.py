"""Which licences a text is: whole texts and nothing beside them. Floor 2: pure; the texts that are known are handed in.

The verdict is strict. Each word of the text belongs to a licence that it says wholly, or is a heading, a line of copyright
or a sentence that only joins them; anything else makes ``LicenseRef-unknown``, with what is left over.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rightful.rights.texts import Texts
from rightful.signals.texts.beside import left_over, options
from rightful.signals.texts.creative_commons import addresses, notices
from rightful.signals.texts.templates import Template
from rightful.signals.texts.walking import holders_end, walk
from rightful.signals.texts.words import HOLDERS, SLOT, Words, digest_of, words_of

if TYPE_CHECKING:
    from rightful.signals.texts.index import Index, Like

UNKNOWN = "LicenseRef-unknown"
MOST_CHARS = 1_000_000
"""A longer text is no licence that is recognised wholly."""
SHORT = 1500
"""A shorter text is looked at whatever words it has."""
HEAD_LINES = 9
"""Lines of copyright are looked for in so many lines but one; what stands before a licence is rarely more."""
LONGEST_HEADING = 8
"""Behind a line of more words than this a licence has begun: there a line of copyright is looked at with the rest."""
MOST_REMEMBERED = 20_000
LIKE_A_LICENSE = 12
"""So many words in a row that a licence has make a text one that speaks of licences."""
_MAY_BE = tuple(
    "licens licenc copyright permission redistribut warrant rights domain © creative lizenz 许可 許可"
    " 授权 授權 条款 條款 unencumbered disclaim terms verbatim urheber droits cc0 granted".split()
)
"""Every licence that is longer than :data:`SHORT` has one of these."""
_HOLDER = re.compile(r"\W*(?:copyright\b|\(c\)|©)[^\n]*(?:\d{4}|\(c\)|©)", re.IGNORECASE)
_TAG = re.compile(
    r"^[^\w\n]*SPDX-License-Identifier:[ \t]*([^\r\n]{1,200}?)[ \t]*(?:\*/|-->|#\}|\*\)|$)",
    re.MULTILINE | re.IGNORECASE,
)
_EXPRESSION = re.compile(
    r"\(*\s*[A-Za-z0-9.+:-]+\s*\)*(?:\s+(?:AND|OR|WITH)\s+\(*\s*[A-Za-z0-9.+:-]+\s*\)*)*", re.IGNORECASE
)
_STATES = re.compile(
    r"all\s+rights?\s+(?:are\s+)?reserved|permission\s+is\s+(?:hereby\s+)?granted|(?:licen[sc]ed|released|distributed|available)\s+under"
    r"|terms\s+and\s+conditions|redistribution\s+and\s+use|may\s+not\s+be|commercial\s+use|public\s+domain|without\s+(?:prior\s+)?"
    r"(?:written\s+)?permission|alle\s+rechte\s+vorbehalten|tous\s+droits|licen[sc]e\s+agreement|this\s+licen[sc]e",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A licence that a text has: its id, and which part of the text it is, in words (those of lines of copyright at the head of
    the text are not counted)."""

    license: str
    start: int
    end: int
    is_notice: bool = False


@dataclass(frozen=True, slots=True)
class Detected:
    """What a text is.

    ``expression`` is None where it is no licence and speaks of none, ``LicenseRef-unknown`` where it is not recognised
    wholly. ``licenses`` are those whose text is in it, ``leftover`` the words that belong to none, from the first on.
    ``confidence`` is 1.0 for a text that is recognised and never counts for one that is not: there it says how much of the
    nearest licence the text has.
    """

    expression: str | None = None
    confidence: float = 0.0
    licenses: tuple[str, ...] = ()
    leftover: str = ""
    spans: tuple[Span, ...] = ()


NOTHING = Detected()


def detect(text: str, texts: Texts) -> Detected:
    """Which licences a text is. What is behind lines of copyright at the head of a text is read once.

    >>> detect("A poem about a heron.", texts).expression is None  # doctest: +SKIP
    True
    """
    if len(text) > SHORT:
        small = text[:MOST_CHARS].lower()
        if not any(word in small for word in _MAY_BE):
            return NOTHING
    from rightful.signals.texts.index import index_of  # numpy is loaded where a text is compared

    index = index_of(texts)
    rest = _without_head(text, index)
    detected = _remembered(rest, index)
    if rest is not text and detected.expression in (None, UNKNOWN):
        return _remembered(text, index)
    return detected


def _remembered(text: str, index: Index) -> Detected:
    """What a text is, from what was read before where it was."""
    key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    detected = index.read.get(key)
    if detected is None:
        if len(index.read) >= MOST_REMEMBERED:
            index.read.clear()
        detected = index.read[key] = _detected(text, index)
    return detected


def _without_head(text: str, index: Index) -> str:
    """A text without the lines of copyright among its first lines; itself where there is none."""
    lines = text.split("\n", HEAD_LINES)
    if len(lines) <= 2:
        return text
    kept: list[str] = []
    for i, line in enumerate(lines[:-1]):
        if len(line) <= 400 and _HOLDER.match(line) and _is_holder(line, index):
            continue
        if len(line.split()) > LONGEST_HEADING:
            kept += lines[i:-1]
            break
        kept.append(line)
    return text if len(kept) == len(lines) - 1 else "\n".join([*kept, lines[-1]])


def _is_holder(line: str, index: Index) -> bool:
    """True for a line that is a statement of copyright from its first to its last word."""
    read = words_of(line)
    return holders_end(read, 0, len(read.words), index.common) == len(read.words)


def _detected(text: str, index: Index) -> Detected:
    """What a text is, its tags of SPDX read first."""
    whole = _of_texts(text, index)
    tags = list(dict.fromkeys(_bare(tag) for tag in _TAG.findall(text)))
    if not tags or whole.confidence == 1.0:
        return whole
    if not all(_EXPRESSION.fullmatch(tag) for tag in tags):
        return Detected(UNKNOWN, 0.0, (), next(tag for tag in tags if not _EXPRESSION.fullmatch(tag)))
    others = _TAG.sub(" ", text)
    rest = _of_texts(others, index)
    if rest.expression == UNKNOWN:
        return rest
    if rest.expression is None:
        read = words_of(others)
        outside = left_over(read, [], index.common)
        if outside is not None:
            return Detected(UNKNOWN, 0.0, _ids(tags), read.said(outside, outside + 8))
    if len(tags) == 1 and rest.expression in (None, tags[0]):
        return Detected(tags[0], 1.0, rest.licenses or _ids(tags), "", rest.spans)
    stated = list(dict.fromkeys([*tags, *rest.licenses]))
    joined = " AND ".join(f"({tag})" if " " in tag else tag for tag in stated)
    return Detected(joined, 1.0, _ids(stated), "", rest.spans)


def _ids(expressions: Iterable[str]) -> tuple[str, ...]:
    """The licences that expressions name, without what an exception adds."""
    words = " ".join(re.sub(r"\bWITH\s+\S+", " ", each, flags=re.IGNORECASE) for each in expressions)
    ids = (word for word in re.split(r"[\s()]+", words) if word and word.upper() not in ("AND", "OR"))
    return tuple(dict.fromkeys(ids))


def _bare(tag: str) -> str:
    """The expression of a tag, without brackets around all of it."""
    tag = " ".join(tag.split())
    inner = tag[1:-1]
    return inner.strip() if tag.startswith("(") and tag.endswith(")") and not set("()") & set(inner) else tag


def _of_texts(text: str, index: Index) -> Detected:
    if len(text) > MOST_CHARS:
        speaks = _STATES.search(text[:MOST_CHARS]) is not None
        return Detected(UNKNOWN, 0.0, (), "the text is longer than any licence") if speaks else NOTHING
    read = words_of(text)
    digest = digest_of(read.words)
    whole = index.whole.get(digest) or index.known.get(digest)
    if whole is not None:
        return Detected(whole, 1.0, (whole,), "", (Span(whole, 0, len(read.words)),))
    return _matched(read, text, index)


def _matched(read: Words, text: str, texts: Index) -> Detected:
    like = texts.like(read)
    listed = _spans(read, texts, like)
    given = _given(read, texts, listed)
    listed = sorted([*listed, *given], key=lambda each: each[0].start)
    if not listed:
        speaks = like.longest_words >= LIKE_A_LICENSE or _STATES.search(read.text) is not None
        return Detected(UNKNOWN, like.nearest, (), read.said(0, 8)) if speaks else NOTHING
    spans = tuple(span for span, _ in listed)
    named = tuple(dict.fromkeys(span.license for span in spans))
    outside = left_over(read, [(s.start, s.end, t) for s, t in listed], texts.common)
    if outside is not None:
        return Detected(UNKNOWN, like.nearest, named, read.said(outside, outside + 8), spans)
    if given and (others := addresses(text) - set(named)):
        return Detected(UNKNOWN, like.nearest, named, f"the address of {min(others)}", spans)
    return Detected(_expression(read, spans), 1.0, named, "", spans)


def _spans(read: Words, texts: Index, like: Like) -> list[tuple[Span, Template]]:
    """The licences that a text has, none within another, in order."""
    made: list[tuple[Span, Template]] = []
    places = _Places(read)
    for k, _ in like.sources:
        if any(span.end - span.start >= len(read.words) for span, _ in made):
            break
        source = texts.sources[k]
        one = source.template
        for start in one.starts:
            for place in places.of(one, start) if places.have(source.needed[start]) else ():
                if any(span.start <= place < span.end and other is one for span, other in made):
                    continue
                walked = walk(one, read, place, start, texts.common)
                if walked.end is not None and walked.end > place:
                    made.append((Span(one.id, place, walked.end, one.is_notice), one))
    made.sort(key=lambda each: (each[0].start - each[0].end, each[0].is_notice, len(each[0].license), each[0].license))
    chosen: list[tuple[Span, Template]] = []
    for span, one in made:
        if all(span.end <= other.start or span.start >= other.end for other, _ in chosen):
            chosen.append((span, one))
    return sorted(chosen, key=lambda each: each[0].start)


def _given(read: Words, texts: Index, listed: list[tuple[Span, Template]]) -> list[tuple[Span, Template]]:
    """The licences of Creative Commons that a notice gives, where no text of a licence stands."""
    given: list[tuple[Span, Template]] = []
    if "commons" not in read.words:
        return given
    for notice in notices(read):
        if all(notice.end <= span.start or notice.start >= span.end for span, _ in listed):
            source = next((each for each in texts.sources if each.id == notice.license), None)
            if source is not None:
                span = Span(notice.license, notice.start, notice.end, is_notice=True)
                given.append((span, source.template))
    return given


class _Places:
    """Where the first words of a template stand in a text."""

    def __init__(self, read: Words) -> None:
        self._words = read.words
        self._known = frozenset(read.words)

    def have(self, needed: Iterable[str]) -> bool:
        """True where the text has each of these words, be it in parts or within another."""
        return all(word in self._known or word in self._joined for word in needed)

    @cached_property
    def _joined(self) -> str:
        return "".join(self._words)

    @cached_property
    def _spaced(self) -> str:
        return f" {' '.join(self._words)} "

    def of(self, one: Template, start: int) -> list[int]:
        literal = one.literals.get(start, ())
        at = start
        if literal:
            whole = self._at(literal)
            if whole:
                return whole
        while at < len(one.words) and (at in one.items or one.words[at] in (SLOT, HOLDERS)):
            at += 1
        return self._at(one.words[at : at + 3])[:40]

    def _at(self, first: tuple[str, ...]) -> list[int]:
        if not first:
            return []
        phrase = f" {' '.join(first)} "
        places: list[int] = []
        last = number = 0
        at = self._spaced.find(phrase)
        while at >= 0:
            number += self._spaced.count(" ", last, at)
            places.append(number)
            last = at
            at = self._spaced.find(phrase, at + 1)
        return places


def _expression(read: Words, spans: tuple[Span, ...]) -> str:
    """The licences that hold; all of them, but where the text offers them to choose from."""
    ids = list(dict.fromkeys(span.license for span in spans))
    later = {i.removesuffix("-or-later") for i in ids if i.endswith("-or-later")}
    ids = [i for i in ids if i.removesuffix("-only") not in later or not i.endswith("-only")]
    if len(ids) == 1:
        return ids[0]
    joined = " OR " if options(read, [(s.start, s.end) for s in spans]) else " AND "
    return joined.join(ids)
