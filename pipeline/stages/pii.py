"""PersonalData: which kinds of directly identifying numbers and addresses a text shows. Floor 2.

It looks for what :data:`LOOKS_FOR` lists and for nothing else: no names, no postal addresses, no identity or health
numbers, no IPv6, no digits outside ASCII. ``none_found`` therefore means what it says; it is not "no personal data".

How: candidates come from arithmetic over the bytes of the whole batch (where the ``@`` are; where runs of digits
are), so that text without any costs next to nothing. Only candidates are read closely, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from pipeline.stages._text import Bytes, Ints, Mask, Texts

LOOKS_FOR = ("card", "email", "iban", "ipv4", "phone")
DETECTOR = "rightful-pii/1"
"""Which rules answered; goes up when an answer can change."""

_CARD, _EMAIL, _IBAN, _IPV4, _PHONE = (1 << bit for bit in range(len(LOOKS_FOR)))
_TYPES = [[kind for bit, kind in enumerate(LOOKS_FOR) if mask >> bit & 1] for mask in range(1 << len(LOOKS_FOR))]

WINDOW_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class PersonalData:
    """``pii_state`` is ``found`` or ``none_found``; ``pii_types`` has what was found, of :data:`LOOKS_FOR`, sorted.

    * ``email``: local part, ``@``, and a domain with a top level of letters (punycode too). Not ``icon@2x.png``, not
      ``git@host``. Addresses at example.com count: whether they are anybody's is not for a scan to say.
    * ``ipv4``: four octets 0..255. Not what can be nobody's: 0/8, 127/8 and from 224 on (masks, broadcast).
    * ``phone``: ``+`` or ``00`` and 8..15 digits; an area code in parentheses; a number that begins with 0 in groups
      of digits; 3-3-4 digits; or 7..15 digits after a word such as ``phone``. Not dates.
    * ``iban``: country, length of that country, check digits (ISO 13616, mod 97). Capitals only.
    * ``card``: 14..19 digits, bare or in the groups of a card, with a prefix that is issued and the check digit (Luhn).
    """

    name: ClassVar[str] = "pii"
    version: ClassVar[str] = DETECTOR
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("pii_state", pa.string(), nullable=False),
        pa.field("pii_types", pa.list_(pa.string()), nullable=False),
    )

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """State and types of each text."""
        texts = Texts.of(batch)
        seen = np.zeros(len(texts), np.uint8)
        for start, stop in _windows(texts):
            view = _View(texts, start, stop, seen)
            _scan_at_signs(view)
            _scan_digits(view)
        masks = seen.tolist()
        return {
            "pii_state": pa.array(["found" if mask else "none_found" for mask in masks], pa.string()),
            "pii_types": pa.array([_TYPES[mask] for mask in masks], pa.list_(pa.string())),
        }


def _windows(texts: Texts, size: int = WINDOW_BYTES) -> Iterator[tuple[int, int]]:
    """Start and stop of pieces that begin where a line or a text begins, so that no candidate is cut.

    About ``size`` bytes each; more where lines are longer than that.
    """
    start, end = 0, texts.data.size
    while start < end:
        stop = min(start + size, end)
        if stop < end:
            bounds = texts.bounds
            cut = int(bounds[np.searchsorted(bounds, stop, side="right") - 1])
            if cut <= start:
                cut = start + bytes(texts.data[start:stop]).rfind(b"\n") + 1
            if cut <= start:
                text_end = int(bounds[np.searchsorted(bounds, stop)])
                line_end = bytes(texts.data[stop:text_end]).find(b"\n")
                cut = text_end if line_end < 0 else stop + line_end + 1
            stop = cut
        yield start, stop
        start = stop


class _View:
    """A window of the bytes, and what was seen so far in the texts that it shows."""

    __slots__ = ("bounds", "data", "raw", "seen", "start")

    def __init__(self, texts: Texts, start: int, stop: int, seen: Bytes) -> None:
        self.start = start
        self.data = texts.data[start:stop]
        self.raw = texts.data.data
        self.bounds = texts.bounds
        self.seen = seen

    def rows(self, positions: Ints) -> Ints:
        """In which text each position of the window lies."""
        return np.searchsorted(self.bounds, positions + self.start, side="right") - 1

    def around(self, row: int, start: int, stop: int) -> tuple[bytes, int]:
        """The bytes from ``start`` to ``stop`` (of the window) as far as they are the text's, and where they begin."""
        low = max(start + self.start, int(self.bounds[row]))
        high = min(stop + self.start, int(self.bounds[row + 1]))
        return bytes(self.raw[low:high]), low - self.start

    def text_begins(self) -> Ints:
        """Where texts begin, counted from the window's start."""
        low, high = np.searchsorted(self.bounds, [self.start, self.start + self.data.size])
        return self.bounds[low:high] - self.start

    def byte(self, positions: Ints) -> Bytes:
        """The bytes at these positions; 0 outside of the window, which is outside of the line."""
        inside = (positions >= 0) & (positions < self.data.size)
        return np.where(inside, self.data[np.where(inside, positions, 0)], np.uint8(0))


# --- e-mail ---------------------------------------------------------------------------------------------------------

_LOCAL = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\xff-]{1,64}")
_LABEL = rb"[A-Za-z0-9\x80-\xff][A-Za-z0-9\x80-\xff-]{0,62}\."
_DOMAIN = re.compile(rb"(?:%b)+(xn--[A-Za-z0-9-]+|[A-Za-z]{2,24})(?![A-Za-z0-9])" % _LABEL)
_NOT_TOP_LEVEL = frozenset(b"avif bmp css gif html ico jpeg jpg js json png svg tif tiff webp".split())  # icon@2x.png
_NOBODY = frozenset([b"git"])  # git@host:path


def _scan_at_signs(view: _View) -> None:
    at = np.flatnonzero(view.data == ord("@"))
    if not at.size:
        return
    before, after = view.byte(at - 1), view.byte(at + 1)
    likely = (before > 0x20) & (before != ord("@")) & (_alphanumeric(after) | (after >= 0x80))
    at = at[likely]
    for position, row in zip(at.tolist(), view.rows(at).tolist(), strict=True):
        if not view.seen[row] & _EMAIL and _is_email(*_sides(view, row, position)):
            view.seen[row] |= _EMAIL


def _sides(view: _View, row: int, position: int) -> tuple[bytes, bytes]:
    """What stands before and behind an ``@``: as much as an address can have (RFC 5321, 4.5.3.1)."""
    around, low = view.around(row, position - 64, position + 256)
    return around[: position - low], around[position - low + 1 :]


def _is_email(left: bytes, right: bytes) -> bool:
    local = _LOCAL.match(left[::-1])  # from the sign outwards, so that no text makes it slow
    domain = _DOMAIN.match(right)
    if local is None or domain is None:
        return False
    name = local[0][::-1]
    if name.endswith(b".") or not any(c > 0x7F or chr(c).isalnum() for c in name):
        return False
    return name.rpartition(b"/")[2] not in _NOBODY and domain[1].lower() not in _NOT_TOP_LEVEL


# --- runs of digits -------------------------------------------------------------------------------------------------

_BETWEEN = np.zeros(256, np.bool_)
_BETWEEN[list(b" .-/()")] = True
_LONGEST_GAP = 3  # ") -", " / "


def _scan_digits(view: _View) -> None:
    """Find runs of digits with at most three separators between two, and read those that can be something."""
    digits = np.flatnonzero((view.data - 0x30) < 10)
    if digits.size < 2:
        return
    gaps = np.diff(digits) - 1
    joined = gaps == 0
    near = np.flatnonzero((gaps > 0) & (gaps <= _LONGEST_GAP))
    separated = np.ones(near.size, np.bool_)
    for step in range(1, _LONGEST_GAP + 1):
        separated &= (gaps[near] < step) | _BETWEEN[view.byte(digits[near] + step)]
    joined[near] = separated
    heads = np.searchsorted(digits, view.text_begins())
    joined[heads[(heads > 0) & (heads < digits.size)] - 1] = False  # a run ends with its text

    _scan_ibans(view, digits, joined & (gaps == 0))
    breaks = np.flatnonzero(~joined)
    first = np.concatenate([[0], breaks + 1])
    last = np.concatenate([breaks, [digits.size - 1]])
    dots = np.concatenate([[0], np.cumsum(joined & (gaps == 1) & (view.byte(digits[:-1] + 1) == ord(".")))])
    n_digits = last - first + 1
    n_dots = dots[last] - dots[first]
    chosen = np.flatnonzero((n_digits >= 7) | (n_dots >= 3))
    rows = view.rows(digits[first[chosen]])
    columns = (rows, digits[first[chosen]], digits[last[chosen]], n_digits[chosen], n_dots[chosen])
    for row, begin, end, digits_here, dots_here in zip(*(c.tolist() for c in columns), strict=True):
        _read_run(view, row, begin, end, digits_here, dots_here)


def _read_run(view: _View, row: int, begin: int, end: int, n_digits: int, n_dots: int) -> None:
    seen = int(view.seen[row])
    if seen & _CARD and seen & _IPV4 and seen & _PHONE:
        return
    around, low = view.around(row, begin - 24, end + 4)
    start = begin - low
    if n_dots >= 3 and not seen & _IPV4 and any(map(_is_somebodys, _IPV4_FORM.finditer(around, start))):
        seen |= _IPV4
    if n_digits >= 14 and not seen & _CARD and any(_luhn(m[0]) for m in _CARD_FORM.finditer(around, start)):
        seen |= _CARD
    if n_digits >= 7 and not seen & _PHONE and _has_phone(around, start, end - low + 1):
        seen |= _PHONE
    view.seen[row] = seen


_OCTET = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4_FORM = re.compile(rb"(?<![\w.])(?<![A-Za-z]-)(%b)(?:\.%b){3}(?!\w|\.\w|-[A-Za-z])" % (_OCTET, _OCTET))


def _is_somebodys(match: re.Match[bytes]) -> bool:
    first = int(match[1])
    return 0 < first < 224 and first != 127


_CARD_FORM = re.compile(
    rb"""(?<![\w.])(?:
      (?:4\d{3}|5\d{3}|2[2-7]\d\d|35\d\d|6\d{3})(?P<a>[ -]?)\d{4}(?P=a)\d{4}(?P=a)\d{4}(?:(?P=a)\d{3})?
    | 3[47]\d\d(?P<b>[ -]?)\d{6}(?P=b)\d{5}
    | 3(?:0[0-5]|[689]\d)\d(?P<c>[ -]?)\d{6}(?P=c)\d{4}
    | 62\d{15,17}
    | 1\d{14}
    )(?![\w]|[.]\d|[ -]\d{4})""",
    re.VERBOSE,
)


def _luhn(number: bytes) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    digits = [c - 0x30 for c in reversed(number) if 0x30 <= c <= 0x39]
    return sum(digits[::2] + [d * 2 - 9 * (d > 4) for d in digits[1::2]]) % 10 == 0 and any(digits)


_INTERNATIONAL = re.compile(
    rb"(?<![\w+.:/-])(?:\+\(?[1-9]|00(?=[1-9]\d{0,2}[ ./(-])[1-9])(?:[ ./()-]{0,3}\d){7,14}(?=x\d|(?!\w))"
)
_NATIONAL = re.compile(
    rb"""(?<![\w./+-])(?:
      \((?!(?:19|20)\d\d\))\d{2,5}\)[ -]?\d{2,4}(?:[ .-]?\d{2,4}){1,3}  # (020) 7946 0958; not (2019) 12 34-56
    | 0\d{1,4}(?P<s>[ .-])\d{2,8}(?:(?P=s)\d{2,4}){0,4}                 # 01 23 45 67 89, 06-12345678
    | 0\d{2,4}[ ]?[/-][ ]?\d{3,8}(?:[ ]\d{2,4}){0,2}                    # 030 / 1234567
    | (?:1[ .-])?[1-9]\d\d(?P<t>[ .-])\d{3}(?P=t)\d{4}                  # 212-555-0123
    )(?=x\d|(?!\w|[./-]\d))""",
    re.VERBOSE,
)
_CUE = re.compile(rb"(?i)\b(?:tele(?:ph|f)on[eo]?|phone|tel|mobile?|cell|fax|whatsapp)\b[^\d\n]{0,12}$")
_DATE = re.compile(rb"(?:19|20)\d\d[./-]?[01]\d[./-]?[0-3]\d|[0-3]?\d[./ -][0-3]?\d[./ -](?:19|20)\d\d(?!\d)")


def _has_phone(around: bytes, start: int, stop: int) -> bool:
    opening = start - 3 if start >= 3 else 0  # "+", "(" and "+(" stand before the first digit
    if any(8 <= _n_digits(m[0].removeprefix(b"00")) <= 15 for m in _INTERNATIONAL.finditer(around, opening)):
        return True
    if any(8 <= _n_digits(m[0]) <= 11 and not _DATE.match(m[0]) for m in _NATIONAL.finditer(around, max(start - 1, 0))):
        return True
    run = around[start:stop]
    return 7 <= _n_digits(run) <= 15 and _CUE.search(around[:start]) is not None and not _DATE.match(run)


def _n_digits(text: bytes) -> int:
    return sum(0x30 <= c <= 0x39 for c in text)


# --- IBAN -----------------------------------------------------------------------------------------------------------

# Country -> length, from the registry of ISO 13616.
_IBAN_LENGTHS = {
    country.encode(): int(length)
    for length, countries in (
        pair.split(":")
        for pair in (
            "15:NO;16:BE;18:DK FI FK FO GL NL SD;19:MK SI;20:AT BA EE KZ LT LU MN XK;21:CH HR LI LV;"
            "22:BG BH CR DE GB GE IE ME RS VA;23:AE GI IL IQ OM SO TL;24:AD CZ ES MD PK RO SA SE SK TN VG;"
            "25:LY PT ST;26:IS TR;27:BI DJ FR GR IT MC MR SM;28:AL AZ BY CY DO GT HN HU LB NI PL SV;"
            "29:BR EG PS QA UA;30:JO KW MU YE;31:MT SC;32:LC;33:RU"
        ).split(";")
    )
    for country in countries.split()
}
_IBAN_FORMS = {
    length: re.compile(rb"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){%d}(?![A-Za-z0-9])" % (length - 4))
    for length in set(_IBAN_LENGTHS.values())
}


def _scan_ibans(view: _View, digits: Ints, adjacent: Mask) -> None:
    """Two capitals, then two digits."""
    pairs = digits[:-1][adjacent]
    pairs = pairs[_capital(view.byte(pairs - 1)) & _capital(view.byte(pairs - 2))] - 2
    for position, row in zip(pairs.tolist(), view.rows(pairs).tolist(), strict=True):
        if not view.seen[row] & _IBAN and _is_iban(*view.around(row, position - 1, position + 64), position):
            view.seen[row] |= _IBAN


def _is_iban(around: bytes, low: int, position: int) -> bool:
    start = position - low
    form = _IBAN_FORMS.get(_IBAN_LENGTHS.get(around[start : start + 2], 0))
    match = form.match(around, start) if form else None
    if match is None:
        return False
    compact = re.sub(rb"[ -]", b"", match[0])
    return int("".join(str(int(chr(c), 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _capital(values: Bytes) -> Mask:
    result: Mask = (values - 0x41) < 26
    return result


def _alphanumeric(values: Bytes) -> Mask:
    result: Mask = ((values - 0x30) < 10) | (((values | 0x20) - 0x61) < 26)
    return result
