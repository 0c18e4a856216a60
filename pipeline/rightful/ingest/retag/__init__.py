"""Tag: run again the stages whose settings changed, on stored texts, which stay as they are. Floor 7.

A part of ``records`` gets a successor with the same rows in the same order; its texts and signatures go on under the
new name as links to the same bytes. One commit ends the old parts and adds the new ones in the old order, so that what
is first in the store stays first. Near copies are looked for again where their settings changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from rightful import engine
from rightful.dedup.settings import Alarm, Near
from rightful.errors import InputError, StoreError
from rightful.ingest.landing.near import SETTINGS, Among, NearSearch
from rightful.ingest.landing.pieces import part_name, unless_known
from rightful.ingest.retag.marks import exact_marks
from rightful.ingest.retag.parts import Change, Task, process
from rightful.recipes.recipe import RECORDED, Recipe, revived
from rightful.stages.order import ALWAYS, OPTIONAL
from rightful.store.check import check_files
from rightful.store.duck import connect, rows, table
from rightful.store.layout import (
    Layout,
    move_into_place,
    private_file,
    private_folder,
    publish,
    remove_tree,
    sha256_file,
)
from rightful.store.ledger import Commit, Ledger, Part
from rightful.store.parquet import row_count
from rightful.store.parts import publish_table
from rightful.store.records import ERASED, HIDDEN
from rightful.store.relations import Relation, build, strings
from rightful.store.scratch import scratch
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views
from rightful.store.where import KeptIn, condition, naming_condition

FOLLOWING = ("texts", "signatures")
"""The kinds whose parts go on under the name of the new part of records."""
Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


@dataclass(slots=True)
class Outcome:
    """What a run did. ``records`` have other tags or another recipe now; ``stages`` ran again or were left out."""

    snapshot: int
    stages: list[str] = field(default_factory=list)
    records: int = 0
    unchanged: int = 0
    parts: int = 0
    recipe: str = ""
    alarms: tuple[Alarm, ...] = ()
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        return {
            "snapshot": self.snapshot,
            "stages": self.stages,
            "records": self.records,
            "unchanged": self.unchanged,
            "parts": self.parts,
            "alarms": [{"source": a.source_id, "records": a.records, "lost": a.lost} for a in self.alarms],
            "seconds": round(self.seconds, 3),
        }


def tag(
    layout: Layout,
    ledger: Ledger,
    recipe: Recipe | None,
    now: datetime,
    *,
    where: str | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Outcome:
    """Bring the tags of the stored records (those that ``where`` selects) to ``recipe``; nothing to do changes nothing.

    None brings each record to what its own recipe gives today: stages of which there is a newer version run again.

    With ``where`` the settings of near copies stay: they are about the whole store. How columns were mapped when a
    record was read (``[fields]``) stays too. Raises :class:`InputError` where only reading the sources again would do.
    """
    start = time.perf_counter()
    outcome = _once(Run(layout, ledger, recipe, where), now, workers, progress)
    if "normalize" in outcome.stages:  # near copies are looked for among the texts that there are now
        after = _once(Run(layout, ledger, recipe, where, anew=True), now, workers, progress)
        outcome.snapshot, outcome.alarms = after.snapshot, after.alarms
        outcome.stages += after.stages
    outcome.seconds = time.perf_counter() - start
    return outcome


def _once(run: Run, now: datetime, workers: int, progress: Progress | None) -> Outcome:
    sweep(run.layout, keep=run.key)
    with run.layout.lock(f"run-{run.key}", passing=True):
        return run.go(now, workers, progress)


class Run:
    """One run over the stored parts; ``verb`` names it in the history of the store.

    ``anew``: near copies are looked for again, whatever the settings that they were found with.
    """

    def __init__(
        self,
        layout: Layout,
        ledger: Ledger,
        recipe: Recipe | None,
        where: str | None,
        *,
        verb: str = "tag",
        anew: bool = False,
    ) -> None:
        self.layout, self.ledger, self.recipe, self.where = layout, ledger, recipe, where
        self.verb, self.anew = verb, anew
        self.snapshot = ledger.snapshot()
        self.parts = ledger.parts("records", self.snapshot)
        facts = [verb, self.snapshot, recipe.digest if recipe else None, where, [p.part for p in self.parts]]
        self.key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
        self.folder = layout.staging(f"tag-{self.key}")
        self.near: Near | None = None

    def go(self, now: datetime, workers: int, progress: Progress | None) -> Outcome:
        """Write the successors and commit them."""
        with (
            scratch(self.layout, f"tag-{self.key}") as spill,
            contextlib.closing(connect(spill)) as con,
            self._staging(),
        ):
            open_views(con, self.layout, self.ledger, self.snapshot, older=self.where is None)
            tasks, outcome, changes = self._plan(con)
            if tasks or self.near is not None:
                self.ledger.moment(now)  # before the work: a clock that is wrong is wrong now
            total = sum(p.rows for p in self.parts if p.part in tasks)
            done = 0
            for task, n in engine.run(process, tasks.values(), workers, lambda t: str(t.records)):
                done += row_count(task.records)
                outcome.records += n
                if progress is not None:
                    progress(done, total)
            outcome.unchanged -= outcome.records
            if tasks or self.near is not None:
                with committing(self.layout, self.ledger):
                    outcome.snapshot = self._land(con, spill, tasks, changes, outcome, now)
            return outcome

    @contextlib.contextmanager
    def _staging(self) -> Iterator[None]:
        """The folder of this run, which only a killed one leaves behind."""
        private_folder(self.folder)
        try:
            yield
        finally:
            remove_tree(self.folder)

    def _plan(self, con: duckdb.DuckDBPyConnection) -> tuple[dict[str, Task], Outcome, dict[str, Change]]:
        """The parts with something to do, by name."""
        chosen = condition(con, self.where, KeptIn(self.layout, self.ledger, self.snapshot))
        with naming_condition(chosen):
            counted = rows(
                con, f"SELECT part, recipe_sha256, count(*) FROM (SELECT * FROM records) WHERE {chosen} GROUP BY ALL"
            )
        changes = {d: self._change(d) for d in {str(d) for _, d, _ in counted}}
        changes = {d: c for d, c in changes.items() if c.digest != d or c.run or c.drop}
        touched = {str(part) for part, digest, _ in counted if digest in changes}
        if self.where is None:
            touched |= self._older(con, changes)
        tasks: dict[str, Task] = {}
        for part in (p.part for p in self.parts if p.part in touched):
            only = None
            if self.where is not None:
                only = self.folder / f"{part}.npy"
                picked = table(con, f"SELECT row FROM records WHERE part = '{part}' AND ({chosen}) ORDER BY row")
                private_file(only)
                np.save(only, picked["row"].to_numpy())
            records, texts, signatures = (self.layout.part(kind, part) for kind in ("records", *FOLLOWING))
            out = self.folder / f"{part}.records.parquet"
            tasks[part] = Task(records, texts, signatures, out, changes, only)
        for kind in FOLLOWING:
            digests = {p.part: p.sha256 for p in self.ledger.parts(kind, self.snapshot)}
            check_files((self.layout.part(kind, part), digests[part]) for part in tasks)
        named = {name for change in changes.values() for name in (*change.run, *change.drop)}
        stages = [name for name in (*ALWAYS, *OPTIONAL) if name in named]
        if self.where is None and self.parts and "normalize" not in named:
            self.near = self._other_near({str(d) for _, d, _ in counted})
            stages += ["near"] if self.near is not None else []
        outcome = Outcome(self.snapshot, stages, unchanged=sum(int(n) for _, _, n in counted), parts=len(tasks))
        return tasks, outcome, changes

    def _other_near(self, digests: Iterable[str]) -> Near | None:
        """The settings by which near copies have to be looked for again; None where they were found by these.

        They are about the whole store. Without a recipe they stay those that the store was searched with; where there is
        a newer version of these, and the records of one recipe only, that one's are meant.
        """
        searched = self.ledger.remembered(SETTINGS)
        if self.recipe is not None:
            return self.recipe.near if self.anew or searched != self.recipe.near.digest else None
        recorded = [self.ledger.remembered(f"{RECORDED}{digest}") for digest in sorted(digests)]
        nears = {
            near.digest: near
            for near in (revived(json.loads(recipe_json)).near for recipe_json in recorded if recipe_json)
        }
        if searched in nears:
            return nears[searched] if self.anew else None
        return next(iter(nears.values())) if len(nears) == 1 else None

    def _older(self, con: duckdb.DuckDBPyConnection, changes: dict[str, Change]) -> set[str]:
        """The parts with texts by an earlier rule, also in rows that no longer count: events still know them by it."""
        older_parts = rows(
            con,
            "SELECT DISTINCT part, recipe_sha256 FROM all_records WHERE norm_rule IS NULL"
            f" AND recipe_sha256 <> '{ERASED}'",
        )
        for digest in {str(digest) for _, digest in older_parts} - set(changes):
            change = self._change(digest)
            if "normalize" in change.run:
                changes[digest] = change
        return {str(part) for part, digest in older_parts if str(digest) in changes}

    def _change(self, digest: str) -> Change:
        """What the records that were tagged with the recipe of ``digest`` need."""
        recorded = self.ledger.remembered(f"{RECORDED}{digest}")
        if recorded is None:
            if self.recipe is None:
                raise InputError(
                    f"the recipe {digest} of some records is not on record",
                    subject=str(self.layout.root),
                    hint="name the recipe to use: rightful tag --recipe NAME",
                )
            everything = self.recipe.running()
            return Change(self.recipe, tuple(s.name for s in everything if s.name not in FIXED), (), self.recipe.digest)
        before = json.loads(recorded)
        wanted = self.recipe or revived(before)
        kept = revived({**wanted.as_json(), "fields": before["fields"]})
        if self.where is not None:
            kept = replace(kept, near=revived({**kept.as_json(), "near": before["near"]}).near)
        after = kept.resolved()
        for name in FIXED:
            if before["versions"].get(name) != after["versions"][name]:
                versions = f"{before['versions'].get(name)}, not {after['versions'][name]}"
                raise InputError(f"the records were made by {versions}", subject=name, hint="ingest the sources again")
        ran = {*ALWAYS, *before["stages"]}
        run = [
            stage.name
            for stage in kept.running()
            if stage.name not in ran or _said(before, stage.name) != _said(after, stage.name)
        ]
        drop = [name for name in OPTIONAL if name in ran and name not in kept.stages]
        return Change(kept, tuple(run), tuple(drop), kept.digest)

    def _land(
        self,
        con: duckdb.DuckDBPyConnection,
        spill: Path,
        tasks: Mapping[str, Task],
        changes: Mapping[str, Change],
        outcome: Outcome,
        now: datetime,
    ) -> int:
        """Publish the new parts and commit. What was ingested meanwhile stays as it is."""
        newest = self.ledger.snapshot()
        standing = self.ledger.parts("records", newest)
        if not set(tasks) <= {p.part for p in standing}:
            raise StoreError(
                "another run changed the tags meanwhile", subject=str(self.layout.root), hint="run it again"
            )
        open_views(con, self.layout, self.ledger, newest, older=self.where is None)
        search = self._search(con, spill, newest)
        names = self._publish(tasks, standing)
        hidden = self._hidden(con, names, newest)
        copies = self._copies(con, names, standing) if "normalize" in outcome.stages else None
        with self.ledger.commit(self.verb, self.key, now) as commit:
            self._replace(commit, names, newest)
            commit.add_parts(hidden)
            if copies is not None:
                for part in copies.ended:
                    commit.end_part("duplicates", part)
                commit.add_parts(copies.parts)
            if search is not None:
                outcome.alarms = search.alarms
                for kind, part in search.ended:
                    commit.end_part(kind, part)
                commit.add_parts(search.parts)
                assert self.near is not None
                commit.remember(SETTINGS, self.near.digest)
            for change in changes.values():
                commit.remember(f"{RECORDED}{change.digest}", json.dumps(change.recipe.resolved(), sort_keys=True))
            commit.summary.update(records=outcome.records, stages=", ".join(outcome.stages))
            return commit.snapshot

    def _search(self, con: duckdb.DuckDBPyConnection, spill: Path, newest: int) -> Any:
        """Near copies among all that is stored, by the new settings."""
        if self.near is None:
            return None
        among = Among("records", gone=("hidden",))
        return NearSearch(con, self.layout, self.ledger, newest, self.near, spill, among, anew=self.anew).run([])

    def _publish(self, tasks: Mapping[str, Task], standing: list[Part]) -> dict[str, list[Part]]:
        """The successors of each part, one of every kind."""
        taken = {p.part for p in standing}
        following = {kind: {p.part: p for p in self.ledger.parts(kind, self.ledger.snapshot())} for kind in FOLLOWING}
        names: dict[str, list[Part]] = {}
        for old, task in tasks.items():
            digests = {"records": sha256_file(task.out), **{kind: following[kind][old].sha256 for kind in FOLLOWING}}
            name = part_name(digests, taken)
            size_bytes = task.out.stat().st_size
            n = following["texts"][old].rows
            names[old] = [Part("records", name, n, size_bytes, digests["records"])]
            for kind in FOLLOWING:
                part = replace(following[kind][old], part=name, ordinal=0)
                if kind == "signatures" and task.signed is not None:
                    part = replace(part, size_bytes=task.signed.stat().st_size, sha256=sha256_file(task.signed))
                    move_into_place(task.signed, self.layout.part(kind, name))
                else:
                    _link(self.layout.part(kind, old), self.layout.part(kind, name))
                names[old].append(part)
            move_into_place(task.out, self.layout.part("records", name))
        return names

    def _hidden(self, con: duckdb.DuckDBPyConnection, names: Mapping[str, list[Part]], newest: int) -> list[Part]:
        """Rows that did not count in the old parts do not in the new ones."""
        build(con, RENAMED, {"renamed": strings(old=names, new=(parts[0].part for parts in names.values()))})
        moved = table(con, "FROM renamed_hidden ORDER BY ALL")
        return unless_known(publish_table(self.layout, "hidden", moved, HIDDEN), self.ledger, newest)

    def _copies(self, con: duckdb.DuckDBPyConnection, names: Mapping[str, list[Part]], standing: list[Part]) -> _Copies:
        """The marks of exact copies by the digests that there are now."""
        part = exact_marks(con, self.layout, standing, {old: parts[0].part for old, parts in names.items()})
        known = {p.part for p in self.ledger.parts("duplicates", self.ledger.snapshot())}
        stays = {part.part} if part is not None else set()
        return _Copies([p for p in [part] if p is not None and p.part not in known], sorted(known - stays))

    def _replace(self, commit: Commit, names: Mapping[str, list[Part]], newest: int) -> None:
        """End the old parts and add the new ones; those behind the first are added again, so that the order stays."""
        for at, kind in enumerate(("records", *FOLLOWING)):
            parts = self.ledger.parts(kind, newest)
            first = next((i for i, p in enumerate(parts) if p.part in names), len(parts))
            for part in parts[first:]:
                commit.end_part(kind, part.part)
            commit.add_parts(names[p.part][at] if p.part in names else p for p in parts[first:])


@dataclass(frozen=True, slots=True)
class _Copies:
    """The part of marks that is new, and the names of those in whose place it comes."""

    parts: list[Part]
    ended: list[str]


RENAMED = (
    Relation("renamed", "old new"),
    Relation(
        "renamed_hidden",
        "part record_id reason",
        "hidden renamed",
        "SELECT r.new AS part, h.record_id, h.reason FROM hidden h JOIN renamed r ON r.old = h.part",
    ),
)
"""What is hidden in the parts that have successors, under their names."""

FIXED = ("signature",)
"""What stored signatures rest on: another version of it needs the sources, not only the texts."""


def _said(resolved: Mapping[str, Any], name: str) -> list[Any]:
    versions = resolved["versions"]
    return [resolved[name], versions.get(name), versions.get(f"{name}_detector")]


def _link(old: Path, new: Path) -> None:
    """The same bytes under another name: a link where the file system has them, else a copy."""
    if new.exists():
        return
    try:
        os.link(old, new)
    except OSError:
        with publish(new, private=True) as temporary:
            shutil.copyfile(old, temporary)
