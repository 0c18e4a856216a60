"""A text as it would be read aloud: without the markup, the signs and the spellings that part a wording. Floor 2: pure.

``<b>All</b> rights``, ``All&nbsp;rights``, ``**All rights** *reserved*``, ``A L L  R I G H T S``, a Cyrillic letter among
Latin ones and a blank of no width all say what they say. Lines stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from rightful.signals.texts.regions import folded

_TAG = re.compile(
    r"</?(?:(b|i|u|s|em|strong|span|font|small|big|a|tt|code|kbd|sup|sub|mark|abbr|cite|q|ins|wbr|bdi|bdo|nobr)"
    r"|p|br|hr|div|center|td|th|tr|li|h[1-6]|footer|address|blockquote|section)(?:\s[^<>\n]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-z][a-z0-9]{1,10}|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)
_EMPHASIS = re.compile(r"[*_~`](?:(?<!\w[*_~`])[*_~`]{0,2}(?=\S)|(?<=\S[*_~`])[*_~`]{0,2}(?!\w))")
"""One to three of these signs that no word stands before, or none behind; the first sign comes first, which is looked for
quickly."""
_APART = re.compile(r"(?<!\S)[^\W\d_](?: {1,3}[^\W\d_]){7,}(?!\S)")
_TWO_APART = re.compile(r" [^\W\d_] {1,3}[^\W\d_] ")
"""Two letters by themselves within a row of them: wherever :data:`_APART` meets something, and quickly looked for."""
_NO_WIDTH = re.compile("(?<![^\\W_])[^\\W_]{2,}+(?:[\u200b\u2060][^\\W_]{2,}+)+")
_BETWEEN = "\n\x00\n"
"""Parts paragraphs that are read together: no wording, no tag and no run of letters goes over it."""
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u04bb"  # Cyrillic
    "\u0410\u0415\u041e\u0420\u0421\u0423\u0425\u0406\u0408\u0405\u0412\u041a\u041c\u041d\u0422"
    "\u03b1\u03bf\u03c1\u03bd\u03b9\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",  # Greek
    "aeopcyxijsdqhAEOPCYXIJSBKMHTaopviABEHIKMNOPTYX",
)
"""Letters that cannot be told from Latin ones."""
_LIKE_LATIN = re.compile(f"[{''.join(map(chr, _ALIKE))}]")
_MIXED = re.compile(
    rf"(?<![^\W\d_])(?=[^\W\d_]*?(?i:[a-z]))(?=[^\W\d_]*?{_LIKE_LATIN.pattern})[^\W\d_]++",
)
"""A word with such a letter among Latin ones."""


def aloud(text: str) -> str:
    """A text folded (:func:`.regions.folded`), with what parts its wordings taken away; as many lines as it has,
    unless a tag goes over several.

    >>> aloud("<p><b>All</b>&nbsp;rights **reserved**.</p>").strip()
    'all rights reserved.'
    """
    if "<" in text:
        text = _TAG.sub(lambda tag: "" if tag[1] else " ", text)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: _one_line(unescape(entity[0]), entity[0]), text)
    if not text.isascii():
        text = text.replace("\xa0", " ")
        if "\u200b" in text or "\u2060" in text:
            text = _NO_WIDTH.sub(_joined_and_apart, text)
        if _LIKE_LATIN.search(text):
            text = _MIXED.sub(lambda word: word[0].translate(_ALIKE), text)
    if any(sign in text for sign in "*_~`"):
        text = _EMPHASIS.sub("", text)
    if _TWO_APART.search(text):
        text = _APART.sub(lambda letters: " ".join(w.replace(" ", "") for w in re.split(" {2,}", letters[0])), text)
    return folded(text)


def all_aloud(paragraphs: Iterable[str]) -> dict[str, str]:
    """What each of the paragraphs says aloud, all of them read at once."""
    listed = list(dict.fromkeys(paragraphs))
    joined = _BETWEEN.join(listed)
    if joined.count(_BETWEEN[1]) != len(listed) - 1:  # a text that has our sign itself
        return {paragraph: aloud(paragraph) for paragraph in listed}
    said = aloud(joined).split(_BETWEEN)
    return dict(zip(listed, said, strict=True))


def _one_line(character: str, written: str) -> str:
    return written if "\n" in character or "\r" in character else character.replace("\xa0", " ")


def _joined_and_apart(run: re.Match[str]) -> str:
    """Words that a sign of no width joins may be one word or several: both are said."""
    pieces = re.split("[\u200b\u2060]", run[0])
    return f"{''.join(pieces)}. {' '.join(pieces)}"
