"""What the store holds of a text, an author, a person, an address: records, where in them, and what holds them. Floor 7.

Whoever comes has a text, not the id of a record. Rows that do not count any more are named as well, with what they are. No
text is answered: texts leave through export alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from rightful.assets.described import downstream, read_assets
from rightful.decisions.cases import Decided
from rightful.dedup.passages import Match, Passage
from rightful.errors import InputError
from rightful.query.disclosure import Disclosure
from rightful.query.holding import Holdings, holdings
from rightful.query.passages import Outcome, Place, check_digests, passages_of
from rightful.query.refusals import KEPT_OUT
from rightful.query.similar import STATES as KINDS_OF_ROWS
from rightful.query.withheld import find_withheld
from rightful.rights.decide import Decision
from rightful.rights.uses import Use
from rightful.store.duck import fill, rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import hits, selectors_of
from rightful.store.relations import build
from rightful.store.selectors import Named, selector_value, values_of
from rightful.store.views import open_rows, open_views

STATES = {**KINDS_OF_ROWS, "erased": "its text is gone"}
"""What a record is: word -> what that means."""
MOST_PASSAGES = 20
"""So many passages are listed of a record: the longest."""
SELECTORS = ("author", "subject", "url", "domain")
"""What is matched as an event with such a selector matches: all places of an address, every spelling of a person."""
Decide = Callable[[list[str]], Mapping[str, Decision]]
"""The decisions on records by their ids, for one use; those that do not count have none."""
_COLUMNS = "a.part, a.row, a.record_id, a.source_id, a.source_record_id, a.url, a.title, a.n_chars, a.content_sha256"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is looked for; what is given must all hold."""

    text: str | None = None
    author: str | None = None
    subject: str | None = None
    url: str | None = None
    domain: str | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        stated = self.stated()
        if self.text is None and not stated:
            raise InputError(
                "nothing to look for", hint="a file of a text, --author, --subject, --url, --domain or --title"
            )
        for name, value in stated.items():
            if not value.strip():
                raise InputError("is empty", subject=f"--{name}")
        try:
            (self.text or "").encode()
        except UnicodeEncodeError as error:
            raise InputError(f"not a text: half a character at position {error.start}", subject="text") from None

    def stated(self) -> dict[str, str]:
        """What is given beside a text."""
        given = {name: getattr(self, name) for name in ("title", *SELECTORS)}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """One row that was found. ``match`` is None where no text was looked for."""

    place: Place
    record: str
    source: str
    name: str | None
    url: str | None
    title: str | None
    n_chars: int
    digest: bytes
    state: str
    match: Match | None


class Finding:
    """One question to the newest snapshot, on a connection of its own."""

    def __init__(self, con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, now: datetime) -> None:
        self.con, self.layout, self.ledger, self.now = con, layout, ledger, now
        self.snapshot = ledger.snapshot()
        self.began = time.perf_counter()

    def answer(
        self,
        criteria: Criteria,
        *,
        read_all: bool | None,
        limit: int,
        decide: Decide | None = None,
        every_use: Decide | None = None,
    ) -> dict[str, Any]:
        """The answer of ``find``. With ``decide`` each record that counts has its decision for the use of that; with
        ``every_use`` there is a report on all records, whatever the limit."""
        if limit < 1:
            raise InputError(f"--limit {limit} is not a positive number")
        outcome = Outcome()
        if criteria.text is not None:
            outcome = passages_of(criteria.text, self.layout, self.ledger, self.snapshot, read_all)
        listed = self._rows(criteria, outcome)
        records = sorted(_once(listed).values(), key=_order)
        shown = records[: limit if every_use is None else None]
        if criteria.text is not None:
            self._check(shown)
        places = holdings(self.con, self.layout, self.ledger, [one.record for one in records])
        held = self._held(places)
        # Without a use only what is refused for every use is decided.
        decisions = {one.record: "deny" for one in shown if one.state == "withdrawn"}
        if decide is not None and shown:
            decisions |= {record: of.status.word for record, of in decide([one.record for one in shown]).items()}
        return {
            "snapshot": self.snapshot,
            "text": None if criteria.text is None else {"chars": len(criteria.text), "words": outcome.words},
            "by": [*criteria.stated()],
            "records": [_shown(one, held.get(one.record, ([], [])), decisions.get(one.record)) for one in shown],
            "more": len(records) - len(shown),
            "exports": sorted({export for exports, _ in held.values() for export in exports}),
            "assets": sorted({asset for _, assets in held.values() for asset in assets}),
            "unreadable": places.unreadable,
            "searched": {
                "indexed": outcome.indexed,
                "candidates": outcome.candidates,
                "verified": outcome.verified,
                "read": [{"reason": why, "records": n} for why, n in outcome.read.items()],
            },
            "report": None if every_use is None else self._report(records, places, every_use),
            "missing": [{"reason": why, "records": n} for why, n in outcome.missing.items()],
            "seconds": round(time.perf_counter() - self.began, 3),
        }

    def _rows(self, criteria: Criteria, outcome: Outcome) -> list[Found]:
        stated = criteria.stated()
        if criteria.text is not None and not outcome.matches:
            return []
        if criteria.text is not None:
            places = [*outcome.matches]
            columns = {"part": [part for part, _ in places], "row": [row for _, row in places]}
            wanted = pa.table(columns, schema=pa.schema([("part", pa.string()), ("row", pa.int64())]))
            open_rows(self.con, self.layout, self.ledger, self.snapshot, wanted)
        else:
            open_views(self.con, self.layout, self.ledger, self.snapshot, older=True)
        conditions, values = self._conditions(stated)
        where = " AND ".join(conditions) or "true"
        query = f"CREATE OR REPLACE TABLE found_rows AS SELECT {_COLUMNS} FROM all_records a WHERE {where}"
        self.con.cursor().execute(query, values).fetchall()
        if not rows(self.con, "SELECT 1 FROM found_rows LIMIT 1"):
            return []
        return [*self._described(outcome.matches if criteria.text is not None else None)]

    def _conditions(self, stated: Mapping[str, str]) -> tuple[list[str], list[Any]]:
        conditions: list[str] = []
        values: list[Any] = []
        selectors = [
            (Named(kind, values_of(kind, selector_value(kind, stated[kind], self.ledger.key))), n)
            for n, kind in enumerate(SELECTORS)
            if kind in stated
        ]
        if selectors:
            table = selectors_of(selectors)
            fill(self.con, "asked_selectors", table.table)
            build(self.con, [hits("asked_hits", "all_records", table.kinds, "asked_selectors")])
            conditions += [f"a.record_id IN (SELECT record_id FROM asked_hits WHERE sid = {n})" for _, n in selectors]
        if title := stated.get("title"):
            conditions.append(f"contains(lower(a.title), ${len(values) + 1})")
            values.append(title.strip().lower())
        return conditions, values

    def _described(self, matches: Mapping[Place, Match] | None) -> Iterator[Found]:
        find_withheld(self.con, self.layout, self.ledger, self.now, among=matches is not None)
        build(self.con, (KEPT_OUT,))
        query = """SELECT a.*, CASE WHEN k.row IS NOT NULL THEN 'withdrawn' ELSE coalesce(h.reason, 'stored') END
            FROM found_rows a
            LEFT JOIN (SELECT part, record_id, max(reason) AS reason FROM hidden GROUP BY ALL) h
                ON h.part = a.part AND h.record_id = a.record_id
            LEFT JOIN kept_out k ON k.part = a.part AND k.row = a.row
            ORDER BY (h.reason IS NOT NULL), a.part, a.row"""
        for part, row, record, source, name, url, title, n_chars, digest, state in rows(self.con, query):
            place = (str(part), int(row))
            match = None if matches is None else matches[place]
            yield Found(place, record, source, name, url, title, int(n_chars), digest, state, match)

    def _check(self, shown: list[Found]) -> None:
        """What is answered rests on texts that are what was committed."""
        by_part: dict[str, dict[int, bytes]] = {}
        for one in shown:
            by_part.setdefault(one.place[0], {})[one.place[1]] = one.digest
        for part, digests in by_part.items():
            check_digests(self.layout.part("texts", part), digests)

    def _report(self, records: list[Found], places: Holdings, every_use: Decide) -> dict[str, Any]:
        states = {one.record: one.state for one in records}
        disclosure = Disclosure(self.con, self.layout, self.ledger, self.now, states)
        return disclosure.report(places, every_use([*states]) if states else {})

    def _held(self, held: Holdings) -> dict[str, tuple[list[str], list[str]]]:
        """The exports that hold each record, and the assets that come from these."""
        exports: dict[str, list[str]] = {}
        there = held.held
        pairs = zip(there.column("record").to_pylist(), there.column("export").to_pylist(), strict=True)
        for record, export in dict.fromkeys(pairs):
            exports.setdefault(record, []).append(export)
        assets = read_assets(self.ledger)
        made: dict[tuple[str, ...], list[str]] = {}
        for of in exports.values():
            key = tuple(of)
            if key not in made:
                made[key] = [asset.asset for asset, _ in downstream(assets, key)]
        return {record: (of, made[tuple(of)]) for record, of in exports.items()}


def decisions_of(decided: Decided, use: Use, records: list[str]) -> dict[str, Decision]:
    """The decision on each of these records that counts."""
    decisions = decided.decide(use)
    decided.join(decisions)
    fill(decided.con, "found_records", pa.table({"record_id": pa.array(records, pa.string())}))
    query = "SELECT d.record_id, d.case_id FROM decided d SEMI JOIN found_records f USING (record_id)"
    return {str(record): decisions[case] for record, case in rows(decided.con, query)}


def _once(listed: list[Found]) -> dict[str, Found]:
    """Each record once, by the row of it that counts where one does."""
    once: dict[str, Found] = {}
    for one in listed:
        once.setdefault(one.record, one)
    return once


def _order(one: Found) -> tuple[Any, ...]:
    share, covered = (one.match.share, one.match.covered) if one.match else (1.0, 1.0)
    return -share, -covered, one.state != "stored", one.source, one.name or one.url or "", one.record


def _name(one: Found, passage: Passage) -> str:
    """As an event names a passage: the record, and where in its text."""
    return f"{one.record}:{passage.start}+{passage.length}"


def _shown(one: Found, held: tuple[list[str], list[str]], decision: str | None) -> dict[str, Any]:
    passages = one.match.passages if one.match else ()
    return {
        "record": one.record,
        "source": one.source,
        "source_record_id": one.name,
        "url": one.url,
        "title": one.title,
        "start": passages[0].start if passages else 0,
        "length": passages[0].length if passages else one.n_chars,
        "share": None if one.match is None else round(float(one.match.share), 4),
        "covered": None if one.match is None else round(float(one.match.covered), 4),
        "passages": [{"passage": _name(one, passage), **passage._asdict()} for passage in passages[:MOST_PASSAGES]],
        "more_passages": max(0, len(passages) - MOST_PASSAGES),
        "state": one.state,
        "decision": decision,
        "exports": held[0],
        "assets": held[1],
    }
