"""The rule behind ``norm_sha256``, in plain Python: what the stage ``normalize`` has to give. Floor 3; not a stage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np

from rightful.later import late_pattern
from rightful.stages.shared.bytes import JOINERS, REMOVED, Bytes

PIECE_BYTES = 1 << 20
_WINDOW_BYTES = 1 << 12

RULE = 2
RULE_VERSION = f"rightful-norm/{RULE}"
"""The rule, in this order: (1) remove U+00AD, U+200B, U+2060 and U+FEFF; (2) remove U+200C and U+200D where no script
needs them, and of several equal ones in a row all but one; (3) NFC; (4) every run of white space (White_Space of Unicode
and U+001C-U+001F: what ``str.split()`` splits at) becomes one U+0020, but where a line ends in it and the next one is
indented, U+000A and that indentation: the U+0020 and U+0009 behind the last of U+000A-U+000D, without the margin that
all lines of the text have in common; (5) none at the start and the end.

A joiner is needed beside a letter or mark of a script that joins its letters (Arabic, Syriac, N'Ko, Mongolian, ...) or
comes from Brahmi (Devanagari, Bengali, Sinhala, Khmer, ...), and beside a symbol that emoji are made of: U+200C where one
stands on both sides, U+200D on either. So indentation counts, in tabs or blanks as it is, and how lines are broken that
are not indented does not, nor what stands at their ends. Case, digits, punctuation and compatibility forms stay. NFC is that
of the running Python's ``unicodedata``: it never changes for assigned characters (Unicode's stability policy).

rightful-norm/1 removed all joiners and knew no indentation: :func:`earlier`."""

_JOINED = (
    *("\u0600-\u074f", "\u0750-\u077f", "\u07c0-\u07ff", "\u0840-\u08ff"),  # Arabic, Syriac, N'Ko, Mandaic
    *(
        "\u0900-\u0dff",
        "\u0f00-\u109f",
        "\u1780-\u18af",
        "\u1900-\u194f",
    ),  # Brahmi's: India, Tibet, Burma, Khmer, Mongolian
    *("\u1a20-\u1aaf", "\u1b00-\u1c4f", "\u1cd0-\u1cff", "\ua840-\ua8ff"),  # Tai Tham, Bali, Sunda, Batak, Lepcha, ..
    *("\ua930-\uaa7f", "\uaae0-\uaaff", "\uabc0-\uabff", "\ufb50-\ufdff", "\ufe70-\ufefc"),  # .. Java, Cham, Meetei
    *("\U00010a00-\U00010a5f", "\U00010ac0-\U00010aff", "\U00010b80-\U00010baf", "\U00010d00-\U00010d3f"),
    *("\U00010ec0-\U00010fdf", "\U00011000-\U00011fff", "\U0001e900-\U0001e95f", "\U0001ee00-\U0001eeff"),
    *("\u20e3", "\u2190-\u21ff", "\u2300-\u23ff", "\u2600-\u27bf", "\u2b00-\u2bff", "\ufe0f"),  # what emoji are made of
    *("\U0001f000-\U0001faff", "\U000e0020-\U000e007f"),
)
_NEEDED = "".join(_JOINED)
_PLAIN = late_pattern("[" + "".join(c for c in REMOVED if c not in JOINERS) + "]")
_REMOVED = late_pattern(f"[{REMOVED}]")
_NEEDS = late_pattern(f"[{_NEEDED}]")
# A run of joiners that lacks the one or the other neighbour, and doubled ones; nearly all that are needed are passed by.
_DOUBTFUL = late_pattern(
    f"(?<![{_NEEDED}{JOINERS}])[{JOINERS}]+|[{JOINERS}]+(?![{_NEEDED}{JOINERS}])|\u200c{{2,}}|\u200d{{2,}}"
)
_DOUBLED = late_pattern("(\u200c|\u200d)\\1+")
_INDENTED = tuple((end, re.compile(f"{end}[ \t]")) for end in "\n\r\v\f")
_LINE_END = late_pattern("[\n\v\f\r]")


def normalized(text: str) -> str:
    """The text as a reader sees it, by :data:`RULE_VERSION`. Idempotent.

    >>> normalized(" one\\u00ad \\n\\n two "), normalized("if a:\\n    b\\n\\nc")
    ('one two', 'if a:\\n    b c')
    """
    return _laid_out(composed(text))


def composed(text: str) -> str:
    """The text by the rule but for its white space, which stays as it is."""
    return unicodedata.normalize("NFC", _joined(_PLAIN.sub("", text)))


def earlier(text: str) -> str:
    """The text by rightful-norm/1.

    >>> earlier("if a:\\n    b\\n\\nc")
    'if a: b c'
    """
    return " ".join(unicodedata.normalize("NFC", _REMOVED.sub("", text)).split())


def pieces(text: Bytes) -> Iterator[str]:
    """The UTF-8 of a text in pieces of about :data:`PIECE_BYTES`: what :func:`composed` and :func:`earlier` make of it they make
    of its pieces, so that one of hundreds of megabytes need not be one string of up to four bytes a character.

    A piece begins with a character of ASCII or an ideograph of U+5000-U+8FFF: none of them composes with what stands before it,
    is removed, or keeps a joiner.
    """
    start = 0
    while start < text.size:
        stop = start + PIECE_BYTES
        while stop < text.size:
            window = text[stop : stop + _WINDOW_BYTES]
            begins = np.flatnonzero((window < 0x80) | ((window - np.uint8(0xE5)) < 4))
            if begins.size:
                stop += int(begins[0])
                break
            stop += window.size
        yield str(text[start:stop].data, "utf-8", "replace")
        start = stop


def earlier_of(text: Bytes) -> Iterator[str]:
    """What :func:`earlier` gives, in pieces, of the UTF-8 of a text."""
    said = parted = False
    for piece in pieces(text):
        plain = unicodedata.normalize("NFC", _REMOVED.sub("", piece))
        words = plain.split()
        if words:
            yield (" " if said and (parted or plain[0].isspace()) else "") + " ".join(words)
            said, parted = True, plain[-1].isspace()
        else:
            parted = parted or bool(plain)


def _joined(text: str) -> str:
    """Without the joiners that nothing needs; until nothing changes, for NFC moves marks where one stood between them."""
    while "\u200c" in text or "\u200d" in text:
        again = unicodedata.normalize("NFC", _DOUBTFUL.sub(_needed, text))
        if again == text:
            break
        text = again
    return text


def _needed(run: re.Match[str]) -> str:
    """What stays of a run of joiners."""
    text, start, stop = run.string, run.start(), run.end()
    before = start > 0 and (text[start - 1] in JOINERS or _NEEDS.match(text[start - 1]) is not None)
    behind = stop < len(text) and (text[stop] in JOINERS or _NEEDS.match(text[stop]) is not None)
    if before and behind:
        return run[0][0]
    return _DOUBLED.sub(r"\1", run[0].replace("\u200c", "")) if before or behind else ""


def _laid_out(text: str) -> str:
    """White space by the rule."""
    if not any(end in text and indented.search(text) for end, indented in _INDENTED):
        return " ".join(text.split())
    lines = [(_indentation(line), body) for line in _LINE_END.split(text) if (body := " ".join(line.split()))]
    margin = _common([indentation for indentation, _ in lines])
    bodies = (f"\n{i[margin:]}{body}" if len(i) > margin else f" {body}" for i, body in lines[1:])
    return "".join([*(body for _, body in lines[:1]), *bodies])


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _common(strings: list[str]) -> int:
    """How many characters all of some strings begin with."""
    first, last = min(strings, default=""), max(strings, default="")
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
