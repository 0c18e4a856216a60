"""The reviewed differences from tables of others (``reviewed_differences.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("reviewed_differences.toml").read_text(encoding="utf-8"))


def reviewed(table: str) -> dict[str, str]:
    """What differs -> why, of one table."""
    found = _tables()[table]
    assert all(why.strip() for why in found.values()), f"[{table}] has an entry without a reason"
    return found


def readings(table: str) -> dict[str, str]:
    """Of a table whose reasons begin with our reading: what is read -> that reading."""
    return {what: why.partition(": ")[0] for what, why in reviewed(table).items()}


def unreviewed(table: str, differ: Iterable[str], figures: str) -> str:
    """What stands between a comparison and its list, with the figures; empty where they agree."""
    came, listed = set(differ), set(reviewed(table))
    lines = [f"differs, and is not in [{table}]: {d}" for d in sorted(came - listed)]
    lines += [f"stands in [{table}], and differs no more: {d}" for d in sorted(listed - came)]
    return "\n".join([figures, *lines]) if lines else ""
