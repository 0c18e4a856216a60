"""Verify, for an export with redaction: make every redacted text anew from the store. Floor 8.

The stored text, the spans that the export names and its replacement must give the digest of the index, and the tokens
of it those of the index, which the shards have been held against. Where the scan is the one that the export was made
with, to the version of its lists, it must find these spans and no others; another one may rightly differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import InputError, StoreError
from rightful.export.leaving import runs, stored
from rightful.export.papers import INDEX_SCHEMA, tokens_sha256
from rightful.export.redaction import REDACTIONS, REDACTIONS_SCHEMA, Redaction
from rightful.export.tokens.encoders import Encoder
from rightful.export.tokens.encoding import BYTES, Spec, encoder_of
from rightful.query.exported import INDEX
from rightful.query.versions import HELD
from rightful.stages.pii.redact import Redacted, Replaced, Span, redact
from rightful.store.duck import batches, rows, scan
from rightful.store.layout import Layout

_NOT_MEANT = "is not the stored text without its personal data"

Damage = dict[str, str]


def rederive(
    con: duckdb.DuckDBPyConnection, layout: Layout, folder: Path, manifest: dict[str, Any], *, tokens: bool
) -> Iterator[Damage]:
    """What is wrong with the redaction of an export, at most one sentence per shard.

    ``con`` has the view ``decided``: records that are gone from it are not looked at. ``tokens``: tokenize as well,
    which needs a tokenizer that is whole.
    """
    redaction = manifest["redaction"]
    index, spans = scan([folder / INDEX], INDEX_SCHEMA), scan([folder / REDACTIONS], REDACTIONS_SCHEMA)
    strays = (
        f"SELECT count(*) FROM {spans} ANTI JOIN (SELECT record_id FROM {index} WHERE redactions > 0) USING (record_id)"
    )
    counted = f"SELECT type, count(*) FROM (SELECT unnest(types) AS type FROM {spans}) GROUP BY ALL"
    if rows(con, strays)[0][0] or dict(rows(con, counted)) != redaction["spans"]:
        yield {"file": REDACTIONS, "reason": "does not have the spans that index and manifest say"}
    reported: set[str] = set()
    check = _Check(
        Redaction.of_manifest(redaction), redaction["detector"], encoder_in(folder, manifest) if tokens else None
    )
    for texts in by_text(batches(con, _entries(index, spans))):
        for wrong in check(layout, texts):
            if wrong["file"] not in reported:
                reported.add(wrong["file"])
                yield wrong


@dataclass(slots=True)
class _Check:
    """Holds some documents, all of one part, against their stored texts; each is made anew once, in however many pieces it left."""

    redaction: Redaction
    detector: str
    encoder: Encoder | None

    def __call__(self, layout: Layout, documents: Sequence[Sequence[dict[str, Any]]]) -> Iterator[Damage]:
        entries = [pieces[0] for pieces in documents]
        part = layout.part("texts", entries[0]["part"])
        try:
            digests = [e["content_sha256"] for e in entries]
            ids, texts = stored(part, np.array([e["row"] for e in entries], np.int64), digests)
        except (StoreError, OSError, pa.ArrowException) as error:
            yield {"file": f"store: {part.name}", "reason": getattr(error, "message", str(error))}
            return
        today = self.redaction(texts, ids) if self.detector == self.redaction.scan.detector else None
        for i, (pieces, text) in enumerate(zip(documents, texts, strict=True)):
            left = self._left(pieces[0], text)
            differs = left is None or (today is not None and today[i].replaced != left.replaced)
            ids_left = None if left is None else self._ids(left)
            for entry in pieces:
                if left is None or differs or not _agrees(entry, left, ids_left):
                    where = f"document {entry['document']} {_NOT_MEANT}"
                    yield {"file": entry["shard"], "reason": where}

    def _left(self, entry: dict[str, Any], text: str) -> Redacted | None:
        """The text that left, by the spans that the export names; None where they are not of this text."""
        replaced = tuple(Replaced(**{**s, "types": tuple(s["types"])}) for s in entry["spans"] or ())
        try:
            done = redact(text, [Span(r.types[0], r.start, r.stop) for r in replaced], self.redaction.replacement)
        except (InputError, IndexError):
            return None
        places = [r[:4] for r in done.replaced] == [r[:4] for r in replaced]
        return Redacted(done.text, replaced) if places else None

    def _ids(self, left: Redacted) -> npt.NDArray[Any] | None:
        """The ids of a text of which something was taken out; None where nothing was, or there is no tokenizer."""
        if not left.replaced or self.encoder is None:
            return None
        return np.append(self.encoder.encode_batch([left.text])[0], self.encoder.eod)


def _agrees(entry: dict[str, Any], left: Redacted, ids: npt.NDArray[Any] | None) -> bool:
    """Whether a row of the index says of a text that left what it is."""
    digest = hashlib.sha256(left.text.encode()).digest() if left.replaced else entry["content_sha256"]
    if (len(left.replaced), digest) != (entry["redactions"], entry["redacted_sha256"]):
        return False
    return ids is None or tokens_sha256(piece(ids, entry)) == entry["tokens_sha256"]


def by_text(of: Iterable[pa.RecordBatch]) -> Iterator[list[list[dict[str, Any]]]]:
    """The rows of batches, those of one stored text together, in lists of texts of one part that are read at once.

    A document that was cut has a row for each piece, or repetition. They stand behind one another, and columns of their
    text (``part``, ``row``, ``n_chars``, ``spans``) are looked at in the first of them alone.
    """
    waiting: list[list[dict[str, Any]]] = []

    def together(texts: list[list[dict[str, Any]]]) -> Iterator[list[list[dict[str, Any]]]]:
        for start, stop in runs([t[0]["part"] for t in texts], [t[0]["n_chars"] for t in texts]):
            yield texts[start:stop]

    for batch in of:
        for entry in batch.to_pylist():
            if waiting and (entry["part"], entry["row"]) == (waiting[-1][0]["part"], waiting[-1][0]["row"]):
                waiting[-1].append(entry)
            else:
                waiting.append([entry])
        yield from together(waiting[:-1])  # the last may go on in the next batch
        waiting = waiting[-1:]
    yield from together(waiting)


def _entries(index: str, spans: str) -> str:
    return f"""SELECT i.document, i.shard, d.part, d.row, d.n_chars, i.content_sha256, i.redacted_sha256, i.redactions,
            i.tokens_sha256, i.document_start, i.length,
            CASE WHEN row_number() OVER (PARTITION BY p.ordinal, d.row ORDER BY i.document) = 1 THEN s.spans END AS spans
        FROM {index} i JOIN decided d ON d.record_id = i.record_id AND d.content_sha256 = i.content_sha256 AND i.{HELD}
        JOIN part_order p ON p.part = d.part
        LEFT JOIN (SELECT record_id, list({{'start': start, 'stop': stop, 'new_start': new_start,
            'new_stop': new_stop, 'types': types}} ORDER BY start) AS spans FROM {spans} GROUP BY record_id) s
            ON s.record_id = i.record_id
        ORDER BY p.ordinal, d.row, i.document"""


def piece(tokens: npt.NDArray[Any], entry: Mapping[str, Any]) -> npt.NDArray[Any]:
    """Those of a document's ids that an entry of the index is of; all of them in one of an earlier version."""
    start = entry["document_start"] or 0
    return tokens[start : start + entry["length"]]


def encoder_in(folder: Path, manifest: dict[str, Any]) -> Encoder:
    """The encoder of an export, from its own folder."""
    tokenizer = manifest["tokenizer"]
    return encoder_of(
        Spec(BYTES) if tokenizer["path"] is None else Spec(str(folder / tokenizer["path"]), tokenizer["eod_token"])
    )
