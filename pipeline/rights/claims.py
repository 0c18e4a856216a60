"""One claim, read: what it says of one act of one use. Floor 0: pure.

A claim that does not speak of the act is silent. A grant that speaks of it but does not reach what is asked (another
territory, another application) is silent too, yet keeps its obligations: asking for more must never shed them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from pipeline.rights.consent import GIVEN, Standing, Term
from pipeline.rights.evidence import Evidence, Profile, evidence_id
from pipeline.rights.expression import Expression, NothingStated, Unreadable, parse_known
from pipeline.rights.licenses import Catalog, expression_value, named_licenses, unreviewed
from pipeline.rights.uses import Use, asks_for, covered, reaches, reaches_application, touches
from pipeline.rights.values import BLOCKED, DENIED, SILENT, Alternative, Status, Value, prune, value

STATUTES: Mapping[str, tuple[bool, frozenset[str]]] = {
    "EU-DSM-3": (False, frozenset({"research_org", "public"})),
    "EU-DSM-4": (True, frozenset()),
    "JP-30-4": (False, frozenset()),
    "SG-244": (False, frozenset()),
    "UK-29A": (False, frozenset({"research_org", "public"})),
    "US-107": (False, frozenset()),
}
"""Statutory bases: (defeated by any reservation of a requested act, actors of whom it needs one, named by the operator).
Never inferred; a basis that is not listed is none. Directive (EU) 2019/790, Articles 3 and 4(3)."""

LICENSE_STATEMENTS = ("license", "compilation")


def read(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> tuple[Value, str]:
    """What one claim of T3..T6 says of one act, and the slug of the reason that it gives."""
    if evidence.kind == "reservation":
        return _read_reservation(evidence, act, use, catalog)
    if evidence.statement == "not_known":
        return BLOCKED, "ancestor-unknown"
    expression = _expression(evidence, catalog)
    if expression is None:
        return BLOCKED, "license-unreadable"
    if not speaks_of(evidence, act, use):
        return SILENT, "outside-statement"
    says = expression_value(expression, act, use, catalog)
    limit, keep = _limit(evidence, use, catalog)
    if not limit:
        return says, _slug(says, expression, use, catalog)
    left = _silenced(says, keep)
    return left, "license-denies" if max(a.status for a in left) is Status.DENY else limit


def _limit(evidence: Evidence, use: Use, catalog: Catalog) -> tuple[str, bool]:
    """Why a grant does not hold here (a reason slug, empty where it holds), and whether its obligations bind all the same."""
    if evidence.valid_until is not None and evidence.valid_until <= use.as_of:
        return "license-expired", False
    if not begun(evidence, use):
        return "not-yet-valid", False
    if evidence.tier == 6:
        return "inferred-only", False
    if not reaches(evidence.jurisdictions, use.jurisdictions):
        return "territory", True
    unlimited = not evidence.applications or reaches_application(evidence.applications, use, catalog.vocabulary)
    if not (unlimited and covered(evidence.actors, use.actor)):
        return "outside-statement", True
    return ("compilation-only", True) if evidence.statement == "compilation" else ("", True)


def speaks_of(evidence: Evidence, act: str, use: Use) -> bool:
    """True when a grant says anything of this act for this purpose."""
    return (not evidence.acts or covered(evidence.acts, act)) and (
        not evidence.purposes or covered(evidence.purposes, use.purpose)
    )


def reserves(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> bool:
    """True when a reservation covers any part of what is asked; what it does not name it covers.

    It counts from the moment it is on record, also when it is to begin later.
    """
    return (
        (evidence.valid_until is None or evidence.valid_until > use.as_of)
        and (not evidence.acts or covered(evidence.acts, act))
        and (not evidence.purposes or covered(evidence.purposes, use.purpose))
        and (not evidence.applications or any(asks_for(use, a, catalog.vocabulary) for a in evidence.applications))
        and touches(evidence.jurisdictions, use.jurisdictions)
    )


def contract(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> Value | None:
    """A T2 grant in scope, or None: outside its scope or period it is absent.

    A contract without dates holds until it is ended; one without actors binds whoever keeps this store.
    """
    covers_act = act in evidence.acts or (
        covered(evidence.acts, act)
        and evidence.stated_on is not None
        and catalog.vocabulary.acts[act].known_from <= evidence.stated_on
    )
    in_scope = covers_act and in_force(evidence, use) and covered(evidence.purposes, use.purpose)
    reached = reaches_application(evidence.applications, use, catalog.vocabulary)
    return value(Status.PERMIT, evidence.obligations) if in_scope and reached else None


def statute(evidence: Evidence, claims: Iterable[Evidence], act: str, use: Use, catalog: Catalog) -> Value | None:
    """A T7 basis that applies and that none of the other claims defeats, or None."""
    if evidence.basis not in STATUTES:
        return None
    defeated, actors = STATUTES[evidence.basis]
    in_scope = in_force(evidence, use) and covered(evidence.acts, act) and covered(evidence.purposes, use.purpose)
    if not in_scope or not reaches_application(evidence.applications, use, catalog.vocabulary):
        return None
    if actors and not (use.actor in actors and use.actor in evidence.actors):
        return None
    if defeated and any(
        e.kind == "reservation" and any(reserves(e, a, use, catalog) for a in use.acts) for e in claims
    ):
        return None
    return value(Status.PERMIT, evidence.obligations)


def consents(profile: Profile, use: Use) -> Iterator[tuple[str, Standing]]:
    """The consents that source cards state: (layer, one history of all that this layer states).

    One that is not in force for who asks, or where, is a ceiling that covers nothing; one that has ended refuses.
    """
    given = [e for e in profile if e.kind == "consent"]
    for layer in sorted({e.layer for e in given}):
        ours = [e for e in given if e.layer == layer]
        ours.sort(key=lambda e: (e.stated_on or date.min, e.valid_until is not None, evidence_id(e)))
        yield layer, tuple(_term(e, use) for e in ours)


def licenses_contents(evidence: Evidence, catalog: Catalog) -> bool:
    """True when a claim names a licence that licenses contents, or one that nobody has reviewed."""
    expression = _expression(evidence, catalog)
    if expression is None:
        return False
    named = named_licenses(expression, catalog)
    return bool(unreviewed(expression, catalog)) or any(license.licenses_contents for license in named)


def begun(evidence: Evidence, use: Use) -> bool:
    """True when a grant had been given and had begun: grants count from the later of the two."""
    stated = evidence.stated_on is None or evidence.stated_on <= use.as_of.date()
    return stated and (evidence.valid_from is None or evidence.valid_from <= use.as_of)


def in_force(evidence: Evidence, use: Use) -> bool:
    """True when a grant holds at the instant, for who asks and where."""
    return (
        begun(evidence, use)
        and (evidence.valid_until is None or evidence.valid_until > use.as_of)
        and covered(evidence.actors, use.actor)
        and reaches(evidence.jurisdictions, use.jurisdictions)
    )


def _read_reservation(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> tuple[Value, str]:
    if not reserves(evidence, act, use, catalog):
        return SILENT, "nothing-stated"
    if evidence.statement != "conditional":
        return DENIED, "reserved"
    return (value(Status.SILENT, evidence.obligations) if evidence.obligations else BLOCKED), "conditional"


def _expression(evidence: Evidence, catalog: Catalog) -> Expression | None:
    """The licence of a claim; None where there is none that this catalogue can read."""
    if evidence.statement not in LICENSE_STATEMENTS:
        return None
    try:
        return parse_known(evidence.expression, catalog.names)
    except (Unreadable, NothingStated):
        return None


def _silenced(of: Value, keep: bool) -> Value:
    """A grant that does not hold here: its permission is silence; refusals in it stay."""
    if not keep:
        return prune(Alternative(Status.SILENT) if a.status >= Status.SILENT else a for a in of)
    return prune(Alternative(min(a.status, Status.SILENT), a.obligations, a.outbound) for a in of)


def _slug(says: Value, expression: Expression, use: Use, catalog: Catalog) -> str:
    """The reason behind a value: that of the best alternative that the undertakings leave."""
    live = [a.status for a in says if a.obligations <= use.accepted and a.outbound != frozenset()]
    best = max(live or [a.status for a in says])
    if best is Status.BLOCKED:
        return "license-unreviewed" if unreviewed(expression, catalog) else "license-unclear"
    if best is Status.SILENT:
        named = named_licenses(expression, catalog)
        within = all(reaches(license.territory, use.jurisdictions) for license in named)
        return "contents-not-licensed" if within else "territory"
    return "license-denies" if best is Status.DENY else "license"


def _term(evidence: Evidence, use: Use) -> Term:
    ended = evidence.valid_until is not None and evidence.valid_until <= use.as_of
    holds = (
        begun(evidence, use)
        and covered(evidence.actors, use.actor)
        and reaches(evidence.jurisdictions, use.jurisdictions)
    )
    if not holds and not (ended and touches(evidence.jurisdictions, use.jurisdictions)):
        return Term(GIVEN, acts=frozenset({"none"}))
    return Term(
        GIVEN, evidence.acts, evidence.purposes, evidence.applications, evidence.stated_on, evidence.valid_until
    )
