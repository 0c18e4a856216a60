"""What the processes of these tests do: one function a verb, with plain arguments and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.crash.corpus import USE, WITHDRAWAL, open_store


def ingest(root: Path, folder: Path, workers: int = 1) -> dict[str, Any]:
    """The counts of an ingest."""
    return open_store(root).ingest([folder], workers=workers)


def withdraw(root: Path) -> list[dict[str, Any]]:
    """A withdrawal of what one host has."""
    return open_store(root).consent([WITHDRAWAL])


def export(root: Path, out: Path, workers: int = 1, seed: int | None = None) -> dict[str, Any]:
    """The manifest of an export in shards of a few documents."""
    return open_store(root).export(
        out, **USE, tokenizer="bytes", format="parquet", shard_tokens=400, seed=seed, workers=workers
    )
