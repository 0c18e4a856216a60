"""What lies beside the files that are read, and what it claims: a licence, a reservation. Floor 7.

A file that some signal reads by its name speaks of its own folder and of those below it, up to the widest folder that was
named or has a card. It stays what it is beside that: a text, or a file that is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rightful.readers.tree import shown_name
from rightful.rights.evidence import Evidence
from rightful.signals.order import FILES, of_file
from rightful.signals.signal import About, observation

MOST_BYTES = 4 << 20
"""A longer file is no statement that anybody reads: it blocks."""


class Beside:
    """The files beside those of an ingest. Each folder is looked into once, each file is read once for a card."""

    def __init__(self, widest: Iterable[Path]) -> None:
        self.widest = frozenset(widest)
        self._files: dict[Path, tuple[Path, ...]] = {}
        self._claims: dict[tuple[Path, str], list[Evidence]] = {}

    def claims(self, path: Path, source: str, about: About) -> tuple[Evidence, ...]:
        """What is claimed of a file of this source by those that lie beside it, the nearest first."""
        if not FILES:
            return ()
        above = [path.parent, *path.parent.parents]
        last = max((n for n, folder in enumerate(above) if folder in self.widest), default=0)
        return tuple(
            c
            for folder in above[: last + 1]
            for f in self._of(folder)
            for c in self._read(f, above[last], source, about)
        )

    def _of(self, folder: Path) -> tuple[Path, ...]:
        if folder not in self._files:
            with os.scandir(folder) as entries:
                named = [e.name for e in entries if e.name.lower() in FILES and e.is_file(follow_symlinks=False)]
            self._files[folder] = tuple(folder / name for name in sorted(named))
        return self._files[folder]

    def _read(self, file: Path, top: Path, source: str, about: About) -> list[Evidence]:
        key = (file, source)
        if key not in self._claims:
            self._claims[key] = _claims(file, shown_name(str(file.relative_to(top.parent))), about)
        return self._claims[key]


def _claims(file: Path, place: str, about: About) -> list[Evidence]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        return [_unreadable(place, error.strerror or "it cannot be read")]
    if len(raw) > MOST_BYTES:
        return [_unreadable(place, f"more than {MOST_BYTES} bytes")]
    return of_file(file.name, raw, place, about)


def _unreadable(place: str, why: str) -> Evidence:
    seen = observation("file-beside/1", why, place)
    return Evidence(kind="grant", tier=5, bound_to="collection", statement="unreadable", observation=seen)
