"""The specification of an asset: every act, for every purpose, decided as the store stands, for where the store is not. Floor 7."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from rightful.assets.described import Asset
from rightful.assets.specification import VERSION, stated_json
from rightful.query.derived import BASE_REFUSES, NOT_KNOWN, OWN_REASONS, Deriving, inputs_of
from rightful.rights.because import REASONS
from rightful.rights.decide import Leaf
from rightful.rights.specified import DENY, PERMIT, UNKNOWN, Specified, Stated, inherited, stated_value
from rightful.rights.undertakings import REDACTION, obligation_of
from rightful.rights.uses import RESEARCHERS, Use, Vocabulary
from rightful.rights.values import BLOCKED, Status, Value
from rightful.store.ledger import stamp

CLASHES = "outbound-clash"


def asked_for(use: Use) -> list[tuple[str, str]]:
    """(purpose, actor) of what is stated: of whoever asks, and of research by a body that may do it."""
    researcher = use.actor if use.actor in RESEARCHERS else RESEARCHERS[0]
    own = [("commercial", use.actor), ("noncommercial", use.actor)]
    return list(dict.fromkeys([*own, ("noncommercial", researcher), ("research", researcher)]))


def applications_of(deriving: Deriving, asset: Asset, words: Vocabulary) -> list[str | None]:
    """What is looked at one by one: all that is not sensitive together, each sensitive one, and those that anybody named."""
    named = {entry["use"].get("application") for entry in asset.declared}
    for card in deriving.decided.cards.values():
        named |= {word for word in (*card.applications, *card.collected_for) if word in words.applications}
    sensitive = [a.id for a in words.applications.values() if a.sensitive]
    return [None, *dict.fromkeys([*sorted(a for a in named if a), *sensitive])]


def specified(deriving: Deriving, asset: Asset, use: Use) -> Specified:
    """All statements on an asset. ``use`` says who asks, where, in which reading and when; its acts do not matter."""
    words = deriving.decided.catalog.vocabulary
    met = frozenset(o for o, of in words.obligations.items() if not of.precondition and o != REDACTION)
    use = replace(use, accepted=use.accepted | met)
    applications = applications_of(deriving, asset, words)
    sources = deriving.sources_of(inputs_of(asset))
    stated: dict[tuple[Any, ...], dict[str, Any]] = {}
    ends: list[datetime] = []
    for purpose, actor in asked_for(use):
        alike: dict[tuple[Any, ...], list[str | None]] = {}
        for application in applications:
            one = replace(use, acts=tuple(words.acts), purpose=purpose, actor=actor, application=application)
            outcomes, until = _outcomes(deriving, sources, one)
            ends += [] if until is None else [until]
            alike.setdefault(tuple(sorted(outcomes.items())), []).append(application)
        for same, those in alike.items():
            for act, outcome in same:
                key = (purpose, actor, tuple(those), outcome)
                stated.setdefault(key, {"acts": []})["acts"].append(act)
    uses = tuple(
        Stated(
            acts=frozenset(of["acts"]),
            purpose=purpose,
            actor=actor,
            applications=frozenset(those),
            decision=decision,
            obligations=frozenset(owed),
            outbound=None if outbound is None else frozenset(outbound),
            reasons=why,
        )
        for (purpose, actor, those, (decision, owed, outbound, why)), of in stated.items()
    )
    return Specified(
        uses=uses, profile=use.profile, jurisdictions=use.jurisdictions, valid_until=min(ends, default=None)
    )


Outcome = tuple[str, tuple[str, ...], tuple[str, ...] | None, tuple[str, ...]]
"""decision, what is owed, licences (None: any), reasons."""


def _outcomes(deriving: Deriving, sources: Sequence[str], use: Use) -> tuple[dict[str, Outcome], datetime | None]:
    """What is decided on each act, whatever would have to be accepted; a record that refuses an act ends the looking for it."""
    values: dict[str, set[Value]] = {act: set() for act in use.acts}
    refused: dict[str, Outcome] = {}
    ends: list[datetime] = []
    for source in sources:
        for why, of_act in _values(deriving, source, use, refused, ends):
            for act, of in of_act.items():
                if of in values[act]:
                    continue
                values[act].add(of)
                one = inherited([of], _acceptable([of]))
                if one.status is not Status.PERMIT:
                    refused[act] = (_decision(one.status), (), None, why(act))
    outcomes = dict(refused)
    for act in use.acts:
        if act in outcomes:
            continue
        every = values[act] or {BLOCKED}
        whole = inherited(every, _acceptable(every))
        if whole.status is Status.PERMIT:
            outbound = None if whole.outbound is None else tuple(sorted(whole.outbound))
            outcomes[act] = (PERMIT, tuple(sorted(whole.obligations)), outbound, ())
        else:
            outcomes[act] = (_decision(whole.status), (), None, (CLASHES,) if whole.clash else ())
    return outcomes, min(ends, default=None)


def _values(
    deriving: Deriving, source: str, use: Use, refused: Mapping[str, Outcome], ends: list[datetime]
) -> Iterable[tuple[Callable[[str], tuple[str, ...]], Mapping[str, Value]]]:
    """Of each case of an export, or of a base: why, and the value of each act that is still open."""
    base = deriving.bases.get(source)
    if base is not None:
        words = deriving.decided.catalog.vocabulary
        ends += [] if base.stated.valid_until is None else [base.stated.valid_until]
        values = {act: stated_value(base.stated, act, use, words) for act in use.acts if act not in refused}
        yield partial(_always, BASE_REFUSES), values
        return
    members = deriving.members(source)
    for of in [None] if members is None else members:
        acts = tuple(act for act in use.acts if act not in refused)
        if not acts:
            return
        if of is None or of.case is None:
            slug, left = (NOT_KNOWN, BLOCKED) if of is None else of.lost
            yield partial(_always, slug), dict.fromkeys(acts, left)
            continue
        narrowed = deriving.as_exported(source, replace(use, acts=acts))
        decision = deriving.decided.decide_one(deriving.decided.cases[of.case], narrowed)
        ends += [] if decision.valid_until is None else [decision.valid_until]
        leaves = dict(zip(acts, decision.leaves, strict=True))
        yield partial(_why, leaves), {act: leaf.value for act, leaf in leaves.items()}


def _always(slug: str, _: str) -> tuple[str, ...]:
    return (slug,)


def _why(leaves: Mapping[str, Leaf], act: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.slug for reason in leaves[act].why()))[:3]


def _acceptable(values: Iterable[Value]) -> frozenset[str]:
    """Everything that could be accepted: what has to be taken out of the texts could only have been taken out before."""
    owed = frozenset[str]().union(*(a.obligations for of in values for a in of))
    return frozenset(one for one in owed if obligation_of(one) != REDACTION)


def _decision(status: Status) -> str:
    return DENY if status is Status.DENY else UNKNOWN


def document(
    asset: Asset,
    stated: Specified,
    *,
    store: str,
    use: Use,
    catalog: str,
    words: Vocabulary,
    tokens: int | None,
    status: str,
    tainted: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The specification as it is written (``rightful.json``). It names no record."""

    def meaning(owed: str) -> dict[str, str]:
        word = words.obligations.get(obligation_of(owed))
        return {"trigger": word.trigger if word else "always", "summary": word.summary if word else ""}

    shown = None if tainted is None else {k: tainted[k] for k in ("records", "tokens", "share", "since")}
    return {
        "specification": VERSION,
        "asset": {
            "id": asset.asset,
            "name": asset.name,
            "kind": asset.kind,
            "sha256": asset.sha256 or None,
            "created_at": asset.created_at,
            "tokens": tokens,
        },
        "store": store,
        "made": {
            "as_of": stamp(use.as_of),
            "catalog": catalog,
            "profile": stated.profile,
            "jurisdictions": sorted(stated.jurisdictions),
            "valid_until": None if stated.valid_until is None else stamp(stated.valid_until),
        },
        "status": status,
        "tainted": shown,
        "declared": [dict(entry["use"]) for entry in asset.declared],
        "inputs": [one.as_json() for one in asset.inputs],
        "uses": [stated_json(one, meaning, {**REASONS, **OWN_REASONS}) for one in stated.uses],
    }
