"""The kinds of web signals, each with the function that reads it: all that ``rightful signal check`` knows. Floor 2: pure.

A kind is a line of :data:`READERS`. Its module is loaded when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rightful.errors import UnknownName
from rightful.rights.expression import Names
from rightful.rights.signals import Signals
from rightful.signals.web.stated import Reading
from rightful.signals.web.together import Said


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

    return _together(aipref.read(one, about.signals, about.on) for one in _values(raw, b"content-usage", about.page))


def _content_signal(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import content_signal

    values = _values(raw, b"content-signal", about.page)
    return _together(content_signal.read(one, about.signals, about.on) for one in values)


def _tdmrep(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import tdm_embedded, tdmrep

    if values := tdm_embedded.values(raw):
        return Checked(tdm_embedded.read(values, about.signals, about.on))
    rules = tdmrep.rules(raw)
    if about.url:
        return Checked(rules.reading(about.url, about.signals, on=about.on))
    return Checked(rules.everywhere(about.signals, on=about.on))


def _rsl(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import rsl

    return Checked(rsl.read(raw, about.signals, url=about.url, on=about.on))


def _html(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import html

    return Checked(html.read(raw, about.url, about.signals, about.names, about.on))


def _headers(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import headers

    return Checked(headers.read_block(raw, about.signals, about.on, url=about.url, names=about.names))


def _cawg(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import cawg

    return Checked(cawg.read(raw, about.signals, about.on))


def _plus(raw: bytes, about: About) -> Checked:
    from rightful.signals.web import plus

    return Checked(plus.read(raw, about.signals, about.names.reserving, about.on))


def _values(raw: bytes, field: bytes, page: str) -> list[bytes]:
    """The values of a field, in whatever surrounds them: lines of a header (folded ones too) or of a robots.txt that name it,
    without comments; where none does, all is one value. A line about a path counts where that is the page's."""
    bare = raw.removeprefix(b"\xef\xbb\xbf")
    text = re.sub(rb"\r\n?", b"\n", bare)
    lines = re.findall(rb"(?im)^[ \t]*%b[ \t]*:(.*(?:\n[ \t]+[^\s:][^:\n]*$)*)" % re.escape(field), text)
    values = [_of_path(re.sub(rb"\s+", b" ", _COMMENT.sub(rb"\1", line)).strip(), page) for line in lines]
    return [value for value in values if value] if lines else [bare]


_COMMENT = re.compile(rb"(?m)^([^\"#]*)#.*$")


def _together(readings: Iterable[Reading]) -> Checked:
    """Several lines: that one allows what another refuses takes nothing away."""
    said = Said()
    for reading in readings:
        said.reading(reading)
    return Checked(said.result())


def _of_path(value: bytes, page: str) -> bytes:
    from rightful.signals.web.paths import path_of, pattern

    if not value.startswith(b"/"):
        return value
    path, *rest = value.split(None, 1)
    about = pattern(path.decode("utf-8", "surrogateescape")).matches(path_of(page))
    return rest[0] if rest and about else b""


READERS: Mapping[str, Callable[[bytes, About], Checked]] = {
    "robots": _robots,
    "aipref": _aipref,
    "tdmrep": _tdmrep,
    "rsl": _rsl,
    "content-signal": _content_signal,
    "html": _html,
    "headers": _headers,
    "cawg": _cawg,
    "plus": _plus,
    "iptc": _plus,
}
KINDS = tuple(READERS)
