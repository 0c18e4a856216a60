"""What characters show to a reader: those that show nothing. Floor 1.

>>> is_blank("\\u200b \\u00ad"), is_blank("\\u0301")
(True, False)
"""

from __future__ import annotations

import re

_UNSEEN = (
    # Default_Ignorable_Code_Point of the Unicode Character Database (DerivedCoreProperties.txt, 16.0): soft hyphen,
    # joiners, marks of direction, variation selectors, Hangul fillers, tags, and what is reserved for more of them.
    *("\u00ad\u034f\u061c\u3164\ufeff\uffa0", "\u115f-\u1160", "\u17b4-\u17b5", "\u180b-\u180f", "\u200b-\u200f"),
    *("\u202a-\u202e", "\u2060-\u206f", "\ufe00-\ufe0f", "\ufff0-\ufff8"),
    *("\U0001bca0-\U0001bca3", "\U0001d173-\U0001d17a", "\U000e0000-\U000e0fff"),
    # Further ones without a shape of their own: controls (but NUL, which is damage), anchors of annotations, controls of
    # Egyptian quadrats, the empty cell of Braille, the empty note head.
    *("\u0001-\u001f\u007f-\u009f", "\ufff9-\ufffb", "\U00013430-\U0001343f", "\u2800", "\U0001d159"),
)

SEEN = "[^\\s" + "".join(_UNSEEN) + "]"
"""A regular expression for one character that shows something. A mark that combines does, with nothing before it too:
it is drawn on a dotted circle."""

_SEEN = re.compile(SEEN)


def is_blank(text: str) -> bool:
    """True where nothing of a text can be seen: white space, and characters without a shape."""
    return _SEEN.search(text) is None
