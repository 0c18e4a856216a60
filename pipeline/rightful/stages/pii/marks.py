"""Where in the bytes of a batch something can be that names a person, compiled. Floor 3; not a stage.

Only :mod:`rightful.stages.pii.scan` imports this, and only when it runs: numba takes half a second to load. One pass finds
the ``@``, the runs of digits, the colons and hyphens between hexadecimal digits and what keys begin with; what cannot be anything
whatever stands beside it is left out here, the rest is read closely by those who know the kind.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from rightful.stages.shared.bytes import Bytes, Ints
from rightful.stages.shared.scan import compiled, part

AT, RUN, CAPITALS, COLONS, HYPHENS, SECRET = range(6)
"""What was found. The columns of a row: what, which text, then four places, counted from the batch's beginning.

``AT``: where an address can begin, its ``@``, where it can end. ``RUN``: first and last digit of a run; where its shape begins and
ends. ``CAPITALS``: two capitals before two digits. ``COLONS``: first and last of a group. ``HYPHENS``: the first of five.
``SECRET``: once for each text (of a window) that may have a key."""

_SIGN, _DIGIT, _COLON, _HYPHEN, _OF_KEYS = 1, 2, 3, 4, 5
_WORD, _CAPITAL, _HEX, _BETWEEN, _BESIDE, _LOCAL, _DOMAIN = (1 << bit for bit in range(7))
# What keys have, "?" for any byte; which of its bytes is looked for; how many of A-Z, a-z, 0-9, "_" and "-" follow at least.
_KEYS = (
    ("AKIA", 2, 16),
    ("ASIA", 2, 16),
    ("AIza", 1, 35),
    ("PRIVATE KEY", 8, 0),
    ("SG.", 1, 22),
    (".eyJ", 3, 8),
    ("hooks.slack.com/services/T", 25, 0),
    ("sk-", 2, 32),
    ("pypi-AgE", 4, 0),
    ("xox?-", 4, 12),
    ("glpat-", 5, 20),
    ("gldt-", 4, 20),
    ("glrt-", 4, 20),
    ("glptt-", 5, 20),
    ("hf_", 2, 34),
    ("npm_", 3, 36),
    ("gh?_", 3, 36),
    ("github_pat_", 10, 22),
    ("k_live_", 6, 24),
    ("k_test_", 6, 24),
)
_LONGEST = 26


@functools.cache
def _classes() -> tuple[Bytes, Bytes]:
    """What each byte may begin, and what it is part of."""
    begins, kinds = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
    begins[ord("@")], begins[ord(":")], begins[ord("-")] = _SIGN, _COLON, _HYPHEN
    begins[list(b"0123456789")] = _DIGIT
    for word, at, _ in _KEYS:
        begins[ord(word[at])] = begins[ord(word[at])] or _OF_KEYS
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for of, kind in (
        (letters + b"0123456789_", _WORD),
        (letters[26:], _CAPITAL),
        (b"0123456789abcdefABCDEF", _HEX),
        (b" .-/()", _BETWEEN),
        (b"+-./,()@#=_:", _BESIDE),
        (letters + b"0123456789!#$%&'*+/=?^_`{|}~.-" + bytes(range(0x80, 0x100)), _LOCAL),
        (letters + b"0123456789.-" + bytes(range(0x80, 0x100)), _DOMAIN),
    ):
        kinds[list(of)] |= kind
    return begins, kinds


@functools.cache
def _keys() -> tuple[Bytes, Ints, Bytes]:
    """The words of :data:`_KEYS`, a row each; of each its size, where the byte is that is looked for, and what follows; which
    pairs of bytes end in such a byte.
    """
    words, numbers = np.zeros((len(_KEYS), _LONGEST), np.uint8), np.zeros((len(_KEYS), 3), np.int64)
    for row, (word, at, run) in enumerate(_KEYS):
        words[row, : len(word)] = np.frombuffer(word.encode(), np.uint8)
        numbers[row] = len(word), at, run
    pairs = np.zeros((256, 256), np.uint8)
    for word, at, _ in _KEYS:
        pairs[slice(None) if word[at - 1] == "?" else ord(word[at - 1]), ord(word[at])] = 1
    return words, numbers, pairs.reshape(-1)


def marks(data: Bytes, bounds: Ints, start: int, stop: int, dates: bool) -> Ints:
    """What is in ``data[start:stop]``, which begins and ends where a line or a text does; ``dates``: days in digits too."""
    low = int(np.searchsorted(bounds, start, side="right")) - 1
    begins, kinds = _classes()
    found: Ints = _marks(data, bounds, low, start, stop, begins, kinds, dates, *_keys())
    return found


@part
def _is_digit(byte: int) -> Any:
    return 48 <= byte <= 57


@part
def _may_be_key(data: Any, i: int, low: int, high: int, kinds: Any, words: Any, numbers: Any) -> Any:
    """Whether the byte at ``i`` may be one of a key."""
    for row in range(words.shape[0]):
        size, at, run = numbers[row, 0], numbers[row, 1], numbers[row, 2]
        if words[row, at] != data[i]:
            continue
        begin = i - at
        end = begin + size
        if begin < low or end + run > high:
            continue
        k = at - 1
        while k >= 0 and (words[row, k] == data[begin + k] or words[row, k] == 63):
            k -= 1
        if k >= 0:
            continue
        k = at + 1
        while k < size and words[row, k] == data[begin + k]:
            k += 1
        if k < size:
            continue
        k = end
        while k < end + run and (kinds[data[k]] & _WORD or data[k] == 45):
            k += 1
        if k == end + run:
            return True
    return False


@part
def _has_credentials(data: Any, i: int, high: int) -> Any:
    """Whether behind the ``://`` at ``i`` a name and a password stand before an ``@``."""
    at, named = i + 3, False
    top = min(high, at + 65)
    while at < top:
        byte = data[at]
        if byte == 64:
            return named
        if byte == 58 and not named:
            named = True
            top = min(high, at + 130)
        elif byte == 32 or 9 <= byte <= 13 or byte == 47 or byte == 34 or byte == 39 or byte == 60 or byte == 62:
            return False
        at += 1
    return False


@part
def _left(data: Any, begin: int, low: int, kinds: Any) -> int:
    """How far back the shape of a run of digits reaches: over a word, or what joins it to one."""
    if begin == low:
        return begin
    before = data[begin - 1]
    if kinds[before] & _WORD:
        at, floor = begin, max(low, begin - 9)
        while at > floor and kinds[data[at - 1]] & _WORD:
            at -= 1
        return at
    if (before == 32 or before == 45) and begin - 2 >= low and kinds[data[begin - 2]] & _CAPITAL:
        return max(low, begin - 4)
    return max(low, begin - 2) if kinds[before] & _BESIDE else begin


@part
def _right(data: Any, end: int, high: int, kinds: Any) -> int:
    """How far on it reaches."""
    if end == high:
        return end
    after = data[end]
    if kinds[after] & _WORD:
        at, top = end, min(high, end + 9)
        while at < top and kinds[data[at]] & _WORD:
            at += 1
        return min(high, end + 14) if (after == 65 or after == 66) and at == end + 1 else at
    if (after == 32 or after == 45 or after == 40) and end + 1 < high and kinds[data[end + 1]] & _CAPITAL:
        return min(high, end + 4)
    return min(high, end + 2) if kinds[after] & _BESIDE else end


@part
def _is_day(data: Any, at: int) -> Any:
    """Whether the ten bytes there are a day of 1900 to 2099, as 2019-01-31."""
    century = (data[at] == 49 and data[at + 1] == 57) or (data[at] == 50 and data[at + 1] == 48)
    return century and data[at + 4] == 45 and data[at + 7] == 45 and data[at + 5] <= 49 and data[at + 8] <= 51


@part
def _counts(data: Any, begin: int, last: int, low: int, high: int, n: int, dots: int, kinds: Any) -> Any:
    """Whether a run of ``n`` digits can be something: by its length, its dots or letters beside it."""
    if n >= 7:
        return True
    if n < 4:
        return False
    if dots >= 3:
        return True
    if n != 6:
        return False
    before = data[begin - 1] if begin > low else 0
    if before == 32:
        before = data[begin - 2] if begin - 1 > low else 0
    after = data[last + 1] if last + 1 < high else 0
    if after == 32:
        after = data[last + 2] if last + 2 < high else 0
    return (kinds[before] | kinds[after]) & _CAPITAL != 0


@part
def _may_be_code(data: Any, pair: int, low: int, kinds: Any) -> Any:
    """Whether two capitals stand at ``pair`` that begin a word or come behind three more."""
    if pair < low or not kinds[data[pair]] & kinds[data[pair + 1]] & _CAPITAL:
        return False
    if pair == low or data[pair - 1] == 95 or not kinds[data[pair - 1]] & _WORD:
        return True
    return pair - 3 >= low and kinds[data[pair - 1]] & kinds[data[pair - 2]] & kinds[data[pair - 3]] & _CAPITAL != 0


@compiled
def _grown(out: Any) -> Any:
    """A copy with room for as many rows again."""
    more = np.empty((2 * out.shape[0], 6), np.int64)
    for row in range(out.shape[0]):
        for column in range(6):
            more[row, column] = out[row, column]
    return more


@compiled
def _marks(
    data: Any,
    bounds: Any,
    row: int,
    start: int,
    stop: int,
    begins: Any,
    kinds: Any,
    dates: bool,
    words: Any,
    numbers: Any,
    pairs: Any,
) -> Any:
    out = np.empty((1024, 6), np.int64)
    n = 0
    i: Any = np.int64(start)
    while i < stop:
        while bounds[row + 1] <= i:
            row += 1
        low, high = bounds[row], bounds[row + 1]
        here = min(high, stop)
        run_end = colon_end = i - 1
        secret = False
        while i < here:
            what = begins[data[i]]
            while what == 0 and i + 1 < here:
                i += 1
                what = begins[data[i]]
            if what == 0 or (what == _DIGIT and i <= run_end):
                i += 1
                continue
            if n + 2 > out.shape[0]:
                out = _grown(out)
            if what == _DIGIT:
                at, last, digits, dots = i, i, 0, 0
                while True:
                    block = at
                    while at < here and _is_digit(data[at]):
                        at += 1
                    digits += at - block
                    last = at - 1
                    if last > block and _may_be_code(data, block - 2, low, kinds):
                        if n + 2 > out.shape[0]:
                            out = _grown(out)
                        out[n, 0], out[n, 1], out[n, 2] = CAPITALS, row, block - 2
                        n += 1
                    while at < here and at - last <= 3 and kinds[data[at]] & _BETWEEN:
                        at += 1
                    if at - last == 1 or at >= here or not _is_digit(data[at]):
                        break
                    dots += at - last == 2 and data[last + 1] == 46
                run_end = last
                if _counts(data, i, last, low, high, digits, dots, kinds):
                    left, right = _left(data, i, low, kinds), _right(data, last + 1, high, kinds)
                    alone = digits == 8 and last - i == 9 and left == i and right == last + 1
                    if dates or not (alone and _is_day(data, i)):
                        out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4], out[n, 5] = (
                            RUN,
                            row,
                            i,
                            last,
                            left,
                            right,
                        )
                        n += 1
            elif what == _SIGN:
                left, right, dotted = i, i + 1, False
                floor, top = max(low, i - 64), min(high, i + 257)
                while left > floor and kinds[data[left - 1]] & _LOCAL:
                    left -= 1
                while right < top and kinds[data[right]] & _DOMAIN:
                    dotted |= data[right] == 46
                    right += 1
                if left < i and dotted and data[i + 1] != 45 and data[i + 1] != 46:
                    out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4] = AT, row, left, i, right
                    n += 1
            elif what == _COLON:
                if not secret and i + 2 < high and data[i + 1] == 47 and data[i + 2] == 47:
                    secret = _has_credentials(data, i, high)
                    if secret:
                        out[n, 0], out[n, 1] = SECRET, row
                        n += 1
                if i > colon_end:
                    last, colons, double = i, 1, False
                    while True:
                        at = last + 1
                        while at < here and at - last <= 4 and kinds[data[at]] & _HEX:
                            at += 1
                        if at >= here or data[at] != 58:
                            break
                        double |= at == last + 1
                        colons += 1
                        last = at
                    colon_end = last
                    if double or colons >= 6 or last - i == 12:
                        begin = i
                        while begin > low and begin > i - 4 and kinds[data[begin - 1]] & _HEX:
                            begin -= 1
                        if begin == low or not kinds[data[begin - 1]] & _WORD:
                            out[n, 0], out[n, 1], out[n, 2], out[n, 3] = COLONS, row, i, last
                            n += 1
            else:
                if (
                    not secret
                    and i > low
                    and pairs[np.int64(data[i - 1]) << 8 | data[i]]
                    and _may_be_key(data, i, low, high, kinds, words, numbers)
                ):
                    secret = True
                    out[n, 0], out[n, 1] = SECRET, row
                    n += 1
                if what == _HYPHEN and i + 12 < high and data[i + 3] == 45 and data[i + 6] == 45:
                    if data[i + 9] == 45 and data[i + 12] == 45 and kinds[data[i + 1]] & kinds[data[i + 2]] & _HEX:
                        out[n, 0], out[n, 1], out[n, 2] = HYPHENS, row, i
                        n += 1
            i += 1
        i = here
    return out[:n]
