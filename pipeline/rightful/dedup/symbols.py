"""Compiled loops over what stands between words: symbols that mean something, and texts as they are. Floor 5.

Words alone make ``12 + 7`` and ``12 - 7`` one text. Two further sets of hashes tell them apart: :func:`meanings` of any
text, for which a symbol that carries a meaning is looked for with the words on both sides, and :func:`as_they_are` of a
short one, in which every symbol is a token like a word. Imported only where they run, as `stages/shared/shingles.py`.

Typography does not count: quotation marks, dashes and full-width forms are folded, white space is not looked at but for
indentation, and that only by whether a line is deeper than the one before, with a tab or without, or comes back.
"""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
import numpy.typing as npt

from rightful.stages.shared.scan import compiled, part
from rightful.stages.shared.shingles import ALONE, GONE, MARK, WORD, _avalanche, _stir

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

_SYMBOLS_END = 0x20000
"""No symbols are assigned behind, but for tags."""

_POINT = np.uint32((1 << 21) - 1)
ALWAYS, PUNCTUATION, DOT, DASH, STAR, TILDE, PIPE, HASH, BANG, EQUAL, GREATER, PLUS, SHAPE = range(1, 14)
"""Kinds of symbols, by when they carry a meaning: see :func:`_means`."""

_KINDS = {
    **dict.fromkeys(".,:'", DOT),
    **dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", DASH),
    **dict.fromkeys("*\u2217\u204e", STAR),
    **{"~": TILDE, "|": PIPE, "#": HASH, "!": BANG, "=": EQUAL, ">": GREATER, "+": PLUS, "`": PUNCTUATION},
    **dict.fromkeys("/\\%&@\u2030\u2031\u066a", ALWAYS),
}
_FOLDED = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u2036\u300c\u300d\u300e\u300f", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u2035\u00b4`", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc", "-"),
    **dict.fromkeys("\u2044\u2215", "/"),
    **dict.fromkeys("\u2217\u204e", "*"),
    **dict.fromkeys("\u2223\u2502", "|"),
    **dict.fromkeys("\u2022\u2023\u2043\u25cf\u25aa\u25e6\u00b7\u2219\u22c5\u30fb", "\u00b7"),
}
_ELLIPSIS = 0x2026
_NEAR_BYTES, _NEAR_CHARS, _WORD_CHARS = 64, 64, 8
"""How far is looked from a symbol, so that no text costs more than its length, and how much of a word is enough."""
_PRIME = np.uint64(0x100000001B3)


@functools.cache
def symbols() -> U32:
    """For each code point that is punctuation or a symbol what it is folded to, and above 21 bits its kind; else 0."""
    table = np.zeros(_SYMBOLS_END, np.uint32)
    for code in range(0x21, _SYMBOLS_END):
        char = chr(code)
        if unicodedata.category(char)[0] not in "PS" or char == "_":
            continue
        plain = unicodedata.normalize("NFKC", char)
        folded = _FOLDED.get(char, plain if len(plain) == 1 and unicodedata.category(plain)[0] in "PS" else char)
        table[code] = np.uint32(ord(folded)) | np.uint32(_kind(folded) << 21)
    table.flags.writeable = False
    return table


@functools.cache
def unheard() -> Mask:
    """For each byte whether no symbol that may carry a meaning begins with it: letters, digits, most punctuation, Han."""
    mask = np.ones(256, np.bool_)
    kinds = symbols()[:0x80] >> np.uint32(21)
    mask[:0x80] = (kinds == 0) | (kinds == PUNCTUATION)
    mask[0xC2:0xE4] = mask[0xEE:0xF5] = False
    mask[0x0A] = False
    mask.flags.writeable = False
    return mask


def _kind(char: str) -> int:
    if char in _KINDS:
        return _KINDS[char]
    category = unicodedata.category(char)
    if category == "So":
        return ALWAYS if ord(char) >= 0x1F000 else SHAPE
    return PUNCTUATION if category[0] == "P" else ALWAYS


@part
def _after(data: Bytes, at: int, end: int) -> tuple[np.uint32, int]:
    """The code point that begins at ``at``, and where the next one does; 0 at the end."""
    if at >= end:
        return np.uint32(0), at
    c = np.uint32(data[at])
    if c < 0x80:
        return c, at + 1
    size = 2 if c < 0xE0 else (3 if c < 0xF0 else 4)
    if at + size > end:
        return np.uint32(0xFFFD), end
    c &= np.uint32(0xFF >> (size + 1))
    for i in range(1, size):
        c = c << np.uint32(6) | np.uint32(data[at + i] & 63)
    return c, at + size


@part
def _before(data: Bytes, at: int, start: int) -> tuple[np.uint32, int]:
    """The code point that ends at ``at``, and where it begins; 0 at the start."""
    if at <= start:
        return np.uint32(0), at
    begin = at - 1
    while begin > start and data[begin] & 0xC0 == 0x80:
        begin -= 1
    return _after(data, begin, at)[0], begin


@part
def _entry(points: U32, c: np.uint32) -> np.uint32:
    return points[c] if c < points.size else np.uint32(0)


@part
def _is_digit(c: np.uint32) -> bool:
    return bool(np.uint32(0x30) <= c <= np.uint32(0x39))


@part
def _is_space(c: np.uint32) -> bool:
    """White space within a line, and the end of a line or text (0)."""
    return bool(c <= 0x20 or c == 0xA0 or c == 0x3000 or np.uint32(0x2000) <= c <= np.uint32(0x200A) or c == 0x202F)


@part
def _word_after(data: Bytes, points: U32, at: int, end: int) -> np.uint64:
    """A hash of how the next word from ``at`` on begins; 0 for none near."""
    h, chars = np.uint64(0), 0
    stop = min(end, at + _NEAR_BYTES)
    while at < stop and chars < _WORD_CHARS:
        c = np.uint32(data[at])
        behind = at + 1
        if c >= 0x80:
            c, behind = _after(data, at, end)
        entry = _entry(points, c)
        at = behind
        if entry & GONE:
            continue
        if entry & ALONE:
            return h if chars else _stir(np.uint64(1), np.uint64(entry & _POINT))
        if entry & WORD:
            h = h * _PRIME + np.uint64(entry & _POINT)
            chars += 1
        elif chars and not entry & MARK:
            break
    return h


@part
def _word_before(data: Bytes, points: U32, at: int, start: int) -> np.uint64:
    """A hash of how the last word before ``at`` ends; 0 for none near."""
    h, chars = np.uint64(0), 0
    stop = max(start, at - _NEAR_BYTES)
    while at > stop and chars < _WORD_CHARS:
        begin = at - 1
        c = np.uint32(data[begin])
        if c >= 0x80:
            c, begin = _before(data, at, start)
        entry = _entry(points, c)
        at = begin
        if entry & GONE:
            continue
        if entry & ALONE:
            return h if chars else _stir(np.uint64(1), np.uint64(entry & _POINT))
        if entry & WORD:
            h = h * _PRIME + np.uint64(entry & _POINT)
            chars += 1
        elif chars and not entry & MARK:
            break
    return h


@part
def _beside(data: Bytes, at: int, stop: int, forward: bool) -> np.uint32:
    """The first character of a line from ``at`` on, or before it, that is no white space; 0 where the line ends first."""
    for _ in range(_NEAR_CHARS):
        c, moved = _after(data, at, stop) if forward else _before(data, at, stop)
        if c == 0 or c == 0x0A or c == 0x0D:
            return np.uint32(0)
        if not _is_space(c):
            return c
        at = moved
    return np.uint32(0)


@part
def _letters(data: Bytes, points: U32, start: int, end: int, begin: int, stop: int) -> bool:
    """Whether one letter stands on both sides, each after one blank."""
    letter, at = _before(data, begin - 1, start)
    further, on = _after(data, stop + 1, end)
    lone = (
        not _entry(points, _before(data, at, start)[0]) & WORD and not _entry(points, _after(data, on, end)[0]) & WORD
    )
    return lone and (_entry(points, letter) & WORD) != 0 and (_entry(points, further) & WORD) != 0


@part
def _means(
    data: Bytes, points: U32, start: int, end: int, begin: int, stop: int, kinds: np.int64, same: bool, in_table: bool
) -> bool:
    """Whether the run of symbols ``data[begin:stop]`` of the text ``data[start:end]`` carries a meaning.

    ``kinds`` has a bit for each kind in it, ``same`` says that it is one character over and over. What only begins a line
    or stands around a word to set it off (bullets, quotes, headings, emphasis, rules, cells of a table) carries none;
    neither does a dash between words. A dash before or between numbers, a sign between two operands, what is attached to
    the end of a word (C++) or before one (!x, --x) does, and every currency, operator and pictograph.
    """
    if kinds & (1 << ALWAYS):
        return True
    before, behind = _before(data, begin, start)[0], _after(data, stop, end)[0]
    left, right = _beside(data, begin, start, False), _beside(data, stop, end, True)
    first, last = left == 0, right == 0
    attached_left, attached_right = not _is_space(before), not _is_space(behind)
    size = stop - begin
    if kinds == (1 << DASH):
        if attached_left and attached_right:
            return _is_digit(before) and _is_digit(behind)
        if attached_right:
            return _is_digit(behind) or (not first and size <= 2) or size == 2
        numbers = _is_digit(left) or _is_digit(right)
        return (
            not attached_left
            and not first
            and (numbers or (size == 1 and _letters(data, points, start, end, begin, stop)))
        )
    if kinds & (1 << EQUAL | 1 << GREATER | 1 << PLUS | 1 << SHAPE):
        if kinds == (1 << EQUAL) and (size >= 3 or last):
            return False
        return not first or (attached_right and not kinds & (1 << GREATER | 1 << SHAPE))
    word_left = (_entry(points, before) & WORD) != 0
    word_right = (_entry(points, behind) & WORD) != 0
    if kinds == (1 << STAR):
        return (word_left and word_right) or (not attached_left and not attached_right and not first and not last)
    if kinds == (1 << PIPE):
        return not in_table and not first and not last and attached_left == attached_right
    if kinds == (1 << HASH):
        return word_left and not word_right
    if kinds == (1 << TILDE) or kinds == (1 << BANG):
        return same and size == 1 and attached_right and not word_left
    return False


@compiled
def meanings(data: Bytes, bounds: Ints, points: U32, table: U32, skipped: Mask, starts: Ints, out: U64) -> None:
    """A hash of every symbol that carries a meaning with the words beside it: those of text ``i`` from ``starts[i]`` on.

    ``skipped`` is :func:`unheard`; ``out`` has room for half as many as there are bytes, and one per text.
    """
    n = 0
    for i in range(bounds.size - 1):
        starts[i] = n
        start, end = bounds[i], bounds[i + 1]
        at, in_table = start, False
        while at < end:
            if skipped[data[at]]:
                at += 1
                continue
            if data[at] == 0x0A:
                in_table = False
                at += 1
                continue
            c, behind = _after(data, at, end)
            kind = table[c] >> np.uint32(21) if c < table.size else np.uint32(0)
            if kind == 0 or kind == PUNCTUATION:
                at = behind
                continue
            if kind == DOT:
                if (
                    at > start
                    and behind < end
                    and _is_digit(np.uint32(data[at - 1]))
                    and _is_digit(np.uint32(data[behind]))
                ):
                    h = np.uint64(table[c])
                else:
                    at = behind
                    continue
            else:
                kinds, same, h, begin = np.int64(0), True, np.uint64(0), at
                first = table[c]
                while kind != 0 and kind != PUNCTUATION and kind != DOT:
                    kinds |= np.int64(1) << np.int64(kind)
                    same = same and table[c] == first
                    h = _stir(h, np.uint64(table[c] & _POINT))
                    at = behind
                    c, behind = _after(data, at, end)
                    kind = table[c] >> np.uint32(21) if c < table.size else np.uint32(0)
                if kinds & (1 << PIPE) and _beside(data, begin, start, False) == 0:
                    in_table = True
                behind = at
                at = begin
                if not _means(data, points, start, end, at, behind, kinds, same, in_table):
                    at = behind
                    continue
            h = _stir(_stir(h, _word_before(data, points, at, start)), _word_after(data, points, behind, end))
            out[n] = _avalanche(h)
            n += 1
            at = behind
    starts[bounds.size - 1] = n


_RULE = 4
"""So many of one character in a row are a line that is drawn."""
_DEEPER, _BACK = np.uint64(1 << 40), np.uint64(1 << 41)
_LEVELS = 32


@compiled
def _tokens(data: Bytes, start: int, end: int, points: U32, table: U32, tokens: U64, alone: Mask) -> int:
    """The words, symbols and changes of indentation of a text into ``tokens``; returns how many.

    ``alone`` says which are words of one character. No text has more of them than bytes.
    """
    count, word = 0, np.uint64(0)
    levels = np.zeros(_LEVELS, np.int64)
    depth, line, column, tabs = 0, True, 0, np.uint64(0)
    at = start
    while at <= end:
        c, at = _after(data, at, end) if at < end else (np.uint32(0), end + 1)
        entry = _entry(points, c)
        joins = bool(entry & (WORD | MARK | GONE)) and not entry & ALONE
        if word != 0 and not joins:
            tokens[count] = word
            count += 1
            word = np.uint64(0)
        if c == 0x0A or c == 0x0D:
            line, column, tabs = True, 0, np.uint64(0)
            continue
        if line and (c == 0x20 or c == 9):
            column += 1 if c == 0x20 else 8 - column % 8
            tabs |= np.uint64(c == 9)
            continue
        if not joins and not entry & ALONE:
            if c >= table.size or table[c] == 0:
                continue
            size = 1
            while c < 0x80 and at < end and data[at] == c:
                size += 1
                at += 1
            if size >= _RULE:
                continue
            at -= size - 1
        if line:
            line = False
            if count == 0:
                levels[0] = column
            elif column > levels[depth]:
                depth = min(depth + 1, _LEVELS - 1)
                levels[depth] = column
                tokens[count] = _DEEPER + tabs
                count += 1
            while depth > 0 and column < levels[depth]:
                depth -= 1
                tokens[count] = _BACK
                count += 1
            levels[0] = min(levels[0], column)
        if joins:
            if word != 0 or entry & (WORD | GONE):
                word = _stir(word + np.uint64(1), np.uint64(entry & _POINT))
            continue
        for _ in range(3 if c == _ELLIPSIS else 1):
            token = entry if entry & ALONE else (np.uint32(0x2E) if c == _ELLIPSIS else table[c])
            tokens[count] = np.uint64(token & _POINT)
            alone[count] = (entry & ALONE) != 0
            count += 1
    return count


@compiled
def as_they_are(
    data: Bytes, bounds: Ints, points: U32, table: U32, words: int, characters: int, starts: Ints, out: U64
) -> None:
    """The hashes of shingles of words, symbols and changes of indentation: those of text ``i`` from ``starts[i]`` on.

    As :func:`rightful.stages.shared.shingles.shingles`, with further tokens. ``out`` has room for one per byte and one per text.
    """
    n = 0
    for i in range(bounds.size - 1):
        starts[i] = n
        tokens = np.zeros(bounds[i + 1] - bounds[i] + 1, np.uint64)
        alone = np.zeros(tokens.size, np.bool_)
        count = _tokens(data, bounds[i], bounds[i + 1], points, table, tokens, alone)
        for last in range(count):
            size = characters if alone[last] else words
            if last + 1 < size and (last + 1 < count or n > starts[i]):
                continue
            h = np.uint64(size)
            for k in range(max(last + 1 - size, 0), last + 1):
                h = _stir(h, tokens[k] + np.uint64(1))
            out[n] = _avalanche(h)
            n += 1
    starts[bounds.size - 1] = n
