"""``/.well-known/tdmrep.json`` and the policies that it points to. Floor 2: pure. TDMRep (W3C community group report), law 6.11.

The file is a list of rules in order; the first whose ``location`` matches the path of a page counts (section 7.1: patterns as in
robots.txt). A reservation of 1 reserves, 0 does not. A policy is an ODRL offer: what it permits is left open, on the condition
of its duties and constraints, and what it does not speak of stays reserved. It permits nothing by itself, not even where it
asks for nothing: that it is the policy of this page, and of whoever holds the rights, nobody has looked at.
Stricter than the report in this: a value other than 0 and 1 is an error there, as if nothing were stated; here it leaves open
what may have been meant; and a rule that reserves a path reserves it with any query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rightful.errors import InputError
from rightful.rights.signals import Signals
from rightful.signals.web.json_text import loads
from rightful.signals.web.paths import Pattern, host_of, path_of, pattern
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement

DETECTOR = "tdmrep/1"
PROTOCOL = "tdmrep"
LABEL, POLICY, LOCATION, MINE = "tdm-reservation", "tdm-policy", "location", "tdm:mine"
PURPOSES = frozenset({"commercial", "noncommercial", "research"})
DUTIES: Mapping[str, frozenset[str]] = {"compensate": frozenset({"payment"})}
"""Duties of a policy that somebody here can meet. ``obtainConsent``, and every duty that is not known, is none of them: a consent is
stated in a card or a receipt, not undertaken."""
_SPACE = re.compile(r"^(?:https?://www\.w3\.org/ns/(?:odrl/2/|tdmrep[/#]?)|odrl:)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the file. ``reservation`` is as it stands there."""

    location: str
    paths: Pattern
    reservation: Any
    policy: str

    def is_about(self, path: str, host: str = "") -> bool:
        """True for a path with query of :func:`path_of`, at ``host``, that it speaks of. One that reserves forgives more: it
        means the path whatever its query, and whatever host its address names."""
        if not self.is_leave:
            return self.paths.matches(path) or self.paths.matches(path.partition("?")[0])
        named = host_of(self.location)
        return self.paths.matches(path) and (not named or not host or named == host)

    @property
    def is_leave(self) -> bool:
        """True where it says that nothing is reserved."""
        return self.reservation in (0, "0") and not isinstance(self.reservation, bool | float)


@dataclass(frozen=True, slots=True)
class Rules:
    """The file, read once: what it says of any number of pages. ``broken`` quotes what in it cannot be read."""

    listed: tuple[Rule, ...] = ()
    broken: tuple[str, ...] = ()
    policies: Mapping[str, Any] = field(default_factory=dict)

    def reading(self, url: str, signals: Signals, *, on: date | None = None) -> Reading:
        """What the file says of one page of its site, seen on a day. Never raises."""
        path, host = path_of(url), host_of(url)
        return self._together([r for r in self.listed if r.is_about(path, host)][:1], signals, on)

    def everywhere(self, signals: Signals, *, on: date | None = None) -> Reading:
        """All that the file says, wherever: what is asked where no page is named. Never raises."""
        return self._together(self.listed, signals, on)

    def _together(self, rules: Iterable[Rule], signals: Signals, on: date | None) -> Reading:
        statements: list[Statement] = []
        unread = list(self.broken)
        for rule in rules:
            stated = of_rule(rule, signals, on, self.policies.get(rule.policy))
            statements, unread = [*statements, *stated.statements], [*unread, *stated.unread]
        if self.broken:
            acts = signals.all_acts(PROTOCOL, on)
            statements.append(Statement(acts, UNKNOWN, self.broken[0]))
        if unread:
            return Reading("unreadable", tuple(statements), unread=tuple(unread))
        return Reading("found" if statements else "absent", tuple(statements))


def read(
    raw: bytes, signals: Signals, *, url: str = "/", on: date | None = None, policies: Mapping[str, bytes] | None = None
) -> Reading:
    """What a ``tdmrep.json`` says of one page. ``policies`` are those at hand, by address. Never raises."""
    return rules(raw, policies).reading(url, signals, on=on)


def rules(raw: bytes, policies: Mapping[str, bytes] | None = None) -> Rules:
    """The file, to be asked about any number of pages. Never raises: what cannot be read of it leaves open what it could reserve."""
    try:
        entries = loads(raw)
    except InputError as error:
        return Rules(broken=(str(error)[:QUOTED],))
    if is_policy(entries):  # in the place of the file, or handed in by itself: nobody has a policy who reserves nothing
        return Rules((Rule("/", pattern("/"), 1, POLICY),), policies={POLICY: raw})
    listed: list[Rule] = []
    broken: list[str] = []
    for entry in entries if isinstance(entries, list) else [entries]:
        rule = _rule(entry)
        if rule is None:
            broken.append(str(entry)[:QUOTED])
        else:
            listed.append(rule)
    return Rules(tuple(listed), tuple(broken), policies or {})


def of_rule(rule: Rule, signals: Signals, on: date | None, policy: bytes | None = None) -> Reading:
    """What one rule says of the pages that it is about; ``policy`` is the document at its address, where it is at hand."""
    acts = signals.acts(PROTOCOL, LABEL, on) or signals.all_acts(PROTOCOL, on)
    raw = f"{rule.location} {LABEL}: {rule.reservation}" + (f"; {POLICY}: {rule.policy}" if rule.policy else "")
    raw = raw[: 2 * QUOTED]
    # A 1 that is written as text reserves; a 0 is an error, and an error lifts nothing.
    if rule.reservation not in (0, 1, "1") or isinstance(rule.reservation, bool | float):
        return Reading("unreadable", (Statement(acts, UNKNOWN, raw, LABEL),), unread=(raw,))
    if int(rule.reservation) == 0:
        return Reading("found", (Statement(acts, ALLOW, raw, LABEL),))
    if policy is None:
        return Reading("found", (Statement(acts, RESERVE, raw, LABEL),))
    return of_policy(policy, signals, on, raw)


def of_policy(raw: bytes, signals: Signals, on: date | None = None, reserved_by: str = POLICY) -> Reading:
    """What a policy leaves of a reservation. One that cannot be read, or is no offer of this profile, leaves all of it.

    ``reserved_by`` quotes the reservation that it belongs to.
    """
    acts = signals.acts(PROTOCOL, LABEL, on) or signals.all_acts(PROTOCOL, on)
    whole = Statement(acts, RESERVE, reserved_by, LABEL)
    try:
        policy = loads(raw)
    except InputError as error:
        return Reading("found", (whole,), unread=(str(error)[:QUOTED],))
    if not is_policy(policy):
        return Reading("found", (whole,), unread=("is no offer under the profile of TDMRep",))
    mine = signals.meaning(PROTOCOL, MINE, on=on).acts or acts
    offered: dict[str, list[frozenset[str]]] = {}
    unread = [f"{key}: {_shown(policy[key])}" for key in ("prohibition", "obligation") if policy.get(key)]
    # What a policy forbids or asks for beside its permissions may touch each of them: none of them counts.
    for permission in () if unread else _listed(policy.get("permission")):
        if not isinstance(permission, dict) or set(map(_word, _listed(permission.get("action")))) != {MINE}:
            unread.append(_shown(permission))
            continue
        for purpose in _purposes(permission, signals, on):
            offered.setdefault(purpose, []).append(_owed(permission))
    return Reading("found", tuple(_left(acts, mine, offered, reserved_by)), unread=tuple(unread))


def is_policy(document: Any) -> bool:
    """True for an ODRL offer under the profile of TDMRep."""
    if not isinstance(document, dict):
        return False
    profile = document.get("profile")
    kinds = {_word(kind) for kind in _listed(document.get("@type", document.get("type")))}
    return isinstance(profile, str) and profile.rstrip("/#").endswith("w3.org/ns/tdmrep") and "Offer" in kinds


def _left(
    acts: frozenset[str], mine: frozenset[str], offered: Mapping[str, list[frozenset[str]]], raw: str
) -> Iterator[Statement]:
    """What stays reserved, and what is left open on what condition, for each purpose. Several offers: the duties of all."""
    shared, others = acts & mine, acts - mine
    if others or not offered:
        yield Statement(others if offered else acts, RESERVE, raw, LABEL)
    if not offered or not shared:
        return
    if closed := PURPOSES - offered.keys():
        yield Statement(shared, RESERVE, raw, LABEL, purposes=frozenset(closed))
    of_owed: dict[frozenset[str], set[str]] = {}
    for purpose, owed in offered.items():
        met = frozenset().union(*owed) if all(owed) else frozenset[str]()
        of_owed.setdefault(met, set()).add(purpose)
    for met, purposes in of_owed.items():
        named = frozenset(purposes) if purposes != PURPOSES else frozenset[str]()
        yield Statement(shared, UNKNOWN, raw, MINE, obligations=met, purposes=named)


def _rule(entry: Any) -> Rule | None:
    if not isinstance(entry, dict) or not isinstance(entry.get(LOCATION), str) or LABEL not in entry:
        return None
    location, policy = entry[LOCATION].strip(), entry.get(POLICY, "")
    if not location or not isinstance(policy, str):
        return None
    return Rule(location, pattern(path_pattern(location)), entry[LABEL], policy.strip())


def path_pattern(location: str) -> str:
    """The pattern of a location: an address counts as its path; a path that begins with neither slash nor star is one below ``/``."""
    rest = re.sub(r"^(?i:https?:)?//[^/?#*]*", "", location) or "/"
    return rest if rest[0] in "/*" else f"/{rest}"


def _owed(permission: Mapping[str, Any]) -> frozenset[str]:
    """What the duties of a permission oblige to; nothing where there are none, or one that nobody here can meet by undertaking
    it: then nothing lifts the condition."""
    owed: frozenset[str] = frozenset()
    for duty in _listed(permission.get("duty")):
        named = _listed(duty.get("action")) if isinstance(duty, dict) else [duty]
        met = [DUTIES.get(_word(action)) for action in named]
        if not met or None in met:
            return frozenset()
        owed |= frozenset().union(*(m for m in met if m is not None))
    known = {"target", "action", "duty", "constraint", "uid", "@type", "type", "assigner"}
    return frozenset() if permission.keys() - known or _other_constraints(permission) else owed


def _purposes(permission: Mapping[str, Any], signals: Signals, on: date | None) -> Iterable[str]:
    """The purposes that a permission is for: those that all its constraints leave."""
    left = PURPOSES
    for constraint in _listed(permission.get("constraint")):
        if _is_of_purpose(constraint):
            words = [_word(word) for word in _listed(constraint["rightOperand"])]
            left &= frozenset().union(*(signals.meaning(PROTOCOL, word, on=on).purposes for word in words))
    return sorted(left)


def _other_constraints(permission: Mapping[str, Any]) -> bool:
    """True where a permission is bounded by more than purposes: that is a condition which nobody here can check."""
    return not all(map(_is_of_purpose, _listed(permission.get("constraint"))))


def _is_of_purpose(constraint: Any) -> bool:
    if not isinstance(constraint, dict) or _word(constraint.get("leftOperand")) != "purpose":
        return False
    several = isinstance(constraint.get("rightOperand"), list)
    operators = ("isAnyOf",) if several else ("eq", "isAnyOf")
    return _word(constraint.get("operator")) in operators and "rightOperand" in constraint


def _word(value: Any) -> str:
    """A term of ODRL or of the profile without the address or prefix of its vocabulary."""
    text = str(value.get("@id", "")) if isinstance(value, dict) else str(value)
    bare = _SPACE.sub("", text)
    return f"tdm:{bare}" if "tdmrep" in text and not bare.startswith("tdm:") else bare


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _shown(value: Any) -> str:
    return str(value)[:QUOTED]
