"""Which files speak of which folder: papers, and how far they reach. Floor 7.

A paper is a file that some signal reads. It speaks of its own folder and those below; one in ``debian`` or ``.reuse`` of the
folder above it; one of an installed distribution of the files that this lists, and of no other that lies beside them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate
from pathlib import Path

from rightful.signals.packages.installed import LISTS, MOST_BYTES, files_of
from rightful.signals.signal import OfFile

PACKAGES = "node_modules"
"""Every folder in it is a package, and so is every one in a folder of it whose name begins with ``@``."""
INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders that hold distributions beside each other."""
DEEPEST = 16
"""So many folders below that of a distribution are looked into for its papers."""
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that some signal reads; ``path`` is its end, as far as the patterns of signals may name it."""

    file: Path
    path: str


@dataclass(slots=True)
class Home:
    """What speaks of a folder and all below it (``papers``), and of single paths below it (``listed``).

    ``owners``: the distributions that a path belongs to, where the folder holds several; None in any other folder.
    """

    folder: Path
    papers: list[Paper] = field(default_factory=list)
    listed: dict[str, list[Paper]] = field(default_factory=dict)
    owners: dict[str, frozenset[str]] | None = None

    def below(self, file: Path) -> str:
        """The path of a file from this folder, with slashes."""
        return str(file)[len(str(self.folder)) :].lstrip("/")

    def of(self, file: Path) -> frozenset[str]:
        """The distributions that a file below this folder belongs to."""
        return (self.owners or {}).get(self.below(file), _NOBODY)


@dataclass(frozen=True, slots=True)
class Reach:
    """A home that some files lie in. ``beyond``: another package begins between them; ``within``: the folder of distributions
    that the home itself is a part of."""

    home: Home
    beyond: bool = False
    within: Home | None = None

    def speaking(self, file: Path) -> Iterator[tuple[Paper, bool]]:
        """The papers that speak of a file, and whether another package begins between them. One that is listed belongs to the
        package that lists it. Two distributions may share a folder: what one lays there is of its files."""
        for paper in self.home.listed.get(self.home.below(file), ()):
            yield paper, False
        of = self.within.of(file) if self.within is not None else _NOBODY
        for paper in self.home.papers:
            whose = self.within.of(paper.file) if of and self.within is not None else _NOBODY
            if not whose or whose & of:
                yield paper, self.beyond


class Around:
    """The homes of the folders of a tree. Each folder is looked into once."""

    def __init__(self, signals: Sequence[OfFile]) -> None:
        self.signals = signals
        last = [translate(pattern.rpartition("/")[2]) for signal in signals for pattern in signal.files]
        self._wanted = re.compile("|".join(last) or r"(?!)")
        self._above = frozenset(p.rpartition("/")[0] for s in signals if s.above for p in s.files)
        self._scanned: dict[Path, tuple[list[str], list[str]]] = {}
        self._homes: dict[Path, Home] = {}
        self._reaches: dict[tuple[Path, Path], tuple[Reach, ...]] = {}

    def reaches(self, folder: Path, top: Path) -> tuple[Reach, ...]:
        """The homes that files of a folder lie in, the nearest first, up to ``top``."""
        key = (folder, top)
        if key not in self._reaches:
            own = Reach(self._home(folder))
            if folder == top:
                lifted = Home(folder.parent, self._lifted(folder.parent, folder.name))
                self._reaches[key] = (own, Reach(lifted)) if lifted.papers else (own,)
                return self._reaches[key]
            above = self.reaches(folder.parent, top)
            if folder.name not in INSTALLED and folder.name != PACKAGES:
                parent = above[0]
                own = replace(own, within=parent.home if parent.home.owners is not None else parent.within)
            if begins_package(folder):
                above = tuple(replace(reach, beyond=True) for reach in above)
            self._reaches[key] = (own, *above)
        return self._reaches[key]

    def _home(self, folder: Path) -> Home:
        if folder not in self._homes:
            names, within = self._scan(folder)
            home = self._homes[folder] = Home(folder)
            papers = [self._paper(folder, name) for name in names]
            papers = [p for p in papers if not self._is_lifted(p)]
            for name in within:
                home.papers += self._lifted(folder, name)
            distributions = {name: _listed(folder, name) for name in within if name.lower().endswith(tuple(LISTS))}
            for name, files in distributions.items():
                own = [*self._all_in(folder / name), *(p for p in papers if p.file.name in files)]
                for file in files if own else ():
                    home.listed.setdefault(file, []).extend(own)
            if folder.name in INSTALLED:
                # What lies beside all distributions is of those that list it; what none of them lists speaks of nothing.
                home.owners = _turned(distributions)
            else:
                home.papers += papers
        return self._homes[folder]

    def _lifted(self, folder: Path, name: str) -> list[Paper]:
        """The papers in a folder within this one that speak of this one."""
        if name.lower() not in self._above:
            return []
        papers = (self._paper(folder / name, file) for file in self._scan(folder / name)[0])
        return [paper for paper in papers if self._is_lifted(paper)]

    def _all_in(self, folder: Path, depth: int = 0) -> Iterator[Paper]:
        names, within = self._scan(folder)
        yield from (self._paper(folder, name) for name in names)
        if depth < DEEPEST:
            for name in within:
                yield from self._all_in(folder / name, depth + 1)

    def _paper(self, folder: Path, name: str) -> Paper:
        return Paper(folder / name, f"{folder.parent.name}/{folder.name}/{name}")

    def _is_lifted(self, paper: Paper) -> bool:
        return any(s.above and s.reads(paper.path.lower()) for s in self.signals)

    def _scan(self, folder: Path) -> tuple[list[str], list[str]]:
        """The names of the files in a folder that some signal may read, and of the folders; a folder that cannot be looked into
        has none: what is in it is not read either."""
        if folder not in self._scanned:
            files: list[str] = []
            within: list[str] = []
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            within.append(entry.name)
                        elif self._wanted.match(entry.name.lower()) and self._reads(folder, entry):
                            files.append(entry.name)
            except OSError:
                pass
            self._scanned[folder] = sorted(files), sorted(within)
        return self._scanned[folder]

    def _reads(self, folder: Path, entry: os.DirEntry[str]) -> bool:
        path = self._paper(folder, entry.name).path.lower()
        return entry.is_file(follow_symlinks=False) and any(s.reads(path) for s in self.signals)


def begins_package(folder: Path) -> bool:
    """True where what lies above a folder is another package than what lies in it. A wheel is a package, wherever it lies."""
    above = folder.parent
    scoped = above.name.startswith("@") and above.parent.name == PACKAGES
    is_wheel = folder.suffix.lower() == ".whl"
    return is_wheel or folder.name == PACKAGES or folder.name in INSTALLED or above.name == PACKAGES or scoped


def _listed(folder: Path, name: str) -> frozenset[str]:
    """The files that a distribution lists; its own folder, where it lists nothing that can be read."""
    ending = "." + name.lower().rpartition(".")[2]
    try:
        with (folder / name / LISTS[ending]).open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError:
        return _NOBODY
    return files_of(name, raw) if len(raw) <= MOST_BYTES else _NOBODY


def _turned(distributions: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    owners: dict[str, set[str]] = {}
    for name, files in distributions.items():
        for file in files:
            owners.setdefault(file, set()).add(name)
    return {file: frozenset(names) for file, names in owners.items()}
