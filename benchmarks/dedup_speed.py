"""How fast near-duplicates are found, on one core, beside datasketch and datatrove on the same documents.

    python benchmarks/dedup_speed.py PATH...                      # files or folders of .jsonl, .parquet or text files
    python benchmarks/dedup_speed.py PATH... --peers ~/peers/bin/python   # or RIGHTFUL_PEERS; without it ours alone
    python benchmarks/dedup_speed.py --records 10000000           # peak memory and time on synthetic signatures

The peers live in an environment of their own: python -m venv ~/peers; ~/peers/bin/pip install datasketch xxhash
"datatrove[processing]" pyarrow spacy. MB/s are 10^6 bytes of UTF-8 a second of processor time in one thread, the best
of some rounds, with the compiled code warm; what compiling costs is a row of its own. datasketch is tuned: sets of
5-word shingles by a regular expression, xxh32, scheme affine32, MinHash.bulk. Ours reads Unicode words and verifies
every pair; neither peer does. Below 1.3 a ratio is a tie.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from _texts import take

for threads in ("OMP", "OPENBLAS", "NUMBA", "RAYON", "POLARS"):
    os.environ.setdefault(f"{threads}_NUM_THREADS", "1")

BATCH_BYTES = 8 << 20
PERMUTATIONS, BANDS, ROWS = 112, 16, 7


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=float, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=os.environ.get("RIGHTFUL_PEERS"))
    parser.add_argument("--records", type=int)
    parser.add_argument("--as", dest="peer", choices=[*PEERS, "memory"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer == "memory":
        print(json.dumps(memory(given.records, given.path[0])))
    elif given.peer:
        print(json.dumps(PEERS[given.peer](given.path[0])))
    elif given.records:
        with tempfile.TemporaryDirectory() as folder:
            print(rendered(ask(sys.executable, "memory", Path(folder), "--records", str(given.records))))
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(given, Path(folder))
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def compare(given: argparse.Namespace, folder: Path) -> None:
    """Ours on all documents, and beside each peer on as many as it reads in some seconds."""
    texts = list(take(planted(documents(given.path)), int(given.megabytes * 1e6)))
    random.Random(3).shuffle(texts)  # so that the first of them are like the others
    size = sum(len(text.encode()) for text in texts)
    ascii_share = sum(len(text) for text in texts if text.isascii()) / size
    print(f"{len(texts):,} documents, {size / 1e6:.1f} MB, {ascii_share:.0%} of it in texts that are ASCII only")
    print(f"{versions('numba', 'numpy', 'pyarrow')}\n")
    cold, cached = compile_seconds(folder)
    print(f"first signature in a new process: {cold:.1f} s where nothing is compiled, {cached:.1f} s where it is\n")
    whole = written(folder / "all.parquet", texts)
    alone = ours(whole, given.rounds)
    print(f"{'':44}{'MB/s/core':>10}{'peer':>10}{'ratio':>8}")
    for what in ("signatures", "groups"):
        print(f"{'ours, ' + what + ', all documents':44}{alone[what]:10.1f}")
    if not given.peers:
        print("no --peers: nothing to compare with")
        return
    for peer, sample in (("datasketch", given.megabytes * 1e6), ("datatrove", 8e6)):
        part = written(folder / f"{peer}.parquet", list(take(iter(texts), int(sample))))
        theirs, mine = ask(given.peers, peer, part), ours(part, given.rounds)
        for what in ("signatures", "groups"):
            label = f"{theirs['version']}, {what}, {sample / 1e6:g} MB"
            print(f"{label:44}{mine[what]:10.1f}{theirs[what]:10.2f}{mine[what] / theirs[what]:8.1f}")
        rate = mine["groups"] / theirs["signatures"]
        print(
            f"{'  our groups beside its signatures alone':44}{mine['groups']:10.1f}{theirs['signatures']:10.2f}{rate:8.1f}"
        )


def ours(path: Path, rounds: int) -> dict[str, float]:
    """Signatures from Arrow batches, and Parquet to verified groups."""
    from rightful.dedup.near import near

    batches, size = read(path)
    stage, signed = signatures_of(batches)

    def groups() -> None:
        with tempfile.TemporaryDirectory() as folder:
            again, _ = read(path)
            file = signed(again, Path(folder) / "signatures.parquet")
            near([file], [], [], texts_of(again), Path(folder) / "spill")

    groups()  # what is compiled now is not counted
    return {
        "signatures": size / 1e6 / best(lambda: [stage(batch) for batch in batches], rounds),
        "groups": size / 1e6 / best(groups, rounds),
    }


def signatures_of(batches: list[Any]) -> tuple[Any, Callable[[list[Any], Path], Path]]:
    """The stage, and what writes its answer to a file as an ingest would."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from rightful.dedup.settings import SIGNATURES
    from rightful.stages.normalize import Normalize
    from rightful.stages.signature import Signature

    stage, schema = Signature(), SIGNATURES.remove(SIGNATURES.get_field_index("source_id"))
    digests = [Normalize()(batch)["norm_sha256"] for batch in batches]  # every ingest has them

    def signed(batches: list[Any], path: Path) -> Path:
        with pq.ParquetWriter(path, schema, compression="NONE", use_dictionary=False) as writer:
            for batch, digest in zip(batches, digests, strict=True):
                columns = {"record_id": batch["record_id"], "norm_sha256": digest, **stage(batch)}
                writer.write_table(pa.table(columns).cast(schema))
        return path

    return stage, signed


def texts_of(batches: list[Any]) -> Callable[[list[str]], Iterator[Any]]:
    """What hands out texts by record id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def texts(ids: list[str]) -> Iterator[Any]:
        wanted = pa.array(ids)
        for batch in batches:
            yield batch.filter(pc.is_in(batch["record_id"], wanted))

    return texts


def datasketch_peer(path: Path) -> dict[str, Any]:
    """Signatures; and with them an index in memory that every document is looked up in: unverified pairs."""
    import datasketch
    import xxhash

    texts, size = plain(path)
    word = re.compile(r"\w+").findall

    def shingles(text: str) -> set[bytes]:
        words = word(text.lower())
        return {" ".join(words[i : i + 5]).encode() for i in range(max(len(words) - 4, 1))}

    def sketches() -> list[Any]:
        hashed = (shingles(text) for text in texts)
        bulk = datasketch.MinHash.bulk
        return bulk(hashed, num_perm=PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")

    def groups() -> None:
        index = datasketch.MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
        for i, sketch in enumerate(sketches()):
            index.query(sketch)
            index.insert(i, sketch, check_duplication=False)

    version = f"datasketch {importlib.metadata.version('datasketch')}"
    return {
        "version": version,
        "signatures": size / 1e6 / best(sketches, 1),
        "groups": size / 1e6 / best(groups, 1),
    }


def datatrove_peer(path: Path) -> dict[str, Any]:
    """Its first three stages, English words, 64 bits xxhash: unverified clusters."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    texts, size = plain(path)
    config = MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS)

    def stages(folder: str, last: int) -> None:
        documents = (Document(text=text, id=str(i)) for i, text in enumerate(texts))
        MinhashDedupSignature(f"{folder}/sig", config, language="eng").run(documents, 0, 1)
        if last > 1:
            for bucket in range(BANDS):
                MinhashDedupBuckets(f"{folder}/sig", f"{folder}/dups", config=config).run(None, bucket, BANDS)
            MinhashDedupCluster(f"{folder}/dups", f"{folder}/gone", config=config).run(None, 0, 1)

    def timed(last: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            return best(lambda: stages(f"{folder}/{time.monotonic_ns()}", last), 1)

    timed(1)  # loads its models
    version = f"datatrove {importlib.metadata.version('datatrove')}"
    return {"version": version, "signatures": size / 1e6 / timed(1), "groups": size / 1e6 / timed(3)}


PEERS: dict[str, Callable[[Path], dict[str, Any]]] = {"datasketch": datasketch_peer, "datatrove": datatrove_peer}


def ask(python: Path | str, peer: str, path: Path, *more: str, script: str = __file__) -> dict[str, Any]:
    """The answer of a script in another process."""
    command = [str(python), script, str(path), "--as", peer, *more]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return answer


def compile_seconds(folder: Path) -> tuple[float, float]:
    """Seconds until a new process has its first signature: with an empty cache of compiled code, and with a full one."""
    code = "import pyarrow as pa, rightful.stages.signature as s; s.Signature()(pa.record_batch({'text': ['a b']}))"
    took = []
    for _ in range(2):
        start = time.perf_counter()
        cache = {"NUMBA_CACHE_DIR": str(folder / "compiled")}
        subprocess.run([sys.executable, "-c", code], env={**os.environ, **cache}, check=True)
        took.append(time.perf_counter() - start)
    return took[0], took[1]


def memory(records: int, folder: Path) -> dict[str, Any]:
    """One ingest of synthetic signatures: one in twenty is a near-copy of the one before it, a thousandth share a band."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from rightful.dedup.near import near
    from rightful.dedup.settings import SIGNATURES

    schema, chance = SIGNATURES.remove(SIGNATURES.get_field_index("source_id")), np.random.default_rng(1)
    path, step = folder / "signatures.parquet", 100_000
    with pq.ParquetWriter(path, schema, compression="NONE", use_dictionary=False) as writer:
        for first in range(0, records, step):
            n = min(step, records - first)
            values = chance.integers(0, 1 << 32, (n, PERMUTATIONS), np.uint32)
            values[19::20] = np.where(
                chance.random((n // 20, PERMUTATIONS)) < 0.1, values[19::20], values[18::20][: n // 20]
            )
            values[::1000, :ROWS] = 7
            digests = chance.bytes(32 * n)
            columns = [
                pa.array([f"{i:032x}" for i in range(first, first + n)]),
                pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), n, [None, pa.py_buffer(digests)]),
                pa.array(np.full(n, 46, np.int64)),
                pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * PERMUTATIONS), n, [None, pa.py_buffer(values)]),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            del values, columns

    def texts(ids: list[str]) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(ids), 4_096):
            part = ids[start : start + 4_096]
            numbers = [int(name, 16) for name in part]
            rows = [" ".join(f"{i // 2 if i % 20 > 17 else -i}w{k}" for k in range(50)) + f" {i}" for i in numbers]
            yield pa.record_batch({"record_id": part, "text": pa.array(rows, pa.large_string())})

    before = peak_bytes()
    start, started = time.process_time(), time.perf_counter()
    result = near([path], [], [], texts, folder / "spill")
    counts = result.counts
    return {
        "records": records,
        "candidates": counts.candidates,
        "verified pairs": counts.pairs,
        "texts read": counts.texts,
        "largest bucket": counts.largest_bucket,
        "CPU seconds": round(time.process_time() - start, 1),
        "seconds": round(time.perf_counter() - started, 1),
        "peak MB": round(peak_bytes() / 1e6),
        "peak MB before": round(before / 1e6),
        "spill and signatures on disk MB": round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6),
    }


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def best(run: Callable[[], object], rounds: int) -> float:
    """The least processor time of a run, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def documents(paths: Iterable[Path]) -> Iterator[str]:
    """The texts of files, or of the files of folders, in the order of their names; generated ones where none are given."""
    files = [f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else [path]) if f.is_file()]
    if not files:
        yield from generated()
    for file in files:
        if file.suffix == ".jsonl":
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    yield from (row[name] for name in ("text", "text_a", "text_b") if row.get(name))
        elif file.suffix == ".parquet":
            import pyarrow.parquet as pq

            for batch in pq.ParquetFile(file).iter_batches(columns=["text"]):
                yield from filter(None, batch.column("text").to_pylist())
        elif file.suffix in (".md", ".rst", ".txt", ".html", ".py", ".adoc", ".js", ".c", ".h"):
            yield file.read_text(encoding="utf-8", errors="replace")


def generated() -> Iterator[str]:
    """Texts of random words without end."""
    chance = random.Random(1)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(1, 10))) for _ in range(20_000)]
    while True:
        lines = (" ".join(chance.choices(words, k=chance.randint(3, 20))) for _ in range(chance.randint(5, 80)))
        yield ".\n".join(lines)


def planted(texts: Iterable[str], every: int = 10) -> Iterator[str]:
    """The texts, and after some of them a copy in which 1, 2, 3 or 5 % of the words are others."""
    chance = random.Random(2)
    for i, text in enumerate(texts):
        yield text
        if i % every == 0:
            yield edited(chance, text, (0.01, 0.02, 0.03, 0.05)[i // every % 4])


def edited(chance: random.Random, text: str, share: float) -> str:
    """The text with a share of its words replaced."""
    return re.sub(r"\w+", lambda word: f"x{chance.randrange(10**6)}" if chance.random() < share else word[0], text)


def written(path: Path, texts: list[str]) -> Path:
    """The documents as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = pa.array([f"{i:032x}" for i in range(len(texts))])
    pq.write_table(pa.table({"record_id": ids, "text": pa.array(texts, pa.large_string())}), path, row_group_size=2_048)
    return path


def read(path: Path) -> tuple[list[Any], int]:
    """Batches as an ingest has them, and how many bytes of text they are."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    batches = list(pq.ParquetFile(path).iter_batches(2_048))
    return batches, sum(pc.sum(pc.binary_length(batch["text"])).as_py() for batch in batches)


def plain(path: Path) -> tuple[list[str], int]:
    """The texts for a peer."""
    batches, size = read(path)
    return [text for batch in batches for text in batch["text"].to_pylist()], size


def rendered(answer: dict[str, Any]) -> str:
    """One line a figure."""
    return "\n".join(f"{name:34}{value:>16,}" for name, value in answer.items())


def versions(*packages: str) -> str:
    """What was measured, to be printed with the numbers."""
    named = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {named}; {platform.machine()}, {os.cpu_count()} cores, one used"


if __name__ == "__main__":
    main()
