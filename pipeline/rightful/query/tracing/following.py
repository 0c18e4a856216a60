"""What follows a trace. Floor 7: part of ``query.tracing``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.query.steps import Step, Typing
from rightful.query.tracing import EVENT, STALE

MOST_STEPS = 3


def after_trace(answer: Mapping[str, Any], typing: Typing) -> list[Step]:
    """Repair the exports that hold what is refused, or look at them first."""
    if answer["by"] not in (EVENT, STALE):
        return []
    current = [one["export"] for one in answer["holding"] if one["current"]]
    if current and answer["by"] == EVENT and answer["event"]["refuses"]:
        return [Step("take it out of them", typing("redact", options=("--event", answer["value"])))]
    return [Step(f"see what {name} holds that is refused now", typing("verify", name)) for name in current[:MOST_STEPS]]
