"""What the content of a record is, to the byte: a text, or a text with the conversation that it was made from. Floor 1.

A member of an object that is null says what one says that is not there, and the order of members says nothing: Parquet
cannot keep either. So the digest is of the form without both, and a conversation that went through Parquet is the same.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def content_digest(text: str, conversation: str | None) -> bytes:
    """The SHA-256 of a record's content: of its text, and of the conversation, which is JSON, where it is one.

    Raises :class:`ValueError` for a conversation that is no JSON.

    >>> content_digest("a", None) == hashlib.sha256(b"a").digest(), content_digest("a", "{}") == content_digest("a", None)
    (True, False)
    """
    if conversation is None:
        return hashlib.sha256(text.encode()).digest()
    plain = dumps(without_nulls(json.loads(conversation)), sort_keys=True)
    return hashlib.sha256(f"{text}\0{plain}".encode()).digest()  # a text has no NUL: the two cannot be told wrongly


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
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=sort_keys)
