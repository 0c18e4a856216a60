"""A text as the words that a comparison of licences goes by. Floor 2: pure.

Letters and digits in lower case and in order; punctuation, quotes, wrapping, comment markers, Markdown and the tags of
HTML do not count, and neither do two spellings of one English word. Numbers of list items are marked, for they may be
bullets elsewhere. The rules follow the matching guidelines of SPDX (annex "License matching guidelines and templates").
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

from rightful.signals.texts.names import RESTRICTING

MARK = "\u01c3"
"""Stands before the number of a list item while a text is split; no text has it by then."""
SLOT, HOLDERS = "\u01c2", "\u01c1"
"""Words of a template: a name, and statements of copyright."""

_WORD = re.compile(r"[^\W_]+")
_ASCII_MARK = "\x01"
_APART = "".join(chr(n) if _WORD.match(chr(n)) or chr(n) == _ASCII_MARK else " " for n in range(128))
"""Blanks for all that is no letter and no digit in ASCII, but for what stands there for a mark."""
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
_OF_TOOLS = re.compile(
    r"<!--\s*(?:markdownlint-(?:disable|enable|capture|restore)(?:-file|-line|-next-line)?(?:\s+MD\d{3})*|prettier-ignore"
    r"|prettier-ignore-(?:start|end)|omit (?:in|from) toc|vale off|vale on|textlint-disable)\s*-->",
    re.IGNORECASE,
)
"""Comments that speak to tools alone."""
_READ_AMISS = re.compile(
    "[\u00c2\u00e2][\u0080-\u00bf\u20ac\u2122\u0152-\u0161\u0178\u017d\u017e\u02c6\u02dc\u2013-\u203a]{1,2}"
)
"""Characters of UTF-8 that somebody read as Windows has them and wrote so."""
_PREAMBLE = re.compile(
    r"<!doctype\s+html(?:\s+(?:public|system|\"[^\"<>]*\"|'[^'<>]*'))*\s*>|<\?xml(?:\s+[\w-]+=(?:\"[^\"\s]*\"|'[^'\s]*'))*\s*\?>",
    re.IGNORECASE,
)
_PAGE = re.compile(r"^[^\w\n<]*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.MULTILINE)
_UNSEEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
"""What a page does not show; in any other text it is read as it stands."""
_STRUCK = re.compile(r"(?<!~)~~(?=[^\s~])")
_SAYING = (RESTRICTING | frozenset("nc nd gpl agpl lgpl sspl busl polyform".split())) - frozenset(
    "to for if is are be you your use user users used other than license licenses licensed terms term copy additional provided"
    " good country model models opt private personal internal sold sale student research education academic software".split()
)
"""Words that markup may not take away: those that may restrict, but for the ones that addresses and attributes are full of."""
_LINK = re.compile(r"\]\((?:https?://|#|mailto:)[^()\s]*\)", re.IGNORECASE)
_FOUNDATION = re.compile(
    r",?\s*\W{0,4}\s*(?:59 Temple Pla?ce|675 Mass(?:achusetts)?\.? Ave(?:nue)?|51 Franklin St(?:reet)?|31 Milk Street)\b"
    r"(?:\W|\b(?:suite|ste|street|st|avenue|ave|fifth|5th|floor|fl|\d{1,4})\b){0,40}?(?:Boston|Cambridge)\W{1,8}MA\b(?:\W{1,8}\d{5}(?:-\d{4})?)?(?:\W{0,8}USA\b)?",
    re.IGNORECASE,
)
_HOUSE = re.compile("59 temple pl|675 mass|51 franklin st|31 milk street")
"""What every such address has, in small letters."""
_NO_WORD = re.compile(r"\W")
_ADDRESS = re.compile(
    r"<(?:https?://|mailto:)[^<>\s]{1,200}>|[<(]?\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}\b[>)]?",
    re.IGNORECASE,
)
_MAY_LINK = re.compile("<[hm]", re.IGNORECASE)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LINKED = re.compile(r"\bhttps?://[^\s<>()\[\]]+[\w/]")
_WHOLE_LINK = re.compile(r"https?://[^\s<>()\[\]\"']{1,300}", re.IGNORECASE)
_RAW = re.compile(r"\A\s*(?:[rRbBuU]{1,2})(?=#*[\"'])")
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
    forms, words = _split(plain)
    words = list(map(_SPELLINGS.get, words, words))
    if MARK not in plain:
        return Words(words, forms, frozenset(), plain)
    items = frozenset(i for i, word in enumerate(words) if word[0] == MARK)
    for i in items:
        words[i] = words[i].lstrip(MARK)
    empty = [i for i in items if not words[i]]
    return Words(words, forms, items - frozenset(empty), plain)


def _split(plain: str) -> tuple[list[str], list[str]]:
    """The words of a text as they stand, and in small letters."""
    ascii_only = plain.replace(_ASCII_MARK, " ").replace(MARK, _ASCII_MARK)
    if ascii_only.isascii():
        spaced = ascii_only.translate(_APART)
        forms, words = (each.replace(_ASCII_MARK, MARK).split() for each in (spaced, spaced.lower()))
        return forms, words
    forms, words = _WORD.findall(plain), _WORD.findall(plain.casefold())
    if len(words) != len(forms):  # a letter whose small form is another number of letters
        words = [form.casefold() for form in forms]
    return forms, words


def text_of(raw: bytes) -> str:
    """The text of a file of whatever encoding: as its mark says, UTF-8 where it is that, else as Windows has it (cp1252).

    Letters that are wrong by this are in names; the words of a licence are ASCII but in a few, which then are not recognised.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    if raw[:4000:2].count(0) > len(raw[:4000]) // 4 or raw[1:4000:2].count(0) > len(raw[:4000]) // 4:
        return raw.decode("utf-16-be" if raw[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > len(raw) - 4:
            return raw.decode("utf-8", "ignore")
        return raw.decode("cp1252", "replace")


def links_of(text: str) -> dict[int, int]:
    """Where addresses stand in a text, in words: start -> end."""
    plain = plain_of(text)
    links: dict[int, int] = {}
    for match in _LINKED.finditer(plain):
        start = len(_WORD.findall(plain[: match.start()]))
        links[start] = start + len(_WORD.findall(match[0]))
    return links


def link_end(read: Words, at: int) -> int:
    """Where an address ends that begins at a word; ``at`` where none does."""
    if at >= len(read.words) or read.words[at] != "http":
        return at
    match = _WHOLE_LINK.match(read.text, read.offsets[at])
    return at if match is None else at + len(_WORD.findall(match[0]))


def only_words(text: str) -> list[str]:
    """The words of :func:`words_of` alone."""
    _, words = _split(plain_of(text))
    return list(map(_SPELLINGS.get, words, words))


def plain_of(text: str) -> str:
    """A text without markup, in compatible characters."""
    text = _RAW.sub("", text)
    if not text.isascii():
        text = text.replace("\ufeff", "").replace("\u00ad", "").replace(MARK, "")
        if "\u00e2" in text or "\u00c2" in text:
            text = _READ_AMISS.sub(_read_aright, text)
        text = text.replace("\u00a9", " (c) ")
        text = unicodedata.normalize("NFKC", text)
    if "<" in text:
        if "<!--" in text:
            text = _OF_TOOLS.sub(" ", text)
        if _PAGE.search(text[:2000]) is not None:
            text = _UNSEEN.sub(" ", text)
        if "<!" in text or "<?" in text:
            text = _PREAMBLE.sub(_without_markup, text)
        text = _TAG.sub(_without_markup, text)
    if "&" in text:
        text = _TAG.sub(_without_markup, html.unescape(text).replace("©", " (c) "))
    if "@" in text or "<http" in text or "<HTTP" in text:
        text = "\n".join([_without_addresses(line) for line in text.split("\n")])
    if "](" in text:
        text = _LINK.sub(lambda match: "]" + _without_markup(match), text)
    if "~~" in text:
        text = _STRUCK.sub(" struck out ", text)
    small = text.lower()
    if "boston" in small or "cambridge" in small:
        text = _without_foundation(text, small)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _without_foundation(text: str, small: str) -> str:
    """A text without the addresses of the foundation; ``small`` is the same in small letters. What may stand before the number
    of a house is looked for from there, where the text is ASCII and its letters have their places in both."""
    if not text.isascii():
        return _FOUNDATION.sub(" ", text)
    kept: list[str] = []
    done = 0
    for house in _HOUSE.finditer(small):
        first = house.start()
        while first > done and _NO_WORD.match(text, first - 1):
            first -= 1
        begins = range(first, house.start() + 1) if house.start() >= done else ()
        match = next((m for at in begins if (m := _FOUNDATION.match(text, at))), None)
        if match is not None:
            kept += text[done : match.start()], " "
            done = match.end()
    return "".join([*kept, text[done:]])


def _without_addresses(line: str) -> str:
    """A line without addresses of mail and of pages; no such address goes on in the next line."""
    return _ADDRESS.sub(_without_markup, line) if "@" in line or _MAY_LINK.search(line) else line


def _read_aright(match: re.Match[str]) -> str:
    """What was meant where UTF-8 was read as Windows has it; the same where it was not."""
    try:
        raw = b"".join(bytes((ord(sign),)) if 0x80 <= ord(sign) <= 0xFF else sign.encode("cp1252") for sign in match[0])
        return raw.decode("utf-8")
    except UnicodeError:
        return match[0]


def _without_markup(match: re.Match[str]) -> str:
    """Nothing in place of markup or an address; its words, where one of them may restrict."""
    said = _WORD.findall(match[0])
    return f" {' '.join(said)} " if len(said) > 1 and not _SAYING.isdisjoint(map(str.casefold, said)) else " "


def _marked(match: re.Match[str]) -> str:
    return match["before"] + " ".join(MARK + part for part in match["item"].split("."))


def digest_of(words: list[str]) -> str:
    """The digest by which a text is known that is not there: of its words, in 32 hexadecimal digits."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:32]
