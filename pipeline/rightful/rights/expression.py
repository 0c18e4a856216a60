"""Licence expressions: a string as found -> a small tree of known names. Floor 1: pure; the names are handed in. Law 5.2 to 5.5.

The grammar is that of SPDX 2.3 annex D, read by `license-expression`. Before it, whole strings and single names
are looked up in our own table of names (ids, deprecated ids, aliases, deed addresses); after it come the notations of
packages (:mod:`rightful.rights.notations`). Nothing is matched by
nearness: a string with a name that is not known is *unreadable*, hence unknown; the message may suggest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from boolean import Expression as ParsedTree
from license_expression import LicenseWithExceptionSymbol, Licensing

from rightful.later import late_pattern
from rightful.rights.columns import Columns
from rightful.rights.notations import spdx_of
from rightful.rights.notices import NoticeWords
from rightful.rights.reserving import ReservingWords
from rightful.rights.sites import Sites
from rightful.rights.uses import COUNTRIES

MAX_LENGTH = 4_096
MAX_DEPTH = 64
LICENSE_REF = late_pattern(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-([A-Za-z0-9.-]+)", re.IGNORECASE)
_CC_URL = late_pattern(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/(?P<area>licenses|publicdomain)/(?P<kind>[a-z+-]+)/(?P<version>\d\.\d)"
    r"(?:/(?P<port>(?!rdf)[a-z]{2,3}(?:-[a-z]+)?))?(?:/(?:deed|legalcode|rdf)(?:[._-][a-zA-Z_.-]+)?)?/?(?:\?[^#]*)?(?:#.*)?",
    re.IGNORECASE,
)
"""Deed, legal code and RDF of Creative Commons, with the query that its chooser adds and whatever fragment."""
_CC_BADGE = late_pattern(
    r"(?:https?:)?//(?:(?:i|licensebuttons|mirrors)\.)?(?:creativecommons\.org|licensebuttons\.net)/"
    r"(?:presskit/buttons/\d+x\d+/(?:png|svg)/)?(?P<area>l|p)/(?P<kind>[a-z+-]+)/(?P<version>\d\.\d)"
    r"(?:/(?P<port>[a-z]{2,3}(?:-[a-z]+)?))?/\d+x\d+\.(?:png|svg|gif)(?:\?[^#]*)?",
    re.IGNORECASE,
)
"""The picture of a licence that the chooser puts on a page: ``l`` is for licenses, ``p`` for publicdomain."""
_CC_ID = late_pattern(
    r"CC-(?:(?P<by>BY(?:-NC|-ND|-SA|-NC-ND|-NC-SA)?)|(?P<retired>SA|ND|NC|NC-SA|ND-NC|NC-SAMPLING-PLUS|SAMPLING(?:-PLUS)?|DEVNATIONS))"
    r"-(?P<version>[123]\.[015])(?:-(?P<port>[A-Z]{2,8}))?",
    re.IGNORECASE,
)
_CC_PLACES = COUNTRIES | {"UK", "IGO", "SCOTLAND"}
"""Where Creative Commons ported its licences to: countries as it wrote them."""
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_SYNTAX = Licensing()
UNREAD = "LicenseRef-rightful-unreadable"
"""Stands in an expression for a statement beside others that could not be read. No licence may be called so."""


@dataclass(frozen=True, slots=True)
class Name:
    """One licence, with the addition after ``WITH`` if there is one.

    ``later`` is the ``+`` of SPDX: this version or a later one. GNU licences have ids of their own for that.
    """

    id: str
    addition: str | None = None
    later: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """``AND``."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """``OR``."""

    parts: tuple[Expression, ...]


Expression = Name | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Family:
    """A name that stands for several licences (``cc``, ``gpl``), or for one of them by date (posts of a platform).

    ``periods`` are (first day, licence) in order; a text of a known date is under the licence of its period.
    """

    id: str
    name: str
    members: tuple[str, ...]
    periods: tuple[tuple[date, str], ...] = ()

    def on(self, day: date) -> str:
        """The licence of a text of that day; unreadable where none had begun."""
        return next((license for since, license in reversed(self.periods) if since <= day), UNREAD)


@dataclass(frozen=True, slots=True)
class Names:
    """What licences are called. Keys are case-folded with single spaces; values are SPDX expressions in our ids.

    ``reserving`` are words that stand in statements which are no names: those in which uses are reserved. ``columns`` are
    the places in a row where licences are named; ``notices`` are the words by which a document speaks of its own rights.
    """

    ids: Mapping[str, str]
    aliases: Mapping[str, str]
    exceptions: frozenset[str]
    families: Mapping[str, Family] = field(default_factory=dict)
    columns: Columns = field(default_factory=Columns)
    sites: Sites = field(default_factory=Sites)
    """What sites say of the texts on them."""
    limiting: frozenset[str] = frozenset()
    """The exceptions that take something away from the licence, or that nobody has classed."""
    reserving: ReservingWords = field(default_factory=ReservingWords)
    notices: NoticeWords = field(default_factory=NoticeWords)
    called: Mapping[str, str] = field(default_factory=dict)
    """What whole statements mean by readings of one's own: folded text -> id. Never a part of an expression."""
    parsed: dict[str, Expression] = field(default_factory=dict, compare=False, repr=False)
    """Trees of expressions in our own ids, as they stand in evidence: read once."""

    def only_adds(self, addition: str | None) -> bool:
        """True when what stands ``WITH`` a licence takes nothing away from it: no exception, or one that only permits more."""
        return addition is None or (addition in self.exceptions and addition not in self.limiting)


class Unreadable(ValueError):
    """A licence string that is not understood. It counts as a statement that was found and blocks."""


class NothingStated(ValueError):
    """An empty string or a sentinel that says that nobody looked (``NOASSERTION``): silent."""


def parse(text: str, names: Names) -> Expression:
    """The tree of a licence string. Raises :class:`Unreadable` or :class:`NothingStated`.

    >>> # parse("mit or Apache 2.0", names) -> AnyOf((Name("MIT"), Name("Apache-2.0")))
    """
    stripped = " ".join(_hyphened(text).split())
    if not stripped or stripped.upper() == "NOASSERTION":
        raise NothingStated("no licence stated")
    if stripped.upper() == "NONE":
        raise Unreadable("the licence is declared to be NONE")
    if len(stripped) > MAX_LENGTH:
        raise Unreadable(f"longer than {MAX_LENGTH} characters")
    own = _called(stripped, names) if names.called else None
    if own is not None:
        return Name(own)
    known = _lookup(stripped, names)
    if known is not None:
        return _tree(known, names)
    try:
        return _tree(stripped, names)
    except Unreadable:
        translated = spdx_of(stripped, lambda name: _lookup(name, names))
        if translated is None:
            raise
        return _tree(translated, names)


def parse_known(expression: str, names: Names) -> Expression:
    """As :func:`parse`, for an expression that stands in evidence: the tree is kept."""
    tree = names.parsed.get(expression)
    if tree is None:
        tree = names.parsed[expression] = parse(expression, names)
    return tree


def parse_all(texts: Iterable[str], names: Names) -> Expression:
    """The tree of a list of licences: all of them hold. Raises as :func:`parse` does.

    An entry that cannot be read stays in it as a licence that nobody knows: what the others refuse still holds.
    """
    parts: list[Expression] = []
    unread: Unreadable | None = None
    for text in texts:
        try:
            parts.append(parse(text, names))
        except NothingStated:
            continue
        except Unreadable as error:
            unread = error
    if unread is not None and not parts:
        raise unread
    if not parts:
        raise NothingStated("no licence stated")
    return _join(AllOf, [*parts, Name(UNREAD)] if unread is not None else parts)


def all_of(licenses: Sequence[str], names: Names) -> str:
    """The expression of ``licenses``, one at least, which all hold."""
    several = [*dict.fromkeys(licenses)]
    return several[0] if len(several) == 1 else render(parse_all(several, names))


def named(expression: Expression) -> tuple[Name, ...]:
    """The names in an expression, in order of appearance, each once."""
    if isinstance(expression, Name):
        return (expression,)
    return tuple(dict.fromkeys(name for part in expression.parts for name in named(part)))


def dated(expression: Expression, names: Names, on: date | None) -> Expression:
    """The expression with every family that goes by date replaced by its licence on that day, where the day is known."""
    if isinstance(expression, Name):
        family = names.families.get(expression.id)
        if family is None or not family.periods or on is None:
            return expression
        return Name(family.on(on), expression.addition, expression.later)
    kind = type(expression)
    return _join(kind, [dated(part, names, on) for part in expression.parts])


def render(expression: Expression) -> str:
    """The expression in SPDX form, parenthesised only where needed."""
    match expression:
        case Name(id=license_id, addition=addition, later=later):
            spelled = f"{license_id}+" if later else license_id
            return spelled if addition is None else f"{spelled} WITH {addition}"
        case AllOf(parts):
            return " AND ".join(f"({render(p)})" if isinstance(p, AnyOf) else render(p) for p in parts)
        case AnyOf(parts):
            return " OR ".join(render(p) for p in parts)


def license_id(text: str, names: Names) -> str:
    """The id of the one licence that a text names, under whatever name; empty where it names none, or several."""
    try:
        expression = parse(text, names)
    except (Unreadable, NothingStated):
        return ""
    return expression.id if isinstance(expression, Name) and expression.addition is None else ""


def suggest(text: str, names: Names) -> str:
    """What may have been meant by a string that is not readable; for people, never for a decision. Empty: no idea."""
    meant = meant_by(text, names)
    return f"did you mean {' or '.join(map(repr, meant))}?" if meant else ""


def meant_by(text: str, names: Names) -> list[str]:
    """What may have been meant by a string that is not readable, the likeliest first, as it would be written: 3 at most."""
    shown = " ".join(text.split())[:80]
    parts = [part.strip() for part in re.split(r"[,;/|&]| and/or ", shown) if part.strip()]
    if len(parts) > 1 and all(_lookup(part, names) for part in parts):
        return [" OR ".join(parts), " AND ".join(parts)]
    close = get_close_matches(fold(shown), [*names.ids, *names.aliases], n=8, cutoff=0.75)
    return list(dict.fromkeys(names.ids.get(c) or names.aliases[c] for c in close))[:3]


def fold(text: str) -> str:
    """The form in which names are looked up: case-folded, single spaces, every dash a hyphen."""
    return " ".join(_hyphened(text).split()).casefold()


def _hyphened(text: str) -> str:
    """The text with every dash a hyphen. Tens of thousands of names are folded at each start, and nearly all are ASCII."""
    return text if text.isascii() else text.translate(_DASHES)


def _called(text: str, names: Names) -> str | None:
    key = fold(text)
    return names.called.get(key) or (names.called.get(_address(key)) if "/" in key else None)


def _address(key: str) -> str:
    return key.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _lookup(text: str, names: Names) -> str | None:
    key = fold(text)
    url = _CC_URL.fullmatch(key) or _CC_BADGE.fullmatch(key)
    if url is not None:
        return _creative_commons(url["area"], url["kind"], url["version"], url["port"], names)
    address = _address(key)
    return names.ids.get(key) or names.aliases.get(key) or (names.aliases.get(address) if "/" in address else None)


def _creative_commons(area: str, kind: str, version: str, port: str | None, names: Names) -> str | None:
    """The id behind a deed or legalcode address; a port keeps its suffix, so that it is not taken for the unported text.

    A licence that nobody lists (a retired one, a port that was not read) is named all the same, as a ``LicenseRef``.
    """
    if area.lower() in ("publicdomain", "p"):
        return {"zero": f"CC0-{version}", "mark": f"CC-PDM-{version}"}.get(kind.lower())
    suffix = f"-{port.upper()}" if port else ""
    named = f"CC-{kind.upper()}-{version}{suffix}".replace("+", "-PLUS")
    listed = names.ids.get(fold(named)) or names.aliases.get(fold(named))
    return listed or (f"LicenseRef-{named}" if _once_was(named) else None)


def _once_was(symbol: str) -> bool:
    """True for a licence of Creative Commons that SPDX does not list: one that was retired, or a port."""
    match = _CC_ID.fullmatch(symbol)
    if match is None:
        return False
    if match["port"] is not None:
        return match["by"] is not None and match["port"].upper() in _CC_PLACES
    return match["retired"] is not None


def _well_formed(text: str) -> bool:
    """True when names and operators alternate and parentheses match: the parser forgives a dangling ``OR``, we do not."""
    depth, wants_name = 0, True
    for token in re.findall(r"[()]|[^\s()]+", text):
        if token == "(":
            if not wants_name:
                return False
            depth += 1
        elif token == ")":
            depth -= 1
            if wants_name or depth < 0:
                return False
        elif token.upper() in ("AND", "OR", "WITH"):
            if wants_name:
                return False
            wants_name = True
        else:
            wants_name = False
    return depth == 0 and not wants_name


def _tree(text: str, names: Names) -> Expression:
    if not _well_formed(text):
        raise Unreadable(f"{_shown(text)} is not a licence expression")
    try:
        parsed = _SYNTAX.parse(text)
    except Exception as error:  # the parser meets hostile text and fails in ways of its own ("()": IndexError)
        raise Unreadable(f"{_shown(text)} is not a licence expression") from error
    if parsed is None:
        raise Unreadable(f"{_shown(text)} is not a licence expression")
    return _walk(parsed, names, 0)


def _walk(node: ParsedTree, names: Names, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise Unreadable(f"nested more than {MAX_DEPTH} deep")
    if isinstance(node, LicenseWithExceptionSymbol):
        base = _name(str(node.license_symbol.key), names)
        addition = str(node.exception_symbol.key)
        if " " in addition:  # words, not the id of an exception
            raise Unreadable(f"{_shown(addition)} is not an exception of SPDX")
        listed = {e.casefold(): e for e in names.exceptions}
        if not isinstance(base, Name):
            raise Unreadable(f"WITH after {render(base)}")
        return Name(base.id, listed.get(addition.casefold(), addition), base.later)
    if node.isliteral:
        return _name(str(node.key), names)
    parts = [_walk(part, names, depth + 1) for part in node.args]
    return _join(AllOf if node.operator.strip() == "AND" else AnyOf, parts)


def _name(symbol: str, names: Names) -> Expression:
    known = _lookup(symbol, names)
    if known is not None and fold(known) != fold(symbol):
        return _tree(known, names)
    if known is not None:
        return Name(known)
    if _once_was(symbol):  # named, and read by nobody
        return Name(f"LicenseRef-{symbol.upper()}")
    own = LICENSE_REF.fullmatch(symbol)
    if own is not None:
        return Name(f"{own[1] or ''}LicenseRef-{own[2]}")
    plain = symbol.removesuffix("+")
    later = _lookup(plain, names) if plain != symbol else None
    if later is not None and " " not in later:
        if later.endswith("-only"):
            return _name(f"{later.removesuffix('-only')}-or-later", names)
        return Name(later, None, later=not (later.endswith("-or-later") or later in names.families))
    raise Unreadable(f"{_shown(symbol)} is not a known licence")


def _join(kind: type[AllOf] | type[AnyOf], parts: Iterable[Expression]) -> Expression:
    flat: dict[Expression, None] = {}
    for part in parts:
        for inner in part.parts if isinstance(part, kind) else (part,):
            flat[inner] = None
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat))


def _shown(text: str, limit: int = 80) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
