"""A named use in full and in plain words: what is asked, what is undertaken, what whoever signs declares. Floor 7."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rightful.decisions.named import Named
from rightful.decisions.policy import Policy
from rightful.rights.undertakings import obligation_of, undertakings
from rightful.rights.uses import Vocabulary

BY_USE, BY_POLICY, BY_DEFAULT = "the named use", "policy.toml", "default"
_READINGS = {
    "strict": "training reproduces, and a model may be an adaptation of the texts",
    "cc-guidance": "as Creative Commons advised",
    "lenient": "training makes no adaptation",
}


def described(named: Named, policy: Policy, words: Vocabulary, now: datetime) -> dict[str, Any]:
    """A named use as ``policy show NAME`` answers it, completed by the policy of the store and by defaults."""
    stated = policy.data if policy.in_force(now) else {}
    signature = named.data.get("signature")
    return {
        **named.listed(),
        "sha256": named.sha256,
        "in_force": named.in_force(now),
        "asked": _asked(named, stated, words),
        "undertaken": undertaken([*named.data.get("accept", ()), *stated.get("accept", ())], words),
        "declared": _declared(named, words),
        "signature": None if signature is None else {k: str(v) for k, v in signature.items()},
    }


def _asked(named: Named, stated: dict[str, Any], words: Vocabulary) -> list[dict[str, str]]:
    """Each term of the request: its value, what that means, and who says it."""
    asked = [
        {"key": "use", "value": leaf, "meaning": words.acts[leaf].summary, "by": BY_USE}
        for leaf in words.acts
        if leaf in {leaf for act in named.data["use"] for leaf in words.leaves(act)}
    ]
    application = "every application that is not sensitive"
    defaults = {
        "purpose": ("commercial", words.purposes),
        "actor": ("for_profit", words.actors),
        "jurisdiction": ("everywhere", {}),
        "application": (application, {a.id: a.summary for a in words.applications.values()}),
        "profile": ("strict", _READINGS),
    }
    for key, (default, meanings) in defaults.items():
        by = BY_USE if named.data.get(key) else BY_POLICY if stated.get(key) else BY_DEFAULT
        value = named.data.get(key) or stated.get(key) or default
        text = ", ".join(value) if isinstance(value, list) else str(value)
        asked.append({"key": key, "value": text, "meaning": meanings.get(text, ""), "by": by})
    return asked


def undertaken(accept: list[str], words: Vocabulary) -> list[dict[str, Any]]:
    """What accepting these undertakes, bundle by bundle, each obligation in words; preconditions come last, with references."""
    accepted, references = undertakings(words, accept)
    owed = {obligation_of(one) for one in accepted}
    rows: list[dict[str, Any]] = []
    for bundle in words.bundles.values():
        listed = [words.obligations[o] for o in bundle.obligations if o in owed]
        if listed:
            meant = [{"obligation": o.id, "text": o.summary} for o in listed]
            rows.append({"bundle": bundle.id, "text": bundle.summary, "obligations": meant})
    met = [
        {"obligation": o, "text": f"{words.obligations[o.partition(':')[0]].summary} Met before: {reference}."}
        for o, reference in references
        if words.obligations[o.partition(":")[0]].precondition
    ]
    return [*rows, *([{"bundle": "preconditions", "text": "was met before", "obligations": met}] if met else [])]


def _declared(named: Named, words: Vocabulary) -> list[str]:
    """What whoever signs answers for, in sentences."""
    lines = []
    for basis in named.data.get("basis", ()):
        statute = words.statutes[basis["statute"]]
        where = ", ".join(basis["jurisdiction"])
        lines.append(
            f"{statute.source} covers {', '.join(basis['acts'])} here, for {', '.join(basis['purposes'])} purposes, by"
            f" {', '.join(basis['actors'])}, in {where}: {statute.summary}"
        )
        if statute.lawful_access:
            lines.append("every source of this store was lawfully accessed")
        if statute.defeated:
            lines.append(
                "a reservation, a statement that cannot be read, or that nobody looked takes it away, record by record"
            )
        lines.append("it covers nothing beside these acts: not sharing the texts, nor releasing or serving a model")
    return lines
