"""Chains of sources: where a source is stated wider than a source that it was made from. Floor 0: pure.

The decision is never fooled by it: layers meet (see :mod:`pipeline.rights.decide`). It is listed all the same, because
a permissive face over a restrictive root is the commonest defect of published collections.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.rights.decide import Case, layer_value, rulings
from pipeline.rights.evidence import Profile
from pipeline.rights.licenses import Catalog
from pipeline.rights.uses import PURPOSES, Use
from pipeline.rights.values import Status, collapse


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
    """Every ancestor that is stated narrower than the source, for the acts of ``use``, all obligations accepted."""
    case = Case(profile=profile, personal_data="no")
    willing = replace(use, accepted=frozenset(catalog.vocabulary.obligations))
    for purpose in purposes:
        asked = replace(willing, purpose=purpose)
        own = [act for act in use.acts if _status(case, "", act, asked, catalog) is Status.PERMIT]
        for layer in sorted({e.layer for e in profile} - {""}):
            found: dict[str, list[str]] = {}
            for act in own:
                found.setdefault(_status(case, layer, act, asked, catalog).word, []).append(act)
            for says in ("deny", "unknown"):
                if says in found:
                    yield Inversion(layer, purpose, says, tuple(found[says]))


def _status(case: Case, layer: str, act: str, use: Use, catalog: Catalog) -> Status:
    return collapse(layer_value(case, layer, act, use, catalog, rulings(case, act, use, catalog)), use.accepted)[0]
