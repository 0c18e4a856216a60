"""A text as the words that a comparison of licences goes by. Floor 2: pure.

Letters and digits in lower case and in order; punctuation, quotes, wrapping, comment markers, Markdown and the tags of
HTML do not count, and neither do two spellings of one English word. Numbers of list items are marked, for they may be
bullets elsewhere. The rules follow the matching guidelines of SPDX (annex "License matching guidelines and templates").
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

MARK = "\u01c3"
"""Stands before the number of a list item while a text is split; no text has it by then."""
SLOT, HOLDERS = "\u01c2", "\u01c1"
"""Words of a template: a name, and statements of copyright."""

_WORD = re.compile(r"[^\W_]+")
_ITEM = re.compile(
    r"^(?P<before>[^\w\n]*)"
    r"(?P<item>\d{1,2}(?:\.\d{1,2}){1,3}(?=[.):]?[ \t])|(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{2,5})(?=[.):\]][ \t*]))",
    re.MULTILINE,
)
_TAG = re.compile(
    r"</?(?:a|abbr|address|article|aside|b|big|blockquote|body|br|center|cite|code|col|dd|div|dl|dt|em|font|footer|form|h[1-6]"
    r"|head|header|hr|html|i|img|input|label|li|link|main|meta|nav|ol|option|p|pre|section|select|small|span|strong|sub|sup"
    r"|table|tbody|td|th|thead|title|tr|tt|u|ul|button|svg|path|iframe|noscript)(?:[\s/][^<>]*)?/?>",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!doctype[^<>]*>|<\?xml[^<>]*>", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"\]\((?:https?://|#|mailto:)[^()\s]*\)")
_FOUNDATION = re.compile(
    r",?\s*\W{0,4}\s*(?:59 Temple Pla?ce|675 Mass(?:achusetts)?\.? Ave(?:nue)?|51 Franklin St(?:reet)?|31 Milk Street)\b"
    r"[^;()<>]{0,60}?(?:Boston|Cambridge)\W{1,8}MA\b(?:\W{1,8}\d{5}(?:-\d{4})?)?(?:\W{0,8}USA\b)?",
    re.IGNORECASE,
)
_STREET = re.compile(r"Temple|Mass|Franklin|Milk", re.IGNORECASE)
_ADDRESS = re.compile(
    r"<(?:https?://|mailto:)[^<>\s]{1,200}>|[<(]?\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}\b[>)]?"
)
_LINKED = re.compile(r"\bhttps?://[^\s<>()\[\]]+[\w/]")
_RAW = re.compile(r"\A\s*(?:[rRbBuU]{1,2})(?=#*[\"'])")
_CARD = re.compile(r"\s*---[ \t]*\r?\n(?P<card>.{1,6000}?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_CARD_KEYS = frozenset(
    "title spdx-id nickname redirect_from source featured hidden description how note using permissions conditions"
    " limitations".split()
)
_OTHERWISE = re.compile(
    r"\b(?:non-?commercial(?:ly)?|training|trained?|ai|machine[- ]learning|mining|evaluation|internal)\b", re.IGNORECASE
)
_SPELLINGS = {
    "licence": "license", "licences": "licenses", "licenced": "licensed", "licencing": "licensing", "licencee": "licensee",
    "sublicence": "sublicense", "sublicences": "sublicenses", "licencor": "licensor",
    "organisation": "organization", "organisations": "organizations", "authorised": "authorized", "authorise": "authorize",
    "authorisation": "authorization", "acknowledgement": "acknowledgment", "acknowledgements": "acknowledgments",
    "favour": "favor", "judgement": "judgment", "behaviour": "behavior", "labour": "labor", "offence": "offense",
    "programme": "program", "recognised": "recognized", "utilisation": "utilization", "whilst": "while",
    "wilful": "willful", "fulfil": "fulfill", "analyse": "analyze", "catalogue": "catalog", "centre": "center",
    "https": "http",
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The words of a text as they are compared, and as they stand (``forms``); which of them are numbers of list items."""

    words: list[str]
    forms: list[str]
    items: frozenset[int]
    text: str = field(repr=False)

    @cached_property
    def offsets(self) -> list[int]:
        """Where each word begins in ``text``, which is the text without markup."""
        return [match.start() for match in _WORD.finditer(self.text)]

    @cached_property
    def is_mixed(self) -> bool:
        """True for a text in small and capital letters, where a name shows by its capitals."""
        some = self.forms[:400]
        return any(form.islower() for form in some) and any(not form.islower() for form in some if form.isalpha())

    def said(self, start: int, end: int) -> str:
        """The words from ``start`` to ``end`` as they stand, joined by single blanks."""
        return " ".join(form.lstrip(MARK) for form in self.forms[start:end])


def words_of(text: str, *, is_template: bool = False) -> Words:
    """The words of a text. One that ``is_template`` may have :data:`SLOT` and :data:`HOLDERS` among them.

    >>> words_of("1. The Licence,\\n   of <b>MIT</b>").words
    ['1', 'the', 'license', 'of', 'mit']
    """
    if not is_template and not text.isascii():
        text = text.replace(SLOT, "").replace(HOLDERS, "")
    plain = _ITEM.sub(_marked, plain_of(text))
    forms = _WORD.findall(plain)
    words = _WORD.findall(plain.lower())
    if len(words) != len(forms):  # a letter whose small form is another number of letters
        words = [form.lower() for form in forms]
    words = [_SPELLINGS.get(word, word) for word in words]
    if MARK not in plain:
        return Words(words, forms, frozenset(), plain)
    items = frozenset(i for i, word in enumerate(words) if word[0] == MARK)
    for i in items:
        words[i] = words[i].lstrip(MARK)
    empty = [i for i in items if not words[i]]
    return Words(words, forms, items - frozenset(empty), plain)


def links_of(text: str) -> dict[int, int]:
    """Where addresses stand in a text, in words: start -> end."""
    plain = plain_of(text)
    links: dict[int, int] = {}
    for match in _LINKED.finditer(plain):
        start = len(_WORD.findall(plain[: match.start()]))
        links[start] = start + len(_WORD.findall(match[0]))
    return links


def only_words(text: str) -> list[str]:
    """The words of :func:`words_of` alone."""
    return [_SPELLINGS.get(word, word) for word in _WORD.findall(plain_of(text).lower())]


def plain_of(text: str) -> str:
    """A text without markup, in compatible characters."""
    text = _RAW.sub("", text)
    if not text.isascii():
        text = text.replace("\ufeff", "").replace("\u00ad", "").replace(MARK, "")
        text = text.replace("©", " (c) ")
        text = unicodedata.normalize("NFKC", text)
    if "@" in text or "<http" in text:
        text = _ADDRESS.sub(" ", text)
    if "<" in text:
        text = _TAG.sub(" ", _UNSEEN.sub(" ", text))
    if "&" in text:
        text = html.unescape(text).replace("©", " (c) ")
    if "](" in text:
        text = _LINK.sub("]", text)
    if _STREET.search(text) is not None:
        text = _FOUNDATION.sub(" ", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _marked(match: re.Match[str]) -> str:
    return match["before"] + " ".join(MARK + part for part in match["item"].split("."))


def without_card(text: str) -> str:
    """A text without the card of facts that choosealicense.com puts before it, if that says nothing else."""
    match = _CARD.match(text)
    if match is None:
        return text
    keys = re.findall(r"^([a-z][\w-]*):", match["card"], re.MULTILINE)
    if "spdx-id" not in keys or not set(keys) <= _CARD_KEYS or _OTHERWISE.search(match["card"]):
        return text
    return text[match.end() :]
