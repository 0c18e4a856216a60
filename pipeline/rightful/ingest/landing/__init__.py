"""How staged parts come to count: refusals, unchanged and superseded records, duplicates, one commit. Floor 7.

Only one landing runs at a time in a store. Until the commit nothing of it counts; a landing that is killed leaves
files without an entry in the ledger, which a rerun writes again, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.dedup.settings import Alarm, Near
from rightful.errors import RightfulError
from rightful.ingest.landing.counting import count_rows, counted
from rightful.ingest.landing.exact import MARKS, find_members
from rightful.ingest.landing.near import SETTINGS, NearSearch
from rightful.ingest.landing.pieces import Piece, prepared, unless_known
from rightful.ingest.staged import STAGED_ROWS, Done, staged
from rightful.recipes.recipe import RECORDED
from rightful.rights.consent import refuses_ingest
from rightful.signals.cards.source_card import FILE_SCOPE, SourceCard, stored_card
from rightful.store.check import check_parts
from rightful.store.duck import batches, connect, fill, literal, rows, scan
from rightful.store.files import InputFile, Passed
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.matching import (
    FORMER_FILES,
    SELECTORS_HAVE,
    STONES,
    Standings,
    event_sids,
    former_files,
    reaching,
    selectors_of,
)
from rightful.store.parts import publish_table
from rightful.store.records import DUPLICATES, EVIDENCE, HIDDEN, HOLDINGS, RECORDS, REJECTED, TOMBSTONES
from rightful.store.relations import Relation, build
from rightful.store.scratch import scratch
from rightful.store.sweep import committing
from rightful.store.views import open_views

_STAGED_POSITION = (
    "(split_part(parse_filename(filename), '-', 1)::BIGINT << 44)"
    " + (split_part(split_part(parse_filename(filename), '-', 2), '.', 1)::BIGINT << 32) + file_row_number"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a run brings: the staged items and what is known of the files that they came from.

    ``recipes`` are the resolved recipes that the records were tagged with, by digest.
    ``rejected`` is how many records the ``rejections`` stand for.
    ``files`` maps (source id, file) to the files that were read as they will be remembered. ``emptied`` are those in whose
    place nothing with records lies, ``gone`` those that are not there (their records are retired with ``prune``),
    ``passed`` those that went to other sources; ``renewed`` were not read, but are remembered anew.
    """

    run: str
    folder: Path
    done: Sequence[Done]
    sources: Mapping[str, SourceCard]
    files: Mapping[tuple[str, str], InputFile]
    rejections: Sequence[tuple[str, str | None, str]]
    near: Near
    recipes: Mapping[str, Mapping[str, Any]]
    rejected: int = 0
    emptied: Sequence[InputFile] = ()
    gone: Sequence[InputFile] = ()
    prune: bool = False
    passed: Sequence[Passed] = ()
    renewed: Sequence[InputFile] = ()

    @property
    def ended(self) -> dict[tuple[str, str], str]:
        """The files that stand no longer, and why their records do not count."""
        gone = {(f.source_id, f.file): "gone" for f in (self.gone if self.prune else ())}
        return gone | {(p.former_source, p.former_file): "adopted" for p in self.passed}


@dataclass(slots=True)
class Landed:
    """The counts of a landing. ``added + unchanged + refused`` is the number of staged records."""

    snapshot: int = 0
    added: int = 0
    unchanged: int = 0
    refused: int = 0
    updated: int = 0
    superseded: int = 0
    retired: int = 0
    restored: int = 0
    adopted: int = 0
    gone: list[dict[str, Any]] = field(default_factory=list)
    duplicates: int = 0
    near: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


def land(layout: Layout, ledger: Ledger, arrival: Arrival, clock: Callable[[], datetime]) -> Landed:
    """Publish what is new and commit it as one snapshot; nothing new leaves the store as it is.

    What was withdrawn while the files were read is refused: events are read, and the time is taken, when nothing else
    can be committed any more.
    """
    with committing(layout, ledger):
        now = ledger.not_before(clock())
        pa.default_memory_pool().release_unused()  # what reading held, the query engine may need
        with scratch(layout, arrival.run) as spill, contextlib.closing(connect(spill)) as con:
            return _Landing(layout, ledger, arrival, con, spill).run(now)


class _Landing:
    def __init__(
        self, layout: Layout, ledger: Ledger, arrival: Arrival, con: duckdb.DuckDBPyConnection, spill: Path
    ) -> None:
        self.layout = layout
        self.ledger = ledger
        self.arrival = arrival
        self.con = con
        self.spill = spill
        self.ended: list[tuple[str, str]] = []
        self.searched = False
        self.before = ledger.snapshot()
        self.pieces = [(d.index, piece) for d in arrival.done for piece in range(len(d.pieces))]

    def run(self, now: datetime) -> Landed:
        open_views(self.con, self.layout, self.ledger, self.before)
        self._open_incoming()
        self._sort_out(now)
        landed = self._count()
        # A file with a refused record is read again next time, so that it is counted as refused again.
        self.refused_files = set(
            rows(
                self.con,
                """SELECT DISTINCT i.source_id, i.file FROM incoming i
                JOIN outcome o ON o.pos = i.pos AND o.what = 'a refused'""",
            )
        )
        main, aside = self._prepare()
        # The staged files move last: what is computed from them comes before.
        extra = [*self._publish_hidden(aside), *self._publish_duplicates(landed), *self._publish_near(main, landed)]
        extra += [*self._publish_evidence(), *self._publish_rejected(), *self._publish_tombstones()]
        held = publish_table(self.layout, "holdings", batches(self.con, "FROM now_held ORDER BY ALL"), HOLDINGS)
        extra += unless_known(held, self.ledger, self.before)
        parts = [part for piece in (*main, *(p for p, _ in aside)) for part in piece.publish(self.layout)]
        landed.parts = [p.part for p in parts if p.kind == "records"]
        landed.snapshot = self._commit([*parts, *extra], held.part if held else "", landed, now)
        return landed

    def _do(self, statement: str) -> None:
        self.con.cursor().execute(statement).fetchall()

    def _open_incoming(self) -> None:
        files = [staged(self.arrival.folder, i, p, "records") for i, p in self.pieces]
        source = scan(files, RECORDS, placed=True)
        position = _STAGED_POSITION if files else "0::BIGINT"
        self._do(
            f"CREATE VIEW incoming AS SELECT * EXCLUDE (filename, file_row_number), {position} AS pos FROM {source}"
        )

    def _sort_out(self, now: datetime) -> None:
        """Give every staged row that does not simply land its outcome, and every stored one that it changes."""
        self._find_refused(now)
        self._tell_files()
        cards = {c["source_id"]: c["card"] for c in self.ledger.sources(self.before)}
        before = {s: stored_card(cards[s]).id_scope for s in self.arrival.sources if s in cards}
        scopes = {s: (before.get(s, FILE_SCOPE), card.id_scope) for s, card in self.arrival.sources.items()}
        ended = {s for s, _ in self.arrival.ended} | {f.source_id for f in self.arrival.emptied}
        scopes |= {
            s: (known, known) for s in ended - set(scopes) if s in cards for known in [stored_card(cards[s]).id_scope]
        }
        count_rows(self.con, {s: new != FILE_SCOPE for s, (old, new) in scopes.items() if {old, new} != {FILE_SCOPE}})
        self._do(
            """CREATE VIEW fresh AS SELECT * FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM outcome o WHERE o.pos = i.pos)
            AND NOT EXISTS (SELECT 1 FROM aside a WHERE a.pos = i.pos)"""
        )

    def _tell_files(self) -> None:
        """``file_states`` and ``holdings``: what becomes of the files that this is about, and what each held until now."""
        read = {*self.arrival.files, *((f.source_id, f.file) for f in self.arrival.emptied)}
        states = dict.fromkeys(read, "read") | self.arrival.ended
        places = {(f.source_id, f.file): f.place for f in (*self.arrival.files.values(), *self.arrival.renewed)}
        for source in sorted({s for s, _ in states}):
            for file in self.ledger.files.of(source):
                places.setdefault((source, file.file), file.place)
                states.setdefault((source, file.file), "stands")
            for name in self.ledger.files.ended(source):
                states.setdefault((source, name), "gone")
        listed = sorted(states)
        columns: dict[str, list[str | None]] = {
            "source_id": [s for s, _ in listed],
            "file": [f for _, f in listed],
            "state": [states[key] for key in listed],
            "place": [places.get(key) for key in listed],
        }
        fill(self.con, "file_states", _strings(columns))
        lists = self.ledger.files.lists()
        fill(
            self.con,
            "lists",
            _strings(
                {"source_id": [r[0] for r in lists], "file": [r[1] for r in lists], "held": [r[2] for r in lists]}
            ),
        )
        check_parts(self.layout, self.ledger, self.before, ("holdings",))
        parts = [self.layout.part("holdings", p.part) for p in self.ledger.parts("holdings", self.before)]
        self._do(
            f"""CREATE TABLE holdings AS SELECT h.* EXCLUDE (filename, file_row_number) FROM {scan(parts, HOLDINGS, placed=True)} h
            JOIN lists l ON l.source_id = h.source_id AND l.file = h.file AND l.held = parse_filename(h.filename, true)"""
        )

    def _find_refused(self, now: datetime) -> None:
        events = self.ledger.consents()
        standings = Standings.at(events, now)
        refusing = {s: i for s, i in standings.by_selector.items() if refuses_ingest(standings.distinct[i], now)}
        listed = list(refusing)
        selectors = selectors_of((standings.named(selector), n) for n, selector in enumerate(listed))
        ids = {selector: n for n, selector in enumerate(listed)}
        given = {
            "selectors": selectors.table,
            "event_sids": event_sids((e for e in events if e.refuses), ids),
            "former_files": former_files([*self.ledger.files.passed(), *self.arrival.passed]),
        }
        first = (Relation("selectors", SELECTORS_HAVE), FORMER_FILES, *STONES)
        build(self.con, (*first, *reaching("incoming", selectors.kinds)), given)
        # With its copies, as the tombstone of what is refused here will refuse them when they are read again.
        self._do(
            """CREATE TABLE refused AS
            WITH named AS (SELECT record_id, sid FROM hits UNION ALL SELECT record_id, sid FROM stone_hits),
            content AS (SELECT DISTINCT i.norm_sha256, n.sid FROM named n JOIN incoming i ON i.record_id = n.record_id)
            SELECT i.record_id, min(c.sid) AS sid FROM incoming i JOIN content c ON c.norm_sha256 = i.norm_sha256
            GROUP BY i.record_id"""
        )

    def _count(self) -> Landed:
        staged_rows = sum(n for d in self.arrival.done for n in d.pieces)
        by = {str(k): int(v) for k, v in rows(self.con, "SELECT what, count(*) FROM outcome GROUP BY what")}
        elsewhere = int(rows(self.con, "SELECT count(*) FROM aside WHERE reason = 'elsewhere'")[0][0])
        fresh = int(rows(self.con, "SELECT count(*) FROM fresh")[0][0])
        older = int(rows(self.con, "SELECT count(*) FROM aside")[0][0]) - elsewhere
        unchanged = by.get("b unchanged", 0) + by.get("c repeated", 0) + elsewhere
        landed = Landed(added=fresh + older, unchanged=unchanged, refused=by.get("a refused", 0), gone=self._gone())
        for name, n in counted(self.con).items():
            setattr(landed, name, n)
        if landed.added + unchanged + landed.refused != staged_rows:
            raise RightfulError(
                f"{staged_rows} records were read, but {landed.added} + {unchanged} + {landed.refused} are accounted for",
                hint="this is a defect of rightful; nothing was changed",
            )
        return landed

    def _gone(self) -> list[dict[str, Any]]:
        """The files that are gone, each with how many records counted as it had them."""
        if not self.arrival.gone:
            return []
        keys = {"source_id": [f.source_id for f in self.arrival.gone], "file": [f.file for f in self.arrival.gone]}
        fill(self.con, "gone_files", _strings(keys))
        counts = {
            (str(source), str(file)): int(n)
            for source, file, n in rows(
                self.con,
                """SELECT r.source_id, r.file, count(*) FROM records r
                SEMI JOIN gone_files g ON g.source_id = r.source_id AND g.file = r.file GROUP BY ALL""",
            )
        }
        return [
            {
                "file": f.file,
                "source": f.source_id,
                "records": counts.get((f.source_id, f.file), 0),
                "retired": self.arrival.prune,
            }
            for f in self.arrival.gone
        ]

    def _prepare(self) -> tuple[list[Piece], list[tuple[Piece, str]]]:
        """Every piece that holds something new, without the rows that do not land; and what lands aside, with why.

        No part has a record twice, so that a hidden row can be named by its record: rows aside of one record part ways.
        """
        dropped: dict[int, set[int]] = {}
        for key, row in rows(
            self.con,
            """SELECT pos >> 32, pos & 4294967295 FROM (SELECT pos FROM outcome UNION SELECT pos FROM aside)""",
        ):
            dropped.setdefault(int(key), set()).add(int(row))
        besides: dict[tuple[int, str, int], list[int]] = {}
        for key, row, reason, layer in rows(
            self.con,
            """SELECT a.pos >> 32, a.pos & 4294967295, a.reason, row_number() OVER (
                PARTITION BY a.pos >> 32, a.reason, i.record_id ORDER BY a.pos) AS layer
            FROM aside a JOIN incoming i ON i.pos = a.pos ORDER BY a.pos""",
        ):
            besides.setdefault((int(key), str(reason), int(layer)), []).append(int(row))
        sizes = {(d.index << 12) + piece: n for d in self.arrival.done for piece, n in enumerate(d.pieces)}
        taken = {p.part for p in self.ledger.parts("records", self.before)}
        main: list[Piece] = []
        aside: list[tuple[Piece, str]] = []
        for key, size in sizes.items():
            without = dropped.get(key, set())
            if len(without) < size:
                kept = [n for n in range(size) if n not in without] if without else None
                main.append(prepared(self.arrival.folder, key >> 12, key & 4095, size, kept, "kept").named(taken))
        for (key, reason, layer), picked in sorted(besides.items()):
            name = f"{reason}-{layer}"
            piece = prepared(self.arrival.folder, key >> 12, key & 4095, sizes[key], picked, name)
            aside.append((piece.named(taken), reason))
        return main, aside

    def _publish_near(self, pieces: list[Piece], landed: Landed) -> list[Part]:
        """Look for near copies of what is new, and mark the groups of all records anew."""
        changed = landed.updated + landed.superseded + landed.retired + landed.adopted + landed.restored
        if not landed.added and not changed:
            return []
        search = NearSearch(self.con, self.layout, self.ledger, self.before, self.arrival.near, self.spill)
        found = search.run(pieces)
        landed.near, landed.alarms = found.copies, list(found.alarms)
        self.ended += found.ended
        self.searched = True
        return found.parts

    def _publish_hidden(self, aside: list[tuple[Piece, str]]) -> list[Part]:
        """What does not count any more. Where a row counts again, or is hidden for another reason, the part that says so is
        replaced by one that does not."""
        for piece, reason in aside:
            self._do(
                f"""INSERT INTO hiding SELECT {literal(piece.part)}, record_id, {literal(reason)}, false
                FROM {scan([piece.files["records"]], RECORDS)}"""
            )
        stale = [
            part.part
            for part in self.ledger.parts("hidden", self.before)
            if rows(
                self.con,
                f"""SELECT 1 FROM {scan([self.layout.part("hidden", part.part)], HIDDEN)} h
                JOIN rewritten w ON w.part = h.part AND w.record_id = h.record_id LIMIT 1""",
            )
        ]
        kept = scan([self.layout.part("hidden", part) for part in stale], HIDDEN)
        self.ended += [("hidden", part) for part in stale]
        return self._publish_table(
            "hidden",
            batches(
                self.con,
                f"""SELECT part, record_id, reason FROM hiding
                UNION SELECT part, record_id, reason FROM rewritten WHERE reason IS NOT NULL
                UNION SELECT h.part, h.record_id, h.reason FROM {kept} h
                    ANTI JOIN rewritten w ON w.part = h.part AND w.record_id = h.record_id
                ORDER BY ALL""",
            ),
            HIDDEN,
        )

    def _publish_duplicates(self, landed: Landed) -> list[Part]:
        """Mark exact copies among the new records and the stored ones. The anchor is the first in the store's order."""
        find_members(self.con)
        landed.duplicates = int(
            rows(
                self.con,
                """SELECT count(*) FILTER (WHERE new) - count(DISTINCT text) FILTER (WHERE first_new) FROM (
                    SELECT m.*, bool_and(new) OVER (PARTITION BY text) AS first_new FROM members m)""",
            )[0][0]
        )
        return self._publish_table("duplicates", batches(self.con, MARKS), DUPLICATES)

    def _publish_evidence(self) -> list[Part]:
        """The claims of every profile that a source has for the first time, with what was read there."""
        known = {(str(r), str(s)) for r, s in rows(self.con, "SELECT DISTINCT rights_id, source_id FROM evidence")}
        found: list[dict[str, object]] = []
        for done in self.arrival.done:
            for rights, claims in done.profiles.items():
                if (rights, done.source_id) not in known:
                    known.add((rights, done.source_id))
                    whose: dict[str, object] = {"rights_id": rights, "source_id": done.source_id}
                    found += [{**whose, **_evidence_row(c)} for c in claims] or [whose]
        found.sort(key=lambda r: (str(r["rights_id"]), str(r["source_id"]), str(r.get("evidence_id"))))
        return self._publish_table("evidence", pa.Table.from_pylist(found, EVIDENCE), EVIDENCE)

    def _publish_rejected(self) -> list[Part]:
        listed = [
            {"file": f, "position": p, "outcome": "rejected", "reason": r, "run": self.arrival.run}
            for f, p, r in self.arrival.rejections
        ]
        files = [staged(self.arrival.folder, i, p, "rows") for i, p in self.pieces]
        if files and rows(self.con, "SELECT count(*) FROM refused")[0][0]:
            source = scan(files, STAGED_ROWS, placed=True)
            for file, line, record in rows(
                self.con,
                f"""SELECT w.file, w.line, i.record_id FROM (SELECT file, line, {_STAGED_POSITION} AS pos FROM {source}) w
                JOIN incoming i ON i.pos = w.pos JOIN outcome o ON o.pos = w.pos AND o.what = 'a refused' ORDER BY w.pos""",
            ):
                position = f"line {line}" if line else None
                listed.append(
                    {
                        "file": file,
                        "position": position,
                        "outcome": "refused",
                        "reason": "withdrawn",
                        "record_id": record,
                        "run": self.arrival.run,
                    }
                )
        stored = set(rows(self.con, "SELECT file, position, outcome, reason FROM rejected"))
        new = [r for r in listed if (r["file"], r["position"], r["outcome"], r["reason"]) not in stored]
        return self._publish_table("rejected", pa.Table.from_pylist(new, REJECTED), REJECTED)

    def _publish_tombstones(self) -> list[Part]:
        """What was refused keeps refusing its copies, also when its own selector does not match them."""
        stones = batches(
            self.con,
            """SELECT DISTINCT e.event, i.record_id, NULL::VARCHAR AS source_id, NULL::VARCHAR AS source_record_id,
                NULL::VARCHAR AS url, []::VARCHAR[] AS places, i.content_sha256, i.norm_sha256,
                i.norm_rule, i.norm1_sha256
            FROM incoming i JOIN refused f ON f.record_id = i.record_id
            JOIN (SELECT sid, max(event) AS event FROM event_sids GROUP BY sid) e ON e.sid = f.sid
            WHERE NOT EXISTS (SELECT 1 FROM stones t WHERE t.norm_sha256 = i.norm_sha256)
            ORDER BY ALL""",
        )
        return self._publish_table("tombstones", stones, TOMBSTONES)

    def _publish_table(self, kind: str, content: pa.Table | pa.RecordBatchReader, schema: pa.Schema) -> list[Part]:
        """One part; none when there are no rows or they are stored already."""
        return unless_known(publish_table(self.layout, kind, content, schema), self.ledger, self.before)

    def _commit(self, parts: list[Part], held: str, landed: Landed, now: datetime) -> int:
        newest = self.ledger.newest_consent()
        before = {(f.source_id, f.file): f for source in self._sources() for f in self.ledger.files.of(source)}
        files = self._remembered(before, held)
        changed = [f for k, f in files.items() if k not in before or replace(before[k], snapshot=0) != f]
        stale = [f for k, f in files.items() if k in before and before[k].snapshot < newest and f.whole]
        ended = [key for key in self.arrival.ended if key in before or key in files]
        if not parts and not changed and not stale and not self.ended and not ended:
            if self.arrival.renewed:
                self.ledger.renew_files(self.arrival.renewed)
            return self.before
        with self.ledger.commit("ingest", self.arrival.run, now) as commit:
            commit.add_parts(parts)
            for kind, part in self.ended:
                commit.end_part(kind, part)
            for digest, resolved in sorted(self.arrival.recipes.items()):
                commit.remember(f"{RECORDED}{digest}", json.dumps(resolved, sort_keys=True))
            if self.searched:
                commit.remember(SETTINGS, self.arrival.near.digest)
            commit.renew_files(self.arrival.renewed)
            commit.add_files(dict.fromkeys([*changed, *stale]), ended, self.arrival.passed)
            for part in commit.lists_that_ended():
                commit.end_part("holdings", part)
            for source_id, card in sorted(self.arrival.sources.items()):
                commit.add_source(source_id, card.digest, card.as_json(), card.place)
            commit.summary.update(
                added=landed.added,
                unchanged=landed.unchanged,
                refused=landed.refused,
                updated=landed.updated,
                superseded=landed.superseded,
                retired=landed.retired,
                rejected=self.arrival.rejected,
            )
            return commit.snapshot

    def _sources(self) -> list[str]:
        keys = [*self.arrival.files, *self.arrival.ended, *((f.source_id, f.file) for f in self.arrival.emptied)]
        return sorted({source for source, _ in keys})

    def _remembered(self, before: Mapping[tuple[str, str], InputFile], held: str) -> dict[tuple[str, str], InputFile]:
        """The files that were read, as they are remembered from now on. Raises :class:`StoreError` where another run took
        in another file under the name of one meanwhile."""
        other = {(str(s), str(f)) for s, f in rows(self.con, "SELECT source_id, file FROM other_lists")}
        listed = {(str(s), str(f)) for s, f in rows(self.con, "SELECT DISTINCT source_id, file FROM now_held")}
        found = {}
        for key, file in {**self.arrival.files, **{(f.source_id, f.file): f for f in self.arrival.emptied}}.items():
            list_before = before[key].held if key in before else ""
            now = (held if key in listed else "") if key in other else list_before
            found[key] = replace(file, held=now, whole=file.whole and key not in self.refused_files, snapshot=0)
        return found


def _strings(columns: Mapping[str, Sequence[str] | Sequence[str | None]]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _evidence_row(claim: Mapping[str, object]) -> dict[str, object]:
    deciding = claim["deciding"]
    assert isinstance(deciding, dict)
    picked = {k: deciding[k] for k in ("kind", "tier", "bound_to", "statement", "expression", "layer")}
    rest = {k: claim[k] for k in ("evidence_id", "raw", "place", "detector", "detector_version", "observed_at")}
    return {**picked, **rest, "deciding": json.dumps(deciding, sort_keys=True)}
