"""What captures of a run come to, as one part that is committed with its records. Floor 7. Law 10.7, 10.8.

Those of pages were read by the workers; they count where a record has their address. Those of hosts are read here, where it is
known which addresses there are: in the store and in this run, whichever came first. What is at rest already adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from rightful.ingest.captured import HOSTS, PAGES, STAGED_HOSTS, origin_at
from rightful.ingest.landing.arrival import Arrival
from rightful.ingest.staged import Looked, staged_captures
from rightful.looking.arriving import of_new_addresses
from rightful.looking.evaluate import AHEAD, FILES, FOUND, UNREADABLE, Evaluator, Row
from rightful.looking.inputs import Capture
from rightful.looking.reading import Law
from rightful.rights.licenses import Catalog
from rightful.signals.web.captured import OF_A_HOST
from rightful.store.duck import batches, fill, literal, rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.observations import KIND, known_at, open_captures, origin_of
from rightful.store.parquet import opened
from rightful.store.parts import part_writer, publish_table
from rightful.store.records import OBSERVATIONS

BATCH_BYTES = 32 << 20
_WHERE = ("scheme", "host", "port", "address", "protocol")
_SAYS = ("sha256", "deciding", "result")
_NAMES = ", ".join(f'"{name}"' for name in OBSERVATIONS.names)


@dataclass(slots=True)
class Looking:
    """Publishes from the relations of a landing: ``incoming``, ``refused``, ``all_records``."""

    con: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    arrival: Arrival
    spill: Path
    catalog: Callable[[], Catalog]
    of_hosts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def publish(self, now: datetime) -> Part | None:
        """The rows that the store does not have, as one part; None where there are none."""
        new = pa.Table.from_pylist(
            of_new_addresses(self.con, self.layout, self.ledger, self.catalog, "incoming"), OBSERVATIONS
        )
        if not any(d.captured for d in self.arrival.done):
            return publish_table(self.layout, KIND, new, OBSERVATIONS)
        open_captures(self.con, self.layout, self.ledger)
        self._addresses()
        fill(self.con, "of_new_addresses", new)
        hosts = self._hosts(now)
        latest = known_at(now + AHEAD)
        pages = scan(self._staged(PAGES), OBSERVATIONS)
        same = " AND ".join(f"c.{name} IS NOT DISTINCT FROM l.{name}" for name in (*_WHERE, *_SAYS))
        # An address that nobody kept a record of is left aside, unless it reserves or states something: that may be of a record
        # to come. Of one that is refused nothing is kept.
        self._run(
            f"""CREATE OR REPLACE VIEW looked_now AS
            SELECT {_NAMES} FROM of_new_addresses UNION ALL SELECT {_NAMES} FROM {scan(hosts, OBSERVATIONS)}
            UNION ALL SELECT {_NAMES} FROM (
                SELECT s.* REPLACE (
                    CASE WHEN s.observed_at > {latest} THEN {literal(UNREADABLE)} ELSE s.result END AS result,
                    least(s.observed_at, CASE WHEN s.observed_at > {latest} THEN {known_at(now)} ELSE s.observed_at END) AS observed_at)
                FROM {pages} s LEFT JOIN addresses_now a ON a.url = s.address
                WHERE coalesce(a.counts, s.deciding <> '') AND (s.observed_at <= {latest} OR s.deciding <> ''))"""
        )
        query = f"""SELECT {_NAMES} FROM looked_now l ANTI JOIN captures c ON {same}
                AND (c.observed_at = l.observed_at OR (l.result = {literal(UNREADABLE)} AND l.observed_at = {known_at(now)}))
            QUALIFY row_number() OVER (PARTITION BY {", ".join((*_WHERE, "observed_at", *_SAYS))} ORDER BY place) = 1
            ORDER BY {", ".join((*_WHERE, "observed_at", *_SAYS))}"""
        return publish_table(self.layout, KIND, batches(self.con, query), OBSERVATIONS)

    def results(self) -> list[Looked]:
        """How many captures there were, by protocol and what came of them."""
        every = self.of_hosts + Counter[tuple[str, str]]()
        for done in self.arrival.done:
            for one in done.looked:
                every[one.protocol, one.result] += one.captures
        return [Looked(*of, n) for of, n in sorted(every.items())]

    def _staged(self, kind: str) -> list[Path]:
        return [staged_captures(self.arrival.folder, d.index, kind) for d in self.arrival.done if kind in d.captured]

    def _addresses(self) -> None:
        """``addresses_now``: those of all records, whatever their version, with those that land; ``counts`` is false of an
        address that only records have which are refused."""
        self._run(
            f"""CREATE OR REPLACE TABLE addresses_now AS
            SELECT url, bool_or(counts) AS counts, {origin_of("url")} AS origin FROM (
                SELECT url, true AS counts FROM all_records WHERE url IS NOT NULL
                UNION ALL SELECT i.url, f.record_id IS NULL FROM incoming i
                LEFT JOIN (SELECT DISTINCT record_id FROM refused) f ON f.record_id = i.record_id WHERE i.url IS NOT NULL)
            GROUP BY url"""
        )

    def _hosts(self, now: datetime) -> list[Path]:
        """The file of the rows of hosts, and of the addresses there that differ; none where there are no such captures."""
        files = self._staged(HOSTS)
        if not files:
            return []
        law = Law.of(self.catalog())
        evaluators = {protocol: Evaluator(protocol, law) for protocol in OF_A_HOST}
        out = self.spill / "hosts.parquet"
        with part_writer(out, OBSERVATIONS) as writer:
            for captures in _batches(files):
                listed = self._of_hosts(captures, evaluators, now)
                writer.write_table(pa.Table.from_pylist(listed, OBSERVATIONS))
        return [out]

    def _of_hosts(
        self, captures: Sequence[Mapping[str, Any]], evaluators: Mapping[str, Evaluator], now: datetime
    ) -> list[Row]:
        """The rows of some captures."""
        origins = sorted({origin_at(c["url"]) for c in captures})
        fill(self.con, "origins_now", pa.table({"origin": pa.array(origins, pa.string())}))
        query = """SELECT origin, list(url ORDER BY url) FROM addresses_now SEMI JOIN origins_now USING (origin)
            WHERE counts GROUP BY origin"""
        addresses = {str(at): list(urls) for at, urls in rows(self.con, query)}
        listed: list[Row] = []
        for of in captures:
            evaluator, at = evaluators[of["protocol"]], origin_at(of["url"])
            is_dated = of["observed_at"] <= now + AHEAD
            capture = Capture(
                url=of["url"],
                observed_at=of["observed_at"] if is_dated else now,
                status=of["status"],
                body=of["body"],
                by=of["by"] or "",
            )
            why = "" if is_dated else "nobody knows when this was read"
            if of["url"] != at + FILES.get(of["protocol"], ""):
                why = "does not stand where the file of a host stands"
            read = [evaluator.doubtful(capture, at, why)] if why else evaluator.rows(capture, at, addresses.get(at, ()))
            listed += [{**row, "place": of["place"]} for row in read if row["deciding"] or not why]
            reserves = any(row["result"] == FOUND for row in read)
            self.of_hosts[of["protocol"], FOUND if reserves else read[0]["result"]] += 1
        return listed

    def _run(self, query: str) -> None:
        self.con.cursor().execute(query).fetchall()


def _batches(files: Sequence[Path]) -> Iterator[list[dict[str, Any]]]:
    """The staged captures of hosts, as many at a time as memory is to hold."""
    waiting: list[dict[str, Any]] = []
    size = 0
    for file in files:
        with opened(file) as source:
            for batch in source.iter_batches(256, columns=STAGED_HOSTS.names):
                waiting += batch.to_pylist()
                size += batch.nbytes
                if size >= BATCH_BYTES:
                    yield waiting
                    waiting, size = [], 0
    if waiting:
        yield waiting
