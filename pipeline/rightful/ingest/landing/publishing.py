"""The small parts of a landing: what is hidden, copied, claimed, rejected, refused and held from now on. Floor 7."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from rightful.dedup.erased import near_erased
from rightful.ingest.landing.arrival import Arrival
from rightful.ingest.landing.counting import Outcome
from rightful.ingest.landing.exact import marks
from rightful.ingest.landing.pieces import Piece, unless_known
from rightful.ingest.landing.relations import hidden_from_now
from rightful.ingest.landing.sorting import staged_files
from rightful.ingest.staged import PLACE, STAGED_ROWS
from rightful.store.duck import batches, literal, rows, scan
from rightful.store.keyed import tombstone_key
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import read
from rightful.store.parts import publish_table
from rightful.store.records import (
    ALL_STONES,
    DUPLICATES,
    EVIDENCE,
    HIDDEN,
    HOLDINGS,
    RECORDS,
    REJECTED,
    TOMBSTONES,
)
from rightful.store.relations import Relation, build, strings


@dataclass(frozen=True, slots=True)
class Publishing:
    """Publishes from the relations of a landing. ``before`` is the snapshot that it follows; what that has is not published
    again."""

    con: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    before: int
    arrival: Arrival

    def hidden(self, aside: Sequence[tuple[Piece, str]]) -> tuple[list[Part], list[tuple[str, str]]]:
        """What does not count any more, and the parts that end. Where a row counts again, or is hidden for another reason,
        the part that says so is replaced by one that does not."""
        rows_aside = " UNION ALL ".join(
            f"""SELECT {literal(piece.part)} AS part, record_id, {literal(reason)} AS reason
            FROM {scan([piece.files["records"]], RECORDS)}"""
            for piece, reason in aside
        )
        replaced = [
            part.part
            for part in self.ledger.parts("hidden", self.before)
            if rows(
                self.con,
                f"""SELECT 1 FROM {scan([self.layout.part("hidden", part.part)], HIDDEN)} h
                JOIN rewritten w ON w.part = h.part AND w.record_id = h.record_id LIMIT 1""",
            )
        ]
        kept = scan([self.layout.part("hidden", part) for part in replaced], HIDDEN)
        nothing = "SELECT '' AS part, '' AS record_id, '' AS reason WHERE false"
        build(self.con, hidden_from_now(rows_aside or nothing, kept))
        hidden = batches(self.con, "FROM hidden_now ORDER BY ALL")
        return self._published("hidden", hidden, HIDDEN), [("hidden", part) for part in replaced]

    def new_copies(self) -> int:
        """How many of the new records are exact copies of another one."""
        query = """SELECT count(*) FILTER (WHERE new) - count(DISTINCT text) FILTER (WHERE first_new) FROM (
            SELECT m.*, bool_and(new) OVER (PARTITION BY text) AS first_new FROM members m)"""
        return int(rows(self.con, query)[0][0])

    def duplicates(self) -> list[Part]:
        """Marks of exact copies among the new records and the stored ones. The anchor is the first in the store's order."""
        return self._published("duplicates", batches(self.con, marks("duplicates")), DUPLICATES)

    def holdings(self) -> Part | None:
        """The lists of what files hold, as far as they are others now."""
        return publish_table(self.layout, "holdings", batches(self.con, "FROM now_held ORDER BY ALL"), HOLDINGS)

    def evidence(self) -> list[Part]:
        """The claims of every profile that a source has for the first time, with what was read there."""
        known = {(str(r), str(s)) for r, s in rows(self.con, "SELECT DISTINCT rights_id, source_id FROM evidence")}
        spoken = {
            (str(r), str(s), str(e), str(p), str(f))
            for r, s, e, p, f in rows(
                self.con,
                "SELECT DISTINCT rights_id, source_id, evidence_id, place, unnest(files) FROM evidence WHERE files IS NOT NULL",
            )
        }
        new: list[dict[str, object]] = []
        met: set[tuple[str, str]] = set()
        for done in self.arrival.done:
            for rights, claims in done.profiles.items():
                whose: dict[str, object] = {"rights_id": rights, "source_id": done.source_id}
                key = (rights, done.source_id)
                first = key not in known and key not in met
                met.add(key)
                if first and not claims:
                    new.append(whose)
                for claim in claims:
                    of = (*key, str(claim["evidence_id"]), str(claim["place"]))
                    files = [f for f in claim.get("files", ()) if (*of, f) not in spoken]
                    if files if "files" in claim else first:
                        new.append({**whose, **_evidence_row(claim), "files": files if "files" in claim else None})
        new.sort(
            key=lambda r: tuple(str(r.get(k)) for k in ("rights_id", "source_id", "evidence_id", "place", "files"))
        )
        return self._published("evidence", pa.Table.from_pylist(new, EVIDENCE), EVIDENCE)

    def rejected(self) -> list[Part]:
        """What cannot be read, and the rows that are refused."""
        listed = [
            {"file": f, "position": p, "outcome": "rejected", "reason": r, "run": self.arrival.run}
            for f, p, r in self.arrival.rejections
        ]
        files = staged_files(self.arrival, "rows")
        if files and rows(self.con, "SELECT count(*) FROM refused")[0][0]:
            source = scan(files, STAGED_ROWS, placed=True)
            for file, line, record in rows(
                self.con,
                f"""SELECT w.file, w.line, i.record_id FROM (SELECT file, line, {PLACE} AS pos FROM {source}) w
                JOIN incoming i ON i.pos = w.pos JOIN outcome o ON o.pos = w.pos AND o.what = {Outcome.REFUSED:d} ORDER BY w.pos""",
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
        return self._published("rejected", pa.Table.from_pylist(new, REJECTED), REJECTED)

    def tombstones(self) -> list[Part]:
        """What was refused keeps refusing its copies, also when its own selector does not match them; and what is taken in
        although it was erased once, since that was lifted, is known to the events of then."""
        stones = batches(
            self.con,
            """SELECT DISTINCT e.event, i.record_id, NULL::VARCHAR AS source_id, NULL::VARCHAR AS source_record_id,
                NULL::VARCHAR AS url, []::VARCHAR[] AS places, i.content_sha256, i.norm_sha256,
                i.norm_rule, i.norm1_sha256
            FROM incoming i JOIN refused f ON f.record_id = i.record_id
            JOIN (SELECT sid, max(event) AS event FROM event_sids GROUP BY sid) e ON e.sid = f.sid
            WHERE NOT EXISTS (SELECT 1 FROM stones t WHERE t.norm_sha256 = i.norm_sha256)
                AND i.record_id NOT IN (SELECT record_id FROM keyed_hits)
            ORDER BY ALL""",
        )
        known = batches(
            self.con,
            """SELECT DISTINCT m.event, i.record_id, NULL::VARCHAR AS source_id, NULL::VARCHAR AS source_record_id,
                NULL::VARCHAR AS url, []::VARCHAR[] AS places, i.content_sha256, i.norm_sha256,
                i.norm_rule, i.norm1_sha256, NULL::BOOLEAN AS keyed, NULL::VARCHAR AS reach, m.was
            FROM keyed_matches m JOIN fresh i ON i.record_id = m.record_id
            WHERE NOT EXISTS (SELECT 1 FROM tombstones t
                WHERE t.event = m.event AND t.record_id = m.record_id AND t.was = m.was)
            ORDER BY ALL""",
        )
        return [
            *self._published("tombstones", stones, TOMBSTONES),
            *self._published("tombstones", known, ALL_STONES),
        ]

    def near_erased(self, pieces: Sequence[Piece]) -> list[Part]:
        """What is new and nearly the same as a text that was erased: the events of that reach it as they would if the text
        were there."""
        kept = self.ledger.parts("sketches", self.before)
        if not kept or not self.arrival.near.search:
            return []
        erased = pa.concat_tables([read(self.layout.part("sketches", p.part)) for p in kept])
        files = [piece.files["signatures"] for piece in pieces]
        near = list(near_erased(files, erased, tombstone_key(self.ledger.key), self.arrival.near.threshold))
        given = strings(record_id=[r for r, _ in near], was=[w for _, w in near])
        build(self.con, (Relation("near_erased", "record_id was"),), {"near_erased": given})
        reached = batches(
            self.con,
            """SELECT DISTINCT t.event, n.record_id, NULL::VARCHAR AS source_id, NULL::VARCHAR AS source_record_id,
                NULL::VARCHAR AS url, []::VARCHAR[] AS places, NULL::BLOB AS content_sha256, NULL::BLOB AS norm_sha256,
                NULL::TINYINT AS norm_rule, NULL::BLOB AS norm1_sha256, NULL::BOOLEAN AS keyed, 'near' AS reach,
                NULL::VARCHAR AS was
            FROM near_erased n JOIN tombstones t ON t.record_id = n.was AND coalesce(t.reach, 'copy') = 'copy'
            -- What is known to be the same is reached itself.
            ANTI JOIN keyed_matches m ON m.record_id = n.record_id AND m.was = n.was
            WHERE NOT EXISTS (SELECT 1 FROM tombstones o
                WHERE o.event = t.event AND o.record_id = n.record_id AND o.reach = 'near')
            ORDER BY ALL""",
        )
        return self._published("tombstones", reached, ALL_STONES)

    def _published(self, kind: str, content: pa.Table | pa.RecordBatchReader, schema: pa.Schema) -> list[Part]:
        """One part; none when there are no rows or they are stored already."""
        return unless_known(publish_table(self.layout, kind, content, schema), self.ledger, self.before)


def _evidence_row(claim: Mapping[str, object]) -> dict[str, object]:
    deciding = claim["deciding"]
    assert isinstance(deciding, dict)
    picked = {k: deciding[k] for k in ("kind", "tier", "bound_to", "statement", "expression", "layer")}
    rest = {k: claim[k] for k in ("evidence_id", "raw", "place", "detector", "detector_version", "observed_at")}
    return {**picked, **rest, "deciding": json.dumps(deciding, sort_keys=True)}
