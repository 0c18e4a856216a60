"""Keys as an operator makes them: a pair of PEM files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def pair(folder: Path, seed: bytes = b"s" * 32) -> tuple[Path, Path]:
    """The files of a private key and of its public half; the same seed gives the same key."""
    folder.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return written(folder / "key.pem", key), written(folder / "public.pem", key.public_key())


def written(path: Path, key: Any) -> Path:
    """A key of any kind, as PEM."""
    if hasattr(key, "private_bytes"):
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    else:
        path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path
