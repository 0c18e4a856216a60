"""The receipt of an event: what was asked, what it matched, what was done and when, what remains open. Floor 8.

It names records, exports and assets, and never says anything of a text. There are two readers: the person who asked, and an
authority, which is also told how the operator keeps his books: folders, shards, snapshots, the head of the ledger's chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from rightful.errors import InputError
from rightful.export import AUDIENCES, PERSON
from rightful.ingest.erasing.due import carry_on
from rightful.notation import dsse
from rightful.query.touched import refused_now
from rightful.query.tracing import EVENT
from rightful.query.tracing.answer import Ground, of_records
from rightful.query.versions import EXCLUDED as ON_DENY_LIST
from rightful.query.versions import HELD, Version, newest, versions
from rightful.rights.consent import (
    ANNULMENT,
    ConsentEvent,
    in_force,
)
from rightful.rights.erasure import ERASING, erases
from rightful.rights.licenses import Catalog
from rightful.store.duck import fill, literal, rows, table
from rightful.store.erasures import ERASURES, erasures
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp
from rightful.store.relations import Relation, build
from rightful.store.scratch import workspace
from rightful.store.selectors import identity

OPEN, EXCLUDED, PERMITTED, SUPERSEDED, REPAIRED = STATES = ("open", "excluded", "permitted", "superseded", "repaired")
"""What became of a version of an export that holds records of an event: it holds what it may not; it does, on a deny list; it
may hold it; a later version took its place, which holds some still; one did, which holds none."""
RECORDED, REFUSES, REPAIR, ERASE, LATER = ACTIONS = ("recorded", "refused", "repaired", "erased", "later event")
"""What was done."""
NEAR, DERIVED = STAYS = ("near", "derived")
"""Why a record that the event does not mean stays in the store and is refused, or waits for a review: it is nearly the same as
one that it means, or came from one."""
MEND, LOOK, ERASE_IT = LEFT = ("repair", "look", "erase")
"""What may be left to do."""
TAINTED, UNTOUCHED = "tainted", "current"
_KEEPING = ("path", "shards", "length", "unit", "snapshot")
"""What only an authority is told."""
Row = dict[str, Any]


def receipt(layout: Layout, ledger: Ledger, catalog: Catalog, event: str, audience: str, now: datetime) -> Row:
    """The receipt of an event as things are at ``now``. Raises :class:`InputError` for an event that is not on record, and
    for a reader that there is none of."""
    if audience not in AUDIENCES:
        raise InputError(f"{audience!r} is not known", subject="--for", hint=" or ".join(AUDIENCES))
    with workspace(layout, f"receipt-{hashlib.sha256(event.encode()).hexdigest()[:16]}") as (con, _):
        trace, _ = of_records(Ground(con, layout, ledger, catalog, now), EVENT, event, 0)
        case = Case.of(con, layout, ledger, catalog, event, now)
        exports = _exports(case, trace["holding"])
        records = _records(case)
        answer = {
            "receipt": dsse.RECEIPT,
            "audience": audience,
            "store": ledger.meta("store_id"),
            "issued_at": stamp(now),
            **_asked(case),
            "matched": _matched(case, trace),
            "records": records,
            "stays": _stays(case),
            "exports": exports,
            "exports_unreadable": trace["exports_unreadable"],
            "assets": [_asset(case, one) for one in trace["assets"]],
            "actions": _actions(case, trace["holding"]),
            "open": _open(case, exports, trace["exports_unreadable"]),
        }
    answer["overdue"] = bool(answer["open"]) and case.is_late(now)
    answer["complete"] = not answer["open"]
    if audience == PERSON:
        return _without_keeping(answer)
    newest_link = ledger.newest_link()
    return {
        **answer,
        "snapshot": ledger.snapshot(),
        "ledger": None if newest_link is None else {"link": newest_link.link, "digest": newest_link.digest},
    }


@dataclass(frozen=True, slots=True)
class Case:
    """An event with all that is known around it. ``con`` has ``traced`` and ``places``; ``erased`` is empty where nothing
    was, and may be of before the event."""

    con: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    catalog: Catalog
    now: datetime
    event: ConsentEvent
    row: Mapping[str, Any]
    later: tuple[ConsentEvent, ...]
    history: tuple[ConsentEvent, ...]
    erased: Mapping[str, int]
    commits: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        ledger: Ledger,
        catalog: Catalog,
        name: str,
        now: datetime,
    ) -> Case:
        """Of an event that is on record."""
        events = ledger.consents()
        at, event = next((n, e) for n, e in enumerate(events) if e.event_id == name)
        row = next(r for r in ledger.consent_rows() if r["event"] == name)
        same = tuple(e for e in events if identity(e) == identity(event))
        annulled = tuple(e for e in events if e.kind == ANNULMENT and e.value == name)
        later = tuple(e for e in events[at + 1 :] if e in same or e in annulled)
        of = _erased(con, layout, ledger)
        return cls(
            con, layout, ledger, catalog, now, event, row, later, (*same, *annulled), of, list(ledger.snapshots())
        )

    @property
    def is_in_force(self) -> bool:
        """False for an event that was undone."""
        return self.event in in_force(self.history, self.now)

    @property
    def erases(self) -> bool:
        """Whether the texts of its records have to go: withdrawn, erased or taken down without limits, and not lifted since."""
        counting = in_force(self.history, self.now)
        return self.event.kind in ERASING and self.event in counting and erases(counting, self.now)

    @property
    def refuses(self) -> bool:
        """Whether it refuses anything now."""
        return self.event.refuses and self.is_in_force and self.event.counts_from <= self.now

    def is_late(self, at: datetime) -> bool:
        """Whether an instant is past the deadline of the event."""
        return self.event.deadline is not None and at >= self.event.deadline


def _erased(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger) -> dict[str, int]:
    """The records of ``traced`` that were erased, each with the snapshot."""
    fill(con, ERASURES.name, erasures(layout, ledger))
    of_these = "SELECT record_id, snapshot FROM erasures SEMI JOIN traced USING (record_id)"
    return {str(record): int(snapshot) for record, snapshot in rows(con, of_these)}


def _asked(case: Case) -> Row:
    """The event, as it was asked. A person is a keyed hash."""
    event = case.event
    return {
        "event": event.event_id,
        "kind": event.kind,
        "selector": {"by": event.selector, "value": str(case.row["shown"])},
        "use": sorted(event.acts),
        "purpose": sorted(event.purposes),
        "application": sorted(event.applications),
        "recorded": stamp(event.recorded),
        "effective": stamp(event.effective),
        "deadline": None if event.deadline is None else stamp(event.deadline),
        "reason": event.reason,
        "evidence": event.proof,
        "in_force": case.is_in_force,
    }


def _matched(case: Case, trace: Mapping[str, Any]) -> Row:
    sources = sorted(str(one["source"]) for one in trace["sources"])
    return {"records": int(trace["records"]), "copies": int(trace["copies"]["records"]), "sources": sources}


def _records(case: Case) -> list[Row]:
    """Every record that is meant, why, whether its text is in the store, and which exports hold it now."""
    query = f"""SELECT t.record_id, t.via, a.record_id IS NOT NULL, h.exports FROM traced t
        LEFT JOIN (SELECT DISTINCT record_id FROM all_records) a ON a.record_id = t.record_id
        LEFT JOIN (SELECT record, list(DISTINCT export ORDER BY export) AS exports FROM places
            WHERE current AND {HELD} GROUP BY record) h ON h.record = t.record_id
        ORDER BY t.via DESC, t.record_id"""
    return [
        {
            "record": str(record),
            "via": str(via),
            "in_store": bool(is_there) and record not in case.erased,
            "erased": _at(case, case.erased.get(record)),
            "exports": list(exports or ()),
        }
        for record, via, is_there, exports in rows(case.con, query)
    ]


def _at(case: Case, snapshot: int | None) -> str | None:
    return next((str(c["committed_at"]) for c in case.commits if c["snapshot"] == snapshot), None)


def _stays(case: Case) -> list[Row]:
    """The records that are not meant, whose texts stay, and which are refused or wait for a review because of those that are."""
    if not case.refuses:
        return []
    given = table(case.con, "SELECT DISTINCT record_id, 0::BIGINT AS sid FROM traced")
    build(case.con, (Relation("due", "record_id sid"),), {"due": given})
    carry_on(case.con, case.layout, case.ledger, case.catalog, case.now)
    # Of what is erased nobody can see any more what was nearly the same: its tombstones say it.
    same = ", ".join(literal(e.event_id) for e in case.history)
    query = f"""SELECT record_id, min(reach) FROM (SELECT record_id, reach FROM carried_on
            UNION SELECT record_id, reach FROM tombstones WHERE event IN ({same}) AND reach IN {STAYS}) s
        SEMI JOIN all_records USING (record_id)
        WHERE record_id NOT IN (SELECT record_id FROM traced) AND record_id NOT IN (SELECT record_id FROM erasures)
        GROUP BY record_id ORDER BY record_id"""
    return [{"record": str(record), "why": str(reach)} for record, reach in rows(case.con, query)]


def _exports(case: Case, holding: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every version of an export that held any of it, with what became of it."""
    listed = versions(case.ledger.exports())
    known = {(v.export, v.path): v for v in listed}
    held = {(str(one["export"]), str(one["path"])) for one in holding}
    refused = _refused(case, [known[at] for at in sorted(held) if known[at].current])
    manifests = {v.export: str(v.row["manifest_sha256"]) for v in listed}
    denied = _denied(case) if case.refuses else {}
    answer = []
    for one in holding:
        version = known[at := (str(one["export"]), str(one["path"]))]
        now = _now_at(version, listed)
        left = refused.get(version.export, 0) if version.current else 0, denied.get(at, 0)
        answer.append(
            {
                "export": version.export,
                "manifest_sha256": manifests[version.export],
                "version": version.version,
                "level": version.level,
                "records": int(one["records"]),
                "open": left[0] + (left[1] if case.erases else 0),
                "state": _state(version, now, held, left, case.erases),
                "superseded_by": None if now.export == version.export else now.export,
                "superseded_by_sha256": None if now.export == version.export else manifests[now.export],
                "created_at": str(one["created_at"]),
                "path": version.path,
                "shards": [str(shard["shard"]) for shard in one["shards"]],
                "length": int(one["length"]),
                "unit": str(one["unit"]),
            }
        )
    return answer


def _now_at(version: Version, listed: Sequence[Version]) -> Version:
    """What lies where a version lay."""
    here = [v.row for v in listed if v.path == version.path]
    return newest(here, version.export) or version


def _state(version: Version, now: Version, held: set[tuple[str, str]], left: tuple[int, int], erases: bool) -> str:
    """``left``: how many of the records a current version may not hold and holds, and how many of it are on a deny list."""
    if not version.current:
        return SUPERSEDED if (now.export, now.path) in held else REPAIRED
    if left[0] or (left[1] and erases):
        return OPEN  # what is on a deny list is still there, and an erasure asks that it goes
    return EXCLUDED if left[1] else PERMITTED


def _denied(case: Case) -> dict[tuple[str, str], int]:
    """How many of the records each current version of an export has on its deny list."""
    query = """SELECT export, path, count(DISTINCT record) FROM places WHERE current AND decision = ? GROUP BY ALL"""
    return {(str(export), str(path)): int(n) for export, path, n in rows(case.con, query, [ON_DENY_LIST])}


def _refused(case: Case, among: Sequence[Version]) -> dict[str, int]:
    """How many of the records each of these exports holds although its use is refused now."""
    if not among or not case.refuses:
        return {}
    traced = {str(record) for (record,) in rows(case.con, "SELECT DISTINCT record_id FROM traced")}
    refused = refused_now(case.layout, case.ledger, case.catalog, case.now, among=among)
    return {export: len(traced if ids is None else traced & ids) for export, ids in refused.items()}


def _asset(case: Case, one: Mapping[str, Any]) -> Row:
    """What was made of these exports; nothing says that a model has forgotten anything."""
    is_tainted = case.refuses and one["share"] != 0.0
    return {
        "asset": str(one["asset"]),
        "kind": str(one["kind"]),
        "name": str(one["name"]),
        "share": one["share"],
        "status": TAINTED if is_tainted else UNTOUCHED,
        "since": stamp(case.event.counts_from) if is_tainted else None,
        "way": list(one["way"]),
    }


def _actions(case: Case, holding: Iterable[Mapping[str, Any]]) -> list[Row]:
    """What was done, in the order of the times."""
    event = case.event
    mine = {str(one["export"]) for one in holding}
    done = [_action(case, RECORDED, stamp(event.recorded), int(case.row["snapshot"]))]
    if event.refuses:
        at = max(event.counts_from, event.recorded)
        done.append(_action(case, REFUSES, stamp(at), int(case.row["snapshot"])))
    for commit in (c for c in case.commits if int(c["snapshot"]) >= int(case.row["snapshot"])):
        summary = commit["summary"]
        if commit["kind"] == "redact" and (event.event_id in summary["events"] or summary["supersedes"] in mine):
            what = {key: summary[key] for key in ("export", "supersedes", "level", "records")}
            done.append(_action(case, REPAIR, str(commit["committed_at"]), int(commit["snapshot"]), what))
    for snapshot in sorted(set(case.erased.values())):
        count = sum(of == snapshot for of in case.erased.values())
        done.append(_action(case, ERASE, str(_at(case, snapshot)), snapshot, {"records": count}))
    for one in case.later:
        done.append(_action(case, LATER, stamp(one.recorded), None, {"event": one.event_id, "kind": one.kind}))
    return sorted(done, key=lambda action: str(action["at"]))


def _action(case: Case, what: str, at: str, snapshot: int | None, more: Mapping[str, Any] | None = None) -> Row:
    late = what in (REPAIR, ERASE) and case.is_late(datetime.fromisoformat(at))
    return {"what": what, "at": at, "late": late, "snapshot": snapshot, **(more or {})}


def _open(case: Case, exports: Sequence[Mapping[str, Any]], unreadable: Sequence[str]) -> list[Row]:
    """What remains to be done."""
    left: list[Row] = [
        {"what": MEND, "export": one["export"], "records": one["open"]} for one in exports if one["state"] == OPEN
    ]
    if case.refuses:
        left += [{"what": LOOK, "export": export, "records": None} for export in unreadable]
    if case.erases:
        query = "SELECT DISTINCT record_id FROM traced SEMI JOIN all_records USING (record_id)"
        texts = {str(record) for (record,) in rows(case.con, query)} - set(case.erased)
        left += [{"what": ERASE_IT, "export": None, "records": len(texts)}] if texts else []
    return left


def _without_keeping(answer: Row) -> Row:
    """The receipt for a person."""

    def kept(row: Mapping[str, Any]) -> Row:
        return {key: value for key, value in row.items() if key not in _KEEPING}

    return {**answer, **{key: [kept(row) for row in answer[key]] for key in ("exports", "actions")}}


def statement_of(receipt: Mapping[str, Any]) -> bytes:
    """What is signed of a receipt: the event by the digest of what was asked, the exports by their manifests, and all of it."""
    keys = ("event", "kind", "selector", "use", "purpose", "application", "recorded", "effective", "store")
    facts = json.dumps({key: receipt[key] for key in keys}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    subjects = {str(one["export"]): str(one["manifest_sha256"]) for one in receipt["exports"]}
    later = [one for one in receipt["exports"] if one["superseded_by"] is not None]
    subjects |= {str(one["superseded_by"]): str(one["superseded_by_sha256"]) for one in later}
    about = [(str(receipt["event"]), hashlib.sha256(facts.encode()).hexdigest()), *subjects.items()]
    return dsse.statement(about, dsse.RECEIPT, receipt)
