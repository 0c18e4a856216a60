"""Papers beside data, and what an ingest reads in them: one is read in one way, whoever asks. Floor 6.

A licence file and a card that somebody else wrote are papers; the metadata of packages count beside them. What they state at
first hand an ingest takes by itself; a label on the work of others is a guess of a card, which somebody has to confirm.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rightful.rights.evidence import INFERRED, Evidence
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render
from rightful.signals.order import CONFIRMABLE, FILES
from rightful.signals.packages import license_file
from rightful.signals.packages.installed import LISTS

_OF = re.compile(r"(?P<of>.+?)(?:__|[.-])(?:un)?licen[sc]es?(?:[.-][a-z0-9.+-]{1,20})?", re.IGNORECASE)
_FOLDER_OF_PAPERS = re.compile(r"[._]?licen[sc]es?", re.IGNORECASE)
_CARDS = tuple(signal for signal in FILES if signal.name in CONFIRMABLE)
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that states something of what lies beside it. ``license`` is None where it states none, or one that nobody can
    read; ``why`` says how it counts, or what cannot be read. ``tier`` is that of what it states."""

    file: str
    license: str | None
    why: str
    tier: int

    def as_json(self) -> dict[str, str | None]:
        """As ``init`` answers."""
        return {"file": self.file, "license": self.license, "why": self.why, "tier": f"T{self.tier}"}


def is_paper(name: str) -> bool:
    """True for the name of a licence file, with or without a suffix or the name of what it is about before it."""
    return license_file.SIGNAL.reads(name.lower())


def is_card(name: str) -> bool:
    """True for the name of a card that somebody else may have written."""
    return any(signal.reads(name.lower()) for signal in _CARDS)


def is_installed(folder: str) -> bool:
    """True for a folder of the papers of an installed distribution: these are of the files that it lists."""
    return any(step.lower().endswith(tuple(LISTS)) for step in folder.split("/"))


def about(name: str, folder: str) -> str:
    """What a licence file is about by its name, ``poems__LICENSE`` in a folder of licences; empty: where it lies."""
    named = _OF.fullmatch(name)
    apart = _FOLDER_OF_PAPERS.fullmatch(folder.rpartition("/")[2]) is not None
    return named["of"] if named is not None and apart else ""


def papers_of(claims: Iterable[Evidence], names: Names) -> list[Paper]:
    """What is stated by file, in the order in which the files were met."""
    by_file: dict[str, list[Evidence]] = {}
    for claim in claims:
        if claim.observation is not None and (claim.kind == "grant" or claim.statement == "personal_data"):
            by_file.setdefault(claim.observation.place.partition(" (")[0], []).append(claim)
    return [_paper(file, listed, names) for file, listed in by_file.items()]


def _paper(file: str, claims: Sequence[Evidence], names: Names) -> Paper:
    tier = min(claim.tier for claim in claims)
    unread = next((claim for claim in claims if claim.statement == "unreadable"), None)
    if unread is not None:
        return Paper(file, None, f"{unreadable(unread)}: read it, and state what holds", unread.tier)
    stated = list(
        dict.fromkeys(claim.expression for claim in claims if claim.statement == "license" and not claim.layer)
    )
    license = all_of(stated, names) if stated else None
    if license is None:
        return Paper(file, None, "states no licence", tier)
    inferred = all(claim.tier == INFERRED for claim in claims if claim.statement == "license")
    why = (
        "a label on it, which permits nothing until somebody confirms it"
        if inferred
        else "an ingest reads it by itself"
    )
    return Paper(file, license, why, INFERRED if inferred else tier)


def unreadable(claim: Evidence) -> str:
    """What cannot be read of a claim, and where it stops to be known."""
    seen = claim.observation
    assert seen is not None
    raw = f"nobody can read {' '.join(seen.raw.split())[:MOST_SHOWN]!r}"
    where = seen.place.partition(" (")[2].removesuffix(")")
    return f"{raw} ({where})" if where else raw


def all_of(listed: Sequence[str], names: Names) -> str | None:
    """One expression of several statements, all of which hold; None where one cannot be read."""
    text = listed[0] if len(listed) == 1 else " AND ".join(f"({one})" for one in listed)
    try:
        return render(parse(text, names))
    except (Unreadable, NothingStated):
        return None


def place_of(name: str, folder: str, folders: Collection[str]) -> str | None:
    """The folder that a licence file is about: by its name where it lies among licences, else where it lies. None where it is
    about something that is not here."""
    named = about(name, folder)
    if not named:
        return folder
    above = folder.rpartition("/")[0]
    meant = f"{above}/{named}" if above else named
    return meant if meant in folders else None
