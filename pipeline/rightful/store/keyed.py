"""Keyed hashes of what a tombstone knows a record by: nobody without the key of the store can try out texts on them. Floor 4.

HMAC-SHA-256 under a key that is derived from the store's. The same in SQL, column by column, for what arrives.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

TAKES = "inner outer"
"""The values that a query with :func:`keyed_text` or :func:`keyed_digest` in it takes: see :func:`values`."""
_BLOCK = 64


def tombstone_key(key: bytes) -> bytes:
    """The key of the tombstones, from that of the store."""
    return hmac.new(key, b"rightful.tombstones/1", hashlib.sha256).digest()


def keyed(content: bytes, key: bytes) -> bytes:
    """The keyed hash of a digest or of a text as UTF-8; ``key`` is that of the tombstones."""
    return hmac.new(key, content, hashlib.sha256).digest()


def values(key: bytes) -> Mapping[str, bytes]:
    """What the SQL takes: the two padded keys of RFC 2104. ``key`` is that of the store."""
    padded = tombstone_key(key).ljust(_BLOCK, b"\0")
    return {"inner": bytes(b ^ 0x36 for b in padded), "outer": bytes(b ^ 0x5C for b in padded)}


def keyed_digest(column: str) -> str:
    """The SQL of :func:`keyed` of a column of bytes: bytes; null stays null."""
    return f"unhex(sha256($outer || unhex(sha256($inner || {column}))))"


def keyed_text(column: str) -> str:
    """The SQL of :func:`keyed` of a column of text: hexadecimal digits; null stays null."""
    return f"sha256($outer || unhex(sha256($inner || encode({column}))))"
