"""What a trainer's own loader sees in an export, as JSON, to be compared with what the export says it holds.

    python benchmarks/read_shards_elsewhere.py OUT [--reader datasets|megatron|rightful]

OUT is the folder of an export: `OUT/data/*.parquet`, or `OUT/data/*.bin` with `*.idx`. The script stands alone, to be
run inside the environment of another reader, and takes that one by the kind of the shards:

    python -m venv elsewhere
    elsewhere/bin/pip install datasets                # for Parquet
    elsewhere/bin/pip install torch megatron-core     # for .bin and .idx; a torch for CPU will do
    elsewhere/bin/python benchmarks/read_shards_elsewhere.py OUT

`--reader rightful` prints the same with our own re-reader. Everything but `reader` must be equal; `index_rows` is null
where nothing reads Parquet. Without OUT a small export is written to a temporary folder and read by every reader that
is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("HF_HUB_OFFLINE", "1")

PACKAGES = {"datasets": "datasets", "megatron": "megatron-core"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?", help="the folder of an export")
    parser.add_argument("--reader", choices=["datasets", "megatron", "rightful"])
    options = parser.parse_args()
    if options.out is None:
        return sample()
    reader = options.reader or ("megatron" if any((options.out / "data").glob("*.idx")) else "datasets")
    print(json.dumps(report(options.out, reader), indent=2))
    return 0


def report(out: Path, reader: str) -> dict[str, Any]:
    """Counts, a digest over all ids in order, and the first, middle and last document, as this reader has them."""
    package = PACKAGES.get(reader)
    lengths: list[int] = []
    everything = hashlib.sha256()
    for ids in READERS[reader](out / "data"):
        lengths.append(len(ids))
        everything.update(ids.astype("<u4").tobytes())
    chosen = sorted({0, len(lengths) // 2, len(lengths) - 1}) if lengths else []
    shown = {number: seen(ids) for number, ids in enumerate(READERS[reader](out / "data")) if number in chosen}
    index = out / "index.parquet"
    return {
        "reader": f"{reader} {importlib.metadata.version(package)}" if package else reader,
        "documents": len(lengths),
        "tokens": sum(lengths),
        "sha256": everything.hexdigest(),
        "index_rows": rows(index) if index.is_file() else None,
        "shown": [{"document": number, **shown[number]} for number in chosen],
    }


def seen(ids: np.ndarray) -> dict[str, Any]:
    return {
        "length": len(ids),
        "first": [int(i) for i in ids[:8]],
        "sha256": hashlib.sha256(ids.astype("<u4").tobytes()).hexdigest(),
    }


def with_datasets(data: Path) -> Iterator[np.ndarray]:
    import datasets

    datasets.disable_progress_bars()
    files = sorted(str(path) for path in data.glob("*.parquet"))
    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
        for row in loaded.with_format("numpy"):
            if len(row["input_ids"]) != row["n_tokens"]:
                raise SystemExit(f"{row['record_id']}: n_tokens is {row['n_tokens']}, not {len(row['input_ids'])}")
            yield np.asarray(row["input_ids"])


def with_megatron(data: Path) -> Iterator[np.ndarray]:
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    for index in sorted(data.glob("*.idx")):
        loaded = IndexedDataset(str(index.with_suffix("")), mmap=True)
        boundaries = loaded.document_indices.tolist()
        for first, end in itertools.pairwise(boundaries):
            yield np.concatenate([loaded[number] for number in range(first, end)])


def with_rightful(data: Path) -> Iterator[np.ndarray]:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
    from rightful.export.formats import Shape, find

    name, shape = "megatron" if any(data.glob("*.idx")) else "parquet", Shape(vocab_size=1 << 31, eod=0)
    visible = find(name).suffixes(shape)[-1]
    for shard in sorted(data.glob(f"*{visible}")):
        yield from (row.tokens for row in find(name).read(data, shard.stem, shape))


READERS = {"datasets": with_datasets, "megatron": with_megatron, "rightful": with_rightful}


def rows(path: Path) -> int | None:
    """Rows of the export's own index; None where nothing here reads Parquet."""
    if importlib.util.find_spec("pyarrow") is None:
        return None
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def sample() -> int:
    """Write two shards in each format and compare what every installed reader sees. 1 when one differs."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
    from rightful.export.formats import Shape, document, find

    random = np.random.default_rng(0)
    vocab_size = 50_257
    documents = [
        document(f"record-{i}", random.integers(0, vocab_size, random.integers(1, 2_000), np.uint32))
        for i in range(500)
    ]
    different = 0
    for name, other in (("parquet", "datasets"), ("megatron", "megatron")):
        if importlib.util.find_spec(other) is None:
            print(f"{name}: {PACKAGES[other]} is not installed in this environment", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            (out / "data").mkdir()
            for number, part in enumerate((documents[:300], documents[300:])):
                find(name).write(out / "data", f"shard-{number:05d}", part, Shape(vocab_size=vocab_size, eod=0))
            theirs, ours = report(out, other), report(out, "rightful")
        equal = {**theirs, "reader": ""} == {**ours, "reader": ""}
        different += not equal
        print(json.dumps({"format": name, "equal": equal, "theirs": theirs, "ours": ours}, indent=2))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
