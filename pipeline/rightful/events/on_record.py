"""What is on record when an event is recorded: what an annulment can undo, and what a renewal renews. Floor 6. Law 7."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import InputError
from rightful.rights.consent import ANNULMENT, ConsentEvent
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp
from rightful.store.parquet import columns, read
from rightful.store.selectors import Selector, identity


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The events of a ledger: all by their ids, those that an annulment undid, and the newest of every selector."""

    events: Mapping[str, ConsentEvent] = field(default_factory=dict)
    undone: Mapping[str, ConsentEvent] = field(default_factory=dict)
    newest: Mapping[Selector, ConsentEvent] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[ConsentEvent]) -> OnRecord:
        """Of events in the order in which they were recorded."""
        by_id = {e.event_id: e for e in events}
        undone = {e.value: e for e in by_id.values() if e.kind == ANNULMENT}
        counting = (e for e in by_id.values() if e.kind != ANNULMENT and e.event_id not in undone)
        return cls(by_id, undone, {identity(e): e for e in counting if e.refuses or e.gives})

    def to_annul(self, event: str) -> ConsentEvent:
        """The event that an annulment names. Raises :class:`InputError` where it cannot be undone."""
        known = self.events.get(event)
        if known is None:
            raise not_on_record(event)
        if known.kind == ANNULMENT:
            hint = f"record {known.value} again, as it was meant"
            raise InputError("is an annulment, which nothing undoes", subject=event, hint=hint)
        if event in self.undone:
            by = self.undone[event]
            raise InputError(f"was undone by {by.event_id} at {stamp(by.recorded)}", subject=event)
        return known

    def to_renew(self, selector: Selector) -> ConsentEvent:
        """The consent that a renewal without terms of its own renews. Raises :class:`InputError` where there is none."""
        newest = self.newest.get(selector)
        if newest is None or not newest.gives:
            since = "there is none by this selector" if newest is None else f"{newest.event_id} is a {newest.kind}"
            hint = "name what is allowed: for example --use train --purpose noncommercial"
            raise InputError(f"there is no consent to renew: {since}", subject="renewal", hint=hint)
        return newest


def not_on_record(event: str) -> InputError:
    """The error for the id of an event that no ledger has."""
    return InputError("is not on record", subject=event, hint="list the events with: rightful consent list")


def meant(ledger: Ledger, events: Sequence[ConsentEvent]) -> list[ConsentEvent]:
    """The events, and in the place of an annulment what it undoes: whose records it is about."""
    if all(e.kind != ANNULMENT for e in events):
        return list(events)
    known = {e.event_id: e for e in ledger.consents()}
    return [known[e.value] if e.kind == ANNULMENT else e for e in events]


def records_of(layout: Layout, ledger: Ledger, events: Collection[str]) -> pa.Table:
    """What refusing events matched when they were recorded: ``event, record_id``, by their tombstones, erased records too.
    What they reach only through a text that was erased is none of it.

    Events that refuse nothing have none. Raises :class:`StoreError` for a part that cannot be read.
    """
    wanted = pa.array(sorted(events), pa.string())
    schema = pa.schema([("event", pa.string()), ("record_id", pa.string())])
    tables = [schema.empty_table()]
    for part in ledger.parts("tombstones", ledger.snapshot()):
        path = layout.part("tombstones", part.part)
        names = [name for name in ("event", "record_id", "reach") if name in columns(path)]
        stones = read(path, names)
        if "reach" in names:
            stones = stones.filter(pc.is_null(stones.column("reach"))).drop_columns("reach")
        tables.append(stones.filter(pc.is_in(stones.column("event"), value_set=wanted)).cast(schema))
    return pa.concat_tables(tables)
