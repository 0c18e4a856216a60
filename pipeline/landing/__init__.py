"""How staged parts come to count: refusals, unchanged and superseded records, duplicates, one commit. Floor 3.

Only one landing runs at a time in a store. Until the commit nothing of it counts; a landing that is killed leaves
files without an entry in the ledger, which a rerun writes again, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.dedup.settings import Alarm, Near
from pipeline.errors import RightfulError
from pipeline.landing.near import SETTINGS, NearSearch
from pipeline.landing.pieces import Piece, prepared, publish_table, unless_known
from pipeline.recipe import RECORDED
from pipeline.records import DUPLICATES, EVIDENCE, HIDDEN, RECORDS, REJECTED, TOMBSTONES
from pipeline.rights.consent import refuses_ingest
from pipeline.signals.source_card import SourceCard
from pipeline.store.engine import batches, connect, fill, rows, scan
from pipeline.store.layout import Layout
from pipeline.store.ledger import InputFile, Ledger, Part
from pipeline.store.matching import Standings, match, match_tombstones, register_events, register_selectors
from pipeline.store.scratch import scratch
from pipeline.store.sweep import committing
from pipeline.tagging import STAGED_ROWS, Done, staged
from pipeline.views import open_views

SAME_TAGS = (
    "rights_id",
    "card_sha256",
    "recipe_sha256",
    "personal_data",
    "legal_basis",
    "license_raw",
    "collected_for",
    "attribution",
    "url",
    "places",
    "title",
    "subject_key",
)
"""A stored record is unchanged when these are the same; otherwise its tags are replaced."""

_STAGED_POSITION = (
    "(split_part(parse_filename(filename), '-', 1)::BIGINT << 44)"
    " + (split_part(split_part(parse_filename(filename), '-', 2), '.', 1)::BIGINT << 32) + file_row_number"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a run brings: the staged items and what is known of the files that they came from.

    ``recipes`` are the resolved recipes that the records were tagged with, by digest.
    ``rejected`` is how many records the ``rejections`` stand for.
    ``files`` maps (source id, file) to the file as it will be remembered; only files without damage are. ``unread`` are
    the files of the run that were taken in before as they are: what a record says in one of them still stands.
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
    unread: frozenset[tuple[str, str]] = frozenset()


@dataclass(slots=True)
class Landed:
    """The counts of a landing. ``added + unchanged + refused`` is the number of staged records."""

    snapshot: int = 0
    added: int = 0
    unchanged: int = 0
    refused: int = 0
    updated: int = 0
    superseded: int = 0
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
        pieces = self._prepare()
        # The staged files move last: what is computed from them comes before.
        extra = [*self._publish_hidden(), *self._publish_duplicates(landed), *self._publish_near(pieces, landed)]
        extra += [*self._publish_evidence(), *self._publish_rejected(), *self._publish_tombstones()]
        taken = {p.part for p in self.ledger.parts("records", self.before)}
        parts = [part for piece in pieces for part in piece.publish(self.layout, taken)]
        landed.parts = [p.part for p in parts if p.kind == "records"]
        landed.snapshot = self._commit([*parts, *extra], landed, now)
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
        """Give every staged row that does not simply land its outcome, in the order refused, unchanged, repeated."""
        self._find_refused(now)
        same = " AND ".join(f"r.{c} IS NOT DISTINCT FROM i.{c}" for c in SAME_TAGS)
        told = {"source_id": [s for s, _ in self.arrival.unread], "file": [f for _, f in self.arrival.unread]}
        fill(self.con, "unread", pa.table({k: pa.array(v, pa.string()) for k, v in told.items()}))
        # The first file that has a record says what it is. A run that reads only a later one must not say otherwise.
        elsewhere = (
            "EXISTS (SELECT 1 FROM unread u WHERE u.source_id = r.source_id AND u.file = r.file AND r.file < i.file)"
        )
        self._do(
            f"""CREATE TABLE known AS SELECT i.pos, i.record_id, r.part, ({same}) OR {elsewhere} AS same
            FROM incoming i JOIN records r ON r.record_id = i.record_id"""
        )
        self._do(
            """CREATE TABLE repeated AS SELECT i.pos, i.record_id FROM incoming i JOIN (
                SELECT record_id, min(pos) AS first FROM incoming GROUP BY record_id HAVING count(*) > 1
            ) f ON f.record_id = i.record_id AND i.pos > f.first"""
        )
        self._do(
            """CREATE TABLE outcome AS SELECT pos, min(what) AS what FROM (
                SELECT i.pos, 'a refused' AS what FROM incoming i JOIN refused f ON f.record_id = i.record_id
                UNION ALL SELECT pos, 'b unchanged' FROM known WHERE same
                UNION ALL SELECT pos, 'c repeated' FROM repeated
            ) GROUP BY pos"""
        )
        self._do(
            "CREATE VIEW fresh AS SELECT * FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM outcome o WHERE o.pos = i.pos)"
        )
        self._do(
            """CREATE TABLE hiding AS
            SELECT k.part, k.record_id, 'retagged' AS reason FROM known k JOIN fresh f ON f.pos = k.pos
            UNION
            SELECT part, record_id, 'superseded' FROM (
                SELECT r.part, r.record_id, n.record_id AS newer, count(*) OVER (PARTITION BY r.source_id, n.origin) AS stored
                FROM records r JOIN (
                    SELECT source_id, coalesce(source_record_id, url) AS origin, min(record_id) AS record_id FROM incoming
                    WHERE coalesce(source_record_id, url) IS NOT NULL GROUP BY ALL HAVING count(DISTINCT record_id) = 1
                ) n ON r.source_id = n.source_id AND coalesce(r.source_record_id, r.url) = n.origin
            ) WHERE stored = 1 AND record_id <> newer
            UNION
            SELECT r.part, r.record_id, 'superseded' FROM records r JOIN (
                SELECT DISTINCT source_id, file, coalesce(source_record_id, url) AS origin FROM incoming
            ) n ON r.source_id = n.source_id AND r.file = n.file AND coalesce(r.source_record_id, r.url) = n.origin
            WHERE NOT EXISTS (SELECT 1 FROM incoming i WHERE i.record_id = r.record_id)"""
        )

    def _find_refused(self, now: datetime) -> None:
        events = self.ledger.consents()
        standings = Standings.at(events, now)
        refusing = {s: i for s, i in standings.by_selector.items() if refuses_ingest(standings.distinct[i], now)}
        listed = list(refusing)
        kinds = register_selectors(self.con, [(standings.named(selector), n) for n, selector in enumerate(listed)])
        match(self.con, "incoming", kinds, "hits")
        ids = {selector: n for n, selector in enumerate(listed)}
        register_events(self.con, (e for e in events if e.refuses), ids)
        match_tombstones(self.con, "incoming", "stone_hits")
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
        refused, unchanged = by.get("a refused", 0), by.get("b unchanged", 0) + by.get("c repeated", 0)
        hidden = {str(k): int(v) for k, v in rows(self.con, "SELECT reason, count(*) FROM hiding GROUP BY reason")}
        landed = Landed(
            added=int(rows(self.con, "SELECT count(*) FROM fresh")[0][0]),
            unchanged=unchanged,
            refused=refused,
            updated=hidden.get("retagged", 0),
            superseded=hidden.get("superseded", 0),
        )
        if landed.added + unchanged + refused != staged_rows:
            raise RightfulError(
                f"{staged_rows} records were read, but {landed.added} + {unchanged} + {refused} are accounted for",
                hint="this is a defect of rightful; nothing was changed",
            )
        return landed

    def _prepare(self) -> list[Piece]:
        """Every piece that holds something new, without the rows that do not land."""
        dropped = {
            int(k): int(n) for k, n in rows(self.con, "SELECT pos >> 32 AS piece, count(*) FROM outcome GROUP BY piece")
        }
        sizes = {(d.index, piece): n for d in self.arrival.done for piece, n in enumerate(d.pieces)}
        found: list[Piece] = []
        for index, number in self.pieces:
            key = (index << 12) + number
            if dropped.get(key, 0) == sizes[(index, number)]:
                continue
            gone = (
                [int(r[0]) for r in rows(self.con, "SELECT pos & 4294967295 FROM outcome WHERE pos >> 32 = ?", [key])]
                if key in dropped
                else []
            )
            found.append(prepared(self.arrival.folder, index, number, sizes[(index, number)], gone))
        return found

    def _publish_near(self, pieces: list[Piece], landed: Landed) -> list[Part]:
        """Look for near copies of what is new, and mark the groups of all records anew."""
        if not landed.added and not landed.updated and not landed.superseded:
            return []
        search = NearSearch(self.con, self.layout, self.ledger, self.before, self.arrival.near, self.spill)
        found = search.run(pieces)
        landed.near, landed.alarms = found.copies, list(found.alarms)
        self.ended, self.searched = found.ended, True
        return found.parts

    def _publish_hidden(self) -> list[Part]:
        return self._publish_table(
            "hidden", batches(self.con, "SELECT part, record_id, reason FROM hiding ORDER BY ALL"), HIDDEN
        )

    def _publish_duplicates(self, landed: Landed) -> list[Part]:
        """Mark exact copies among the new records and the stored ones. The anchor is the first in the store's order."""
        self._do(
            """CREATE VIEW standing_records AS SELECT r.record_id, r.norm_sha256, r.part, p.ordinal, r.row
            FROM records r JOIN part_order p ON p.part = r.part
            WHERE NOT EXISTS (SELECT 1 FROM hiding h WHERE h.part = r.part AND h.record_id = r.record_id)"""
        )
        self._do(
            """CREATE TABLE copied AS
            SELECT norm_sha256 FROM fresh GROUP BY norm_sha256 HAVING count(*) > 1
            UNION SELECT s.norm_sha256 FROM standing_records s WHERE s.norm_sha256 IN (SELECT norm_sha256 FROM fresh)"""
        )
        self._do(
            """CREATE TABLE members AS
            SELECT s.record_id, s.norm_sha256, false AS new, s.ordinal AS place, s.row AS row
            FROM standing_records s SEMI JOIN copied c ON c.norm_sha256 = s.norm_sha256
            UNION ALL
            SELECT f.record_id, f.norm_sha256, true, 1::BIGINT << 62, f.pos
            FROM fresh f SEMI JOIN copied c ON c.norm_sha256 = f.norm_sha256"""
        )
        marks = batches(
            self.con,
            """SELECT m.record_id, 'exact:' || lower(substr(hex(m.norm_sha256), 1, 32)) AS group_id, 'exact' AS kind,
                CASE WHEN m.record_id = a.anchor THEN 'anchor' ELSE 'copy' END AS role,
                CASE WHEN m.record_id = a.anchor THEN NULL ELSE a.anchor END AS matched_id, 1.0::DOUBLE AS similarity
            FROM members m JOIN (
                SELECT norm_sha256, arg_min(record_id, (place, row)) AS anchor FROM members GROUP BY norm_sha256
            ) a ON a.norm_sha256 = m.norm_sha256
            WHERE NOT EXISTS (SELECT 1 FROM duplicates d
                WHERE d.record_id = m.record_id AND d.group_id = 'exact:' || lower(substr(hex(m.norm_sha256), 1, 32)))
            ORDER BY m.place, m.row""",
        )
        landed.duplicates = int(
            rows(
                self.con,
                """SELECT count(*) FILTER (WHERE new) - count(DISTINCT norm_sha256) FILTER (WHERE first_new) FROM (
                    SELECT m.*, bool_and(new) OVER (PARTITION BY norm_sha256) AS first_new FROM members m)""",
            )[0][0]
        )
        return self._publish_table("duplicates", marks, DUPLICATES)

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
                NULL::VARCHAR AS url, []::VARCHAR[] AS places, i.content_sha256, i.norm_sha256
            FROM incoming i JOIN refused f ON f.record_id = i.record_id
            JOIN (SELECT sid, max(event) AS event FROM event_sids GROUP BY sid) e ON e.sid = f.sid
            WHERE NOT EXISTS (SELECT 1 FROM stones t WHERE t.norm_sha256 = i.norm_sha256)
            ORDER BY ALL""",
        )
        return self._publish_table("tombstones", stones, TOMBSTONES)

    def _publish_table(self, kind: str, content: pa.Table | pa.RecordBatchReader, schema: pa.Schema) -> list[Part]:
        """One part; none when there are no rows or they are stored already."""
        return unless_known(publish_table(self.layout, kind, content, schema), self.ledger, self.before)

    def _commit(self, parts: list[Part], landed: Landed, now: datetime) -> int:
        newest = self.ledger.newest_consent()
        known = {name: self.ledger.inputs(name) for name in {source for source, _ in self.arrival.files}}
        files = []
        for (source, name), file in self.arrival.files.items():
            stored, at = known[source].get(file.name, (None, 0))
            if (source, name) not in self.refused_files and (stored != file or at < newest):
                files.append(file)
        if not parts and not files and not self.ended:
            return self.before
        with self.ledger.commit("ingest", self.arrival.run, now) as commit:
            commit.add_parts(parts)
            for kind, part in self.ended:
                commit.end_part(kind, part)
            for digest, resolved in sorted(self.arrival.recipes.items()):
                commit.remember(f"{RECORDED}{digest}", json.dumps(resolved, sort_keys=True))
            if self.searched:
                commit.remember(SETTINGS, self.arrival.near.digest)
            commit.add_inputs(files)
            for source_id, card in sorted(self.arrival.sources.items()):
                commit.add_source(source_id, card.digest, card.as_json(), card.place)
            commit.summary.update(
                added=landed.added,
                unchanged=landed.unchanged,
                refused=landed.refused,
                updated=landed.updated,
                superseded=landed.superseded,
                rejected=self.arrival.rejected,
            )
            return commit.snapshot


def _evidence_row(claim: Mapping[str, object]) -> dict[str, object]:
    deciding = claim["deciding"]
    assert isinstance(deciding, dict)
    picked = {k: deciding[k] for k in ("kind", "tier", "bound_to", "statement", "expression", "layer")}
    rest = {k: claim[k] for k in ("evidence_id", "raw", "place", "detector", "detector_version", "observed_at")}
    return {**picked, **rest, "deciding": json.dumps(deciding, sort_keys=True)}
