"""Chains of sources: where a source is stated wider than a source that it was made from. Floor 1: pure. Law 11.6.

The decision is never fooled by it: layers meet (see :mod:`rightful.rights.decide`). It is listed all the same, because
a permissive face over a restrictive root is the commonest defect of published collections.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rightful.rights.case import Case, ask
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.forbids import refusals
from rightful.rights.licenses import Catalog
from rightful.rights.offers import layer_stated
from rightful.rights.uses import PURPOSES, Use
from rightful.rights.values import Status, collapse


@dataclass(frozen=True, slots=True)
class Inversion:
    """The source permits ``acts`` for ``purpose``; the ancestor at the end of ``path`` says ``deny`` or ``unknown``."""

    path: str
    purpose: str
    says: str
    acts: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """As it stands in answers."""
        return {"path": self.path, "purpose": self.purpose, "ancestor": self.says, "acts": list(self.acts)}


def inversions(profile: Profile, use: Use, catalog: Catalog, purposes: Iterable[str] = PURPOSES) -> Iterator[Inversion]:
    """Every ancestor that is stated narrower than the source, for the acts of ``use``, all obligations accepted.

    What is no statement of a source (a statutory basis of the operator, a gate) is left aside.
    """
    layers: dict[str, set[Evidence]] = {"": set()}
    for claim in profile:
        if claim.statement != "statute" and claim.kind != "gate":
            layers.setdefault(claim.layer, set()).add(claim)
    willing = replace(use, accepted=frozenset(catalog.vocabulary.obligations))
    for purpose in purposes:
        request = replace(willing, purpose=purpose)
        own = [act for act in use.acts if _status(layers, "", act, request, catalog) is Status.PERMIT]
        for layer in sorted(layers.keys() - {""}):
            narrower: dict[str, list[str]] = {}
            for act in own:
                narrower.setdefault(_status(layers, layer, act, request, catalog).word, []).append(act)
            for says in ("deny", "unknown"):
                if says in narrower:
                    yield Inversion(layer, purpose, says, tuple(narrower[says]))


def inversions_of(case: Case, use: Use, catalog: Catalog, purposes: Iterable[str] = PURPOSES) -> list[Inversion]:
    """The inversions of a record: by the cards of ancestors, and by the rows that it came through where these speak.

    Rows of one ancestor are held against the source one by one: what one of them permits mends nothing of another.
    """
    listed = list(purposes)
    own = frozenset(e for e in case.profile if not e.layer)
    profiles = [case.profile, *(own | _at_its_way(row) for row in case.through)]
    distinct = {i for profile in profiles for i in inversions(profile, use, catalog, listed)}
    return sorted(distinct, key=lambda i: (listed.index(i.purpose), i.path, i.says, i.acts))


def _at_its_way(row: Case) -> Profile:
    """What the row of an ancestor states, as claims of the layers that it came through."""
    return frozenset(replace(e, layer=f"{row.way} > {e.layer}" if e.layer else row.way) for e in row.profile)


def _status(layers: dict[str, set[Evidence]], layer: str, act: str, use: Use, catalog: Catalog) -> Status:
    """What one source says by itself: its licences and contracts, and what its contracts and persons refuse."""
    case = Case(profile=frozenset(layers[layer]), personal_data="no")
    q = ask(case, act, use, catalog)
    if any(refusals(q)):
        return Status.DENY
    says = layer_stated(q, layer).value
    # A precondition names who asks for it (``payment@us``), so what is owed is read off the value.
    return collapse(says, use.accepted.union(*(a.obligations for a in says)))[0]
