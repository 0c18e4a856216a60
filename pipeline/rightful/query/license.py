"""Questions to the catalogue alone: which licences there are, what one says, what an expression permits. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rightful.errors import InputError, UnknownName
from rightful.notation.shell import typed_options as typed
from rightful.rights.allow import missing
from rightful.rights.claims import expression_of, owed
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.evidence import Evidence, license_claim
from rightful.rights.expression import Name, NothingStated, Unreadable, parse, render, suggest
from rightful.rights.licenses import Catalog, License, expression_value, license_value, named_licenses
from rightful.rights.overlay import overlays_named
from rightful.rights.overlay import shown as shown_overlays
from rightful.rights.undertakings import Unbound, asker_of, askers, shown, words
from rightful.rights.uses import PROFILES, PURPOSES, Obligation, Use, with_purpose
from rightful.rights.values import Value

if TYPE_CHECKING:
    from rightful.query.widening import Ask, Pairs

ALLOW_REASONS = {
    "on-the-list": "satisfied by the allow-list",
    "not-on-the-list": "not on the allow-list",
    "unreadable": "the expression cannot be read",
}
"""Reasons of a check against an allow-list. It is a policy of names and says nothing of uses."""


def check(text: str, use: Use, catalog: Catalog) -> dict[str, Any]:
    """What a licence expression, alias or deed address permits, as if it were all that is known about a record."""
    normalized, problem = _read(text, catalog)
    decision = _decided(text, use, catalog)
    return {
        "expression": text,
        "normalized": normalized,
        "decision": decision.status.word,
        "reasons": [{**r.as_json(), "text": f"{r.text}: {problem}" if problem else r.text} for r in decision.reasons],
        "obligations": words(decision.obligations),
        "asked_by": askers(decision.obligations),
        "needs": sorted(map(shown, decision.needs or ())),
        "catalog": catalog.digest,
        "overlay": overlays_shown(text, catalog, use.as_of),
    }


def overlays_shown(text: str, catalog: Catalog, as_of: datetime) -> list[dict[str, object]]:
    """The readings of one's own of the licences that a text names, in force or not."""
    if not catalog.overlays or _read(text, catalog)[0] is None:
        return []
    return shown_overlays(overlays_named(parse(text, catalog.names), catalog), catalog, as_of)


def permitting(answer: Mapping[str, Any], ask: Ask, catalog: Catalog) -> list[str]:
    """Options, added to the request, with which an expression that was checked is permitted; the shortest first."""
    use = ask(())
    if answer["decision"] == "permit" or answer["normalized"] is None or use is None:
        return []
    text = answer["expression"]
    changes: list[Pairs] = [(("reading", p),) for p in PROFILES if p != use.profile]
    changes += [with_purpose(use, p) for p in PURPOSES if p != use.purpose]
    options: list[str] = []
    for pairs in ((), *changes):
        other = ask(pairs)
        decision = None if other is None else _decided(text, other, catalog)
        if decision is not None and decision.needs:
            pairs += catalog.vocabulary.options_for(decision.needs)
            other = ask(pairs)
            decision = None if other is None else _decided(text, other, catalog)
        if decision is not None and decision.permits:
            options.append(typed(pairs))
    return sorted(options, key=lambda o: o.count("--"))[:MOST_PERMITTING]


MOST_PERMITTING = 3


def _decided(text: str, use: Use, catalog: Catalog) -> Decision:
    claim = license_claim(text, catalog.names, tier=5)
    case = Case(profile=frozenset([claim] if claim else []), personal_data="no", pii_state="none_found")
    return decide(case, use, catalog)


def allow_list(texts: Iterable[str], catalog: Catalog) -> tuple[Name, ...]:
    """The licences of an allow-list, each a single one. Raises :class:`InputError` for anything else."""
    listed: list[Name] = []
    for text in (part.strip() for entry in texts for part in entry.split(",")):
        try:
            tree = parse(text, catalog.names)
        except NothingStated:
            continue
        except Unreadable as error:
            raise InputError(str(error), subject="--allow", hint=suggest(text, catalog.names) or None) from None
        if not isinstance(tree, Name):
            raise InputError(
                f"{text!r} is an expression", subject="--allow", hint="list single licences, separated by commas"
            )
        listed.append(tree)
    if not listed:
        raise InputError("the allow-list is empty", subject="--allow", hint="write --allow MIT,Apache-2.0")
    return tuple(listed)


def check_allowed(text: str, allowed: Iterable[Name], catalog: Catalog) -> dict[str, Any]:
    """Whether an expression satisfies an allow-list: an ``OR`` by one member, an ``AND`` by all."""
    normalized, problem = _read(text, catalog)
    if normalized is None:
        decision, slug, lacking = "unknown", "unreadable", problem
    else:
        lacks = missing(parse(text, catalog.names), allowed, catalog.names)
        decision, slug = ("deny", "not-on-the-list") if lacks else ("permit", "on-the-list")
        lacking = ", ".join(lacks)
    reason_text = ALLOW_REASONS[slug] + (f": {lacking}" if lacking else "")
    reason = {
        "reason": slug,
        "family": None,
        "act": "",
        "tier": 5,
        "detail": lacking,
        "evidence": "",
        "text": reason_text,
    }
    return {
        "expression": text,
        "normalized": normalized,
        "decision": decision,
        "reasons": [reason],
        "obligations": [],
        "asked_by": {},
        "needs": [],
        "catalog": catalog.digest,
        "overlay": [],
    }


def who_asks(claims: Iterable[Evidence], obligation: str, catalog: Catalog) -> list[str]:
    """The licences and parties among ``claims`` that ask for a precondition for some use, by name."""
    askers: set[str] = set()
    for claim in claims:
        if obligation in claim.obligations:
            askers.add(asker_of(next(iter(owed(replace(claim, obligations=frozenset([obligation])), catalog)))))
        expression = expression_of(claim, catalog.names)
        for license in named_licenses(expression, catalog) if expression is not None else ():
            if any(obligation in verdict.obligations for verdict in license.verdicts.values()):
                askers.add(license.id)
    return sorted(askers, key=str.casefold)


def unbound(error: Unbound, claims: Iterable[Evidence], catalog: Catalog) -> InputError:
    """The error with who asks for the precondition among ``claims``."""
    asks = who_asks(claims, error.obligation, catalog)
    listed = ", ".join(asks[:12]) + (", ..." if len(asks) > 12 else "")
    who = f"who asks here: {listed}" if asks else "nobody asks for it here"
    return InputError(error.message, subject=error.subject, hint=f"{error.hint}; {who}")


def claims_of_text(text: str, catalog: Catalog) -> list[Evidence]:
    """What a licence expression claims."""
    claim = license_claim(text, catalog.names, tier=5)
    return [claim] if claim else []


def why(text: str, use: Use, catalog: Catalog) -> dict[str, Any]:
    """As :func:`check`, with what every licence of the expression says of every act asked: clause, rationale, reviewer."""
    answer = check(text, use, catalog)
    readings: list[dict[str, Any]] = []
    if answer["normalized"] is not None:
        for license in named_licenses(parse(text, catalog.names), catalog):
            readings += [_reading(license, act, use, catalog) for act in use.acts]
    tree = parse(text, catalog.names) if answer["normalized"] is not None else None
    offers = (
        {act: _offers(expression_value(tree, act, use, catalog), use) for act in use.acts} if tree is not None else {}
    )
    owed = {o for reading in readings for o in reading["obligations"]}
    meaning = {i: _obligation(catalog.vocabulary.obligations[i]) for i in catalog.vocabulary.obligations if i in owed}
    return {**answer, "use": use.as_json(), "readings": readings, "alternatives": offers, "meaning": meaning}


def _reading(license: License, act: str, use: Use, catalog: Catalog) -> dict[str, Any]:
    verdict = license.verdicts[use.profile, use.purpose, act]
    [alternative] = license_value(license, act, use, catalog.vocabulary)
    return {
        "license": license.id,
        "name": license.name,
        "act": act,
        "verdict": verdict.status.word,
        "counts_as": alternative.status.word,
        "obligations": sorted(verdict.obligations),
        "outbound": None if alternative.outbound is None else sorted(alternative.outbound),
        "clause": verdict.clause,
        "rationale": verdict.rationale,
        "url": license.url,
        "reviewer": license.reviewer,
        "reviewed_at": license.reviewed_at,
    }


def _offers(of: Value, use: Use) -> list[dict[str, Any]]:
    """The alternatives of a value, the best first, with what of their obligations was not accepted."""
    ordered = sorted(of, key=lambda a: (-a.status, len(a.obligations), sorted(a.obligations)))
    return [
        {
            "says": a.status.word,
            "obligations": sorted(map(shown, a.obligations)),
            "not_accepted": sorted(map(shown, a.obligations - use.accepted)),
            "outbound": None if a.outbound is None else sorted(a.outbound),
        }
        for a in ordered
    ]


def _read(text: str, catalog: Catalog) -> tuple[str | None, str]:
    """The normalised expression, or None and what is wrong with the text."""
    try:
        return render(parse(text, catalog.names)), ""
    except Unreadable as error:
        hint = suggest(text, catalog.names)
        return None, f"{error} ({hint})" if hint else str(error)
    except NothingStated as error:
        return None, str(error)


def _obligation(obligation: Obligation) -> dict[str, Any]:
    return {
        "id": obligation.id,
        "summary": obligation.summary,
        "trigger": obligation.trigger,
        "precondition": obligation.precondition,
    }


def one_license(name: str, catalog: Catalog) -> License:
    """The reviewed licence that is called so. Raises :class:`UnknownName`."""
    normalized, _ = _read(name, catalog)
    license = catalog.licenses.get(normalized or "")
    if license is None:
        hint = (
            suggest(name, catalog.names)
            if normalized is None
            else "it is known by name only, or is an expression: see license check"
        )
        raise UnknownName(f"unknown licence {name!r}", hint=hint or "see: rightful license list")
    return license


def show(name: str, catalog: Catalog, as_of: datetime) -> dict[str, Any]:
    """One licence with its verdict for every act, purpose and reading. Raises :class:`UnknownName`."""
    license = one_license(name, catalog)
    owed = {o for verdict in license.verdicts.values() for o in verdict.obligations}
    return {
        "id": license.id,
        "overlay": shown_overlays([license.id], catalog, as_of),
        "name": license.name,
        "kind": license.kind,
        "url": license.url,
        "scope": sorted(license.scope),
        "territory": sorted(license.territory),
        "flags": sorted(license.flags),
        "outbound": "any" if license.outbound is None else sorted(license.outbound),
        "use_restrictions": sorted(license.use_restrictions),
        "aliases": list(license.aliases),
        "reviewer": license.reviewer,
        "reviewed_at": license.reviewed_at,
        "meaning": {i: _obligation(o) for i, o in catalog.vocabulary.obligations.items() if i in owed},
        "verdicts": [
            {
                "profile": profile,
                "purpose": purpose,
                "act": act,
                "verdict": verdict.status.word,
                "obligations": sorted(verdict.obligations),
                "clause": verdict.clause,
                "rationale": verdict.rationale,
            }
            for (profile, purpose, act), verdict in license.verdicts.items()
        ],
    }


def listing(catalog: Catalog, as_of: datetime) -> list[dict[str, Any]]:
    """All reviewed licences, by id; ``overlay`` is the file of a reading of one's own, null where there is none."""
    own = {overlay.license.id: overlay.as_json(as_of) for overlay in catalog.overlays}
    ordered = sorted(catalog.licenses.values(), key=lambda x: x.id.casefold())
    return [
        {
            "id": x.id,
            "name": x.name,
            "kind": x.kind,
            "flags": sorted(x.flags),
            "reviewed_at": x.reviewed_at,
            "overlay": own.get(x.id),
        }
        for x in ordered
    ]
