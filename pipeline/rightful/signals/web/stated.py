"""What a signal says, whatever protocol it is of, and the evidence that comes of it. Floor 2: pure. Law 6.

A label on the wire names acts; its value reserves them, says that they are not reserved, or leaves them open: on a condition, or
because it cannot be read. That something is not reserved is no grant: it is shown, and decides nothing. Labels, dates and the
acts that they mean are data (``licenses/_signals.toml``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rightful.rights.evidence import Evidence, Observation
from rightful.rights.uses import covered

RESERVE, ALLOW, UNKNOWN = "reserve", "allow", "unknown"
STATUSES = (ALLOW, UNKNOWN, RESERVE)
"""What a signal may say of an act, the strictest last."""
QUOTED = 200
"""So many characters of what stands on the wire are kept to be shown."""
RESULTS = ("absent", "found", "unreadable", "failed")
"""What came of looking, as :data:`rightful.rights.bases.RESULTS` has it: nothing stated, something stated (whatever it says),
something that cannot be read, no answer."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one label says. ``acts``: leaves of the vocabulary, or their parents.

    ``raw`` is what stands on the wire, ``label`` its name there. ``obligations`` are what would lift a condition (empty: nothing
    that anybody here can meet). ``purposes``: none named, all meant. ``until`` is the last day of a period, where one is stated.
    """

    acts: frozenset[str]
    status: str
    raw: str
    label: str = ""
    obligations: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset({"*"})
    until: date | None = None


@dataclass(frozen=True, slots=True)
class License:
    """A licence that is stated at a location: an expression, an address or a name, as it stands there.

    ``tier`` is 4 where it is stated of the page itself, 6 where it is not certain that it is meant (``why``).
    """

    raw: str
    place: str = ""
    tier: int = 4
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a capture of one protocol says. ``result`` is one of :data:`RESULTS`; ``unread`` quotes what was met and is not
    understood (unknown labels, lines that cannot be parsed): kept, and where it may refuse the result is ``unreadable``."""

    result: str = "absent"
    statements: tuple[Statement, ...] = ()
    licenses: tuple[License, ...] = ()
    unread: tuple[str, ...] = ()


def unreadable(acts: frozenset[str], why: str) -> Reading:
    """Of what cannot be read: all that it could have reserved is left open."""
    quoted = why[:QUOTED]
    return Reading("unreadable", (Statement(acts, UNKNOWN, quoted),), unread=(quoted,))


def strictest(statements: Iterable[Statement]) -> dict[str, Statement]:
    """The strictest statement of each act, acts as they are named; what is stated of a parent is stated of its leaves."""
    listed = [*statements]
    return {
        act: max((o for o in listed if covered(o.acts, act)), key=lambda o: STATUSES.index(o.status))
        for act in sorted({act for one in listed for act in one.acts})
    }


def as_json(statements: Iterable[Statement]) -> list[dict[str, str]]:
    """Act, status and raw form, each act once: the strictest where several are stated."""
    return [{"act": act, "status": one.status, "raw": one.raw} for act, one in sorted(strictest(statements).items())]


def reservations(
    statements: Iterable[Statement], observation: Observation, *, tier: int = 4, bound_to: str = "location"
) -> list[Evidence]:
    """The evidence of what is reserved or left open. What is allowed gives none: that nothing is reserved grants nothing."""
    return [
        Evidence(
            kind="reservation",
            tier=tier,
            bound_to=bound_to,
            statement="reserve" if one.status == RESERVE else "conditional",
            acts=one.acts,
            purposes=one.purposes,
            obligations=one.obligations if one.status == UNKNOWN else frozenset(),
            jurisdictions=one.jurisdictions,
            observation=observation,
        )
        for one in statements
        if one.status != ALLOW
    ]
