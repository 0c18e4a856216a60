"""How staged parts come to count: refusals, unchanged and superseded records, duplicates, one commit. Floor 7.

Only one landing runs at a time in a store. Until the commit nothing of it counts; a landing that is killed leaves
files without an entry in the ledger, which a rerun writes again, byte for byte.

What arrives is sorted out (:mod:`rightful.ingest.landing.sorting`), cut into the pieces that land
(:mod:`rightful.ingest.landing.pieces`), searched for near copies (:mod:`rightful.ingest.landing.near`) and published
(:mod:`rightful.ingest.landing.publishing`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful import catalog
from rightful.errors import RightfulError
from rightful.ingest.landing.arrival import Arrival, Landed
from rightful.ingest.landing.counting import Outcome, counted
from rightful.ingest.landing.looking import Looking
from rightful.ingest.landing.near import DESCRIBED, INDEXED, SETTINGS, Among, NearSearch, described
from rightful.ingest.landing.pieces import Piece, pieces_of, unless_known
from rightful.ingest.landing.publishing import Publishing
from rightful.ingest.landing.sorting import sort_out
from rightful.ingest.staged import PASSAGES
from rightful.recipes.recipe import RECORDED
from rightful.store.duck import connect, rows
from rightful.store.files import InputFile
from rightful.store.layout import BANDS, Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.scratch import scratch
from rightful.store.sweep import committing
from rightful.store.views import open_views

__all__ = ("Arrival", "Landed", "Landing", "land")


def land(layout: Layout, ledger: Ledger, arrival: Arrival, clock: Callable[[], datetime]) -> Landed:
    """Publish what is new and commit it as one snapshot; nothing new leaves the store as it is.

    What was withdrawn while the files were read is refused: events are read, and the time is taken, when nothing else
    can be committed any more.
    """
    with committing(layout, ledger):
        now = ledger.not_before(clock())
        pa.default_memory_pool().release_unused()  # what reading held, the query engine may need
        with scratch(layout, arrival.run) as spill, contextlib.closing(connect(spill)) as con:
            return Landing(layout, ledger, arrival, con, spill).run(now)


def _is_index(part: Part) -> bool:
    """True for an index: they come last, so that the order of all others is what it is without them."""
    return part.kind in (PASSAGES, BANDS)


def _other(before: InputFile, now: InputFile) -> bool:
    """True where a file is remembered differently; that the digest of one that is not whole went is no difference."""
    digest = before.sha256 if now.whole else now.sha256
    return replace(before, snapshot=0, sha256=digest) != now


class Landing:
    """One landing, while nothing else can be committed. ``ended`` are the parts that it ends."""

    def __init__(
        self, layout: Layout, ledger: Ledger, arrival: Arrival, con: duckdb.DuckDBPyConnection, spill: Path
    ) -> None:
        self.layout = layout
        self.ledger = ledger
        self.arrival = arrival
        self.con = con
        self.spill = spill
        self.ended: list[tuple[str, str]] = []
        self.forgotten: list[tuple[str, str]] = []
        self.searched = False
        self.before = ledger.snapshot()

    def run(self, now: datetime) -> Landed:
        """Sort out, publish, commit."""
        open_views(self.con, self.layout, self.ledger, self.before)
        sort_out(self.con, self.layout, self.ledger, self.before, self.arrival, now)
        landed = self._count()
        # A file with a refused record is read again next time, so that it is counted as refused again.
        refused = rows(
            self.con,
            f"""SELECT DISTINCT i.source_id, i.file FROM incoming i
            JOIN outcome o ON o.pos = i.pos AND o.what = {Outcome.REFUSED:d}""",
        )
        self.refused_files = {self._container((str(source), str(file))) for source, file in refused}
        taken = {p.part for p in self.ledger.parts("records", self.before)}
        main, aside = pieces_of(self.con, self.arrival, taken)
        publishing = Publishing(self.con, self.layout, self.ledger, self.before, self.arrival)
        # The staged files move last: what is computed from them comes before.
        extra, ended = publishing.hidden(aside)
        self.ended += ended
        landed.duplicates = publishing.new_copies()
        extra += [*publishing.duplicates(), *self._publish_near(main, landed), *publishing.evidence()]
        extra += [*publishing.rejected(), *publishing.tombstones(), *publishing.near_erased(main)]
        looking = Looking(self.con, self.layout, self.ledger, self.arrival, self.spill, catalog.load)
        extra += unless_known(looking.publish(now), self.ledger, self.before)
        landed.looked = looking.results()
        held = publishing.holdings()
        extra += unless_known(held, self.ledger, self.before)
        indexed = {p.part for p in self.ledger.parts(PASSAGES, self.before)}
        parts: list[Part] = []
        for piece in (*main, *(p for p, _ in aside)):
            parts += piece.publish(self.layout, indexed)
            indexed |= {p.part for p in parts if p.kind == PASSAGES}
        landed.parts = [p.part for p in parts if p.kind == "records"]
        landed.snapshot = self._commit(sorted([*parts, *extra], key=_is_index), held.part if held else "", landed, now)
        for kind, part in self.forgotten:  # killed before, whoever comes next removes them
            self.layout.part(kind, part).unlink(missing_ok=True)
        return landed

    def _count(self) -> Landed:
        staged_rows = sum(n for d in self.arrival.done for n in d.pieces)
        by = {Outcome(k): int(v) for k, v in rows(self.con, "SELECT what, count(*) FROM outcome GROUP BY what")}
        elsewhere = int(rows(self.con, "SELECT count(*) FROM aside WHERE reason = 'elsewhere'")[0][0])
        fresh = int(rows(self.con, "SELECT count(*) FROM fresh")[0][0])
        older = int(rows(self.con, "SELECT count(*) FROM aside")[0][0]) - elsewhere
        unchanged = by.get(Outcome.UNCHANGED, 0) + by.get(Outcome.REPEATED, 0) + elsewhere
        landed = Landed(added=fresh + older, unchanged=unchanged, refused=by.get(Outcome.REFUSED, 0), gone=self._gone())
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

    def _publish_near(self, pieces: list[Piece], landed: Landed) -> list[Part]:
        """Look for near copies of what is new, and mark the groups of all records anew."""
        changed = landed.updated + landed.superseded + landed.retired + landed.adopted + landed.restored
        if not landed.added and not changed:
            return []
        among = Among("standing_records", gone=("hidden", "hiding"), fresh="fresh", showing="showing")
        search = NearSearch(self.con, self.layout, self.ledger, self.before, self.arrival.near, self.spill, among)
        result = search.run(pieces)
        landed.near, landed.alarms = result.copies, list(result.alarms)
        self.ended += result.ended
        self.forgotten += result.forgotten
        self.searched = True
        return result.parts

    def _commit(self, parts: list[Part], held: str, landed: Landed, now: datetime) -> int:
        newest = self.ledger.newest_consent()
        before = {(f.source_id, f.file): f for source in self._sources() for f in self.ledger.files.of(source)}
        files = self._remembered(before, held)
        changed = [f for k, f in files.items() if k not in before or _other(before[k], f)]
        stale = [f for k, f in files.items() if k in before and before[k].snapshot < newest and f.whole]
        ended = [key for key in self.arrival.ended if key in before or key in files]
        if not parts and not changed and not stale and not self.ended and not self.forgotten and not ended:
            if self.arrival.renewed:
                self.ledger.renew_files(self.arrival.renewed)
            return self.before
        with self.ledger.commit("ingest", self.arrival.run, now) as commit:
            for kind, part in self.forgotten:
                commit.forget_part(kind, part)
            commit.add_parts(parts)
            for kind, part in self.ended:
                commit.end_part(kind, part)
            for digest, resolved in sorted(self.arrival.recipes.items()):
                commit.remember(f"{RECORDED}{digest}", json.dumps(resolved, sort_keys=True))
            if self.searched:
                commit.remember(SETTINGS, self.arrival.near.digest)
                commit.remember(INDEXED, self._described(parts))
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

    def _described(self, parts: Sequence[Part]) -> str:
        """What the index of bands describes, once these parts are added."""
        ended = {*self.ended, *self.forgotten}
        there = [p for kind in DESCRIBED for p in self.ledger.parts(kind, self.before) if (kind, p.part) not in ended]
        return described([*there, *parts], self.arrival.near)

    def _sources(self) -> list[str]:
        keys = [*self.arrival.files, *self.arrival.ended, *((f.source_id, f.file) for f in self.arrival.emptied)]
        return sorted({source for source, _ in keys})

    def _container(self, key: tuple[str, str]) -> tuple[str, str]:
        """What is read when a file is: the container that it lies in, or itself."""
        return self.arrival.members.get(key, key)

    def _remembered(self, before: Mapping[tuple[str, str], InputFile], held: str) -> dict[tuple[str, str], InputFile]:
        """The files that were read, as they are remembered from now on. Raises :class:`StoreError` where another run took
        in another file under the name of one meanwhile."""
        other = {(str(s), str(f)) for s, f in rows(self.con, "SELECT source_id, file FROM other_lists")}
        listed = {(str(s), str(f)) for s, f in rows(self.con, "SELECT DISTINCT source_id, file FROM now_held")}
        remembered = {}
        for key, file in {**self.arrival.files, **{(f.source_id, f.file): f for f in self.arrival.emptied}}.items():
            list_before = before[key].held if key in before else ""
            now = (held if key in listed else "") if key in other else list_before
            if (
                self._container(key) in self.refused_files
            ):  # read again in any case: what was refused is not known by it
                file = replace(file, whole=False, sha256="")
            remembered[key] = replace(file, held=now, snapshot=0)
        return remembered
