"""The loader in PyTorch: as tensors, in the worker processes of its ``DataLoader``, and going on in torchdata's ``StatefulDataLoader``.

``make readers`` has both in an environment of their own, whose Python is named by ``RIGHTFUL_TRAINERS``; without one these tests
skip. What rightful needs comes from here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.shelf import Shelf, wording

PYTHON = os.environ.get("RIGHTFUL_TRAINERS", "")
RUN = """
import sys
from itertools import islice
import torch
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader
from rightful import load_shards

out = sys.argv[1]

def opened(**how):
    return load_shards(out, use="train.pretrain", **how)

def dataset(**how):
    return opened(**how).torch_dataset()

def ids(batches):
    return [item.record_id for batch in batches for item in batch]

whole = {item.record_id: item.tokens.tolist() for item in opened()}
tensors = {item.record_id: item.tokens for item in opened(torch=True, workers=2)}
assert {t.dtype for t in tensors.values()} == {torch.int64}
assert {record: t.tolist() for record, t in tensors.items()} == whole

for of in (DataLoader, StatefulDataLoader):
    epochs = []
    ranks = [dataset(rank=rank, world_size=2) for rank in range(2)]
    for epoch in range(2):
        for share in ranks:
            share.set_epoch(epoch)
        epochs.append([ids(of(share, batch_size=3, num_workers=2, collate_fn=list)) for share in ranks])
        assert sorted(sum(epochs[-1], [])) == sorted(whole), epochs[-1]
    assert epochs[0] != epochs[1]

for workers in (0, 2):
    for stop in (0, 1, 2, 5, 9):
        def running():
            return StatefulDataLoader(dataset(), batch_size=3, num_workers=workers, collate_fn=list)
        uninterrupted = ids(running())
        loader = running()
        run = iter(loader)
        seen = ids(islice(run, stop))
        state = loader.state_dict()
        del run
        resumed = running()
        resumed.load_state_dict(state)
        assert seen + ids(resumed) == uninterrupted, (workers, stop)
print("held")
"""


@pytest.mark.skipif(not PYTHON, reason="RIGHTFUL_TRAINERS names no Python that has torch and torchdata")
def test_workers_of_torch_see_each_document_once_and_go_on(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("notes", *[wording(f"n{n}x", words=5 + n % 7) for n in range(41)])
    shelf.store.export(tmp_path / "out", use="train.pretrain", accept="all", tokenizer="bytes", shard_tokens=900)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    ended = subprocess.run(
        [PYTHON, "-c", RUN, str(tmp_path / "out")], capture_output=True, text=True, env=environment, timeout=600
    )
    assert (ended.returncode, ended.stdout) == (0, "held\n"), ended.stderr[-4000:]
