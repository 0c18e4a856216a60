"""What an ingest would find of rights, without a store: claims of cards, of files beside texts, of a sample of texts. Floor 7.

The same plan, signals and folders as those of an ingest; nothing is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from rightful.catalog.signals import signals_of
from rightful.catalog.texts import license_texts
from rightful.ingest.beside import Beside
from rightful.ingest.plan import Listed, Plan
from rightful.readers.read import containers
from rightful.readers.tree import shown_name
from rightful.rights.evidence import Evidence, evidence_id
from rightful.rights.expression import Names
from rightful.rights.licenses import Catalog
from rightful.signals.order import CONFIRMABLE, READ_BESIDE, of_card
from rightful.signals.rows.claims import about_rows_of
from rightful.signals.signal import About, OfRecord

MOST_DOCUMENTS = 2_000
"""So many texts are looked into; of tables and archives none: their rows are read by an ingest alone."""
ENDS = 64 << 10
"""So much of a text is read from its beginning, and so much up to its end."""
_TEXTS = ("text",)
UNOPENED = "an archive ({}) is not opened: an ingest reads what it holds, and the papers in it"


@dataclass(slots=True)
class Stated:
    """A claim, with how many of the files it speaks of, and the place that it was read from."""

    claim: Evidence
    files: int = 0

    @property
    def place(self) -> str:
        """Where it was read; empty for nowhere."""
        return self.claim.observation.place if self.claim.observation is not None else ""


@dataclass(slots=True)
class Folder:
    """What is stated of the files of one source in one folder: the card that governs it, and the claims."""

    source: str
    carded: bool
    card: str
    folder: Path
    files: int = 0
    claims: dict[tuple[str, str], Stated] = field(default_factory=dict)

    def licenses(self) -> list[str]:
        """The licences of its files themselves, each once, in the order in which they were met."""
        stated = (s.claim for s in self.claims.values())
        return list(dict.fromkeys(c.expression for c in stated if c.statement == "license" and not c.layer))


@dataclass(slots=True)
class Scan:
    """What was found: by folder; in ``texts`` what single texts state, of ``documents`` that were looked into."""

    files: int
    folders: list[Folder]
    texts: dict[tuple[str, str], Stated]
    documents: int = 0
    stating: int = 0
    unopened: Counter[str] = field(default_factory=Counter)
    """Why files were not looked into -> how many."""
    conflicts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The claims (by id) of files whose statements name different licences -> such files."""


def scan(plan: Plan, catalog: Catalog) -> Scan:
    """All that would be claimed of the files of a plan."""
    cards = {one.card.source_id: one.card for one in plan.listed}
    known = cards | {card.name: card for card in cards.values()}
    lying = Beside([*plan.folders, *(Path(one.card_file).parent for one in plan.listed)])
    about: dict[str, About] = {}
    own: dict[str, list[Evidence]] = {}
    folders: dict[tuple[str, Path], Folder] = {}
    found = Scan(len(plan.listed), [], {})
    signals = _signals(catalog.names)
    for one in plan.listed:
        source = one.card.source_id
        if source not in about:
            knows = about_rows_of(one.card, catalog.names, plan.recipe.fields.license)
            about[source] = replace(knows, texts=license_texts, signals=partial(signals_of, catalog))
            own[source] = of_card(one.card, catalog.names, known)
        beside = lying.claims(one.file.path, source, about[source], one.confirmed)
        place = _folder(one, beside, plan.folders)
        of = folders.get((source, place))
        if of is None:
            of = folders[source, place] = Folder(source, one.card.carded, one.card_file, place)
        of.files += 1
        if one.file.format in containers():
            found.unopened[UNOPENED.format(one.file.format)] += 1
        claims = [*own[source], *beside]
        if one.file.format in _TEXTS and found.documents < MOST_DOCUMENTS:
            claims += _of_text(one, about[source], found, signals)
        _add(of.claims, [*own[source], *beside])
        _differ(claims, found)
    found.folders = list(folders.values())
    return found


def _add(to: dict[tuple[str, str], Stated], claims: Iterable[Evidence]) -> None:
    for claim in claims:
        place = claim.observation.place if claim.observation is not None else ""
        stated = to.setdefault((evidence_id(claim), place), Stated(claim))
        stated.files += 1


def _folder(one: Listed, beside: Sequence[Evidence], roots: Sequence[Path]) -> Path:
    """The folder that a card for this file would lie in: that of its own card, the nearest with a card of others, which the
    operator may confirm, or what was named."""
    if one.card_file:
        return Path(one.card_file).parent
    root = max((r for r in roots if one.file.path.is_relative_to(r)), key=lambda r: len(r.parts), default=None)
    if root is None:
        return one.file.path.parent
    for claim in beside:
        if _detector(claim) not in CONFIRMABLE:
            continue
        place = claim.observation.place.partition(" (")[0] if claim.observation is not None else ""
        folder = root.parent / Path(place).parent
        if one.file.path.is_relative_to(folder) and folder.is_relative_to(root):
            return folder
    return root


def _of_text(
    one: Listed, about: About, found: Scan, signals: Sequence[tuple[OfRecord, re.Pattern[str] | None]]
) -> list[Evidence]:
    """What a text states of itself."""
    found.documents += 1
    text = _text(one.file.path)
    # As an ingest does: only what has one of the words of a signal is handed to it.
    due = [
        s
        for s, words in signals
        if words is None or words.search(text[: s.ends[0]]) or words.search(text[-s.ends[1] :])
    ]
    if not text or not due:
        return []
    claims = [claim for signal in due for claim in signal.read({"text": text}, about).claims]
    found.stating += bool(claims)
    shown = shown_name(one.file.name)
    placed = [
        replace(c, observation=replace(c.observation, place=f"{shown} ({c.observation.place})"))
        for c in claims
        if c.observation is not None
    ]
    _add(found.texts, placed)
    return placed


def _signals(names: Names) -> list[tuple[OfRecord, re.Pattern[str] | None]]:
    """The signals that read texts, with the words without which they claim nothing."""
    listed = [signal for signal in READ_BESIDE if signal.columns == ("text",)]
    return [(s, re.compile(s.trigger(names), re.IGNORECASE) if s.trigger is not None else None) for s in listed]


def _text(path: Path) -> str:
    """A text, or head and tail of a long one; nothing of one that cannot be opened: an ingest names it."""
    try:
        with path.open("rb") as opened:
            raw = opened.read(ENDS)
            if (size := path.stat().st_size) > ENDS:
                opened.seek(max(ENDS, size - ENDS))
                raw += opened.read(ENDS)
    except OSError:
        return ""
    return raw.decode("utf-8", "replace")


def _differ(claims: Sequence[Evidence], found: Scan) -> None:
    """Count the file where its statements name different licences: both hold, and the stricter decides."""
    named = [c for c in claims if c.statement == "license" and not c.layer]
    if len({c.expression for c in named}) > 1:
        found.conflicts[tuple(sorted({_key(c) for c in named}))] += 1


def _key(claim: Evidence) -> str:
    seen = claim.observation
    return "\t".join((claim.expression, f"T{claim.tier}", seen.place if seen else "", _detector(claim)))


def _detector(claim: Evidence) -> str:
    seen = claim.observation
    return f"{seen.detector}/{seen.detector_version}" if seen is not None else ""


def rows_of(found: Scan) -> Iterator[dict[str, object]]:
    """Every claim as a row, those of folders before those of texts."""
    listed: dict[tuple[str, str], Stated] = {}
    for folder in found.folders:
        for key, stated in folder.claims.items():
            met = listed.setdefault(key, Stated(stated.claim))
            met.files += stated.files
    for stated in (*listed.values(), *found.texts.values()):
        claim = stated.claim
        yield {
            "path": stated.place.partition(" (")[0],
            "place": stated.place,
            "kind": claim.kind,
            "statement": claim.statement,
            "tier": f"T{claim.tier}",
            "expression": claim.expression or None,
            "layer": claim.layer or None,
            "detector": _detector(claim),
            "raw": claim.observation.raw[:300] if claim.observation is not None else "",
            "files": stated.files,
        }


def conflicts_of(found: Scan) -> list[dict[str, object]]:
    """Statements that name different licences for the same files, most files first."""
    return [
        {
            "files": files,
            "claims": [
                dict(zip(("expression", "tier", "place", "detector"), key.split("\t"), strict=True)) for key in keys
            ],
        }
        for keys, files in found.conflicts.most_common()
    ]
