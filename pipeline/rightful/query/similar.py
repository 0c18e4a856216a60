"""Which records are near copies of a text from outside. Floor 7. No text is answered: texts leave through export alone.

datasketch makes the MinHash of the text, the stored ones are compared with it as they are read, and the texts of those
that are alike enough are read for the exact similarity. Nothing is built that grows with the store: an LSH of a million
records takes minutes and gigabytes to build, and misses pairs that share no band; reading their signatures takes seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.dedup.sketch import SCHEME, U64, arithmetic, sketched, version
from rightful.dedup.verify import least_agreement
from rightful.errors import InputError
from rightful.query.refusals import KEPT_OUT
from rightful.query.sketches import Shelf, Sketches
from rightful.query.withheld import find_withheld
from rightful.stages.normalize import Normalize
from rightful.stages.signature import PERMUTATIONS, Signature
from rightful.store.check import check_files
from rightful.store.duck import batches, fill, rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.records import TEXTS
from rightful.store.relations import build

if TYPE_CHECKING:
    from datasketch import MinHash

MOST_VERIFIED = 1000
"""So many texts at most are read for one question: those whose signatures agree most."""
STATES = {
    "stored": "it counts",
    "withdrawn": "withdrawn, refused or taken down, or a copy or a version of what was",
    "superseded": "an older version of a record",
    "retired": "gone from its file",
    "adopted": "of another source now",
    "elsewhere": "another file has the same record",
    "outranked": "another row of the same record counts",
}
"""What a record is, beside near: word -> what that means. Only a record that is ``stored`` can be permitted."""

CANDIDATES = pa.schema(
    [
        pa.field("part", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("agree", pa.int32()),
        pa.field("same", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True)
class Outside:
    """A text from outside: its shingles as a set, its MinHash by datasketch, and the digest that exact copies have."""

    chars: int
    shingles: U64
    sketch: MinHash
    digest: bytes

    @classmethod
    def of(cls, text: str, kind: type[MinHash]) -> Outside:
        """Of a text, with this class MinHash. Raises :class:`InputError` for one that has half a character in it."""
        try:
            batch = pa.record_batch({"text": pa.array([text], pa.large_string())})
        except UnicodeEncodeError as error:
            raise InputError(f"not a text: half a character at position {error.start}", subject="text") from None
        hashes, _ = Signature().shingles(batch)
        sketch = sketched(hashes, Signature(), kind)
        digest = Normalize()(batch)["norm_sha256"][0].as_py()
        return cls(len(text), np.unique(hashes), sketch, digest)


def similar(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    text: str,
    now: datetime,
    *,
    threshold: float,
    limit: int,
) -> dict[str, Any]:
    """The answer of ``similar``: records of the newest snapshot, and of rows that do not count any more, the most alike first.

    Raises :class:`InputError` for a threshold or a limit that is none.
    """
    begin = time.perf_counter()
    if not 0 < threshold <= 1:
        raise InputError(f"expected a similarity above 0, at most 1, not {threshold}", subject="--threshold")
    if limit < 1:
        raise InputError(f"--limit {limit} is not a positive number")
    outside = Outside.of(text, arithmetic())
    find_withheld(con, layout, ledger, now)
    snapshot = ledger.snapshot()
    shelf = Shelf.of(con, layout, ledger, snapshot)
    search = _Search(outside, max(1, least_agreement(threshold)))
    for some in shelf.read(("norm_sha256",)):
        search.look(some)
    candidates = search.best()
    fill(con, "candidates", candidates)
    matches = [
        match
        for match in _described(con, outside, _similarities(con, layout, ledger, snapshot, outside))
        if match["similarity"] >= threshold or match["exact"]
    ]
    return {
        "snapshot": snapshot,
        "text": {"chars": outside.chars, "shingles": outside.shingles.size},
        "threshold": threshold,
        "matches": matches[:limit],
        "more": max(0, len(matches) - limit),
        "compared": {"signatures": search.compared, "bytes": search.compared * 4 * PERMUTATIONS},
        "candidates": search.alike,
        "verified": candidates.num_rows,
        "unsearched": shelf.unsearched(),
        "by": {"library": version(), "scheme": SCHEME, "permutations": PERMUTATIONS, "seed": Signature().seed},
        "seconds": round(time.perf_counter() - begin, 3),
    }


class _Search:
    """Keeps the rows whose signatures agree most with that of the text, and counts."""

    def __init__(self, outside: Outside, least: int) -> None:
        self.outside = outside
        self.least = least
        self.compared = self.alike = 0
        self._kept: list[pa.Table] = []

    def look(self, some: Sketches) -> None:
        """Compare some rows."""
        self.compared += int(some.comparable.sum())
        agree = (some.values == self.outside.sketch.hashvalues).sum(axis=1, dtype=np.int32)
        same = _equal(some.columns.column("norm_sha256"), self.outside.digest)
        at = np.flatnonzero(((agree >= self.least) & some.comparable & bool(self.outside.shingles.size)) | same)
        if not at.size:
            return
        self.alike += at.size
        columns = [pa.array([some.part] * at.size), pa.array(some.first + at), pa.array(agree[at]), pa.array(same[at])]
        self._kept.append(pa.Table.from_arrays(columns, schema=CANDIDATES))
        if sum(table.num_rows for table in self._kept) > 8 * MOST_VERIFIED:
            self._kept = [self.best()]

    def best(self) -> pa.Table:
        """The rows to verify: exact copies first, then those that agree most."""
        kept = pa.concat_tables([CANDIDATES.empty_table(), *self._kept])
        order = [("same", "descending"), ("agree", "descending"), ("part", "ascending"), ("row", "ascending")]
        return kept.sort_by(order).slice(0, MOST_VERIFIED)


def _equal(column: pa.Array, digest: bytes) -> npt.NDArray[np.bool_]:
    data = np.frombuffer(column.buffers()[1], "V32", len(column), column.offset * 32)
    equal: npt.NDArray[np.bool_] = data == np.frombuffer(digest, "V32")[0]
    return equal


def _similarities(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int, outside: Outside
) -> dict[tuple[str, int], float]:
    """The exact Jaccard similarity of each candidate, by part and row: of the sets of shingles of both texts."""
    digests = {p.part: p.sha256 for p in ledger.parts("texts", snapshot)}
    exact = {}
    for (part,) in rows(con, "SELECT DISTINCT part FROM candidates ORDER BY part"):
        path = layout.part("texts", part)
        check_files([(path, digests[part])])
        query = f"""SELECT c.row, t.text FROM {scan([path], TEXTS, placed=True)} t
            JOIN candidates c ON c.row = t.file_row_number WHERE c.part = '{part}'"""
        for batch in batches(con, query, 64):
            for row, shingles in zip(batch.column("row").to_pylist(), _sets(batch), strict=True):
                exact[part, row] = _jaccard(outside.shingles, shingles)
    return exact


def _sets(batch: pa.RecordBatch) -> Iterator[U64]:
    hashes, starts = Signature().shingles(batch)
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        yield np.unique(hashes[start:end])


def _jaccard(one: U64, other: U64) -> float:
    """Of nothing at all everything is shared."""
    same = np.intersect1d(one, other, assume_unique=True).size
    every = one.size + other.size - same
    return same / every if every else 1.0


def _described(
    con: duckdb.DuckDBPyConnection, outside: Outside, exact: dict[tuple[str, int], float]
) -> list[dict[str, Any]]:
    """Each record once, by the row of it that counts where one does; the most alike first."""
    build(con, (KEPT_OUT,))
    query = """SELECT c.part, c.row, c.agree, c.same, a.record_id, a.source_id, a.source_record_id, a.url,
            CASE WHEN k.row IS NOT NULL THEN 'withdrawn' ELSE coalesce(h.reason, 'stored') END AS state
        FROM candidates c JOIN all_records a ON a.part = c.part AND a.row = c.row
        LEFT JOIN (SELECT part, record_id, max(reason) AS reason FROM hidden GROUP BY ALL) h
            ON h.part = a.part AND h.record_id = a.record_id
        LEFT JOIN kept_out k ON k.part = a.part AND k.row = a.row
        ORDER BY (h.reason IS NOT NULL), c.part, c.row"""
    by_record: dict[str, dict[str, Any]] = {}
    for part, row, agree, same, record, source, name, url, state in rows(con, query):
        match = {
            "record": record,
            "source": source,
            "source_record_id": name,
            "url": url,
            "similarity": exact[part, row],
            "estimated": agree / PERMUTATIONS if outside.shingles.size else float(same),
            "exact": same,
            "state": state,
        }
        by_record.setdefault(record, match)
    return sorted(by_record.values(), key=lambda m: (-m["similarity"], not m["exact"], -m["estimated"], m["record"]))
