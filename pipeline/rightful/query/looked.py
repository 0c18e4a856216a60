"""Where somebody looked for reservations on one record: every capture of its location and address, newest first. Floor 7."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rightful.decisions.cases import Decided
from rightful.rights.evidence import Observation, evidence_id, from_json
from rightful.signals.web.captured import statements_of
from rightful.store.duck import literal, rows
from rightful.store.ledger import stamp
from rightful.store.observations import known_at, origin_of

MOST = 40
"""So many are shown, the newest of each protocol among them."""
_READABLE = ("absent", "found")


def looked_at(decided: Decided, record: str) -> tuple[list[dict[str, Any]], dict[str, list[Observation]]]:
    """The captures of the location and address of a record that were made until the instant that is asked about; and what was
    read there, by claim.

    ``counts``: the newest of its protocol that could be read, and what came after it without being readable; ``at_fetch``:
    what was in force when the record was fetched, the newest that could be read until then.
    """
    if not decided.observing.captured:
        return [], {}
    at = known_at(decided.as_of)
    query = f"""WITH one AS (SELECT url, fetched_at, {origin_of("url")} AS origin FROM records WHERE record_id = {literal(record)}
            AND url IS NOT NULL LIMIT 1),
        mine AS (SELECT c.*, o.fetched_at FROM captures c JOIN one o ON c.origin = o.origin
            WHERE (c.address IS NULL OR c.address = o.url) AND least(c.observed_at, c.recorded) <= {at})
        SELECT protocol, coalesce(address, origin), observed_at, recorded, result, "by", statements, deciding, detector,
            detector_version, fetched_at, place FROM mine m
        WHERE address IS NOT NULL OR NOT EXISTS (SELECT 1 FROM mine n WHERE n.address IS NOT NULL AND n.protocol = m.protocol
            AND n.observed_at = m.observed_at AND n.sha256 = m.sha256)
        ORDER BY observed_at DESC, protocol, result DESC"""
    listed = [_Capture(*row) for row in rows(decided.con, query)]
    counting = [c for c in listed if _counts(c, listed, decided.as_of)]
    fetched = [
        c for c in listed if c.fetched_at is not None and c.result in _READABLE and c.observed_at <= c.fetched_at
    ]
    at_fetch = {c.protocol: c for c in reversed(fetched)}
    shown = [c for c in listed if c in counting or c in at_fetch.values()]
    shown += [c for c in listed if c not in shown][: max(0, MOST - len(shown))]
    answer = [c.as_json(c in counting, at_fetch.get(c.protocol) is c) for c in listed if c in shown]
    return answer, _seen(counting)


class _Capture:
    """One row of captures."""

    def __init__(self, *row: Any) -> None:
        self.protocol: str = row[0]
        self.location: str = row[1]
        self.observed_at: datetime = row[2]
        self.recorded: datetime = row[3]
        self.result: str = row[4]
        self.by: str | None = row[5]
        self.statements: str = row[6]
        self.deciding: str = row[7]
        self.detector: str = f"{row[8]}/{row[9]}"
        self.fetched_at: datetime | None = row[10]
        self.place: str | None = row[11]

    def as_json(self, counts: bool, at_fetch: bool) -> dict[str, Any]:
        """As explain answers."""
        return {
            "protocol": self.protocol,
            "location": self.location,
            "result": self.result,
            "observed_at": stamp(self.observed_at),
            "recorded_at": stamp(self.recorded),
            "by": self.by,
            "place": self.place,
            "detector": self.detector,
            "statements": [{k: s[k] for k in ("acts", "status", "raw")} for s in statements_of(self.statements)],
            "counts": counts,
            "at_fetch": at_fetch,
        }


def _counts(capture: _Capture, listed: Iterable[_Capture], as_of: datetime) -> bool:
    """False once a newer one that could be read, and was known at the instant, says what is there."""
    if capture.result == "absent" and max(capture.observed_at, capture.recorded) > as_of:
        return False
    newer = (
        c.result in _READABLE
        and c.protocol == capture.protocol
        and c.observed_at > capture.observed_at
        and max(c.observed_at, c.recorded) <= as_of
        for c in listed
    )
    return not any(newer)


def _seen(counting: Iterable[_Capture]) -> dict[str, list[Observation]]:
    """What was read, where and when, by the claims that come of it."""
    seen: dict[str, list[Observation]] = {}
    for c in counting:
        raws = [s["raw"] for s in statements_of(c.statements) if s["status"] != "allow"]
        raws += [of["raw"] for of in json.loads(c.statements).get("licenses", ())]
        name, _, version = c.detector.partition("/")
        for one in json.loads(c.deciding or "[]"):
            shown = Observation("; ".join(dict.fromkeys(raws)), c.location, name, version, stamp(c.observed_at))
            seen.setdefault(evidence_id(from_json(one)), []).append(shown)
    return seen
