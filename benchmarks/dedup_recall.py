"""Which near-duplicates are found, and which of what is found are none, beside datasketch and datatrove.

    python benchmarks/dedup_recall.py PATH...                      # files or folders, as for dedup_speed.py
    python benchmarks/dedup_recall.py PATH... --peers ~/peers/bin/python   # or RIGHTFUL_PEERS; see dedup_speed.py

The truth is brute force: the exact Jaccard similarity of the sets of 5-word shingles of every pair of documents, in
plain Python. To every other document a copy with 1, 2, 3 or 5 % of other words is added. Recall is the share of true
pairs of a range that are found, precision the share of pairs found that have 0.7. Pairs of datatrove are those of its
clusters, as it removes by cluster; ours stand there both as pairs and by group.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dedup_speed import (
    BANDS,
    PERMUTATIONS,
    ROWS,
    ask,
    documents,
    plain,
    planted,
    read,
    signatures_of,
    texts_of,
    versions,
    written,
)

Pair = tuple[int, int]
RANGES = ((0.8, 1.01), (0.75, 0.8), (0.7, 1.01))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="*", type=Path)
    parser.add_argument("--documents", type=int, default=5_000)
    parser.add_argument("--bands", default="16x7,14x8,18x6,22x5", help="settings of ours to try")
    parser.add_argument("--peers", type=Path, default=os.environ.get("RIGHTFUL_PEERS"))
    parser.add_argument("--as", dest="peer", choices=[*PEERS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(PEERS[given.peer](given.path[0])))
        return
    texts = sample(documents(given.path), given.documents)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "documents.parquet", texts)
        truth = brute_force(texts, 0.3)
        size = sum(len(text.encode()) for text in texts)
        counted = ", ".join(
            f"{sum(low <= s < high for s in truth.values()):,} {name(low, high)}" for low, high in RANGES
        )
        print(f"{len(texts):,} documents, {size / 1e6:.1f} MB; true pairs: {counted}\n{versions('numba', 'numpy')}\n")
        print(f"{'':40}{'pairs':>8}" + "".join(f"{'recall ' + name(*r):>17}" for r in RANGES) + f"{'precision':>11}")
        for setting in given.bands.split(","):
            bands, rows = map(int, setting.split("x"))
            pairs, groups = ours(path, bands, rows)
            row(f"ours, {setting}, pairs", pairs, truth)
            row(f"ours, {setting}, groups", groups, truth)
        for peer in PEERS if given.peers else ():
            answer = ask(given.peers, peer, path, script=__file__)
            row(f"{answer['version']}, {answer['what']}", {(a, b) for a, b in answer["pairs"]}, truth)
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def sample(texts: Iterable[str], count: int) -> list[str]:
    """Distinct texts with at least 20 words, of at most 20,000 characters, in an order by chance, and copies of some of them."""
    kept = list(dict.fromkeys(text[:20_000] for text in itertools.islice(texts, 20 * count) if len(text.split()) >= 20))
    random.Random(3).shuffle(kept)
    by_words = {" ".join(re.findall(r"\w+", text.lower())): text for text in planted(kept[: count * 2 // 3], every=2)}
    return list(by_words.values())


def row(label: str, found: set[Pair], truth: dict[Pair, float]) -> None:
    """One line of the table."""
    recalls = []
    for low, high in RANGES:
        true = {pair for pair, similarity in truth.items() if low <= similarity < high}
        recalls.append(len(true & found) / max(len(true), 1))
    right = sum(truth.get(pair, 0) >= 0.7 for pair in found)
    print(f"{label:40}{len(found):8,}" + "".join(f"{r:17.4f}" for r in recalls) + f"{right / max(len(found), 1):11.4f}")


def name(low: float, high: float) -> str:
    return f"J>={low}" if high > 1 else f"{low}-{high}"


def brute_force(texts: list[str], least: float) -> dict[Pair, float]:
    """The similarity of each pair that has at least ``least``."""
    holders, sizes = defaultdict(list), []
    for i, text in enumerate(texts):
        words = re.findall(r"\w+", text.lower())
        shingles = {tuple(words[at : at + 5]) for at in range(max(len(words) - 4, 1))}
        sizes.append(len(shingles))
        for shingle in shingles:
            holders[shingle].append(i)
    common: dict[Pair, int] = defaultdict(int)
    for members in holders.values():
        for pair in itertools.combinations(members, 2):
            common[pair] += 1
    alike = {(a, b): n / (sizes[a] + sizes[b] - n) for (a, b), n in common.items()}
    return {pair: similarity for pair, similarity in alike.items() if similarity >= least}


def ours(path: Path, bands: int, rows: int) -> tuple[set[Pair], set[Pair]]:
    """The verified pairs, and the pairs of members of a group."""
    import pyarrow.parquet as pq

    from rightful.dedup.near import near
    from rightful.dedup.settings import Near

    batches, _ = read(path)
    _, signed = signatures_of(batches)
    with tempfile.TemporaryDirectory() as folder:
        file = signed(batches, Path(folder) / "signatures.parquet")
        result = near([file], [], [], texts_of(batches), Path(folder) / "spill", Near(bands=bands, rows=rows))
        found = pq.read_table(result.pairs, columns=["record_id_a", "record_id_b"]).to_pydict()
        marks = pq.read_table(result.groups, columns=["group_id", "record_id"]).to_pydict()
    pairs = {ordered(int(a, 16), int(b, 16)) for a, b in zip(*found.values(), strict=True)}
    return pairs, inside((group, int(record, 16)) for group, record in zip(*marks.values(), strict=True))


def datasketch_peer(path: Path) -> dict[str, Any]:
    """What its index gives for each document: unverified."""
    import importlib.metadata

    import datasketch
    import xxhash

    texts, _ = plain(path)
    index = datasketch.MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    pairs = []
    for i, text in enumerate(texts):
        words = re.findall(r"\w+", text.lower())
        sketch = datasketch.MinHash(PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")
        sketch.update_batch({" ".join(words[at : at + 5]).encode() for at in range(max(len(words) - 4, 1))})
        pairs += [(other, i) for other in index.query(sketch)]
        index.insert(i, sketch)
    return {"version": f"datasketch {importlib.metadata.version('datasketch')}", "what": "16x7, pairs", "pairs": pairs}


def datatrove_peer(path: Path) -> dict[str, Any]:
    """The clusters of its first three stages, English words: unverified."""
    import importlib.metadata
    import struct

    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    texts, _ = plain(path)
    config = MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS)
    parents = list(range(len(texts)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = i = parents[parents[i]]
        return i

    with tempfile.TemporaryDirectory() as folder:
        rows = (Document(text=text, id=str(i)) for i, text in enumerate(texts))
        MinhashDedupSignature(f"{folder}/sig", config, language="eng").run(rows, 0, 1)
        for bucket in range(BANDS):
            MinhashDedupBuckets(f"{folder}/sig", f"{folder}/dups", config=config).run(None, bucket, BANDS)
        for file in Path(folder, "dups").glob("*.dups"):
            for _, a, _, b in struct.iter_unpack("<4I", file.read_bytes()):
                parents[root(a)] = root(b)
    pairs = sorted(inside((root(i), i) for i in range(len(texts))))
    return {"version": f"datatrove {importlib.metadata.version('datatrove')}", "what": "16x7, clusters", "pairs": pairs}


PEERS: dict[str, Callable[[Path], dict[str, Any]]] = {"datasketch": datasketch_peer, "datatrove": datatrove_peer}


def inside(members: Iterable[tuple[Any, int]]) -> set[Pair]:
    """The pairs of members of one group."""
    groups = defaultdict(list)
    for group, member in members:
        groups[group].append(member)
    return {ordered(*pair) for group in groups.values() for pair in itertools.combinations(group, 2)}


def ordered(one: int, other: int) -> Pair:
    return (min(one, other), max(one, other))


if __name__ == "__main__":
    main()
