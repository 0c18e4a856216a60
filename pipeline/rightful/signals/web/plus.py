"""The property Data Mining of PLUS, which IPTC took over: in metadata of pictures and films. Floor 2: pure. Law 6.11.

Read from what a tool prints of the metadata: JSON (of exiftool or another), an XMP packet, or the bare value. Values stand as an
address (``http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED``), as ``plus:DMI-PROHIBITED``, bare, or in the words in which
tools show them. Beside it the words of IPTC's Other Constraints, Rights Usage Terms and Copyright Notice are heard, where they
reserve text and data mining or training. Bound to the work.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from rightful.errors import InputError
from rightful.rights.reserving import ReservingWords
from rightful.rights.signals import Signals
from rightful.signals.texts.reserving_words import reserving_phrase
from rightful.signals.web.json_text import loads
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement, unreadable

DETECTOR = "plus/1"
PROTOCOL = "plus"
PROPERTY = "datamining"
IN_WORDS = frozenset(
    {
        "otherconstraints",
        "usageterms",
        "rightsusageterms",
        "copyrightnotice",
        "rights",
        "webstatement",
        "instructions",
        "specialinstructions",
    }
)
"""Properties in which something may be reserved in words: names without prefix, case and separators."""
_SPACE = re.compile(r"(?i)^(?:https?://ns\.useplus\.org/ldf/vocab/|plus:|plus-)")
_KNOWN = re.compile(r"\bDMI-[A-Z]+(?:-[A-Z]+)*\b")
_NAMED = re.compile(
    r"(?i)(?P<close></?)?[\w-]{1,40}:(?P<local>DataMining|OtherConstraints|UsageTerms|RightsUsageTerms|CopyrightNotice|Rights"
    r"|WebStatement|Instructions|SpecialInstructions)(?![\w-])(?P<is>\s{0,20}=\s{0,20}[\"'])?"
)
_RESOURCE = re.compile(r"""rdf:resource\s{0,20}=\s{0,20}(["'])(.*?)\1""", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
SHOWN = {
    "allowed": "DMI-ALLOWED",
    "unspecified": "DMI-UNSPECIFIED",
    "prohibited": "DMI-PROHIBITED",
    "prohibitedforaimltraining": "DMI-PROHIBITED-AIMLTRAINING",
    "prohibitedforgenerativeaimltraining": "DMI-PROHIBITED-GENAIMLTRAINING",
    "prohibitedexceptforsearchengineindexing": "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "prohibitedseeplusotherconstraints": "DMI-PROHIBITED-SEECONSTRAINT",
    "prohibitedseeembeddedrightsexpression": "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
    "prohibitedseelinkedrightsexpression": "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
}
"""How tools show the values, letters alone -> the value."""
MOST_BYTES, MOST_NAMED, MOST_CHARS = 64 << 20, 1_000, 65_536


def read(raw: bytes, signals: Signals, words: ReservingWords, on: date | None = None) -> Reading:
    """What the metadata of a work says. Several values: each counts. Never raises."""
    if len(raw) > MOST_BYTES:
        return unreadable(signals.all_acts(PROTOCOL, on), f"has more than {MOST_BYTES} bytes")
    values: list[str] = []
    prose: list[str] = []
    try:
        for name, value in _properties(raw):
            (values if name == PROPERTY else prose).append(value)
    except InputError as error:
        return unreadable(signals.all_acts(PROTOCOL, on), str(error))
    statements: list[Statement] = []
    unread: list[str] = []
    for value in dict.fromkeys(values):
        stated = _stated(value, signals, on)
        statements += stated
        unread += [one.raw for one in stated if one.status == UNKNOWN and not one.label]
    for value in dict.fromkeys(prose):
        if phrase := reserving_phrase(value, words):
            statements.append(Statement(words.acts, RESERVE, phrase[:QUOTED]))
    if unread:
        return Reading("unreadable", tuple(statements), unread=tuple(unread))
    return Reading("found" if statements else "absent", tuple(statements))


def _stated(value: str, signals: Signals, on: date | None) -> list[Statement]:
    """What one value of the property states."""
    bare = _SPACE.sub("", value.strip())
    shown = SHOWN.get("".join(c for c in bare.casefold() if c.isalnum()))
    labels = [shown] if shown is not None else _KNOWN.findall(bare.upper()) or [bare]
    statements = []
    for label in labels:
        meaning = signals.meaning(PROTOCOL, label, on=on)
        if not meaning.is_known:
            statements.append(Statement(signals.all_acts(PROTOCOL, on), UNKNOWN, value[:QUOTED]))
            continue
        status = {"reserve": RESERVE, "conditional": UNKNOWN}.get(meaning.status, ALLOW)
        statements.append(Statement(meaning.acts, status, value[:QUOTED], label))
    return statements


def _properties(raw: bytes) -> Iterator[tuple[str, str]]:
    """The properties that may reserve something, by name: folded, without prefix. Raises :class:`InputError` for broken JSON."""
    text = raw.decode("utf-8-sig", "replace").strip().replace("\0", "")
    if text[:1] in ("{", "["):
        yield from _in_json(loads(raw))
    elif "<" in text:
        yield from _in_xmp(text)
    elif text:
        yield PROPERTY, text.rpartition("=")[2] if PROPERTY in _folded(text.partition("=")[0]) else text


def _in_json(document: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            # Both {"XMP-plus:DataMining": ...} and {"name": "plus:DataMining", "value": ...} are written.
            waiting += [(own if _wanted([own]) else name, inner) for own, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(name, inner) for inner in value]
        elif _wanted([name]) and value is not None:
            yield _folded(name), str(value)


def _in_xmp(text: str) -> Iterator[tuple[str, str]]:
    """Elements and attributes of the names that are looked for. No parser: a packet stands in the midst of other bytes.

    Raises :class:`InputError` for one that does not end.
    """
    for n, named in enumerate(_NAMED.finditer(text)):
        if n == MOST_NAMED:
            raise InputError(f"has more than {MOST_NAMED} properties of rights")
        name, ahead = _folded(named["local"]), text[named.end() : named.end() + MOST_CHARS]
        if named["is"]:
            value, end, _ = ahead.partition(named["is"][-1])
        elif named["close"] == "<":
            tag, end, rest = ahead.partition(">")
            linked = _RESOURCE.search(tag)
            closing = f"</{named[0][1:]}"
            value = rest.partition(closing)[0]
            end = end and ("/" if tag.endswith("/") or closing in rest else "")
            value = linked[2] if linked is not None else "" if tag.endswith("/") else value
        else:
            continue
        if not end:
            raise InputError(f"{named[0][:60]} does not end")
        if text_of := html.unescape(_TAG.sub(" ", value)).strip():
            yield name, text_of


def _wanted(names: Iterable[str]) -> bool:
    return any(_folded(name) == PROPERTY or _folded(name) in IN_WORDS for name in names)


@lru_cache(4096)
def _folded(name: str) -> str:
    local = re.split(r"[:.#/]", name)[-1]
    return "".join(c for c in local.casefold() if c.isalnum())
