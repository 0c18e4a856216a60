"""The value of ``tdm-reservation`` in a header or a tag. Floor 2: pure. TDMRep (W3C community group report), law 6.11.

1 reserves, 0 does not. Stricter than the report in this: any other value is an error there and then nothing is stated; here it
may have been meant as a reservation, so that what could be reserved is left open.
"""

from __future__ import annotations

from datetime import date

from rightful.rights.signals import Signals
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement

PROTOCOL = "tdmrep"
LABEL = "tdm-reservation"
MOST_VALUES = 1_000


def of_value(value: str, signals: Signals, on: date | None = None, policy: str = "") -> Reading:
    """What one field or tag says; ``policy`` is the address of ``tdm-policy`` beside it. Several values: each counts."""
    acts = signals.acts(PROTOCOL, LABEL, on) or signals.all_acts(PROTOCOL, on)
    statements: list[Statement] = []
    unread: list[str] = []
    pieces = [piece.strip().strip("\"'").strip() for piece in value.split(",")]
    for one in dict.fromkeys(pieces[:MOST_VALUES] if len(pieces) <= MOST_VALUES else [*pieces[:MOST_VALUES], "..."]):
        status = {"1": RESERVE, "0": ALLOW}.get(one, UNKNOWN)
        raw = f"{LABEL}: {one}"[:QUOTED]
        if status == UNKNOWN:
            unread.append(raw)
        shown = f"{raw}; tdm-policy: {policy}"[: 2 * QUOTED] if policy else raw
        statements.append(Statement(acts, status, shown, LABEL))
    return Reading("unreadable" if unread else "found", tuple(statements), unread=tuple(unread))
