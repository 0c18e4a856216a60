"""The kinds of web signals, each with the function that reads it: all that ``rightful signal check`` knows. Floor 2: pure.

A kind is a line of :data:`READERS`. Its module is loaded when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rightful.errors import UnknownName
from rightful.rights.expression import Names
from rightful.rights.signals import Signals
from rightful.signals.web.stated import Reading


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a capture beside its bytes: the address that is asked about and the crawler, both empty where not
    known, the day on which it was seen (None: some day, so that every reading of a label counts), and the catalogue's words."""

    signals: Signals
    names: Names
    url: str = ""
    agent: str = ""
    on: date | None = None

    @property
    def page(self) -> str:
        """The address that is asked about; where none is named, the root of whatever site it is."""
        return self.url or "/"


class Checked(NamedTuple):
    """What a capture says, and whether it lets the crawler fetch the address: None for all but robots.txt and a crawler."""

    reading: Reading
    allowed: bool | None = None


def check(kind: str, raw: bytes, about: About) -> Checked:
    """Read a capture of one kind. Raises :class:`UnknownName` for a kind that is none, and :class:`InputError` where what
    reads it is not installed; whatever the capture is, it is read."""
    reader = READERS.get(kind)
    if reader is None:
        raise UnknownName.of("kind of signal", kind, READERS, subject="--kind")
    return reader(raw, about)


def _robots(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import robots

    rules = robots.rules(raw)
    allowed = rules.allows(about.agent, about.page) if about.agent else None
    return Checked(rules.reading(about.page, about.signals, on=about.on, agent=about.agent), allowed)


def _aipref(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import aipref

    return Checked(aipref.read(_values(raw, b"content-usage"), about.signals, about.on))


def _content_signal(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import content_signal

    return Checked(content_signal.read(_values(raw, b"content-signal"), about.signals, about.on))


def _values(raw: bytes, field: bytes) -> bytes:
    """The values of a field, joined by commas (RFC 9651, section 4.2): the lines that name it, where there are any, else all."""
    values = re.findall(rb"(?im)^[ \t]*%b[ \t]*:(.*?)[ \t\r]*$" % re.escape(field), raw.removeprefix(b"\xef\xbb\xbf"))
    return b", ".join(value for one in values if (value := one.strip())) if values else raw


READERS: Mapping[str, Callable[[bytes, About], Checked]] = {
    "robots": _robots,
    "aipref": _aipref,
    "content-signal": _content_signal,
}
KINDS = tuple(READERS)
