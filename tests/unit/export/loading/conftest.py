from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rightful.export import formats
from tests.unit.shelf import Shelf, wording

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
RECORDS = 37


@pytest.fixture(scope="session")
def shelf_of_notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few dozen records of different lengths, exported in every format of tokens in a few shards: ``NAME/out``."""
    root = tmp_path_factory.mktemp("notes")
    shelf = Shelf(root)
    shelf.put("notes", *[wording(f"n{n}x", words=5 + n * 7 % 40) for n in range(RECORDS)])
    for name in formats.of_tokens():
        shelf.store.export(root / name, **USE, format=name, tokenizer="bytes", shard_tokens=1500)
    for pack in ("concat", "best-fit"):
        packed = {"seq_len": 200, "pack": pack, "shard_tokens": 1500, "tokenizer": "bytes"}
        shelf.store.export(root / pack, **USE, format="bin" if pack == "concat" else "parquet", **packed)
    return root


@pytest.fixture
def shelf(shelf_of_notes: Path, tmp_path: Path) -> Shelf:
    """The same for one test, which changes it."""
    made = Shelf(Path(shutil.copytree(shelf_of_notes, tmp_path / "notes")))
    made.minutes = 100
    return made


@pytest.fixture
def texts(shelf_of_notes: Path) -> dict[str, bytes]:
    """The text of every record."""
    rows = Shelf(shelf_of_notes).store.sql("SELECT record_id, text FROM texts")
    return {row["record_id"]: row["text"].encode() for row in rows}


def manifest_of(out: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    return manifest
