"""What lies beside the files that are read, and what it claims: a licence, a reservation. Floor 7.

A file that some signal reads by its name speaks of its own folder and of those below it, up to the widest folder that was
named or has a card. It stays what it is beside that: a text, or a file that is not read. What it grants ends where another
package begins (:mod:`.around`); what it reserves does not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rightful.ingest.around import Around, Paper
from rightful.readers.tree import shown_name
from rightful.rights.evidence import Evidence
from rightful.signals.globs import matcher
from rightful.signals.order import FILES, of_file
from rightful.signals.packages.options import without_options
from rightful.signals.signal import EVERYTHING, About, OfFile, Within, observation

MOST_BYTES = 4 << 20
"""A longer file is no statement that anybody reads: it blocks."""
LICENSE = "LICENSE"
"""As what a file is read that another refers to for its licence."""


class Beside:
    """The files beside those of an ingest. Each folder is looked into once, each file is read once for a source.

    ``called``: the names in evidence of some of the widest folders, where these are others than their own. ``broken``: files
    that are not there as they were meant, and why.
    """

    def __init__(
        self,
        widest: Iterable[Path],
        signals: Sequence[OfFile] = FILES,
        *,
        called: Mapping[Path, str] | None = None,
        broken: Mapping[Path, str] | None = None,
    ) -> None:
        self.widest = frozenset(widest)
        self.called = called or {}
        self.broken = broken or {}
        self.signals = signals
        self._around = Around(signals)
        self._tops: dict[Path, Path] = {}
        self._claims: dict[tuple[Path, str, bool], list[Within]] = {}
        self.lies: dict[str, Path] = {}
        """Where a file lies that was read, by its place in evidence."""

    def claims(
        self, path: Path, source: str, about: About, confirmed: frozenset[Path] = frozenset()
    ) -> tuple[Evidence, ...]:
        """What is claimed of a file of this source by those that lie beside it, the nearest first. ``confirmed`` are the files
        whose statements the card of the source makes the operator's own."""
        if not self.signals:
            return ()
        top = self._top(path.parent)
        claims: list[Evidence] = []
        met: set[Path] = set()
        for reach in self._around.reaches(path.parent, top):
            below = reach.home.below(path)
            packages: dict[str, list[Evidence]] = {}
            # What two distributions list belongs to neither alone: what one of them grants is no word of the other.
            is_contested = len(reach.home.of(path)) > 1
            for paper, beyond in reach.speaking(path):
                if paper.file not in met:
                    met.add(paper.file)
                    said = self._read(paper, top, source, replace(about, confirmed=paper.file in confirmed))
                    # The papers of a distribution lie in one folder, those of any other package in the folder itself.
                    within = reach.home.below(paper.file).rpartition("/")[0].partition("/")[0]
                    packages.setdefault(within, []).extend(_of(said, below, beyond=beyond))
            for stated in packages.values():
                kept = without_options(stated, about.names)
                claims += [replace(c, guessed=True) if c.kind == "grant" else c for c in kept] if is_contested else kept
        return tuple(claims)

    def _top(self, folder: Path) -> Path:
        if folder not in self._tops:
            above = [folder, *folder.parents]
            self._tops[folder] = above[max((n for n, f in enumerate(above) if f in self.widest), default=0)]
        return self._tops[folder]

    def _read(self, paper: Paper, top: Path, source: str, about: About) -> list[Within]:
        key = (paper.file, source, about.confirmed)
        if key not in self._claims:
            said = self._claimed(paper, top, about)
            self._claims[key] = sorted(map(_beside, said), key=lambda within: -within.rank)
        return self._claims[key]

    def _claimed(self, paper: Paper, top: Path, about: About) -> list[Evidence | Within]:
        claims = self._stated(paper.file, paper.path, top, about)
        said: list[Evidence | Within] = []
        for claim in claims:
            other = _other(paper.file, top, claim.refers) if isinstance(claim, Within) and claim.refers else None
            said += [claim] if other is None else self._stated(other, LICENSE, top, about)
        return said

    def _stated(self, file: Path, path: str, top: Path, about: About) -> list[Evidence | Within]:
        named = self.called.get(top)
        place = shown_name(str(file.relative_to(top.parent if named is None else top)))
        place = place if named is None else f"{named}/{place}"
        self.lies[place] = file
        if file in self.broken:
            return [unreadable(place, self.broken[file])]
        try:
            with file.open("rb") as opened:
                raw = opened.read(MOST_BYTES + 1)
        except OSError as error:
            return [unreadable(place, error.strerror or "it cannot be read")]
        if len(raw) > MOST_BYTES:
            return [unreadable(place, f"more than {MOST_BYTES} bytes")]
        return of_file(path, raw, place, about, self.signals)


def _other(file: Path, top: Path, refers: str) -> Path | None:
    """The file that another refers to, if it is there: a regular file of the same tree, and no link."""
    other = Path(os.path.normpath(file.parent / refers))
    inside = other.is_relative_to(top) and other != file
    return other if inside and other.is_file() and other.resolve() == other else None


def _of(said: Iterable[Within], below: str, *, beyond: bool) -> Iterator[Evidence]:
    """Those claims that speak of the path ``below`` the folder that they begin at; the highest rank comes first."""
    highest = 0
    for within in said:
        if within.rank and within.rank < highest:
            continue
        named = within.globs == EVERYTHING or (within.paths and shown_name(below) in within.paths)
        if named or matcher(within.globs).fullmatch(below):
            highest = max(highest, within.rank)
            if not beyond or within.through or within.claim.kind != "grant":
                yield within.claim


def _beside(claim: Evidence | Within) -> Within:
    within = claim if isinstance(claim, Within) else Within(claim, globs=EVERYTHING)
    return replace(within, claim=replace(within.claim, beside=True))


def unreadable(place: str, why: str) -> Evidence:
    """What a file claims that may say anything, because nobody can read it: it blocks."""
    seen = observation("file-beside/1", why, place)
    return Evidence(kind="grant", tier=5, bound_to="collection", statement="unreadable", observation=seen)
