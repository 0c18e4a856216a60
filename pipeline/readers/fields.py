"""Which column says what, and how its value is read: one place for all formats. Floor 2: the readers.

An option (``Fields``) names a column as it is written. Where none is given the well-known names of :data:`KNOWN` are
tried in order, at the top level in any case of letters. The text is the first of them that is there, whatever it holds;
everything else is the first that says something. Dots reach into objects; a literal name with dots goes first.

Only the text can be wrong. Whatever else cannot be read is null, except a licence: something that was said of rights and
cannot be understood is kept as it came, for it must not look like silence.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.characters import is_blank
from pipeline.readers import Fields

KNOWN: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "content", "contents", "raw_content", "body", "document"),
    "id": ("id", "_id", "doc_id", "document_id", "uuid"),
    "url": (
        *("url", "source_url", "uri", "link", "WARC-Target-URI"),
        *("metadata.url", "meta.url", "metadata.WARC-Target-URI", "warc_headers.warc-target-uri"),
    ),
    "license": (
        *("license", "licence", "license_id", "licenses", "licences"),
        *("metadata.license", "metadata.licence", "meta.license", "meta.licence"),
        *("max_stars_repo_licenses", "detected_licenses"),
    ),
    "language": ("language", "lang", "metadata.language", "meta.language"),
    "title": ("title", "metadata.title", "meta.title"),
    "author": ("author", "authors", "creator", "metadata.author", "metadata.authors", "meta.author"),
    "subject": (),  # names a person: never guessed
    "date": ("date", "created", "published", "published_at", "timestamp", "metadata.date", "meta.date"),
    "fetched": ("fetched_at", "crawl_date"),
}
"""Field of ``Fields`` -> the names that are tried, in order."""

_LICENSE_KEYS = ("spdx_id", "id", "name", "url")  # of an object that is a licence, the most exact first


class Missing:
    """The text of a record that has no such field."""


MISSING = Missing()


class Record(NamedTuple):
    """The cells of a row that come from its fields, in the order of ``RAW``. Times are microseconds since 1970, UTC."""

    source_record_id: str | None = None
    text: str = ""
    url: str | None = None
    license_raw: str | None = None
    language_stated: str | None = None
    title: str | None = None
    authors: list[str] | None = None
    subject: str | None = None
    published_at: int | None = None
    fetched_at: int | None = None


_TEXT = Record._fields.index("text")
_Cell = tuple[int, tuple[str, ...], Callable[[object], object]]  # position in a Record, places to look, how to read

Plan = Mapping[str, tuple[str, ...]]
"""Field -> the dotted paths to look under, in order; only those whose first part is a name of the record."""


def plan(fields: Fields, names: Iterable[str]) -> Plan:
    """Where each field may be in a record whose top-level names are ``names``."""
    present = set(names)
    folded: dict[str, str] = {}
    for name in sorted(present):
        folded.setdefault(name.casefold(), name)
    return {field: tuple(_places(getattr(fields, field), known, present, folded)) for field, known in KNOWN.items()}


def _places(option: str | None, known: tuple[str, ...], present: set[str], folded: Mapping[str, str]) -> Iterable[str]:
    if option is not None:
        if option in present or option.partition(".")[0] in present:
            yield option
        return
    for name in known:
        head, dot, rest = name.partition(".")
        if name in present or head in present:
            yield name
        elif not dot and name.casefold() in folded:
            yield folded[name.casefold()]
        elif dot and head in folded:
            yield f"{folded[head]}.{rest}"


def reach(row: object, path: str) -> object:
    """The value under a dotted path, or :data:`MISSING`.

    >>> reach({"meta": {"a.b": 1}}, "meta.a.b")
    1
    """
    if not isinstance(row, dict):
        return MISSING
    if path in row:
        return row[path]
    head, dot, rest = path.partition(".")
    return reach(row[head], rest) if dot and head in row else MISSING


class RowReader:
    """Turns rows, as dicts, into records. Remembers where things are for each set of names that it has met.

    >>> RowReader(Fields())({"text": "A day.", "license": {"id": "MIT"}}).license_raw
    'MIT'
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._known: dict[tuple[str, ...], tuple[tuple[str, ...], list[_Cell]]] = {}

    def __call__(self, row: dict[str, object]) -> Record | str:
        """The record, or the reason why it is none."""
        names = tuple(row)
        known = self._known.get(names)
        if known is None:
            known = self._learn(names)
        texts, cells = known
        text, path = first_text(row, texts)
        if not isinstance(text, str):
            return no_text(self._fields, text, path, names)
        if fault := text_fault(text):
            return fault
        found: list[Any] = [None] * len(Record._fields)
        found[_TEXT] = text
        for at, paths, read in cells:
            for path in paths:
                value = read(row[path] if path in row else reach(row, path))
                if value is not None:
                    found[at] = value
                    break
        return Record._make(found)

    def _learn(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], list[_Cell]]:
        if len(self._known) >= 1_000:  # rows that are all different must not fill the memory
            self._known.clear()
        places = plan(self._fields, names)
        cells = [(Record._fields.index(cell), places[field], read) for cell, field, read in CELLS if places[field]]
        self._known[names] = places["text"], cells
        return self._known[names]


def first_text(row: dict[str, object], paths: tuple[str, ...]) -> tuple[object, str]:
    """The value of the first path that is there, and the path."""
    for path in paths:
        value = reach(row, path)
        if value is not MISSING:
            return value, path
    return MISSING, ""


def no_text(fields: Fields, value: object, path: str, names: Iterable[str]) -> str:
    """Why ``value`` is not the text of a record."""
    if isinstance(value, Missing):
        if fields.text is not None:
            return f"no field {fields.text!r}; {_listing(names)}"
        return f"no text field (tried {', '.join(KNOWN['text'])}); {_listing(names)}: name it with --text-field"
    if value is None:
        return f"the text is null (field {path!r})"
    return f"the text is {_kind(value)}, not a string (field {path!r})"


def text_fault(text: str) -> str | None:
    """Why a string is not a text, or None. One of characters that cannot be seen is empty."""
    if is_blank(text):
        return "empty text"
    if "\0" in text:
        return f"NUL character in the text (at character {text.index(chr(0))})"
    return None


def _listing(names: Iterable[str], limit: int = 20) -> str:
    shown = [repr(n if len(n) <= 40 else n[:39] + "…") for n in names]
    return "found " + (", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "") if shown else "none")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list | tuple) else "no text"


def words(value: object) -> str | None:
    """An id, URL, language or title: a string that is not blank, or a number; a list of one counts as that one.

    A number that has lost digits (a float from 2**53 on) is null: two ids must not become one.

    >>> words(7.0), words(["en"]), words(" "), words(True)
    ('7', 'en', None, None)
    """
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) >= 2**53:
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list | tuple) and len(value) == 1 and not isinstance(value[0], list | tuple):
        return words(value[0])
    return None


def license_statement(value: object) -> str | None:
    """What a record says of its licence, as one string.

    A list becomes a JSON array of strings; of an object its ``spdx_id``, ``id``, ``name`` or ``url`` is taken, the first
    that is a string; an object without any is kept as JSON.

    >>> license_statement(["MIT", {"id": 7, "name": "CC BY 4.0"}])
    '["MIT","CC BY 4.0"]'
    """
    if isinstance(value, list | tuple):
        said = [_json(v) if isinstance(v, list | tuple) else license_statement(v) for v in value]
        return _json([s for s in said if s is not None]) if any(said) else None
    if isinstance(value, dict):
        named = (value.get(key) for key in _LICENSE_KEYS)
        return next((n for n in named if isinstance(n, str) and n.strip()), None) or (_json(value) if value else None)
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None or value is MISSING or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).lower() if isinstance(value, bool) else words(value) or str(value)


def authors(value: object) -> list[str] | None:
    """The names of the authors: from a string, a list of strings, objects with ``name``. Names are never split."""
    if isinstance(value, list | tuple):
        names = [name for v in value if not isinstance(v, list | tuple) for name in authors(v) or ()]
        return names or None
    if isinstance(value, dict):
        value = value.get("name")
    name = words(value)
    return None if name is None else [name]


def subject(value: object) -> str | None:
    """Whom a record is about: as :func:`words`; several become a JSON array."""
    if isinstance(value, list | tuple) and len(value) > 1:
        named = [s for s in map(words, value) if s is not None]
        return _json(named) if named else None
    return words(value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FIRST_INSTANT = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
LAST_INSTANT = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_NUMBER = re.compile(r"-?\d{9,19}(\.\d+)?")
_OFFSET_APART = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def instant(value: object) -> int | None:
    """A point in time as microseconds since 1970 in UTC, read leniently; None where it cannot be read.

    ISO 8601 in its usual forms (a year or month alone is its first day), or seconds, milli-, micro- or nanoseconds since
    1970 told apart by their size. A time without a zone is UTC.

    >>> instant("1970-01-01T01:00:00+01:00"), instant(1_682_553_600_000) == instant("2023-04-27"), instant("soon")
    (0, True, None)
    """
    if isinstance(value, str):
        found = _instant_of_text(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _instant_of_number(value)
    elif isinstance(value, datetime):
        offset = value.utcoffset() or timedelta()  # subtracted last: the years 1 and 9999 have no room for it
        found = (value.replace(tzinfo=UTC) - _EPOCH - offset) // _MICROSECOND
    elif isinstance(value, date):
        found = (datetime(value.year, value.month, value.day, tzinfo=UTC) - _EPOCH) // _MICROSECOND
    else:
        return None
    return found if found is not None and FIRST_INSTANT <= found <= LAST_INSTANT else None


@lru_cache(4_096)  # many records, few dates
def _instant_of_text(text: str) -> int | None:
    if len(text) > 64:
        return None
    if _NUMBER.fullmatch(text):
        return _instant_of_number(float(text) if "." in text else int(text))
    if len(text) == 4 and text.isdecimal():
        text += "-01-01"
    elif len(text) == 7 and text[4] == "-":
        text += "-01"
    text = text.upper().removesuffix("GMT").removesuffix("UTC").rstrip()
    try:
        return instant(datetime.fromisoformat(_OFFSET_APART.sub("", text)))
    except ValueError:
        return None


def _instant_of_number(number: int | float) -> int | None:
    if not math.isfinite(number):
        return None
    if number == int(number) and (1_000 <= number <= 9_999 or 10_000_101 <= number <= 99_991_231):
        return _instant_of_text(str(int(number)))  # a year, or YYYYMMDD
    size = abs(number)
    for limit, factor in ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1)):
        if size < limit:
            return int(number * factor)
    return int(number // 1_000)


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except RecursionError:  # nested by somebody who means harm
        return "nested too deeply"


CELLS: tuple[tuple[str, str, Callable[[object], object]], ...] = (
    ("source_record_id", "id", words),
    ("url", "url", words),
    ("license_raw", "license", license_statement),
    ("language_stated", "language", words),
    ("title", "title", words),
    ("authors", "author", authors),
    ("subject", "subject", subject),
    ("published_at", "date", instant),
    ("fetched_at", "fetched", instant),
)
"""Column of ``RAW``, field of ``Fields``, how a value is read."""
