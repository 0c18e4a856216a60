"""Questions to the vocabulary alone: the words of a request, what one means, and who else has a word for it. Floor 7."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from rightful.errors import UnknownName
from rightful.rights.licenses import Catalog, License
from rightful.rights.terms import meaning
from rightful.rights.uses import Act, Bundle, Scheme, Statute, Term, Vocabulary, covered, covers, parents

LONG_AGO = date(2015, 12, 31)
"""The day of the grant that shows what a parent act meant before generative models."""
FIRST = 5
"""How many licences are named where all are counted."""
_MAPPED = ("acts", "purposes", "applications", "actors", "obligations")

Found = dict[str, Any]


def listing(catalog: Catalog) -> Found:
    """All words of a request with what they mean, and the schemes whose terms are read."""
    words = catalog.vocabulary
    return {
        "version": words.version,
        "acts": [
            {**_act(a), "family": a.id.partition(".")[0], "near": _near(a.id, words)} for a in words.acts.values()
        ],
        "purposes": [{"id": i, "summary": s} for i, s in words.purposes.items()],
        "actors": [{"id": i, "summary": s} for i, s in words.actors.items()],
        "applications": [asdict(a) for a in words.applications.values()],
        "obligations": [asdict(o) for o in words.obligations.values()],
        "bundles": [_bundle(b) for b in words.bundles.values()],
        "statutes": [_statute(s, words) for s in words.statutes.values()],
        "schemes": [_scheme(s, words) for s in words.schemes.values()],
    }


def explained(word: str, catalog: Catalog, on: date, *, scheme: str | None = None) -> Found:
    """One word wherever it occurs: as a word of ours, a parent, a scheme, a term of one (``term`` or ``scheme:term``).

    ``on`` is the day for which the readings of a term are put together. Capitals do not matter. With ``scheme`` it is
    looked for among the terms of that one only. Raises :class:`UnknownName`.
    """
    words = catalog.vocabulary
    name = word.strip().casefold()
    matching = [*_terms_called(name, words, on, None if scheme is None else _one_scheme(scheme, words))]
    if scheme is None:
        matching = [*_ours(name, catalog), *matching]
    if not matching:
        known = {t.term for t in words.terms if scheme in (None, t.scheme)}
        raise UnknownName.of("word", word, known if scheme else known | set(_all_words(words)))
    return {"word": word, "version": words.version, "on": on.isoformat(), "found": matching}


def terms_of(scheme: str, catalog: Catalog) -> Found:
    """All terms of a scheme, each with every reading. Raises :class:`UnknownName`."""
    words = catalog.vocabulary
    of = _one_scheme(scheme, words)
    return {"scheme": _scheme(of, words), "terms": [_reading(t, words) for t in words.terms if t.scheme == of.id]}


def _ours(name: str, catalog: Catalog) -> Iterator[Found]:
    words = catalog.vocabulary
    for act in (a for a in words.acts.values() if a.id == name):
        yield {"kind": "act", **_act(act), "parent": _parent(act, words), **_beside("acts", act.id, words)}
    for kind, ids in (("acts", words.acts), ("applications", words.applications), ("obligations", words.obligations)):
        for parent in (p for p in parents(ids) if p == name and p not in ids):
            then = {"granted_on": LONG_AGO.isoformat(), "covers": _long_ago(parent, words)} if kind == "acts" else {}
            below = [i for i in ids if covers(parent, i)]
            yield {"kind": "parent", "id": parent, "of": kind, "words": below, **then, **_beside(kind, parent, words)}
    for application in (a for a in words.applications.values() if a.id == name):
        forbidding = _named(catalog, lambda x: covered(x.use_restrictions, name))
        yield {
            "kind": "application",
            **asdict(application),
            "forbidden_by": forbidding,
            **_beside("applications", name, words),
        }
    for obligation in (o for o in words.obligations.values() if o.id == name):
        asking = _named(catalog, lambda x: any(name in v.obligations for v in x.verdicts.values()))
        yield {
            "kind": "obligation",
            **asdict(obligation),
            "asked_by": asking,
            **_beside("obligations", name, words),
        }
    if name in words.bundles:
        bundle = words.bundles[name]
        summaries = [{"id": o, "summary": words.obligations[o].summary} for o in bundle.obligations]
        yield {"kind": "bundle", **_bundle(bundle), "words": summaries}
    for kind, explanations in (("purposes", words.purposes), ("actors", words.actors)):
        if name in explanations:
            yield {"kind": kind[:-1], "id": name, "summary": explanations[name], **_beside(kind, name, words)}
    for statute in (s for s in words.statutes.values() if s.id.casefold() == name):
        yield {"kind": "statute", **_statute(statute, words)}
    for of in (s for s in words.schemes.values() if s.id == name):
        yield {"kind": "scheme", **_scheme(of, words)}


def _terms_called(name: str, words: Vocabulary, on: date, scheme: Scheme | None) -> Iterator[Found]:
    """The terms of this name, one answer for each scheme that has it."""
    called: dict[tuple[str, str], list[Term]] = {}
    for term in words.terms:
        if scheme is None or term.scheme == scheme.id:
            if name in (term.term.casefold(), f"{term.scheme}:{term.term}".casefold()):
                called.setdefault((term.scheme, term.term), []).append(term)
    for (scheme_id, term_name), readings in called.items():
        yield {
            "kind": "term",
            "id": term_name,
            "scheme": _scheme(words.schemes[scheme_id], words),
            "readings": [_reading(t, words) for t in readings],
            "means": [_meaning(scheme_id, term_name, v, on, words) for v in dict.fromkeys(t.value for t in readings)],
        }


def _meaning(scheme: str, term: str, value: str, on: date, words: Vocabulary) -> Found:
    """What the label means on a day, all of its readings put together."""
    means = meaning(words.terms, scheme, term, value, on)
    return {
        "value": value,
        "status": means.status,
        **{key: _ordered(key, getattr(means, key), words) for key in _MAPPED},
        "consent": means.consent,
        "whole": means.whole,
        "ambiguous": means.is_ambiguous,
        "readings": len(means.readings),
    }


def _reading(term: Term, words: Vocabulary) -> Found:
    return {
        "term": term.term,
        "value": term.value,
        "states": term.states,
        **{key: _ordered(key, getattr(term, key), words) for key in _MAPPED},
        "consent": term.consent,
        "whole": term.whole,
        "versions": list(term.versions),
        "since": term.since.isoformat(),
        "until": term.until.isoformat() if term.until else None,
        "note": term.note,
        "source": term.source,
    }


def _ordered(kind: str, names: frozenset[str], words: Vocabulary) -> list[str]:
    """The names in the order of the vocabulary, a parent where its first child stands."""
    order: list[str] = list(getattr(words, kind))
    return sorted(names, key=lambda name: next(i for i, known in enumerate(order) if covers(name, known)))


def _beside(kind: str, name: str, words: Vocabulary) -> Found:
    """The terms elsewhere that mean this word, or a parent of it, the nearest first."""
    by_key: dict[tuple[str, str], Term] = {}
    for term in words.terms:
        mapped: frozenset[str] = getattr(term, kind)
        if term.states != "silent" and covered(mapped, name):
            by_key.setdefault((term.scheme, term.term), term)

    def breadth(term: Term) -> int:
        return sum(covered(getattr(term, kind), known) for known in getattr(words, kind))

    ordered = sorted(by_key.values(), key=breadth)
    return {
        "elsewhere": [
            {"scheme": t.scheme, "term": t.term, "states": t.states, kind: _ordered(kind, getattr(t, kind), words)}
            for t in ordered
        ]
    }


def _near(act: str, words: Vocabulary) -> list[str]:
    beside = _beside("acts", act, words)["elsewhere"]
    return [f"{words.schemes[e['scheme']].name} {e['term']}" for e in beside]


def _act(act: Act) -> Found:
    return {"id": act.id, "summary": act.summary, "known_from": act.known_from.isoformat()}


def _parent(act: Act, words: Vocabulary) -> Found:
    parent = act.id.rsplit(".", 1)[0]
    return {"id": parent, "granted_on": LONG_AGO.isoformat(), "covers": _long_ago(parent, words)}


def _long_ago(parent: str, words: Vocabulary) -> list[str]:
    """What a consent or contract of that day which grants the parent covers."""
    return [a for a in words.leaves(parent) if words.acts[a].known_from <= LONG_AGO]


def _statute(statute: Statute, words: Vocabulary) -> Found:
    shown = asdict(statute)
    lists = {key: _ordered(key, getattr(statute, key), words) for key in ("acts", "purposes", "actors")}
    return {**shown, **lists, "territory": sorted(statute.territory), "since": statute.since.isoformat()}


def _scheme(scheme: Scheme, words: Vocabulary) -> Found:
    return {**asdict(scheme), "terms": len({t.term for t in words.terms if t.scheme == scheme.id})}


def _one_scheme(name: str, words: Vocabulary) -> Scheme:
    scheme = words.schemes.get(name.strip().casefold())
    if scheme is None:
        raise UnknownName.of("scheme", name, words.schemes)
    return scheme


def _bundle(bundle: Bundle) -> Found:
    return {"id": bundle.id, "summary": bundle.summary, "obligations": list(bundle.obligations)}


def _named(catalog: Catalog, condition: Callable[[License], bool]) -> Found:
    """How many licences there are of this kind, and the first of them."""
    names = sorted((x.id for x in catalog.licenses.values() if condition(x)), key=str.casefold)
    return {"count": len(names), "first": names[:FIRST]}


def _all_words(words: Vocabulary) -> Iterable[str]:
    for ids in (words.acts, words.applications, words.obligations):
        yield from (*ids, *parents(ids))
    yield from (*words.bundles, *words.purposes, *words.actors, *words.statutes, *words.schemes)
