"""The manifest: the description of an export that everything else is checked against. Floor 8.

Canonical JSON (sorted keys, UTF-8, one final newline), written last. The id of an export is a digest of its manifest,
so an export cannot be changed and keep its name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rightful.errors import InputError, StoreError
from rightful.query.versions import is_in_memory, newest
from rightful.store.ledger import Ledger

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1


def canonical_json(data: Mapping[str, Any]) -> bytes:
    """The one form in which a manifest is written and digested."""
    return (json.dumps(data, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def export_id(manifest: Mapping[str, Any]) -> str:
    """The id of an export: a digest of its manifest without the id."""
    rest = {k: v for k, v in manifest.items() if k != "export"}
    return "x-" + hashlib.sha256(canonical_json(rest)).hexdigest()[:16]


def digest(manifest: Mapping[str, Any]) -> str:
    """The SHA-256 of a manifest as written, in hex."""
    return hashlib.sha256(canonical_json(manifest)).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in a folder. Raises :class:`InputError` when there is none or it is not one."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError("holds no manifest.json, so it is not an export", subject=str(folder)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", subject=str(path)) from error
    needed = {"export", "format", "use", "shards", "files", "records", "tokens", "tokenizer"}
    if not isinstance(manifest, dict) or not needed <= set(manifest) or not isinstance(manifest["export"], str):
        raise InputError("is not the manifest of an export", subject=str(path))
    return manifest


def find_export(ledger: Ledger, name: str) -> tuple[dict[str, Any] | None, Path]:
    """The registration of an export named by id or folder (None when this ledger has none), and its folder.

    The id of a version that was superseded names the newest one at its place. A folder whose manifest cannot be read is the
    export that was made there. Raises :class:`StoreError` for an id that is not known, :class:`InputError` for a folder
    that is gone or that is no export.
    """
    listed = ledger.exports()
    registered = {e["export"]: e for e in listed}
    if name in registered:
        there_now = newest(listed, name)
        row = registered[name] if there_now is None else dict(there_now.row)
        folder = Path(row["path"])
        if is_in_memory(row["manifest"]):
            raise InputError(
                "was handed over in memory, so that it has no folder",
                subject=str(row["export"]),
                hint=f"what it held: rightful trace {row['export']}",
            )
        if not folder.is_dir():
            raise InputError(
                "is the folder of this export, and is gone", subject=str(folder), hint="name its new folder"
            )
        return row, folder
    folder = Path(name)
    if folder.is_dir():
        there = next((e for e in reversed(registered.values()) if e["path"] == str(folder.resolve())), None)
        try:
            return registered.get(str(read_manifest(folder)["export"])), folder
        except InputError:
            if there is None and not (folder / MANIFEST).exists():
                raise
            return there, folder
    hint = "known: " + ", ".join(list(registered)[-5:]) if registered else "make one with: rightful export OUT ..."
    raise StoreError(f"there is no export {name!r}", hint=hint)
