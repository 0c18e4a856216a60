"""Records, their signature files, and what plain Python says about them."""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rightful.dedup.near import near
from rightful.dedup.settings import SIGNATURES, Near, Result
from rightful.stages.normalize import Normalize
from rightful.stages.signature import Signature

Pair = tuple[str, str]


def signed(path: Path, texts: Mapping[str, str], sources: Mapping[str, str] | None = None) -> Path:
    """A file of the signatures of some records."""
    batch = pa.record_batch({"text": pa.array(texts.values(), pa.large_string())})
    columns = {
        "record_id": pa.array(texts, pa.string()),
        "norm_sha256": Normalize()(batch)["norm_sha256"],
        **Signature()(batch),
        "source_id": pa.array([(sources or {}).get(name) for name in texts], pa.string()).dictionary_encode(),
    }
    pq.write_table(pa.table(columns).cast(SIGNATURES), path, row_group_size=64)
    return path


class Corpus:
    """A store in small: records come in increments, each with signatures and pairs of its own."""

    def __init__(self, folder: Path, settings: Near | None = None, workers: int = 1) -> None:
        self.folder, self.settings, self.workers = folder, settings or Near(), workers
        self.texts: dict[str, str] = {}
        self.signatures: list[Path] = []
        self.pairs: list[Path] = []
        self.asked: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, ids: list[str]) -> Iterator[pa.RecordBatch]:
        """Batches of two, in another order than asked for."""
        self.asked += ids
        for start in range(0, len(ids), 2):
            part = ids[start : start + 2][::-1]
            texts = pa.array([self.texts[name] for name in part], pa.large_string())
            yield pa.record_batch({"record_id": pa.array(part, pa.string()), "text": texts})

    def add(self, texts: Mapping[str, str], sources: Mapping[str, str] | None = None) -> Result:
        self.texts |= texts
        number = len(self.signatures)
        new = signed(self.folder / f"signatures-{number}.parquet", texts, sources)
        result = near(
            [new],
            self.signatures,
            self.pairs,
            self.read,
            self.folder / f"spill-{number}",
            self.settings,
            workers=self.workers,
        )
        self.signatures.append(new)
        self.pairs.append(result.pairs)
        return result

    def all_pairs(self) -> dict[Pair, float]:
        return pairs_of(*self.pairs)


def pairs_of(*paths: Path) -> dict[Pair, float]:
    rows = itertools.chain.from_iterable(pq.read_table(path).to_pylist() for path in paths)
    return {pair(row["record_id_a"], row["record_id_b"]): row["similarity"] for row in rows}


def pair(one: str, other: str) -> Pair:
    return (min(one, other), max(one, other))


def marks(result: Result) -> list[dict[str, Any]]:
    return pq.read_table(result.groups).to_pylist()  # type: ignore[no-any-return]


def groups_of(result: Result) -> set[frozenset[str]]:
    found = defaultdict(set)
    for row in marks(result):
        found[row["group_id"]].add(row["record_id"])
    return {frozenset(members) for members in found.values()}


def sets(texts: Mapping[str, str]) -> dict[str, set[tuple[str, ...]]]:
    """The shingles of texts in scripts with spaces."""
    found = {}
    for name, text in texts.items():
        words = re.findall(r"\w+", text.lower())
        found[name] = {tuple(words[i : i + 5]) for i in range(max(len(words) - 4, min(len(words), 1)))}
    return found


def brute_force(texts: Mapping[str, str], threshold: float) -> dict[Pair, float]:
    """The similarity of every pair of texts that has at least the threshold."""
    shingles = sets(texts)
    holders = defaultdict(list)
    for name, own in shingles.items():
        for shingle in own:
            holders[shingle].append(name)
    common: dict[Pair, int] = defaultdict(int)
    for names in holders.values():
        for one, other in itertools.combinations(sorted(names), 2):
            common[one, other] += 1
    alike = {p: n / (len(shingles[p[0]]) + len(shingles[p[1]]) - n) for p, n in common.items()}
    return {p: similarity for p, similarity in alike.items() if similarity >= threshold}


def edited(chance: random.Random, words: Sequence[str], edits: int) -> list[str]:
    """The words with some of them replaced."""
    result = list(words)
    for at in chance.sample(range(len(result)), edits):
        result[at] = f"edit{chance.randrange(10**6)}"
    return result


def families(seed: int, count: int, members: int, length: int = 120) -> dict[str, str]:
    """Texts of which some are edited copies of others, more or less so, in no order."""
    chance = random.Random(seed)
    vocabulary = [f"word{i}" for i in range(2_000)]
    texts = []
    for _ in range(count):
        first = chance.choices(vocabulary, k=chance.randint(length // 2, length))
        texts += [
            " ".join(edited(chance, first, chance.randint(0, len(first) // 25)))
            for _ in range(chance.randint(1, members))
        ]
    texts = sorted(set(texts))
    chance.shuffle(texts)
    return {f"r{i:05}": text for i, text in enumerate(texts)}


def in_parts(texts: Mapping[str, str], parts: int) -> Iterable[dict[str, str]]:
    names = list(texts)
    size = -(-len(names) // parts)
    for start in range(0, len(names), size):
        yield {name: texts[name] for name in names[start : start + size]}
