"""Texts of chosen records -> a spool of tokens, with workers. Floor 8.

The plan is a list of batches, each some rows of one part in their order; workers encode them, the driver appends in
the order of the plan, so the spool is the same for any number of workers.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError
from rightful.export.leaving import Texts, leaving_column
from rightful.export.redaction import Outcome
from rightful.export.tokens.encoders import (
    UNWRITABLE_HINT,
    Encoder,
    Joined,
    bytes_encoder,
    cannot_write,
    column_written,
    load,
    unknown_token,
)
from rightful.export.tokens.gigatoken import Gigatoken, compared, gigatoken
from rightful.export.words import ERROR, HF

BYTES, TRAIN = "bytes", "train:"
"""The tokenizers that are no files: the bytes themselves, and one that is trained on what is exported."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Which encoder, in a form that travels to workers: ``bytes``, or a tokenizer file with its end of document.

    ``backend`` says by what it is applied: ``hf``, or one of :mod:`rightful.export.tokens.gigatoken` that fits.
    """

    path: str
    eod: str | None = None
    backend: str = HF

    @property
    def in_threads(self) -> bool:
        """Whether it works outside Python, so that threads of one process can share it."""
        return self.backend != HF or self.path == BYTES


@dataclass(frozen=True, slots=True)
class Batch:
    """Some texts, and how they are encoded."""

    texts: Texts
    spec: Spec
    on_unencodable: str = ERROR

    def __str__(self) -> str:
        """What it is, for errors."""
        return str(self.texts)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of a batch, each document with its end-of-document token, and their lengths.

    ``sha256``: of the ids of each as little-endian uint32, 32 bytes after another. ``lost``: how many characters of each text
    no token stands for. ``unknown``: how many tokens are the unknown one.
    """

    tokens: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.int64]
    outcome: Outcome | None
    lost: npt.NDArray[np.int64]
    unknown: int
    sha256: bytes


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
    column = leaving_column(batch.texts)
    joined, losses = column_written(encoder, column.texts)
    if isinstance(encoder, Gigatoken):
        encoder.check_some(column.texts, joined, [compared(digest) for digest in batch.texts.digests])
    if losses is not None and batch.on_unencodable == ERROR:
        for number, one in enumerate(losses):
            if one.chars:
                raise InputError(
                    f"the tokenizer {cannot_write(one.first)}",
                    subject=f"record {column.ids[number]}",
                    hint=UNWRITABLE_HINT,
                )
    unknown = unknown_token(encoder)
    n = len(column.texts)
    lost = np.zeros(n, np.int64) if losses is None else np.array([loss.chars for loss in losses], np.int64)
    tokens, lengths = ended(joined, encoder.eod), np.diff(joined.offsets) + 1
    return Encoded(
        tokens,
        lengths,
        column.outcome,
        lost=lost,
        unknown=0 if unknown is None else int(np.count_nonzero(joined.ids == unknown)),
        sha256=digests(tokens, lengths),
    )


def digests(tokens: npt.NDArray[np.uint32], lengths: npt.NDArray[np.int64]) -> bytes:
    """The digests of documents that stand one after another, 32 bytes each: over the ids as little-endian uint32."""
    view = tokens.astype("<u4", copy=False).data.cast("B")
    bounds = [0, *(4 * np.cumsum(lengths)).tolist()]
    return b"".join([hashlib.sha256(view[start:stop]).digest() for start, stop in itertools.pairwise(bounds)])


def ended(joined: Joined, eod: int) -> npt.NDArray[np.uint32]:
    """The ids of texts one after another, each with the end of the document."""
    bounds = joined.offsets.tolist()
    tokens = np.empty(len(joined.ids) + len(bounds) - 1, np.uint32)
    for number, (start, stop) in enumerate(itertools.pairwise(bounds)):
        tokens[start + number : stop + number] = joined.ids[start:stop]
    tokens[joined.offsets[1:] + np.arange(len(bounds) - 1)] = eod
    return tokens
