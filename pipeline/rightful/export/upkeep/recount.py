"""Verify, for an export with characters that its tokenizer could not write: encode the texts anew. Floor 8.

What the index says was lost must add up to what the manifest says. Where losses were to be counted, every stored text is
encoded again as it left: its tokens must be those of the index, and as many of its characters lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from rightful.errors import InputError, StoreError
from rightful.export.leaving import stored
from rightful.export.papers import INDEX_SCHEMA, tokens_sha256
from rightful.export.redaction import REDACTIONS, REDACTIONS_SCHEMA
from rightful.export.tokens.encoders import Encoder, written
from rightful.export.upkeep.rederive import by_text, piece
from rightful.notation.shown import counted
from rightful.query.exported import INDEX
from rightful.query.versions import HELD
from rightful.stages.pii.redact import Span, redact
from rightful.store.duck import batches, rows, scan
from rightful.store.layout import Layout

Damage = dict[str, str]


def recount(
    con: duckdb.DuckDBPyConnection, layout: Layout, folder: Path, manifest: dict[str, Any], encoder: Encoder | None
) -> Iterator[Damage]:
    """What is wrong with the losses that an export states, at most one sentence per shard.

    ``con`` has the view ``decided``: records that are gone from it are not looked at. ``encoder``: that of the export,
    None where losses were an error, or its tokenizer is not whole. An export of an earlier version states nothing.
    """
    if "lost" not in manifest:
        return
    index = scan([folder / INDEX], INDEX_SCHEMA)
    stated = (manifest["lost"], manifest["lost_records"])
    each = f"(SELECT DISTINCT record_id, lost FROM {index})"
    query = f"SELECT coalesce(sum(lost), 0), count(*) FILTER (lost > 0), count(*) FILTER (lost IS NULL) FROM {each}"
    chars, records, silent = rows(con, query)[0]
    if (int(chars), records) != stated or silent:
        yield {
            "file": INDEX,
            "reason": f"states other losses than the manifest: {counted(chars, 'character')} of {counted(records, 'record')}",
        }
    if encoder is None:
        return
    replacement = manifest["redaction"]["replacement"] if manifest.get("redaction") else None
    wrong: set[str] = set()
    for texts in by_text(batches(con, _entries(index, None if replacement is None else folder / REDACTIONS))):
        for damage in _again(layout, texts, replacement, encoder):
            if damage["file"] not in wrong:
                wrong.add(damage["file"])
                yield damage


def _again(
    layout: Layout, documents: Sequence[Sequence[dict[str, Any]]], replacement: str | None, encoder: Encoder
) -> Iterator[Damage]:
    """Documents of one part, encoded again, each once, in however many pieces it left."""
    entries = [pieces[0] for pieces in documents]
    part = layout.part("texts", entries[0]["part"])
    try:
        digests = [e["content_sha256"] for e in entries]
        _, texts = stored(part, np.array([e["row"] for e in entries], np.int64), digests)
    except (StoreError, OSError, pa.ArrowException) as error:
        yield {"file": f"store: {part.name}", "reason": getattr(error, "message", str(error))}
        return
    try:
        left = [_left(text, e["spans"], replacement) for text, e in zip(texts, entries, strict=True)]
        ids, losses = written(encoder, left)
    except (InputError, IndexError) as error:
        yield {"file": entries[0]["shard"], "reason": f"cannot be encoded again: {getattr(error, 'message', error)}"}
        return
    for pieces, of, loss in zip(documents, ids, losses, strict=True):
        whole = np.append(of, encoder.eod)
        for entry in pieces:
            document = f"document {entry['document']}"
            if tokens_sha256(piece(whole, entry)) != entry["tokens_sha256"]:
                yield {"file": entry["shard"], "reason": f"{document} has other tokens than its stored text gives"}
            elif loss.chars != entry["lost"]:
                lost = counted(loss.chars, "character")
                yield {
                    "file": INDEX,
                    "reason": f"{document} lost {lost} of its text, and the index states {entry['lost']}",
                }


def _left(text: str, spans: Sequence[dict[str, Any]] | None, replacement: str | None) -> str:
    """A stored text as it left."""
    if replacement is None or not spans:
        return text
    return redact(text, [Span(s["types"][0], s["start"], s["stop"]) for s in spans], replacement).text


def _entries(index: str, redactions: Path | None) -> str:
    spans = "SELECT NULL::VARCHAR AS record_id, NULL AS spans WHERE false"
    if redactions is not None:
        taken = scan([redactions], REDACTIONS_SCHEMA)
        spans = f"""SELECT record_id, list({{'start': start, 'stop': stop, 'types': types}} ORDER BY start) AS spans
            FROM {taken} GROUP BY record_id"""
    return f"""SELECT i.document, i.shard, i.lost, i.content_sha256, i.tokens_sha256,
            i.document_start, i.length, d.part, d.row, d.n_chars,
            CASE WHEN row_number() OVER (PARTITION BY p.ordinal, d.row ORDER BY i.document) = 1 THEN s.spans END AS spans
        FROM {index} i JOIN decided d ON d.record_id = i.record_id AND d.content_sha256 = i.content_sha256 AND i.{HELD}
        JOIN part_order p ON p.part = d.part LEFT JOIN ({spans}) s ON s.record_id = i.record_id
        ORDER BY p.ordinal, d.row, i.document"""
