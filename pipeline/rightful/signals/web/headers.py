"""What the header fields of a response say of its page: orders to robots, reservations, preferences, licences. Floor 2: pure. Law 6.

``X-Robots-Tag``, ``tdm-reservation`` and ``tdm-policy`` (TDMRep), ``Content-Usage`` (draft-ietf-aipref-attach),
``Content-Signal``, ``Link`` with the relation ``license`` (RFC 8288, RFC 4946). A field that stands there more than once counts
each time; names are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urljoin

from rightful.rights.columns import is_notice
from rightful.rights.expression import Names
from rightful.rights.reserving import ReservingWords
from rightful.rights.signals import Signals
from rightful.signals.texts.reserving_words import reserving_phrase
from rightful.signals.web import aipref, content_signal
from rightful.signals.web.header_lines import Link, head, links
from rightful.signals.web.page_robots import orders
from rightful.signals.web.stated import QUOTED, RESERVE, UNKNOWN, License, Reading, Statement
from rightful.signals.web.tdm_values import of_value
from rightful.signals.web.together import Said, same_page

DETECTOR = "headers/1"
MOST_FIELDS = 5_000
MOST_LINKS = 1_000
LICENSE_RELATIONS = frozenset({"license", "licence", "copyright"})
"""HTML has ``copyright`` as an older word for ``license``; ``licence`` is a slip of the pen."""
IN_WORDS = frozenset(
    {
        "license",
        "licence",
        "x-license",
        "x-licence",
        "content-license",
        "rights",
        "x-rights",
        "copyright",
        "x-copyright",
    }
)
"""Fields of no standard in which some servers state a licence."""


def read(
    headers: Sequence[tuple[str, str]],
    signals: Signals,
    on: date | None = None,
    *,
    url: str = "",
    names: Names | None = None,
) -> Reading:
    """What the fields say of the page at ``url``, seen on a day. ``names`` has the words that reserve in prose. Never raises."""
    said = Said()
    words = names.reserving if names is not None else ReservingWords()
    # Some tools keep names as variables are called: X_Robots_Tag.
    fields = [(name.strip().lower().replace("_", "-"), value.strip()) for name, value in headers[:MOST_FIELDS]]
    if len(headers) > MOST_FIELDS:
        said.unread(f"{len(headers)} header fields, of which {MOST_FIELDS} were read")
    values = {name: ", ".join(v for n, v in fields if n == name) for name, _ in fields}
    for name, value in dict.fromkeys(fields):
        if name in ("x-robots-tag", "robots"):
            said.orders(*orders(value, "X-Robots-Tag", signals, words, on))
        elif name == "link":
            _links(value, url, said, signals, on)
        elif name in IN_WORDS:
            _in_words(name, value, said, words)
    _tdm(values, said, signals, on)
    for name, value in fields:
        # Each field by itself: that another one allows what this one refuses takes nothing away (law 3).
        if name == "content-usage":
            said.reading(aipref.read(value, signals, on))
        elif name == "content-signal":
            said.reading(content_signal.read(value, signals, on))
    return said.result()


def read_block(
    raw: bytes, signals: Signals, on: date | None = None, *, url: str = "", names: Names | None = None
) -> Reading:
    """As :func:`read`, of a raw block of fields. What an earlier response of the block reserves (a redirect) counts as well;
    a licence that it states is not one of the page. Never raises."""
    block = head(raw)
    said = Said()
    said.reading(read(block.fields, signals, on, url=url, names=names))
    before = read(block.earlier, signals, on, url=url, names=names)
    said.reading(Reading(before.result, before.statements, unread=before.unread))
    for line in block.unread:
        said.unread(line[:QUOTED], restricts=any(word in line.lower() for word in HINTS))
    if not block.is_whole:
        said.unread("more header fields than are read")
    return said.result()


HINTS = ("robots", "tdm", "licen", "rights", "usage", "signal", "noai")
"""What a line that is no field may have been, if it has one of these."""


def _tdm(values: dict[str, str], said: Said, signals: Signals, on: date | None) -> None:
    policy = values.get("tdm-policy", "")
    if "tdm-reservation" in values:
        said.reading(of_value(values["tdm-reservation"], signals, on, policy))
    elif policy:
        said.unread(f"tdm-policy: {policy}"[:QUOTED])  # a policy of a reservation that does not stand here


def _links(value: str, url: str, said: Said, signals: Signals, on: date | None) -> None:
    for n, link in enumerate(links(value)):
        if n >= MOST_LINKS:
            said.unread(f"more than {MOST_LINKS} links in one Link field")
            return
        if isinstance(link, str):
            said.unread(f"Link: {link}"[:QUOTED], restricts="licen" in link.lower())
            continue
        if LICENSE_RELATIONS.intersection(r.rstrip("/").rpartition("/")[2] for r in link.relations):
            _license(link, url, said, signals, on)


def _license(link: Link, url: str, said: Said, signals: Signals, on: date | None) -> None:
    if "rsl+xml" in link.parameters.get("type", "").lower():
        said.state(Statement(signals.all_acts("rsl", on), UNKNOWN, f"Link: {link.raw}"[:QUOTED], "license"))
        return
    raw = urljoin(url, link.target) if url else link.target
    anchor = link.parameters.get("anchor", "")
    if not anchor or same_page(urljoin(url, anchor) if url else anchor, url):
        part = "#" in anchor and not anchor.endswith("#")
        why = f"said of a part of the page: {anchor[:QUOTED]}" if part else ""
        said.license(License(raw, "Link", 6 if part else 4, why))


def _in_words(name: str, value: str, said: Said, words: ReservingWords) -> None:
    """A field that no standard knows: it may restrict, and permits nothing."""
    if not value or is_notice(value):
        return
    phrase = reserving_phrase(value, words)
    if phrase is not None:
        said.state(Statement(words.acts, RESERVE, f"{name}: {phrase}"[:QUOTED], name))
    said.license(License(value, name, 6, "a header field that no standard defines"))
