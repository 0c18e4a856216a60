"""What a row of somebody else's pipeline is: its name, its content and its address, as an ingest would find them. Floor 11.

A row brings content in whichever column a reader takes for the text, or as a conversation. What stands there and is no text is
content as well, of which nobody can say whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from rightful.notation.contents import content_digest
from rightful.notation.urls import canonical
from rightful.readers.fields import KNOWN, MISSING, plan_of, reach
from rightful.readers.strict import Repeated
from rightful.readers.talks import NoTalk, OtherUse, Placed, placed, read
from rightful.readers.values import first_address
from rightful.rights.columns import Fields
from rightful.store.selectors import is_record_id

_FIELDS = Fields()
_OF_NOTHING = b"\0" * 32
"""The digest that no content has."""
ASKED = pa.schema(
    [
        pa.field("n", pa.int64()),
        pa.field("record_id", pa.string()),
        pa.field("id", pa.string()),
        pa.field("url", pa.string()),
        pa.field("content_sha256", pa.binary(32)),
    ]
)


def is_unicode(value: object) -> bool:
    """False where a text, however deep, has half a character (a lone surrogate): nothing can be held against it."""
    try:
        orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # also for other values that JSON has no form for
        if isinstance(value, Mapping):
            return all(is_unicode(of) for pair in value.items() for of in pair)
        if isinstance(value, list | tuple | set):
            return all(map(is_unicode, value))
        return not isinstance(value, str)
    return True


class _Places(NamedTuple):
    """Where rows with certain names have a text, a conversation and an address."""

    texts: tuple[str, ...]
    talks: tuple[Placed, ...]
    urls: tuple[str, ...]


class Content(NamedTuple):
    """What a row brings: its text, None for nothing, or what is no text at all; the conversation that it is, as a store has it;
    whether the text stands in a column."""

    text: object
    conversation: str | None = None
    is_text: bool = False


@lru_cache(maxsize=1024)
def _places(names: tuple[str, ...]) -> _Places:
    """Where a row is looked into, as a reader does."""
    texts = (*plan_of(KNOWN["text"], names), *(name for name in names if name.casefold() in KNOWN["text"]))
    return _Places(texts, placed(_FIELDS, names), plan_of(KNOWN["url"], names))


def _places_of(row: Mapping[str, Any]) -> _Places:
    return _places(tuple(row))


def content_of(row: Mapping[str, Any]) -> Content:
    """What a row brings, in whichever column: what is no text and no conversation is content that nobody can read."""
    places = _places_of(row)
    found = (reach(row, path) for path in places.texts)
    text = next((value for value in found if not _is_nothing(value)), None)
    try:
        talk = read(row, places.talks) if places.talks else None
    except OtherUse:
        talk = None
    except (NoTalk, Repeated) as why:
        return Content(why if text is None else text, is_text=text is not None)
    if text is not None:
        return Content(text, talk.stored if talk is not None and talk.text == text else None, is_text=True)
    return Content(None) if talk is None else Content(talk.text, talk.stored)


def _is_nothing(value: object) -> bool:
    if isinstance(value, str):
        return not value
    return value is MISSING or value is None or (isinstance(value, float) and value != value)


def _address(row: Mapping[str, Any]) -> str | None:
    """Where a row is from."""
    found = (first_address(value) for path in _places_of(row).urls if (value := reach(row, path)) is not MISSING)
    return next(filter(None, found), None)


def asked_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of what it is. ``is_stated``: it names a record of a store, and not something that looks like one."""
    stated, own, url = row.get("record_id"), row.get("id"), _address(row)
    named = stated if isinstance(stated, str) and stated else own
    digest, (text, conversation, _) = row.get("content_sha256"), content_of(row)
    if isinstance(text, str):
        digest = content_digest(text, conversation)
    elif text is not None:
        digest = _OF_NOTHING
    elif isinstance(digest, str):
        digest = bytes.fromhex(digest) if _is_digest(digest) else _OF_NOTHING
    return {
        "record_id": named.strip().lower() if isinstance(named, str) and is_record_id(named) else None,
        "is_stated": isinstance(stated, str) and bool(stated),
        "id": str(own) if isinstance(own, str | int) else None,
        "url": canonical(url)[0] if url else None,
        "content_sha256": digest if isinstance(digest, bytes) and len(digest) == 32 else None,
    }


def _is_digest(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdefABCDEF" for c in text)
