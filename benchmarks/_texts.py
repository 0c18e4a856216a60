"""Texts to measure with, from files or folders: shared by the benchmarks. Needs the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

BATCH_CHARS = 4 << 20
"""About so many characters an export encodes at once."""


def documents(paths: list[Path]) -> Iterator[str]:
    """The texts of files or of the files of folders, in the order of their names; what is no text is passed over."""
    for path in paths:
        for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            if file.suffix == ".jsonl":
                with file.open(encoding="utf-8") as lines:
                    yield from filter(None, (json.loads(line).get("text") for line in lines))
                continue
            try:
                text = file.read_text(encoding="utf-8")
            except (UnicodeDecodeError, OSError):
                continue
            if "\0" not in text and text.strip():
                yield text


def take(texts: Iterable[str], limit: int) -> Iterator[str]:
    """Texts until they have so many bytes."""
    size = 0
    for text in texts:
        if size >= limit:
            return
        size += len(text.encode())
        yield text


def in_batches(texts: list[str]) -> Iterator[list[str]]:
    """Batches of about the size that an export uses."""
    batch: list[str] = []
    chars = 0
    for text in texts:
        batch.append(text)
        chars += len(text)
        if chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch
