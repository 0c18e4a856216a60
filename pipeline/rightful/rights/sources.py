"""When a source ends: its records leave no more. Floor 1: pure; ``as_of`` is handed in. Law 14.7, 15.4.

Two things end a source, and neither is a refusal by anybody: the operator retires it, or the time is over for which its card
says that its records are kept (``retain_until``). Both hold for the records of that source alone, never for copies that
came from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

CARD_NAME = "source.toml"
"""The name of a source card: never a document."""
RETIRED, RESTORED = "retired", "restored"
TURNS = (RETIRED, RESTORED)
"""What can be recorded of a source as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One append-only fact: a source was retired, or restored, by whom and why."""

    source: str
    turn: str
    recorded: datetime
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, order=True)
class SourceTerm:
    """How a source stands at an instant: whether it is retired, and until when its records are kept (None: no end)."""

    retired: bool = False
    retain_until: datetime | None = None


NO_END = SourceTerm()
"""That of nearly all sources."""


def retired_at(turns: Iterable[Turn], as_of: datetime) -> frozenset[str]:
    """The sources of which the newest turn at ``as_of`` retires them; ``turns`` in the order in which they were recorded."""
    newest: dict[str, str] = {}
    for turn in turns:
        if turn.recorded <= as_of:
            newest[turn.source] = turn.turn
    return frozenset(source for source, turn in newest.items() if turn == RETIRED)
