"""Questions to the catalogue alone: which licences there are, what one says, what an expression permits. Floor 4."""

from __future__ import annotations

from typing import Any

from pipeline.errors import UnknownName
from pipeline.rights.decide import Case, decide
from pipeline.rights.evidence import license_claim
from pipeline.rights.expression import NothingStated, Unreadable, parse, render, suggest
from pipeline.rights.licenses import Catalog
from pipeline.rights.uses import Use


def check(text: str, use: Use, law: Catalog) -> dict[str, Any]:
    """What a licence expression, alias or deed address permits, as if it were all that is known about a record."""
    normalized: str | None = None
    problem = ""
    try:
        normalized = render(parse(text, law.names))
    except Unreadable as error:
        problem = f"{error} ({suggest(text, law.names)})"
    except NothingStated as error:
        problem = str(error)
    claim = license_claim(text, law.names, tier=5)
    case = Case(profile=frozenset([claim] if claim else []), personal_data="no", pii_state="none_found")
    decision = decide(case, use, law)
    return {
        "expression": text,
        "normalized": normalized,
        "decision": decision.status.word,
        "reasons": [{**r.as_json(), "text": f"{r.text}: {problem}" if problem else r.text} for r in decision.reasons],
        "obligations": sorted(decision.obligations),
        "needs": sorted(decision.needs or ()),
        "catalog": law.digest,
    }


def show(name: str, law: Catalog) -> dict[str, Any]:
    """One licence with its verdict for every act, purpose and reading. Raises :class:`UnknownName`."""
    found = law.licenses.get(law.names.ids.get(" ".join(name.split()).casefold(), name))
    if found is None:
        raise UnknownName.of("licence", name, law.licenses)
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "url": found.url,
        "scope": sorted(found.scope),
        "territory": sorted(found.territory),
        "flags": sorted(found.flags),
        "outbound": "any" if found.outbound is None else sorted(found.outbound),
        "use_restrictions": sorted(found.use_restrictions),
        "aliases": list(found.aliases),
        "reviewer": found.reviewer,
        "reviewed_at": found.reviewed_at,
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
            for (profile, purpose, act), verdict in found.verdicts.items()
        ],
    }


def listing(law: Catalog) -> list[dict[str, Any]]:
    """All reviewed licences, by id."""
    ordered = sorted(law.licenses.values(), key=lambda x: x.id.casefold())
    return [
        {"id": x.id, "name": x.name, "kind": x.kind, "flags": sorted(x.flags), "reviewed_at": x.reviewed_at}
        for x in ordered
    ]


def vocabulary(law: Catalog) -> dict[str, Any]:
    """The words of a request: acts, applications and obligations with what they mean."""
    words = law.vocabulary
    return {
        "version": words.version,
        "acts": [
            {"id": a.id, "summary": a.summary, "known_from": a.known_from.isoformat(), "near": list(a.near)}
            for a in words.acts.values()
        ],
        "applications": [
            {"id": a.id, "summary": a.summary, "sensitive": a.sensitive} for a in words.applications.values()
        ],
        "obligations": [
            {"id": o.id, "summary": o.summary, "trigger": o.trigger, "precondition": o.precondition}
            for o in words.obligations.values()
        ],
    }
