"""Notices in the words of a document: "Not for redistribution", "All rights reserved". Floor 2: pure; the words are handed in.

A wording counts where a document speaks of itself: in its head or tail, at the beginning of a line or a sentence, or behind a
copyright line, and in a paragraph that has a copyright line or is short. A sentence of a story, of an article about
copyright, or one in quotation marks is none. A notice grants nothing. It is no licence that could be read: it blocks, until
the card of the source says that it is none of the works' own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rightful.rights.notices import NoticeWords, Phrase
from rightful.rights.reserving import ReservingWords
from rightful.signals.texts.aloud import aloud
from rightful.signals.texts.regions import folded
from rightful.signals.texts.reserving_words import NAMING, reserving_phrase

COPYRIGHT = re.compile(
    r"(?:©|\(c\)|℗|\bcopyright\b|\bcopr\b\.?)[^\n]{0,60}?\b(?:1[6-9]|20)\d\d\b|(?:©|\(c\)"
    r"|\bcopyright\b)\s*(?:©|\(c\)|by\b)|©\s*\w"
)
"""A copyright line, in a folded text: its sign and a year, or two signs."""
_SIGNS = ("©", "(c)", "℗", "copyright", "copr")
SHORT_WORDS = 30
"""A paragraph of so many words may be a notice without a copyright line."""
ALONE_WORDS = 4
GAP = 4
"""How many words a ``*`` of a wording stands for."""
LINE_CHARS = 60
"""So much may stand before the name of a publisher in its copyright line."""
SENTENCE_CHARS = 300
"""So much of a notice is kept to be shown."""
_JOINTS = re.compile(r"[\s\-']+")
_QUOTES = "\"'`\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u300c\u300d\u300e\u300f"
_BEFORE = ".;:!?)]|\u00b7\u2022\u2013\u2014-*_,/>\u3002\uff1b\uff0c\u3001"
_AFTER = ".;,:!)|\u00b7\u2022\u2013\u2014-*_<|/\u3002\uff1b\uff0c\u3001\uff01"
_LIMITS = re.compile(r"(?:worldwide|to the|to it|by|for|under|in|unless|without|except|including|internationally)\b")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_TOKEN = re.compile(r"\w+")
_APART = "".join(chr(n) if _TOKEN.match(chr(n)) else " " for n in range(128))
"""Blanks for all that is not part of a word in ASCII."""
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
    """A notice that was met: which, and the lines in which it stands. ``limits``: its sentence goes on, and takes something away
    that no licence beside it may give back (*All rights reserved, no copying*)."""

    phrase: Phrase
    sentence: str
    limits: bool = False


Wordings = tuple[tuple[Phrase, re.Pattern[str]], ...]
"""Wordings of phrases, and of the names of publishers, each as it is met in a folded text."""


def tokens(text: str) -> frozenset[str]:
    """The different words of a folded text."""
    return frozenset(text.translate(_APART).split() if text.isascii() else _TOKEN.findall(text))


def wordings_in(text: str, spoken: frozenset[str], words: NoticeWords) -> Wordings:
    """The wordings that stand in a folded text, whose words are given, at all: most texts have none of their longest words."""
    listed = _listed(words)
    table = _table(words, "wordings", [wording for wording, _ in listed])
    return tuple((listed[n][1], table.met[n][1]) for n in table.of(text, spoken))


def notices_in(paragraph: str, wordings: Wordings) -> Iterator[Notice]:
    """The notices of a paragraph (or of the comments that a file begins with), each phrase once; of what ``wordings`` has."""
    if not wordings:
        return
    plain = aloud(paragraph)
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
                signed = _is_signed(plain) if signed is None else signed
                by_itself = _length(plain) <= (ALONE_WORDS if phrase.alone else SHORT_WORDS)
                opens = phrase.goes_on and match.start() == 0
                counts = by_itself or (not phrase.alone and (signed or opens))
            if counts:
                known.add(phrase.id)
                yield Notice(
                    phrase, _lines(paragraph, plain, match), _limits(plain[match.end() : match.end() + SENTENCE_CHARS])
                )
                break


_SENTENCE_ENDS = re.compile(r"[.!?](?:\s|$)|\n")
_TAKES_AWAY = re.compile(
    r"\b(?:no|not|non|none|nothing|never|only|without|prohibit\w*|forbid\w*|exclud\w+|except|unless|royalt\w+|payment|fee|fees)\b"
)
_OTHERWISE = re.compile(r"\b(?:except|unless)\b[^,;]{0,30}\b(?:otherwise|noted|stated|specified|indicated|below)\b")


def _limits(rest: str) -> bool:
    """True where a sentence goes on with words that take something away."""
    return _TAKES_AWAY.search(_OTHERWISE.sub("", _SENTENCE_ENDS.split(rest, maxsplit=1)[0])) is not None


HOLDER = Phrase("publisher", (), weak=True)
"""The copyright line of a known publisher."""


def reservation_in(paragraph: str, plain: str, words: NoticeWords, reserving: ReservingWords) -> str | None:
    """The sentence in which a paragraph of a document reserves mining, AI or training, or None.

    It counts beside a copyright line, where it speaks of the document itself, and where the paragraph is an order and no more.
    ``plain`` is the paragraph as it is read aloud (:func:`.aloud.aloud`).
    """
    spoken = tokens(plain)
    if not reserved_in(plain, spoken, reserving):
        return None
    length = _length(plain)
    signed = _is_signed(plain) or (length <= 2 * SHORT_WORDS and _weak(words).meets(plain, spoken))
    own = not signed and _own(words).meets(plain, spoken)
    if not signed and not own and not (length <= SHORT_WORDS and _ORDERS.match(plain.lstrip(_BEFORE + _QUOTES + " "))):
        return None
    sentence = reserving_phrase(paragraph, reserving)
    if sentence is None or signed:
        return sentence
    said = aloud(sentence)
    if own and _own(words).meets(said, tokens(said)) and _MODAL.search(said):
        return sentence
    return sentence if length <= SHORT_WORDS and _ORDERS.match(said.lstrip(_BEFORE + " ")) else None


def reserved_in(text: str, spoken: frozenset[str], reserving: ReservingWords) -> tuple[str, ...]:
    """The words of a folded text, whose words are given, that may name what is reserved in words: mining, AI, training."""
    whole, beginnings, within, heads = _naming(reserving)
    pieces = () if text.isascii() else (piece for piece in within if piece in text)
    least = len(next(iter(heads), ""))
    begun = (w for w in spoken if w[:least] in heads and w.startswith(beginnings))
    return (*(spoken & whole), *pieces, *begun)


_Naming = tuple[frozenset[str], tuple[str, ...], tuple[str, ...], frozenset[str]]


def _naming(reserving: ReservingWords) -> _Naming:
    """The longest word of every term that names what may be reserved: whole ones, beginnings, and those of scripts without
    blanks; and the first letters of the beginnings, as many of each as the shortest has."""
    known: _Naming | None = reserving.compiled.get("naming")
    if known is None:
        terms = [t for language in reserving.languages for role in NAMING for t in language.by_role.get(role, ())]
        longest = {max(folded(t).split(), key=len) for t in (*terms, *reserving.signs)}
        within = {w.rstrip("*") for w in longest if _UNSPACED.search(w) or any("\u1100" <= c <= "\u11ff" for c in w)}
        begins = {w.rstrip("*") for w in longest if w.endswith("*")} - within
        least = min(map(len, begins), default=0)
        heads = frozenset(w[:least] for w in begins)
        known = frozenset(longest - begins - within), tuple(sorted(begins)), tuple(sorted(within)), heads
        reserving.compiled["naming"] = known
    return known


def phrases_of(words: NoticeWords) -> dict[str, str]:
    """What may be set aside, by its id: the first wording of each."""
    return {phrase.id: phrase.words[0] for phrase in words.phrases} | {HOLDER.id: "the copyright line of a publisher"}


def _is_signed(plain: str) -> bool:
    """True for a folded text with a copyright line."""
    return any(sign in plain for sign in _SIGNS) and COPYRIGHT.search(plain) is not None


def _length(plain: str) -> int:
    """How many words; of a script without blanks two letters count as one."""
    return len(plain.split()) + (0 if plain.isascii() else len(_UNSPACED.findall(plain)) // 2)


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
    lines = paragraph.split("\n")
    if plain.count("\n") + 1 == len(lines):  # else a tag went over several, and nobody knows which these are
        lines = lines[plain.count("\n", 0, match.start()) : plain.count("\n", 0, match.end()) + 1]
    text = " ".join(" ".join(lines).split())
    if len(text) <= SENTENCE_CHARS:
        return text
    at = max(folded(text).find(match[0].split()[0]), 0)
    begin = max((m.end() for m in _SENTENCE.finditer(text, 0, at)), default=0)
    return text[max(begin, at - SENTENCE_CHARS // 2) :][:SENTENCE_CHARS]


def _listed(words: NoticeWords) -> list[tuple[str, Phrase]]:
    """Every wording with its phrase, and every publisher."""
    known: list[tuple[str, Phrase]] | None = words.compiled.get("listed")
    if known is None:
        known = words.compiled["listed"] = [
            *((w, phrase) for phrase in words.phrases for w in _longest(phrase.words)),
            *((name, HOLDER) for name in words.holders),
        ]
    return known


@dataclass(frozen=True, slots=True)
class _Table:
    """Wordings to be looked for together. ``met`` has for each the longest piece of it that stands in every text in which it is
    met, and its expression; ``by_word`` the numbers of wordings by a word that every such text has, with all its other words.
    Of those in ``unbound`` no word is known from end to end (scripts without blanks): a piece of them goes with their number."""

    met: tuple[tuple[str, re.Pattern[str]], ...]
    by_word: Mapping[str, list[tuple[int, frozenset[str]]]]
    unbound: tuple[tuple[int, str], ...]

    def of(self, text: str, spoken: frozenset[str]) -> list[int]:
        """The numbers of wordings that may stand in a folded text, whose words are given, in order."""
        numbers = [n for word in self.by_word.keys() & spoken for n, words in self.by_word[word] if words <= spoken]
        numbers += [n for n, piece in self.unbound if piece in text]
        if not numbers:
            return numbers
        joined = " ".join(text.replace("-", " ").replace("'", " ").split())
        return [n for n in sorted(numbers) if self.met[n][0] in joined]

    def meets(self, text: str, spoken: frozenset[str]) -> bool:
        """True where one of the wordings stands in a folded text, whose words are given."""
        return any(self.met[n][1].search(text) for n in self.of(text, spoken))


def _table(words: NoticeWords, name: str, wordings: Sequence[str]) -> _Table:
    known: _Table | None = words.compiled.get(name)
    if known is None:
        by_word: dict[str, list[tuple[int, frozenset[str]]]] = {}
        unbound: list[tuple[int, str]] = []
        met = tuple((_longest_piece(w), re.compile(_wording(w))) for w in wordings)
        for n, wording in enumerate(wordings):
            whole = _whole_words(folded(wording))
            if whole:
                by_word.setdefault(max(whole, key=len), []).append((n, frozenset(whole)))
            else:
                unbound.append((n, max(met[n][0].split(" "), key=len)))
        known = words.compiled[name] = _Table(met, by_word, tuple(unbound))
    return known


def _longest_piece(wording: str) -> str:
    return max((_JOINTS.sub(" ", folded(piece)).strip() for piece in wording.split("*")), key=len)


def _whole_words(wording: str) -> list[str]:
    """The words of a folded wording that are whole words wherever it is met: what is beside them there is no letter."""
    ends = [at for at, c in ((0, wording[:1]), (len(wording), wording[-1:])) if not (c.isascii() and c.isalnum())]
    return [m[0] for m in _TOKEN.finditer(wording) if m.start() not in ends and m.end() not in ends]


def _own(words: NoticeWords) -> _Table:
    return _table(words, "own", words.own)


def _weak(words: NoticeWords) -> _Table:
    return _table(words, "weak", [w for phrase in words.phrases if phrase.weak for w in phrase.words])


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
