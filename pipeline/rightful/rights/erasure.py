"""Which refusals ask that the text itself goes. Floor 1: pure; ``as_of`` is handed in.

A withdrawal, an erasure and a takedown without limits do, as long as nothing lifts them. A refusal, an opt-out and a consent
that has ended keep a record from leaving, and leave its text where it is: they say what may be done with it, not that it must
not be there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rightful.rights.consent import ERASURE, TAKEDOWN, WITHDRAWN, ConsentEvent, refuses_ingest, standing

ERASING = (WITHDRAWN, ERASURE, TAKEDOWN)
"""The kinds of events that erase, where they name no act, purpose or application."""


def erases(history: Iterable[ConsentEvent], as_of: datetime) -> bool:
    """True where the text of what a selector names has to go, by all events with that selector.

    What lifts a withdrawal for an ingest lifts it here: what may be taken in again is not erased. A refusal of another kind,
    before or after, changes nothing.
    """
    counting = (e for e in history if e.kind in ERASING or e.gives)
    return refuses_ingest(standing(counting, as_of), as_of)
