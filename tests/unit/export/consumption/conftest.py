"""A folder with the two files of an export that a log asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Making = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Making:
    """``export("x-1", ["a", "b", "b"], supersedes="x-0")``: the folder of an export with these records in its index."""

    def make(name: str, records: list[str], folder: str = "out", supersedes: str | None = None) -> Path:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        pq.write_table(pa.table({"record_id": pa.array(records, pa.string())}), place / "index.parquet")
        manifest: dict[str, Any] = dict.fromkeys(("format", "use", "shards", "files", "records", "tokens", "tokenizer"))
        manifest["export"] = name
        if supersedes:
            manifest["supersedes"] = {"export": supersedes, "manifest_sha256": "0" * 64}
        (place / "manifest.json").write_text(json.dumps(manifest))
        return place

    return make
