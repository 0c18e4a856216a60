"""Consent events and where they leave a record. Floor 1: pure; ``as_of`` is handed in. Law 7.

An event names its records by a *selector*. All events with one selector make a history; :func:`standing` reduces it
to the terms that count at an instant, oldest first. The identity of the selector is left out on purpose: a thousand
withdrawals of single records are one standing, so they are decided once.

A refusal counts from the earlier of recorded and effective, a grant from the later. The latest term that covers a
cell (act, purpose, application) holds, ties refuse.

A consent says in which *capacity* it was given. As a data subject (the default) it lifts the gate of personal data and
nothing else, and is a ceiling: a cell that no term covers is refused once there is one (law 7.6, 7.10;
:func:`ruling`). As author or rights holder it is a grant beside the licence, where it names party and period (tier T2;
:func:`permission`). Whoever withdraws, withdraws in every capacity; a later consent lifts that only in its own.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from rightful.rights.uses import Use, Vocabulary, asks_for, covered, reaches_application

GIVEN, WITHDRAWN, REFUSED, EXPIRED, TAKEDOWN = "grant", "withdrawal", "refusal", "expiry", "takedown"
RENEWED, ERASURE, OPTED_OUT = "renewal", "erasure", "opt-out"
CORRECTION, ANNULMENT = "correction", "annulment"
KINDS = (GIVEN, WITHDRAWN, REFUSED, EXPIRED, TAKEDOWN, CORRECTION, RENEWED, ERASURE, OPTED_OUT, ANNULMENT)
"""What an event can be. A correction says nothing of consent: it ends statements of rows that were read before it. An
annulment undoes an event that was recorded by mistake, from when it is recorded itself; both stay on record."""
GRANTING = (GIVEN, RENEWED)
"""The kinds that give consent."""
REFUSING = (WITHDRAWN, REFUSED, OPTED_OUT, ERASURE, TAKEDOWN, EXPIRED)
"""The kinds that refuse."""
DATA_SUBJECT, RIGHTS_HOLDER = "data_subject", "rights_holder"
CAPACITIES = (DATA_SUBJECT, RIGHTS_HOLDER)
"""In which capacity a consent can be given."""
AS_SUBJECT = frozenset({DATA_SUBJECT})


class Ruling(Enum):
    """What a consent history says of one act, in one capacity; see :func:`ruling` and :func:`permission`."""

    SILENT = "it says nothing of this act"
    GRANT = "a consent that names the act and the purpose is in force"
    UNNAMED = "a consent that names no act or no purpose: within its ceiling, but no grant"
    NEWER = "a consent to a parent act, given before this one was practised"
    INCOMPLETE = "a consent as rights holder that lacks its party, period, acts or purposes"
    OUTSIDE = "a consent was given, for something else"
    EXPIRED = "the consent has ended"
    REFUSED = "consent was refused"
    WITHDRAWN = "withdrawn"
    TAKEDOWN = "taken down by legal order"

    @property
    def refuses(self) -> bool:
        """True where the act is refused, whatever else is stated."""
        return self in _RULES

    @property
    def rule(self) -> str:
        """The name of the rule by which it refuses: the slug of the reason."""
        return _RULES[self]


_RULES = {
    Ruling.TAKEDOWN: "takedown",
    Ruling.WITHDRAWN: "withdrawn",
    Ruling.REFUSED: "consent-refused",
    Ruling.EXPIRED: "consent-expired",
    Ruling.OUTSIDE: "outside-consent",
}
_COUNTS_AS = {RENEWED: GIVEN, ERASURE: WITHDRAWN, OPTED_OUT: WITHDRAWN}
"""The kind of the term that an event is, where it is not its own: the law knows no difference."""
_BY_KIND = {
    TAKEDOWN: Ruling.TAKEDOWN,
    WITHDRAWN: Ruling.WITHDRAWN,
    REFUSED: Ruling.REFUSED,
    EXPIRED: Ruling.EXPIRED,
}
SELECTORS = (
    *("record", "content-sha256", "url", "url-prefix", "domain", "subject", "source"),
    *("text", "passage", "author", "owner"),
)
"""How an event names its records."""
EVENT = "event"
"""How an annulment names what it undoes."""
EVERY_SELECTOR = (*SELECTORS, EVENT)
PERSONS = ("subject", "author")
"""The selectors of a person, of whom only keyed hashes are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One append-only fact. Empty ``acts``, ``purposes`` or ``applications`` name none: a refusal then covers all.

    ``given_by``, ``party`` (to whom) and ``perpetual`` (without an end) are said of a consent. ``deadline`` is when what it
    asks for has to be done, ``proof`` where it can be looked up that it was said; neither changes a decision.
    """

    event_id: str
    kind: str
    selector: str
    value: str
    recorded: datetime
    effective: datetime
    acts: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    valid_until: datetime | None = None
    reason: str = ""
    given_by: frozenset[str] = AS_SUBJECT
    party: str = ""
    perpetual: bool = False
    deadline: datetime | None = None
    proof: str = ""

    @property
    def gives(self) -> bool:
        """True for a consent and for its renewal."""
        return self.kind in GRANTING

    @property
    def refuses(self) -> bool:
        """True for every kind but those that give, a correction and an annulment."""
        return self.kind not in (*GRANTING, CORRECTION, ANNULMENT)

    @property
    def refuses_all(self) -> bool:
        """True for a refusal without limits: such a record is not taken in again either."""
        return self.refuses and not (self.acts or self.purposes or self.applications)

    @property
    def counts_from(self) -> datetime:
        """The instant from which the event counts."""
        return min(self.recorded, self.effective) if self.refuses else max(self.recorded, self.effective)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What a consent as rights holder does not name although it has to: it grants nothing then."""
        if self.refuses or RIGHTS_HOLDER not in self.given_by:
            return ()
        return lacking(self.party, self.perpetual, self.valid_until, self.acts, self.purposes)


def lacking(
    party: str, perpetual: bool, valid_until: datetime | None, acts: Iterable[str], purposes: Iterable[str]
) -> tuple[str, ...]:
    """Which of party, period, acts and purposes a consent as rights holder does not name (law 7.11)."""
    named = {
        "party": bool(party.strip()),
        "valid_until or perpetual": perpetual or valid_until is not None,
        "acts": bool(list(acts)),
        "purposes": bool(list(purposes)),
    }
    return tuple(what for what, is_there in named.items() if not is_there)


@dataclass(frozen=True, slots=True)
class Term:
    """An event as it counts, without the identity of its selector. ``stated_on`` is set for grants only.

    ``complete`` says of a grant as rights holder that it names its party, period, acts and purposes.
    """

    kind: str
    acts: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    stated_on: date | None = None
    valid_until: datetime | None = None
    given_by: frozenset[str] = AS_SUBJECT
    complete: bool = False


Standing = tuple[Term, ...]


def in_force(events: Iterable[ConsentEvent], as_of: datetime) -> list[ConsentEvent]:
    """The events that nothing has undone by ``as_of``, in their order; annulments are none of them.

    An event counts as it did at every instant before it was undone.
    """
    listed = list(events)
    undone = {e.value for e in listed if e.kind == ANNULMENT and e.recorded <= as_of}
    return [e for e in listed if e.kind != ANNULMENT and e.event_id not in undone]


def standing(events: Iterable[ConsentEvent], as_of: datetime) -> Standing:
    """The terms of one selector that count at ``as_of``, oldest first; of equal times the refusal comes last.

    A grant comes after a refusal only where both its times, recorded and effective, are later than both of the
    refusal's: what was given before does not lift it, whenever either was to take effect.
    """

    def place(event: ConsentEvent) -> tuple[datetime, bool, bool, datetime, str]:
        times = event.recorded, event.effective
        at = max(times) if event.refuses else min(times)
        return at, event.refuses, event.valid_until is not None, event.recorded, event.event_id

    counting = (e for e in in_force(events, as_of) if e.counts_from <= as_of and e.kind != CORRECTION)
    terms = [_term(e) for e in sorted(counting, key=place)]
    # Only the last of equal terms matters, and nothing before an unlimited refusal does (a takedown stays: it is T0).
    last: dict[Term, None] = {}
    for term in terms:
        if term.kind in (WITHDRAWN, REFUSED, EXPIRED) and _unlimited(term):
            last = {t: None for t in last if t.kind == TAKEDOWN}
        last.pop(term, None)
        last[term] = None
    return tuple(last)


def refuses_ingest(history: Standing, as_of: datetime) -> bool:
    """True while a record with this standing must not be taken in: an unlimited refusal that no later grant lifted.

    A person refused as a data subject too, so only a consent in that capacity lifts it.
    """
    refused = False
    for term in history:
        if term.kind == TAKEDOWN and _unlimited(term):
            return True
        if term.kind == GIVEN:
            holds = term.valid_until is None or term.valid_until > as_of
            lifts = holds and term.acts and term.purposes and DATA_SUBJECT in term.given_by
            refused = refused and not lifts
        elif _unlimited(term):
            refused = True
    return refused


def ruling(history: Standing, act: str, use: Use, vocabulary: Vocabulary) -> Ruling:
    """What a history says of one act of a use, as far as it is the person whom the data are about who speaks.

    A takedown holds for good; of the rest the latest term that covers what is asked. What was given as rights holder
    alone is neither a consent here nor a ceiling. Never ``INCOMPLETE``.
    """
    if any(t.kind == TAKEDOWN and _touches(t, act, use, vocabulary) for t in history):
        return Ruling.TAKEDOWN
    within = Ruling.SILENT
    terms = [t for t in history if t.kind != GIVEN or DATA_SUBJECT in t.given_by]
    for term in reversed(terms):
        if term.kind == TAKEDOWN:
            continue
        if term.kind != GIVEN:
            if _touches(term, act, use, vocabulary):
                return _BY_KIND[term.kind]
        elif term.valid_until is not None and term.valid_until <= use.as_of:
            if _touches(term, act, use, vocabulary):
                return Ruling.EXPIRED
        elif _within(term, act, use, vocabulary):
            if term.acts and term.purposes and _known_when_given(term, act, vocabulary):
                return Ruling.GRANT
            if term.acts and term.purposes:
                within = Ruling.NEWER
            elif within is Ruling.SILENT:
                within = Ruling.UNNAMED
    if within is not Ruling.SILENT:
        return within
    return Ruling.OUTSIDE if any(t.kind == GIVEN for t in terms) else Ruling.SILENT


def permission(history: Standing, act: str, use: Use, vocabulary: Vocabulary) -> Ruling:
    """What a history gives for one act of a use as author or rights holder.

    ``GRANT``, ``INCOMPLETE`` or ``NEWER``; ``WITHDRAWN``, for whoever refuses does so in every capacity, until a consent in
    this one; or ``SILENT``: what lies outside it or has ended is absent.
    """
    short = Ruling.SILENT
    for term in reversed(history):
        if term.kind != GIVEN:
            if _touches(term, act, use, vocabulary):
                return Ruling.WITHDRAWN
            continue
        ended = term.valid_until is not None and term.valid_until <= use.as_of
        if RIGHTS_HOLDER not in term.given_by or ended or not _within(term, act, use, vocabulary):
            continue
        if term.complete and _known_when_given(term, act, vocabulary):
            return Ruling.GRANT
        if short is Ruling.SILENT:
            short = Ruling.NEWER if term.complete else Ruling.INCOMPLETE
    return short


def subject_key(person: str, key: bytes) -> bytes:
    """The keyed hash under which a person is known to a store: HMAC-SHA-256 of the name.

    However it was typed, a name is one name: NFKC, case-folded, runs of white space as one blank.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", person).casefold())
    return hmac.new(key, " ".join(folded.split()).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _term(event: ConsentEvent) -> Term:
    given = event.gives
    return Term(
        _COUNTS_AS.get(event.kind, event.kind),
        event.acts,
        event.purposes,
        event.applications,
        min(event.recorded, event.effective).date() if given else None,
        event.valid_until if given else None,
        event.given_by if given else AS_SUBJECT,
        given and RIGHTS_HOLDER in event.given_by and not event.lacks,
    )


def _unlimited(term: Term) -> bool:
    return not (term.acts or term.purposes or term.applications)


def _touches(term: Term, act: str, use: Use, vocabulary: Vocabulary) -> bool:
    """True when a refusal covers any part of what is asked; what it does not name it covers."""
    return (
        (not term.acts or covered(term.acts, act))
        and (not term.purposes or covered(term.purposes, use.purpose))
        and (not term.applications or any(asks_for(use, a, vocabulary) for a in term.applications))
    )


def _within(term: Term, act: str, use: Use, vocabulary: Vocabulary) -> bool:
    """True when a consent reaches all of what is asked."""
    return (
        (not term.acts or covered(term.acts, act))
        and (not term.purposes or covered(term.purposes, use.purpose))
        and reaches_application(term.applications, use, vocabulary)
    )


def _known_when_given(term: Term, act: str, vocabulary: Vocabulary) -> bool:
    """A leaf that is named is granted; a parent covers the leaves that were practised when it was given."""
    if act in term.acts:
        return True
    return term.stated_on is not None and vocabulary.acts[act].known_from <= term.stated_on
