"""One claim, read: what it says of one act of one use. Floor 1: pure. Law 4 to 7.

A claim that does not speak of the act is silent. A grant that speaks of it but does not reach what is asked (another
territory, another application) is silent too, yet keeps its obligations: asking for more must never shed them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from math import prod

from rightful.rights.consent import GIVEN, Standing, Term, lacking
from rightful.rights.evidence import Evidence, Profile, evidence_id
from rightful.rights.expression import (
    UNREAD,
    AnyOf,
    Expression,
    Name,
    Names,
    NothingStated,
    Unreadable,
    named,
    parse_known,
    render,
)
from rightful.rights.licenses import Catalog, expression_value, named_licenses, restricts, unreviewed
from rightful.rights.statements import Conditional, Consented, Licensed, Looked, NotKnown, Reserved
from rightful.rights.undertakings import bound
from rightful.rights.uses import Use, asks_for, covered, reaches, reaches_application, touches
from rightful.rights.values import (
    BLOCKED,
    DENIED,
    MAX_ALTERNATIVES,
    SILENT,
    Alternative,
    Status,
    Value,
    prune,
    value,
)


def read(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> tuple[Value, str]:
    """What one claim of T3..T6 says of one act, and the slug of the reason that it gives."""
    match evidence.states:
        case Looked():
            return SILENT, "nothing-stated"  # that nothing is reserved there grants nothing
        case Reserved() | Conditional() if not reserves(evidence, act, use, catalog):
            return SILENT, "nothing-stated"
        case Reserved():
            return DENIED, "reserved"
        case Conditional(obligations):
            return (value(Status.SILENT, owed(evidence, catalog)) if obligations else BLOCKED), "conditional"
        case NotKnown():
            return BLOCKED, "ancestor-unknown"
    expression = expression_of(evidence, catalog.names)
    if expression is None:
        return BLOCKED, "license-unreadable"
    if not speaks_of(evidence, act):
        return SILENT, "outside-statement"
    says = expression_value(expression, act, use, catalog)
    limit, keep = _limit(evidence, use, catalog)
    if not limit:
        return says, _slug(says, expression, use, catalog)
    left = _silenced(says, keep)
    return left, _slug(says, expression, use, catalog) if max(a.status for a in left) is Status.DENY else limit


def goes_on(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> Value:
    """What a statement of a row that was read before, and is not there any more, says still: what it refused, left open
    and asked for. It permits nothing: a grant ends with its file."""
    return _silenced(read(evidence, act, use, catalog)[0], True)


def ways(claims: Iterable[Evidence], act: str, use: Use, catalog: Catalog) -> list[list[Evidence]]:
    """The claims of a layer in every way in which they may be taken: one, unless a family tag stands among them.

    Whether a tag is silent depends on the licence beside it, and of an ``OR`` on the option that is taken: each has a
    way of its own, or else a further option could narrow. More ways than can be read leave the tag standing.
    """
    listed = list(claims)
    if not hold_tags(listed, catalog):
        return [listed]
    options = [_options(e, catalog) for e in listed]
    if prod(max(len(of), 1) for of in options) > MAX_ALTERNATIVES:
        return [listed]
    apart = [[replace(e, expression=render(o)) for o in of] or [e] for e, of in zip(listed, options, strict=True)]
    return [effective(way, act, use, catalog) for way in product(*apart)]


def hold_tags(claims: list[Evidence], catalog: Catalog) -> bool:
    """True where a family tag stands among several claims, by itself or as an option."""
    families = catalog.names.families
    options = (o for e in claims for o in _options(e, catalog)) if len(claims) > 1 else ()
    return any(isinstance(o, Name) and o.id in families for o in options)


def effective(claims: Iterable[Evidence], act: str, use: Use, catalog: Catalog) -> list[Evidence]:
    """The claims without the family tags that a more specific licence on the same unit makes silent.

    ``cc`` beside ``CC-BY-4.0``: the licence says which member is meant (law 5.14), where it holds itself:
    one that is inferred, has ended, or speaks of the compilation or of something else says nothing of the tag.
    """
    listed = list(claims)
    if len(listed) < 2:
        return listed
    families = {e: members for e in listed if (members := _family_members(e, catalog))}
    if not families:
        return listed
    holds = [e for e in listed if e not in families and speaks_of(e, act) and not _limit(e, use, catalog)[0]]
    exact = [(e.layer, _ids(e, catalog)) for e in holds]
    return [
        e
        for e in listed
        if not any(layer == e.layer and ids and ids <= families.get(e, frozenset()) for layer, ids in exact)
    ]


def _family_members(evidence: Evidence, catalog: Catalog) -> frozenset[str]:
    match evidence.states:
        case Licensed(expression) if expression in catalog.names.families:
            return frozenset(catalog.names.families[expression].members)
    return frozenset()


def _options(evidence: Evidence, catalog: Catalog) -> tuple[Expression, ...]:
    """What the licence of a claim leaves to choose from; empty where it has none."""
    expression = expression_of(evidence, catalog.names)
    if expression is None:
        return ()
    return expression.parts if isinstance(expression, AnyOf) else (expression,)


def _ids(evidence: Evidence, catalog: Catalog) -> frozenset[str]:
    expression = expression_of(evidence, catalog.names)
    return frozenset() if expression is None else frozenset(name.id for name in named(expression))


def _limit(evidence: Evidence, use: Use, catalog: Catalog) -> tuple[str, bool]:
    """Why a grant does not hold here (a reason slug, empty where it holds), and whether its obligations bind all the same."""
    if ended(evidence, use):
        return "license-expired", False
    if not begun(evidence, use):
        return "not-yet-valid", False
    if evidence.is_inferred:
        return "inferred-only", False
    if evidence.guessed:
        return "guessed", True
    if not reaches(evidence.jurisdictions, use.jurisdictions):
        return "territory", True
    unlimited = not evidence.applications or reaches_application(evidence.applications, use, catalog.vocabulary)
    meant = not evidence.purposes or covered(evidence.purposes, use.purpose)
    if not (unlimited and meant and covered(evidence.actors, use.actor)):
        return "outside-statement", True
    match evidence.states:
        case Licensed(of_compilation=True):
            return "compilation-only", True
    return "", True


def speaks_of(evidence: Evidence, act: str) -> bool:
    """True when a licence statement says anything of this act. A limit to purposes is a limit of what it permits: what it
    refuses, it refuses for every purpose, so that a limit never takes a refusal away.
    """
    return not evidence.acts or covered(evidence.acts, act)


def reserves(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> bool:
    """True when a reservation covers any part of what is asked; what it does not name it covers.

    It counts from the moment it is on record, also when it is to begin later.
    """
    return (
        not ended(evidence, use)
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
    return value(Status.PERMIT, owed(evidence, catalog)) if in_scope and reached else None


def owed(evidence: Evidence, catalog: Catalog) -> frozenset[str]:
    """The obligations of a claim as its party asks for them; of one that names none, as what it rests on does."""
    asker = evidence.party or evidence.basis or evidence_id(evidence)
    return bound(evidence.obligations, asker, catalog.vocabulary)


def permission(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> Value | None:
    """What a consent of the rights holder grants, or None: outside its scope or period, and where it is not whole."""
    return None if lacks(evidence) else contract(evidence, act, use, catalog)


def lacks(evidence: Evidence) -> tuple[str, ...]:
    """What a consent of the rights holder does not name although it has to."""
    return lacking(evidence.party, evidence.perpetual, evidence.valid_until, evidence.acts, evidence.purposes)


def unfinished(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> tuple[str, ...]:
    """What keeps a consent of the rights holder from granting what it is about; empty where it is about something else."""
    about = (
        speaks_of(evidence, act)
        and (not evidence.purposes or covered(evidence.purposes, use.purpose))
        and reaches_application(evidence.applications, use, catalog.vocabulary)
    )
    return lacks(evidence) if about and begun(evidence, use) and not ended(evidence, use) else ()


def consents(profile: Profile, use: Use) -> Iterator[tuple[str, Standing]]:
    """The consents that source cards state: (layer, one history of all that this layer states).

    One that is not in force for who asks, or where, is a ceiling that covers nothing; one that has ended refuses.
    """
    given = [e for e in profile if isinstance(e.states, Consented)]
    for layer in sorted({e.layer for e in given}):
        ours = [e for e in given if e.layer == layer]
        ours.sort(key=lambda e: (e.stated_on or date.min, e.valid_until is not None, evidence_id(e)))
        yield layer, tuple(_term(e, use) for e in ours)


def licenses_contents(evidence: Evidence, catalog: Catalog) -> bool:
    """True when a claim names a licence that licenses contents, or one that nobody has reviewed."""
    expression = expression_of(evidence, catalog.names)
    if expression is None:
        return False
    reviewed = named_licenses(expression, catalog)
    return bool(unreviewed(expression, catalog)) or any(license.licenses_contents for license in reviewed)


def begun(evidence: Evidence, use: Use) -> bool:
    """True when a grant had been given and had begun: grants count from the later of the two."""
    stated = evidence.stated_on is None or evidence.stated_on <= use.as_of.date()
    return stated and (evidence.valid_from is None or evidence.valid_from <= use.as_of)


def ended(evidence: Evidence, use: Use) -> bool:
    """True when the period of a claim is over."""
    return evidence.valid_until is not None and evidence.valid_until <= use.as_of


def in_force(evidence: Evidence, use: Use) -> bool:
    """True when a grant holds at the instant, for who asks and where."""
    return (
        begun(evidence, use)
        and not ended(evidence, use)
        and covered(evidence.actors, use.actor)
        and reaches(evidence.jurisdictions, use.jurisdictions)
    )


def expression_of(evidence: Evidence, names: Names) -> Expression | None:
    """The licence of a claim; None where there is none that can be read by these names."""
    match evidence.states:
        case Licensed(expression):
            try:
                return parse_known(expression, names)
            except (Unreadable, NothingStated):
                return None
    return None


def _silenced(of: Value, keep: bool) -> Value:
    """A grant that does not hold here: its permission is silence; what refuses or blocks in it stays.

    What it asks for binds only where it speaks (``keep``): an inferred or ended licence owes nothing.
    """
    if not keep:
        return prune(Alternative(min(a.status, Status.SILENT)) for a in of)
    return prune(Alternative(min(a.status, Status.SILENT), a.obligations, a.outbound) for a in of)


def _slug(says: Value, expression: Expression, use: Use, catalog: Catalog) -> str:
    """The reason behind a value: that of the best alternative that the undertakings leave."""
    live = [a.status for a in says if a.obligations <= use.accepted and a.outbound != frozenset()]
    best = max(live or [a.status for a in says])
    if best is Status.BLOCKED:
        if UNREAD in unreviewed(expression, catalog):
            return "license-unreadable"
        labels = [catalog.labels[name.id] for name in named(expression) if name.id in catalog.labels]
        if labels:
            return labels[0]
        if unreviewed(expression, catalog):
            return "license-unreviewed"
        return "license-family" if any(n.id in catalog.names.families for n in named(expression)) else "license-unclear"
    if best is Status.SILENT:
        reviewed = named_licenses(expression, catalog)
        within = all(reaches(license.territory, use.jurisdictions) for license in reviewed)
        return "contents-not-licensed" if within else "territory"
    if best is not Status.DENY:
        return "license"
    forbidden = any(restricts(license, use, catalog.vocabulary) for license in named_licenses(expression, catalog))
    return "application-forbidden" if forbidden else "license-denies"


def _term(evidence: Evidence, use: Use) -> Term:
    holds = (
        begun(evidence, use)
        and covered(evidence.actors, use.actor)
        and reaches(evidence.jurisdictions, use.jurisdictions)
    )
    if not holds and not (ended(evidence, use) and touches(evidence.jurisdictions, use.jurisdictions)):
        return Term(GIVEN, acts=frozenset({"none"}))
    return Term(
        GIVEN, evidence.acts, evidence.purposes, evidence.applications, evidence.stated_on, evidence.valid_until
    )
