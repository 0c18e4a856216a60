"""Where somebody looked for reservations, and what came of it: ``[[observed]]`` of a source card -> evidence. Floor 2.

An observation is dated by whoever made it and counts for as long as the policy says. It grants nothing: that nothing is
reserved may lift a statutory basis (``rights.bases``), and a reservation that was found reserves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from rightful.rights.bases import PROTOCOLS, RESULTS
from rightful.rights.evidence import Evidence, Observation

DETECTOR, VERSION = "observed", "1"
CAPTURE = "capture"
"""What made the claims that stand for captures; their days are kept with the captures, and shown from there."""
MOST_DAYS = 36_500
RESERVES = frozenset({"mine.analyse", "train", "synth.derive"})
"""What a reservation reserves of which is known only that it was found there: what these protocols speak of."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at one protocol on a day. ``hosts`` and ``domains`` (with their subdomains) bound what it is
    about; with neither it is about all of the source. ``claims`` are those of a capture, which says what is reserved; None
    where only the result is stated, as in a card.
    """

    protocol: str
    result: str
    on: date
    by: str
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    claims: tuple[Evidence, ...] | None = None

    def is_about(self, host: str | None) -> bool:
        """True where it speaks of a record with this host (None: without one)."""
        if not (self.hosts or self.domains):
            return True
        return host is not None and (
            host in self.hosts or any(host == d or host.endswith(f".{d}") for d in self.domains)
        )


def observations(looks: Iterable[Look], place: str, within_days: int) -> list[Evidence]:
    """What was observed of one location, as dated claims; and the reservation that was found there, while it stands.

    Of one protocol the newest that could be read counts: a reservation ends where a later look finds none, or says which
    ones it finds. What could not be read ends nothing, and what it reserves beside that is added.
    """
    claims: list[Evidence] = []
    listed = sorted(set(looks), key=lambda k: (k.protocol, k.on, k.result, k.by))
    for look in listed:
        until = _start(look.on, within_days + 1)
        if look.protocol in PROTOCOLS:
            claims.append(_claim(look, place, since=_start(look.on), until=until))
        gone = min((k.on for k in listed if _ends(k, look)), default=None)
        ended = None if gone is None else _start(gone)
        if look.claims is not None:
            claims += [replace(e, valid_until=_sooner(e.valid_until, ended)) for e in look.claims]
        elif look.result == "found":
            claims.append(_reservation(look, place, until=ended))
    return claims


def _ends(later: Look, look: Look) -> bool:
    """True where a later look of the protocol takes the place of one."""
    is_exact = later.result == "found" and later.claims is not None
    return later.protocol == look.protocol and later.on > look.on and (later.result == "absent" or is_exact)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((t for t in (one, other) if t is not None), default=None)


def on_record(looks: Iterable[Look], place: str, layer: str = "") -> list[Evidence]:
    """What was observed, as it is kept with a record: what came of it, without its day.

    The day joins when a decision is made. Of an ancestor what was found last reserves, wherever in it that was.
    """
    listed = sorted(set(looks), key=lambda k: (k.on, k.result, k.by), reverse=True)
    newest_of = {(k.protocol, k.result): _claim(k, place, layer=layer) for k in reversed(listed)}
    claims = list(newest_of.values())
    if layer:
        readable = [k for k in listed if k.result in ("absent", "found")]
        newest = {k.protocol: k for k in reversed(readable) if not (k.hosts or k.domains)}
        reserving = [k for k in newest.values() if k.result == "found"]
        reserving += [k for k in readable if k.result == "found" and (k.hosts or k.domains)]
        claims += {k.protocol: _reservation(k, place, layer=layer) for k in reserving}.values()
    return claims


def _claim(
    look: Look, place: str, *, since: datetime | None = None, until: datetime | None = None, layer: str = ""
) -> Evidence:
    return Evidence(
        kind="observation",
        tier=4,
        bound_to="location",
        statement=RESULTS[look.result],
        basis=look.protocol,
        valid_from=since,
        valid_until=until,
        layer=layer,
        observation=_seen(look, place),
    )


def _reservation(look: Look, place: str, *, until: datetime | None = None, layer: str = "") -> Evidence:
    return Evidence(
        kind="reservation",
        tier=4,
        bound_to="location",
        statement="reserve",
        acts=RESERVES,
        basis=look.protocol,
        valid_until=until,
        layer=layer,
        observation=_seen(look, place),
    )


def _seen(look: Look, place: str) -> Observation:
    where = ", ".join([*look.hosts, *(f"*.{d}" for d in look.domains)])
    raw = f"{look.protocol}: {look.result}, looked at by {look.by}" + (f" ({where})" if where else "")
    detector = DETECTOR if look.claims is None else CAPTURE
    return Observation(raw, f"{place} (observed)", detector, VERSION, look.on.isoformat())


def _start(day: date, days_later: int = 0) -> datetime | None:
    """The first instant of a day, or of one so many days later; None beyond the end of the calendar."""
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), UTC)
    except OverflowError:
        return None
