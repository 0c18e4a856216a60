"""The texts of licences that are known: plain data, loaded by ``catalog.texts`` and handed to signals. Floor 1: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class Texts:
    """``licenses`` are (id, name, text) of each; ``known`` are ids of further texts by the digest of their words. ``digest``
    names all of it: a reading that depends on texts depends on it."""

    digest: str
    licenses: tuple[tuple[str, str, str], ...] = field(repr=False)
    known: Mapping[str, str] = field(default_factory=dict, repr=False)
