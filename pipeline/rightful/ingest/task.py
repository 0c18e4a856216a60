"""What a worker is handed of an item, with all that its result depends on. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rightful.readers import Item
from rightful.readers.wanted import EVERYTHING, Wanted
from rightful.recipes.recipe import Recipe
from rightful.rights.evidence import Evidence, evidence_id
from rightful.rights.expression import Names
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.signal import About

Papers = Mapping[str, tuple[Evidence, ...]]
"""By the name of a file: what is claimed of it by the files that lie beside it, the nearest first."""
Placed = tuple[tuple[Evidence, tuple[str, ...]], ...]
"""Claims as they stand in a place, each with the files of an item of which it is claimed."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What is needed to open a container: what bears on the papers in it, the format that is forced on what it holds, which of
    it is wanted, and what the container is called as the patterns of that mean it."""

    about: About
    format: str | None
    wanted: Wanted = EVERYTHING
    called: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One item with all that its result depends on, and the folder to stage it in. ``claims`` are the card's, ``beside``
    those of the files that lie beside what is read, ``papers`` the same as they stand there, each with the files of the item
    of which it is claimed. ``inside`` is there where the item is a container."""

    index: int
    item: Item
    card: SourceCard
    claims: tuple[Evidence, ...]
    beside: tuple[Evidence, ...]
    recipe: Recipe
    names: Names
    key: bytes
    folder: Path
    papers: Placed = ()
    inside: Inside | None = None


def once(claims: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each claim once, in an order that does not depend on where it was read: files of which the same is claimed share items."""
    return tuple(sorted(set(claims), key=lambda claim: (claim.expression, evidence_id(claim))))


def placed(item: Item, papers: Papers) -> Placed:
    """Every claim as it was read in a place, with the files of an item of which it is claimed."""
    claims: dict[tuple[str, str, str], Evidence] = {}
    files: dict[tuple[str, str, str], list[str]] = {}
    for file in item.files:
        for claim in papers.get(file.name, ()):
            seen = claim.observation
            key = (evidence_id(claim), seen.place if seen else "", seen.detector if seen else "")
            claims.setdefault(key, claim)
            files.setdefault(key, []).append(file.name)
    return tuple((claims[key], tuple(dict.fromkeys(names))) for key, names in files.items())
