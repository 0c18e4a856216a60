"""Ingest: MB of text per second and core, the share of time per stage, and peak memory.

    python benchmarks/ingest_speed.py [FILE_OR_FOLDER] [--megabytes N] [--workers N] [--recipe R]
    python benchmarks/ingest_speed.py FILE.jsonl --peer ~/peers/bin/python     # or RIGHTFUL_DATATROVE

Without a path it repeats the sample data, with new ids, to about N MB of JSON lines. The peer is datatrove in an
environment of its own (pip install "datatrove[processing]" orjson spacy): reader, Gopher's two filters, C4's and
FineWeb's, the four steps of its near-duplicates and a writer, in one process, on the first --peer-megabytes of the same
file; ours then runs on these too, without the scan for personal data, which the peer does not have. It has no rights,
no identity, no verification of pairs and, as its model would have to be downloaded, no language. CPU seconds are those of this
process and its workers; the rate is text over CPU seconds, so a busy machine matters less. Quote figures with the
machine, the versions printed here and the text that they were measured on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from _times import cpu_seconds

try:
    import duckdb
    import pyarrow as pa

    from rightful import Store, __version__
except ImportError:  # in the peer's environment
    pass

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


def main() -> None:
    """Measure one ingest into a new store and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--megabytes", type=float, default=50.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--recipe", help="a file or a preset")
    parser.add_argument("--peer", default=os.environ.get("RIGHTFUL_DATATROVE"))
    parser.add_argument("--peer-megabytes", type=float, default=4.0)
    parser.add_argument("--as-peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_peer:
        print(json.dumps(datatrove(options.path)))
        return
    folder = Path(tempfile.mkdtemp(prefix="rightful-bench-"))
    try:
        path = options.path or folder / "sample.jsonl"
        if options.path is None:
            repeated_sample(path, options.megabytes)
        warm = folder / "warm.txt"
        warm.write_text("Models and tables are loaded before the clock starts.", encoding="utf-8")
        Store(folder / "warm").ingest([warm])
        answer, wall, cpu = ingested(folder / "store", path, options.workers, options.recipe)
        report(answer, wall, cpu, options.workers)
        if options.peer and path.suffix == ".jsonl":
            beside(options.peer, path, folder, options.peer_megabytes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ingested(
    store: Path, path: Path, workers: int, recipe: str | Path | None
) -> tuple[dict[str, object], float, float]:
    """The answer of an ingest, with its seconds by the clock and of processors."""
    before, start = cpu_seconds(), time.perf_counter()
    answer = Store(store).ingest([path], workers=workers, recipe=recipe)
    return answer, time.perf_counter() - start, cpu_seconds() - before


def beside(python: str, path: Path, folder: Path, megabytes: float) -> None:
    """Both on the same documents."""
    part, size = folder / "peer" / "part.jsonl", 0
    part.parent.mkdir()
    with path.open("rb") as lines, part.open("wb") as out:
        for line in lines:
            if size > megabytes * 1e6:
                break
            size += out.write(line)
    recipe = folder / "peer.toml"
    recipe.write_text('stages = ["language", "quality"]\n[quality]\npreset = "gopher+c4+fineweb"\n')
    answer, _, cpu = ingested(folder / "peer-store", part, 1, recipe)
    text = float(str(answer["text_bytes"])) / 1e6
    done = subprocess.run([python, __file__, str(part), "--as-peer"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    theirs = json.loads(done.stdout.splitlines()[-1])
    print(f"\nbeside {theirs['version']} on {answer['read']} documents, {text:.1f} MB, without personal data:")
    mine, other = text / cpu, text / theirs["cpu"]
    print(f"ours {mine:.1f} MB/s/core, peer {other:.3f} MB/s/core: {mine / other:.0f}x")


def datatrove(path: Path) -> dict[str, object]:
    """The peer, in its own environment: CPU seconds from JSON lines to JSON lines."""
    import logging
    from importlib.metadata import version

    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from loguru import logger

    logging.disable()
    logger.remove()
    config = MinhashConfig(n_grams=5, num_buckets=16, hashes_per_bucket=7)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        shutil.copy(path, corpus / "part.jsonl")
        filters = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]
        steps = [
            ([JsonlReader(str(corpus)), *filters, JsonlWriter(f"{folder}/kept", compression=None)], 1),
            ([JsonlReader(f"{folder}/kept"), MinhashDedupSignature(f"{folder}/sig", config, language="eng")], 1),
            ([MinhashDedupBuckets(f"{folder}/sig", f"{folder}/pairs", config=config)], 16),
            ([MinhashDedupCluster(f"{folder}/pairs", f"{folder}/gone", config=config)], 1),
            ([JsonlReader(f"{folder}/kept"), MinhashDedupFilter(f"{folder}/gone"), JsonlWriter(f"{folder}/out")], 1),
        ]
        before = cpu_seconds()
        for n, (pipeline, tasks) in enumerate(steps):
            log = f"{folder}/log-{n}"
            LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=1, logging_dir=log).run()
        return {"cpu": cpu_seconds() - before, "version": f"datatrove {version('datatrove')}"}


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
