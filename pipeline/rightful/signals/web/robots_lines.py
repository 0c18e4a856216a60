"""The lines of a robots.txt: what each of them is, and the groups that they make. Floor 2: pure.

RFC 9309 section 2.2, and beyond it what crawlers forgive (Google's parser above all): misspelt and unseparated directives,
any kind of line end, a byte order mark. Comments are cut off before anything is read: they state nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

AGENT, ALLOW, DISALLOW, USAGE, SIGNAL = "user-agent", "allow", "disallow", "content-usage", "content-signal"
LICENSE = "license"
ON_TRAINING = {"disallowaitraining": True, "allowaitraining": False}
"""Rules about training (draft-canel-robots-ai-control): the directive -> whether it refuses."""
_SPELT = {
    **dict.fromkeys(("user-agent", "useragent", "user agent", "user_agent", "user-agents"), AGENT),
    **dict.fromkeys(("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"), DISALLOW),
    **dict.fromkeys(("content-usage", "content usage", "contentusage"), USAGE),
    **dict.fromkeys(("content-signal", "content-signals", "content signal", "contentsignal"), SIGNAL),
    "allow": ALLOW,
    LICENSE: LICENSE,
    **{name: name for name in ON_TRAINING},
}
PACE = frozenset("crawl-delay crawl_delay crawldelay request-rate visit-time cache-delay".split())
"""Directives of how fast to crawl: they are of a group, so that whoever is named behind them is in the next one."""
ELSE = PACE | frozenset("sitemap sitemaps site-map host clean-param noindex robot-version comment".split())
"""Directives that say nothing about rights."""
OF_A_GROUP = frozenset({ALLOW, DISALLOW, USAGE, SIGNAL, *ON_TRAINING})
SEVERAL = re.compile(r"(?i)\b(?:disallow|content-usage|content-signal|disallowaitraining)[ \t]*:")
"""A second directive in one line: the line ends of the file are lost, and crawlers take all of it for one value."""
_NEAR = 0.8
_BLANKS = " \t\ufeff\u200b\xa0\v\f\0"
_WHITE = re.compile(r"\s+")
_BOMS = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKUP = re.compile(r"\s*(<|[{\[]\s*[\"{\]}])")


class Line(NamedTuple):
    """One directive: its name as it is known (empty: nobody knows it), its value, the line without comment and blanks."""

    name: str
    value: str
    raw: str


@dataclass(slots=True)
class Group:
    """The crawlers that a group is for, as they are written, and its rules. Without crawlers: what stands before all groups."""

    agents: list[str] = field(default_factory=list)
    rules: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lines:
    """A whole file: its groups, in order, and the lines that belong to none of them."""

    groups: tuple[Group, ...] = ()
    licenses: tuple[Line, ...] = ()
    unknown: tuple[str, ...] = ()
    is_text: bool = True
    """False for what is no robots.txt, whatever its name: a page, an answer in JSON, bytes that are no text, a text."""
    is_markup: bool = False
    """True for a page, an answer in JSON, and bytes that are no text."""


def lines(raw: bytes) -> Lines:
    """The groups of a file. Everything is read, to the end, of any size. Never raises."""
    text, is_text = _decoded(raw)
    before = Group()
    groups: list[Group] = [before]
    licenses: list[Line] = []
    unknown: list[str] = []
    named, any_line, open_for_agents = False, False, False
    for line in _directives(text):
        any_line = True
        named = named or bool(line.name)
        if line.name == AGENT:
            if not open_for_agents:
                groups.append(Group())
            open_for_agents = True
            groups[-1].agents.append(line.value)
            if SEVERAL.search(line.value):
                unknown.append(line.raw)
        elif line.name in OF_A_GROUP:
            open_for_agents = False
            groups[-1].rules.append(line)
        elif line.name in PACE:
            open_for_agents = False
        elif line.name == LICENSE:
            licenses.append(line)
        elif not line.name:
            unknown.append(line.raw)
            # With a path it is a rule of a kind to come, and ends the list of crawlers; other lines stand where they like.
            open_for_agents = open_for_agents and not line.value.startswith("/")
    held = tuple(g for g in groups if g.rules or g.agents)
    return Lines(held, tuple(licenses), tuple(unknown), is_text and (named or not any_line), not is_text)


def _directives(text: str) -> Iterator[Line]:
    for raw in text.split("\n"):
        line = (raw.partition("#")[0] if "#" in raw else raw).strip(_BLANKS)
        if not line:
            continue
        before, _, after = line.partition(":")
        name = _SPELT.get(before.lower())  # what nearly all lines are
        yield Line(name, after.strip(_BLANKS), line) if name and after else _directive(line)


def _directive(line: str) -> Line:
    """A line with a colon, or without one where its first words are a directive that is known: crawlers forgive both."""
    before, colon, after = line.partition(":")
    spelt = before.strip(_BLANKS).lower()
    if colon and (name := _name_of(spelt)):
        return Line(name, after.strip(_BLANKS), line)
    if not colon or (after and not after[0].isspace()):
        words = _WHITE.split(line, 2)
        for count in (1, 2):
            if len(words) > count and (name := _name_of(" ".join(words[:count]).lower())):
                return Line(name, " ".join(words[count:]).strip(_BLANKS), line)
    return Line(DISALLOW if colon and _is_near(spelt) else "", after.strip(_BLANKS), line)


@lru_cache(maxsize=1_000)
def _is_near(spelt: str) -> bool:
    """True for what is nearly *disallow*: whoever wrote it meant to refuse."""
    return spelt[:1] == "d" and 6 <= len(spelt) <= 11 and SequenceMatcher(None, spelt, DISALLOW).ratio() >= _NEAR


def _name_of(spelt: str) -> str:
    """The directive that is spelt so, in lower case; ``else`` for one that says nothing of rights, empty for none."""
    joined = spelt.replace(" ", "-")
    return _SPELT.get(spelt) or (joined if joined in PACE else "else" if joined in ELSE else "")


def _decoded(raw: bytes) -> tuple[str, bool]:
    """The text with one kind of line end, and whether it is one. Bytes that are no UTF-8 are kept, as surrogates."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            text, is_text = raw.decode(encoding, "replace"), True
            break
    else:
        # Google's parser takes a byte order mark that is cut off as well.
        body = raw[3:] if raw.startswith(b"\xef\xbb\xbf") else raw.removeprefix(b"\xef\xbb").removeprefix(b"\xef")
        text, is_text = body.decode("utf-8", "surrogateescape"), b"\0" not in raw
    is_text = is_text and not _MARKUP.match(text[:1024])
    return text.replace("\r\n", "\n").replace("\r", "\n"), is_text
