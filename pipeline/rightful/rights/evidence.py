"""Claims about rights, and the profile that a record carries. Floor 1: pure. Law 4.

An :class:`Evidence` is one claim. The fields that can change a decision come first and make its identity; what was
seen where, by which detector, is kept beside them (``observation``) and never changes a decision. A *rights profile*
is a set of evidence; its ``rights_id`` hashes the deciding fields only, so that many records share one profile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from rightful.rights.expression import Names, NothingStated, Unreadable, named, parse, parse_all, render
from rightful.rights.statements import Statement, statement

KINDS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "grant": {
        "license": (3, 4, 5, 6),
        "unreadable": (3, 4, 5, 6),
        "compilation": (3, 4, 5, 6),
        "not_known": (3, 4, 5, 6),
        "contract": (2,),
        "permission": (2,),
        "statute": (7,),
    },
    "reservation": {"reserve": (0, 1, 2, 3, 4, 5, 6), "conditional": (3, 4, 5, 6)},
    "consent": {"consent": (1,)},
    "observation": {
        "looked_absent": (4,),
        "looked_found": (4,),
        "looked_unreadable": (4,),
        "looked_failed": (4,),
    },
    "gate": {"personal_data": (0, 1), "person_unreadable": (1,), "unlawful": (0, 1), "evidence_missing": (0,)},
}
"""What can be claimed: kind -> statement -> tiers. Anything else is not evidence, and cannot be built."""
ATTESTED = "LicenseRef-PD-Attested"
"""The licence of an attested claim of public domain. Only a claim that says who attests what (``basis``) can have it."""
INFERRED = 6
"""The tier of what nobody stated who could know."""
BOUND_TO = ("work", "location", "collection", "subject")

STATEMENTS: Mapping[str, str] = {
    "license": "a licence",
    "unreadable": "a licence statement that cannot be read",
    "compilation": "a licence on the compilation, not on its contents",
    "contract": "an executed contract",
    "permission": "the consent of an author or rights holder",
    "consent": "the consent of the person the data is about",
    "statute": "a statutory basis declared by the operator",
    "reserve": "a reservation",
    "conditional": "a reservation that can be lifted on a condition",
    "personal_data": "personal data without a declared legal basis",
    "person_unreadable": "somebody is named here, and nobody can read who that is",
    "unlawful": "illegal content, or a legal order against it",
    "evidence_missing": "evidence that the store no longer has as it was",
    "looked_absent": "somebody looked for a reservation, and there was none",
    "looked_found": "somebody looked for a reservation, and there was one",
    "looked_unreadable": "somebody looked for a reservation, and could not read what was there",
    "looked_failed": "somebody looked for a reservation, and got no answer",
    "not_known": "a source that this one was made from, and that is not known",
}
"""What a claim states: slug -> words. The kind says how it counts, the statement says what it is."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Where a claim was read: the raw bytes as text, the place, the reader and its version, and when."""

    raw: str
    place: str
    detector: str
    detector_version: str
    observed_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One claim about rights. An empty ``purposes`` names none; ``applications`` empty does not limit them.

    ``expression`` is the licence in our ids, for statements that are licences. ``layer`` is empty for the record's
    own source, and the name of an ancestor for what was stated about a source that it was made from. ``authority``
    is ``publisher`` where the source is the publisher of the work itself, ``unconfirmed`` where that is a guess; ``basis``
    names a statute, or the protocol of an observation; ``party`` with whom a contract was made or to whom a consent was
    given, ``perpetual`` one that has no end. An observation is dated by ``valid_from`` and ``valid_until``; one without
    dates is on record only.
    ``beside`` marks what a file beside the texts claims: it ends with that file, whatever the card says.
    ``column`` is where in its row a statement stands, empty for the column of the licence itself: a later one takes the
    place of the one that stood there. ``guessed`` marks what nobody confirmed: it permits nothing, and restricts as if it
    were confirmed.
    """

    kind: str
    tier: int
    bound_to: str
    statement: str
    expression: str = ""
    acts: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    obligations: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset({"*"})
    actors: frozenset[str] = frozenset({"*"})
    basis: str = ""
    authority: str = "collector"
    stated_on: date | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    layer: str = ""
    party: str = ""
    perpetual: bool = False
    column: str = ""
    guessed: bool = False
    beside: bool = False
    observation: Observation | None = field(default=None, compare=False)
    states: Statement = field(init=False, repr=False, compare=False)
    """What it states, read from the fields above."""

    def __post_init__(self) -> None:
        """A claim that the law does not know must not exist: it would count as silence."""
        tiers = KINDS.get(self.kind, {}).get(self.statement, ())
        if self.tier not in tiers or self.bound_to not in BOUND_TO:
            raise ValueError(
                f"no such evidence: {self.kind} {self.statement!r} of tier {self.tier} bound to {self.bound_to!r}"
            )
        if any(t is not None and t.tzinfo is None for t in (self.valid_from, self.valid_until)):
            raise ValueError("an instant without a time zone")
        if self.kind == "consent" and self.obligations:
            raise ValueError("a consent has no obligations")
        states = statement(self.kind, self.statement, self.expression, self.basis, self.obligations)
        object.__setattr__(self, "states", states)

    @property
    def is_ordinary(self) -> bool:
        """T3 to T6: what is stated in works, at locations, of collections, or inferred; these merge."""
        return 3 <= self.tier <= INFERRED

    @property
    def is_inferred(self) -> bool:
        """T6: by a scanner, a hub tag, a third-party table. It refuses, and never permits."""
        return self.tier == INFERRED

    @property
    def is_of_row(self) -> bool:
        """A licence that the row of the record itself states."""
        return self.kind == "grant" and self.bound_to == "work" and self.tier in (5, INFERRED)

    @property
    def is_explicit(self) -> bool:
        """A licence statement of the record's own source on the work or the collection (T3, T5), read or unreadable."""
        return self.statement in ("license", "unreadable") and self.tier in (3, 5) and not self.layer

    @property
    def is_gate(self) -> bool:
        """A gate: it refuses until it is lifted, whatever is stated."""
        return self.kind == "gate"

    @property
    def refuses_explicitly(self) -> bool:
        """A refusal of an order, a person or the party of a contract (T0 to T2): nothing that is granted stands beside it."""
        return self.kind == "reservation" and self.tier <= 2

    @property
    def spreads(self) -> bool:
        """A refusal of an order or a person (T0, T1): it holds for every exact copy."""
        return self.kind == "reservation" and self.tier <= 1

    @property
    def reserves_the_work(self) -> bool:
        """A reservation in the work itself (T3): it holds for every exact copy."""
        return self.kind == "reservation" and self.tier == 3

    @property
    def binds_the_work(self) -> bool:
        """What leaves open a near copy: a refusal of the work by order, person or in the work; no gate of persons, no place."""
        if self.is_gate:
            return self.statement not in ("personal_data", "person_unreadable")
        return self.spreads or self.reserves_the_work


Profile = frozenset[Evidence]

_DECIDING = tuple(f.name for f in fields(Evidence) if f.compare)
_LATER = {
    f.name: f.default for f in fields(Evidence) if f.name in ("party", "perpetual", "column", "guessed", "beside")
}
"""Fields that came later, with what they say by default: that is left out, so that the ids given before stay the same."""


@lru_cache(maxsize=100_000)
def evidence_id(evidence: Evidence) -> str:
    """The identity of a claim: a digest of the fields that can change a decision."""
    return _digest(as_json(evidence))


def rights_id(profile: Profile) -> str:
    """The identity of a rights profile. The empty profile has one too: nothing is known."""
    return _digest(sorted(evidence_id(e) for e in profile))


def as_json(evidence: Evidence) -> dict[str, Any]:
    """The deciding fields as plain JSON (sets sorted, times in ISO 8601)."""
    deciding = {name: getattr(evidence, name) for name in _DECIDING}
    return {name: _plain(value) for name, value in deciding.items() if name not in _LATER or value != _LATER[name]}


def from_json(data: Mapping[str, Any], observation: Observation | None = None) -> Evidence:
    """The inverse of :func:`as_json`."""
    values: dict[str, Any] = {}
    for name in _DECIDING:
        raw = data.get(name, _LATER[name]) if name in _LATER else data[name]
        if isinstance(raw, list):
            values[name] = frozenset(raw)
        elif name == "stated_on":
            values[name] = date.fromisoformat(raw) if raw else None
        elif name in ("valid_from", "valid_until"):
            values[name] = datetime.fromisoformat(raw) if raw else None
        else:
            values[name] = raw
    return Evidence(**values, observation=observation)


def license_claim(
    raw: str | Iterable[str],
    names: Names,
    *,
    tier: int,
    bound_to: str = "collection",
    compilation: bool = False,
    place: str = "",
    detector: str = "license-field/1",
    **deciding: Any,
) -> Evidence | None:
    """The claim that a licence string (or a list of them, all of which hold) makes; None where nothing is stated.

    An unreadable string is a claim as well: it blocks. ``deciding`` passes further fields of :class:`Evidence`.
    """
    shown = raw if isinstance(raw, str) else json.dumps(list(raw), ensure_ascii=False)
    name, _, version = detector.partition("/")
    observation = Observation(shown, place, name, version)
    common = {"kind": "grant", "tier": tier, "bound_to": bound_to, "observation": observation, **deciding}
    try:
        expression = parse(raw, names) if isinstance(raw, str) else parse_all(raw, names)
    except NothingStated:
        return None
    except Unreadable:
        return Evidence(statement="unreadable", **common)
    if not deciding.get("basis") and any(name.id == ATTESTED for name in named(expression)):
        return Evidence(statement="unreadable", **common)  # the word alone attests nothing
    return Evidence(statement="compilation" if compilation else "license", expression=render(expression), **common)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
