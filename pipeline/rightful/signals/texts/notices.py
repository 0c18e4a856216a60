"""Notices in the words of a document: "Not for redistribution", "All rights reserved". Floor 2: pure; the words are handed in.

A wording counts where a document speaks of itself: in its head or tail, at the beginning of a line or a sentence, or behind a
copyright line, and in a paragraph that has a copyright line or is short. A sentence of a story, of an article about
copyright, or one in quotation marks is none. A notice grants nothing. It is no licence that could be read: it blocks, until
the card of the source says that it is none of the works' own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rightful.rights.notices import NoticeWords, Phrase
from rightful.rights.reserving import ReservingWords
from rightful.signals.texts.regions import folded
from rightful.signals.texts.reserving_words import NAMING, reserving_phrase

COPYRIGHT = re.compile(
    r"(?:©|\(c\)|℗|\bcopyright\b|\bcopr\b\.?)[^\n]{0,60}?\b(?:1[6-9]|20)\d\d\b|(?:©|\(c\)"
    r"|\bcopyright\b)\s*(?:©|\(c\)|by\b)|©\s*\w"
)
"""A copyright line, in a folded text: its sign and a year, or two signs."""
SHORT_WORDS = 30
"""A paragraph of so many words may be a notice without a copyright line."""
ALONE_WORDS = 4
GAP = 4
LINE_CHARS = 60
"""So much may stand before the name of a publisher in its copyright line."""
"""How many words a ``*`` of a wording stands for."""
SENTENCE_CHARS = 300
"""So much of a notice is kept to be shown."""
_JOINTS = re.compile(r"[\s\-']+")
_QUOTES = "\"'`\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u300c\u300d\u300e\u300f"
_BEFORE = ".;:!?)]|\u00b7\u2022\u2013\u2014-*_,/>\u3002\uff1b\uff0c\u3001"
_AFTER = ".;,:!)|\u00b7\u2022\u2013\u2014-*_<|/\u3002\uff1b\uff0c\u3001\uff01"
_LIMITS = re.compile(r"(?:worldwide|to the|to it|by|for|under|in|unless|without|except|including|internationally)\b")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_TOKEN = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?]\s")
_MODAL = re.compile(
    r"\b(?:may|must|shall|cannot|can not|permi\w+|prohibit\w*|forbid\w*|forbidden|reserv\w+|vorbehalt\w*"
    r"|untersagt|verboten|darf|durfen"
    r"|interdi\w+|autoris\w+|prohib\w+|reserva\w*|vieta\w+|proibi\w+|verboden|not be used|do not|don't|no)\b"
)
_ORDERS = re.compile(
    r"(?:no|not|do not|don't|never|please do not|must not|may not|opt[ -]out|noai|kein\w*|nicht|pas d\w*|ne pas"
    r"|interdi\w+|prohib\w+|vieta\w+|proibi\w+|niet|geen)\b|(?:\u7981\u6b62|\u4e0d\u5f97|\u8acb\u52ff|\u8bf7\u52ff)"
    r"|(?:tdm|(?:text and )?data mining|(?:gen)?ai|ki|machine learning)\b[^.\n]{0,40}"
    r"\b(?:prohibited|forbidden|reserved|verboten|untersagt|not (?:permitted|allowed))"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that was met: which, and the lines in which it stands."""

    phrase: Phrase
    sentence: str


Wordings = tuple[tuple[Phrase, re.Pattern[str]], ...]
"""Wordings of phrases, and of the names of publishers, each as it is met in a folded text."""


def wordings_in(text: str, words: NoticeWords) -> Wordings:
    """The wordings that stand in a folded text at all: most texts have none, and one look for each is all they cost."""
    joined = _JOINTS.sub(" ", text)
    return tuple((phrase, pattern) for key, phrase, pattern in _wordings(words) if key in joined)


def notices_in(paragraph: str, wordings: Wordings) -> Iterator[Notice]:
    """The notices of a paragraph (or of the comments that a file begins with), each phrase once; of what ``wordings`` has."""
    plain = folded(paragraph)
    known: set[str] = set()
    signed: bool | None = None
    for phrase, pattern in wordings:
        for match in () if phrase.id in known else pattern.finditer(plain):
            if phrase is HOLDER:
                line = plain[plain.rfind("\n", 0, match.start()) + 1 : match.end()]
                counts = COPYRIGHT.search(line) is not None and len(line) - len(match[0]) <= LINE_CHARS
            elif not _stands_apart(plain, match, phrase):
                continue
            else:
                signed = COPYRIGHT.search(plain) is not None if signed is None else signed
                by_itself = _length(plain) <= (ALONE_WORDS if phrase.alone else SHORT_WORDS)
                opens = phrase.goes_on and match.start() == 0
                counts = by_itself or (not phrase.alone and (signed or opens))
            if counts:
                known.add(phrase.id)
                yield Notice(phrase, _lines(paragraph, plain, match))
                break


HOLDER = Phrase("publisher", (), weak=True)
"""The copyright line of a known publisher."""


def reservation_in(paragraph: str, words: NoticeWords, reserving: ReservingWords) -> str | None:
    """The sentence in which a paragraph of a document reserves mining, AI or training, or None.

    It counts beside a copyright line, where it speaks of the document itself, and where the paragraph is an order and no more.
    """
    plain = folded(paragraph)
    if not names_what_may_be_reserved(plain, reserving):
        return None
    length = _length(plain)
    signed = bool(COPYRIGHT.search(plain)) or (length <= 2 * SHORT_WORDS and _weak(words).search(plain) is not None)
    own = _own(words).search(plain) is not None
    if not signed and not own and not (length <= SHORT_WORDS and _ORDERS.match(plain.lstrip(_BEFORE + _QUOTES + " "))):
        return None
    sentence = reserving_phrase(paragraph, reserving)
    if sentence is None or signed:
        return sentence
    spoken = folded(sentence)
    if own and _own(words).search(spoken) and _MODAL.search(spoken):
        return sentence
    return sentence if length <= SHORT_WORDS and _ORDERS.match(spoken.lstrip(_BEFORE + " ")) else None


def names_what_may_be_reserved(text: str, reserving: ReservingWords) -> bool:
    """True where a folded text has a word of what is reserved in words: mining, AI, training."""
    whole, beginnings, within = _naming(reserving)
    words = set(_TOKEN.findall(text))
    if not words.isdisjoint(whole) or any(piece in text for piece in within):
        return True
    return any(word.startswith(beginnings) for word in words)


def _naming(reserving: ReservingWords) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """The longest word of every term that names what may be reserved: whole ones, beginnings, and those of scripts without blanks."""
    known: tuple[frozenset[str], tuple[str, ...], tuple[str, ...]] | None = reserving.compiled.get("naming")
    if known is None:
        terms = [t for language in reserving.languages for role in NAMING for t in language.by_role.get(role, ())]
        longest = {max(folded(t).split(), key=len) for t in (*terms, *reserving.signs)}
        within = {w.rstrip("*") for w in longest if _UNSPACED.search(w) or any("\u1100" <= c <= "\u11ff" for c in w)}
        begins = {w.rstrip("*") for w in longest if w.endswith("*")} - within
        known = frozenset(longest - begins - within), tuple(sorted(begins)), tuple(sorted(within))
        reserving.compiled["naming"] = known
    return known


def phrases_of(words: NoticeWords) -> dict[str, str]:
    """What may be set aside, by its id: the first wording of each."""
    return {phrase.id: phrase.words[0] for phrase in words.phrases} | {HOLDER.id: "the copyright line of a publisher"}


def _length(plain: str) -> int:
    """How many words; of a script without blanks two letters count as one."""
    return len(plain.split()) + len(_UNSPACED.findall(plain)) // 2


def _stands_apart(plain: str, match: re.Match[str], phrase: Phrase) -> bool:
    """True where a wording begins a line, a sentence or stands behind a copyright sign, and ends one unless it goes on."""
    line = plain[plain.rfind("\n", 0, match.start()) + 1 : match.start()].rstrip(" \t")
    ahead = plain[match.end() : match.end() + 40].lstrip(" \t")
    if line[-1:] in tuple(_QUOTES) or ahead[:1] in tuple(_QUOTES):
        return False
    begins = not line or line[-1] in _BEFORE or COPYRIGHT.search(line) is not None
    ends = phrase.goes_on or not ahead or ahead[0] in _AFTER or ahead[0] == "\n" or _LIMITS.match(ahead) is not None
    return begins and ends


def _lines(paragraph: str, plain: str, match: re.Match[str]) -> str:
    """The sentence of a match, or its lines, as they are written."""
    first, last = plain.count("\n", 0, match.start()), plain.count("\n", 0, match.end())
    text = " ".join(" ".join(paragraph.split("\n")[first : last + 1]).split())
    if len(text) <= SENTENCE_CHARS:
        return text
    at = max(folded(text).find(match[0].split()[0]), 0)
    begin = max((m.end() for m in _SENTENCE.finditer(text, 0, at)), default=0)
    return text[max(begin, at - SENTENCE_CHARS // 2) :][:SENTENCE_CHARS]


def _wordings(words: NoticeWords) -> tuple[tuple[str, Phrase, re.Pattern[str]], ...]:
    """Every wording with the longest piece of it that stands in any text that has it."""
    known: tuple[tuple[str, Phrase, re.Pattern[str]], ...] | None = words.compiled.get("wordings")
    if known is None:
        listed = [(w, phrase) for phrase in words.phrases for w in _longest(phrase.words)]
        listed += [(name, HOLDER) for name in words.holders]
        known = words.compiled["wordings"] = tuple(
            (
                max((_JOINTS.sub(" ", folded(piece)).strip() for piece in w.split("*")), key=len),
                p,
                re.compile(_wording(w)),
            )
            for w, p in listed
        )
    return known


def _own(words: NoticeWords) -> re.Pattern[str]:
    return _any_of(words, "own", words.own)


def _weak(words: NoticeWords) -> re.Pattern[str]:
    return _any_of(words, "weak", [w for phrase in words.phrases if phrase.weak for w in phrase.words])


def _any_of(words: NoticeWords, key: str, listed: tuple[str, ...] | list[str]) -> re.Pattern[str]:
    known: re.Pattern[str] | None = words.compiled.get(key)
    if known is None:
        known = words.compiled[key] = re.compile("|".join(map(_wording, _longest(listed))) or "(?!)")
    return known


def _longest(listed: tuple[str, ...] | list[str]) -> list[str]:
    return sorted(listed, key=lambda w: (-len(w), w))


def _wording(text: str) -> str:
    """The expression that meets a wording in a folded text; words may be joined by blanks, line ends or hyphens."""
    pieces = re.split(r"[\s\-']+", folded(text))
    written = [rf"\w+(?:[\s\-]+\w+){{0,{GAP - 1}}}?" if piece == "*" else re.escape(piece) for piece in pieces]
    body = r"[\s\-']+".join(written)
    left = r"\b" if pieces[0][:1].isascii() and pieces[0][:1].isalnum() else ""
    right = r"\b" if pieces[-1][-1:].isascii() and pieces[-1][-1:].isalnum() else ""
    return f"{left}{body}{right}"
