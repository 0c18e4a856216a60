"""Who did what with a store: requests that led to exports, undertakings, signatures, reviews, sources retired. Floor 7.

Beside each snapshot stand those who answer for it, as the ledger knows them: an export was made under a policy and named
use that somebody signed, a review and a retirement say who decided. Persons who withdrew are nobody's business here: events
are counted by kind. Signatures that stand in files of the store today, and belong to no snapshot, come last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from rightful.decisions.named import all_named
from rightful.decisions.overlay import read_overlays
from rightful.decisions.policy import read_policy
from rightful.decisions.signing import Signature
from rightful.errors import InputError
from rightful.rights.uses import Vocabulary
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp

SIGNATURE = "signature"
"""The kind of a row that is of no snapshot: a signature that stands in a file of the store."""


def history(layout: Layout, ledger: Ledger, words: Vocabulary) -> list[dict[str, Any]]:
    """The snapshots, oldest first, each with ``who``: ``did`` what, ``by`` whom, and of what; then standing signatures."""
    by_snapshot: dict[int, list[dict[str, Any]]] = {}
    for snapshot, entry in _entries(ledger):
        by_snapshot.setdefault(snapshot, []).append(entry)
    rows = [{**row, "who": by_snapshot.get(row["snapshot"], [])} for row in ledger.snapshots()]
    return rows + list(_signatures(layout, words))


def _entries(ledger: Ledger) -> Iterator[tuple[int, dict[str, Any]]]:
    for row in ledger.exports():
        yield int(row["snapshot"]), _export(row)
    for review in ledger.reviews():
        of = f"{review.record} and {review.other}: {review.verdict}"
        yield _snapshot_of(ledger, review.recorded), _did("review", review.by, of, review.reason)
    for turn in ledger.turns():
        yield _snapshot_of(ledger, turn.recorded), _did(turn.turn, turn.by, turn.source, turn.reason)
    counts: dict[int, Counter[tuple[str, str]]] = {}
    for event in ledger.consent_rows():
        counts.setdefault(int(event["snapshot"]), Counter())[event["kind"], event["party"]] += 1
    for snapshot, by_kind in counts.items():
        for (kind, party), number in sorted(by_kind.items()):
            yield snapshot, {**_did(kind, None, f"to {party}" if party else "", ""), "events": number}
    for asset in ledger.assets():
        yield int(asset["snapshot"]), _did("asset", None, f"{asset['kind']} {asset['name']}", "")


def _did(did: str, by: str | None, of: str, reason: str) -> dict[str, Any]:
    return {"did": did, "by": by or None, "of": of, "reason": reason}


def _export(row: Mapping[str, Any]) -> dict[str, Any]:
    """The request that an export was made for, what was undertaken for it, and who had signed what it rests on."""
    manifest = row["manifest"]
    use, policy = manifest.get("use") or {}, manifest.get("policy") or {}
    named = policy.get("named") or {}
    signatures = [
        *_signed("policy", policy.get("signature")),
        *_signed(f"use {named.get('name', '')}", named.get("signature")),
        *(
            one
            for reading in manifest.get("overlay") or ()
            for one in _signed(f"reading {reading.get('id', '')}", reading)
        ),
    ]
    return {
        **_did("export", ", ".join(dict.fromkeys(s["by"] for s in signatures)) or None, str(row["export"]), ""),
        "path": str(row["path"]),
        "use": {k: use.get(k) for k in ("asked", "purpose", "application", "actor", "jurisdictions", "profile")},
        "policy": named.get("name"),
        "accepted": list(use.get("accept", ())),
        "references": dict(use.get("references", {})),
        "records": int(manifest.get("records", 0)),
        "version": int(manifest.get("version") or 1),
        "signatures": signatures,
    }


def _signed(of: str, signature: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """A signature as a manifest has it; nothing where there is none."""
    if not isinstance(signature, Mapping) or not signature.get("by"):
        return []
    return [{"of": of, **{key: _text(signature.get(key)) for key in ("by", "on", "until", "ground")}}]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _snapshot_of(ledger: Ledger, recorded: Any) -> int:
    """The snapshot that was committed at an instant: reviews and turns are committed when they are recorded."""
    at = stamp(recorded)
    return next((int(row["snapshot"]) for row in ledger.snapshots() if row["committed_at"] == at), 0)


def _signatures(layout: Layout, words: Vocabulary) -> Iterator[dict[str, Any]]:
    """The signatures that stand in the files of a store today; of a file that cannot be read ``store check`` speaks."""
    standing: list[tuple[str, Signature | None]] = []
    with suppress(InputError):
        standing.append(("policy", read_policy(layout.policy, words).signature))
    with suppress(InputError):
        standing += [(f"use {named.name}", named.signature) for named in all_named(layout.uses, words)]
    with suppress(InputError):
        for reading in read_overlays(layout.licenses):
            if reading.on is not None and reading.until is not None:
                signed = Signature(reading.by, reading.on, reading.until, reading.ground)
                standing.append((f"reading {reading.license.id}", signed))
    for of, signature in standing:
        if signature is not None:
            yield {
                "snapshot": None,
                "kind": SIGNATURE,
                "run": "",
                "committed_at": stamp(signature.on),
                "summary": {"until": stamp(signature.until)},
                "who": [_did("sign", signature.by, of, signature.ground)],
            }
