"""The operator's keys: files that sign and that check, never in the store. Floor 8.

Ed25519 (RFC 8032), private keys as PKCS #8 PEM without a passphrase, public ones as SubjectPublicKeyInfo PEM, as
``openssl genpkey -algorithm ed25519`` makes them. A key is called by the SHA-256 of its public half in DER.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rightful.errors import InputError
from rightful.notation import dsse

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MOST_BYTES = 1 << 16
_MAKE = "make one: openssl genpkey -algorithm ed25519 -out key.pem; its public half: openssl pkey -in key.pem -pubout"
SHORT = 16
"""So many digits of the name of a key stand in the name of a file."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key."""

    keyid: str
    key: Ed25519PrivateKey

    def envelope(self, payload: bytes) -> bytes:
        """A statement, signed: the bytes of the file. The same statement gives the same bytes."""
        signature = self.key.sign(dsse.pae(dsse.PAYLOAD_TYPE, payload))
        return dsse.sealed(payload, [dsse.Signature(self.keyid, signature)])


@dataclass(frozen=True, slots=True)
class Checker:
    """A public key."""

    keyid: str
    key: Ed25519PublicKey

    def wrong(self, envelope: dsse.Envelope) -> str | None:
        """Why an envelope is not signed with this key; None where it is. What it says of its keys is only a hint."""
        from cryptography.exceptions import InvalidSignature

        for one in envelope.signatures:
            try:
                self.key.verify(one.sig, envelope.signed)
            except InvalidSignature:
                continue
            return None
        names = {one.keyid for one in envelope.signatures}
        if self.keyid in names:
            return "its signature is not of what it says: it was changed after it was signed"
        return f"it is signed with another key ({', '.join(sorted(n[:SHORT] or '?' for n in names))}), not {self.keyid[:SHORT]}"


def signer(path: Path) -> Signer:
    """The private key in a file. Raises :class:`InputError` that names the file."""
    _needs_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    if b"-----BEGIN PUBLIC KEY-----" in data:
        raise InputError("is a public key, which cannot sign", subject=str(path), hint="name the private one")
    try:
        key = load_pem_private_key(data, password=None)
    except TypeError:
        hint = f"write one without: openssl pkey -in {path} -out PLAIN, and keep it where nobody else reads"
        raise InputError("is a key with a passphrase", subject=str(path), hint=hint) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError("is no private key (PEM)", subject=str(path), hint=_MAKE) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"is not an Ed25519 key but {_kind(key)}", subject=str(path), hint=_MAKE)
    return Signer(_keyid(key.public_key()), key)


def checker(path: Path) -> Checker:
    """The public key in a file. Raises :class:`InputError` that names the file."""
    _needs_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _read(path)
    if b"PRIVATE KEY-----" in data:
        hint = f"give away the public half alone: openssl pkey -in {path} -pubout"
        raise InputError("is a private key, and a public one is expected", subject=str(path), hint=hint)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise InputError("is no public key (PEM)", subject=str(path), hint=_MAKE) from None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"is not an Ed25519 key but {_kind(key)}", subject=str(path), hint=_MAKE)
    return Checker(_keyid(key), key)


def _needs_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("signatures need the package cryptography", hint="pip install 'rightful[sign]'") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", subject=str(path), hint="name the file of a key"
        ) from error
    if len(data) > _MOST_BYTES:
        raise InputError("is far too large for a key", subject=str(path))
    return data


def _keyid(key: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _kind(key: object) -> str:
    return f"one of another kind ({type(key).__name__.lstrip('_')})"
