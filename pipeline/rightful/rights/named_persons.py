"""Whom a value names: every spelling by which a withdrawal may mean a person. Floor 1: pure. Law 8.8, 8.9.

A mail header, a list, an object, ``Name <address>``, names joined by commas, semicolons or "and" each name persons. Of one
person the name, the address and the whole as it was given are spellings. Where it cannot be told whether a comma parts
names or belongs to one, both are: a refusal that reaches too far is mended by a word, one that does not reach is a leak.
"""

from __future__ import annotations

import binascii
import html
import json
import math
import quopri
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from rightful.later import late_pattern

MOST, LONGEST = 256, 4_096
_ENCODED = late_pattern(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?")
_ADDRESS = late_pattern(r"[^\s<>()\[\]\",;:@/|]+@[^\s<>()\[\]\",;@/|]+|\"[^\"]+\"@[^\s<>()\[\]\",;@/|]+")
_PARTS = late_pattern(r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^<>]*>|[,;\n]|[^",;\n(<]+|.', re.DOTALL)
_AND = late_pattern(
    r"(?<=\s)(?:and|und|et|y|e|og|och|en|&|\+)(?=\s)|^(?:and|und|et|&)(?=\s)|(?<=\s)(?:and|und|et|&)$|[/|\u00b7\u2022\t]",
    re.IGNORECASE,
)
_ONE_SPACE = late_pattern(r"[^\S\t]+")  # a tab may part names
_COMMAS = str.maketrans({"\uff0c": ",", "\u3001": ",", "\uff64": ",", "\u060c": ",", "\uff1b": ";", "\u061b": ";"})
"""As other scripts write them."""
_QUOTED = late_pattern(r'"([^"\s@,;<>()\\]+)"(?=@)')
_FEW_PIECES = 8
"""Up to so many names joined by a word like "and", or a sign like "/", every run of them may be one name that holds it."""
_NAMES = (
    "name",
    "full_name",
    "fullname",
    "displayname",
    "display_name",
    "realname",
    "login",
    "username",
    "handle",
    "label",
)
_MAILS = ("email", "mail", "emailaddress", "email_address", "e-mail", "mbox", "address", "emails", "addresses")
_GIVEN = ("given", "givenname", "given_name", "first", "firstname", "first_name", "forename")
_FAMILY = ("family", "familyname", "family_name", "last", "lastname", "last_name", "surname")
_WITHIN = ("person", "user", "author", "sender", "from", "node", "agent", "contact", "value", "@value")


@dataclass(frozen=True, slots=True)
class Persons:
    """The spellings of all persons that a value names, the first of the first one first; ``count`` persons. Not
    ``readable``: something there cannot be read, and may name one more."""

    spellings: tuple[str, ...] = ()
    count: int = 0
    readable: bool = True


def persons(value: object, depth: int = 0) -> Persons:
    """Whom a value names.

    >>> persons("Mira Moreno <mira@example.org>").spellings
    ('Mira Moreno <mira@example.org>', 'mira@example.org', 'Mira Moreno')
    >>> persons({"id": 7}).readable
    False
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Persons()
    if depth > 8 or isinstance(value, bool):
        return Persons(readable=False)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _of_text(value, depth)
    if isinstance(value, list | tuple | set):
        return _all(persons(v, depth + 1) for v in value) if len(value) <= MOST else Persons(readable=False)
    if isinstance(value, Mapping):
        return _of_object(value, depth)
    if isinstance(value, int | float):
        return Persons((str(int(value)) if float(value).is_integer() else repr(value),), 1)
    return Persons(readable=False)


def _all(several: Iterable[Persons]) -> Persons:
    listed = list(several)
    spellings = tuple(dict.fromkeys(s for p in listed for s in p.spellings))
    return Persons(spellings, sum(p.count for p in listed), all(p.readable for p in listed))


def _of_object(value: Mapping[Any, Any], depth: int) -> Persons:
    named = _in_fields(value, depth)
    others = [t for t in _texts(value, depth) if "@" in t or "%40" in t or "&#" in t]
    if len(others) > MOST:
        return Persons(named.spellings, named.count, readable=False)
    more = _all(_of_text(t, depth + 1) for t in others)
    new = tuple(s for s in more.spellings if "@" in s and s not in named.spellings)
    return Persons((*named.spellings, *new), named.count + bool(new), named.readable and more.readable)


def _texts(value: object, depth: int) -> Iterator[str]:
    """Every string within, keys too: whatever a key is called, an address there is somebody's."""
    if isinstance(value, str):
        yield value
    elif depth <= 8 and isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner, depth + 1)
    elif depth <= 8 and isinstance(value, list | tuple | set):
        for inner in value:
            yield from _texts(inner, depth + 1)


def _in_fields(value: Mapping[Any, Any], depth: int) -> Persons:
    """Whom the fields name that are known."""
    fields = {str(k).casefold(): v for k, v in value.items() if v not in (None, "", [], {})}
    names = [persons(fields[k], depth + 1) for k in _NAMES if k in fields]
    mails = [persons(fields[k], depth + 1) for k in _MAILS if k in fields]
    given = next((fields[k] for k in _GIVEN if isinstance(fields.get(k), str)), "")
    family = next((fields[k] for k in _FAMILY if isinstance(fields.get(k), str)), "")
    if given or family:
        whole = " ".join(filter(None, (given, family)))
        names.append(Persons(tuple(dict.fromkeys((whole, f"{family}, {given}" if given and family else whole))), 1))
    if names or mails:
        one = _all([*mails, *names])
        plain = [s for p in names for s in p.spellings[:1]]
        both = tuple(f"{n} <{m}>" for n in plain for p in mails for m in p.spellings[:1])
        return Persons((*one.spellings, *both), 1 if one.spellings else 0, one.readable and bool(one.spellings))
    within = [persons(fields[k], depth + 1) for k in _WITHIN if k in fields]
    return _all(within) if within else Persons(readable=not fields)


def _of_text(text: str, depth: int) -> Persons:
    whole = text.strip()
    if not whole or whole.casefold() in ("null", "none", "nan", "n/a", "-"):
        return Persons()
    if len(whole) > LONGEST:
        return Persons(readable=False)
    if whole[0] + whole[-1] in ("{}", "[]"):
        try:
            return persons(json.loads(whole), depth + 1)
        except (ValueError, RecursionError):
            return Persons((whole,), 1, readable=False)
    decoded = _plain(_ENCODED.sub(_word, whole))
    readings: list[str] = [whole, decoded] if decoded != whole else [whole]
    items = _items(decoded.translate(_COMMAS))
    if len(items) > MOST:
        return Persons(readable=False)
    counted = 0
    bare = [name for name, mail in items if not mail and name]
    for name, mail in items:
        readings += [s for m in mail for s in (m, *_hosts(m))]
        readings += [name, f"{name} <{mail[0]}>"] if name and mail else [name] if name else []
        several = _parted(name) if name and not mail else []
        readings += _runs(name, several)
        counted += max(1, len(mail), sum(1 for i, j in several if name[i:j].strip())) if name or mail else 0
    readings += [f"{b} {a}" for a, b in pairwise(bare)] + ([", ".join(bare)] if len(bare) > 1 else [])
    for at, (name, mail) in enumerate(items[1:], 1):  # Moreno, Mira <mira@example.org>
        before, its_mail = items[at - 1]
        if mail and name and before and not its_mail:
            readings += [f"{before}, {name}", f"{name} {before}"]
    return Persons(tuple(dict.fromkeys(s.strip() for s in readings if s.strip())), max(1, counted))


def _plain(text: str) -> str:
    """Without the escapes of mark-up and of web addresses that hide an address of mail, and without what cannot be seen."""
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "%40" in text:
        text = unquote(text)
    return _QUOTED.sub(r"\1", text)


def _parted(name: str) -> list[tuple[int, int]]:
    """Where the names lie that a word like "and", or a sign, joins in one; none where it is one, empty between two joints.

    A slash or bar in what has no blank belongs to it: an address of the web, a handle such as ``u/mira``.
    """
    if not re.search(r"\s", name):
        return []
    joints = [joint.span() for joint in _AND.finditer(name)]
    starts, stops = [0, *(end for _, end in joints)], [*(start for start, _ in joints), len(name)]
    return [*zip(starts, stops, strict=True)] if joints else []


def _runs(name: str, pieces: list[tuple[int, int]]) -> list[str]:
    """Each of the names, and what several in a row would be: "Li En and Ortega y Gasset" is two, or one, or four."""
    most = len(pieces) if len(pieces) <= _FEW_PIECES else 1
    runs = ((i, j) for i in range(len(pieces)) for j in range(i, min(i + most, len(pieces))))
    return [" ".join(name[pieces[i][0] : pieces[j][1]].split()) for i, j in runs]


def _items(text: str) -> list[tuple[str, list[str]]]:
    """The persons of a mail header or a list of names, each with a name (may be empty) and its addresses."""
    items: list[tuple[str, list[str]]] = []
    name, mails = "", list[str]()

    def close() -> None:
        nonlocal name, mails
        shown = _ONE_SPACE.sub(" ", name.replace("mailto:", " ")).strip(" .:'\t|/")
        if shown or mails:
            items.append((shown, mails))
        name, mails = "", []

    for part in _PARTS.findall(text):
        if part in (",", ";", "\n"):
            close()
        elif part[0] == '"' and len(part) > 1 and f"{part}@" not in text:
            name += " " + re.sub(r"\\(.)", r"\1", part[1:-1])
        elif part[0] == "<" and part[-1] == ">":
            inside = _clean(part[1:-1])
            mails += [inside] if inside else []
        elif part[0] == "(" and part[-1] == ")":
            name += " " + part[1:-1]
        else:
            group, colon, rest = part.partition(":")
            plain = (
                rest if colon and group.strip() and group.strip().casefold() != "mailto" and "@" not in group else part
            )
            for address in map(_clean, _ADDRESS.findall(plain)):
                local = re.split(r"[/?&=]", address.partition("@")[0])[-1]  # of a web address that names somebody
                mails += dict.fromkeys([address, f"{local}@{address.partition('@')[2]}"] if local else [address])
            name += _ADDRESS.sub(" ", plain)
    close()
    return items


def _clean(address: str) -> str:
    text = unquote(re.sub(r"(?i)^mailto:", "", address.strip()))
    text = "".join(c for c in text if c.isascii() or unicodedata.category(c) != "Cf")
    text = (text if "?" not in text.partition("@")[0] else text.partition("?")[2]).partition("?")[0].strip(" .<>")
    quoted = re.fullmatch(r'"(.+)"@(.+)', text)
    return f"{quoted[1]}@{quoted[2]}" if quoted else text


def _hosts(address: str) -> list[str]:
    """An address with its host in the other form: as it is read, and as it is looked up (IDNA)."""
    local, at, host = address.rpartition("@")
    if not at:
        return []
    try:
        other = (
            host.encode("ascii").decode("idna") if "xn--" in host.casefold() else host.encode("idna").decode("ascii")
        )
    except UnicodeError:
        return []
    return [f"{local}@{other}"] if other.casefold() != host.casefold() else []


def _word(word: re.Match[str]) -> str:
    """An encoded word of a mail header (RFC 2047)."""
    charset, how, data = word[1].partition("*")[0], word[2].upper(), word[3]
    try:
        raw = b64decode(data + "==") if how == "B" else quopri.decodestring(data.replace("_", " "))
        return raw.decode(charset)
    except (LookupError, UnicodeError, binascii.Error, ValueError):
        return word[0]
