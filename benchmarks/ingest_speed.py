"""Ingest: MB of text per second and core, the share of time per stage, and peak memory.

    python benchmarks/ingest_speed.py [FILE_OR_FOLDER] [--megabytes N] [--workers N]

Without a path it repeats the sample data, with new ids, to about N MB of JSON lines. CPU seconds are those of this
process and its workers; the rate is text over CPU seconds, so a busy machine matters less. Quote figures with the
machine, the versions printed here and the text that they were measured on.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline import Store, __version__

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "good"


def repeated_sample(out: Path, megabytes: float) -> None:
    """The texts of the sample data again and again, with ids of their own, as JSON lines."""
    texts = [p.read_text(encoding="utf-8") for p in sorted(SAMPLE.rglob("*")) if p.suffix in (".md", ".rst", ".txt")]
    size = number = 0
    with out.open("w", encoding="utf-8") as handle:
        while size < megabytes * 1e6:
            line = json.dumps(
                {"id": f"r{number}", "text": texts[number % len(texts)], "license": "MIT"}, ensure_ascii=False
            )
            size += handle.write(line + "\n")
            number += 1


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    """Measure one ingest into a new store and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--megabytes", type=float, default=50.0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rightful-bench-"))
    try:
        path = options.path or folder / "sample.jsonl"
        if options.path is None:
            repeated_sample(path, options.megabytes)
        warm = folder / "warm.txt"
        warm.write_text("Models and tables are loaded before the clock starts.", encoding="utf-8")
        Store(folder / "warm").ingest([warm])
        before, start = cpu_seconds(), time.perf_counter()
        answer = Store(folder / "store").ingest([path], workers=options.workers)
        wall, cpu = time.perf_counter() - start, cpu_seconds() - before
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(answer, wall, cpu, options.workers)


def report(answer: dict[str, object], wall: float, cpu: float, workers: int) -> None:
    """Print the figures of one ingest."""
    text = float(str(answer["text_bytes"])) / 1e6
    stages = answer["stages"]
    assert isinstance(stages, dict)
    in_stages = sum(stages.values())
    print(
        f"rightful {__version__}, python {platform.python_version()}, pyarrow {pa.__version__}, duckdb {duckdb.__version__}"
    )
    print(f"{answer['read']} records, {text:.1f} MB of text, {workers} worker(s): {wall:.1f} s wall, {cpu:.1f} s CPU")
    print(f"{text / cpu:.1f} MB/s/core (text over CPU seconds), {text / wall:.1f} MB/s wall\n")
    print(f"{'stage':<12} {'seconds':>8} {'share':>7} {'MB/s':>8}")
    rows = sorted(stages.items(), key=lambda s: -s[1])
    for name, seconds in [*rows, ("landing", max(0.0, wall * workers - in_stages) if workers == 1 else 0.0)]:
        share = seconds / (wall if workers == 1 else in_stages)
        print(f"{name:<12} {seconds:>8.2f} {share:>6.1%} {text / seconds if seconds else 0.0:>8.0f}")
    peak = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"\npeak memory of the largest process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
