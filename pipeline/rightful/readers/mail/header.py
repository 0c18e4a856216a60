"""The header of a message or of one of its parts: fields, and the values that have parameters. Floor 2: the readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from rightful.readers.charsets import Undecodable, text_of
from rightful.readers.mail.words import header_text
from rightful.readers.values import instant

FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
"""How a line begins that is a field (RFC 5322, section 2.2); blanks before the colon are of its section 4.5."""
_PARAMETER = re.compile(r""";[\s;]*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*+"|[^;]*+)""", re.DOTALL)
_LONGEST_PARAMETERS = 8_192
_LONGEST_DATE = 200
_ZONE_WORDS = re.compile(r"\s*\([^()]*\)\s*$")
_IN_BRACKETS = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a header as (name, value) in their order, unfolded. Bytes that are not UTF-8 are in the character set that the
    message states, as older mailers wrote them; else U+FFFD."""

    fields: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> Iterator[str]:
        """The values of every field of that name, in lower case, that are not blank."""
        return (value for known, value in self.fields if known.lower() == name and value.strip())

    def first(self, name: str) -> str:
        """The value of the first field of that name that has one; empty where there is none."""
        return next(self.all(name), "")


def header_of(lines: Sequence[bytes]) -> Header:
    """The fields of a header by its lines; what begins no field and continues none is left out."""
    fields: list[tuple[str, list[bytes]]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if fields:
                fields[-1][1].append(line)
        elif (begin := FIELD.match(line)) is not None:
            fields.append((begin[1].decode(), [line[begin.end() :]]))
    whole = [(name, b"".join(parts)) for name, parts in fields]
    stated = next((raw for name, raw in whole if name.lower() == "content-type"), b"").decode("ascii", "replace")
    return Header(tuple((name, _field_text(raw, stated).strip()) for name, raw in whole))


def _field_text(raw: bytes, content_type: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    try:
        return text_of(raw, valued(content_type).parameters.get("charset"))
    except Undecodable:
        return raw.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Valued:
    """A value with parameters: ``text/plain; charset=utf-8``. Names and value are in lower case."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)


def valued(text: str) -> Valued:
    """Read a value with parameters, those of RFC 2231 too: in pieces, in a character set of their own.

    >>> valued('multipart/mixed; boundary*0="a b"; boundary*1=c').parameters
    {'boundary': 'a bc'}
    """
    text = text[:_LONGEST_PARAMETERS]
    value = text.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, str]] = {}
    for match in _PARAMETER.finditer(text, max(0, text.find(";"))):
        given = re.sub(r"\\(.)", r"\1", match[2][1:-1]) if match[2][:1] == '"' else match[2].strip()
        name, star, rest = match[1].lower().partition("*")
        if not star:
            plain.setdefault(name, given)
            continue
        number, coded = rest.removesuffix("*"), rest.endswith("*") or not rest
        pieces.setdefault(name, {})[int(number) if number.isdecimal() and len(number) < 4 else 0] = (
            _percent(given) if coded else given
        )
    joined = {name: "".join(of[n] for n in sorted(of)) for name, of in pieces.items()}
    return Valued(value, plain | joined)


def _percent(text: str) -> str:
    charset, mark, rest = text.partition("'")
    charset, data = (charset, rest.partition("'")[2]) if mark else ("", text)
    try:
        return text_of(unquote_to_bytes(data), charset)
    except Undecodable:
        return data


def instant_of(text: str) -> int | None:
    """A date of mail as microseconds since 1970 in UTC; None where it is none. One without a zone is UTC.

    >>> instant_of("Thu, 1 Jan 1970 01:00:00 +0100 (CET)"), instant_of("Mon, 99 Foo 2003 10:00:00 +0000")
    (0, None)
    """
    if len(text) > _LONGEST_DATE:
        return None
    try:
        return instant(parsedate_to_datetime(_ZONE_WORDS.sub("", text)))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def message_id(text: str) -> str | None:
    """The id of a message without its brackets; None where there is none that is told from a blank."""
    bracketed = _IN_BRACKETS.search(text)
    bare = "".join((bracketed[1] if bracketed else text).split())
    return bare if bare and len(bare) <= 1_000 and "\0" not in bare else None


def shown(value: str) -> str | None:
    """A field as a line of text; None where it is blank."""
    return " ".join(header_text(value).replace("\0", " ").split()) or None


def names_of(value: str) -> list[str] | None:
    """The display names of a list of addresses; an address is no name."""
    pairs = getaddresses([value[:4_096]])
    names = [shown(name) for name, _ in pairs if name and "@" not in name]
    return [name for name in names if name] or None
