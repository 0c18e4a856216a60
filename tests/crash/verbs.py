"""What the processes of these tests do: one function a verb, with plain arguments and answers."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import rightful.engine
import rightful.ingest.work
from rightful.export import swap
from rightful.ingest.staged import Done
from rightful.ingest.tagging import Task, process
from tests import kernels
from tests.crash.corpus import USE, WITHDRAWAL, open_store

kernels.load()  # once, where the processes are forked from


def ingest(root: Path, folder: Path, workers: int = 1) -> dict[str, Any]:
    """The counts of an ingest; several workers are started, however little there is to do."""
    with patch.object(rightful.engine, "PAYS_BYTES", 0):
        return open_store(root).ingest([folder], workers=workers)


def withdraw(root: Path) -> list[dict[str, Any]]:
    """A withdrawal of what one host has."""
    return open_store(root).consent.record([WITHDRAWAL])


def compact(root: Path, wait: float = 60.0) -> dict[str, Any]:
    """The answer of a compaction."""
    return open_store(root).compact(wait=wait)


def tag(root: Path, workers: int = 1) -> dict[str, Any]:
    """The answer of a run of the stages with other settings."""
    return open_store(root).tag(recipe="web-en", workers=workers)


def export(root: Path, out: Path, workers: int = 1, seed: int | None = None) -> dict[str, Any]:
    """The manifest of an export in shards of a few documents."""
    return open_store(root).export(
        out, **USE, tokenizer="bytes", format="parquet", shard_tokens=400, seed=seed, workers=workers
    )


def export_texts(root: Path, out: Path, workers: int = 1, seed: int | None = None) -> dict[str, Any]:
    """The manifest of an export of texts in shards of a few rows."""
    return open_store(root).export(out, **USE, format="text", shard_bytes=1500, seed=seed, workers=workers)


def redact(root: Path, out: Path, level: str = "rewrite") -> dict[str, Any]:
    """A repair of an export, which may be a copy that lies elsewhere."""
    return open_store(root).redact(out, level=level).as_json()


def redact_without_exchange(root: Path, out: Path, level: str = "rewrite") -> dict[str, Any]:
    """The same on a file system in which two names cannot be exchanged in one step."""
    swap._in_one_step = lambda one, other: False
    return redact(root, out, level)


POISON = "poison.jsonl"


def ingest_with_a_death(root: Path, folder: Path, workers: int) -> dict[str, Any]:
    """An ingest in which the worker that holds the poisoned file is killed, once."""
    rightful.ingest.work.process = _dies_once
    return ingest(root, folder, workers)


def ingest_with_a_killer(root: Path, folder: Path, workers: int) -> dict[str, Any]:
    """An ingest in which the poisoned file always kills the worker that holds it."""
    rightful.ingest.work.process = _dies
    return ingest(root, folder, workers)


def _dies_once(task: Task) -> Done:
    flag = task.folder.parent.parent / ".died"
    if task.item.files[0].name == POISON and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return process(task)


def _dies(task: Task) -> Done:
    if task.item.files[0].name == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return process(task)


def ingest_under(root: Path, folder: Path, mask: int) -> dict[str, Any]:
    """An ingest by somebody with this umask."""
    os.umask(mask)
    return ingest(root, folder)


def event_import(root: Path, file: Path) -> dict[str, Any]:
    """The events of a file in one commit."""
    return open_store(root).consent.import_(file)
