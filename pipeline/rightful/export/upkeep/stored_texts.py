"""Verify, for an export of texts: what left is the text of its record. Floor 8.

The digest of a text that left is that of its record's content, or of the redacted text, which is derived again where
something was taken out. The content of a conversation is its turns beside its text: that text is read from the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from rightful.errors import StoreError
from rightful.export.leaving import runs, stored
from rightful.export.papers import INDEX_SCHEMA
from rightful.query.exported import INDEX
from rightful.store.duck import batches, scan
from rightful.store.layout import Layout

Damage = dict[str, str]

_OTHER = "has another text than its record"


def stored_texts(con: duckdb.DuckDBPyConnection, layout: Layout, folder: Path) -> Iterator[Damage]:
    """What is wrong with the texts that left, at most one sentence per shard.

    ``con`` has the view ``decided``: records that are gone from it are not looked at.
    """
    reported: set[str] = set()
    for batch in batches(con, _doubtful(scan([folder / INDEX], INDEX_SCHEMA))):
        entries = batch.to_pylist()
        for start, stop in runs([e["part"] for e in entries], [e["n_chars"] for e in entries]):
            for wrong in _held_against(layout, entries[start:stop]):
                if wrong["file"] not in reported:
                    reported.add(wrong["file"])
                    yield wrong


def _held_against(layout: Layout, entries: Sequence[dict[str, Any]]) -> Iterator[Damage]:
    """Documents of one part."""
    part = layout.part("texts", entries[0]["part"])
    try:
        digests = [e["content_sha256"] for e in entries]
        _, texts = stored(part, np.array([e["row"] for e in entries], np.int64), digests)
    except (StoreError, OSError, pa.ArrowException) as error:
        yield {"file": f"store: {part.name}", "reason": getattr(error, "message", str(error))}
        return
    for entry, text in zip(entries, texts, strict=True):
        # A redacted text has its own digest: one that is not that was never what left.
        if entry["redactions"] or hashlib.sha256(text.encode()).digest() != entry["text_sha256"]:
            yield {"file": entry["shard"], "reason": f"document {entry['document']} {_OTHER}"}


def _doubtful(index: str) -> str:
    """The documents whose text has not the digest of the content."""
    return f"""SELECT i.document, i.shard, i.content_sha256, i.text_sha256, i.redactions, d.part, d.row, d.n_chars
        FROM {index} i JOIN decided d ON d.record_id = i.record_id AND d.content_sha256 = i.content_sha256
        JOIN part_order p ON p.part = d.part
        WHERE i.text_sha256 IS DISTINCT FROM coalesce(i.redacted_sha256, i.content_sha256) ORDER BY p.ordinal, d.row"""
