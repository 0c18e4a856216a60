"""From what files and cards state to the draft of a source card, each guess marked. Floor 6.

What others state is read by an ingest anyway. A card adds whose statement it is: which files the operator confirms, which
sources the data were made from, and what strings mean that nobody can read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rightful.drafts.cards import MOST_STRINGS, Draft, Entry
from rightful.drafts.looking import MAIL, WEB, Data, unread_strings
from rightful.drafts.papers import all_of
from rightful.rights.evidence import INFERRED, Evidence
from rightful.rights.expression import UNREAD, Names, NothingStated, Unreadable, named, parse_known, suggest
from rightful.signals.cards.source_card import source_id
from rightful.signals.order import CONFIRMABLE

MOST_NAMED = 20
MOST_SOURCES = 1_000
MANY_DOMAINS = 3
"""From so many domains on, what has been collected is the work of others."""
PERSONS = "a card beside the data says that persons are in them"
MOST_OF_A_STRING = 80
"""What is longer is a text, and no string that a card could say the meaning of."""


def draft_of(folder: Path, file: Path, name: str, claims: Iterable[Evidence], names: Names) -> Draft:
    """The card of a folder from what is claimed of its files."""
    listed = [claim for claim in claims if claim.observation is not None]
    entries = [
        e for e in (_confirms(folder, listed) or _license(listed, names), _made_from(name, listed)) if e is not None
    ]
    if any(claim.statement == "personal_data" for claim in listed):
        entries.append(Entry("personal_data", "yes", True, PERSONS))
    notes = tuple(_notes(listed, names))[:MOST_STRINGS]
    return Draft(folder, file, name, tuple(entries), notes, drafted_by="rightful evidence scan", beside=_beside(listed))


def draft(data: Data, folder: Path, file: Path, name: str, names: Names) -> Draft:
    """The card of a folder from what is claimed of its files, and from what was seen of their rows."""
    listed = [claim for claim in data.claims if claim.observation is not None]
    beside, entries = _beside(listed), list[Entry]()
    if data.layout_name:
        entries.append(Entry("layout", data.layout_name, True, f"its columns are those of {data.layout}"))
    licensed = _guessed(data, listed, names)
    entries += [licensed] if licensed is not None else []
    named = any(claim.statement == "personal_data" for claim in listed)
    if named or data.personal_data == "yes":
        what = "mail" if data.kind == MAIL else "messages"
        entries.append(Entry("personal_data", "yes", True, PERSONS if named else f"persons write {what} here"))
    if data.kind == WEB and len(data.domains) >= MANY_DOMAINS and (licensed is not None or beside):
        entries.append(Entry("covers", "compilation", True, "pages of many hosts: the licence may be the collector's"))
    made_from = _made_from(name, listed)
    notes = list(_notes((*listed, *data.heard, *data.elsewhere), names))
    if licensed is None:
        notes += _says_nothing_by_itself(listed, names)
    if made_from is not None:
        one = made_from.value[0] if len(made_from.value) == 1 else made_from.value
        entries.append(replace(made_from, value=one))
        notes.append(
            'a source that nobody describes blocks: ingest it as well, or write its licence, { name = "...", license = "..." }'
        )
    if data.text_column:
        entries.append(Entry("text", data.text_column, False, "the longest strings", "fields"))
    if licensed is not None and licensed.key == "license" and _is_several(licensed):
        notes.append("several licences: all of them hold, unless you know that you may choose (OR)")
    for place, _, text in unread_strings(data, names)[:MOST_STRINGS]:
        hint = suggest(text, names)
        notes.append(
            f"the catalogue cannot read {text[:80]!r} in {place}: say what it means in [licenses]"
            + (f"; {hint}" if hint else "")
        )
    return Draft(folder, file, name, tuple(entries), tuple(notes), beside=beside)


def _guessed(data: Data, listed: Sequence[Evidence], names: Names) -> Entry | None:
    """What somebody has to confirm: the licence that is a label, or that a paper in another folder states. Where cards label
    single files, the cards; where anything of it cannot be read, nothing. What is stated at first hand already is no guess."""
    own = [*listed, *data.heard, *data.elsewhere]
    if any((claim.statement == "unreadable" and not claim.layer) or claim.kind == "reservation" for claim in own):
        return None
    first = {claim.expression for claim in listed if _is_first_hand(claim)}
    open_ = [claim for claim in listed if claim.expression not in first]
    if data.confirmable and any(claim.tier == INFERRED and claim.statement == "license" for claim in open_):
        return Entry("confirms", data.confirmable, True, "states licences of single files")
    elsewhere = [replace(claim, tier=INFERRED) for claim in data.elsewhere if claim.expression not in first]
    return _license([*open_, *elsewhere], names)


def _is_first_hand(claim: Evidence) -> bool:
    return claim.statement == "license" and not claim.layer and claim.tier < INFERRED


def _is_several(entry: Entry) -> bool:
    return isinstance(entry.value, str) and " AND " in entry.value


def _beside(claims: Iterable[Evidence]) -> str:
    """The licences that files beside the data state at first hand: an ingest takes them by itself."""
    by_license: dict[str, dict[str, None]] = {}
    for claim in claims:
        if _is_first_hand(claim) and claim.beside and claim.observation is not None:
            by_license.setdefault(claim.expression, {}).setdefault(claim.observation.place.partition(" (")[0])
    stated = [
        f"{license} (from {', '.join(list(files)[:3])})" for license, files in list(by_license.items())[:MOST_NAMED]
    ]
    return f"an ingest reads the licence by itself: {', '.join(stated)}" if stated else ""


def _says_nothing_by_itself(claims: Iterable[Evidence], names: Names) -> dict[str, None]:
    """The labels that name no licence that could be read: ``other``, ``unknown``."""
    return {
        f"{claim.observation.place}: {claim.observation.raw[:60]!r} names no licence: read its terms, and state what holds": None
        for claim in claims
        if claim.observation is not None and claim.tier == INFERRED and claim.statement == "license"
        if not claim.layer and _is_unread(claim.expression, names)
    }


def _notes(claims: Iterable[Evidence], names: Names) -> dict[str, None]:
    """What nobody can read of it, and what to do."""
    notes: dict[str, None] = {}
    for claim in claims:
        seen = claim.observation
        if claim.statement == "unreadable" and seen is not None:
            is_string = len(seen.raw) < MOST_OF_A_STRING and "\n" not in seen.raw
            hint = suggest(seen.raw, names) if is_string else ""
            do = "say what it means in [licenses]" if is_string else "read it, and state what holds"
            notes[f"{seen.place}: nobody can read {seen.raw[:60]!r}: {do}" + (f"; {hint}" if hint else "")] = None
    return notes


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
    joined = all_of(stated, names)
    return None if joined is None else Entry("license", joined, True, "; ".join(list(places)[:3]))


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
    return Entry("derived_from", tuple(sources)[:MOST_SOURCES], True, "cards beside the data name them")
