"""Smoothing of water levels without moving the moment of high water."""

from __future__ import annotations

from collections.abc import Sequence


def centred_mean(levels_m: Sequence[float], half_width: int) -> list[float]:
    """The mean of each level and its neighbours on both sides, in metres.

    A trailing mean would be simpler and would report every high water late. Near
    the ends the window shrinks evenly, so that it stays centred.
    """
    smoothed = []
    for i in range(len(levels_m)):
        reach = min(half_width, i, len(levels_m) - 1 - i)
        window = levels_m[i - reach : i + reach + 1]
        smoothed.append(sum(window) / len(window))
    return smoothed
