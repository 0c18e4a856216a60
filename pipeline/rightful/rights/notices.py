"""The notices by which documents speak of their own rights, in words: what they are. Floor 1: pure.

How they are looked for stands in ``signals.texts.notices``; the words themselves are data (``licenses/_notices.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOTICE = "LicenseRef-Notice"
"""What stands for a notice among the licences of a text: a label that names none, and blocks (``licenses/_labels.toml``)."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A notice, in all its wordings. ``weak``: silent beside a licence, or a pointer to one, at the same place. ``alone``: it
    counts where it stands by itself. ``goes_on``: it counts whatever its sentence says after it."""

    id: str
    words: tuple[str, ...]
    weak: bool = False
    alone: bool = False
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """A dated list. ``anchors`` are pieces of words, one of which is in every text that is looked at at all; ``own`` what a
    document calls itself; ``holders`` are publishers beside whose copyright sign nothing else has to stand."""

    version: str = ""
    anchors: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    compiled: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What the reader makes of the words, once."""

    @property
    def by_id(self) -> Mapping[str, Phrase]:
        """The phrases by their id."""
        return {phrase.id: phrase for phrase in self.phrases}
