"""Of how many files those that lie beside them speak, and which of these nobody can read. Floor 7."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rightful.readers.tree import shown_name
from rightful.rights.evidence import Evidence

MOST_PLACES = 8
"""So many files that state something are named of a source."""
MOST_CHARS = 200
MOST_UNREADABLE = 200


class StatedBeside:
    """What files beside those of an ingest state, counted by source. ``lies`` says where they lie, by their place."""

    def __init__(self) -> None:
        self.lies: dict[str, Path] = {}
        self._files = Counter[str]()
        self._members = Counter[str]()
        self._places: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._unreadable: dict[tuple[str, str, str, str], int] = {}

    def count(self, source: str, claims: Iterable[Evidence]) -> None:
        """Add one file of a source, with all that is claimed of it by files beside it."""
        listed = [claim for claim in claims if claim.observation is not None]
        self._files[source] += bool(listed)
        met: set[tuple[str, str, str, str]] = set()
        for claim in listed:
            seen = claim.observation
            assert seen is not None
            place = seen.place.partition(" (")[0]
            if len(self._places[source]) < MOST_PLACES:
                self._places[source].setdefault(place)
            if claim.statement == "unreadable":
                met.add((source, seen.place, f"{seen.detector}/{seen.detector_version}", seen.raw))
        for key in met:
            self._unreadable[key] = self._unreadable.get(key, 0) + 1

    def count_members(self, source: str, members: int) -> None:
        """Add a container of a source, with as many files as were read out of it."""
        self._members[source] += members - 1

    def dumps(self) -> dict[str, Any]:
        """All of it as JSON; empty where nothing is stated and no container was read."""
        if not any(self._files.values()) and not self._members:
            return {}
        places = {source: list(named) for source, named in self._places.items()}
        return {
            "files": dict(self._files),
            "members": dict(self._members),
            "places": places,
            "unreadable": [[*k, n] for k, n in self._unreadable.items()],
        }

    def add(self, data: Mapping[str, Any]) -> None:
        """Add what was counted elsewhere, as :meth:`dumps` has it."""
        self._files.update(data.get("files", {}))
        self._members.update(data.get("members", {}))
        for source, places in data.get("places", {}).items():
            for place in places:
                if len(self._places[source]) < MOST_PLACES:
                    self._places[source].setdefault(place)
        for *key, n in data.get("unreadable", ()):
            source, place, detector, raw = key
            of = (source, place, detector, raw)
            self._unreadable[of] = self._unreadable.get(of, 0) + n

    def of(self, source: str, files: int) -> dict[str, Any]:
        """How many files of a source there are, of how many others speak, and the first of those. Of ``files`` that are listed
        each container that was read stands for the files in it: of these it is known what speaks of them."""
        files = max(files + self._members[source], 0)
        return {
            "files": files,
            "beside": min(self._files[source], files),
            "stated_in": list(self._places[source]),
        }

    def unreadable(self) -> list[dict[str, Any]]:
        """The statements that nobody can read, those of most files first."""
        listed = sorted(self._unreadable.items(), key=lambda one: (-one[1], one[0]))
        return [
            {
                "place": place,
                "file": shown_name(str(self.lies.get(place.partition(" (")[0], place.partition(" (")[0]))),
                "detector": detector,
                "says": " ".join(raw.split())[:MOST_CHARS],
                "files": files,
                "source": source,
            }
            for (source, place, detector, raw), files in listed[:MOST_UNREADABLE]
        ]
