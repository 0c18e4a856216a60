"""What a signal is: a pure function from what was read to evidence, and where that is read. Floor 2.

There are two places beside the card of a source: a file that lies beside the texts (a licence, ``tdmrep.json``), and a
record as its reader hands it over (a column of rights, a response header, the text itself). :mod:`rightful.signals.order`
has all signals; an ingest hands each of them what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from rightful.rights.columns import Look
from rightful.rights.evidence import Evidence, Observation
from rightful.rights.expression import Names
from rightful.rights.signals import Signals

if TYPE_CHECKING:
    from rightful.rights.texts import Texts


@dataclass(frozen=True, slots=True)
class About:
    """What a signal may know beside what it reads: the names of licences, and of the card that governs it what bears on
    the claims of others.

    ``tier`` is that of a licence which the collection states, ``authority`` and ``limits`` (fields of :class:`Evidence`)
    bound every licence that is stated for its records; ``licenses`` maps strings to the licences that are meant, and
    ``look`` says which columns speak of rights. ``guessed`` are such strings that nobody confirmed, ``guessed_columns`` the
    columns of which somebody guessed that they do not speak of rights. ``not_notices`` are the phrases that are no notice of
    these works, as the card says, with the reason. ``publisher`` is whom the card names as publisher, empty where it covers a
    compilation of others' work; ``ancestors`` are the ids of the sources that the card says it was made from.
    ``persons_settled``: the card names the basis for personal data. ``confirmed``: the operator confirms what the file at hand
    states (``confirms`` in the card). ``texts`` hands over the texts of licences and ``signals`` the labels of signals; both
    are loaded where they are first asked for.
    """

    names: Names
    tier: int = 5
    authority: str = "collector"
    limits: Mapping[str, Any] = field(default_factory=dict)
    licenses: tuple[tuple[str, str], ...] = ()
    look: Look = field(default_factory=Look)
    guessed: tuple[tuple[str, str], ...] = ()
    guessed_columns: tuple[str, ...] = ()
    not_notices: tuple[tuple[str, str], ...] = ()
    texts: Callable[[], Texts] | None = None
    signals: Callable[[], Signals] | None = None
    publisher: str = ""
    ancestors: frozenset[str] = frozenset()
    persons_settled: bool = False
    confirmed: bool = False


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
    """A claim of a file about some of what it speaks of: what ``paths`` name, or what one of ``globs`` matches. Paths begin at
    the folder that the file speaks of, with slashes.

    In a glob ``*`` is any run of characters within a name, ``**`` any run at all, ``?`` one character, and a backslash takes
    the next character as it is. Of the claims of a file that have a ``rank`` those of the highest that matches count alone.
    ``through``: the claim goes on in packages that lie inside (:class:`OfFile`). ``refers`` is the path, from the folder of the
    file, of another that says it all: where that is there it is read in place of this claim, as a licence file.
    """

    claim: Evidence
    paths: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    rank: int = 0
    through: bool = False
    refers: str = ""


EVERYTHING = ("**",)
"""The globs of a claim about all that a file speaks of."""


@dataclass(frozen=True, slots=True)
class OfFile:
    """Reads the bytes of files by their names, given with their place; speaks of all records that were read from the folder of
    the file and those below it, never of the folders beside it.

    ``files`` are names, or patterns of :mod:`fnmatch`, in lower case; with slashes they are compared with the end of the path.
    ``but`` are names that are not meant. ``above``: the file speaks of the folder so many steps above its own
    (``debian/copyright``: 1). What it grants ends where another package begins (a folder of ``node_modules``, a distribution in
    ``site-packages``), unless ``through``; what it reserves does not.

    ``name``, here and below: the detector of its evidence, a slash, the version of its rules.
    """

    name: str
    files: frozenset[str]
    read: Callable[[bytes, str, About], Iterable[Evidence | Within]]
    but: frozenset[str] = frozenset()
    above: int = 0
    through: bool = False

    def reads(self, path: str) -> bool:
        """True for a path, with slashes and in lower case, of which this signal reads the file."""
        return any(_matches(path, p) for p in self.files) and not any(_matches(path, p) for p in self.but)


def _matches(path: str, pattern: str) -> bool:
    steps = pattern.count("/") + 1
    return fnmatchcase("/".join(path.split("/")[-steps:]), pattern)


@dataclass(frozen=True, slots=True)
class OfRecord:
    """Reads columns of a record as readers hand them over (``rightful.readers.RAW``; None where there is nothing); speaks
    of that record.

    Where ``trigger`` gives an expression (RE2, without regard to case) only records are handed over in which it occurs: in one
    of the columns, which are texts, and there within the bytes of ``ends``, from the beginning and up to the end. A record
    without it must give no claim.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[Mapping[str, Any], About], Claims]
    trigger: Callable[[Names], str] | None = None
    ends: tuple[int, int] = (0, 0)


def observation(signal: str, raw: str, place: str, observed_at: str = "") -> Observation:
    """What the signal of this name read, and where: it is kept beside the evidence and decides nothing."""
    name, _, version = signal.partition("/")
    return Observation(raw, place, name, version, observed_at)
