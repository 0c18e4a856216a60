"""How fast Quality is on one core beside datatrove's four filters on the same documents, in one run.

    python benchmarks/quality_speed.py [PATH...] [--peer /path/to/venv/bin/python] [--megabytes 4] [--rounds 5]

PATH and the peer as for ``quality_agreement.py``; without any documents, 16 MB of generated text are read. MB/s are 10^6
bytes of UTF-8 a second of processor time; ours is the best of some rounds with the loop compiled, and the seconds that
compiling took are printed beside it. The peer reads a part of the documents, evenly drawn, once; ours is timed on the same
part and on the whole. Below 1.3 a ratio is a tie.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import pyarrow as pa
from _texts import take
from quality_agreement import documents, peer, third_party, versions
from stage_speed import generated

from rightful.stages.quality.stage import Quality


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=third_party())
    help = "the python of an environment with datatrove; without it ours alone is timed"
    parser.add_argument("--peer", default=os.environ.get("RIGHTFUL_DATATROVE"), help=help)
    parser.add_argument("--megabytes", type=float, default=4, help="how much the peer reads")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    texts = list(documents(given.paths)) or list(take(generated(), 16_000_000))
    whole = size(texts)
    every = max(1, round(whole / given.megabytes))
    part = texts[::every]
    stage = Quality(preset="gopher+c4+fineweb+dclm")
    start = time.perf_counter()
    stage(pa.record_batch({"text": pa.array(["first"])}))
    print(f"{len(texts)} documents, {whole:.1f} MB; {versions()}")
    print(f"compiled, or read from the cache, in {time.perf_counter() - start:.1f} s\n")
    print(f"{'ours, all rules':28}{speed(stage, texts, given.rounds):9.1f} MB/s/core on all documents")
    same = speed(stage, part, given.rounds)
    print(f"{'ours, all rules':28}{same:9.1f} MB/s/core on {len(part)} of them, {size(part):.1f} MB")
    if given.peer:
        theirs = peer(given.peer, part, {})
        for name, took in theirs["seconds"].items():
            rate = size(part) / took
            print(f"{'datatrove ' + name:28}{rate:9.3f} MB/s/core, ours is {same / rate:.0f} times as fast")
        print(f"\npeer: {theirs['versions']}")
    print(f"repeat: python {' '.join(sys.argv)}")


def size(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def speed(stage: Quality, texts: list[str], rounds: int) -> float:
    """MB/s of the best round, in batches as the readers make them."""
    batches, held = [], 0
    for text in texts:
        if not batches or held > 8:
            batches.append([])
            held = 0
        batches[-1].append(text)
        held += len(text) / 1e6
    packed = [pa.record_batch({"text": pa.array(rows, pa.large_string())}) for rows in batches]
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for batch in packed:
            stage(batch)
        best = min(best, time.process_time() - start)
    return size(texts) / best


if __name__ == "__main__":
    main()
