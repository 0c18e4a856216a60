"""Why a record that is permitted is on no side of a split. Floor 7."""

from __future__ import annotations

from collections.abc import Mapping

from rightful.rights.because import COPIES, LESS

CONTAMINATED, STRADDLES, UNDATED, OUTSIDE = "contaminated", "straddles-splits", "undated", "outside-splits"
HELD: Mapping[str, str] = {
    CONTAMINATED: "overlaps an evaluation set, so it is in no split",
    STRADDLES: "a copy of texts that are in another split, or in several, and came later than they",
    UNDATED: "has no instant of publication, by which the splits are made",
    OUTSIDE: "was published in none of the periods of the splits",
}
"""Reason -> sentence."""
HELD_FAMILIES: Mapping[str, str] = {CONTAMINATED: LESS, STRADDLES: COPIES, UNDATED: LESS, OUTSIDE: LESS}
"""The families that they are of."""
