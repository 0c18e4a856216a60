"""What an export says of itself that others ask: its index, and its request as of today. Floor 7."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from rightful.errors import InputError
from rightful.notation.times import through
from rightful.rights.expression import license_id
from rightful.rights.licenses import Catalog
from rightful.rights.uses import Use, covers, redacting, use_of

INDEX = "index.parquet"
REVOCATIONS = "revocations.jsonl"
"""The deny list beside the shards: what was taken out, masked or excluded since, a line each."""


def asked_again(manifest: dict[str, Any], catalog: Catalog, now: datetime) -> tuple[Use, str]:
    """The use of a manifest as of now, with what it redacted, and why nobody can ask that any more; empty where one can."""
    without = lapsed(manifest.get("policy") or {}, catalog, now)
    types = redacted_types(manifest)
    try:
        return redacting(use_again(manifest["use"], catalog, now, without), types), ""
    except InputError as error:
        request = {**manifest["use"], "purpose": "noncommercial"}
        return redacting(
            use_again(request, catalog, now, without), types
        ), f"the request cannot be made today: {error.message}"


def redacted_types(manifest: dict[str, Any]) -> set[str]:
    """The types of personal data that an export took out."""
    done = manifest.get("redaction") or {}
    return {*done.get("types", ()), *(["name"] if done.get("scan", {}).get("entity_model") else [])}


def lapsed(policy: dict[str, Any], catalog: Catalog, now: datetime) -> frozenset[str]:
    """The obligations that an export was made on by a signed policy, or a signed named use, whose period is over.

    What the other of the two undertakes as well, and goes on undertaking, has not lapsed.
    """
    gone: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    for part in (policy, policy.get("named") or {}):
        signature = part.get("signature")
        undertaken = _undertaken(part, catalog)
        if signature and through(str(signature["until"]), "policy of the manifest") <= now:
            gone |= undertaken
        else:
            kept |= {o for o in undertaken if not catalog.vocabulary.obligations[o].precondition}
    return gone - kept


def _undertaken(part: dict[str, Any], catalog: Catalog) -> frozenset[str]:
    words = [str(word).partition(":")[0].strip() for word in part.get("accept", ())]
    known, bundles = catalog.vocabulary.obligations, catalog.vocabulary.bundles
    bundled = frozenset(o for word in words if word in bundles for o in bundles[word].obligations)
    return bundled | {o for o in known if any(word == "all" or covers(word, o) for word in words)}


def use_again(data: dict[str, Any], catalog: Catalog, now: datetime, without: frozenset[str] = frozenset()) -> Use:
    """The use of a manifest, as of now, ``without`` undertakings that have lapsed."""
    known = catalog.vocabulary.obligations
    free = [o for o in data["accept"] if o not in without and o in known and not known[o].precondition]
    references = {o: r for o, r in data["references"].items() if o.partition(":")[0] not in without}
    accepted = [f"{o}:{references[o]}" if o in references else o for o in free]
    # One that does not say who asked was met towards nobody: older manifests have such.
    accepted += [f"{o}={reference}" for o, reference in references.items() if ":" in o]
    return use_of(
        catalog.vocabulary,
        data["acts"],
        as_of=now,
        purpose=data["purpose"],
        application=data["application"],
        actor=data["actor"],
        jurisdictions=[j for j in data["jurisdictions"] if j != "*"],
        accept=accepted,
        profile=data["profile"],
        license_id=partial(license_id, names=catalog.names),
    )
