"""Consent events: recording them, and what they match. Floor 6. Law 7.

An event is a fact that is added, never changed. Recording one costs rows in the ledger and a small part with what it
matched (its *tombstones*), and rewrites nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.events.relations import NEW_STONES, matched
from rightful.rights.consent import (
    AS_SUBJECT,
    CAPACITIES,
    CORRECTION,
    EXPIRED,
    GIVEN,
    REFUSED,
    SELECTORS,
    TAKEDOWN,
    WITHDRAWN,
    ConsentEvent,
)
from rightful.rights.uses import EVERY, PURPOSES, Vocabulary, application_name
from rightful.store.duck import rows, table
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part, stamp
from rightful.store.matching import former_files, selectors_of
from rightful.store.parts import publish_table
from rightful.store.records import TOMBSTONES
from rightful.store.relations import build
from rightful.store.scratch import workspace
from rightful.store.selectors import Selector, identity, named, selector_value
from rightful.store.sweep import committing, sweep
from rightful.store.views import open_views

KIND_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("grant", "add", "given", "consent"), GIVEN),
    **dict.fromkeys(("withdrawal", "withdraw", "withdrawn", "opt-out", "optout"), WITHDRAWN),
    **dict.fromkeys(("refusal", "refuse", "refused"), REFUSED),
    **dict.fromkeys(("expiry", "expire", "expired"), EXPIRED),
    **dict.fromkeys(("takedown",), TAKEDOWN),
    **dict.fromkeys(("correction", "correct"), CORRECTION),
}
"""What an event may be called in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An event as somebody asks for it, before it is checked against a store."""

    kind: str
    selector: str
    value: str
    acts: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    effective: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""
    party: str = ""
    given_by: tuple[str, ...] = ()
    perpetual: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """For each event the exports that hold what it refuses, and the exports of which nothing says what they hold."""

    by_event: list[list[str]]
    unreadable: list[str]


Holders = Callable[[Any, Sequence[ConsentEvent]], Held]
"""Asked while the events are matched: ``hits`` is there, with the number of each event as ``sid``."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: one answer an event, and of all together the distinct records and sources that they match.

    ``known`` are those that were on record already, with the same words: they were not recorded again.
    """

    answers: list[dict[str, Any]]
    unreadable: list[str]
    applied: int
    known: int
    records: int
    sources: int

    @property
    def exports(self) -> list[str]:
        """The exports that hold anything that is refused, each once."""
        return list(dict.fromkeys(export for answer in self.answers for export in answer["exports"]))


def record(
    layout: Layout,
    ledger: Ledger,
    requests: Sequence[Request],
    vocabulary: Vocabulary,
    now: datetime,
    *,
    dry_run: bool = False,
    holders: Holders | None = None,
) -> Recorded:
    """Record events in one commit and answer, per event, what it matches now. A dry run changes nothing.

    Raises :class:`InputError` for a request that cannot be one; nothing is recorded then.
    """
    events = [(r, event_of(r, n, ledger.key, vocabulary, now)) for n, r in enumerate(requests)]
    return record_events(layout, ledger, events, now, dry_run=dry_run, holders=holders)


def record_events(
    layout: Layout,
    ledger: Ledger,
    requested: Sequence[tuple[Request, ConsentEvent]],
    now: datetime,
    *,
    dry_run: bool = False,
    once: bool = False,
    holders: Holders | None = None,
) -> Recorded:
    """The same of requests with the events that were made of them. ``once``: what is on record already, or was said
    before in the same list, is not recorded again."""
    if not dry_run:
        sweep(layout)
    locked = contextlib.nullcontext() if dry_run else committing(layout, ledger)
    with locked, workspace(layout, requested[0][1].event_id) as (con, _):
        listed, fresh = _once(ledger, requested) if once else (list(requested), set(range(len(requested))))
        events = [event for _, event in listed]
        open_views(con, layout, ledger, ledger.snapshot())
        selectors = selectors_of((named(e), n) for n, e in enumerate(events))
        given = {
            "selectors": selectors.table,
            "refusals": pa.table({"sid": pa.array([n for n, e in enumerate(events) if e.refuses], pa.int64())}),
            "former_files": former_files(ledger.files.passed()),
        }
        build(con, matched(selectors.kinds), given)
        of_records = "FROM hits h JOIN records r USING (record_id)"
        counts = "count(DISTINCT r.record_id), count(DISTINCT r.source_id)"
        counts_by_event = {
            int(n): (int(k), int(s)) for n, k, s in rows(con, f"SELECT sid, {counts} {of_records} GROUP BY sid")
        }
        [(records, sources)] = rows(con, f"SELECT {counts} {of_records}")
        held = holders(con, events) if holders else Held([[] for _ in events], [])
        if fresh and not dry_run:
            added = [pair for n, pair in enumerate(listed) if n in fresh]
            _commit(layout, ledger, con, added, sorted(fresh), now)
    answers = [_answer(e, r, counts_by_event.get(n, (0, 0)), held, n, dry_run) for n, (r, e) in enumerate(listed)]
    return Recorded(
        answers, held.unreadable, 0 if dry_run else len(fresh), len(requested) - len(fresh), int(records), int(sources)
    )


Asked = tuple[Request, ConsentEvent]


def _once(ledger: Ledger, requested: Sequence[Asked]) -> tuple[list[Asked], set[int]]:
    """The events without repetition, and which of them (by position) are not on record with the same words.

    A refusal without a date that was lifted since is said anew by whoever lists it again; one with a date is the event
    that was lifted. A consent that was given before never comes again after it was withdrawn.
    """
    listed = list({_facts(e, r.effective is None): (r, e) for r, e in reversed(requested)}.values())[::-1]
    known: dict[tuple[object, ...], int] = {}
    lifted: dict[Selector, int] = {}
    for at, event in enumerate(ledger.consents()):
        known[_facts(event, event.effective == event.recorded)] = at
        if not event.refuses:
            lifted[identity(event)] = at
    fresh = set()
    for n, (request, event) in enumerate(listed):
        before = known.get(_facts(event, request.effective is None))
        again = lifted and event.refuses and request.effective is None
        if before is None or (again and lifted.get(identity(event), -1) > before):
            fresh.add(n)
    return listed, fresh


def _facts(event: ConsentEvent, undated: bool) -> tuple[object, ...]:
    """All that an event says; of one without a date of its own not when it was recorded."""
    when = None if undated else event.effective
    of = (event.kind, event.selector, event.value, event.acts, event.purposes, event.applications, when)
    return (*of, event.valid_until, event.reason, event.party, event.given_by, event.perpetual)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the ledger as it is listed: without what it matches by, and with the capacities of a consent by name."""
    columns = {k: v for k, v in row.items() if k != "value"}
    given_by = json.loads(row["given_by"]) if row["given_by"] else sorted(AS_SUBJECT)
    return {**columns, "given_by": given_by if row["kind"] == GIVEN else [], "perpetual": bool(row["perpetual"])}


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
    with ledger.commit("consent", requested[0][1].event_id, now) as commit:
        commit.add_parts(parts)
        commit.add_events((e, e.value if e.selector == "subject" else r.value, r.party) for r, e in requested)
        commit.summary.update(events=len(events), matched=stones.num_rows)


def event_of(request: Request, number: int, key: bytes, vocabulary: Vocabulary, now: datetime) -> ConsentEvent:
    """The event of a request, which is the ``number``-th of its list. Raises :class:`InputError` where it cannot be one."""
    kind = KIND_NAMES.get(request.kind.strip().lower())
    if kind is None:
        raise UnknownName.of("kind of consent event", request.kind, KIND_NAMES)
    if request.selector not in SELECTORS:
        raise UnknownName.of("selector", request.selector, SELECTORS)
    for act in request.acts:
        vocabulary.leaves(act)
    for purpose in request.purposes:
        if purpose not in PURPOSES:
            raise UnknownName.of("purpose", purpose, PURPOSES)
    for application in request.applications:
        application_name(application if application != EVERY else None)
    for capacity in request.given_by:
        if capacity not in CAPACITIES:
            raise UnknownName.of("capacity", capacity, CAPACITIES, subject="given_by")
    if kind == GIVEN and not request.acts:
        raise InputError(
            "a consent names the acts that it allows", hint="for example --use train --purpose noncommercial"
        )
    value = selector_value(request.selector, request.value, key)
    effective = request.effective or now
    facts: list[object] = [
        kind,
        request.selector,
        value,
        sorted(request.acts),
        sorted(request.purposes),
        sorted(request.applications),
    ]
    facts += [stamp(effective), stamp(now), number, request.reason]
    given_by = frozenset(request.given_by) or AS_SUBJECT
    if kind == GIVEN and given_by != AS_SUBJECT:
        facts += [sorted(given_by), request.party, request.perpetual]
    identity = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    return ConsentEvent(
        event_id=f"e-{identity}",
        kind=kind,
        selector=request.selector,
        value=value,
        recorded=now,
        effective=effective,
        acts=frozenset(request.acts),
        purposes=frozenset(request.purposes),
        applications=frozenset(request.applications),
        valid_until=request.valid_until,
        reason=request.reason,
        # Whoever refuses does so in every capacity, whatever the row says.
        given_by=given_by if kind == GIVEN else AS_SUBJECT,
        party=request.party,
        perpetual=request.perpetual and kind == GIVEN,
    )


def _answer(
    event: ConsentEvent, request: Request, matched: tuple[int, int], held: Held, number: int, dry_run: bool
) -> dict[str, Any]:
    shown = event.value if event.selector == "subject" else request.value
    return {
        "event": None if dry_run else event.event_id,
        "kind": event.kind,
        "selector": {"by": event.selector, "value": shown},
        "use": sorted(event.acts),
        "purpose": sorted(event.purposes),
        "application": sorted(event.applications),
        "effective": stamp(event.effective),
        "valid_until": stamp(event.valid_until) if event.valid_until else None,
        "perpetual": event.perpetual,
        "given_by": sorted(event.given_by) if event.kind == GIVEN else [],
        "party": event.party,
        "lacks": list(event.lacks),
        "reason": event.reason,
        "matched": {"records": matched[0], "sources": matched[1]},
        "unmatched": matched[0] == 0,
        "exports": held.by_event[number],
        "exports_unreadable": held.unreadable,
        "dry_run": dry_run,
    }
