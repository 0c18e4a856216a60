"""What was read at a location, as it lies in a store: all that was stated, and the claims that decide. Floor 2: pure. Law 6, 10.

The claims of a capture are made when it is read, once; a decision takes them as they are. They have no day: of each protocol
the newest capture that could be read counts, and which that is depends on the instant that is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rightful.rights.evidence import Evidence, Observation, as_json, evidence_id, license_claim
from rightful.rights.expression import Names
from rightful.signals.web.stated import ALLOW, License, Reading, Statement, reservations

TERMS = "terms"
"""The protocol of the terms of use of a host: a statement in words about all that stands there."""
OF_A_HOST = ("robots", "tdmrep", TERMS)
"""What is stated once for all of a host; the other protocols speak of one address."""
OF_AN_ADDRESS = ("headers", "html")
CAPTURED = (*OF_A_HOST, *OF_AN_ADDRESS)


def stated(reading: Reading) -> str:
    """All that a reading says, as JSON: its statements, its licences and what it could not read."""
    says: dict[str, Any] = {"statements": [_statement(one) for one in reading.statements]}
    if reading.licenses:
        says["licenses"] = [
            {"raw": of.raw, "place": of.place, "tier": of.tier, "why": of.why} for of in reading.licenses
        ]
    if reading.unread:
        says["unread"] = list(reading.unread)
    return _json(says)


def statements_of(text: str) -> list[dict[str, Any]]:
    """The statements of a row at rest, as they are shown."""
    listed: list[dict[str, Any]] = json.loads(text).get("statements", [])
    return listed


def claims_of(protocol: str, reading: Reading, names: Names, place: str, detector: str) -> list[Evidence]:
    """The claims of a reading about the records of its location: what it reserves or leaves open, and licences that it states."""
    name, _, version = detector.partition("/")
    claims: list[Evidence] = []
    for one in reading.statements:
        if one.status == ALLOW:
            continue
        seen = Observation(one.raw, place, name, version)
        tier, bound_to = (5, "collection") if protocol == TERMS else (4, "location")
        [claim] = reservations([one], seen, tier=tier, bound_to=bound_to)
        claims.append(replace(claim, basis=protocol, valid_until=_after(one.until)))
    claims += [c for of in reading.licenses if (c := _licensed(of, names, place, detector)) is not None]
    return claims


def deciding(claims: Iterable[Evidence]) -> str:
    """Claims as canonical JSON: equal claims are equal texts. Empty where there are none."""
    by_id = {evidence_id(claim): as_json(claim) for claim in claims}
    return _json([by_id[i] for i in sorted(by_id)]) if by_id else ""


def reserves(claims: Iterable[Evidence]) -> bool:
    """True where something is reserved or left open: then it is not absent, whatever else is stated."""
    return any(claim.kind == "reservation" for claim in claims)


def _licensed(of: License, names: Names, place: str, detector: str) -> Evidence | None:
    where = f"{place}, {of.place}" if of.place else place
    return license_claim(of.raw, names, tier=of.tier, bound_to="location", place=where, detector=detector)


def _statement(one: Statement) -> Mapping[str, Any]:
    says: dict[str, Any] = {"acts": sorted(one.acts), "status": one.status, "raw": one.raw}
    more = {
        "label": one.label,
        "obligations": sorted(one.obligations),
        "purposes": sorted(one.purposes),
        "jurisdictions": sorted(one.jurisdictions - {"*"}),
        "until": one.until.isoformat() if one.until else "",
    }
    return says | {key: value for key, value in more.items() if value}


def _after(day: date | None) -> datetime | None:
    """The first instant after a day; None where there is none."""
    try:
        return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)
    except OverflowError:
        return None


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
