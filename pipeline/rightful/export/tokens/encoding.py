"""Texts of chosen records -> a spool of tokens, with workers. Floor 8.

The plan is a list of batches, each some rows of one part in their order; workers encode them, the driver appends in
the order of the plan, so the spool is the same for any number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError
from rightful.export.leaving import Texts, leaving
from rightful.export.redaction import Outcome
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

    ``lost``: how many characters of each text no token stands for. ``unknown``: how many tokens are the unknown one.
    """

    tokens: npt.NDArray[np.uint32]
    lengths: npt.NDArray[np.int64]
    outcome: Outcome | None
    lost: npt.NDArray[np.int64]
    unknown: int


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
    records, texts, outcome = leaving(batch.texts)
    if isinstance(encoder, Gigatoken):
        encoder.check([text for text, digest in zip(texts, batch.texts.digests, strict=True) if compared(digest)])
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
