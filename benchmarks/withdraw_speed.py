"""Withdrawal: 1,000 record ids and an import of 200,000 addresses out of many records, and the query that follows.

    python benchmarks/withdraw_speed.py [--records N] [--folder F]    # F has the store of a run before; a copy is used

Counts the parts of records and texts before and after (none is rewritten), and holds the next query against what was
withdrawn. A table format that rewrites files for a deletion has to read and write all of these bytes instead; how long
that takes at least is the bare copy of the parts, which is timed beside it.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shutil
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from _many_records import HOSTS, made

from rightful import Store, __version__
from rightful.events.consents import Request

ASKED = {"use": "train.pretrain", "accept": ["attribution", "notice"], "dedup": "none"}


def parts(store: Store) -> dict[str, int]:
    """The parts with texts and tags, with when they were written."""
    kinds = ("records", "texts", "signatures")
    return {str(p): p.stat().st_mtime_ns for kind in kinds for p in (store.layout.root / kind).glob("*.parquet")}


def by_record(store: Store, n: int) -> None:
    """Withdraw ``n`` records by id."""
    ids = store.query(**ASKED, ids=True, limit=50 * n)["ids"][::50]
    permitted = store.query(**ASKED)["permitted"]["records"]
    before = parts(store)
    start = time.perf_counter()
    answers = store.consent.record([Request(kind="withdraw", selector="record", value=i) for i in ids], yes=True)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    left = store.query(**ASKED)["permitted"]["records"]
    query = time.perf_counter() - start
    matched = sum(a["matched"]["records"] for a in answers)
    print(f"{len(ids)} records by id: {seconds:.2f} s, {matched} matched; parts rewritten: {parts(store) != before}")
    print(f"the next query: {query:.2f} s, permitted {permitted:,} -> {left:,}")


def by_import(store: Store, folder: Path, n: int, records: int) -> None:
    """Import ``n`` addresses, three quarters of which match something."""
    path = folder / "opt-outs.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["kind", "selector", "value", "reason"])
        step = max(1, records * 4 // (3 * n))
        for i in range(n):
            at = i * step
            table.writerow(["withdraw", "url", f"https://h{at % HOSTS}.example/{at}", "opt-out"])
    before = parts(store)
    start = time.perf_counter()
    answer = store.consent.import_(path, yes=True)
    seconds = time.perf_counter() - start
    found = answer["matched"]["records"]
    print(f"{n:,} addresses imported: {seconds:.1f} s, {found:,} records; parts rewritten: {parts(store) != before}")
    start = time.perf_counter()
    left = store.query(**ASKED)["permitted"]["records"]
    print(f"the next query: {time.perf_counter() - start:.2f} s, permitted {left:,}")


def rewrite(store: Store, folder: Path) -> None:
    """What rewriting the parts of tags alone costs, with the same library."""
    start = time.perf_counter()
    for path in sorted((store.layout.root / "records").glob("*.parquet")):
        with pq.ParquetFile(path) as source, pq.ParquetWriter(folder / "copy.parquet", source.schema_arrow) as out:
            for batch in source.iter_batches():
                out.write_batch(batch)
    print(f"rewriting all parts of records (tags alone, no text): {time.perf_counter() - start:.1f} s")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--withdraw", type=int, default=1_000)
    parser.add_argument("--addresses", type=int, default=200_000)
    order = parser.parse_args()
    versions = f"Python {platform.python_version()}, duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    print(f"rightful {__version__}, {versions}")
    with tempfile.TemporaryDirectory(prefix="rightful-bench-") as folder:
        whole = made(order.folder or Path(folder), order.records)
        # Parts are never changed, so that a copy may share them.
        store = Store(whole.layout.root.with_name("withdrawn"))
        shutil.rmtree(store.layout.root, ignore_errors=True)
        shutil.copytree(whole.layout.root, store.layout.root, copy_function=_linked)
        try:
            print(f"{order.records:,} records")
            by_record(store, order.withdraw)
            by_import(store, Path(folder), order.addresses, order.records)
            rewrite(store, Path(folder))
        finally:
            shutil.rmtree(store.layout.root, ignore_errors=True)


def _linked(source: str, target: str) -> None:
    if source.endswith(".parquet"):
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)


if __name__ == "__main__":
    main()
