"""Readings of one's own, laid over the catalogue. Floor 1: pure. Law 5.22.

Somebody may read a licence otherwise than the catalogue, or read one that it does not have. Such a reading replaces the
catalogue's while somebody answers for it by name. Before, after, and without a signature it only restricts: what is
permitted then is what both permit, and of a licence that the catalogue has not reviewed nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rightful.rights.case import Case
from rightful.rights.claims import expression_of
from rightful.rights.evidence import Profile
from rightful.rights.expression import Expression, fold, named
from rightful.rights.licenses import Catalog, License, Overlay, Verdict
from rightful.rights.uses import EVERY, common
from rightful.rights.values import Status

NOBODY = "nobody answers for this reading at this time"


def overlaid(shipped: Catalog, overlays: Sequence[Overlay], as_of: datetime) -> Catalog:
    """The catalogue as it is read at an instant: what is in force replaces, everything else only restricts.

    Names count while they are in force; a statement that the catalogue reads is read as before at any other time.
    """
    if not overlays:
        return shipped
    licenses, ids, called = dict(shipped.licenses), dict(shipped.names.ids), dict[str, str]()
    for overlay in overlays:
        own = overlay.license
        if overlay.in_force(as_of):
            licenses[own.id] = own
            ids[fold(own.id)] = own.id
            called |= overlay.called
        else:
            reviewed = shipped.licenses.get(own.id)
            licenses[own.id] = _draft(own) if reviewed is None else both(reviewed, own)
    names = shipped.names
    if called or ids != names.ids:
        names = replace(names, ids=ids, called=called, parsed={})
    return replace(shipped, licenses=licenses, names=names, overlays=tuple(overlays), shipped=shipped)


def both(one: License, other: License) -> License:
    """A licence whose value is the meet of the values of two readings; its facts are those of the first.

    Its scope is that of either: which of two copies contests the other must not depend on a reading that only restricts.
    """
    heard = one.licenses_contents and other.licenses_contents
    return replace(
        one,
        scope=one.scope | other.scope,
        territory=common(one.territory, other.territory),
        flags=one.flags | other.flags,
        outbound=_common_outbound(one.outbound, other.outbound),
        use_restrictions=one.use_restrictions | other.use_restrictions,
        verdicts={key: _both(one.verdicts[key], other.verdicts[key], heard) for key in one.verdicts},
    )


def reading_digest(catalog: Catalog) -> str:
    """What the strings of licences are read by: the digest of what is shipped, and the names that were laid over it."""
    names, shipped = catalog.names, (catalog.shipped or catalog).names
    if names.called == shipped.called and names.ids == shipped.ids:
        return catalog.digest
    ids = sorted(set(names.ids.items()) - set(shipped.ids.items()))
    text = json.dumps([catalog.digest, ids, sorted(names.called.items())], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def overlays_named(expression: Expression | None, catalog: Catalog) -> frozenset[str]:
    """The ids that an expression names, families by their members, of which there is a reading of one's own."""
    if expression is None or not catalog.overlays:
        return frozenset()
    families = catalog.names.families
    ids = {i for n in named(expression) for i in (families[n.id].members if n.id in families else (n.id,))}
    return frozenset(ids & {overlay.license.id for overlay in catalog.overlays})


def overlays_of(case: Case, catalog: Catalog) -> frozenset[str]:
    """The ids of the readings of one's own that bear on a case: of its own statements, and of all that is held against them."""
    if not catalog.overlays:
        return frozenset()
    profiles: list[Profile] = [case.profile, case.earlier, *case.copies, *case.near]
    named_here = (overlays_named(expression_of(e, catalog.names), catalog) for profile in profiles for e in profile)
    return frozenset[str]().union(*named_here, *(overlays_of(row, catalog) for row in case.through))


def shown(ids: Iterable[str], catalog: Catalog, as_of: datetime) -> list[dict[str, object]]:
    """The readings of one's own by these ids, as answers show them."""
    wanted = frozenset(ids)
    return [overlay.as_json(as_of) for overlay in catalog.overlays if overlay.license.id in wanted]


def next_change(ids: Iterable[str], catalog: Catalog, as_of: datetime) -> datetime | None:
    """The first instant after ``as_of`` at which one of these readings begins or ceases to count."""
    wanted = frozenset(ids)
    ends = (overlay.changes_after(as_of) for overlay in catalog.overlays if overlay.license.id in wanted)
    return min((t for t in ends if t is not None), default=None)


def _draft(own: License) -> License:
    """A reading for which nobody answers, of a licence that nobody else has reviewed: unknown at best."""
    open_ = Verdict(Status.BLOCKED, frozenset(), "", NOBODY)
    silent: Mapping[tuple[str, str, str], Verdict] = dict.fromkeys(own.verdicts, open_)
    everything = own.scope | {"copyright"}
    unknown = replace(
        own,
        scope=everything,
        territory=frozenset([EVERY]),
        flags=frozenset(),
        outbound=None,
        use_restrictions=frozenset(),
        verdicts=silent,
    )
    return replace(both(unknown, own), draft=True)


def _both(one: Verdict, other: Verdict, heard: bool) -> Verdict:
    """The stricter of two verdicts with the obligations of both; ``heard``: both licences speak of contents."""
    status = min(one.status, other.status)
    if status is Status.PERMIT and not heard:
        status = Status.SILENT
    owed = one.obligations | other.obligations
    if one.status is not other.status:
        ruling = min(one, other, key=lambda verdict: verdict.status)
        return Verdict(status, owed, ruling.clause, ruling.rationale)
    clause = _joined(one.clause, other.clause) if one.obligations != other.obligations else one.clause
    why = _joined(one.rationale, other.rationale) if one.obligations != other.obligations else one.rationale
    return Verdict(status, owed, clause, why)


def _joined(one: str, other: str) -> str:
    return "; ".join(dict.fromkeys([one, other]))


def _common_outbound(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
