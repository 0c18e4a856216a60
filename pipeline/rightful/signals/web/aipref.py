"""AI preferences of the IETF (``Content-Usage``): what a statement says, by the date on which it was seen. Floor 2: pure. Law 6.

A statement is a Dictionary of RFC 9651 whose keys are categories of use and whose values are the Tokens ``y`` and ``n``
(draft-ietf-aipref-vocab, sections 6 and 7). What the categories mean has changed with the drafts, and is data: the terms of the
scheme ``aipref``, legacy labels among them. Stricter than the draft in this: a statement that cannot be read is not taken for
silence. It may be the reservation, so that what it could have reserved is left open.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from rightful.rights.signals import Signals
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement

DETECTOR = "aipref/1"
PROTOCOL = "aipref"
MOST_BYTES = 64 * 1024
"""A statement that is longer is not read: a header of this size is no statement of preference."""
_REFUSES = frozenset({"n", "no", "false", "off", "0", "deny", "disallow", "none"})


def read(raw: bytes | str, signals: Signals, on: date | None = None) -> Reading:
    """What one statement says, as it stands in ``Content-Usage`` (several header lines: joined by commas, RFC 9651 section 4.2).

    A repeated key counts as it stands last, parameters do not count, a known label with a value other than the Tokens ``y`` and
    ``n`` is left open. An unknown label is silent; where its value refuses it is kept as unread. Never raises.
    """
    octets = raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else raw
    octets = octets.strip(b" \t\r\n")
    if not octets:
        return Reading()
    stated = _dictionary(octets)
    if stated is None:
        text = octets.decode("utf-8", "replace")[:QUOTED]
        return Reading("unreadable", (Statement(signals.all_acts(PROTOCOL, on), UNKNOWN, text),), unread=(text,))
    statements: list[Statement] = []
    unread: list[str] = []
    for label, member in stated.items():
        value = member[0] if isinstance(member, tuple) else member
        acts, written = signals.acts(PROTOCOL, label, on), f"{label}={_as_written(value)}"
        if acts is None:
            unread += [written[:QUOTED]] if _refuses(value) else []
        elif acts:
            status = {"y": ALLOW, "n": RESERVE}.get(str(value), UNKNOWN) if _is_token(value) else UNKNOWN
            unread += [written[:QUOTED]] if status == UNKNOWN else []
            statements.append(Statement(acts, status, written[:QUOTED], label))
    if unread:
        return Reading("unreadable", tuple(statements), unread=tuple(unread))
    return Reading("found" if statements else "absent", tuple(statements))


def _dictionary(octets: bytes) -> dict[str, Any] | None:
    import http_sf

    if len(octets) > MOST_BYTES:
        return None
    try:
        parsed = http_sf.parse(octets, tltype="dictionary")
    except ValueError:  # what http_sf raises is one
        return None
    return parsed if isinstance(parsed, dict) else None


def _is_token(value: object) -> bool:
    return type(value).__name__ == "Token"


def _refuses(value: object) -> bool:
    """True for whatever a writer may have meant as a no: this label may be the reservation."""
    return value is False or str(value).strip().lower() in _REFUSES


def _as_written(value: object) -> str:
    """A value as RFC 9651 writes it, near enough to be recognised."""
    match value:
        case bool():
            return "?1" if value else "?0"
        case str():
            return f'"{value}"'
        case list():
            return "(...)"
    return str(value)
