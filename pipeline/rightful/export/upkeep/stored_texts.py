"""Verify, for an export of texts: what left is the text of its record, and its own form that of its conversation. Floor 8.

The digest of a text that left is that of its record's content, or of the redacted text, which is derived again where
something was taken out. The content of a conversation is its turns beside its text: both are read from the store, and
from the turns is taken what the export says was taken out of the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from rightful.errors import InputError, StoreError
from rightful.export.leaving import runs, whole
from rightful.export.own_form import left_by, own_digest, own_form, redacted
from rightful.export.papers import INDEX_SCHEMA
from rightful.export.redaction import REDACTIONS, REDACTIONS_SCHEMA, Redaction
from rightful.query.exported import INDEX
from rightful.query.versions import HELD
from rightful.readers.talks import MARK
from rightful.stages.pii.redact import Span
from rightful.store.duck import batches, literal, rows, scan
from rightful.store.layout import Layout

Damage = dict[str, str]

_OTHER = "has another text than its record"
_OTHER_TURNS = "has other turns than its record"


def stored_texts(
    con: duckdb.DuckDBPyConnection, layout: Layout, folder: Path, manifest: Mapping[str, Any]
) -> Iterator[Damage]:
    """What is wrong with the texts and own forms that left, at most one sentence per shard.

    ``con`` has the view ``decided``: records that are gone from it are not looked at.
    """
    index = scan([folder / INDEX], INDEX_SCHEMA)
    stated = (manifest.get("own_form") or {}).get("records", 0)
    counted = int(rows(con, f"SELECT count(own_sha256) FROM {index}")[0][0])
    if counted != stated:
        yield {"file": INDEX, "reason": f"has {counted} own forms, and the manifest states {stated}"}
    redaction = None if manifest.get("redaction") is None else Redaction.of_manifest(manifest["redaction"])
    same = redaction is not None and manifest["redaction"]["detector"] == redaction.scan.detector
    check = _Check(layout, redaction, same)
    reported: set[str] = set()
    for batch in batches(con, _looked_at(index, None if redaction is None else folder / REDACTIONS)):
        entries = batch.to_pylist()
        for start, stop in runs([e["part"] for e in entries], [e["n_chars"] for e in entries]):
            for wrong in check(entries[start:stop]):
                if wrong["file"] not in reported:
                    reported.add(wrong["file"])
                    yield wrong


@dataclass(frozen=True, slots=True)
class _Check:
    """Holds some documents, all of one part, against what is stored. ``same``: the scan is that of the export."""

    layout: Layout
    redaction: Redaction | None
    same: bool

    def __call__(self, entries: Sequence[dict[str, Any]]) -> Iterator[Damage]:
        part = self.layout.part("texts", entries[0]["part"])
        try:
            digests = [e["content_sha256"] for e in entries]
            ids, texts, talks, _ = whole(part, np.array([e["row"] for e in entries], np.int64), digests)
        except (StoreError, OSError, pa.ArrowException) as error:
            yield {"file": f"store: {part.name}", "reason": getattr(error, "message", str(error))}
            return
        again: list[dict[str, Any] | None] = [None] * len(ids)
        if self.redaction is not None and self.same:
            again = redacted(talks, texts, self.redaction(texts, ids), self.redaction, ids)
        for entry, text, talk, own in zip(entries, texts, talks, again, strict=True):
            reason = ""
            # A redacted text has its own digest: one that is not that was never what left.
            if entry["doubtful"] and (entry["redactions"] or _sha256(text) != entry["text_sha256"]):
                reason = _OTHER
            elif not self._has_own(entry, text, talk, own):
                reason = _OTHER_TURNS
            if reason:
                yield {"file": entry["shard"], "reason": f"document {entry['document']} {reason}"}

    def _has_own(self, entry: dict[str, Any], text: str, talk: str | None, again: dict[str, Any] | None) -> bool:
        """Whether the own form that left, or that none did, is what the stored conversation gives."""
        left = entry["own_sha256"]
        if talk is None or self.redaction is None:
            return bool(left == own_digest(own_form(talk)))
        if self.same:
            return bool(left == own_digest(again))
        if left is None:  # by another scan than that of today: it stayed behind
            return True
        try:
            spans = [Span(s["types"][0], s["start"], s["stop"]) for s in entry["spans"] or ()]
            return bool(left == own_digest(left_by(spans, talk, text, self.redaction.replacement)))
        except (InputError, IndexError):
            return False


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _looked_at(index: str, redactions: Path | None) -> str:
    """The documents whose text has not the digest of the content, and those that are conversations or say so."""
    doubtful = "i.text_sha256 IS DISTINCT FROM coalesce(i.redacted_sha256, i.content_sha256)"
    spans = "SELECT NULL::VARCHAR AS record_id, NULL AS spans WHERE false"
    if redactions is not None:
        spans = f"""SELECT record_id, list({{'start': start, 'stop': stop, 'types': types}} ORDER BY start) AS spans
            FROM {scan([redactions], REDACTIONS_SCHEMA)} GROUP BY record_id"""
    return f"""SELECT i.document, i.shard, i.content_sha256, i.text_sha256, i.own_sha256, i.redactions,
            {doubtful} AS doubtful, d.part, d.row, d.n_chars, s.spans
        FROM {index} i JOIN decided d ON d.record_id = i.record_id AND d.content_sha256 = i.content_sha256 AND i.{HELD}
        JOIN part_order p ON p.part = d.part LEFT JOIN ({spans}) s ON s.record_id = i.record_id
        WHERE {doubtful} OR i.own_sha256 IS NOT NULL OR contains(d.media_type::VARCHAR, {literal(MARK)})
        ORDER BY p.ordinal, d.row"""
