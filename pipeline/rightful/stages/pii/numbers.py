"""Runs of digits, read closely: cards, telephone numbers, IPv4 addresses, national numbers. Floor 3; not a stage.

Each run becomes its shape (see :mod:`rightful.stages.pii.ids`). Which kinds a shape can be is looked up; what is left
is checked: by check digit, by issuer, by the numbering plans in phonenumbers, and, where the writing says nothing,
by the words beside it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import phonenumbers

from rightful.stages.pii import checks as checks
from rightful.stages.pii import network as network
from rightful.stages.pii.ids import FORMS, LEFT, Form, announced

_SHAPE = bytes(
    0x39 if 0x30 <= b <= 0x39 else 0x41 if 0x41 <= b <= 0x5A else 0x61 if 0x61 <= b <= 0x7A else b if b < 0x80 else 0x7E
    for b in range(256)
)
_WORD = bytes(chr(b).isalnum() or b == 0x5F if b < 0x80 else 0 for b in range(256))
_CAPITAL = bytes(0x41 <= b <= 0x5A for b in range(256))
_NO_DIGITS = {b: None for b in range(128) if not 0x30 <= b <= 0x39}
_WHOLE_BYTES = 24

# In the order in which they are asked; national numbers come behind.
_PHONE_RIGHT = rb"(?=a9|(?![9Aa_]|[-./]9))"
_FIRST_IN_RUN = rb"(?<![9Aa_+])(?<![9Aa][-./,])(?<!9[ ./()-])(?<!9[ ./()-]{2})(?<!9[ ./()-]{3})"
_OWN: tuple[tuple[str, str, bytes], ...] = (
    ("ipv4", "ipv4", rb"(?<![9Aa_])(?<![9Aa]\.)(?<![Aa]-)(?=(?P<all>9{1,3}(?:\.9{1,3}){3})(?![9Aa_]|\.[9Aa]|-[Aa]))"),
    (
        "card",
        "card",
        rb"""(?<![9Aa_])(?<![9Aa]\.)(?=(?P<all>
          9{4}(?P<a>[ -]?)9{4}(?P=a)9{4}(?P=a)9{4}(?:(?P=a)9{3})?(?!(?P=a)9{4})
        | 9{4}(?P<b>[ -]?)9{6}(?P=b)9{4,5}(?!(?P=b)9{4}) | 9{17,19} )(?![9Aa_]|\.9))""",
    ),
    ("phone", "plus", rb"(?<![9Aa_+)])(?=(?P<all>\+\(?9(?:[ ./()-]{0,3}9){7,17}))"),
    ("phone", "zeros", LEFT + rb"(?=(?P<all>99(?:[ ./()-]{0,3}9){8,17}))"),
    ("phone", "paren", rb"(?<![9Aa_+])(?=(?P<all>\(9{2,5}\)[ -]?9{2,4}(?:[ .-]?9{2,4}){1,3})" + _PHONE_RIGHT + b")"),
    ("phone", "group", LEFT + rb"(?=(?P<all>9{2,5}(?P<s>[ .-])9{2,8}(?:(?P=s)9{2,4}){0,4})" + _PHONE_RIGHT + b")"),
    ("phone", "slash", LEFT + rb"(?=(?P<all>9{3,5}[ ]?[/-][ ]?9{3,8}(?:[ ]9{2,4}){0,2})" + _PHONE_RIGHT + b")"),
    ("phone", "nanp", LEFT + rb"(?=(?P<all>(?:9[ .-])?9{3}(?P<s>[ .-])9{3}(?P=s)9{4})" + _PHONE_RIGHT + b")"),
    ("phone", "plain", LEFT + rb"(?=(?P<all>9{8,11})" + _PHONE_RIGHT + b")"),
    ("phone", "cued", _FIRST_IN_RUN + rb"(?=(?P<all>\(?9(?:[ ./()-]{0,3}9){6,14})" + _PHONE_RIGHT + b")"),
)
_SHAPES = tuple((kind, way, re.compile(shape, re.VERBOSE)) for kind, way, shape in _OWN)
_N_OWN = len(_OWN)

Possible = tuple[tuple[int, int, int], ...]
"""Which form, from where, to where in the shape."""
_PATTERNS = (*(shape for _, _, shape in _SHAPES), *(form.shape for form in FORMS))
_ANY = frozenset(["*"])
_STARTS = re.compile(rb"(?<![9Aa_])[9A+(]")


@functools.lru_cache(1 << 15)
def _possible(shape: bytes) -> Possible:
    """What a shape can be."""
    return tuple((index, *m.span("all")) for index, form in enumerate(_PATTERNS) for m in form.finditer(shape))


@functools.lru_cache(1 << 15)
def _possible_at(shape: bytes, at: int) -> Possible:
    matches = ((index, form.match(shape, at)) for index, form in enumerate(_PATTERNS))
    return tuple((index, *m.span("all")) for index, m in matches if m)


@functools.lru_cache(1 << 15)
def _left_over(token: bytes) -> Possible:
    """What a short run can be without a look at what stands beside it, where no country's own numbers are asked for."""
    return tuple(
        (index, a, b)
        for index, a, b in _possible(token.translate(_SHAPE))
        if index >= _N_OWN or _may_be(index, token[a:b])
    )


def _may_be(index: int, written: bytes) -> bool:
    """False where no words beside it make a card, an address or a telephone number of what is written."""
    _, way, _ = _SHAPES[index]
    if way == "card":
        return _is_card(written)
    if way == "ipv4":
        return network.are_octets(written.decode().split("."))
    if way == "plain" or (way in ("group", "slash") and written[:1] != b"0"):
        return False
    text = written.decode()
    if _DATE.match(text):
        return False
    digits = _digits(text)
    if way == "nanp":
        return _NANP.fullmatch(digits) is not None
    if way in ("plus", "zeros"):
        return True
    return 7 <= len(digits) <= 15 and not _is_other(text)


def _superset(pattern: re.Pattern[bytes]) -> bytes:
    """A pattern without groups that matches wherever this one does."""
    wider = re.sub(rb"\(\?!\(\?P=\w\)9\{4\}\)", b"", pattern.pattern)
    return re.sub(rb"\(\?P<\w+>", b"(?:", re.sub(rb"\(\?P=\w\)", b"[ .-]?", wider))


_LOOSE = frozenset("zeros group slash plain cued".split())
_STRICT = re.compile(
    b"|".join(
        b"(?:%b)" % _superset(p)
        for p in (*(p for _, way, p in _SHAPES if way not in _LOOSE), *(f.shape for f in FORMS))
    ),
    re.VERBOSE,
)


def _possible_in(token: bytes, regions: bool) -> Iterable[tuple[int, int, int]]:
    """What a run can be; a long one (a line of a table) is read piece by piece, so that pieces come again."""
    if len(token) > _WHOLE_BYTES:
        return _possible_in_long(token, token.translate(_SHAPE), regions)
    return _possible(token.translate(_SHAPE)) if regions else _left_over(token)


def _possible_in_long(token: bytes, shape: bytes, regions: bool) -> Iterator[tuple[int, int, int]]:
    begun = False
    for match in _STARTS.finditer(shape):
        start = match.start()
        if begun and token[start] != 0x30 and not regions and not _STRICT.match(shape, start):
            continue
        begun = True
        low = max(start - 4, 0)
        for index, a, b in _possible_at(shape[low : start + 28], start - low):
            yield index, low + a, low + b


class Reader:
    """Reads runs as the settings ask for; holds the bytes of a batch."""

    def __init__(self, raw: memoryview, kinds: frozenset[str], public: bool, regions: tuple[str, ...]) -> None:
        self.raw = raw
        self.kinds = kinds
        self.public = public
        self.regions = regions

    def read(self, low: int, high: int, start: int, stop: int) -> Iterator[tuple[int, int, str]]:
        """What the run is whose shape reaches from ``start`` to ``stop``, in the text from ``low`` to ``high``: start, stop, kind."""
        token = bytes(self.raw[start:stop])
        near: frozenset[str] | None = None if len(token) <= _WHOLE_BYTES else frozenset()
        for index, a, b in _possible_in(token, bool(self.regions)):
            if index < _N_OWN:
                kind, way, _ = _SHAPES[index]
                length = self._own(way, token[a:b], start + a, low, high) if kind in self.kinds else 0
                if length:
                    yield start + a, start + a + length, kind
                continue
            form = FORMS[index - _N_OWN]
            if form.kind not in self.kinds:
                continue
            if form.bare:
                if len(token) > _WHOLE_BYTES:
                    near = self._announced(start + a, start + b, low, high)
                elif near is None:
                    near = self._announced(start, start + len(token), low, high)
                if near is not _ANY and form.kind not in near:
                    continue
            if self._is_national(form, token[a:b], start + a, start + b, low, high):
                yield start + a, start + b, form.kind

    def _announced(self, start: int, stop: int, low: int, high: int) -> frozenset[str]:
        """The kinds that words nearby speak of; any, where the text is nothing else: then none says otherwise."""
        before, after = bytes(self.raw[max(low, start - 72) : start]), bytes(self.raw[stop : min(high, stop + 40)])
        if start - low < 16 and high - stop < 16 and not before.strip() and not after.strip():
            return _ANY
        return announced(before, after)

    def read_code(self, low: int, high: int, pair: int) -> Iterator[tuple[int, int, str]]:
        """Numbers that are mostly letters (Italy, India's PAN), whose first two digits come after the capitals at ``pair``."""
        raw = self.raw
        start = pair - 4 if pair - low >= 4 and all(_CAPITAL[c] for c in raw[pair - 4 : pair]) else pair - 3
        if start < low or not all(_CAPITAL[c] for c in raw[start:pair]) or (start > low and _WORD[raw[start - 1]]):
            return
        stop = start
        while stop < min(high, start + 17) and _WORD[raw[stop]]:
            stop += 1
        if stop - start in (10, 16):
            token = bytes(raw[start:stop])
            for index, a, b in _possible(token.translate(_SHAPE)):
                if index >= _N_OWN:
                    form = FORMS[index - _N_OWN]
                    near = self._announced(start, stop, low, high) if form.bare else _ANY
                    if form.kind in self.kinds and (near is _ANY or form.kind in near):
                        if self._is_national(form, token[a:b], start + a, start + b, low, high):
                            yield start + a, start + b, form.kind

    def _is_national(self, form: Form, written: bytes, start: int, stop: int, low: int, high: int) -> bool:
        compact = re.sub(rb"[^0-9A-Za-z]", b"", written).decode().upper()
        if form.kind == "es_dni" and re.match("(?:19|20)[0-9]{2}[01][0-9]", compact):  # may be a date in Zulu time
            near = self._announced(start, stop, low, high)
            if near is not _ANY and form.kind not in near:
                return False
        return form.check(compact)

    def _own(self, way: str, written: bytes, start: int, low: int, high: int) -> int:
        """How much of what is written is a card, an address or a telephone number; 0 for none."""
        if way == "card":
            return len(written) * _is_card(written)
        # The commonest that are nothing, first.
        if way == "plain" and not self.regions:
            return 0
        if way in ("group", "slash") and written[:1] != b"0" and not self.regions:
            return 0
        stop = start + len(written)
        if way == "cued" and not self._is_cued(start, stop, low, high):
            return 0
        after = bytes(self.raw[stop : min(high, stop + 24)])
        if way == "ipv4":
            before = bytes(self.raw[max(low, start - network.BEFORE) : start])
            return len(written) * network.is_ipv4(written.decode(), before, after, self.public)
        before = bytes(self.raw[max(low, start - 24) : start])
        length = self._phone(way, written.decode(), before, after)
        return length and length + _extension(self.raw, start + length, high)

    def _is_cued(self, start: int, stop: int, low: int, high: int) -> bool:
        """Whether a word beside the number says that it is one of a telephone."""
        before = _CUE.search(bytes(self.raw[max(low, start - 24) : start]))
        return before is not None or _CUE_BEHIND.match(bytes(self.raw[stop : min(high, stop + 24)])) is not None

    def _phone(self, way: str, text: str, before: bytes, after: bytes) -> int:
        digits = _digits(text)
        if way == "nanp" and not _NANP.fullmatch(digits):
            return 0
        if _DATE.match(text) or _NOT_PHONE.search(before):
            return 0
        if way == "plus":
            return _international(text.replace("(0)", "   "))
        if way == "zeros":
            return _double_zero(text)
        if way == "nanp":
            return len(text)
        if not 7 <= len(digits) <= 15 or _is_other(text):
            return 0
        cued = way == "cued" or _CUE.search(before) is not None or _CUE_BEHIND.match(after) is not None
        return len(text) * (cued or (8 <= len(digits) <= 11 and self._is_planned(way, text, digits)))

    def _is_planned(self, way: str, text: str, digits: str) -> bool:
        """Whether it is written as numbers are within a country, and some country's plan has it."""
        if way == "paren":
            return not re.match(r"\((?:19|20)\d\d\)", text) and not _DATE.search(text[1:])
        if way in ("group", "slash") and digits[0] == "0":
            decimal = re.fullmatch(r"\d+\.\d+", text) is not None
            return digits[1] != "0" and not decimal and is_national(digits, self.regions or ZERO_REGIONS)
        return bool(self.regions) and way != "slash" and is_national(digits, self.regions)


_PREFIXES = re.compile(r"4|5[0-8]|2[2-7]|35|6|1")
_SHORT = re.compile(r"3[47]|30[0-5]|36|3[89]")


def _is_card(written: bytes) -> bool:
    """A length and prefix that are issued (ISO/IEC 7812), and the check digit."""
    number = re.sub(rb"[ -]", b"", written).decode()
    parts = len(re.split(rb"[ -]", written))
    if len(number) in (14, 15):
        grouped = re.fullmatch(rb"9{4}.9{6}.9{4,5}", written.translate(_SHAPE)) or parts == 1
        amex = number[:2] in ("34", "37")
        fits = grouped and (amex if len(number) == 15 and number[0] != "1" else _SHORT.match(number) and not amex)
        if len(number) == 15 and number[0] == "1":
            fits = parts == 1
        issued = bool(fits)
    elif len(number) in (17, 18) or (len(number) == 19 and parts == 1):
        issued = number.startswith("62")
    else:
        issued = _PREFIXES.match(number) is not None and number[0] != "1"
    return issued and len(set(number)) > 1 and checks.luhn(number)


# --- telephone numbers ----------------------------------------------------------------------------------------------

ZERO_REGIONS = tuple("GB DE FR NL IT BE AT CH SE FI IE AU NZ JP IN BR ZA TR CN KR".split())
"""Where national numbers are written with a 0 before them, and most who write them live."""
_NANP = re.compile("1?[2-9][0-9]{2}[2-9][0-9]{6}")
_DATE = re.compile(
    r"(?:19|20)\d\d[./-]?[01]\d[./-]?[0-3]\d|[0-3]?\d[./ -][0-3]?\d[./ -](?:19|20)\d\d(?!\d)|(?:19|20)\d\d ?- ?(?:19|20)\d\d"
)
_CUE = re.compile(
    rb"(?i)\b(?:tele(?:ph|f)on[eo]?|phone|tel|mob(?:ile?)?|cell|fax|whatsapp|desk|office|t\xc3\xa9l(?:\xc3\xa9phone)?"
    rb"|call (?:me |us )?(?:on|at|back)|call|handy|m\xc3\xb3vil|tfno|telefoon)\b[^\d\n]{0,12}$"
)
_CUE_BEHIND = re.compile(
    rb"(?i)[ \t]{0,2}[(]?(?:x\d{1,6} )?(?:office|mobile|fax|home|desk|phone|cell|work|tel)\b(?! of)"
)
_NOT_PHONE = re.compile(
    rb"(?i)(?:\b(?:isbn|issn|doi|pmid|order|sku|tracking|version|v|sha|uuid)|[$\xa3\xac])[ :#.]*(?:[a-z]+ )?$"
)
_EXTENSION = re.compile(rb"[ ,;]{0,2}(?:x|ext\.?|extension)[ .:]{0,2}\d{1,6}(?![0-9A-Za-z])")


def _extension(raw: memoryview, at: int, high: int) -> int:
    match = _EXTENSION.match(bytes(raw[at : min(high, at + 24)]))
    return len(match[0]) if match else 0


def _international(text: str) -> int:
    """The longest part, in whole groups, that is a number; a bare or odd one must be in its country's plan."""
    likely = 0
    for stop in _ends(text):
        part = text[:stop]
        digits = _digits(part)
        if not 8 <= len(digits) <= 15 or digits[0] == "0":
            continue
        valid, possible = _is_international(digits)
        if valid:
            return stop
        grouped = re.search(r"\d{1,4}[ .()-]{1,3}\d{2,4}[ .()-]{1,2}\d", part) is not None
        if possible and grouped and stop > likely:
            likely = stop
    return likely


def _digits(text: str) -> str:
    return text.translate(_NO_DIGITS)


def _ends(text: str) -> list[int]:
    """Where groups of digits end, the last first."""
    return [m.end() for m in re.finditer(r"\d(?!\d)", text)][::-1]


def _double_zero(text: str) -> int:
    digits = _digits(text)
    if not re.match("00[1-9]", digits):
        return 0
    skipped = text.index("00") + 2 if "00" in text else 0
    if not skipped or not re.match(r"00\d{1,3}[ ./()-]", text):
        return 0
    length = _international(text[skipped:].lstrip(" .-"))
    return length + len(text) - len(text[skipped:].lstrip(" .-")) if length else 0


@functools.lru_cache(1 << 14)
def _is_international(digits: str) -> tuple[bool, bool]:
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return False, False
    return phonenumbers.is_valid_number(number), phonenumbers.is_possible_number(number)


def is_national(digits: str, regions: tuple[str, ...]) -> bool:
    """Whether the plan of one of the countries has this number, written with or without the digit that goes before."""
    return _plan(regions).fullmatch(digits) is not None


@functools.lru_cache(64)
def _plan(regions: tuple[str, ...]) -> re.Pattern[str]:
    """All numbers of these countries, from the metadata of phonenumbers: a look-up in each would take 30 times as long."""
    ways = []
    for region in regions:
        plan: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
        described = [plan.fixed_line, plan.mobile, plan.toll_free, plan.premium_rate, plan.shared_cost, plan.voip]
        described += [plan.personal_number, plan.uan, plan.pager]
        patterns = [d.national_number_pattern for d in described if d and d.national_number_pattern]
        prefix = plan.national_prefix or ""
        ways.append(f"(?:{prefix}|)(?={plan.general_desc.national_number_pattern}$)(?:{'|'.join(patterns)})")
    return re.compile("|".join(f"(?:{way})" for way in ways))


def _is_other(text: str) -> bool:
    """A social security number, or an ISSN (ISO 3297): four digits, a hyphen, four, the last a check digit."""
    if re.fullmatch(r"\d{3}-\d{2}-\d{4}", text):
        return True
    if not re.fullmatch(r"\d{4}-\d{4}", text):
        return False
    digits = text.replace("-", "")
    return (checks.weighted(digits, range(8, 1, -1)) + int(digits[7])) % 11 == 0
