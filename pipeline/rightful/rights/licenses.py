"""What a licence says, and the value of a licence expression. Floor 1: pure; the catalogue is handed in. Law 5.

One :class:`License` holds a verdict for every act, purpose and reading profile; nothing is defaulted. A verdict
becomes a value here: the scope of the licence, its territory, its use restrictions and its outbound licences are
applied in one place, :func:`license_value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rightful.rights.expression import AllOf, AnyOf, Expression, Family, Name, Names, named
from rightful.rights.signals import Agents
from rightful.rights.undertakings import bound
from rightful.rights.uses import Use, Vocabulary, asks_for, covered, reaches
from rightful.rights.values import (
    BLOCKED,
    DENIED,
    Alternative,
    Status,
    TooManyAlternatives,
    Value,
    choose,
    meet,
    prune,
)

OUTBOUND_ACTS = frozenset({"share.adapted", "synth.derive"})
OUTBOUND_ACTS_STRICT = OUTBOUND_ACTS | {"share.weights", "serve.model"}
"""Acts that may make an adaptation, whose result must go out under a licence the original accepts."""

MOST_VALUES = 200_000
"""So many values are kept; they are about 200 bytes each."""

VERDICTS = {"permit": Status.PERMIT, "deny": Status.DENY, "unknown": Status.BLOCKED}
"""A reviewed *unknown* is an ambiguity that was found, so it blocks; it is not silence."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one licence says of one act for one purpose in one reading, and the clause it rests on."""

    status: Status
    obligations: frozenset[str]
    clause: str
    rationale: str


@dataclass(frozen=True, slots=True)
class License:
    """One reviewed licence. ``outbound`` is None when the result may go out under any licence."""

    id: str
    name: str
    kind: str
    family: str
    version: str
    url: str
    scope: frozenset[str]
    territory: frozenset[str]
    flags: frozenset[str]
    outbound: frozenset[str] | None
    use_restrictions: frozenset[str]
    aliases: tuple[str, ...]
    reviewer: str
    reviewed_at: str
    text_read: str
    """How much of the text the reviewer had: ``whole``, ``parts`` (the clauses that the verdicts rest on) or ``none``."""
    verdicts: Mapping[tuple[str, str, str], Verdict]
    """(profile, purpose, act) -> verdict; complete."""
    draft: bool = False
    """True for a reading of one's own, of a licence that nobody else has reviewed, for which nobody answers: see
    :mod:`rightful.rights.overlay`. It may refuse, and counts as unreviewed."""

    @property
    def licenses_contents(self) -> bool:
        """False where only the database right is licensed (ODbL, ODC-By): it never licenses contents by itself."""
        return "copyright" in self.scope


@dataclass(frozen=True, slots=True)
class Overlay:
    """One's own reading of a licence, on which ground, and who answers for it in which period (``until`` is its end).

    ``called`` are statements that it gives a meaning while it is in force: folded text -> id; ``redirects`` those of them
    that the catalogue reads otherwise, with its reading.
    """

    license: License
    file: str
    sha256: str
    ground: str
    by: str = ""
    on: datetime | None = None
    until: datetime | None = None
    called: Mapping[str, str] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)
    supposed: bool = False
    """True where it is asked what would hold if somebody answered for it: never for what leaves."""

    def in_force(self, as_of: datetime) -> bool:
        """True while somebody answers for it."""
        return self.supposed or (self.on is not None and self.until is not None and self.on <= as_of < self.until)

    def changes_after(self, as_of: datetime) -> datetime | None:
        """The next instant at which it begins or ceases to count."""
        return min((t for t in (self.on, self.until) if t is not None and t > as_of), default=None)

    def as_json(self, as_of: datetime) -> dict[str, Any]:
        """Which reading of one's own counted, for answers and manifests."""
        supposed = {"as_if_signed": True} if self.supposed else {}
        return {
            "id": self.license.id,
            "file": self.file,
            "by": self.by or None,
            "on": None if self.on is None else self.on.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "sha256": self.sha256,
            "in_force": self.in_force(as_of),
            **supposed,
        }


@dataclass(frozen=True, slots=True)
class Catalog:
    """The vocabulary, the reviewed licences and the names by which licences are called.

    ``overlays`` are the readings of one's own that are laid over ``shipped``; ``digest`` is that of what is shipped.
    """

    vocabulary: Vocabulary
    licenses: Mapping[str, License]
    names: Names
    digest: str
    version: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Words that stand where a licence should and name none: id -> the reason that they give."""
    overlays: tuple[Overlay, ...] = ()
    shipped: Catalog | None = None
    agents: Agents = field(default_factory=Agents)
    """The AI crawlers that robots.txt names."""
    values: dict[tuple[object, ...], Value] = field(default_factory=dict, init=False, compare=False, repr=False)
    """Values of expressions that were worked out already; they depend on nothing but their key and this catalogue."""


def expression_value(expression: Expression, act: str, use: Use, catalog: Catalog) -> Value:
    """The value of an expression for one act: ``OR`` chooses, ``AND`` meets; more than 64 alternatives is unreadable."""
    key = (expression, act, use.profile, use.purpose, use.application, use.jurisdictions)
    known = catalog.values.get(key)
    if known is None:
        if len(catalog.values) >= MOST_VALUES:
            catalog.values.clear()
        try:
            known = _value(expression, act, use, catalog)
        except TooManyAlternatives:
            known = BLOCKED
        catalog.values[key] = known
    return known


def license_value(license: License, act: str, use: Use, vocabulary: Vocabulary) -> Value:
    """The value of one reviewed licence for one act."""
    verdict = license.verdicts[(use.profile, use.purpose, act)]
    if restricts(license, use, vocabulary):
        return DENIED
    status = verdict.status
    if status is Status.PERMIT and not (license.licenses_contents and reaches(license.territory, use.jurisdictions)):
        status = Status.SILENT
    outbound = license.outbound if act in outbound_acts(use) else None
    return frozenset([Alternative(status, bound(verdict.obligations, license.id, vocabulary), outbound)])


def outbound_acts(use: Use) -> frozenset[str]:
    """The acts whose result goes out under a licence that the original accepts, in the reading that is asked."""
    return OUTBOUND_ACTS_STRICT if use.profile == "strict" else OUTBOUND_ACTS


def restricts(license: License, use: Use, vocabulary: Vocabulary) -> bool:
    """True when the licence restricts (a part of) the application that is asked.

    An application that is not registered counts as sensitive, so any sensitive restriction reaches it.
    """
    if any(asks_for(use, restricted, vocabulary) for restricted in license.use_restrictions):
        return True
    unregistered = use.application is not None and not covered(vocabulary.applications, use.application)
    return unregistered and any(vocabulary.is_sensitive(r) for r in license.use_restrictions)


def family_value(family: Family, act: str, use: Use, catalog: Catalog) -> Value:
    """The value of a family tag: the meet over its members; what some refuse and others may not is open, not refused.

    A tag such as ``cc`` says that one of the members holds, and not which: what every one of them permits, with the
    obligations of all, is permitted (law 5.13).
    """
    of = meet(*(license_value(catalog.licenses[m], act, use, catalog.vocabulary) for m in family.members))
    open_ = Alternative(Status.BLOCKED)
    return prune(open_ if a.status is Status.DENY or a.outbound == frozenset() else a for a in of)


def named_licenses(expression: Expression, catalog: Catalog) -> tuple[License, ...]:
    """The reviewed licences that an expression names; of a family, its members."""
    ids: list[str] = []
    for name in named(expression):
        family = catalog.names.families.get(name.id)
        ids += [name.id] if family is None else family.members
    return tuple(catalog.licenses[i] for i in dict.fromkeys(ids) if i in catalog.licenses)


def unreviewed(expression: Expression, catalog: Catalog) -> tuple[str, ...]:
    """The licences of an expression that are known by name only, or as a draft, in order of appearance."""
    ids = (n.id for n in named(expression) if n.id not in catalog.names.families)
    return tuple(dict.fromkeys(i for i in ids if i not in catalog.licenses or catalog.licenses[i].draft))


def _value(expression: Expression, act: str, use: Use, catalog: Catalog) -> Value:
    match expression:
        case AnyOf(parts):
            return choose(*(_value(part, act, use, catalog) for part in parts))
        case AllOf(parts):
            return meet(*(_value(part, act, use, catalog) for part in parts))
        case Name(id=license_id, addition=addition):
            base = _base_value(license_id, act, use, catalog)
            # An exception that only adds permission leaves the base alone. Any other addition may have taken away what the
            # base permits, and has not given what it denies.
            adds = catalog.names.only_adds(addition) and (addition is None or license_id not in catalog.names.families)
            return base if adds else meet(base, BLOCKED)


def _base_value(license_id: str, act: str, use: Use, catalog: Catalog) -> Value:
    """What a licence, or a family tag, says by itself; one that nobody has reviewed leaves open."""
    family = catalog.names.families.get(license_id)
    if family is not None:
        return family_value(family, act, use, catalog)
    license = catalog.licenses.get(license_id)
    return BLOCKED if license is None else license_value(license, act, use, catalog.vocabulary)
