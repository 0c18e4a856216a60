"""The assertion of training and data mining of CAWG, and as C2PA had it. Floor 2: pure. CAWG 1.1, law 6.11.

It is embedded in a picture, a film or a document and signed; here it is read from the JSON that a C2PA tool prints of it: the
assertion, what stands around it (a manifest, a manifest store), or its entries alone. It is bound to the work. Whether the
signature holds is not looked at: a reservation counts without, and an allowance grants nothing anyhow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rightful.errors import InputError
from rightful.rights.signals import Signals
from rightful.signals.web.json_text import loads
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement, unreadable

DETECTOR = "cawg/1"
PROTOCOL = "cawg"
ASSERTIONS = ("cawg.training-mining", "c2pa.training-mining")
SPACES = ("cawg.", "c2pa.")
MOST_ENTRIES = 10_000


def read(raw: bytes, signals: Signals, on: date | None = None) -> Reading:
    """What the metadata of a work says. ``constrained`` counts as not allowed: with ``constraint_info`` as well, permission still
    has to be asked for (CAWG 1.1, "Entry values"). Never raises."""
    acts = signals.all_acts(PROTOCOL, on)
    try:
        document = loads(raw)
    except InputError as error:
        return unreadable(acts, str(error))
    statements: list[Statement] = []
    unread: list[str] = []
    for n, (name, entry) in enumerate(_entries(document)):
        if n == MOST_ENTRIES:
            return unreadable(acts, f"has more than {MOST_ENTRIES} entries")
        stated = _entry(name, entry, signals, on)
        if isinstance(stated, str):
            unread.append(stated)
            statements += [Statement(acts, UNKNOWN, stated)] if name == "" else []
        elif stated is not None:
            statements.append(stated)
            unread += [stated.raw] if stated.status == UNKNOWN else []
    if unread:
        return Reading("unreadable", tuple(statements), unread=tuple(unread))
    return Reading("found" if statements else "absent", tuple(statements))


def _entry(name: str, entry: Any, signals: Signals, on: date | None) -> Statement | str | None:
    """What one entry states; what is not understood of it, as text; None for what allows something that is not known."""
    use = entry.get("use") if isinstance(entry, Mapping) else entry
    info = entry.get("constraint_info") if isinstance(entry, Mapping) else None
    raw = f"{name}: {use if isinstance(use, str) else json.dumps(entry, ensure_ascii=False)}"[:QUOTED]
    if isinstance(info, str) and info:
        raw = f"{raw} ({info[:QUOTED]})"
    label = name if name.startswith(SPACES) else f"{PROTOCOL}.{name}"
    reserved = signals.acts(PROTOCOL, label, on)
    word = use.replace("_", "").replace("-", "").casefold() if isinstance(use, str) else ""
    if reserved is None:
        return None if word == "allowed" else raw
    status = {"allowed": ALLOW, "notallowed": RESERVE, "constrained": RESERVE}.get(word, UNKNOWN)
    return Statement(reserved, status, raw, label)


def _entries(document: Any) -> Iterator[tuple[str, Any]]:
    """The entries of every assertion in a document, however deep; of a document that is no more than entries, these."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            label = value.get("label")
            if isinstance(label, str) and _is_assertion(label):
                yield from _of(value.get("data", value))
                continue
            for name, inner in value.items():
                if _is_assertion(name) or name == "entries":
                    yield from _of(inner)
                elif name.startswith(SPACES) and not isinstance(inner, list):
                    if _could_be_an_entry(inner):
                        yield name, inner
                    else:
                        waiting.append(inner)
                else:
                    waiting.append(inner)


def _of(data: Any) -> Iterator[tuple[str, Any]]:
    """The entries of what an assertion holds."""
    if isinstance(data, dict) and "entries" in data:
        data = data["entries"]
    if isinstance(data, dict):
        yield from data.items()
    elif isinstance(data, list):
        for one in data:
            names = [one[key] for key in ("use_type", "label", "name") if isinstance(one, dict) and key in one]
            yield (str(names[0]) if names else "", one)
    else:
        yield "", data


def _is_assertion(label: str) -> bool:
    return label.split("__")[0] in ASSERTIONS  # __1, __2: several of one label in a manifest


def _could_be_an_entry(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and "use" in value)
