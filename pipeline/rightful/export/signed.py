"""Signatures of exports: files beside the manifest, added and never changed. Floor 8.

A signature is of a manifest and of every file that it lists, by their digests, so it holds wherever the folder lies and
whichever name it has. Whoever signs next, or with another key, adds a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.export.manifest import MANIFEST, digest
from rightful.export.signing import SHORT, Checker, Signer
from rightful.notation import dsse
from rightful.notation.json_objects import Twice
from rightful.query.versions import level_of, version_of
from rightful.store.layout import publish

_NAME = re.compile(r"manifest\.x-[0-9a-f]{16}\.[0-9a-f]{16}\.dsse\.json")
_STATED = ("export", "store", "format", "records", "tokens", "snapshot", "as_of", "catalog", "use", "obligations")


def is_signature(name: str) -> bool:
    """True for the name of a file, relative to the folder of an export, that is one of its signatures."""
    return _NAME.fullmatch(name) is not None


def statement_of(manifest: Mapping[str, Any]) -> bytes:
    """What is signed of an export: its manifest and all files by their digests, and the facts that others ask."""
    files = [f for shard in manifest["shards"] for f in shard["files"]] + manifest["files"]
    subjects = [(MANIFEST, digest(manifest)), *((str(f["path"]), str(f["sha256"])) for f in files)]
    facts = {key: manifest.get(key) for key in _STATED}
    facts |= {"version": version_of(manifest), "level": level_of(manifest)}
    facts |= {key: manifest.get(key) for key in ("supersedes", "records_root", "expires_at")}
    return dsse.statement(subjects, dsse.EXPORT, facts)


def sign(folder: Path, manifest: Mapping[str, Any], key: Signer) -> Path:
    """Write the signature of an export beside its manifest. Signing it again with the same key changes nothing.

    Raises :class:`InputError` where another file has its name, or the folder cannot be written.
    """
    path = folder / f"manifest.{manifest['export']}.{key.keyid[:SHORT]}.dsse.json"
    write_once(path, key.envelope(statement_of(manifest)))
    return path


def write_once(path: Path, data: bytes) -> None:
    """Write a file that is added and never changed. Raises :class:`InputError` where another lies there."""
    try:
        if path.exists() or path.is_symlink():
            if path.is_file() and path.read_bytes() == data:
                return
            raise InputError("exists already; what was signed is never overwritten", subject=str(path))
        with publish(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", subject=str(path)) from error


@dataclass(frozen=True, slots=True)
class Beside:
    """A signature that lies beside a manifest. ``wrong``: why it says nothing of it; None where it does, or where no key
    was given to hold it against."""

    file: str
    keyids: tuple[str, ...]
    of_manifest: bool
    is_checked: bool
    wrong: str | None

    def as_json(self) -> dict[str, Any]:
        """As ``verify`` answers."""
        return {
            "file": self.file,
            "keyids": list(self.keyids),
            "of_manifest": self.of_manifest,
            "checked": self.is_checked and self.wrong is None,
            "reason": self.wrong,
        }


def beside(folder: Path, manifest: Mapping[str, Any], key: Checker | None) -> Iterator[Beside]:
    """The signatures in the folder of an export, those of versions before among them, in the order of their names."""
    for path in sorted(folder.glob("manifest.*.dsse.json")):
        if is_signature(path.name):
            yield _held_against(path, manifest, key)


def _held_against(path: Path, manifest: Mapping[str, Any], key: Checker | None) -> Beside:
    try:
        envelope = dsse.opened(dsse.read(path.read_bytes()))
        stated = dsse.stated(envelope.payload)
    except (OSError, ValueError, RecursionError) as error:
        why = str(error) if type(error) in (ValueError, Twice) else "cannot be read"
        return Beside(path.name, (), False, False, f"is no signature: it {why}")
    keyids = tuple(one.keyid for one in envelope.signatures)
    expected = dsse.stated(statement_of(manifest))
    of_manifest = str(manifest["export"]) in path.name
    wrong = None
    if envelope.payload_type != dsse.PAYLOAD_TYPE:
        wrong = "is a signature of something else than a statement"
    elif of_manifest and stated != expected:
        wrong = "is a signature of something else than this manifest"
    elif not of_manifest and stated["predicateType"] != dsse.EXPORT:
        wrong = "is a signature of something else than an export"
    elif key is not None and any(one == key.keyid for one in keyids):
        wrong = key.wrong(envelope)
    is_checked = key is not None and key.keyid in keyids
    return Beside(path.name, keyids, of_manifest, is_checked, wrong)
