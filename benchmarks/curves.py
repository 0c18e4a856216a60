"""Time and memory as the corpus grows: real text by megabytes, small records by number; measured, and drawn.

    python benchmarks/curves.py megabytes CORPUS.jsonl --sizes 10,100,1000 --out curves.jsonl     # see corpora.py
    python benchmarks/curves.py records --sizes 100000,1000000,10000000 --out curves.jsonl
    python benchmarks/curves.py draw curves.jsonl docs/speed.svg

Every step is a process of its own, and its line says: seconds by the clock and of the processors (workers included), and the
peak of memory of that process (the driver) and of the largest below it (a worker), in MB as Linux counts resident pages. Steps
of *megabytes*: ingest with the default recipe. Of *records* (benchmarks/_many_records.py): ingest; query, the first of a
process; withdrawal of 1,000 records by id; the next query; ingest of 1,000 records more. A corpus that is longer than the
file is made of it again and again with its longer words exchanged for one another, so that no text is a copy.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from _many_records import rows
from _plot import Points, chart, page
from _texts import documents
from _times import cpu_seconds

from rightful import Store, __version__
from rightful.events.consents import Request

ASKED: dict[str, Any] = {"use": "train.pretrain", "accept": ["attribution", "notice"], "dedup": "near"}
LONGER = re.compile(r"[A-Za-z]{5,}")
WITHDRAWN = ADDED = 1_000
INGEST, QUERY, WITHDRAWAL, NEXT, MORE = STEPS = ("ingest", "query", "withdrawal", "next query", "1,000 more")


# --- corpora ---------------------------------------------------------------------------------------------------------


def exchanged(text: str, words: list[str], draw: random.Random) -> str:
    """The text with each of its longer words exchanged for another of the corpus, the same for the same."""
    other: dict[str, str] = {}

    def one(found: re.Match[str]) -> str:
        word = found[0]
        if word not in other:
            other[word] = draw.choice(words)
        return other[word]

    return LONGER.sub(one, text)


def longer(corpus: Path, megabytes: int, out: Path) -> None:
    """So many megabytes of text as JSON lines: those of the corpus, then with words exchanged."""
    texts = list(documents([corpus]))
    words = sorted({word for text in texts[:2000] for word in LONGER.findall(text)})
    size = 0
    with out.open("w", encoding="utf-8") as file:
        for n, text in enumerate(_again(texts, words)):
            file.write(json.dumps({"id": f"r{n}", "text": text, "license": "MIT"}, ensure_ascii=False) + "\n")
            size += len(text.encode())
            if size >= megabytes * 1e6:
                return


def _again(texts: list[str], words: list[str]) -> Iterator[str]:
    yield from texts
    turn = 0
    while texts:
        turn += 1
        for n, text in enumerate(texts):
            yield exchanged(text, words, random.Random(f"{turn} {n}"))


# --- steps, each in a process of its own -----------------------------------------------------------------------------


def ingest(store: Store, source: Path, workers: int) -> dict[str, int]:
    """Take in a folder."""
    answer = store.ingest([source], workers=workers)
    return {"records": answer["added"], "bytes": answer["text_bytes"]}


def query(store: Store) -> dict[str, int]:
    """Count what a use permits."""
    return {"permitted": store.query(**ASKED)["permitted"]["records"]}


def withdrawal(store: Store) -> dict[str, float]:
    """Some records of all, by their ids."""
    parts = store.layout.root / "records" / "*.parquet"
    ids = duckdb.sql(f"SELECT record_id FROM '{parts}' ORDER BY hash(record_id) LIMIT {WITHDRAWN}").fetchall()
    start = cpu_seconds(), time.perf_counter()
    store.consent.record([Request(kind="withdraw", selector="record", value=str(i)) for (i,) in ids], yes=True)
    # Choosing them is not what is measured.
    return {"withdrawn": len(ids), "cpu": cpu_seconds() - start[0], "wall": time.perf_counter() - start[1]}


def step(verb: str, store: Path, source: Path, workers: int) -> None:
    """Do one step in this process, and print what it took."""
    here = Store(store)
    do: dict[str, Callable[[], Mapping[str, float]]] = {
        INGEST: lambda: ingest(here, source, workers),
        MORE: lambda: ingest(here, source, workers),
        QUERY: lambda: query(here),
        NEXT: lambda: query(here),
        WITHDRAWAL: lambda: withdrawal(here),
    }
    start, cpu = time.perf_counter(), cpu_seconds()
    answer = do[verb]()
    taken = {"wall": time.perf_counter() - start, "cpu": cpu_seconds() - cpu}
    below = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps(taken | {"driver_mb": peak(), "worker_mb": below} | dict(answer)))


def peak() -> float:
    """The most MB that this process had resident. (``ru_maxrss`` counts what the process had that started it.)"""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[0]) / 1024


def run(kind: str, size: int, verb: str, store: Path, source: Path, workers: int, out: Path) -> None:
    """A step in a new process; its line is kept and printed."""
    command = [sys.executable, __file__, "step", verb, str(store), str(source), "--workers", str(workers)]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    line = {"kind": kind, "size": size, "step": verb} | answer
    with out.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(
        f"{size:>11,} {kind}  {verb:<11} {line['wall']:8.1f} s {line['cpu']:8.1f} s CPU   driver {line['driver_mb']:6.0f} MB,"
        f" largest worker {line['worker_mb']:6.0f} MB",
        flush=True,
    )


def by_megabytes(corpus: Path, size: int, folder: Path, workers: int, out: Path) -> None:
    """Ingest real text."""
    source = folder / f"megabytes-{size}"
    source.mkdir()
    (source / "source.toml").write_text('name = "measured"\n')
    longer(corpus, size, source / "rows.jsonl")
    run("megabytes", size, INGEST, folder / f"store-{size}", source, workers, out)


def by_records(size: int, folder: Path, workers: int, out: Path) -> None:
    """All steps with small records."""
    source, more, store = folder / f"records-{size}", folder / f"more-{size}", folder / f"records-store-{size}"
    write_records(source, 0, size)
    write_records(more, 2 * size, 2 * size + ADDED)
    for verb, of in ((INGEST, source), (QUERY, source), (WITHDRAWAL, source), (NEXT, source), (MORE, more)):
        run("records", size, verb, store, of, workers, out)


def write_records(folder: Path, first: int, stop: int) -> None:
    """Small records as JSON lines, a tenth in each file."""
    folder.mkdir()
    (folder / "source.toml").write_text(f'name = "{folder.name}"\npersonal_data = "no"\n')
    for n in range(10):
        lowest, highest = (first + (stop - first) * i // 10 for i in (n, n + 1))
        with (folder / f"rows-{n}.jsonl").open("w") as file:
            file.writelines(rows(lowest, highest))


# --- drawing ---------------------------------------------------------------------------------------------------------


def draw(results: Path, out: Path) -> None:
    """The curves of a file of results."""
    lines = [json.loads(line) for line in results.read_text().splitlines()]

    def curve(kind: str, verb: str, what: str) -> Points:
        of = [one for one in lines if (one["kind"], one["step"]) == (kind, verb)]
        return [(one["size"], one[what]) for one in of if one[what] > 0]  # a small ingest has no workers

    def curves(*of: tuple[str, str, str, str]) -> dict[str, Points]:
        found = {name: curve(kind, verb, what) for name, kind, verb, what in of}
        return {name: points for name, points in found.items() if points}

    records = [(verb, "records", verb, "cpu") for verb in STEPS]
    charts = [
        ("Ingest of real text", "MB of text", "CPU seconds", curves((INGEST, "megabytes", INGEST, "cpu"))),
        (
            "Its memory",
            "MB of text",
            "MB, at most",
            curves(("driver", "megabytes", INGEST, "driver_mb"), ("a worker", "megabytes", INGEST, "worker_mb")),
        ),
        ("Small records", "records", "CPU seconds", curves(*records)),
        (
            "Their memory",
            "records",
            "MB, at most",
            curves(
                ("ingest, driver", "records", INGEST, "driver_mb"),
                ("ingest, a worker", "records", INGEST, "worker_mb"),
                ("query", "records", QUERY, "driver_mb"),
            ),
        ),
    ]
    out.write_text(page([chart(*one) for one in charts if one[-1]]))


def main() -> None:
    """Measure, or draw what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("megabytes", "records", "draw", "step"), default="records")
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--sizes", default=None, help="megabytes 10,100 or records 10000,100000 unless given")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where stores are made; they are removed again")
    parser.add_argument("--out", type=Path, default=Path("curves.jsonl"), help="lines are added to it")
    order = parser.parse_args()
    if order.what == "step":
        step(order.paths[0], Path(order.paths[1]), Path(order.paths[2]), order.workers)
        return
    if order.what == "draw":
        draw(Path(order.paths[0]), Path(order.paths[1]))
        return
    print(
        f"rightful {__version__}, Python {platform.python_version()}, duckdb {duckdb.__version__}, pyarrow {pa.__version__}"
    )
    sizes = order.sizes or {"megabytes": "10,100", "records": "10000,100000"}[order.what]
    for size in (int(one) for one in sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="rightful-bench-", dir=order.folder) as folder:
            if order.what == "megabytes":
                if not order.paths:
                    parser.error("megabytes needs a corpus: python benchmarks/corpora.py mixed OUT.jsonl")
                by_megabytes(Path(order.paths[0]), size, Path(folder), order.workers, order.out)
            else:
                by_records(size, Path(folder), order.workers, order.out)


if __name__ == "__main__":
    main()
