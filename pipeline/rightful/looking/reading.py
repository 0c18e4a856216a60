"""How each protocol is read from bytes, for all of a host or one address. Floor 6: part of ``looking``.

Most addresses of a host have one result: which of them may have another is seen from the patterns of its rules, so that the
others need not be matched against each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rightful.catalog.signals import signals_of
from rightful.rights.expression import Names
from rightful.rights.licenses import Catalog
from rightful.rights.signals import Signals
from rightful.signals.cards.claims import phrase_in
from rightful.signals.web import headers as header_fields
from rightful.signals.web import html, robots, tdmrep
from rightful.signals.web.paths import Pattern, path_of
from rightful.signals.web.stated import RESERVE, Reading, Statement

DETECTORS: Mapping[str, str] = {
    "robots": robots.DETECTOR,
    "tdmrep": tdmrep.DETECTOR,
    "headers": header_fields.DETECTOR,
    "html": html.DETECTOR,
    "terms": "terms/1",
}
NOWHERE = "/rightful-no-rule-names-this-path-7c1f"
"""A path that no rule means by name: what it gets, most of a host gets."""
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)


class Law(NamedTuple):
    """What readings depend on beside what is read: the names of licences, and what the labels of signals mean."""

    names: Names
    signals: Signals

    @classmethod
    def of(cls, catalog: Catalog) -> Law:
        """As a catalogue has it."""
        return cls(catalog.names, signals_of(catalog))


@dataclass(frozen=True, slots=True)
class Rules:
    """A capture that was read. ``reading`` says what it says of one address. An address may differ from the rest of its
    host where its path begins with one of ``starts`` or is matched by one of ``patterns``; ``varies`` is False where none
    can."""

    reading: Callable[[str], Reading]
    starts: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    varies: bool = False

    def elsewhere(self, origin: str) -> Reading:
        """What it says of addresses that no rule means by name."""
        return self.reading(origin + NOWHERE)

    def may_differ(self, address: str) -> bool:
        """False where an address is sure to have what the rest of its host has. TDMRep means a path with any query."""
        path = path_of(address)
        return path.startswith(self.starts) or any(
            of.matches(one) for one in dict.fromkeys((path, path.partition("?")[0])) for of in self.patterns
        )


def of_patterns(reading: Callable[[str], Reading], patterns: Iterable[Pattern]) -> Rules:
    """Rules that tell paths apart by these patterns."""
    named = {of for of in patterns if not of.is_everything}
    # Where a rule means even that path (``Allow: /r``, ``Allow: /*-``), it stands for none of the others: each is looked at.
    starts = {"/"} if any(of.matches(NOWHERE) for of in named) else {of.parts[0] for of in named if of.is_plain}
    shortest = tuple(sorted(s for s in starts if not any(s != t and s.startswith(t) for t in starts)))
    others = sorted((of for of in named if not of.is_plain), key=lambda of: (of.parts, of.anchored))
    return Rules(reading, shortest, tuple(others), varies=bool(named))


def rules_of(protocol: str, raw: bytes, headers: Sequence[tuple[str, str]], law: Law, on: date) -> Rules:
    """Read a capture."""
    return _READERS[protocol](raw, headers, law, on)


def _terms(raw: bytes, headers: Sequence[tuple[str, str]], law: Law, on: date) -> Rules:
    """The terms of use of a host: words that reserve text and data mining or training (law 6.12)."""
    reading = terms(raw, law.names)
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


def _robots(raw: bytes, headers: Sequence[tuple[str, str]], law: Law, on: date) -> Rules:
    read_in, signals = robots.rules(raw), law.signals
    return of_patterns(lambda url: read_in.reading(url, signals, on=on), read_in.patterns)


def _tdmrep(raw: bytes, headers: Sequence[tuple[str, str]], law: Law, on: date) -> Rules:
    """The file of TDMRep. A page that is served in its place is none (many sites have one for what is not there): nobody can
    tell from it that nothing is reserved, and it reserves nothing."""
    if _PAGE.match(raw[:2000]):
        page = Reading("unreadable", unread=("a page stands in its place",))
        return Rules(lambda _: page)
    listed, signals = tdmrep.rules(raw), law.signals
    return of_patterns(lambda url: listed.reading(url, signals, on=on), (rule.paths for rule in listed.listed))


def _headers(raw: bytes, headers: Sequence[tuple[str, str]], law: Law, on: date) -> Rules:
    return Rules(lambda url: header_fields.read(headers, law.signals, on, url=url, names=law.names))


def _html(raw: bytes, headers: Sequence[tuple[str, str]], law: Law, on: date) -> Rules:
    """Raises :class:`InputError` where resiliparse is not installed."""
    return Rules(lambda url: html.read(raw, url, law.signals, law.names, on))


_READERS: dict[str, Callable[[bytes, Sequence[tuple[str, str]], Law, date], Rules]] = {
    "robots": _robots,
    "tdmrep": _tdmrep,
    "headers": _headers,
    "html": _html,
    "terms": _terms,
}
