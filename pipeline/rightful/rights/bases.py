"""Statutory bases (tier T7): where one holds, what defeats it, and where somebody has to have looked. Floor 1: pure. Law 10.

A basis is the operator's, from a signed policy, and never inferred. One that yields to reservations (EU-DSM-4) is
defeated by every reservation of a requested act, by whatever cannot be read (it may be the reservation), by a bare
"all rights reserved" in the two careful readings, and where nobody looked: of each protocol the newest observation
that could be read has to say that nothing is reserved there, and not be too old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rightful.rights.claims import begun, ended, expression_of, in_force, owed, reserves
from rightful.rights.evidence import Evidence
from rightful.rights.expression import Expression, named
from rightful.rights.licenses import Catalog, named_licenses, unreviewed
from rightful.rights.statements import Conditional, Licensed, Looked, NotKnown, Reserved, Unread
from rightful.rights.uses import Statute, Use, covered, reaches_application
from rightful.rights.values import Status, Value, value

AT_THE_LOCATION = ("robots", "tdmrep", "headers", "html")
"""Where a reservation can stand on the web: robots.txt, TDMRep, response headers, the page itself."""
IN_THE_COPY = "copy"
PROTOCOLS = (*AT_THE_LOCATION, IN_THE_COPY)
RESULTS: Mapping[str, str] = {
    "absent": "looked_absent",
    "found": "looked_found",
    "unreadable": "looked_unreadable",
    "failed": "looked_failed",
}
"""What came of looking -> the statement of an observation. A protocol without one was never looked at."""
READABLE = (RESULTS["absent"], RESULTS["found"])


def statute(
    evidence: Evidence, claims: Iterable[Evidence], act: str, use: Use, catalog: Catalog, address: bool | None
) -> Value | None:
    """A T7 basis that applies and that none of the other claims defeats, or None.

    ``address`` says whether the record has an address on the web; None, that this is not known.
    """
    law = catalog.vocabulary.statutes.get(evidence.basis)
    if law is None or not _applies(evidence, law, act, use, catalog):
        return None
    listed = [*claims] if law.defeated else []
    if law.defeated and (defeated(listed, use, catalog) or unseen(listed, use, address)):
        return None
    return value(Status.PERMIT, owed(evidence, catalog))


def nobody_looked(
    evidence: Evidence, claims: Iterable[Evidence], act: str, use: Use, catalog: Catalog, address: bool | None
) -> dict[str, str]:
    """Where nobody looked although a basis that applies depends on it, and why that is so; see :func:`unseen`."""
    law = catalog.vocabulary.statutes.get(evidence.basis)
    if law is None or not law.defeated or not _applies(evidence, law, act, use, catalog):
        return {}
    listed = [*claims]
    return {} if defeated(listed, use, catalog) else unseen(listed, use, address)


def unseen(claims: Iterable[Evidence], use: Use, address: bool | None) -> dict[str, str]:
    """The protocols of which it is not known that nothing is reserved there: protocol -> ``never``, ``too old``, ``found``.

    An observation that failed or could not be read is none. Only what was observed of the record itself counts.
    """
    looks = [
        (e.valid_from, e.states.result, e)
        for e in claims
        if isinstance(e.states, Looked) and e.states.result in READABLE
        if not e.layer and e.valid_from and begun(e, use)
    ]
    # Of one day the reservation counts, not the absence.
    newest = {e.basis: e for _, _, e in sorted(looks, key=lambda look: look[:2])}
    missing = {}
    for protocol in wanted(address):
        look = newest.get(protocol)
        if look is None:
            missing[protocol] = "never"
        elif look.statement != RESULTS["absent"]:
            missing[protocol] = "found"
        elif look.valid_until is None or ended(look, use):
            missing[protocol] = "too old"
    return missing


def wanted(address: bool | None) -> tuple[str, ...]:
    """Where somebody has to have looked: at the location, or in the copy at hand where there is none."""
    if address is None:
        return PROTOCOLS
    return AT_THE_LOCATION if address else (IN_THE_COPY,)


def defeated(claims: Iterable[Evidence], use: Use, catalog: Catalog) -> bool:
    """True when any of the claims takes away a basis that yields to reservations."""
    return any(_defeats(e, use, catalog) for e in claims)


def _applies(evidence: Evidence, law: Statute, act: str, use: Use, catalog: Catalog) -> bool:
    """True within the acts, purposes, places, period and persons of a basis, and never for a sensitive application."""
    in_scope = in_force(evidence, use) and covered(evidence.acts, act) and covered(evidence.purposes, use.purpose)
    if not in_scope or not reaches_application(evidence.applications, use, catalog.vocabulary):
        return False
    return not law.actors or (use.actor in law.actors and use.actor in evidence.actors)


def _defeats(evidence: Evidence, use: Use, catalog: Catalog) -> bool:
    """True for a reservation of any act that is asked, for terms whose ban counts as one, and for what nobody can read.

    What is not known, or cannot be read, may be the reservation. A period bounds what terms permit, never what they ban.
    """
    match evidence.states:
        case Reserved() | Conditional():
            return any(reserves(evidence, act, use, catalog) for act in use.acts)
        case NotKnown() | Unread():
            return True
        case Licensed():
            return _terms_reserve(expression_of(evidence, catalog.names), use, catalog)
    return False


def _terms_reserve(expression: Expression | None, use: Use, catalog: Catalog) -> bool:
    """True for terms whose ban counts as a reservation, and for a licence that nobody can read or has reviewed."""
    if expression is None or unreviewed(expression, catalog):
        return True
    additions = {name.addition for name in named(expression)} - {None}
    if additions - catalog.names.exceptions or additions & catalog.names.limiting:
        return True
    careful = use.profile in ("strict", "cc-guidance")
    for license in named_licenses(expression, catalog):
        if careful and "reserves_all" in license.flags:
            return True
        if "reserves" in license.flags and any(
            license.verdicts[use.profile, use.purpose, a].status is Status.DENY for a in use.acts
        ):
            return True
    return False
