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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from rightful.rights.signals import ANSWERS, TRAINING, Signals
from rightful.signals.web import aipref, content_signal
from rightful.signals.web.paths import Closest, Pattern, host_of, path_of, pattern
from rightful.signals.web.robots_lines import ALLOW, DISALLOW, ON_TRAINING, SEVERAL, SIGNAL, USAGE, Group, Line, lines
from rightful.signals.web.stated import ALLOW as LEAVE
from rightful.signals.web.stated import QUOTED, RESERVE, UNKNOWN, Reading, Statement

DETECTOR = "robots/1"
PROTOCOL = "robots"
LABEL = "Disallow"
"""The label of a rule of crawling among the terms of the scheme ``robots``."""
EVERY = "*"
MOST_UNREAD = 20
"""So many lines are quoted that could not be read."""
_ON_USE = frozenset({USAGE, SIGNAL, *ON_TRAINING})
_ITSELF = "/robots.txt"
_INDEX = re.compile(r"(?<=/)index\.html?$")
_TOKEN = re.compile(r"[^\s/,;()]+")
_SEVERAL = re.compile(r"[\s/,;()*]")
_ABSOLUTE = re.compile(r"(?i)https?://")
_AROUND = "\"'`\u2018\u2019\u201c\u201d\u2028\u2029\x85"
"""What stands around a path and is none of it."""
_OF_RSL = re.compile(r"(?i)(permits|prohibits|compensation)[ \t]*:")


@dataclass(eq=False)
class Rules:
    """What is stated for a crawler, or for several in one group, in the order of the file. It is arranged by path when asked."""

    lines: Sequence[Line]

    @cached_property
    def crawl(self) -> Closest[Line]:
        """The rules of crawling, as a crawler reads them."""
        built: Closest[Line] = Closest()
        for line in self.lines:
            if line.name in (ALLOW, DISALLOW) and line.value:
                for one in _spellings(line.value):
                    built.add(one, line)
                if line.name == ALLOW and _INDEX.search(line.value):
                    # Google: who allows the index page of a folder allows the folder.
                    built.add(_INDEX.sub("$", line.value), line)
        return built

    @cached_property
    def strict(self) -> Closest[Line]:
        """The rules of crawling without what is a favour, and with a path that somebody wrote without its slash, with another
        one, or in quotes."""
        built: Closest[Line] = Closest()
        for line in self.lines:
            if line.name == ALLOW and line.value:
                built.add(line.value, line)
            elif line.name == DISALLOW and line.value:
                meant = line.value.strip(_AROUND).replace("\\", "/")
                for value in dict.fromkeys((line.value, meant or line.value)):
                    for one in _spellings(value):
                        built.add(one, line)
                    if not value.startswith(("/", "*")) and not _ABSOLUTE.match(value):
                        built.add(f"/{value}", line)
        return built

    @cached_property
    def absolute(self) -> tuple[Line, ...]:
        """The rules that refuse whole addresses."""
        return tuple(line for line in self.lines if line.name == DISALLOW and _ABSOLUTE.match(line.value))

    @cached_property
    def preferences(self) -> dict[str, Closest[Line]]:
        """The lines on use by their kind: ``Content-Usage``, ``Content-Signal``, rules on training (under an empty name)."""
        built: dict[str, Closest[Line]] = {}
        for line in self.lines:
            if line.name in (USAGE, SIGNAL):
                path, value = _parted(line.value)
                built.setdefault(line.name, Closest()).add(path, Line(line.name, value, line.raw))
            elif line.name in ON_TRAINING and line.value:
                built.setdefault("", Closest()).add(line.value, line)
        return built

    @property
    def patterns(self) -> Iterable[Pattern]:
        """All patterns of paths that it states anything for."""
        held = [of for closest in (self.strict, *self.preferences.values()) for of in closest.patterns]
        return [*held, *(pattern(path_of(line.value)) for line in self.absolute)]

    def refuses(self, path: str) -> bool:
        """True where a crawler is kept from a path."""
        return _refusing(self.crawl, path) is not None


@dataclass(eq=False)
class Robots:
    """A robots.txt, read once: what it says of any number of pages. Made by :func:`rules`."""

    groups: tuple[Group, ...]
    licenses: tuple[Line, ...]
    unknown: tuple[str, ...]
    is_text: bool
    is_markup: bool

    @cached_property
    def named(self) -> dict[str, tuple[str, Rules]]:
        """The crawlers as they are written, and their rules (RFC 9309 section 2.2.1 merges them), by the name in lower case."""
        return _merged(self.groups, lambda written: (_whole(written),))

    @cached_property
    def by_token(self) -> dict[str, tuple[str, Rules]]:
        """The same by product token, as a crawler looks for its group."""
        return _merged(self.groups, _tokens_of_group)

    @cached_property
    def before(self) -> Rules:
        """What stands before all groups: a crawler ignores it, and a reservation there may be meant for all."""
        return Rules([line for group in self.groups if not group.agents for line in group.rules])

    def group_of(self, agent: str) -> Rules | None:
        """The rules for a crawler: those of its product token, else those for ``*``. ``agent`` is the token, or a whole
        User-Agent header, of whose tokens the longest counts that a group names."""
        asked = agent.strip().lower()
        if asked not in self.by_token:
            asked = max((t for t in _TOKEN.findall(asked) if t in self.by_token), key=len, default=EVERY)
        return self.by_token[asked][1] if asked in self.by_token else None

    def allows(self, agent: str, url: str) -> bool:
        """True where the file lets a crawler fetch an address, or path, of its site. RFC 9309 section 2.2."""
        path = path_of(url)
        rules = self.group_of(agent)
        return path == _ITSELF or rules is None or not rules.refuses(path)

    @property
    def patterns(self) -> frozenset[Pattern]:
        """The patterns by which it tells paths apart, the file itself left aside: what none of them matches has one reading."""
        stated = dict.fromkeys([*(rules for _, rules in self.named.values()), self.before])
        return frozenset(of for rules in stated for of in rules.patterns if not of.is_everything)

    def reading(self, url: str, signals: Signals, *, on: date | None = None, agent: str = "") -> Reading:
        """What the file says of one page of its site, seen on a day. Never raises.

        ``agent``: the crawler that fetched the page, where that is known: then only the preferences of its group count.
        """
        path = path_of(url)
        statements = [] if path == _ITSELF else [*self._of_crawling(path, host_of(url), signals, on)]
        unread = [line for line in self.unknown if _may_refuse(line, signals)]
        unread += [line.raw for line in self.before.strict.of(path) if line.name == DISALLOW]
        for rules in self._asked(path, agent):
            for stated in _preferences(rules, path, signals, on):
                statements += stated.statements
                unread += stated.unread
        for line in self.licenses[:1]:
            statements.append(Statement(signals.all_acts("rsl", on), UNKNOWN, as_quoted(line.raw), "License"))
        held = tuple({(one.acts, one.status, one.label): one for one in reversed(statements)}.values())[::-1]
        quoted = tuple(dict.fromkeys(as_quoted(one) for one in unread))[:MOST_UNREAD]
        if quoted or not self.is_text:
            return Reading("unreadable", held, unread=quoted or tuple(as_quoted(one) for one in self.unknown[:1]))
        return Reading("found" if held else "absent", held)

    def _of_crawling(self, path: str, host: str, signals: Signals, on: date | None) -> Iterator[Statement]:
        """What the rules of crawling reserve of a page, for each of what crawlers collect for."""
        for kind in (TRAINING, ANSWERS):
            acts = signals.acts(PROTOCOL, LABEL, on, kind) or frozenset()
            wanted = signals.crawlers(kind)
            if refused := first_refusal((n for whole, n in self.named.items() if _names(whole, wanted)), path, host):
                yield Statement(acts, RESERVE, refused, LABEL)
                continue
            others = (n for whole, n in self.named.items() if _is_unlisted(whole, n[0], signals))
            if kind == TRAINING and (refused := first_refusal(others, path, host)):
                yield Statement(acts, UNKNOWN, refused, LABEL)
            elif EVERY in self.named and (leave := self.named[EVERY][1].strict.of(path)):
                yield Statement(acts, LEAVE, as_quoted(leave[0].raw), "Allow")

    def _asked(self, path: str, agent: str) -> Iterable[Rules]:
        """The groups whose preferences count, each once, and what stands before all of them."""
        if not any(line.name in _ON_USE for group in self.groups for line in group.rules):
            return ()
        if not agent:
            return dict.fromkeys([*(rules for _, rules in self.named.values()), self.before])
        own = self.group_of(agent)
        # The draft: no preference is implied for what may not be crawled.
        return [own, self.before] if own is not None and not own.refuses(path) else [self.before]


def rules(raw: bytes) -> Robots:
    """The file, to be asked about any number of pages. All of it is read, whatever its size. Never raises."""
    read_in = lines(raw)
    return Robots(read_in.groups, read_in.licenses, read_in.unknown, read_in.is_text, read_in.is_markup)


def read(raw: bytes, signals: Signals, *, url: str, on: date | None = None, agent: str = "") -> Reading:
    """What a robots.txt says of one page; see :meth:`Robots.reading`, which reads the file once for many."""
    return rules(raw).reading(url, signals, on=on, agent=agent)


def first_refusal(of: Iterable[tuple[str, Rules]], path: str, host: str = "") -> str | None:
    """The first rule of these crawlers that keeps one of them from a path, as it stands there, or None. ``host``: the site's."""
    asked: set[int] = set()
    for written, rules in of:
        if id(rules) in asked:
            continue
        asked.add(id(rules))
        line = _refusing(rules.strict, path) or next(
            (a for a in rules.absolute if _is_meant(a.value, path, host)), None
        )
        if line is not None:
            return as_quoted(f"User-agent: {written} {line.raw}")
    return None


def as_quoted(text: str) -> str:
    """A line as it is kept: not too long, and bytes that are no UTF-8 replaced."""
    return text[: 4 * QUOTED].encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:QUOTED]


def _merged(groups: Iterable[Group], names: Callable[[str], Iterable[str]]) -> dict[str, tuple[str, Rules]]:
    """The rules of all groups that a crawler is named in, by its names. Crawlers of the same groups share one object."""
    held: dict[str, tuple[str, dict[int, Group]]] = {}
    for number, group in enumerate(groups):
        for written in group.agents:
            for name in names(written):
                held.setdefault(name, (written, {}))[1][number] = group
    built: dict[tuple[int, ...], Rules] = {}
    merged = {}
    for name, (written, of) in held.items():
        key = tuple(of)
        if key not in built:
            built[key] = Rules([line for group in of.values() for line in group.rules])
        merged[name] = written, built[key]
    return merged


def _whole(written: str) -> str:
    """A name as it is compared; of stars alone it is one."""
    lowered = written.lower()
    return lowered if lowered.strip("*") or not lowered else EVERY


def _tokens_of_group(written: str) -> set[str]:
    """The tokens by which a crawler finds a group: the whole name, without the stars in it, up to the first blank or slash."""
    whole = _whole(written)
    # A whole header names no crawler by its first word, which is Mozilla.
    first = None if "(" in whole else _TOKEN.match(whole)
    return {whole, whole.replace("*", ""), first[0] if first else ""} - {""}


def _names(whole: str, wanted: frozenset[str]) -> bool:
    """True for the name of one of these crawlers, or of all. A line may name several; ``GPT*`` names whatever it matches."""
    if whole == EVERY or whole in wanted:
        return True
    if not _SEVERAL.search(whole):
        return False
    tokens = [whole, *_TOKEN.findall(whole)]
    if any(token in wanted or token == EVERY for token in tokens):
        return True
    return any(_is_starred(token, wanted) for token in tokens if "*" in token)


def _is_starred(star: str, wanted: frozenset[str]) -> bool:
    """True where a name with stars in it matches one of these. Nearly all names fail at their first part."""
    every_name = " ".join(wanted)
    if not all(part in every_name for part in star.split("*")):
        return False
    of = pattern(star)
    return any(of.matches(token) for token in wanted)


def _is_unlisted(whole: str, written: str, signals: Signals) -> bool:
    """True for a crawler that is not listed and that its name gives away."""
    if not signals.tells_ai(written):
        return False
    return not (_names(whole, signals.crawlers(TRAINING)) or _names(whole, signals.crawlers(ANSWERS)))


def _may_refuse(line: str, signals: Signals) -> bool:
    """True for a line that nobody can read and that may be about use: a directive to come, one of RSL's, a sentence."""
    return bool(_OF_RSL.match(line)) or signals.tells_ai(line) or SEVERAL.search(line, 1) is not None


def _refusing(crawl: Closest[Line], path: str) -> Line | None:
    """The rule that keeps a crawler from a path. Of equally long ones leave counts (RFC 9309 section 2.2.2)."""
    held = crawl.of(path)
    return None if not held or any(line.name == ALLOW for line in held) else held[0]


def _is_meant(address: str, path: str, host: str) -> bool:
    """True where a rule for a whole address is one for this path of this host."""
    return (not host or host_of(address) == host) and pattern(path_of(address)).matches(path)


def _spellings(value: str) -> Iterable[str]:
    """The patterns that a value is read as: ``$`` at its end is the end of the path, or a dollar sign; a whole address is a path
    that has this address in it."""
    if value.endswith("$"):
        return value, f"{value[:-1]}%24"
    return (f"/{value}",) if _ABSOLUTE.match(value) else (value,)


def _parted(value: str) -> tuple[str, str]:
    """Path and preference of a line ``Content-Usage`` (attach, section 3.2); the path is empty where none is stated."""
    if not value.startswith("/"):
        return "", value
    path, *rest = value.split(None, 1)
    return path, rest[0] if rest else ""


def _preferences(rules: Rules, path: str, signals: Signals, on: date | None) -> Iterator[Reading]:
    """What a group prefers for a path. Of each label what is stated most closely counts: a closer line that says nothing of it
    leaves it as it is. What cannot be read counts for all that its path reaches."""
    for kind, detector in ((USAGE, aipref.read), (SIGNAL, content_signal.read)):
        if kind not in rules.preferences:
            continue
        stated = [(octets, detector(line.value, signals, on)) for octets, line in rules.preferences[kind].every(path)]
        nearest: dict[str, int] = {}
        for octets, reading in stated:
            for one in reading.statements:
                nearest[one.label] = max(octets, nearest.get(one.label, 0))
        for octets, reading in stated:
            kept = tuple(s for s in reading.statements if not s.label or nearest[s.label] == octets)
            yield Reading(reading.result, kept, unread=reading.unread)
    on_training = rules.preferences[""].of(path) if "" in rules.preferences else []
    acts = signals.acts(PROTOCOL, LABEL, on, TRAINING) or frozenset()
    for line in [line for line in on_training if ON_TRAINING[line.name]] or on_training:
        status = RESERVE if ON_TRAINING[line.name] else LEAVE
        yield Reading("found", (Statement(acts, status, as_quoted(line.raw), line.raw.partition(":")[0]),))
