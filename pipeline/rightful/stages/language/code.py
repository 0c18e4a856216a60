"""The loop that tells lines of source code from lines of prose, compiled. Floor 3; not a stage.

Only :mod:`rightful.stages.language.stage` imports this, and only when it runs: numba takes half a second to load and its code
some seconds to be made, the first time. Each line is looked at by itself: signs of code (operators, calls, names with
an underscore, a keyword in front, what it ends with) count for it, words with a space between them against it. Comments,
docstrings, blocks fenced in Markdown, scripts in HTML, markup and lines of data count for neither, so that an annotated
program is still one and a manual with examples is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rightful.stages.shared.bytes import Bytes, Ints
from rightful.stages.shared.scan import compiled, first_at, part

READ_BYTES = 1 << 15
"""How much of a text is looked at: more says nothing new."""

CODE, PROSE, NEITHER, NOT_CODE, UNDECIDED = range(5)
_OUTSIDE, _IN_COMMENT, _IN_STRING, _IN_FENCE, _IN_SCRIPT = range(5)

_LOWER = (
    "import from def class return if elif else try except finally raise with while for lambda pass break continue yield "
    "assert async await function var let const new delete switch case default public private protected static final "
    "abstract interface extends implements throw throws void int char float double long unsigned signed struct union enum "
    "typedef extern inline bool string auto namespace using template typename virtual override fn pub impl use mod trait "
    "match loop package func defer type my our sub require local begin end done fi esac echo exit print printf println "
    "elsif unless module include val object fun data instance foreach endif endmacro endfunc endwhile dim proc macro "
    "subroutine procedure integer option select insert update create alter drop set syn hi setlocal highlight augroup "
    "autocmd nnoremap mov push pop jmp cmp lea defun defvar define"
)
_UPPER = (
    "SELECT INSERT DELETE CREATE ALTER DROP DECLARE GRANT REVOKE COMMENT PROCEDURE SUBROUTINE PROGRAM INTEGER ENDIF"
)
_OPERATORS = {
    2: "== != <= >= => -> && || += -= *= |= := :: () [] |> ){",
    1: "++ ;} };",
}


def code_shares(data: Bytes, bounds: Ints) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Which share (0..1) of the bytes of code and prose is code, for the texts ``data[bounds[i]:bounds[i + 1]]``.

    0 without code, with less than 20 bytes of it, and where all but 3 % of a text is neither (a licence above one line).
    """
    if not data.size:  # not worth compiling the loop anew: an empty array is of another type, for it can be written
        return np.zeros(bounds.size - 1, np.float32)
    counts = np.zeros((bounds.size - 1, 3), np.int64)
    _counts(data, bounds, _KEYWORDS, _PAIRS, counts)
    code, prose, whole = counts.T
    enough = (code >= 20) & (code * 100 >= whole * 3)
    share: np.ndarray[Any, np.dtype[np.float32]] = np.where(enough, code / np.maximum(code + prose, 1), 0)
    return share.astype(np.float32)


def _packed(word: str) -> int:
    """A word of up to 11 letters as one number; bit 60 for capitals."""
    number = 0
    for letter in word.lower():
        number = number << 5 | (ord(letter) - 96)
    return number | (word.isupper() << 60)


def _pair_points() -> Bytes:
    points = np.zeros(1 << 16, np.uint8)
    for gain, operators in _OPERATORS.items():
        for pair in operators.split():
            points[ord(pair[0]) << 8 | ord(pair[1])] = gain
    return points


_KEYWORDS = np.sort(np.array([_packed(word) for word in f"{_LOWER} {_UPPER}".split()], np.int64))
_PAIRS = _pair_points()


@part
def _is_letter(byte: int) -> bool:
    return 97 <= (byte | 32) <= 122


@part
def _is_name(byte: int) -> bool:
    return _is_letter(byte) or 48 <= byte <= 57 or byte == 95


@part
def _opening(data: Any, a: int, b: int) -> int:
    """What the first bytes of the line ``data[a:b]`` alone say: any of the five."""
    first = data[a]
    second = data[a + 1] if b - a > 1 else 0
    last = data[b - 1]
    if first == 35:  # '#': a comment, a heading, or #!, #[, #include
        i = a + 1
        while i < b and _is_letter(data[i]):
            i += 1
        directive = i - a > 3 and (i == b or data[i] <= 32)
        return CODE if second == 33 or second == 91 or directive else NEITHER
    if first == 64:  # '@': a decorator, or a command of Texinfo
        i = a + 1
        while i < b and (_is_name(data[i]) or data[i] == 46):
            i += 1
        return CODE if i > a + 1 and (i == b or data[i] == 40) else NEITHER
    if first == 46 and second == 46:  # a directive of reStructuredText
        return PROSE
    if first == second and (first == 47 or first == 45):  # "//" and "--" begin comments
        return NEITHER
    if first == 59 or first == 37:  # ";" and "%" too
        return NEITHER
    if first == 124 or first == 92 or first == 61 or first == 62:  # a table, TeX, a heading, a quotation
        return NOT_CODE
    if (first == 60 and second != 63) or (first == 58 and _is_letter(second)):  # a tag, but not "<?php"; ":param x:"
        return NOT_CODE
    if (first == 34 or first == 39) and last != 59 and last != 41:  # an item of data
        return NEITHER
    if (first == 123 or first == 91) and (second == 34 or second == 123 or b - a == 1):  # JSON
        return NEITHER
    return UNDECIDED


@part
def _first_word(data: Any, a: int, b: int, keywords: Any) -> tuple[int, bool]:
    """Points for the first word of a line, and whether it is a keyword: 2 for one, 4 in capitals, some for a call."""
    i, number = a, 0
    lower, upper = True, True
    while i < b and i - a < 12 and _is_letter(data[i]):
        upper = upper and data[i] <= 90
        lower = lower and data[i] >= 97
        number = number << 5 | ((data[i] | 32) - 96)
        i += 1
    ends = i == b or not (_is_name(data[i]) or data[i] >= 128 or data[i] == 39)
    if 1 < i - a < 12 and (lower or upper) and ends:
        number |= upper << 60
        at = first_at(keywords, number, 0, keywords.size)
        if at < keywords.size and keywords[at] == number:
            return (4 if upper else 2), True
    while i < b and _is_name(data[i]):
        i += 1
    if i > a + 1 and i + 1 < b and data[i] == 40 and not 48 <= data[i + 1] <= 57 and data[i + 1] != 115:
        return (2 if data[b - 1] == 41 else 1), False  # "name(", but neither "ls(1)" nor "item(s)"
    return 0, False


@part
def _last_bytes(data: Any, a: int, b: int, keyword: bool, spaces: int) -> int:
    """Points for what a line ends with; ``spaces`` are twice the number of those between words."""
    last = data[b - 1]
    before = data[b - 2] if b - a > 1 else 32
    if last == 123 or last == 40:
        return 3
    if last == 59:
        after = before == 41 or before == 93 or before == 34 or before == 39 or before == 125 or 48 <= before <= 57
        return (3 if after else 1) + (1 if spaces <= 4 else 0)
    if last == 58:
        return 2 if keyword or before == 41 else 0
    if last == 91 or (last == 41 and before == 41):
        return 2
    return 1 if last == 44 and before == 41 else 0


@part
def _single(data: Any, i: int, b: int, previous: int) -> int:
    """Points for the byte at ``i`` beside its neighbours, where it is no letter, no space and begins no operator."""
    byte = data[i]
    after = data[i + 1] if i + 1 < b else 10
    closes = data[i + 2] if i + 2 < b else 10
    named = _is_name(previous)
    gain = False
    if byte == 61:  # x=1
        gain = named
    elif byte == 40:  # f(x, but not item(s) or ls(1)
        gain = named and closes != 41
    elif byte == 91:  # a[i, but not a footnote[1]
        gain = named and not (closes == 93 and 48 <= after <= 57)
    elif byte == 123 or byte == 125:
        gain = not _is_letter(previous)
    elif byte == 95:  # snake_case
        gain = _is_letter(previous) and _is_letter(after)
    elif byte == 46:  # object.method
        gain = (_is_letter(previous) or previous == 41) and 97 <= after <= 122
    elif byte == 59:  # a;b
        gain = named and _is_letter(after)
    elif byte == 36:  # $name, ${name}, $(command)
        gain = _is_letter(after) or after == 123 or after == 40
    return 1 if gain else 0


@part
def _comment_follows(data: Any, i: int, b: int) -> Any:
    """Whether a comment begins behind the space at ``i``: // or /* or a # with a space behind it."""
    if i + 2 >= b:
        return False
    return (data[i + 1] == 47 and (data[i + 2] == 47 or data[i + 2] == 42)) or (data[i + 1] == 35 and data[i + 2] == 32)


@part
def _line(data: Any, a: int, b: int, keywords: Any, pair_points: Any) -> int:
    """CODE, PROSE or NEITHER: the line ``data[a:b]``, which neither begins nor ends with white space."""
    kind = _opening(data, a, b)
    if kind < NOT_CODE:
        return kind
    points, keyword = _first_word(data, a, b, keywords)
    spaces, other, words, opened, closed = 0, 0, 0, 0, 0
    previous = 32
    i = a
    while i < b:
        byte = data[i]
        after = data[i + 1] if i + 1 < b else 10
        if byte >= 128:
            other += 1
        elif _is_letter(byte):
            words += not _is_letter(previous) and previous < 128
            points += byte <= 90 and 97 <= previous <= 122  # camelCase
        elif byte == 32:
            if _comment_follows(data, i, b):
                b = i
                break
            if (_is_letter(after) or after >= 128) and (_is_letter(previous) or previous >= 128):
                spaces += 1 if previous <= 90 and after <= 90 else 2
            elif (_is_letter(after) or after >= 128) and (previous == 44 or previous == 46):
                spaces += 1 if previous == 44 else 2
            elif after == 61 and i + 2 < b and data[i + 2] == 32 and _is_name(previous):  # x = 1
                points += 2
        elif byte == 58 and after == 47 and i + 2 < b and data[i + 2] == 47:  # an address says nothing
            while i < b and data[i] > 32:
                i += 1
            previous = 47
            continue
        else:
            opened += byte == 40
            closed += byte == 41 or (byte == 40 and after == 41)
            gain = pair_points[np.int64(byte) << 8 | after]
            if gain and not (byte == 58 and after == 58 and i + 2 == b):  # "example::" is reStructuredText
                points += gain
                i += 1
                while i + 1 < b and data[i + 1] == 61:
                    i += 1
                byte = after
            else:
                points += _single(data, i, b, previous)
        previous = byte
        i += 1
    while b > a and data[b - 1] <= 32:
        b -= 1
    points += _last_bytes(data, a, b, keyword, spaces)
    if data[a] == 125:
        points += 3
    elif data[a] == 40 and (opened != closed or opened > 1):  # Lisp
        points += 2
    if words == 0 and other == 0:
        return CODE if points > 3 and kind == UNDECIDED else NEITHER
    against = spaces * 0.5 + other / 6
    if kind == UNDECIDED and points >= 2 + 0.6 * against:
        return CODE
    ends = data[b - 1] == 46 or data[b - 1] == 63 or data[b - 1] == 33
    return PROSE if against >= 3 or other >= 9 or (ends and words >= 2) else NEITHER


@part
def _tripled(data: Any, i: int, b: int, byte: int) -> bool:
    return i + 2 < b and data[i] == byte and data[i + 1] == byte and data[i + 2] == byte


@part
def _quotes(data: Any, a: int, b: int) -> int:
    """How many triple quotes there are in a line."""
    n, i = 0, a + 2
    while i < b:  # every third byte is looked at: one of them is in the quote
        byte = data[i]
        if byte == 34 or byte == 39:
            start = i
            while start > a and start > i - 2 and data[start - 1] == byte:
                start -= 1
            if _tripled(data, start, b, byte):
                n += 1
                i = start + 2
        i += 3
    return n


@part
def _ends_comment(data: Any, a: int, b: int) -> bool:
    """Whether ``*/`` is in a line."""
    i = a + 1
    while i < b and not (data[i] == 47 and data[i - 1] == 42):
        i += 1
    return i < b


@part
def _script(data: Any, a: int, b: int) -> int:
    """Where ``<scr`` or ``<sty`` begins in a line; ``b`` or more where there is neither."""
    i = a
    while i + 3 < b:
        if data[i] == 60 and data[i + 1] | 32 == 115:
            second, third = data[i + 2] | 32, data[i + 3] | 32
            if (second == 99 and third == 114) or (second == 116 and third == 121):
                return i
        i += 1
    return b


@part
def _ends_script(data: Any, a: int, b: int) -> bool:
    """Whether ``</s`` is in a line."""
    i = a + 2
    while i < b and not (data[i - 2] == 60 and data[i - 1] == 47 and data[i] | 32 == 115):
        i += 1
    return i < b


@part
def _block(data: Any, a: int, b: int, block: int) -> tuple[int, bool]:
    """The block that is open behind a line, and whether the line is in one (or opens or closes it): it says nothing."""
    if block == _IN_COMMENT:
        return (_OUTSIDE if _ends_comment(data, a, b) else block), True
    if block == _IN_SCRIPT:
        return (_OUTSIDE if _ends_script(data, a, b) else block), True
    quotes = 0 if block == _IN_FENCE else _quotes(data, a, b)
    if block == _IN_STRING:
        return (_OUTSIDE if quotes & 1 else block), True
    if _tripled(data, a, b, 96) or _tripled(data, a, b, 126):
        return (_OUTSIDE if block == _IN_FENCE else _IN_FENCE), True
    if block == _IN_FENCE:
        return block, True
    if b - a > 1 and data[a] == 47 and data[a + 1] == 42:
        return (_OUTSIDE if _ends_comment(data, a, b) else _IN_COMMENT), True
    if data[a] == 60:
        script = _script(data, a, b)
        if script < b:
            return (_OUTSIDE if _ends_script(data, script, b) else _IN_SCRIPT), True
    if quotes:
        return (_IN_STRING if quotes & 1 else _OUTSIDE), data[a] == 34 or data[a] == 39
    return _OUTSIDE, False


@compiled
def _counts(data: Any, bounds: Any, keywords: Any, pair_points: Any, counts: Any) -> None:
    """Of each text the bytes in lines of code, in lines of prose, and in all lines, without the white space around."""
    for text in range(bounds.size - 1):
        at = bounds[text]
        stop = min(bounds[text + 1], at + READ_BYTES)
        block: Any = np.int64(_OUTSIDE)  # of the type that it has later; or what is called is compiled twice
        while at < stop:
            end = at
            while end < stop and data[end] != 10 and data[end] != 13:
                end += 1
            a, b = at, end
            while a < b and data[a] <= 32:
                a += 1
            while b > a and data[b - 1] <= 32:
                b -= 1
            at = end + 1
            if a == b:
                continue
            counts[text, 2] += b - a
            block, inside = _block(data, a, b, block)
            if inside:
                continue
            kind = _line(data, a, b, keywords, pair_points)
            if kind != NEITHER:
                counts[text, kind] += b - a
