"""The words in which text and data mining, machine learning, AI or training are reserved: what they are. Floor 1: pure. Law 6.12.

How they are read together stands in ``signals.reserving_words``; the words themselves are data
(``licenses/_reserving_words.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROLES = (
    "names",
    "training",
    "forbids",
    "negates",
    "permits",
    "excepts",
    "asks",
    "opts_out",
    "includes",
    "all_reserved",
    "harmless",
)
"""What a word can do in a sentence. ``names`` and ``training`` say what is spoken of, the others what is said of it."""


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """The words of one language, by role (:data:`ROLES`). A ``*`` at the end of a word stands for any ending."""

    id: str
    by_role: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ReservingWords:
    """A dated list. ``signs`` reserve wherever they stand; ``acts`` are what is reserved, parents with all their leaves;
    ``lookalikes`` are letters and the Latin ones that they look like.
    """

    version: str = ""
    acts: frozenset[str] = frozenset()
    signs: tuple[str, ...] = ()
    lookalikes: tuple[str, str] = ("", "")
    languages: tuple[LanguageWords, ...] = ()
    compiled: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What the reader makes of the words, once."""
