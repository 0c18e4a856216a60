"""Node packages: ``package.json``. Floor 2: pure.

npm, *package.json*, "license": an expression of SPDX, ``SEE LICENSE IN <file>`` or ``UNLICENSED``; in old packages an object
with ``type`` and ``url``, or a list ``licenses`` of which one may be chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from rightful.notation.json_objects import each_once
from rightful.rights.evidence import Evidence
from rightful.signals.packages.stated import name_claims, text_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

NAME = "package-json/3"
_SEE = re.compile(r"see licen[cs]e in (?P<file>.+)", re.IGNORECASE)


def read(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What a package states. One that cannot be read, or has a key twice, may state anything: it blocks."""
    text = text_of(raw)
    try:
        if text is None:
            raise ValueError("no text")
        if not text.strip():
            return []
        data = json.loads(text, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        return [unreadable((text or "")[:400], f"{place} (no JSON: {str(error)[:60]})", NAME)]
    if not isinstance(data, dict):
        return []
    claims: list[Evidence | Within] = []
    for key, stated in data.items():
        folded = key.strip().lower().replace("licence", "license")
        if folded == "license":
            claims += _license(stated, about, f"{place} ({key})")
        elif folded == "licenses":
            claims += _licenses(stated, about, f"{place} ({key})")
    return claims


def _license(stated: Any, about: About, place: str) -> list[Evidence | Within]:
    if stated is None or stated is False:
        return []
    if isinstance(stated, list):  # not a form of npm: all that is listed holds
        return [claim for one in stated for claim in _license(one, about, place)]
    name = _name(stated)
    if name is None:
        return [unreadable(json.dumps(stated)[:400], place, NAME)]
    elsewhere = _SEE.fullmatch(name.strip())
    if elsewhere is not None:
        file = elsewhere["file"].strip().strip("<>'\"`")
        return [Within(unreadable(name, place, NAME), globs=EVERYTHING, refers=file)]
    return [*name_claims(name, about, place, NAME), *_at_address(stated, about, place)]


def _at_address(stated: Any, about: About, place: str) -> list[Evidence]:
    """The licence that the address in an object is known for; most are of a file somewhere, and say nothing here."""
    url = stated.get("url") if isinstance(stated, dict) else None
    read = name_claims(url, about, place, NAME) if isinstance(url, str) and url != _name(stated) else []
    return [claim for claim in read if claim.statement == "license"]


def _licenses(stated: Any, about: About, place: str) -> list[Evidence | Within]:
    """The old list: one of them may be chosen, where all can be read."""
    listed = stated if isinstance(stated, list) else [stated] if stated else []
    named = [_name(one) for one in listed]
    names = [name for name in named if name is not None and name.strip()]
    if len(names) < len(listed):
        return [unreadable(json.dumps(stated)[:400], place, NAME)]
    if len(names) < 2:
        return [*name_claims(names, about, place, NAME), *(c for one in listed for c in _at_address(one, about, place))]
    apart = [name_claims(name, about, place, NAME) for name in names]
    if any(len(claims) != 1 or claims[0].statement != "license" for claims in apart):
        return [unreadable(json.dumps(stated)[:400], place, NAME)]
    return [*name_claims(" OR ".join(f"({claims[0].expression})" for claims in apart), about, place, NAME)]


def _name(stated: Any) -> str | None:
    """The name in a statement: a string, or an object with ``type``, ``name`` or ``url``."""
    if isinstance(stated, str):
        return stated
    if isinstance(stated, dict):
        texts = (stated.get(key) for key in ("type", "name", "license", "url"))
        return next((text for text in texts if isinstance(text, str) and text.strip()), None)
    return None


SIGNAL = OfFile(NAME, frozenset({"package.json"}), read)
