"""What of a wiki is read: the table ``[wiki]`` of a recipe. Floor 2: the readers."""

from __future__ import annotations

from dataclasses import dataclass

from rightful.errors import InputError, UnknownName

LATEST, ALL = "latest", "all"
REVISIONS = (LATEST, ALL)


@dataclass(frozen=True, slots=True)
class Wiki:
    """Which pages of a MediaWiki dump are records. Raises :class:`InputError` for what is none."""

    revisions: str = LATEST
    """``latest``: of each page the newest revision that the dump holds; ``all``: every revision is a record."""
    namespaces: tuple[int, ...] = (0,)
    """The namespaces whose pages are read, by number; 0 are the articles."""

    def __post_init__(self) -> None:
        if self.revisions not in REVISIONS:
            raise UnknownName.of("choice", self.revisions, REVISIONS, subject="wiki.revisions")
        numbers = tuple(self.namespaces)
        if not all(type(n) is int for n in numbers):
            raise InputError(f"must be whole numbers, not {list(numbers)!r}", subject="wiki.namespaces")
        object.__setattr__(self, "namespaces", numbers)


DEFAULT = Wiki()
