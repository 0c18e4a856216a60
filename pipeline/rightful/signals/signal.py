"""What a signal is: a pure function from what was read to evidence, and where that is read. Floor 2.

There are two places beside the card of a source: a file that lies beside the texts (a licence, ``tdmrep.json``), and a
record as its reader hands it over (a column of rights, a response header, the text itself). :mod:`rightful.signals.order`
has all signals; an ingest hands each of them what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rightful.rights.columns import Look
from rightful.rights.evidence import Evidence, Observation
from rightful.rights.expression import Names


@dataclass(frozen=True, slots=True)
class About:
    """What a signal may know beside what it reads: the names of licences, and of the card that governs it what bears on
    the claims of others.

    ``tier`` is that of a licence which the collection states, ``authority`` and ``limits`` (fields of :class:`Evidence`)
    bound every licence that is stated for its records; ``licenses`` maps strings to the licences that are meant, and
    ``look`` says which columns speak of rights. ``guessed`` are such strings that nobody confirmed, ``guessed_columns`` the
    columns of which somebody guessed that they do not speak of rights.
    """

    names: Names
    tier: int = 5
    authority: str = "collector"
    limits: Mapping[str, Any] = field(default_factory=dict)
    licenses: tuple[tuple[str, str], ...] = ()
    look: Look = field(default_factory=Look)
    guessed: tuple[tuple[str, str], ...] = ()
    guessed_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """What a record claims, the places that block it with what they say, and what is kept for attribution."""

    claims: tuple[Evidence, ...] = ()
    blocking: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.claims or self.blocking or self.notices)


@dataclass(frozen=True, slots=True)
class Within:
    """A claim of a file about some of what lies in its folder and below: what ``paths`` name, or what one of the patterns of
    ``globs`` matches (paths below the folder, with slashes; a path that begins with ``../`` lies beside it, which only the
    record of an installed package names)."""

    claim: Evidence
    paths: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfFile:
    """Reads the bytes of files of these names (compared in lower case), given with their place; speaks of all records that
    were read from the folder of the file and those below it, never of the folders beside it.

    ``name``, here and below: the detector of its evidence, a slash, the version of its rules.
    """

    name: str
    files: frozenset[str]
    read: Callable[[bytes, str, About], Iterable[Evidence]]


@dataclass(frozen=True, slots=True)
class OfRecord:
    """Reads columns of a record as readers hand them over (``rightful.readers.RAW``; None where there is nothing); speaks
    of that record."""

    name: str
    columns: tuple[str, ...]
    read: Callable[[Mapping[str, Any], About], Claims]


def observation(signal: str, raw: str, place: str, observed_at: str = "") -> Observation:
    """What the signal of this name read, and where: it is kept beside the evidence and decides nothing."""
    name, _, version = signal.partition("/")
    return Observation(raw, place, name, version, observed_at)
