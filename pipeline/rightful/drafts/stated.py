"""From what files and cards state to the draft of a source card, each guess marked. Floor 6.

What others state is read by an ingest anyway. A card adds whose statement it is: which files the operator confirms, which
sources the data were made from, and what strings mean that nobody can read.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rightful.drafts.cards import MOST_STRINGS, Draft, Entry
from rightful.rights.evidence import INFERRED, Evidence
from rightful.rights.expression import UNREAD, Names, NothingStated, Unreadable, named, parse_known, suggest
from rightful.signals.cards.source_card import source_id
from rightful.signals.order import CONFIRMABLE

MOST_NAMED = 20
MOST_OF_A_STRING = 80
"""What is longer is a text, and no string that a card could say the meaning of."""


def draft_of(folder: Path, file: Path, name: str, claims: Iterable[Evidence], names: Names) -> Draft:
    """The card of a folder from what is claimed of its files."""
    listed = [claim for claim in claims if claim.observation is not None]
    entries = [
        e for e in (_confirms(folder, listed) or _license(listed, names), _made_from(name, listed)) if e is not None
    ]
    if any(claim.statement == "personal_data" for claim in listed):
        entries.append(Entry("personal_data", "yes", True, "a card beside the data says that persons are in them"))
    notes: dict[str, None] = {}
    for claim in listed:
        seen = claim.observation
        assert seen is not None
        if claim.statement == "unreadable":
            is_string = len(seen.raw) < MOST_OF_A_STRING and "\n" not in seen.raw
            hint = suggest(seen.raw, names) if is_string else ""
            do = "say what it means in [licenses]" if is_string else "read it, and state what holds"
            notes[f"{seen.place}: nobody can read {seen.raw[:60]!r}: {do}" + (f"; {hint}" if hint else "")] = None
    return Draft(folder, file, name, tuple(entries), tuple(notes)[:MOST_STRINGS], drafted_by="rightful evidence scan")


def _confirms(folder: Path, claims: Iterable[Evidence]) -> Entry | None:
    """The cards of others in the folder that state a licence which is only inferred."""
    files: dict[str, str] = {}
    for claim in claims:
        seen = claim.observation
        if seen is None or claim.tier != INFERRED or claim.statement != "license" or claim.layer:
            continue
        steps = seen.place.rpartition(" (")[0].split("/")
        below = _below(folder, steps)
        if f"{seen.detector}/{seen.detector_version}" in CONFIRMABLE and below:
            files.setdefault(below, claim.expression)
    if not files:
        return None
    why = "; ".join(f"{file} states {expression}" for file, expression in list(files.items())[:3])
    return Entry("confirms", tuple(files)[:MOST_NAMED], True, why)


def _license(claims: Iterable[Evidence], names: Names) -> Entry | None:
    """The licence that cards above the folder state: one in the folder itself cannot confirm those. None where any of it, or
    anything beside it, cannot be read."""
    own = [claim for claim in claims if not claim.layer and claim.statement in ("license", "unreadable")]
    inferred = [claim for claim in own if claim.tier == INFERRED]
    if not inferred or any(claim.statement == "unreadable" for claim in own):
        return None
    stated = list(dict.fromkeys(claim.expression for claim in inferred))
    if any(_is_unread(expression, names) for expression in stated):
        return None
    places = dict.fromkeys(claim.observation.place for claim in inferred if claim.observation is not None)
    joined = stated[0] if len(stated) == 1 else " AND ".join(f"({one})" for one in stated)
    return Entry("license", joined, True, "; ".join(list(places)[:3]))


def _is_unread(expression: str, names: Names) -> bool:
    try:
        return any(name.id == UNREAD for name in named(parse_known(expression, names)))
    except (Unreadable, NothingStated):
        return True


def _below(folder: Path, steps: list[str]) -> str:
    """A place by its way from the folder; empty where it does not lie below. A place begins with the name of what was read."""
    parts = folder.parts
    for length in range(len(steps) - 1, 0, -1):
        if tuple(steps[:length]) == parts[-length:]:
            return "/".join(steps[length:])
    return ""


def _made_from(name: str, claims: Iterable[Evidence]) -> Entry | None:
    sources = dict.fromkeys(
        claim.observation.raw
        for claim in claims
        if claim.statement == "not_known"
        and claim.observation is not None
        and source_id(claim.layer) != source_id(name)
    )
    if not sources:
        return None
    return Entry("derived_from", tuple(sources)[:MOST_NAMED], True, "cards beside the data name them")
