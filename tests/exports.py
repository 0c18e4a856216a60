"""Exports as somebody would leave them who changed their files and covered it up."""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful import Store
from rightful.export.manifest import MANIFEST, canonical_json, digest, export_id
from rightful.store.ledger import Ledger


def register(store: Store, out: Path, manifest: dict[str, Any], now: datetime) -> None:
    """Give an export this manifest, with the digests that its files have now, in its folder and in the ledger."""
    for file in [*manifest["files"], *(part for shard in manifest["shards"] for part in (*shard["files"], shard))]:
        file["sha256"] = hashlib.sha256((out / file["path"]).read_bytes()).hexdigest()
    manifest["export"] = export_id(manifest)
    (out / MANIFEST).write_bytes(canonical_json(manifest))
    with (
        contextlib.closing(Ledger.open(store.layout.ledger)) as ledger,
        ledger.commit("export", manifest["export"], now) as commit,
    ):
        commit.add_export(manifest["export"], str(out), digest(manifest), manifest)


def manifest_of(out: Path) -> dict[str, Any]:
    """The manifest in the folder of an export."""
    manifest: dict[str, Any] = json.loads((out / MANIFEST).read_bytes())
    return manifest
