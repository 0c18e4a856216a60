"""How the values of a row are read: ids, addresses, dates, names. Floor 2: the readers."""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from rightful.rights.named_persons import persons

Read = Callable[[object], object]
"""How a value is read: None where it says nothing or cannot be read."""

_LICENSE_KEYS = ("spdx_id", "id", "name", "url")  # of an object that is a licence, the most exact first


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
    if isinstance(value, Decimal) and value.is_finite():
        return str(int(value)) if value == value.to_integral_value() else format(value, "f")
    if isinstance(value, bytes):
        return _of_bytes(value)
    if isinstance(value, UUID):
        return str(value)
    return _extended(value) if isinstance(value, dict) and len(value) <= 2 else None


def _of_bytes(value: bytes) -> str | None:
    """Bytes that are a text as that; any others, a digest, in hexadecimal digits."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return (text if text.strip() else None) if text.isprintable() else value.hex()


_SCALARS = ("$oid", "$uuid", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$symbol", "@id", "@value")


def _extended(value: dict[str, object]) -> str | None:
    """A value of MongoDB's extended JSON (https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/), or JSON-LD."""
    for key in _SCALARS:
        if key in value and isinstance(value[key], str | int) and not isinstance(value[key], bool):
            return words(value[key])
    packed = value.get("$binary")
    inner = packed if isinstance(packed, dict) else {"base64": packed, "subType": value.get("$type", "")}
    text, kind = inner.get("base64"), str(inner.get("subType", ""))
    if "$binary" in value and isinstance(text, str):
        try:
            raw = b64decode(text, validate=True)
        except ValueError:
            return None
        return str(UUID(bytes=raw)) if kind in ("03", "04", "3", "4") and len(raw) == 16 else raw.hex()
    return None


def license_statement(value: object) -> str | None:
    """What a record says of its licence, as one string.

    A list becomes a JSON array of strings; of an object its ``spdx_id``, ``id``, ``name`` or ``url`` is taken, the first
    that is a string; an object without any is kept as JSON.

    >>> license_statement(["MIT", {"id": 7, "name": "CC BY 4.0"}])
    '["MIT","CC BY 4.0"]'
    """
    if isinstance(value, list | tuple):
        said = [as_json(v) if isinstance(v, list | tuple) else license_statement(v) for v in value]
        return as_json([s for s in said if s is not None]) if any(said) else None
    if isinstance(value, dict):
        named = (value.get(key) for key in _LICENSE_KEYS)
        return next((n for n in named if isinstance(n, str) and n.strip()), None) or (as_json(value) if value else None)
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).lower() if isinstance(value, bool) else words(value) or str(value)


def parents(value: object) -> list[str] | None:
    """The rows that a row was made from, by their ids: from an id, a list of them, objects with ``id``. What is there and
    cannot be read is an empty string, which is the id of no row: a parent that nobody knows is not none.

    >>> parents([{"id": 7}, "a1"]), parents({"row": 7}), parents([])
    (['7', 'a1'], [''], None)
    """
    listed = value if isinstance(value, list | tuple) else [value]
    ids = [words(v.get("id") if isinstance(v, dict) else v) for v in listed]
    lost = any(found is None and not _is_void(v) for found, v in zip(ids, listed, strict=True))
    return list(dict.fromkeys([*(i for i in ids if i is not None), *([""] if lost else [])])) or None


def _is_void(value: object, depth: int = 0) -> bool:
    """True for what holds nothing: null, NaN, blanks, and lists and objects of nothing else."""
    if isinstance(value, dict | list | tuple) and depth < 8:
        return all(_is_void(v, depth + 1) for v in (value.values() if isinstance(value, dict) else value))
    if isinstance(value, str | bytes):
        return not value.strip()
    return value is None or value != value


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
    """Whom a record is about: the first spelling of the first person that is named."""
    return next(iter(persons(value).spellings), None)


def subjects(value: object) -> list[str | None] | None:
    """All spellings of the persons that are named, where that is more than :func:`subject` says: with a null where they
    are several persons, and an empty string where something there cannot be read."""
    found = persons(value)
    if found.readable and found.count <= 1 and len(found.spellings) <= 1:
        return None
    several: list[str | None] = [None] if found.count > 1 else []
    return [*found.spellings, *several, *([] if found.readable else [""])]


_ADDRESS_KEYS = (
    "href",
    "url",
    "uri",
    "@id",
    "link",
    "src",
    "value",
    "loc",
    "$",
    "#text",
    "canonical",
    "@value",
    "contenturl",
)
_SCHEME_FOLLOWS = re.compile(r"(?:\s+|\s*[,;|]\s*)(?=(?:https?|ftp)://)", re.IGNORECASE)


def all_addresses(value: object, depth: int = 0) -> list[str]:
    """Every address in a value: of lists, of objects, of a string that holds several."""
    if isinstance(value, list | tuple) and depth < 8:
        return [*dict.fromkeys(a for v in value for a in all_addresses(v, depth + 1))]
    if isinstance(value, dict) and depth < 8:
        fields = {str(k).casefold(): v for k, v in value.items()}
        return [*dict.fromkeys(a for k in _ADDRESS_KEYS if k in fields for a in all_addresses(fields[k], depth + 1))]
    text = words(value)
    if text is None or text.strip().casefold() in ("-", "n/a", "null", "none", "nan"):
        return []
    stripped = text.strip()
    if stripped[0] + stripped[-1] in ("{}", "[]") and depth < 8:
        try:
            return all_addresses(json.loads(stripped), depth + 1)
        except (ValueError, RecursionError):
            return [text]
    parts = _SCHEME_FOLLOWS.split(stripped)
    return parts if len(parts) > 1 else [text]


def first_address(value: object) -> str | None:
    """The address of a record: the first that is there.

    >>> first_address(["https://a.example/1", "https://b.example/2"]), first_address({"href": "https://a.example"})
    ('https://a.example/1', 'https://a.example')
    """
    return next(iter(all_addresses(value)), None)


def addresses(value: object) -> list[str] | None:
    """All addresses of a record, where there is more than one."""
    found = all_addresses(value)
    return found if len(found) > 1 else None


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
    if isinstance(value, dict):
        return _extended_instant(value)
    if isinstance(value, Decimal) and value.is_finite():
        value = float(value)
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


def _extended_instant(value: dict[str, object]) -> int | None:
    """A date of MongoDB's extended JSON, whose numbers are milliseconds, or of JSON-LD."""
    inner: object = value.get("$date", value.get("@value"))
    if "$timestamp" in value and isinstance(value["$timestamp"], dict):
        seconds = value["$timestamp"].get("t")
        return instant(seconds) if isinstance(seconds, int) else None
    if isinstance(inner, dict):
        text = words(inner)
        inner = int(text) if text is not None and re.fullmatch(r"-?\d{1,18}", text) else None
    if isinstance(inner, int) and not isinstance(inner, bool) and "$date" in value:
        found = inner * 1_000
        return found if FIRST_INSTANT <= found <= LAST_INSTANT else None
    return instant(inner) if isinstance(inner, str | int) else None


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


def as_json(value: object) -> str:
    """Compact JSON; what JSON has no form for is a string."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except RecursionError:  # nested by somebody who means harm
        return "nested too deeply"
