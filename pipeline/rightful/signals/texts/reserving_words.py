"""Words that reserve: a statement about rights in prose -> the phrase that reserves text and data mining, AI or training.

Floor 2: pure; the words are handed in (``rights. Law 6.12.reserving``). A statement is read sentence by sentence and clause by
clause: what names mining, machine learning, AI or training, and what is said of it there.

* forbidden or reserved, and not "not forbidden": *AI training is prohibited*, *TDM rights reserved*;
* negated: *no text mining*, *may not be used to train a model*, *AI training is not permitted*;
* excepted from a permission: *all uses except AI training*;
* on request only, or objected to: *requires prior written permission*, *opt out of data mining*;
* named among all that is reserved: *all rights reserved, including for AI*.

A clause that permits it and nothing else is left alone, whatever the clauses beside it forbid. It never grants. Where
a sentence can be read both ways it is heard as a reservation: most of what is prose blocks all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from rightful.rights.reserving import ROLES, ReservingWords

DETECTOR = "reserving-words"
IN_WORDS = "in words"
"""The basis of a reservation that somebody wrote in prose."""
ENGLISH = "en"
"""Names of this language are used in all others, and its markers beside names of all others."""
SIGN, END = "sign", "end"
FAR, NEAR, CLOSE, GAP = 40, 8, 4, 3
"""How many words a marker reaches: over a list of acts, within a clause, to the word that it belongs to; and how many
words a ``*`` between two words of a term stands for."""
PIECE = 200
"""So many parts of a sentence are looked at together."""
MOST_KNOWN = 65_536
"""Of so many words it is remembered whether a term begins with them."""
MAX_LENGTH = 20_000
"""What stands further behind in a statement is not read. So long a statement is no name of a licence: it blocks."""
NAMING = ("names", "training")
NEGATED = ("permits", "forbids", "asks", "opts_out")
AGAINST = ("negates", "forbids", "asks", "excepts", "opts_out", "all_reserved")
SAID = (*AGAINST, "permits", "includes")

_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
_APART = "".join(chr(n).lower() if _WORD.match(chr(n)) else " " for n in range(128))
"""The letters and digits of ASCII in small letters, blanks for all else."""
_SENTENCE_END = re.compile(r"[.!?]+(?=\s+[^\s\da-z]|\s*$)|[。•]|\n\s*\n")
_BORDER = re.compile(r"[,;:()\u2013\u2014/、]|\.\s| - ")
_ACRONYM = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_MAY_BE_ACRONYM = re.compile(r"\.[^\W\d_]\.")
_SPACED = re.compile(r"(?<!\w)(?:(?:[^\W\d_] ){3,}[^\W\d_]|(?:[A-Z] )+[A-Z])(?!\w)")
_MAY_BE_SPACED = re.compile(r" (?:[^\W\d_] [^\W\d_](?!\w)|(?<=[A-Z] )[A-Z](?!\w))")
"""What is in every text that :data:`_SPACED` meets, at less expense; so is what an acronym may be."""
_BLANKS = re.compile(r"(?!\n\s*\n)(?:[^\S ]\s*| \s+)")
"""White space that is no single blank."""
_CAMEL = re.compile(r"[A-Z](?:(?<=[a-z][A-Z])|(?<=[A-Z]{2})(?=[a-z]{2}))")
"""A capital that begins a word within another."""
_CONTROLS = dict.fromkeys(c for c in (*range(32), 127) if chr(c) not in "\n\t")
"""The characters of ASCII that are not seen."""
_LETTERS = str.maketrans("łøđıħŧ", "lodiht") | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th", ord("ð"): "d"}


@dataclass(frozen=True, slots=True)
class _Part:
    """Words of a sentence that have a role. ``clause`` counts the borders before it, ``border`` is the last of them;
    ``is_upper``: written in capitals.
    """

    role: str
    languages: frozenset[str]
    start: int
    end: int
    clause: int
    border: str
    is_upper: bool
    length: int

    @property
    def is_weak(self) -> bool:
        """True for a name that is a common word as well."""
        return self.role == "training"


def reserving_phrase(text: str, words: ReservingWords) -> str | None:
    """The sentence in which a statement reserves what ``words.acts`` name, or None.

    >>> # reserving_phrase("(c) Reed. No text and data mining permitted.", words) -> "No text and data mining permitted"
    """
    plain = _cleaned(text[:MAX_LENGTH])
    latin = plain.translate(str.maketrans(*words.lookalikes))
    for version in dict.fromkeys((plain, latin)):
        if (found := _reserving_sentence(version, words)) is not None:
            return found
    return None


def _reserving_sentence(text: str, words: ReservingWords) -> str | None:
    """The first sentence of a cleaned text that reserves, alone or with the one before it.

    Nothing is reserved where neither names what may be: such sentences are looked at only when one behind them is.
    """
    naming = _naming(words)
    if not naming.among(_spoken(text)):
        return None
    before: list[_Part] = []
    before_names = False
    passed: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        names = naming.among(_spoken(sentence))
        if not names and not before_names:
            passed.append(sentence)
            continue
        before = next((parts for each in reversed(passed) if (parts := _parts(each, words))), before)
        passed.clear()
        parts = _parts(sentence, words)
        if _reserves(parts) or (before and _goes_on(before, parts) and _reserves(_joined(before, parts))):
            return " ".join(sentence.split())
        if parts:
            before, before_names = parts, names
    return None


def _cleaned(text: str) -> str:
    """The text as it is seen: compatible forms made plain, invisible characters gone, spelt-out words closed up."""
    plain = unicodedata.normalize("NFKC", text)
    if plain.isascii():
        plain = plain.translate(_CONTROLS)
    else:
        plain = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t")
    if _MAY_BE_ACRONYM.search(plain):
        plain = _ACRONYM.sub(lambda match: match[0].replace(".", "") + " ", plain)
    plain = _BLANKS.sub(" ", _closed_up(plain))
    if _MAY_BE_SPACED.search(plain):
        plain = _SPACED.sub(lambda match: match[0].replace(" ", ""), plain)
    return _CAMEL.sub(r" \g<0>", plain)


def _closed_up(text: str) -> str:
    """A text that is spelt letter by letter, its words separated by more than one blank, as words."""
    pieces = text.split()
    if len(pieces) < CLOSE or sum(len(p) == 1 for p in pieces) < 0.6 * len(pieces):
        return text
    return " ".join(word.replace(" ", "") for word in re.split(r"\s{2,}", text))


@lru_cache(maxsize=65_536)
def _folded(word: str) -> str:
    """A word without case and accents."""
    apart = unicodedata.normalize("NFD", word.casefold())
    bare = "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def _spoken(text: str) -> list[str]:
    """The words of a text without case and accents, in order."""
    if text.isascii():
        return text.translate(_APART).split()
    return [_folded(word) for word in _WORD.findall(text)]


@dataclass(frozen=True, slots=True)
class _Naming:
    """The terms that name what may be reserved. ``by_word`` has the words of each by the longest whole one, ``beginnings`` are the
    longest of those that have no whole word, ``least`` the fewest letters of these, ``heads`` so many of each."""

    by_word: Mapping[str, list[frozenset[str]]]
    beginnings: tuple[str, ...]
    least: int
    heads: frozenset[str]

    def among(self, spoken: Iterable[str]) -> bool:
        """True where the words of a text have all that one of the terms is made of, in whatever order."""
        said = frozenset(spoken)
        if any(words <= said for word in self.by_word.keys() & said for words in self.by_word[word]):
            return True
        return any(word[: self.least] in self.heads and word.startswith(self.beginnings) for word in said)


def _naming(words: ReservingWords) -> _Naming:
    known: _Naming | None = words.compiled.get("naming terms")
    if known is None:
        by_role = [language.by_role.get(role, ()) for language in words.languages for role in NAMING]
        by_word: dict[str, list[frozenset[str]]] = {}
        begins: set[str] = set()
        for term in (*words.signs, *(term for terms in by_role for term in terms)):
            listed = [step for step in _steps(term) if step is not None]
            whole = [word for word, is_open in listed if not is_open]
            if whole:
                by_word.setdefault(max(whole, key=len), []).append(frozenset(whole))
            else:
                begins.add(max((word for word, _ in listed), key=len))
        least = min(map(len, begins), default=0)
        known = _Naming(by_word, tuple(sorted(begins)), least, frozenset(word[:least] for word in begins))
        words.compiled["naming terms"] = known
    return known


class _Node:
    """A step of the tree of terms: the words that may follow, beginnings of words (the longest of them has so many letters), and
    what ends here."""

    __slots__ = ("any", "ends", "known", "longest", "next", "starts")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.starts: dict[str, _Node] = {}
        self.longest = 0
        self.known: dict[str, bool] = {}
        self.any: _Node | None = None
        self.ends: dict[str, set[str]] = {}

    def begins(self, word: str) -> bool:
        """True where a term may begin with this word; texts have few different ones, so that it is known of most."""
        known = self.known.get(word)
        if known is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            known = self.known[word] = self.any is not None or word in self.next or any(self.begun(word))
        return known

    def begun(self, word: str) -> Iterator[str]:
        """The beginnings of words, among those that may follow, that this word has."""
        stems = (word[:n] for n in range(1, min(len(word), self.longest) + 1))
        return (stem for stem in stems if stem in self.starts)


def _tree(words: ReservingWords) -> _Node:
    tree: _Node | None = words.compiled.get("tree")
    if tree is None:
        tree = _Node()
        for sign in words.signs:
            _add(tree, sign, SIGN, "")
        for language in words.languages:
            for role in ROLES:
                for term in language.by_role.get(role, ()):
                    _add(tree, term, role, language.id)
        words.compiled["tree"] = tree
    return tree


def _add(root: _Node, term: str, role: str, language: str) -> None:
    node = root
    for step in _steps(term):
        if step is None:
            node.any = node.any or _Node()
            node = node.any
            continue
        word, is_open = step
        if is_open:
            node.longest = max(node.longest, len(word))
        node = (node.starts if is_open else node.next).setdefault(word, _Node())
    node.ends.setdefault(role, set()).add(language)


def _steps(term: str) -> Iterator[tuple[str, bool] | None]:
    """The words of a term, each with whether it is a beginning; None for words that may be any."""
    for piece in term.split():
        if piece == "*":
            yield None
            continue
        spelt = [_folded(w) for w in _WORD.findall(piece)]
        for n, word in enumerate(spelt):
            yield word, piece.endswith("*") and n == len(spelt) - 1


def _longest(node: _Node, folded: list[str], at: int) -> tuple[int, dict[str, set[str]]]:
    """The end of the longest term that begins here, and what it is; the beginning itself where there is none."""
    best, ends = at, dict[str, set[str]]()
    waiting = [(node, at)]
    while waiting:
        here, n = waiting.pop()
        if here.ends and n >= best and n > at:
            kept = {} if n > best else ends
            ends = {role: kept.get(role, set()) | here.ends.get(role, set()) for role in kept.keys() | here.ends.keys()}
            best = n
        if n < len(folded):
            word = folded[n]
            if word in here.next:
                waiting.append((here.next[word], n + 1))
            if here.any is not None:
                waiting += [(here.any, n + k) for k in range(1, GAP + 1) if n + k <= len(folded)]
            waiting += [(here.starts[stem], n + 1) for stem in here.begun(word)]
    return best, ends


def _parts(sentence: str, words: ReservingWords) -> list[_Part]:
    """What has a role in a sentence, in order."""
    folded = _spoken(sentence)
    tree = _tree(words)
    terms: list[tuple[int, int, dict[str, set[str]]]] = []
    at = 0
    while at < len(folded):
        if tree.begins(folded[at]):
            end, ends = _longest(tree, folded, at)
            if end > at:
                terms.append((at, end, ends))
                at = end
                continue
        at += 1
    if not terms:
        return []
    matches = list(_WORD.finditer(sentence))
    clauses = _clauses(sentence, matches)
    parts: list[_Part] = []
    for start, end, ends in terms:
        raw = sentence[matches[start].start() : matches[end - 1].end()]
        for role, languages in ends.items():
            parts.append(_Part(role, frozenset(languages), start, end, *clauses[start], raw.isupper(), len(raw)))
    return [*parts, _Part(END, frozenset(), at, at, clauses[-1][0], "", False, 0)]


def _clauses(sentence: str, words: list[re.Match[str]]) -> list[tuple[int, str]]:
    """Of each word the clause that it stands in, and the border at which that begins."""
    clauses: list[tuple[int, str]] = []
    clause, border = 0, ""
    for n, word in enumerate(words):
        last, first = words[n - 1].end() if n else 0, word.start()
        is_bare = not n or (first - last == 1 and sentence[last] == " ")
        between = None if is_bare else _BORDER.search(sentence, last, first)
        if between is not None:
            clause, border = clause + 1, between[0].strip()
        clauses.append((clause, border))
    return clauses


def _goes_on(before: list[_Part], parts: list[_Part]) -> bool:
    """True where a sentence carries on the one before: "All rights reserved. This includes text and data mining."."""
    return any(p.role == "includes" and p.start <= CLOSE and p.length >= 5 for p in parts) or (
        before[-2].role == "includes"
    )


def _joined(before: list[_Part], parts: list[_Part]) -> list[_Part]:
    *before, last = before
    words, clauses = last.end, last.clause + 1
    moved = (replace(p, start=p.start + words, end=p.end + words, clause=p.clause + clauses) for p in parts)
    return [*before, *moved]


def _reserves(parts: list[_Part]) -> bool:
    """True when anything that is named in the sentence is reserved in it. A long one is looked at in pieces."""
    if any(p.role == SIGN for p in parts):
        return True
    if not any(p.role in NAMING for p in parts):
        return False
    pieces = range(0, max(len(parts) - PIECE // 2, 1), PIECE // 2)
    return any(_Sentence(tuple(parts[n : n + PIECE])).reserves() for n in pieces)


class _Sentence:
    """What has a role in a sentence, and which of it is negated."""

    def __init__(self, parts: tuple[_Part, ...]) -> None:
        self.parts = parts
        self.named = [p for p in parts if p.role in NAMING]
        negations = [p for p in parts if p.role == "negates"]
        # A marker whose negation is of another language is not negated: the same letters are another word there.
        owned = {p: [n for n in negations if _negates(n, p, self.named)] for p in parts if p.role in NEGATED}
        self.negated = frozenset(p for p, by in owned.items() if by)
        self.of_a_ban = frozenset(n for p, by in owned.items() if p.role != "permits" for n in by)

    def reserves(self) -> bool:
        return any(self._is_reserved(name) for name in self.named)

    def _is_reserved(self, name: _Part) -> bool:
        heard_of = [p for p in self.parts if p.role in SAID and _speaks_of(p, name)]
        mine = [p for p in heard_of if p.clause == name.clause]
        if any(p.role == "permits" and p not in self.negated for p in mine) and not any(
            p.role in AGAINST for p in mine
        ):
            return False
        rules = (self._forbidden, self._denied, self._excepted, self._on_request, self._among_all)
        return any(rule(marker, name, heard_of) for rule in rules for marker in heard_of)

    def _forbidden(self, marker: _Part, name: _Part, heard_of: list[_Part]) -> bool:
        """*Text mining is prohibited*; not *all use is prohibited except text mining*."""
        heard = marker.role == "forbids" and marker not in self.negated and _is_near(marker, name)
        return heard and not _between(marker, name, heard_of, "excepts")

    def _denied(self, marker: _Part, name: _Part, heard_of: list[_Part]) -> bool:
        """*No text mining*, *may not be used for AI*, *AI training is not permitted*; not *AI is not prohibited*."""
        if marker.role != "negates" or marker in self.of_a_ban:
            return False
        if marker.end <= name.start:
            reach = NEAR if name.is_weak else FAR
            if _gap(marker, name) > reach or (name.is_weak and marker.clause != name.clause):
                return False
            return not _between(marker, name, heard_of, "excepts")
        if marker.clause - name.clause > 1 or _gap(name, marker) > (CLOSE if name.is_weak else NEAR):
            return False
        if any(
            p.role == "permits" and 0 <= p.start - marker.end <= CLOSE and p.clause == marker.clause for p in heard_of
        ):
            return True
        may_not = any(p.role == "permits" and p.end == marker.start for p in heard_of)
        last = any(p.role in (END, "asks", "harmless") and p.start == marker.end for p in self.parts)
        return not name.is_weak and (may_not or (last and marker.start - name.end <= CLOSE))

    def _excepted(self, marker: _Part, name: _Part, heard_of: list[_Part]) -> bool:
        """*All uses except AI training*; not *no use except text mining*."""
        if (
            marker.role != "excepts"
            or marker.end > name.start
            or _gap(marker, name) > (CLOSE if name.is_weak else NEAR)
        ):
            return False
        earlier = [p for p in heard_of if p.end <= marker.start]
        banned = any(p.role in ("forbids", "all_reserved") and p not in self.negated for p in earlier)
        return not banned and not any(p.role == "negates" and p not in self.of_a_ban for p in earlier)

    def _on_request(self, marker: _Part, name: _Part, heard_of: list[_Part]) -> bool:
        """*Requires prior written permission*, *opt out of data mining*."""
        return marker.role in ("asks", "opts_out") and marker not in self.negated and _is_near(marker, name)

    def _among_all(self, marker: _Part, name: _Part, heard_of: list[_Part]) -> bool:
        """*All rights reserved, including for AI*, *text mining: all rights reserved*; not *Reed AI, all rights reserved*."""
        if marker.role != "all_reserved":
            return False
        if marker.end <= name.start:
            behind = any(
                p.role == "includes" and 0 <= p.start - name.end <= CLOSE and p.clause == name.clause for p in heard_of
            )
            named = behind or _between(marker, name, heard_of, "includes")
            return named and not _between(marker, name, heard_of, "excepts")
        return marker.clause == name.clause + 1 and marker.border in (":", "\u2013", "\u2014", "-")


def _speaks_of(marker: _Part, name: _Part) -> bool:
    """True where marker and name can be of one language. A short English name in small letters is a word elsewhere."""
    if marker.languages & name.languages or ENGLISH in marker.languages:
        return True
    return ENGLISH in name.languages and (name.is_upper or name.length > 3)


def _gap(one: _Part, other: _Part) -> int:
    return max(one.start, other.start) - min(one.end, other.end)


def _is_near(marker: _Part, name: _Part) -> bool:
    """True where a marker reaches a name. Words that name training alone are common: what is said of them stands close."""
    if name.is_weak:
        return _gap(marker, name) <= CLOSE and marker.clause == name.clause
    return _gap(marker, name) <= FAR


def _between(marker: _Part, name: _Part, heard_of: list[_Part], role: str) -> bool:
    return any(p.role == role and marker.end <= p.start and p.end <= name.start for p in heard_of)


def _negates(negation: _Part, marker: _Part, named: list[_Part]) -> bool:
    """True where a negation belongs to this marker: "not prohibited", "may not"."""
    if negation.clause != marker.clause or not (negation.languages & marker.languages):
        return False
    if marker.role == "permits" and 0 <= negation.start - marker.end <= 1:
        return True
    before = 0 <= marker.start - negation.end <= CLOSE
    return before and not any(negation.end <= name.start < marker.start for name in named)
