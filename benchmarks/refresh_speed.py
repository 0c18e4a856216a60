"""Refresh: captures of many hosts, and a list of as many domains, against a store of many records on 50,000 hosts.

    python benchmarks/refresh_speed.py [--records N] [--hosts N] [--folder F]    # F keeps the store for the next run

The store is made by a real ingest (benchmarks/_many_records.py). The hosts are generated, those of the store among them,
and so are their robots.txt: one in eight refuses a crawler that trains, one in eight a path of every crawler, one in fifty
gives no answer. Printed: seconds of `signal refresh --robots TABLE`, of `signal refresh --list FILE`, of `signal wanted`, and
of the whole `query` before and after, with its coverage.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from _many_records import HOSTS, made

from rightful import Store, __version__
from rightful.cli.pages.lines import coverage_line

ASKED = {"use": "train.pretrain", "accept": ["attribution", "notice"]}
ROBOTS = (
    "User-agent: *\nDisallow: /admin/\nDisallow: /*?session=\n",
    "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nAllow: /\n",
    "User-agent: *\nDisallow: /1\n",
    "User-agent: *\nAllow: /\nSitemap: https://example.org/sitemap.xml\n",
    "# nothing here\n",
    "User-agent: Googlebot\nDisallow: /search\n",
    "User-agent: *\nCrawl-delay: 10\nContent-Signal: search=yes\n",
    "",
)
Made = TypeVar("Made")


def timed(what: str, run: Callable[[], Made]) -> Made:
    """Run, and print the seconds."""
    start = time.perf_counter()
    answer = run()
    print(f"{what:<58} {time.perf_counter() - start:8.2f} s", flush=True)
    return answer


def captures(path: Path, hosts: int, on: datetime) -> None:
    """A table of the robots.txt of so many hosts, over the ninety days before a day."""
    numbers = range(hosts)
    table = {
        "host": pa.array([f"h{n}.example" for n in numbers]),
        "observed_at": pa.array([on - timedelta(days=n % 90) for n in numbers], pa.timestamp("us", tz="UTC")),
        "status": pa.array([503 if n % 50 == 7 else 200 for n in numbers], pa.int16()),
        "body": pa.array([f"{ROBOTS[n % 8]}# of h{n % 1000}\n" for n in numbers]),
    }
    pq.write_table(pa.table(table), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=820_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = options.folder or Path(scratch)
        kept = made(base, options.records)
        root = Path(scratch) / "store"
        shutil.copytree(kept.layout.root, root)
        store = Store(root)
        print(
            f"rightful {__version__}, Python {platform.python_version()}: {options.records:,} records on {HOSTS:,} hosts"
        )
        on = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        table, listed = Path(scratch) / "robots.parquet", Path(scratch) / "opted-out.txt"
        captures(table, options.hosts, on)
        listed.write_text("".join(f"h{n * 3}.example\n" for n in range(options.hosts)))
        timed("query, nothing observed", lambda: store.query(**ASKED))
        before = timed("query, nothing observed", lambda: store.query(**ASKED))
        answer = timed(f"signal refresh --robots, {options.hosts:,} hosts", lambda: store.signal.refresh(robots=table))
        print({k: v for k, v in answer.as_json().items() if isinstance(v, int)})
        timed("query", lambda: store.query(**ASKED))
        after = timed("query", lambda: store.query(**ASKED))
        print(f"permitted: {before.permitted['records']:,} -> {after.permitted['records']:,}")
        print(coverage_line(after.coverage))
        says = {"protocol": "tdmrep", "result": "found", "on": on, "by": "an index of opt-outs"}
        answer = timed(
            f"signal refresh --list, {options.hosts:,} domains", lambda: store.signal.refresh(list=listed, **says)
        )
        print({k: v for k, v in answer.as_json().items() if isinstance(v, int)})
        last = timed("query", lambda: store.query(**ASKED))
        print(f"permitted: {last.permitted['records']:,}")
        print(coverage_line(last.coverage))
        wanted = timed("signal wanted", lambda: store.signal.wanted())
        print(wanted.totals)


if __name__ == "__main__":
    main()
