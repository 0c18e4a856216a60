"""What a lawyer wants to know of a licence, and what differs between two catalogues. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rightful.errors import InputError
from rightful.rights.expression import Expression, Name, NothingStated, Unreadable, named, parse, render, suggest
from rightful.rights.licenses import Catalog, License, Overlay, Verdict, expression_value
from rightful.rights.overlay import overlays_named
from rightful.rights.overlay import shown as overlays_shown
from rightful.rights.undertakings import shown
from rightful.rights.uses import PROFILES, PURPOSES, Use
from rightful.rights.values import Status
from rightful.store.ledger import stamp

FACTS = ("name", "kind", "family", "version", "url", "scope", "territory", "flags", "outbound", "use_restrictions")
REVIEW = ("reviewer", "reviewed_at", "text_read")


def memo(text: str, catalog: Catalog, as_of: datetime) -> dict[str, Any]:
    """The licences of an expression, each with all that the catalogue says of it, and what they permit together.

    Raises :class:`InputError` for a text in which no licence can be read.
    """
    try:
        tree = parse(text, catalog.names)
    except (Unreadable, NothingStated) as error:
        hint = suggest(text, catalog.names) or "see: rightful license list"
        raise InputError(f"no licence can be read in this: {error}", subject=repr(text[:80]), hint=hint) from None
    parts = named(tree)
    alone = isinstance(tree, Name) and tree == Name(tree.id) and tree.id not in catalog.names.families
    ids = _ids(parts, catalog)
    return {
        "expression": text,
        "normalized": render(tree),
        "as_of": stamp(as_of),
        "catalog": catalog.digest,
        "overlay": overlays_shown(overlays_named(tree, catalog), catalog, as_of),
        "licenses": [_license(catalog.licenses[i], catalog, as_of) for i in ids if i in catalog.licenses],
        "unreviewed": [{"id": i, "says": "known by name only: unknown for every act"} for i in _unread(ids, catalog)],
        "families": [_family(n.id, catalog) for n in parts if n.id in catalog.names.families],
        "additions": [_addition(n.addition, catalog) for n in parts if n.addition is not None],
        "together": [] if alone else _together(tree, catalog, as_of),
    }


def diff(a: Catalog, b: Catalog, a_name: str, b_name: str) -> dict[str, Any]:
    """The licences that only one of two catalogues has, and of the others what they say otherwise."""
    both = [i for i in a.licenses if i in b.licenses]
    apart = frozenset(set(a.licenses) ^ set(b.licenses))
    pairs = ((a.licenses[i], b.licenses[i]) for i in sorted(both, key=str.casefold))
    changed = [change for one, other in pairs if (change := changes(one, other, apart)) is not None]
    return {
        "a": {"name": a_name, **_which(a)},
        "b": {"name": b_name, **_which(b)},
        "added": [_brief(b.licenses[i]) for i in sorted(set(b.licenses) - set(a.licenses), key=str.casefold)],
        "removed": [_brief(a.licenses[i]) for i in sorted(set(a.licenses) - set(b.licenses), key=str.casefold)],
        "changed": changed,
        "same": len(both) - len(changed),
    }


def changes(a: License, b: License, apart: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """What two readings of one licence say otherwise; None where nothing that decides differs.

    ``apart`` are licences that only one side has: where a result may go out under any licence but some, they are listed by
    that side alone.
    """
    facts = [
        {"fact": key, "before": _fact(a, key), "after": _fact(b, key)}
        for key in FACTS
        if _fact(a, key) != _fact(b, key) and not (key == "outbound" and _apart(a, b) <= apart)
    ]
    if a.draft is not b.draft:
        facts.append({"fact": "draft", "before": str(a.draft).lower(), "after": str(b.draft).lower()})
    verdicts: dict[tuple[Any, ...], list[str]] = {}
    shown_by: dict[tuple[Any, ...], dict[str, Any]] = {}
    for profile, purpose, act in dict.fromkeys((*a.verdicts, *b.verdicts)):
        before, after = a.verdicts.get((profile, purpose, act)), b.verdicts.get((profile, purpose, act))
        if _says(before) == _says(after):
            continue
        change = {"profile": profile, "purpose": purpose, "before": _verdict(before), "after": _verdict(after)}
        key = (profile, purpose, before, after)
        shown_by.setdefault(key, change)
        verdicts.setdefault(key, []).append(act)
    if not facts and not verdicts:
        return None
    return {
        "license": b.id,
        "facts": facts,
        "verdicts": [{**change, "acts": verdicts[key]} for key, change in shown_by.items()],
    }


def _license(license: License, catalog: Catalog, as_of: datetime) -> dict[str, Any]:
    """One licence as a page shows it: verdicts that are alike stand together."""
    vocabulary = catalog.vocabulary
    owed = {o for verdict in license.verdicts.values() for o in verdict.obligations}
    own = next((o for o in catalog.overlays if o.license.id == license.id), None)
    return {
        "id": license.id,
        **{key: _fact(license, key) for key in FACTS},
        "aliases": list(license.aliases),
        **{key: getattr(license, key) for key in REVIEW},
        "draft": license.draft,
        "verdicts": _grouped(license.verdicts.items()),
        "obligations": [
            {"id": i, "trigger": o.trigger, "precondition": o.precondition, "summary": o.summary}
            for i, o in vocabulary.obligations.items()
            if i in owed
        ],
        "restrictions": [
            {"application": r, "sensitive": vocabulary.is_sensitive(r)} for r in sorted(license.use_restrictions)
        ],
        "open": _open(license),
        "own_reading": None if own is None else _own(own, license, catalog, as_of),
    }


def _own(own: Overlay, license: License, catalog: Catalog, as_of: datetime) -> dict[str, Any]:
    """The reading of one's own: on which ground, who answers for it, and what differs from the catalogue by it."""
    reviewed = None if catalog.shipped is None else catalog.shipped.licenses.get(license.id)
    return {
        **own.as_json(as_of),
        "ground": own.ground,
        "reviewer": own.license.reviewer,
        "reviewed_at": own.license.reviewed_at,
        "redirects": dict(own.redirects),
        "replaces": reviewed is not None,
        "differs": None if reviewed is None else changes(reviewed, license),
    }


def _grouped(cells: Iterable[tuple[tuple[str, str, str], Verdict]]) -> list[dict[str, Any]]:
    """Verdicts by reading and purpose; acts, and then purposes, of which the same is said, together."""
    acts: dict[tuple[str, str, Verdict], list[str]] = {}
    for (profile, purpose, act), verdict in cells:
        acts.setdefault((profile, purpose, verdict), []).append(act)
    purposes: dict[tuple[str, Verdict, tuple[str, ...]], list[str]] = {}
    for (profile, purpose, verdict), listed in acts.items():
        purposes.setdefault((profile, verdict, tuple(listed)), []).append(purpose)
    return [
        {"profile": profile, "purposes": of, "acts": list(listed), **_verdict_keys(verdict)}
        for (profile, verdict, listed), of in purposes.items()
    ]


def _open(license: License) -> list[dict[str, Any]]:
    """What the reading leaves open: acts that are unknown, by profile, with why."""
    cells = [(key, verdict) for key, verdict in license.verdicts.items() if verdict.status.word == "unknown"]
    return [{k: v for k, v in row.items() if k not in ("verdict", "obligations")} for row in _grouped(cells)]


def _together(tree: Expression, catalog: Catalog, as_of: datetime) -> list[dict[str, Any]]:
    """What all licences of an expression permit, in every reading, for every purpose, act by act."""
    acts = tuple(catalog.vocabulary.acts)
    rows: dict[tuple[str, str, tuple[tuple[str, ...], ...], str], list[str]] = {}
    for profile in PROFILES:
        for purpose in PURPOSES:
            use = Use(
                acts=acts,
                purpose=purpose,
                as_of=as_of,
                application=None,
                actor="public" if purpose == "research" else "for_profit",
                jurisdictions=frozenset(["*"]),
                accepted=frozenset(),
                profile=profile,
            )
            for act in acts:
                of = expression_value(tree, act, use, catalog)
                best = max((a.status for a in of if a.outbound != frozenset()), default=Status.DENY)
                ways = sorted({tuple(sorted(map(shown, a.obligations))) for a in of if a.status is best})
                offers = tuple(ways) if best is Status.PERMIT else ()
                rows.setdefault((profile, best.word, offers, purpose), []).append(act)
    alike: dict[tuple[str, str, tuple[tuple[str, ...], ...], tuple[str, ...]], list[str]] = {}
    for (profile, word, offers, purpose), listed in rows.items():
        alike.setdefault((profile, word, offers, tuple(listed)), []).append(purpose)
    return [
        {
            "profile": profile,
            "purposes": purposes,
            "acts": list(listed),
            "verdict": word,
            "obligations_of_each_way": [list(way) for way in offers],
        }
        for (profile, word, offers, listed), purposes in alike.items()
    ]


def _ids(parts: Iterable[Name], catalog: Catalog) -> list[str]:
    """The licences that are named, families by their members, each once."""
    families = catalog.names.families
    return list(dict.fromkeys(i for n in parts for i in (families[n.id].members if n.id in families else (n.id,))))


def _unread(ids: Iterable[str], catalog: Catalog) -> list[str]:
    return [i for i in ids if i not in catalog.licenses]


def _family(id: str, catalog: Catalog) -> dict[str, Any]:
    family = catalog.names.families[id]
    return {"id": id, "name": family.name, "members": list(family.members)}


def _addition(addition: str, catalog: Catalog) -> dict[str, str]:
    adds = catalog.names.only_adds(addition)
    return {"id": addition, "says": "adds permission only" if adds else "may take something away: counts as unknown"}


def _which(catalog: Catalog) -> dict[str, Any]:
    return {
        "catalog": catalog.digest,
        "licenses": len(catalog.licenses),
        "overlay": [{"id": o.license.id, "file": o.file, "sha256": o.sha256} for o in catalog.overlays],
    }


def _brief(license: License) -> dict[str, Any]:
    return {"id": license.id, "name": license.name, "draft": license.draft, "reviewer": license.reviewer}


def _fact(license: License, key: str) -> Any:
    value = getattr(license, key)
    if key == "outbound" and value is None:
        return "any"
    return sorted(value) if isinstance(value, frozenset) else value


def _apart(a: License, b: License) -> frozenset[str]:
    """Where both list licences that a result may go out under: those that only one lists. Else something else differs."""
    return a.outbound ^ b.outbound if a.outbound is not None and b.outbound is not None else frozenset([""])


def _says(verdict: Verdict | None) -> tuple[str, frozenset[str]] | None:
    return None if verdict is None else (verdict.status.word, verdict.obligations)


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    return None if verdict is None else _verdict_keys(verdict)


def _verdict_keys(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.status.word,
        "obligations": sorted(verdict.obligations),
        "clause": verdict.clause,
        "rationale": verdict.rationale,
    }
