"""Consent events: recording them, and what they match. Floor 6. Law 7.

An event is a fact that is added, never changed. Recording one costs rows in the ledger and a small part with what it
matched (its *tombstones*), and rewrites nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa

from rightful.errors import InputError
from rightful.events.erased import stones_of_erased
from rightful.events.on_record import OnRecord, meant
from rightful.events.relations import NEW_STONES, matched, no_passages, passage_hits
from rightful.events.requests import KIND_NAMES, Request, event_of
from rightful.rights.consent import (
    ANNULMENT,
    AS_SUBJECT,
    GRANTING,
    OPTED_OUT,
    PERSONS,
    WITHDRAWN,
    ConsentEvent,
    in_force,
)
from rightful.rights.uses import Vocabulary
from rightful.store.duck import rows, table
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part, stamp
from rightful.store.matching import former_files, selectors_of
from rightful.store.parts import publish_table
from rightful.store.records import TOMBSTONES
from rightful.store.relations import build
from rightful.store.scratch import workspace
from rightful.store.selectors import Selector, identity, named
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views

__all__ = (
    "KIND_NAMES",
    "Held",
    "Recorded",
    "Request",
    "Unconfirmed",
    "event_of",
    "record",
    "record_events",
    "shown",
)

MANY_RECORDS, MANY_SHARE = 1_000, 0.01
"""Events that match more than so many records and more than this share of a store are recorded after a yes only."""


Asked = tuple[Request, ConsentEvent]


@dataclass(frozen=True, slots=True)
class Held:
    """For each event the exports that hold what it refuses, and the assets that were made of it; and the exports of which
    nothing says what they hold."""

    by_event: list[list[str]]
    unreadable: list[str]
    assets: list[list[dict[str, Any]]] = field(default_factory=list)


def assets_of(answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The assets that answers on events name, each once."""
    return [*{row["asset"]: row for answer in answers for row in answer["assets"]}.values()]


Holders = Callable[[Any, Sequence[ConsentEvent]], Held]
"""Asked while the events are matched: ``hits`` is there, with the number of each event as ``sid``."""
Passages = Callable[[Any, Sequence[ConsentEvent]], pa.Table]
"""Asked before that: ``record_id, sid`` of the records that hold the passage which an event names, by its number."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: one answer an event, and of all together the distinct records and sources that they match.

    ``known`` are those that were on record already, with the same words: they were not recorded again. ``unmatched`` match
    nothing now.
    """

    answers: list[dict[str, Any]]
    unreadable: list[str]
    applied: int
    known: int
    records: int
    sources: int
    unmatched: int

    @property
    def exports(self) -> list[str]:
        """The exports that hold anything that is refused, each once."""
        return list(dict.fromkeys(export for answer in self.answers for export in answer["exports"]))

    @property
    def assets(self) -> list[dict[str, Any]]:
        """The assets that anything that is refused is in, each once."""
        return assets_of(self.answers)


def record(
    layout: Layout,
    ledger: Ledger,
    requests: Sequence[Request],
    vocabulary: Vocabulary,
    now: datetime,
    *,
    dry_run: bool = False,
    yes: bool = False,
    holders: Holders | None = None,
    passages: Passages | None = None,
) -> Recorded:
    """Record events in one commit and answer, per event, what it matches now. A dry run changes nothing.

    Raises :class:`InputError` for a request that cannot be one; nothing is recorded then.
    """
    on_record = ledger.consents()
    known, key = partial(OnRecord.of, on_record), ledger.key
    events = [(r, event_of(r, n, key, vocabulary, now, known)) for n, r in enumerate(requests)]
    again = _again(events, in_force(on_record, now))
    listed = [(request, again.get(n, event)) for n, (request, event) in enumerate(events)]
    return record_events(
        layout, ledger, listed, now, again=again, dry_run=dry_run, yes=yes, holders=holders, passages=passages
    )


def _again(requested: Sequence[Asked], standing: Sequence[ConsentEvent]) -> dict[int, ConsentEvent]:
    """The events (by position) that say again what the last one that stands by their selector says, each with that one."""
    last = {identity(e): (e, _facts(e, e.effective == e.recorded)) for e in standing}
    return {
        n: last[identity(event)][0]
        for n, (request, event) in enumerate(requested)
        if identity(event) in last and last[identity(event)][1] == _facts(event, request.effective is None)
    }


def record_events(
    layout: Layout,
    ledger: Ledger,
    requested: Sequence[Asked],
    now: datetime,
    *,
    dry_run: bool = False,
    once: bool = False,
    brief: bool = False,
    again: Mapping[int, ConsentEvent] | None = None,
    yes: bool = False,
    holders: Holders | None = None,
    passages: Passages | None = None,
) -> Recorded:
    """The same of requests with the events that were made of them; those in ``again``, by position, are on record.

    ``once``: what is on record already, or was said before in the same list, is not recorded again. ``brief``: of a long
    list the answers are those alone which say more than that an event is on record. Raises :class:`Unconfirmed` where
    they match much of the store and nobody said yes.
    """
    if not dry_run:
        sweep(layout)
    locked = contextlib.nullcontext() if dry_run else committing(layout, ledger)
    with locked, workspace(layout, requested[0][1].event_id) as (con, _):
        listed, fresh = (
            _once(ledger, requested) if once else (list(requested), set(range(len(requested))) - (again or {}).keys())
        )
        events = [event for _, event in listed]
        open_views(con, layout, ledger, ledger.snapshot())
        selectors = selectors_of((named(e), n) for n, e in enumerate(meant(ledger, events)))
        given = {
            "selectors": selectors.table,
            "refusals": pa.table({"sid": pa.array([n for n, e in enumerate(events) if e.refuses], pa.int64())}),
            "former_files": former_files(ledger.files.passed()),
            "passage_hits": passage_hits(passages(con, events)) if passages else no_passages(),
        }
        build(con, matched(selectors.kinds), given)
        of_records = "FROM hits h JOIN records r USING (record_id)"
        counts = "count(DISTINCT r.record_id), count(DISTINCT r.source_id)"
        counts_by_event = {
            int(n): (int(k), int(s)) for n, k, s in rows(con, f"SELECT sid, {counts} {of_records} GROUP BY sid")
        }
        [(records, sources)] = rows(con, f"SELECT {counts} {of_records}")
        if fresh and not dry_run and not yes:
            _few(con, int(records))
        held = holders(con, events) if holders else Held([[] for _ in events], [])
        if fresh and not dry_run:
            added = [pair for n, pair in enumerate(listed) if n in fresh]
            _commit(layout, ledger, con, added, sorted(fresh), now)
    unmatched = sum(1 for n in range(len(listed)) if not counts_by_event.get(n, (0, 0))[0])
    answers = [
        _answer(e, r, counts_by_event.get(n, (0, 0)), held, n, None if n in fresh and dry_run else e.event_id)
        | {"known": n not in fresh, "dry_run": dry_run}
        for n, (r, e) in enumerate(listed)
        if not brief or held.by_event[n] or (held.assets and held.assets[n]) or e.lacks
    ]
    applied = 0 if dry_run else len(fresh)
    return Recorded(
        answers, held.unreadable, applied, len(requested) - len(fresh), int(records), int(sources), unmatched
    )


class Unconfirmed(InputError):
    """Events match so much of a store that a slip is likely: nothing was recorded."""


def _few(con: Any, matched: int) -> None:
    """Raise :class:`Unconfirmed` where events match much of the store."""
    if matched <= MANY_RECORDS:
        return
    [(stored,)] = rows(con, "SELECT count(*) FROM records")
    if matched > MANY_SHARE * stored:
        why = f"matches {matched:,} records, {matched / stored:.1%} of the store; nothing was recorded"
        raise Unconfirmed(why, subject="consent", hint="look at it with --dry-run; if it is meant: --yes")


def _once(ledger: Ledger, requested: Sequence[Asked]) -> tuple[list[Asked], set[int]]:
    """The events without repetition, and which of them (by position) are not on record with the same words.

    A refusal without a date that was lifted or undone since is said anew by whoever lists it again; one with a date is the
    event that was lifted. A consent that was given before never comes again after it was withdrawn. What is on record as a
    withdrawal is on record as an opt-out: earlier versions made no difference.
    """
    listed = list({_facts(e, r.effective is None): (r, e) for r, e in reversed(requested)}.values())[::-1]
    known: dict[tuple[object, ...], int] = {}
    lifted: dict[Selector, int] = {}
    on_record = ledger.consents()
    undone = {e.value for e in on_record if e.kind == ANNULMENT}
    for at, event in enumerate(on_record):
        known[_facts(event, event.effective == event.recorded)] = at
        if not event.refuses:
            lifted[identity(event)] = at
    fresh = set()
    for n, (request, event) in enumerate(listed):
        undated = request.effective is None
        kind, *rest = _facts(event, undated)
        kinds = (OPTED_OUT, WITHDRAWN) if kind == OPTED_OUT else (kind,)
        before = max(known.get((kind, *rest), -1) for kind in kinds)
        again = event.refuses and undated and (lifted or undone)
        if before < 0 or (again and (lifted.get(identity(event), -1) > before or on_record[before].event_id in undone)):
            fresh.add(n)
    return listed, fresh


def _facts(event: ConsentEvent, undated: bool) -> tuple[object, ...]:
    """All that an event says; of one without a date of its own not when it was recorded."""
    when = None if undated else event.effective
    of = (event.kind, event.selector, event.value, event.acts, event.purposes, event.applications, when)
    terms = (event.valid_until, event.reason, event.party, event.given_by, event.perpetual)
    return (*of, *terms, event.deadline, event.proof)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the ledger as it is listed: without what it matches by, and with the capacities of a consent by name."""
    columns = {k: v for k, v in row.items() if k != "value"}
    given_by = json.loads(row["given_by"]) if row["given_by"] else sorted(AS_SUBJECT)
    shown = {"given_by": given_by if row["kind"] in GRANTING else [], "perpetual": bool(row["perpetual"])}
    return {**columns, **shown, "proof": row["proof"] or ""}


def _commit(
    layout: Layout, ledger: Ledger, con: Any, requested: Sequence[Asked], numbers: Sequence[int], now: datetime
) -> None:
    """Commit events; ``numbers`` are what ``hits`` calls them."""
    events = dict(zip(numbers, (event for _, event in requested), strict=True))
    refusing = [n for n, e in events.items() if e.refuses]
    build(con, NEW_STONES, {"refusing": pa.table({"sid": pa.array(refusing, pa.int64())})})
    stones = table(con, "FROM new_stones ORDER BY sid, record_id")
    names = [events[int(n)].event_id for n in stones.column("sid").to_pylist()]
    parts: list[Part] = []
    if stones.num_rows:
        arranged = stones.set_column(0, "event", [names])
        published = publish_table(layout, "tombstones", arranged, TOMBSTONES)
        parts += [published] if published else []
    parts += stones_of_erased(con, layout, ledger, [e for e in events.values() if e.refuses])
    with ledger.commit("consent", requested[0][1].event_id, now) as commit:
        commit.add_parts(parts)
        commit.add_events((e, e.value if e.selector in PERSONS else r.value, e.party) for r, e in requested)
        commit.summary.update(events=len(events), matched=stones.num_rows)


def _answer(
    event: ConsentEvent, request: Request, matched: tuple[int, int], held: Held, number: int, name: str | None
) -> dict[str, Any]:
    shown = event.value if event.selector in PERSONS else request.value
    return {
        "event": name,
        "kind": event.kind,
        "selector": {"by": event.selector, "value": shown},
        "use": sorted(event.acts),
        "purpose": sorted(event.purposes),
        "application": sorted(event.applications),
        "effective": stamp(event.effective),
        "counts_from": stamp(event.counts_from),
        "valid_until": stamp(event.valid_until) if event.valid_until else None,
        "perpetual": event.perpetual,
        "given_by": sorted(event.given_by) if event.gives else [],
        "party": event.party,
        "lacks": list(event.lacks),
        "reason": event.reason,
        "deadline": stamp(event.deadline) if event.deadline else None,
        "proof": event.proof,
        "matched": {"records": matched[0], "sources": matched[1]},
        "unmatched": matched[0] == 0,
        "exports": held.by_event[number],
        "exports_unreadable": held.unreadable,
        "assets": held.assets[number] if held.assets else [],
    }
