"""What ran again, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.ingest import alarm_lines
from rightful.cli.pages.lines import counted, number


def tag_lines(answer: Mapping[str, Any]) -> list[str]:
    """How many records got other tags, and from which stages."""
    snapshot, unchanged = answer["snapshot"], answer["unchanged"]
    if not (answer["stages"] or answer["records"]):
        return [f"snapshot {snapshot}: {counted(unchanged, 'record has', 'records have')} these tags already"]
    return [
        f"snapshot {snapshot}: {counted(answer['records'], 'record')}, {number(unchanged)} as they were",
        f"ran again: {', '.join(answer['stages']) or 'nothing'}",
        *alarm_lines(answer["alarms"]),
    ]
