"""Ingest: plan (what is to be read, under which card), run (workers), land (one commit). Floor 3."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import catalog, engine
from pipeline.errors import InputError
from pipeline.landing import Arrival, land
from pipeline.readers import Damage, Fields, FoundFile, Item, Skipped
from pipeline.readers.split import items
from pipeline.readers.tree import discover, shown_name
from pipeline.recipe import Recipe, read_toml
from pipeline.records import SCHEMA_VERSION
from pipeline.rights.evidence import Evidence, evidence_id
from pipeline.rights.licenses import Catalog
from pipeline.signals.card_claims import claims_of
from pipeline.signals.source_card import SourceCard, card_of, stored_card
from pipeline.store.layout import Layout, private_folder, remove_tree
from pipeline.store.ledger import InputFile, Ledger
from pipeline.store.sweep import sweep
from pipeline.tagging import Done, Task, process

CARD_NAME = "source.toml"
Progress = Callable[[int, int, int], None]
"""Called with (bytes done, bytes in all, records so far)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A card with its claims and the files that it governs."""

    card: SourceCard
    files: tuple[FoundFile, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do; a pure function of files, cards and recipe. ``key`` names it, so that a rerun resumes."""

    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...]
    damages: tuple[Damage, ...]
    recipe: Recipe
    format: str | None


@dataclass(slots=True)
class Outcome:
    """What an ingest did: ``read = added + unchanged + refused + rejected``."""

    run: str
    snapshot: int
    read: int = 0
    added: int = 0
    unchanged: int = 0
    refused: int = 0
    rejected: int = 0
    updated: int = 0
    superseded: int = 0
    duplicates: int = 0
    near: int = 0
    alarms: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    text_bytes: int = 0
    size_bytes: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        return {
            "run": self.run,
            "snapshot": self.snapshot,
            "read": self.read,
            "added": self.added,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "rejected": self.rejected,
            "updated": self.updated,
            "superseded": self.superseded,
            "duplicates": {"exact": self.duplicates, "near": self.near},
            "alarms": self.alarms,
            "errors": self.errors,
            "skipped": self.skipped,
            "sources": self.sources,
            "seconds": round(self.seconds, 3),
            "bytes": self.size_bytes,
            "text_bytes": self.text_bytes,
            "stages": {k: round(v, 3) for k, v in self.stages.items()},
        }


def plan(
    paths: Sequence[Path], recipe: Recipe, law: Catalog, *, card: Path | None = None, format: str | None = None
) -> Plan:
    """Find the files and the card of each. Raises :class:`InputError` for a path that is not there or a card that is wrong."""
    if not paths:
        raise InputError("nothing to ingest", hint="name files or folders: rightful ingest PATH...")
    given = read_card(card, law) if card is not None else None
    found: dict[str, tuple[SourceCard, list[FoundFile]]] = {}
    skipped: list[Skipped] = []
    damages: list[Damage] = []
    seen: set[Path] = set()
    for path in dict.fromkeys(p.resolve() for p in paths):
        listing = discover(path, format=format)
        skipped += listing.skipped
        damages += listing.damages
        root = path if path.is_dir() else path.parent
        if given is None:
            cards, bases = _cards_of(root, listing.cards, law)
        else:
            # The operator spoke for all of it; what the tree says of itself is named, not followed.
            cards, bases = {root: given}, {root: root.parent if path.is_dir() else root}
            skipped += [Skipped(shown_name(str(c.relative_to(root.parent))), "--source governs") for c in listing.cards]
        for file in listing.files:
            if file.path in seen:
                continue
            seen.add(file.path)
            folder = _governing(file.path.parent, root, cards)
            its_card = cards[folder] if folder else _no_card(path)
            base = bases.get(folder, folder) if folder else root
            name = shown_name(str(file.path.relative_to(base)))
            found.setdefault(its_card.source_id, (its_card, []))[1].append(replace(file, name=name))
            _same_card(found[its_card.source_id][0], its_card)
    sources = tuple(Source(c, tuple(files)) for c, files in found.values())
    return Plan(sources, tuple(skipped), tuple(damages), recipe, format)


def _cards_of(root: Path, listed: Sequence[Path], law: Catalog) -> tuple[dict[Path, SourceCard], dict[Path, Path]]:
    """The card of every folder that has one, and for the root the folder whose card governs it from above."""
    cards = {c.parent: read_card(c, law, str(c.relative_to(root.parent))) for c in listed}
    bases = {root: root}
    if root not in cards and (root / CARD_NAME).is_file():  # a single file was named: its own folder speaks first
        cards[root] = read_card(root / CARD_NAME, law, f"{root.name}/{CARD_NAME}")
    above = _folder_above(root) if root not in cards else None
    if above is not None:
        cards[root] = read_card(above / CARD_NAME, law, f"{above.name}/{CARD_NAME}")
        bases[root] = above
    return cards, bases


def _same_card(one: SourceCard, other: SourceCard) -> None:
    """Two cards that call their sources alike must be one. Raises :class:`InputError` naming both."""
    if one.digest != other.digest:
        raise InputError(
            f"two different cards call their source {one.source_id!r}: {one.place} and {other.place}",
            hint="give each source a name of its own",
        )


def ingest(
    layout: Layout,
    plan: Plan,
    *,
    clock: Callable[[], datetime],
    yes: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Outcome:
    """Run a plan and land it. What a killed run of the same plan had finished is not done again.

    ``yes``: also where ``clock`` is long after the newest snapshot. Raises :class:`InputError`.
    """
    start = time.perf_counter()
    law = catalog.load()
    layout.create()
    ledger = Ledger.create(layout.ledger, clock(), yes=yes)
    try:
        work = _Work(layout, ledger, plan, law)
        if work.tasks:
            ledger.moment(clock())  # before the work: a clock that is wrong is wrong now
        sweep(layout, keep=work.key)
        with layout.lock(f"run-{work.key}", passing=True):
            outcome = work.run(clock, workers, progress)
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise InputError(
            why, subject=str(layout.root), hint="make room, then run it again: what is done is kept"
        ) from error
    finally:
        ledger.close()
    outcome.seconds = time.perf_counter() - start
    return outcome


def read_card(path: Path, law: Catalog, place: str | None = None) -> SourceCard:
    """A checked source card. Raises :class:`InputError` naming file and key.

    ``place`` is kept with the evidence: the path within what was ingested, so that it does not tell where that was.
    """
    card = card_of(read_toml(path), str(path), law.vocabulary)
    return replace(card, place=shown_name(place or path.name))


class _Work:
    def __init__(self, layout: Layout, ledger: Ledger, plan: Plan, law: Catalog) -> None:
        self.layout = layout
        self.ledger = ledger
        self.plan = plan
        self.law = law
        self.skipped_records = 0
        self.unread: set[tuple[str, str]] = set()
        self.tasks: list[Task] = []
        self.files: dict[tuple[str, str], tuple[FoundFile, str]] = {}
        self._prepare()
        # All that a staged part depends on, so that a rerun takes up nothing else.
        parts = [[t.index, _shown(t.item), t.card.digest, _ids(t.claims), t.recipe.digest] for t in self.tasks]
        self.key = _digest([SCHEMA_VERSION, law.digest, parts])
        folder = layout.staging(self.key)
        self.tasks = [replace(t, folder=folder) for t in self.tasks]
        self.folder = folder

    def _prepare(self) -> None:
        stored = {c["source_id"]: stored_card(c["card"]) for c in self.ledger.sources(self.ledger.snapshot())}
        cards = stored | {s.card.source_id: s.card for s in self.plan.sources}
        by_name = cards | {c.name: c for c in cards.values()}
        newest_consent = self.ledger.newest_consent()
        for source in self.plan.sources:
            before = stored.get(source.card.source_id)
            if before is not None and before.name != source.card.name:
                raise InputError(
                    f"the store knows the source {before.source_id!r} as {before.name!r}",
                    subject=source.card.place,
                    hint="give this source a name of its own",
                )
            claims = tuple(claims_of(source.card, self.law.names, by_name))
            recipe = replace(self.plan.recipe, fields=_fields(self.plan.recipe.fields, source.card))
            reading = _digest(
                [
                    source.card.digest,
                    sorted(_ids(claims)),
                    recipe.digest,
                    self.law.digest,
                    self.plan.format,
                ]
            )
            known = self.ledger.inputs(source.card.source_id)
            fresh: list[FoundFile] = []
            for file in source.files:
                taken, at = known.get(shown_name(str(file.path)), (None, 0))
                wanted = (file.size, file.mtime_ns, reading)
                if taken and (taken.size, taken.mtime_ns, taken.reading) == wanted and at >= newest_consent:
                    self.skipped_records += taken.records
                    self.unread.add((source.card.source_id, file.name))
                else:
                    fresh.append(file)
                    self.files[(source.card.source_id, file.name)] = (file, reading)
            for item in items(fresh):
                self.tasks.append(
                    Task(len(self.tasks), item, source.card, claims, recipe, self.law.names, self.ledger.key, Path())
                )

    def run(self, clock: Callable[[], datetime], workers: int, progress: Progress | None) -> Outcome:
        private_folder(self.folder)
        total = sum(_size(t.item) for t in self.tasks)
        done: list[Done] = []
        so_far = records = 0
        for task, result in engine.run(process, self.tasks, workers, _named):
            done.append(result)
            so_far += _size(task.item)
            records += sum(result.pieces)
            if progress is not None:
                progress(so_far, total, records)
        outcome = self._land(done, clock)
        remove_tree(self.folder)
        return outcome

    def _land(self, done: list[Done], clock: Callable[[], datetime]) -> Outcome:
        damages = [*self.plan.damages, *_one_by_one(_renumbered(self.tasks, done))]
        rejections = [(d.file, d.position, d.reason) for d in damages]
        rejected = sum(d.rows for d in damages)
        arrival = Arrival(
            run=self.key,
            folder=self.folder,
            done=done,
            sources={s.card.source_id: s.card for s in self.plan.sources},
            files=self._taken_in(done),
            rejections=rejections,
            rejected=rejected,
            near=self.plan.recipe.near,
            recipes={t.recipe.digest: t.recipe.resolved() for t in self.tasks},
            unread=frozenset(self.unread),
        )
        landed = land(self.layout, self.ledger, arrival, clock)
        stages: dict[str, float] = {}
        for d in done:
            for name, seconds in d.seconds.items():
                stages[name] = stages.get(name, 0.0) + seconds
        staged_records = sum(n for d in done for n in d.pieces)
        return Outcome(
            run=self.key,
            snapshot=landed.snapshot,
            read=staged_records + self.skipped_records + rejected,
            added=landed.added,
            unchanged=landed.unchanged + self.skipped_records,
            refused=landed.refused,
            rejected=rejected,
            updated=landed.updated,
            superseded=landed.superseded,
            duplicates=landed.duplicates,
            near=landed.near,
            alarms=[{"source": a.source_id, "records": a.records, "lost": a.lost} for a in landed.alarms],
            errors=[{"file": d.file, "position": d.position, "reason": d.reason, "rows": d.rows} for d in damages],
            skipped=[{"file": s.file, "reason": s.reason} for s in self.plan.skipped],
            sources=[
                {"source": s.card.source_id, "card": s.card.place or None, "files": len(s.files)}
                for s in self.plan.sources
            ],
            text_bytes=sum(d.text_bytes for d in done),
            size_bytes=sum(f.size for s in self.plan.sources for f in s.files),
            stages=stages,
        )

    def _taken_in(self, done: Sequence[Done]) -> Mapping[tuple[str, str], InputFile]:
        """The files that were read without any damage: only those need not be read again."""
        whole: dict[tuple[str, str], InputFile] = {}
        damaged = {(t.card.source_id, x.file) for t, d in zip(self.tasks, done, strict=True) for x in d.damages}
        counts: dict[tuple[str, str], int] = {}
        for task, result in zip(self.tasks, done, strict=True):
            for read_file, n in result.files.items():
                counts[(task.card.source_id, read_file)] = counts.get((task.card.source_id, read_file), 0) + n
        for (source, name), (file, reading) in self.files.items():
            if (source, name) not in damaged:
                records = counts.get((source, name), 0)
                place = shown_name(str(file.path))
                whole[(source, name)] = InputFile(source, place, file.size, file.mtime_ns, reading, records)
        return whole


def _governing(folder: Path, root: Path, cards: Mapping[Path, SourceCard]) -> Path | None:
    for candidate in (folder, *folder.parents):
        if candidate in cards:
            return candidate
        if candidate == root:
            return None
    return None


def _folder_above(root: Path) -> Path | None:
    """The nearest folder above what was named that has a card: it governs all that lies below it.

    The way up ends at a folder of somebody else, or where anybody may write: a card planted there says nothing.
    """
    owner = root.stat().st_uid
    for folder in root.parents:
        status = folder.stat()
        if status.st_uid != owner or status.st_mode & 0o002:
            return None
        if (folder / CARD_NAME).is_file():
            return folder
    return None


def _no_card(path: Path) -> SourceCard:
    """The stand-in where nobody stated anything: its name is the path's, told apart by where the path is."""
    return SourceCard(name=f"{path.name}~{_digest(str(path))[:8]}", carded=False)


def _fields(options: Fields, card: SourceCard) -> Fields:
    """The column names: an option or recipe goes before the card."""
    return replace(options, **{name: column for name, column in card.fields if getattr(options, name) is None})


def _renumbered(tasks: Sequence[Task], done: Sequence[Done]) -> Iterable[Damage]:
    """Damages with the line of the file: ranges of one file count on from the range before."""
    before: dict[Path, int] = {}
    for task, result in zip(tasks, done, strict=True):
        first = task.item.files[0].path
        offset = before.get(first, 0) if task.item.start else 0
        for damage in result.damages:
            counted = damage.number is not None and damage.unit in ("line", "row")
            moved = damage.number + offset if damage.number is not None and counted else damage.number
            yield replace(damage, number=moved)
        before[first] = offset + result.lines


MOST_LISTED = 1_000
"""So many records that one break took are listed each; more are one entry that says how many."""


def _one_by_one(damages: Iterable[Damage]) -> Iterable[Damage]:
    """An entry for each record that is lost."""
    for damage in damages:
        if damage.rows > MOST_LISTED or damage.number is None:
            yield damage
            continue
        yield replace(damage, rows=1)
        why = f"lost with {damage.position}"
        yield from (replace(damage, reason=why, number=damage.number + n, rows=1) for n in range(1, damage.rows))


def _named(task: Task) -> str:
    return f"{task.item.files[0].path}" + (f" and {len(task.item.files) - 1} more" if len(task.item.files) > 1 else "")


def _size(item: Item) -> int:
    whole = sum(f.size for f in item.files)
    if item.format != "jsonl" or (item.start == 0 and item.stop is None):
        return whole
    return (item.stop if item.stop is not None else whole) - item.start


def _ids(claims: Iterable[Evidence]) -> list[str]:
    return [evidence_id(e) for e in claims]


def _shown(item: Item) -> list[Any]:
    return [item.format, item.start, item.stop, [[str(f.path), f.name, f.size, f.mtime_ns] for f in item.files]]


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
