"""A capture as rows: read once, for its host and for those addresses of which it says something else. Floor 6. Law 6, 10.8.

What an answer of HTTP means: with 200 and 203 the body counts; 404 and 410 say that a host has no such file, and nothing of a
page; all others are no answer (RFC 9309, 2.3.1, lets crawlers in where robots.txt is "unavailable" by 401 or 403: that nothing is
reserved there it does not say, so it counts as failed). Nor are those with less than the whole: 202 is what guards answer with
before they let anybody in, 204 has nothing. 206 is a part: what it reserves counts, and it is never a look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from rightful.looking.inputs import Capture
from rightful.looking.reading import DETECTORS, Law, Rules, rules_of
from rightful.signals.web.captured import OF_A_HOST, claims_of, deciding, reserves, stated
from rightful.signals.web.stated import Reading, unreadable
from rightful.store.observations import parted

ABSENT, FOUND, UNREADABLE, FAILED = "absent", "found", "unreadable", "failed"
WHOLE = (200, 203)
"""Statuses of HTTP with which all of what was asked for comes."""
PART = 206
"""The status with which a part of it comes; web archives have such where they kept less than came."""
FILES = {"robots": "/robots.txt", "tdmrep": "/.well-known/tdmrep.json"}
"""Where the file of a protocol lies at a host (RFC 9309, 2.3; TDMRep, 6.1); a page lies at its own address."""
AHEAD = timedelta(minutes=5)
"""Clocks differ: so much later than now an observation may be."""
MOST_KEPT = 4_096
"""So many readings are remembered: those of a crawl are without end."""
MOST_RAW = 1 << 20
"""Of larger captures only the digest and what they state is kept."""


class Said(NamedTuple):
    """What a reading comes to: result, all that is stated as JSON, the claims as JSON."""

    result: str
    statements: str
    deciding: str


_NO_ANSWER = Reading(FAILED)
_NOTHING_THERE = Reading(ABSENT)
Row = dict[str, Any]


@dataclass(slots=True)
class Evaluator:
    """Reads captures of one protocol. What was read before is not read again: many hosts have the same file."""

    protocol: str
    law: Law
    _rules: dict[tuple[bytes, date], Rules] = field(default_factory=dict)
    _said: dict[Reading, Said] = field(default_factory=dict)

    def rows(self, capture: Capture, origin: str, addresses: Iterable[str]) -> list[Row]:
        """The row of a location, and those of the addresses there that have a result of their own."""
        body = capture.body or b""
        base = self._base(capture, origin, body)
        if capture.status == PART:
            return [self.doubtful(capture, origin, "only a part of it is there")]
        unanswered = _without_body(capture, self.protocol)
        if unanswered is not None:
            return [{**base, **self._of(unanswered)._asdict()}]
        rules = self._read(capture, body)
        if self.protocol not in OF_A_HOST:
            reading = rules.reading(capture.url)
            return [{**base, "address": capture.url, **self._of(reading)._asdict()}]
        said = self._of(rules.elsewhere(origin))
        # What tells paths apart is kept whole: addresses that come later are held against it.
        raw = body if rules.varies else base["raw"]
        rows = [{**base, "raw": raw, "varies": rules.varies, **said._asdict()}]
        rows += own_rows(rows[0], rules, addresses, self._of)
        return rows

    def doubtful(self, capture: Capture, origin: str, why: str) -> Row:
        """The row of a location of a capture that is none that counts (nobody knows when it was made, it stood elsewhere, or not
        all of it is there): it is no look, and what it may reserve of any address is left open. A licence that it states may
        be restricted by what is not there: it leaves open as much, and grants nothing."""
        body = capture.body or b""
        base = self._base(capture, origin, body)
        unanswered = _without_body(replace(capture, status=None) if capture.status == PART else capture, self.protocol)
        if unanswered is not None:
            return {**base, **self._of(_NO_ANSWER)._asdict()}
        rules = self._read(capture, body)
        reading = rules.elsewhere(origin) if self.protocol in OF_A_HOST else rules.reading(capture.url)
        open_ = unreadable(self.law.signals.all_acts(self.protocol), why)
        if rules.varies:
            reading = open_
        elif reading.licenses:
            reading = replace(reading, licenses=(), statements=(*reading.statements, *open_.statements))
        says = self._of(reading)
        result = UNREADABLE if says.deciding else FAILED
        return {**base, **says._replace(result=result)._asdict()}

    def of_new(self, host_row: Row, raw: bytes, addresses: Iterable[str]) -> list[Row]:
        """The rows of further addresses of a location, of a capture that is at rest (``host_row``)."""
        capture = Capture(observed_at=host_row["observed_at"], body=raw)
        return own_rows(host_row, self._read(capture, raw), addresses, self._of)

    def _read(self, capture: Capture, body: bytes) -> Rules:
        on = capture.observed_at.date()
        if self.protocol not in OF_A_HOST:
            return rules_of(self.protocol, body, capture.headers, self.law, on)
        key = (hashlib.sha256(body).digest(), on)
        rules = self._rules.get(key)
        if rules is None:
            if len(self._rules) >= MOST_KEPT:
                self._rules.clear()
            rules = self._rules[key] = rules_of(self.protocol, body, (), self.law, on)
        return rules

    def _of(self, reading: Reading) -> Said:
        said = self._said.get(reading)
        if said is None:
            claims = claims_of(self.protocol, reading, self.law.names, self.protocol, DETECTORS[self.protocol])
            result = reading.result
            if result in (ABSENT, FOUND):
                # Found is a reservation: that a use is allowed, or a licence stated, reserves nothing.
                result = FOUND if reserves(claims) else ABSENT
            if len(self._said) >= MOST_KEPT:
                self._said.clear()
            said = self._said[reading] = Said(result, stated(reading), deciding(claims))
        return said

    def _base(self, capture: Capture, origin: str, body: bytes) -> Row:
        name, _, version = DETECTORS[self.protocol].partition("/")
        scheme, host, port = parted(origin)
        kept = self.protocol != "html" and capture.body is not None and len(body) <= MOST_RAW
        raw: bytes | None = body if kept else None
        if self.protocol == "headers":
            raw = "\n".join(f"{n}: {v}" for n, v in capture.headers).encode("utf-8", "surrogatepass")
            body = raw
        return {
            "scheme": scheme,
            "host": host,
            "port": port,
            "address": None if self.protocol in OF_A_HOST else capture.url,
            "protocol": self.protocol,
            "observed_at": capture.observed_at,
            "by": capture.by or None,
            "varies": False,
            "raw": raw,
            "sha256": hashlib.sha256(body).digest(),
            "detector": name,
            "detector_version": version,
            "place": None,
        }


def own_rows(
    host_row: Mapping[str, Any], rules: Rules, addresses: Iterable[str], of: Callable[[Reading], Said]
) -> list[Row]:
    """The rows of the addresses of a location that have another result, or other claims, than the host as a whole."""
    rows: list[Row] = []
    if not rules.varies:
        return rows
    for address in addresses:
        if rules.may_differ(address):
            said = of(rules.reading(address))
            if (said.result, said.deciding) != (host_row["result"], host_row["deciding"]):
                rows.append({**host_row, "address": address, "varies": False, "raw": None, **said._asdict()})
    return rows


def _without_body(capture: Capture, protocol: str) -> Reading | None:
    """What comes of an answer of which the body does not count; None where it does."""
    status = capture.status
    if status in (404, 410):
        return _NOTHING_THERE if protocol in OF_A_HOST else _NO_ANSWER
    if status is not None and status not in WHOLE:
        return _NO_ANSWER
    # No response is without fields, and no page without a byte: these were not kept, and nobody knows what they said.
    kept: object = {"headers": capture.headers, "html": capture.body}.get(protocol, capture.body is not None)
    return None if kept else _NO_ANSWER
