"""robots.txt: whom it lets crawl what, and what that and the lines beside it reserve. Floor 2: pure. Law 6.

RFC 9309 is leave to crawl, and no word on use. What the law makes of it: *a rule that keeps a crawler from a page reserves what
this crawler collects for*. So for one page:

* Where a crawler of the list that trains models is refused, training is reserved, with what is derived for it. A rule for
  ``*`` is one for every crawler, those that train and that no list has among them: it reserves the same, whatever the file
  lets a crawler do that it names. One that answers with what it fetched (search by AI, assistants): answering and retrieval.
* Where a crawler is refused whose name tells AI and that is not listed, it is not known what is reserved.
* A rule for any other crawler is about crawling, and says nothing here. Nor does a page that nobody is kept from: leave to
  crawl is shown (``allow``) and grants nothing.
* ``Content-Usage`` (draft-ietf-aipref-attach, section 3) and ``Content-Signal`` count for the page of the closest path, in every
  group: who fetched the page is not known. Whoever says which crawler did (``agent``) is answered by its group alone.
* ``License:`` names a licence in RSL that has to be read first: until then all that RSL can reserve is left open.
* Comments state nothing, orders to machines in them included.

Matching follows the RFC where it permits (:meth:`Robots.allows`), and what reserves forgives more: a crawler that is named
together with others in one line is named, and Google's leave for ``/`` through ``/index.html`` lifts no reservation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from rightful.rights.signals import ANSWERS, TRAINING, Agents, Signals
from rightful.signals.web import aipref, content_signal
from rightful.signals.web.paths import Closest, path_of, pattern
from rightful.signals.web.robots_lines import ALLOW, DISALLOW, ON_TRAINING, SIGNAL, USAGE, Group, Line, lines
from rightful.signals.web.stated import ALLOW as LEAVE
from rightful.signals.web.stated import RESERVE, UNKNOWN, Reading, Statement

DETECTOR = "robots/1"
PROTOCOL = "robots"
EVERY = "*"
MOST_UNREAD = 20
"""So many lines are quoted that could not be read."""
QUOTED = 200
_ITSELF = "/robots.txt"
LABEL = "Disallow"
"""The label of a rule of crawling among the terms of the scheme ``robots``."""
_INDEX = re.compile(r"(?<=/)index\.html?$")
_TOKEN = re.compile(r"[^\s/,;()]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ABSOLUTE = re.compile(r"(?i)https?://")
_OF_RSL = re.compile(r"(?i)(permits|prohibits|compensation)[ \t]*:")


@dataclass(slots=True)
class Rules:
    """What all groups of one crawler say together: RFC 9309 section 2.2.1 merges them.

    ``named`` is the crawler as it is written and ``tokens`` are all product tokens in that. ``strict`` has the rules of crawling
    without what is a favour (a folder that is allowed with its index page), and with what somebody may have meant.
    """

    named: str = ""
    tokens: frozenset[str] = frozenset()
    crawl: Closest[Line] = field(default_factory=Closest)
    strict: Closest[Line] = field(default_factory=Closest)
    usage: Closest[Line] = field(default_factory=Closest)
    signal: Closest[Line] = field(default_factory=Closest)
    training: Closest[Line] = field(default_factory=Closest)

    def refuses(self, path: str) -> bool:
        """True where the crawler is kept from a path: of the longest rules that match, none allows."""
        return _refusing(self.crawl, path) is not None


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt, read once: what it says of any number of pages. Made by :func:`rules`."""

    groups: dict[str, Rules]
    """The groups by crawler, as it is written but for its case."""
    by_token: dict[str, Rules]
    """The same by product token, as a crawler looks for its group."""
    before: Rules
    """What stands before all groups: a crawler ignores it, and a reservation there may be meant for all."""
    licenses: tuple[Line, ...]
    unknown: tuple[str, ...]
    is_text: bool
    is_markup: bool

    def group_of(self, agent: str) -> Rules | None:
        """The rules for a crawler: those of its product token, else those for ``*``. ``agent`` is the token, or a whole
        User-Agent header, of whose tokens the longest counts that a group names."""
        asked = agent.strip().lower()
        if asked in self.by_token:
            return self.by_token[asked]
        named = [token for token in _TOKEN.findall(asked) if token in self.by_token]
        return self.by_token.get(max(named, key=len, default=EVERY))

    def allows(self, agent: str, url: str) -> bool:
        """True where the file lets a crawler fetch an address, or path, of its site. RFC 9309 section 2.2."""
        path = path_of(url)
        rules = self.group_of(agent)
        return path == _ITSELF or rules is None or not rules.refuses(path)

    def reading(self, url: str, signals: Signals, *, on: date | None = None, agent: str = "") -> Reading:
        """What the file says of one page of its site, seen on a day. Never raises.

        ``agent``: the crawler that fetched the page, where that is known: then only the preferences of its group count.
        """
        path = path_of(url)
        statements = [] if path == _ITSELF else [*self._of_crawling(path, signals, on)]
        unread = [line for line in self.unknown if _may_refuse(line, signals.agents)]
        unread += [line.raw for line in self.before.crawl.of(path) if line.name == DISALLOW]
        for group in self._asked(path, agent):
            for stated in _preferences(group, path, signals, on):
                statements += stated.statements
                unread += stated.unread
        for line in self.licenses:
            statements.append(Statement(signals.all_acts("rsl", on), UNKNOWN, as_quoted(line.raw), "License"))
        held = tuple({(one.acts, one.status, one.label): one for one in reversed(statements)}.values())[::-1]
        quoted = tuple(dict.fromkeys(as_quoted(one) for one in unread))[:MOST_UNREAD]
        if quoted or not self.is_text:
            return Reading("unreadable", held, unread=quoted or tuple(as_quoted(one) for one in self.unknown[:1]))
        return Reading("found" if held else "absent", held)

    def _of_crawling(self, path: str, signals: Signals, on: date | None) -> Iterator[Statement]:
        """What the rules of crawling reserve of a page, for each of what crawlers collect for."""
        for kind in (TRAINING, ANSWERS):
            acts = signals.acts(PROTOCOL, LABEL, on, kind) or frozenset()
            wanted = signals.crawlers(kind)
            listed = (rules for rules in self.groups.values() if _names(rules, wanted))
            if refused := first_refusal(listed, path):
                yield Statement(acts, RESERVE, refused, LABEL)
                continue
            others = (rules for rules in self.groups.values() if _is_unlisted(rules, signals))
            if kind == TRAINING and (refused := first_refusal(others, path)):
                yield Statement(acts, UNKNOWN, refused, LABEL)
            elif EVERY in self.groups and (leave := self.groups[EVERY].strict.of(path)):
                yield Statement(acts, LEAVE, as_quoted(leave[0].raw), "Allow")

    def _asked(self, path: str, agent: str) -> list[Rules]:
        """The groups whose preferences count, and what stands before all of them."""
        if not agent:
            return [*self.groups.values(), self.before]
        own = self.group_of(agent)
        # The draft: no preference is implied for what may not be crawled.
        return [own, self.before] if own is not None and not own.refuses(path) else [self.before]


def rules(raw: bytes) -> Robots:
    """The file, to be asked about any number of pages. All of it is read, whatever its size. Never raises."""
    read_in = lines(raw)
    before, groups, by_token = Rules(), dict[str, Rules](), dict[str, Rules]()
    for group in read_in.groups:
        for rules in _rules_of(group, before, groups, by_token):
            for line in group.rules:
                _add(rules, line)
    return Robots(groups, by_token, before, read_in.licenses, read_in.unknown, read_in.is_text, read_in.is_markup)


def read(raw: bytes, signals: Signals, *, url: str, on: date | None = None, agent: str = "") -> Reading:
    """What a robots.txt says of one page; see :meth:`Robots.reading`, which reads the file once for many."""
    return rules(raw).reading(url, signals, on=on, agent=agent)


def _rules_of(group: Group, before: Rules, groups: dict[str, Rules], by_token: dict[str, Rules]) -> list[Rules]:
    """The rules that a group adds to, each once."""
    if not group.agents:
        return [before]
    held: dict[int, Rules] = {}
    for written in group.agents:
        whole = written.lower()
        if whole and not whole.strip("*"):
            whole = EVERY
        tokens = frozenset([whole, *_TOKEN.findall(whole)])
        first = _TOKEN.match(whole)
        for key in (whole, whole.replace("*", ""), first[0] if first else ""):
            if key:
                rules = by_token.setdefault(key, Rules())
                held[id(rules)] = rules
        rules = groups.setdefault(whole, Rules(written, tokens))
        held[id(rules)] = rules
    return [*held.values()]


def _add(rules: Rules, line: Line) -> None:
    value = line.value
    if line.name in (USAGE, SIGNAL):
        path, value = _parted(value)
        (rules.usage if line.name == USAGE else rules.signal).add(pattern(path), Line(line.name, value, line.raw))
    elif not value:
        return
    elif line.name in ON_TRAINING:
        rules.training.add(pattern(value), line)
    elif line.name == ALLOW:
        rules.strict.add(pattern(value), line)
        for one in _spellings(value):
            rules.crawl.add(pattern(one), line)
        # Google: who allows the index page of a folder allows the folder.
        if _INDEX.search(value):
            rules.crawl.add(pattern(_INDEX.sub("$", value)), line)
    else:
        for one in _spellings(value):
            rules.crawl.add(pattern(one), line)
            rules.strict.add(pattern(one), line)
        if not value.startswith(("/", "*")):
            rules.strict.add(pattern(path_of(value)), line)


def _spellings(value: str) -> Iterator[str]:
    """The patterns that a value is read as: ``$`` at its end is the end of the path, or a dollar sign; a whole address is a path
    that has this address in it."""
    yield f"/{value}" if _ABSOLUTE.match(value) else value
    if value.endswith("$"):
        yield f"{value[:-1]}%24"


def _parted(value: str) -> tuple[str, str]:
    """Path and preference of a line ``Content-Usage`` (attach, section 3.2); the path is empty where none is stated."""
    if not value.startswith("/"):
        return "", value
    path, *rest = value.split(None, 1)
    return path, rest[0] if rest else ""


def _refusing(crawl: Closest[Line], path: str) -> Line | None:
    """The rule that keeps a crawler from a path. Of equally long ones leave counts (RFC 9309 section 2.2.2)."""
    held = crawl.of(path)
    return None if not held or any(line.name == ALLOW for line in held) else held[0]


def first_refusal(of: Iterable[Rules], path: str) -> str | None:
    """The first rule of these groups that keeps somebody from a path, as it stands there, or None."""
    for rules in of:
        if line := _refusing(rules.strict, path):
            return as_quoted(f"User-agent: {rules.named} {line.raw}")
    return None


def _names(rules: Rules, wanted: frozenset[str]) -> bool:
    """True for a group for one of these crawlers, or for all. ``GPT*`` and ``*gpt*`` name whatever they match."""
    if EVERY in rules.tokens or not rules.tokens.isdisjoint(wanted):
        return True
    stars = [token for token in rules.tokens if "*" in token]
    return any(pattern(star).matches(token) for star in stars for token in wanted)


def _is_unlisted(rules: Rules, signals: Signals) -> bool:
    """True for a crawler that is not listed and that its name gives away."""
    known = signals.crawlers(TRAINING) | signals.crawlers(ANSWERS)
    return bool(rules.named) and not _names(rules, known) and _tells_ai(rules.named, signals.agents)


def _tells_ai(text: str, agents: Agents) -> bool:
    """True where one of the parts is a word of a text, or stands in one and is not as short as ``ai``."""
    words = {word.lower() for word in _WORD.findall(text)}
    lowered = text.lower()
    return not words.isdisjoint(agents.parts) or any(len(part) > 2 and part in lowered for part in agents.parts)


def _may_refuse(line: str, agents: Agents) -> bool:
    """True for a line that nobody can read and that may be about use: a directive to come, one of RSL's, a sentence."""
    return bool(_OF_RSL.match(line)) or _tells_ai(line, agents)


def _preferences(rules: Rules, path: str, signals: Signals, on: date | None) -> Iterator[Reading]:
    """What a group prefers for a path. Of each label what is stated most closely counts: a closer line that says nothing of it
    leaves it as it is. What cannot be read counts for all that its path reaches."""
    for lines_of, detector in ((rules.usage, aipref.read), (rules.signal, content_signal.read)):
        stated = [(octets, detector(line.value, signals, on)) for octets, line in lines_of.every(path)]
        nearest: dict[str, int] = {}
        for octets, reading in stated:
            for one in reading.statements:
                nearest[one.label] = max(octets, nearest.get(one.label, 0))
        for octets, reading in stated:
            kept = tuple(s for s in reading.statements if not s.label or nearest[s.label] == octets)
            yield Reading(reading.result, kept, unread=reading.unread)
    on_training = rules.training.of(path)
    acts = signals.acts(PROTOCOL, LABEL, on, TRAINING) or frozenset()
    for line in [line for line in on_training if ON_TRAINING[line.name]] or on_training:
        status = RESERVE if ON_TRAINING[line.name] else LEAVE
        yield Reading("found", (Statement(acts, status, as_quoted(line.raw), line.raw.partition(":")[0]),))


def as_quoted(text: str) -> str:
    """A line as it is kept: not too long, and bytes that are no UTF-8 replaced."""
    return text[: 4 * QUOTED].encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:QUOTED]
