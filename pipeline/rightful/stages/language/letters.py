"""The letters of a piece of text as a detector of languages knows them. Floor 3; not a stage.

The models were trained on text in its usual spelling: a no-break space is no space to them, full-width letters are
Chinese and capitals are another alphabet. So a piece is read as :mod:`rightful.stages.shared.normal` gives it, with every blank
as U+0020, without what shows nothing, and with plain letters for their compatibility forms.
"""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
import numpy.typing as npt

from rightful.later import late_pattern
from rightful.stages.shared.bytes import REMOVED
from rightful.stages.shared.normal import composed

CAPITALS = 0.2
"""From this share of capitals among the letters on a piece is read in lower case.

Of manual pages in 25 languages and sentences in 75 none is recognised worse for it; to read all in lower case costs some
of the sentences, for German nouns and names tell something."""

_UPPER = bytes(range(0x41, 0x5B))
_ASCII_LETTERS = _UPPER + bytes(range(0x61, 0x7B))
_BLANKS = "\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
_SILENT = "\u034f\u061c\u115f\u1160\u180b-\u180f\u200e\u200f\u202a-\u202e\u2061-\u206f\u3164\ufe00-\ufe0f\uffa0"
# Letters and digits alone: full-width punctuation is that of Chinese and Japanese, and Thai and Lao have letters that
# NFKC takes apart.
_FORMS = (
    "\u02b0-\u02b8\u02e1-\u02e3\u0132\u0133\u0149\u017f\u01c4-\u01cc\u01f1-\u01f3\u1d2c-\u1d6a\u1d9b-\u1dbf\u2071-\u209c"
    "\u2100-\u214f\u2460-\u24ff\ua7f2-\ua7f4\ufb00-\ufdfb\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uff9f\uffa1-\uffdc\U0001d400-\U0001d7ff\U0001ee00-\U0001eefb\U0001f110-\U0001f149"
)
_ANY = late_pattern(f"[{_BLANKS}{_SILENT}{_FORMS}{REMOVED}]")
_BLANK = late_pattern(f"[{_BLANKS}]")
_NOTHING = late_pattern(f"[{_SILENT}]")
_FORM = late_pattern(f"[{_FORMS}]+")


def plain(piece: str) -> str:
    """The piece in plain letters.

    >>> plain("No\\u00adbody\\u00a0knew"), plain("\\uff34\\uff48\\uff45"), plain("THE RAILWAY OF THE TOWN")
    ('Nobody knew', 'The', 'the railway of the town')
    """
    if piece.isascii():
        if _has_ascii_blanks(piece):
            piece = _BLANK.sub(" ", piece)
    elif _ANY.search(piece):
        piece = _NOTHING.sub("", _BLANK.sub(" ", composed(piece)))
        piece = _FORM.sub(lambda run: unicodedata.normalize("NFKC", run[0]), piece)
    else:
        piece = unicodedata.normalize("NFC", piece)
    # The lower case of a Turkish I with a dot has the dot as a character of its own.
    return piece.replace("\u0130", "i").lower() if _is_capitals(piece) else piece


def _has_ascii_blanks(piece: str) -> bool:
    return "\x1c" in piece or "\x1d" in piece or "\x1e" in piece or "\x1f" in piece


def _is_capitals(piece: str) -> bool:
    if piece.isascii():
        data = piece.encode()
        capitals = len(data) - len(data.translate(None, _UPPER))
        return capitals > 0 and capitals >= CAPITALS * (len(data) - len(data.translate(None, _ASCII_LETTERS)))
    points = np.frombuffer(piece.encode("utf-32-le"), np.dtype("<u4"))
    kinds = _kinds()[points].tobytes()
    capitals = kinds.count(b"C")
    return capitals > 0 and capitals >= CAPITALS * (len(kinds) - kinds.count(b" "))


@functools.cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Of each character: a capital ``C``, another letter ``L``, or a blank. Above U+1FFFF all are letters. Once, 15 ms."""
    below = 0x20000
    kinds = np.full(0x110000, ord("L"), np.uint8)
    letters = (b" LC"[2 if c.isupper() else c.isalpha()] for c in map(chr, range(below)))
    kinds[:below] = np.fromiter(letters, np.uint8, below)
    return kinds
