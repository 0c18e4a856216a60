"""Loader: tokens a CPU second and a second, per format, shuffled and in order, with and without digests.

    python benchmarks/loader_speed.py [--tokens 20_000_000] [--length 700] [--folder F]

The export is written by the formats themselves, of random ids of a vocabulary of 50,257 with lengths as texts have them
(log-normal), as far as a loader looks at one: shards, index and manifest. *Bare*: the ids of all shards read in order
through `Format.read`. *Open*: until the first document (manifest, index, digests of both, one window). CPU seconds are of
all threads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rightful import load_shards
from rightful.export import formats
from rightful.export.formats import Row, Shape, Span
from rightful.export.manifest import MANIFEST_VERSION, canonical_json, export_id

VOCABULARY = 50_257
SHARD_TOKENS = 4 << 20


def written(folder: Path, name: str, lengths: list[int]) -> Path:
    """An export in one format, as far as a loader looks at it."""
    out, form = folder / name, formats.find(name)
    (out / "data").mkdir(parents=True)
    chance, shape = np.random.default_rng(0), Shape(vocab_size=VOCABULARY, eod=VOCABULARY - 1)
    shards: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    waiting = list(enumerate(lengths))
    while waiting:
        rows: list[Row] = []
        first = 0
        while waiting and first < SHARD_TOKENS:
            number, length = waiting.pop(0)
            ids = chance.integers(0, VOCABULARY, length, dtype=np.uint32)
            record = hashlib.md5(str(number).encode()).hexdigest()
            rows.append(Row(ids, (Span(len(rows), record, "bench", 0, length),)))
            sha256 = hashlib.sha256(ids.astype("<u4").tobytes()).digest()
            entries.append({"document": number, "record_id": record, "first_token": first, "length": length})
            entries[-1] |= {"shard": "", "decision": "permit", "tokens_sha256": sha256}
            first += length
        files = form.write(out / "data", f"shard-{len(shards):05}", rows, shape)
        listed = [{"path": f"data/{f.name}", "bytes": f.stat().st_size, "sha256": ""} for f in files]
        shards.append({"path": listed[0]["path"], "tokens": first, "records": len(rows), "files": listed})
        for entry in entries[-len(rows) :]:
            entry["shard"] = listed[0]["path"]
    form.finish(out / "data", [f"shard-{n:05}" for n in range(len(shards))], shape)
    table = pa.Table.from_pylist(entries)
    sha256_column = table.column("tokens_sha256").cast(pa.binary(32))
    pq.write_table(
        table.set_column(table.column_names.index("tokens_sha256"), "tokens_sha256", sha256_column),
        out / "index.parquet",
    )
    index = hashlib.sha256((out / "index.parquet").read_bytes()).hexdigest()
    use = {"acts": ["train.pretrain"], "purpose": "commercial", "application": None, "actor": "for_profit"}
    manifest: dict[str, Any] = {
        "manifest_version": MANIFEST_VERSION,
        "format": name,
        "use": {**use, "jurisdictions": ["*"]},
        "tokenizer": {"sha256": "0" * 64, "vocab_size": VOCABULARY, "eod": VOCABULARY - 1},
        "records": len(lengths),
        "tokens": sum(lengths),
        "shards": shards,
        "files": [{"path": "index.parquet", "sha256": index}],
        "obligations": {},
    }
    (out / "manifest.json").write_bytes(canonical_json({**manifest, "export": export_id(manifest)}))
    return out


def timed(run: Callable[[], Iterator[Any]]) -> tuple[int, float, float]:
    """Tokens, CPU seconds and seconds of going through what is run."""
    cpu, wall, tokens = time.process_time(), time.perf_counter(), 0
    for ids in run():
        tokens += len(ids)
    return tokens, time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tokens", type=int, default=20_000_000)
    parser.add_argument("--length", type=int, default=700)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    drawn = np.random.default_rng(1).lognormal(np.log(asked.length), 1.0, asked.tokens // asked.length + 1)
    lengths = drawn.astype(np.int64).clip(1, 1 << 20).tolist()
    ways: dict[str, dict[str, Any]] = {
        "shuffled": {},
        "shuffled, 2 threads": {"workers": 2},
        "in order": {"shuffle": False},
        "shuffled, sizes alone": {"check": "size"},
        "rank 0 of 8": {"world_size": 8},
    }
    print(f"{len(lengths)} documents, {sum(lengths):,} tokens")
    print(f"{'format':10} {'way':24} {'Mtokens/CPU s':>14} {'Mtokens/s':>10}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for name in formats.of_tokens():
            out = written(Path(folder), name, lengths)
            manifest, form = json.loads((out / "manifest.json").read_bytes()), formats.find(name)
            shape = Shape.of_manifest(manifest)
            stems = [Path(shard["path"]).name.rsplit(".", 1)[0] for shard in manifest["shards"]]
            bare = timed(lambda: (r.tokens for stem in stems for r in form.read(out / "data", stem, shape)))  # noqa: B023
            load_shards(out, use="train.pretrain")  # the catalogue is loaded once a process
            rows = {"bare": bare}
            for way, how in ways.items():
                rows[way] = timed(lambda: (d.tokens for d in load_shards(out, use="train.pretrain", **how)))  # noqa: B023
            for way, (tokens, cpu, wall) in rows.items():
                print(f"{name:10} {way:24} {tokens / cpu / 1e6:14.1f} {tokens / wall / 1e6:10.1f}")
            start = time.process_time()
            next(iter(load_shards(out, use="train.pretrain")))
            print(f"{name:10} {'open':24} {time.process_time() - start:12.2f} s")
    print(f"largest resident size {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


if __name__ == "__main__":
    main()
