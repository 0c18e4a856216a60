"""Export: choose, make shards, describe, register. Floor 8.

Everything is built in a hidden folder beside OUT, which takes OUT's name when it is whole; the ledger learns of it
last. The bytes under ``data/`` depend on the chosen records, the form and the seed alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from rightful.decisions.cases import Decided
from rightful.decisions.overlay import read_overlays
from rightful.decisions.policy import Policy, standing
from rightful.errors import InputError, Refused
from rightful.export.describing import Facts, describe
from rightful.export.dividing import Division, divide, origin_of, read_ties, units_of
from rightful.export.drawn import Drawing, Show, drawing_of
from rightful.export.made import Made
from rightful.export.making import Ground, Progress, texts, tokens
from rightful.export.manifest import digest
from rightful.export.order import Order
from rightful.export.papers import INDEX_SCHEMA, write_attribution, write_index, write_refusals
from rightful.export.place import place, reserved, sweep_exports
from rightful.export.planning import Ints
from rightful.export.planning.mixture import Draws
from rightful.export.planning.splitting import TIME
from rightful.notation.shown import counted
from rightful.query.exported import INDEX
from rightful.query.select import Answer, Selection
from rightful.rights.licenses import Catalog
from rightful.rights.undertakings import redacted
from rightful.rights.uses import Use
from rightful.store.check import check_parts
from rightful.store.conditions import unwritable
from rightful.store.duck import rows, scan, table
from rightful.store.layout import Layout, publish
from rightful.store.ledger import Ledger
from rightful.store.scratch import workspace
from rightful.store.sweep import committing, sweep


def export(
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    use: Use,
    order: Order,
    now: datetime,
    *,
    policy: dict[str, Any] | None = None,
    today: Use | None = None,
    progress: Progress | None = None,
    show: Show | None = None,
) -> dict[str, Any]:
    """Make an export and answer its manifest. Whatever fails leaves OUT and the store as they were.

    ``today`` is the request on what is undertaken now, where ``use`` is about another instant. ``show`` is called with the
    plan of a mixture before a shard is written.

    Raises :class:`InputError` (OUT is taken, a tokenizer that is not one), :class:`Refused` (nothing is permitted).
    """
    order.check(layout.root)
    if order.out.resolve().is_relative_to(layout.root.resolve()):
        raise InputError("lies in the store itself", subject=str(order.out), hint="name a folder outside of it")
    drawing = drawing_of(order)
    out = order.out.resolve()
    try:
        sweep(layout)
        sweep_exports(layout, ledger)
        with workspace(layout, "export") as (con, _), reserved(layout, ledger, order.out) as building:
            job = Build(
                layout, ledger, catalog, use, drawing, now, con, building, policy or {}, progress, today or use, show
            )
            manifest, asset = job.run()
            with committing(layout, ledger):
                job.decide_again(int(manifest["snapshot"]))
                place(ledger, building, out, lambda: _register(layout, ledger, manifest, asset, out, now))
        return manifest
    except OSError as error:
        raise unwritable(error, order.out) from error


def _register(
    layout: Layout, ledger: Ledger, manifest: dict[str, Any], asset: dict[str, Any] | None, out: Path, now: datetime
) -> None:
    """Tell the ledger, and keep the record index: what an export holds stays known when its folder is damaged."""
    with publish(layout.exported(str(manifest["export"])), private=True) as temporary:
        shutil.copyfile(out / INDEX, temporary)
    with ledger.commit("export", str(manifest["export"]), now) as commit:
        commit.add_export(str(manifest["export"]), str(out), digest(manifest), manifest)
        if asset is not None:
            described = {**asset, "export": manifest["export"]}
            commit.add_asset(str(asset["asset"]), "tokenizer", str(asset["name"]), str(asset["sha256"]), described)
        commit.summary.update(records=manifest["records"], tokens=manifest["tokens"])


@dataclass(slots=True)
class Build:
    """An export while it is made, in the folder ``building``; ``seen`` is the snapshot that it is chosen from."""

    layout: Layout
    ledger: Ledger
    catalog: Catalog
    use: Use
    drawing: Drawing
    now: datetime
    con: duckdb.DuckDBPyConnection
    building: Path
    policy: dict[str, Any]
    progress: Progress | None
    today: Use
    show: Show | None = None
    seen: int = 0
    laid: tuple[tuple[str, str], ...] = ()

    def run(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Choose, make, write, read back, describe: the manifest, and the tokenizer that was trained, or None."""
        self.seen, self.laid = self.ledger.snapshot(), self._laid()
        drawing, order = self.drawing, self.drawing.order
        snapshot = self.ledger.check_snapshot(order.snapshot)
        check_parts(self.layout, self.ledger, self.ledger.snapshot())
        newest = self._release()
        decided = newest  # a request about this moment is decided once
        if (newest.snapshot, newest.as_of) != (snapshot, self.use.as_of):
            decided = Decided(
                self.con, self.layout, self.ledger, snapshot, self.catalog, self.use.as_of, self._standing()
            )
        division = self._divided(decided)
        selection = self._selected(decided, held=division is not None)
        drawing.match(selection)
        answer = selection.answer()
        if not answer.permitted[0]:
            raise _nothing(answer)
        ground = self._ground(decided, selection, division)
        chosen = ground.chosen
        made = making(order)(ground)
        drawing.settle(selection, chosen, made.records())
        if selection.narrowed:
            answer = selection.answer()
        made = replace(made, says={**made.says, **drawing.as_json()})
        write_index(self.building / INDEX, chosen, made, selection.decisions, self.ledger.key)
        made.documents.remove()
        write_refusals(self.building / "refusals.parquet", self.con, selection)
        write_attribution(self.building, decided)
        facts = Facts(
            store=self.ledger.meta("store_id"),
            use=self.use,
            order=order,
            policy=self.policy,
            snapshot=snapshot,
            catalog=self.catalog.digest,
            division=division,
        )
        owing = [n for n, d in enumerate(selection.decisions) if redacted(d.obligations)]
        return describe(self.building, self.con, facts, answer, made, owing), made.asset

    def _selected(self, decided: Decided, *, held: bool) -> Selection:
        order = self.drawing.order
        return Selection(
            decided,
            self.use,
            where=order.where,
            dedup=order.dedup,
            prefer=order.prefer,
            released=True,
            within=self.drawing.within(decided),
            held=held,
        )

    def _divided(self, decided: Decided) -> Division | None:
        """The splits, where there are any: made before a copy is chosen, so that one stays which has a side."""
        split = self.drawing.order.sides
        if split is None:
            return None
        weighed = None
        if split.by == TIME and split.has_shares:
            self._selected(decided, held=False)
            weighed = table(self.con, "SELECT record_id, published_at, n_chars FROM chosen")
        return divide(decided, split, weighed)

    def _grouped(self, decided: Decided, division: Division | None, chosen: pa.Table) -> pa.Table:
        """The chosen records with their ``side`` of the splits and their ``unit``, the group of copies that they are of."""
        if division is not None:
            sides, units = division.of(chosen)
            chosen = chosen.append_column("side", pa.array(sides))
        elif self.drawing.order.rungs:
            units = units_of(read_ties(self.con, self.layout, self.ledger, decided.snapshot), chosen)
        else:
            return chosen
        return chosen.append_column("unit", pa.array(units))

    def _ground(self, decided: Decided, selection: Selection, division: Division | None) -> Ground:
        """What shards are made from. Texts are drawn by their characters, which are known; tokens once they are there."""
        drawing, order = self.drawing, self.drawing.order
        chosen = drawing.sample(selection, self._grouped(decided, division, self._chosen()))

        def draw(lengths: Ints) -> Draws:
            return drawing.draw(selection, chosen, lengths, self.show)

        if not order.of_texts:
            return Ground(self.layout, decided, self.use, order, self.building, chosen, draw, self.progress)
        draws = draw(chosen.column("n_chars").to_numpy())
        kept = np.unique(draws.record)
        drawn = Draws(np.searchsorted(kept, draws.record), draws.epoch)
        left = drawing.settle(selection, chosen, kept)
        return Ground(self.layout, decided, self.use, order, self.building, left, lambda _: drawn, self.progress)

    def decide_again(self, snapshot: int) -> None:
        """Hold the chosen records against what was committed while the export was made. Raises :class:`Refused`."""
        if self.ledger.snapshot() == self.seen and self._laid() == self.laid:
            return
        today = replace(self.today, as_of=self.ledger.not_before(self.now))
        decided = Decided(self.con, self.layout, self.ledger, snapshot, self.catalog, today.as_of, self._standing())
        decided.join(decided.decide(today), "today")
        chosen = scan([self.building / INDEX], INDEX_SCHEMA)
        refused = (
            f"SELECT count(*) FROM {chosen} ANTI JOIN (SELECT record_id FROM today WHERE permit) USING (record_id)"
        )
        n = rows(self.con, refused)[0][0]
        if n:
            raise Refused(
                f"{counted(n, 'chosen record is', 'of the chosen records are')} no longer permitted:"
                " an event, a card or a reading of a licence arrived while the export was made",
                hint="run it again",
            )

    def _release(self) -> Decided:
        """``released`` and ``released_for_tokenizer``: what the newest snapshot has and permits at this moment.

        Whatever instant or snapshot the request is about, what leaves has to be permitted today.
        """
        decided = Decided(
            self.con, self.layout, self.ledger, self.ledger.snapshot(), self.catalog, self.now, self._standing()
        )
        for name, acts in (("released", self.use.acts), ("released_for_tokenizer", ("train.tokenizer",))):
            today = replace(self.today, acts=acts, as_of=self.now)
            decided.join(decided.decide(today), "today")
            kept = f"CREATE OR REPLACE TABLE {name} AS SELECT record_id, content_sha256 FROM today WHERE permit"
            self.con.cursor().execute(kept).fetchall()
        return decided

    def _laid(self) -> tuple[tuple[str, str], ...]:
        """The readings of one's own that lie in the store at this moment, each with its digest."""
        return tuple((overlay.file, overlay.sha256) for overlay in read_overlays(self.layout.licenses))

    def _standing(self) -> Policy:
        """The policy of the store as it is at this moment, with the named use that is asked."""
        return standing(self.layout, self.catalog.vocabulary, {"policy": self.policy})

    def _chosen(self) -> pa.Table:
        """The chosen records in the order of the store, without texts."""
        return table(
            self.con,
            f"""SELECT c.record_id, c.source_id, c.part, c.row, c.n_chars, c.content_sha256, c.rights_id, c.case_id,
                {origin_of("c")} AS origin, c.published_at
            FROM chosen c JOIN part_order p ON p.part = c.part ORDER BY p.ordinal, c.row""",
        )


def making(order: Order) -> Callable[[Ground], Made]:
    """What makes the shards of an order: each kind of format has its own."""
    return texts.make if order.of_texts else tokens.make


def _nothing(answer: Answer) -> Refused:
    why = "; ".join(f"{row['records']} {row['text']}" for row in answer.excluded[:3]) or "the store has no such records"
    more = answer.would_permit[0] if answer.would_permit else None
    would = [f"{more['option']} would permit {more['records']}"] if more else []
    hint = "; ".join([*answer.use.doubts, *would])
    return Refused(f"nothing is permitted for this use ({why})", hint=hint or None)
