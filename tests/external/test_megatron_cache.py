"""Runs of Megatron's own loader, offline: what ``trace --megatron-cache`` says that it read is what it read, to the id.

The datasets are built and asked by megatron-core itself, with its own cache. ``RIGHTFUL_TRAINERS`` names a Python that has it
(``make readers``); without one these tests skip.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.unit.shelf import Shelf, wording

pytestmark = pytest.mark.skipif("RIGHTFUL_TRAINERS" not in os.environ, reason="megatron-core is not here: make readers")

SEQ, BATCH, MICRO, RANKS = 128, 8, 2, 2
TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}
BUILT = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import torch
torch.distributed.init_process_group("gloo", rank=0, world_size=1, store=torch.distributed.HashStore())
from megatron.core.datasets.blended_megatron_dataset_builder import BlendedMegatronDatasetBuilder
from megatron.core.datasets.gpt_dataset import GPTDataset, GPTDatasetConfig
cache, length, samples, *prefixes = sys.argv[1:]
class Bytes:
    unique_identifiers = {"class": "bytes"}
    vocab_size, eod, eos, pad, special_tokens_dict = 257, 256, 256, 300, {}
weights = None if len(prefixes) == 1 else [float(n + 1) for n in range(len(prefixes))]
config = GPTDatasetConfig(
    random_seed=11, sequence_length=int(length), blend=(prefixes, weights), split="100,0,0", path_to_cache=cache,
    tokenizer=Bytes(), reset_position_ids=False, reset_attention_mask=False, eod_mask_loss=False,
    create_attention_mask=False,
)
train, _, _ = BlendedMegatronDatasetBuilder(GPTDataset, [int(samples), 0, 0], lambda: True, config).build()
read = [train[n] for n in range(int(samples))]
print(json.dumps([[*one["tokens"].tolist(), int(one["labels"][-1])] for one in read]))
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Texts of many lengths, as an export of documents and one of packed sequences."""
    made = Shelf(tmp_path_factory.mktemp("megatron"))
    made.put("poets", *({"id": f"p{n}", "text": wording(f"tide{n}", words=5 + 7 * n % 60)} for n in range(60)))
    export = made.store.export
    export(made.root / "plain", tokenizer="bytes", format="megatron", shard_tokens=4000, **TRAINING)
    export(made.root / "packed", tokenizer="bytes", format="megatron", seq_len=300, pack="best-fit", **TRAINING)
    return made


def built(cache: Path, samples: int, *prefixes: Path) -> list[list[int]]:
    """The samples of a run, as megatron-core reads them: tokens, and the label of the last."""
    command = [os.environ["RIGHTFUL_TRAINERS"], "-c", BUILT, str(cache), str(SEQ), str(samples), *map(str, prefixes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    read: list[list[int]] = json.loads(done.stdout.splitlines()[-1])
    return read


@pytest.mark.parametrize(("made", "shards", "samples"), [("plain", 1, 200), ("plain", 4, 200), ("packed", 1, 200)])
def test_samples_are_those_that_megatron_reads(
    shelf: Shelf, tmp_path: Path, made: str, shards: int, samples: int
) -> None:
    out = shelf.root / made
    prefixes = [out / "data" / f"shard-{n:05d}" for n in range(shards)]
    read = built(tmp_path / "cache", samples, *prefixes)
    how = {"megatron_cache": tmp_path / "cache", "global_batch_size": BATCH}
    ranks = {"micro_batch_size": MICRO, "data_parallel_size": RANKS}
    traced = shelf.store.trace(out, step=f"1-{samples // BATCH}", limit="none", **how, **ranks)
    index = pq.read_table(out / "index.parquet").to_pylist()
    got: dict[int, list[int]] = {}
    for one in traced["steps"]:
        assert one["step"] == one["sample"] // BATCH + 1
        assert one["rank"] == one["sample"] % (MICRO * RANKS) // MICRO
        for record in one["records"]:
            entry = index[record["document"]]
            assert (entry["record_id"], entry["shard"]) == (record["record"], record["shard"])
            assert entry["first_token"] <= record["start"]
            assert record["start"] + record["length"] <= entry["first_token"] + entry["length"]
            ids = np.fromfile(out / record["shard"], "<u2")[record["start"] : record["start"] + record["length"]]
            got.setdefault(one["sample"], []).extend(ids.tolist())
    eod = 256
    if made == "packed":  # padding belongs to no record; it is the end-of-document token, which records have as well
        read = [[one for one in sample if one != eod] for sample in read]
        got = {n: [one for one in sample if one != eod] for n, sample in got.items()}
    assert [got.get(n, []) for n in range(samples)] == read
    record = traced["steps"][0]["records"][0]["record"]
    steps = {one["step"] for one in traced["steps"] if record in [r["record"] for r in one["records"]]}
    [seen] = shelf.store.trace(record, limit="none", **how)["seen"]
    assert steps <= {n for a, b in seen["ranges"] for n in range(a, b + 1)}
