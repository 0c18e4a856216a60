"""Bytes of the web as text. Floor 2: the readers.

The order is that of browsers (https://encoding.spec.whatwg.org/, https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding):
the mark at the start, the header, the page itself, then a guess (uchardet, through resiliparse). In one thing it is stricter:
bytes that are UTF-8 beyond ASCII are UTF-8 whatever is stated, because a wrong label makes a wrong text without any error.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from rightful.readers.charsets import MEANS
from rightful.readers.web.pages import web

MOST_REPLACED = 0.001
"""Where more of the characters cannot be decoded, the text is not in the encoding that it is said to be in: damage."""
_META = re.compile(
    rb"""<meta[\s/](?:[^>]{0,1024}?[\s/"'])?charset\s*=\s*["']?\s*([^\s"'/>;]{1,40})""", re.IGNORECASE
)  # both <meta charset=x> and content="text/html; charset=x"
_XML = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.:-]{0,39})["']""")
_PRESCAN_BYTES = 1_024
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PYTHON = {
    **MEANS,
    "big5": "big5hkscs",
    **dict.fromkeys(("iso-8859-11", "tis-620"), "cp874"),
    **dict.fromkeys(("us-ascii", "ascii"), "cp1252"),
}
"""The superset that the standard means, as Python calls it."""
_CONTROLS = re.compile("[\x80-\x9f]")
_BEYOND = re.compile("[^\x00-\x7f]")
_SHIFTED = frozenset(("iso-2022-jp", "iso2022_jp"))


class Decoded(NamedTuple):
    """A text, its encoding as Python calls it, and how many characters of it could not be decoded."""

    text: str
    encoding: str
    replaced: int = 0

    @property
    def fault(self) -> str | None:
        """Why it is no text, or None."""
        if self.replaced <= max(1, MOST_REPLACED * len(self.text)):
            return None
        return f"not text in {self.encoding}: {self.replaced} of {len(self.text)} characters cannot be decoded"


def decoded(data: bytes, label: str, *, is_page: bool) -> Decoded:
    """Bytes as text. ``label`` is what the header states, or empty; ``is_page``: it may state one itself."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _with(data[len(mark) :], encoding)
    stated = python_name(label)
    if stated is None and is_page:
        stated = python_name(_own_label(data))
        stated = "utf-8" if stated and stated.startswith("utf-16") else stated  # as the standard says of ASCII tags
    if stated in _SHIFTED:
        return _with(data, "iso2022_jp_ext")
    if not (stated or "").startswith("utf-16") or b"\0" not in data:  # no page of UTF-16 is without: its tags are ASCII
        try:
            return Decoded(data.decode(), "utf-8")
        except UnicodeDecodeError:
            pass
    if stated not in (None, "utf-8"):
        assert stated is not None
        first = _with(data, stated)
        if not first.replaced:
            return first
    else:
        first = _with(data, "utf-8")
    if first.fault is None or _letters_beyond(first) > first.replaced:  # it is what it is said to be, and broken
        return first
    guess = python_name(str(web().detect_encoding(data, html5_compatible=True, from_html_meta=False)))
    if guess in (None, first.encoding, "utf-8"):
        return first
    assert guess is not None
    second = _with(data, guess)
    return second if second.replaced < first.replaced else first


def _with(data: bytes, encoding: str) -> Decoded:
    errors = "control" if encoding.startswith("cp125") else "replace"
    text = data.decode(encoding, errors)
    return Decoded(text, encoding, len(_CONTROLS.findall(text)) if errors == "control" else text.count("\ufffd"))


def _letters_beyond(of: Decoded) -> int:
    """How many characters beyond ASCII could be decoded."""
    return len(_BEYOND.findall(of.text)) - of.replaced


def _control(error: UnicodeError) -> tuple[str, int]:
    """What windows-125x leaves open is a control character (the standard's index); no text has any."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("control", _control)


@lru_cache(1_024)  # whoever writes pages makes up labels
def python_name(label: str) -> str | None:
    """The encoding that a label means (the standard's table), as Python calls it; None for one that is not in the table."""
    bare = label.strip().strip("\"'").lower()
    if not bare:
        return None
    if bare in ("utf-8", "utf8", "unicode-1-1-utf-8"):
        return "utf-8"
    name = web().map_encoding_to_html5(bare, fallback_utf8=False)
    if not name:
        return None
    known = _PYTHON.get(str(name).lower(), str(name).lower())
    try:
        return codecs.lookup(known).name if known not in _SHIFTED else known
    except LookupError:
        return None


def _own_label(data: bytes) -> str:
    start = data[:_PRESCAN_BYTES]
    stated = _META.search(start) or _XML.match(start.lstrip())
    return stated[1].decode("latin-1") if stated else ""
