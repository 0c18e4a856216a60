"""What the scan for personal data finds without its prefilters: arithmetic over windows in numpy, every run and sign read closely.

The oracle for :mod:`rightful.stages.pii.marks`: whatever is left out there must be nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from rightful.stages.pii import network, notices, numbers, secrets, stage
from rightful.stages.pii.scan import Hit, windows
from rightful.stages.pii.stage import PersonalData
from rightful.stages.shared.bytes import Bytes, Ints, Mask, Texts

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_CAPITAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BESIDE = frozenset(b"+-./,()@#=_:")


def plain_hits(rows: list[str], settings: PersonalData) -> list[Hit]:
    """What is found, in order and without overlap, where nothing is left out before it is read."""
    column = pa.array(rows, pa.large_string())
    texts = Texts.of(pa.record_batch({"text": column}))
    kinds = stage._kinds(settings.look_for)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "_left_over", lambda token: numbers._possible(token.translate(numbers._SHAPE)))
        hits = [hit for start, stop in windows(texts) for hit in _in_window(settings, kinds, View(texts, start, stop))]
    hits += secrets.find(column, texts.bounds, texts.data.data, kinds, range(len(rows)))
    hits.sort(key=lambda hit: (hit[0], hit[1], -hit[2]))
    return notices.marked(stage._without_overlap(hits), texts)


def _in_window(settings: PersonalData, kinds: frozenset[str], view: View) -> Iterator[Hit]:
    raw, public, bounds = view.raw, settings.addresses == "public", view.bounds
    reader = numbers.Reader(raw, kinds, public, tuple(settings.phone_regions.split()))
    if "email" in kinds:
        for row, at in at_signs(view):
            low, high = int(bounds[row]), int(bounds[row + 1])
            sides = network.email(bytes(raw[max(low, at - 64) : at]), bytes(raw[at + 1 : min(high, at + 257)]))
            if sides:
                yield row, at - sides[0], at + 1 + sides[1], "email"
    digits = Digits(view)
    for row, first, last in digits.runs():
        low, high = int(bounds[row]), int(bounds[row + 1])
        for start, stop, kind in reader.read(low, high, _left(raw, first, low), _right(raw, last + 1, high)):
            yield row, start, stop, kind
    for row, at in digits.after_capitals():
        low, high = int(bounds[row]), int(bounds[row + 1])
        for start, stop, kind in reader.read_code(low, high, at):
            yield row, start, stop, kind
        end = stage._iban_end(raw, at, low, high) if "iban" in kinds else None
        if end:
            yield row, at, end, "iban"
    if kinds & {"ipv6", "mac"}:
        for row, first, last in colon_groups(view):
            yield from stage._colons(raw, row, int(bounds[row]), int(bounds[row + 1]), first, last, kinds, public)
    for row, first in hyphen_pairs(view) if "mac" in kinds else ():
        yield from stage._hyphens(raw, row, int(bounds[row]), int(bounds[row + 1]), first)


def _left(raw: memoryview, begin: int, low: int) -> int:
    at = begin
    if at == low:
        return at
    before = raw[at - 1]
    if before in _WORD:
        floor = max(low, begin - 9)
        while at > floor and raw[at - 1] in _WORD:
            at -= 1
        return at
    if before in b" -" and at - 2 >= low and raw[at - 2] in _CAPITAL:
        return max(low, begin - 4)
    return max(low, begin - 2) if before in _BESIDE else at


def _right(raw: memoryview, end: int, high: int) -> int:
    at = end
    if at == high:
        return at
    after = raw[at]
    if after in _WORD:
        top = min(high, end + 9)
        while at < top and raw[at] in _WORD:
            at += 1
        return min(high, end + 14) if after in b"AB" and at == end + 1 else at
    if after in b" -(" and at + 1 < high and raw[at + 1] in _CAPITAL:
        return min(high, end + 4)
    return min(high, end + 2) if after in _BESIDE else at


class View:
    """A window of the bytes. Positions that finders return count from the beginning of the batch, not the window."""

    __slots__ = ("bounds", "data", "raw", "start")

    def __init__(self, texts: Texts, start: int, stop: int) -> None:
        self.start = start
        self.data = texts.data[start:stop]
        self.raw = texts.data.data
        self.bounds = texts.bounds

    def rows(self, positions: Ints) -> Ints:
        """In which text each position (counted from the batch's beginning) lies."""
        return np.searchsorted(self.bounds, positions, side="right") - 1

    def byte(self, positions: Ints) -> Bytes:
        """The bytes at these positions of the window; 0 outside of it, which is outside of the line."""
        inside = (positions >= 0) & (positions < self.data.size)
        return np.where(inside, self.data[np.where(inside, positions, 0)], np.uint8(0))

    def text_begins(self) -> Ints:
        """Where texts begin, counted from the window's start."""
        low, high = np.searchsorted(self.bounds, [self.start, self.start + self.data.size])
        return self.bounds[low:high] - self.start

    def listed(self, first: Ints, *more: Ints) -> Iterator[tuple[int, ...]]:
        """The row, the place of ``first`` and of ``more``, all counted from the batch's beginning, one by one."""
        places = [p + self.start for p in (first, *more)]
        columns = [self.rows(places[0]), *places]
        return zip(*(c.tolist() for c in columns), strict=True)


def is_capital(values: Bytes) -> Mask:
    """A-Z."""
    result: Mask = (values - 0x41) < 26
    return result


def is_alphanumeric(values: Bytes) -> Mask:
    """A-Z, a-z, 0-9."""
    result: Mask = ((values - 0x30) < 10) | (((values | 0x20) - 0x61) < 26)
    return result


def _is_hex(values: Bytes) -> Mask:
    result: Mask = ((values - 0x30) < 10) | (((values | 0x20) - 0x61) < 6)
    return result


def at_signs(view: View) -> Iterator[tuple[int, ...]]:
    """Row and place of each ``@`` between two visible characters."""
    at = np.flatnonzero(view.data == ord("@"))
    before, after = view.byte(at - 1), view.byte(at + 1)
    return view.listed(at[(before > 0x20) & (before != ord("@")) & (is_alphanumeric(after) | (after >= 0x80))])


# --- runs of digits -------------------------------------------------------------------------------------------------

_BETWEEN = np.zeros(256, np.bool_)
_BETWEEN[list(b" .-/()")] = True
_LONGEST_GAP = 3  # ") -", " / "


class Digits:
    """The digits of a window, and which of them belong together: at most three separators between two."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.at = np.flatnonzero((view.data - 0x30) < 10)
        gaps = np.diff(self.at) - 1
        joined = gaps == 0
        near = np.flatnonzero((gaps > 0) & (gaps <= _LONGEST_GAP))
        separated = np.ones(near.size, np.bool_)
        for step in range(1, _LONGEST_GAP + 1):
            separated &= (gaps[near] < step) | _BETWEEN[view.byte(self.at[near] + step)]
        joined[near] = separated
        heads = np.searchsorted(self.at, view.text_begins())
        joined[heads[(heads > 0) & (heads < self.at.size)] - 1] = False  # a run ends with its text
        self._gaps, self._joined = gaps, joined

    def runs(self) -> Iterator[tuple[int, ...]]:
        """Row, first and last digit of each run that can be something: by its length, its dots or letters beside it."""
        if self.at.size < 4:
            return iter(())
        breaks = np.flatnonzero(~self._joined)
        first = np.concatenate([[0], breaks + 1])
        last = np.concatenate([breaks, [self.at.size - 1]])
        n_digits = last - first + 1
        long = n_digits >= 7
        some = np.flatnonzero(~long & (n_digits >= 4))
        dotted = self._joined & (self._gaps == 1)
        dotted[dotted] = self.view.byte(self.at[:-1][dotted] + 1) == ord(".")
        dots = np.concatenate([[0], np.cumsum(dotted)])
        begin, end = self.at[first[some]], self.at[last[some]]
        before, after = self.view.byte(begin - 1), self.view.byte(end + 1)
        before = np.where(before == ord(" "), self.view.byte(begin - 2), before)
        after = np.where(after == ord(" "), self.view.byte(end + 2), after)
        lettered = (n_digits[some] == 6) & (is_capital(before) | is_capital(after))
        long[some[lettered | (dots[last[some]] - dots[first[some]] >= 3)]] = True
        chosen = np.flatnonzero(long)
        return self.view.listed(self.at[first[chosen]], self.at[last[chosen]])

    def after_capitals(self) -> Iterator[tuple[int, ...]]:
        """Row and place of two capitals before two digits."""
        pairs = self.at[:-1][self._joined & (self._gaps == 0)]
        pairs = pairs[is_capital(self.view.byte(pairs - 1))]
        return self.view.listed(pairs[is_capital(self.view.byte(pairs - 2))] - 2)


# --- colons and hyphens between hexadecimal digits ------------------------------------------------------------------


def colon_groups(view: View) -> Iterator[tuple[int, ...]]:
    """Row, first and last colon of two or more with at most four hexadecimal digits between, and no letter beside."""
    at = np.flatnonzero(view.data == ord(":"))
    if at.size < 2:
        return iter(())
    gaps = np.diff(at) - 1
    joined = gaps <= 4
    close = np.flatnonzero(joined)
    hexed = np.ones(close.size, np.bool_)
    for step in range(1, 5):
        hexed &= (gaps[close] < step) | _is_hex(view.byte(at[close] + step))
    joined[close] = hexed
    heads = np.searchsorted(at, view.text_begins())
    joined[heads[(heads > 0) & (heads < at.size)] - 1] = False
    breaks = np.flatnonzero(~joined)
    first = np.concatenate([[0], breaks + 1])
    last = np.concatenate([breaks, [at.size - 1]])
    several = last > first
    first, last = at[first[several]], at[last[several]]
    head = view.bounds[view.rows(first + view.start)] - view.start
    begin = first.copy()
    for _ in range(4):
        begin -= (begin > head) & _is_hex(view.byte(begin - 1))
    before = np.where(begin > head, view.byte(begin - 1), np.uint8(0))
    fits = ~(is_alphanumeric(before) | (before == ord("_")))
    return view.listed(first[fits], last[fits])


def hyphen_pairs(view: View) -> Iterator[tuple[int, ...]]:
    """Row and place of five hyphens, each three bytes behind the other."""
    at = np.flatnonzero(view.data == ord("-"))
    if at.size < 5:
        return iter(())
    threes = np.diff(at) == 3
    return view.listed(at[:-4][threes[:-3] & threes[1:-2] & threes[2:-1] & threes[3:]])
