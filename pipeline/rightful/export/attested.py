"""Whether a file is what its signature, or the root that it leads to, says: receipts, signed exports, proofs. Floor 8.

No store is opened, and nothing of a statement is believed before its signature was checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.export.manifest import MANIFEST, digest, read_manifest
from rightful.export.proving import is_proof, wrong_with
from rightful.export.signing import Checker
from rightful.notation import dsse
from rightful.notation.json_objects import Twice

RECEIPT, EXPORT, PROOF, OTHER = WHATS = ("receipt", "export", "proof", "other")
_WHAT = {dsse.RECEIPT: RECEIPT, dsse.EXPORT: EXPORT, dsse.PROOF: PROOF}


@dataclass(slots=True)
class Attested:
    """What a file is and whether it is genuine: then ``wrong`` is empty. ``facts``: what it says, empty where nobody vouches
    for it."""

    what: str = OTHER
    keyid: str | None = None
    store: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    subjects: list[dict[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        genuine = not self.wrong
        return {
            "ok": genuine,
            "what": self.what,
            "keyid": self.keyid,
            "store": self.store if genuine else None,
            "statement": dict(self.facts) if genuine else None,
            "subjects": self.subjects if genuine else [],
            "reasons": self.wrong,
        }


def attested(file: Path, key: Checker | None, manifest: Path | None, store: str | None = None) -> Attested:
    """Hold a file against a public key, a proof also against the ``manifest`` (file or folder) of its export.

    ``store``: the id of the store that it has to be of. Raises :class:`InputError` for a file that cannot be read, and
    where neither key nor manifest is given that it could be held against.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", subject=str(file)) from error
    of = None if manifest is None else _manifest(manifest)
    try:
        data = dsse.read(raw)
    except Twice as error:
        return Attested(wrong=[f"it {error}"])
    except (ValueError, RecursionError):
        return Attested(wrong=["it is no JSON: cut short, or no receipt at all"])
    if is_proof(data):
        return _proof(data, of, file)
    if not dsse.is_envelope(data):
        return Attested(wrong=["it is neither a signed statement (DSSE) nor a proof"])
    if key is None:
        raise InputError("is signed: name the public key to hold it against", subject=str(file), hint="--key PUB")
    return _enveloped(data, key, of, store)


def _manifest(path: Path) -> dict[str, Any]:
    return read_manifest(path.parent if path.name == MANIFEST and path.is_file() else path)


def _proof(data: Mapping[str, Any], manifest: Mapping[str, Any] | None, file: Path) -> Attested:
    """A proof that nobody signed: the manifest has to say the root."""
    if manifest is None:
        hint = "name the manifest of its export: --manifest FILE; or have it signed: rightful proof ... --key KEY"
        raise InputError("is a proof that nobody signed", subject=str(file), hint=hint)
    wrong = _of_proof(data, manifest)
    return Attested(PROOF, None, _text(manifest.get("store")), data, [], wrong)


def _of_proof(data: Mapping[str, Any], manifest: Mapping[str, Any] | None) -> list[str]:
    root = data.get("records_root") if manifest is None else manifest.get("records_root")
    if manifest is not None and root is None:
        return ["the manifest has no records_root"]
    wrong = wrong_with(data, str(root))
    reasons = [] if wrong is None else [wrong]
    if manifest is not None and data.get("export") != manifest["export"]:
        reasons.append(f"it is of the export {data.get('export')}, and the manifest of {manifest['export']}")
    elif manifest is not None and data.get("manifest_sha256") != digest(manifest):
        reasons.append("it is of another manifest of this export")
    return reasons


def _enveloped(data: object, key: Checker, manifest: Mapping[str, Any] | None, store: str | None) -> Attested:
    try:
        envelope = dsse.opened(data)
    except ValueError as error:
        return Attested(wrong=[f"it {error}"])
    wrong = key.wrong(envelope)
    if wrong is not None:
        return Attested(wrong=[wrong])
    try:
        stated = dsse.stated(envelope.payload)
    except ValueError as error:
        return Attested(keyid=key.keyid, wrong=[str(error)])
    facts = stated["predicate"]
    subjects = [{"name": str(one.get("name") or ""), "sha256": one["digest"]["sha256"]} for one in stated["subject"]]
    what = _WHAT.get(stated["predicateType"], OTHER)
    answer = Attested(what, key.keyid, _text(facts.get("store")), facts, subjects)
    if envelope.payload_type != dsse.PAYLOAD_TYPE or what == OTHER:
        answer.wrong.append(f"it states something else than a receipt, an export or a proof: {stated['predicateType']}")
    if what == PROOF:
        answer.wrong += _of_proof(facts, manifest)
    elif manifest is not None and digest(manifest) not in {one["sha256"] for one in subjects}:
        answer.wrong.append(f"it does not speak of this manifest of {manifest['export']}")
    if store is not None and answer.store != store:
        answer.wrong.append(f"it is of the store {answer.store or '?'}, not of {store}")
    return answer


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
