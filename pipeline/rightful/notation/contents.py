"""What the content of a record is, to the byte: a text, or a text with the conversation that it was made from. Floor 1.

A member of an object that is null says what one says that is not there, and the order of members says nothing: Parquet
cannot keep either. So the digest is of the form without both, and a conversation that went through Parquet is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

EXTERNAL = "message/external-body"
"""The media type of a record whose content is elsewhere: of a message whose body is (RFC 2046, section 5.2.3)."""


def content_digest(text: str, conversation: str | None) -> bytes:
    """The SHA-256 of a record's content: of its text, and where it is a conversation of that, as it is stored: JSON with
    the values of its ``columns``.

    Raises :class:`ValueError` for a conversation that is no such JSON.

    >>> stored = '{"form":"question-answer","columns":{"question":"a","answer":"b"}}'
    >>> content_digest("a", stored) == digest_of("a", {"answer": "b", "question": "a"})
    True
    """
    if conversation is None:
        return digest_of(text, None)
    stored = json.loads(conversation)
    if not isinstance(stored, dict) or not isinstance(stored.get("columns"), dict):
        raise ValueError("no conversation")
    return digest_of(text, stored["columns"])


def digest_of(text: str, columns: Mapping[str, Any] | None) -> bytes:
    """The same, from the columns of a conversation by their names; None for a record that is none.

    >>> digest_of("a", None) == hashlib.sha256(b"a").digest()
    True
    """
    if columns is None:
        return hashlib.sha256(text.encode()).digest()
    plain = dumps(without_nulls(columns), sort_keys=True)
    return hashlib.sha256(f"{text}\0{plain}".encode()).digest()  # a text has no NUL: the two cannot be told wrongly


def media_digest(media: str, sha256: str | None) -> bytes:
    """What content that lies elsewhere is known by: the SHA-256 that is stated of it, in hexadecimal, or else one of where it lies.

    >>> media_digest("https://example.org/1.jpg", "ab" * 32) == bytes.fromhex("ab" * 32)
    True
    """
    return bytes.fromhex(sha256) if sha256 is not None else hashlib.sha256(f"\0elsewhere\0{media}".encode()).digest()


def without_nulls(value: Any) -> Any:
    """The value without the members of objects that are null.

    >>> without_nulls({"a": None, "b": [None, {"c": None}]})
    {'b': [None, {}]}
    """
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list | tuple) else value


def dumps(value: Any, *, sort_keys: bool = False) -> str:
    """Compact JSON of one form, whoever writes it. Raises :class:`TypeError` for what JSON has no form for,
    :class:`ValueError` for NaN and infinity."""
    return (_SORTED if sort_keys else _AS_IT_IS).encode(value)


_AS_IT_IS, _SORTED = (
    json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=sort_keys)
    for sort_keys in (False, True)
)
