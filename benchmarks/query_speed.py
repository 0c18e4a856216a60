"""Query: the whole command and the permitted filter on many records, beside a bare scan of the same columns by DuckDB.

    python benchmarks/query_speed.py [--records N] [--folder F]    # F keeps the store for the next run

The store is made by a real ingest (benchmarks/_many_records.py). *Bare scan*: DuckDB counts rows and characters of all
parts, as one `SELECT` without any condition. *Filter*: the same counts of the permitted records, once the decisions are
there (the join that every query, export and verify does). *Command*: `Store.query` whole, waterfall, obligations,
duplicates and what would permit more included. The best of five, or of two for what takes seconds.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from _many_records import made

from rightful import Store, __version__, catalog
from rightful.decisions.cases import Decided
from rightful.rights.uses import use_of
from rightful.store.duck import connect, rows, scan
from rightful.store.ledger import Ledger
from rightful.store.records import RECORDS

ACCEPTED = ["attribution", "notice"]


def best(run: Callable[[], object], times: int) -> float:
    """The least seconds of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def filter_beside_scan(store: Store) -> None:
    """Print the seconds of the bare scan and of the filter, and their ratio."""
    law = catalog.load()
    ledger = Ledger.open(store.layout.ledger)
    with tempfile.TemporaryDirectory() as spill:
        con = connect(Path(spill))
        use = use_of(law.vocabulary, ["train.pretrain"], as_of=datetime.now(UTC), accept=ACCEPTED)
        decided = Decided(con, store.layout, ledger, ledger.snapshot(), law, use.as_of)
        decided.join(decided.decide(use))
        files = [store.layout.part("records", p.part) for p in ledger.parts("records", ledger.snapshot())]
        bare = f"SELECT count(*), sum(n_chars) FROM {scan(files, RECORDS)}"
        permitted = "SELECT count(*), sum(n_chars) FROM decided WHERE permit"
        n = rows(con, bare)[0][0]
        allowed = rows(con, permitted)[0][0]
        scan_s, filter_s = best(lambda: rows(con, bare), 5), best(lambda: rows(con, permitted), 5)
        con.close()
    ledger.close()
    print(f"{n:,} records, {allowed:,} permitted")
    print(f"bare scan {scan_s * 1000:.0f} ms, permitted filter {filter_s * 1000:.0f} ms: {filter_s / scan_s:.1f}x")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    order = parser.parse_args()
    versions = f"Python {platform.python_version()}, duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    print(f"rightful {__version__}, {versions}")
    with tempfile.TemporaryDirectory(prefix="rightful-bench-") as folder:
        store = made(order.folder or Path(folder), order.records)
        filter_beside_scan(store)
        for dedup in ("none", "exact", "near"):
            seconds = best(lambda: store.query(use="train.pretrain", accept=ACCEPTED, dedup=dedup), 2)  # noqa: B023
            print(f"query --dedup {dedup}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
