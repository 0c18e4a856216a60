"""Really Simple Licensing: an XML document with what is permitted, prohibited, and paid for. Floor 2: pure. RSL 1.0, law 6.11.

Every ``content`` whose ``url`` matches a page speaks of it (patterns as in robots.txt), and all of these hold. Its licences are
offers: of each act and purpose the one counts that asks least, unless any of them prohibits it. An act that ``permits`` does not
name, payment, a ``server`` that hands out licences, limits to users or countries that are not ours to check: each leaves the act
open. What is permitted is not reserved, and no more. Documents with a DOCTYPE or entities are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from xml.parsers import expat

from rightful.rights.signals import Signals
from rightful.rights.uses import covered
from rightful.signals.web.paths import path_of, pattern
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement, unreadable

DETECTOR = "rsl/1"
PROTOCOL = "rsl"
MOST_DEPTH, MOST_LICENSES, MOST_CHARS = 64, 10_000, 4_096
MOST_BYTES = 16 << 20
PURPOSES = ("commercial", "noncommercial", "research")
USERS = {
    "commercial": frozenset({"commercial"}),
    "non-commercial": frozenset({"noncommercial"}),
    "noncommercial": frozenset({"noncommercial"}),
}
"""Users of RSL that are purposes of ours. ``education``, ``government`` and ``personal`` are narrower: nobody is sure to be one."""
OWED = {"free": frozenset[str](), "attribution": frozenset({"attribution.record"})}
"""What a type of payment obliges to; every other type is payment."""
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_SPACES = ("rslstandard.org",)
_ORIGIN = re.compile(r"(?i)(?:https?:)?//([^/?#]*)")


@dataclass(slots=True)
class Offer:
    """A ``license`` element: lists by (``permits`` or ``prohibits``, type), and the types of payment."""

    lists: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    payments: list[str] = field(default_factory=list)

    def of(self, name: str, kind: str) -> list[str]:
        """The words of all elements of this name and type."""
        return self.lists.get((name, kind), [])


@dataclass(slots=True)
class Content:
    """A ``content`` element: what of the site it is about, the server that hands out licences, and its offers."""

    url: str = ""
    server: str = ""
    offers: list[Offer] = field(default_factory=list)

    def is_about(self, page: str) -> bool:
        """True where it speaks of a page; of one without a host whenever the path matches."""
        host, here = _ORIGIN.match(self.url), _ORIGIN.match(page)
        if host is not None and here is not None and host[1].lower() != here[1].lower():
            return False
        path = self.url[host.end() :] if host is not None else self.url
        return not path or pattern(path if path[0] in "/*" else f"/{path}").matches(path_of(page))


class _Refused(Exception):
    """The document is not read."""


def read(raw: bytes, signals: Signals, *, url: str = "/", on: date | None = None) -> Reading:
    """What a document says of one page; of all that it speaks of, where ``url`` is empty. Never raises."""
    try:
        contents = parse(raw)
    except _Refused as error:
        return unreadable(signals.all_acts(PROTOCOL, on), str(error))
    statements: list[Statement] = []
    unread: list[str] = []
    for content in contents:
        if not url or content.is_about(url):
            statements += _stated(content, signals, on, unread)
    if unread:
        return Reading("unreadable", tuple(statements), unread=tuple(dict.fromkeys(unread)))
    return Reading("found" if statements else "absent", tuple(statements))


def parse(raw: bytes) -> list[Content]:
    """The contents of a document, in order. Raises :class:`_Refused`: it is no XML, has a DOCTYPE, is nested too deep, is no RSL."""
    if len(raw) > MOST_BYTES:
        raise _Refused(f"is larger than {MOST_BYTES >> 20} MiB")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise _Refused(f"is no XML: {error}") from None
    except (LookupError, ValueError):  # expat knows UTF-8, UTF-16, Latin-1 and what has one byte a character
        raise _Refused("is in an encoding that is not known") from None
    if not reader.is_rsl:
        raise _Refused("is XML, and no RSL")
    return reader.contents


class _Reader:
    """Collects what concerns RSL from the events of a parser."""

    def __init__(self) -> None:
        self.contents: list[Content] = []
        self.is_rsl = False
        self._open: list[str] = []
        self._words: list[str] | None = None
        self._kept: list[str] = []
        self._offers = 0

    def doctype(self, *_: object) -> None:
        raise _Refused("has a DOCTYPE, which no RSL needs")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        local = local.lower()
        self._open.append(local)
        if len(self._open) > MOST_DEPTH:
            raise _Refused("is nested too deep")
        ours = any(s in space for s in _SPACES) or (not space and self.is_rsl)
        if local == "rsl" and (ours or not space):
            self.is_rsl = True
            return
        if not ours:
            return
        self.is_rsl = True
        given = {key.rpartition(" ")[2].lower(): value.strip() for key, value in attributes.items()}
        if local == "content":
            if len(self.contents) == MOST_LICENSES:
                raise _Refused(f"has more than {MOST_LICENSES} contents")
            self.contents.append(Content(given.get("url", ""), given.get("server", "")))
        elif local == "license":
            self._offers += 1
            if self._offers > MOST_LICENSES:
                raise _Refused(f"has more than {MOST_LICENSES} licences")
            self._content().offers.append(Offer())
        elif local in ("permits", "prohibits"):
            kind = given.get("type", "usage").lower()
            self._words = self._offer().lists.setdefault((local, kind), [])
            self._kept = []
        elif local == "payment":
            self._offer().payments.append(given.get("type", "").lower())

    def end(self, name: str) -> None:
        self._open.pop()
        if name.rpartition(" ")[2].lower() in ("permits", "prohibits") and self._words is not None:
            self._words += [word for word in re.split(r"[\s,;]+", "".join(self._kept)) if word]
            self._words = None

    def text(self, data: str) -> None:
        if self._words is not None:
            if sum(map(len, self._kept)) + len(data) > MOST_CHARS:
                raise _Refused("has a list that is too long")
            self._kept.append(data)

    def _content(self) -> Content:
        if not self.contents:
            self.contents.append(Content())  # a licence that stands alone is about all that it is found with
        return self.contents[-1]

    def _offer(self) -> Offer:
        content = self._content()
        if not content.offers:
            content.offers.append(Offer())
        return content.offers[-1]


def _stated(content: Content, signals: Signals, on: date | None, unread: list[str]) -> Iterator[Statement]:
    """What a content says of every act that RSL speaks of, for each purpose."""
    offers = content.offers or [Offer()]
    for offer in offers:
        unread += _unknown(offer, signals, on)
    leaves = sorted(signals.all_acts(PROTOCOL, on))
    for act in _parts(leaves, signals, on):
        for purposes, status, owed, raw, places in _of_act(act, content, offers, signals, on):
            named = frozenset() if len(purposes) == len(PURPOSES) else frozenset(purposes)
            yield Statement(
                frozenset({act}), status, raw, "rsl", obligations=owed, purposes=named, jurisdictions=places
            )


Said = tuple[tuple[str, ...], str, frozenset[str], str, frozenset[str]]


def _of_act(act: str, content: Content, offers: Iterable[Offer], signals: Signals, on: date | None) -> Iterator[Said]:
    everywhere = frozenset({"*"})
    of_purpose: dict[str, tuple[str, frozenset[str], str]] = {}
    for purpose in PURPOSES:
        read = [_offered(act, purpose, content, offer, signals, on) for offer in offers]
        held = [one for one in read if one is not None]
        if not held:
            continue
        refused = next((one for one in held if one[0] == RESERVE), None)
        best = refused or min(held, key=lambda one: (one[0] != ALLOW, not one[1], len(one[1]), one[2]))
        of_purpose[purpose] = best
    grouped: dict[tuple[str, frozenset[str], str], list[str]] = {}
    for purpose, best in of_purpose.items():
        grouped.setdefault(best, []).append(purpose)
    for (status, owed, raw), purposes in grouped.items():
        yield tuple(purposes), status, owed, raw, everywhere
    for offer in offers:
        countries = offer.of("prohibits", "geo")
        if countries:
            known = all(_COUNTRY.fullmatch(c) and c.upper() != "EU" for c in countries)
            places = frozenset(c.upper() for c in countries) if known else everywhere
            yield PURPOSES, RESERVE, frozenset(), f"prohibits geo: {' '.join(countries)}"[:QUOTED], places


def _offered(
    act: str, purpose: str, content: Content, offer: Offer, signals: Signals, on: date | None
) -> tuple[str, frozenset[str], str] | None:
    """What an offer says of an act for a purpose: its status, what it obliges to, and the words; None where nothing is said."""

    def naming(name: str) -> str:
        return next((t for t in offer.of(name, "usage") if covered(signals.acts(PROTOCOL, t, on) or (), act)), "")

    if token := naming("prohibits"):
        return RESERVE, frozenset(), f"prohibits usage: {token}"
    users = offer.of("prohibits", "user")
    if any(purpose in USERS.get(user, PURPOSES) for user in users):
        return RESERVE, frozenset(), f"prohibits user: {' '.join(users)}"[:QUOTED]
    permitted = offer.of("permits", "usage")
    token = naming("permits")
    if permitted and not token:
        return UNKNOWN, frozenset(), f"permits usage: {' '.join(permitted)}"[:QUOTED]
    wanted = offer.of("permits", "user")
    if wanted and not any(purpose in USERS.get(user, ()) for user in wanted):
        return UNKNOWN, frozenset(), f"permits user: {' '.join(wanted)}"[:QUOTED]
    if geo := offer.of("permits", "geo"):
        return UNKNOWN, frozenset(), f"permits geo: {' '.join(geo)}"[:QUOTED]
    owed = frozenset({"registration"}) if content.server else frozenset[str]()
    payments = [OWED.get(kind, frozenset({"payment"})) for kind in offer.payments]
    # Several payments in one offer: each is asked for.
    owed = owed.union(*payments)
    raw = " ".join(
        [
            f"permits usage: {token}" if token else "permits",
            *(f"payment: {kind}" for kind in offer.payments),
            *([f"server: {content.server}"] if content.server else []),
        ]
    )[:QUOTED]
    if owed:
        return UNKNOWN, owed, raw
    if token:
        return ALLOW, owed, raw
    # An offer that names nothing, beside a server or not, permits nothing that anybody could rely on.
    stated = any(offer.lists.values())
    return None if stated else (UNKNOWN, frozenset(), "a licence that permits nothing by name")


def _parts(acts: Iterable[str], signals: Signals, on: date | None) -> list[str]:
    """The acts that RSL speaks of, as fine as its tokens tell them apart."""
    named = {
        act
        for token in ("all", "ai-all", "ai-train", "ai-input", "ai-index", "search")
        for act in signals.acts(PROTOCOL, token, on) or ()
    }
    return sorted(named | set(acts))


def _unknown(offer: Offer, signals: Signals, on: date | None) -> list[str]:
    """What is prohibited in words that nobody here knows."""
    tokens = [t for t in offer.of("prohibits", "usage") if signals.acts(PROTOCOL, t, on) is None]
    others = [kind for name, kind in offer.lists if name == "prohibits" and kind not in ("usage", "user", "geo")]
    limits = [kind for name, kind in offer.lists if name == "permits" and kind not in ("usage", "user", "geo")]
    unread = [f"prohibits usage: {token}"[:QUOTED] for token in tokens]
    unread += [f"prohibits {kind}"[:QUOTED] for kind in others]
    return unread + [f"permits {kind}"[:QUOTED] for kind in limits]
