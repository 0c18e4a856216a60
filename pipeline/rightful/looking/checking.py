"""What one signal says, on its own: read from a file, or from a list of cases. Floor 6. Law 6."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from rightful.catalog.signals import signals_of
from rightful.errors import InputError
from rightful.looking.inputs import MOST_BYTES
from rightful.rights.licenses import Catalog
from rightful.signals.web import kinds
from rightful.signals.web.stated import as_json


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a signal: its kind, the address and the crawler (empty: none), and the day on which it was seen."""

    kind: str
    url: str = ""
    agent: str = ""
    on: date | None = None


def check(raw: bytes, asked: Asked, catalog: Catalog) -> dict[str, Any]:
    """What a capture says. Raises :class:`InputError` for a kind that is none, or that needs what is not installed."""
    about = kinds.About(signals_of(catalog), catalog.names, asked.url, asked.agent, asked.on)
    reading, allowed = kinds.check(asked.kind, raw, about)
    return {
        "kind": asked.kind,
        "url": asked.url,
        "agent": asked.agent,
        "on": None if asked.on is None else asked.on.isoformat(),
        "result": reading.result,
        "statements": as_json(reading.statements),
        "licenses": [
            {"raw": one.raw, "place": one.place, "tier": one.tier, "why": one.why} for one in reading.licenses
        ],
        "unread": list(reading.unread),
        "allowed": allowed,
    }


def of_cases(path: Path | bytes, asked: Asked, catalog: Catalog) -> list[dict[str, Any]]:
    """The answers of a list of cases, in its order. What a case does not say is as it was asked.

    Raises :class:`InputError` naming the case that is none; then nothing is answered.
    """
    raw_list, place = (path, "--cases") if isinstance(path, bytes) else (bytes_of(path), str(path))
    try:
        cases = orjson.loads(raw_list)
    except orjson.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error}", subject=place, hint=_CASES) from None
    if not isinstance(cases, list):
        raise InputError("is not a list of cases", subject=place, hint=_CASES)
    read = [_case(case, asked, f"{place}: case {number}") for number, case in enumerate(cases, 1)]
    return [_without_none(check(raw, one, catalog)) for raw, one in read]


_CASES = 'write [{"text": "User-agent: *\\nDisallow: /", "url": "https://example.org/a", "agent": "ExampleBot"}]'


def _case(case: Any, asked: Asked, place: str) -> tuple[bytes, Asked]:
    if not isinstance(case, dict):
        raise InputError(f"expected an object, not {type(case).__name__}", subject=place, hint=_CASES)
    for key in ("text", "url", "agent"):
        value = case.get(key, "")
        if not isinstance(value, str) and (key == "text" or value is not None):
            raise InputError(f"{key!r} is a text, not {type(value).__name__}", subject=place, hint=_CASES)
    if "text" not in case:
        raise InputError("has no 'text'", subject=place, hint=_CASES)
    url, agent = case.get("url") or asked.url, case.get("agent") or asked.agent
    return case["text"].encode("utf-8", "surrogatepass"), Asked(asked.kind, url, agent, asked.on)


def _without_none(answer: dict[str, Any]) -> dict[str, Any]:
    return answer if answer["allowed"] is not None else {k: v for k, v in answer.items() if k != "allowed"}


def bytes_of(path: Path) -> bytes:
    """The bytes of a capture. Raises :class:`InputError` where there is none, or it is larger than 64 MiB."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError("there is no such file", subject=str(path)) from None
    except IsADirectoryError:
        raise InputError("is a folder, not the capture of a signal", subject=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", subject=str(path)) from None
    if len(raw) > MOST_BYTES:
        raise InputError(f"is larger than {MOST_BYTES >> 20} MiB, which no signal is", subject=str(path))
    return raw
