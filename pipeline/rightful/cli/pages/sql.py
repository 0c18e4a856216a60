"""The rows of a query as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import plain, table


def sql_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table with the names of the columns."""
    if not rows:
        return ["no rows"]
    return table([[plain(value, 60) for value in row.values()] for row in rows], list(rows[0]))
