"""JSON that a host serves, read strictly: whatever can be read in two ways is not read. Floor 2: pure."""

from __future__ import annotations

import json
from typing import Any

from rightful.errors import InputError


def loads(raw: bytes) -> Any:
    """The document. A byte order mark is no part of it, UTF-16 and UTF-32 are read (RFC 8259 8.1 of former days).

    Raises :class:`InputError` for what is no JSON, a key that stands twice in one object, and what is nested too deep.
    """
    try:
        return json.loads(raw, object_pairs_hook=_once) if raw[:3] != b"\xef\xbb\xbf" else loads(raw[3:])
    except UnicodeDecodeError:
        raise InputError("is in no encoding of Unicode") from None
    except RecursionError:
        raise InputError("is nested too deep") from None
    except ValueError as error:
        raise InputError(f"is not JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        twice = next(name for n, (name, _) in enumerate(pairs) if name in dict(pairs[:n]))
        raise InputError(f"names {twice[:80]!r} twice in one object")
    return read
