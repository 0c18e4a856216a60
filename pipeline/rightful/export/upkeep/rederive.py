"""Verify, for an export with redaction: make every redacted text anew from the store. Floor 8.

The stored text, the spans that the export names and its replacement must give the digest of the index, and the tokens
of it those of the index, which the shards have been held against. Where the scan is the one that the export was made
with, to the version of its lists, it must find these spans and no others; another one may rightly differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
    for batch in batches(con, _entries(index, spans)):
        entries = batch.to_pylist()
        for start, stop in runs([e["part"] for e in entries], [e["n_chars"] for e in entries]):
            for wrong in check(layout, entries[start:stop]):
                if wrong["file"] not in reported:
                    reported.add(wrong["file"])
                    yield wrong


@dataclass(slots=True)
class _Check:
    """Holds some documents, all of one part, against their stored texts."""

    redaction: Redaction
    detector: str
    encoder: Encoder | None

    def __call__(self, layout: Layout, entries: Sequence[dict[str, Any]]) -> Iterator[Damage]:
        part = layout.part("texts", entries[0]["part"])
        try:
            digests = [e["content_sha256"] for e in entries]
            ids, texts = stored(part, np.array([e["row"] for e in entries], np.int64), digests)
        except (StoreError, OSError, pa.ArrowException) as error:
            yield {"file": f"store: {part.name}", "reason": getattr(error, "message", str(error))}
            return
        today = self.redaction(texts, ids) if self.detector == self.redaction.scan.detector else None
        for i, (entry, text) in enumerate(zip(entries, texts, strict=True)):
            exported = self._exported(entry, text)
            if exported is None or (today is not None and today[i].replaced != exported.replaced):
                where = f"document {entry['document']} {_NOT_MEANT}"
                yield {"file": entry["shard"], "reason": where}

    def _exported(self, entry: dict[str, Any], text: str) -> Redacted | None:
        """The text that left, by what the export says of it; None where that does not agree with itself."""
        replaced = tuple(Replaced(**{**s, "types": tuple(s["types"])}) for s in entry["spans"] or ())
        try:
            done = redact(text, [Span(r.types[0], r.start, r.stop) for r in replaced], self.redaction.replacement)
        except (InputError, IndexError):
            return None
        places = [r[:4] for r in done.replaced] == [r[:4] for r in replaced]
        digest = hashlib.sha256(done.text.encode()).digest() if replaced else entry["content_sha256"]
        if not places or (len(replaced), digest) != (entry["redactions"], entry["redacted_sha256"]):
            return None
        if replaced and self.encoder is not None:
            ids = self.encoder.encode_batch([done.text])[0]
            if tokens_sha256(piece(np.append(ids, self.encoder.eod), entry)) != entry["tokens_sha256"]:
                return None
        return Redacted(done.text, replaced)


def _entries(index: str, spans: str) -> str:
    return f"""SELECT i.document, i.shard, d.part, d.row, d.n_chars, i.content_sha256, i.redacted_sha256, i.redactions,
            i.tokens_sha256, i.document_start, i.length, s.spans
        FROM {index} i JOIN decided d ON d.record_id = i.record_id AND d.content_sha256 = i.content_sha256 AND i.{HELD}
        JOIN part_order p ON p.part = d.part
        LEFT JOIN (SELECT record_id, list({{'start': start, 'stop': stop, 'new_start': new_start,
            'new_stop': new_stop, 'types': types}} ORDER BY start) AS spans FROM {spans} GROUP BY record_id) s
            ON s.record_id = i.record_id
        ORDER BY p.ordinal, d.row"""


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
