"""The texts of licences that are known: plain data, loaded by ``catalog.texts`` and handed to signals. Floor 1: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Texts:
    """``licenses`` are (id, name, text) of each; ``known`` are ids of further texts by the digest of their words. ``digest``
    names all of it: a reading that depends on texts depends on it. ``kept`` answers what it is given to make, of plain values,
    or the same as it was kept from an earlier process; None where nothing is."""

    digest: str
    licenses: tuple[tuple[str, str, str], ...] = field(repr=False)
    known: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept: Callable[[Callable[[], Any]], Any] | None = field(default=None, repr=False)
