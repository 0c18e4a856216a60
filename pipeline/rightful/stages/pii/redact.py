"""Redaction: a text without its personal data, and where everything went. Floor 3; pure.

    >>> done = redact("Mail ada@example.org, now", [Span("email", 5, 20)])
    >>> done.text
    'Mail [email], now'
    >>> done.moved(22), done.origin(14)
    (14, 22)

Offsets are in characters (Unicode code points), as Python counts them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from rightful.errors import InputError
from rightful.notation.shown import counted


class Span(NamedTuple):
    """What was found in ``text[start:stop]``."""

    type: str
    start: int
    stop: int


class Replaced(NamedTuple):
    """``source[start:stop]`` became ``text[new_start:new_stop]``; ``types`` has what was found there."""

    start: int
    stop: int
    new_start: int
    new_stop: int
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redacted text with its map. ``replaced`` is in order; between its entries nothing has changed but the place."""

    text: str
    replaced: tuple[Replaced, ...]

    def moved(self, offset: int) -> int | None:
        """Where the character at ``offset`` of the source is now; None where it was taken out.

        The source's length gives the text's length.
        """
        at = bisect_right(self.replaced, offset, key=lambda r: r.start) - 1
        if at < 0:
            return offset
        last = self.replaced[at]
        return None if offset < last.stop else offset - last.stop + last.new_stop

    def origin(self, offset: int) -> int | None:
        """Where the character at ``offset`` of the text was in the source; None inside of a replacement."""
        at = bisect_right(self.replaced, offset, key=lambda r: r.new_start) - 1
        while at >= 0 and self.replaced[at].new_start == self.replaced[at].new_stop > offset:
            at -= 1
        if at < 0:
            return offset
        last = self.replaced[at]
        return None if offset < last.new_stop else offset - last.new_stop + last.stop

    def counts(self) -> dict[str, int]:
        """How many replacements there are of each type, by its name."""
        seen: dict[str, int] = {}
        for replaced in self.replaced:
            for kind in replaced.types:
                seen[kind] = seen.get(kind, 0) + 1
        return dict(sorted(seen.items()))


def redact(text: str, spans: Iterable[Span], replacement: str = "[{type}]") -> Redacted:
    """``text`` with ``replacement`` in the place of each span; ``{type}`` in it is the span's type.

    Spans may come in any order. Those that overlap are taken out together and named by the one that begins first
    (the longest of these), so that no part of any of them stays. Raises :class:`InputError` for a span that does not
    lie in the text: it belongs to another one, and what it should have taken out would stay.
    """
    pieces: list[str] = []
    replaced: list[Replaced] = []
    behind = size = 0
    for start, stop, types in _joined(text, spans):
        put = replacement.replace("{type}", types[0])
        kept = text[behind:start]
        new_start = size + len(kept)
        size = new_start + len(put)
        pieces += (kept, put)
        replaced.append(Replaced(start, stop, new_start, size, types))
        behind = stop
    pieces.append(text[behind:])
    return Redacted("".join(pieces), tuple(replaced))


def _joined(text: str, spans: Iterable[Span]) -> list[tuple[int, int, tuple[str, ...]]]:
    joined: list[tuple[int, int, tuple[str, ...]]] = []
    for kind, start, stop in sorted(spans, key=lambda s: (s[1], -s[2], s[0])):
        if not 0 <= start < stop <= len(text):
            raise InputError(
                f"{kind} from {start} to {stop} does not lie in a text of {counted(len(text), 'character')}",
                subject="redact",
                hint="spans belong to the text that was scanned: scan this one",
            )
        if joined and start < joined[-1][1]:
            first, end, types = joined[-1]
            joined[-1] = (first, max(end, stop), types if kind in types else (*types, kind))
        else:
            joined.append((start, stop, (kind,)))
    return joined
