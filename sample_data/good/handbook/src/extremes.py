"""Finds high and low waters in a series of levels."""

from __future__ import annotations

from collections.abc import Sequence


def turning_points(levels_m: Sequence[float], least_range_m: float = 0.3) -> list[tuple[int, str]]:
    """Indices of high and low waters, as ("high" | "low"), in order of time.

    Wind chop makes many small peaks. A turn counts only once the water has moved
    away from it by ``least_range_m``; harbours with a tiny tide need a smaller one.
    """
    found: list[tuple[int, str]] = []
    highest = lowest = 0
    for i, level in enumerate(levels_m):
        if level > levels_m[highest]:
            highest = i
        if level < levels_m[lowest]:
            lowest = i
        kind = found[-1][1] if found else ""
        if kind != "high" and levels_m[highest] - level >= least_range_m and highest >= lowest:
            found.append((highest, "high"))
            lowest = i
        elif kind != "low" and level - levels_m[lowest] >= least_range_m and lowest >= highest:
            found.append((lowest, "low"))
            highest = i
    return found
