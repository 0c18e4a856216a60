"""What a term of another vocabulary means in our words, on the day on which it was seen. Floor 1: pure. Law 6.11.

The terms are data (``licenses/_terms.toml``) and are handed in. :func:`meaning` looks one up:

* A label has one or several *readings*, each from a version of its scheme. Nothing on the wire says which version its
  author had read, so on a day it means **all readings that were out by then**: of what restricts, the union; of what
  a grant or a purpose reaches, only what all of them reach. A reading that was replaced stays one.
* A label, or a value, that no entry knows is silent: it restricts nothing and grants nothing, and is kept raw.
* Before the first text that we know, what restricts restricts already (a date may be wrong, and labels are older than
  their specifications); nothing else counts yet.

So a later day never means less of a restriction, and never more of a permission.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from rightful.rights.uses import Term, covered

STATES: Mapping[str, tuple[str, ...]] = {
    "reserve": ("acts",),
    "conditional": ("acts",),
    "grant-limit": ("purposes", "actors", "applications", "obligations", "acts"),
    "consent-status": ("consent",),
    "obligation": ("obligations",),
    "act": ("acts",),
    "purpose": ("purposes",),
    "application": ("applications",),
    "actor": ("actors",),
    "basis": (),
    "silent": (),
}
"""What a term can state, the strictest first, and what it has to name for that (one of them).

``reserve``: the acts are reserved. ``conditional``: reserved unless a condition is met. ``grant-limit``: the grant that
it stands on reaches no further, and owes the obligations. ``consent-status``: where a consent stands. ``obligation``,
``act``, ``purpose``, ``application``, ``actor``: a word for one of ours; what is said of it stands around it.
``basis``: a legal basis of data protection. ``silent``: nothing is reserved, and nothing is granted.
"""
CONSENT_STATUS = ("refused", "withdrawn", "expired", "given")
"""Where a consent can stand, the strictest first; only the last one is valid."""

_RESTRICT = ("reserve", "conditional", "grant-limit", "obligation")
_NARROW = ("grant-limit", "purpose", "application", "actor")
"""States whose words reach as far as all readings do; of the others every reading counts."""
_ORDER = tuple(STATES)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label means, with the readings that it rests on; without readings it is not known, and silent.

    An empty ``purposes``, ``actors`` or ``applications`` names none. ``whole`` is False where our words do not say all
    of it: a limit that has no equal here leaves open what it limits, and must not be dropped.
    """

    status: str
    readings: tuple[Term, ...] = ()
    acts: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    obligations: frozenset[str] = frozenset()
    consent: str = ""
    whole: bool = True

    @property
    def is_known(self) -> bool:
        """True when the table has this label with this value."""
        return bool(self.readings)

    @property
    def is_ambiguous(self) -> bool:
        """True when several readings were out that do not say the same."""
        return len({_said(t) for t in self.readings}) > 1


SILENT = Meaning("silent")


def meaning(terms: Iterable[Term], scheme: str, term: str, value: str = "", on: date | None = None) -> Meaning:
    """What a label of a scheme means with a value, seen on a day (None: some day, so every reading counts).

    Scheme, term and value are compared as they are: whoever reads the wire brings them into the form of their
    specification first (``noai`` is lower case there, AIPREF knows no capitals). Never raises.

    >>> # meaning(vocabulary.terms, "aipref", "train-ai", "n", date(2026, 5, 1)).acts -> {"train"}
    """
    readings = [t for t in terms if t.term == term and t.scheme == scheme and t.value == value]
    held = [t for t in readings if on is None or t.since <= on] or [t for t in readings if restricts(t)]
    if not held:
        return SILENT
    status = min((t.states for t in held), key=_ORDER.index)
    acts, purposes, applications, actors = (
        _common(named) if status in _NARROW else _union(named)
        for named in zip(*((t.acts, t.purposes, t.applications, t.actors) for t in held), strict=True)
    )
    return Meaning(
        status,
        tuple(held),
        acts=acts,
        purposes=purposes,
        applications=applications,
        actors=actors,
        obligations=_union(t.obligations for t in held),
        consent=min((t.consent for t in held if t.consent), key=CONSENT_STATUS.index, default=""),
        # Readings that have nothing in common leave a limit that our words cannot say.
        whole=all(t.whole for t in held)
        and bool(acts or not any(t.acts for t in held))
        and bool(purposes or not any(t.purposes for t in held))
        and bool(applications or not any(t.applications for t in held))
        and bool(actors or not any(t.actors for t in held)),
    )


def restricts(term: Term) -> bool:
    """True for a term that takes something away."""
    return term.states in _RESTRICT or (term.states == "consent-status" and term.consent != CONSENT_STATUS[-1])


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """All of it; what a parent covers is not named beside it."""
    everything: frozenset[str] = frozenset().union(*sets)
    return frozenset(name for name in everything if not covered(everything - {name}, name))


def _common(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """What every set that names something covers."""
    named = [s for s in sets if s]
    return reduce(_both, named) if named else frozenset()


def _both(a: frozenset[str], b: frozenset[str]) -> frozenset[str]:
    return frozenset({name for name in a if covered(b, name)} | {name for name in b if covered(a, name)})


def _said(term: Term) -> tuple[object, ...]:
    return (term.acts, term.purposes, term.applications, term.actors, term.obligations, term.consent, term.whole)
