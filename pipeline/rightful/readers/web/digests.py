"""Digests as web archives state them, of blocks and of payloads. Floor 2: the readers. WARC 1.1, sections 5.8 and 5.9."""

from __future__ import annotations

import base64
import hashlib
import re

_DIGESTS = ("sha1", "sha256", "sha512", "md5", "sha224", "sha384")
_LETTERS = re.compile(r"[A-Za-z2-7]+=*|[0-9a-fA-F]+")


def digest_fits(stated: str, *forms: bytes) -> bool | None:
    """Whether one of some bytes has the digest that is stated as ``sha1:...`` in base 32 or 16; None where none can be checked.

    >>> digest_fits("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b"")
    True
    """
    name, colon, value = stated.strip().partition(":")
    name = name.lower().replace("-", "")
    if not colon or name not in _DIGESTS or not _LETTERS.fullmatch(value.strip()):
        return None
    size = hashlib.new(name, usedforsecurity=False).digest_size
    raw = _raw(value.strip(), size)
    if raw is None:
        return None
    return any(hashlib.new(name, form, usedforsecurity=False).digest() == raw for form in forms)


def _raw(value: str, size: int) -> bytes | None:
    """The bytes of a digest, in whichever base has so many."""
    try:
        if len(value) == 2 * size:
            return bytes.fromhex(value)
        bare = value.rstrip("=").upper()
        return raw if len(raw := base64.b32decode(bare + "=" * (-len(bare) % 8))) == size else None
    except ValueError:
        return None
