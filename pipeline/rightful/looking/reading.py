"""How each protocol is read from bytes, for all of a host or one address. Floor 6: part of ``looking``.

Most addresses of a host have one result: which of them may have another is seen from the patterns of its rules, so that the
others need not be matched against each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rightful.rights.expression import Names
from rightful.rights.licenses import Catalog
from rightful.signals.cards.claims import phrase_in
from rightful.signals.web.stated import RESERVE, Reading, Statement

DETECTORS: Mapping[str, str] = {
    "robots": "robots/1",
    "tdmrep": "tdmrep/1",
    "headers": "headers/1",
    "html": "html/1",
    "terms": "terms/1",
}
NOWHERE = "/rightful-no-rule-names-this-path-7c1f"
"""A path that no rule means by name: what it gets, most of a host gets."""
_EVERYWHERE = frozenset({"", "/", "*", "/*", "/**"})
_PLAIN = re.compile(r"[A-Za-z0-9/_.-]*")


@dataclass(frozen=True, slots=True)
class Rules:
    """A capture that was read. ``reading`` says what it says of one address. An address may differ from the rest of its
    host where its path begins with one of ``starts``; ``varies`` is False where none can."""

    reading: Callable[[str], Reading]
    starts: tuple[str, ...] = ()
    varies: bool = False

    def elsewhere(self, origin: str) -> Reading:
        """What it says of addresses that no rule means by name."""
        return self.reading(origin + NOWHERE)

    def may_differ(self, address: str) -> bool:
        """False where an address is sure to have what the rest of its host has."""
        path = address[address.find("/", 8) :]
        return path == "/" or path.startswith(self.starts)


def of_patterns(reading: Callable[[str], Reading], patterns: Iterable[str]) -> Rules:
    """Rules of which these are the patterns of paths, with ``*`` for anything and ``$`` at the end (RFC 9309, 2.2.3)."""
    named = {p for p in patterns if p not in _EVERYWHERE}
    if not named:
        return Rules(reading)
    starts = {_start(p) for p in named}
    shortest = tuple(s for s in sorted(starts) if not any(s != t and s.startswith(t) for t in starts))
    return Rules(reading, shortest, varies=True)


def _start(pattern: str) -> str:
    """How every path begins that a pattern matches, as far as it has one spelling."""
    plain = _PLAIN.match(pattern)
    return plain[0] if plain else ""


def rules_of(protocol: str, raw: bytes, headers: Sequence[tuple[str, str]], catalog: Catalog, on: date) -> Rules:
    """Read a capture."""
    return _READERS[protocol](raw, headers, catalog, on)


def _terms(raw: bytes, headers: Sequence[tuple[str, str]], catalog: Catalog, on: date) -> Rules:
    """The terms of use of a host: words that reserve text and data mining or training (law 6.12)."""
    reading = terms(raw, catalog.names)
    return Rules(lambda _: reading)


def terms(raw: bytes, names: Names) -> Reading:
    """What terms in words reserve."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Reading("unreadable", unread=("is not UTF-8",))
    phrase = phrase_in(re.sub(r"<[^>]{0,2000}>", " ", text) if "<" in text else text, names)
    if phrase is None:
        return Reading("absent")
    return Reading("found", (Statement(names.reserving.acts, RESERVE, phrase),))


_READERS: dict[str, Callable[[bytes, Sequence[tuple[str, str]], Catalog, date], Rules]] = {"terms": _terms}
