"""The work of an ingest: which files are read, as which items, and what lands of them. Floor 7."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rightful import engine
from rightful.catalog.signals import signals_of
from rightful.catalog.texts import license_texts, texts_version
from rightful.engine.warm import Warm
from rightful.errors import InputError
from rightful.ingest.beside import Beside
from rightful.ingest.damages import as_json, one_by_one, renumbered
from rightful.ingest.landing import Arrival, land
from rightful.ingest.landing.earlier import earlier_files
from rightful.ingest.outcome import (
    Outcome,
    by_column,
    by_pattern,
    by_reason,
    contradicted,
    conversations,
    kept,
    not_read,
    nothing_read,
    repositories,
)
from rightful.ingest.plan import Plan
from rightful.ingest.recognising import Likeness, laid_out, layout_of_source
from rightful.ingest.staged import Done
from rightful.ingest.standing import (
    Coming,
    Key,
    digest_or_empty,
    member_of,
    must_not_empty,
    settle,
    without_records,
)
from rightful.ingest.stated_beside import StatedBeside
from rightful.ingest.tagging import process
from rightful.ingest.task import Inside, Papers, Task, once, placed
from rightful.ingest.unpacked import remove_left
from rightful.readers import Damage, Fields, FoundFile, Item
from rightful.readers.limits import DEFAULT as DEFAULT_LIMITS
from rightful.readers.read import containers
from rightful.readers.split import cost_of, items, share_of
from rightful.readers.tree import shown_name
from rightful.recipes.recipe import Recipe
from rightful.rights.columns import EVERY_COLUMN
from rightful.rights.evidence import Evidence, evidence_id
from rightful.rights.licenses import Catalog
from rightful.rights.overlay import reading_digest
from rightful.signals.cards.source_card import SourceCard, stored_card
from rightful.signals.cards.warnings import warnings_of
from rightful.signals.order import ADDED, of_card
from rightful.signals.rows.claims import about_rows_of
from rightful.store.files import InputFile
from rightful.store.layout import Layout, private_folder, remove_tree
from rightful.store.ledger import Ledger
from rightful.store.records import SCHEMA_VERSION

Progress = Callable[[int, int, int], None]
"""Called with (bytes done, bytes in all, records so far)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator asks for beside reading: ``prune`` retires the records of files that are gone, ``rehash`` looks at
    the content of every file, whatever the file system says; ``yes`` is the second word of who would empty a
    source, or commits long after the newest snapshot."""

    prune: bool = False
    rehash: bool = False
    yes: bool = False


class Work:
    """What a plan means for a store: the items to read, the files that stand as they were, and the key of the run."""

    def __init__(
        self, layout: Layout, ledger: Ledger, plan: Plan, catalog: Catalog, choices: Choices, workers: int
    ) -> None:
        self.layout = layout
        self.ledger = ledger
        self.plan = plan
        self.catalog = catalog
        self.choices = choices
        self.skipped_records = 0
        self.tasks: list[Task] = []
        self.reading: dict[Key, InputFile] = {}
        self.renewed: list[InputFile] = []
        self.stored = {c["source_id"]: stored_card(c["card"]) for c in ledger.sources(ledger.snapshot())}
        self.older = earlier_files(layout, ledger)
        self.standing = settle(plan, ledger.files, self.older, self.stored, catalog)
        if choices.prune and not choices.yes:
            must_not_empty(self.standing, ledger.files)
        # Other limits read other rows; those of always leave what was remembered of a file as it was.
        limits = plan.recipe.limits
        self.limits = [] if limits == DEFAULT_LIMITS else [limits.stated()]
        self._prepare(workers)
        # All that a staged part depends on, so that a rerun takes up nothing else.
        parts = [
            [
                t.index,
                self._shown(t),
                t.card.digest,
                _ids((*t.claims, *t.beside)),
                t.recipe.digest,
                *self.limits,
                *(
                    [
                        [evidence_id(paper), asdict(paper.observation), files]
                        for paper, files in t.papers
                        if paper.observation
                    ]
                ),
            ]
            for t in self.tasks
        ]
        self.key = _digest([SCHEMA_VERSION, reading_digest(catalog), texts_version(), *ADDED, parts])
        folder = layout.staging(self.key)
        self.tasks = [replace(t, folder=folder) for t in self.tasks]
        self.folder = folder

    def _prepare(self, workers: int) -> None:
        sources = self.standing.by_source()
        self.like: dict[str, Likeness] = {}
        self.cards = {source: self._laid_out(source, files) for source, files in sources.items()}
        cards = self.stored | self.cards
        by_name = cards | {c.name: c for c in cards.values()}
        lying = Beside([*self.plan.folders, *(Path(c.listed.card_file).parent for c in self.standing.coming)])
        self.stated = StatedBeside()
        work: list[
            tuple[SourceCard, list[FoundFile], tuple[Evidence, ...], tuple[Evidence, ...], Papers, Recipe, Inside]
        ] = []
        for source, files in sources.items():
            card = self.cards[source]
            before = self.stored.get(source)
            if before is not None and before.name != card.name:
                raise InputError(
                    f"the store knows the source {before.source_id!r} as {before.name!r}",
                    subject=card.place,
                    hint="give this source a name of its own",
                )
            claims = tuple(of_card(card, self.catalog.names, by_name))
            recipe = replace(self.plan.recipe, fields=_fields(self.plan.recipe.fields, card))
            about = about_rows_of(card, self.catalog.names, recipe.fields.license)
            about = replace(about, texts=license_texts, signals=partial(signals_of, self.catalog))
            groups: dict[tuple[Evidence, ...], list[Coming]] = {}
            papers: dict[str, tuple[Evidence, ...]] = {}
            for coming in files:
                said = lying.claims(coming.listed.file.path, source, about, coming.listed.confirmed)
                papers[coming.listed.file.name] = said
                self.stated.count(source, said)
                groups.setdefault(once(said), []).append(coming)
            for beside, ours in groups.items():
                read = [
                    card.digest,
                    sorted(_ids((*claims, *beside))),
                    recipe.digest,
                    reading_digest(self.catalog),
                    texts_version(),
                    self.plan.format,
                ]
                fresh = self._to_read(ours, _digest([*read, *self.limits, *ADDED]), workers)
                inside = Inside(about, self.plan.format, self.plan.wanted)
                work.append((card, fresh, claims, beside, papers, recipe, inside))
        self.stated.lies = lying.lies
        share = share_of(sum(cost_of(file) for _, fresh, *_ in work for file in fresh))
        for card, fresh, claims, beside, lie, recipe, inside in work:
            for item in items(fresh, share):
                of = (len(self.tasks), item, card, claims, beside, recipe, self.catalog.names, self.ledger.key, Path())
                opens = None
                if item.format in containers():
                    opens = replace(inside, called=self.plan.called(shown_name(str(item.files[0].path))))
                self.tasks.append(Task(*of, placed(item, lie), opens))

    def _laid_out(self, source: str, files: Sequence[Coming]) -> SourceCard:
        """The card of a source, with what its layout states; what the files look like is remembered."""
        listed = [coming.listed.file for coming in files]
        card, like = laid_out(files[0].listed.card, listed, self.plan.layouts, self.stored.get(source))
        if like is not None:
            self.like[source] = like
        return card

    def _to_read(self, files: Sequence[Coming], reading: str, workers: int) -> list[FoundFile]:
        """The files that are not as they were taken in. Those that are count as unchanged without being read. Of what a
        container holds the patterns may leave out some."""
        newest = self.ledger.newest_consent()
        some = _digest([reading, *self.plan.wanted.options()]) if self.plan.wanted else reading

        def reading_of(coming: Coming) -> str:
            return some if coming.listed.file.format in containers() else reading

        def as_before(coming: Coming) -> InputFile | None:
            known = coming.known
            fits = known is not None and known.whole and known.snapshot >= newest
            fits = fits and known is not None and known.reading == reading_of(coming)
            return known if fits and known is not None and known.sha256 else None

        untouched = {
            c.key
            for c in files
            if not self.choices.rehash and (known := as_before(c)) is not None and known.seen == c.file.seen
        }
        others = [c for c in files if c.key not in untouched]
        with ThreadPoolExecutor(max(workers, 1)) as threads:
            digests = dict(zip((c.key for c in others), threads.map(_content, others), strict=True))
        fresh: list[FoundFile] = []
        for coming in files:
            known = as_before(coming)
            digest = digests.get(coming.key, "")
            if known is not None and (coming.key in untouched or digest == known.sha256):
                for before, now in ((known, coming.file), *(self.standing.members_now(coming))):
                    left_out = before is not known and self.plan.leaves_out_of(coming.file.place, now.place)
                    self.skipped_records += 0 if left_out else before.records
                    of_content = ("sha256", "reading", "records", "whole", "held", "snapshot")
                    kept = replace(now, **{k: getattr(before, k) for k in of_content})
                    self.renewed += [kept] if kept != before else []
            else:
                fresh.append(coming.listed.file)
                self.reading[coming.key] = replace(coming.file, sha256=digest, reading=reading_of(coming))
        return fresh

    def _shown(self, task: Task) -> list[Any]:
        item = task.item
        files = [
            [str(f.path), f.name, f.size, self.reading[(task.card.source_id, f.name)].sha256 or f.mtime_ns]
            for f in item.files
        ]
        inside = task.inside
        of_container = [] if inside is None else [[inside.format, inside.called, inside.wanted.options()]]
        return [item.format, item.start, item.stop, files, *of_container]

    def run(self, clock: Callable[[], datetime], workers: int, progress: Progress | None, warm: Warm) -> Outcome:
        """Do the items and land them.

        What costs little is done in this process, unless a run of the same died: then a worker is to die of it, not this.
        Of several workers each begins with the largest item that is left, so that they end together.
        """
        if not self.folder.exists():
            workers = engine.that_pay(workers, sum(map(_cost, self.tasks)))
        private_folder(self.folder)
        remove_left(self.folder)
        total = sum(_size(t.item) for t in self.tasks)
        tasks = self.tasks if workers == 1 else sorted(self.tasks, key=_cost, reverse=True)
        done: list[Done] = []
        so_far = records = 0
        for task, result in engine.run(process, tasks, workers, _named, warm=warm):
            done.append(result)
            so_far += _size(task.item)
            records += sum(result.pieces)
            if progress is not None:
                progress(so_far, total, records)
        warm.close()  # a landing has the memory to itself
        done.sort(key=lambda result: result.index)
        outcome = self._land(done, clock)
        remove_tree(self.folder)
        return outcome

    def arrival(self, done: Sequence[Done]) -> Arrival:
        """What is to land when the items are done."""
        damages = self._damages(done)
        files, members = self._taken_in(done)
        return Arrival(
            run=self.key,
            folder=self.folder,
            done=done,
            sources=self.cards,
            files=files,
            members=members,
            rejections=[(d.file, d.position, d.reason) for d in damages],
            rejected=sum(d.rows for d in damages),
            near=self.plan.recipe.near,
            recipes={t.recipe.digest: t.recipe.resolved() for t in self.tasks},
            emptied=[*self.standing.emptied, *self._no_longer_held(files)],
            gone=self.standing.gone,
            prune=self.choices.prune,
            passed=self.standing.passed,
            renewed=[*self.renewed, *self._met_before()],
        )

    def _damages(self, done: Sequence[Done]) -> list[Damage]:
        return [*self.plan.damages, *one_by_one(renumbered(self.tasks, done))]

    def _land(self, done: Sequence[Done], clock: Callable[[], datetime]) -> Outcome:
        arrival = self.arrival(done)
        for result in done:
            self.stated.add(result.stated)
        landed = land(self.layout, self.ledger, arrival, clock)
        skipped = [*self.plan.skipped, *(one for d in done for one in d.skipped)]
        stages: dict[str, float] = {}
        for d in done:
            for name, seconds in d.seconds.items():
                stages[name] = stages.get(name, 0.0) + seconds
        return Outcome(
            run=self.key,
            landed=landed,
            read=sum(n for d in done for n in d.pieces) + self.skipped_records + arrival.rejected,
            rejected=arrival.rejected,
            skipped_records=self.skipped_records,
            statements=by_column((d.source_id, statement) for d in done for statement in d.statements),
            unread=by_column((d.source_id, value) for d in done for value in d.unread),
            conversations=conversations(done),
            kept=kept(done, self._kept_by_name()),
            contradicted=contradicted(done),
            errors=[as_json(d) for d in self._damages(done)],
            repositories=repositories(c.listed.file for c in self.standing.coming),
            skipped=not_read(skipped),
            not_read=by_reason(skipped),
            passed_over=by_pattern(skipped),
            nothing_read=nothing_read(self.plan.empty),
            papers=self.stated.unreadable(),
            sources=[
                {
                    "source": source,
                    "card": self.cards[source].place or None,
                    **self.stated.of(source, len(files)),
                    "layout": layout_of_source(self.cards[source], self.like.get(source)),
                    "warnings": list(warnings_of(self.cards[source], self.catalog.names)),
                }
                for source, files in self.standing.by_source().items()
            ],
            text_bytes=sum(d.text_bytes for d in done),
            size_bytes=sum(c.file.seen.size for c in self.standing.coming),
            stages=stages,
        )

    def _kept_by_name(self) -> dict[str, tuple[str, ...]]:
        """The columns to keep that were named, by source of which something was read."""
        named = {task.card.source_id: task.recipe.fields.keep or () for task in self.tasks}
        return {source: names for source, names in named.items() if names != (EVERY_COLUMN,)}

    def _taken_in(self, done: Sequence[Done]) -> tuple[Mapping[Key, InputFile], Mapping[Key, Key]]:
        """The files that were read, and in which container those lie that lie in one. A file with damage in it is read again
        next time, so that the damage is listed again; so is a container with all that it holds."""
        damaged: set[Key] = set()
        counts: dict[Key, int] = {}
        members: dict[Key, Key] = {}
        for task, result in zip(self.tasks, done, strict=True):
            source, whole = task.card.source_id, (task.card.source_id, task.item.files[0].name)
            for read_file, n in result.files.items():
                counts[source, read_file] = counts.get((source, read_file), 0) + n
            if task.inside is None:
                damaged |= {(source, damage.file) for damage in result.damages}
            else:
                damaged |= {whole} if result.damages else set()
                members |= {(source, name): whole for name in result.files}
        read = {
            key: replace(file, records=counts.get(key, 0), whole=key not in damaged)
            for key, file in self.reading.items()
        }
        inside = {key: replace(member_of(read[of], key[1]), records=counts[key]) for key, of in members.items()}
        return {**read, **inside}, members

    def _no_longer_held(self, files: Mapping[Key, InputFile]) -> list[InputFile]:
        """What containers held that were read anew, and do not hold any more; what was left out of them stands."""
        return [
            without_records(file)
            for key in self.reading
            for file in self.standing.members.get(key, ())
            if (file.source_id, file.file) not in files
            and not self.plan.leaves_out_of(self.reading[key].place, self.reading[key].place + file.file[len(key[1]) :])
        ]

    def _met_before(self) -> list[InputFile]:
        """What an earlier version remembered of files, in today's form, where this run does not say more of them."""
        sorted_out = {(f.source_id, f.file) for f in (*self.standing.emptied, *self.standing.gone, *self.renewed)}
        sorted_out |= {*self.reading, *((p.former_source, p.former_file) for p in self.standing.passed)}
        return [f for f in self.older if (f.source_id, f.file) not in sorted_out]


def _fields(options: Fields, card: SourceCard) -> Fields:
    """The column names: an option or recipe goes before the card."""
    stated: dict[str, Any] = {**dict(card.fields), **({"keep": card.keep} if card.keep else {})}
    try:
        return replace(options, **{name: of for name, of in stated.items() if getattr(options, name) is None})
    except InputError as error:
        raise InputError(error.message, subject=f"{card.place}: {error.subject}", hint=error.hint) from None


def _named(task: Task) -> str:
    return f"{task.item.files[0].path}" + (f" and {len(task.item.files) - 1} more" if len(task.item.files) > 1 else "")


def _size(item: Item) -> int:
    whole = sum(f.size for f in item.files)
    if item.format != "jsonl" or (item.start == 0 and item.stop is None):
        return whole
    return (item.stop if item.stop is not None else whole) - item.start


def _cost(task: Task) -> int:
    """About what an item costs: of a range of a file in proportion."""
    item = task.item
    whole = sum(map(cost_of, item.files))
    return whole if item.format != "jsonl" else whole * _size(item) // max(1, sum(f.size for f in item.files))


def _ids(claims: Iterable[Evidence]) -> list[str]:
    return [evidence_id(e) for e in claims]


def _content(coming: Coming) -> str:
    """The digest of what a file holds; of a repository that of its commit, which is one of all that it holds."""
    file = coming.listed.file
    return hashlib.sha256(file.revision.encode()).hexdigest() if file.revision else digest_or_empty(file.path)


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
