"""What the processes of ``tests.crash.loader`` do: each is a rank that takes documents and saves states as it goes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from rightful import load_shards
from rightful.export.loading import Loader, shuffling

# Windows of a few documents, as an export has them that is a million times as large.
shuffling.BLOCK_TOKENS, shuffling.BLOCKS = 4000, 4


def opened(out: Path, rank: int, world: int, workers: int, how: dict[str, Any], state: dict[str, Any] | None) -> Loader:
    """The loader of a rank, where a state was saved."""
    loader = load_shards(out, use="train.pretrain", rank=rank, world_size=world, workers=workers, **how)
    if state is not None:
        loader.load_state_dict(state)
    return loader


def train(
    out: Path,
    rank: int,
    world: int,
    workers: int,
    how: dict[str, Any],
    state: dict[str, Any] | None,
    folder: Path,
    every: int,
) -> None:
    """Take documents until the end of the pass or of the process; every so many steps save the state and what came before."""
    loader, taken, step = opened(out, rank, world, workers, how, state), [], 0
    for step, document in enumerate(loader, 1):
        taken.append(document.record_id)
        if step % every == 0:
            _save(folder / f"{rank}-{step}.json", loader, taken)
        time.sleep(0.0003)
    _save(folder / f"{rank}-end.json", loader, taken)


def _save(path: Path, loader: Loader, taken: list[str]) -> None:
    """A file that exists is whole."""
    path.with_suffix(".part").write_text(json.dumps({"state": loader.state_dict(), "taken": taken}))
    path.with_suffix(".part").rename(path)
