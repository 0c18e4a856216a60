"""What a person may ask for of what was found: every record, its uses, where it came from, who has it, what will happen. Floor 7.

It is what Article 15 of the GDPR lists of a copy of personal data, but for the data themselves: texts leave through export
alone. Who asked is not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from rightful.assets.described import downstream, read_assets
from rightful.decisions.cards import cards_of
from rightful.events.on_record import records_of
from rightful.query.holding import Holdings
from rightful.query.versions import PERMIT, versions
from rightful.rights.consent import ConsentEvent
from rightful.rights.decide import Decision
from rightful.rights.values import Status
from rightful.signals.cards.source_card import SourceCard
from rightful.store.duck import rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp

AHEAD = {
    "erased": "its text was erased; what is left says that there was a record, and refuses it",
    "refused": "refused for every use; its text goes with the next compaction, if that was asked for",
    "repair": "an export still holds what is refused: it is to be repaired",
    "deadline": "what was asked for has to be done by then",
    "effective": "what was asked for takes effect then",
    "retention": "kept until then; afterwards it leaves no more, and its text goes with the next compaction",
    "kept": "kept, and used as is permitted, until somebody refuses",
}
"""What will happen, as slugs."""
REFUSED = ("withdrawn", "erased")
"""The states of what is refused for every use."""
_FACTS = (
    "record_id, source_id, source_record_id, url, fetched_at, published_at, license_concluded, license_declared,"
    " collected_for, personal_data, legal_basis, pii_types, n_chars"
)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """``con`` has the table ``found_rows``, and ``states`` says what each of its records is."""

    con: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    now: datetime
    states: Mapping[str, str]

    def report(self, held: Holdings, decisions: Mapping[str, Decision]) -> dict[str, Any]:
        """The report on the records of ``states``: ``held`` is where they lie, ``decisions`` what is decided of each act."""
        cards = cards_of(self.ledger.sources(self.ledger.snapshot()))
        facts = self._facts()
        events = self._events()
        permits = {record: _permitted(decision) for record, decision in decisions.items()}
        return {
            "as_of": stamp(self.now),
            "records": [self._record(fact, permits.get(str(fact["record_id"]), []), events) for fact in facts],
            "sources": [*_sources(facts, cards)],
            "uses": _uses(decisions),
            "recipients": {"exports": self._exports(held), "assets": self._assets(held)},
            "events": [_event(event, len(of)) for event, of in events],
            "ahead": [*self._ahead(facts, cards, events, held)],
        }

    def _facts(self) -> list[dict[str, Any]]:
        """What is known of each record, by the row of it that counts where one does."""
        if not self.states:
            return []
        columns = ", ".join(f"a.{name.strip()}" for name in _FACTS.split(","))
        query = f"""SELECT {columns} FROM found_rows f JOIN all_records a ON a.part = f.part AND a.row = f.row
            LEFT JOIN (SELECT DISTINCT part, record_id FROM hidden) h ON h.part = a.part AND h.record_id = a.record_id
            ORDER BY (h.part IS NOT NULL), a.source_id, a.part, a.row"""
        once: dict[str, dict[str, Any]] = {}
        names = [name.strip() for name in _FACTS.split(",")]
        for row in rows(self.con, query):
            fact = dict(zip(names, row, strict=True))
            if fact["record_id"] in self.states:
                once.setdefault(str(fact["record_id"]), fact)
        return [*once.values()]

    def _events(self) -> list[tuple[ConsentEvent, set[str]]]:
        """The refusing events that matched any of the records, oldest first, each with which."""
        by_id = {event.event_id: event for event in self.ledger.consents()}
        matched: dict[str, set[str]] = {}
        table = records_of(self.layout, self.ledger, [*by_id])
        for event, record in zip(*(table.column(name).to_pylist() for name in ("event", "record_id")), strict=True):
            if record in self.states:
                matched.setdefault(event, set()).add(record)
        return [(event, matched[name]) for name, event in by_id.items() if name in matched]

    def _record(
        self, fact: Mapping[str, Any], permits: list[str], events: Sequence[tuple[ConsentEvent, set[str]]]
    ) -> dict[str, Any]:
        record = str(fact["record_id"])
        return {
            "record": record,
            "source": fact["source_id"],
            "source_record_id": fact["source_record_id"],
            "url": fact["url"],
            "fetched_at": _stamped(fact["fetched_at"]),
            "published_at": _stamped(fact["published_at"]),
            "chars": fact["n_chars"],
            "license": fact["license_concluded"] or fact["license_declared"],
            "personal_data": fact["personal_data"],
            "legal_basis": fact["legal_basis"],
            "found_types": sorted(fact["pii_types"] or ()),
            "state": self.states[record],
            "permits": permits,
            "events": [event.event_id for event, of in events if record in of],
        }

    def _exports(self, held: Holdings) -> list[dict[str, Any]]:
        counted = Counter(zip(*(held.held.column(name).to_pylist() for name in ("export", "path")), strict=True))
        return [
            {
                "export": one.export,
                "path": one.path,
                "version": one.version,
                "current": one.current,
                "created_at": str(one.row["created_at"]),
                "acts": list(one.manifest["use"]["acts"]),
                "purpose": one.manifest["use"]["purpose"],
                "application": one.manifest["use"]["application"],
                "records": counted[one.export, one.path],
            }
            for one in versions(self.ledger.exports())
            if (one.export, one.path) in counted
        ]

    def _assets(self, held: Holdings) -> list[dict[str, Any]]:
        made = downstream(read_assets(self.ledger), held.exports(superseded=True))
        return [
            {
                "asset": asset.asset,
                "kind": asset.kind,
                "name": asset.name,
                "created_at": asset.created_at,
                "acts": sorted({str(act) for one in asset.declared for act in one["use"]["acts"]}),
                "through": list(way[:-1]),
            }
            for asset, way in made
        ]

    def _ahead(
        self,
        facts: Sequence[Mapping[str, Any]],
        cards: Mapping[str, SourceCard],
        events: Sequence[tuple[ConsentEvent, set[str]]],
        held: Holdings,
    ) -> Iterator[dict[str, Any]]:
        """What will happen, the nearest first of what has a time."""
        dated: list[tuple[datetime, str, int, str | None]] = []
        for event, of in events:
            if event.deadline is not None and event.deadline > self.now:
                dated.append((event.deadline, "deadline", len(of), event.event_id))
            if event.effective > self.now:
                dated.append((event.effective, "effective", len(of), event.event_id))
        by_source = Counter(str(fact["source_id"]) for fact in facts if self.states[str(fact["record_id"])] == "stored")
        for source, n in by_source.items():
            until = cards[source].retain_until if source in cards else None
            if until is not None:
                dated.append((until, "retention", n, source))
        for at, what, n, of_what in sorted(dated, key=lambda one: one[:2]):
            yield _step(what, n, stamp(at), of_what)
        states = Counter(self.states.values())
        if states["erased"]:
            yield _step("erased", states["erased"])
        if states["withdrawn"]:
            yield _step("refused", states["withdrawn"])
        for export, n in self._to_repair(held).items():
            yield _step("repair", n, None, export)
        if states["stored"]:
            yield _step("kept", states["stored"])

    def _to_repair(self, held: Holdings) -> dict[str, int]:
        """The exports that stand and hold what is refused."""
        names = ("record", "export", "current", "decision")
        listed = zip(*(held.places.column(name).to_pylist() for name in names), strict=True)
        refused = [
            (export, record)
            for record, export, is_current, decision in listed
            if is_current and decision == PERMIT and self.states.get(record) in REFUSED
        ]
        return dict(Counter(export for export, _ in dict.fromkeys(refused)))


def _step(what: str, records: int, at: str | None = None, of: str | None = None) -> dict[str, Any]:
    return {"what": what, "text": AHEAD[what], "records": records, "at": at, "of": of}


def _permitted(decision: Decision) -> list[str]:
    return [act for act, status in decision.by_act if status is Status.PERMIT]


def _uses(decisions: Mapping[str, Decision]) -> list[dict[str, Any]]:
    """Of each act how many of the records that count it is permitted for."""
    counted: dict[str, Counter[str]] = {}
    for decision in decisions.values():
        for act, status in decision.by_act:
            counted.setdefault(act, Counter())[status.word] += 1
    return [{"act": act, **{status.word: of[status.word] for status in Status}} for act, of in counted.items()]


def _sources(facts: Sequence[Mapping[str, Any]], cards: Mapping[str, SourceCard]) -> Iterator[dict[str, Any]]:
    for source, n in Counter(str(fact["source_id"]) for fact in facts).items():
        of = [fact for fact in facts if fact["source_id"] == source]
        card = cards.get(source)
        yield {
            "source": source,
            "records": n,
            "collected_for": sorted({str(act) for fact in of for act in fact["collected_for"] or ()}),
            "legal_basis": sorted({str(fact["legal_basis"]) for fact in of if fact["legal_basis"]}),
            "retain_until": None if card is None or card.retain_until is None else stamp(card.retain_until),
        }


def _event(event: ConsentEvent, records: int) -> dict[str, Any]:
    return {
        "event": event.event_id,
        "kind": event.kind,
        "selector": event.selector,
        "recorded": stamp(event.recorded),
        "effective": stamp(event.effective),
        "deadline": None if event.deadline is None else stamp(event.deadline),
        "records": records,
    }


def _stamped(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)
