"""JSON that a host serves, read strictly: whatever can be read in two ways is not read. Floor 2: pure."""

from __future__ import annotations

import json
import re
from typing import Any

from rightful.errors import InputError
from rightful.notation.json_objects import Twice, each_once

MOST_BYTES = 16 << 20
"""A document that is larger is not read: no statement of preferences, and no metadata of one work, has this size."""


_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def loads(raw: bytes) -> Any:
    """The document. A byte order mark is no part of it, UTF-16 and UTF-32 are read (RFC 8259 8.1 of former days).

    Raises :class:`InputError` for what is no JSON, a key that stands twice in one object, what is nested too deep, and what is larger
    than :data:`MOST_BYTES`.
    """
    if len(raw) > MOST_BYTES:
        raise InputError(f"is larger than {MOST_BYTES >> 20} MiB")
    try:
        text = raw.decode(json.detect_encoding(raw))
        document = json.loads(text, object_pairs_hook=each_once)
        if _HALF.search(text):
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except UnicodeDecodeError:
        raise InputError("is in no encoding of Unicode") from None
    except UnicodeEncodeError:
        raise InputError("has half of a character") from None
    except RecursionError:
        raise InputError("is nested too deep") from None
    except Twice as error:
        raise InputError(str(error)) from None
    except ValueError as error:
        raise InputError(f"is not JSON: {error}") from None
