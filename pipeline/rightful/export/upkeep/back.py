"""Shards read back, whatever their kind: what each document says of itself, to be held against the index. Floor 8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.export import formats
from rightful.export.formats import text
from rightful.export.papers import tokens_sha256


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it lies in a shard. ``length``: as the index counts it; ``digests``: columns of the index that it
    must have; ``record_id``: None where a shard has no place for it."""

    record_id: str | None
    length: int
    digests: Mapping[str, bytes | None]

    def differs(self, entry: Mapping[str, Any]) -> str | None:
        """In what it differs from its entry of the index; None where it does not."""
        if any(entry[column] != digest for column, digest in self.digests.items()) or entry["length"] != self.length:
            return "is not the one in the index"
        if self.record_id is not None and self.record_id != entry["record_id"]:
            return "names another record than the index"
        return None


def documents(manifest: Mapping[str, Any], data: Path, stem: str) -> Iterator[Document]:
    """The documents of a shard, in order. Raises :class:`DamagedInput` with file and reason."""
    if manifest["format"] == formats.TEXT:
        return _rows(str(manifest["text_as"]), data, stem)
    return _tokens(str(manifest["format"]), data, stem)


def _tokens(name: str, data: Path, stem: str) -> Iterator[Document]:
    form = formats.find(name)
    ids = form.record_ids(data, stem)
    for tokens in form.read(data, stem):
        record = next(ids, None) if ids is not None else None
        yield Document(record, len(tokens), {"tokens_sha256": tokens_sha256(tokens)})


def _rows(name: str, data: Path, stem: str) -> Iterator[Document]:
    for row in text.find(name).read(data, stem):
        yield Document(str(row["record_id"]), 1, text.digests(text.packed(row)))
