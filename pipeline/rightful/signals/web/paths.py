"""Paths of robots.txt: patterns with ``*`` and ``$``, and which of them matches a path most closely. Floor 2: pure.

RFC 9309 section 2.2.2: octets outside of ASCII are percent-encoded before they are compared, percent-encoded octets that need
not be are decoded, and the rule with the most octets counts. Matching takes time in proportion to the pattern and the path,
whatever the pattern: no regular expressions, no going back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Named = TypeVar("Named")

_PLAIN = re.compile(r"[A-Za-z0-9/_.~?&=+:;,!'()@\[\]|-]*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})|[^!-~]|[\"<>\\^`{}]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ORIGIN = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")


def path_of(url: str) -> str:
    """Path and query of an address (or of a path), as patterns are compared with it; ``/`` where it has none.

    >>> path_of("https://example.org/a%7eb?c=ä#d")
    '/a~b?c=%C3%A4'
    """
    rest = url.split("#", 1)[0]
    if origin := _ORIGIN.match(rest):
        rest = rest[origin.end() :]
    rest = rest if rest.startswith("/") else f"/{rest}"
    return rest if _PLAIN.fullmatch(rest) else _encoded(rest).replace("*", "%2A").replace("$", "%24")


def host_of(url: str) -> str:
    """The host of an address in lower case, with its port where one is stated; empty for a path.

    >>> host_of("https://Example.org/a"), host_of("/a")
    ('example.org', '')
    """
    origin = _ORIGIN.match(url)
    return origin[0].partition("//")[2].rpartition("@")[2].lower() if origin else ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path of a rule. ``octets`` is its length, by which rules are ranked."""

    parts: tuple[str, ...]
    anchored: bool
    octets: int

    @property
    def is_plain(self) -> bool:
        """True where it matches whatever begins with it."""
        return len(self.parts) == 1 and not self.anchored

    @property
    def is_everything(self) -> bool:
        """True where it matches every path."""
        first, *rest = self.parts
        return first in ("", "/") and not any(rest) and (bool(rest) or not self.anchored)

    def matches(self, path: str) -> bool:
        """True where the whole pattern is found in a path of :func:`path_of`, from its start on.

        >>> pattern("/a*c$").matches("/abbc"), pattern("/a*c$").matches("/abcd")
        (True, False)
        """
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.anchored or path == first
        at = len(first)
        *between, last = rest
        for part in between:
            at = path.find(part, at)
            if at < 0:
                return False
            at += len(part)
        if self.anchored:
            return len(path) - len(last) >= at and path.endswith(last)
        return path.find(last, at) >= 0


def pattern(value: str) -> Pattern:
    """The pattern that a rule states; undecodable bytes are surrogates. Never raises."""
    if _PLAIN.fullmatch(value):
        return Pattern((value,), False, len(value))
    anchored = value.endswith("$")
    body = _encoded(value[:-1] if anchored else value).replace("$", "%24")
    parts = body.split("*") if "*" in body else [body]
    inner = [part for part in parts[1:-1] if part]
    listed = parts if len(parts) == 1 else [parts[0], *inner, parts[-1]]
    return Pattern(tuple(listed), anchored, len(body) + anchored)


@dataclass(slots=True)
class Closest(Generic[Named]):
    """Things that are stated for patterns of paths, and which are stated most closely of one path."""

    plain: dict[str, list[Named]] = field(default_factory=dict)
    special: list[tuple[Pattern, Named]] = field(default_factory=list)
    longest: int = 0

    def add(self, value: str, stated: Named) -> None:
        """``stated`` is said of what a pattern, as a rule states it, matches."""
        if _PLAIN.fullmatch(value):
            self._add_plain(value, stated)
            return
        of = pattern(value)
        if of.is_plain:
            self._add_plain(of.parts[0], stated)
        else:
            self.special.append((of, stated))

    def _add_plain(self, prefix: str, stated: Named) -> None:
        self.plain.setdefault(prefix, []).append(stated)
        if len(prefix) > self.longest:
            self.longest = len(prefix)

    @property
    def patterns(self) -> Iterable[Pattern]:
        """All patterns for which anything is stated."""
        return [*(Pattern((of,), False, len(of)) for of in self.plain), *(of for of, _ in self.special)]

    def every(self, path: str) -> list[tuple[int, Named]]:
        """All that is stated for patterns that match, with the octets of these."""
        sizes = range(min(len(path), self.longest) + 1) if self.plain else ()
        held = [(size, one) for size in sizes for one in self.plain.get(path[:size], ())]
        return [*held, *((of.octets, one) for of, one in self.special if of.matches(path))]

    def of(self, path: str) -> list[Named]:
        """What is stated for the longest pattern that matches; several where that many have this length."""
        best, held = -1, list[Named]()
        for size in range(min(len(path), self.longest), -1, -1):
            if path[:size] in self.plain:
                best, held = size, list(self.plain[path[:size]])
                break
        for of, stated in self.special:
            if of.octets >= best and of.matches(path):
                held = [*held, stated] if of.octets == best else [stated]
                best = of.octets
        return held


def _encoded(text: str) -> str:
    try:
        octets = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a character, which is no byte that could not be decoded
        octets = text.encode("utf-8", "surrogatepass")
    return _ESCAPE.sub(_octet, octets).decode("ascii")


def _octet(escape: re.Match[bytes]) -> bytes:
    if escape[1] is None:
        return b"%%%02X" % escape[0][0]
    octet = int(escape[1], 16)
    return bytes([octet]) if octet in _UNRESERVED else b"%%%02X" % octet
