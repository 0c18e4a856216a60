"""The cache of Megatron's own loader, read back: steps name documents by the arrays, and documents their steps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import DamagedInput, InputError
from rightful.export.consumption.megatron import Batches, Cache
from rightful.query.versions import Version

LENGTHS = {"shard-00000": [5, 1, 12, 3, 9], "shard-00001": [7, 7, 2, 20]}
SEQ = 4


def version(**manifest: Any) -> Version:
    """An export of two shards."""
    shards = [{"path": f"data/{stem}.bin"} for stem in LENGTHS]
    return Version(
        "x-1", "/out", 1, None, None, True, {"manifest": {"format": "megatron", "shards": shards, **manifest}}
    )


def index(place: Path) -> Path:
    """The index of that export; ``document`` counts over both shards."""
    rows, document = [], 0
    for stem, lengths in LENGTHS.items():
        start = 0
        for position, length in enumerate(lengths):
            rows.append(
                {
                    "document": document,
                    "shard": f"data/{stem}.bin",
                    "position": position,
                    "first_token": start,
                    "length": length,
                }
            )
            document, start = document + 1, start + length
    pq.write_table(pa.Table.from_pylist(rows), place / "index.parquet")
    return place / "index.parquet"


def dataset(
    place: Path, stem: str, order: list[int], seed: int = 0, **changed: Any
) -> tuple[dict[str, Any], list[list[int]]]:
    """The arrays of one dataset over a shard, and what each number reads: tokens as positions in the shard.

    Written from the description of the arrays, token by token: a sample is SEQ tokens of the documents one after the
    other, and the next one as its label.
    """
    lengths = LENGTHS[stem]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    stream = [(n, offset) for n, document in enumerate(order) for offset in range(lengths[document])]
    samples = (len(stream) - 1) // SEQ
    sample_index = [stream[k * SEQ] for k in range(samples + 1)]
    shuffle = np.random.default_rng(seed).permutation(samples).astype(np.uint32)
    described = {
        "class": "GPTDataset",
        "dataset_path": f"/data/{stem}",
        "num_samples": samples,
        "index_split": "train",
        "sequence_length": SEQ,
    }
    name = hashlib.md5(json.dumps(described, indent=4).encode(), usedforsecurity=False).hexdigest()
    arrays = {
        "document_index": np.array(order, np.int32),
        "sample_index": np.array(sample_index, np.int32),
        "shuffle_index": shuffle,
        **changed,
    }
    for what, array in arrays.items():
        np.save(place / f"{name}-GPTDataset-train-{what}.npy", array)
    (place / f"{name}-GPTDataset-train-description.txt").write_text(json.dumps(described, indent=4))
    tokens = [[int(starts[order[n]] + offset) for n, offset in stream[k * SEQ : (k + 1) * SEQ + 1]] for k in shuffle]
    return described, tokens


def read(cache: Cache, steps: tuple[int, int]) -> dict[int, list[int]]:
    """Sample -> the tokens that the cache says it read."""
    given, tokens = cache.given([steps]), {}
    assert given.sample is not None
    assert given.start is not None
    assert given.length is not None
    for sample, start, length in zip(given.sample.tolist(), given.start.tolist(), given.length.tolist(), strict=True):
        tokens.setdefault(sample, []).extend(range(start, start + length))
    return tokens


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [3, 1, 0, 4, 2, 2, 0, 1, 3, 4], [2]])
def test_samples_are_read_as_the_arrays_say_with_the_label(tmp_path: Path, order: list[int]) -> None:
    _, tokens = dataset(tmp_path, "shard-00000", order)
    cache = Cache(tmp_path, version(), index(tmp_path), Batches(1))
    assert read(cache, (1, len(tokens))) == dict(enumerate(tokens))


def test_documents_lead_back_to_all_their_steps(tmp_path: Path) -> None:
    _, tokens = dataset(tmp_path, "shard-00000", [3, 1, 0, 4, 2, 2, 0, 1, 3, 4], seed=5)
    cache = Cache(tmp_path, version(), index(tmp_path), Batches(2))
    ends = np.cumsum(LENGTHS["shard-00000"])
    for document, (start, stop) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        expected = {n // 2 + 1 for n, of in enumerate(tokens) if any(start <= t < stop for t in of)}
        found = cache.steps_of({"x-1": np.array([document])})
        assert set(found.step.tolist()) == expected
        assert set(found.document.tolist()) == {document}
    assert not len(cache.steps_of({"x-2": np.array([0])}).step)


def test_a_blend_asks_each_dataset_for_its_numbers(tmp_path: Path) -> None:
    first, of_first = dataset(tmp_path, "shard-00000", [0, 1, 2, 3, 4])
    second, of_second = dataset(tmp_path, "shard-00001", [3, 0, 1, 2])
    described = {
        "class": "BlendedDataset",
        "datasets": [first, second],
        "split": "train",
        "weights": [0.5, 0.5],
        "size": 6,
    }
    (tmp_path / "b-BlendedDataset-train-description.txt").write_text(json.dumps(described, indent=4))
    np.save(tmp_path / "b-BlendedDataset-train-dataset_index.npy", np.array([0, 1, 1, 0, 1, 0], np.int16))
    np.save(tmp_path / "b-BlendedDataset-train-dataset_sample_index.npy", np.array([0, 0, 1, 1, 2, 2], np.int64))
    cache = Cache(tmp_path, version(), index(tmp_path), Batches(2, 1, 2))
    expected = [of_first[0], of_second[0], of_second[1], of_first[1], of_second[2], of_first[2]]
    assert read(cache, (1, 3)) == dict(enumerate(expected))
    given = cache.given([(2, 2)])
    assert set(zip(given.step.tolist(), given.rank.tolist(), strict=True)) == {(2, 0), (2, 1)}
    every = cache.given([(1, 3)])
    for document in range(9):
        steps = set(every.step[every.document == document].tolist())
        assert set(cache.steps_of({"x-1": np.array([document])}).step.tolist()) == steps


def test_rows_of_packed_documents_are_sequences(tmp_path: Path) -> None:
    rows = [
        {
            "document": n,
            "shard": "data/shard-00000.bin",
            "position": n,
            "sequence": row,
            "first_token": start,
            "length": length,
        }
        for n, (row, start, length) in enumerate([(0, 0, 3), (0, 3, 2), (1, 6, 6), (2, 12, 1)])
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "index.parquet")
    LENGTHS["shard-00009"] = [6, 6, 6]
    try:
        _, tokens = dataset(tmp_path, "shard-00009", [1, 0, 2])
    finally:
        del LENGTHS["shard-00009"]
    of = version(shards=[{"path": "data/shard-00009.bin"}], sequence={"pack": "best-fit", "seq_len": 6})
    for row in rows:
        row["shard"] = "data/shard-00009.bin"
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "index.parquet")
    padding = {5, *range(13, 18)}
    cache = Cache(tmp_path, of, tmp_path / "index.parquet", Batches(1))
    assert read(cache, (1, len(tokens))) == {
        n: left for n, t in enumerate(tokens) if (left := [i for i in t if i not in padding])
    }
    assert set(cache.steps_of({"x-1": np.array([3])}).document.tolist()) == {3}


def test_a_batch_that_ranks_do_not_divide_is_refused() -> None:
    assert Batches(8, 2, 2).rank(np.arange(8)).tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    for numbers in ((8, 3, 1), (8, 2, 3), (0,), (8, 0, 1), (8, 2)):
        with pytest.raises(InputError):
            Batches(*numbers)


def test_what_is_no_cache_of_that_export_is_said(tmp_path: Path) -> None:
    def cache(**options: Any) -> Cache:
        return Cache(tmp_path, options.pop("of", version()), index(tmp_path), Batches(1), **options)

    with pytest.raises(InputError, match="holds no description"):
        cache()
    dataset(tmp_path, "shard-00000", [0, 1, 2])
    with pytest.raises(InputError, match="not one of"):
        cache(split="testing")
    with pytest.raises(InputError, match="which Megatron's loader does not read"):
        cache(of=version(format="parquet"))
    with pytest.raises(InputError, match="no shard of x-1"):
        cache(of=version(shards=[]))
    with pytest.raises(InputError, match="no iteration"):
        cache().given([(0, 1)])
    with pytest.raises(InputError, match="no iteration"):
        cache().given([(1, 999)])
    dataset(tmp_path, "shard-00001", [0, 1])
    with pytest.raises(InputError, match="holds 2 caches"):
        cache()


Change = Callable[[], dict[str, Any]]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"document_index": np.array([0, 77], np.int32)}, "names sequence 77"),
        ({"shuffle_index": np.array([99, 0, 1, 2, 3], np.uint32)}, "does not have"),
        ({"shuffle_index": np.array([0], np.uint32)}, "by another"),
        ({"sample_index": np.zeros((6, 2))}, "dimensions of float64"),
        ({"sample_index": np.array([[9, 0]] * 6)}, "begin at no document"),
    ],
)
def test_arrays_that_do_not_fit_are_damage(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    dataset(tmp_path, "shard-00000", [0, 1, 2, 3], **changed)
    with pytest.raises((InputError, DamagedInput), match=reason):
        Cache(tmp_path, version(), index(tmp_path), Batches(1))


def test_an_array_that_is_cut_short_or_pickled_is_damage(tmp_path: Path) -> None:
    dataset(tmp_path, "shard-00000", [0, 1, 2])
    [file] = tmp_path.glob("*document_index.npy")
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(DamagedInput, match="cannot be read"):
        Cache(tmp_path, version(), index(tmp_path), Batches(1))
    np.save(file, np.array([{}], object), allow_pickle=True)
    with pytest.raises(DamagedInput, match="cannot be read"):
        Cache(tmp_path, version(), index(tmp_path), Batches(1))
