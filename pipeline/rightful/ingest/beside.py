"""What lies beside the files that are read, and what it claims: a licence, a reservation. Floor 7.

A file that some signal reads by its name speaks of its own folder and of those below it, up to the widest folder that was
named or has a card. It stays what it is beside that: a text, or a file that is not read. What it grants ends where another
package begins (:mod:`.around`); what it reserves does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rightful.ingest.around import Around, Paper
from rightful.readers.tree import shown_name
from rightful.rights.evidence import Evidence
from rightful.signals.globs import matcher
from rightful.signals.order import FILES, of_file
from rightful.signals.signal import EVERYTHING, About, OfFile, Within, observation

MOST_BYTES = 4 << 20
"""A longer file is no statement that anybody reads: it blocks."""


class Beside:
    """The files beside those of an ingest. Each folder is looked into once, each file is read once for a source."""

    def __init__(self, widest: Iterable[Path], signals: Sequence[OfFile] = FILES) -> None:
        self.widest = frozenset(widest)
        self.signals = signals
        self._around = Around(signals)
        self._tops: dict[Path, Path] = {}
        self._claims: dict[tuple[Path, str], list[Within]] = {}

    def claims(self, path: Path, source: str, about: About) -> tuple[Evidence, ...]:
        """What is claimed of a file of this source by those that lie beside it, the nearest first."""
        if not self.signals:
            return ()
        top = self._top(path.parent)
        claims: list[Evidence] = []
        met: set[Path] = set()
        for reach in self._around.reaches(path.parent, top):
            below = reach.home.below(path)
            for paper, beyond in reach.speaking(path):
                if paper.file not in met:
                    met.add(paper.file)
                    said = self._read(paper, top, source, about)
                    claims += _of(said, below, beyond=beyond)
        return tuple(claims)

    def _top(self, folder: Path) -> Path:
        if folder not in self._tops:
            above = [folder, *folder.parents]
            self._tops[folder] = above[max((n for n, f in enumerate(above) if f in self.widest), default=0)]
        return self._tops[folder]

    def _read(self, paper: Paper, top: Path, source: str, about: About) -> list[Within]:
        key = (paper.file, source)
        if key not in self._claims:
            place = shown_name(str(paper.file.relative_to(top.parent)))
            self._claims[key] = [_beside(claim) for claim in self._claimed(paper, place, about)]
        return self._claims[key]

    def _claimed(self, paper: Paper, place: str, about: About) -> list[Evidence | Within]:
        try:
            with paper.file.open("rb") as opened:
                raw = opened.read(MOST_BYTES + 1)
        except OSError as error:
            return [_unreadable(place, error.strerror or "it cannot be read")]
        if len(raw) > MOST_BYTES:
            return [_unreadable(place, f"more than {MOST_BYTES} bytes")]
        return of_file(paper.path, raw, place, about, self.signals)


def _of(said: Iterable[Within], below: str, *, beyond: bool) -> Iterator[Evidence]:
    """Those claims that speak of the path ``below`` the folder that they begin at."""
    for within in said:
        if beyond and not within.through and within.claim.kind == "grant":
            continue
        if within.globs == EVERYTHING or below in within.paths or matcher(within.globs).fullmatch(below):
            if not (within.unless and matcher(within.unless).fullmatch(below)):
                yield within.claim


def _beside(claim: Evidence | Within) -> Within:
    within = claim if isinstance(claim, Within) else Within(claim, globs=EVERYTHING)
    return replace(within, claim=replace(within.claim, beside=True))


def _unreadable(place: str, why: str) -> Evidence:
    seen = observation("file-beside/1", why, place)
    return Evidence(kind="grant", tier=5, bound_to="collection", statement="unreadable", observation=seen)
