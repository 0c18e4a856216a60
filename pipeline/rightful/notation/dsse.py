"""Signed statements: the DSSE envelope over an in-toto Statement. Floor 1: pure; keys are elsewhere.

DSSE 1.0.2 (github.com/secure-systems-lab/dsse, ``protocol.md`` and ``envelope.md``): what is signed is not the JSON but
:func:`pae` of the payload's bytes, so that nothing is parsed before its signature was checked. The payload is an in-toto
Statement v1 (github.com/in-toto/attestation, ``spec/v1/statement.md``): subjects by digest, and a predicate about them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rightful.notation.json_objects import Twice, each_once

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
EXPORT, RECEIPT, PROOF = "urn:rightful:export:1", "urn:rightful:receipt:1", "urn:rightful:proof:1"
"""What our statements say of their subjects: their ``predicateType``."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, and the name of the key that it was made with (empty: it says none)."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """What lies in an envelope. Nothing of the payload may be believed before a signature was checked."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed(self) -> bytes:
        """What the signatures are of."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding (DSSE protocol.md, "Signature definition").

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def statement(subjects: Iterable[tuple[str, str]], kind: str, predicate: Mapping[str, Any]) -> bytes:
    """A statement about ``subjects``, which are names with the SHA-256 of what they name, in hex: JSON with sorted keys."""
    named = [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in subjects]
    whole = {"_type": STATEMENT_TYPE, "subject": named, "predicateType": kind, "predicate": predicate}
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sealed(payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """The envelope of a statement: JSON with sorted keys and a line feed."""
    listed = [{"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in signatures]
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": listed,
    }
    return (json.dumps(envelope, sort_keys=True, indent=1) + "\n").encode()


def read(data: bytes) -> Any:
    """JSON of somebody else. Raises :class:`ValueError`, also where a key stands twice: others would read the other value."""
    return json.loads(data, object_pairs_hook=each_once)


def is_envelope(data: object) -> bool:
    """Whether JSON looks like an envelope, whole or not."""
    return isinstance(data, dict) and "payload" in data and "signatures" in data


def opened(data: object) -> Envelope:
    """The envelope that JSON is. Raises :class:`ValueError` that says what it lacks."""
    if not isinstance(data, dict):
        raise ValueError("is no object of JSON")
    kind, signatures = data.get("payloadType"), data.get("signatures")
    if not isinstance(kind, str):
        raise ValueError("has no payloadType")
    if not kind.isascii():
        raise ValueError("has a payloadType that is no media type")
    if not isinstance(signatures, list) or not signatures:
        raise ValueError("has no signatures")
    return Envelope(kind, _decoded(data.get("payload"), "payload"), tuple(_signature(one) for one in signatures))


def _signature(data: object) -> Signature:
    if not isinstance(data, dict):
        raise ValueError("has a signature that is no object")
    keyid = data.get("keyid")
    return Signature(keyid if isinstance(keyid, str) else "", _decoded(data.get("sig"), "sig"))


def _decoded(text: object, key: str) -> bytes:
    """Base64, of the standard or the URL alphabet: a verifier has to take both."""
    if not isinstance(text, str):
        raise ValueError(f"has no {key}")
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"has a {key} that is not base64") from None


def stated(payload: bytes) -> dict[str, Any]:
    """The statement that a payload is. Raises :class:`ValueError`."""
    try:
        data = read(payload)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its payload {error}" if isinstance(error, Twice) else "its payload is no JSON") from None
    if not isinstance(data, dict) or data.get("_type") != STATEMENT_TYPE:
        raise ValueError("its payload is no in-toto Statement v1")
    subjects = data.get("subject")
    if not isinstance(subjects, list) or not subjects or not all(map(_is_subject, subjects)):
        raise ValueError("its statement names no subjects with a SHA-256")
    if not isinstance(data.get("predicateType"), str) or not isinstance(data.get("predicate"), dict):
        raise ValueError("its statement says nothing of its subjects")
    return data


def _is_subject(data: object) -> bool:
    digest = data.get("digest") if isinstance(data, dict) else None
    return isinstance(digest, dict) and isinstance(digest.get("sha256"), str)
