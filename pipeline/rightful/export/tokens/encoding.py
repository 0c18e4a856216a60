"""Texts of chosen records -> a spool of tokens, with workers. Floor 8.

The plan is a list of batches, each some rows of one part in their order; workers encode them, the driver appends in
the order of the plan, so the spool is the same for any number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import InputError, StoreError
from rightful.export.redaction import Outcome, Redaction
from rightful.export.tokens.encoders import (
    UNWRITABLE_HINT,
    Encoder,
    bytes_encoder,
    cannot_write,
    load,
    unknown_token,
    written,
)
from rightful.export.tokens.gigatoken import HF, Gigatoken, compared, gigatoken
from rightful.export.tokens.unwritable import ERROR
from rightful.notation.contents import content_digest
from rightful.notation.shown import counted
from rightful.store.chain import REMEDY
from rightful.store.parquet import opened
from rightful.store.records import TEXTS

BATCH_CHARS = 4 << 20
BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Spec:
    """Which encoder, in a form that travels to workers: ``bytes``, or a tokenizer file with its end of document.

    ``backend`` says by what it is applied: ``hf``, or one of :mod:`rightful.export.tokens.gigatoken` that fits.
    """

    path: str
    eod: str | None = None
    backend: str = HF


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows (ascending) of the texts of one part, with the content digests that they must have."""

    texts: Path
    rows: npt.NDArray[np.int64]
    digests: tuple[bytes, ...]
    spec: Spec
    redaction: Redaction | None = None
    on_unencodable: str = ERROR


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of a batch, each document with its end-of-document token, and their lengths.

    ``lost``: how many characters of each text no token stands for. ``unknown``: how many tokens are the unknown one.
    """

    tokens: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.int64]
    outcome: Outcome | None
    lost: npt.NDArray[np.int64]
    unknown: int


def runs(parts: Sequence[str], n_chars: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Start and stop of runs of records that lie in one part, about :data:`BATCH_CHARS` characters each."""
    start = size = 0
    for i in range(len(parts)):
        if i > start and (parts[i] != parts[start] or size >= BATCH_CHARS):
            yield start, i
            start, size = i, 0
        size += int(n_chars[i])
    if parts:
        yield start, len(parts)


@lru_cache(maxsize=3)
def encoder_of(spec: Spec) -> Encoder:
    """The encoder of a spec; loaded once a process."""
    if spec.backend != HF:
        return gigatoken(encoder_of(replace(spec, backend=HF)))
    return bytes_encoder() if spec.path == BYTES else load(Path(spec.path), spec.eod)


def encode(batch: Batch) -> Encoded:
    """The tokens of a batch.

    Raises :class:`StoreError` when a stored text is not what its record says, :class:`gigatoken.Differs` when a backend is
    not what its reference says, :class:`InputError` for a text that the encoder cannot write, where that is an error.
    """
    encoder = encoder_of(batch.spec)
    records, texts, outcome = leaving(batch)
    if isinstance(encoder, Gigatoken):
        encoder.check([text for text, digest in zip(texts, batch.digests, strict=True) if compared(digest)])
    end = np.array([encoder.eod], np.uint32)
    ids, losses = written(encoder, texts)
    if batch.on_unencodable == ERROR:
        for record, lost in zip(records, losses, strict=True):
            if lost.chars:
                raise InputError(
                    f"the tokenizer {cannot_write(lost.first)}", subject=f"record {record}", hint=UNWRITABLE_HINT
                )
    unknown = unknown_token(encoder)
    documents = [np.concatenate([of, end]) for of in ids]
    lengths = np.array([len(d) for d in documents], np.int64)
    tokens = np.concatenate(documents) if documents else np.empty(0, np.uint32)
    return Encoded(
        tokens,
        lengths,
        outcome,
        lost=np.array([lost.chars for lost in losses], np.int64),
        unknown=0 if unknown is None else sum(int(np.count_nonzero(of == unknown)) for of in ids),
    )


def leaving(batch: Batch) -> tuple[list[str], list[str], Outcome | None]:
    """The record ids and texts of a batch as they leave, redacted where that is asked. Raises as :func:`stored` does."""
    ids, texts = stored(batch.texts, batch.rows, batch.digests)
    if batch.redaction is None:
        return ids, texts, None
    done = batch.redaction(texts, ids)
    return ids, [one.text for one in done], Outcome.of(done, ids)


def stored(
    path: Path, rows: Sequence[int] | npt.NDArray[np.int64], digests: Sequence[bytes]
) -> tuple[list[str], list[str]]:
    """The record ids and texts of these rows. Raises :class:`StoreError` for a text that has another digest."""
    ids, texts = [], []
    for (record, text, conversation), wanted in zip(read_texts(path, rows), digests, strict=True):
        if not isinstance(text, str) or not _has_digest(text, conversation, wanted):  # NULL: a damaged part
            raise StoreError("holds a text that does not have the digest of its record", subject=str(path), hint=REMEDY)
        ids.append(record)
        texts.append(text)
    return ids, texts


def _has_digest(text: str, conversation: str | None, wanted: bytes) -> bool:
    try:
        return content_digest(text, conversation) == wanted
    except (ValueError, RecursionError):  # no JSON
        return False


def read_texts(path: Path, rows: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[tuple[str, object, str | None]]:
    """``(record_id, text, conversation)`` of the given ascending rows of a texts part; only their row groups are read."""
    wanted = np.asarray(rows, np.int64)
    with opened(path) as source:
        names = [n for n in TEXTS.names if n != "conversation" or n in source.schema_arrow.names]
        start = 0
        for group in range(source.num_row_groups):
            size = source.metadata.row_group(group).num_rows
            inside = wanted[(wanted >= start) & (wanted < start + size)] - start
            start += size
            if len(inside):
                try:
                    table = source.read_row_group(group, columns=names).take(pa.array(inside))
                    columns = [table.column(name).to_pylist() for name in ("record_id", "text")]
                    columns.append(table.column(names[2]).to_pylist() if names[2:] else [None] * table.num_rows)
                except (OSError, KeyError, pa.ArrowException) as error:  # KeyError: a part of another kind
                    raise StoreError(f"the part is damaged: {error}", subject=str(path), hint=REMEDY) from error
                yield from zip(*columns, strict=True)
        if len(wanted) and wanted[-1] >= start:
            what = f"the part is damaged: it has {counted(start, 'row')}, and row {int(wanted[-1])} was asked for"
            raise StoreError(what, subject=str(path), hint=REMEDY)
