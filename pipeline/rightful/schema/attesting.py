"""Proofs, signatures, and whether they are genuine. Floor 9: part of `schema`."""

from __future__ import annotations

from rightful.export.attested import WHATS
from rightful.notation.dsse import PROOF
from rightful.schema.pieces import path_of, record_id
from rightful.schema.shapes import Shape, answer, digest, maybe, name_of, several, text, truth, whole

KEYID = "The name of a key: the SHA-256 of its public half (SubjectPublicKeyInfo, DER)."


def proof() -> Shape:
    """``rightful proof``, and the file that it writes."""
    leaf = {
        "catalog": digest("Of the licence catalogue that decided."),
        "content_sha256": digest("Of the record's content."),
        "decision": name_of("permit; or masked or excluded where it was repaired so."),
        "nonces": several("Of the three pieces of its place and of what it states.", _hex("A nonce.", 32)),
    }
    other = {
        "piece": {"description": "Which piece of its place is opened: 0 to 2.", "type": "integer"},
        "value": text("That piece, in hex; the record's own is another.", pattern="([0-9a-f]{2})+"),
        "nonce": _hex("Its nonce.", 32),
        "parts": several("What its leaf is made of, empty where the piece is.", text("A digest, in hex.")),
    }
    keys = {
        "proof": text("The form of the proof.", known=[PROOF]),
        "record": record_id(),
        "is_included": truth("Whether the record is in the export."),
        "export": name_of("The export."),
        "version": whole("Its version."),
        "manifest_sha256": digest("Of its manifest, as written."),
        "records_root": digest("The root in its manifest that the proof leads to."),
        "leaf": maybe(answer("The leaf of the record; null where it is not there.", leaf)),
        "other": maybe(answer("What is shown of the leaf at its place, which is of another; null otherwise.", other)),
        "nonce": maybe(_hex("What opens the empty node at its place; null otherwise.", 64)),
        "siblings": several("The digests beside the way, the deepest first.", digest("A digest.")),
        "former": name_of("The version before that was named."),
        "keyid": digest(KEYID),
        "out": path_of("The file."),
    }
    return answer("That a record is in an export, or is not.", keys, optional=["former", "keyid", "out"])


def signed() -> Shape:
    """``rightful sign``."""
    keys = {
        "export": name_of("The export."),
        "version": whole("Its version."),
        "manifest_sha256": digest("Of its manifest, as written."),
        "keyid": digest(KEYID),
        "file": path_of("The signature."),
    }
    return answer("The signature of an export.", keys)


def attested() -> Shape:
    """``rightful verify-receipt``."""
    subject = {"name": text("What is meant, as the statement calls it."), "sha256": digest("Of it.")}
    keys = {
        "ok": truth("Whether it is genuine."),
        "what": text("What it is.", known=WHATS),
        "keyid": maybe(digest(KEYID)),
        "store": maybe(text("The id of the store that it is of.")),
        "statement": maybe({"type": "object", "description": "What it says; null where it is not genuine."}),
        "subjects": several("What it is about, by digest.", answer("A subject.", subject)),
        "reasons": several("Why it is not genuine.", text("A reason.")),
    }
    return answer("Whether a receipt, the signature of an export or a proof is genuine.", keys)


def signatures() -> Shape:
    """The signatures beside a manifest, in ``rightful verify --standalone``."""
    keys = {
        "file": path_of("The file."),
        "keyids": several("The keys that it names.", text("The name of a key.")),
        "of_manifest": truth("Whether it is of this manifest; otherwise of a version before."),
        "checked": truth("Whether it was held against the key that was given, and is genuine."),
        "reason": maybe(text("What is wrong with it.")),
    }
    return several("The signatures beside the manifest.", answer("A signature.", keys))


def _hex(says: str, digits: int) -> Shape:
    return text(says, pattern=f"[0-9a-f]{{{digits}}}")
