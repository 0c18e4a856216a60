"""What has to be done by when, and is not done yet: texts to erase, exports to repair. Floor 7.

A duty is a consent event with a deadline, or a source whose records were to be kept until a day. It is open while a text
that has to go is still in the store, or an export holds a record that it refuses for the use of that export. One that
matches nothing, was undone, was lifted, or is done has nothing open and is no duty any more, whatever its deadline.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.errors import InputError, RightfulError
from rightful.query.exported import asked_again
from rightful.query.holding import holdings
from rightful.query.versions import HELD, PERMIT, Version, current
from rightful.rights.consent import (
    ConsentEvent,
    in_force,
    ruling,
    standing,
)
from rightful.rights.erasure import erases
from rightful.rights.licenses import Catalog
from rightful.store.deadlines import any_passed, ends_of_sources
from rightful.store.duck import fill, rows
from rightful.store.layout import Layout, publish
from rightful.store.ledger import Ledger, stamp
from rightful.store.matching import STONES, stone_hits
from rightful.store.records import ERASED
from rightful.store.relations import Relation, build
from rightful.store.scratch import workspace
from rightful.store.selectors import Selector, identity
from rightful.store.views import open_views

RETENTION = "retention"
"""The kind of a duty that no event, but the card of a source makes."""
_REMEMBERED_FOR = timedelta(hours=1)
"""So long what was open is remembered of a ledger that nobody wrote to: what a consent that ended leaves open comes late by
no more."""
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is open of one event, or of one source (``event`` is None then): how many ``records`` still have a text that has
    to go, and which current ``exports`` hold what is refused; ``unreadable`` are those of which nothing says what they
    hold."""

    event: str | None
    source: str | None
    kind: str
    deadline: datetime
    records: int
    exports: tuple[str, ...]
    unreadable: tuple[str, ...]

    def overdue(self, now: datetime) -> bool:
        """True from the deadline on."""
        return now >= self.deadline

    def as_json(self, now: datetime) -> dict[str, Any]:
        """As it stands in answers."""
        return {
            "event": self.event,
            "source": self.source,
            "kind": self.kind,
            "deadline": stamp(self.deadline),
            "overdue": self.overdue(now),
            "records": self.records,
            "exports": list(self.exports),
            "exports_unreadable": list(self.unreadable),
        }


_REACHED = (
    *STONES,
    stone_hits("stone_hits", "all_records"),
    Relation("of_source", "source_id sid"),
    Relation(
        "reached",
        "record_id sid",
        "stones stone_hits of_source all_records",
        """SELECT record_id, sid FROM stones WHERE record_id IS NOT NULL UNION SELECT record_id, sid FROM stone_hits
        UNION SELECT r.record_id, s.sid FROM all_records r JOIN of_source s ON s.source_id = r.source_id""",
    ),
    Relation("reached_records", "record_id", "reached", "SELECT DISTINCT record_id FROM reached"),
)
"""``reached``: what each duty (``sid``) is about: what its event matched, by tombstone, in any version or copy, or all of a
source."""


def open_duties(layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime) -> list[Duty]:
    """What is open at ``now``, the first deadline first; deadlines that are still to come among it.

    Raises :class:`StoreError` for a store that is damaged.
    """
    events = in_force(ledger.consents(), now)
    dated = [e for e in events if e.deadline is not None and e.refuses]
    over = {source: until for source, until in ends_of_sources(ledger).items() if until <= now}
    if not dated and not over:
        return []
    histories: dict[Selector, list[ConsentEvent]] = {}
    wanted = {identity(e) for e in dated}
    for event in events:
        if (selector := identity(event)) in wanted:
            histories.setdefault(selector, []).append(event)
    with workspace(layout, "duties") as (con, _):
        at_work = _Work(con, layout, ledger, catalog, now)
        at_work.reach([e.event_id for e in dated], list(over))
        duties = [at_work.of_event(n, e, histories[identity(e)]) for n, e in enumerate(dated)]
        duties += [at_work.of_source(len(dated) + n, source, over[source]) for n, source in enumerate(over)]
    listed = [duty for duty in duties if duty is not None]
    return sorted(listed, key=lambda d: (d.deadline, d.event or "", d.source or ""))


class _Work:
    """What several duties are held against, looked up once for all of them."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime
    ) -> None:
        self.con, self.layout, self.ledger, self.catalog, self.now = con, layout, ledger, catalog, now
        self.standing_exports: dict[str, Version] = {v.export: v for v in current(ledger.exports())}

    def reach(self, events: Sequence[str], sources: Sequence[str]) -> None:
        """Number events, then sources, and look up what they are about and where that lies."""
        open_views(self.con, self.layout, self.ledger, self.ledger.snapshot(), older=True, every=True)
        numbered = pa.table({"event": pa.array(events, pa.string()), "sid": pa.array(range(len(events)), pa.int64())})
        numbers = range(len(events), len(events) + len(sources))
        of_source = pa.table({"source_id": pa.array(sources, pa.string()), "sid": pa.array(numbers, pa.int64())})
        build(self.con, _REACHED, {"event_sids": numbered, "of_source": of_source})
        there = f"""SELECT h.sid, count(DISTINCT r.record_id) FROM reached h
            JOIN all_records r USING (record_id) WHERE r.recipe_sha256 <> '{ERASED}' GROUP BY h.sid"""
        self.texts = {int(sid): int(n) for sid, n in rows(self.con, there)}
        held = holdings(self.con, self.layout, self.ledger, "reached_records", [*self.standing_exports.values()])
        self.unreadable = tuple(held.unreadable)
        fill(self.con, "held_places", held.places)
        lies = f"""SELECT h.sid, p.export, bool_or(p.decision = '{PERMIT}') FROM reached h
            JOIN held_places p ON p.record = h.record_id WHERE p.current AND p.{HELD} GROUP BY ALL ORDER BY ALL"""
        self.lies: dict[int, list[tuple[str, bool]]] = {}
        for sid, export, is_open in rows(self.con, lies):
            self.lies.setdefault(int(sid), []).append((str(export), bool(is_open)))
        self.matched = {int(sid) for (sid,) in rows(self.con, "SELECT DISTINCT sid FROM reached")}

    def of_event(self, sid: int, event: ConsentEvent, history: Sequence[ConsentEvent]) -> Duty | None:
        """What is open of an event: texts only where it asks that they go."""
        assert event.deadline is not None
        gone = erases(history, self.now)
        terms = standing(history, self.now)
        words = self.catalog.vocabulary

        @cache
        def refuses(export: str) -> bool:
            use, _ = asked_again(self.standing_exports[export].manifest, self.catalog, self.now)
            return any(ruling(terms, act, use, words).refuses for act in use.acts)

        return self._open(sid, event.event_id, None, event.kind, event.deadline, gone, refuses)

    def of_source(self, sid: int, source: str, until: datetime) -> Duty | None:
        """What is open of a source whose records were to be kept until an instant that has passed."""
        return self._open(sid, None, source, RETENTION, until, True, lambda _: True)

    def _open(
        self,
        sid: int,
        event: str | None,
        source: str | None,
        kind: str,
        deadline: datetime,
        gone: bool,
        refuses: Callable[[str], bool],
    ) -> Duty | None:
        # What is on a deny list is refused, and its bytes are there: that is no erasure.
        exports = tuple(e for e, is_open in self.lies.get(sid, ()) if (is_open or gone) and refuses(e))
        records = self.texts.get(sid, 0) if gone else 0
        if not records and not exports:
            return None
        unreadable = self.unreadable if sid in self.matched else ()
        return Duty(
            event=event,
            source=source,
            kind=kind,
            deadline=deadline,
            records=records,
            exports=exports,
            unreadable=unreadable,
        )


def overdue(layout: Layout, ledger: Ledger, catalog: Callable[[], Catalog], now: datetime) -> list[Duty]:
    """What is open although its deadline has passed, for every command to name: nearly nothing where no deadline has.

    What was open is remembered beside the ledger, for as long as nobody writes to it.
    """
    if not any_passed(ledger, now):
        return []
    newest = ledger.newest_link()
    head = None if newest is None else newest.digest  # of a ledger without a chain nothing is remembered
    known = _remembered(layout, head, now)
    if known is None:
        known = open_duties(layout, ledger, catalog(), now)
        ends = [until for until in ends_of_sources(ledger).values() if until > now]
        _remember(layout, head, known, now, ends)
    return [duty for duty in known if duty.overdue(now)]


def _file(layout: Layout) -> Path:
    return layout.root / ".duties.json"


def _remembered(layout: Layout, head: str | None, now: datetime) -> list[Duty] | None:
    """What was open of this very state of the ledger, where that was found lately; ids and counts alone."""
    try:
        known = json.loads(_file(layout).read_bytes())
        at, until = (datetime.fromisoformat(known[key]) for key in ("at", "until"))
        if known["version"] != _VERSION or head is None or known["head"] != head or not at <= now < until:
            return None
        return [_duty(one) for one in known["duties"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _duty(one: Mapping[str, Any]) -> Duty:
    return Duty(
        event=one["event"],
        source=one["source"],
        kind=one["kind"],
        deadline=datetime.fromisoformat(one["deadline"]),
        records=one["records"],
        exports=(*one["exports"],),
        unreadable=(*one["exports_unreadable"],),
    )


def _remember(
    layout: Layout, head: str | None, duties: Sequence[Duty], now: datetime, changes: Iterable[datetime]
) -> None:
    """Write down what is open until the first of ``changes``. Where that cannot be done it is found again."""
    if head is None:
        return
    until = min([now + _REMEMBERED_FOR, *changes])
    known = {
        "version": _VERSION,
        "head": head,
        "at": stamp(now),
        "until": stamp(until),
        "duties": [duty.as_json(now) for duty in duties],
    }
    with contextlib.suppress(InputError, RightfulError, OSError):
        if os.access(layout.root, os.W_OK):
            with publish(_file(layout), private=True) as temporary:
                temporary.write_text(json.dumps(known), encoding="ascii")
